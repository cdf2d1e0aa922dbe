"""A Globus client in its own name, against the emulated Globus Auth: what tokens open, and why there may be none."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from hubdrives.credentials.globus import GlobusClient
from hubdrives.errors import BadConfig, BadCredential, Unavailable
from hubdrives.http import Client
from hubdrives.providers.globus import Globus as Drive
from hubdrives.testing.emulators.globus import Globus
from hubdrives.testing.emulators.globus.collections import PERSONAL
from hubdrives.testing.emulators.globus.named import TRANSFER, TRANSFER_ALL, scope_of
from hubdrives.testing.emulators.server import serving


@pytest.fixture
async def globus() -> AsyncIterator[Globus]:
    async with serving(Globus()) as running:
        yield running


@pytest.fixture
def client(globus: Globus, tmp_path: Path) -> GlobusClient:
    secret = tmp_path / "secret"
    secret.write_text(str(globus.client.secret))
    credential = {"kind": "globus_client", "client_id": globus.client.id, "client_secret_file": str(secret)}
    return GlobusClient(credential, base_url=globus.url)


async def test_each_token_opens_what_was_asked_for_at_its_server_and_nowhere_else(
    client: GlobusClient, globus: Globus
) -> None:
    data = scope_of(globus.collection.id, "data_access")
    https = scope_of(globus.collection.id, "https")
    plain = globus.tokens.check(await client.token(), TRANSFER)
    assert not plain.allows(TRANSFER_ALL, data)
    wide = await client.for_audience(TRANSFER, scopes=[f"{TRANSFER_ALL}[*{data}]"]).token()
    assert globus.tokens.check(wide, TRANSFER).allows(TRANSFER_ALL, data)
    files = await client.for_audience(globus.collection.id, scopes=[f"{https}[*{data}]"]).token()
    assert globus.tokens.check(files, globus.collection.id).allows(https, data)
    assert globus.requests.by_operation["auth.token"] == 3


async def test_whichever_token_comes_first(client: GlobusClient, globus: Globus) -> None:
    globus.settings.token_order = (globus.collection.id, TRANSFER)
    scopes = [TRANSFER_ALL, scope_of(globus.collection.id, "https")]
    token = await client.for_audience(TRANSFER, scopes=scopes).token()
    assert globus.tokens.check(token, TRANSFER)


async def test_those_of_several_servers_come_together_and_open_each_its_own(
    client: GlobusClient, globus: Globus
) -> None:
    https = scope_of(globus.collection.id, "https")
    transfer, files = client.for_audience(TRANSFER), client.for_audience(globus.collection.id)
    assert globus.tokens.check(await files.token(), globus.collection.id).allows(https)
    assert globus.tokens.check(await transfer.token(), TRANSFER).allows(TRANSFER_ALL)
    assert globus.requests.by_operation["auth.token"] == 1


async def test_a_collection_that_is_gone_spoils_it_for_no_other(client: GlobusClient, globus: Globus) -> None:
    gone = client.for_audience("0a1b2c3d-0a1b-4c2d-8e3f-0a1b2c3d4e5f")
    assert globus.tokens.check(await client.token(), TRANSFER)
    with pytest.raises(BadConfig, match="does not know a scope"):
        await gone.token()


@pytest.mark.parametrize(
    ("kind", "requests"),
    [
        # What it wants is known only when Globus has told of it.
        ("mapped", 2),
        ("shared", 1),
        # Asked for together with what it does not have, no token comes.
        ("without https", 2),
    ],
)
async def test_what_tokens_cost(client: GlobusClient, globus: Globus, kind: str, requests: int) -> None:
    hosts = {"shared": globus.collection, "without https": globus.add_collection("Laptop", entity_type=PERSONAL)}
    collection = globus.collection
    if kind in hosts:
        collection = globus.add_guest_collection("Shared with a service", "/shared", of=hosts[kind])
        globus.share(collection, globus.client)
    await globus.refresh()
    globus.add_file("course/a.txt", "text", collection=collection)
    drive = Drive(Client(title="Globus", errors=Drive.errors, tokens=client), base_url=globus.url)
    async with drive:
        place = Drive.parse(globus.web_address(collection, "/course"), base_url=globus.url)
        assert place is not None
        (entry,) = (await drive.snapshot(place)).entries
        if kind != "without https":
            assert [piece async for piece in drive.read(entry)] == [b"text"]
    assert globus.requests.by_operation["auth.token"] == requests


async def test_after_the_end_there_is_another(client: GlobusClient, globus: Globus) -> None:
    token = await client.token()
    globus.tokens.expire_all()
    assert globus.tokens.check(await client.token(stale=token), TRANSFER)


async def test_a_collection_that_is_gone(client: GlobusClient) -> None:
    with pytest.raises(BadConfig, match="does not know a scope"):
        await client.for_audience("0a1b2c3d-0a1b-4c2d-8e3f-0a1b2c3d4e5f").token()


async def test_a_secret_that_is_another_one(client: GlobusClient, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("another")
    with pytest.raises(BadCredential, match="does not know this client, or its secret is another one"):
        await client.token()


@pytest.mark.parametrize("effect", ["html", "drop"])
async def test_maintenance(client: GlobusClient, globus: Globus, effect: str) -> None:
    globus.faults.set([{"operation": "auth.*", "effect": effect}])
    with pytest.raises(Unavailable):
        await client.token()
    assert globus.tokens.check(await client.token(), TRANSFER)
