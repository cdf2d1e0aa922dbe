"""Tokens of an OpenID Connect issuer for a client in its own name: asked for once, and every refusal told."""

import asyncio
import base64
import contextlib
import json
import logging
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from tests.conftest import Serve
from tests.credentials.box_endpoint import Clock
from tests.credentials.oidc_endpoint import REALM, SCOPE, SECRET, SmallIssuer, refused, saying

from hubdrives.credentials.oidc import _REFUSALS, OidcClientSettings, OidcClientTokens
from hubdrives.errors import (
    BadConfig,
    BadCredential,
    HubdrivesError,
    RateLimited,
    Unavailable,
    UnexpectedAnswer,
)
from hubdrives.testing.issuer import TokenRequest, running_issuer, service_account


@pytest.fixture(autouse=True)
def _secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLIENT_SECRET", SECRET)


@pytest.fixture
async def issuer(serve: Serve) -> SmallIssuer:
    small = SmallIssuer()
    small.url = f"{await serve(small.handle)}{REALM}"
    return small


async def refusal(tokens: OidcClientTokens) -> HubdrivesError:
    with pytest.raises(HubdrivesError) as told:
        await tokens.token()
    assert SECRET not in f"{told.value} {told.value.hint} {told.value!r}"
    return told.value


class TestAsking:
    async def test_the_issuer_says_itself_where_it_is_asked(self, issuer: SmallIssuer):
        tokens = issuer.tokens()
        assert (tokens.scheme, await tokens.token()) == ("Bearer", "login-1")
        assert issuer.forms == [
            {
                "grant_type": "client_credentials",
                "client_id": "neuron",
                "client_secret": SECRET,
                "scope": SCOPE,
            }
        ]
        assert "Authorization" not in issuer.headers[0]

    @pytest.mark.parametrize(
        "methods", [{"token_endpoint_auth_methods_supported": ["private_key_jwt", "client_secret_basic"]}, {}]
    )
    async def test_where_the_secret_belongs_into_a_header_it_is_only_there(
        self, issuer: SmallIssuer, methods: dict[str, Any], monkeypatch: pytest.MonkeyPatch
    ):
        monkeypatch.setenv("CLIENT_SECRET", "a:b &%é")
        issuer.document = methods
        await issuer.tokens(client_id="neu:ron").token()
        scheme, _, shown = issuer.headers[0]["Authorization"].partition(" ")
        assert (scheme, base64.b64decode(shown)) == ("Basic", b"neu%3Aron:a%3Ab+%26%25%C3%A9")
        assert issuer.forms == [{"grant_type": "client_credentials", "scope": SCOPE}]

    async def test_for_whom_it_is_goes_along(self, issuer: SmallIssuer):
        issuer.fields = {"scope": "a b"}
        await issuer.tokens(audience="drive", resource="https://drive.example.org", scope="a b").token()
        (form,) = issuer.forms
        assert (form["audience"], form["resource"], form["scope"]) == ("drive", "https://drive.example.org", "a b")

    async def test_fifty_at_once_ask_once_and_again_five_minutes_before_the_end(
        self, issuer: SmallIssuer, clock: Clock
    ):
        tokens = issuer.tokens(clock=clock)
        assert set(await asyncio.gather(*(tokens.token() for _ in range(50)))) == {"login-1"}
        clock.now += 3299
        assert await tokens.token() == "login-1"
        clock.now += 2
        assert set(await asyncio.gather(*(tokens.token() for _ in range(50)))) == {"login-2"}
        stale = "login-2"
        assert set(await asyncio.gather(*(tokens.token(stale=stale) for _ in range(50)))) == {"login-3"}
        assert len(issuer.forms) == 3
        assert all(form["grant_type"] == "client_credentials" for form in issuer.forms)

    async def test_where_it_is_asked_is_looked_up_once(self, issuer: SmallIssuer):
        tokens = issuer.tokens()
        await tokens.token()
        await tokens.token(stale="login-1")
        assert issuer.discoveries == 1

    async def test_an_issuer_that_has_moved_its_endpoint_is_found_again(self, issuer: SmallIssuer):
        tokens = issuer.tokens()
        await tokens.token()
        issuer.answer = saying("gone", status=404)
        with pytest.raises(UnexpectedAnswer):
            await tokens.token(stale="login-1")
        issuer.answer, issuer.path = None, "/elsewhere"
        assert await tokens.token(stale="login-1") == "login-3"

    async def test_the_old_one_serves_while_the_issuer_is_away(self, issuer: SmallIssuer, clock: Clock):
        tokens = issuer.tokens(clock=clock)
        await tokens.token()
        clock.now += 3400
        issuer.answer = issuer.discovery = saying("<html>", status=503)
        assert await tokens.token() == "login-1"
        clock.now += 201
        with pytest.raises(Unavailable):
            await tokens.token()

    async def test_the_wall_clock_of_neither_side_matters(self, issuer: SmallIssuer, clock: Clock):
        issuer.fields = {"expires_at": 1, "not-before-policy": 99999999999}
        tokens = issuer.tokens(clock=clock)
        await tokens.token()
        clock.now += 3000
        assert await tokens.token() == "login-1"

    async def test_one_that_does_not_say_how_long_it_lives_is_good_until_it_is_refused(
        self, issuer: SmallIssuer, clock: Clock
    ):
        issuer.fields = {"expires_in": None}
        tokens = issuer.tokens(clock=clock)
        await tokens.token()
        clock.now += 1e9
        assert await tokens.token() == "login-1"
        assert await tokens.token(stale="login-1") == "login-2"

    async def test_a_new_secret_in_the_file_needs_no_restart(self, issuer: SmallIssuer, tmp_path: Path):
        file = tmp_path / "secret"
        file.write_text("old\n")
        tokens = issuer.tokens(client_secret_env=None, client_secret_file=str(file))
        await tokens.token()
        file.write_text("new\n")
        await tokens.token(stale="login-1")
        assert [form["client_secret"] for form in issuer.forms] == ["old", "new"]

    @pytest.mark.parametrize("told", ["bearer", "Bearer", "BEARER"])
    @pytest.mark.parametrize("scope", [SCOPE, f"profile {SCOPE}", "collab.drive email", None])
    async def test_each_issuer_has_its_own_way_to_say_the_same(self, issuer: SmallIssuer, told: str, scope: str | None):
        issuer.fields = {"token_type": told, "scope": scope, "expires_in": "60"}
        assert await issuer.tokens().token() == "login-1"


class TestRefusals:
    # What Keycloak, older and newer, and others say.
    @pytest.mark.parametrize("status", [400, 401])
    @pytest.mark.parametrize(
        ("error", "description", "kind", "advice"),
        [
            ("invalid_client", "Invalid client or Invalid client credentials", BadCredential, "client_id"),
            ("invalid_client", "client authentication failed", BadCredential, "the secret"),
            ("unauthorized_client", "Invalid client secret", BadCredential, "the secret"),
            ("unauthorized_client", "Invalid client or Invalid client credentials", BadCredential, "client_id"),
            (
                "unauthorized_client",
                "Client not enabled to retrieve service account",
                BadCredential,
                "serviceAccountsEnabled",
            ),
            ("unauthorized_client", "grant type not allowed", BadCredential, "client_credentials"),
            ("invalid_request", "requested grant type is not allowed", BadCredential, "client_credentials"),
            ("unsupported_grant_type", "", BadCredential, "client_credentials"),
            ("invalid_request", "User is disabled", BadCredential, "enable it"),
            ("invalid_scope", "Invalid scopes: collab.drive", BadConfig, "`scope`"),
            ("invalid_target", "", BadConfig, "`audience`"),
            ("temporarily_unavailable", "", Unavailable, "minutes"),
            ("server_error", "", Unavailable, "minutes"),
            ("never_heard_of", "", BadCredential, "administrators"),
        ],
    )
    async def test_each_of_the_issuers_words_is_one_error_of_ours(
        self,
        issuer: SmallIssuer,
        error: str,
        description: str,
        kind: type[HubdrivesError],
        advice: str,
        status: int,
    ):
        issuer.answer = refused(error, description, status)
        told = await refusal(issuer.tokens())
        assert type(told) is kind
        assert advice in told.hint
        assert len(issuer.forms) == 1

    def test_each_row_of_the_table_can_be_reached(self):
        for number, (error, part, *_rest) in enumerate(_REFUSALS):
            assert not [one for one in _REFUSALS[:number] if one[0] == error and one[1] in part]

    @pytest.mark.parametrize(
        ("status", "kind"), [(429, RateLimited), (500, Unavailable), (503, Unavailable), (404, UnexpectedAnswer)]
    )
    async def test_what_is_no_answer_of_a_token_endpoint(
        self, issuer: SmallIssuer, status: int, kind: type[HubdrivesError]
    ):
        issuer.answer = saying(f"<html>{SECRET}</html>", status=status, **{"Retry-After": "7"})
        told = await refusal(issuer.tokens())
        assert type(told) is kind
        assert told.retry_after == (None if kind is UnexpectedAnswer else 7)
        assert len(issuer.forms) == 1

    @pytest.mark.parametrize(
        "answer",
        [
            "{}",
            "[]",
            "null",
            f'"{SECRET}"',
            f"<html>{SECRET}",
            '{"error": null}',
            '{"access_token": "t"}',
            '{"access_token": "t", "token_type": "mac"}',
            '{"access_token": 7, "token_type": "Bearer"}',
            '{"access_token": "", "token_type": "Bearer"}',
            '{"access_token": "a\\nb", "token_type": "Bearer"}',
            '{"access_token": "t", "token_type": "Bearer", "expires_in": "soon"}',
            '{"access_token": "t", "token_type": "Bearer", "expires_in": -5}',
            '{"access_token": "t", "token_type": "Bearer", "scope": 5}',
        ],
    )
    async def test_an_answer_that_is_no_token(self, issuer: SmallIssuer, answer: str):
        issuer.answer = saying(answer)
        assert type(await refusal(issuer.tokens())) is UnexpectedAnswer

    async def test_a_token_that_may_do_less_than_was_asked_for_is_of_no_use(self, issuer: SmallIssuer):
        issuer.fields = {"scope": "openid email"}
        told = await refusal(issuer.tokens())
        assert (type(told), "`scope`" in told.hint) == (BadConfig, True)

    @pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
    async def test_a_redirect_takes_no_secret_along(self, issuer: SmallIssuer, serve: Serve, status: int):
        elsewhere: list[str] = []

        async def other(request: web.Request) -> web.Response:
            elsewhere.append(f"{await request.text()} {request.headers}")
            return web.json_response({"access_token": "theirs", "token_type": "Bearer"})

        issuer.document = {"token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"]}
        issuer.answer = saying("", status=status, Location=f"{await serve(other)}/token")
        # Where the method becomes GET, it is followed without what was sent.
        with contextlib.suppress(UnexpectedAnswer):
            await issuer.tokens().token()
        assert SECRET not in "".join(elsewhere)

    async def test_nobody_there(self, issuer: SmallIssuer):
        told = await refusal(issuer.tokens(issuer="http://127.0.0.1:9/realm"))
        assert isinstance(told, Unavailable)
        assert "127.0.0.1:9" in str(told)


class TestDiscovery:
    async def test_another_issuer_than_the_configured_is_not_trusted(self, issuer: SmallIssuer):
        issuer.document = {"issuer": "https://mallory.example"}
        told = await refusal(issuer.tokens())
        assert type(told) is BadConfig
        assert "https://mallory.example" in told.hint
        assert issuer.forms == []

    async def test_an_issuer_is_itself_to_the_letter(self, issuer: SmallIssuer):
        told = await refusal(issuer.tokens(issuer=f"{issuer.url}/"))
        assert f"'{issuer.url}'" in told.hint

    @pytest.mark.parametrize(
        "answer",
        [
            saying("no realm", status=404),
            saying("{}", status=403),
            saying("<html>a page</html>"),
            saying("[]"),
            saying(json.dumps({"issuer": "x"})),
            saying(json.dumps({"issuer": "x", "token_endpoint": 7})),
        ],
    )
    async def test_what_is_no_issuer_is_told_with_what_an_issuer_is(self, issuer: SmallIssuer, answer: Any):
        issuer.discovery = answer
        told = await refusal(issuer.tokens())
        assert type(told) is BadConfig
        assert "/auth" in told.hint

    @pytest.mark.parametrize(("status", "kind"), [(429, RateLimited), (502, Unavailable)])
    async def test_an_issuer_in_trouble_is_asked_later(
        self, issuer: SmallIssuer, status: int, kind: type[HubdrivesError]
    ):
        issuer.discovery = saying("<html>", status=status)
        tokens = issuer.tokens()
        assert type(await refusal(tokens)) is kind
        issuer.discovery = None
        assert await tokens.token() == "login-1"

    async def test_secrets_go_to_no_endpoint_without_https(self, issuer: SmallIssuer):
        issuer.document = {"token_endpoint": "http://iam.example.org/token"}
        assert "https" in str(await refusal(issuer.tokens()))

    async def test_an_issuer_that_takes_no_secrets_is_told(self, issuer: SmallIssuer):
        issuer.document = {"token_endpoint_auth_methods_supported": ["private_key_jwt"]}
        assert type(await refusal(issuer.tokens())) is BadConfig
        assert issuer.forms == []


class TestConfiguration:
    @pytest.mark.parametrize(
        "fields",
        [
            {"issuer": "http://iam.example.org"},
            {"issuer": "iam.example.org"},
            {"issuer": 7},
            {"client_id": None},
            {"client_secret_env": None},
            {"client_secret_env": "NOT_SET"},
            {"client_secret_env": None, "client_secret_file": "/nowhere"},
            {"scope": ["openid"]},
            {"colour": "red"},
        ],
    )
    def test_one_that_can_not_work_is_refused_at_once(self, fields: dict[str, Any]):
        known = {"kind": "seafile_oidc", "issuer": "https://iam.example.org", "client_id": "neuron"}
        with pytest.raises(BadConfig) as told:
            OidcClientSettings.of({**known, "client_secret_env": "CLIENT_SECRET", **fields})
        assert SECRET not in f"{told.value} {told.value.hint}"

    async def test_nothing_secret_is_shown(self, issuer: SmallIssuer, caplog: pytest.LogCaptureFixture):
        caplog.set_level(logging.DEBUG)
        tokens = issuer.tokens()
        await tokens.token()
        issuer.answer = refused("invalid_client")
        with pytest.raises(BadCredential):
            await tokens.token(stale="login-1")
        shown = f"{tokens!r} {tokens._settings!r} {tokens._minting!r} {caplog.text}"
        assert SECRET not in shown
        assert "login-1" not in shown

    def test_oauthlib_is_loaded_only_when_a_token_is_asked_for(self):
        code = "import sys, hubdrives.credentials.oidc; print('oauthlib' in sys.modules)"
        assert _run(code) == "False"

    async def test_without_oauthlib_one_sentence_says_what_to_install(self, issuer: SmallIssuer):
        code = f"""
import asyncio, sys
sys.modules["oauthlib.oauth2"] = None
from hubdrives.credentials.oidc import OidcClientSettings, OidcClientTokens
from hubdrives.errors import BadConfig
try:
    asyncio.run(OidcClientTokens(OidcClientSettings.of({issuer.credential()!r})).token())
except BadConfig as error:
    print(error, error.hint)
"""
        assert "hubdrives[oidc]" in await asyncio.to_thread(_run, code)
        assert issuer.forms == []


def _run(code: str) -> str:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()


async def test_a_real_issuer_gives_a_token_and_refuses_as_it_should():
    clients = [
        service_account("neuron", SECRET),
        service_account("another", SECRET, scope="openid email"),
        {"client_id": "web", "client_secret": SECRET, "redirect_uris": ["https://app.example.org/back"]},
    ]
    async with running_issuer(accounts={}, clients=clients, access_seconds=1000) as real:

        def tokens(**fields: Any) -> OidcClientTokens:
            known = {"kind": "seafile_oidc", "issuer": real.url, "client_id": "neuron"}
            return OidcClientTokens(OidcClientSettings.of({**known, "client_secret_env": "CLIENT_SECRET", **fields}))

        mine = tokens()
        first = await mine.token()
        assert len(first) > 20
        assert await mine.token(stale=first) != first
        assert (
            await real.token_requests()
            == [TokenRequest(grant="client_credentials", client="neuron", login=None, error=None)] * 2
        )
        assert "another one" in str(await refusal(tokens(client_id="nobody")))
        assert "another one" in str(await refusal(tokens(client_secret_env="PATH")))
        assert "scopes" in str(await refusal(tokens(client_id="another")))
        assert "in its own name" in str(await refusal(tokens(client_id="web")))
        assert "no such" in str(await refusal(tokens(issuer=f"{real.url}/realms/hbp")))
        await real.disturb(failures=1)
        assert isinstance(await refusal(tokens()), Unavailable)
