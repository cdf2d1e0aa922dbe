"""The journal: believed only as far as the disk confirms it."""

import errno
import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.sync.source import plant

from hubdrives.model import Report
from hubdrives.sync.deeds import Act, Begun, Deed, Made, Moved, Placed, Removed, Unmade, What
from hubdrives.sync.disk import Calls, Disk
from hubdrives.sync.journal import Journal, recover
from hubdrives.sync.layout import DEED, JOURNAL, STORE, TMP
from hubdrives.sync.store import Shelf
from hubdrives.sync.values import Base, Record


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    (tmp_path / TMP).mkdir(parents=True)
    with Disk(tmp_path) as opened:
        yield opened


def record(content: bytes, version: str = "1") -> Record:
    return Record(version, len(content), f"sha256:{hashlib.sha256(content).hexdigest()}")


def placed(path: str, content: bytes, version: str = "1", *, is_user_s: bool = False) -> Placed:
    known = record(content, version)
    return Placed(path=path, size=known.size, digest=known.digest, record=known, was_user_s=is_user_s)


def intend(disk: Disk, *acts: Act, begun: Begun | None = None) -> None:
    journal = Journal(disk)
    if begun is not None:
        journal.begin(begun)
    for act in acts:
        journal.intend(act)
    journal.close()


# What is believed.


def test_what_is_there_is_believed_with_the_time_and_inode_it_has(disk: Disk, tmp_path: Path):
    plant(tmp_path, {"x": b"two", "made": None, "x__1": b"mine"})
    acts = (placed("x", b"two", "2"), Made("made"), Moved("x", "x__1"))
    intend(disk, *acts)
    base = Base(files={"x": record(b"one"), "y": record(b"y")}, trusted_before_ns=7)
    found = recover(disk, base)
    status = (tmp_path / "x").stat()
    known = found.base.files["x"]
    assert (known.version, known.mtime_ns, known.inode) == ("2", status.st_mtime_ns, status.st_ino)
    assert found.base.files["y"] == record(b"y")
    assert (found.base.folders, found.base.trusted_before_ns) == ({"made"}, 7)
    assert (found.acts, found.told, found.what, found.found) == (acts, None, What.PULL, True)


@pytest.mark.parametrize("there", [{}, {"x": b"one"}, {"x": b"TWO"}, {"x": b"longer"}, {"x": None}, {"x/y": b"two"}])
def test_what_is_not_there_is_not_believed(disk: Disk, tmp_path: Path, there: dict):
    plant(tmp_path, {**there, "still": b"there", "full/x": b"x"})
    base = Base(files={"x": record(b"one"), "still": record(b"there")}, folders=frozenset({"full"}))
    intend(disk, placed("x", b"two", "2"), Made("gone"), Moved("a", "b"), Removed("still"), Unmade("full"))
    found = recover(disk, base)
    assert (found.base, found.acts) == (base, ())


def test_what_is_gone_is_known_no_more(disk: Disk):
    acts = (Removed("x"), Unmade("folder"))
    intend(disk, *acts)
    found = recover(disk, Base(files={"x": record(b"one")}, folders=frozenset({"folder"})))
    assert (found.base.files, found.base.folders, found.acts) == ({}, frozenset(), acts)


def test_a_file_that_followed_upstream_has_its_record_under_the_new_name(disk: Disk, tmp_path: Path):
    plant(tmp_path, {"new": b"one", "aside": b"mine"})
    intend(disk, Moved("old", "new", is_upstream_s=True), Moved("x", "aside"))
    found = recover(disk, Base(files={"old": record(b"one"), "x": record(b"x")}))
    assert found.base.files == {"new": record(b"one"), "x": record(b"x")}


@pytest.mark.parametrize("taken", [Made("old"), placed("old", b"else")])
def test_it_is_known_there_too_when_something_else_took_the_old_name(disk: Disk, tmp_path: Path, taken: Made | Placed):
    plant(tmp_path, {"new": b"one", "old": None if isinstance(taken, Made) else b"else"})
    acts = (Moved("old", "new", is_upstream_s=True), taken)
    intend(disk, *acts)
    found = recover(disk, Base(files={"old": record(b"one")}))
    assert found.acts == acts
    assert found.base.files["new"] == record(b"one")


def test_a_copy_by_the_user_is_no_sign_that_a_file_was_renamed(disk: Disk, tmp_path: Path):
    plant(tmp_path, {"new": b"one", "old": b"one"})
    intend(disk, Moved("old", "new", is_upstream_s=True))
    assert recover(disk, Base(files={"old": record(b"one")})).acts == ()


def test_a_merged_file_is_not_taken_for_upstream_s_bytes(disk: Disk, tmp_path: Path):
    plant(tmp_path, {"x": b"merged"})
    merged = record(b"merged")
    act = Placed(path="x", size=6, digest=merged.digest, record=record(b"theirs", "2"), replaced=True, was_user_s=True)
    intend(disk, act)
    known = recover(disk, Base(files={"x": record(b"base")})).base.files["x"]
    assert (known.version, known.digest, known.mtime_ns, known.inode) == ("2", record(b"theirs").digest, 0, 0)


def test_a_file_that_upstream_does_not_have_is_the_user_s(disk: Disk, tmp_path: Path):
    plant(tmp_path, {"x": b"one"})
    intend(disk, Placed(path="x", size=3, digest=record(b"one").digest))
    found = recover(disk, Base(files={"x": record(b"one")}))
    assert (found.base.files, len(found.acts)) == ({}, 1)


def test_of_several_intents_for_a_path_the_one_that_came_true_counts(disk: Disk, tmp_path: Path):
    plant(tmp_path, {"x": b"two"})
    intend(disk, placed("x", b"one"), placed("x", b"two", "2"), placed("x", b"three", "3"))
    assert recover(disk, Base()).base.files["x"].version == "2"


def test_a_symlink_is_not_taken_for_what_it_leads_to(disk: Disk, tmp_path: Path):
    plant(tmp_path, {"elsewhere": b"two"})
    (tmp_path / "x").symlink_to("elsewhere")
    intend(disk, placed("x", b"two"))
    assert recover(disk, Base()).base == Base()


# Whose it is.


def test_the_deed_is_named_with_its_first_act_only(disk: Disk, tmp_path: Path):
    journal = Journal(disk)
    journal.begin(Begun(id="1", what=What.UNDO))
    assert not (tmp_path / JOURNAL).exists()
    journal.intend(Made("a"))
    journal.intend(Made("b"))
    journal.close()
    assert (tmp_path / JOURNAL).read_bytes().count(b"begun") == 1
    assert recover(disk, Base()).what is What.UNDO


def test_what_a_deed_in_the_store_has_is_known_but_not_told_a_second_time(disk: Disk, tmp_path: Path):
    plant(tmp_path, {"killed": b"one", "told": b"two", "since": b"three"})
    names = [f"2024-01-02T03040{number}" for number in range(3)]
    acts = [placed("killed", b"one"), placed("told", b"two"), placed("since", b"three")]
    for name, act in zip(names, acts, strict=True):
        intend(disk, act, begun=Begun(id=name, what=What.PULL))
    moment = "2024-01-02T03:04:05Z"
    deed = Deed(id=names[1], what=What.PULL, when=moment, report=Report(added=["told"]), acts=tuple(acts[:2]))
    Shelf(disk, names[1]).write(deed)
    found = recover(disk, Base())
    assert set(found.base.files) == {"killed", "told", "since"}
    assert found.acts == (acts[2],)
    assert found.told is not None
    assert (found.told.report.added, found.told.acts) == (["told"], (acts[0], acts[1]))
    # Damaged, it is as if it had never been written.
    (tmp_path / STORE / names[1] / DEED).write_bytes(b"{")
    found = recover(disk, Base())
    assert (found.acts, found.told) == (tuple(acts), None)


# How it is written.


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
        journal.begin(Begun(id="1", what=What.RESET))
        calls.is_full = True
        with pytest.raises(OSError, match="space"):
            journal.intend(placed("x", b"x"))
        calls.is_full = False
        journal.intend(placed("x", b"x"))
        calls.is_full = True
        with pytest.raises(OSError, match="space"):
            journal.intend(placed("y", b"y"))
        calls.is_full = False
        journal.intend(placed("z", b"z"))
        journal.close()
        found = recover(disk, Base())
        assert (set(found.base.files), found.what) == ({"x", "z"}, What.RESET)


@pytest.mark.parametrize("content", [b"", b"\n\n", b"\xff\n", b'{"type": "unknown"}\n', b"[1, 2]\n"])
def test_what_makes_no_sense_is_passed_over(disk: Disk, tmp_path: Path, content: bytes):
    (tmp_path / JOURNAL).write_bytes(content)
    found = recover(disk, Base())
    assert (found.base, found.acts, found.found) == (Base(), (), True)


@pytest.mark.parametrize(
    "act",
    [
        placed("large", b"x" * (1 << 20)),
        placed("mine", b"x", is_user_s=True),
        Removed("mine", was_user_s=True),
        Moved("mine", "aside"),
    ],
)
def test_what_matters_most_is_made_durable_at_once_and_small_things_together(tmp_path: Path, act: Act):
    class Counting(Calls):
        synced = 0

        def fsync(self, fd: int) -> None:
            self.synced += 1

    (tmp_path / TMP).mkdir(parents=True)
    calls = Counting()
    with Disk(tmp_path, calls=calls) as disk:
        journal = Journal(disk)
        for number in range(63):
            journal.intend(placed(f"{number}", b"x"))
        assert calls.synced == 0
        journal.intend(Removed("63"))
        assert calls.synced == 1
        journal.intend(act)
        assert calls.synced == 2
        journal.remove()
        assert not (tmp_path / JOURNAL).exists()
        assert recover(disk, Base()).found is False
