"""`hubdrives share`."""

import asyncio
import json

import click

from hubdrives.cli.ability import able, json_option, source_argument
from hubdrives.cli.report import printable
from hubdrives.cli.shares import share_to_json
from hubdrives.cli.sources import opened
from hubdrives.providers.abilities import Invitee, Share, Shareable


@click.command("share", epilog="Example: hubdrives share team:/results ada@example.org --role editor",
               short_help="Give somebody access to a folder.")  # fmt: skip
@source_argument
@click.argument("who")
@click.option("--role", metavar="ROLE", help="What they may do, in the provider's own words; reading, if not said.")
@click.option("--group", is_flag=True, help="WHO is a group.")
@json_option
def command(source: str, who: str, *, role: str | None, group: bool, as_json: bool) -> None:
    """Give somebody access to a folder at a provider.

    WHO is an e-mail address, a login, or the provider's own identifier. Who has access already gets the new role.
    """
    share = asyncio.run(_share(source, Invitee(who=who, group=group), role))
    if as_json:
        click.echo(json.dumps(share_to_json(share)))
    else:
        open_still = "" if share.accepted else "; the invitation is not accepted yet"
        click.echo(f"{printable(share.who)} is {printable(share.role)} now{open_still}.")


async def _share(text: str, invitee: Invitee, role: str | None) -> Share:
    async with opened(text) as source:
        provider = able(source.provider, Shareable)
        # Where only the far side knows the roles, "" is its first.
        first = provider.roles[0] if provider.roles else ""
        return await provider.share(source.location, invitee, role or first)
