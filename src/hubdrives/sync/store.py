"""Versions of files that are nowhere else, kept out of sight: for each deed a folder that a person can browse.

It is bounded in bytes and age. The oldest deeds go first; of the newest, what the user wrote never goes.
"""

import contextlib
import errno
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final, Self

import msgspec

from hubdrives.errors import NotKept
from hubdrives.sync.deeds import Deed, user_s_bytes
from hubdrives.sync.disk import Disk
from hubdrives.sync.layout import DEED, STORE, TMP
from hubdrives.sync.values import Shape, parent_of, parents_of

MAX_BYTES: Final = 1 << 30
"""How much is kept, in bytes."""

MAX_AGE: Final = timedelta(days=90)

_STAMP: Final = len("2030-01-31T235959")
_MISSING: Final = frozenset({errno.ENOENT, errno.ENOTDIR})


@dataclass(slots=True)
class Shelf:
    """The folder of one deed. Threads may use it at the same time."""

    disk: Disk
    id: str
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False, repr=False)

    @classmethod
    def new(cls, disk: Disk, *, now: datetime) -> Self:
        """One that is named by the time, and by a number where that was taken. Made on disk only if it is needed.

        It comes after all that are there, also when clocks are set back.
        """
        stamp = f"{now:%Y-%m-%dT%H%M%S}"
        last, number = max(map(_order, _names(disk)), default=("", 0))
        if last < stamp:
            return cls(disk, stamp)
        return cls(disk, f"{last}-{number + 1}")

    @property
    def path(self) -> str:
        return f"{STORE}/{self.id}"

    def keep(self, path: str, *, is_user_s: bool) -> str:
        """Give the file at `path` a second name here; where that is, relative to the working folder.

        The user's bytes are made sure to outlive a power cut. Others are not even copied, where a file system has no
        second names: "" then.
        """
        with self._lock:
            kept = self._free("before", path)
            if not self.disk.link(path, kept, or_copy=is_user_s):
                return ""
            if is_user_s:
                for folder in (*parents_of(kept), STORE):
                    self.disk.sync_folder(folder)
        return kept

    def take(self, part: str, path: str) -> str:
        """Take in the file at `part`, as upstream's version of `path`; where it is now."""
        with self._lock:
            kept = self._free("upstream", path)
            self.disk.move(part, kept)
            self.disk.sync_folder(parent_of(kept))
        return kept

    def write(self, deed: Deed) -> None:
        """Write down what was done."""
        with self._lock:
            self._make_parents(f"{self.path}/{DEED}")
            self.disk.write_whole(f"{self.path}/{DEED}", msgspec.json.encode(deed), through=f"{TMP}/deed")

    def forget(self) -> None:
        """Take back what was written down: another deed has it now. The files stay."""
        self.disk.remove_if_there(f"{self.path}/{DEED}")

    def _free(self, side: str, path: str) -> str:
        """A free path here for a version of `path`, with its folders made."""
        number = 1
        while True:
            root = f"{self.path}/{side}" if number == 1 else f"{self.path}/{side}-{number}"
            kept = f"{root}/{path}"
            try:
                self._make_parents(kept)
            except FileExistsError:
                pass
            else:
                if self.disk.look(kept) is None:
                    return kept
            number += 1

    def _make_parents(self, path: str) -> None:
        for folder in parents_of(path)[1:]:
            self.disk.make_folder_if_missing(folder)


def deeds(disk: Disk) -> Iterator[Deed]:
    """What was done, the newest first, as far back as is known."""
    for name in _names(disk):
        if (deed := read_deed(disk, name)) is not None:
            yield deed


def last(disk: Disk, *, before: str = "") -> Deed | None:
    """What was done last, or what was before the deed that is called so; None if nothing was.

    Raises:
        NotKept: what was written down of it is damaged.
    """
    for name in _names(disk):
        if disk.look(f"{STORE}/{name}/{DEED}") is None or name == before:
            continue
        deed = read_deed(disk, name)
        if deed is None:
            hint = f"The files as they were before are in '{STORE}/{name}'."
            raise NotKept("What was written down of the last change is damaged.", hint=hint)
        return deed
    return None


def prune(disk: Disk, *, now: datetime, max_bytes: int = MAX_BYTES) -> None:
    """Remove what is too old or too much.

    Args:
        disk: the working folder.
        now: with time zone.
        max_bytes: how much may remain, counted from the newest.
    """
    total = 0
    promised: frozenset[str] | None = None
    for name in _names(disk):
        folder = f"{STORE}/{name}"
        files = dict(_below(disk, folder))
        deed = read_deed(disk, name)
        if deed is not None and promised is None:
            promised = user_s_bytes(deed)
            total += _shrink(disk, deed, files, max_bytes)
            continue
        total += sum(files.values())
        when = deed.when if deed is not None else _when(name)
        is_old = when is not None and now - when > MAX_AGE
        # A pull that was killed has no deed of its own: what it took away belongs to the one that went on from there.
        if (total > max_bytes or is_old) and not (promised or frozenset()) & files.keys():
            _remove(disk, folder)


def _shrink(disk: Disk, deed: Deed, files: dict[str, int], max_bytes: int) -> int:
    """Take from the newest deed's folder what is not the user's, the largest first, until the rest fits."""
    total = sum(files.values())
    promised = {*user_s_bytes(deed), *deed.upstream.values(), f"{STORE}/{deed.id}/{DEED}"}
    for path, size in sorted(files.items(), key=lambda item: (-item[1], item[0])):
        if total <= max_bytes:
            break
        if path not in promised:
            with _as_far_as_it_goes():
                disk.remove(path)
                total -= size
    return total


def _names(disk: Disk) -> list[str]:
    """The folders of deeds, the newest first. What else a person put there is left alone."""
    names = [name for name, shape in _entries(disk, STORE) if shape is Shape.FOLDER and _when(name) is not None]
    return sorted(names, key=_order, reverse=True)


def _order(name: str) -> tuple[str, int]:
    number = name[_STAMP + 1 :]
    return name[:_STAMP], int(number) if number.isdecimal() else 1


def _when(name: str) -> datetime | None:
    """When the folder of a deed was made, None if it is none. The time zone is a guess, and days are what counts."""
    try:
        return datetime.strptime(name[:_STAMP], "%Y-%m-%dT%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        return None


def read_deed(disk: Disk, name: str) -> Deed | None:
    """The deed that is called so; None if it is not written down, or damaged."""
    try:
        return msgspec.json.decode(disk.read(f"{STORE}/{name}/{DEED}") or b"", type=Deed)
    except (msgspec.MsgspecError, OSError):
        return None


def _entries(disk: Disk, path: str) -> list[tuple[str, Shape]]:
    try:
        return [(name, thing.shape) for name, thing in disk.entries(path)]
    except OSError as error:
        if error.errno in _MISSING:
            return []
        raise


def _below(disk: Disk, path: str) -> Iterator[tuple[str, int]]:
    """The files below `path`, with their sizes."""
    with _as_far_as_it_goes():
        for name, thing in disk.entries(path):
            inner = f"{path}/{name}"
            if thing.shape is Shape.FOLDER:
                yield from _below(disk, inner)
            else:
                yield inner, thing.size


def _remove(disk: Disk, path: str) -> None:
    with _as_far_as_it_goes():
        for name, thing in disk.entries(path):
            if thing.shape is Shape.FOLDER:
                _remove(disk, f"{path}/{name}")
            else:
                disk.remove(f"{path}/{name}")
        disk.remove_folder(path)


def _as_far_as_it_goes() -> contextlib.suppress:
    """For a folder that a person shut, or a file that is open elsewhere (on NFS): the next pull tries again."""
    return contextlib.suppress(OSError)
