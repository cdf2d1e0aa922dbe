# ruff: noqa: S101 - asserts are what a test class is made of
"""What providers that keep earlier versions of files promise. As `contract_abilities`."""

import pytest

from hubdrives.errors import BadInput, NotFound
from hubdrives.model import Location
from hubdrives.providers.abilities import Versioned
from hubdrives.testing.contract_abilities import NOWHERE, AbilityContract
from hubdrives.testing.world_abilities import AbleWorld

__all__ = ["VersionedContract"]


class VersionedContract(AbilityContract):
    """What `Versioned` promises."""

    @pytest.fixture
    async def thrice(self, world: AbleWorld) -> AbleWorld:
        """A folder with a file that has had three contents, and one beside it."""
        for data in (b"first", b"the second", b"3rd"):
            await world.write("a.txt", data)
        await world.write("other.txt", b"another")
        return world

    async def test_it_is_versioned(self, world: AbleWorld) -> None:
        assert isinstance(world.provider, Versioned)

    async def test_versions_come_the_newest_first(self, thrice: AbleWorld) -> None:
        for place in (thrice.location.below("a.txt"), await thrice.at("a.txt")):
            versions = await self._keeper(thrice).versions(place)
            assert [(version.size, version.current) for version in versions] == [(3, True), (10, False), (5, False)]
            assert len({version.id for version in versions}) == len(versions)
            assert all(version.modified is None or version.modified.tzinfo for version in versions)

    async def test_a_file_that_was_never_changed_has_one_version(self, thrice: AbleWorld) -> None:
        (version,) = await self._keeper(thrice).versions(thrice.location.below("other.txt"))
        assert (version.size, version.current) == (7, True)

    async def test_every_version_can_be_read(self, thrice: AbleWorld) -> None:
        place = thrice.location.below("a.txt")
        versions = await self._keeper(thrice).versions(place)
        assert [await self._read(thrice, place, version.id) for version in versions] == await thrice.history("a.txt")
        assert await self._read(thrice, place, versions[1].id, start=4, stop=7) == b"sec"
        assert await self._read(thrice, place, versions[1].id, start=4) == b"second"

    async def test_a_version_that_is_restored_is_the_current_one_and_nothing_is_lost(self, thrice: AbleWorld) -> None:
        place = thrice.location.below("a.txt")
        keeper, item = self._keeper(thrice), await thrice.item("a.txt")
        before = await thrice.provider.snapshot(thrice.location)
        entry = await keeper.restore(place, (await keeper.versions(place))[-1].id)
        assert (entry.path, entry.size, await thrice.item("a.txt")) == ("a.txt", 5, item)
        history = await thrice.history("a.txt")
        assert history[0] == b"first"
        assert set(history) == {b"first", b"the second", b"3rd"}
        assert await thrice.read(entry) == b"first"
        after = await thrice.provider.snapshot(thrice.location, known=before)
        assert {one.version for one in after.files if one.path == "a.txt"} == {entry.version}
        assert [version.size for version in await keeper.versions(place) if version.current] == [5]

    async def test_what_is_no_version_of_this_file_is_not_found(self, thrice: AbleWorld) -> None:
        keeper, place = self._keeper(thrice), thrice.location.below("a.txt")
        (other,) = await keeper.versions(thrice.location.below("other.txt"))
        for version in (NOWHERE, "", "../1", other.id):
            with self.refused(thrice, NotFound):
                await self._read(thrice, place, version)
            with self.refused(thrice, NotFound):
                await keeper.restore(place, version)
        assert (await thrice.history("a.txt"))[0] == b"3rd"

    async def test_what_is_not_there_has_no_versions(self, thrice: AbleWorld) -> None:
        for place in (thrice.missing, thrice.location.below("no such thing")):
            with self.refused(thrice, NotFound):
                await self._keeper(thrice).versions(place)
            with self.refused(thrice, NotFound):
                await self._read(thrice, place, NOWHERE)

    async def test_a_folder_has_no_versions(self, thrice: AbleWorld) -> None:
        with self.refused(thrice, BadInput, NotFound):
            await self._keeper(thrice).versions(thrice.location)

    @staticmethod
    def _keeper(world: AbleWorld) -> Versioned:
        assert isinstance(world.provider, Versioned)
        return world.provider

    async def _read(
        self, world: AbleWorld, place: Location, version: str, *, start: int = 0, stop: int | None = None
    ) -> bytes:
        pieces = self._keeper(world).read_version(place, version, start=start, stop=stop)
        return b"".join([piece async for piece in pieces])
