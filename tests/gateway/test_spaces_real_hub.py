"""From a real login to a folder of one's own: a real hub with a real issuer, the gateway it starts, and a Box."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.gateway.bench import QUICK, HubToken

from hubdrives.content import Bytes
from hubdrives.errors import LoginNeeded, NotFound, NotGranted
from hubdrives.http import Client
from hubdrives.model import Location
from hubdrives.providers.gateway import Gateway
from hubdrives.testing.emulators.box import Box
from hubdrives.testing.emulators.server import serving
from hubdrives.testing.hub import Hub, running_hub
from hubdrives.testing.issuer import running_issuer

pytestmark = [pytest.mark.e2e]

CONFIG = """
[connections.robot]
provider = "box"
base_url = "{box.url}"
root = "{box.location}"
credential = {{ kind = "token", token_file = "{folder}/token" }}

[spaces.results]
connection = "robot"
folder = "neuron-data"

[[grants]]
connection = "results"
everyone = true
can = ["read", "write"]

[[grants]]
connection = "results"
services = ["neuron"]
can = ["manage"]

[gateway]
cache_folder = "{folder}/cache"
audit_file = "{folder}/audit.jsonl"
fresh_seconds = 0
"""
LOGIN = {"GenericOAuthenticator": {"scope": ["openid", "profile", "email", "offline_access"]}}


@pytest.fixture
async def box() -> AsyncIterator[Box]:
    async with serving(Box()) as running:
        for user in ("alice", "bob"):
            running.add_user(f"{user}@example.org")
        yield running


@pytest.fixture
async def hub(tmp_path: Path, box: Box) -> AsyncIterator[Hub]:
    (tmp_path / "token").write_text(box.token())
    config = tmp_path / "hubdrives.toml"
    config.write_text(CONFIG.format(box=box, folder=tmp_path))
    (tmp_path / "hub").mkdir()
    async with (
        running_issuer(accounts={"alice": [], "bob": []}) as issuer,
        # What lets the service use the gateway, `configure` reads in the grants.
        running_hub(
            tmp_path / "hub", issuer=issuer, gateway_config=config, services={"neuron": []}, config=LOGIN
        ) as running,
    ):
        yield running


def connect(hub: Hub, token: str) -> Gateway:
    client = Client(title=Gateway.title, errors=Gateway.errors, tokens=HubToken(token), policy=QUICK)
    return Gateway.open(client, base_url=hub.direct_url)


def at(source: str) -> Location:
    location = Gateway.parse(source, base_url="http://gateway")
    assert location is not None
    return location


async def test_a_service_gives_each_user_a_folder_that_nobody_else_reaches(hub: Hub, box: Box, tmp_path: Path) -> None:
    for user in ("alice", "bob"):
        async with await hub.log_in(user):
            pass
    await hub.api("POST", "users/erin")
    async with connect(hub, hub.service_tokens["neuron"]) as neuron:
        for user in ("alice", "bob"):
            made = await neuron.ensure_space("results", user)
            assert (made.created, made.shared) == (True, True)
            await neuron.write(at(made.source), "rain.csv", Bytes(user.encode()))
        with pytest.raises(LoginNeeded, match="who 'erin' is"):
            await neuron.ensure_space("results", "erin")
        with pytest.raises(NotFound, match="no user 'nobody'"):
            await neuron.ensure_space("results", "nobody")
    for user, other in (("alice", "bob"), ("bob", "alice")):
        async with connect(hub, await hub.token_for(user)) as own:
            (entry,) = (await own.snapshot(at("results:/"))).files
            assert b"".join([piece async for piece in own.read(entry)]) == user.encode()
            for refused in (
                own.snapshot(at(f"results@{other}:/")),
                own.write(at(f"results@{other}:/"), "x", Bytes(b"x")),
                own.ensure_space("results", user),
            ):
                with pytest.raises(NotGranted):
                    await refused
    shared = [
        one.invited
        for key in box.tree.children(box.root)
        for node in box.tree.children(key.id)
        for one in box.collaborations(node)
    ]
    assert sorted(shared) == ["alice@example.org", "bob@example.org"]
    lines = [json.loads(line) for line in (tmp_path / "audit.jsonl").read_text().splitlines()]
    assert {(line.get("service"), line.get("who")) for line in lines if line["operation"] == "ensure-space"} == {
        ("neuron", "alice"),
        ("neuron", "bob"),
        ("neuron", "erin"),
        ("neuron", "nobody"),
        (None, "alice"),
        (None, "bob"),
    }
    assert "Traceback" not in hub.log
