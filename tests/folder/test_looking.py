"""Looking at a working folder: `find`, `status`, `history`, `upstream` and `difference`."""

import json
import os
from pathlib import Path

import pytest
from tests.folder.world import World
from tests.sync.source import Tree, hidden

from hubdrives import folder
from hubdrives.choice import Choice
from hubdrives.errors import NotFound, NotKept, VersionGone
from hubdrives.folder import Form
from hubdrives.sync.deeds import What


def notebook(*sources: str, ran: bool = False) -> bytes:
    output = {"output_type": "stream", "name": "stdout", "text": "1\n"}
    cells = [
        {
            "cell_type": "code",
            "id": f"c{number}",
            "metadata": {},
            "source": source,
            "outputs": [output] if ran else [],
            "execution_count": number if ran else None,
        }
        for number, source in enumerate(sources)
    ]
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}).encode()


TREE: Tree = {
    "notes.txt": b"one\ntwo\n",
    "data.bin": b"\0data",
    "table.csv": b"1,2\n",
    "week/task.ipynb": notebook("1 + 1"),
    "week/other.ipynb": notebook("2 + 2"),
    "week/a.py": b"a\n",
}


@pytest.fixture
async def world(tmp_path: Path) -> World:
    world = World(tmp_path / "course", TREE)
    await world.pull()
    world.source.reads.clear()
    return world


# Where one is.


def test_a_folder_is_found_from_anywhere_in_it(world: World, monkeypatch: pytest.MonkeyPatch):
    inner = world.target / "week/new"
    inner.mkdir()
    for start, path in [
        (world.target, ""),
        (world.target / "week", "week"),
        (world.target / "week/a.py", "week/a.py"),
        (world.target / "week/../notes.txt", "notes.txt"),
        (world.target / "not/there", "not/there"),
    ]:
        assert folder.find(start) == (world.target, path)
    monkeypatch.chdir(inner)
    assert folder.find(Path()) == (world.target, "week/new")
    assert folder.find(Path("../a.py")) == (world.target, "week/a.py")


async def test_of_two_nested_folders_it_is_the_inner_one(world: World):
    inner = World(world.target / "week/inner", {"x": b"x"})
    await inner.pull()
    assert folder.find(inner.target / "x") == (inner.target, "x")
    assert folder.find(world.target / "week/a.py") == (world.target, "week/a.py")


def test_symlinks_in_it_are_the_user_s_files_and_one_to_it_is_that_folder(world: World, tmp_path: Path):
    (world.target / "week/link").symlink_to("/etc")
    (tmp_path / "alias").symlink_to(world.target)
    assert folder.find(world.target / "week/link") == (world.target, "week/link")
    assert folder.find(tmp_path / "alias/week") == (world.target, "week")
    assert folder.status(folder.find(tmp_path / "alias")[0]).edited == ()


@pytest.mark.parametrize("start", ["elsewhere", "x" * 300, "/", "course\x01"])
def test_where_nothing_was_pulled_is_told(world: World, tmp_path: Path, start: str):
    with pytest.raises(NotFound):
        folder.find(tmp_path / start)
    for look in (folder.status, folder.history):
        with pytest.raises(NotFound, match="ever pulled"):
            look(tmp_path)


# How it stands.


async def test_each_kind_of_change_is_told_apart(world: World):
    world.write(
        {"notes.txt": b"mine\n", "week/task.ipynb": notebook("1 + 1", ran=True), "week/other.ipynb": notebook("mine")}
    )
    (world.target / "data.bin").unlink()
    (world.target / "week/a.py").unlink()
    (world.target / "week/a.py").symlink_to("other.ipynb")
    os.utime(world.target / "table.csv", (1000, 1000))
    status = folder.status(world.target)
    assert (status.edited, status.ran) == (("notes.txt", "week/other.ipynb"), ("week/task.ipynb",))
    assert (status.deleted, status.conflicts) == (("data.bin", "week/a.py"), ())
    assert status.last is not None
    assert (status.last.what, status.last.when) == (What.PULL, world.time)
    assert sorted(status.last.report.added) == sorted(TREE)
    # As it says: the next pull brings back what is told as deleted.
    assert (await world.pull()).restored == ["data.bin", "week/a.py"]


async def test_an_edit_of_the_same_size_and_time_is_seen(world: World):
    file = world.target / "table.csv"
    time = file.stat().st_mtime_ns
    file.unlink()
    world.write({"table.csv": b"3,4\n"})
    os.utime(file, ns=(time, time))
    assert folder.status(world.target).edited == ("table.csv",)


async def test_a_conflict_is_told_until_it_is_settled(world: World):
    world.write({"data.bin": b"\0mine"})
    world.source.tree["data.bin"] = b"\0theirs"
    await world.pull()
    assert folder.status(world.target).conflicts == ("data.bin",)
    world.write({"data.bin": b"\0theirs"})
    assert folder.status(world.target).conflicts == ()


async def test_looking_changes_nothing_also_while_a_pull_runs_or_after_one_was_killed(world: World):
    world.source.tree |= {"notes.txt": b"new\n", "new": b"new"}
    seen: list[tuple[str, ...]] = []
    world.source.on_read = lambda _path: seen.append(folder.status(world.target).edited)
    await world.pull()
    assert seen
    assert set(seen) == {()}
    state = {path: path.read_bytes() for path in (world.target / ".hubdrives").rglob("*") if path.is_file()}
    folder.status(world.target)
    folder.history(world.target)
    assert {path: path.read_bytes() for path in (world.target / ".hubdrives").rglob("*") if path.is_file()} == state


async def test_history_has_what_was_done_the_newest_first(world: World):
    await world.pull()
    world.write({"notes.txt": b"mine\n"})
    await world.reset("notes.txt")
    await world.undo()
    happened = folder.history(world.target)
    assert [one.what for one in happened] == [What.UNDO, What.RESET, What.PULL]
    assert [one.report.updated for one in happened] == [["notes.txt"], ["notes.txt"], []]
    assert len({one.id for one in happened}) == 3


async def test_a_damaged_line_of_the_history_hides_only_itself(world: World):
    world.source.tree["new"] = b"new"
    await world.pull()
    oldest = min(world.target.glob(".hubdrives/store/*"))
    for damage in (b"", b"{", b'{"id": 5}', b"\xff"):
        (oldest / "deed.json").write_bytes(damage)
        assert [one.report.added for one in folder.history(world.target)] == [["new"]]
        assert folder.status(world.target).edited == ()
    (world.target / ".hubdrives/store/.DS_Store").write_bytes(b"x")
    (world.target / ".hubdrives/store/zz").mkdir()
    assert len(folder.history(world.target)) == 1
    world.source.tree["newer"] = b"newer"
    assert (await world.pull()).added == ["newer"]


async def test_a_damaged_state_is_told_in_a_sentence(world: World):
    (world.target / ".hubdrives/state.json").write_bytes(b"{")
    for look in (folder.status, folder.history):
        with pytest.raises(NotFound, match="damaged"):
            look(world.target)
    for change in (world.undo, lambda: world.reset("")):
        with pytest.raises(NotFound, match="damaged"):
            await change()


# Upstream's version.


async def test_upstream_s_version_is_the_one_of_the_last_pull(world: World):
    world.write({"notes.txt": b"mine\n"})
    world.source.tree["notes.txt"] = b"newer\n"
    assert await folder.upstream(world.target, "notes.txt") == b"one\ntwo\n"
    await world.pull()
    assert await folder.upstream(world.target, "notes.txt") == b"newer\n"
    # What is as pulled needs no copy.
    assert await folder.upstream(world.target, "data.bin") == b"\0data"
    assert world.source.reads == ["notes.txt"]


async def test_what_is_not_kept_is_fetched_or_told(world: World):
    world.write({"data.bin": b"\0mine"})
    with pytest.raises(NotKept):
        await folder.upstream(world.target, "data.bin")
    assert await folder.upstream(world.target, "data.bin", fetch=world.fetch) == b"\0data"
    world.source.tree["data.bin"] = b"\0newer"
    with pytest.raises(VersionGone):
        await folder.upstream(world.target, "data.bin", fetch=world.fetch)
    await world.pull()
    assert await folder.upstream(world.target, "data.bin") == b"\0newer"
    for path in ("own", "week", "../notes.txt", ""):
        with pytest.raises(NotFound, match="No pull"):
            await folder.upstream(world.target, path)


async def test_a_damaged_base_is_none(world: World):
    world.write({"notes.txt": b"mine\n"})
    for blob in world.target.glob(".hubdrives/bases/*"):
        blob.write_bytes(blob.read_bytes()[:-3])
    with pytest.raises(NotKept):
        await folder.upstream(world.target, "notes.txt")
    assert folder.status(world.target).edited == ("notes.txt",)
    # Without an ancestor nothing can be merged, and nothing is lost.
    world.source.tree["notes.txt"] = b"one\ntwo\nthree\n"
    assert (await world.pull()).conflicts == ["notes.txt"]
    assert (world.tree["notes.txt"], hidden(world.target, "upstream")) == (b"mine\n", {b"one\ntwo\nthree\n"})


async def test_a_conflict_s_version_that_a_person_changed_in_the_store_is_not_believed(world: World):
    world.write({"data.bin": b"\0mine"})
    world.source.tree["data.bin"] = b"\0theirs"
    await world.pull()
    (kept,) = world.target.glob(".hubdrives/store/*/upstream/data.bin")
    kept.write_bytes(b"\0edited")
    with pytest.raises(NotKept):
        await folder.upstream(world.target, "data.bin")
    assert await folder.upstream(world.target, "data.bin", fetch=world.fetch) == b"\0theirs"


# What is different.


async def test_a_text_is_compared_by_lines_upstream_s_on_the_old_side(world: World):
    world.write({"notes.txt": b"one\r\n2\r\n"})
    told = await folder.difference(world.target, "notes.txt")
    assert (told.path, told.form) == ("notes.txt", Form.TEXT)
    assert [line for line in told.lines if line[0] in "+-" and line[:3] not in {"---", "+++"}] == ["-two", "+2"]


async def test_a_notebook_is_compared_by_cells_without_outputs(world: World):
    world.write({"week/task.ipynb": notebook("1 + 1", "mine", ran=True), "week/other.ipynb": b"no notebook\n"})
    told = await folder.difference(world.target, "week/task.ipynb")
    changed = [line for line in told.lines if line[0] in "+-" and line[:3] not in {"---", "+++"}]
    assert told.form is Form.NOTEBOOK
    assert "+mine" in changed
    assert not any(line.startswith("-") for line in changed)
    broken = await folder.difference(world.target, "week/other.ipynb")
    assert (broken.form, "+no notebook" in broken.lines) == (Form.TEXT, True)


async def test_what_needs_no_comparison_is_told_without_upstream_s_bytes(world: World):
    (world.target / "data.bin").unlink()
    assert (await folder.difference(world.target, "data.bin")).form is Form.DELETED
    (world.target / "data.bin").symlink_to("/etc/passwd")
    assert (await folder.difference(world.target, "data.bin")).form is Form.DELETED
    assert (await folder.difference(world.target, "notes.txt")).form is Form.SAME
    os.utime(world.target / "table.csv", (1000, 1000))
    assert (await folder.difference(world.target, "table.csv")).form is Form.SAME
    world.write({"table.csv": b"1,3\0"})
    assert (await folder.difference(world.target, "table.csv")).form is Form.BINARY
    assert world.source.reads == []
    with pytest.raises(NotFound, match="No pull"):
        await folder.difference(world.target, "own")


async def test_bytes_that_no_person_reads_are_not_shown(world: World):
    world.write({"week/a.py": b"\xff\xfe\0", "notes.txt": b"x" * 1_000_001, "table.csv": b"1,3\n"})
    for path in ("week/a.py", "notes.txt"):
        assert (await folder.difference(world.target, path)).form is Form.BINARY
    told = await folder.difference(world.target, "table.csv", fetch=world.fetch)
    assert (told.form, "-1,2" in told.lines, "+1,3" in told.lines) == (Form.TEXT, True, True)


async def test_where_the_source_s_folder_inside_is_at_the_top_paths_are_those_of_the_working_folder(tmp_path: Path):
    world = World(tmp_path / "course", {"week 1/data.bin": b"\0data", "week 1/notes.txt": b"one\n", "top": b"top"})
    await world.pull(choice=Choice(subfolder="week 1"))
    assert world.tree == {"data.bin": b"\0data", "notes.txt": b"one\n"}
    world.write({"data.bin": b"\0mine"})
    status = folder.status(world.target)
    assert (status.edited, status.source.path) == (("data.bin",), "week 1")
    assert await folder.upstream(world.target, "data.bin", fetch=world.fetch) == b"\0data"
    await world.reset("data.bin", fetch=True)
    assert world.tree["data.bin"] == b"\0data"
    await world.undo()
    assert world.tree["data.bin"] == b"\0mine"
    assert (await world.pull(choice=Choice(subfolder="week 1"))).kept == ["data.bin"]
