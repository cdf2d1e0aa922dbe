"""What the commands for transfers share: how far one is and what became of it, told to people and to programs."""

import asyncio
import json
import sys
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any

import click
from rich.filesize import decimal

from hubdrives.cli.group import INTERRUPTED
from hubdrives.cli.report import printable
from hubdrives.cli.terminal import is_terminal
from hubdrives.errors import HubdrivesError
from hubdrives.providers.abilities import Task
from hubdrives.transfers import advice, failure

Begun = Callable[[Task], None]
"""Told of the task that is watched, as soon as it is known."""


def watched(watch: Callable[[Begun], Coroutine[Any, Any, Task]], *, as_json: bool) -> None:
    """Watch to the end. Whoever interrupts leaves the transfer alone, and is told how to come back.

    Raises:
        HubdrivesError: the transfer failed, or waits for a login; or what `watch` raises.
    """
    begun: list[Task] = []
    try:
        task = asyncio.run(watch(begun.append))
    except KeyboardInterrupt:
        if not begun:
            raise
        click.echo(f"\nThe transfer goes on without you. {_way_back(begun[0])}", err=True)
        raise click.exceptions.Exit(INTERRUPTED) from None
    except HubdrivesError:
        if begun:
            click.echo(f"It can't be watched at the moment; it goes on. {_way_back(begun[0])}", err=True)
        raise
    if as_json:
        click.echo(json.dumps(task_to_json(task)))
    if (error := failure(task)) is not None:
        raise error
    if not as_json:
        click.echo(f"{_files(task.files_done)}, {decimal(task.bytes_done)}: all is there.")


def left_alone(task: Task, *, as_json: bool) -> None:
    """Tell of a task that nobody watches."""
    click.echo(json.dumps(task_to_json(task)) if as_json else f"The transfer has begun. {_way_back(task)}")


def task_to_json(task: Task) -> dict[str, object]:
    """`task` as JSON values."""
    return {
        "id": task.id,
        "state": task.state.value,
        "label": task.label,
        "source": task.source,
        "destination": task.destination,
        "files_done": task.files_done,
        "files_total": task.files_total,
        "bytes_done": task.bytes_done,
        "speed": task.speed,
        "faults": task.faults,
        "ok": task.is_ok,
        "note": task.note,
        **{name: moment and moment.isoformat() for name, moment in _moments(task).items()},
    }


@contextmanager
def shown() -> Iterator[Callable[[Task], None]]:
    """What to tell how a task stands: a bar on a terminal, a line now and then elsewhere; on standard error."""
    if not is_terminal(sys.stderr):
        yield Lines()
        return
    # Takes as long to import as much else together, and scripts have no use for it.
    from rich.console import Console  # noqa: PLC0415
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn  # noqa: PLC0415

    columns = (SpinnerColumn(), TextColumn("{task.description}", markup=False), BarColumn())
    amount = TextColumn("{task.fields[amount]}", markup=False)
    with Progress(*columns, amount, console=Console(stderr=True), transient=True) as bar:
        shown_task = bar.add_task("Transferring", total=None, amount="")
        said = Lines()

        def show(task: Task) -> None:
            # What holds it up is too long for the bar, and stays when that is gone.
            for line in said.new(task):
                bar.console.print(line, markup=False, highlight=False)
            bar.update(shown_task, total=task.files_total or None, completed=task.files_done, amount=_amount(task))

        yield show


class Lines:
    """A line whenever something new is to be told."""

    def __init__(self) -> None:
        self._told: tuple[str, ...] = ()
        self._total = 0

    def __call__(self, task: Task) -> None:
        """Say what is new."""
        # A folder may be found file by file.
        if task.files_total > 2 * self._total and not task.is_over:
            self._total = task.files_total
            click.echo(f"Transferring {_files(task.files_total)} …", err=True)
        for line in self.new(task):
            click.echo(line, err=True)

    def new(self, task: Task) -> list[str]:
        """What holds the task up, unless it was said before."""
        now = () if task.is_over else tuple(printable(text) for text in (task.note, advice(task)) if text)
        new = [line for line in now if line not in self._told]
        self._told = now
        return new


def _way_back(task: Task) -> str:
    return f"`hubdrives transfers watch {printable(task.id)}` shows how far it is."


def _amount(task: Task) -> str:
    parts = [f"{task.files_done} of {_files(task.files_total)}", decimal(task.bytes_done)]
    if task.speed:
        parts.append(f"{decimal(task.speed)}/s")
    if task.faults:
        parts.append(f"{task.faults} fault{'s' if task.faults > 1 else ''}")
    return ", ".join(parts)


def _files(count: int) -> str:
    return f"{count} file{'' if count == 1 else 's'}"


def _moments(task: Task) -> dict[str, Any]:
    return {"begun": task.begun, "ended": task.ended, "deadline": task.deadline}
