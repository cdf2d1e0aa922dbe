"""Random edits on both sides, pulls that end well or badly, undo and reset, against a model of who wrote what.

`make test` plays some games, `make nightly` twenty thousand.
"""

import errno
import os
import shutil
from collections.abc import Callable

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from tests.sync import papers
from tests.sync.breaking import Quick, die, full, once
from tests.sync.game import BOOKS, PLAIN, TEXTS, Game, may_be_renamed
from tests.sync.halfway import CHANGES, NIGHTLY
from tests.sync.merge.notebook.books import EDITORS
from tests.sync.papers import marks
from tests.sync.source import hidden, tree_of

from hubdrives import folder
from hubdrives.model import Policy
from hubdrives.sync.disk import Disk
from hubdrives.sync.workspace import recall

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


class Machine(Game, RuleBasedStateMachine):
    """The rules of the game, and what always holds: the invariants of docs/architecture.md by number."""

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
        self.remove_upstream(path)

    @rule(path=PATHS)
    def upstream_makes_a_folder(self, path: str) -> None:
        self.make_room_upstream(path)
        self.source.tree[path] = None

    @rule(path=PATHS, to=PATHS)
    def upstream_renames(self, path: str, to: str) -> None:
        content = self.source.tree.get(path)
        if content is None or not may_be_renamed(path, to):
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
            if not is_book and op == "move":
                # At its new place, the last one, it is the user's line.
                self.dropped |= marks(b"".join(new.split()[-1:]))

    @rule(path=PATHS)
    def user_deletes(self, path: str) -> None:
        self.take_away(self.target / path)

    @rule(path=PATHS, to=PATHS)
    def user_renames(self, path: str, to: str) -> None:
        file = self.target / path
        if self.is_reachable(file) and may_be_renamed(path, to):
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
        self.disturbed(lambda calls: self.pull(policy, calls=calls), at, STRIKES[strike]())

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
        self.disturbed(
            lambda calls: self.do(folder.undo(self.target, now=self.now, calls=calls)), at, STRIKES[strike]()
        )

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
        self.disturbed(lambda calls: self.reset("", calls), at, STRIKES[strike]())

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


TestMachine = Machine.TestCase
TestMachine.settings = settings(
    max_examples=settings().max_examples if NIGHTLY else 80,
    stateful_step_count=25,
    suppress_health_check=list(HealthCheck),
)
