# ruff: noqa: S101 - asserts are what a test class is made of
"""What providers promise that tell of files while they list others. As `contract_abilities`."""

from collections.abc import Sequence

from hubdrives.errors import NotFound
from hubdrives.model import Entry, Kind, Location, Snapshot
from hubdrives.providers.base import ListsAhead
from hubdrives.testing.contract_abilities import AbilityContract
from hubdrives.testing.world_abilities import AbleWorld

__all__ = ["ListsAheadContract"]


class ListsAheadContract(AbilityContract):
    """What `ListsAhead` promises."""

    async def test_it_lists_ahead(self, world: AbleWorld) -> None:
        assert isinstance(world.provider, ListsAhead)

    async def test_all_files_are_told_once_and_as_the_snapshot_has_them(self, world: AbleWorld) -> None:
        for path in ("a.txt", "deep/b.txt", "deep/er/c.txt", "other/b.txt"):
            await world.write(path, path.encode())
        await world.make_folder("none in it")
        snapshot, told = await self._told(world, world.location)
        files = [entry for some in told for entry in some]
        assert tuple(sorted(files, key=lambda entry: entry.path)) == snapshot.files
        assert snapshot == await world.provider.snapshot(world.location)

    async def test_not_all_of_them_wait_for_the_last(self, world: AbleWorld) -> None:
        for path in ("a.txt", "deep/b.txt", "deep/er/c.txt"):
            await world.write(path, path.encode())
        _snapshot, told = await self._told(world, world.location)
        assert len([some for some in told if some]) > 1

    async def test_what_was_told_can_be_read(self, world: AbleWorld) -> None:
        await world.write("deep/b.txt", b"b")
        _snapshot, told = await self._told(world, world.location)
        assert [await world.read(entry) for some in told for entry in some] == [b"b"]

    async def test_of_a_file_nothing_is_told_ahead(self, world: AbleWorld) -> None:
        await world.write("a.txt", b"a")
        location = await world.at("a.txt")
        snapshot, told = await self._told(world, location)
        assert (snapshot.kind, [some for some in told if some]) == (Kind.FILE, [])
        assert snapshot == await world.provider.snapshot(location)

    async def test_of_what_is_missing_nothing_is_told(self, world: AbleWorld) -> None:
        with self.refused(world, NotFound):
            await self._told(world, world.missing)

    @staticmethod
    async def _told(world: AbleWorld, location: Location) -> tuple[Snapshot, list[Sequence[Entry]]]:
        assert isinstance(world.provider, ListsAhead)
        told: list[Sequence[Entry]] = []
        return await world.provider.snapshot_ahead(location, told.append), told
