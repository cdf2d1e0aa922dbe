"""The way back where a deed was more than one step for a path. Through `pull`, `undo` and `reset`."""

import shutil
from pathlib import Path

import pytest
from tests.folder.world import World
from tests.sync.breaking import Breaking, Died, die, full
from tests.sync.source import Tree, hidden

from hubdrives.errors import BadCredential, DiskFull


async def failing(world: World, tree: Tree) -> None:
    """A pull of `tree` that fails at its last file."""
    world.source.tree = {**tree, "zz": b"z"}
    world.source.failures["zz"] = [BadCredential("No.")]
    world.source.on_read = lambda path: None
    with pytest.raises(BadCredential):
        await world.pull()


async def test_a_file_that_came_in_several_versions_goes_back_to_the_first(tmp_path: Path):
    world = World(tmp_path / "course", {"x": b"one"})
    await world.pull()
    for content in (b"two", b"three", b"four"):
        await failing(world, {"x": content, "new": content})
    assert world.tree["x"] == b"four"
    await world.pull()
    after = world.tree
    await world.undo()
    assert world.tree == {"x": b"one"}
    await world.undo()
    assert world.tree == after


async def test_a_file_that_became_a_folder_and_a_file_again(tmp_path: Path):
    world = World(tmp_path / "course", {"x": b"file", "d/y": b"y"})
    await world.pull()
    await failing(world, {"x/in": b"in", "d": b"file"})
    await failing(world, {"x": b"again", "d/y": b"again"})
    await world.pull()
    after = world.tree
    assert after["x"] == b"again"
    for expected in ({"x": b"file", "d/y": b"y"}, after, {"x": b"file", "d/y": b"y"}):
        assert (await world.undo()).failed == []
        assert world.tree == expected


async def test_what_the_user_put_where_a_renamed_file_was_stays_there(tmp_path: Path):
    world = World(tmp_path / "course", {"old": b"one\n"})
    await world.pull()
    world.source.rename("old", "new")
    await world.pull()
    world.write({"old": b"mine"})
    report = await world.undo()
    assert (report.failed, world.tree) == ([], {"old": b"mine", "new": b"one\n"})
    await world.pull()
    assert world.tree == {"old": b"mine", "new": b"one\n"}


async def test_what_the_user_took_away_since_is_no_failure(tmp_path: Path):
    world = World(tmp_path / "course", {"old": b"one\n", "updated": b"one", "way": b"x"})
    await world.pull()
    world.write({"added": b"mine"})
    world.source.rename("old", "new")
    world.source.tree |= {"updated": b"two", "added": b"theirs", "d/x": b"x"}
    report = await world.pull()
    ((_, aside),) = report.renamed
    for path in ("new", "updated", "added", aside):
        (world.target / path).unlink()
    shutil.rmtree(world.target / "d")
    report = await world.undo()
    assert (report.failed, report.restored) == ([], ["updated"])
    assert world.tree == {"updated": b"one", "way": b"x"}


async def test_a_folder_with_the_user_s_files_stays(tmp_path: Path):
    world = World(tmp_path / "course", {"d/deep/x": b"x", "e/y": b"y"})
    await world.pull()
    world.write({"d/own": b"own"})
    await world.undo()
    assert world.tree == {"d/own": b"own"}


async def test_a_disk_that_fills_up_during_undo_loses_nothing_and_it_can_be_done_again(tmp_path: Path):
    first = {f"f{number}": b"one %d" % number for number in range(4)}
    world = World(tmp_path / "course", first)
    await world.pull()
    mine = {"f0": b"mine"}
    world.source.tree = dict.fromkeys(first, b"two")
    await world.pull()
    world.write(mine)
    for at in range(4, 30, 6):
        with pytest.raises(DiskFull):
            await world.undo(calls=Breaking(at, full))
        assert set(mine.values()) <= set(world.tree.values()) | hidden(world.target)
    await world.undo()
    assert world.tree == first
    assert set(mine.values()) <= hidden(world.target)


async def test_an_undo_that_was_killed_goes_on_and_is_one_deed(tmp_path: Path):
    first = {f"f{number}": b"one %d" % number for number in range(3)}
    second: Tree = {"f0": b"two", "f1/x": b"x", "new": b"new"}

    async def pulled(target: Path) -> World:
        world = World(target, first)
        await world.pull()
        world.source.tree = dict(second)
        await world.pull()
        return world

    counting = Breaking(10**9, die)
    await (await pulled(tmp_path / "undisturbed")).undo(calls=counting)
    for at in range(6, counting.count + 1, 3):
        world = await pulled(tmp_path / str(at))
        with pytest.raises(Died):
            await world.undo(calls=Breaking(at, die))
        (world.target / ".hubdrives/lock").unlink(missing_ok=True)
        is_over = not (world.target / ".hubdrives/journal").exists() and world.tree == first
        if not is_over:
            await world.undo()
        assert world.tree == first, at
        await world.undo()
        assert world.tree == second, at
        assert (await world.pull()).kept == [], at
