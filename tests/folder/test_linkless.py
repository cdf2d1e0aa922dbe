"""On file systems without hard links (some network homes, FAT, some FUSE) everything works as well."""

import errno
import os
from pathlib import Path

import pytest
from tests.folder.world import World
from tests.sync.breaking import Quick
from tests.sync.source import Tree, hidden

from hubdrives.choice import Choice
from hubdrives.errors import Busy
from hubdrives.model import Policy
from hubdrives.sync.workspace import Workspace

FIRST: Tree = {
    "updated.txt": b"1\n",
    "updated.bin": b"\0one",
    "both.txt": b"1\n2\n3\n",
    "both.bin": b"\0one",
    "gone": b"x",
}
SECOND: Tree = {"updated.txt": b"2\n", "updated.bin": b"\0two", "both.txt": b"1\n2\ntheirs\n", "both.bin": b"\0two"}
USER: Tree = {"both.txt": b"mine\n2\n3\n", "both.bin": b"\0mine", "own": b"mine"}


@pytest.fixture(params=[errno.EOPNOTSUPP, errno.EPERM, errno.ENOSYS])
async def world(tmp_path: Path, request: pytest.FixtureRequest) -> World:
    class Linkless(Quick):
        def link(self, *args: object) -> None:
            raise OSError(request.param, os.strerror(request.param))

    world = World(tmp_path / "course", FIRST, calls=Linkless())
    await world.pull()
    world.write(USER)
    world.source.tree = dict(SECOND)
    return world


@pytest.mark.parametrize("policy", Policy)
async def test_a_pull_does_what_it_does_elsewhere_and_keeps_the_user_s(world: World, tmp_path: Path, policy: Policy):
    elsewhere = World(tmp_path / "elsewhere", FIRST)
    await elsewhere.pull()
    elsewhere.write(USER)
    elsewhere.source.tree = dict(SECOND)
    choice = Choice(policy=policy)
    assert await world.pull(choice=choice) == await elsewhere.pull(choice=choice)
    assert world.tree == elsewhere.tree
    assert set(USER.values()) <= set(world.tree.values()) | hidden(world.target)


async def test_undo_brings_back_the_user_s_and_all_that_can_be_merged_and_tells_the_rest(world: World):
    (world.target / "updated.txt").chmod(0o640)
    before = world.tree
    await world.pull(choice=Choice(policy=Policy.THEIRS))
    report = await world.undo()
    assert [(item.path, item.code) for item in report.failed] == [("gone", "not-kept"), ("updated.bin", "not-kept")]
    assert world.tree == {**{path: before[path] for path in before if path != "gone"}, "updated.bin": b"\0two"}
    assert (world.target / "updated.txt").stat().st_mode & 0o777 == 0o640
    report = await world.pull(choice=Choice(policy=Policy.THEIRS))
    assert report.updated == ["updated.txt"]
    assert SECOND.items() <= {**world.tree, "both.txt": SECOND["both.txt"]}.items()


async def test_reset_and_its_undo_lose_nothing(world: World):
    before = world.tree
    await world.reset("", fetch=False)
    world.source.tree = dict(FIRST)
    await world.reset("", fetch=True)
    assert FIRST.items() <= world.tree.items()
    await world.undo()
    assert world.tree["both.bin"] == b"\0mine"
    # Upstream's bytes are not kept a second time; the next pull could bring them.
    report = await world.undo()
    assert [(item.path, item.code) for item in report.failed] == [("both.bin", "not-kept")]
    assert set(before.values()) <= set(world.tree.values()) | hidden(world.target)


async def test_one_at_a_time_works_here(world: World):
    held = Workspace.open(world.target, calls=world.calls)
    with pytest.raises(Busy):
        await world.undo()
    held.close()
    assert (await world.pull()).failed == []
