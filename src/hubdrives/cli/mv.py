"""`hubdrives mv`."""

import asyncio
import json

import click
import msgspec

from hubdrives.cli.ability import able, json_option, place, refuse_root, source_argument
from hubdrives.cli.report import printable
from hubdrives.cli.sources import Source, asked, opened
from hubdrives.errors import BadInput, NotFound
from hubdrives.model import Entry, Kind, Location
from hubdrives.providers.abilities import Writable
from hubdrives.wire import EntryDocument


@click.command("mv", epilog="Example: hubdrives mv team:/draft.csv team:/final/", short_help="Move or rename.")
@source_argument
@click.argument("destination")
@json_option
def command(source: str, destination: str, *, as_json: bool) -> None:
    """Move or rename a file or folder at a provider; it keeps its history and its shares.

    DESTINATION is a folder that is there (then SOURCE goes into it), or the new place and name: team:/final/rain.csv.
    A plain name (rain.csv) renames SOURCE where it is. Nothing is ever overwritten, and both are on one connection.
    """
    entry = asyncio.run(_mv(source, destination))
    if as_json:
        click.echo(json.dumps(msgspec.to_builtins(EntryDocument.of(entry))))
    else:
        click.echo(f"It is {printable(entry.name)} now.")


async def _mv(text: str, destination: str) -> Entry:
    async with opened(text) as source:
        provider = able(source.provider, Writable)
        refuse_root(source, "moved")
        if "/" not in destination and ":" not in destination:
            return await provider.move(source.location, name=destination)
        parent, name = await _to(source, destination)
        return await provider.move(source.location, parent=parent, name=name)


async def _to(source: Source, text: str) -> tuple[Location, str | None]:
    """The folder, and the new name if there is one."""
    found = source.connections.find(asked(text).source)
    if found.connection != source.connection:
        raise BadInput(
            "Both must be on the same connection.", hint="`hubdrives get` and `hubdrives put` copy between connections."
        )
    location = found.location
    try:
        is_folder = (await source.provider.stat(location)).kind is Kind.FOLDER
    except NotFound:
        is_folder = False
    if is_folder:
        return location, None
    if text.endswith("/"):
        raise NotFound(f"There is no folder '{text}'.", hint="`hubdrives mkdir` makes it.")
    return place(location)
