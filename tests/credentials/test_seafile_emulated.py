"""Tokens for a Drive, as a real OpenID Connect issuer and an emulated Seafile give and refuse them."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from oauthlib.oauth2 import WebApplicationClient
from tests.conftest import Serve
from tests.credentials.seafile_endpoint import SmallHub

from hubdrives.credentials import token_source
from hubdrives.errors import BadConfig, BadCredential, HubdrivesError, LoginNeeded, Unavailable
from hubdrives.exchange import TokenSource
from hubdrives.testing.emulators.seafile import LoginIssuer, Seafile
from hubdrives.testing.emulators.server import serving
from hubdrives.testing.issuer import DRIVE_SCOPE, Issuer, running_issuer, service_account

SECRET = "s3cret-of-the-client"
SERVICE = "service-account-neuron@example.org"


@pytest.fixture
async def issuer(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Issuer]:
    monkeypatch.setenv("CLIENT_SECRET", SECRET)
    clients = [service_account("neuron", SECRET), service_account("drive", "of-drive")]
    async with running_issuer(accounts={"alice": []}, clients=clients) as issuer:
        yield issuer


@pytest.fixture
async def drive(issuer: Issuer) -> AsyncIterator[Seafile]:
    async with serving(Seafile()) as emulator:
        emulator.settings.login_issuer = LoginIssuer(url=issuer.url, client_id="drive", client_secret="of-drive")
        yield emulator


def service(drive: Seafile, issuer: Issuer, **fields: Any) -> TokenSource:
    client = {"client_id": "neuron", "client_secret_env": "CLIENT_SECRET"}
    credential = {"kind": "seafile_oidc", "issuer": issuer.url, **client, **fields}
    found = token_source(credential, connection="drive", base_url=drive.url)
    assert found is not None
    return found


async def who(drive: Seafile, tokens: TokenSource) -> str:
    """Whom the Drive takes the bearer of a token for; it is shown as a provider shows it."""
    token = await tokens.token()
    async with aiohttp.ClientSession() as session:
        for _ in range(2):
            headers = {"Authorization": f"{tokens.scheme} {token}"}
            async with session.get(f"{drive.url}/api2/account/info/", headers=headers) as answer:
                if answer.ok:
                    return str((await answer.json())["email"])
                token = await tokens.token(stale=token)
    raise AssertionError("refused twice")


async def test_a_service_is_itself_and_stays_so_when_its_token_is_wiped(drive: Seafile, issuer: Issuer):
    drive.add_user(SERVICE)
    tokens = service(drive, issuer)
    assert set(await asyncio.gather(*(who(drive, tokens) for _ in range(50)))) == {SERVICE}
    assert drive.requests.by_operation["account.token"] == len(await issuer.token_requests()) == 1
    drive.people.end_tokens()
    assert set(await asyncio.gather(*(who(drive, tokens) for _ in range(50)))) == {SERVICE}
    assert drive.requests.by_operation["account.token"] == 2
    assert len(await issuer.token_requests()) == 1


async def test_what_is_refused_on_the_way_is_told(drive: Seafile, issuer: Issuer):
    async def told(**fields: Any) -> HubdrivesError:
        with pytest.raises(HubdrivesError) as error:
            await service(drive, issuer, **fields).token()
        assert SECRET not in f"{error.value} {error.value.hint}"
        return error.value

    assert str(await told()) == "Seafile has no account for this login."
    user = drive.add_user(SERVICE)
    assert "collab.drive" in (await told(scope="openid email")).hint
    assert isinstance(await told(scope="openid nope"), BadConfig)
    assert isinstance(await told(client_id="nobody"), BadCredential)
    user.active = False
    assert "does not accept" in str(await told())
    await issuer.disturb(failures=1)
    assert isinstance(await told(), Unavailable)
    drive.faults.set([{"operation": "account.token", "effect": "html", "status": 502}])
    assert isinstance(await told(), Unavailable)
    drive.faults.set([{"operation": "account.token", "effect": "error", "reason": "invalid_token"}])
    user.active = True
    assert await who(drive, service(drive, issuer)) == SERVICE


async def test_a_users_own_login_of_the_hub_opens_their_own_drive(
    drive: Seafile, issuer: Issuer, serve: Serve, monkeypatch: pytest.MonkeyPatch
):
    # The client wants TLS everywhere, which nobody has on loopback.
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")
    hub = SmallHub()
    environment = {"JUPYTERHUB_API_URL": f"{await serve(hub.handle)}/hub/api", "JUPYTERHUB_API_TOKEN": "hub-token"}
    tokens = token_source(
        {"kind": "seafile_login"}, connection="mine", base_url=drive.url, user="alice", environment=environment
    )
    assert tokens is not None
    bearer = await logged_in(issuer, serve)
    hub.answers = [bearer]
    with pytest.raises(BadCredential) as told:
        await tokens.token()
    assert f"Open {drive.url} in your browser once" in told.value.hint
    drive.add_user("alice@example.org")
    assert await who(drive, tokens) == "alice@example.org"
    await issuer.revoke("alice")
    drive.people.end_tokens()
    hub.answers = [LoginNeeded("Your login to the hub has ended.", login_url="/hub/oauth_login")]
    with pytest.raises(LoginNeeded) as ended:
        await who(drive, tokens)
    assert ended.value.login_url == "/hub/oauth_login"


async def logged_in(issuer: Issuer, serve: Serve) -> str:
    """The access token that alice's login to the hub brings."""

    async def take(_request: web.Request) -> web.Response:
        return web.Response(text="back")

    callback = f"{await serve(take)}/hub/oauth_callback"
    client = WebApplicationClient(issuer.client_id)
    challenge = client.create_code_challenge(client.create_code_verifier(64), "S256")
    start = client.prepare_request_uri(
        issuer.authorize_url,
        redirect_uri=callback,
        scope=DRIVE_SCOPE,
        code_challenge=challenge,
        code_challenge_method="S256",
    )
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as browser:
        landed, *_ = await issuer.sign_in(browser, "alice", at=start)
        body = client.prepare_request_body(
            code=landed.query["code"],
            redirect_uri=callback,
            code_verifier=client.code_verifier,
            client_secret=issuer.client_secret,
        )
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        async with browser.post(issuer.token_url, data=body, headers=headers) as answer:
            return str((await answer.json())["access_token"])
