"""Spaces at Box, where names that differ in case are one: users whose names differ so have two folders all the same."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.gateway.team import Team, teamed

from hubdrives.config import ConnectionSettings, Grant, SpaceSettings
from hubdrives.content import Bytes
from hubdrives.errors import HubdrivesError, NotFound
from hubdrives.providers.gateway import Gateway
from hubdrives.testing.emulators.tree import Node

ALL = Grant(connection="results", everyone=True, can=("read", "write"))
NEURON = Grant(connection="results", services=("neuron",), can=("manage",))


@pytest.fixture
async def team(tmp_path: Path) -> AsyncIterator[Team]:
    async with teamed(tmp_path) as made:
        (tmp_path / "secret").write_text(made.box.token())
        connection = ConnectionSettings(
            provider="box",
            base_url=made.box.url,
            root=made.box.location,
            credential={"kind": "token", "token_file": str(tmp_path / "secret")},
        )
        space = SpaceSettings(connection="robot", folder="neuron-data", key="name", address="{name}@uni.example")
        await made.start(ALL, NEURON, connections={"robot": connection}, spaces={"results": space})
        for user in ("alice", "Bob"):
            made.box.add_user(f"{user}@uni.example")
        yield made


def at(team: Team, source: str):
    location = Gateway.parse(source, base_url=team.url)
    assert location is not None
    return location


def everything(team: Team) -> list[Node]:
    """The folder that has everybody's in it, and all that is below."""
    found = [team.box.tree[team.box.root]]
    for node in found:
        found += team.box.tree.children(node.id) if node.kind == "folder" else []
    return found


async def test_a_service_writes_and_each_user_reads_their_own(team: Team) -> None:
    service = team.connect(team.people.service_token("neuron"))
    users = {name: team.connect(team.people.token(name)) for name in ("alice", "Alice", "ALICE")}
    for name, user in users.items():
        with pytest.raises(NotFound):
            await user.snapshot(at(team, "results:/"))
        made = await service.ensure_space("results", name)
        assert made.created
        await service.write(at(team, made.source), "who.txt", Bytes(name.encode()))
    for name, user in users.items():
        snapshot = await user.snapshot(at(team, "results:/"))
        assert snapshot.name == "neuron-data"
        (entry,) = snapshot.files
        assert b"".join([piece async for piece in user.read(entry)]) == name.encode()
        for other in users.keys() - {name}:
            for source in (f"results@{other}:/", f"robot:/{other}/neuron-data", f"results:/../../{other}/neuron-data"):
                with pytest.raises(HubdrivesError):
                    await user.snapshot(at(team, source))


async def test_nobody_is_given_more_than_their_own_folder(team: Team) -> None:
    service = team.connect(team.people.service_token("neuron"))
    for name in ("alice", "Bob"):
        team.people.token(name)
        await service.ensure_space("results", name)
    shared = [(node.name, one.invited) for node in everything(team)[1:] for one in team.box.collaborations(node)]
    assert sorted(shared) == [("neuron-data", "Bob@uni.example"), ("neuron-data", "alice@uni.example")]


async def test_the_address_of_the_folder_at_box_opens_nothing(team: Team) -> None:
    service = team.connect(team.people.service_token("neuron"))
    alice = team.connect(team.people.token("alice"))
    made = await service.ensure_space("results", "alice")
    await service.write(at(team, made.source), "a.txt", Bytes(b"a"))
    for node in everything(team):
        with pytest.raises(HubdrivesError, match="no access"):
            await alice.snapshot(at(team, f"https://app.box.com/folder/{node.id}"))
