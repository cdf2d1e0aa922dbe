"""The only one that changes the user's files. It does what a plan says, after looking again.

What stands at a path is compared with what the plan saw immediately before it is touched; if it is something else, the
user just did that, and it stays. (What remains are the microseconds between that look and the rename.)
"""

import errno
import os
import threading
from datetime import datetime
from typing import Final

from hubdrives.sync.actions import (
    Download,
    Fetch,
    Forget,
    Keep,
    MakeFolder,
    Match,
    MoveAside,
    Remove,
    RemoveFolder,
    Step,
    Why,
)
from hubdrives.sync.disk import telling
from hubdrives.sync.journal import Made, Moved, Placed
from hubdrives.sync.ledger import Done, Outcome
from hubdrives.sync.parts import Part
from hubdrives.sync.plan import Settlement, settle
from hubdrives.sync.scan import read_digests
from hubdrives.sync.values import Record, Shape, Thing, parent_of
from hubdrives.sync.workspace import Workspace

_GONE: Final = frozenset({errno.ENOENT, errno.ENOTDIR, errno.ELOOP})
_CONFLICT: Final = "You and the source both changed it; this is the source's version."


class Applier:
    """Carries out one pull's plan. `place` may run in several threads at once; all methods block.

    Args:
        workspace: where.
        now: when the pull began. Every file it brings gets this as its time, cut to the second: what is new here looks
            new to make and to backups, and no edit by the user, however soon it follows, can leave the same time.
    """

    def __init__(self, workspace: Workspace, *, now: datetime) -> None:
        self._disk = workspace.disk
        self._journal = workspace.journal
        self._store = workspace.store
        self._now = now
        self._touched: set[str] = set()
        self._lock = threading.Lock()

    def run(self, step: Step) -> Outcome:  # noqa: PLR0911 - one for each kind of step
        """Do one thing that needs no download.

        Raises:
            LocalFailure, DiskFull: it could not be done.
        """
        path = step.path
        with telling(path):
            match step:
                case Match(record=record):
                    return Outcome(path=path, done=Done.MATCHED, record=record)
                case Keep(tracked=tracked):
                    return Outcome(path=path, done=Done.KEPT if tracked else Done.RELEASED)
                case Forget():
                    return Outcome(path=path, done=Done.FORGOTTEN)
                case Remove(seen=seen):
                    return self._remove(path, seen)
                case RemoveFolder():
                    return self._remove_folder(path)
                case MoveAside(to=to):
                    if self._disk.look(path) is None:
                        return Outcome(path=path, done=Done.NOTHING)
                    self._move_aside(path, to)
                    return Outcome(path=path, done=Done.NOTHING, moved_to=to)
                case MakeFolder():
                    return self._make_folder(path)

    def place(self, download: Download, part: Part) -> Outcome:
        """Decide and do what becomes of the bytes in `part`, all of which arrived. The part is used up.

        Raises:
            LocalFailure, DiskFull: they could not be placed; what stood there still does.
        """
        path = download.path
        try:
            with telling(path):
                record = part.seal(mtime_ns=int(self._now.timestamp()) * 10**9, mode=_mode_of(download.seen))
                # Believed only if these bytes really are there, so it may be said before it is known what will be done.
                self._journal.intend(Placed(path, record))
                now, here = self._look(download, part)
                known = Record.of(download.entry, size=part.size, digest=part.digest)
                match settle(download, now=now, here=here, arrived=part.digest):
                    case Settlement.PLACE:
                        return self._take_place(download, part, record)
                    case Settlement.MATCH:
                        known = Record.of(download.entry, size=part.size, digest=part.digest, thing=now)
                        return Outcome(path=path, done=Done.MATCHED, record=known)
                    case Settlement.KEEP:
                        return Outcome(path=path, done=Done.KEPT, record=known)
                    case Settlement.STORE:
                        self._keep_in_store(part)
                        return Outcome(path=path, done=Done.CONFLICT, record=known)
                    case Settlement.STORE_AND_RETRY:
                        self._keep_in_store(part)
                        return Outcome(path=path, done=Done.CONFLICT)
        finally:
            part.discard()

    def flush(self) -> None:
        """Make all that was renamed and removed durable; before the state says that it was."""
        for folder in sorted(self._touched):
            with telling(folder):
                try:
                    self._disk.sync_folder(folder)
                except OSError as error:
                    if error.errno not in _GONE:
                        raise
        self._touched.clear()

    def _look(self, download: Download, part: Part) -> tuple[Thing | None, str | None]:
        """What stands there at this moment, and its digest if it may have the bytes that arrived."""
        now = self._disk.look(download.path)
        if now is None or now.shape is not Shape.FILE:
            return now, None
        if isinstance(download, Fetch) and download.record is not None and now == download.seen:
            return now, download.record.digest
        if now.size != part.size:
            return now, None
        read = read_digests(self._disk, download.path, frozenset({"sha256"}), expected=now)
        return self._disk.look(download.path), next(iter(read), None)

    def _take_place(self, download: Download, part: Part, record: Record) -> Outcome:
        path = download.path
        # The user deleted a file in conflict this moment: then upstream's comes back, as always.
        why, aside = (download.why, download.aside) if isinstance(download, Fetch) else (Why.RESTORED, None)
        if aside is not None and self._disk.look(path) is None:
            aside = None
        if aside is not None:
            self._move_aside(path, aside)
        self._touch(path)
        try:
            self._disk.move(part.path, path)
        except OSError:
            if aside is not None:
                self._disk.move(aside, path)
            raise
        return Outcome(path=path, done=_DONE[why], record=record, moved_to=aside)

    def _move_aside(self, path: str, to: str) -> None:
        if self._disk.look(to) is not None:
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST))
        self._journal.intend(Moved(path, to))
        self._touch(path)
        self._disk.move(path, to)

    def _keep_in_store(self, part: Part) -> None:
        with self._lock:
            self._store.add(part, when=self._now, why=_CONFLICT)

    def _remove(self, path: str, seen: Thing) -> Outcome:
        now = self._disk.look(path)
        if now is not None and now != seen:
            return Outcome(path=path, done=Done.KEPT)
        if now is not None:
            self._touch(path)
            self._disk.remove(path)
        return Outcome(path=path, done=Done.REMOVED)

    def _remove_folder(self, path: str) -> Outcome:
        self._touch(path)
        try:
            self._disk.remove_folder(path)
        except OSError as error:
            if error.errno in {errno.ENOTEMPTY, errno.EEXIST}:
                # Something came into it, or could not be removed: the next pull looks again.
                return Outcome(path=path, done=Done.NOTHING)
            if error.errno not in _GONE:
                raise
        return Outcome(path=path, done=Done.FORGOTTEN)

    def _make_folder(self, path: str) -> Outcome:
        self._journal.intend(Made(path))
        try:
            self._touch(path)
            self._disk.make_folder(path)
        except FileExistsError:
            now = self._disk.look(path)
            if now is None or now.shape is not Shape.FOLDER:
                raise
            return Outcome(path=path, done=Done.NOTHING)
        return Outcome(path=path, done=Done.MADE_FOLDER)

    def _touch(self, path: str) -> None:
        with self._lock:
            self._touched.add(parent_of(path))


_DONE: Final = {Why.ADDED: Done.ADDED, Why.UPDATED: Done.UPDATED, Why.RESTORED: Done.RESTORED}


def _mode_of(seen: Thing | None) -> int | None:
    return seen.mode if seen is not None and seen.shape is Shape.FILE else None
