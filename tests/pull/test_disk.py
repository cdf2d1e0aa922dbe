"""Pulls onto a disk that is full or broken, and pulls that meet each other."""

import asyncio
import errno
import json
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.sync.breaking import Breaking, full
from tests.sync.source import HERE, Memory, Tree, plant, tree_of

from hubdrives.errors import (
    Busy,
    DiskFull,
)
from hubdrives.pull import pull
from hubdrives.sync.disk import Calls
from hubdrives.sync.layout import STATE

TREE: Tree = {"a/x.txt": b"x", "b.ipynb": b"{}", "empty": None, "nothing": b""}
NOW = datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC)


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


async def test_the_second_of_two_pulls_at_once_waits_and_finds_nothing_to_do(target: Path):
    source, told = Memory(TREE), []
    second: list[asyncio.Task] = []

    def begin_another(_path: str) -> None:
        if not second:
            second.append(asyncio.create_task(pull(Memory(TREE), HERE, target, on_progress=told.append)))

    source.on_read = begin_another
    await pull(source, HERE, target)
    report = await second[0]
    assert (report.added, report.unchanged) == ([], len([content for content in TREE.values() if content is not None]))
    assert "another pull of this folder" in {now.waiting.on for now in told if now.waiting}
    assert tree_of(target) == TREE


async def test_the_second_of_two_pulls_at_once_is_told_so_when_its_patience_ends(target: Path):
    source = Memory(TREE)
    attempts: list[asyncio.Task] = []
    source.on_read = lambda _: attempts.append(asyncio.create_task(pull(Memory(TREE), HERE, target, patience=0)))
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
