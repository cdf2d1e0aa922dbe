"""The store: upstream's side of conflicts, bounded."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.sync.source import hidden

from hubdrives.model import Entry, Kind
from hubdrives.sync.disk import Disk
from hubdrives.sync.layout import STORE_INDEX, TMP
from hubdrives.sync.parts import Part
from hubdrives.sync.store import MAX_AGE, Store, Stored

NOW = datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC)


@pytest.fixture
def disk(tmp_path: Path):
    (tmp_path / TMP).mkdir(parents=True)
    with Disk(tmp_path) as opened:
        yield opened


def add(disk: Disk, path: str, content: bytes, *, when: datetime = NOW) -> Stored:
    part = Part(disk=disk, entry=Entry(path=path, kind=Kind.FILE), name="1.part")
    part.write(content)
    stored = Store(disk).add(part, when=when, why="Because.")
    part.close()
    return stored


def test_what_was_added_is_there_under_its_digest_and_told_in_the_index(disk: Disk, tmp_path: Path):
    stored = add(disk, "a/x", b"one")
    assert (tmp_path / stored.file).read_bytes() == b"one"
    assert Store(disk).contents() == [stored]
    assert (stored.path, stored.when, stored.why, stored.size) == ("a/x", NOW, "Because.", 3)


def test_equal_bytes_are_kept_once(disk: Disk, tmp_path: Path):
    assert add(disk, "x", b"one").file == add(disk, "y", b"one").file
    assert [stored.path for stored in Store(disk).contents()] == ["x", "y"]
    assert hidden(tmp_path) == {b"one"}


def test_the_oldest_go_first_when_it_is_too_much(disk: Disk, tmp_path: Path):
    for number in range(5):
        add(disk, f"f{number}", b"%d" % number * 10)
    Store(disk).prune(now=NOW, keep=(), max_bytes=25)
    assert hidden(tmp_path) == {b"3" * 10, b"4" * 10}
    assert [stored.path for stored in Store(disk).contents()] == ["f3", "f4"]


def test_what_is_too_old_goes(disk: Disk, tmp_path: Path):
    add(disk, "old", b"old", when=NOW - MAX_AGE - timedelta(seconds=1))
    add(disk, "young", b"young", when=NOW - MAX_AGE)
    Store(disk).prune(now=NOW, keep=())
    assert hidden(tmp_path) == {b"young"}


def test_what_the_last_report_speaks_of_stays_in_its_newest_version(disk: Disk, tmp_path: Path):
    add(disk, "x", b"x, older")
    add(disk, "x", b"x, newer")
    add(disk, "y", b"y")
    Store(disk).prune(now=NOW + MAX_AGE * 2, keep=["x"], max_bytes=1)
    assert hidden(tmp_path) == {b"x, newer"}


def test_a_file_without_an_index_line_is_removed_and_a_damaged_line_hurts_nothing(disk: Disk, tmp_path: Path):
    add(disk, "x", b"one")
    (tmp_path / STORE_INDEX).write_bytes(b'{"path": "torn' + (tmp_path / STORE_INDEX).read_bytes())
    orphan = add(disk, "y", b"two")
    lines = (tmp_path / STORE_INDEX).read_bytes().splitlines()
    (tmp_path / STORE_INDEX).write_bytes(b"\n".join(lines[:-1]))
    Store(disk).prune(now=NOW, keep=())
    assert not (tmp_path / orphan.file).exists()
    assert hidden(tmp_path) == {b"one"}


def test_nothing_is_made_where_there_never_was_a_conflict(disk: Disk, tmp_path: Path):
    Store(disk).prune(now=NOW, keep=())
    assert Store(disk).contents() == []
    assert list((tmp_path / ".hubdrives").iterdir()) == [tmp_path / TMP]
