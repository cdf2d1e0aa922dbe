"""Random edits on both sides, pulls that end well or badly, undo and reset, against a model of who wrote what.

`make test` plays some games, `make nightly` twenty thousand.
"""

import asyncio
import contextlib
import errno
import itertools
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Collection, Coroutine
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from tests.sync import papers
from tests.sync.breaking import Breaking, Died, Quick, die, full, once
from tests.sync.conftest import MEMORY
from tests.sync.halfway import CHANGES, NIGHTLY
from tests.sync.merge.notebook.books import EDITORS, opened
from tests.sync.papers import marks
from tests.sync.source import HERE, Memory, Tree, hidden, tree_of

from hubdrives import folder
from hubdrives.choice import Choice
from hubdrives.errors import LocalFailure, NotFound
from hubdrives.model import Policy, Report
from hubdrives.pull import pull
from hubdrives.sync.disk import Calls, Disk
from hubdrives.sync.workspace import recall

START = datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC)
PLAIN = ("a", "b.bin", "a/b", "d", "d/a", "d/a/x")
TEXTS = ("n.md", "d/n.md")
BOOKS = ("l.ipynb", "d/l.ipynb")
PATHS = st.sampled_from(PLAIN + TEXTS + BOOKS)
PAPERS = st.sampled_from(TEXTS + BOOKS)
POLICIES = st.sampled_from(list(Policy))
PLACES = st.integers(0, 30)
STEPS = st.integers(1, 90)
STRIKES: dict[str, Callable[[], Callable[[str], None]]] = {
    "dies": lambda: die,
    "is full": lambda: full,
    "fails once": lambda: once(errno.EIO),
}


class Machine(RuleBasedStateMachine):
    """The model knows marks and bytes, nothing of how a pull works.

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

    def teardown(self) -> None:
        shutil.rmtree(self.home)

    @initialize()
    def a_course_is_pulled(self) -> None:
        for path in ("b.bin", "d/a", "n.md", "l.ipynb"):
            self.upstream_writes(path)
        self.pulls(Policy.MINE)

    # Upstream's side.

    @rule(path=PATHS)
    def upstream_writes(self, path: str) -> None:
        self.make_room_upstream(path)
        self.source.tree[path] = self.paper(path) or b"t%d;" % next(self.numbers)

    @rule(path=PAPERS, op=st.sampled_from(["edit", "edit", "insert", "delete", "move"]), place=PLACES)
    def upstream_edits(self, path: str, op: str, place: int) -> None:
        content = self.source.tree.get(path)
        if content is not None:
            self.source.tree[path] = self.edited(path, content, op, place, "t", "lab")
            self.is_fresh = False

    @rule(path=PATHS)
    def upstream_deletes(self, path: str) -> None:
        tree = self.source.tree
        self.source.tree = {
            name: content for name, content in tree.items() if name != path and not name.startswith(f"{path}/")
        }
        self.is_fresh = False

    @rule(path=PATHS)
    def upstream_makes_a_folder(self, path: str) -> None:
        self.make_room_upstream(path)
        self.source.tree[path] = None

    @rule(path=PATHS, to=PATHS)
    def upstream_renames(self, path: str, to: str) -> None:
        content = self.source.tree.get(path)
        if content is None or Path(path).suffix != Path(to).suffix or f"{to}/".startswith(f"{path}/"):
            return
        name = self.source.ids.pop(path, path)
        self.make_room_upstream(to)
        self.source.tree.pop(path, None)
        self.source.tree[to] = content
        self.source.ids[to] = name
        # What comes to stand there next is another file.
        self.source.ids[path] = f"{path} {next(self.numbers)}"

    @rule(digest=st.sampled_from(["md5", None]))
    def upstream_tells_digests_or_not(self, digest: str | None) -> None:
        self.source.digest = digest

    # The user's side.

    @rule(path=PATHS, grows=st.booleans())
    def user_writes(self, path: str, *, grows: bool) -> None:
        self.save(path, b"u%d;%s" % (next(self.numbers), b"." * 5 * grows))

    @rule(
        path=PAPERS,
        op=st.sampled_from(["edit", "edit", "insert", "delete", "move", "run", "save"]),
        place=PLACES,
        editor=st.sampled_from(list(EDITORS)),
    )
    def user_edits(self, path: str, op: str, place: int, editor: str) -> None:
        file = self.target / path
        if self.is_reachable(file) and (is_book := path in BOOKS) == papers.is_notebook(old := file.read_bytes()):
            new = self.edited(path, old, op, place, "o" if is_book and op == "run" else "u", editor)
            self.save(path, new, in_place=op != "save")

    @rule(path=PATHS)
    def user_deletes(self, path: str) -> None:
        self.take_away(self.target / path)

    @rule(path=PATHS, to=PATHS)
    def user_renames(self, path: str, to: str) -> None:
        file = self.target / path
        if self.is_reachable(file) and not f"{to}/".startswith(f"{path}/"):
            content = file.read_bytes()
            self.take_away(file)
            self.save(to, content)

    @rule(path=PATHS)
    def user_links(self, path: str) -> None:
        self.make_room(path).symlink_to(self.home / "outside")

    @rule(path=PATHS)
    def user_makes_a_folder(self, path: str) -> None:
        self.make_room(path).mkdir()

    @rule(path=PATHS)
    def user_copies_upstream_s_bytes(self, path: str) -> None:
        content = self.source.tree.get(path)
        if content is not None:
            self.save(path, content)

    @rule(path=PATHS)
    def user_touches(self, path: str) -> None:
        if self.is_reachable(self.target / path):
            os.utime(self.target / path, (1, 1))

    # What hubdrives does.

    @rule(policy=POLICIES)
    def pulls(self, policy: Policy) -> None:
        before, deeds = tree_of(self.target), self.deeds()
        report = self.pull(policy)
        after = tree_of(self.target)
        assert report.failed == []
        if self.deeds() != deeds:
            self.last = None if self.is_unfinished else (before, after)
        elif not self.is_unfinished:
            assert after == before
        self.is_unfinished, self.is_fresh, self.policy = False, True, policy
        self.compare(report)

    @rule(policy=POLICIES, at=STEPS, strike=st.sampled_from(list(STRIKES)))
    def pull_is_disturbed(self, policy: Policy, at: int, strike: str) -> None:
        self.disturbed(lambda calls: self.pull(policy, calls=calls), at, strike)

    @rule(policy=POLICIES, path=PATHS)
    def pulls_while_a_file_is_open(self, policy: Policy, path: str) -> None:
        file = self.target / path
        seen = (file.read_bytes(), file.stat().st_ino) if self.is_reachable(file) else None
        self.last, self.is_unfinished, self.is_fresh = None, True, False
        self.pull(policy, is_open=[path])
        if seen is not None:
            assert (file.read_bytes(), file.stat().st_ino) == seen

    @rule()
    def undoes(self) -> None:
        report = self.do(folder.undo(self.target, now=self.now, calls=Quick()))
        if report is None:
            return
        last, self.last = self.last, None
        self.is_unfinished = self.is_fresh = False
        if last is not None:
            before, after = last
            assert tree_of(self.target) == before
            assert report.failed == []
            self.last = (after, before)

    @rule(at=STEPS, strike=st.sampled_from(list(STRIKES)))
    def undo_is_disturbed(self, at: int, strike: str) -> None:
        self.disturbed(lambda calls: self.do(folder.undo(self.target, now=self.now, calls=calls)), at, strike)

    @rule(path=st.one_of(st.just(""), PATHS))
    def resets(self, path: str) -> None:
        was_fresh, before, deeds = self.is_fresh, tree_of(self.target), self.deeds()
        report = self.reset(path, Quick())
        if self.deeds() != deeds:
            self.last = None if self.is_unfinished else (before, tree_of(self.target))
        self.is_fresh = False
        if report is None or not was_fresh:
            return
        assert report.failed == []
        with Disk(self.target) as disk:
            known = recall(disk).base.files
        tree = tree_of(self.target)
        for name in known:
            if not path or f"{name}/".startswith(f"{path}/"):
                assert tree.get(name) == self.source.tree[name]

    @rule(at=STEPS, strike=st.sampled_from(list(STRIKES)))
    def reset_is_disturbed(self, at: int, strike: str) -> None:
        self.disturbed(lambda calls: self.reset("", calls), at, strike)

    # What always holds.

    @invariant()
    def s1_no_byte_of_the_user_s_is_lost(self) -> None:
        contents = (*tree_of(self.target).values(), *hidden(self.target))
        assert self.user <= set().union(*map(marks, contents))

    @invariant()
    def s2_every_file_is_whole(self) -> None:
        for path, content in tree_of(self.target).items():
            if content is None or content.startswith(b"-> "):
                continue
            if papers.is_notebook(content):
                self.assert_valid(content)
            else:
                assert marks(content) or not content, path
                assert all(line.rstrip(b".").endswith(b";") for line in content.split()), (path, content)

    @invariant()
    def s3_nothing_outside_changes(self) -> None:
        assert tree_of(self.home / "outside") == {"secret": b"secret"}

    @precondition(lambda self: self.is_fresh)
    @invariant()
    def s9_one_more_pull_would_do_nothing(self) -> None:
        before, reads = tree_of(self.target), len(self.source.reads)
        # As the last one, which can see at once that nothing is new; and as another one, which has to look closer.
        report = self.pull(self.policy if next(self.numbers) % 2 else Policy.MINE)
        assert tree_of(self.target) == before
        assert len(self.source.reads) == reads
        assert {name: told for name in CHANGES if (told := getattr(report, name))} == {}

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

    # How it is done.

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

    def disturbed(self, work: Callable[[Calls], object], at: int, strike: str) -> None:
        with contextlib.suppress(Died, LocalFailure):
            work(Breaking(at, STRIKES[strike]()))
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

    def make_room_upstream(self, path: str) -> None:
        self.upstream_deletes(path)
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
        # If no file was there, the user took away all that a pull ever brought.
        others = {old} if old else self.pulled.get(path, set())
        for other in others:
            self.dropped |= marks(other, "t") ^ marks(new, "t")
        cells = [papers.sources(content) for content in (new, *others) if papers.is_notebook(content)]
        if not (papers.is_notebook(old) and papers.is_notebook(new)):
            self.copied.add(new)
            self.touched.update(*cells)
        else:
            mine, before = cells
            self.touched |= {tag for tag in mine.keys() | before.keys() if mine.get(tag) != before.get(tag)}

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


TestMachine = Machine.TestCase
TestMachine.settings = settings(
    max_examples=settings().max_examples if NIGHTLY else 80,
    stateful_step_count=25,
    suppress_health_check=list(HealthCheck),
)
