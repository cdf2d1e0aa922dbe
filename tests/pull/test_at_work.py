"""The user at work while a pull runs, and hostile names and symlinks."""

from datetime import UTC, datetime
from pathlib import Path

from tests.sync.source import HERE, Memory, Tree, hidden, plant, tree_of

from hubdrives.pull import last_report, pull, pulled_from

TREE: Tree = {"a/x.txt": b"x", "b.ipynb": b"{}", "empty": None, "nothing": b""}
NOW = datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC)


async def test_an_edit_during_the_pull_is_the_user_s(target: Path):
    source = Memory({"x": b"one", "removed": b"one", "deleted": b"one"})
    await pull(source, HERE, target)
    source.tree = {"x": b"two", "new": b"new", "deleted": b"two"}

    def edit(path: str) -> None:
        if path == "x":
            plant(target, {"x": b"mine", "new": b"mine too", "removed": b"mine, three"})
            (target / "deleted").unlink()

    source.on_read = edit
    report = await pull(source, HERE, target, now=lambda: NOW)
    assert tree_of(target) == {"x": b"mine", "new": b"mine too", "removed": b"mine, three", "deleted": b"two"}
    assert set(report.conflicts) >= {"x"}
    assert report.kept == ["removed"]
    assert hidden(target) >= {b"two"}
    # The next pull sees it all.
    source.on_read = lambda _: None
    await pull(source, HERE, target, now=lambda: NOW)
    mine = {"x": b"mine", "removed": b"mine, three", "new__20240102030405": b"mine too"}
    assert tree_of(target) == mine | {"new": b"new", "deleted": b"two"}


async def test_a_symlink_put_in_the_way_during_the_pull_leads_nowhere(target: Path, tmp_path: Path):
    outside = tmp_path / "outside"
    plant(outside, {"kept": b"kept", "x": b"outside's", "gone": b"outside's"})
    source = Memory({"d/x": b"one", "d/gone": b"gone"})
    await pull(source, HERE, target)
    source.tree = {"d/x": b"two", "d/new": b"new", "d/deep/y": b"y"}

    def swap(_path: str) -> None:
        if not (target / "d").is_symlink():
            (target / "d").rename(target / "aside")
            (target / "d").symlink_to(outside)

    source.on_read = swap
    report = await pull(source, HERE, target)
    assert {item.path for item in report.failed} >= {"d/x", "d/new"}
    assert tree_of(outside) == {"kept": b"kept", "x": b"outside's", "gone": b"outside's"}


async def test_symlinks_at_upstream_s_paths_are_moved_aside_not_followed(target: Path, tmp_path: Path):
    outside = tmp_path / "outside"
    plant(outside, {"x": b"outside's", "d/y": b"outside's"})
    target.mkdir(parents=True)
    (target / "x").symlink_to(outside / "x")
    (target / "d").symlink_to(outside / "d")
    (target / "loop").symlink_to("loop")
    source = Memory({"x": b"one", "d/y": b"two", "loop": b"three"})
    report = await pull(source, HERE, target, now=lambda: NOW)
    assert [old for old, _ in report.renamed] == ["d", "loop", "x"]
    assert {path: content for path, content in tree_of(target).items() if "__" not in path} == source.tree
    source.tree = {}
    await pull(source, HERE, target)
    assert tree_of(outside) == {"x": b"outside's", "d/y": b"outside's"}


async def test_hostile_names_write_nowhere(target: Path):
    names = [
        "half\ud800",
        "../escaped",
        "/tmp/escaped",
        "a/../../escaped",
        ".hubdrives/state.json",
        ".git/hooks/pre-commit",
    ]
    source = Memory(dict.fromkeys(names, b"evil") | {"good": b"good"})
    report = await pull(source, HERE, target)
    assert tree_of(target) == {"good": b"good"}
    assert {item.path for item in report.skipped} == {"half?", *names[1:]}
    assert last_report(target) == report
    assert not (target.parent / "escaped").exists()
    assert pulled_from(target) == HERE
