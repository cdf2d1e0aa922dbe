"""`folder.reset`: files as upstream last had them; what the user made of them is kept."""

from pathlib import Path

import pytest
from tests.folder.world import World
from tests.sync.breaking import Breaking, full
from tests.sync.source import Tree, hidden

from hubdrives import folder
from hubdrives.choice import Choice
from hubdrives.errors import BadCredential, DiskFull, NotFound
from hubdrives.model import Policy
from hubdrives.sync.deeds import What

TREE: Tree = {
    "notes.txt": b"notes\n",
    "data.bin": b"\0data",
    "week/a.py": b"a\n",
    "week/b.py": b"b\n",
    "run.sh": b"run\n",
}


@pytest.fixture
async def world(tmp_path: Path) -> World:
    world = World(tmp_path / "course", TREE)
    await world.pull()
    world.source.reads.clear()
    return world


async def settled(world: World) -> None:
    """The next pull does nothing, for nothing differs."""
    before = world.tree
    report = await world.pull()
    assert world.tree == before
    assert not any([report.kept, report.updated, report.restored, report.renamed, report.conflicts])


async def test_text_is_upstream_s_again_without_network_and_the_user_s_is_kept(world: World):
    world.write({"notes.txt": b"mine", "week/a.py": b"mine, too", "own": b"own"})
    (world.target / "week/b.py").unlink()
    report = await world.reset("")
    assert (report.updated, report.restored) == (["notes.txt", "week/a.py"], ["week/b.py"])
    assert (report.unchanged, report.failed) == (2, [])
    assert world.tree == {**TREE, "own": b"own"}
    assert hidden(world.target, "before") == {b"mine", b"mine, too"}
    assert world.source.reads == []
    await settled(world)


@pytest.mark.parametrize(
    ("paths", "set_back"),
    [
        (["notes.txt"], {"notes.txt"}),
        (["week"], {"week/a.py", "week/b.py"}),
        (["week/a.py", "notes.txt"], {"week/a.py", "notes.txt"}),
        (["wee", "notes.txt"], {"notes.txt"}),
    ],
)
async def test_only_what_is_at_and_below_the_paths(world: World, paths: list[str], set_back: set[str]):
    mine: Tree = dict.fromkeys(["notes.txt", "week/a.py", "week/b.py"], b"mine")
    world.write(mine)
    report = await world.reset(*paths)
    assert set(report.updated) == set_back
    assert world.tree == {**TREE, **mine, **{path: TREE[path] for path in set_back}}


async def test_what_is_upstream_s_already_is_not_touched(world: World):
    looks = world.looks
    report = await world.reset("")
    assert (report.unchanged, report.updated, report.restored) == (5, [], [])
    assert world.looks == looks
    assert len(folder.history(world.target)) == 1


async def test_what_no_pull_brought_is_told(world: World):
    world.write({"own": b"own"})
    for path in ("own", "nowhere", "notes.txt/below"):
        with pytest.raises(NotFound, match="No pull"):
            await world.reset(path)
    assert world.tree == {**TREE, "own": b"own"}


async def test_other_bytes_are_fetched_and_checked(world: World):
    world.write({"data.bin": b"mine"})
    world.source.damaged = {"data.bin": 1}
    report = await world.reset("", fetch=True)
    assert [(item.path, item.code) for item in report.failed] == [("data.bin", "corrupt")]
    assert (report.unchanged, world.tree["data.bin"]) == (4, b"mine")
    report = await world.reset("", fetch=True)
    assert (report.updated, world.tree) == (["data.bin"], TREE)
    assert hidden(world.target, "before") == {b"mine"}
    await settled(world)


@pytest.mark.parametrize("fetch", [True, False])
async def test_what_can_t_be_had_is_told_and_the_rest_is_done(world: World, *, fetch: bool):
    world.write({"data.bin": b"mine", "notes.txt": b"mine"})
    world.source.failures["data.bin"] = [BadCredential("No.")]
    report = await world.reset("data.bin", "notes.txt", fetch=fetch)
    assert [item.path for item in report.failed] == ["data.bin"]
    assert report.failed[0].code == ("bad-credential" if fetch else "not-kept")
    assert (report.updated, report.unchanged) == (["notes.txt"], 0)
    assert world.tree == {**TREE, "data.bin": b"mine"}


async def test_text_that_had_to_be_fetched_can_be_merged_from_then_on(world: World):
    for blob in world.target.glob(".hubdrives/bases/*"):
        blob.write_bytes(b"damaged")
    world.write({"notes.txt": b"mine"})
    assert (await world.reset("notes.txt", fetch=True)).updated == ["notes.txt"]
    world.write({"notes.txt": b"first\nnotes\n"})
    world.source.tree["notes.txt"] = b"notes\nlast\n"
    assert (await world.pull()).merged == ["notes.txt"]
    assert world.tree["notes.txt"] == b"first\nnotes\nlast\n"


@pytest.mark.parametrize("policy", [Policy.MINE, Policy.BOTH])
async def test_after_a_conflict_upstream_s_is_taken_without_network_and_no_conflict_is_left(
    world: World, policy: Policy
):
    world.write({"data.bin": b"\0mine", "notes.txt": b"mine\n"})
    world.source.tree |= {"data.bin": b"\0theirs", "notes.txt": b"theirs\n"}
    assert (await world.pull(choice=Choice(policy=policy))).conflicts == ["data.bin", "notes.txt"]
    assert folder.status(world.target).conflicts == ("data.bin", "notes.txt")
    report = await world.reset("data.bin", "notes.txt")
    assert (report.updated, report.failed) == (["data.bin", "notes.txt"], [])
    assert (world.tree["data.bin"], world.tree["notes.txt"]) == (b"\0theirs", b"theirs\n")
    assert {b"\0mine", b"mine\n"} <= hidden(world.target, "before")
    status = folder.status(world.target)
    assert (status.conflicts, status.edited) == ((), ())
    # Nor is there one, once the user goes on from there.
    world.write({"data.bin": b"\0mine again"})
    assert folder.status(world.target).conflicts == ()
    world.source.tree |= {"data.bin": b"\0next"}
    assert (await world.pull(choice=Choice(policy=policy))).conflicts == ["data.bin"]


async def test_the_mode_that_the_user_gave_stays(world: World):
    (world.target / "run.sh").write_bytes(b"mine")
    (world.target / "run.sh").chmod(0o750)
    await world.reset("run.sh")
    assert (world.target / "run.sh").stat().st_mode & 0o777 == 0o750


async def test_a_folder_or_symlink_in_the_way_makes_room(world: World, tmp_path: Path):
    outside = tmp_path / "outside"
    outside.write_bytes(b"outside's")
    for path in ("notes.txt", "week/a.py"):
        (world.target / path).unlink()
    (world.target / "notes.txt").symlink_to(outside)
    world.write({"week/a.py/own": b"own"})
    report = await world.reset("")
    assert (report.restored, report.failed) == (["notes.txt", "week/a.py"], [])
    assert report.renamed == [("notes.txt", f"notes__{world.stamp}.txt"), ("week/a.py", f"week/a__{world.stamp}.py")]
    assert TREE.items() <= world.tree.items()
    assert world.tree[f"week/a__{world.stamp}.py/own"] == b"own"
    assert outside.read_bytes() == b"outside's"
    await world.undo()
    assert (world.target / "notes.txt").readlink() == outside
    assert world.tree["week/a.py/own"] == b"own"


async def test_a_file_where_its_folder_was_makes_room(world: World):
    for path in ("week/a.py", "week/b.py"):
        (world.target / path).unlink()
    (world.target / "week").rmdir()
    world.write({"week": b"mine"})
    report = await world.reset("week")
    assert report.restored == ["week/a.py", "week/b.py"]
    assert world.tree == {**TREE, f"week__{world.stamp}": b"mine"}
    await settled(world)


async def test_it_is_written_down(world: World):
    world.write({"notes.txt": b"mine"})
    await world.reset("")
    first, *_ = folder.history(world.target)
    assert (first.what, first.report.updated, first.when) == (What.RESET, ["notes.txt"], world.time)


async def test_a_disk_that_fills_up_loses_nothing_and_it_can_be_done_again(world: World):
    world.write({"notes.txt": b"mine", "week/a.py": b"mine, too"})
    for at in range(3, 14, 2):
        world.calls = Breaking(at, full)
        with pytest.raises(DiskFull):
            await world.reset("")
        assert {b"mine", b"mine, too"} <= set(world.tree.values()) | hidden(world.target)
    world.calls = Breaking(10**9, full)
    await world.reset("")
    assert world.tree == TREE
    assert {b"mine", b"mine, too"} <= hidden(world.target)
    await settled(world)
