"""The gateway as a managed service of a real JupyterHub, asked with the hub's real tokens."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from tests.gateway.bench import HubToken
from tests.hub import Hub, running_hub

from hubdrives.http import Client
from hubdrives.providers.gateway import Gateway

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="module")]

CONFIG = """
[connections.shared]
provider = "local"
root = "{root}"

[[grants]]
connection = "shared"
users = ["alice"]
groups = ["stats"]

[gateway]
audit_file = "{folder}/audit.jsonl"
identity_seconds = 0
fresh_seconds = 0
"""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def hub(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Hub]:
    folder = tmp_path_factory.mktemp("hub")
    root = folder / "content"
    root.mkdir()
    (root / "hello.txt").write_text("hello")
    config = folder / "hubdrives.toml"
    config.write_text(CONFIG.format(root=root, folder=folder))
    async with running_hub(folder, gateway_config=config) as running:
        yield running


async def test_hello(hub: Hub) -> None:
    token = await hub.token_for("alice")
    client = Client(title=Gateway.title, errors=Gateway.errors, tokens=HubToken(token))
    async with Gateway.open(client, base_url=hub.gateway_url) as provider:
        snapshot = await provider.snapshot(Gateway.parse("shared:/", base_url=hub.gateway_url))
        assert [entry.path for entry in snapshot.files] == ["hello.txt"]
