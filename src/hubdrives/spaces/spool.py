"""Bytes of unknown number on their way out: held in a file meanwhile, never in memory."""

import tempfile
from collections.abc import AsyncIterable, AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import BinaryIO, Final

from hubdrives.content import File
from hubdrives.sync.disk import telling
from hubdrives.sync.tasks import in_thread

_BUFFER: Final = 1 << 20
"""Bytes that are gathered before they are written."""


@asynccontextmanager
async def spooled(pieces: AsyncIterable[bytes]) -> AsyncIterator[File]:
    """All of `pieces`, as a content that can be read as often as a request has to be repeated.

    Raises:
        DiskFull, LocalFailure: the folder for temporary files (`TMPDIR`) does not take them.
    """
    with telling("the folder for temporary files"):
        folder = await in_thread(tempfile.TemporaryDirectory, prefix="hubdrives-")
    try:
        path = Path(folder.name) / "content"
        with telling("the folder for temporary files"):
            file = await in_thread(path.open, "wb")
            try:
                await _write(pieces, file)
            finally:
                await in_thread(file.close)
        yield await in_thread(File.at, path)
    finally:
        await in_thread(folder.cleanup)


async def _write(pieces: AsyncIterable[bytes], file: BinaryIO) -> None:
    held: list[bytes] = []
    size = 0
    async for piece in pieces:
        held.append(piece)
        size += len(piece)
        if size >= _BUFFER:
            await in_thread(file.writelines, held)
            held, size = [], 0
    await in_thread(file.writelines, held)
