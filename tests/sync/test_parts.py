"""Bytes that arrive."""

import hashlib
import os
from pathlib import Path

import pytest
from tests.sync.source import tree_of

from hubdrives.errors import Corrupt, LocalFailure
from hubdrives.sync.disk import Disk
from hubdrives.sync.layout import TMP
from hubdrives.sync.parts import Part


@pytest.fixture
def disk(tmp_path: Path):
    (tmp_path / TMP).mkdir(parents=True)
    with Disk(tmp_path) as opened:
        yield opened


def part(disk: Disk, *, size: int | None = None, digest: str | None = None) -> Part:
    return Part(disk=disk, shown="x", name="1.part", size_promised=size, digest_promised=digest)


def test_a_sealed_part_tells_what_its_file_will_be(disk: Disk, tmp_path: Path):
    arriving = part(disk, size=6, digest="md5:" + hashlib.md5(b"onetwo").hexdigest())
    arriving.write(b"one")
    arriving.write(b"two")
    arriving.check()
    thing = arriving.seal(mtime_ns=5 * 10**9, mode=0o600)
    assert (arriving.size, arriving.digest) == (6, "sha256:" + hashlib.sha256(b"onetwo").hexdigest())
    assert thing == disk.look(arriving.path)
    assert (thing.size, thing.mtime_ns, thing.mode) == (6, 5 * 10**9, 0o600)
    assert arriving.content() == b"onetwo"
    arriving.discard()
    assert list((tmp_path / TMP).iterdir()) == []
    assert tree_of(tmp_path) == {}


def test_an_empty_file_is_a_file(disk: Disk, tmp_path: Path):
    arriving = part(disk, size=0)
    arriving.write(b"")
    arriving.check()
    assert (tmp_path / TMP / "1.part").read_bytes() == b""
    arriving.close()


@pytest.mark.parametrize("content", [b"on", b"ONE"])
def test_other_bytes_than_promised_are_told(disk: Disk, content: bytes):
    arriving = part(disk, size=3, digest="sha1:" + hashlib.sha1(b"one").hexdigest())
    arriving.write(content)
    with pytest.raises(Corrupt):
        arriving.check()
    arriving.discard()


def test_more_bytes_than_promised_are_not_even_written(disk: Disk, tmp_path: Path):
    arriving = part(disk, size=3)
    arriving.write(b"one")
    with pytest.raises(Corrupt):
        arriving.write(b"x" * 1000)
    assert (tmp_path / TMP / "1.part").stat().st_size == 3
    arriving.discard()


def test_upper_case_digests_are_digests_too(disk: Disk):
    arriving = part(disk, digest="md5:" + hashlib.md5(b"one").hexdigest().upper())
    arriving.write(b"one")
    arriving.check()
    arriving.discard()


@pytest.mark.parametrize("mode", [None, 0o640])
def test_a_mode_is_set_only_if_there_is_one(disk: Disk, mode: int | None):
    arriving = part(disk)
    arriving.write(b"one")
    before = os.umask(0o027)
    os.umask(before)
    thing = arriving.seal(mtime_ns=1, mode=mode)
    assert thing.mode == (0o666 & ~before if mode is None else mode)
    arriving.discard()


def test_it_is_told_whether_there_is_something_to_discard_and_whether_it_took_its_place(disk: Disk, tmp_path: Path):
    arriving = part(disk)
    assert (arriving.is_open, arriving.is_there) == (False, False)
    arriving.discard()
    arriving.write(b"one")
    assert (arriving.is_open, arriving.is_there) == (True, True)
    disk.move(arriving.path, "x")
    assert (arriving.is_open, arriving.is_there) == (True, False)
    arriving.discard()
    assert tree_of(tmp_path) == {"x": b"one"}


def test_a_failure_names_the_file_and_not_the_part(disk: Disk, tmp_path: Path):
    (tmp_path / TMP / "1.part").write_bytes(b"another's")
    with pytest.raises(LocalFailure, match="'x' can't be"):
        part(disk).write(b"one")
    assert (tmp_path / TMP / "1.part").read_bytes() == b"another's"


def test_a_large_one_has_its_room_from_its_first_byte(disk: Disk, tmp_path: Path):
    arriving = part(disk, size=20 << 20)
    arriving.write(b"x")
    status = (tmp_path / arriving.path).stat()
    assert (status.st_size, status.st_blocks * 512 >= 20 << 20) == (1, True)
    arriving.discard()
