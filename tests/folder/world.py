"""A source, a working folder and a clock, for stories of pulls and of what comes after them."""

import os
from collections.abc import AsyncIterator, Collection
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.sync.breaking import Quick
from tests.sync.source import HERE, Memory, Tree, plant, tree_of

from hubdrives import folder
from hubdrives.choice import EVERYTHING, Choice
from hubdrives.model import Entry, Report
from hubdrives.pull import pull
from hubdrives.sync.disk import Calls


class World:
    """`source` is upstream, `target` the working folder. Every deed is a minute after the one before."""

    def __init__(self, target: Path, tree: Tree, *, calls: Calls | None = None, digest: str | None = "md5") -> None:
        self.target = target
        self.source = Memory(tree, digest=digest)
        self.here = HERE
        self.calls = calls or Quick()
        self.time = datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC)

    def now(self) -> datetime:
        self.time += timedelta(minutes=1)
        return self.time

    @property
    def stamp(self) -> str:
        """Of the deed before."""
        return f"{self.time:%Y%m%d%H%M%S}"

    async def pull(
        self, *, choice: Choice = EVERYTHING, is_open: Collection[str] = (), calls: Calls | None = None
    ) -> Report:
        async def opened() -> Collection[str]:
            return is_open

        return await pull(
            self.source,
            self.here,
            self.target,
            choice=choice,
            is_open=opened,
            now=self.now,
            calls=calls or self.calls,
        )

    async def undo(self, *, calls: Calls | None = None) -> Report:
        return await folder.undo(self.target, now=self.now, calls=calls or self.calls)

    async def reset(self, *paths: str, fetch: bool = False) -> Report:
        return await folder.reset(
            self.target, paths, now=self.now, fetch=self.fetch if fetch else None, calls=self.calls
        )

    async def fetch(self, entry: Entry) -> AsyncIterator[bytes]:
        for chunk in self.source.chunks(entry):
            yield chunk

    def write(self, tree: Tree) -> None:
        """As the user does."""
        plant(self.target, tree)

    @property
    def tree(self) -> Tree:
        return tree_of(self.target)

    @property
    def looks(self) -> dict[str, tuple[int, int]]:
        """Mode and time of each file, by path."""
        files = [path for path in self.tree if (self.target / path).is_file()]
        return {
            path: (os.lstat(self.target / path).st_mode, os.lstat(self.target / path).st_mtime_ns) for path in files
        }
