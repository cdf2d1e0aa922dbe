"""What becomes of a file that both changed: merged, or decided as the policy says. Through `pull`."""

import json
from pathlib import Path

import pytest
from tests.folder.world import World
from tests.sync.source import Tree, hidden

from hubdrives import folder
from hubdrives.choice import Choice
from hubdrives.model import Policy

TREE: Tree = {"a.py": b"1\n2\n3\n4\n5\n", "b.bin": b"\0base", "c.csv": b"1,2\n"}


@pytest.fixture
async def world(tmp_path: Path) -> World:
    world = World(tmp_path / "course", TREE)
    await world.pull()
    return world


async def settled(world: World, choice: Choice) -> None:
    """One more pull does nothing, tells no conflict a second time, and litters nothing."""
    before, reads = world.tree, len(world.source.reads)
    report = await world.pull(choice=choice)
    assert (world.tree, len(world.source.reads)) == (before, reads)
    assert not any([report.conflicts, report.merged, report.updated, report.added, report.notes, report.failed])


@pytest.mark.parametrize("policy", Policy)
async def test_changes_at_different_places_come_together(world: World, policy: Policy):
    world.write({"a.py": b"mine\n2\n3\n4\n5\n"})
    world.source.tree["a.py"] = b"1\n2\n3\n4\ntheirs\n"
    report = await world.pull(choice=Choice(policy=policy))
    assert (report.merged, report.conflicts, report.kept, report.notes) == (["a.py"], [], [], {})
    assert world.tree == {**TREE, "a.py": b"mine\n2\n3\n4\ntheirs\n"}
    assert hidden(world.target, "before") == {b"mine\n2\n3\n4\n5\n"}
    await settled(world, Choice(policy=policy))


async def test_a_merge_goes_on_from_the_one_before(world: World):
    world.write({"a.py": b"mine\n2\n3\n4\n5\n"})
    for number in range(3):
        world.source.tree["a.py"] = b"1\n2\n3\n4\ntheirs %d\n" % number
        report = await world.pull()
        assert report.merged == ["a.py"]
        assert world.tree["a.py"] == b"mine\n2\n3\n4\ntheirs %d\n" % number


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        (Policy.MINE, b"1\nmine\n3\n4\n5\n"),
        (Policy.BOTH, b"1\nmine\n3\n4\n5\n"),
        (Policy.THEIRS, b"1\ntheirs\n3\n4\n5\n"),
    ],
)
async def test_at_the_same_place_the_policy_decides_and_the_other_side_is_kept(
    world: World, policy: Policy, expected: bytes
):
    mine, theirs = b"1\nmine\n3\n4\n5\n", b"1\ntheirs\n3\n4\n5\n"
    world.write({"a.py": mine})
    world.source.tree["a.py"] = theirs
    report = await world.pull(choice=Choice(policy=policy))
    assert (report.conflicts, report.merged, report.kept) == (["a.py"], [], [])
    assert world.tree["a.py"] == expected
    assert report.notes["a.py"][0] == "Both sides changed line 2."
    assert (mine if policy is Policy.THEIRS else theirs) in hidden(world.target) | set(world.tree.values())
    assert folder.status(world.target).conflicts == (() if policy is Policy.THEIRS else ("a.py",))
    await settled(world, Choice(policy=policy))


async def test_many_places_are_told_but_not_each(tmp_path: Path):
    lines = [b"%d\n" % number for number in range(100)]
    world = World(tmp_path / "course", {"a.py": b"".join(lines)})
    await world.pull()
    world.write({"a.py": b"".join(b"mine\n" if n % 4 == 0 else line for n, line in enumerate(lines))})
    world.source.tree["a.py"] = b"".join(b"theirs\n" if n % 4 == 0 else line for n, line in enumerate(lines))
    notes = (await world.pull()).notes["a.py"]
    assert (len(notes), notes[-1]) == (21, "And 5 more places.")


async def test_both_puts_upstream_s_beside_once(world: World):
    mine: Tree = {"a.py": b"mine\n", "b.bin": b"\0mine", "c.csv": b"mine\n"}
    theirs: Tree = {"a.py": b"theirs\n", "b.bin": b"\0theirs", "c.csv": b"theirs\n"}
    world.write(mine)
    world.source.tree = dict(theirs)
    report = await world.pull(choice=Choice(policy=Policy.BOTH))
    beside = {path: f"{path.partition('.')[0]}__upstream_{world.stamp}.{path.partition('.')[2]}" for path in mine}
    assert world.tree == {**mine, **{beside[path]: content for path, content in theirs.items()}}
    assert report.conflicts == sorted(mine)
    for path, new in beside.items():
        assert f"The source's version is beside it: {new}" in report.notes[path]
    await settled(world, Choice(policy=Policy.BOTH))
    # It is the user's own: whatever becomes of it, no pull brings it again or takes it away.
    (world.target / beside["a.py"]).unlink()
    world.write({beside["b.bin"]: b"\0edited"})
    before = world.tree
    await settled(world, Choice(policy=Policy.BOTH))
    assert world.tree == before
    world.source.tree["c.csv"] = b"theirs again\n"
    await world.pull(choice=Choice(policy=Policy.BOTH))
    assert world.tree == {**before, f"c__upstream_{world.stamp}.csv": b"theirs again\n"}


async def test_theirs_takes_the_place_of_what_can_t_be_merged_and_the_user_s_is_kept(world: World):
    world.write({"b.bin": b"\0mine", "c.csv": b"mine\n"})
    (world.target / "b.bin").chmod(0o640)
    world.source.tree |= {"b.bin": b"\0theirs", "c.csv": b"theirs\n"}
    report = await world.pull(choice=Choice(policy=Policy.THEIRS))
    assert (report.conflicts, world.tree) == (["b.bin", "c.csv"], world.source.tree)
    assert hidden(world.target, "before") == {b"\0mine", b"mine\n"}
    assert (world.target / "b.bin").stat().st_mode & 0o777 == 0o640
    assert folder.status(world.target).edited == ()
    await settled(world, Choice(policy=Policy.THEIRS))
    world.source.tree["b.bin"] = b"\0next"
    assert (await world.pull(choice=Choice(policy=Policy.THEIRS))).updated == ["b.bin"]


@pytest.mark.parametrize("policy", Policy)
async def test_a_merge_that_gives_just_what_the_user_has_changes_nothing(world: World, policy: Policy):
    world.write({"a.py": b"1\n2\n3\n4\n5\n6\n7\n"})
    look = world.looks["a.py"]
    world.source.tree["a.py"] = b"1\n2\n3\n4\n5\n6\n"
    world.write({"a.py": b"1\n2\n3\n4\n5\n6\n"})
    look = world.looks["a.py"]
    world.source.digest = None
    report = await world.pull(choice=Choice(policy=policy))
    assert (report.merged, report.conflicts) == ([], [])
    assert world.looks["a.py"] == look
    await settled(world, Choice(policy=policy))


async def test_the_user_s_mode_stays_over_a_merge(world: World):
    world.write({"a.py": b"mine\n2\n3\n4\n5\n"})
    (world.target / "a.py").chmod(0o750)
    world.source.tree["a.py"] = b"1\n2\n3\n4\ntheirs\n"
    assert (await world.pull()).merged == ["a.py"]
    assert (world.target / "a.py").stat().st_mode & 0o777 == 0o750


async def test_what_is_large_is_never_merged(tmp_path: Path):
    large = b"line\n" * 250_000
    world = World(tmp_path / "course", {"a.txt": large, "small.txt": b"1\n2\n3\n"})
    await world.pull()
    assert len(list(world.target.glob(".hubdrives/bases/*"))) == 1
    world.write({"a.txt": b"mine\n" + large, "small.txt": b"mine\n" + large})
    world.source.tree = {"a.txt": large + b"theirs\n", "small.txt": b"1\n2\n3\ntheirs\n"}
    assert (await world.pull()).conflicts == ["a.txt", "small.txt"]
    assert hidden(world.target, "upstream") == set(world.source.tree.values())


async def test_an_adopted_file_can_be_merged_like_a_pulled_one(tmp_path: Path):
    world = World(tmp_path / "course", {"a.py": TREE["a.py"]})
    world.write({"a.py": TREE["a.py"]})
    assert (await world.pull()).unchanged == 1
    world.write({"a.py": b"mine\n2\n3\n4\n5\n"})
    world.source.tree["a.py"] = b"1\n2\n3\n4\ntheirs\n"
    assert (await world.pull()).merged == ["a.py"]


async def test_an_edit_during_a_merge_s_download_is_the_user_s(world: World):
    world.write({"a.py": b"mine\n2\n3\n4\n5\n"})
    world.source.tree["a.py"] = b"1\n2\n3\n4\ntheirs\n"
    world.source.on_read = lambda _path: world.write({"a.py": b"just now\n2\n3\n4\n5\n"})
    report = await world.pull()
    assert (report.conflicts, world.tree["a.py"]) == (["a.py"], b"just now\n2\n3\n4\n5\n")
    assert hidden(world.target, "upstream") == {b"1\n2\n3\n4\ntheirs\n"}
    # It is in the history, and the next pull merges with that in view.
    assert folder.history(world.target)[0].report.conflicts == ["a.py"]
    world.source.on_read = lambda _path: None
    assert (await world.pull()).merged == ["a.py"]
    assert world.tree["a.py"] == b"just now\n2\n3\n4\ntheirs\n"


async def test_a_notebook_is_merged_by_cells(tmp_path: Path):
    def notebook(*sources: str) -> bytes:
        cells = [
            {"cell_type": "code", "id": f"c{n}", "metadata": {}, "source": text, "outputs": [], "execution_count": None}
            for n, text in enumerate(sources)
        ]
        return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}).encode()

    world = World(tmp_path / "course", {"x.ipynb": notebook("a", "b", "c")})
    await world.pull()
    world.write({"x.ipynb": notebook("mine", "b", "c")})
    world.source.tree["x.ipynb"] = notebook("a", "b", "theirs")
    assert (await world.pull()).merged == ["x.ipynb"]
    merged = json.loads(world.tree["x.ipynb"] or b"")
    assert [cell["source"] for cell in merged["cells"]] == ["mine", "b", "theirs"]


async def test_a_file_that_the_merge_itself_fails_on_costs_the_user_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    def broken(*_args: object, **_options: object) -> None:
        raise KeyError("secret content")

    # No input is known that does this; if one turns up, it must not cost a class its pull.
    monkeypatch.setattr("hubdrives.sync.apply.merge", broken)
    world.write({"a.py": b"mine\n2\n3\n4\n5\n"})
    world.source.tree |= {"a.py": b"1\n2\n3\n4\ntheirs\n", "new": b"new"}
    report = await world.pull()
    assert (report.conflicts, report.added, report.failed) == (["a.py"], ["new"], [])
    assert world.tree["a.py"] == b"mine\n2\n3\n4\n5\n"
    assert hidden(world.target, "upstream") == {b"1\n2\n3\n4\ntheirs\n"}
    assert "KeyError" in caplog.text
    assert "secret" not in caplog.text
