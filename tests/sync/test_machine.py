"""Random edits on both sides, pulls, and pulls that are killed, against a plain model of who wrote what."""

import asyncio
import itertools
import os
import shutil
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from tests.sync.breaking import Breaking, Died, Quick, die
from tests.sync.source import HERE, Memory, Tree, hidden, tree_of

from hubdrives.pull import pull
from hubdrives.sync.disk import Calls

PATHS = st.sampled_from(["a", "b.txt", "a/b", "a/c.py", "d", "d/a", "d/a/x"])
START = datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC)


class Machine(RuleBasedStateMachine):
    """`user` is every text the user wrote and did not take away himself; `outside` must never change."""

    def __init__(self) -> None:
        super().__init__()
        self.home = Path(tempfile.mkdtemp())
        self.target = self.home / "course"
        self.target.mkdir()
        (self.home / "outside").mkdir()
        (self.home / "outside/secret").write_bytes(b"secret")
        self.source = Memory({})
        self.source.digest = None
        self.user: set[bytes] = set()
        self.numbers = itertools.count()
        self.pulls = 0
        self.is_fresh = False

    def teardown(self) -> None:
        shutil.rmtree(self.home)

    # Upstream's side.

    @rule(path=PATHS)
    def upstream_writes(self, path: str) -> None:
        self.upstream_deletes(path)
        for parent in Path(path).parents:
            if self.source.tree.get(str(parent), b"") is not None:
                self.source.tree.pop(str(parent), None)
        self.source.tree[path] = b"upstream %d" % next(self.numbers)

    @rule(path=PATHS)
    def upstream_deletes(self, path: str) -> None:
        tree = self.source.tree
        self.source.tree = {
            name: content for name, content in tree.items() if name != path and not name.startswith(f"{path}/")
        }
        self.is_fresh = False

    @rule(path=PATHS)
    def upstream_makes_a_folder(self, path: str) -> None:
        self.upstream_writes(path)
        self.source.tree[path] = None

    @rule(digest=st.sampled_from(["md5", None]))
    def upstream_tells_digests_or_not(self, digest: str | None) -> None:
        self.source.digest = digest

    # The user's side.

    @rule(path=PATHS, grows=st.booleans())
    def user_writes(self, path: str, *, grows: bool) -> None:
        file = self.make_room(path)
        content = b"user's %d%s" % (next(self.numbers), b"." * 5 * grows)
        file.write_bytes(content)
        self.user.add(content)

    @rule(path=PATHS)
    def user_deletes(self, path: str) -> None:
        self.take_away(self.target / path)
        self.is_fresh = False

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
            self.make_room(path).write_bytes(content)

    @rule(path=PATHS)
    def user_touches(self, path: str) -> None:
        file = self.target / path
        if file.is_file() and not file.is_symlink():
            os.utime(file, (1, 1))

    # Pulls.

    @rule()
    def pulls_once(self) -> None:
        self.run(Quick())
        self.is_fresh = True

    @rule(at=st.integers(1, 60))
    def pull_is_killed(self, at: int) -> None:
        try:
            self.run(Breaking(at, die))
        except Died:
            # This process lives on; a minute later nobody waits for it any more.
            long_ago = time.time() - 100
            for lock in self.target.glob(".hubdrives/lock*"):
                os.utime(lock, (long_ago, long_ago))
        self.is_fresh = False

    # What always holds.

    @invariant()
    def no_byte_of_the_user_s_is_lost(self) -> None:
        tree = tree_of(self.target)
        missing = self.user - set(tree.values()) - hidden(self.target)
        assert not missing, (missing, tree)

    @invariant()
    def every_file_is_whole(self) -> None:
        for content in tree_of(self.target).values():
            assert content is None or content.startswith((b"user's ", b"upstream ", b"-> "))

    @invariant()
    def nothing_outside_changes(self) -> None:
        assert tree_of(self.home / "outside") == {"secret": b"secret"}

    @precondition(lambda self: self.is_fresh)
    @invariant()
    def after_a_pull_upstream_s_files_are_there_or_the_user_s_own(self) -> None:
        tree = tree_of(self.target)
        for path, content in self.source.tree.items():
            if content is None:
                assert (self.target / path).is_dir()
                assert not (self.target / path).is_symlink()
            else:
                assert tree.get(path) == content or tree.get(path) in self.user, (path, tree)

    @precondition(lambda self: self.is_fresh)
    @invariant()
    def one_more_pull_would_do_nothing(self) -> None:
        before = tree_of(self.target)
        reads = len(self.source.reads)
        self.run(Quick())
        assert tree_of(self.target) == before
        assert len(self.source.reads) == reads

    def run(self, calls: Calls) -> None:
        self.pulls += 1
        moment = START + timedelta(seconds=self.pulls)
        report = asyncio.run(pull(self.source, HERE, self.target, now=lambda: moment, calls=calls))
        assert report.failed == []

    def make_room(self, path: str) -> Path:
        file = self.target / path
        for parent in reversed(Path(path).parents[:-1]):
            folder = self.target / parent
            if folder.is_symlink() or not folder.is_dir():
                self.take_away(folder)
                folder.mkdir()
        self.take_away(file)
        self.is_fresh = False
        return file

    def take_away(self, path: Path) -> None:
        """As the user: what he deletes himself is not lost."""
        if any(parent.is_symlink() for parent in path.parents):
            return
        gone: Tree = {}
        if path.is_symlink() or path.is_file():
            gone[""] = b"" if path.is_symlink() else path.read_bytes()
            path.unlink()
        elif path.is_dir():
            gone = tree_of(path)
            shutil.rmtree(path)
        self.user -= set(gone.values())


TestMachine = Machine.TestCase
TestMachine.settings = settings(
    max_examples=60, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
)
