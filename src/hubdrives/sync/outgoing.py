"""A file of the working folder on its way out: read without following symlinks, and noticed if it changes."""

import asyncio
import os
from collections.abc import AsyncIterator

from hubdrives.errors import LocalFailure
from hubdrives.sync.disk import Disk, telling
from hubdrives.sync.values import Thing

_PIECE = 256 << 10
"""Bytes."""


class Outgoing:
    """The bytes of the file at `path`, as a `Content`.

    Attributes:
        size: in bytes.

    Args:
        disk: the working folder.
        path: relative to it.
        seen: how the file looked when it was decided to send it.
    """

    def __init__(self, disk: Disk, path: str, seen: Thing) -> None:
        self.size = seen.size
        self._disk = disk
        self._path = path
        self._seen = seen

    async def read(self, start: int = 0, stop: int | None = None) -> AsyncIterator[bytes]:
        """As `Content.read`."""
        end = self.size if stop is None else min(stop, self.size)
        fd = await asyncio.to_thread(self._open)
        try:
            position = start
            while position < end:
                piece = await asyncio.to_thread(self._take, fd, position, min(_PIECE, end - position))
                position += len(piece)
                yield piece
        finally:
            os.close(fd)

    def _open(self) -> int:
        with telling(self._path):
            return self._disk.open_to_read(self._path)

    def _take(self, fd: int, position: int, size: int) -> bytes:
        with telling(self._path):
            piece = os.pread(fd, size, position)
            if not piece or Thing.of(os.fstat(fd)) != self._seen:
                raise LocalFailure(f"'{self._path}' was changed while it was being sent.", hint="Push again.")
        return piece
