"""`hubdrives mkdir`."""

import asyncio
import json
from dataclasses import replace

import click
import msgspec

from hubdrives.cli.ability import able, json_option, place, source_argument
from hubdrives.cli.report import printable
from hubdrives.cli.sources import opened
from hubdrives.model import Entry
from hubdrives.paths import relative
from hubdrives.providers.abilities import Writable
from hubdrives.wire import EntryDocument


@click.command("mkdir", epilog="Example: hubdrives mkdir team:/results/2027", short_help="Make a folder.")
@source_argument
@click.argument("path", required=False, default="")
@click.option("-p", "--parents", is_flag=True, help="Make the folders above it, too.")
@json_option
def command(source: str, path: str, *, parents: bool, as_json: bool) -> None:
    """Make a folder.

    SOURCE is where it is to be: team:/results/2027. Or it is the address of a folder as you copy it from your browser,
    and PATH is what to make in that. A folder that is there already is fine.
    """
    entry = asyncio.run(_mkdir(source, path, parents=parents))
    if as_json:
        click.echo(json.dumps(msgspec.to_builtins(EntryDocument.of(entry))))
    else:
        click.echo(f"{printable(entry.name)} is there.")


async def _mkdir(text: str, path: str, *, parents: bool) -> Entry:
    async with opened(text) as source:
        provider = able(source.provider, Writable)
        location = source.location.below(relative(path))
        parent, name = place(location)
        above = parent.path.split("/") if parents and parent.path else []
        for depth, folder in enumerate(above):
            await provider.make_folder(replace(location, path="/".join(above[:depth])), folder)
        return await provider.make_folder(parent, name)
