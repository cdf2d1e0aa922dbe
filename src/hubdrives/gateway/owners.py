"""Whose transfer is whose, where one account makes them all: the provider does not know, and a label proves nothing."""

import asyncio
import hashlib
import os
import secrets
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

from hubdrives.gateway import grants
from hubdrives.gateway.disk import disk_errors

_KEPT_SECONDS: Final = 90 * 86400.0


class Owners:
    """A file for each task, named by a digest of it, with its owner in it; where it is gone, the task is nobody's.

    Args:
        folder: made when there is something to note; replicas of a gateway share it.
        clock: seconds since 1970.
    """

    def __init__(self, folder: Path, *, clock: Callable[[], float] = time.time) -> None:
        self._folder = folder
        self._clock = clock

    async def claim(self, connection: str, task: str, owner: str) -> None:
        """Note that `task` is of `owner` (`Caller.id`).

        Raises:
            NotGranted: it is another's.
            DiskFull, LocalFailure: it can't be noted.
        """
        if await asyncio.to_thread(self._claim, self._path(connection, task), owner) != owner:
            raise grants.refusal()

    async def owner(self, connection: str, task: str) -> str | None:
        """Whose `task` is."""
        return await asyncio.to_thread(_read, self._path(connection, task))

    async def count(self, owner: str) -> int:
        """How many tasks `owner` has, of all connections together."""
        return await asyncio.to_thread(self._count, owner)

    def _count(self, owner: str) -> int:
        with suppress(FileNotFoundError):
            return sum(_read(path) == owner for path in self._folder.iterdir() if not path.name.startswith("."))
        return 0

    def _claim(self, path: Path, owner: str) -> str | None:
        draft = self._folder / f".{secrets.token_hex(8)}"
        with disk_errors():
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._clear()
            draft.write_text(owner, encoding="utf-8")
            try:
                # Unlike a rename, it takes nobody's place.
                with suppress(FileExistsError):
                    os.link(draft, path)
            finally:
                draft.unlink()
        return _read(path)

    def _clear(self) -> None:
        """Forget what the provider has forgotten."""
        for path in self._folder.iterdir():
            with suppress(FileNotFoundError):
                if path.stat().st_mtime < self._clock() - _KEPT_SECONDS:
                    path.unlink()

    def _path(self, connection: str, task: str) -> Path:
        return self._folder / hashlib.sha256(f"{connection}\0{task}".encode()).hexdigest()


def _read(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
