"""A file on its way out of a working folder."""

import os

import pytest

from hubdrives.errors import LocalFailure
from hubdrives.sync.disk import Disk
from hubdrives.sync.outgoing import Outgoing


async def read(content, *part):
    return b"".join([piece async for piece in content.read(*part)])


async def test_any_part_can_be_read_as_often_as_needed(tmp_path):
    data = os.urandom(700_000)
    (tmp_path / "f").write_bytes(data)
    with Disk(tmp_path) as disk:
        content = Outgoing(disk, "f", disk.look("f"))
        assert content.size == len(data)
        for part in ((), (0, 10), (300_000,), (300_000, 10**9), (5, 5)):
            assert await read(content, *part) == data[part[0] if part else 0 : part[1] if part[1:] else None]


@pytest.mark.parametrize("change", ["write", "truncate", "replace", "symlink", "remove"])
async def test_what_changed_meanwhile_is_noticed(tmp_path, change):
    (tmp_path / "f").write_bytes(b"one")
    with Disk(tmp_path) as disk:
        content = Outgoing(disk, "f", disk.look("f"))
        match change:
            case "write":
                (tmp_path / "f").write_bytes(b"longer")
            case "truncate":
                os.truncate(tmp_path / "f", 0)
            case "replace":
                (tmp_path / "g").write_bytes(b"one")
                (tmp_path / "g").rename(tmp_path / "f")
            case "symlink":
                (tmp_path / "f").rename(tmp_path / "g")
                (tmp_path / "f").symlink_to(tmp_path / "g")
            case "remove":
                (tmp_path / "f").unlink()
        with pytest.raises(LocalFailure):
            await read(content)
