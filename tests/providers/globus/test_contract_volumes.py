"""Globus keeps the contract for volumes, and providers that break it are noticed."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace

import pytest
from tests.providers.globus.test_contract import EmulatedFolder

from hubdrives.model import Location
from hubdrives.providers.globus import Globus
from hubdrives.providers.volumes import Volume
from hubdrives.testing.contract_volumes import HasVolumesContract


def among_others(bench, provider: Globus) -> EmulatedFolder:
    """A folder on the collection, which is neither the only one of this name nor the only one of the account."""
    bench.globus.add_identity("colleague@example.org")
    for owner in ("colleague@example.org", None):
        bench.globus.add_collection(bench.globus.collection.display_name, owner=owner)
    return EmulatedFolder(bench, provider, bench.globus.collection)


class TestGlobusHasVolumes(HasVolumesContract):
    @pytest.fixture
    async def world(self, bench) -> AsyncIterator[EmulatedFolder]:
        return among_others(bench, await bench.connect())


class KnowsNoOwn(Globus):
    async def volumes(self, text: str = "", *, own: bool = False, limit: int = 100) -> Sequence[Volume]:
        return await super().volumes(text, own=own and not text, limit=limit)


class HasNoLimit(Globus):
    async def volumes(self, text: str = "", *, own: bool = False, limit: int = 100) -> Sequence[Volume]:
        return await super().volumes(text, own=own, limit=1000)


class TellsThemTwice(Globus):
    async def volumes(self, text: str = "", *, own: bool = False, limit: int = 100) -> Sequence[Volume]:
        return [*await super().volumes(text, own=own, limit=limit)] * 2


class WantsCase(Globus):
    async def volumes(self, text: str = "", *, own: bool = False, limit: int = 100) -> Sequence[Volume]:
        return [one for one in await super().volumes(text, own=own, limit=limit) if text in one.name]


class LeadsElsewhere(Globus):
    async def volume(self, location: Location) -> Volume:
        told = await super().volume(location)
        others = [one for one in await self.volumes() if one.address != told.address]
        return replace(told, address=others[0].address)


class TellsOfAnything(Globus):
    async def volume(self, location: Location) -> Volume:
        return Volume(address=str(location), name="?")


@pytest.mark.parametrize(
    ("kind", "test"),
    [
        (KnowsNoOwn, HasVolumesContract.test_what_is_own_is_found_among_the_own_only),
        (HasNoLimit, HasVolumesContract.test_no_more_comes_than_was_asked_for),
        (TellsThemTwice, HasVolumesContract.test_the_account_s_own_are_told_without_words),
        (WantsCase, HasVolumesContract.test_words_of_its_name_find_it),
        (LeadsElsewhere, HasVolumesContract.test_the_address_leads_back),
        (TellsOfAnything, HasVolumesContract.test_what_is_missing_is_in_none),
    ],
)
async def test_who_breaks_a_promise_is_noticed(bench, kind: type[Globus], test) -> None:
    right = await bench.connect()
    await test(HasVolumesContract(), among_others(bench, right))
    with pytest.raises((AssertionError, pytest.fail.Exception)):
        await test(HasVolumesContract(), among_others(bench, kind(right._client, base_url=bench.globus.url)))
