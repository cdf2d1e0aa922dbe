"""`hubdrives transfers` and its verbs: what became of what was asked for."""

import asyncio
import json
from collections.abc import Sequence
from typing import Final

import click
from rich.filesize import decimal
from rich.text import Text

from hubdrives.cli.ability import json_option
from hubdrives.cli.report import printable
from hubdrives.cli.tables import new_table, show
from hubdrives.cli.transferring import Begun, shown, task_to_json, watched
from hubdrives.cli.working import local
from hubdrives.providers.abilities import Task, TaskEvent
from hubdrives.transfers import open_transfers

_task = click.argument("task", metavar="ID")
_MOST: Final = 1000
_limit = click.option("--limit", type=click.IntRange(1, _MOST), default=20, show_default=True, help="So many at most.")


@click.group("transfers", epilog="Example: hubdrives transfers list", short_help="List, watch or cancel transfers.")
def command() -> None:
    """What `hubdrives transfer` has begun: how far it is, what happened to it, and how to end it.

    ID is as `hubdrives transfers list` shows it; the address of its page at the provider will do, too.
    """


@command.command("list", epilog="Example: hubdrives transfers list --limit 5")
@_limit
@json_option
def list_(*, limit: int, as_json: bool) -> None:
    """List your transfers, the newest first."""
    tasks = asyncio.run(_list())
    if as_json:
        shown = [task_to_json(task) for task in tasks[:limit]]
        click.echo(json.dumps({"transfers": shown, "total": len(tasks)}))
    elif tasks:
        _print_tasks(tasks[:limit])
    else:
        click.echo("There are no transfers.")
    if len(tasks) > limit or len(tasks) == _MOST:
        total = f"{len(tasks)}{' or more' if len(tasks) == _MOST else ''}"
        click.echo(f"These are the newest {min(limit, len(tasks))} of {total}; --limit shows up to {_MOST}.", err=True)


async def _list() -> Sequence[Task]:
    """As many as may be shown: it costs no more requests, and tells how many there are."""
    async with open_transfers() as transfers:
        return await transfers.tasks(limit=_MOST)


def _print_tasks(tasks: Sequence[Task]) -> None:
    table = new_table()
    for title in ("Begun", "State", "Files", "Size", "Label", "From", "To", "ID"):
        table.add_column(title, overflow="fold", justify="right" if title in {"Files", "Size"} else "left")
    for task in tasks:
        state = task.state.value if task.is_ok else f"{task.state.value}, in trouble"
        files = f"{task.files_done}/{task.files_total}"
        words = (task.label, task.source, task.destination, task.id)
        begun = local(task.begun) if task.begun else ""
        table.add_row(begun, state, files, decimal(task.bytes_done), *(Text(printable(word)) for word in words))
    show(table)


@command.command("watch", epilog="Example: hubdrives transfers watch 7f3a5c1e-0d52-11f0-9a3b-0affc0a81d2f")
@_task
@json_option
def watch(task: str, *, as_json: bool) -> None:
    """Watch a transfer to its end. Ctrl+C stops only the watching."""

    async def look(begun: Begun) -> Task:
        async with open_transfers() as transfers:
            begun(await transfers.task(task))
            with shown() as on_progress:
                return await transfers.watch(task, on_progress=on_progress)

    watched(look, as_json=as_json)


@command.command("cancel", epilog="Example: hubdrives transfers cancel 7f3a5c1e-0d52-11f0-9a3b-0affc0a81d2f")
@_task
@json_option
def cancel(task: str, *, as_json: bool) -> None:
    """End a transfer. What it has copied stays."""
    ended = asyncio.run(_cancel(task))
    if as_json:
        click.echo(json.dumps(task_to_json(ended)))
    elif ended.is_over:
        click.echo(f"It has ended. {printable(ended.note)}".rstrip())
    else:
        click.echo("It will end in a moment.")


async def _cancel(task: str) -> Task:
    async with open_transfers() as transfers:
        return await transfers.cancel(task)


@command.command("events", epilog="Example: hubdrives transfers events 7f3a5c1e-0d52-11f0-9a3b-0affc0a81d2f")
@_task
@_limit
@json_option
def events(task: str, *, limit: int, as_json: bool) -> None:
    """Tell what happened to a transfer, the newest first."""
    happened = asyncio.run(_events(task, limit))
    if as_json:
        click.echo(json.dumps({"events": [_event_to_json(event) for event in happened]}))
    elif happened:
        _print_events(happened)
    else:
        click.echo("Nothing has happened yet.")


async def _events(task: str, limit: int) -> Sequence[TaskEvent]:
    async with open_transfers() as transfers:
        return await transfers.events(task, limit=limit)


def _event_to_json(event: TaskEvent) -> dict[str, object]:
    return {
        "code": event.code,
        "sentence": event.sentence,
        "details": event.details,
        "error": event.is_error,
        "time": event.time and event.time.isoformat(),
    }


def _print_events(happened: Sequence[TaskEvent]) -> None:
    table = new_table()
    for title in ("Time", "What", "Details"):
        table.add_column(title, overflow="fold")
    for event in happened:
        # Details are the servers' own words, lines of them.
        details = printable(" ".join(event.details.split()))
        table.add_row(local(event.time) if event.time else "", Text(printable(event.sentence)), Text(details))
    show(table)
