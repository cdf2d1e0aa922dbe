"""What is open in an editor is left as it is, until it is closed."""

from pathlib import Path

import pytest
from tests.folder.world import World
from tests.sync.source import Tree, hidden

TREE: Tree = {"a.py": b"1\n2\n3\n", "b.bin": b"\0b", "d/x.txt": b"x\n", "d/y.txt": b"y\n"}


@pytest.fixture
async def world(tmp_path: Path) -> World:
    world = World(tmp_path / "course", TREE)
    await world.pull()
    return world


CASES: dict[str, tuple[Tree, Tree]] = {
    "updated": ({}, {**TREE, "a.py": b"theirs\n"}),
    "to be merged": ({"a.py": b"mine\n2\n3\n"}, {**TREE, "a.py": b"1\n2\ntheirs\n"}),
    "in conflict": ({"a.py": b"mine\n"}, {**TREE, "a.py": b"theirs\n"}),
    "removed": ({}, {path: content for path, content in TREE.items() if path != "a.py"}),
    "replaced by a folder": ({}, {**{path: TREE[path] for path in TREE if path != "a.py"}, "a.py/z": b"z"}),
    "edited and replaced by a folder": (
        {"a.py": b"mine\n"},
        {**{path: TREE[path] for path in TREE if path != "a.py"}, "a.py/z": b"z", "a.py/deep/z": b"z"},
    ),
}


@pytest.mark.parametrize("case", CASES)
async def test_it_is_not_touched_and_the_next_pull_brings_what_waits(world: World, tmp_path: Path, case: str):
    user, upstream = CASES[case]
    world.write(user)
    world.source.tree = {**upstream, "b.bin": b"\0new"}
    before, inode = world.tree, (world.target / "a.py").stat().st_ino
    report = await world.pull(is_open=["a.py"])
    assert report.held == ["a.py"]
    assert world.tree == {**before, "b.bin": b"\0new"}
    assert (world.target / "a.py").stat().st_ino == inode
    assert (report.updated, report.failed, report.renamed) == (["b.bin"], [], [])
    again = await world.pull(is_open=["a.py"])
    assert (again.held, again.updated) == (report.held, [])

    # Once it is closed, all is as if it had never been open.
    other = World(tmp_path / "other", TREE)
    await other.pull()
    other.write(user)
    other.source.tree = dict(world.source.tree)
    expected = await other.pull()
    report = await world.pull()
    assert report.held == []
    assert (report.merged, report.conflicts, report.removed) == (expected.merged, expected.conflicts, expected.removed)
    assert set(world.tree.values()) == set(other.tree.values())
    assert {path for path in world.tree if "__" not in path} == {path for path in other.tree if "__" not in path}
    assert hidden(world.target) == hidden(other.target)


async def test_the_user_s_own_open_file_does_not_make_room(world: World):
    world.write({"new.py": b"mine\n", "folder": b"mine\n"})
    world.source.tree |= {"new.py": b"theirs\n", "folder/z": b"z"}
    before = world.tree
    report = await world.pull(is_open=["new.py", "folder"])
    assert report.held == ["folder", "new.py"]
    assert (world.tree, report.renamed) == (before, [])
    report = await world.pull()
    assert (report.held, len(report.renamed)) == ([], 2)
    assert world.source.tree.items() <= world.tree.items()


async def test_a_folder_in_which_something_is_open_does_not_make_room(world: World):
    world.write({"own/deep/open.py": b"mine\n"})
    world.source.tree["own"] = b"a file"
    before = world.tree
    report = await world.pull(is_open=["own/deep/open.py"])
    assert report.held == ["own"]
    assert (world.tree, report.renamed) == (before, [])
    await world.pull()
    assert world.tree["own"] == b"a file"
    assert b"mine\n" in world.tree.values()


async def test_of_a_removed_folder_what_is_open_stays_and_the_rest_goes(world: World):
    world.source.tree = {"a.py": TREE["a.py"], "b.bin": TREE["b.bin"]}
    report = await world.pull(is_open=["d/x.txt"])
    assert (report.held, report.removed) == (["d/x.txt"], ["d/y.txt"])
    assert world.tree == {**world.source.tree, "d/x.txt": b"x\n"}
    await world.pull()
    assert world.tree == world.source.tree
    assert not (world.target / "d").exists()


async def test_what_is_open_and_has_nothing_waiting_is_not_held(world: World):
    world.write({"a.py": b"mine\n"})
    (world.target / "b.bin").unlink()
    report = await world.pull(is_open=["a.py", "d/x.txt", "own", "not/there"])
    assert (report.held, report.kept, report.restored) == ([], ["a.py"], ["b.bin"])
