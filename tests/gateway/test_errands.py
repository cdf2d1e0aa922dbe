"""Files that are told what will be opened next: what they then do, and when; without the endpoints."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest
from tests.gateway.bench import QUICK
from tests.gateway.library import EVERYONE, ONE_ZIP, Reading, reading

from hubdrives.connections import Connections
from hubdrives.errors import Unavailable
from hubdrives.gateway import bringing
from hubdrives.gateway.access import Place
from hubdrives.gateway.bringing import Errand
from hubdrives.gateway.cache import Cache
from hubdrives.gateway.files import Files
from hubdrives.gateway.metrics import Metrics
from hubdrives.model import Entry


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[Reading]:
    async with reading(tmp_path) as made:
        yield made


@asynccontextmanager
async def files_of(
    world: Reading, *, limit: int = 1 << 20, cache: type[Cache] = Cache
) -> AsyncIterator[tuple[Files, Place, Sequence[Entry]]]:
    """The gateway's files without its endpoints, with a cache of `limit` bytes; a place, and what is there."""
    settings = world.settings([EVERYONE], connections={"seafile": world.connection()})
    async with Connections(settings, environment={}, policy=QUICK) as connections:
        location = connections.root("seafile")
        entries = (await (await connections.provider("seafile")).snapshot(location)).files
        world.asked_seafile()
        metrics = Metrics()
        files = Files(connections, cache(world.folder / "own", limit=limit, metrics=metrics), metrics)
        yield files, Place(connection="seafile", location=location, boundary=location), entries
        await files.close()


async def contents(files: Files, place: Place, entries: Sequence[Entry], errand: Errand) -> dict[str, bytes]:
    """What is in the files, opened one after the other."""
    found = {}
    for entry in entries:
        async with files.open(place, entry, errand=errand) as content:
            found[entry.path] = b"".join([piece async for piece in content.read()])
    return found


async def test_a_few_more_travel_along_with_those_that_are_about_to_go(world: Reading) -> None:
    planted = world.plant(60)
    async with files_of(world) as (files, place, entries):
        await files.expect(place, entries[5:])
        errand = await files.expect(place, entries)
        assert (errand.late, len(errand.own)) == (frozenset(entries), 5)
        assert await contents(files, place, entries, errand) == planted
    assert world.asked_seafile() == ONE_ZIP


async def test_what_was_kept_since_one_looked_is_not_brought_again(world: Reading) -> None:
    looked = asyncio.Event()

    class SlowToLook(Cache):
        async def missing(self, keys: Iterable[str]) -> set[str]:
            found = await super().missing(keys)
            await looked.wait()
            return found

    planted = world.plant(60)
    async with files_of(world, cache=SlowToLook) as (files, place, entries):
        late = asyncio.create_task(files.expect(place, entries))
        await asyncio.sleep(0.05)
        assert await contents(files, place, entries, Errand()) == planted
        world.asked_seafile()
        looked.set()
        errand = await late
        assert len(errand.own) == 60
        assert await contents(files, place, entries, errand) == planted
        assert errand.own == set()
    assert world.asked_seafile() == {}


async def test_only_so_much_is_under_way_at_once(world: Reading, monkeypatch: pytest.MonkeyPatch) -> None:
    planted = world.plant(120)
    async with files_of(world) as (files, place, entries):
        monkeypatch.setattr(bringing, "MOST", max(entry.size or 0 for entry in entries) * 20)
        world.fault("dir.list", "delay", seconds=0.3, times=None)
        errands = [await files.expect(place, entries[at::6]) for at in range(6)]
        await asyncio.sleep(bringing.TOGETHER + 0.15)
        assert world.asked_seafile() == {"dir.list": 4}
        world.seafile.faults.set([])
        found = await asyncio.gather(
            *(contents(files, place, entries[at::6], errand) for at, errand in enumerate(errands))
        )
        assert {path: data for each in found for path, data in each.items()} == planted
    assert world.asked_seafile()["dir.list"] == 2


async def test_what_is_large_does_not_come_together_with_others(world: Reading) -> None:
    planted = world.plant(20)
    world.seafile.add_file("video.mp4", bytes(bringing.SMALL + 1))
    async with files_of(world, limit=64 << 20) as (files, place, entries):
        assert {entry.path for entry in (await files.expect(place, entries)).late} == planted.keys()


async def test_what_is_too_much_for_the_cache_is_not_brought_before_it_is_read(world: Reading) -> None:
    planted = world.plant(60)
    size = sum(map(len, planted.values()))
    async with files_of(world, limit=2 * size - 2) as (files, place, entries):
        assert await files.expect(place, entries) == Errand()
    async with files_of(world, limit=2 * size) as (files, place, entries):
        assert len((await files.expect(place, entries)).own) == 60


async def test_a_gateway_that_closes_ends_it_and_tells_who_waits(world: Reading) -> None:
    world.plant(60)
    async with AsyncExitStack() as stack:
        before = asyncio.all_tasks()
        files, place, entries = await stack.enter_async_context(files_of(world))
        world.fault("zip.get", "delay", seconds=5.0)
        errand = await files.expect(place, entries)
        content = await stack.enter_async_context(files.open(place, entries[0], errand=errand))
        waiting = asyncio.create_task(content.ready(whole=True))
        while not world.seafile.requests.by_operation["zip.get"]:
            await asyncio.sleep(0.01)
        async with asyncio.timeout(1.0):
            await files.close()
            with pytest.raises(Unavailable, match="restarted"):
                await waiting
        names = [getattr(task.get_coro(), "__qualname__", "") for task in asyncio.all_tasks() - before]
        assert [name for name in names if name.startswith(("Bringing.", "Cache."))] == []
    assert "files.get" not in world.seafile.requests.by_operation


def test_an_answer_comes_in_waves() -> None:
    most, small = bringing.MOST, bringing.SMALL
    sizes = [small, most, None, *[small] * 4, 0, small]
    waves = list(bringing.waves(sizes))
    assert [index for wave in waves for index in wave] == list(range(len(sizes)))
    assert [len(wave) for wave in waves] == [6, 3]
    assert [len(wave) for wave in bringing.waves([])] == [0]
