"""Logins of a real OpenID Connect issuer, exchanged for the server's own tokens."""

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from ebrains_drive.client import DriveApiClient
from requests import HTTPError

from hubdrives.testing.emulators.seafile import LoginIssuer
from hubdrives.testing.issuer import Issuer, running_issuer, service_account

SERVICE = "service-account-neuron@example.org"

Bearer = Callable[[str], Awaitable[str]]


@pytest.fixture
async def issuer() -> AsyncIterator[Issuer]:
    clients = [service_account("neuron", "of-neuron"), service_account("drive", "of-drive")]
    async with running_issuer(accounts={}, clients=clients) as issuer:
        yield issuer


@pytest.fixture
def bearer(seafile, session, issuer: Issuer) -> Bearer:
    """An access token of the issuer, whose tokens the server takes, for a client's own account."""
    seafile.settings.login_issuer = LoginIssuer(url=issuer.url, client_id="drive", client_secret="of-drive")

    async def bearer(client: str, scope: str = "openid email collab.drive") -> str:
        form = {"grant_type": "client_credentials", "client_id": client, "client_secret": f"of-{client}"}
        async with session.post(issuer.token_url, data={**form, "scope": scope}) as answer:
            return str((await answer.json())["access_token"])

    return bearer


async def exchange(client, header: str | None):
    headers = None if header is None else {"Authorization": header}
    return await client.send("GET", "/api2/account/token/", headers=headers)


async def test_a_login_is_exchanged_for_the_token_of_its_account(seafile, client, bearer: Bearer):
    seafile.add_user(SERVICE)
    answer = await exchange(client, f"Bearer {await bearer('neuron')}")
    assert (answer.status, answer.body.decode()) == (200, seafile.token(SERVICE))
    assert answer.headers["Content-Type"].startswith("text/plain")
    info = await client.with_(answer.body.decode()).call("GET", "/api2/account/info/")
    assert info.json["email"] == SERVICE
    assert seafile.requests.by_operation["account.token"] == 1


async def test_what_is_no_login_of_an_account_is_refused(seafile, session, client, issuer: Issuer, bearer: Bearer):
    good = await bearer("neuron")
    assert await refused(client, f"Bearer {good}") == (403, "Permission denied.")
    seafile.add_user(SERVICE)
    assert await refused(client, None) == (403, "Authentication credentials were not provided.")
    assert await refused(client, f"Token {seafile.token()}") == (403, "Authentication credentials were not provided.")
    assert await refused(client, "Bearer made-up") == (401, "Invalid token")
    assert await refused(client, f"Bearer {await bearer('neuron', 'email')}") == (401, "Invalid token")
    seafile.people.user(SERVICE).active = False
    assert await refused(client, f"Bearer {good}") == (401, "User inactive or deleted")
    form = {"token": good, "client_id": "neuron", "client_secret": "of-neuron"}
    async with session.post(f"{issuer.url}/token/revocation", data=form) as answer:
        assert answer.status == 200
    assert await refused(client, f"Bearer {good}") == (401, "Invalid token")


async def refused(client, header: str | None) -> tuple[int, str]:
    return (await exchange(client, header)).refusal


async def test_without_an_issuer_there_is_nothing_and_with_one_that_is_away_an_error(seafile, client):
    answer = await exchange(client, "Bearer some")
    assert (answer.status, answer.json) == (404, None)
    settings = {"login_issuer": {"url": "http://127.0.0.1:9", "client_id": "drive", "client_secret": "s"}}
    assert (await client.send("POST", "/_emulator/settings", json=settings)).status == 204
    assert (await exchange(client, "Bearer some")).status == 500


async def test_ebrains_own_client_gets_in_and_in_again(seafile, bearer: Bearer, in_thread):
    seafile.add_user(SERVICE)
    official = DriveApiClient(token=await bearer("neuron"))
    official.server = official.drive_url = seafile.url
    assert await in_thread(official.repos.list_repos) == []
    library = await in_thread(official.repos.create_repo, "Mine")
    assert [one.name for one in await in_thread(official.repos.list_repos)] == ["Mine"]
    seafile.people.end_tokens()
    assert (await in_thread(official.repos.get_repo, library.id)).name == "Mine"
    assert seafile.requests.by_operation["account.token"] == 2
    stranger = DriveApiClient(token="made-up")
    stranger.server = stranger.drive_url = seafile.url
    with pytest.raises(HTTPError, match="401"):
        await in_thread(stranger.repos.list_repos)
