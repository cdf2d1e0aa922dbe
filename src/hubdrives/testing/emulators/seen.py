"""What a look at a served directory finds of one path."""

import os
import stat
from dataclasses import dataclass

from hubdrives.testing.emulators.content import Content
from hubdrives.testing.emulators.sidecar import Target
from hubdrives.testing.emulators.tree import FOLDER


@dataclass(frozen=True, slots=True)
class Seen:
    """One path as a look at the folder found it.

    Attributes:
        kind: of the node that it is served as.
        name: at the provider.
        inode, size, mtime_ns: of the file; size in bytes.
        digest: of the bytes of a file that had just been written, else None.
        racy: it had just been written.
        target: what a shortcut points to.
        kept: the bytes of a file, where they are kept.
    """

    kind: str
    name: str
    inode: int = 0
    size: int = 0
    mtime_ns: int = 0
    digest: str | None = None
    racy: bool = False
    target: Target | None = None
    kept: Content | None = None

    def is_still(self, status: os.stat_result) -> bool:
        """Whether a file or folder shows no sign of a change; never said of what had just been written."""
        same = (self.inode, self.mtime_ns) == (status.st_ino, status.st_mtime_ns) and not self.racy
        return (
            same
            and (self.kind == FOLDER) == stat.S_ISDIR(status.st_mode)
            and (self.kind == FOLDER or self.size == status.st_size)
        )

    def same_bytes(self, other: "Seen") -> bool:
        if (self.inode, self.size, self.mtime_ns) != (other.inode, other.size, other.mtime_ns):
            return False
        if self.kept is not None and other.kept is not None:
            return self.kept == other.kept
        return self.digest is None or other.digest is None or self.digest == other.digest
