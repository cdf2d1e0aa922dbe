"""`hubdrives shares`."""

import asyncio
import json
from collections.abc import Sequence

import click
from rich.text import Text

from hubdrives.cli.ability import able, json_option, source_argument
from hubdrives.cli.report import printable
from hubdrives.cli.sources import opened
from hubdrives.cli.tables import new_table, show
from hubdrives.cli.working import local
from hubdrives.providers.abilities import Share, Shareable


@click.command("shares", epilog="Example: hubdrives shares team:/results", short_help="List who has access.")
@source_argument
@json_option
def command(source: str, *, as_json: bool) -> None:
    """List who has access to a folder by having been given it there."""
    shares = asyncio.run(_shares(source))
    if as_json:
        click.echo(json.dumps({"shares": [share_to_json(share) for share in shares]}))
    elif shares:
        _print(shares)
    else:
        click.echo("It is shared with nobody.")


async def _shares(text: str) -> Sequence[Share]:
    async with opened(text) as source:
        return await able(source.provider, Shareable).shares(source.location)


def share_to_json(share: Share) -> dict[str, object]:
    """`share` as JSON values."""
    return {
        "id": share.id,
        "who": share.who,
        "role": share.role,
        "group": share.group,
        "accepted": share.accepted,
        "until": share.until and share.until.isoformat(),
    }


def _print(shares: Sequence[Share]) -> None:
    table = new_table()
    table.add_column("Who", overflow="fold")
    table.add_column("Role", no_wrap=True)
    table.add_column("Until", no_wrap=True)
    table.add_column("State", no_wrap=True)
    for share in shares:
        table.add_row(
            Text(printable(f"{share.who} (group)" if share.group else share.who)),
            Text(printable(share.role)),
            local(share.until) if share.until else "",
            "" if share.accepted else "invited",
        )
    show(table)
