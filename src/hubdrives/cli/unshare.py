"""`hubdrives unshare`."""

import asyncio
import json

import click

from hubdrives.cli.ability import able, confirm, json_option, source_argument, yes_option
from hubdrives.cli.report import printable
from hubdrives.cli.shares import share_to_json
from hubdrives.cli.sources import opened
from hubdrives.errors import NotFound
from hubdrives.providers.abilities import Share, Shareable


@click.command("unshare", epilog="Example: hubdrives unshare team:/results ada@example.org",
               short_help="Take somebody's access to a folder away.")  # fmt: skip
@source_argument
@click.argument("who")
@yes_option
@json_option
def command(source: str, who: str, *, yes: bool, as_json: bool) -> None:
    """Take somebody's access to a folder away.

    WHO is as `hubdrives shares` lists it. On a terminal it asks first; a script says --yes.
    """
    share = asyncio.run(_unshare(source, who, yes=yes))
    if as_json:
        click.echo(json.dumps(share_to_json(share)))
    else:
        click.echo(f"{printable(share.who)} has no access by this folder any more.")


async def _unshare(text: str, who: str, *, yes: bool) -> Share:
    async with opened(text) as source:
        provider = able(source.provider, Shareable)
        shares = await provider.shares(source.location)
        wanted = who.casefold()
        share = next((one for one in shares if one.id == who or one.who.casefold() == wanted), None)
        if share is None:
            raise NotFound(f"It is not shared with '{who}'.", hint="`hubdrives shares` lists with whom it is.")
        confirm(f"Take the access of {printable(share.who)} ({printable(share.role)}) away?", yes=yes)
        await provider.unshare(source.location, share.id)
        return share
