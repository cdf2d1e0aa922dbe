"""A push that is killed at any step leaves a folder from which push and pull go on; games with both sides."""

import asyncio
import tempfile
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.push.world import World, happened
from tests.sync.breaking import Breaking, Died, die

from hubdrives import folder
from hubdrives.push import Wanted
from hubdrives.sync.layout import LOCK, STATE

TREE = {"a.txt": b"a1\n", "data/b.bin": b"b1", "gone": b"g"}
MINE = {"a.txt": b"a2\n", "data/b.bin": b"b2", "new/c.txt": b"c\n"}
EVERYTHING = Wanted(delete=True)
NEVER = 10**9


def edited(target: Path, *, digest: str | None = "md5") -> World:
    world = World(target, TREE, digest=digest)
    world.pull()
    world.write(MINE)
    (target / "gone").unlink()
    return world


def dying(world: World, at: int, wanted: Wanted = EVERYTHING) -> bool:
    """Push; whether the process died at the `at`-th change of the disk."""
    try:
        world.push(wanted=wanted, calls=Breaking(at, die))
    except Died:
        unlock(world)
        return True
    return False


def unlock(world: World) -> None:
    """The lock of a process that is dead is taken over; this one only plays dead."""
    (world.target / LOCK).unlink(missing_ok=True)


@pytest.mark.parametrize("digest", ["md5", None])
def test_a_push_killed_at_any_step_is_gone_on_with_and_makes_no_second_version(ram, digest):
    at = 0
    while True:
        at += 1
        world = edited(ram / f"{digest} push {at}", digest=digest)
        died = dying(world, at)
        report = world.push(wanted=EVERYTHING)
        if digest is None:
            # Equal bytes can't be told from afar: a pull finds out, and changes nothing.
            tree = world.tree
            pulled = world.pull()
            assert (pulled.conflicts, pulled.merged, pulled.renamed, world.tree) == ([], [], [], tree), at
            report = world.push(wanted=EVERYTHING)
        assert (report.waiting, report.failed) == ([], []), at
        assert sorted(world.source.writes) == sorted(MINE), at
        assert world.source.tree == {**MINE, "new": None}, at
        assert happened(world.pull()) == {}, at
        assert world.tree == MINE, at
        if not died:
            break
    assert at > 5


def test_a_push_killed_at_any_step_and_followed_by_a_pull_is_as_one_that_was_not(ram):
    at = 0
    died = True
    while died:
        at += 1
        world = edited(ram / f"pull {at}")
        died = dying(world, at)
        report = world.pull()
        assert (report.conflicts, report.merged, report.renamed) == ([], [], []), at
        # What had not gone yet comes back, as with any pull.
        assert world.tree in ({**MINE}, {**MINE, "gone": b"g"}), at
        assert not world.push().waiting, at
        assert sorted(world.source.writes) == sorted(MINE), at
        assert world.tree.items() >= MINE.items(), at


def test_a_push_after_a_pull_that_was_killed_goes_on_from_what_that_did(ram):
    at = undone = 0
    while True:
        at += 1
        world = World(ram / f"half {at}", TREE)
        world.pull()
        world.source.put("a.txt", b"theirs\n")
        world.write({"data/b.bin": b"b2"})
        try:
            world.pull(calls=Breaking(at, die))
        except Died:
            unlock(world)
        else:
            break
        report = world.push()
        assert (report.uploaded, report.waiting) == (["data/b.bin"], []), at
        assert world.source.tree["a.txt"] == b"theirs\n", at
        if world.tree["a.txt"] == b"theirs\n":
            # What the pull had done can still be taken back.
            undone += 1
            asyncio.run(folder.undo(world.target, now=world.now))
            assert world.tree["a.txt"] == b"a1\n", at
        world.pull()
        assert happened(world.pull()) == {}, at
        assert world.tree == {"a.txt": b"theirs\n", "data/b.bin": b"b2", "gone": b"g"}, at
    assert undone > 1


PATHS = st.sampled_from(["a", "b.txt", "d/c", "d/e.md", "d"])
BYTES = st.sampled_from([b"1\n", b"2\n", b"3\n"])
STEPS = st.one_of(
    st.tuples(st.just("mine"), PATHS, BYTES),
    st.tuples(st.just("delete"), PATHS),
    st.tuples(st.just("theirs"), PATHS, BYTES),
    st.tuples(st.just("remove"), PATHS),
    st.tuples(st.just("push"), st.integers(0, 40), st.booleans()),
    st.tuples(st.just("race"), PATHS, BYTES),
    st.tuples(st.just("pull")),
)


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(STEPS, min_size=3, max_size=14), st.sampled_from(["md5", None]))
def test_in_no_game_is_a_version_overwritten_that_was_not_here_and_a_push_settles(steps, digest):
    with tempfile.TemporaryDirectory() as place:
        world = World(Path(place) / "course", {"a": b"1\n", "d/c": b"1\n"}, digest=digest)
        world.pull()
        for step in steps:
            play(world, step)
        world.pull()
        world.push()
        tree, writes = world.tree, list(world.source.writes)
        again = world.push()
        assert (again.uploaded, again.removed, world.source.writes) == ([], [], writes)
        assert again.waiting == []
        world.pull()
        assert happened(world.pull()) == {}
        assert world.tree.items() >= {path: data for path, data in tree.items() if data is not None}.items()


def play(world: World, step: tuple) -> None:
    source = world.source
    match step:
        case "mine", path, data:
            here = world.target / path
            if not here.is_dir() and (here.parent == world.target or not here.parent.is_file()):
                world.write({path: data})
        case "delete", path:
            if (world.target / path).is_file():
                (world.target / path).unlink()
        case "theirs", path, data:
            theirs(world, path, data)
        case "remove", path:
            if source.tree.get(path) is not None:
                del source.tree[path]
        case ("pull",):
            world.pull()
        case "push", at, delete:
            watched(world, Wanted(delete=delete), at or NEVER)
        case "race", path, data:
            source.before_write = lambda _path: theirs(world, path, data)
            watched(world, Wanted(), NEVER)
            source.before_write = lambda _path: None


def theirs(world: World, path: str, data: bytes) -> None:
    """Somebody else writes there, if it can be a file there."""
    tree = world.source.tree
    is_folder = path in world.source.folders() or (path in tree and tree[path] is None)
    if not is_folder and not (path.startswith("d/") and tree.get("d") is not None):
        world.source.put(path, data)


def watched(world: World, wanted: Wanted, at: int) -> None:
    """Push, perhaps killed; whatever is written over or removed is what the last pull or push left."""
    source = world.source
    files = msgspec.json.decode((world.target / STATE).read_bytes())["files"]
    known = {(path, record["version"]) for path, record in files.items()}
    source.replaced.clear()
    dying(world, at, wanted)
    for path, old in source.replaced:
        assert old is None or (path, source.entry(path, old).version) in known
