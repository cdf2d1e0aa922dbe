"""Bytes that stay as they are while a file of a served directory is edited."""

import asyncio
import os
import shutil
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

from hubdrives.testing.emulators.content import Content


class Store:
    """A private directory of contents, there while the emulator runs."""

    def __init__(self) -> None:
        self._scratch: tempfile.TemporaryDirectory[str] | None = None

    def open(self) -> None:
        self._scratch = tempfile.TemporaryDirectory(prefix="hubdrives-globus-")

    def close(self) -> None:
        if self._scratch is not None:
            self._scratch.cleanup()
            self._scratch = None

    def keep(self, file: Path) -> Content:
        """A copy of a file as it is now.

        Raises:
            OSError: it can't be read.
        """
        return self.adopt(Path(shutil.copyfile(file, self.new_draft())))

    async def receive(self, chunks: AsyncIterator[bytes]) -> Content:
        """What comes in, which may be much: little of it is held at once."""
        draft = await asyncio.to_thread(self.new_draft)
        with await asyncio.to_thread(draft.open, "wb") as file:
            async for chunk in chunks:
                await asyncio.to_thread(file.write, chunk)
        return self.adopt(draft)

    def new_draft(self) -> Path:
        """A new file that may be written at will, until `adopt` makes it a content."""
        if self._scratch is None:
            raise RuntimeError("the emulator does not run")
        descriptor, name = tempfile.mkstemp(dir=self._scratch.name)
        os.close(descriptor)
        return Path(name)

    def adopt(self, draft: Path) -> Content:
        """Make a content of a closed draft, which must not change any more."""
        status = draft.stat()
        return Content(size=status.st_size, path=draft, mtime_ns=status.st_mtime_ns)
