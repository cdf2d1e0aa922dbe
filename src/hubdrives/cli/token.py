"""`hubdrives token`."""

import asyncio
import json

import click

from hubdrives.cli.ability import able, json_option, source_argument
from hubdrives.cli.sources import opened
from hubdrives.providers.abilities import Narrows, NarrowToken


@click.command(
    "token",
    epilog="Example: hubdrives token team:/results",
    short_help="Get a provider's own token for one folder, to read.",
)
@source_argument
@json_option
def command(source: str, *, as_json: bool) -> None:
    """Print a token of the provider's own that lists and downloads one folder, or a file, and nothing else.

    For the provider's own tools and libraries; hubdrives itself needs none. It ends within about an hour.
    """
    made = asyncio.run(_made(source))
    if as_json:
        click.echo(json.dumps({"token": made.value, "ends_at": made.ends_at.isoformat()}))
    else:
        click.echo(made.value)


async def _made(text: str) -> NarrowToken:
    async with opened(text) as source:
        return await able(source.provider, Narrows).narrowed(source.location)
