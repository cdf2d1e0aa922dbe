"""What a student's lists have no more: removed, or only closed."""

import pytest
from tests.providers.canvas.conftest import DAY, Bench
from tests.providers.clock import NOW

from hubdrives.model import Snapshot
from hubdrives.pull import pull


def told(snapshot: Snapshot) -> dict[str, str]:
    return {item.path: item.code for item in snapshot.skipped}


@pytest.fixture
async def planted(bench: Bench) -> Bench:
    week = bench.folder("week 1")
    for name in ("a.txt", "b.txt"):
        bench.file(name)
        bench.file(name, parent=week)
    return bench


async def node(bench: Bench, path: str):
    return await bench.school.find(path)


@pytest.mark.parametrize(
    ("close", "code", "said"),
    [
        ("lock", "unpublished", "not published"),
        ("hide", "hidden", "hidden"),
        ("unlock_at", "not-yet", "2030-03-18"),
        ("lock_at", "locked", "2030-03-16"),
    ],
)
@pytest.mark.parametrize("path", ["a.txt", "week 1"])
async def test_what_was_closed_is_told_with_its_date_as_long_as_it_is(planted: Bench, close, code, said, path):
    canvas = await planted.connect()
    before = await canvas.snapshot(planted.course)
    item = await node(planted, path)
    when = {"unlock_at": (NOW + DAY,), "lock_at": (NOW - DAY,)}.get(close, ())
    getattr(planted.school, close)(item, *when)
    snapshot = before
    for _ in range(2):
        snapshot = await canvas.snapshot(planted.course, known=snapshot)
        assert {entry.path for entry in snapshot.entries}.isdisjoint({path, f"{path}/a.txt"})
        (skipped,) = snapshot.skipped
        assert skipped.path == path
        assert skipped.code in {code, "locked"}
        assert said in skipped.reason or skipped.code == "locked"


async def test_what_was_removed_is_not_told(planted: Bench):
    canvas = await planted.connect()
    before = await canvas.snapshot(planted.course)
    for path in ("a.txt", "week 1"):
        planted.school.tree.delete((await node(planted, path)).id)
    after = await canvas.snapshot(planted.course, known=before)
    assert [entry.path for entry in after.entries] == ["b.txt"]
    assert told(after) == {}


async def test_only_what_is_missing_is_asked_for_and_of_a_folder_only_itself(planted: Bench):
    canvas = await planted.connect()
    before = await canvas.snapshot(planted.course)
    planted.asked()
    same = await canvas.snapshot(planted.course, known=before)
    assert planted.asked() == {"files.list": 1, "folders.list": 1}
    planted.school.lock(await node(planted, "week 1"))
    after = await canvas.snapshot(planted.course, known=same)
    assert planted.asked() == {"files.list": 1, "folders.list": 1, "folders.get": 1}
    assert list(told(after)) == ["week 1"]


async def test_what_was_replaced_or_moved_within_the_course_is_asked_for_and_not_told(planted: Bench):
    canvas = await planted.connect()
    before = await canvas.snapshot(planted.course)
    tree = planted.school.tree
    tree.move((await node(planted, "a.txt")).id, (await node(planted, "week 1")).id)
    tree.delete((await node(planted, "b.txt")).id)
    planted.file("b.txt", "another")
    after = await canvas.snapshot(planted.course, known=before)
    assert {path: code for path, code in told(after).items() if code != "renamed"} == {}


async def test_when_it_opens_again_it_is_there_again(planted: Bench):
    canvas = await planted.connect()
    before = await canvas.snapshot(planted.course)
    item = await node(planted, "a.txt")
    planted.school.lock(item)
    closed = await canvas.snapshot(planted.course, known=before)
    planted.school.publish(item)
    again = await canvas.snapshot(planted.course, known=closed)
    assert again.digest == before.digest
    assert again.cursor is None


async def test_a_student_s_copy_of_what_is_locked_later_stays(planted: Bench, tmp_path):
    canvas = await planted.connect()
    await pull(canvas, planted.course, tmp_path / "course")
    for path in ("a.txt", "week 1"):
        planted.school.lock(await node(planted, path))
    for _ in range(2):
        report = await pull(canvas, planted.course, tmp_path / "course")
        assert report.removed == []
        assert {item.path for item in report.skipped} == {"a.txt", "week 1"}
    assert (tmp_path / "course/a.txt").is_file()
    assert (tmp_path / "course/week 1/b.txt").is_file()
