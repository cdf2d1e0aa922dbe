"""What was done, as it is done: the report for the user, and the base for the next pull."""

import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum, auto
from typing import Final

from hubdrives.errors import HubdrivesError
from hubdrives.model import Report, Skipped
from hubdrives.sync.values import Base, Record


class Done(Enum):
    """How one action ended."""

    ADDED = auto()
    UPDATED = auto()
    RESTORED = auto()
    MERGED = auto()
    """Both sides' changes are in it."""
    MATCHED = auto()
    """The file has upstream's bytes already."""
    KEPT = auto()
    """The user's stays."""
    RELEASED = auto()
    """The user's stays, and is the user's alone from now on."""
    CONFLICT = auto()
    """Both changed the same place: the policy decided."""
    REMOVED = auto()
    FORGOTTEN = auto()
    MADE_FOLDER = auto()
    MOVED_ASIDE = auto()
    """The user's own made room."""
    FOLLOWED = auto()
    """It has upstream's new name."""
    HELD = auto()
    NOTHING = auto()


_LISTS: Final = {
    Done.ADDED: "added",
    Done.UPDATED: "updated",
    Done.RESTORED: "restored",
    Done.MERGED: "merged",
    Done.KEPT: "kept",
    Done.RELEASED: "kept",
    Done.CONFLICT: "conflicts",
    Done.REMOVED: "removed",
    Done.HELD: "held",
}
"""The field of the report that an outcome belongs to."""

_FORGETTING: Final = frozenset({Done.RELEASED, Done.REMOVED, Done.FORGOTTEN})


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one path."""

    path: str
    done: Done
    record: Record | None = None
    """What is known of it from now on; None leaves what was known."""
    moved_to: str | None = None
    """Where the thing that stood there is now."""
    notes: tuple[str, ...] = ()
    """What else a person wants to know, in sentences."""
    upstream: str | None = None
    """Where upstream's version is kept."""


@dataclass(slots=True, kw_only=True)
class Ledger:
    """The books of one deed. Threads may enter at the same time."""

    files: dict[str, Record]
    folders: set[str]
    report: Report = field(default_factory=Report)
    upstream: dict[str, str] = field(default_factory=dict)
    """By path: where upstream's version is kept that did not take its place."""
    is_changed: bool = False
    """Whether the base is another one than at the beginning."""
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False, repr=False)

    @property
    def base(self) -> Base:
        return Base(files=self.files, folders=frozenset(self.folders))

    def add(self, outcome: Outcome) -> None:
        """Enter `outcome`."""
        with self._lock:
            self._add(outcome)

    def fail(self, path: str, error: HubdrivesError, *, wanted: bool = True) -> None:
        """Enter what could not be brought; not `wanted` is what can't be had anyway."""
        item = Skipped(path=path, reason=str(error), code=error.code)
        (self.report.failed if wanted else self.report.skipped).append(item)

    def skip(self, items: Iterable[Skipped]) -> None:
        self.report.skipped.extend(replace(item, path=_printable(item.path)) for item in items)

    def close(self) -> Report:
        """The report, in the order of paths."""
        report = self.report
        for name in set(_LISTS.values()):
            setattr(report, name, sorted(set(getattr(report, name))))
        report.kept = [path for path in report.kept if path not in report.conflicts]
        report.renamed.sort()
        report.moved.sort()
        report.skipped.sort(key=lambda item: (item.path, item.code))
        report.failed.sort(key=lambda item: (item.path, item.code))
        return report

    def changed_since(self, files: Mapping[str, Record]) -> dict[str, Record | None]:
        """What `files` has for each path of which something else is known now."""
        if not self.is_changed:
            return {}
        paths = {path for path, record in self.files.items() if files.get(path) != record}
        return {path: files.get(path) for path in sorted(paths | (files.keys() - self.files.keys()))}

    def _forget(self, path: str) -> None:
        if self.files.pop(path, None) is not None or path in self.folders:
            self.folders.discard(path)
            self.is_changed = True

    def _add(self, outcome: Outcome) -> None:
        path, report = outcome.path, self.report
        self._add_move(outcome)
        if outcome.record is not None:
            self.files[path] = outcome.record
            self.folders.discard(path)
            self.is_changed = True
        if outcome.done in _LISTS:
            getattr(report, _LISTS[outcome.done]).append(path)
        if outcome.done in _FORGETTING:
            self._forget(path)
        if outcome.done is Done.MATCHED:
            report.unchanged += 1
        if outcome.done is Done.MADE_FOLDER:
            self.folders.add(path)
            self.is_changed = True
        if outcome.notes:
            report.notes[path] = list(outcome.notes)
        if outcome.upstream is not None:
            self.upstream[path] = outcome.upstream

    def _add_move(self, outcome: Outcome) -> None:
        if outcome.moved_to is None:
            return
        if outcome.done is Done.FOLLOWED:
            self.report.moved.append((outcome.path, outcome.moved_to))
            # What is known of it under its new name may have been entered already.
            self.files.setdefault(outcome.moved_to, self.files.pop(outcome.path))
            self.is_changed = True
        else:
            self.report.renamed.append((outcome.path, outcome.moved_to))


def _printable(path: str) -> str:
    """`path`, also if it has halves of characters: those become "?"."""
    return path.encode(errors="replace").decode()
