"""What is killed at any step, and started again, ends like what was not; no user's byte is lost.

Each step is a real SIGKILL, in a process of its own. `make test` takes some of the steps, `make nightly` all.
"""

import shutil
import signal
from pathlib import Path

import pytest
from tests.sync import halfway
from tests.sync.breaking import Breaking, kill
from tests.sync.halfway import DISPUTED, FIRST, SECOND, copy, first, killed, reset, run, second, some, undo
from tests.sync.source import Memory, Tree, tree_of

from hubdrives.model import Policy

NEVER = 10**9


@pytest.fixture(scope="module")
def before(ram: Path) -> Path:
    return halfway.planted(ram / "before")


@pytest.fixture(scope="module")
def after(before: Path, ram: Path) -> Path:
    """The same after an undisturbed pull."""
    target = copy(before, ram / "after")
    run(second(), target)
    return target


def test_the_scenario_has_every_kind_of_outcome(before: Path, ram: Path):
    target = copy(before, ram / "kinds")
    calls = Breaking(NEVER, kill)
    report = run(second(), target, calls)
    assert calls.count > 100
    assert not report.failed
    told = (report.added, report.updated, report.kept, report.conflicts, report.removed, report.restored)
    assert all(told)
    assert report.merged == ["chapters/new.md", "lesson.ipynb", "notes.md"]
    assert report.conflicts == list(DISPUTED)
    assert {old for old, _ in report.renamed} == {"clash.txt", "blocked", "linked", "folder-to-file"}
    assert report.moved == [(old, new) for new, old in sorted(halfway.RENAMED.items(), key=lambda pair: pair[1])]
    assert dict(halfway.versions(target)) == {path: SECOND[path] for path in DISPUTED}
    halfway.assert_nothing_lost(target)


@pytest.mark.parametrize("policy", list(Policy))
def test_s5_a_pull_killed_at_any_step_and_started_again_ends_like_one_that_was_not(
    before: Path, ram: Path, policy: Policy
):
    undisturbed = copy(before, ram / f"undisturbed {policy}")
    calls = Breaking(NEVER, kill)
    run(second(), undisturbed, calls, policy=policy)
    tree, versions = tree_of(undisturbed), dict(halfway.versions(undisturbed))
    for at in some(calls.count, of=4, part=list(Policy).index(policy)):
        target = copy(before, ram / f"{policy} {at}")
        assert killed(at, run, second(), target, policy=policy) == -signal.SIGKILL, at
        halfway.assert_nothing_lost(target)
        run(second(), target, policy=policy)
        assert tree_of(target) == tree, at
        assert dict(halfway.versions(target)) == versions, at
        halfway.assert_nothing_lost(target)
        halfway.assert_no_litter(target)
        halfway.assert_settled(second(), target, policy=policy)
        shutil.rmtree(target)


def test_s5_a_first_pull_killed_at_any_step_and_started_again_ends_like_one_that_was_not(ram: Path):
    calls = Breaking(NEVER, kill)
    run(first(), ram / "first", calls)
    for at in some(calls.count, of=3):
        target = ram / f"first {at}"
        assert killed(at, run, first(), target) == -signal.SIGKILL, at
        run(first(), target)
        assert tree_of(target) == FIRST, at
        # All of it is known as pulled: what upstream removes now goes, folders too.
        run(Memory({"same": b"same"}), target)
        assert tree_of(target) == {"same": b"same"}, at


def test_s5_what_a_killed_pull_brought_is_not_taken_for_the_user_s_when_upstream_goes_on(ram: Path):
    def tree(number: int) -> Tree:
        return {"x": b"x%d" % number, "d/y": b"y%d" % number, "z.md": b"z%d\n" % number, f"new{number}": b"new"}

    target = ram / "goes on"
    run(Memory(tree(1), digest=None), target)
    calls = Breaking(NEVER, kill)
    run(Memory(tree(2), digest=None), copy(target, ram / "went on"), calls)
    for at in some(calls.count, of=2):
        stopped = copy(target, ram / f"goes on {at}")
        assert killed(at, run, Memory(tree(2), digest=None), stopped) == -signal.SIGKILL
        report = run(Memory(tree(3), digest=None), stopped)
        assert tree_of(stopped) == tree(3), at
        assert (report.conflicts, report.kept, report.merged, report.renamed) == ([], [], [], []), at


def test_s5_an_undo_killed_at_any_step_and_started_again_ends_like_one_that_was_not(
    before: Path, after: Path, ram: Path
):
    calls = Breaking(NEVER, kill)
    undone = copy(after, ram / "undone")
    undo(undone, calls)
    assert tree_of(undone) == tree_of(before)
    for at in some(calls.count, of=4, part=1):
        target = copy(after, ram / f"undone {at}")
        assert killed(at, undo, target) == -signal.SIGKILL, at
        halfway.assert_nothing_lost(target)
        # Killed when it had nothing left to do but to tidy up, it is done: then the next one takes it back.
        is_done = halfway.is_done(target, after)
        for tree in [after, before] if is_done else [before, after]:
            undo(target)
            assert tree_of(target) == tree_of(tree), at
            halfway.assert_nothing_lost(target)
            halfway.assert_no_litter(target)


def test_s5_a_reset_killed_at_any_step_and_started_again_ends_like_one_that_was_not(after: Path, ram: Path):
    calls = Breaking(NEVER, kill)
    clean = copy(after, ram / "reset")
    reset(second(), clean, calls)
    assert {path: content for path, content in tree_of(clean).items() if path in SECOND} == SECOND
    for at in some(calls.count, of=4, part=2):
        target = copy(after, ram / f"reset {at}")
        assert killed(at, reset, second(), target) == -signal.SIGKILL, at
        halfway.assert_nothing_lost(target)
        reset(second(), target)
        assert tree_of(target) == tree_of(clean), at
        halfway.assert_nothing_lost(target)
        halfway.assert_no_litter(target)
        undo(target)
        assert tree_of(target) == tree_of(after), at
