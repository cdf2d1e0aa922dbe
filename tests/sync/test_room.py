"""Room for files that are to come."""

import errno
import os
import sys
from pathlib import Path

import pytest

from hubdrives.sync.room import reserve

SIZE = 20 << 20


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux sets room aside")
def test_room_is_set_aside_and_the_length_stays(tmp_path: Path):
    with (tmp_path / "x").open("wb") as file:
        file.write(b"abc")
        file.flush()
        reserve(file.fileno(), SIZE)
        status = os.fstat(file.fileno())
        assert status.st_size == 3
        assert status.st_blocks * 512 >= SIZE
        file.write(b"def")
    assert (tmp_path / "x").read_bytes() == b"abcdef"


def test_without_room_nothing_is_set_aside(tmp_path: Path):
    disk = os.statvfs(tmp_path)
    with (tmp_path / "x").open("wb") as file:
        with pytest.raises(OSError, match="No space left") as raised:
            reserve(file.fileno(), 2 * disk.f_blocks * disk.f_frsize)
        assert raised.value.errno == errno.ENOSPC
        assert os.fstat(file.fileno()).st_blocks == 0


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux sets room aside")
def test_what_was_set_aside_before_a_kill_is_no_room_that_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    with (tmp_path / "x").open("wb") as file:
        reserve(file.fileno(), SIZE)
        monkeypatch.setattr(os, "fstatvfs", lambda _fd: told(blocks=1 << 20, free=0))
        reserve(file.fileno(), SIZE)
        with pytest.raises(OSError, match="No space left"):
            reserve(file.fileno(), 2 * SIZE)


def test_a_file_system_that_does_not_tell_its_room_is_not_taken_for_full(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """What a file system in user space answers that has no `statfs`."""
    monkeypatch.setattr(os, "fstatvfs", lambda _fd: told(blocks=0, free=0))
    with (tmp_path / "x").open("wb") as file:
        reserve(file.fileno(), SIZE)


def told(*, blocks: int, free: int) -> os.statvfs_result:
    return os.statvfs_result((512, 512, blocks, free, free, 0, 0, 0, 0, 255))


def test_a_file_system_that_can_t_is_left_in_peace():
    with Path("/dev/null").open("wb") as file:
        reserve(file.fileno(), 1)
