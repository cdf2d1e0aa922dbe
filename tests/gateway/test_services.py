"""Services of the hub as callers: what grants name them for, and that they are no users, whatever they are called."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.gateway.spaced import Spaced, spaced

from hubdrives.config import ConnectionSettings, Grant
from hubdrives.errors import BadConfig, NotGranted


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[Spaced]:
    async with spaced(tmp_path) as made:
        yield made


async def test_what_is_granted_to_a_service_on_a_connection_it_may_do(world: Spaced) -> None:
    world.put("course/a.txt")
    await world.start(Grant(connection="shelf", services=("neuron",), can=("read", "link")))
    service = world.as_(world.service("neuron"))
    assert [entry.path for entry in (await service.snapshot(world.at("shelf:/course"))).files] == ["a.txt"]
    link = await service.sign_link(world.at("shelf:/course"))
    place = world.at(f"link:{link.token}")
    assert (await world.as_(world.token("alice")).snapshot(place)).files
    # The right to make links was not that of a user of this name, and links are for users.
    for token in (world.service("neuron"), world.service("other")):
        with pytest.raises(NotGranted):
            await world.as_(token).snapshot(place)


async def test_a_link_of_a_service_ends_with_its_grant_though_a_user_is_called_so(world: Spaced) -> None:
    world.put("course/a.txt")
    await world.start(Grant(connection="shelf", services=("neuron",), can=("link",)))
    link = await world.as_(world.service("neuron")).sign_link(world.at("shelf:/course"))
    assert world.bench.server is not None
    await world.bench.server.close()
    await world.start(Grant(connection="shelf", users=("neuron",), can=("link",)))
    world.token("neuron")
    status, body, _ = await world.bench.ask(
        "GET", "api/v1/snapshot", token=world.token("alice"), params={"source": f"link:{link.token}"}
    )
    assert (status, body["code"]) == (403, "bad-link")


@pytest.mark.parametrize("service", ["neuron", "alice"])
async def test_everyone_are_the_users(world: Spaced, service: str) -> None:
    world.put("course/a.txt")
    course = world.address(await world.item("course"))
    await world.start(
        Grant(connection="shelf", root=course, everyone=True),
        Grant(connection="shelf", root=course, users=("alice",)),
    )
    with pytest.raises(NotGranted, match="service of the hub to which nothing is granted"):
        await world.as_(world.service(service)).snapshot(world.at(course))
    assert await world.as_(world.token("alice")).snapshot(world.at(course))


async def test_a_service_has_no_login_that_a_grant_could_use(world: Spaced) -> None:
    canvas = ConnectionSettings(provider="canvas", credential={"kind": "hub_login"})
    with pytest.raises(BadConfig, match="opens with users' own logins"):
        await world.start(Grant(connection="canvas", services=("neuron",)), connections={"canvas": canvas}, spaces={})
