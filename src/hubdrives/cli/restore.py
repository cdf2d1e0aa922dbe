"""`hubdrives restore`."""

import asyncio
import json

import click
import msgspec

from hubdrives.cli.ability import able, json_option, source_argument
from hubdrives.cli.report import printable
from hubdrives.cli.sources import opened
from hubdrives.model import Entry
from hubdrives.providers.abilities import Versioned
from hubdrives.wire import EntryDocument


@click.command(
    "restore",
    epilog="Example: hubdrives restore team:/rain.csv 4711",
    short_help="Make an earlier version of a file the current one.",
)
@source_argument
@click.argument("version")
@json_option
def command(source: str, version: str, *, as_json: bool) -> None:
    """Make an earlier version of a file the current one.

    VERSION is one that `hubdrives versions` lists. Nothing is lost: the version that was current stays in that list.
    """
    entry = asyncio.run(_restore(source, version))
    if as_json:
        click.echo(json.dumps(msgspec.to_builtins(EntryDocument.of(entry))))
    else:
        click.echo(f"{printable(entry.name)} is as it was in version {printable(version)}.")


async def _restore(text: str, version: str) -> Entry:
    async with opened(text) as source:
        return await able(source.provider, Versioned).restore(source.location, version)
