# ruff: noqa: S101 - asserts are what a test class is made of
"""What providers promise of reading files: a part of `contract.ProviderContract`, which is what to subclass."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import ClassVar, cast

import pytest

from hubdrives import digests
from hubdrives.errors import HubdrivesError, NotGranted, VersionGone
from hubdrives.model import Entry
from hubdrives.testing.world import LARGE, World

__all__ = ["ReadingContract"]


class ReadingContract:
    """What every provider promises of the bytes of files."""

    tells_digests: ClassVar[bool] = True
    """It tells digests of files."""
    keeps_versions: ClassVar[bool] = False
    """What was listed can be read when it has been replaced, too."""
    forwards: ClassVar[bool] = False
    """It stands before other providers: it tells their locations, and not what is missing from what may not be read."""
    served: ClassVar[bool] = True
    """It talks to a server, so its error table has something to say."""

    @pytest.fixture
    async def world(self) -> World:
        """An empty folder; each provider's own. A fixture that yields it may clean up after."""
        raise NotImplementedError

    @pytest.mark.parametrize(("start", "stop"), [(0, None), (0, 4), (3, 7), (7, None), (0, 0), (10, None), (4, 99)])
    async def test_any_part_of_a_file_can_be_read(self, world: World, start: int, stop: int | None) -> None:
        data = b"0123456789"
        await world.write("a.bin", data)
        entry = await world.provider.stat(await world.at("a.bin"))
        assert await world.read(entry, start=start, stop=stop) == data[start:stop]

    async def test_an_empty_file_can_be_read(self, world: World) -> None:
        await world.write("empty", b"")
        entry = await world.provider.stat(await world.at("empty"))
        assert entry.size == 0
        self._check_digest(entry, b"")
        assert await world.read(entry) == b""

    async def test_a_large_file_comes_in_small_pieces(self, world: World) -> None:
        await world.write("large.bin", LARGE)
        entry = await world.provider.stat(await world.at("large.bin"))
        pieces = [piece async for piece in world.provider.read(entry)]
        assert b"".join(pieces) == LARGE
        assert max(map(len, pieces)) <= len(LARGE) // 3  # for the memory's sake

    async def test_reading_may_be_given_up_half_way(self, world: World) -> None:
        await world.write("large.bin", LARGE)
        entry = await world.provider.stat(await world.at("large.bin"))
        async with aclosing(cast("AsyncGenerator[bytes, None]", world.provider.read(entry))) as pieces:
            first = await anext(pieces)
        assert LARGE.startswith(first)
        assert await world.read(entry, start=len(LARGE) - 3) == LARGE[-3:]

    @pytest.mark.parametrize("data", [b"other", b"much longer than before"])
    async def test_a_file_that_was_replaced_is_not_taken_for_the_old_one(self, world: World, data: bytes) -> None:
        if not self.tells_digests and len(data) == len(b"hello") and self.served:
            pytest.skip("nothing tells files of one size apart here")
        await world.write("a.txt", b"hello")
        entry = await world.provider.stat(await world.at("a.txt"))
        await world.write("a.txt", data)
        if self.keeps_versions:
            assert await world.read(entry) == b"hello"
            return
        with pytest.raises(VersionGone) as gone:
            await world.read(entry)
        world.check(gone.value)

    async def test_a_file_that_was_removed_is_gone(self, world: World) -> None:
        await world.write("a.txt", b"hello")
        entry = await world.provider.stat(await world.at("a.txt"))
        await world.remove("a.txt")
        with pytest.raises(self._or_hidden(VersionGone)) as gone:
            await world.read(entry)
        world.check(gone.value)

    def _check_digest(self, entry: Entry, data: bytes) -> None:
        assert (entry.digest is not None) == self.tells_digests
        if entry.digest is not None:
            algorithm = digests.algorithm_of(entry.digest)
            hasher = digests.hasher(algorithm)
            hasher.update(data)
            assert entry.digest == f"{algorithm}:{hasher.hexdigest()}"

    def _or_hidden(self, kind: type[HubdrivesError]) -> tuple[type[HubdrivesError], ...]:
        return (kind, NotGranted) if self.forwards else (kind,)
