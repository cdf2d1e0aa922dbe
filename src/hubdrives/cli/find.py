"""`hubdrives find`."""

import asyncio
import json
from collections.abc import Sequence

import click
import msgspec

from hubdrives.cli.ability import able, json_option, source_argument
from hubdrives.cli.ls import print_entries
from hubdrives.cli.sources import opened
from hubdrives.model import Entry, Kind
from hubdrives.providers.abilities import Query, Searchable
from hubdrives.wire import EntryDocument


@click.command("find", epilog="Example: hubdrives find team:/ rain --ext csv", short_help="Search below a folder.")
@source_argument
@click.argument("words", nargs=-1, metavar="[WORD]...")
@click.option("--ext", "extensions", metavar="EXT", multiple=True, help="Files of this extension; may be repeated.")
@click.option("--type", "kind", type=click.Choice([one.value for one in Kind]), help="Only files, or only folders.")
@click.option(
    "-n", "--number", type=click.IntRange(min=1), default=1000, show_default=True, help="Not more than so many."
)
@json_option
def command(
    source: str, words: Sequence[str], *, extensions: Sequence[str], kind: str | None, number: int, as_json: bool
) -> None:
    """Search below a folder, as its provider does.

    SOURCE is the folder; the WORDs are of names, and of contents where the provider looks there. What was put there
    in the last minutes may not be found yet.
    """
    query = Query(
        text=" ".join(words),
        kind=Kind(kind) if kind else None,
        extensions=tuple(one.lstrip(".").lower() for one in extensions),
    )
    entries = asyncio.run(_find(source, query, number))
    if as_json:
        click.echo(json.dumps({"entries": [msgspec.to_builtins(EntryDocument.of(entry)) for entry in entries]}))
    elif entries:
        print_entries(entries)
    else:
        click.echo("Nothing was found.")


async def _find(text: str, query: Query, number: int) -> list[Entry]:
    async with opened(text) as source:
        provider = able(source.provider, Searchable)
        return [entry async for entry in provider.search(query, under=source.location, limit=number)]
