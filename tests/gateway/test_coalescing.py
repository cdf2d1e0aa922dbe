"""One class that clicks at once costs the Drive one pull: 50 users of a real hub, each with a token of their own."""

import asyncio
import hashlib
import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from aiohttp.test_utils import TestServer
from tests.gateway.bench import PREFIX, QUICK, Bench, HubToken, benched

from hubdrives.config import Grant
from hubdrives.connections import Connections
from hubdrives.gateway.app import make_app
from hubdrives.gateway.identity import HubIdentity
from hubdrives.http import Client
from hubdrives.model import Location
from hubdrives.providers.gateway import Gateway
from hubdrives.testing.hub import Hub, running_hub

pytestmark = pytest.mark.e2e

USERS = 50
FILES = 200


@pytest.fixture
async def hub(tmp_path: Path) -> AsyncIterator[Hub]:
    folder = tmp_path / "hub"
    folder.mkdir()
    async with running_hub(folder) as running:
        yield running


def plant(bench: Bench) -> dict[str, str]:
    """A course of 200 files in 9 folders; the SHA-256 of each by its path."""
    weeks = [bench.folder_in(f"week {number}") for number in range(8)]
    expected: dict[str, str] = {}
    for number in range(FILES):
        data = os.urandom(200 + 97 * number)
        bench.file(f"f{number}.bin", data, weeks[number % 8])
        expected[f"week {number % 8}/f{number}.bin"] = hashlib.sha256(data).hexdigest()
    return expected


async def direct_pull(bench: Bench, expected: dict[str, str]) -> dict[str, int]:
    """What the Drive is asked when one person pulls everything without a gateway."""
    settings = bench.settings([Grant(connection="drive", everyone=True)])
    async with Connections(settings, environment={}) as connections:
        provider = await connections.provider("drive")
        location = connections.root("drive")
        await provider.describe(location)
        for entry in (await provider.snapshot(location)).files:
            data = b"".join([piece async for piece in provider.read(entry)])
            assert hashlib.sha256(data).hexdigest() == expected[entry.path]
    return bench.asked()


async def click(url: str, token: str, location: Location) -> dict[str, str]:
    """What a click brings: the SHA-256 of each file by its path."""
    client = Client(title=Gateway.title, errors=Gateway.errors, tokens=HubToken(token), policy=QUICK)
    async with Gateway.open(client, base_url=url) as provider:
        await provider.describe(location)
        snapshot = await provider.snapshot(location)
        hashes = {entry.path: hashlib.sha256() for entry in snapshot.files}
        async for piece in provider.read_many(snapshot.files):
            assert piece.error is None
            hashes[piece.entry.path].update(piece.data)
        return {path: one.hexdigest() for path, one in hashes.items()}


@pytest.mark.timeout(180)
async def test_fifty_users_at_once_cost_the_drive_one_pull(hub: Hub, tmp_path: Path) -> None:
    tokens = await asyncio.gather(*(hub.token_for(f"student-{number}") for number in range(USERS)))
    async with benched(tmp_path) as bench, AsyncExitStack() as stack:
        expected = plant(bench)
        one_pull = await direct_pull(bench, expected)
        grant = Grant(connection="drive", everyone=True)
        settings = bench.settings([grant], fresh_seconds=15)
        identity = HubIdentity(hub.service_environment, fresh=settings.gateway.identity_seconds)
        server = TestServer(make_app(settings, identity, prefix=PREFIX), host="127.0.0.1")
        await stack.enter_async_context(server)
        url = str(server.make_url(PREFIX))
        location = Gateway.parse(bench.drive.location, base_url=url)
        assert location is not None

        pulled = await asyncio.gather(*(click(url, token, location) for token in tokens))

        assert pulled == [expected] * USERS
        assert bench.asked() == one_pull
        assert one_pull["files.media"] == FILES
        audit = bench.audit()
        assert {line["user"] for line in audit} == {f"student-{number}" for number in range(USERS)}
        assert {(line["operation"], line["outcome"]) for line in audit} == {
            ("describe", "ok"), ("snapshot", "ok"), ("files", "ok")
        }  # fmt: skip
        assert len(audit) == 3 * USERS
        assert hub.log.count("GET /hub/api/user (student-") == USERS

        # Somebody is late, and nothing has changed: the Drive has nothing to do with it.
        assert await click(url, tokens[0], location) == expected
        assert bench.asked() == {}
