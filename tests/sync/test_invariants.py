"""The invariants of docs/architecture.md by number; S5 and S6 are in test_crash.py and test_broken_disk.py."""

import asyncio
import contextlib
import os
import re
import signal
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import product
from pathlib import Path

import msgspec
import pytest
from tests.sync import halfway
from tests.sync.breaking import Breaking, Quick
from tests.sync.halfway import FIRST, SECOND, USER, killed, lines, reset, run, second, some, undo
from tests.sync.merge.notebook.books import EDITORS, book, code, opened, sources
from tests.sync.source import HERE, Memory, Tree, hidden, plant, tree_of

from hubdrives.choice import Choice
from hubdrives.errors import Busy, HubdrivesError, LocalFailure, NotFound, Unreadable
from hubdrives.model import Policy
from hubdrives.pull import pull
from hubdrives.sync.layout import LOCK, STATE
from hubdrives.sync.lock import Owner

ROOT = Path(__file__).parents[2]
NOW = datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC)
NEVER = 10**9


@pytest.fixture
def planted(tmp_path: Path) -> Path:
    """What a pull meets everything in."""
    return halfway.planted(tmp_path / "course")


def test_every_invariant_has_a_test_and_every_such_test_an_invariant():
    page = (ROOT / "docs/architecture.md").read_text()
    stated = re.findall(r"^- \*\*S(\d+)\*\* ", page, re.MULTILINE)
    tested = {
        number
        for file in ROOT.glob("tests/**/test_*.py")
        for number in re.findall(r"^(?:async )?def test_s(\d+)_", file.read_text(), re.MULTILINE)
    }
    assert stated == [str(number) for number in range(1, len(stated) + 1)]
    assert tested == set(stated)


@pytest.mark.parametrize("policy", list(Policy))
def test_s1_what_the_user_wrote_is_in_the_folder_or_its_store_whatever_is_done(planted: Path, policy: Policy):
    run(second(), planted, policy=policy)
    halfway.assert_nothing_lost(planted)
    later: Tree = {path: b"USER's later " + path.encode() for path in ("same", "updated", "deleted", "new/file")}
    plant(planted, later)
    for work in (undo, lambda target: reset(second(), target), undo, undo):
        work(planted)
        halfway.assert_nothing_lost(planted)
        assert set(later.values()) <= set(tree_of(planted).values()) | hidden(planted)


def test_s2_at_every_step_each_path_has_a_whole_file_or_none(planted: Path, tmp_path: Path):
    run(second(), undisturbed := halfway.copy(planted, tmp_path / "undisturbed"))
    whole = {*FIRST.values(), *SECOND.values(), *USER.values(), *tree_of(undisturbed).values()}
    seen: set[str] = set()

    def look(operation: str) -> None:
        seen.add(operation)
        for path in planted.rglob("*"):
            if not path.is_relative_to(planted / ".hubdrives") and path.is_file() and not path.is_symlink():
                assert content_of(path) in whole, (operation, path)

    for work in (lambda calls: run(second(), planted, calls), lambda calls: undo(planted, calls)):
        work(Breaking(1, look))
    assert {"open", "write", "replace", "unlink", "mkdir", "rmdir", "link"} <= seen


def content_of(path: Path) -> bytes | None:
    """None if it went while we looked."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None


BEFORE: Tree = {
    "sub/updated": b"1st",
    "sub/removed": b"removed",
    "sub/both.md": lines(),
    "sub/deep/x": b"x",
    "old.md": lines(),
}
AFTER: Tree = {
    "sub/updated": b"2nd",
    "sub/both.md": lines(nine="nine, second"),
    "sub/deep/x": b"y",
    "sub/deep/new": b"new",
    "sub/new.md": lines(ten="ten, second"),
}
SECRET: Tree = {path.removeprefix("sub/"): b"SECRET " + path.encode() for path in {*BEFORE, *AFTER} if "sub/" in path}


@pytest.mark.parametrize("folder", ["sub", "sub/deep"])
def test_s3_a_parent_that_is_swapped_for_a_symlink_at_any_step_leads_nowhere(ram: Path, folder: str):
    def source() -> Memory:
        made = Memory(AFTER)
        made.ids = {"sub/new.md": "old.md"}
        return made

    before = ram / "to be swapped"
    if not before.exists():
        run(Memory(BEFORE), before)
        plant(before, {"sub/both.md": lines(two="USER's two"), "old.md": lines(two="USER's old two")})
    calls = Breaking(NEVER, lambda _operation: None)
    run(source(), halfway.copy(before, ram / f"not swapped {folder}"), calls)
    for at in some(calls.count, of=2):
        home = ram / f"{folder.replace('/', ' ')} {at}"
        plant(home / "outside", SECRET)
        looks = dict(all_looks(home / "outside"))
        target = halfway.copy(before, home)
        swapped: list[str] = []

        def swap(operation: str, target: Path = target, home: Path = home, swapped: list[str] = swapped) -> None:
            if not swapped:
                swapped.append(operation)
                if (target / folder).exists():
                    (target / folder).rename(target / "moved")
                    (target / folder).symlink_to(home / "outside")

        with contextlib.suppress(LocalFailure):
            run(source(), target, Breaking(at, swap))
        run(source(), target)
        assert tree_of(home / "outside") == SECRET, at
        assert dict(all_looks(home / "outside")) == looks, at
        assert not [path for path in all_files(target) if b"SECRET" in path], at
        written = b"".join(content or b"" for content in (*tree_of(target).values(), *hidden(target)))
        assert b"USER's two" in written, at
        assert b"USER's old two" in written, at
        assert {path: tree_of(target).get(path) for path in ("sub/updated", "sub/deep/new")} == {
            "sub/updated": b"2nd",
            "sub/deep/new": b"new",
        }, at


def all_looks(root: Path) -> Iterator[tuple[str, tuple[int, ...]]]:
    for path in sorted(root.rglob("*")):
        status = path.lstat()
        yield str(path), (status.st_mode, status.st_ino, status.st_nlink, status.st_mtime_ns, status.st_ctime_ns)


def all_files(target: Path) -> Iterator[bytes]:
    """The contents of all files, our own and compressed ones too; no symlink is followed."""
    for folder, _, files in os.walk(target):
        for name in files:
            path = Path(folder, name)
            if not path.is_symlink():
                content = path.read_bytes()
                yield content
                if Path(folder).name == "bases":
                    yield zlib.decompress(content)


def test_s3_a_state_folder_that_is_a_symlink_is_refused(tmp_path: Path):
    plant(tmp_path / "outside", {"secret": b"secret"})
    (tmp_path / "course").mkdir()
    (tmp_path / "course/.hubdrives").symlink_to(tmp_path / "outside")
    with pytest.raises(LocalFailure):
        run(Memory(FIRST), tmp_path / "course")
    assert tree_of(tmp_path / "outside") == {"secret": b"secret"}


def test_s4_upstream_writes_neither_into_our_state_nor_git_s_nor_outside(tmp_path: Path):
    target = tmp_path / "course"
    plant(target, {".git/config": b"USER's config", "a/.git/hooks/pre-commit": b"USER's hook"})
    hostile = (
        ".hubdrives/state.json",
        ".HubDrives/x",
        ".git/config",
        ".GIT/config",
        "a/.git/hooks/pre-commit",
        "../outside",
        "a/../../outside",
        f"{tmp_path}/outside",
        "a//x",
        "./x",
        "nul\0",
    )
    report = run(Memory(dict.fromkeys(hostile, b"hostile") | {"a/good": b"good"}), target)
    assert report.added == ["a/good"]
    assert {item.path for item in report.skipped} == set(hostile)
    assert tree_of(tmp_path) == {
        "course/.git/config": b"USER's config",
        "course/a/.git/hooks/pre-commit": b"USER's hook",
        "course/a/good": b"good",
    } | {path: content for path, content in tree_of(tmp_path).items() if path.startswith("course/.hubdrives/")}
    assert not any(b"hostile" in content for content in all_files(tmp_path))


@pytest.mark.parametrize("policy", list(Policy))
def test_s7_what_is_identical_is_not_renamed_downloaded_or_told(tmp_path: Path, policy: Policy):
    target = tmp_path / "course"
    run(Memory(FIRST), target, policy=policy)
    # The user made by hand what upstream is going to have, saved all else anew as it was, and upstream restamps all.
    plant(target, {path: content for path, content in SECOND.items() if path in {"updated", "notes.md"}})
    plant(target, {"new/file": b"new"})
    for path in ("same", "both", "lesson.ipynb"):
        (target / path).write_bytes((target / path).read_bytes())
    tree = FIRST | {path: SECOND[path] for path in ("updated", "notes.md", "new/file")}
    inodes = {path: (target / path).stat().st_ino for path in tree}
    source = Memory(tree)
    source.stamp = " anew"
    report = run(source, target, policy=policy)
    assert source.reads == []
    assert report.unchanged == len(tree)
    assert not any(getattr(report, name) for name in (*halfway.CHANGES, "kept"))
    assert {path: (target / path).stat().st_ino for path in tree} == inodes
    assert tree_of(target) == tree
    assert hidden(target) == set()


@pytest.mark.parametrize("error", [NotFound("gone"), Unreadable("not for you"), None])
@pytest.mark.parametrize("bad", ["both", "notes.md", "updated", "chapters/edited.dat", "new/file", "clash.txt"])
def test_s8_one_bad_file_never_blocks_the_others(planted: Path, tmp_path: Path, bad: str, error: HubdrivesError | None):
    run(second(), good := halfway.copy(planted, tmp_path / "good"))
    source = second()
    if error is None:
        source.damaged[bad] = 10
    else:
        source.failures[bad] = [error]
    report = run(source, planted)
    assert bad in {item.path for item in (*report.failed, *report.skipped)}
    theirs, mine = tree_of(good), tree_of(planted)
    # The user's thing has not made room, for nothing came.
    concerned = {bad, f"{bad.partition('.')[0]}__20240102030405.txt"}
    assert {path for path in theirs.keys() | mine.keys() if theirs.get(path) != mine.get(path)} <= concerned
    run(second(), planted)
    assert tree_of(planted) == theirs


@pytest.mark.parametrize("digest", ["md5", None])
@pytest.mark.parametrize("policy", list(Policy))
def test_s9_one_more_pull_does_nothing(planted: Path, policy: Policy, digest: str | None):
    run(second(digest=digest), planted, policy=policy)
    looks = dict(all_looks(planted / "chapters"))
    for other in (policy, *Policy):
        halfway.assert_settled(second(digest=digest), planted, policy=other)
    assert dict(all_looks(planted / "chapters")) == looks


@pytest.mark.parametrize("policy", list(Policy))
def test_s10_undo_gives_the_tree_before_and_undo_again_the_tree_after(planted: Path, policy: Policy):
    before = tree_of(planted)
    run(second(), planted, policy=policy)
    after = tree_of(planted)
    reset(second(), planted)
    clean = tree_of(planted)
    for expected in (after, clean, after, clean):
        undo(planted)
        assert tree_of(planted) == expected
    plant(planted, {"x": b"something of the user's"})
    source = second()
    source.tree["updated"] = b"updated, third"
    run(source, planted, policy=policy)
    undo(planted)
    assert tree_of(planted) == clean | {"x": b"something of the user's"}
    assert before != after != clean


async def test_s11_of_two_pulls_at_once_the_second_waits_or_is_told(tmp_path: Path):
    target, source = tmp_path / "course", Memory(FIRST)
    second_one: list[asyncio.Task] = []

    async def other(patience: float):
        return await pull(Memory(FIRST), HERE, target, now=lambda: NOW, patience=patience)

    async def while_it_reads(_path: str) -> None:
        if not second_one:
            with pytest.raises(Busy):
                await other(0)
            second_one.append(asyncio.create_task(other(60)))

    class Slow(Memory):
        async def read(self, entry, *, start=0, stop=None):
            await while_it_reads(entry.path)
            async for chunk in super().read(entry):
                yield chunk

    source = Slow(FIRST)
    first_report = await pull(source, HERE, target, now=lambda: NOW)
    second_report = await second_one[0]
    assert sorted(first_report.added) == sorted(FIRST)
    assert (second_report.added, second_report.unchanged) == ([], len(FIRST))


def test_s11_the_lock_of_a_dead_owner_is_taken_over_at_once(tmp_path: Path):
    target = tmp_path / "course"
    assert killed(30, run, Memory(FIRST), target) == -signal.SIGKILL
    assert (target / LOCK).exists()
    run(Memory(FIRST), target)
    assert tree_of(target) == FIRST
    assert not (target / LOCK).exists()


def test_s11_who_lost_the_lock_writes_no_state(planted: Path):
    state = (planted / STATE).read_bytes()
    somebody = msgspec.json.encode(msgspec.structs.replace(Owner.me(), id="somebody", host="elsewhere"))
    source = second()
    source.on_read = lambda _path: (planted / LOCK).write_bytes(somebody)
    with pytest.raises(Busy, match="took over"):
        run(source, planted)
    assert (planted / STATE).read_bytes() == state
    assert (planted / LOCK).read_bytes() == somebody
    halfway.assert_nothing_lost(planted)


@pytest.mark.parametrize("policy", list(Policy))
@pytest.mark.parametrize("editor", EDITORS)
def test_s12_a_notebook_that_both_left_valid_is_valid_after_the_pull(tmp_path: Path, editor: str, policy: Policy):
    target = tmp_path / "course"
    start = [code(f"{name} = 1", name=name) for name in "abcd"]
    theirs = [code("a = 2", name="a"), code("new = 1", name="new"), *start[1:3], code("d = 2", name="d")]
    run(Memory({"x.ipynb": EDITORS["lab"](book(*start))}), target, policy=policy)
    mine = EDITORS[editor](book(*start[:2], code("mine = 1", name="mine"), start[2], code("d = 'USER'", name="d")))
    (target / "x.ipynb").write_bytes(mine)
    run(Memory({"x.ipynb": EDITORS["lab"](book(*theirs))}), target, policy=policy)
    found = sources((target / "x.ipynb").read_bytes())
    assert {"a = 2", "new = 1", "mine = 1"} <= set(found)
    assert ("d = 'USER'" in found) is (policy is not Policy.THEIRS)
    minor = opened((target / "x.ipynb").read_bytes())["nbformat_minor"]
    assert minor >= opened(mine)["nbformat_minor"]


@pytest.mark.parametrize(("mine", "theirs"), list(product(range(6), range(6))))
def test_s13_the_user_s_lines_stay_and_upstream_s_come_where_the_user_changed_nothing(
    tmp_path: Path, mine: int, theirs: int
):
    def written(who: str, place: int | None) -> list[str]:
        return [f"{who} {number}" if number == place else f"line {number}" for number in range(6)]

    def texts(who: str, place: int | None) -> Tree:
        cells = [code(source, name=f"cell{number}") for number, source in enumerate(written(who, place))]
        return {
            "x.md": "".join(f"{line}\n" for line in written(who, place)).encode(),
            "x.ipynb": EDITORS["lab"](book(*cells)),
        }

    target = tmp_path / "course"
    run(Memory(texts("", None)), target)
    plant(target, texts("USER", mine))
    report = run(Memory(texts("source", theirs)), target)
    expected = written("source", theirs)
    expected[mine] = f"USER {mine}"
    assert (target / "x.md").read_text().splitlines() == expected
    assert sources((target / "x.ipynb").read_bytes()) == expected
    if mine == theirs:
        assert report.conflicts == ["x.ipynb", "x.md"]
        assert dict(halfway.versions(target)) == texts("source", theirs)
    else:
        assert report.merged == ["x.ipynb", "x.md"]


def test_s14_what_is_open_in_an_editor_is_left_as_it_is(planted: Path, tmp_path: Path):
    run(second(), closed := halfway.copy(planted, tmp_path / "closed"))
    being = {path: (planted / path).lstat().st_ino for path in tree_of(planted) if not (planted / path).is_symlink()}
    before = tree_of(planted)

    async def everything() -> list[str]:
        return list(being)

    report = asyncio.run(
        pull(second(), HERE, planted, choice=Choice(), is_open=everything, now=lambda: NOW, calls=Quick())
    )
    after = tree_of(planted)
    assert {path: after.get(path) for path in being} == {path: before[path] for path in being}
    assert {path: (planted / path).lstat().st_ino for path in being} == being
    assert {"updated", "both", "lesson.ipynb", "old.md", "removed"} <= set(report.held)
    assert "deleted" in report.restored
    run(second(), planted)
    assert tree_of(planted) == tree_of(closed)
