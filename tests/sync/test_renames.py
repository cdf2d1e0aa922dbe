"""Upstream's renames, followed by what the user has. Through `pull`."""

from pathlib import Path

import pytest
from tests.folder.world import World
from tests.sync.source import Tree

TREE: Tree = {"a.txt": b"1\n2\n3\n", "b.bin": b"\0b", "week/x.txt": b"x\n", "week/y.txt": b"y\n"}


@pytest.fixture(params=["by its identifier", "by its bytes"])
async def world(tmp_path: Path, request: pytest.FixtureRequest) -> World:
    """In which a renamed file is known again by one of the two."""
    world = World(tmp_path / "course", TREE, digest="md5" if request.param == "by its bytes" else None)
    await world.pull()
    world.has_ids = request.param == "by its identifier"
    return world


def rename(world: World, old: str, new: str) -> None:
    world.source.rename(old, new)
    if not world.has_ids:
        world.source.ids.clear()


async def settled(world: World) -> None:
    before, reads = world.tree, len(world.source.reads)
    report = await world.pull()
    assert (world.tree, len(world.source.reads)) == (before, reads)
    assert not any([report.added, report.removed, report.moved, report.renamed, report.conflicts, report.restored])


async def test_an_untouched_file_takes_the_new_name_without_a_download(world: World):
    inode = (world.target / "b.bin").stat().st_ino
    world.source.reads.clear()
    rename(world, "b.bin", "new/deep/c.bin")
    report = await world.pull()
    assert (report.moved, report.added, report.removed) == ([("b.bin", "new/deep/c.bin")], [], [])
    assert world.tree == world.source.tree
    assert (world.target / "new/deep/c.bin").stat().st_ino == inode
    assert world.source.reads == []
    await settled(world)


async def test_an_edited_file_takes_the_new_name_and_is_still_merged_later(world: World):
    world.write({"a.txt": b"mine\n2\n3\n"})
    rename(world, "a.txt", "z.txt")
    report = await world.pull()
    assert (report.moved, report.kept, report.conflicts) == ([("a.txt", "z.txt")], ["z.txt"], [])
    assert world.tree == {**world.source.tree, "z.txt": b"mine\n2\n3\n"}
    await settled(world)
    world.source.tree["z.txt"] = b"1\n2\ntheirs\n"
    assert (await world.pull()).merged == ["z.txt"]
    assert world.tree["z.txt"] == b"mine\n2\ntheirs\n"


async def test_a_renamed_and_changed_file_is_known_by_its_identifier_only(world: World):
    world.write({"a.txt": b"mine\n2\n3\n"})
    rename(world, "a.txt", "z.txt")
    rename(world, "b.bin", "c.bin")
    world.source.tree |= {"z.txt": b"1\n2\ntheirs\n", "c.bin": b"\0new"}
    report = await world.pull()
    if world.has_ids:
        assert report.moved == [("a.txt", "z.txt"), ("b.bin", "c.bin")]
        assert (report.merged, report.updated, report.removed) == (["z.txt"], ["c.bin"], [])
        assert world.tree == {**world.source.tree, "z.txt": b"mine\n2\ntheirs\n"}
    else:
        assert (report.added, report.removed, report.kept) == (["c.bin", "z.txt"], ["b.bin"], ["a.txt"])
        assert world.tree == {**world.source.tree, "a.txt": b"mine\n2\n3\n"}
    await settled(world)


async def test_the_user_s_own_file_at_the_new_name_makes_room_as_ever(world: World):
    world.write({"z.txt": b"own\n", "a.txt": b"mine\n2\n3\n"})
    rename(world, "a.txt", "z.txt")
    report = await world.pull()
    assert (report.moved, report.kept) == ([], ["a.txt"])
    assert report.renamed == [("z.txt", f"z__{world.stamp}.txt")]
    assert world.tree == {**world.source.tree, "a.txt": b"mine\n2\n3\n", f"z__{world.stamp}.txt": b"own\n"}
    await settled(world)


async def test_a_file_that_the_user_deleted_comes_under_its_new_name(world: World):
    (world.target / "a.txt").unlink()
    rename(world, "a.txt", "z.txt")
    report = await world.pull()
    assert (report.added, report.moved, report.restored) == (["z.txt"], [], [])
    assert world.tree == world.source.tree
    await settled(world)


async def test_a_file_that_the_user_renamed_is_the_user_s_and_upstream_s_comes(world: World):
    (world.target / "a.txt").rename(world.target / "mine.txt")
    rename(world, "a.txt", "z.txt")
    report = await world.pull()
    assert (report.added, report.moved) == (["z.txt"], [])
    assert world.tree == {**world.source.tree, "mine.txt": b"1\n2\n3\n"}
    await settled(world)


async def test_a_file_that_the_user_renamed_just_so_is_adopted(world: World):
    (world.target / "a.txt").rename(world.target / "z.txt")
    rename(world, "a.txt", "z.txt")
    report = await world.pull()
    assert (report.moved, report.renamed, world.tree) == ([], [], world.source.tree)
    await settled(world)


async def test_a_renamed_folder_takes_its_files_along_and_leaves_the_user_s_own(world: World):
    world.write({"week/own.txt": b"own\n", "week/x.txt": b"x\nmine\n"})
    rename(world, "week", "week 1")
    report = await world.pull()
    assert report.moved == [("week/x.txt", "week 1/x.txt"), ("week/y.txt", "week 1/y.txt")]
    assert world.tree == {**world.source.tree, "week 1/x.txt": b"x\nmine\n", "week/own.txt": b"own\n"}
    await settled(world)


async def test_of_a_renamed_folder_in_which_nothing_is_left_nothing_is_left(world: World):
    rename(world, "week", "week 1")
    await world.pull()
    assert world.tree == world.source.tree
    assert not (world.target / "week").exists()
    await settled(world)


async def test_two_files_that_changed_names_are_two_updates(world: World):
    world.write({"a.txt": b"mine\n2\n3\n"})
    rename(world, "a.txt", "tmp")
    rename(world, "week/x.txt", "a.txt")
    rename(world, "tmp", "week/x.txt")
    report = await world.pull()
    assert (report.moved, report.updated) == ([], ["week/x.txt"])
    assert world.tree["week/x.txt"] == b"1\n2\n3\n"
    assert b"mine" in (world.tree["a.txt"] or b"")
    await settled(world)


async def test_names_that_move_up_in_a_row(world: World):
    rename(world, "week/y.txt", "week/z.txt")
    rename(world, "week/x.txt", "week/y.txt")
    report = await world.pull()
    assert report.failed == []
    assert world.tree == world.source.tree
    await settled(world)


async def test_of_two_candidates_none_is_followed(tmp_path: Path):
    world = World(tmp_path / "course", {"a": b"equal", "b": b"equal", "c": b"once"})
    await world.pull()
    world.source.tree = {"x": b"equal", "y": b"once", "z": b"once"}
    report = await world.pull()
    assert (report.moved, report.added, report.removed) == ([], ["x", "y", "z"], ["a", "b", "c"])
    await settled(world)


async def test_empty_files_are_not_taken_for_one_another(tmp_path: Path):
    world = World(tmp_path / "course", {"a/__init__.py": b""})
    await world.pull()
    world.source.tree = {"b/__init__.py": b""}
    assert (await world.pull()).moved == []
    assert world.tree == world.source.tree


async def test_an_open_file_keeps_its_name_until_it_is_closed(world: World):
    world.write({"a.txt": b"mine\n2\n3\n"})
    rename(world, "a.txt", "z.txt")
    before = world.tree
    report = await world.pull(is_open=["a.txt"])
    assert (world.tree, report.moved) == (before, [])
    assert report.held == ["a.txt"]
    report = await world.pull()
    assert (report.moved, report.held) == ([("a.txt", "z.txt")], [])
    assert world.tree == {**world.source.tree, "z.txt": b"mine\n2\n3\n"}
    await settled(world)


async def test_a_folder_under_the_old_name_comes_at_once(world: World):
    world.write({"a.txt": b"mine\n2\n3\n"})
    rename(world, "a.txt", "new/z.txt")
    world.source.tree |= {"a.txt/deep/in": b"in", "a.txt/empty": None}
    report = await world.pull()
    assert (report.moved, report.failed) == ([("a.txt", "new/z.txt")], [])
    assert world.tree == {**world.source.tree, "new/z.txt": b"mine\n2\n3\n"}
    await settled(world)


async def test_a_file_under_the_name_of_the_folder_that_was_left_comes_at_once(world: World):
    world.write({"week/x.txt": b"mine\nx\n"})
    rename(world, "week", "week 1")
    world.source.tree["week"] = b"a file"
    report = await world.pull()
    assert report.moved == [("week/x.txt", "week 1/x.txt"), ("week/y.txt", "week 1/y.txt")]
    assert (report.added, report.conflicts, report.failed) == (["week"], [], [])
    assert world.tree == {**world.source.tree, "week 1/x.txt": b"mine\nx\n"}
    await settled(world)
