"""The values that the rooms of `sync` hand to each other."""

import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Self

import msgspec

from hubdrives.model import Entry


class Shape(Enum):
    """What stands at a local path."""

    FILE = auto()
    FOLDER = auto()
    OTHER = auto()
    """A symlink, socket, pipe or device: the user's, never followed and never opened."""


@dataclass(frozen=True, slots=True)
class Thing:
    """What was seen at a local path. Two equal things that are files have, as far as can be told, the same bytes."""

    shape: Shape
    size: int
    mtime_ns: int
    inode: int
    mode: int = field(default=0o644, compare=False)
    """Permission bits."""

    @classmethod
    def of(cls, status: os.stat_result) -> Self:
        """From an `lstat`."""
        shape = Shape.OTHER
        if stat.S_ISREG(status.st_mode):
            shape = Shape.FILE
        elif stat.S_ISDIR(status.st_mode):
            shape = Shape.FOLDER
        return cls(shape, status.st_size, status.st_mtime_ns, status.st_ino, stat.S_IMODE(status.st_mode))

    def is_still(self, now: Self | None) -> bool:
        """Whether `now` is this. A folder is the same folder, whatever is in it."""
        if now is not None and self.shape is now.shape is Shape.FOLDER:
            return self.inode == now.inode
        return self == now


class Record(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is known of one file that was pulled: upstream's version, and the local file that had its bytes."""

    version: str
    size: int
    """Bytes, as upstream has them."""
    digest: str
    """"sha256:…" of them."""
    upstream_digest: str | None = None
    """As the provider told it, in its own algorithm."""
    mtime_ns: int = 0
    inode: int = 0
    id: str = ""
    """The provider's identifier of the file, by which it is known again under another name."""
    is_disputed: bool = False
    """Something in these bytes did not get into the local file, because the user had changed the same place."""

    @classmethod
    def of(cls, entry: Entry, *, size: int, digest: str, thing: Thing | None = None, is_disputed: bool = False) -> Self:
        """`entry` with the bytes that have `size` and `digest`; `thing` is the local file, if that has them too."""
        return cls(
            version=entry.version,
            size=size,
            digest=digest,
            upstream_digest=entry.digest,
            id=entry.id,
            is_disputed=is_disputed,
            mtime_ns=thing.mtime_ns if thing else 0,
            inode=thing.inode if thing else 0,
        )

    def is_of(self, entry: Entry) -> bool:
        """Whether `entry` still has the bytes that this is about."""
        if entry.version == self.version:
            return True
        return entry.digest is not None and entry.digest in {self.digest, self.upstream_digest}


@dataclass(frozen=True, slots=True, kw_only=True)
class Base:
    """What the pulls before left: the files that they brought, and the folders that they made."""

    files: Mapping[str, Record] = field(default_factory=dict)
    folders: frozenset[str] = frozenset()
    trusted_before_ns: int = 0
    """A file whose mtime is not older than this may have changed since without showing it, so it has to be read."""


def parent_of(path: str) -> str:
    """The folder of `path`; "" is the working folder itself."""
    return path.rpartition("/")[0]


def parents_of(path: str) -> list[str]:
    """The folders above `path`, the outermost first, without the working folder itself."""
    parts = path.split("/")
    return ["/".join(parts[:depth]) for depth in range(1, len(parts))]
