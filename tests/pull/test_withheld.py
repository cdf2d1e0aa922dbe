"""What upstream has but may not give now, locked files above all, is no deletion: a copy that came before stays."""

from pathlib import Path

import pytest
from tests.folder.world import World
from tests.sync.source import Tree

from hubdrives.choice import Choice

TREE: Tree = {"a.py": b"1\n", "week 1/lab.py": b"2\n", "week 1/data/x.csv": b"3\n", "week 2/lab.py": b"4\n"}


@pytest.fixture
async def world(tmp_path: Path) -> World:
    world = World(tmp_path / "course", TREE)
    await world.pull()
    return world


@pytest.mark.parametrize("path", ["a.py", "week 1", "week 1/data", "week 1/data/x.csv"])
async def test_what_is_locked_stays_as_it_was_brought_and_as_the_user_made_it(world: World, path: str):
    world.write({"week 1/data/x.csv": b"mine\n"})
    before = world.tree
    world.source.withheld[path] = "locked"
    for _ in range(2):
        report = await world.pull()
        assert world.tree == before
        assert report.removed == []
        assert [item.path for item in report.skipped] == [path]


async def test_when_it_is_unlocked_again_upstream_s_changes_come_as_if_it_had_never_been_locked(world: World):
    world.source.withheld["week 1"] = "locked"
    world.source.tree["week 1/lab.py"] = b"2, better\n"
    await world.pull()
    assert world.tree["week 1/lab.py"] == b"2\n"
    world.source.withheld.clear()
    report = await world.pull()
    assert report.updated == ["week 1/lab.py"]
    assert world.tree == world.source.tree


async def test_a_locked_file_that_the_user_deleted_does_not_come_back(world: World):
    (world.target / "a.py").unlink()
    world.source.withheld["a.py"] = "locked"
    report = await world.pull()
    assert "a.py" not in world.tree
    assert (report.restored, report.failed) == ([], [])
    world.source.withheld.clear()
    assert (await world.pull()).restored == ["a.py"]


async def test_what_is_gone_while_something_else_is_locked_is_removed(world: World):
    world.source.withheld["week 1"] = "locked"
    del world.source.tree["week 2/lab.py"]
    report = await world.pull()
    assert report.removed == ["week 2/lab.py"]


async def test_what_is_there_under_a_safe_name_is_not_withheld(world: World):
    world.source.withheld["a.py"] = "renamed"
    assert (await world.pull()).removed == ["a.py"]


async def test_a_lock_below_a_subfolder_counts_there(tmp_path: Path):
    world = World(tmp_path / "week", TREE)
    choice = Choice(subfolder="week 1")
    await world.pull(choice=choice)
    world.source.withheld["week 1/lab.py"] = "locked"
    report = await world.pull(choice=choice)
    assert report.removed == []
    assert world.tree["lab.py"] == b"2\n"
