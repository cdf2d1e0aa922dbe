"""Bytes that stay as they are: whatever was a version of a file once can be read and restored later."""

import asyncio
import hashlib
import os
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import BinaryIO

from hubdrives.testing.emulators.content import CHUNK, Content


class Blob(Content):
    """A content in a file of its own, whose name is the SHA-1 of it."""

    @property
    def sha1(self) -> str:
        return self.on_disk.name


class Blobs:
    """A private directory of blobs, there while the emulator runs."""

    def __init__(self) -> None:
        self._scratch: tempfile.TemporaryDirectory[str] | None = None

    def open(self) -> None:
        self._scratch = tempfile.TemporaryDirectory(prefix="hubdrives-box-")

    def close(self) -> None:
        if self._scratch is not None:
            self._scratch.cleanup()
            self._scratch = None

    def keep(self, file: Path) -> Blob:
        """A copy of a file as it is now.

        Raises:
            OSError: it can't be read.
        """
        digest = hashlib.sha1(usedforsecurity=False)
        descriptor, name = tempfile.mkstemp(dir=self._directory)
        with file.open("rb") as source, os.fdopen(descriptor, "wb") as copy:
            while chunk := source.read(CHUNK):
                digest.update(chunk)
                copy.write(chunk)
        return self._name(Path(name), digest.hexdigest())

    def keep_bytes(self, data: bytes) -> Blob:
        descriptor, name = tempfile.mkstemp(dir=self._directory)
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
        return self._name(Path(name), hashlib.sha1(data, usedforsecurity=False).hexdigest())

    async def receive(self, chunks: AsyncIterator[bytes]) -> Blob:
        """What comes in, which may be much: little of it is held at once."""
        head = b""
        async for chunk in chunks:
            head += chunk
            if len(head) >= CHUNK:
                break
        else:
            return await asyncio.to_thread(self.keep_bytes, head)
        digest = hashlib.sha1(usedforsecurity=False)
        with await asyncio.to_thread(self.draft) as file:
            await asyncio.to_thread(_take, file, digest, head)
            async for chunk in chunks:
                await asyncio.to_thread(_take, file, digest, chunk)
        return await asyncio.to_thread(self._name, Path(file.name), digest.hexdigest())

    def draft(self) -> BinaryIO:
        """A new file that may be written at will, until `adopt` makes it a blob."""
        descriptor, name = tempfile.mkstemp(dir=self._directory)
        os.close(descriptor)
        return Path(name).open("r+b")

    def adopt(self, draft: Path) -> Blob:
        """Make a blob of a closed draft, which is gone then."""
        with draft.open("rb") as file:
            digest = hashlib.file_digest(file, _sha1)
        return self._name(draft, digest.hexdigest())

    @property
    def _directory(self) -> str:
        if self._scratch is None:
            raise RuntimeError("the emulator does not run")
        return self._scratch.name

    def _name(self, file: Path, sha1: str) -> Blob:
        path = Path(self._directory, sha1)
        size = file.stat().st_size
        file.replace(path)
        return Blob(size=size, path=path)


def _sha1() -> "hashlib._Hash":
    return hashlib.sha1(usedforsecurity=False)


def _take(file: BinaryIO, digest: "hashlib._Hash", chunk: bytes) -> None:
    digest.update(chunk)
    file.write(chunk)
