import asyncio
import contextlib
import hashlib
import os
import resource
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from hubdrives.errors import BadConfig, Corrupt, DiskFull, HubdrivesError, Unavailable
from hubdrives.gateway.cache import SMALL, Cache, key_of
from hubdrives.gateway.metrics import Metrics
from hubdrives.model import Entry, Kind, Location

SMALL_DATA = b"small" * 10
LARGE_DATA = os.urandom(3 * SMALL + 17)


class Source:
    """A file at a provider that sends its pieces when the test lets it."""

    def __init__(self, data: bytes, *, free: bool = True) -> None:
        self.data, self.opened, self.failures = data, 0, list[HubdrivesError]()
        self._turns = asyncio.Semaphore(10**9 if free else 0)

    def let(self, pieces: int) -> None:
        for _ in range(pieces):
            self._turns.release()

    async def __call__(self) -> AsyncIterator[bytes]:
        self.opened += 1
        for start in range(0, len(self.data), SMALL):
            await self._turns.acquire()
            yield self.data[start : start + SMALL]
        if self.failures:
            raise self.failures.pop()


@pytest.fixture
async def make(tmp_path: Path):
    made: list[Cache] = []

    def cache(limit: int = 10 << 20) -> Cache:
        made.append(Cache(tmp_path / "cache", limit=limit, metrics=Metrics()))
        return made[-1]

    yield cache
    for one in made:
        await one.close()


async def read(cache: Cache, source: Source, key: str = "k", start: int = 0, stop: int | None = None) -> bytes:
    async with cache.open(named(key), source) as content:
        return b"".join([piece async for piece in content.read(start, stop)])


def named(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


def on_disk(folder: Path) -> int:
    return sum(path.stat().st_size for path in (folder / "cache" / "blobs").rglob("*") if path.is_file())


def left_over(folder: Path) -> list[Path]:
    return list((folder / "cache" / "tmp").iterdir())


@pytest.mark.parametrize("data", [b"", SMALL_DATA, b"x" * SMALL, b"x" * (SMALL + 1), LARGE_DATA])
async def test_what_was_read_once_is_not_fetched_again(make, tmp_path: Path, data: bytes) -> None:
    source, cache = Source(data), make()
    for _ in range(3):
        assert await read(cache, source) == data
    assert source.opened == 1
    assert left_over(tmp_path) == []


@pytest.mark.parametrize("data", [SMALL_DATA, LARGE_DATA])
async def test_it_is_kept_over_a_restart(make, data: bytes) -> None:
    assert await read(make(), Source(data)) == data
    again = Source(b"never asked")
    assert await read(make(), again) == data
    assert again.opened == 0


@pytest.mark.parametrize("data", [SMALL_DATA, LARGE_DATA])
async def test_many_who_want_it_at_once_share_one_download(make, data: bytes) -> None:
    source, cache = Source(data, free=False), make()
    reading = [asyncio.create_task(read(cache, source)) for _ in range(50)]
    await asyncio.sleep(0.01)
    source.let(100)
    assert await asyncio.gather(*reading) == [data] * 50
    assert source.opened == 1


async def test_a_large_file_is_handed_out_while_it_comes(make) -> None:
    source, cache = Source(LARGE_DATA, free=False), make()
    async with cache.open(named("k"), source) as content:
        source.let(2)
        pieces = content.read()
        got = b""
        while len(got) < 2 * SMALL:
            got += await anext(pieces)
        assert got == LARGE_DATA[: 2 * SMALL]
        assert content.blob is None
        source.let(10)
        async for piece in pieces:
            got += piece
        assert got == LARGE_DATA
        assert content.blob is not None
        assert content.blob.sha256 == hashlib.sha256(LARGE_DATA).hexdigest()
    assert source.opened == 1


@pytest.mark.parametrize(
    ("start", "stop"), [(0, 10), (SMALL - 5, SMALL + 5), (2 * SMALL, None), (len(LARGE_DATA), None), (5, 5)]
)
async def test_any_part_can_be_read_also_while_it_comes(make, start: int, stop: int | None) -> None:
    source, cache = Source(LARGE_DATA, free=False), make()
    reading = asyncio.create_task(read(cache, source, start=start, stop=stop))
    await asyncio.sleep(0.01)
    source.let(100)
    assert await reading == LARGE_DATA[start:stop]
    assert await read(cache, source, start=start, stop=stop) == LARGE_DATA[start:stop]


async def test_who_goes_away_does_not_stop_it_for_others_nor_for_later(make) -> None:
    source, cache = Source(LARGE_DATA, free=False), make()
    first, second = (asyncio.create_task(read(cache, source)) for _ in range(2))
    await asyncio.sleep(0.01)
    first.cancel()
    source.let(1)
    await asyncio.sleep(0.01)
    source.let(100)
    assert await second == LARGE_DATA
    third = asyncio.create_task(read(cache, Source(b"x"), "other"))
    await asyncio.sleep(0)
    third.cancel()
    assert await read(cache, source) == LARGE_DATA
    assert source.opened == 1


async def test_a_damaged_download_reaches_nobody_as_a_whole_and_is_not_kept(make, tmp_path: Path) -> None:
    source, cache = Source(LARGE_DATA), make()
    source.failures = [Corrupt("It is damaged.")]
    results = await asyncio.gather(*(read(cache, source) for _ in range(3)), return_exceptions=True)
    assert [str(result) for result in results] == ["It is damaged."] * 3
    assert (left_over(tmp_path), on_disk(tmp_path)) == ([], 0)
    assert await read(cache, source) == LARGE_DATA


async def test_of_a_small_file_the_damage_is_not_even_seen(make) -> None:
    source, cache = Source(SMALL_DATA), make()
    source.failures = [Corrupt("It is damaged.")]
    assert await read(cache, source) == SMALL_DATA
    assert source.opened == 2
    source.failures = [Corrupt("It stays so."), Corrupt("It is damaged.")]
    with pytest.raises(Corrupt, match="It stays so"):
        await read(cache, source, "other")


async def test_any_other_failure_is_told_and_forgotten(make) -> None:
    source, cache = Source(SMALL_DATA), make()
    source.failures = [Unavailable("Try later.")]
    with pytest.raises(Unavailable, match="Try later"):
        await read(cache, source)
    assert await read(cache, source) == SMALL_DATA


async def test_it_never_keeps_more_than_its_limit(make, tmp_path: Path) -> None:
    limit, size = 100_000, 9_000
    cache = make(limit)
    for number in range(40):
        await read(cache, Source(os.urandom(size)), f"file {number}")
        assert on_disk(tmp_path) <= limit
    assert on_disk(tmp_path) > limit // 2


async def test_what_was_used_last_stays(make, tmp_path: Path) -> None:
    cache = make(100_000)
    first = Source(os.urandom(9_000))
    await read(cache, first, "first")
    for number in range(30):
        for path in (tmp_path / "cache").rglob("*"):
            # The clock of a file system may be coarser than this test is fast.
            with contextlib.suppress(FileNotFoundError):  # swept away this moment
                moment = path.stat().st_mtime - 10
                os.utime(path, (moment, moment))
        await read(cache, Source(os.urandom(9_000)), f"file {number}")
        await read(cache, first, "first")
    assert first.opened == 1


async def test_what_is_being_read_may_be_swept_away(make, tmp_path: Path) -> None:
    cache = make(400_000)
    source = Source(LARGE_DATA)
    await read(cache, source)
    async with cache.open(named("k"), source) as content:
        pieces = content.read()
        got = await anext(pieces)
        for number in range(5):
            await read(cache, Source(os.urandom(150_000)), f"file {number}")
        async for piece in pieces:
            got += piece
    assert got == LARGE_DATA
    assert await read(cache, source) == LARGE_DATA
    assert source.opened == 2


async def test_somebody_may_empty_the_folder(make, tmp_path: Path) -> None:
    source, cache = Source(LARGE_DATA), make()
    await read(cache, source)
    for path in (tmp_path / "cache" / "blobs").rglob("*"):
        if path.is_file():
            path.unlink()
    assert await read(cache, source) == LARGE_DATA
    assert source.opened == 2


async def test_equal_content_is_kept_once(make, tmp_path: Path) -> None:
    cache = make()
    for number in range(5):
        await read(cache, Source(LARGE_DATA), f"file {number}")
    assert on_disk(tmp_path) == len(LARGE_DATA)


async def test_a_full_disk_fails_that_request_and_nothing_else(make, tmp_path: Path) -> None:
    cache = make()
    kept, large = Source(SMALL_DATA), Source(os.urandom(20 * SMALL))
    await read(cache, kept)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    # No file may grow beyond this: the nearest to a full disk that needs no rights.
    resource.setrlimit(resource.RLIMIT_FSIZE, (5 * SMALL, hard))
    try:
        with pytest.raises(DiskFull, match="gateway is full") as full:
            await read(cache, large, "large")
        assert "administrators" in full.value.hint
        assert await read(cache, kept) == SMALL_DATA
        assert await read(cache, Source(b"new"), "new") == b"new"
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert left_over(tmp_path) == []
    assert await read(cache, large, "large") == large.data


async def test_no_descriptor_is_left_open(make) -> None:
    cache, before = make(), len(list(Path("/proc/self/fd").iterdir()))
    for number in range(5):
        source = Source(LARGE_DATA + bytes([number]))
        source.failures = [Corrupt("It is damaged.")] if number == 2 else []
        for _ in range(2):
            await asyncio.gather(*(read(cache, source, f"{number}") for _ in range(3)), return_exceptions=True)
    async with cache.open(named("1"), Source(b"")) as content:
        await anext(content.read())
    assert len(list(Path("/proc/self/fd").iterdir())) == before


async def test_a_cut_download_is_resumed_by_nobody_after_the_end(make) -> None:
    source, cache = Source(LARGE_DATA, free=False), make()
    reading = asyncio.create_task(read(cache, source))
    await asyncio.sleep(0.01)
    await cache.close()
    with pytest.raises(Unavailable, match="restarted"):
        await reading


async def test_work_that_a_killed_gateway_left_is_cleared(make, tmp_path: Path) -> None:
    folder = tmp_path / "cache" / "tmp"
    folder.mkdir(parents=True)
    for name, age in (("old", 2 * 24 * 3600), ("young", 60)):
        (folder / name).write_bytes(b"half")
        moment = (folder / name).stat().st_mtime - age
        os.utime(folder / name, (moment, moment))
    make()
    assert [path.name for path in left_over(tmp_path)] == ["young"]


def test_a_folder_that_can_not_be_used_is_a_mistake_in_the_settings(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(BadConfig, match="cache folder"):
        Cache(tmp_path / "file", limit=1, metrics=Metrics())


def test_a_file_that_would_push_out_the_others_is_not_kept(tmp_path: Path) -> None:
    cache = Cache(tmp_path, limit=100, metrics=Metrics())
    assert (cache.takes(50), cache.takes(51), cache.takes(None)) == (True, False, True)


def test_the_key_tells_files_versions_and_exports_apart_but_not_ways_to_them() -> None:
    def key(path: str = "a/x", params: tuple[tuple[str, str], ...] = (), where: str = "here", **entry: str) -> str:
        location = Location(provider="p", id=where)
        return key_of(
            "c", location, Entry(path=path, kind=Kind.FILE, **{"id": "1", "version": "v", **entry}, params=params)
        )

    assert key() == key(path="x", where="elsewhere")
    different = [
        key(),
        key(id="2"),
        key(version="w"),
        key(params=(("export", "pdf"),)),
        key(id="", path="a/x"),
        key(id="", path="b"),
        key(id="", where="elsewhere"),
    ]
    assert len(set(different)) == len(different)
    assert key_of("c", Location(provider="p"), Entry(path="x", kind=Kind.FILE, id="1v", version="")) != key_of(
        "c", Location(provider="p"), Entry(path="x", kind=Kind.FILE, id="1", version="v")
    )
