"""However large a file is, the gateway holds a piece of it only."""

import tracemalloc
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.gateway.bench import Bench
from tests.gateway.questions import EVERYONE
from tests.gateway.shelves import shelved
from tests.testing.shelf import ShelfProvider

from hubdrives.model import Entry, Kind
from hubdrives.providers.gateway import Gateway
from hubdrives.testing.emulators.content import Content

SIZE = 96 << 20
MOST = 24 << 20
"""Bytes that the Drive, the gateway and the client together may hold: they are one process here."""


@pytest.mark.parametrize("kept", [True, False], ids=["kept", "passed through"])
async def test_a_file_that_is_too_large_to_hold_is_handed_on_in_pieces(bench: Bench, tmp_path: Path, kept: bool):
    file = tmp_path / "huge.bin"
    with file.open("wb") as empty:
        empty.truncate(SIZE)
    content = Content(size=SIZE, path=file, mtime_ns=file.stat().st_mtime_ns)
    bench.drive.tree.add("huge.bin", parent=bench.drive.root, kind="file", content=content)
    await bench.start(EVERYONE, cache_bytes=SIZE * 3 if kept else SIZE)
    provider = bench.connect(bench.people.token("alice"))
    location = Gateway.parse(bench.drive.location, base_url=bench.url)
    assert location is not None
    entry = (await provider.snapshot(location)).files[0]
    tracemalloc.start()
    try:
        alone = sum([len(piece) async for piece in provider.read(entry)])
        among_others = sum([len(piece.data) async for piece in provider.read_many([entry])])
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert alone == among_others == SIZE
    assert bench.asked()["files.media"] == (1 if kept else 2)
    assert peak < MOST


class Zeros:
    """A large file of nothing."""

    size = SIZE

    async def read(self, start: int = 0, stop: int | None = None) -> AsyncIterator[bytes]:
        position, end = start, self.size if stop is None else stop
        while position < end:
            yield bytes(min(256 << 10, end - position))
            position += 256 << 10


async def test_a_file_that_is_written_is_handed_on_in_pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    taken = 0

    async def write(_self, _parent, name, content, **_options):
        nonlocal taken
        async for piece in content.read():
            taken += len(piece)
        return Entry(path=name, kind=Kind.FILE, size=content.size, version="1")

    monkeypatch.setattr(ShelfProvider, "write", write)
    async with shelved(tmp_path) as world:
        await world.open()
        tracemalloc.start()
        try:
            entry = await world.provider.write(world.location, "huge.bin", Zeros())
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert (entry.size, taken) == (SIZE, SIZE)
    assert peak < MOST
