"""A game of two who change one course: what each wrote, and hubdrives at work between them.

The model knows marks and bytes, nothing of how a pull works.
"""

import asyncio
import contextlib
import itertools
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Collection, Coroutine
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.sync import papers
from tests.sync.breaking import Breaking, Died, Quick
from tests.sync.conftest import MEMORY
from tests.sync.merge.notebook.books import opened
from tests.sync.papers import marks
from tests.sync.source import HERE, Memory, Tree, tree_of

from hubdrives import folder
from hubdrives.choice import Choice
from hubdrives.errors import LocalFailure, NotFound
from hubdrives.model import Policy, Report
from hubdrives.pull import pull
from hubdrives.sync.disk import Calls

START = datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC)
PLAIN = ("a", "b.bin", "a/b", "d", "d/a", "d/a/x")
TEXTS = ("n.md", "d/n.md")
BOOKS = ("l.ipynb", "d/l.ipynb")


class Game:
    """What is known of both sides.

    `user` are the marks of what the user wrote and did not take away himself. `dropped` are upstream's marks that a
    text may lack or keep other than upstream: the user did something to that line, or both did and the report said so.
    `touched` are the cells that the user changed.
    """

    def __init__(self) -> None:
        super().__init__()
        self.home = Path(tempfile.mkdtemp(dir=MEMORY if MEMORY.is_dir() else None))
        self.target = self.home / "course"
        self.target.mkdir()
        (self.home / "outside").mkdir()
        (self.home / "outside/secret").write_bytes(b"secret")
        self.source = Memory({})
        self.numbers = itertools.count()
        self.moments = itertools.count()
        self.user: set[bytes] = set()
        self.dropped: set[bytes] = set()
        self.touched: set[str] = set()
        self.copied: set[bytes | None] = set()
        self.pulled: dict[str, set[bytes]] = {}
        """By path: all that upstream had there when somebody pulled."""
        self.valid: set[bytes] = set()
        self.policy = Policy.MINE
        self.last: tuple[Tree, Tree] | None = None
        """The trees before and after what was done last, if nobody changed anything since."""
        self.is_unfinished = False
        self.is_fresh = False
        """A pull ended well, and nothing changed since."""

    def compare(self, report: Report) -> None:
        """S13: upstream's files are there, with all that upstream changed where the user left it alone."""
        tree = tree_of(self.target)
        disputed = {*report.conflicts, *folder.status(self.target).conflicts}
        for path, content in self.source.tree.items():
            mine = tree.get(path)
            if content is None:
                assert (self.target / path).is_dir()
                assert not (self.target / path).is_symlink()
                continue
            assert mine is not None, path
            assert not mine.startswith(b"-> "), path
            if path in BOOKS and papers.is_notebook(mine) and papers.is_notebook(content):
                self.compare_cells(papers.cells(mine), papers.cells(content))
            elif path in TEXTS:
                different = marks(mine, "t") ^ marks(content, "t")
                if path in disputed:
                    self.dropped |= different
                assert different <= self.dropped, (path, mine, content)
            else:
                assert mine == content or marks(mine, "u") or mine in self.copied, path
            if path in disputed:
                assert asyncio.run(folder.upstream(self.target, path, fetch=self.source.read)) == content

    def compare_cells(self, mine: dict[str, list[set[bytes]]], upstream: dict[str, list[set[bytes]]]) -> None:
        for tag in (mine.keys() | upstream.keys()) - self.touched:
            assert mine.get(tag) == upstream.get(tag), (tag, mine, upstream)

    def assert_valid(self, content: bytes) -> None:
        """S12."""
        if content not in self.valid:
            opened(content)
            self.valid.add(content)

    def now(self) -> datetime:
        return START + timedelta(seconds=next(self.moments))

    def pull(self, policy: Policy, *, calls: Calls | None = None, is_open: Collection[str] = ()) -> Report:
        async def opened() -> Collection[str]:
            return is_open

        for path, content in self.source.tree.items():
            self.pulled.setdefault(path, set()).add(content or b"")
        written = self.written()
        try:
            return asyncio.run(
                pull(
                    self.source,
                    HERE,
                    self.target,
                    choice=Choice(policy=policy),
                    is_open=opened,
                    now=self.now,
                    patience=0,
                    calls=calls or Quick(),
                )
            )
        finally:
            if policy is not Policy.THEIRS:
                # Not only kept: the user's lines stay where the user sees them.
                assert written <= self.written()

    def reset(self, path: str, calls: Calls) -> Report | None:
        return self.do(folder.reset(self.target, [path], now=self.now, fetch=self.source.read, calls=calls))

    def do(self, work: Coroutine[Any, Any, Report]) -> Report | None:
        """What an undo or reset reports; None if there is nothing that it could be done to."""
        try:
            return asyncio.run(work)
        except NotFound:
            return None

    def disturbed(self, work: Callable[[Calls], object], at: int, strike: Callable[[str], None]) -> None:
        with contextlib.suppress(Died, LocalFailure):
            work(Breaking(at, strike))
        # This process lives on; a minute later nobody waits for it any more.
        long_ago = time.time() - 100
        for lock in self.target.glob(".hubdrives/lock*"):
            os.utime(lock, (long_ago, long_ago))
        self.last, self.is_unfinished, self.is_fresh = None, True, False

    def deeds(self) -> list[str]:
        try:
            return [happened.id for happened in folder.history(self.target)]
        except NotFound:
            return []

    def written(self) -> set[bytes]:
        """The user's marks that are in the tree."""
        return set().union(*(marks(content, "u") for content in tree_of(self.target).values()))

    def paper(self, path: str) -> bytes | None:
        if path in TEXTS:
            return papers.text(self.numbers)
        return papers.notebook(self.numbers) if path in BOOKS else None

    def edited(self, path: str, content: bytes, op: str, place: int, who: str, editor: str) -> bytes:
        number = next(self.numbers)
        if path in TEXTS:
            return papers.text_edited(content, op, place, f"{who}{number};")
        return papers.notebook_edited(content, op, place, f"{who}{number};", number=number, editor=editor)

    def remove_upstream(self, path: str) -> None:
        self.source.tree = {
            name: content for name, content in self.source.tree.items() if not f"{name}/".startswith(f"{path}/")
        }
        self.is_fresh = False

    def make_room_upstream(self, path: str) -> None:
        self.remove_upstream(path)
        for parent in Path(path).parents:
            if self.source.tree.get(str(parent), b"") is not None:
                self.source.tree.pop(str(parent), None)

    def save(self, path: str, new: bytes, *, in_place: bool = False) -> None:
        """The user writes `new` to `path`, as an editor does: into the file, or a new one."""
        file = self.target / path
        old = file.read_bytes() if self.is_reachable(file) else b""
        if not (in_place and old):
            file = self.make_room(path)
        file.write_bytes(new)
        self.last, self.is_fresh = None, False
        self.forget(old)
        self.user |= marks(new, "uo")
        # If no file was there, the user took away all that a pull ever brought. When something was killed, only a
        # file that is still the same one tells what it began with.
        is_known = old and (in_place or not self.is_unfinished)
        others = {old} if is_known else {old, *self.pulled.get(path, ())}
        for other in others:
            self.dropped |= marks(other, "t") ^ marks(new, "t")
            before, mine = (papers.sources(content) for content in (other, new))
            self.touched |= {tag for tag in mine.keys() | before.keys() if mine.get(tag) != before.get(tag)}
        if not (papers.is_notebook(old) and papers.is_notebook(new)):
            self.copied.add(new)

    def make_room(self, path: str) -> Path:
        file = self.target / path
        for parent in reversed(Path(path).parents[:-1]):
            above = self.target / parent
            if above.is_symlink() or not above.is_dir():
                self.take_away(above)
                above.mkdir()
        self.take_away(file)
        return file

    def take_away(self, path: Path) -> None:
        """As the user: what he deletes himself is not lost."""
        self.last, self.is_fresh = None, False
        if any(parent.is_symlink() for parent in path.parents):
            return
        gone: Tree = {}
        if path.is_symlink() or path.is_file():
            gone[""] = b"" if path.is_symlink() else path.read_bytes()
            path.unlink()
        elif path.is_dir():
            gone = tree_of(path)
            shutil.rmtree(path)
        for content in gone.values():
            self.forget(content)

    def forget(self, content: bytes | None) -> None:
        self.user -= marks(content)

    def is_reachable(self, file: Path) -> bool:
        """Whether it is a file, and of this folder."""
        return file.resolve() == file and file.is_file()


def may_be_renamed(path: str, to: str) -> bool:
    """Not below itself, and what is a notebook or text stays one."""
    is_of_a_kind = any(path in kind and to in kind for kind in (PLAIN, TEXTS, BOOKS))
    return is_of_a_kind and not f"{to}/".startswith(f"{path}/")
