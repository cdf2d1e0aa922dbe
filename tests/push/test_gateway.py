"""A push through the gateway, which holds listings for a while: a pull right after it brings nothing back."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.gateway.shelves import ShelfBehindAGateway, shelved
from tests.push.world import happened, paths

from hubdrives.pull import pull
from hubdrives.push import push


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[ShelfBehindAGateway]:
    async with shelved(tmp_path) as made:
        await made.open(fresh_seconds=600.0)
        yield made


async def test_what_was_pushed_is_what_the_next_pull_finds(world, tmp_path):
    mine = tmp_path / "mine"
    await world.write("a.bin", b"a1")
    await world.write("b.bin", b"b1")
    await pull(world.provider, world.location, mine)
    (mine / "a.bin").write_bytes(b"a2")
    (mine / "new").mkdir()
    (mine / "new/c.bin").write_bytes(b"c")
    report = await push(world.provider, world.location, mine)
    assert report.uploaded == ["a.bin", "new/c.bin"], report
    assert happened(await pull(world.provider, world.location, mine)) == {}
    assert (mine / "a.bin").read_bytes() == b"a2"
    assert (await push(world.provider, world.location, mine)).uploaded == []
    assert await world.history("a.bin") == [b"a2", b"a1"]


async def test_who_wrote_behind_the_gateway_s_held_listing_is_not_overwritten(world, tmp_path):
    mine = tmp_path / "mine"
    await world.write("a.bin", b"a1")
    await pull(world.provider, world.location, mine)
    await world.write("a.bin", b"theirs")
    (mine / "a.bin").write_bytes(b"mine")
    report = await push(world.provider, world.location, mine)
    assert (report.uploaded, paths(report.waiting)) == ([], ["a.bin"])
    assert await world.history("a.bin") == [b"theirs", b"a1"]
