"""A user's own tokens at Globus, as the hub has them: one for each server, and where to go for one that is missing."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from aiohttp import web
from tests.credentials.globus_endpoint import ALL, COLLECTION, HTTPS, TRANSFER
from yarl import URL

from hubdrives.credentials import is_personal, token_source
from hubdrives.credentials.auth_state import HubLoginSettings
from hubdrives.credentials.globus_login import GlobusLogin
from hubdrives.credentials.globus_scopes import is_askable, is_session, together
from hubdrives.errors import BadConfig, HubdrivesError, LoginNeeded, NotGranted
from hubdrives.exchange import AudienceTokenSource

CREDENTIAL = {"kind": "globus_login"}
OTHER = "99999999-0a1b-4c2d-8e3f-0a1b2c3d4e5f"


def data(collection: str) -> str:
    return f"https://auth.globus.org/scopes/{collection}/data_access"


class Hub:
    """The hub's endpoint for tokens, of which `tokens` has those there are; `plain`: it has but its own /users/NAME."""

    def __init__(self) -> None:
        self.tokens = {TRANSFER: "transfer-1", COLLECTION: "https-1"}
        self.plain = False
        self.trouble: HubdrivesError | None = None
        self.asked: list[str] = []

    async def answer(self, request: web.Request) -> web.Response:
        self.asked.append(request.path_qs)
        if self.plain:
            if request.path.startswith("/jhub/hub/api/hubdrives/"):
                return web.json_response({"status": 404, "message": "Not Found"}, status=404)
            tokens = {name: {"access_token": value} for name, value in self.tokens.items()}
            return web.json_response({"name": "alice", "auth_state": {"tokens": tokens}})
        token = self.tokens.get(request.query["resource_server"])
        error = self.trouble or LoginNeeded("Your login to the hub brought no token for this.", login_url="/hub/x")
        if token is None or self.trouble is not None:
            return web.json_response(error.to_wire(), status=403)
        return web.json_response({"token": token, "ends_at": None})


@pytest.fixture
def hub() -> Hub:
    return Hub()


@pytest.fixture
async def login(hub: Hub, serve: Callable[..., Awaitable[str]]) -> GlobusLogin:
    url = await serve(hub.answer)
    environment = {"JUPYTERHUB_API_URL": f"{url}/jhub/hub/api/", "JUPYTERHUB_API_TOKEN": "t", "JUPYTERHUB_USER": "bob"}
    found = token_source(CREDENTIAL, connection="g", user="alice", environment=environment)
    assert isinstance(found, GlobusLogin)
    return found


class TestTokens:
    async def test_each_server_has_its_own(self, login: GlobusLogin, hub: Hub) -> None:
        assert await login.for_audience(TRANSFER).token() == "transfer-1"
        assert await login.for_audience(COLLECTION).token() == "https-1"
        assert await login.token() == "transfer-1"
        path = "/jhub/hub/api/hubdrives/users/alice/token"
        assert hub.asked == [f"{path}?resource_server={server}" for server in (TRANSFER, COLLECTION)]

    async def test_however_many_want_it_the_hub_is_asked_once(self, login: GlobusLogin, hub: Hub) -> None:
        await asyncio.gather(*(login.for_audience(TRANSFER).token() for _ in range(20)))
        assert len(hub.asked) == 1

    async def test_a_refused_one_is_asked_for_anew(self, login: GlobusLogin, hub: Hub) -> None:
        transfer = login.for_audience(TRANSFER)
        token = await transfer.token()
        hub.tokens[TRANSFER] = "transfer-2"
        assert await transfer.token(stale=token) == "transfer-2"
        assert "refused=" in hub.asked[-1]

    async def test_on_a_hub_without_hubdrives_they_are_read_from_auth_state(self, login: GlobusLogin, hub: Hub) -> None:
        hub.plain = True
        assert await login.for_audience(COLLECTION).token() == "https-1"

    async def test_other_trouble_is_told_as_it_is(self, login: GlobusLogin, hub: Hub) -> None:
        hub.trouble = NotGranted("no scope")
        with pytest.raises(BadConfig, match="custom:hubdrives:tokens"):
            await login.token()


class TestAMissingConsent:
    async def test_is_named_and_the_way_there_asks_for_exactly_that(self, login: GlobusLogin, hub: Hub) -> None:
        scope = f"https://auth.globus.org/scopes/{OTHER}/https[*{data(OTHER)}]"
        with pytest.raises(LoginNeeded) as raised:
            await login.for_audience(OTHER, scopes=[scope]).token()
        assert scope in str(raised.value)
        assert OTHER in str(raised.value)
        assert raised.value.agree_at == "Globus"
        url = URL(str(raised.value.login_url))
        assert (url.path, url.query.getall("scope")) == ("/jhub/hub/hubdrives/consent", [scope])
        assert set(url.query) == {"scope"}
        hub.tokens[OTHER] = "https-2"
        assert await login.for_audience(OTHER).token() == "https-2"

    async def test_unless_told_otherwise_it_is_the_one_that_the_server_mostly_wants(
        self, login: GlobusLogin, hub: Hub
    ) -> None:
        hub.tokens.clear()
        for server, scope in ((TRANSFER, ALL), (COLLECTION, HTTPS)):
            with pytest.raises(LoginNeeded) as raised:
                await login.for_audience(server).token()
            assert URL(str(raised.value.login_url)).query["scope"] == scope

    async def test_what_globus_asked_for_later_has_its_way_too(self, login: GlobusLogin) -> None:
        source: AudienceTokenSource = login
        asked = {"session_required_mfa": "true", "prompt": "login"}
        url = URL(str(source.login_url(scopes=[f"{ALL}[*{data(OTHER)}]"], session=asked)))
        assert dict(url.query) == {"scope": f"{ALL}[*{data(OTHER)}]", **asked}
        # It must come through to a browser.
        wire = LoginNeeded("x", login_url=str(source.login_url(scopes=[ALL]))).to_wire()
        assert wire["login_url"].startswith("/jhub/hub/hubdrives/consent?scope=urn%3A")

    @pytest.mark.parametrize(
        ("scopes", "session"),
        [
            ([], {}),
            (["email"], {}),
            ([ALL, "email"], {}),
            ([], {"session_message": "x", "next": "https://evil.example"}),
        ],
    )
    async def test_what_the_page_would_refuse_is_no_way(
        self, login: GlobusLogin, scopes: list[str], session: dict[str, str]
    ) -> None:
        assert login.login_url(scopes=scopes, session=session) is None

    async def test_of_what_globus_says_only_how_to_log_in_goes_along(self, login: GlobusLogin) -> None:
        told = {"session_message": "Please", "next": "/x", "session_required_mfa": "true"}
        assert dict(URL(str(login.login_url(session=told))).query) == {"session_required_mfa": "true"}

    async def test_a_hub_without_hubdrives_has_no_such_page(self, login: GlobusLogin, hub: Hub) -> None:
        hub.plain = True
        with pytest.raises(LoginNeeded) as raised:
            await login.for_audience(OTHER).token()
        assert raised.value.login_url is None


class TestConfiguration:
    def test_it_is_personal_and_whoever_asks_about_the_login_means_its_token_for_transfer(self) -> None:
        assert is_personal(CREDENTIAL)
        assert HubLoginSettings.of(CREDENTIAL).resource_server == TRANSFER

    @pytest.mark.parametrize("field", [{"resource_server": TRANSFER}, {"path": ["x"]}, {"scope": "x"}])
    def test_it_has_no_other_fields(self, field: dict[str, Any]) -> None:
        with pytest.raises(BadConfig, match="globus_login"):
            GlobusLogin({**CREDENTIAL, **field}, user="alice", environment={})

    def test_what_lacks_is_told_before_anybody_asks(self) -> None:
        with pytest.raises(BadConfig, match="JUPYTERHUB_API_URL is not set"):
            GlobusLogin(CREDENTIAL, user="alice", environment={})


class TestScopes:
    @pytest.mark.parametrize(
        "scope",
        [
            ALL,
            f"{ALL}[*{data(OTHER)}]",
            f"{ALL}[{data(OTHER)}]",
            f"{ALL}[*{data(OTHER)} *{data(COLLECTION)}]",
            HTTPS,
            f"{HTTPS}[*{data(COLLECTION)}]",
            data(OTHER),
        ],
    )
    def test_a_user_may_be_asked_for(self, scope: str) -> None:
        assert is_askable(scope)

    @pytest.mark.parametrize(
        "scope",
        [
            "",
            "openid",
            f"*{data(OTHER)}",
            f"{data(OTHER)}[*{data(OTHER)}]",
            f"*{ALL}",
            f"{ALL} {HTTPS}",
            f"{ALL}\n",
            f"{ALL}[]",
            f"{ALL}[*{data(OTHER)}",
            f"{ALL}[*{data(OTHER)}]]",
            f"{ALL}[*{HTTPS}]",
            f"{ALL}[*{data(OTHER)}[*{data(OTHER)}]]",
            f"{ALL}[" + " ".join([f"*{data(OTHER)}"] * 30) + "]",
            "urn:globus:auth:scope:groups.api.globus.org:all",
            "urn:globus:auth:scope:auth.globus.org:manage_projects",
            "urn:globus:auth:scope:transferXapi.globus.org:all",
            HTTPS.replace("auth.globus.org", "auth.globus.org.example"),
            HTTPS.replace(COLLECTION, "x"),
            HTTPS.replace("/https", "/manage_collections"),
            HTTPS.upper(),
        ],
    )
    def test_a_user_may_not_be_asked_for(self, scope: str) -> None:
        assert not is_askable(scope)

    @pytest.mark.parametrize(
        ("name", "value", "fine"),
        [
            ("session_required_identities", f"{OTHER},{COLLECTION}", True),
            ("session_required_identities", "jane.doe+x@uni.example.edu", True),
            ("session_required_identities", "jane", False),
            ("session_required_identities", f"{OTHER},", False),
            ("session_required_single_domain", "uni.example.edu,lab.example.org", True),
            ("session_required_single_domain", "uni.example.edu/x", False),
            ("session_required_policies", OTHER, True),
            ("session_required_policies", "x", False),
            ("session_required_mfa", "True", True),
            ("session_required_mfa", "1", False),
            ("prompt", "login", True),
            ("prompt", "none", False),
            ("session_message", "Give me your password", False),
            ("redirect_uri", "https://evil.example", False),
        ],
    )
    def test_a_login_may_be_asked_for_in_some_ways_only(self, name: str, value: str, *, fine: bool) -> None:
        assert is_session(name, value) is fine

    def test_together_each_is_asked_for_once_and_letter_by_letter(self) -> None:
        wide = f"{ALL}[*{data(OTHER)} *{data(COLLECTION)}]"
        nested = "urn:globus:auth:scope:x:all[*a[*b c]]"
        assert together(["openid profile", nested, ALL, HTTPS, wide, HTTPS]) == ["openid profile", nested, HTTPS, wide]
