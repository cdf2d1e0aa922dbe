"""A login is exchanged for the Drive's token: once however many wait, anew when refused, and every refusal told."""

import asyncio
import logging
from typing import Any

import pytest
from aiohttp import web
from tests.conftest import Serve
from tests.credentials.box_endpoint import Clock
from tests.credentials.oidc_endpoint import REALM, SECRET, SmallIssuer, refused, saying
from tests.credentials.seafile_endpoint import PREFIX, SmallDrive, SmallHub, token

from hubdrives.credentials import is_personal, issuer, seafile, token_source
from hubdrives.errors import (
    BadConfig,
    BadCredential,
    HubdrivesError,
    LoginNeeded,
    RateLimited,
    Unavailable,
    UnexpectedAnswer,
)
from hubdrives.exchange import TokenSource


@pytest.fixture(autouse=True)
def _secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLIENT_SECRET", SECRET)


@pytest.fixture
async def drive(serve: Serve) -> SmallDrive:
    small = SmallDrive()
    small.url = f"{await serve(small.handle)}{PREFIX}"
    return small


@pytest.fixture
async def iam(serve: Serve) -> SmallIssuer:
    small = SmallIssuer()
    small.url = f"{await serve(small.handle)}{REALM}"
    return small


@pytest.fixture
def tokens(drive: SmallDrive, iam: SmallIssuer, clock: Clock) -> TokenSource:
    return seafile.token_source(iam.credential(), base_url=f"{drive.url}/", clock=clock)


async def refusal(tokens: TokenSource) -> HubdrivesError:
    with pytest.raises(HubdrivesError) as told:
        await tokens.token()
    shown = f"{told.value} {told.value.hint} {told.value!r}"
    assert SECRET not in shown
    assert "login-" not in shown
    return told.value


class TestServiceAccount:
    async def test_its_login_is_exchanged_once_however_many_wait(
        self, drive: SmallDrive, iam: SmallIssuer, tokens: TokenSource
    ):
        assert tokens.scheme == "Token"
        assert set(await asyncio.gather(*(tokens.token() for _ in range(50)))) == {token(1)}
        assert (drive.logins, len(iam.forms)) == (["login-1"], 1)

    async def test_a_connection_names_it_by_its_kind(self, drive: SmallDrive, iam: SmallIssuer):
        found = token_source(iam.credential(), connection="drive", base_url=drive.url)
        assert found is not None
        assert await found.token() == token(1)

    async def test_the_drives_token_has_no_end_of_its_own(
        self, drive: SmallDrive, iam: SmallIssuer, tokens: TokenSource, clock: Clock
    ):
        await tokens.token()
        clock.now += 1e8
        assert await tokens.token() == token(1)
        assert (len(drive.logins), len(iam.forms)) == (1, 1)

    async def test_a_refused_one_is_replaced_once_with_the_same_login_while_that_lives(
        self, drive: SmallDrive, iam: SmallIssuer, tokens: TokenSource, clock: Clock
    ):
        await tokens.token()
        clock.now += 3299
        assert set(await asyncio.gather(*(tokens.token(stale=token(1)) for _ in range(50)))) == {token(2)}
        assert drive.logins == ["login-1", "login-1"]
        clock.now += 2
        assert await tokens.token(stale=token(2)) == token(3)
        assert drive.logins[2:] == ["login-2"]
        # Whoever comes late with an old one is not heard.
        assert await tokens.token(stale=token(1)) == token(3)
        assert (len(drive.logins), len(iam.forms)) == (3, 2)

    async def test_a_login_that_the_drive_refuses_is_asked_for_anew_once(
        self, drive: SmallDrive, iam: SmallIssuer, tokens: TokenSource
    ):
        drive.refused = {"login-1"}
        assert await tokens.token() == token(1)
        assert drive.logins == ["login-1", "login-2"]
        assert len(iam.forms) == 2

    async def test_two_refused_logins_are_one_error(self, drive: SmallDrive, tokens: TokenSource):
        drive.refused = {"login-1", "login-2"}
        told = await refusal(tokens)
        assert type(told) is BadCredential
        assert "collab.drive" in told.hint
        assert drive.logins == ["login-1", "login-2"]

    async def test_a_drive_that_gives_the_refused_one_again_is_told(self, drive: SmallDrive, tokens: TokenSource):
        drive.answer = saying(token(7))
        assert await tokens.token() == token(7)
        with pytest.raises(BadCredential, match="hands out"):
            await tokens.token(stale=token(7))

    async def test_fifty_who_are_refused_at_once_are_refused_once(self, drive: SmallDrive, tokens: TokenSource):
        drive.answer = saying("", status=403)
        results = await asyncio.gather(*(tokens.token() for _ in range(50)), return_exceptions=True)
        assert {str(result) for result in results} == {"Seafile has no account for this login."}
        assert len(drive.logins) == 1

    async def test_what_the_issuer_refuses_is_told_and_the_drive_not_asked(
        self, drive: SmallDrive, iam: SmallIssuer, tokens: TokenSource
    ):
        iam.answer = refused("unauthorized_client", "Client not enabled to retrieve service account", 401)
        told = await refusal(tokens)
        assert (type(told), "serviceAccountsEnabled" in told.hint) == (BadCredential, True)
        assert drive.logins == []

    async def test_nothing_secret_is_shown(
        self, drive: SmallDrive, tokens: TokenSource, caplog: pytest.LogCaptureFixture
    ):
        caplog.set_level(logging.DEBUG)
        await tokens.token()
        drive.refused = {"login-1", "login-2"}
        with pytest.raises(BadCredential):
            await tokens.token(stale=token(1))
        shown = f"{tokens!r} {caplog.text}"
        assert not [secret for secret in (SECRET, "login-", token(1)) if secret in shown]
        assert repr(tokens) == "SeafileTokens(OidcClientTokens('neuron'))"


class TestAnswers:
    @pytest.mark.parametrize("body", [token(5), f'"{token(5)}"', f' "{token(5)}"\r\n'])
    async def test_the_token_is_bare_or_quoted(self, drive: SmallDrive, tokens: TokenSource, body: str):
        drive.answer = saying(body)
        assert await tokens.token() == token(5)

    @pytest.mark.parametrize("body", ["", '""', "<html>login-1", '{"token": "login-1"}', "two words" * 5, "é" * 40])
    async def test_what_is_no_token_is_told(self, drive: SmallDrive, tokens: TokenSource, body: str):
        drive.answer = saying(body)
        told = await refusal(tokens)
        assert (type(told), "base_url" in told.hint) == (UnexpectedAnswer, True)

    @pytest.mark.parametrize("status", [403, 404, 500])
    async def test_who_has_no_account_there_is_told_what_to_do(
        self, drive: SmallDrive, tokens: TokenSource, status: int
    ):
        drive.answer = saying("<html>login-1</html>", status=status)
        told = await refusal(tokens)
        assert (type(told), str(told)) == (BadCredential, "Seafile has no account for this login.")
        assert "support" in told.hint
        assert len(drive.logins) == 1

    @pytest.mark.parametrize(
        ("status", "kind"), [(429, RateLimited), (502, Unavailable), (503, Unavailable), (400, UnexpectedAnswer)]
    )
    async def test_other_failures_are_told_at_once(
        self, drive: SmallDrive, tokens: TokenSource, status: int, kind: type[HubdrivesError]
    ):
        drive.answer = saying("<html>login-1</html>", status=status, **{"Retry-After": "7"})
        told = await refusal(tokens)
        assert type(told) is kind
        assert told.retry_after == (None if kind is UnexpectedAnswer else 7)
        assert len(drive.logins) == 1

    async def test_a_redirect_takes_no_login_elsewhere(self, drive: SmallDrive, tokens: TokenSource, serve: Serve):
        seen: list[str | None] = []

        async def page(request: web.Request) -> web.Response:
            seen.append(request.headers.get("Authorization"))
            return web.Response(text="<html>Log in")

        drive.answer = saying("", status=302, Location=f"{await serve(page)}/accounts/login/")
        assert type(await refusal(tokens)) is UnexpectedAnswer
        assert seen == [None]


class TestUsersOwnLogin:
    @pytest.fixture
    async def hub(self, serve: Serve) -> SmallHub:
        small = SmallHub()
        small.url = await serve(small.handle)
        return small

    @pytest.fixture
    def login(self, drive: SmallDrive, hub: SmallHub) -> TokenSource:
        environment = {"JUPYTERHUB_API_URL": f"{hub.url}/hub/api", "JUPYTERHUB_API_TOKEN": "hub-token"}
        credential = {"kind": "seafile_login", "resource_server": "drive"}
        found = token_source(credential, connection="mine", base_url=drive.url, user="alice", environment=environment)
        assert found is not None
        return found

    async def test_the_hubs_token_of_that_user_is_exchanged(self, drive: SmallDrive, hub: SmallHub, login: TokenSource):
        hub.answers = ["login-alice"]
        assert (login.scheme, await login.token()) == ("Token", token(1))
        assert drive.logins == ["login-alice"]
        (question,) = hub.questions
        assert question.path == "/hub/api/hubdrives/users/alice/token"
        assert question.query == {"resource_server": "drive"}

    async def test_one_that_the_drive_refuses_the_hub_renews(
        self, drive: SmallDrive, hub: SmallHub, login: TokenSource
    ):
        hub.answers = ["login-old", "login-new"]
        drive.refused = {"login-old"}
        assert await login.token() == token(1)
        assert ["refused" in question.query for question in hub.questions] == [False, True]

    async def test_who_must_log_in_is_told_where(self, drive: SmallDrive, hub: SmallHub, login: TokenSource):
        hub.answers = [LoginNeeded("Your login to the hub has ended.", login_url="/hub/oauth_login")]
        told = await refusal(login)
        assert isinstance(told, LoginNeeded)
        assert told.login_url == "/hub/oauth_login"
        assert drive.logins == []

    async def test_who_has_never_opened_the_drive_is_sent_there(
        self, drive: SmallDrive, hub: SmallHub, login: TokenSource
    ):
        hub.answers = ["login-alice"]
        drive.answer = saying("", status=403)
        told = await refusal(login)
        assert f"Open {drive.url} in your browser once" in told.hint

    def test_it_is_personal_and_a_service_account_is_not(self, iam: SmallIssuer):
        assert is_personal({"kind": "seafile_login"})
        assert not is_personal(iam.credential())
        assert (issuer(iam.credential()), issuer({"kind": "seafile_login"})) == (iam.url, None)


class TestConfiguration:
    @pytest.mark.parametrize("base_url", [None, "", "http://drive.example.org", "drive.example.org"])
    @pytest.mark.parametrize("kind", ["seafile_oidc", "seafile_login"])
    def test_a_drive_without_https_or_without_an_address_is_refused(
        self, iam: SmallIssuer, kind: str, base_url: str | None
    ):
        credential = iam.credential() if kind == "seafile_oidc" else {"kind": kind}
        environment = {"JUPYTERHUB_API_URL": "http://hub/hub/api", "JUPYTERHUB_API_TOKEN": "x"}
        with pytest.raises(BadConfig, match=r"base_url|https"):
            token_source(credential, connection="drive", base_url=base_url, user="alice", environment=environment)

    @pytest.mark.parametrize("fields", [{"client_secret_env": "NOT_SET"}, {"issuer": "http://iam.example.org"}])
    def test_a_client_that_can_not_log_in_is_refused_at_once(
        self, drive: SmallDrive, iam: SmallIssuer, fields: dict[str, Any]
    ):
        with pytest.raises(BadConfig):
            token_source(iam.credential(**fields), connection="drive", base_url=drive.url)

    def test_a_personal_one_with_a_wrong_field_is_told_by_its_own_name(self, drive: SmallDrive):
        with pytest.raises(BadConfig, match="seafile_login"):
            token_source(
                {"kind": "seafile_login", "colour": "red"},
                connection="mine",
                base_url=drive.url,
                user="a",
                environment={},
            )
