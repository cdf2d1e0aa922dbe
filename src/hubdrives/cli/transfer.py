"""`hubdrives transfer`."""

import asyncio
from datetime import UTC, datetime

import click

from hubdrives.cli.ability import json_option
from hubdrives.cli.transferring import Begun, left_alone, shown, watched
from hubdrives.errors import BadInput
from hubdrives.model import SyncLevel
from hubdrives.providers.abilities import Task
from hubdrives.transfers import Transfers, open_transfers


@click.command(
    "transfer",
    epilog="Example: hubdrives transfer globus:/shared/run1 ./run1 --recursive",
    short_help="Have a provider copy large data by itself.",
)
@click.argument("source", metavar="SRC")
@click.argument("destination", metavar="DST")
@click.option("-r", "--recursive", is_flag=True, help="SRC is a folder: all that is in it goes into DST.")
@click.option(
    "--sync-level",
    type=click.Choice([level.value for level in SyncLevel]),
    help="Leave out what is at DST already: whatever it is, of the same size, no older, or with the same bytes.",
)
@click.option("--no-verify", is_flag=True, help="Don't read both sides again to compare.")
@click.option("--deadline", metavar="WHEN", help="When to give up: ISO 8601, in local time unless it says otherwise.")
@click.option("--label", metavar="TEXT", default="", help="What the transfer is called in lists.")
@click.option("--detach", is_flag=True, help="Don't wait for the end.")
@json_option
def command(
    source: str,
    destination: str,
    *,
    recursive: bool,
    sync_level: str | None,
    no_verify: bool,
    deadline: str | None,
    label: str,
    detach: bool,
    as_json: bool,
) -> None:
    """Have a provider copy large data from one of its places to another; the bytes don't come by here.

    SRC and DST are pasted addresses, connection:/path, or paths in your home, where the hub has a collection of its
    own for that. A file may go into a folder that is there; a folder's content goes into DST.

    It is watched to its end. Ctrl+C stops only the watching. If the connection breaks while it is asked for, the same
    command once more makes no second transfer.
    """

    async def submit(transfers: Transfers) -> Task:
        return await transfers.submit(
            source,
            destination,
            recursive=recursive,
            sync_level=SyncLevel(sync_level) if sync_level else None,
            verify=not no_verify,
            deadline=_moment(deadline),
            label=label,
        )

    async def leave() -> Task:
        async with open_transfers() as transfers:
            return await submit(transfers)

    async def watch(begun: Begun) -> Task:
        async with open_transfers() as transfers:
            task = await submit(transfers)
            begun(task)
            with shown() as on_progress:
                return await transfers.watch(task.id, on_progress=on_progress)

    if detach:
        left_alone(asyncio.run(leave()), as_json=as_json)
    else:
        watched(watch, as_json=as_json)


def _moment(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    # At both ends of the calendar there are times of one zone that another one does not have.
    except (ValueError, OverflowError):
        raise BadInput(
            f"'{text[:40]}' is no date and time.", hint="Write it as 2030-01-31T18:00, or with its time zone."
        ) from None
