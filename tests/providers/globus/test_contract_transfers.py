"""Globus keeps the contract for transfers, and providers that break it are noticed."""

import inspect
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from tests.providers.globus.test_contract import EmulatedFolder

from hubdrives.providers.abilities import Task, TaskEvent, Transfer
from hubdrives.providers.globus import Globus
from hubdrives.testing.contract_transfers import TransferableContract


class Folder(EmulatedFolder):
    """A folder at Globus, whose clock the tests move."""

    async def pass_time(self) -> None:
        self.globus.advance(1)


class TestGlobusMakesTransfers(TransferableContract):
    @pytest.fixture
    async def world(self, bench) -> AsyncIterator[Folder]:
        return Folder(bench, await bench.connect(), bench.globus.collection)


class ForgetsSubmissions(Globus):
    async def submit(self, order: Transfer) -> str:
        return await super().submit(replace(order, submission=await self.new_submission(order.source)))


class TakesFolders(Globus):
    async def submit(self, order: Transfer) -> str:
        return await super().submit(replace(order, recursive=True))


class LosesLabels(Globus):
    async def task(self, id_: str) -> Task:
        return replace(await super().task(id_), label="")


class TellsTheOldestFirst(Globus):
    async def events(self, id_: str, *, limit: int = 100) -> list[TaskEvent]:
        return [*reversed(await super().events(id_, limit=limit))]


class HasNoLimit(Globus):
    async def tasks(self, *, limit: int = 100) -> list[Task]:
        return [*await super().tasks()]


@pytest.mark.parametrize(
    ("kind", "test"),
    [
        (ForgetsSubmissions, TransferableContract.test_what_is_sent_twice_is_one_task),
        (TakesFolders, TransferableContract.test_a_folder_goes_only_if_that_is_meant),
        (LosesLabels, TransferableContract.test_what_was_asked_for_is_there_in_the_end),
        (TellsTheOldestFirst, TransferableContract.test_what_happened_is_told_the_newest_first),
        (HasNoLimit, TransferableContract.test_another_submission_is_another_task),
    ],
)
async def test_who_breaks_a_promise_is_noticed(bench, kind: type[Globus], test) -> None:
    right = await bench.connect()
    for provider in (right, kind(right._client, base_url=bench.globus.url)):
        world = Folder(bench, provider, bench.globus.add_collection(kind.__name__))
        contract = TransferableContract()
        await world.write("from/a.txt", b"a")
        await world.write("from/deep/b.txt", b"bb")
        await world.make_folder("to")
        bench.globus.tasks.tasks.clear()
        asked = inspect.signature(test).parameters
        given = {"source": "from/a.txt", "destination": "to", "made": {"to/a.txt": b"a"}}
        run = test(contract, world, **{name: value for name, value in given.items() if name in asked})
        if provider is right:
            await run
            continue
        with pytest.raises((AssertionError, pytest.fail.Exception)):
            await run
