"""Bytes on their way out."""

import asyncio
import os
from contextlib import suppress
from pathlib import Path

import pytest

from hubdrives.content import Bytes, File, Slice
from hubdrives.errors import BadInput, LocalFailure

DATA = bytes(range(256)) * 4 * 4096


@pytest.fixture(params=["bytes", "file"])
def content(request, tmp_path: Path):
    if request.param == "bytes":
        return Bytes(DATA)
    (tmp_path / "data").write_bytes(DATA)
    return File.at(tmp_path / "data")


async def read(content, *part: int | None) -> bytes:
    return b"".join([piece async for piece in content.read(*part)])


@pytest.mark.parametrize(
    ("start", "stop"),
    [(0, None), (5, None), (5, 300_000), (len(DATA), None), (len(DATA) - 1, len(DATA) + 9), (7, 7)],
)
async def test_any_part_can_be_read_as_often_as_needed(content, start, stop):
    assert content.size == len(DATA)
    assert [await read(content, start, stop) for _ in range(2)] == [DATA[start:stop]] * 2


async def test_it_comes_in_pieces(content):
    sizes = [len(piece) async for piece in content.read()]
    assert len(sizes) == 4
    assert max(sizes) == 1 << 20


@pytest.mark.parametrize("change", ["other bytes", "shorter", "another file", "gone"])
async def test_a_file_that_is_changed_meanwhile_is_noticed(tmp_path: Path, change):
    path = tmp_path / "data"
    path.write_bytes(DATA)
    content = File.at(path)
    if change == "other bytes":
        path.write_bytes(DATA[::-1])
        os.utime(path, ns=(1, 1))
    elif change == "shorter":
        os.truncate(path, 10)
    elif change == "another file":
        (tmp_path / "new").write_bytes(DATA)
        (tmp_path / "new").replace(path)
    else:
        path.unlink()
    with pytest.raises(LocalFailure):
        await read(content)


async def test_a_file_that_is_cut_while_it_is_read_is_noticed(tmp_path: Path):
    path = tmp_path / "data"
    path.write_bytes(DATA)
    pieces = File.at(path).read()
    await anext(pieces)
    os.truncate(path, 300_000)
    with pytest.raises(LocalFailure, match="changed"):
        async for _ in pieces:
            pass


def test_what_is_no_file_is_refused(tmp_path: Path):
    with pytest.raises(BadInput, match="no file"):
        File.at(tmp_path / "missing")
    with pytest.raises(BadInput, match="no file"):
        File.at(tmp_path)


def test_a_repr_shows_no_bytes():
    assert "secret" not in repr(Bytes(b"secret"))


async def test_a_slice_is_a_content_of_its_own():
    part = Slice(Bytes(b"0123456789"), 2, 7)
    assert part.size == 5
    assert await read(part) == b"23456"
    assert await read(part, 1, 3) == b"34"
    assert await read(part, 3, 99) == b"56"


async def test_whoever_stops_in_the_middle_leaves_nothing_open(tmp_path: Path):
    path = tmp_path / "data"
    path.write_bytes(DATA)
    pieces = File.at(path).read()
    assert await anext(pieces) == DATA[: 1 << 20]
    assert path in _open_files()
    await pieces.aclose()
    assert path not in _open_files()


@pytest.mark.parametrize("turns", range(6))
def test_a_program_that_ends_in_the_middle_leaves_nothing_open(tmp_path: Path, turns: int):
    path = tmp_path / "data"
    path.write_bytes(DATA)
    pieces = File.at(path).read()

    async def ended() -> None:
        await anext(pieces)
        # As when a request's task that reads it is cancelled, and nobody waits for that.
        closing = asyncio.get_running_loop().create_task(pieces.aclose())
        for _ in range(turns):
            await asyncio.sleep(0)
        closing.cancel()

    asyncio.run(ended())
    assert path not in _open_files()


def _open_files() -> set[Path]:
    found = set()
    for descriptor in Path("/proc/self/fd").iterdir():
        with suppress(FileNotFoundError):
            found.add(descriptor.readlink())
    return found
