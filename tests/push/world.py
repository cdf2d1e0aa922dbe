"""A source that can be written to, a working folder and a clock, for stories of pushes."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.sync.breaking import Quick
from tests.sync.source import HERE, Tree, plant, tree_of
from tests.sync.writable import WritableMemory

from hubdrives.choice import EVERYTHING, Choice
from hubdrives.model import Report
from hubdrives.pull import pull
from hubdrives.push import ALL, PushReport, Wanted, push
from hubdrives.sync.disk import Calls

CHANGES = ("added", "updated", "merged", "conflicts", "removed", "restored", "renamed", "moved", "held", "failed")
"""The fields of a pull's report that say that something happened."""


class World:
    """`source` is upstream, `target` the working folder. Every deed is a minute after the one before."""

    def __init__(self, target: Path, tree: Tree, *, digest: str | None = "md5") -> None:
        self.target = target
        self.source = WritableMemory(tree, digest=digest)
        self.time = datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC)

    def now(self) -> datetime:
        self.time += timedelta(minutes=1)
        return self.time

    def pull(self, *, choice: Choice = EVERYTHING, calls: Calls | None = None) -> Report:
        made = pull(self.source, HERE, self.target, choice=choice, now=self.now, patience=0, calls=calls or Quick())
        return asyncio.run(made)

    def push(self, *, wanted: Wanted = ALL, dry_run: bool = False, calls: Calls | None = None) -> PushReport:
        made = push(
            self.source,
            HERE,
            self.target,
            wanted=wanted,
            dry_run=dry_run,
            now=self.now,
            patience=0,
            calls=calls or Quick(),
        )
        return asyncio.run(made)

    def write(self, tree: Tree) -> None:
        """As the user does."""
        plant(self.target, tree)

    @property
    def tree(self) -> Tree:
        return tree_of(self.target)


def happened(report: Report) -> dict[str, object]:
    """What a pull's report says that happened."""
    return {name: told for name in CHANGES if (told := getattr(report, name))}


def paths(items: list) -> list[str]:
    return [item.path for item in items]
