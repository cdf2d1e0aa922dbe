"""A pull as a whole, seen from outside."""

import asyncio
import errno
import json
import os
import stat
import threading
import time
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.sync.breaking import Breaking, full
from tests.sync.source import HERE, Memory, MemoryMany, Tree, hidden, plant, tree_of

from hubdrives.config import Settings
from hubdrives.connections import Connections
from hubdrives.errors import (
    BadCredential,
    BadTarget,
    Busy,
    Corrupt,
    DiskFull,
    Forbidden,
    GatewayUnavailable,
    HubdrivesError,
    NotFound,
    NotGranted,
    NotShared,
    QuotaExceeded,
    RateLimited,
    UnexpectedAnswer,
    Unreadable,
    VersionGone,
)
from hubdrives.model import Entry, Kind, Location, Progress, Snapshot, Waiting
from hubdrives.pull import last_report, pull, pulled_from, report_to_json
from hubdrives.sync.disk import Calls
from hubdrives.sync.layout import STATE

TREE: Tree = {"a/x.txt": b"x", "b.ipynb": b"{}", "empty": None, "nothing": b""}
NOW = datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC)


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "home/course"


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
    assert set(calls.read) <= {"lock", "journal", "state.json", "listing.json", "report.json"}


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
    lines = (target / ".hubdrives/store/index.jsonl").read_text().splitlines()
    assert [json.loads(line)["path"] for line in lines if line.startswith("{")] == ["x"]
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


# What goes wrong.


@pytest.mark.parametrize(
    "error",
    [
        NotFound("Gone."),
        NotShared("No."),
        VersionGone("New."),
        QuotaExceeded("Full."),
        UnexpectedAnswer("?"),
        Forbidden("No"),
    ],
    ids=lambda error: error.code,
)
@pytest.mark.parametrize("kind", [Memory, MemoryMany])
async def test_one_file_that_fails_is_told_and_the_others_come(target: Path, kind: type[Memory], error: HubdrivesError):
    source = kind({"x": b"one", "y": b"two"})
    source.failures["x"] = [error]
    report = await pull(source, HERE, target)
    assert [(item.path, item.code, item.reason) for item in report.failed] == [("x", error.code, str(error))]
    assert tree_of(target) == {"y": b"two"}
    assert (await pull(source, HERE, target)).added == ["x"]


@pytest.mark.parametrize("kind", [Memory, MemoryMany])
async def test_a_file_that_can_t_be_had_is_skipped(target: Path, kind: type[Memory]):
    source = kind({"x": b"one", "y": b"two"})
    source.failures["x"] = [Unreadable("Not for you.")]
    report = await pull(source, HERE, target)
    assert ([item.path for item in report.skipped], report.failed) == (["x"], [])


@pytest.mark.parametrize("kind", [Memory, MemoryMany])
@pytest.mark.parametrize("digest", ["md5", "sha256"])
async def test_damaged_bytes_are_thrown_away_and_asked_for_again(target: Path, kind: type[Memory], digest: str):
    source = kind({"x": b"one", "empty": b"", "y": b"two"}, digest=digest)
    source.damaged = {"x": 2, "empty": 1}
    source.failures["y"] = [Corrupt("Damaged.")]
    report = await pull(source, HERE, target)
    assert (report.added, report.failed) == (["empty", "x", "y"], [])
    assert tree_of(target) == source.tree


async def test_a_stream_that_brings_more_than_was_promised_harms_only_that_file(target: Path):
    class Generous(MemoryMany):
        def chunks(self, entry: Entry) -> Sequence[bytes]:
            first, second = super().chunks(entry)
            return (first, second + b"more" * (1 << 20)) if self.reads.count(entry.path) == 1 else (first, second)

    source = Generous({"a": b"one", "b": b"two"})
    report = await pull(source, HERE, target)
    assert (report.added, report.failed) == (["a", "b"], [])
    assert tree_of(target) == source.tree


async def test_a_stream_of_which_one_file_can_t_be_written_brings_the_others(target: Path):
    class Stubborn(Calls):
        def open(self, name: str, flags: int, mode: int, dir_fd: int) -> int:
            if name == "0.part":
                raise OSError(errno.EIO, os.strerror(errno.EIO))
            return super().open(name, flags, mode, dir_fd)

    source = MemoryMany({"a": b"x" * (3 << 20), "b": b"two"})
    report = await pull(source, HERE, target, calls=Stubborn())
    assert [item.path for item in report.failed] == ["a"]
    assert tree_of(target) == {"b": b"two"}


async def test_bytes_that_stay_damaged_are_given_up_and_never_placed(target: Path):
    source = Memory({"x": b"one", "y": b"two"})
    source.damaged = {"x": 100}
    report = await pull(source, HERE, target)
    assert [(item.path, item.code) for item in report.failed] == [("x", "corrupt")]
    assert source.reads.count("x") == 4
    assert tree_of(target) == {"y": b"two"}


@pytest.mark.parametrize(
    "error",
    [BadCredential("No."), NotGranted("No."), GatewayUnavailable("Down."), RateLimited("Slow."), HubdrivesError("?")],
    ids=lambda error: error.code,
)
@pytest.mark.parametrize("kind", [Memory, MemoryMany])
async def test_what_concerns_everything_ends_the_pull_and_the_next_one_goes_on(
    target: Path, kind: type[Memory], error: HubdrivesError
):
    source = kind({f"f{number:02}": b"%d" % number for number in range(40)})
    source.failures["f30"] = [error]
    with pytest.raises(type(error)):
        await pull(source, HERE, target)
    there = tree_of(target)
    assert len(there) > 10
    assert set(json.loads((target / STATE).read_bytes())["files"]) == set(there)
    source.reads = []
    report = await pull(source, HERE, target)
    assert set(source.reads) == set(source.tree) - set(there)
    assert tree_of(target) == source.tree
    assert report.renamed == []


async def test_what_a_failed_pull_did_to_the_user_s_files_is_told_by_the_next_one(target: Path):
    source = Memory({"both": b"one"})
    await pull(source, HERE, target)
    plant(target, {"both": b"mine", "clash": b"mine too"})
    source.tree = {"both": b"two", "clash": b"theirs", "z": b"z"}
    source.failures["z"] = [BadCredential("No.")]
    source.on_read = lambda path: time.sleep(0.2) if path == "z" else None
    with pytest.raises(BadCredential):
        await pull(source, HERE, target, now=lambda: NOW)
    assert tree_of(target)["clash"] == b"theirs"
    report = await pull(source, HERE, target, now=lambda: NOW + timedelta(hours=1))
    assert report.renamed == [("clash", "clash__20240102030405")]
    assert (report.conflicts, report.kept) == (["both"], [])
    assert (await pull(source, HERE, target)).renamed == []


async def test_a_first_pull_that_can_not_even_list_leaves_no_trace(target: Path):
    class Closed(Memory):
        async def snapshot(
            self, location: Location, *, known: Snapshot | None = None, boundary: Location | None = None
        ) -> Snapshot:
            raise NotShared("No.")

    with pytest.raises(NotShared):
        await pull(Closed(), HERE, target)
    assert not target.parent.exists()


@pytest.mark.parametrize("kind", [Memory, MemoryMany])
async def test_a_cancelled_pull_can_be_continued(target: Path, kind: type[Memory]):
    source = kind({f"f{number:02}": b"%d" % number for number in range(40)})
    running = asyncio.create_task(pull(source, HERE, target))
    source.on_read = lambda path: running.cancel() if path == "f20" else None
    with pytest.raises(asyncio.CancelledError):
        await running
    assert not (target / ".hubdrives/lock").exists()
    assert not list((target / ".hubdrives/tmp").iterdir())
    there = tree_of(target)
    assert len(there) < 40
    source.on_read, source.reads = lambda _: None, []
    await pull(source, HERE, target)
    assert set(source.reads) == set(source.tree) - set(there)
    assert tree_of(target) == source.tree


async def test_a_pull_cancelled_while_it_takes_the_lock_gives_it_back(target: Path):
    loop = asyncio.get_running_loop()

    class Cancelling(Calls):
        def link(self, old: str, new: str, old_dir_fd: int, new_dir_fd: int) -> None:
            super().link(old, new, old_dir_fd, new_dir_fd)
            loop.call_soon_threadsafe(running.cancel)
            is_cancelled.wait()

    is_cancelled = threading.Event()
    running = asyncio.create_task(pull(Memory(TREE), HERE, target, calls=Cancelling()))
    while not running.cancelling():
        await asyncio.sleep(0)
    is_cancelled.set()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert not target.exists()


async def test_a_damaged_state_is_said_and_costs_no_byte(target: Path):
    source = Memory({"same": b"same", "mine": b"one", "new": b"new"})
    await pull(source, HERE, target, now=lambda: NOW)
    plant(target, {"mine": b"mine", ".hubdrives/state.json": b'{"schema": 1, "sou'})
    source.tree["same"] = b"changed"
    report = await pull(source, HERE, target, now=lambda: NOW)
    assert [item.code for item in report.skipped] == ["state-damaged"]
    assert tree_of(target) == {
        "same": b"changed",
        "same__20240102030405": b"same",
        "mine": b"one",
        "mine__20240102030405": b"mine",
        "new": b"new",
    }
    assert (await pull(source, HERE, target)).skipped == []


async def test_a_state_of_a_newer_hubdrives_is_left_alone(target: Path):
    await pull(Memory(TREE), HERE, target)
    state = json.loads((target / STATE).read_bytes()) | {"schema": 2, "files": "otherwise"}
    (target / STATE).write_text(json.dumps(state))
    with pytest.raises(BadTarget, match="newer"):
        await pull(Memory(TREE), HERE, target)
    assert json.loads((target / STATE).read_bytes()) == state
    assert pulled_from(target) == HERE


async def test_a_folder_pulled_from_elsewhere_is_refused(target: Path):
    await pull(Memory(TREE), HERE, target)
    elsewhere = Location(provider="memory", id="another")
    with pytest.raises(BadTarget, match=HERE.url):
        await pull(Memory(TREE), elsewhere, target)
    assert pulled_from(target) == HERE


async def test_a_folder_pulled_from_elsewhere_in_which_nothing_is_left_starts_anew(target: Path):
    await pull(Memory({"x": b"one"}), HERE, target)
    (target / "x").unlink()
    elsewhere = Location(provider="memory", id="another")
    report = await pull(Memory({"x": b"two"}), elsewhere, target)
    assert (report.added, report.restored) == (["x"], [])
    assert pulled_from(target) == elsewhere


# The disk, and who else is there.


async def test_a_full_disk_is_told_before_the_first_byte(target: Path):
    class Small(Calls):
        def free(self, fd: int) -> int:
            return 3_000_000

    source = Memory({"x": b"x" * 5_000_000})
    with pytest.raises(DiskFull, match=r"needs 5.0 MB, but only 3.0 MB"):
        await pull(source, HERE, target, calls=Small())
    assert source.reads == []
    assert tree_of(target.parent) == {}


async def test_a_disk_that_fills_up_loses_nothing(target: Path):
    source = Memory({"x": b"one", "y": b"two"})
    await pull(source, HERE, target)
    source.tree = {"x": b"one, changed", "y": b"two, changed", "z": b"three"}
    with pytest.raises(DiskFull):
        await pull(source, HERE, target, calls=Breaking(12, full))
    assert set(tree_of(target).values()) <= {b"one", b"two", *source.tree.values()}
    await pull(source, HERE, target)
    assert tree_of(target) == source.tree


async def test_a_file_that_can_t_be_written_is_told_and_the_others_come(target: Path):
    class Stubborn(Calls):
        def replace(self, old: str, new: str, old_dir_fd: int, new_dir_fd: int) -> None:
            if new == "x":
                raise OSError(errno.EACCES, os.strerror(errno.EACCES))
            super().replace(old, new, old_dir_fd, new_dir_fd)

    report = await pull(Memory({"d/x": b"one", "d/y": b"two"}), HERE, target, calls=Stubborn())
    assert [(item.path, item.code) for item in report.failed] == [("d/x", "local-failure")]
    assert tree_of(target) == {"d/y": b"two"}


async def test_every_step_is_durable_before_one_that_relies_on_it(target: Path):
    class Recording(Calls):
        def __init__(self) -> None:
            self.steps: list[tuple[str, str]] = []

        def fsync(self, fd: int) -> None:
            self.steps.append(("fsync", str(Path(f"/proc/self/fd/{fd}").readlink().relative_to(target))))

        def replace(self, old: str, new: str, old_dir_fd: int, new_dir_fd: int) -> None:
            self.steps.append(("replace", f"{old} -> {new}"))
            super().replace(old, new, old_dir_fd, new_dir_fd)

    source = Memory({"x": b"one", "d/y": b"two", "gone/z": b"three"})
    await pull(source, HERE, target)
    source.tree = {"x": b"ONE", "d/y": b"two"}
    calls = Recording()
    await pull(source, HERE, target, calls=calls)
    steps = calls.steps
    placed = steps.index(("replace", "0.part -> x"))
    written = steps.index(("replace", "state -> state.json"))
    assert ("fsync", ".hubdrives/tmp/0.part") in steps[:placed]
    assert {("fsync", "."), ("fsync", ".hubdrives/tmp/state")} <= set(steps[placed:written])
    assert ("fsync", ".hubdrives") in steps[written:]


async def test_if_upstream_s_file_can_t_take_its_place_the_user_s_goes_back_there(target: Path):
    class Stubborn(Calls):
        def replace(self, old: str, new: str, old_dir_fd: int, new_dir_fd: int) -> None:
            if old.endswith(".part"):
                raise OSError(errno.EIO, os.strerror(errno.EIO))
            super().replace(old, new, old_dir_fd, new_dir_fd)

    plant(target, {"x": b"mine"})
    report = await pull(Memory({"x": b"one"}), HERE, target, calls=Stubborn())
    assert ([item.path for item in report.failed], report.renamed) == (["x"], [])
    assert tree_of(target) == {"x": b"mine"}


async def test_the_second_of_two_pulls_at_once_is_told_to_wait(target: Path):
    source = Memory(TREE)
    attempts: list[asyncio.Task] = []
    source.on_read = lambda _: attempts.append(asyncio.create_task(pull(Memory(TREE), HERE, target)))
    await pull(source, HERE, target)
    results = await asyncio.gather(*attempts, return_exceptions=True)
    assert any(isinstance(result, Busy) for result in results)
    assert tree_of(target) == TREE


async def test_a_pull_that_lost_its_lock_writes_no_state(target: Path):
    source = Memory({"x": b"one"})

    def steal(_path: str) -> None:
        (target / ".hubdrives/lock").write_bytes(b"another's")

    source.on_read = steal
    with pytest.raises(Busy):
        await pull(source, HERE, target)
    assert json.loads((target / STATE).read_bytes())["files"] == {}
    assert (target / ".hubdrives/lock").read_bytes() == b"another's"


# The user at work while a pull runs.


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
        "skipped": [{"path": "secret", "reason": "Not for you.", "code": "unreadable"}],
        "failed": [],
        "unchanged": 0,
    }


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
