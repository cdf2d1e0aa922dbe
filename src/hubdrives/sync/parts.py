"""Bytes that arrive: written below `.hubdrives/tmp`, checked, and made durable before they may take a place."""

import os
from dataclasses import dataclass, field

from hubdrives import digests
from hubdrives.errors import Corrupt
from hubdrives.sync.disk import Disk, telling
from hubdrives.sync.layout import TMP
from hubdrives.sync.room import LARGE
from hubdrives.sync.values import Thing


@dataclass(slots=True, kw_only=True)
class Part:
    """One file on its way. `write` its bytes, `check` and `seal` it; then it is moved to its place, or discarded.

    Args:
        disk: the working folder, in whose file system it is made.
        shown: the path that messages speak of.
        name: a file name that no other part has.
        size_promised: in bytes, if it is known.
        digest_promised: `algorithm:hex`, if it is known.
    """

    disk: Disk
    shown: str
    name: str
    size_promised: int | None = None
    digest_promised: str | None = None
    size: int = field(default=0, init=False)
    """Bytes so far."""
    _fd: int | None = field(default=None, init=False)
    _hashers: dict[str, digests.Hasher] = field(init=False)

    def __post_init__(self) -> None:
        wanted = {"sha256", digests.algorithm_of(self.digest_promised or "sha256")}
        self._hashers = {algorithm: digests.hasher(algorithm) for algorithm in wanted}

    @property
    def path(self) -> str:
        return f"{TMP}/{self.name}"

    @property
    def is_open(self) -> bool:
        """Whether there is something to discard."""
        return self._fd is not None

    @property
    def is_there(self) -> bool:
        """Whether it was written and has taken no place yet. Blocks."""
        return self.is_open and self.disk.look(self.path) is not None

    @property
    def digest(self) -> str:
        """Of what was written, with its algorithm: "sha256:…"."""
        return f"sha256:{self._hashers['sha256'].hexdigest()}"

    @property
    def inode(self) -> int:
        return os.fstat(self._open()).st_ino

    def write(self, data: bytes | bytearray) -> None:
        """The next bytes. Blocks.

        Raises:
            DiskFull, LocalFailure: as the disk says.
            Corrupt: these are more bytes than were promised.
        """
        self.size += len(data)
        if self.size_promised is not None and self.size > self.size_promised:
            raise self._wrong_size()
        with telling(self.shown):
            self.disk.write(self._open(), data)
        for hasher in self._hashers.values():
            hasher.update(data)

    def check(self) -> None:
        """Raise Corrupt unless size and digest are those that were promised."""
        if self.size_promised is not None and self.size_promised != self.size:
            raise self._wrong_size()
        if self.digest_promised is not None:
            algorithm = digests.algorithm_of(self.digest_promised)
            if f"{algorithm}:{self._hashers[algorithm].hexdigest()}" != self.digest_promised.lower():
                raise Corrupt(f"'{self.shown}' arrived damaged.")

    def seal(self, *, mtime_ns: int, mode: int | None) -> Thing:
        """Make the bytes durable under the mode and time that the file will have, and tell how it looks now.

        Args:
            mtime_ns: nanoseconds since 1970.
            mode: permission bits; None leaves those that new files get.
        """
        fd = self._open()
        if mode is not None:
            self.disk.calls.chmod(fd, mode)
        self.disk.calls.utime(fd, mtime_ns)
        self.disk.calls.fsync(fd)
        return Thing.of(os.fstat(fd))

    def content(self) -> bytes:
        """What was written so far. Blocks."""
        self._open()
        return self.disk.read(self.path) or b""

    def close(self) -> None:
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None

    def discard(self) -> None:
        """Throw it away, if it is still here."""
        with telling(self.shown):
            self.close()
            self.disk.remove_if_there(self.path)

    def _wrong_size(self) -> Corrupt:
        return Corrupt(f"'{self.shown}' came with {self.size} bytes, not the {self.size_promised} that were promised.")

    def _open(self) -> int:
        if self._fd is None:
            self._fd = self.disk.open_to_write(self.path)
            if (self.size_promised or 0) >= LARGE:
                self.disk.calls.reserve(self._fd, self.size_promised or 0)
        return self._fd
