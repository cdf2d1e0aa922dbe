"""`hubdrives volumes`."""

import asyncio
import json
from collections.abc import Sequence

import click
from rich.text import Text

from hubdrives.cli.ability import json_option
from hubdrives.cli.report import printable
from hubdrives.cli.tables import new_table, show
from hubdrives.volumes import Volume, details, find


@click.command(
    "volumes",
    epilog="Example: hubdrives volumes ocean temperatures",
    short_help="Find what providers keep folders in, such as collections.",
)
@click.argument("words", nargs=-1, metavar="[WORD]...")
@click.option("--of", "source", metavar="SOURCE", help="Tell all about the one that SOURCE is in.")
@click.option("--own", is_flag=True, help="Only the account's own: used, owned, or shared with it.")
@click.option(
    "-n", "--number", type=click.IntRange(1, 1000), default=100, show_default=True, help="Not more than so many."
)
@json_option
def command(words: Sequence[str], *, source: str | None, own: bool, number: int, as_json: bool) -> None:
    """Find what providers keep folders in, such as collections.

    The WORDs are of names, descriptions and owners. Without any, those are listed that the account used last, that
    are its own, and that others shared with it. The address of one is a SOURCE for other commands.
    """
    if source is not None:
        if words or own:
            raise click.UsageError("--of tells about one; it goes without words and --own.")
        _tell(asyncio.run(details(source)), as_json=as_json)
        return
    volumes = asyncio.run(find(" ".join(words), own=own, limit=number))
    if as_json:
        click.echo(json.dumps({"volumes": [_to_json(volume) for volume in volumes]}))
    elif volumes:
        _list(volumes)
    else:
        click.echo("Nothing was found.")


def _to_json(volume: Volume) -> dict[str, object]:
    return {
        "address": volume.address,
        "name": volume.name,
        "owner": volume.owner,
        "description": volume.description,
        "facts": dict(volume.facts),
    }


def _list(volumes: Sequence[Volume]) -> None:
    table = new_table()
    for title in ("Name", "Owner", "Address"):
        table.add_column(title, overflow="fold")
    for volume in volumes:
        table.add_row(*(Text(printable(word)) for word in (volume.name, volume.owner, volume.address)))
    show(table)


def _tell(volume: Volume, *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(_to_json(volume)))
        return
    table = new_table()
    table.show_header = False
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    about = {"Name": volume.name, "Owner": volume.owner, "Description": volume.description, "Address": volume.address}
    for name, value in [*about.items(), *volume.facts]:
        if value:
            # What people write about their volumes may have lines.
            table.add_row(Text(printable(name), style="bold"), Text(printable(" ".join(value.split()))))
    show(table)
