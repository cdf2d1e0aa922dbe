"""Bytes that stay as they are, by the id of the file that they are."""

import asyncio
import hashlib
import os
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import BinaryIO

from hubdrives.testing.emulators.content import CHUNK, Content
from hubdrives.testing.emulators.seafile.objects import file_id

BLOCK = 8 << 20  # bytes; how the server cuts what comes through the web and the API


class Stored(Content):
    """A content in a file of its own, whose name is the id of the file that has it."""

    @property
    def id(self) -> str:
        return self.on_disk.name


class Digest:
    """Works a file's id out while its bytes come by.

    Args:
        block: into which pieces it is cut, bytes.
    """

    def __init__(self, block: int = BLOCK) -> None:
        self._size_of_block = block
        self._blocks: list[str] = []
        self._block = hashlib.sha1(usedforsecurity=False)
        self._filled = 0
        self._size = 0

    def update(self, data: bytes) -> None:
        view = memoryview(data)
        while view:
            piece = view[: self._size_of_block - self._filled]
            self._block.update(piece)
            self._filled += len(piece)
            self._size += len(piece)
            view = view[len(piece) :]
            if self._filled == self._size_of_block:
                self._close_block()

    def file_id(self) -> str:
        """Of what came by; nothing may follow."""
        if self._filled:
            self._close_block()
        return file_id(self._blocks, self._size)

    def _close_block(self) -> None:
        self._blocks.append(self._block.hexdigest())
        self._block = hashlib.sha1(usedforsecurity=False)
        self._filled = 0


class Store:
    """A private directory of contents, there while the emulator runs.

    Attributes:
        block: into which pieces the contents of files are cut, bytes; some servers are set up with others.
    """

    def __init__(self) -> None:
        self.block = BLOCK
        self._scratch: tempfile.TemporaryDirectory[str] | None = None

    def open(self) -> None:
        self._scratch = tempfile.TemporaryDirectory(prefix="hubdrives-seafile-")

    def close(self) -> None:
        if self._scratch is not None:
            self._scratch.cleanup()
            self._scratch = None

    def keep(self, file: Path) -> Stored:
        """A copy of a file as it is now.

        Raises:
            OSError: it can't be read.
        """
        digest, draft = Digest(self.block), self.new_draft()
        with file.open("rb") as source, draft.open("wb") as copy:
            while chunk := source.read(CHUNK):
                _take(copy, digest, chunk)
        return self._name(draft, digest.file_id())

    async def receive(self, chunks: AsyncIterator[bytes]) -> Stored:
        """What comes in, which may be much: little of it is held at once."""
        digest, draft = Digest(self.block), await asyncio.to_thread(self.new_draft)
        with await asyncio.to_thread(draft.open, "wb") as file:
            async for chunk in chunks:
                await asyncio.to_thread(_take, file, digest, chunk)
        return await asyncio.to_thread(self._name, draft, digest.file_id())

    def new_draft(self) -> Path:
        """A new file that may be written at will, until `adopt` makes it a content."""
        descriptor, name = tempfile.mkstemp(dir=self._directory)
        os.close(descriptor)
        return Path(name)

    def adopt(self, draft: Path) -> Stored:
        """Make a content of a closed draft, which is gone then."""
        digest = Digest(self.block)
        with draft.open("rb") as file:
            while chunk := file.read(CHUNK):
                digest.update(chunk)
        return self._name(draft, digest.file_id())

    @property
    def _directory(self) -> str:
        if self._scratch is None:
            raise RuntimeError("the emulator does not run")
        return self._scratch.name

    def _name(self, file: Path, known_as: str) -> Stored:
        path = Path(self._directory, known_as)
        size = file.stat().st_size
        file.replace(path)
        return Stored(size=size, path=path)


def id_of(content: Content) -> str:
    """The id of a file with these bytes, which may have been planted by a test."""
    if isinstance(content, Stored):
        return content.id
    digest = Digest()
    digest.update(content.read())
    return digest.file_id()


def _take(file: BinaryIO, digest: Digest, chunk: bytes) -> None:
    digest.update(chunk)
    file.write(chunk)
