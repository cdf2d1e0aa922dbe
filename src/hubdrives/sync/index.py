"""How the working folder looked when all was settled: if it and the source still look so, there is nothing to do.

A pull that finds nothing new then costs one look at each file, and reads none; git's index serves it the same way.
It is a cache: what does not fit together with the state costs no more than a pull that decides everything anew.
"""

import errno
import os
from collections.abc import Collection, Mapping, Sequence
from typing import Final, Self

import msgspec

from hubdrives.choice import Choice
from hubdrives.model import Location, Report, Skipped
from hubdrives.sync.disk import Disk
from hubdrives.sync.layout import INDEX, STATE, TMP
from hubdrives.sync.values import Base, Record, Shape, Thing, parent_of

_SCHEMA: Final = 1
_GONE: Final = frozenset({errno.ENOENT, errno.ENOTDIR, errno.ELOOP})

Look = tuple[int, int, int]
"""Size in bytes, time in nanoseconds since 1970, inode."""


class Index(msgspec.Struct, frozen=True, array_like=True):
    """What was pulled, when it was settled, and what a pull that finds it so reports."""

    schema: int
    source: Location
    choice: Choice
    snapshot: str
    """Its digest."""
    state: Look
    """Of the state that this fits."""
    folders: dict[str, dict[str, Look]]
    """Every folder that upstream has or a pull made, and the files that pulls brought into it, by name."""
    report: Report

    @classmethod
    def of(
        cls,
        disk: Disk,
        base: Base,
        *,
        source: Location,
        choice: Choice,
        snapshot: str,
        folders: Collection[str],
        edited: Collection[str],
        skipped: Sequence[Skipped],
    ) -> Self | None:
        """The index of a folder into which everything was brought. None if it looks different by now. Blocks.

        Args:
            disk: the working folder.
            base: what is known of it.
            source: where it came from.
            choice: what of that was wanted.
            snapshot: the digest of what was there.
            folders: upstream's.
            edited: the files that the user has changed.
            skipped: what stays out.
        """
        state = disk.look(STATE)
        if state is None:
            return None
        looks: dict[str, dict[str, Look]] = {folder: {} for folder in (*folders, *base.folders, "")}
        for path in base.files:
            looks.setdefault(parent_of(path), {})[path.rpartition("/")[2]] = (0, 0, 0)
        for folder, names in looks.items():
            try:
                found = {name: thing for name, thing in disk.entries(folder) if name in names}
            except OSError as error:
                if error.errno in _GONE:
                    return None
                raise
            if len(found) < len(names):
                return None
            for name, thing in found.items():
                path = f"{folder}/{name}" if folder else name
                if not (path in edited or _is_as_pulled(thing, base.files[path], state)):
                    return None
                if thing.shape is not Shape.FILE:
                    return None
                names[name] = (thing.size, thing.mtime_ns, thing.inode)
        report = Report(unchanged=len(base.files) - len(edited), kept=sorted(edited), skipped=list(skipped))
        return cls(_SCHEMA, source.public(), choice, snapshot, _look(state), looks, report)

    def is_of(self, source: Location, choice: Choice, snapshot: str) -> bool:
        """Whether this is about the same content."""
        return (self.source, self.choice, self.snapshot) == (source, choice, snapshot)

    def holds(self, disk: Disk) -> bool:
        """Whether every file still looks the same, and so does the state. Blocks; reads no file's content."""
        state = disk.look(STATE)
        if state is None or _look(state) != self.state:
            return False
        return all(_is_same(disk, folder, names) for folder, names in self.folders.items())


def write(disk: Disk, index: Index | None) -> None:
    """Keep `index` for the next pull. Not flushed: one that a power cut damaged is none."""
    if index is None:
        disk.remove_if_there(INDEX)
        return
    draft = f"{TMP}/index"
    disk.remove_if_there(draft)
    with disk.writing(draft, mode=0o600) as fd:
        disk.write(fd, msgspec.msgpack.encode(index))
    disk.move(draft, INDEX)


def read(disk: Disk) -> Index | None:
    """The index, None if there is none that can be used."""
    try:
        index = msgspec.msgpack.decode(disk.read(INDEX) or b"", type=Index)
    except (msgspec.MsgspecError, OSError):
        return None
    return index if index.schema == _SCHEMA else None


def _is_same(disk: Disk, folder: str, names: Mapping[str, Look]) -> bool:
    left = len(names)
    try:
        with disk.folder(folder) as fd, os.scandir(fd) as items:
            for item in items:
                known = names.get(item.name)
                if known is None:
                    continue
                now = item.stat(follow_symlinks=False)
                if (now.st_size, now.st_mtime_ns, now.st_ino) != known:
                    return False
                left -= 1
    except OSError:
        return False
    return left == 0


def _is_as_pulled(thing: Thing, record: Record, state: Thing) -> bool:
    # The same rule by which a scan believes a file to be untouched, "racily clean" ones left out.
    return _look(thing) == (record.size, record.mtime_ns, record.inode) and thing.mtime_ns < state.mtime_ns


def _look(thing: Thing) -> Look:
    return thing.size, thing.mtime_ns, thing.inode
