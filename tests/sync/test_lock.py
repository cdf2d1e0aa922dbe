"""One pull at a time, and none that is dead stands in the way."""

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec
import pytest

from hubdrives.errors import Busy
from hubdrives.sync.disk import Disk
from hubdrives.sync.layout import LOCK, TMP
from hubdrives.sync.lock import DEAD_AFTER, Lock, Owner


@pytest.fixture
def disk(tmp_path: Path):
    (tmp_path / TMP).mkdir(parents=True)
    with Disk(tmp_path) as opened:
        yield opened


def plant(root: Path, owner: Owner, *, age: float = 0) -> None:
    (root / LOCK).write_bytes(msgspec.json.encode(owner))
    then = time.time() - age
    os.utime(root / LOCK, (then, then))


def test_a_second_one_has_to_wait_until_the_first_is_done(disk: Disk, tmp_path: Path):
    first = Lock.acquire(disk)
    with pytest.raises(Busy, match="since"):
        Lock.acquire(disk)
    first.release()
    Lock.acquire(disk).release()
    assert list((tmp_path / ".hubdrives").rglob("*")) == [tmp_path / TMP]


def test_of_many_at_the_same_moment_one_gets_it(disk: Disk, tmp_path: Path):
    plant(tmp_path, msgspec.structs.replace(Owner.me(), pid=2**22 + 1))

    def attempt(_: int) -> Lock | None:
        try:
            return Lock.acquire(disk)
        except Busy:
            return None

    with ThreadPoolExecutor(8) as pool:
        got = [lock for lock in pool.map(attempt, range(32)) if lock is not None]
    assert len(got) == 1
    got[0].verify()


def test_the_lock_of_a_process_that_is_no_more_is_taken_over(disk: Disk, tmp_path: Path):
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    fields = Path(f"/proc/{child.pid}/stat").read_text().rpartition(")")[2].split()
    owner = msgspec.structs.replace(Owner.me(), pid=child.pid, process=fields[19])
    plant(tmp_path, owner)
    with pytest.raises(Busy):
        Lock.acquire(disk)
    child.communicate(b"\n")
    Lock.acquire(disk).verify()


def test_another_process_with_the_number_of_a_dead_one_is_not_taken_for_it(disk: Disk, tmp_path: Path):
    plant(tmp_path, msgspec.structs.replace(Owner.me(), process="1"))
    Lock.acquire(disk).verify()


def test_an_owner_on_another_machine_lives_as_long_as_its_heart_beats(disk: Disk, tmp_path: Path):
    elsewhere = msgspec.structs.replace(Owner.me(), host="elsewhere", pid=2**22 + 1)
    plant(tmp_path, elsewhere, age=DEAD_AFTER / 2)
    with pytest.raises(Busy):
        Lock.acquire(disk)
    plant(tmp_path, elsewhere, age=DEAD_AFTER + 1)
    Lock.acquire(disk).verify()


def test_an_owner_that_was_held_up_learns_that_it_lost_the_lock(disk: Disk, tmp_path: Path):
    first = Lock.acquire(disk)
    plant(tmp_path, first.owner, age=DEAD_AFTER + 1)
    second = Lock.acquire(disk)
    with pytest.raises(Busy, match="took over"):
        first.beat()
    first.release()
    second.verify()


def test_a_beat_makes_it_young_again(disk: Disk, tmp_path: Path):
    lock = Lock.acquire(disk)
    plant(tmp_path, lock.owner, age=DEAD_AFTER + 1)
    lock.beat()
    with pytest.raises(Busy):
        Lock.acquire(disk)


def test_a_lock_that_can_t_be_read_counts_as_held_until_it_is_old(disk: Disk, tmp_path: Path):
    (tmp_path / LOCK).write_bytes(b"")
    with pytest.raises(Busy):
        Lock.acquire(disk)
    then = time.time() - DEAD_AFTER - 1
    os.utime(tmp_path / LOCK, (then, then))
    Lock.acquire(disk).verify()


def test_one_that_died_while_it_took_over_stands_in_no_way(disk: Disk, tmp_path: Path):
    dead = msgspec.structs.replace(Owner.me(), pid=2**22 + 1)
    plant(tmp_path, dead)
    (tmp_path / f"{LOCK}.taking").write_bytes(msgspec.json.encode(dead))
    Lock.acquire(disk).verify()
    assert not (tmp_path / f"{LOCK}.taking").exists()
