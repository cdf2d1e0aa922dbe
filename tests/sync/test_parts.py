"""Bytes that arrive."""

import hashlib
import stat
from pathlib import Path

import pytest
from tests.sync.source import tree_of

from hubdrives.errors import Corrupt
from hubdrives.model import Entry, Kind
from hubdrives.sync.disk import Disk
from hubdrives.sync.layout import TMP
from hubdrives.sync.parts import Part


@pytest.fixture
def disk(tmp_path: Path):
    (tmp_path / TMP).mkdir(parents=True)
    with Disk(tmp_path) as opened:
        yield opened


def part(disk: Disk, *, size: int | None = None, digest: str | None = None) -> Part:
    return Part(disk=disk, entry=Entry(path="x", kind=Kind.FILE, version="7", size=size, digest=digest), name="1.part")


def test_a_sealed_part_tells_what_its_file_will_be(disk: Disk, tmp_path: Path):
    arriving = part(disk, size=6, digest="md5:" + hashlib.md5(b"onetwo").hexdigest())
    arriving.write(b"one")
    arriving.write(b"two")
    arriving.check()
    known = arriving.seal(mtime_ns=5 * 10**9, mode=0o600)
    status = (tmp_path / TMP / "1.part").stat()
    assert (known.version, known.size, known.digest) == ("7", 6, "sha256:" + hashlib.sha256(b"onetwo").hexdigest())
    assert (known.mtime_ns, known.inode) == (status.st_mtime_ns, status.st_ino) == (5 * 10**9, status.st_ino)
    assert stat.S_IMODE(status.st_mode) == 0o600
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
