"""A pull that dies or fails at any step, and is started again, ends like one that did not; no user's byte is lost."""

import asyncio
import contextlib
import errno
import os
import shutil
import signal
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.sync.breaking import Breaking, Quick, full, kill, once
from tests.sync.source import HERE, Memory, Tree, hidden, plant, tree_of

from hubdrives.errors import Busy, LocalFailure
from hubdrives.model import Report
from hubdrives.pull import pull
from hubdrives.sync.disk import Calls

NOW = datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC)

FIRST: Tree = {
    "same": b"same",
    "updated": b"updated, first",
    "removed": b"removed",
    "mine": b"mine, upstream's",
    "both": b"both, first",
    "deleted": b"deleted",
    "was/a": b"a",
    "was/deep/b": b"b",
    "file-to-folder": b"a file",
    "folder-to-file/x": b"x",
    "folder-to-file/edited": b"edited, first",
}
SECOND: Tree = {
    "same": b"same",
    "updated": b"updated, second",
    "mine": b"mine, upstream's",
    "both": b"both, second",
    "deleted": b"deleted",
    "file-to-folder/y": b"y",
    "folder-to-file": b"a file now",
    "clash.txt": b"clash, upstream's",
    "blocked/z": b"z",
    "linked": b"linked, upstream's",
    "new/empty": None,
    "new/file": b"new",
}
USER: Tree = {
    "mine": b"USER's mine",
    "both": b"USER's both",
    "folder-to-file/edited": b"USER's edited",
    "clash.txt": b"USER's clash",
    "blocked": b"USER's blocked",
    "own": b"USER's own",
}


def run(source: Memory, target: Path, calls: Calls | None = None) -> Report:
    return asyncio.run(pull(source, HERE, target, now=lambda: NOW, calls=calls or Quick()))


@pytest.fixture(scope="module")
def halfway(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A working folder with the first tree and the user's edits; upstream is at the second tree now."""
    target = tmp_path_factory.mktemp("halfway") / "course"
    run(Memory(FIRST), target)
    plant(target, USER)
    (target / "deleted").unlink()
    (target / "linked").symlink_to("/etc")
    return target


@pytest.fixture(scope="module")
def undisturbed(halfway: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Tree, Report, int]:
    """What a pull that nothing disturbs makes of it, and in how many steps."""
    target = copy(halfway, tmp_path_factory.mktemp("undisturbed"))
    calls = Breaking(10**9, kill)
    report = run(Memory(SECOND), target, calls)
    return tree_of(target), report, calls.count


def copy(folder: Path, to: Path) -> Path:
    return Path(shutil.copytree(folder, to / "course", symlinks=True))


def run_and_be_killed(source: Memory, target: Path, at: int) -> int:
    """A pull in a child that gets SIGKILL at step `at`. Returns the signal, 0 if it came to its end before."""
    child = os.fork()
    if child == 0:
        try:
            run(source, target, Breaking(at, kill))
        finally:
            os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def again(source: Memory, target: Path) -> Report:
    """Pull undisturbed. If the pull before could not even remove its lock, this is a minute later."""
    try:
        return run(source, target)
    except Busy:
        old = time.time() - 61
        os.utime(target / ".hubdrives/lock", (old, old))
        return run(source, target)


def assert_nothing_lost(target: Path) -> None:
    assert set(USER.values()) <= set(tree_of(target).values()) | hidden(target)


def test_the_scenario_has_every_kind_of_outcome(undisturbed: tuple[Tree, Report, int]):
    tree, report, steps = undisturbed
    assert steps > 60
    assert not report.failed
    told = (report.added, report.updated, report.kept, report.conflicts, report.removed, report.restored)
    assert all(told)
    assert {old for old, _ in report.renamed} == {"clash.txt", "blocked", "linked", "folder-to-file"}
    assert set(USER.values()) <= set(tree.values())


def test_a_pull_killed_at_any_step_and_started_again_ends_like_one_that_was_not(
    halfway: Path, undisturbed: tuple[Tree, Report, int], tmp_path: Path
):
    tree, told, steps = undisturbed
    for at in range(1, steps + 1):
        target = copy(halfway, tmp_path / str(at))
        assert run_and_be_killed(Memory(SECOND), target, at) == -signal.SIGKILL, at
        assert_nothing_lost(target)
        report = run(Memory(SECOND), target)
        assert tree_of(target) == tree, at
        assert hidden(target) == {b"both, second"}, at
        assert not (target / ".hubdrives/journal").exists()
        assert not list((target / ".hubdrives/tmp").iterdir())
        if (target / ".hubdrives/report.json").exists() and report.conflicts:
            assert report.renamed == told.renamed, at
        assert_settled(target, tree)


def test_a_first_pull_killed_at_any_step_and_started_again_ends_like_one_that_was_not(tmp_path: Path):
    calls = Breaking(10**9, kill)
    run(Memory(FIRST), tmp_path / "undisturbed", calls)
    for at in range(1, calls.count + 1):
        target = tmp_path / str(at)
        assert run_and_be_killed(Memory(FIRST), target, at) == -signal.SIGKILL, at
        run(Memory(FIRST), target)
        assert tree_of(target) == FIRST, at
        # All of it is known as pulled: what upstream removes now goes, folders too.
        run(Memory({"same": b"same"}), target)
        assert tree_of(target) == {"same": b"same"}, at


def test_what_a_killed_pull_brought_is_not_taken_for_the_user_s_when_upstream_goes_on(tmp_path: Path):
    def tree(number: int) -> Tree:
        return {"x": b"x%d" % number, "d/y": b"y%d" % number, f"new{number}": b"new"}

    target = tmp_path / "course"
    run(Memory(tree(1), digest=None), target)
    calls = Breaking(10**9, kill)
    run(Memory(tree(2), digest=None), copy(target, tmp_path / "undisturbed"), calls)
    for at in range(1, calls.count + 1):
        killed = copy(target, tmp_path / str(at))
        assert run_and_be_killed(Memory(tree(2), digest=None), killed, at) == -signal.SIGKILL
        report = run(Memory(tree(3), digest=None), killed)
        assert tree_of(killed) == tree(3), at
        assert (report.conflicts, report.kept, report.renamed) == ([], [], []), at


@pytest.mark.parametrize(
    "strike",
    [lambda: full, lambda: once(errno.EIO), lambda: once(errno.ENOSPC), lambda: once(errno.EACCES)],
    ids=["disk full", "EIO once", "ENOSPC once", "EACCES once"],
)
def test_a_pull_that_fails_at_any_step_loses_nothing_and_can_be_continued(
    halfway: Path,
    undisturbed: tuple[Tree, Report, int],
    tmp_path: Path,
    strike: Callable[[], Callable[[str], None]],
):
    tree, _, steps = undisturbed
    contents = {*FIRST.values(), *SECOND.values(), *USER.values(), b"-> /etc", None}
    for at in range(1, steps + 1):
        target = copy(halfway, tmp_path / str(at))
        with contextlib.suppress(LocalFailure):
            run(Memory(SECOND), target, Breaking(at, strike()))
        assert_nothing_lost(target)
        # No half-written file, at no time.
        assert set(tree_of(target).values()) <= contents, at
        again(Memory(SECOND), target)
        after = tree_of(target)
        assert tree.items() <= after.items(), at
        # What could not be removed at its time went aside with its folder.
        assert {path for path in after if path not in tree} <= {"folder-to-file__20240102030405/x"}, at
        assert_settled(target, after)


def assert_settled(target: Path, tree: Tree) -> None:
    """One more pull does nothing."""
    source = Memory(SECOND)
    report = run(source, target)
    assert tree_of(target) == tree
    assert source.reads == []
    assert (report.added, report.updated, report.renamed, report.conflicts) == ([], [], [], [])
