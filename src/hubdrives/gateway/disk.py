"""Content on disk: blobs named by what is in them, and an index that says which file was which. Blocking; for threads.

    blobs/ab/abcd…     bytes, named by their SHA-256
    index/12/1234…     the name of a blob; itself named by the file's key
    tmp/               what is being written

Both folders may be emptied at any time, also by another process: what is gone is fetched again.
"""

import errno
import hashlib
import os
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from hubdrives.errors import BadConfig, DiskFull, LocalFailure

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_STALE_SECONDS = 24 * 3600.0
_AFTER_SWEEP = 0.9


@dataclass(frozen=True, slots=True, kw_only=True)
class Blob:
    """What a complete file is."""

    sha256: str
    """In hexadecimal."""
    size: int
    """In bytes."""


@dataclass(slots=True)
class Growing:
    """A file that is being written. Its descriptor can be read from all the while, and after."""

    path: Path
    fd: int
    size: int = 0
    _hash: "hashlib._Hash" = field(default_factory=hashlib.sha256)

    def append(self, data: bytes | bytearray) -> None:
        """Write all of `data` at the end. Raises DiskFull, LocalFailure."""
        with disk_errors():
            view = memoryview(data)
            while view:
                view = view[os.write(self.fd, view) :]
        self._hash.update(data)
        self.size += len(data)

    @property
    def blob(self) -> Blob:
        return Blob(sha256=self._hash.hexdigest(), size=self.size)


class Disk:
    """A folder of blobs.

    Raises:
        BadConfig: the folder can't be made or used.
    """

    def __init__(self, folder: Path) -> None:
        self._blobs, self._index, self._temporary = (folder / name for name in ("blobs", "index", "tmp"))
        try:
            for one in (self._blobs, self._index, self._temporary):
                one.mkdir(parents=True, exist_ok=True, mode=0o700)
            for left in self._temporary.iterdir():
                # Younger ones may be another process' work.
                if left.stat().st_mtime < time.time() - _STALE_SECONDS:
                    left.unlink(missing_ok=True)
        except OSError as error:
            raise BadConfig(f"The cache folder {folder} can't be used: {error.strerror}.") from None

    def used(self) -> int:
        """How many bytes the blobs take."""
        return sum(status.st_size for _, status in _files(self._blobs))

    def open(self, key: str) -> tuple[Blob, int] | None:
        """The blob that is kept for `key` and a descriptor to read it from, None if there is none."""
        mark = _place(self._index, key)
        try:
            sha256 = mark.read_text(encoding="ascii")
            path = _place(self._blobs, sha256)
            fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        except (OSError, UnicodeDecodeError):
            return None
        with suppress(OSError):
            # When it was last used decides what goes when room is needed.
            os.utime(mark)
            os.utime(path)
        return Blob(sha256=sha256, size=os.fstat(fd).st_size), fd

    def has(self, key: str) -> bool:
        """Whether a blob is kept for `key`."""
        try:
            return _place(self._blobs, _place(self._index, key).read_text(encoding="ascii")).is_file()
        except (OSError, UnicodeDecodeError):
            return False

    def create(self) -> Growing:
        """A new file to write to. Raises DiskFull, LocalFailure."""
        path = self._temporary / secrets.token_hex(16)
        with disk_errors():
            return Growing(path, os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))

    def keep(self, key: str, file: Growing) -> Blob:
        """Make `file` a blob and remember it for `key`. Raises DiskFull, LocalFailure."""
        blob = file.blob
        target, mark = _place(self._blobs, blob.sha256), _place(self._index, key)
        note = self._temporary / secrets.token_hex(16)
        with disk_errors():
            for folder in (target.parent, mark.parent):
                folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            file.path.replace(target)
            note.write_text(blob.sha256, encoding="ascii")
            note.replace(mark)
        return blob

    def discard(self, file: Growing) -> None:
        """Remove what will not be kept."""
        with suppress(OSError):
            file.path.unlink()

    def sweep(self, limit: int) -> int:
        """If the blobs take more than `limit` bytes, remove those unused for longest. How many bytes they then take."""
        blobs = sorted(_files(self._blobs), key=lambda item: item[1].st_mtime)
        total = sum(status.st_size for _, status in blobs)
        if total <= limit:
            return total
        oldest_kept = 0.0
        for path, status in blobs:
            if total <= limit * _AFTER_SWEEP:
                oldest_kept = status.st_mtime
                break
            with suppress(OSError):
                path.unlink()
                total -= status.st_size
        for path, status in _files(self._index):
            if not oldest_kept or status.st_mtime < oldest_kept:
                with suppress(OSError):
                    path.unlink()
        return total


@contextmanager
def disk_errors() -> Iterator[None]:
    """Trouble with the disk as our errors."""
    try:
        yield
    except OSError as error:
        hint = "Tell your hub's administrators: the gateway can't write to its cache folder."
        if error.errno in _FULL:
            raise DiskFull("The disk of the hub's gateway is full.", hint=hint) from None
        raise LocalFailure(f"The hub's gateway can't use its disk: {error.strerror}.", hint=hint) from None


def _place(folder: Path, name: str) -> Path:
    return folder / name[:2] / name


def _files(folder: Path) -> Iterator[tuple[Path, os.stat_result]]:
    for parent, _, names in os.walk(folder):
        for name in names:
            path = Path(parent, name)
            with suppress(OSError):
                yield path, path.stat()
