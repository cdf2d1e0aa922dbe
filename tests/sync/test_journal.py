"""The journal: believed only as far as the disk confirms it."""

import errno
import hashlib
import os
from pathlib import Path

import pytest
from tests.sync.source import plant

from hubdrives.sync.disk import Calls, Disk
from hubdrives.sync.journal import Intent, Journal, Made, Moved, Placed, recover
from hubdrives.sync.layout import JOURNAL, TMP
from hubdrives.sync.values import Base, Record


@pytest.fixture
def disk(tmp_path: Path):
    (tmp_path / TMP).mkdir(parents=True)
    with Disk(tmp_path) as opened:
        yield opened


def record(content: bytes, version: str = "1") -> Record:
    return Record(version, len(content), f"sha256:{hashlib.sha256(content).hexdigest()}")


def intend(disk: Disk, *intents: Intent) -> None:
    journal = Journal(disk)
    for intent in intents:
        journal.intend(intent)
    journal.close()


def test_what_is_there_is_believed_with_the_time_and_inode_it_has(disk: Disk, tmp_path: Path):
    plant(tmp_path, {"x": b"two", "made": None, "x__1": b"mine"})
    intend(disk, Placed("x", record(b"two", "2")), Made("made"), Moved("x", "x__1"))
    found = recover(disk, Base(files={"x": record(b"one"), "y": record(b"y")}, trusted_before_ns=7))
    status = (tmp_path / "x").stat()
    known = found.base.files["x"]
    assert (known.version, known.mtime_ns, known.inode) == ("2", status.st_mtime_ns, status.st_ino)
    assert found.base.files["y"] == record(b"y")
    assert found.base.folders == {"made"}
    assert found.base.trusted_before_ns == 7
    assert found.renamed == (("x", "x__1"),)
    assert found.found


@pytest.mark.parametrize("there", [{}, {"x": b"one"}, {"x": b"TWO"}, {"x": b"longer"}, {"x": None}, {"x/y": b"two"}])
def test_what_is_not_there_is_not_believed(disk: Disk, tmp_path: Path, there: dict):
    plant(tmp_path, there)
    base = Base(files={"x": record(b"one")})
    intend(disk, Placed("x", record(b"two", "2")), Made("gone"), Moved("a", "b"))
    found = recover(disk, base)
    assert found.base == base
    assert found.renamed == ()


def test_of_several_intents_for_a_path_the_one_that_came_true_counts(disk: Disk, tmp_path: Path):
    plant(tmp_path, {"x": b"two"})
    intend(disk, Placed("x", record(b"one")), Placed("x", record(b"two", "2")), Placed("x", record(b"three", "3")))
    assert recover(disk, Base()).base.files["x"].version == "2"


def test_a_symlink_is_not_taken_for_what_it_leads_to(disk: Disk, tmp_path: Path):
    plant(tmp_path, {"elsewhere": b"two"})
    (tmp_path / "x").symlink_to("elsewhere")
    intend(disk, Placed("x", record(b"two")))
    assert recover(disk, Base()).base == Base()


def test_a_line_cut_short_costs_only_itself(tmp_path: Path):
    class Full(Calls):
        is_full = False

        def write(self, fd: int, data: bytes | memoryview) -> int:
            if self.is_full:
                os.write(fd, data[:10])
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            return os.write(fd, data)

    plant(tmp_path, {"x": b"x", "z": b"z", f"{TMP}/1": b""})
    calls = Full()
    with Disk(tmp_path, calls=calls) as disk:
        journal = Journal(disk)
        journal.intend(Placed("x", record(b"x")))
        calls.is_full = True
        with pytest.raises(OSError, match="space"):
            journal.intend(Placed("y", record(b"y")))
        calls.is_full = False
        journal.intend(Placed("z", record(b"z")))
        journal.close()
        assert set(recover(disk, Base()).base.files) == {"x", "z"}


def test_a_large_file_s_intent_is_made_durable_at_once_and_small_ones_together(tmp_path: Path):
    class Counting(Calls):
        synced = 0

        def fsync(self, fd: int) -> None:
            self.synced += 1

    (tmp_path / TMP).mkdir(parents=True)
    calls = Counting()
    with Disk(tmp_path, calls=calls) as disk:
        journal = Journal(disk)
        for number in range(63):
            journal.intend(Placed(f"{number}", record(b"x")))
        assert calls.synced == 0
        journal.intend(Placed("63", record(b"x")))
        assert calls.synced == 1
        journal.intend(Placed("large", Record("1", 1 << 20, "sha256:0")))
        assert calls.synced == 2
        journal.remove()
        assert not (tmp_path / JOURNAL).exists()
        assert recover(disk, Base()).found is False
