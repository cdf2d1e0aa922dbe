"""How the files stand against upstream's last versions, and where bytes of those are still kept. Changes nothing."""

import difflib
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from hubdrives.sync.bases import Bases
from hubdrives.sync.disk import Disk
from hubdrives.sync.merge import MergeKind, kind_of
from hubdrives.sync.merge.kinds import MAX_TEXT_BYTES
from hubdrives.sync.plan import untouched
from hubdrives.sync.scan import read_digests
from hubdrives.sync.store import deeds
from hubdrives.sync.values import Base, Record, Shape, Thing

MAX_SHOWN: Final = 100 << 20
"""Bytes of a version that may be held in memory to be shown."""


class Form(StrEnum):
    """How a difference is told."""

    SAME = "same"
    TEXT = "text"
    NOTEBOOK = "notebook"
    """Cell by cell, without outputs."""
    BINARY = "binary"
    DELETED = "deleted"
    """The user deleted it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """The user's file against upstream's last version of it."""

    path: str
    form: Form
    lines: tuple[str, ...] = ()
    """A unified diff without line ends, upstream's as the old side; empty unless the form is text or notebook."""


@dataclass(slots=True)
class Standing:
    """Which files differ from what the last pull brought. All methods block; OSError as the disk says."""

    disk: Disk
    base: Base
    edited: list[str] = field(default_factory=list)
    ran: list[str] = field(default_factory=list)
    """Notebooks in which nothing but outputs changed."""
    deleted: list[str] = field(default_factory=list)
    """Or something that is no file stands there now."""
    conflicts: list[str] = field(default_factory=list)
    """Of those, files in which something of upstream's is missing because the user had changed the same place."""

    def look(self, paths: Iterable[str]) -> None:
        """Look at `paths`, which are in the base. Reads what may have changed."""
        for path in sorted(paths):
            record, thing = self.base.files[path], self.disk.look(path)
            if thing is None or thing.shape is not Shape.FILE:
                self.deleted.append(path)
            elif not untouched(thing, record, self.base) and not self._is_equal(path, thing, record):
                (self.ran if self._only_ran(path, thing, record) else self.edited).append(path)
                if record.is_disputed:
                    self.conflicts.append(path)

    def _is_equal(self, path: str, thing: Thing, record: Record) -> bool:
        if thing.size != record.size:
            return False
        return record.digest in read_digests(self.disk, path, frozenset({"sha256"}), expected=thing)

    def _only_ran(self, path: str, thing: Thing, record: Record) -> bool:
        if kind_of(path) is not MergeKind.NOTEBOOK or thing.size > MAX_SHOWN:
            return False
        from hubdrives.sync.merge.notebook import only_outputs_changed  # noqa: PLC0415 - not needed by most

        base, mine = Bases(self.disk).get(record.digest), content(self.disk, path)
        return base is not None and mine is not None and only_outputs_changed(base, mine)


def plain_difference(disk: Disk, base: Base, path: str) -> Difference | None:
    """The difference at `path`, which is in the base; None if upstream's bytes are needed to tell it. Blocks."""
    found = Standing(disk, base)
    found.look([path])
    form = Form.DELETED if found.deleted else None if found.edited or found.ran else Form.SAME
    if form is None and kind_of(path) is not MergeKind.NOTEBOOK:
        is_text = base.files[path].size <= MAX_TEXT_BYTES and _lines(_shown(disk, path)) is not None
        form = None if is_text else Form.BINARY
    return Difference(path=path, form=form) if form else None


def difference(disk: Disk, path: str, theirs: bytes) -> Difference:
    """The user's file at `path` against `theirs`. Blocks."""
    mine = _shown(disk, path)
    if mine is None:
        return Difference(path=path, form=Form.BINARY)
    if mine == theirs:
        return Difference(path=path, form=Form.SAME)
    form, old, new = Form.NOTEBOOK, *_cells(path, theirs, mine)
    if old is None or new is None:
        form, old, new = Form.TEXT, _lines(theirs), _lines(mine)
    if old is None or new is None:
        return Difference(path=path, form=Form.BINARY)
    lines = difflib.unified_diff(old, new, "upstream's", "yours", lineterm="")
    return Difference(path=path, form=form, lines=tuple(lines))


def kept(disk: Disk, path: str, record: Record) -> bytes | None:
    """Upstream's bytes, from the bases or, if they were in conflict, from the store; None if neither has them."""
    found = Bases(disk).get(record.digest)
    if found is not None or record.size > MAX_SHOWN:
        return found
    for deed in deeds(disk):
        found = content(disk, deed.upstream[path]) if path in deed.upstream else None
        if found is not None and record.digest == f"sha256:{hashlib.sha256(found).hexdigest()}":
            return found
    return None


def content(disk: Disk, path: str) -> bytes | None:
    """The bytes of the file at `path`; None if there is none or they can't be read. Blocks."""
    try:
        return disk.read(path)
    except OSError:
        return None


def _shown(disk: Disk, path: str) -> bytes | None:
    """The user's bytes, if they can be read and are not too many."""
    thing = disk.look(path)
    return content(disk, path) if thing is not None and thing.size <= MAX_SHOWN else None


def _cells(path: str, *versions: bytes) -> list[list[str] | None]:
    """Both as lines for a person, if they are notebooks."""
    if kind_of(path) is not MergeKind.NOTEBOOK:
        return [None for _ in versions]
    from hubdrives.sync.merge.notebook import readable  # noqa: PLC0415 - not needed by most

    return [readable(version) for version in versions]


def _lines(content: bytes | None) -> list[str] | None:
    """Of a text that a person can read, else None."""
    if content is None or len(content) > MAX_TEXT_BYTES or b"\0" in content:
        return None
    try:
        return content.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError:
        return None
