"""However large a file is, the gateway holds a piece of it only."""

import tracemalloc
from pathlib import Path

import pytest
from tests.gateway.bench import Bench
from tests.gateway.questions import EVERYONE

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
