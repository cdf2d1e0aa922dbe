"""The only one that changes the user's files: five acts, each written down before, each leaving a way back.

What stands at a path is looked at immediately before it is touched. (What remains are the microseconds between that
look and the rename.) Whatever leaves its place is kept in the store first.
"""

import errno
import os
import threading
from datetime import datetime
from typing import Final

from hubdrives.sync.deeds import Act, Made, Moved, Placed, Removed, Unmade
from hubdrives.sync.disk import Disk, telling
from hubdrives.sync.journal import Journal
from hubdrives.sync.parts import Part
from hubdrives.sync.store import Shelf
from hubdrives.sync.values import Record, Shape, parent_of

GONE: Final = frozenset({errno.ENOENT, errno.ENOTDIR, errno.ELOOP})


class Actor:
    """Acts for one deed. Threads may act at the same time; all methods block and raise OSError as the disk does.

    Args:
        disk: the working folder.
        journal: where each act is written down before.
        shelf: where what leaves its place is kept.
        now: with time zone; the time of the files that are placed, cut to the second: what is new here looks new to
            make and to backups, and no edit by the user, however soon it follows, can leave the same time.
    """

    def __init__(self, disk: Disk, journal: Journal, shelf: Shelf, *, now: datetime) -> None:
        self.disk = disk
        self.shelf = shelf
        self.mtime_ns = int(now.timestamp()) * 10**9
        self.acts: list[Act] = []
        self._journal = journal
        self._touched: set[str] = set()
        self._lock = threading.Lock()

    def place(self, path: str, part: Part, record: Record | None, *, over_user_s: bool) -> None:
        """Let the bytes in `part`, which is sealed, take `path`; a file that stands there is kept.

        Args:
            path: its folder is there.
            part: is used up.
            record: what is known of upstream's file from now on.
            over_user_s: whether the file that stands there has bytes of the user's.
        """
        now = self.disk.look(path)
        stands = now is not None and now.shape is Shape.FILE
        kept = self.shelf.keep(path, is_user_s=over_user_s) if stands else ""
        act = Placed(
            path=path,
            size=part.size,
            digest=part.digest,
            inode=part.inode,
            record=record,
            replaced=stands,
            kept=kept,
            was_user_s=stands and over_user_s,
        )
        self._intend(act, path)
        self.disk.move(part.path, path)
        self.acts.append(act)

    def remove(self, path: str, *, is_user_s: bool) -> None:
        """Take the file at `path` away."""
        act = Removed(path=path, kept=self.shelf.keep(path, is_user_s=is_user_s), was_user_s=is_user_s)
        self._intend(act, path)
        self.disk.remove(path)
        self.acts.append(act)

    def move(self, old: str, new: str, *, is_upstream_s: bool = False) -> None:
        """Rename whatever stands at `old`; FileExistsError if something stands at `new`."""
        if self.disk.look(new) is not None:
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST))
        act = Moved(old=old, new=new, is_upstream_s=is_upstream_s)
        self._intend(act, old, new)
        self.disk.move(old, new)
        self.acts.append(act)

    def move_back(self, old: str, new: str) -> None:
        """Undo a `move` whose reason fell away; needs no room on the disk."""
        self.disk.move(new, old)
        self.acts.remove(Moved(old=old, new=new))

    def make_folder(self, path: str) -> bool:
        """Make the folder; whether it had to be made. FileExistsError if something else stands there."""
        act = Made(path=path)
        self._intend(act, path)
        try:
            self.disk.make_folder(path)
        except FileExistsError:
            now = self.disk.look(path)
            if now is None or now.shape is not Shape.FOLDER:
                raise
            return False
        self.acts.append(act)
        return True

    def remove_folder(self, path: str) -> bool:
        """Remove the folder if it is empty; whether it is gone now."""
        act = Unmade(path=path)
        self._intend(act, path)
        try:
            self.disk.remove_folder(path)
        except OSError as error:
            if error.errno in {errno.ENOTEMPTY, errno.EEXIST}:
                return False
            if error.errno not in GONE:
                raise
            return True
        self.acts.append(act)
        return True

    def flush(self) -> None:
        """Make all that was renamed, made and removed durable; before the state says that it was."""
        for folder in sorted(self._touched):
            with telling(folder):
                try:
                    self.disk.sync_folder(folder)
                except OSError as error:
                    if error.errno not in GONE:
                        raise
        self._touched.clear()

    def _intend(self, act: Act, *paths: str) -> None:
        self._journal.intend(act)
        with self._lock:
            self._touched.update(parent_of(path) for path in paths)
