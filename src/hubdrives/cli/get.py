"""`hubdrives get`."""

import asyncio
import json
from pathlib import Path

import click

from hubdrives.cli import progress
from hubdrives.cli.ability import able, json_option, source_argument
from hubdrives.cli.group import INCOMPLETE
from hubdrives.cli.report import group, printable
from hubdrives.cli.sources import opened
from hubdrives.copying.fetching import Fetched, fetch
from hubdrives.providers.abilities import Versioned


@click.command("get", epilog="Example: hubdrives get team:/results/rain.csv", short_help="Copy files from a provider.")
@source_argument
@click.argument("local", required=False, type=click.Path(path_type=Path))
@click.option("-f", "--force", is_flag=True, help="Overwrite what is here.")
@click.option("--version", metavar="VERSION", help="This earlier version of a file; `hubdrives versions` lists them.")
@json_option
@click.pass_context
def command(
    context: click.Context, source: str, local: Path | None, *, force: bool, version: str | None, as_json: bool
) -> None:
    """Copy a file, or a folder with all that is in it, from a provider.

    A file goes into the folder LOCAL, or is called so; a folder's content goes into LOCAL, which is made if need be.
    Without LOCAL, it is called as at the provider. Files that are here with the same bytes are not fetched again, and
    a file that was cut off is gone on with. What is here with other bytes stays, unless you say --force.

    It is a plain copy: `hubdrives pull` is for folders that you work in, and merges.

    Exits with 3 when some files could not be brought.
    """
    fetched = asyncio.run(_get(source, local, force=force, version=version))
    print_fetched(fetched, as_json=as_json)
    context.exit(INCOMPLETE if fetched.failed else 0)


async def _get(text: str, local: Path | None, *, force: bool, version: str | None) -> Fetched:
    async with opened(text) as source:
        earlier = None if version is None else (able(source.provider, Versioned), version)
        with progress.shown() as on_progress:
            return await fetch(
                source.provider, source.location, local, force=force, version=earlier, on_progress=on_progress
            )


def print_fetched(fetched: Fetched, *, as_json: bool) -> None:
    """Tell people or programs what came."""
    if as_json:
        click.echo(json.dumps(_to_json(fetched)))
        return
    counts = ((fetched.downloaded, "downloaded"), (fetched.unchanged, "here already"), (fetched.failed, "failed"))
    said = [f"{len(some)} {word}" for some, word in counts if some]
    click.echo(f"{', '.join(said) or 'nothing to bring'}.")
    for title, items in (("Left out:", fetched.skipped), ("Could not be brought:", fetched.failed)):
        for line in group(title, [f"{printable(item.path)}: {item.reason}" for item in items]):
            click.echo(line)


def _to_json(fetched: Fetched) -> dict[str, object]:
    items = {
        name: [{"path": item.path, "reason": item.reason, "code": item.code} for item in some]
        for name, some in (("skipped", fetched.skipped), ("failed", fetched.failed))
    }
    return {"downloaded": sorted(fetched.downloaded), "unchanged": sorted(fetched.unchanged), **items}
