"""Pulls in which something goes wrong at the provider, or with what is known of the folder."""

import asyncio
import errno
import json
import os
import threading
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.sync.source import HERE, Memory, MemoryMany, Tree, plant, tree_of

from hubdrives.errors import (
    BadCredential,
    BadTarget,
    Corrupt,
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
from hubdrives.model import Entry, Location, Snapshot
from hubdrives.pull import pull, pulled_from
from hubdrives.sync.disk import Calls
from hubdrives.sync.layout import STATE

TREE: Tree = {"a/x.txt": b"x", "b.ipynb": b"{}", "empty": None, "nothing": b""}
NOW = datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC)


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
