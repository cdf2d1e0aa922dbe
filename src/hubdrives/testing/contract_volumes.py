# ruff: noqa: S101 - asserts are what a test class is made of
"""What providers promise whose folders are in volumes. As `contract_abilities`."""

from hubdrives.errors import NotFound
from hubdrives.model import Location
from hubdrives.providers.volumes import HasVolumes, Volume
from hubdrives.testing.contract_abilities import AbilityContract
from hubdrives.testing.world_abilities import AbleWorld

__all__ = ["HasVolumesContract"]

_ALL = 1000


class HasVolumesContract(AbilityContract):
    """What `HasVolumes` promises. The folder is in a volume of the account's, whose name has a word in it."""

    async def test_it_has_volumes(self, world: AbleWorld) -> None:
        assert isinstance(world.provider, HasVolumes)

    async def test_what_a_place_is_in_is_told_in_words(self, world: AbleWorld) -> None:
        await world.write("deep/a.txt", b"a")
        told = await self._finder(world).volume(world.location)
        assert told.name
        assert told.owner
        names = [name for name, _value in told.facts]
        assert len(set(names)) == len(names)
        assert all(name and value for name, value in told.facts)
        assert await self._finder(world).volume(world.location.below("deep/a.txt")) == told
        assert not world.leaks(repr(told))

    async def test_the_address_leads_back(self, world: AbleWorld) -> None:
        told = await self._finder(world).volume(world.location)
        top = self._at(world, told)
        assert await world.provider.contains(top, world.location)
        assert await self._finder(world).volume(top) == told

    async def test_the_account_s_own_are_told_without_words(self, world: AbleWorld) -> None:
        finder = self._finder(world)
        whole = await finder.volume(world.location)
        told = await finder.volumes(limit=_ALL)
        addresses = [one.address for one in told]
        assert whole.address in addresses
        assert len(set(addresses)) == len(addresses)
        assert await finder.volumes(own=True, limit=_ALL) == told

    async def test_words_of_its_name_find_it(self, world: AbleWorld) -> None:
        finder = self._finder(world)
        whole = await finder.volume(world.location)
        for text in (whole.name, f" {whole.name.upper()} "):
            for own in (False, True):
                found = [one.address for one in await finder.volumes(text, own=own, limit=_ALL)]
                assert whole.address in found, (text, own)

    async def test_what_is_own_is_found_among_the_own_only(self, world: AbleWorld) -> None:
        finder = self._finder(world)
        text = (await finder.volume(world.location)).name
        mine = {one.address for one in await finder.volumes(limit=_ALL)}
        assert {one.address for one in await finder.volumes(text, own=True, limit=_ALL)} <= mine

    async def test_words_that_nothing_has_find_nothing(self, world: AbleWorld) -> None:
        for own in (False, True):
            assert list(await self._finder(world).volumes("no-such-word-anywhere", own=own)) == []

    async def test_no_more_comes_than_was_asked_for(self, world: AbleWorld) -> None:
        finder = self._finder(world)
        text = (await finder.volume(world.location)).name
        for words in ("", text):
            for own in (False, True):
                assert len(await finder.volumes(words, own=own, limit=1)) == 1

    async def test_what_is_missing_is_in_none(self, world: AbleWorld) -> None:
        with self.refused(world, NotFound):
            await self._finder(world).volume(world.missing)

    @staticmethod
    def _finder(world: AbleWorld) -> HasVolumes:
        assert isinstance(world.provider, HasVolumes)
        return world.provider

    @staticmethod
    def _at(world: AbleWorld, volume: Volume) -> Location:
        found = type(world.provider).parse(volume.address, base_url=world.base_url)
        assert found is not None
        return found
