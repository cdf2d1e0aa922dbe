# ruff: noqa: S101 - asserts are what a test class is made of
"""What providers that can be searched, and whose folders can be shared, promise. As `contract_abilities`."""

from typing import ClassVar

import pytest

from hubdrives.errors import BadInput, NotFound
from hubdrives.model import Kind, Location
from hubdrives.providers.abilities import Invitee, Query, Searchable, Share, Shareable
from hubdrives.testing.contract_abilities import AbilityContract
from hubdrives.testing.world_abilities import AbleWorld

__all__ = ["SearchableContract", "ShareableContract"]

TREE = ("rain.csv", "logs/rain 2030.csv", "logs/deep/er/rain.LOG", "logs/snow.csv", "rain/wind.txt", "away/rain.csv")
"""Paths, as most tests of searching plant them."""
_NOTHING = "no-such-share"


class SearchableContract(AbilityContract):
    """What `Searchable` promises."""

    @pytest.fixture
    async def planted(self, world: AbleWorld) -> AbleWorld:
        """A folder with things to look for."""
        for path in TREE:
            # Only the name: some providers search contents as well.
            await world.write(path, path.rpartition("/")[2].encode())
        await world.index()
        return world

    async def test_it_is_searchable(self, world: AbleWorld) -> None:
        assert isinstance(world.provider, Searchable)

    @pytest.mark.parametrize(
        ("query", "found"),
        [
            (Query(text="rain"), ("away/rain.csv", "logs/deep/er/rain.LOG", "logs/rain 2030.csv", "rain", "rain.csv")),
            (Query(text="rain", kind=Kind.FOLDER), ("rain",)),
            (Query(text="rain", kind=Kind.FILE, extensions=("log",)), ("logs/deep/er/rain.LOG",)),
            (Query(text="rain", extensions=("csv",)), ("away/rain.csv", "logs/rain 2030.csv", "rain.csv")),
            (Query(text="snow", extensions=("LOG", "CSV")), ("logs/snow.csv",)),
            (Query(text="hail"), ()),
        ],
        ids=["a word", "folders", "files of an extension", "an extension", "extensions of any case", "nothing"],
    )
    async def test_all_that_is_given_must_hold(self, planted: AbleWorld, query: Query, found: tuple[str, ...]) -> None:
        assert await self._paths(planted, query) == set(found)

    async def test_what_lies_outside_is_not_found(self, planted: AbleWorld) -> None:
        for under in (planted.location.below("logs"), await planted.at("logs")):
            assert await self._paths(planted, Query(text="rain"), under) == {"rain 2030.csv", "deep/er/rain.LOG"}
        assert await self._paths(planted, Query(text="rain"), planted.location.below("logs/deep/er")) == {"rain.LOG"}

    async def test_what_was_removed_is_not_found(self, planted: AbleWorld) -> None:
        await planted.remove("logs/rain 2030.csv")
        await planted.index()
        assert await self._paths(planted, Query(text="rain"), planted.location.below("logs")) == {"deep/er/rain.LOG"}

    async def test_what_was_found_can_be_read(self, planted: AbleWorld) -> None:
        searcher = self._searcher(planted)
        found = [entry async for entry in searcher.search(Query(text="rain", kind=Kind.FILE), under=planted.location)]
        for entry in found:
            assert await planted.read(entry) == entry.name.encode()
            assert (entry.size, bool(entry.version)) == (len(entry.name), True)

    async def test_no_more_comes_than_was_asked_for(self, planted: AbleWorld) -> None:
        searcher = self._searcher(planted)
        for limit in (1, 2):
            found = [entry async for entry in searcher.search(Query(text="rain"), under=planted.location, limit=limit)]
            assert len(found) == limit

    async def test_a_search_for_nothing_is_refused(self, planted: AbleWorld) -> None:
        with self.refused(planted, BadInput):
            await self._paths(planted, Query())

    async def test_nothing_is_found_where_nothing_is(self, planted: AbleWorld) -> None:
        for under in (planted.missing, planted.location.below("no such thing")):
            with self.refused(planted, NotFound):
                await self._paths(planted, Query(text="rain"), under)

    async def _paths(self, world: AbleWorld, query: Query, under: Location | None = None) -> set[str]:
        return {entry.path async for entry in self._searcher(world).search(query, under=under or world.location)}

    @staticmethod
    def _searcher(world: AbleWorld) -> Searchable:
        assert isinstance(world.provider, Searchable)
        return world.provider


class ShareableContract(AbilityContract):
    """What `Shareable` promises. The roles are asked of the provider, unless it `forwards` others' roles."""

    roles: ClassVar[tuple[str, ...]] = ()
    """For a provider that forwards others' roles: those."""

    @pytest.fixture
    async def room(self, world: AbleWorld) -> AbleWorld:
        """A folder with two folders in it."""
        await world.write("room/a.txt", b"a")
        await world.make_folder("beside")
        return world

    async def test_it_is_shareable(self, world: AbleWorld) -> None:
        assert isinstance(world.provider, Shareable)
        assert self._roles(world)

    async def test_every_role_can_be_given_and_is_seen(self, room: AbleWorld) -> None:
        place = room.location.below("room")
        for role in self._roles(room):
            share = await self._sharer(room).share(place, Invitee(who=room.colleague), role)
            assert (share.role, share.group) == (role, False)
            assert await room.access("room") == {room.colleague: role}
            assert await self._shares(room, place) == {share.id: share}
            await self._sharer(room).unshare(place, share.id)
        assert (await room.access("room"), await self._shares(room, place)) == ({}, {})

    async def test_a_folder_is_shared_at_its_own_address_too(self, room: AbleWorld) -> None:
        share = await self._give(room, await room.at("room"))
        assert set(await self._shares(room, room.location.below("room"))) == {share.id}
        assert await room.access("beside") == {}

    async def test_who_has_access_gets_the_new_role(self, room: AbleWorld) -> None:
        place, roles = room.location.below("room"), self._roles(room)
        for role in (roles[0], roles[-1], roles[-1]):
            share = await self._sharer(room).share(place, Invitee(who=room.colleague), role)
            assert share.role == role
            assert await room.access("room") == {room.colleague: role}
        assert len(await self._shares(room, place)) == 1

    async def test_a_group_is_given_access(self, room: AbleWorld) -> None:
        if not room.team:
            pytest.skip("there are no groups")
        role = self._roles(room)[0]
        share = await self._sharer(room).share(room.location.below("room"), Invitee(who=room.team, group=True), role)
        assert (share.group, await room.access("room")) == (True, {room.team: role})

    async def test_a_role_can_be_changed(self, room: AbleWorld) -> None:
        place, role = room.location.below("room"), self._roles(room)[-1]
        share = await self._give(room, place)
        changed = await self._sharer(room).change_share(place, share.id, role)
        assert (changed.id, changed.role) == (share.id, role)
        assert await room.access("room") == {room.colleague: role}

    async def test_what_is_no_role_is_refused(self, room: AbleWorld) -> None:
        place = room.location.below("room")
        share = await self._give(room, place)
        for role in ("emperor", f"{share.role} "):
            with self.refused(room, BadInput):
                await self._sharer(room).share(place, Invitee(who=room.colleague), role)
            with self.refused(room, BadInput):
                await self._sharer(room).change_share(place, share.id, role)
        assert await room.access("room") == {room.colleague: share.role}

    async def test_who_is_nobody_is_refused(self, room: AbleWorld) -> None:
        if not room.stranger:
            pytest.skip("whoever is unknown is invited")
        with self.refused(room, BadInput):
            await self._sharer(room).share(room.location, Invitee(who=room.stranger), self._roles(room)[0])
        assert await room.access("") == {}

    async def test_a_share_of_another_folder_is_none_of_this_one(self, room: AbleWorld) -> None:
        share = await self._give(room, room.location.below("beside"))
        place = room.location.below("room")
        for other in (share.id, _NOTHING, "", "../1"):
            with self.refused(room, NotFound):
                await self._sharer(room).change_share(place, other, self._roles(room)[-1])
            with self.refused(room, NotFound):
                await self._sharer(room).unshare(place, other)
        assert await room.access("beside") == {room.colleague: share.role}

    async def test_what_was_taken_away_can_not_be_taken_twice(self, room: AbleWorld) -> None:
        place = room.location.below("room")
        share = await self._give(room, place)
        await self._sharer(room).unshare(place, share.id)
        with self.refused(room, NotFound):
            await self._sharer(room).unshare(place, share.id)

    async def test_what_is_not_there_can_not_be_shared(self, room: AbleWorld) -> None:
        for place in (room.missing, room.location.below("no such thing")):
            with self.refused(room, NotFound):
                await self._give(room, place)
            with self.refused(room, NotFound):
                await self._sharer(room).shares(place)

    async def _give(self, world: AbleWorld, place: Location) -> Share:
        return await self._sharer(world).share(place, Invitee(who=world.colleague), self._roles(world)[0])

    async def _shares(self, world: AbleWorld, place: Location) -> dict[str, Share]:
        return {share.id: share for share in await self._sharer(world).shares(place)}

    def _roles(self, world: AbleWorld) -> tuple[str, ...]:
        return self.roles or tuple(self._sharer(world).roles)

    @staticmethod
    def _sharer(world: AbleWorld) -> Shareable:
        assert isinstance(world.provider, Shareable)
        return world.provider
