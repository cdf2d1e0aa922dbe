"""`hubdrives put`."""

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path

import click

from hubdrives.cli import progress
from hubdrives.cli.ability import able, json_option, place
from hubdrives.cli.group import INCOMPLETE
from hubdrives.cli.report import group, printable
from hubdrives.cli.sources import opened
from hubdrives.copying.sending import Sent, send
from hubdrives.errors import BadInput, NotFound
from hubdrives.model import Kind, Location
from hubdrives.providers.abilities import NEW, Writable
from hubdrives.providers.base import Provider


@click.command(
    "put", epilog="Example: hubdrives put rain.csv plots team:/results", short_help="Copy files to a provider."
)
@click.argument("paths", nargs=-1, required=True, metavar="LOCAL...", type=click.Path(path_type=Path))
@click.argument("source", metavar="SOURCE")
@click.option("--new", is_flag=True, help="Only what is not there yet: never a new version.")
@click.option("--if-version", metavar="VERSION", help="Only if this is the version that is there; for one file.")
@json_option
@click.pass_context
def command(
    context: click.Context, paths: Sequence[Path], source: str, *, new: bool, if_version: str | None, as_json: bool
) -> None:
    """Copy files and folders of this machine to a provider.

    SOURCE is the folder that they go into; for a single LOCAL, it may also be its new name: team:/results/rain.csv. A
    file that is there already gets a new version. Folders go with all that is in them; what is there with the same
    bytes is not sent again, so a copy that was cut short goes on when you repeat it.

    VERSION is as `hubdrives ls --json` and this command's own --json tell it.

    Exits with 3 when some files could not be brought up.
    """
    if if_version is not None and (new or len(paths) > 1 or paths[0].is_dir()):
        raise click.UsageError("--if-version is for a single file, and without --new.")
    sent = asyncio.run(_put(paths, source, NEW if new else if_version))
    print_sent(sent, as_json=as_json)
    context.exit(INCOMPLETE if sent.failed else 0)


async def _put(paths: Sequence[Path], text: str, if_version: str | None) -> Sent:
    async with opened(text) as source:
        writer = able(source.provider, Writable)
        parent, name = await _target(source.provider, source.location, is_single=len(paths) == 1)
        with progress.shown() as on_progress:
            return await send(
                source.provider,
                writer,
                parent,
                paths,
                name=name,
                is_new=name is not None,
                if_version=if_version,
                on_progress=on_progress,
            )


async def _target(provider: Provider, location: Location, *, is_single: bool) -> tuple[Location, str | None]:
    """The folder that it goes into, and the new name if there is one."""
    try:
        if (await provider.stat(location)).kind is Kind.FOLDER:
            return location, None
    except NotFound:
        if not is_single:
            raise
    if not is_single:
        raise BadInput("Several files need a folder to go into, and this is a file.")
    return place(location)


def print_sent(sent: Sent, *, as_json: bool) -> None:
    """Tell people or programs what went up."""
    if as_json:
        click.echo(json.dumps(_to_json(sent)))
        return
    counts = ((sent.uploaded, "uploaded"), (sent.unchanged, "there already"), (sent.failed, "failed"))
    said = [f"{len(some)} {word}" for some, word in counts if some]
    click.echo(f"{', '.join(said) or 'nothing to bring up'}.")
    for line in group("Could not be brought up:", [f"{printable(one.path)}: {one.reason}" for one in sent.failed]):
        click.echo(line)


def _to_json(sent: Sent) -> dict[str, object]:
    return {
        "uploaded": [
            {"path": one.path, "size": one.size, "version": one.version, "digest": one.digest} for one in sent.uploaded
        ],
        "unchanged": sorted(sent.unchanged),
        "failed": [{"path": item.path, "reason": item.reason, "code": item.code} for item in sent.failed],
    }
