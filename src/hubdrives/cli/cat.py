"""`hubdrives cat`."""

import asyncio
import sys

import click

from hubdrives.cli.sources import opened
from hubdrives.errors import BadInput
from hubdrives.model import Kind


@click.command(
    "cat",
    epilog="Example: hubdrives cat course:/data/rain.csv > rain.csv",
    short_help="Write one file to standard output.",
)
@click.argument("source")
def command(source: str) -> None:
    """Write one file to standard output.

    SOURCE is a file: course:/data/rain.csv, or its address as you copy it from your browser.
    """
    asyncio.run(_cat(source))


async def _cat(text: str) -> None:
    output = sys.stdout.buffer
    async with opened(text) as source:
        entry = await source.provider.stat(source.location)
        if entry.kind is not Kind.FILE:
            raise BadInput(
                f"'{entry.name}' is a folder; only a file can be shown.",
                hint="`hubdrives ls` lists what is in it, `hubdrives pull` brings all of it.",
            )
        async for piece in source.provider.read(entry):
            await asyncio.to_thread(output.write, piece)
        await asyncio.to_thread(output.flush)
