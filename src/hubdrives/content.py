"""Bytes on their way out, which can be read again from anywhere: a request may have to be repeated."""

import asyncio
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import BinaryIO, Protocol, Self

from hubdrives.errors import BadInput, LocalFailure

_PIECE = 1 << 20


class Content(Protocol):
    """The bytes of one file.

    Attributes:
        size: in bytes.
    """

    @property
    def size(self) -> int: ...

    def read(self, start: int = 0, stop: int | None = None) -> AsyncIterator[bytes]:
        """The bytes from `start` up to `stop` (or the end), in pieces. May be called as often as needed, in parallel.

        Raises:
            LocalFailure: they can't be read, or are not what they were any more.
        """
        ...


@dataclass(frozen=True, slots=True)
class Bytes:
    """Bytes that are in memory."""

    data: bytes = field(repr=False)

    @property
    def size(self) -> int:
        return len(self.data)

    async def read(self, start: int = 0, stop: int | None = None) -> AsyncIterator[bytes]:
        data = memoryview(self.data)[start:stop]
        for position in range(0, len(data), _PIECE):
            yield bytes(data[position : position + _PIECE])


@dataclass(frozen=True, slots=True)
class Slice:
    """The bytes of a content from `start` up to `end`, as a content."""

    content: Content
    start: int
    end: int

    @property
    def size(self) -> int:
        return self.end - self.start

    def read(self, start: int = 0, stop: int | None = None) -> AsyncIterator[bytes]:
        """As `Content.read`."""
        end = self.end if stop is None else min(self.start + stop, self.end)
        return self.content.read(self.start + start, end)


class File:
    """A file of this machine; whoever writes into it meanwhile is noticed. Made by `File.at`.

    Attributes:
        path: where it is.
        size: in bytes, when it was first looked at.
    """

    def __init__(self, path: Path, status: os.stat_result) -> None:
        self.path = path
        self.size = status.st_size
        self._seen = _mark(status)

    def __repr__(self) -> str:
        return f"File({str(self.path)!r})"

    @classmethod
    def at(cls, path: Path) -> Self:
        """The file at `path`; blocks a little.

        Raises:
            BadInput: there is none, or it is a folder or a device.
            LocalFailure: it can't be looked at.
        """
        try:
            status = path.stat()
        except FileNotFoundError:
            raise BadInput(f"There is no file '{path}'.") from None
        except OSError as error:
            raise LocalFailure(f"'{path}' can't be read: {error.strerror}.") from None
        if not path.is_file():
            raise BadInput(f"'{path}' is no file.")
        return cls(path, status)

    async def read(self, start: int = 0, stop: int | None = None) -> AsyncIterator[bytes]:
        end = self.size if stop is None else min(stop, self.size)
        if end - start <= _PIECE:
            # Most files are small, and a turn of a thread costs more than reading one.
            if piece := await asyncio.to_thread(self._read, start, end):
                yield piece
            return
        file = await asyncio.to_thread(self._open)
        reading = Lock()

        def take(position: int) -> bytes:
            with reading:
                return self._take(file, position, min(_PIECE, end - position))

        def close() -> None:
            with reading:
                file.close()

        ahead, position = asyncio.create_task(asyncio.to_thread(take, start)), start
        try:
            while position < end:
                piece = await asyncio.shield(ahead)
                position += len(piece)
                if position < end:
                    # While this one is on its way.
                    ahead = asyncio.create_task(asyncio.to_thread(take, position))
                yield piece
        finally:
            if not ahead.cancel() and not ahead.cancelled():
                ahead.exception()
            # By no task, which could be cancelled with the rest of a program that ends.
            await asyncio.shield(asyncio.get_running_loop().run_in_executor(None, close))

    def _read(self, start: int, end: int) -> bytes:
        """A piece, in one turn."""
        data = b""
        with self._open() as file:
            self._check(file)
            while start + len(data) < end:
                data += self._take(file, start + len(data), end - start - len(data))
        return data

    def _open(self) -> BinaryIO:
        try:
            return self.path.open("rb")
        except OSError as error:
            raise LocalFailure(f"'{self.path}' can't be read: {error.strerror}.") from None

    def _take(self, file: BinaryIO, position: int, size: int) -> bytes:
        try:
            piece = os.pread(file.fileno(), size, position)
        except OSError as error:
            raise LocalFailure(f"'{self.path}' can't be read: {error.strerror}.") from None
        self._check(file, complete=bool(piece))
        return piece

    def _check(self, file: BinaryIO, *, complete: bool = True) -> None:
        if not complete or _mark(os.fstat(file.fileno())) != self._seen:
            raise LocalFailure(f"'{self.path}' was changed while it was being sent.", hint="Save it, then try again.")


def _mark(status: os.stat_result) -> tuple[int, int, int]:
    return status.st_ino, status.st_size, status.st_mtime_ns
