"""`folder.undo`: the files as they were, and back again."""

import os
import shutil
from pathlib import Path

import pytest
from tests.folder.world import World
from tests.sync.breaking import Breaking, Died, die
from tests.sync.source import Tree, hidden

from hubdrives import folder
from hubdrives.choice import Choice
from hubdrives.errors import NotFound
from hubdrives.model import Location, Policy
from hubdrives.sync.deeds import What

FIRST: Tree = {
    "same": b"same",
    "updated.bin": b"\0one",
    "merged.txt": b"1\n2\n3\n4\n5\n",
    "clash.txt": b"1\n2\n3\n",
    "conflict.bin": b"\0one",
    "removed": b"removed",
    "deleted.txt": b"deleted",
    "old name.txt": b"a\nb\nc\n",
    "gone/deep/x": b"x",
    "file to folder": b"a file",
    "folder to file/x": b"x",
}
SECOND: Tree = {
    "same": b"same",
    "updated.bin": b"\0two",
    "merged.txt": b"1\n2\n3\n4\n5, theirs\n",
    "clash.txt": b"1\n2, theirs\n3\n",
    "conflict.bin": b"\0two",
    "deleted.txt": b"deleted",
    "new name.txt": b"a\nb\nc\nd, theirs\n",
    "file to folder/y": b"y",
    "folder to file": b"a file now",
    "added": b"added",
    "in the way": b"theirs",
    "new/empty": None,
    "new/file": b"new",
}
USER: Tree = {
    "merged.txt": b"1, mine\n2\n3\n4\n5\n",
    "clash.txt": b"1\n2, mine\n3\n",
    "conflict.bin": b"\0mine",
    "old name.txt": b"a, mine\nb\nc\n",
    "in the way": b"mine",
    "folder to file/own": b"mine",
    "own": b"mine",
}


@pytest.fixture(params=list(Policy))
async def world(tmp_path: Path, request: pytest.FixtureRequest) -> World:
    """After a pull that did everything that a pull can do."""
    world = World(tmp_path / "course", FIRST)
    await world.pull()
    world.write(USER)
    (world.target / "deleted.txt").unlink()
    (world.target / "updated.bin").chmod(0o640)
    os.utime(world.target / "merged.txt", (1000, 1000))
    world.source.rename("old name.txt", "new name.txt")
    world.source.tree = dict(SECOND)
    world.choice = Choice(policy=request.param)
    world.before, world.looks_before = world.tree, world.looks
    world.report = await world.pull(choice=world.choice)
    world.after = world.tree
    return world


def test_the_scenario_has_every_kind_of_outcome(world: World):
    report = world.report
    assert report.failed == []
    assert set(report.conflicts) == {"clash.txt", "conflict.bin"}
    assert set(report.merged) == {"merged.txt", "new name.txt"}
    for told in (report.added, report.updated, report.removed, report.restored, report.renamed, report.moved):
        assert told


async def test_the_files_are_as_before_the_pull_with_their_modes_and_times(world: World):
    report = await world.undo()
    assert world.tree == world.before
    assert world.looks == world.looks_before
    assert report.failed == []
    assert set(report.removed) >= {"added", "deleted.txt", "in the way", "new/file", "file to folder/y"}
    assert set(report.restored) >= {"removed", "gone/deep/x", "file to folder"}
    assert "updated.bin" in report.updated


async def test_undo_again_is_as_after_the_pull_and_so_on(world: World):
    for _ in range(2):
        await world.undo()
        assert world.tree == world.before
        await world.undo()
        assert world.tree == world.after


async def test_the_next_pull_does_the_same_again_and_then_nothing(world: World):
    await world.undo()
    report = await world.pull(choice=world.choice)
    first = world.report
    assert (report.added, report.updated, report.merged) == (first.added, first.updated, first.merged)
    assert (report.removed, report.restored, report.conflicts) == (first.removed, first.restored, first.conflicts)
    assert (report.moved, report.notes.keys()) == (first.moved, first.notes.keys())
    assert [old for old, _ in report.renamed] == [old for old, _ in first.renamed]
    assert {path: content for path, content in world.tree.items() if "__" not in path} == {
        path: content for path, content in world.after.items() if "__" not in path
    }
    await settled(world)


async def test_a_pull_after_undo_and_redo_does_nothing(world: World):
    await world.undo()
    await world.undo()
    await settled(world)
    assert world.tree == world.after


async def settled(world: World) -> None:
    before, reads = world.tree, len(world.source.reads)
    report = await world.pull(choice=world.choice)
    assert world.tree == before
    assert len(world.source.reads) == reads
    assert not any([report.added, report.updated, report.merged, report.conflicts, report.removed, report.renamed])


async def test_what_the_user_wrote_since_is_not_lost(world: World):
    since: Tree = {
        "updated.bin": b"since, updated",
        "merged.txt": b"since, merged\n",
        "added": b"since, added",
        "removed": b"since, removed",
        "in the way": b"since, in the way",
        "new name.txt": b"since, moved\n",
        "new/own": b"since, own",
        "file to folder/y": b"since, y",
    }
    world.write(since)
    report = await world.undo()
    assert set(since.values()) <= set(world.tree.values()) | hidden(world.target)
    assert set(report.kept) >= {"added", "in the way"}
    assert {"added", "in the way", "new/own"} <= world.tree.keys()
    assert world.tree["updated.bin"] == world.before["updated.bin"]
    assert set(USER.values()) <= set(world.tree.values()) | hidden(world.target)
    report = await world.pull(choice=world.choice)
    assert report.failed == []
    assert set(since.values()) <= set(world.tree.values()) | hidden(world.target)
    await settled(world)


async def test_symlinks_and_folders_in_the_way_make_room_and_lead_nowhere(world: World, tmp_path: Path):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "updated.bin").write_bytes(b"outside's")
    (world.target / "updated.bin").unlink()
    (world.target / "updated.bin").symlink_to(outside / "updated.bin")
    (world.target / "gone").symlink_to(outside)
    (world.target / "removed").mkdir()
    world.write({"removed/own": b"since"})
    shutil.rmtree(world.target / "new")
    (world.target / "new").symlink_to(outside)
    report = await world.undo()
    assert report.failed == []
    assert {old for old, _ in report.renamed} >= {"gone", "removed", "updated.bin"}
    assert world.before.items() <= world.tree.items()
    assert b"since" in world.tree.values()
    assert list(outside.iterdir()) == [outside / "updated.bin"]
    assert (outside / "updated.bin").read_bytes() == b"outside's"


async def test_what_was_not_kept_is_told_and_the_rest_is_done(world: World):
    for file in world.target.glob(".hubdrives/store/*/before/updated.bin"):
        file.unlink()
    report = await world.undo()
    assert [(item.path, item.code) for item in report.failed] == [("updated.bin", "not-kept")]
    assert world.tree == {**world.before, "updated.bin": b"\0two"}
    # It is still known as upstream's.
    assert (await world.pull(choice=world.choice)).kept == []


async def test_it_is_written_down(world: World):
    await world.undo()
    assert [one.what for one in folder.history(world.target)] == [What.UNDO, What.PULL, What.PULL]
    await world.undo()
    assert [one.what for one in folder.history(world.target)][:2] == [What.UNDO, What.UNDO]


async def test_a_first_pull_can_be_undone_and_comes_again(tmp_path: Path):
    world = World(tmp_path / "course", FIRST)
    world.write({"same": b"mine", "removed": b"removed", "own/x": b"mine"})
    before = world.tree
    await world.pull()
    await world.undo()
    assert world.tree == before
    report = await world.pull()
    assert report.restored == []
    assert FIRST.items() <= world.tree.items()


async def test_a_reset_can_be_undone(tmp_path: Path):
    world = World(tmp_path / "course", FIRST)
    await world.pull()
    world.write(USER)
    (world.target / "same").unlink()
    (world.target / "removed").unlink()
    (world.target / "removed").mkdir()
    before = world.tree
    await world.reset("", fetch=True)
    assert FIRST.items() <= world.tree.items()
    await world.undo()
    assert world.tree == before
    assert set(folder.status(world.target).deleted) == {"removed", "same"}
    assert (await world.pull()).restored == ["removed", "same"]


async def test_where_nothing_was_done_there_is_nothing_to_undo(tmp_path: Path):
    world = World(tmp_path / "course", {})
    await world.pull()
    with pytest.raises(NotFound, match="nothing to undo"):
        await world.undo()
    with pytest.raises(NotFound, match="ever pulled"):
        await folder.undo(tmp_path, now=world.now)
    assert not (tmp_path / ".hubdrives").exists()


async def test_if_what_was_done_last_is_damaged_nothing_older_is_undone(world: World):
    newest = max(world.target.glob(".hubdrives/store/*"))
    (newest / "deed.json").write_bytes(b'{"id": "')
    with pytest.raises(NotFound, match="damaged") as caught:
        await world.undo()
    assert newest.name in caught.value.hint
    assert world.tree == world.after


async def test_a_clock_that_was_set_back_does_not_change_what_came_last(world: World):
    world.time = world.time.replace(year=2023)
    await world.undo()
    assert world.tree == world.before
    await world.undo()
    assert world.tree == world.after
    assert [one.what for one in folder.history(world.target)] == [What.UNDO, What.UNDO, What.PULL, What.PULL]


async def test_a_folder_that_was_emptied_and_pulled_from_elsewhere_goes_back_to_nothing(tmp_path: Path):
    world = World(tmp_path / "course", {"x": b"one", "d/y": b"y"})
    await world.pull()
    shutil.rmtree(world.target / "d")
    (world.target / "x").unlink()
    world.here = Location(provider="memory", id="another")
    world.source.tree = {"x": b"two", "z": b"z"}
    assert (await world.pull()).added == ["x", "z"]
    await world.undo()
    assert world.tree == {}
    report = await world.pull()
    assert (report.added, report.restored) == (["x", "z"], [])


@pytest.mark.parametrize("at", range(22, 72, 7))
async def test_a_pull_that_was_killed_is_undone_as_far_as_it_came(tmp_path: Path, at: int):
    world = World(tmp_path / "course", FIRST)
    await world.pull()
    world.write(USER)
    world.source.rename("old name.txt", "new name.txt")
    world.source.tree = dict(SECOND)
    before, looks = world.tree, world.looks
    with pytest.raises(Died):
        await world.pull(calls=Breaking(at, die))
    (world.target / ".hubdrives/lock").unlink()
    half = world.tree
    assert half != before
    assert (await world.undo()).failed == []
    assert (world.tree, world.looks) == (before, looks)
    await world.undo()
    assert world.tree == half
    await world.undo()
    report = await world.pull()
    assert (report.failed, report.renamed[0][0]) == ([], "folder to file")
    assert {path for path in world.tree if "__" not in path} == {*SECOND, "own"}
