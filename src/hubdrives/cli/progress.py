"""How far it is: a bar on a terminal, a line now and then elsewhere. Always on standard error."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click
from rich.filesize import decimal

from hubdrives.cli.terminal import is_terminal
from hubdrives.model import Progress

_PHASES = {
    "listing": "Looking what is there",
    "checking": "Comparing",
    "downloading": "Downloading",
    "uploading": "Uploading",
    "ensuring": "Making and sharing",
    "done": "Done",
}


@contextmanager
def shown(thing: str = "file") -> Iterator[Callable[[Progress], None]]:
    """What to tell the progress to. `thing` is what its files are called."""
    if not is_terminal(sys.stderr):
        yield Lines(thing)
        return
    # Takes as long to import as much else together, and scripts have no use for it.
    from rich.console import Console  # noqa: PLC0415
    from rich.progress import BarColumn, SpinnerColumn, TextColumn  # noqa: PLC0415
    from rich.progress import Progress as Bar  # noqa: PLC0415

    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[amount]}"))
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(_PHASES["listing"], total=None, amount="")

        def show(now: Progress) -> None:
            if bar.tasks[0].description != (phase := _PHASES.get(now.phase, now.phase)) and not now.waiting:
                bar.reset(task, description=phase, total=None)
            bar.update(
                task,
                description=_waiting(now) or phase,
                total=now.bytes_total or now.files_total or None,
                completed=now.bytes_done if now.bytes_total else now.files_done,
                amount=_amount(now, thing, speed=bar.tasks[0].speed if now.bytes_total else None),
            )

        yield show


class Lines:
    """A line whenever something new begins. `thing` is what the progress' files are called."""

    def __init__(self, thing: str = "file") -> None:
        self._thing = thing
        self._said = ""

    def __call__(self, now: Progress) -> None:
        """Say what is new."""
        line = f"Waiting for {now.waiting.on}" if now.waiting else _PHASES.get(now.phase, now.phase)
        if line != self._said and now.phase != "done":
            self._said = line
            amount = f", {round(now.waiting.seconds)} s" if now.waiting else _total(now, self._thing)
            click.echo(f"{line}{amount} …", err=True)


def _waiting(now: Progress) -> str | None:
    return f"Waiting for {now.waiting.on}, {round(now.waiting.seconds)} s" if now.waiting else None


def _total(now: Progress, thing: str) -> str:
    if not now.files_total:
        return ""
    size = f", {decimal(now.bytes_total)}" if now.bytes_total else ""
    return f" {now.files_total} {thing}{'s' if now.files_total > 1 else ''}{size}"


def _amount(now: Progress, thing: str, *, speed: float | None) -> str:
    if not now.files_total:
        return ""
    amount = f"{now.files_done} of {now.files_total} {thing}s"
    if now.bytes_total:
        amount += f", {decimal(now.bytes_done)} of {decimal(now.bytes_total)}"
    return f"{amount}, {decimal(int(speed))}/s" if speed else amount
