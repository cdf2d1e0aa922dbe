"""The bytes of an emulated file: in memory when small and planted, on disk when they belong to a served folder."""

import asyncio
import hashlib
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

CHUNK = 1 << 20  # bytes held at once


class ContentChangedError(OSError):
    """The file on disk is no longer the one that the tree knows; the next look at the folder mends that."""


@dataclass(frozen=True)
class Content:
    """Some bytes. Equal contents are the same bytes, as far as can be said without reading them.

    Attributes:
        size: in bytes.
        data: the bytes, when they are held in memory.
        path: where they are, when they are on disk.
        mtime_ns: of the file on disk, nanoseconds.
        edit: counts edits that size and mtime don't show.
    """

    size: int
    data: bytes | None = None
    path: Path | None = None
    mtime_ns: int = 0
    edit: int = 0

    @classmethod
    def of(cls, data: bytes | str) -> "Content":
        """The content that holds these bytes, or this text in UTF-8."""
        raw = data.encode() if isinstance(data, str) else data
        return cls(size=len(raw), data=raw)

    def hash(self) -> None:
        """Work the digests out now, which may take long; later they are at hand.

        Raises:
            OSError: the file can't be read, or was edited meanwhile.
        """
        self._digests  # noqa: B018 - a cached property

    @property
    def md5(self) -> str:
        return self._digests[0]

    @property
    def sha1(self) -> str:
        return self._digests[1]

    @property
    def sha256(self) -> str:
        return self._digests[2]

    @cached_property
    def _digests(self) -> tuple[str, str, str]:
        if self.data is not None:
            return _digests_of_bytes(self.data)
        return _digests_of_file(self.on_disk, self.size, self.mtime_ns, self.edit)

    @property
    def on_disk(self) -> Path:
        if self.path is None:
            raise ValueError("this content is held in memory")
        return self.path

    def read(self) -> bytes:
        """All the bytes at once: for documents that are converted as a whole."""
        return self.on_disk.read_bytes() if self.data is None else self.data

    async def stream(self, start: int, stop: int) -> AsyncIterator[bytes]:
        """The bytes from `start` up to `stop`, a chunk at a time; fewer when the file on disk has shrunk or gone."""
        if self.data is not None:
            yield self.data[start:stop]
            return
        while start < stop and (chunk := await asyncio.to_thread(_read, self.on_disk, start, min(CHUNK, stop - start))):
            yield chunk
            start += len(chunk)


def _read(path: Path, start: int, size: int) -> bytes:
    try:
        with path.open("rb") as file:
            file.seek(start)
            return file.read(size)
    except FileNotFoundError:
        return b""


def _digests_of_bytes(data: bytes) -> tuple[str, str, str]:
    return (
        hashlib.md5(data, usedforsecurity=False).hexdigest(),
        hashlib.sha1(data, usedforsecurity=False).hexdigest(),
        hashlib.sha256(data).hexdigest(),
    )


@lru_cache(maxsize=100_000)
def _digests_of_file(path: Path, size: int, mtime_ns: int, edit: int) -> tuple[str, str, str]:  # noqa: ARG001 - `edit` is part of the key
    hashes = (hashlib.md5(usedforsecurity=False), hashlib.sha1(usedforsecurity=False), hashlib.sha256())
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            for each in hashes:
                each.update(chunk)
        found = os.fstat(file.fileno())
    if (found.st_size, found.st_mtime_ns) != (size, mtime_ns):
        raise ContentChangedError(f"{path} was edited while it was read")
    md5, sha1, sha256 = (each.hexdigest() for each in hashes)
    return md5, sha1, sha256
