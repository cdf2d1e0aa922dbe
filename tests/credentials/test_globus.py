"""A Globus client in its own name: which token it gets for which server, how often it asks, and every refusal."""

import asyncio
import socket
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from tests.credentials.globus_endpoint import ALL, CLIENT, COLLECTION, HTTPS, OTHER, SECRET, TRANSFER, Auth, Clock

from hubdrives.credentials import is_personal, token_source
from hubdrives.credentials.globus import GlobusClient
from hubdrives.errors import (
    BadConfig,
    BadCredential,
    HubdrivesError,
    RateLimited,
    Unavailable,
    UnexpectedAnswer,
)
from hubdrives.exchange import AudienceTokenSource

CREDENTIAL = {"kind": "globus_client", "client_id": CLIENT, "client_secret_env": "GLOBUS_CLIENT_SECRET"}


@pytest.fixture
def auth() -> Auth:
    return Auth()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def client(
    auth: Auth, clock: Clock, serve: Callable[..., Awaitable[str]], monkeypatch: pytest.MonkeyPatch
) -> GlobusClient:
    monkeypatch.setenv("GLOBUS_CLIENT_SECRET", SECRET)
    return GlobusClient(CREDENTIAL, base_url=await serve(auth.handle), clock=clock)


class TestTokens:
    async def test_each_server_has_its_own_though_another_comes_first(self, client: GlobusClient, auth: Auth) -> None:
        assert await client.for_audience(TRANSFER).token() == "token-1"
        assert await client.for_audience(COLLECTION).token() == "token-2"
        assert auth.asked == [ALL, HTTPS]
        assert await client.token() == "token-1"

    async def test_scopes_are_asked_for_as_the_provider_says_them(self, client: GlobusClient, auth: Auth) -> None:
        scope = f"{ALL}[*https://auth.globus.org/scopes/{COLLECTION}/data_access]"
        wide = client.for_audience(TRANSFER, scopes=[scope])
        assert await wide.token() == "token-1"
        # Its own, as the plain one does not open as much.
        assert await client.for_audience(TRANSFER).token() == "token-2"
        assert await client.for_audience(TRANSFER, scopes=[scope]).token() == "token-1"
        assert auth.asked == [scope, ALL]

    async def test_however_many_want_one_it_is_asked_for_once(self, client: GlobusClient, auth: Auth) -> None:
        auth.open.clear()
        waiting = [asyncio.ensure_future(client.for_audience(TRANSFER).token()) for _ in range(50)]
        await asyncio.sleep(0)
        auth.open.set()
        assert set(await asyncio.gather(*waiting)) == {"token-1"}
        assert len(auth.asked) == 1

    async def test_it_is_renewed_before_it_ends(self, client: GlobusClient, clock: Clock) -> None:
        transfer = client.for_audience(TRANSFER)
        await transfer.token()
        clock.now += 172800 - 301
        assert await transfer.token() == "token-1"
        clock.now += 2
        assert await transfer.token() == "token-2"

    async def test_one_that_is_refused_is_replaced_once(self, client: GlobusClient, auth: Auth) -> None:
        transfer = client.for_audience(TRANSFER)
        token = await transfer.token()
        assert set(await asyncio.gather(*(transfer.token(stale=token) for _ in range(20)))) == {"token-2"}
        assert len(auth.asked) == 2

    async def test_a_secret_that_was_changed_needs_no_restart(self, auth: Auth, serve: Any, tmp_path: Path) -> None:
        file = tmp_path / "secret"
        file.write_text(SECRET)
        credential = {"kind": "globus_client", "client_id": CLIENT, "client_secret_file": str(file)}
        transfer = GlobusClient(credential, base_url=await serve(auth.handle)).for_audience(TRANSFER)
        token = await transfer.token()
        auth.secret = "another"
        with pytest.raises(BadCredential, match="secret is another one by now"):
            await transfer.token(stale=token)
        file.write_text("another\n")
        assert await transfer.token(stale=token) == "token-3"

    async def test_no_variable_of_the_sdk_sends_the_secret_elsewhere(
        self, client: GlobusClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("GLOBUS_SDK_SERVICE_URL_AUTH", "http://127.0.0.1:1/")
        monkeypatch.setenv("GLOBUS_SDK_ENVIRONMENT", "sandbox")
        assert await client.token() == "token-1"


class TestSeveralServers:
    async def test_their_first_tokens_come_by_one_request(self, client: GlobusClient, auth: Auth) -> None:
        transfer, files = client.for_audience(TRANSFER), client.for_audience(COLLECTION)
        assert await files.token() == "token-1"
        assert await transfer.token() == "token-1"
        assert auth.asked == [f"{ALL} {HTTPS}"]
        assert await files.token(stale="token-1") == "token-2"
        assert auth.asked[1:] == [HTTPS]

    async def test_whoever_comes_meanwhile_waits_for_it(self, client: GlobusClient, auth: Auth) -> None:
        auth.open.clear()
        sources = [client.for_audience(TRANSFER), client.for_audience(COLLECTION)] * 20
        waiting = [asyncio.ensure_future(source.token()) for source in sources]
        while not auth.asked:
            await asyncio.sleep(0)
        late = asyncio.ensure_future(client.for_audience(OTHER).token())
        auth.open.set()
        assert set(await asyncio.gather(*waiting)) == {"token-1"}
        assert await late == "token-2"
        assert len(auth.asked) == 2

    async def test_those_that_are_meant_later_come_by_one_more_request(self, client: GlobusClient, auth: Auth) -> None:
        client.for_audience(TRANSFER)
        await client.for_audience(COLLECTION).token()
        later = [client.for_audience(server) for server in (OTHER, OTHER.replace("0", "1"))]
        assert [await source.token() for source in later] == ["token-2", "token-2"]
        assert len(auth.asked) == 2

    async def test_two_sets_of_scopes_of_one_are_two_tokens(self, client: GlobusClient, auth: Auth) -> None:
        scope = f"{ALL}[*https://auth.globus.org/scopes/{COLLECTION}/data_access]"
        plain, wide = client.for_audience(TRANSFER), client.for_audience(TRANSFER, scopes=[scope])
        files = client.for_audience(COLLECTION)
        assert await plain.token() == "token-1"
        assert await wide.token() == await files.token() == "token-2"
        assert auth.asked == [ALL, f"{scope} {HTTPS}"]

    async def test_one_that_was_not_used_for_long_has_grown_older(
        self, client: GlobusClient, auth: Auth, clock: Clock
    ) -> None:
        transfer, files = client.for_audience(TRANSFER), client.for_audience(COLLECTION)
        await transfer.token()
        clock.now += 100_000
        assert await files.token() == "token-1"
        clock.now += 72_800 - 301
        assert await files.token() == "token-1"
        clock.now += 2
        assert await files.token() == "token-2"
        assert auth.asked == [f"{ALL} {HTTPS}", HTTPS]

    async def test_one_that_has_ended_before_it_was_used_is_none(
        self, client: GlobusClient, auth: Auth, clock: Clock
    ) -> None:
        transfer, files = client.for_audience(TRANSFER), client.for_audience(COLLECTION)
        await transfer.token()
        clock.now += 172800
        assert await files.token() == "token-2"
        assert auth.asked == [f"{ALL} {HTTPS}", HTTPS]

    async def test_trouble_of_before_is_not_told_again(self, client: GlobusClient, auth: Auth) -> None:
        transfer, files = client.for_audience(TRANSFER), client.for_audience(COLLECTION)
        auth.answer = answers(503)
        with pytest.raises(Unavailable):
            await transfer.token()
        auth.answer = None
        assert await files.token() == "token-2"
        assert await transfer.token() == "token-3"


def answers(status: int, body: Any = None, **headers: str) -> Callable[[], web.Response]:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    if isinstance(body, str):
        return lambda: web.Response(status=status, text=body, headers=named)
    return lambda: web.json_response(body, status=status, headers=named)


UNKNOWN_SCOPE = {"errors": [{"status": "400", "id": "x", "code": "UNKNOWN_SCOPE_ERROR", "detail": "d", "title": "t"}]}
FOR_OTHERS = {"access_token": "secret-token", "expires_in": 9, "resource_server": COLLECTION, "other_tokens": []}


class TestRefusals:
    @pytest.mark.parametrize(
        ("answer", "kind", "message"),
        [
            (answers(401, {"error": "invalid_client"}), BadCredential, "does not know this client"),
            (answers(401, {"error": "unauthorized", "errors": []}), BadCredential, "does not know this client"),
            (answers(400, {"error": "unauthorized_client"}), BadCredential, "in its own name"),
            (answers(400, UNKNOWN_SCOPE), BadConfig, "does not know a scope"),
            (answers(400, {"error": "unknown_scope"}), BadConfig, "does not know a scope"),
            (answers(400, {"error": "invalid_scope"}), BadConfig, "does not know a scope"),
            (answers(403, {"error": "something new"}), BadCredential, "in words known here"),
            (answers(429, {}, Retry_After="7"), RateLimited, "too often"),
            (answers(503, "<html>maintenance", Retry_After="60"), Unavailable, "has trouble"),
            (answers(500, {"error": "invalid_client"}), Unavailable, "has trouble"),
            (answers(404, "<html>"), UnexpectedAnswer, "something else .404."),
            (answers(408, {}), Unavailable, "has trouble"),
            (answers(400, {"errors": [{"code": "NEW"}], "error": "invalid_client"}), BadCredential, "not know this"),
            (answers(400, {"errors": [{"code": "NEW"}]}), UnexpectedAnswer, "something else .400."),
            (answers(200, {"access_token": "secret-token"}), UnexpectedAnswer, "no token"),
            (answers(200, ["secret-token"]), UnexpectedAnswer, "something else .200."),
            (answers(200, "<html>login"), UnexpectedAnswer, "something else .200."),
            (
                answers(200, {**FOR_OTHERS, "token_type": "Bearer", "scope": HTTPS}),
                UnexpectedAnswer,
                "for others than the server",
            ),
        ],
    )
    async def test_each_is_told_in_one_sentence(
        self, client: GlobusClient, auth: Auth, answer: Any, kind: type[HubdrivesError], message: str
    ) -> None:
        auth.answer = answer
        with pytest.raises(kind, match=message) as raised:
            await client.token()
        assert type(raised.value) is kind
        assert not any(secret in str(raised.value) + raised.value.hint for secret in (SECRET, "secret-token"))
        assert raised.value.__cause__ is None
        assert len(auth.asked) == 1

    async def test_how_long_to_wait_is_passed_on(self, client: GlobusClient, auth: Auth) -> None:
        auth.answer = answers(429, {}, Retry_After="7")
        with pytest.raises(RateLimited) as raised:
            await client.token()
        assert raised.value.retry_after == 7

    async def test_a_redirect_is_not_followed_with_the_secret(self, client: GlobusClient, auth: Auth) -> None:
        auth.answer = answers(307, "", Location="/elsewhere")
        with pytest.raises(Unavailable, match="not sent there"):
            await client.token()
        assert auth.paths == ["/v2/oauth2/token"]

    async def test_nobody_there(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("GLOBUS_CLIENT_SECRET", SECRET)
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        with pytest.raises(Unavailable, match="does not answer"):
            await GlobusClient(CREDENTIAL, base_url=f"http://127.0.0.1:{port}").token()


class TestConfiguration:
    @pytest.mark.parametrize(
        ("fields", "message"),
        [
            ({"client_id": "no uuid"}, "client_id"),
            ({"scope": "x"}, "scope"),
            ({"client_secret_env": "HUBDRIVES_UNSET"}, "HUBDRIVES_UNSET"),
            ({"client_secret_env": None}, "client_secret"),
        ],
    )
    def test_what_is_wrong_is_told_at_once(
        self, fields: dict[str, Any], message: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("GLOBUS_CLIENT_SECRET", SECRET)
        credential = {key: value for key, value in (CREDENTIAL | fields).items() if value is not None}
        with pytest.raises(BadConfig, match=message):
            GlobusClient(credential)

    def test_the_secret_is_sent_to_nobody_in_between(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("GLOBUS_CLIENT_SECRET", SECRET)
        with pytest.raises(BadConfig, match="without https"):
            GlobusClient(CREDENTIAL, base_url="http://auth.example.org")

    def test_it_is_the_services_and_says_whom_to_share_with(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("GLOBUS_CLIENT_SECRET", SECRET)
        found = token_source(CREDENTIAL, connection="lab")
        assert isinstance(found, GlobusClient)
        assert not is_personal(CREDENTIAL)
        assert found.account == f"{CLIENT}@clients.auth.globus.org"
        assert found.for_audience(TRANSFER).account == found.account
        source: AudienceTokenSource = found
        assert source.login_url(scopes=[ALL]) is None
        assert SECRET not in repr(found)
