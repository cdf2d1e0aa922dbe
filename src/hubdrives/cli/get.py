"""`hubdrives get`."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import click

from hubdrives import paths
from hubdrives.cli import progress
from hubdrives.cli.ability import able, json_option, source_argument
from hubdrives.cli.fetching import Fetched, Fetching, Read, Wish
from hubdrives.cli.pull import INCOMPLETE
from hubdrives.cli.report import group, printable
from hubdrives.cli.sources import Source, opened
from hubdrives.errors import BadInput, BadPath, NotFound
from hubdrives.model import Entry, Kind, Skipped
from hubdrives.providers.abilities import Versioned
from hubdrives.sync.meter import Meter
from hubdrives.sync.tasks import group as task_group
from hubdrives.sync.tasks import running


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
    if as_json:
        click.echo(json.dumps(_to_json(fetched)))
    else:
        _print(fetched)
    context.exit(INCOMPLETE if fetched.failed else 0)


async def _get(text: str, local: Path | None, *, force: bool, version: str | None) -> Fetched:
    async with opened(text) as source:
        with progress.shown() as on_progress:
            meter = Meter(on_progress, waiting=lambda: source.provider.waiting)
            async with task_group() as background, running(background, meter.run()):
                entry = await source.provider.stat(source.location)
                fetching = Fetching(meter=meter, force=force)
                if entry.kind is Kind.FILE:
                    wishes = [await _one(source, entry, local, version)]
                elif version is not None:
                    raise BadInput(f"'{entry.name}' is a folder, and only files have versions.")
                else:
                    wishes = await _all(source, entry, local, fetching.fetched)
                fetched = await fetching.run(wishes)
            meter.finish()
        return fetched


async def _one(source: Source, entry: Entry, local: Path | None, version: str | None) -> Wish:
    to = local or Path()
    if to.is_dir():
        to /= paths.safe_name(entry.name)
    if version is None:
        return Wish(entry=entry, read=_reader(source, entry), to=to, shown=entry.name)
    provider = able(source.provider, Versioned)
    known = next((one for one in await provider.versions(source.location) if one.id == version), None)
    if known is None:
        raise NotFound(f"There is no version '{version}' of this file.", hint="`hubdrives versions` lists them.")
    earlier = Entry(
        path=entry.path, kind=Kind.FILE, id=entry.id, size=known.size, version=f"version {version}", digest=known.digest
    )
    return Wish(
        entry=earlier,
        read=lambda start: provider.read_version(source.location, version, start=start),
        to=to,
        shown=entry.name,
    )


async def _all(source: Source, entry: Entry, local: Path | None, fetched: Fetched) -> list[Wish]:
    """All files of a folder; its folders are made, empty ones too."""
    to = local or Path(paths.working_folder_name(entry.name))
    snapshot = await source.provider.snapshot(source.location)
    fetched.skipped.extend(snapshot.skipped)
    wishes: list[Wish] = []
    await asyncio.to_thread(to.mkdir, parents=True, exist_ok=True)
    for one in snapshot.entries:
        if paths.relative(one.path) != one.path or paths.reserved(one.path):
            fetched.skipped.append(Skipped(path=one.path, reason="This name is reserved.", code=BadPath.code))
        elif one.kind is Kind.FOLDER:
            await asyncio.to_thread((to / one.path).mkdir, parents=True, exist_ok=True)
        else:
            wishes.append(Wish(entry=one, read=_reader(source, one), to=to / one.path, shown=one.path))
    return wishes


def _reader(source: Source, entry: Entry) -> Read:
    def read(start: int) -> AsyncIterator[bytes]:
        return source.provider.read(entry, start=start)

    return read


def _to_json(fetched: Fetched) -> dict[str, object]:
    items = {
        name: [{"path": item.path, "reason": item.reason, "code": item.code} for item in some]
        for name, some in (("skipped", fetched.skipped), ("failed", fetched.failed))
    }
    return {"downloaded": sorted(fetched.downloaded), "unchanged": sorted(fetched.unchanged), **items}


def _print(fetched: Fetched) -> None:
    counts = ((fetched.downloaded, "downloaded"), (fetched.unchanged, "here already"), (fetched.failed, "failed"))
    said = [f"{len(some)} {word}" for some, word in counts if some]
    click.echo(f"{', '.join(said) or 'nothing to bring'}.")
    for title, items in (("Left out:", fetched.skipped), ("Could not be brought:", fetched.failed)):
        for line in group(title, [f"{printable(item.path)}: {item.reason}" for item in items]):
            click.echo(line)
