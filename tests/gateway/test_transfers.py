"""Transfers through the gateway: who may begin one, whose it is afterwards, and that nobody else learns of it."""

import asyncio
import shlex
from collections.abc import AsyncIterator, Callable
from copy import copy
from pathlib import Path

import pytest
from tests.gateway.ferries import Ferries, ferried
from tests.gateway.questions import Question, table

from hubdrives.config import Grant
from hubdrives.errors import BadInput, NotFound, NotGranted, Unreadable
from hubdrives.gateway.owners import Owners
from hubdrives.pull import pull
from hubdrives.transfers import TaskState

ALL = ("read", "write", "transfer")
STUDENTS = Grant(connection="globus", groups=("students",), can=("read", "transfer"))


@pytest.fixture
async def ferries(tmp_path: Path) -> AsyncIterator[Ferries]:
    async with ferried(tmp_path) as made:
        made.world.plant("runs/rain.csv", "town,mm\n")
        for user in ("alice", "bob"):
            made.world.globus.add_folder(user, collection=made.world.home)
        yield made


def own(ferries: Ferries, user: str) -> Grant:
    return Grant(connection="globus", root=ferries.home(user), users=(user,), can=("read", "write"))


@pytest.mark.parametrize("personal", [False, True])
async def test_a_notebook_has_data_brought_to_its_home_and_never_holds_a_token(
    ferries: Ferries, *, personal: bool
) -> None:
    if personal:
        await ferries.open(
            Grant(connection="globus", everyone=True, can=("read", "transfer")),
            Grant(connection="globus", root=ferries.home(), everyone=True, can=("read", "write")),
            personal=True,
        )
    else:
        await ferries.open(STUDENTS, own(ferries, "alice"))
    alice = ferries.bench.people.token("alice", "students")
    async with ferries.seen_by(alice) as transfers:
        here = str(ferries.world.folder / "alice" / "new.csv")
        task = await transfers.submit("globus:/runs/rain.csv", here, label="rain")
        assert task.id.startswith("globus:")
        done = await transfers.watch(task.id)
        assert (done.state, done.id, done.label) == (TaskState.SUCCEEDED, task.id, "rain")
        assert [one.id for one in await transfers.tasks()] == [task.id]
        assert (await transfers.events(task.id))[0].code == "SUCCEEDED"
        # Where one connection of the gateway makes transfers, its name may be left out.
        assert (await transfers.task(task.id.partition(":")[2])).id == task.id
    assert await ferries.world.brought("/alice/new.csv") == b"town,mm\n"
    (order,) = [one.order for one in ferries.world.globus.tasks.tasks.values()]
    # Everybody's own login orders their own transfers; else the service account orders all.
    assert (order.owner.username == "alice@example.org") == personal
    (line,) = [one for one in ferries.bench.audit() if one["operation"] == "submit"]
    assert (line["user"], line["outcome"], f"globus:{line['task']}") == ("alice", "ok", task.id)
    assert "runs/rain.csv" in line["location"]
    assert "alice/new.csv" in line["to"]


async def test_each_of_the_three_rights_is_needed(ferries: Ferries) -> None:
    home = ferries.home("alice")

    def to(user: str, *can: str) -> Grant:
        return Grant(connection="globus", root=home, users=(user,), can=can)

    def lab(user: str, *can: str) -> Grant:
        return Grant(connection="globus", users=(user,), can=can)

    await ferries.open(
        *(lab("reads", "read", "transfer"), to("reads", "read")),
        *(lab("writes", "write", "transfer"), to("writes", "write")),
        *(lab("copies", "read"), to("copies", "write")),
        *(lab("all", "read"), to("all", "write", "transfer")),
    )
    outcomes = {}
    for user in ("reads", "writes", "copies", "all"):
        async with ferries.seen_by(ferries.bench.people.token(user)) as transfers:
            try:
                await transfers.submit("globus:/runs/rain.csv", f"{home}")
                outcomes[user] = "ok"
            except NotGranted:
                outcomes[user] = "no"
    assert outcomes == {"reads": "no", "writes": "no", "copies": "no", "all": "ok"}
    assert ferries.world.count == 1


async def test_what_is_to_be_there_later_need_not_be_there_nor_be_seen(ferries: Ferries) -> None:
    await ferries.open(STUDENTS, Grant(connection="globus", root=ferries.home("bob"), users=("alice",), can=("write",)))
    async with ferries.seen_by(ferries.bench.people.token("alice", "students")) as transfers:
        task = await transfers.submit("globus:/runs/rain.csv", str(ferries.world.folder / "bob" / "for-bob.csv"))
        await transfers.watch(task.id)
        # Above what is granted, nothing is told.
        with pytest.raises(NotGranted):
            await transfers.submit("globus:/runs/rain.csv", str(ferries.world.folder / "for-all.csv"))
        with pytest.raises(NotGranted):
            await transfers.submit("globus:/runs/rain.csv", "globus:/runs/new.csv")
    assert await ferries.world.brought("/bob/for-bob.csv") == b"town,mm\n"


async def test_a_transfer_takes_its_time_and_the_gateway_says_so(ferries: Ferries) -> None:
    await ferries.open(STUDENTS, own(ferries, "alice"), patience=0.02)
    ferries.world.globus.faults.set([{"operation": "*", "effect": "delay", "seconds": 0.05}])
    alice = ferries.bench.people.token("alice", "students")
    async with ferries.seen_by(alice) as transfers:
        task = await transfers.submit("globus:/runs/rain.csv", ferries.home("alice"))
        assert (await transfers.watch(task.id)).state is TaskState.SUCCEEDED
        assert [one.id for one in await transfers.tasks()] == [task.id]
    assert ferries.world.count == 1
    outcomes = {line["outcome"] for line in ferries.bench.audit()}
    assert outcomes == {"ok", "not-yet"}


async def test_what_only_a_transfer_brings_is_listed_and_a_pull_of_it_says_so(ferries: Ferries, tmp_path: Path) -> None:
    await ferries.open(STUDENTS, own(ferries, "alice"))
    ferries.world.lab.https = False
    ferries.world.lab.https_server = None
    async with ferries.seen_by(ferries.bench.people.token("alice", "students")) as transfers:
        found = transfers._connections.find("globus:/runs")
        provider = await transfers._connections.provider(found.connection)
        assert [entry.path async for entry in provider.list(found.location)] == ["rain.csv"]
        with pytest.raises(Unreadable, match="serves no files over HTTPS") as refused:
            await pull(provider, found.location, tmp_path / "runs")
        assert not (tmp_path / "runs").exists()
        _, _, recursive, address, _ = shlex.split(str(refused.value).split("`")[1])
        assert recursive == "--recursive"
        task = await transfers.submit(address, str(ferries.world.folder / "alice"), recursive=True)
        assert (await transfers.watch(task.id)).state is TaskState.SUCCEEDED
    assert await ferries.world.brought("/alice/rain.csv") == b"town,mm\n"


async def test_nobody_writes_into_another_s_folder_though_the_account_could(ferries: Ferries) -> None:
    await ferries.open(STUDENTS, own(ferries, "alice"), own(ferries, "bob"))
    bob = ferries.bench.people.token("bob", "students")
    async with ferries.seen_by(bob) as transfers:
        for place in ("alice", "alice/rain.csv", "rain.csv", "bob/../alice/rain.csv"):
            with pytest.raises((NotGranted, BadInput)):
                await transfers.submit("globus:/runs/rain.csv", str(ferries.world.folder / place))
            with pytest.raises((NotGranted, BadInput)):
                await transfers.submit("globus:/runs/rain.csv", ferries.home(place))
        with pytest.raises(NotGranted):
            await transfers.submit(ferries.home("alice"), str(ferries.world.folder / "bob"), recursive=True)
    assert ferries.world.count == 0


async def test_a_lost_answer_of_the_gateway_makes_no_second_transfer(ferries: Ferries) -> None:
    await ferries.open(STUDENTS, own(ferries, "alice"))
    alice = ferries.bench.people.token("alice", "students")
    where = {"source": "globus:/runs/rain.csv"}
    _, told, _ = await ferries.bench.ask("GET", "api/v1/submission", token=alice, params=where)
    order = {**where, "to": ferries.home("alice"), **told}
    first = await ferries.bench.ask("POST", "api/v1/transfers", token=alice, json=order)
    second = await ferries.bench.ask("POST", "api/v1/transfers", token=alice, json=order)
    assert (first[0], second[0]) == (200, 200)
    assert first[1] == second[1]
    assert ferries.world.count == 1


async def test_two_that_are_begun_at_the_same_time_are_two(ferries: Ferries) -> None:
    await ferries.open(STUDENTS, own(ferries, "alice"))
    ferries.world.globus.faults.set([{"operation": "transfer.submission_id", "effect": "delay", "seconds": 0.05}])
    async with ferries.seen_by(ferries.bench.people.token("alice", "students")) as transfers:
        places = [f"{ferries.world.folder}/alice/{name}" for name in ("one", "two")]
        tasks = await asyncio.gather(*(transfers.submit("globus:/runs/rain.csv", place) for place in places))
        for task in tasks:
            await transfers.watch(task.id)
    assert await ferries.world.brought("/alice/one") == await ferries.world.brought("/alice/two") == b"town,mm\n"


async def test_a_known_submission_of_another_gives_nobody_their_transfer(ferries: Ferries) -> None:
    await ferries.open(STUDENTS, own(ferries, "alice"), own(ferries, "bob"))
    alice, bob = (ferries.bench.people.token(name, "students") for name in ("alice", "bob"))
    where = {"source": "globus:/runs/rain.csv"}
    _, told, _ = await ferries.bench.ask("GET", "api/v1/submission", token=alice, params=where)
    status, made, _ = await ferries.bench.ask(
        "POST", "api/v1/transfers", token=alice, json={**where, "to": ferries.home("alice"), **told}
    )
    assert status == 200
    status, body, _ = await ferries.bench.ask(
        "POST", "api/v1/transfers", token=bob, json={**where, "to": ferries.home("bob"), **told}
    )
    assert (status, body["code"]) == (403, "not-granted")
    async with ferries.seen_by(bob) as transfers:
        with pytest.raises(NotFound):
            await transfers.task(made["id"])
        assert await transfers.tasks() == []


async def test_whose_it_is_outlives_the_gateway(ferries: Ferries) -> None:
    await ferries.open(STUDENTS, own(ferries, "alice"))
    alice, bob = (ferries.bench.people.token(name, "students") for name in ("alice", "bob"))
    async with ferries.seen_by(alice) as transfers:
        task = await transfers.submit("globus:/runs/rain.csv", ferries.home("alice"))
    await ferries.bench.server.close()
    await ferries.open(STUDENTS, own(ferries, "alice"))
    async with ferries.seen_by(alice) as transfers:
        assert (await transfers.cancel(task.id)).id == task.id
    async with ferries.seen_by(bob) as transfers:
        with pytest.raises(NotFound):
            await transfers.task(task.id)


async def test_a_transfer_is_found_behind_thousands_of_others_of_the_service_account(ferries: Ferries) -> None:
    await ferries.open(STUDENTS, own(ferries, "alice"), own(ferries, "bob"))
    alice, bob = (ferries.bench.people.token(name, "students") for name in ("alice", "bob"))
    globus = ferries.world.globus
    async with ferries.seen_by(alice) as transfers:
        task = await transfers.submit("globus:/runs/rain.csv", ferries.home("alice"))
        await transfers.watch(task.id)
        known = globus.tasks.tasks
        (first,) = known.values()
        for number in range(1200):
            id_ = f"{number:08}-0000-4000-8000-000000000000"
            known[id_] = copy(first)
            known[id_].id, known[id_].requested = id_, first.requested + 10 + number
        globus.requests.reset()
        assert [one.id for one in await transfers.tasks()] == [task.id]
        assert globus.requests.by_operation["task.list"] == 3
    globus.requests.reset()
    async with ferries.seen_by(bob) as transfers:
        assert await transfers.tasks() == []
    # Who has none costs nothing.
    assert globus.requests.by_operation["task.list"] == 0


async def test_a_label_is_no_proof(ferries: Ferries) -> None:
    await ferries.open(STUDENTS, own(ferries, "alice"), own(ferries, "bob"))
    alice, bob = (ferries.bench.people.token(name, "students") for name in ("alice", "bob"))
    async with ferries.seen_by(alice) as transfers:
        await transfers.submit("globus:/runs/rain.csv", ferries.home("alice"), label="bob")
    async with ferries.seen_by(bob) as transfers:
        assert await transfers.tasks() == []


def about_transfer(order: dict[str, str], task: str) -> dict[str, Question]:
    """Every endpoint for transfers, asked about this one."""
    return {
        "submission": Question("GET", "api/v1/submission", {"source": order["to"]}),
        "submit": Question("POST", "api/v1/transfers", body=order),
        "tasks": Question("GET", "api/v1/transfers"),
        "task": Question("GET", "api/v1/transfer", {"id": task}),
        "events": Question("GET", "api/v1/transfer/events", {"id": task}),
        "cancel": Question("DELETE", "api/v1/transfer", {"id": task}),
    }


@pytest.mark.parametrize("personal", [False, True])
async def test_a_transfer_is_nobody_else_s_business(
    ferries: Ferries, show: Callable[[str, str], None], *, personal: bool
) -> None:
    """Every endpoint for transfers, asked about alice's with every wrong identity, before and after she is served."""
    people = ferries.bench.people
    reads, writes, alone = (
        Grant(connection="globus", users=(name,), can=can)
        for name, can in (("rita", ("read",)), ("wanda", ("write", "transfer")), ("otto", ("transfer",)))
    )
    wide = Grant(connection="globus", groups=("students",), can=ALL)
    own_homes = () if personal else (own(ferries, "alice"), own(ferries, "bob"))
    grants = (wide, reads, writes, alone, *own_homes)
    if personal:
        grants += (Grant(connection="globus", root=ferries.home(), groups=("students",), can=("read", "write")),)
    await ferries.open(*grants, personal=personal)
    alice = people.token("alice", "students")
    wrong: dict[str, str | None] = {
        "another student": people.token("bob", "students"),
        "reads only": people.token("rita"),
        "writes, transfers": people.token("wanda"),
        "transfers only": people.token("otto"),
        "no grant": people.token("mallory"),
        "a service": people.service_token("robot"),
        "no hub token": None,
        "unknown token": "made-up-0123456789abcdef",
    }
    ferries.world.globus.settings.bandwidth = 0.001
    order = {"source": "globus:/runs/rain.csv", "to": ferries.home("alice"), "label": "alice's secret label"}
    _, told, _ = await ferries.bench.ask("GET", "api/v1/submission", token=alice, params={"source": order["source"]})
    status, made, _ = await ferries.bench.ask("POST", "api/v1/transfers", token=alice, json={**order, **told})
    assert status == 200, made
    questions = about_transfer({**order, **told}, made["id"])
    rows: dict[str, dict[str, str]] = {}
    for name, question in questions.items():
        row = rows[name] = {"alice": ""}
        for asked in ("before", "after"):
            for who, token in wrong.items():
                if personal and name in {"submission", "submit"} and who == "another student":
                    # What bob's own login may do at Globus, nobody but Globus decides.
                    continue
                status, text = await question.ask(ferries.bench, token)
                assert "secret label" not in text, (name, who, text)
                assert made["id"].partition(":")[2] not in text or name == "submit", (name, who, text)
                if name == "tasks" and status == 200:
                    assert text.startswith("[] "), (who, text)
                    row[who] = "none"
                else:
                    assert status in {403, 404}, (name, who, asked, status, text)
                    row[who] = str(status)
            if asked == "before":
                row["alice"] = str((await question.ask(ferries.bench, alice))[0])
        if name != "cancel":
            assert not next(iter(ferries.world.globus.tasks.tasks.values())).is_over
    show(
        f"Who learns of alice's transfer ({'her own login' if personal else 'a service account'}; HTTP status)",
        table({name: {"alice": row["alice"], **dict.fromkeys(wrong, "-"), **row} for name, row in rows.items()}),
    )
    assert {row["alice"] for row in rows.values()} == {"200"}
    assert ferries.world.count == 1


async def test_a_service_begins_transfers_of_its_own_where_it_is_granted(ferries: Ferries) -> None:
    robot = ferries.bench.people.service_token("robot")
    alice = ferries.bench.people.token("robot", "students")
    await ferries.open(
        STUDENTS,
        Grant(connection="globus", services=("robot",), can=ALL),
        Grant(connection="globus", root=ferries.home("bob"), services=("robot",), can=("write",)),
    )
    async with ferries.seen_by(robot) as transfers:
        task = await transfers.submit("globus:/runs/rain.csv", ferries.home("bob"))
        assert [one.id for one in await transfers.tasks()] == [task.id]
    # A user of the same name is somebody else.
    async with ferries.seen_by(alice) as transfers:
        assert await transfers.tasks() == []


async def test_a_signed_link_is_no_place_to_transfer_from(ferries: Ferries) -> None:
    await ferries.open(
        Grant(connection="globus", users=("tess",), can=("read", "link")),
        Grant(connection="globus", root=ferries.home("alice"), users=("alice",), can=ALL),
    )
    tess, alice = ferries.bench.people.token("tess"), ferries.bench.people.token("alice")
    _, link, _ = await ferries.bench.ask("POST", "api/v1/links", token=tess, json={"source": "globus:/runs"})
    source = f"link:{link['token']}"
    order = {"source": source, "under": "rain.csv", "to": ferries.home("alice"), "submission": "any"}
    status, body, _ = await ferries.bench.ask("POST", "api/v1/transfers", token=alice, json=order)
    assert (status, body["code"]) == (403, "not-granted")


async def test_orders_that_can_not_be_meant_are_refused(ferries: Ferries) -> None:
    await ferries.open(STUDENTS, own(ferries, "alice"), Grant(connection="drive", everyone=True, can=ALL))
    alice = ferries.bench.people.token("alice", "students")
    good = {"source": "globus:/runs/rain.csv", "to": ferries.home("alice"), "submission": "any"}
    wrong = (
        {"sync_level": "some"},
        {"deadline": "2030-01-01T00:00:00"},
        {"deadline": "0001-01-01T00:00:00+14:00"},
        {"to": "drive:/"},
        {"submission": "made-up"},
        {"label": "x" * 200},
    )
    for change in wrong:
        status, body, _ = await ferries.bench.ask("POST", "api/v1/transfers", token=alice, json={**good, **change})
        assert status == 400, (change, status, body)
    for limit in ("0", "1001", "many", "-1"):
        status, _, _ = await ferries.bench.ask("GET", "api/v1/transfers", token=alice, params={"limit": limit})
        assert status == 400
    assert ferries.world.count == 0


async def test_it_is_told_beforehand_where_transfers_can_be_made(ferries: Ferries) -> None:
    await ferries.open(STUDENTS, Grant(connection="drive", everyone=True))
    alice = ferries.bench.people.token("alice", "students")
    _, found, _ = await ferries.bench.ask("GET", "api/v1/connections", token=alice)
    able = {one["name"]: ("transfer" in one["able"], "transfer" in one["can"]) for one in found}
    assert able == {"globus": (True, True), "drive": (False, False)}


async def test_what_globus_has_forgotten_is_forgotten_here(tmp_path: Path) -> None:
    now = 1e9
    owners = Owners(tmp_path / "tasks", clock=lambda: now)
    await owners.claim("globus", "one", "alice")
    assert await owners.owner("globus", "one") == "alice"
    assert await owners.owner("other", "one") is None
    now = (tmp_path / "tasks").stat().st_mtime + 91 * 86400
    await owners.claim("globus", "two", "bob")
    assert await owners.owner("globus", "one") is None
    assert await owners.owner("globus", "two") == "bob"
