"""A pull as a whole, seen from outside."""

import json
import os
import stat
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.sync.source import HERE, Memory, MemoryMany, Tree, hidden, plant, tree_of

from hubdrives import folder
from hubdrives.choice import Choice
from hubdrives.config import Settings
from hubdrives.connections import Connections
from hubdrives.errors import (
    Unreadable,
)
from hubdrives.model import Entry, Kind, Location, Progress, Waiting
from hubdrives.pull import last_report, pull, pulled_from, report_to_json
from hubdrives.sync.disk import Calls
from hubdrives.sync.layout import STATE

TREE: Tree = {"a/x.txt": b"x", "b.ipynb": b"{}", "empty": None, "nothing": b""}
NOW = datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC)


def opened(*paths: str) -> Callable[[], Awaitable[Collection[str]]]:
    """Tells that these files are open in an editor."""

    async def is_open() -> Collection[str]:
        return paths

    return is_open


class Counting(Calls):
    """Counts files that are opened to be read, and everything that writes."""

    def __init__(self) -> None:
        self.read: list[str] = []
        self.written: list[str] = []

    def open(self, name: str, flags: int, mode: int, dir_fd: int) -> int:
        (self.written if flags & os.O_CREAT else self.read).append(name)
        return super().open(name, flags, mode, dir_fd)


async def test_a_first_pull_brings_everything(target: Path):
    report = await pull(Memory(TREE), HERE, target)
    assert tree_of(target) == TREE
    assert report.added == ["a/x.txt", "b.ipynb", "nothing"]
    assert last_report(target) == report
    assert pulled_from(target) == HERE


async def test_a_pull_without_news_asks_once_and_reads_and_writes_nothing_else(target: Path):
    source = Memory(TREE)
    await pull(source, HERE, target)
    await pull(source, HERE, target)
    files = [path for path in (target / ".hubdrives").iterdir() if path.is_file()]
    before = {path: path.stat() for path in files}
    source.snapshots, source.reads = 0, []
    calls = Counting()
    report = await pull(source, HERE, target, calls=calls)
    assert report.unchanged == 3
    assert (source.snapshots, source.reads) == (1, [])
    assert {path: path.stat() for path in files} == before
    # The lock and its draft; everything that was looked for is our own.
    assert [name for name in calls.written if not name.startswith("lock")] == []
    assert set(calls.read) <= {"lock", "index", "listing.json", "report.json"}


async def test_of_ten_thousand_unchanged_files_none_is_read(target: Path):
    source = Memory({f"d{number // 100}/f{number}": b"%d" % number for number in range(10_000)})
    await pull(source, HERE, target)
    calls = Counting()
    report = await pull(source, HERE, target, calls=calls)
    assert report.unchanged == 10_000
    assert [name for name in calls.read if name.startswith("f")] == []


async def test_the_provider_is_told_what_it_said_last_time(target: Path):
    source = Memory(TREE)
    secret = Location(provider="memory", id="course", params=(("key", "s3cret"),))
    await pull(source, secret, target)
    await pull(source, secret, target)
    first, second = source.known
    assert first is None
    assert second == await source.snapshot(secret)
    assert second is not None
    assert second.location.params == secret.params
    assert "s3cret" not in "".join(path.read_text() for path in (target / ".hubdrives").glob("*.json"))


async def test_an_empty_folder_is_pulled_like_any_other(target: Path):
    report = await pull(Memory({}), HERE, target)
    assert report_to_json(report)["added"] == []
    assert tree_of(target) == {}
    assert pulled_from(target) == HERE


async def test_a_snapshot_that_lost_everything_removes_what_the_user_did_not_touch(target: Path):
    source = Memory({f"f{number}": b"%d" % number for number in range(30)})
    await pull(source, HERE, target)
    plant(target, {"f7": b"mine"})
    tree, source.tree = source.tree, {}
    report = await pull(source, HERE, target)
    assert (len(report.removed), report.kept) == (29, ["f7"])
    assert tree_of(target) == {"f7": b"mine"}
    source.tree = tree
    await pull(source, HERE, target)
    assert b"mine" in tree_of(target).values()


async def test_a_single_file_comes_under_its_name(target: Path, tmp_path: Path):
    plant(tmp_path, {"here/data.csv": b"1,2"})
    async with Connections(Settings(), environment={}) as connections:
        found = connections.find(str(tmp_path / "here/data.csv"))
        report = await pull(await connections.provider(found.connection), found.location, target)
    assert report.added == ["data.csv"]
    assert tree_of(target) == {"data.csv": b"1,2"}


async def test_a_folder_of_this_machine_is_followed_through_changes(target: Path, tmp_path: Path):
    here = tmp_path / "here"
    plant(here, TREE)
    async with Connections(Settings(), environment={}) as connections:
        found = connections.find(str(here))
        provider = await connections.provider(found.connection)
        await pull(provider, found.location, target)
        plant(here, {"a/x.txt": b"x, changed", "new": b"new"})
        plant(target, {"b.ipynb": b"mine"})
        report = await pull(provider, found.location, target)
    assert (report.added, report.updated, report.kept) == (["new"], ["a/x.txt"], ["b.ipynb"])
    assert tree_of(target) == {**TREE, "a/x.txt": b"x, changed", "new": b"new", "b.ipynb": b"mine"}


async def test_a_conflict_leaves_the_user_s_and_offers_upstream_s(target: Path):
    source = Memory({"x": b"one"})
    await pull(source, HERE, target)
    plant(target, {"x": b"mine"})
    source.tree["x"] = b"two"
    report = await pull(source, HERE, target)
    assert (report.conflicts, report.kept) == (["x"], [])
    assert tree_of(target) == {"x": b"mine"}
    assert hidden(target) == {b"two"}
    (deed,) = folder.history(target)[:-1]
    assert (target / ".hubdrives/store" / deed.id / "upstream/x").read_bytes() == b"two"
    # It is told once; from then on it is the user's version of what upstream has.
    assert (await pull(source, HERE, target)).kept == ["x"]
    source.tree["x"] = b"three"
    assert (await pull(source, HERE, target)).conflicts == ["x"]
    assert hidden(target) == {b"two", b"three"}


@pytest.mark.parametrize("tells_size", [True, False])
async def test_equal_bytes_are_adopted_without_a_digest_too(target: Path, *, tells_size: bool):
    source = Memory({"x": b"one", "y": b"two"}, digest=None, tells_size=tells_size)
    plant(target, {"x": b"one", "y": b"TWO"})
    os.utime(target / "x", (1000, 1000))
    report = await pull(source, HERE, target, now=lambda: NOW)
    assert report.renamed == [("y", "y__20240102030405")]
    assert (report.unchanged, report.added) == (1, ["y"])
    assert (target / "x").stat().st_mtime == 1000
    assert tree_of(target) == {"x": b"one", "y": b"two", "y__20240102030405": b"TWO"}


async def test_equal_bytes_are_not_even_downloaded_if_the_provider_tells_their_digest(target: Path):
    source = Memory({"x": b"one"})
    plant(target, {"x": b"one"})
    report = await pull(source, HERE, target)
    assert (report.unchanged, source.reads) == (1, [])


async def test_an_edit_of_the_same_size_and_time_as_the_state_is_seen(target: Path):
    source = Memory({"x": b"one"})
    await pull(source, HERE, target)
    (target / "x").write_bytes(b"two")
    written = (target / STATE).stat().st_mtime_ns
    os.utime(target / "x", ns=(written, written))
    # As if the edit had come within the same tick of the file system's clock.
    state = json.loads((target / STATE).read_bytes())
    state["files"]["x"]["mtime_ns"] = written
    (target / STATE).write_text(json.dumps(state))
    os.utime(target / STATE, ns=(written, written))
    # It is still seen when the state has been written anew, and upstream's change comes.
    source.tree["y"] = b"new"
    assert (await pull(source, HERE, target)).kept == ["x"]
    source.tree["x"] = b"six"
    assert (await pull(source, HERE, target)).conflicts == ["x"]
    assert tree_of(target)["x"] == b"two"


async def test_a_file_that_had_to_be_read_is_believed_from_then_on(target: Path):
    source = Memory({"x": b"one"})
    await pull(source, HERE, target)
    os.utime(target / "x", (1000, 1000))
    reads = []
    for _ in range(3):
        calls = Counting()
        assert (await pull(source, HERE, target, calls=calls)).unchanged == 1
        reads.append(calls.read.count("x"))
    assert reads == [1, 0, 0]


async def test_a_file_as_young_as_the_state_is_read_once_and_then_believed(target: Path):
    source = Memory({"x": b"one"})
    await pull(source, HERE, target)
    young = (target / "x").stat().st_mtime_ns
    os.utime(target / STATE, ns=(young, young))
    reads = []
    for _ in range(2):
        calls = Counting()
        assert (await pull(source, HERE, target, calls=calls)).unchanged == 1
        reads.append(calls.read.count("x"))
    assert reads == [1, 0]


async def test_what_is_brought_has_the_time_of_the_pull_and_the_mode_of_any_new_file(target: Path):
    before = os.umask(0o027)
    try:
        await pull(Memory({"x": b"one"}), HERE, target, now=lambda: NOW)
    finally:
        os.umask(before)
    status = (target / "x").stat()
    assert status.st_mtime == NOW.timestamp()
    assert stat.S_IMODE(status.st_mode) == 0o640


async def test_an_update_keeps_the_mode_that_the_user_gave(target: Path):
    source = Memory({"run.sh": b"one"})
    await pull(source, HERE, target)
    (target / "run.sh").chmod(0o750)
    source.tree["run.sh"] = b"two"
    report = await pull(source, HERE, target)
    assert report.updated == ["run.sh"]
    assert stat.S_IMODE((target / "run.sh").stat().st_mode) == 0o750


async def test_large_files_are_written_piece_by_piece(target: Path):
    class Large(Memory):
        async def read(self, entry: Entry, *, start: int = 0, stop: int | None = None) -> AsyncIterator[bytes]:
            for number in range(40):
                yield bytes([number]) * (1 << 18)
                part = list((target / ".hubdrives/tmp").glob("*.part"))
                written = part[0].stat().st_size if part else 0
                assert (number + 1) * (1 << 18) - written < 2 << 20

    source = Large({"x": b"".join(bytes([number]) * (1 << 18) for number in range(40))})
    await pull(source, HERE, target)
    assert tree_of(target) == source.tree


# How it is told.


async def test_small_files_come_in_one_stream_and_large_ones_alone(target: Path):
    source = MemoryMany({"small": b"s", "large": b"l" * (9 << 20), "dropped": b"d"})
    source.dropped = {"dropped"}
    report = await pull(source, HERE, target)
    assert source.streams == [["dropped", "small"]]
    assert sorted(source.reads) == ["dropped", "large", "small"]
    assert report.added == ["dropped", "large", "small"]
    assert tree_of(target) == source.tree


async def test_progress_counts_up_to_the_whole_and_is_told_seldom(target: Path):
    told: list[tuple[float, Progress]] = []
    source = Memory({f"f{number}": b"12345" for number in range(300)})
    source.damaged = {"f7": 1}
    source.waits = Waiting(on="Memory", seconds=3)
    await pull(source, HERE, target, on_progress=lambda progress: told.append((time.monotonic(), progress)))
    last = told[-1][1]
    assert (last.phase, last.files_done, last.files_total) == ("done", 300, 300)
    assert (last.bytes_done, last.bytes_total) == (1500, 1500)
    assert told[0][1].waiting == source.waits
    assert last.waiting is None
    assert len(told) <= (told[-1][0] - told[0][0]) * 10 + 2


async def test_what_the_provider_left_out_is_in_the_report(target: Path, tmp_path: Path):
    plant(tmp_path, {"here/x": b"x"})
    (tmp_path / "here/link").symlink_to("/etc/passwd")
    async with Connections(Settings(), environment={}) as connections:
        found = connections.find(str(tmp_path / "here"))
        provider = await connections.provider(found.connection)
        report = await pull(provider, found.location, target)
        snapshot = await provider.snapshot(found.location)
    assert snapshot.skipped
    assert tuple(report.skipped) == snapshot.skipped


async def test_the_report_as_json_has_the_keys_that_scripts_rely_on(target: Path):
    source = Memory({"x": b"one", "secret": b"two"})
    source.failures = {"secret": [Unreadable("Not for you.")]}
    plant(target, {"x": b"mine"})
    report = await pull(source, HERE, target, now=lambda: NOW)
    assert report_to_json(report) == {
        "added": ["x"],
        "updated": [],
        "merged": [],
        "kept": [],
        "conflicts": [],
        "removed": [],
        "restored": [],
        "renamed": [{"path": "x", "to": "x__20240102030405"}],
        "moved": [],
        "held": [],
        "notes": {},
        "skipped": [{"path": "secret", "reason": "Not for you.", "code": "unreadable", "later": False}],
        "failed": [],
        "unchanged": 0,
        "all_left_out": False,
    }


async def test_moved_held_and_notes_are_told_as_json_too(target: Path):
    source = Memory({"old": b"moved", "open": b"one", "both.txt": b"one\n"})
    await pull(source, HERE, target)
    plant(target, {"both.txt": b"mine\n"})
    source.rename("old", "new")
    source.tree |= {"open": b"two", "both.txt": b"two\n"}
    told = report_to_json(await pull(source, HERE, target, is_open=opened("open")))
    assert told["moved"] == [{"path": "old", "to": "new"}]
    assert told["held"] == ["open"]
    assert told["notes"] == {"both.txt": ["Both sides changed line 1."]}
    assert json.loads(json.dumps(told)) == told


async def test_what_is_too_large_is_told_with_the_line_that_reads_it(target: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("HOME", str(target.parent))
    source = Memory({"d/large.csv": b"x" * 11, "small": b"x"})
    report = await pull(source, HERE, target, choice=Choice(max_file=10))
    assert tree_of(target) == {"small": b"x"}
    (told,) = report_to_json(report)["skipped"]
    assert (told["path"], told["code"]) == ("d/large.csv", "too-large")
    assert told["read"] == "hubdrives.open('~/course/d/large.csv')"
    # Nor does it go, if it is too large only now.
    source.tree["small"] = b"x" * 12
    report = await pull(source, HERE, target, choice=Choice(max_file=10))
    assert (report.removed, tree_of(target)) == ([], {"small": b"x"})


async def test_an_entry_that_is_only_a_new_version_of_the_same_bytes_is_unchanged(target: Path):
    class Renewed(Memory):
        version = "1"

        def entry(self, path: str, content: bytes | None) -> Entry:
            return Entry(path=path, kind=Kind.FILE, id=path, size=len(content or b""), version=self.version)

    source = Renewed({"x": b"one", "mine": b"one"})
    await pull(source, HERE, target)
    plant(target, {"mine": b"mine"})
    inode = (target / "x").stat().st_ino
    source.version = "2"
    report = await pull(source, HERE, target)
    assert (report.unchanged, report.updated, report.conflicts, report.kept) == (1, [], [], ["mine"])
    assert (target / "x").stat().st_ino == inode
    source.reads = []
    await pull(source, HERE, target)
    assert source.reads == []
