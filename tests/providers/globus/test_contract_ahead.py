"""Globus keeps the contract for listing ahead, and providers that break it are noticed."""

from collections.abc import Callable, Sequence

import pytest
from tests.providers.globus.test_contract import EmulatedFolder, OnAGuestCollection, OnAMappedCollection

from hubdrives.model import Entry, Location, Snapshot
from hubdrives.providers.globus import Globus
from hubdrives.testing.contract_ahead import ListsAheadContract

Tell = Callable[[Sequence[Entry]], None]


class TestGlobusListsAhead(OnAMappedCollection, ListsAheadContract):
    pass


class TestGlobusListsAheadOnAGuestCollection(OnAGuestCollection, ListsAheadContract):
    pass


class TellsAtTheEnd(Globus):
    async def snapshot_ahead(self, location: Location, tell: Tell) -> Snapshot:
        snapshot = await self.snapshot(location)
        tell(snapshot.files)
        return snapshot


class TellsTwice(Globus):
    async def snapshot_ahead(self, location: Location, tell: Tell) -> Snapshot:
        snapshot = await super().snapshot_ahead(location, tell)
        tell(snapshot.files)
        return snapshot


class TellsTheTopOnly(Globus):
    async def snapshot_ahead(self, location: Location, tell: Tell) -> Snapshot:
        return await super().snapshot_ahead(
            location, lambda files: tell([each for each in files if "/" not in each.path])
        )


class TellsFoldersToo(Globus):
    async def snapshot_ahead(self, location: Location, tell: Tell) -> Snapshot:
        snapshot = await super().snapshot_ahead(location, tell)
        tell([each for each in snapshot.entries if each not in snapshot.files])
        return snapshot


@pytest.mark.parametrize(
    ("kind", "test"),
    [
        (TellsAtTheEnd, ListsAheadContract.test_not_all_of_them_wait_for_the_last),
        (TellsTwice, ListsAheadContract.test_all_files_are_told_once_and_as_the_snapshot_has_them),
        (TellsTheTopOnly, ListsAheadContract.test_all_files_are_told_once_and_as_the_snapshot_has_them),
        (TellsTheTopOnly, ListsAheadContract.test_what_was_told_can_be_read),
        (TellsFoldersToo, ListsAheadContract.test_all_files_are_told_once_and_as_the_snapshot_has_them),
        (TellsAtTheEnd, ListsAheadContract.test_of_a_file_nothing_is_told_ahead),
    ],
)
async def test_who_breaks_a_promise_is_noticed(bench, kind: type[Globus], test) -> None:
    right = await bench.connect()
    await test(ListsAheadContract(), EmulatedFolder(bench, right, bench.globus.collection))
    bench.globus.tree.delete(bench.globus.tree.at(bench.globus.collection.root, "course").id)
    wrong = kind(right._client, base_url=bench.globus.url)
    with pytest.raises(AssertionError):
        await test(ListsAheadContract(), EmulatedFolder(bench, wrong, bench.globus.collection))
