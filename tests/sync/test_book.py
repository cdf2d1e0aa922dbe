"""One deed is one entry, however many tries it took. Through `pull` and `undo`."""

from pathlib import Path

import pytest
from tests.folder.world import World
from tests.sync.breaking import Breaking, Died, Quick, die
from tests.sync.source import Tree

from hubdrives import folder
from hubdrives.errors import BadCredential, Busy
from hubdrives.sync.deeds import Deed
from hubdrives.sync.disk import Disk
from hubdrives.sync.store import deeds

FIRST: Tree = {"updated": b"one", "removed": b"gone", "both.txt": b"1\n2\n3\n", "way": b"x", "c.bin": b"\0one"}
SECOND: Tree = {
    "updated": b"two",
    "both.txt": b"1\n2\ntheirs\n",
    "way/in": b"y",
    "clash": b"theirs",
    "c.bin": b"\0two",
    "z": b"z",
}
USER: Tree = {"both.txt": b"mine\n2\n3\n", "clash": b"mine", "c.bin": b"\0mine"}


async def begun(target: Path) -> World:
    """After a first pull and the user's edits; upstream has gone on."""
    world = World(target, FIRST)
    await world.pull()
    world.write(USER)
    world.source.tree = dict(SECOND)
    return world


def written(world: World) -> list[Deed]:
    with Disk(world.target) as disk:
        return list(deeds(disk))


def state(world: World) -> bytes:
    return (world.target / ".hubdrives/state.json").read_bytes()


async def test_what_changes_nothing_is_not_written_down(tmp_path: Path):
    world = await begun(tmp_path / "course")
    await world.pull()
    before, state_before = written(world), state(world)
    await world.pull()
    await world.pull()
    assert (written(world), state(world)) == (before, state_before)


async def test_what_changes_only_what_is_known_is_no_deed(tmp_path: Path):
    world = World(tmp_path / "course", {"x": b"one", "y": b"y"})
    await world.pull()
    (world.target / "x").unlink()
    del world.source.tree["x"]
    before = state(world)
    await world.pull()
    assert len(written(world)) == 1
    assert state(world) != before
    # So undo takes back what was done, not what was learned.
    await world.undo()
    assert world.tree == {}


async def test_a_conflict_that_left_everything_as_it_was_is_a_deed(tmp_path: Path):
    world = World(tmp_path / "course", {"x": b"\0one"})
    await world.pull()
    world.write({"x": b"\0mine"})
    world.source.tree["x"] = b"\0two"
    await world.pull()
    (deed, _first) = written(world)
    assert (deed.acts, deed.upstream) == ((), {"x": f".hubdrives/store/{deed.id}/upstream/x"})
    # It is undone: the next pull decides it anew.
    await world.undo()
    assert (await world.pull()).conflicts == ["x"]


async def test_a_pull_that_failed_and_the_next_one_are_one_deed(tmp_path: Path):
    world = await begun(tmp_path / "course")
    before = world.tree
    world.source.failures["z"] = [BadCredential("No."), BadCredential("No.")]
    for _ in range(2):
        with pytest.raises(BadCredential):
            await world.pull()
    assert len(written(world)) == 1
    report = await world.pull()
    assert [old for old, _ in report.renamed] == ["clash"]
    assert folder.history(world.target)[0].report == report
    assert len(written(world)) == 2
    await world.undo()
    assert world.tree == before


async def test_a_pull_that_failed_can_be_undone_as_it_stands(tmp_path: Path):
    world = await begun(tmp_path / "course")
    before = world.tree
    world.source.failures["z"] = [BadCredential("No.")]
    with pytest.raises(BadCredential):
        await world.pull()
    half = world.tree
    assert half != before
    await world.undo()
    assert world.tree == before
    await world.undo()
    assert world.tree == half
    assert (await world.pull()).failed == []
    assert {path for path in world.tree if "__" not in path} == SECOND.keys()


async def test_who_lost_the_lock_writes_no_state_and_the_next_one_goes_on(tmp_path: Path):
    world = await begun(tmp_path / "course")
    before, state_before = world.tree, state(world)
    world.source.on_read = lambda _path: (world.target / ".hubdrives/lock").write_bytes(b"another's")
    with pytest.raises(Busy):
        await world.pull()
    assert state(world) == state_before
    (world.target / ".hubdrives/lock").unlink()
    world.source.on_read = lambda _path: None
    await world.pull()
    await world.undo()
    assert world.tree == before


async def test_killed_at_any_step_it_is_told_once_and_undone_with_all_that_was_known(tmp_path: Path):
    undisturbed = await begun(tmp_path / "undisturbed")
    before, counting = undisturbed.tree, Breaking(10**9, die)
    expected = await undisturbed.pull(calls=counting)
    assert counting.count > 60
    # Every step of writing it all down; a sample of those before.
    for at in [*range(8, counting.count - 24, 7), *range(counting.count - 24, counting.count + 1)]:
        world = await begun(tmp_path / str(at))
        with pytest.raises(Died):
            await world.pull(calls=Breaking(at, die))
        (world.target / ".hubdrives/lock").unlink(missing_ok=True)
        await world.pull()
        assert len(written(world)) == 2, at
        acts = written(world)[0].acts
        assert len(acts) == len(set(map(repr, acts))), at
        await world.undo()
        assert world.tree == before, at
        # Nothing that came back is taken for the user's, and nothing of the user's for upstream's.
        again = await world.pull()
        assert (again.added, again.updated, again.merged) == (expected.added, expected.updated, expected.merged), at
        assert (again.removed, again.kept, again.restored) == (expected.removed, [], []), at
        assert again.conflicts == ["c.bin"], at
        assert [old for old, _ in again.renamed] == [old for old, _ in expected.renamed], at


async def test_killed_after_the_deed_was_written_the_report_is_told_again(tmp_path: Path):
    class Dying(Quick):
        def replace(self, old: str, new: str, old_dir_fd: int, new_dir_fd: int) -> None:
            if new == "state.json":
                raise Died
            super().replace(old, new, old_dir_fd, new_dir_fd)

    world = await begun(tmp_path / "course")
    with pytest.raises(Died):
        await world.pull(calls=Dying())
    (world.target / ".hubdrives/lock").unlink(missing_ok=True)
    report = await world.pull()
    assert ([old for old, _ in report.renamed], report.conflicts) == (["clash"], ["c.bin"])
    assert (report.updated, report.removed, report.merged) == (["updated"], ["removed", "way"], ["both.txt"])
    assert len(written(world)) == 2
    assert (await world.pull()).renamed == []
