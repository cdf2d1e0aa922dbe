"""What the commands on a working folder share: finding it, and naming what is in it as a person here would type it."""

import os
import shlex
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import click

from hubdrives import folder as folders
from hubdrives.cli.report import group, printable, summary
from hubdrives.cli.terminal import is_terminal
from hubdrives.model import Location, Report
from hubdrives.sync.layout import STORE

HERE = Path()
"""The folder that one is in."""

folder_argument = click.argument(
    "folder", required=False, default=HERE, type=click.Path(file_okay=False, path_type=Path)
)

json_option = click.option("--json", "as_json", is_flag=True, help="Print one line of JSON.")


yes_option = click.option("-y", "--yes", is_flag=True, help="Don't ask.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Working:
    """A working folder, and something in it."""

    folder: Path
    """Absolute, without symlinks."""
    path: str
    """Relative to the folder; "" is the folder itself."""

    @property
    def name(self) -> str:
        """What the folder is called here."""
        below = os.path.relpath(self.folder)
        return printable(self.folder.name if below.startswith(".") else below)

    def typed(self, path: str = "") -> str:
        """`path` in the folder as an argument for a shell that stands where we do."""
        return quoted(_from_here(self.folder / path))


def find(start: Path) -> Working:
    """The working folder that `start` is or lies in.

    Raises:
        NotFound: nothing was ever pulled there.
    """
    folder, path = folders.find(start)
    return Working(folder=folder.resolve(), path=path)


def address(source: Location) -> str:
    """`source` as a person knows it: the address in the browser, or the folder's path."""
    return str(source) if source.url or source.id else f"/{source.path}"


def quoted(text: str) -> str:
    """`text` as an argument for a shell."""
    return shlex.quote(printable(text))


def set_back(report: Report, working: Working) -> str:
    """What undo or reset did, in words, lines ended."""
    return "".join(f"{line}\n" for line in _set_back(report, working))


def _set_back(report: Report, working: Working) -> Iterator[str]:
    renamed = [*report.moved, *report.renamed]
    is_changed = bool(report.updated or report.restored or report.removed or renamed)
    yield f"{working.name}: {summary(report) if is_changed or report.failed else 'nothing had to be set back.'}"
    yield from group("Set back:", report.updated)
    yield from group("Back again:", report.restored)
    yield from group("Gone again:", report.removed)
    yield from group("Changed by you since then, kept:", report.kept)
    yield from group("Renamed:", [f"{old} -> {new}" for old, new in renamed])
    yield from group("Could not be had:", [f"{item.path}: {item.reason}" for item in report.failed])
    if is_changed:
        yield from _way_back(working)


def _way_back(working: Working) -> Iterator[str]:
    kept = f"{STORE}/{folders.history(working.folder)[0].id}"
    if (working.folder / kept).is_dir():
        yield f"What was there is kept in {working.typed(kept)}"
    yield f"To take this back: hubdrives undo {working.typed()}"


def sure(question: str, *, yes: bool) -> None:
    """Ask, if there is somebody to ask.

    Raises:
        click.Abort: they said no.
    """
    if not yes and is_terminal(sys.stdin):
        click.confirm(question, abort=True, err=True)


def local(when: datetime) -> str:
    """A moment by the clock on the wall."""
    return f"{when.astimezone():%Y-%m-%d %H:%M}"


def now() -> datetime:
    """This moment, with time zone."""
    return datetime.now(tz=UTC).astimezone()


def _from_here(path: Path) -> str:
    """`path` relative to the current directory, unless that only goes up; never like an option."""
    near = os.path.relpath(path)
    if near.startswith(f"..{os.sep}..{os.sep}.."):
        return str(path)
    return f".{os.sep}{near}" if near.startswith("-") else near
