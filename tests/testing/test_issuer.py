"""The issuer that demo and tests log in at, asked by an OAuth client that other people wrote."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from html.parser import HTMLParser
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from oauthlib.oauth2 import WebApplicationClient
from tests.conftest import Serve

from hubdrives.errors import LocalFailure
from hubdrives.testing.issuer import Issuer, TokenRequest, issuer_command, running_issuer, service_account

ACCOUNTS = {"alice": ["lab", "course-101"], "bob": []}
ROBOT = {
    "client_id": "robot",
    "client_secret": "robot-secret",
    "grant_types": ["client_credentials"],
    "response_types": [],
    "redirect_uris": [],
    "scope": "files.read",
}

Tokens = dict[str, Any]
LogIn = Callable[[Issuer, str], Awaitable[Tokens]]


@pytest.fixture(autouse=True)
def _loopback_is_fine(monkeypatch: pytest.MonkeyPatch) -> None:
    """The client wants TLS everywhere, which nobody has on loopback."""
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")


@pytest.fixture
async def browser() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
        yield session


@pytest.fixture
async def callback(serve: Serve) -> str:
    """Where the hub would be: an address that takes the code."""

    async def take(request: web.Request) -> web.Response:
        return web.Response(text="back")

    return f"{await serve(take)}/hub/oauth_callback"


@pytest.fixture
def log_in(browser: aiohttp.ClientSession, callback: str) -> LogIn:
    async def log_in(issuer: Issuer, login: str) -> Tokens:
        client = WebApplicationClient(issuer.client_id)
        client.create_code_verifier(64)
        challenge = client.create_code_challenge(client.code_verifier, "S256")
        start = client.prepare_request_uri(
            issuer.authorize_url,
            redirect_uri=callback,
            scope="openid profile",
            state="12345678",
            code_challenge=challenge,
            code_challenge_method="S256",
        )
        landed, status, text = await issuer.sign_in(browser, login, at=start)
        assert (status, text) == (200, "back"), text
        code = client.parse_request_uri_response(str(landed), state="12345678")["code"]
        return await post(
            issuer,
            client.prepare_request_body(
                code=code,
                redirect_uri=callback,
                code_verifier=client.code_verifier,
                client_secret=issuer.client_secret,
            ),
        )

    return log_in


async def post(issuer: Issuer, body: str, *, expected: int = 200) -> Tokens:
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    async with (
        aiohttp.ClientSession(headers=headers) as session,
        session.post(issuer.token_url, data=body) as answer,
    ):
        assert answer.status == expected, await answer.text()
        tokens: Tokens = await answer.json()
        return tokens


async def refresh(issuer: Issuer, tokens: Tokens, *, expected: int = 200) -> Tokens:
    client = WebApplicationClient(issuer.client_id)
    body = client.prepare_refresh_body(
        refresh_token=tokens["refresh_token"], client_id=issuer.client_id, client_secret=issuer.client_secret
    )
    return await post(issuer, body, expected=expected)


async def until_dead(issuer: Issuer, token: str) -> float:
    """Seconds until the issuer knows a token no more."""
    start = time.monotonic()
    async with asyncio.timeout(10):
        while await issuer.person(token) is not None:
            await asyncio.sleep(0.05)
    return time.monotonic() - start


async def test_a_name_is_enough_and_the_issuer_says_whose_a_token_is(log_in: LogIn) -> None:
    async with running_issuer(accounts=ACCOUNTS) as issuer:
        tokens = await log_in(issuer, "alice")
        assert await issuer.person(tokens["access_token"]) == "alice"
        assert await issuer.person("somebody-s-own-invention") is None
        headers = {"Authorization": f"Bearer {tokens['access_token']}"}
        async with aiohttp.ClientSession(headers=headers) as session, session.get(issuer.userinfo_url) as answer:
            assert (await answer.json())["groups"] == ["lab", "course-101"]
        assert await issuer.token_requests() == [
            TokenRequest(grant="authorization_code", client=issuer.client_id, login="alice", error=None)
        ]


class Page(HTMLParser):
    """What a screen reader needs of the login page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


async def test_the_login_page_has_one_labelled_field_and_says_what_was_wrong(
    browser: aiohttp.ClientSession, callback: str
) -> None:
    async with running_issuer(accounts=ACCOUNTS) as issuer:
        start = WebApplicationClient(issuer.client_id).prepare_request_uri(
            issuer.authorize_url,
            redirect_uri=callback,
            scope="openid",
            code_challenge="0" * 43,
            code_challenge_method="S256",
        )
        async with browser.get(start) as answer:
            page = Page(await answer.text())
        (field,) = page.all("input")
        (label,) = page.all("label")
        assert label["for"] == field["id"]
        assert page.all("html") == [{"lang": "en"}]
        assert "aria-invalid" not in field
        _, status, text = await issuer.sign_in(browser, "<script>mallory</script>", at=start)
        page = Page(text)
        (field,) = page.all("input")
        (problem,) = [attributes for attributes in page.all("p") if attributes.get("role") == "alert"]
        assert status == 422
        assert (field["aria-invalid"], field["aria-describedby"]) == ("true", problem["id"])
        assert "no account of this name" in page.text
        assert "mallory" not in text


async def test_tokens_end_when_they_say_and_are_renewed(log_in: LogIn) -> None:
    async with running_issuer(accounts=ACCOUNTS, access_seconds=2) as issuer:
        tokens = await log_in(issuer, "bob")
        assert tokens["expires_in"] == 2
        assert await until_dead(issuer, tokens["access_token"]) <= 2.1
        renewed = await refresh(issuer, tokens)
        assert await issuer.person(renewed["access_token"]) == "bob"
        assert (await issuer.refreshes("bob"), await issuer.refreshes("alice"), await issuer.refreshes()) == (1, 0, 1)


async def test_without_rotation_a_refresh_token_can_be_used_again(log_in: LogIn) -> None:
    async with running_issuer(accounts=ACCOUNTS) as issuer:
        tokens = await log_in(issuer, "alice")
        renewed = [await refresh(issuer, tokens) for _ in range(3)]
        assert {one["refresh_token"] for one in renewed} == {tokens["refresh_token"]}
        assert [await issuer.person(one["access_token"]) for one in renewed] == ["alice"] * 3
        assert len({one["access_token"] for one in renewed}) == 3


async def test_with_rotation_a_refresh_token_used_twice_ends_all_that_came_of_the_login(log_in: LogIn) -> None:
    async with running_issuer(accounts=ACCOUNTS, rotate=True) as issuer:
        tokens = await log_in(issuer, "alice")
        first = await refresh(issuer, tokens)
        second = await refresh(issuer, first)
        assert len({one["refresh_token"] for one in (tokens, first, second)}) == 3
        assert await issuer.person(second["access_token"]) == "alice"
        await refresh(issuer, first, expected=400)
        assert await issuer.person(second["access_token"]) is None
        await refresh(issuer, second, expected=400)
        requests = await issuer.token_requests("alice")
        assert [request.error for request in requests[-2:]] == [
            "invalid_grant: refresh token already used",
            "invalid_grant: refresh token not found",
        ]
        assert await issuer.refreshes("alice") == 2
        assert await issuer.person((await log_in(issuer, "alice"))["access_token"]) == "alice"


async def test_expired_by_hand_a_token_is_dead_and_can_be_renewed(log_in: LogIn) -> None:
    async with running_issuer(accounts=ACCOUNTS) as issuer:
        tokens = await log_in(issuer, "alice")
        await issuer.expire("bob")
        assert await issuer.person(tokens["access_token"]) == "alice"
        await issuer.expire("alice")
        assert await issuer.person(tokens["access_token"]) is None
        assert await issuer.person((await refresh(issuer, tokens))["access_token"]) == "alice"


async def test_revoked_a_person_must_log_in_again(log_in: LogIn, browser: aiohttp.ClientSession, callback: str) -> None:
    async with running_issuer(accounts=ACCOUNTS) as issuer:
        tokens = await log_in(issuer, "alice")
        # The issuer still knows this browser, so it is alice again who comes back, whatever name is given.
        assert await issuer.person((await log_in(issuer, "bob"))["access_token"]) == "alice"
        await issuer.revoke("alice")
        assert await issuer.person(tokens["access_token"]) is None
        assert (await refresh(issuer, tokens, expected=400))["error"] == "invalid_grant"
        assert (await issuer.token_requests("alice"))[-1].error == "invalid_grant: refresh token not found"
        assert await issuer.person((await log_in(issuer, "bob"))["access_token"]) == "bob"


async def test_the_token_endpoint_can_be_slow_and_can_fail(log_in: LogIn) -> None:
    async with running_issuer(accounts=ACCOUNTS) as issuer:
        tokens = await log_in(issuer, "alice")
        await issuer.disturb(delay=0.3, failures=1)
        start = time.monotonic()
        await refresh(issuer, tokens, expected=503)
        assert time.monotonic() - start >= 0.3
        assert await issuer.refreshes() == 0
        await refresh(issuer, tokens)
        assert await issuer.refreshes() == 1


async def test_a_program_gets_a_token_of_its_own_asks_about_it_and_ends_it() -> None:
    headers = {"Authorization": aiohttp.encode_basic_auth("robot", "robot-secret")}
    async with (
        running_issuer(accounts=ACCOUNTS, clients=[ROBOT]) as issuer,
        aiohttp.ClientSession(issuer.url, headers=headers) as session,
    ):

        async def active(token: str) -> bool:
            async with session.post("/token/introspection", data={"token": token}) as answer:
                told = await answer.json()
                assert not told["active"] or told["scope"] == "files.read"
                return bool(told["active"])

        async with session.post("/token", data={"grant_type": "client_credentials", "scope": "files.read"}) as answer:
            token = (await answer.json())["access_token"]
        assert await active(token)
        assert await issuer.person(token) is None
        async with session.post("/token/revocation", data={"token": token}) as answer:
            assert answer.status == 200
        assert not await active(token)
        assert await issuer.token_requests() == [
            TokenRequest(grant="client_credentials", client="robot", login=None, error=None)
        ]


async def test_a_service_is_told_whose_a_token_is_a_person_s_or_a_client_s(log_in: LogIn) -> None:
    clients = [service_account("neuron", "of-neuron"), service_account("drive", "of-drive", scope="openid")]
    async with running_issuer(accounts=ACCOUNTS, clients=clients) as issuer, aiohttp.ClientSession() as session:
        own = await post(issuer, "grant_type=client_credentials&client_id=neuron&client_secret=of-neuron&scope=email")
        persons = await log_in(issuer, "alice")
        told = []
        for tokens in (own, persons):
            asked = {"token": tokens["access_token"], "client_id": "drive", "client_secret": "of-drive"}
            async with session.post(issuer.introspection_url, data=asked) as answer:
                told.append(await answer.json())
        assert [(one["preferred_username"], one["email"], one["azp"], one["scope"]) for one in told] == [
            ("service-account-neuron", "service-account-neuron@example.org", "neuron", "email"),
            ("alice", "alice@example.org", issuer.client_id, "openid profile"),
        ]
        assert [one["sub"] for one in told] == ["service-account-neuron", "alice"]


async def test_it_says_where_it_listens_and_nothing_else() -> None:
    process = await asyncio.create_subprocess_exec(
        *issuer_command(),
        '{"accounts": {"alice": []}}',
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    url = json.loads(await process.stdout.readline())["url"]
    async with aiohttp.ClientSession(url) as session, session.get("/.well-known/openid-configuration") as answer:
        assert (await answer.json())["issuer"] == url
    process.terminate()
    assert await process.communicate() == (b"", b"")


async def test_it_ends_with_those_who_needed_it() -> None:
    async with running_issuer(accounts=ACCOUNTS) as issuer:
        pass
    async with aiohttp.ClientSession() as session:
        with pytest.raises(aiohttp.ClientConnectorError):
            await session.get(issuer.url)


async def test_settings_that_make_no_sense_are_told() -> None:
    with pytest.raises(LocalFailure, match="did not come up") as failure:
        async with running_issuer(accounts=ACCOUNTS, clients=[{**ROBOT, "grant_types": ["magic"]}]):
            pass
    assert "grant_types" in failure.value.hint


async def test_without_node_there_is_advice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(LocalFailure, match="Node") as failure:
        async with running_issuer(accounts=ACCOUNTS):
            pass
    assert "Install Node.js 20" in failure.value.hint
