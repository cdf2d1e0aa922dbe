"""Tasks at an emulated Globus: what is ordered, and how what Globus tells of it is understood."""

from collections.abc import AsyncIterator
from copy import copy
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.testing.emulators.globus.likeness import shipped
from tests.transfers.world import World, world_of

from hubdrives.errors import BadInput, NotFound, UnexpectedAnswer
from hubdrives.model import Location
from hubdrives.providers.abilities import TaskState, Transfer, Transferable
from hubdrives.providers.globus import Globus
from hubdrives.providers.globus.transfers import event_of, task_of
from hubdrives.testing.emulators.globus.tasks import DESCRIPTIONS

TOLD = shipped("transfer", "task_list")["DATA"][0]
"""A task as Globus documents it."""


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with world_of(tmp_path) as made:
        made.plant("runs/rain.csv", "town,mm\n")
        made.globus.add_folder("data", collection=made.home)
        yield made


@pytest.fixture
async def account(world: World) -> AsyncIterator[Transferable]:
    async with world.provider() as provider:
        assert isinstance(provider, Transferable)
        yield provider


def at(world: World, collection: Any, path: str) -> Location:
    location = Globus.parse(world.globus.web_address(collection, path), base_url=world.globus.url)
    assert location is not None
    return location


async def ordered(world: World, account: Transferable, source: str, destination: str, **how: Any) -> str:
    submission = await account.new_submission(at(world, world.lab, source))
    order = Transfer(
        source=at(world, world.lab, source),
        destination=at(world, world.home, destination),
        submission=submission,
        **how,
    )
    return await account.submit(order)


@pytest.mark.parametrize(
    ("source", "destination", "made"),
    [
        ("/runs/rain.csv", "/data/", "/data/rain.csv"),
        ("/runs/rain.csv", "/", "/rain.csv"),
        ("/runs/rain.csv", "/data/mine.csv", "/data/mine.csv"),
        ("/runs/rain.csv", "/new/deep/mine.csv", "/new/deep/mine.csv"),
        ("/runs/", "/data/", "/data/rain.csv"),
        ("/runs/", "/data/runs/", "/data/runs/rain.csv"),
        ("/", "/all/", "/all/runs/rain.csv"),
    ],
)
async def test_whole_paths_are_ordered(
    world: World, account: Transferable, source: str, destination: str, made: str
) -> None:
    task = await ordered(world, account, source, destination, recursive=source.endswith("/"))
    world.globus.advance(60)
    assert (await account.task(task)).state is TaskState.SUCCEEDED
    assert await world.brought(made) == b"town,mm\n"


async def test_a_transfer_costs_a_look_at_each_place_and_the_order(world: World, account: Transferable) -> None:
    await ordered(world, account, "/runs/rain.csv", "/data/first.csv")
    world.globus.requests.reset()
    await ordered(world, account, "/runs/rain.csv", "/data/second.csv")
    assert dict(world.globus.requests.by_operation) == {
        "transfer.submission_id": 1,
        "transfer.stat": 2,
        "transfer.submit": 1,
    }


async def test_what_is_sent_twice_is_one_task(world: World, account: Transferable) -> None:
    source = at(world, world.lab, "/runs/rain.csv")
    order = Transfer(
        source=source, destination=at(world, world.home, "/a"), submission=await account.new_submission(source)
    )
    assert await account.submit(order) == await account.submit(replace(order, label="again"))
    assert world.count == 1
    with pytest.raises(BadInput):
        await account.submit(replace(order, submission="made-up"))


async def test_a_collection_that_wants_consent_for_its_data_gets_it(world: World, account: Transferable) -> None:
    globus = world.globus
    assert globus.collection.has_data_access
    globus.add_file("secret.txt", "only with consent")
    source = at(world, globus.collection, "/secret.txt")
    order = Transfer(
        source=source, destination=at(world, world.home, "/data"), submission=await account.new_submission(source)
    )
    await account.submit(order)
    globus.advance(60)
    await globus.tasks.run()
    assert await world.brought("/data/secret.txt") == b"only with consent"


async def test_a_personal_computer_that_sleeps_is_named(world: World, account: Transferable) -> None:
    task = await ordered(world, account, "/runs/rain.csv", "/data")
    world.globus.faults.set([{"operation": "*", "effect": "disconnected", "id": world.home.id}])
    world.globus.advance(30)
    stands = await account.task(task)
    assert (stands.is_ok, stands.note) == (
        False,
        "The computer with the collection is off, asleep or not connected.",
    )


async def test_limits_are_kept_and_the_newest_comes_first(world: World, account: Transferable) -> None:
    tasks = []
    for number in range(3):
        tasks.append(await ordered(world, account, "/runs/rain.csv", f"/data/{number}"))
        world.globus.advance(10)
    assert [task.id for task in await account.tasks(limit=2)] == [tasks[2], tasks[1]]
    events = await account.events(tasks[0])
    assert [event.code for event in events] == ["SUCCEEDED", "STARTED"]
    assert [event.code for event in await account.events(tasks[0], limit=1)] == ["SUCCEEDED"]


async def test_more_tasks_than_globus_tells_at_once_are_gone_back_through(world: World, account: Transferable) -> None:
    first = await ordered(world, account, "/runs/rain.csv", "/data/first")
    world.globus.advance(60)
    await world.globus.tasks.run()
    known = world.globus.tasks.tasks
    many = [f"{number:08}-0000-4000-8000-000000000000" for number in range(2400)]
    for number, id_ in enumerate(many):
        # Three in each second, so that one second lies on both sides of a thousand.
        known[id_] = copy(known[first])
        known[id_].id, known[id_].requested = id_, known[first].requested + 10 + number // 3
    world.globus.requests.reset()
    found = [task.id for task in await account.tasks(limit=5000)]
    assert len(found) == len(set(found)) == 2401
    assert set(found) == {first, *many}
    assert found[-1] == first
    assert world.globus.requests.by_operation == {"task.list": 3}
    assert [task.id for task in await account.tasks(limit=1500)] == found[:1500]
    world.globus.requests.reset()
    assert len(await account.tasks(limit=1000)) == 1000
    assert world.globus.requests.by_operation == {"task.list": 1}


async def test_more_tasks_of_one_second_than_globus_tells_at_once_end_the_list(
    world: World, account: Transferable
) -> None:
    first = await ordered(world, account, "/runs/rain.csv", "/data/first")
    world.globus.advance(60)
    await world.globus.tasks.run()
    known = world.globus.tasks.tasks
    for number in range(1100):
        id_ = f"{number:08}-0000-4000-8000-000000000000"
        known[id_] = copy(known[first])
        known[id_].id = id_
    world.globus.requests.reset()
    assert len(await account.tasks(limit=5000)) == 1000
    assert world.globus.requests.by_operation == {"task.list": 2}


async def test_nothing_that_is_no_task_is_asked_for(world: World, account: Transferable) -> None:
    world.globus.requests.reset()
    for wrong in ("", "..", "a/b", "https://app.globus.org/file-manager", "https://evil.test/activity/x"):
        for ask in (account.task, account.events, account.cancel):
            with pytest.raises(NotFound):
                await ask(wrong)
    assert not world.globus.requests.by_operation


@pytest.mark.parametrize("code", ["TaskNotFound", "ClientError.NotFound", "NotFound"])
async def test_a_task_that_is_not_there_is_missed_as_a_task_whatever_globus_calls_it(
    world: World, account: Transferable, code: str
) -> None:
    operations = ("task.get", "task.events", "task.cancel")
    world.globus.faults.set([{"operation": each, "effect": "error", "reason": code} for each in operations])
    for ask in (account.task, account.events, account.cancel):
        with pytest.raises(NotFound, match="no such Globus task"):
            await ask("0c1e7e2e-8d3f-11ee-b1a3-d5a2d0ea7a55")


@pytest.mark.parametrize("code", sorted(DESCRIPTIONS.keys() - {"UNKNOWN", "DELETE_DESTINATION_EXTRA_SKIPPED"}))
def test_what_globus_says_is_said_in_a_sentence(code: str) -> None:
    said = event_of({"code": code, "description": "words", "details": None, "is_error": True, "time": None})
    assert said.sentence.endswith(".")
    assert not said.sentence.startswith("Globus says")
    stuck = task_of(TOLD | {"status": "ACTIVE", "nice_status": code, "is_ok": False})
    assert (stuck.note, stuck.is_ok) == (said.sentence, False)


def test_what_globus_says_in_words_that_are_new_is_passed_on() -> None:
    said = event_of({"code": "BRAND_NEW", "description": "brand new"})
    assert (said.sentence, said.details, said.time) == ("Globus says: brand new.", "", None)
    assert event_of({"code": "BRAND_NEW"}).sentence == "Globus says: brand new."


def test_a_task_as_globus_documents_it_is_understood() -> None:
    task = task_of(TOLD)
    assert (task.id, task.state, task.is_over, task.is_ok) == (TOLD["task_id"], TaskState.SUCCEEDED, True, True)
    assert (task.files_done, task.files_total, task.bytes_done, task.speed) == (1, 1, 4, 3)
    assert (task.source, task.destination, task.label, task.note) == ("Source Endpoint", "Destination Endpoint", "", "")
    assert task.begun is not None
    assert task.ended is not None
    assert (task.ended - task.begun).total_seconds() == 2


@pytest.mark.parametrize("wrong", [{"status": "ODD"}, {"task_id": None, "status": None}, {"deadline": "soon"}])
def test_a_task_that_is_none_is_no_traceback(wrong: dict[str, Any]) -> None:
    with pytest.raises(UnexpectedAnswer):
        task_of(TOLD | wrong)
