"""`hubdrives versions`."""

import asyncio
import json
from collections.abc import Sequence

import click
from rich.filesize import decimal
from rich.text import Text

from hubdrives.cli.ability import able, json_option, source_argument
from hubdrives.cli.report import printable
from hubdrives.cli.sources import opened
from hubdrives.cli.tables import new_table, show
from hubdrives.cli.working import local
from hubdrives.providers.abilities import Version, Versioned


@click.command("versions", epilog="Example: hubdrives versions team:/rain.csv", short_help="List a file's versions.")
@source_argument
@json_option
def command(source: str, *, as_json: bool) -> None:
    """List the versions of a file that its provider keeps, the newest first.

    `hubdrives restore` makes one of them the current one, `hubdrives get --version` brings it here.
    """
    versions = asyncio.run(_versions(source))
    if as_json:
        click.echo(json.dumps({"versions": [_to_json(one) for one in versions]}))
    else:
        _print(versions)


async def _versions(text: str) -> Sequence[Version]:
    async with opened(text) as source:
        return await able(source.provider, Versioned).versions(source.location)


def _to_json(version: Version) -> dict[str, object]:
    return {
        "id": version.id,
        "size": version.size,
        "modified": version.modified and version.modified.isoformat(),
        "author": version.author,
        "digest": version.digest,
        "current": version.current,
    }


def _print(versions: Sequence[Version]) -> None:
    table = new_table()
    table.add_column("Version", no_wrap=True)
    table.add_column("Size", justify="right", no_wrap=True)
    table.add_column("Put there", no_wrap=True)
    table.add_column("By", overflow="fold")
    for one in versions:
        table.add_row(
            Text(f"{one.id} (current)" if one.current else one.id),
            "" if one.size is None else decimal(one.size),
            local(one.modified) if one.modified else "",
            Text(printable(one.author)),
        )
    show(table)
