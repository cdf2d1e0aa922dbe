"""Logins with Globus that stay fresh: GlobusOAuthenticator itself with the mixin, against an emulated Globus Auth."""

import asyncio
import json
import re
import sys
from collections.abc import AsyncIterator, Callable
from types import SimpleNamespace
from typing import Any

import pytest
from aiohttp import encode_basic_auth, web
from jupyterhub.user import User
from oauthenticator.globus import GlobusOAuthenticator
from tests.hub.globus_browser import log_in, traits
from tests.hub.issuing import stored
from tornado.httpclient import HTTPClientError
from traitlets.config import Config

from hubdrives.credentials.auth_state import HubLoginSettings, digest
from hubdrives.errors import BadConfig, LoginNeeded, Unavailable
from hubdrives.hub.logins import fresh
from hubdrives.testing.emulators.globus import Globus
from hubdrives.testing.emulators.globus.named import AUTH, GROUPS, TRANSFER, VIEW_MY_GROUPS, scope_of
from hubdrives.testing.emulators.globus.tokens import InvalidTokenError
from hubdrives.testing.emulators.server import serving

Make = Callable[..., Any]
DAY = 24 * 3600


@pytest.fixture
async def globus() -> AsyncIterator[Globus]:
    async with serving(Globus()) as running:
        yield running


@pytest.fixture
def make(globus: Globus) -> Make:
    """An authenticator with the mixin or (`plain`) without."""

    def made(*, plain: bool = False, **more: Any) -> Any:
        config = Config({"GlobusOAuthenticator": traits(globus, **more)})
        if plain:
            return GlobusOAuthenticator(config=config)
        return fresh(GlobusOAuthenticator)(config=config, clock=globus.clock)

    return made


def https(globus: Globus) -> tuple[str]:
    return (scope_of(globus.collection.id, "https"),)


def meant(server: str) -> HubLoginSettings:
    return HubLoginSettings(kind="hub_login", resource_server=server)


def questions(globus: Globus) -> int:
    return globus.requests.by_operation["auth.token"]


def is_live(globus: Globus, token: str, server: str) -> bool:
    return globus.tokens.check(token, server).token.value == token


class TestEachServersTokenByItself:
    async def test_fifty_readers_after_the_end_cause_one_renewal(self, make: Make, user: User, globus: Globus) -> None:
        authenticator = make()
        await log_in(authenticator, user, scopes=https(globus))
        globus.advance(3 * DAY)
        before = questions(globus)
        servers = [TRANSFER, globus.collection.id] * 25
        found = await asyncio.gather(*(authenticator.live_login(user, meant(server)) for server in servers))
        assert all(is_live(globus, one.token, server) for one, server in zip(found, servers, strict=True))
        assert questions(globus) == before + 2
        assert found[0].ends_at == pytest.approx(globus.clock() + 2 * DAY, abs=5)

    @pytest.mark.parametrize("rotate", [False, True])
    async def test_again_and_again(self, make: Make, user: User, globus: Globus, *, rotate: bool) -> None:
        globus.settings.rotate_refresh_tokens = rotate
        authenticator = make()
        await log_in(authenticator, user, scopes=https(globus))
        for _ in range(3):
            globus.advance(3 * DAY)
            for server in (TRANSFER, globus.collection.id):
                assert is_live(globus, (await authenticator.live_login(user, meant(server))).token, server)
            model = await authenticator.refresh_user(user)
            # As the hub does after each check.
            await user.save_auth_state(model["auth_state"])
            assert set(model["auth_state"]["tokens"]) == {TRANSFER, globus.collection.id}

    async def test_a_refused_one_is_renewed_once(self, make: Make, user: User, globus: Globus) -> None:
        authenticator = make()
        await log_in(authenticator, user)
        token = (await authenticator.live_login(user, meant(TRANSFER))).token
        globus.tokens.expire_all()
        before = questions(globus)
        asking = (authenticator.live_login(user, meant(TRANSFER), refused=digest(token)) for _ in range(20))
        found = {one.token for one in await asyncio.gather(*asking)}
        assert len(found) == 1
        assert is_live(globus, found.pop(), TRANSFER)
        assert questions(globus) == before + 1

    async def test_the_others_stay_as_they_are(self, make: Make, user: User, globus: Globus) -> None:
        authenticator = make()
        await log_in(authenticator, user, scopes=https(globus))
        before = (await stored(user))["tokens"]
        refused = digest(before[globus.collection.id]["access_token"])
        found = await authenticator.live_login(user, meant(globus.collection.id), refused=refused)
        after = (await stored(user))["tokens"]
        assert after[globus.collection.id]["access_token"] == found.token
        assert after[TRANSFER] == before[TRANSFER]

    async def test_one_that_is_missing_is_not_asked_for(self, make: Make, user: User, globus: Globus) -> None:
        authenticator = make()
        await log_in(authenticator, user)
        before = questions(globus)
        with pytest.raises(LoginNeeded, match="brought no token"):
            await authenticator.live_login(user, meant(globus.collection.id))
        assert questions(globus) == before

    async def test_a_grant_that_was_taken_back_is_asked_with_once_though_globus_says_401(
        self, make: Make, user: User, globus: Globus
    ) -> None:
        authenticator = make()
        await log_in(authenticator, user, scopes=https(globus))
        globus.tokens.forget_refresh_tokens()
        globus.advance(3 * DAY)
        before = questions(globus)
        for _ in range(3):
            for server in (TRANSFER, globus.collection.id):
                with pytest.raises(LoginNeeded):
                    await authenticator.live_login(user, meant(server))
        assert questions(globus) == before + 2
        assert await authenticator.refresh_user(user) is False

    async def test_without_offline_access_it_ends(self, make: Make, user: User, globus: Globus) -> None:
        authenticator = make(extra_authorize_params={})
        await log_in(authenticator, user)
        globus.advance(3 * DAY)
        with pytest.raises(LoginNeeded, match="nothing to renew it with"):
            await authenticator.live_login(user, meant(TRANSFER))

    async def test_a_secret_that_is_wrong_is_for_the_admins(self, make: Make, user: User, globus: Globus) -> None:
        await log_in(make(), user)
        globus.advance(3 * DAY)
        with pytest.raises(BadConfig, match="refuses the hub's own application"):
            await make(client_secret="another").live_login(user, meant(TRANSFER))

    async def test_a_globus_that_is_away_ends_no_login(self, make: Make, user: User, globus: Globus) -> None:
        authenticator = make()
        await log_in(authenticator, user)
        globus.advance(3 * DAY)
        globus.faults.set([{"operation": "auth.*", "effect": "html", "times": None}])
        with pytest.raises(Unavailable):
            await authenticator.live_login(user, meant(TRANSFER))
        assert await authenticator.refresh_user(user) is True

    async def test_writes_that_bring_back_what_was_replaced_are_mended_for_each(
        self, make: Make, user: User, globus: Globus
    ) -> None:
        globus.settings.rotate_refresh_tokens = True
        authenticator = make()
        await log_in(authenticator, user, scopes=https(globus))
        before = await stored(user)
        globus.advance(3 * DAY)
        servers = (TRANSFER, globus.collection.id, AUTH)
        for server in servers[:2]:
            await authenticator.live_login(user, meant(server))
        await authenticator.refresh_user(user)
        await user.save_auth_state(before)
        for _ in range(2):
            globus.advance(3 * DAY)
            for server in servers[:2]:
                assert is_live(globus, (await authenticator.live_login(user, meant(server))).token, server)
        assert await authenticator.refresh_user(user)


class TestRenewalByTheSdk:
    @pytest.fixture
    async def asked(self, make: Make, user: User, globus: Globus, serve: Callable[..., Any]) -> Any:
        """What Globus is asked, and `says`, what it answers, when the token for Transfer is renewed."""
        seen = SimpleNamespace(requests=[], forms=[], says=lambda: web.Response(status=500))

        async def answer(request: web.Request) -> web.Response:
            seen.requests.append(request)
            seen.forms.append(dict(await request.post()))
            return seen.says()

        seen.authenticator = make()
        await log_in(seen.authenticator, user)
        seen.authenticator.token_url = f"{await serve(answer)}/v2/oauth2/token"
        globus.advance(3 * DAY)
        seen.renew = lambda: seen.authenticator.live_login(user, meant(TRANSFER))
        return seen

    async def test_the_refresh_token_goes_there_and_nowhere_else_and_once(
        self, asked: Any, globus: Globus, user: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("GLOBUS_SDK_SERVICE_URL_AUTH", "http://127.0.0.1:1/")
        refresh_token = (await stored(user))["tokens"][TRANSFER]["refresh_token"]
        asked.says = lambda: web.Response(status=307, headers={"Location": "/elsewhere"})
        with pytest.raises(Unavailable):
            await asked.renew()
        (request,) = asked.requests
        assert request.path == "/v2/oauth2/token"
        assert request.headers["User-Agent"].startswith("globus-sdk-py-")
        assert request.headers["Authorization"] == encode_basic_auth(globus.client.id, globus.client.secret)
        assert asked.forms == [{"grant_type": "refresh_token", "refresh_token": refresh_token}]

    async def test_each_token_in_the_answer_says_when_it_ends(self, asked: Any, globus: Globus) -> None:
        other = {"access_token": "b", "resource_server": AUTH, "expires_in": 20, "scope": "openid"}
        answer = {
            "access_token": "a",
            "resource_server": TRANSFER,
            "expires_in": 10,
            "scope": "x",
            "refresh_token": "r",
        }
        asked.says = lambda: web.json_response({**answer, "other_tokens": [other]})
        now = globus.clock()
        told = await asked.authenticator.answer_to("old", None)
        assert told["other_tokens"] == [{**other, "expires_at": pytest.approx(now + 20, abs=5)}]
        assert told | {"other_tokens": []} == answer | {
            "other_tokens": [],
            "expires_at": pytest.approx(now + 10, abs=5),
        }

    @pytest.mark.parametrize(
        ("status", "body", "kind"),
        [
            (400, {"error": "invalid_grant"}, LoginNeeded),
            (401, {"error": "invalid_grant"}, LoginNeeded),
            (403, {"error": "interaction_required"}, LoginNeeded),
            (401, {"error": "invalid_client"}, BadConfig),
            (401, {"errors": [{"code": "UNAUTHORIZED"}], "error": "unauthorized"}, BadConfig),
            (400, {"error": "unauthorized_client"}, BadConfig),
            (408, {}, Unavailable),
            (429, {}, Unavailable),
            (500, {"error": "invalid_grant"}, Unavailable),
            (503, "<html>maintenance", Unavailable),
            (403, "<html>A proxy says no", Unavailable),
            (200, "<html>Sign in to the network", Unavailable),
            (200, {"error": "invalid_grant"}, Unavailable),
        ],
    )
    async def test_only_what_ends_a_login_ends_it(self, asked: Any, status: int, body: Any, kind: type) -> None:
        text = body if isinstance(body, str) else json.dumps(body)
        asked.says = lambda: web.Response(status=status, text=text, content_type="application/json")
        for _ in range(2):
            with pytest.raises(kind):
                await asked.renew()
        assert len(asked.requests) == 1

    def test_without_the_sdk_the_hub_does_not_start(self, make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(sys.modules, "globus_sdk", None)
        with pytest.raises(BadConfig, match=r"pip install 'hubdrives\[globus\]'"):
            make()

    def test_nor_where_the_address_for_tokens_is_not_globus(self, make: Make) -> None:
        with pytest.raises(BadConfig, match="token_url"):
            make(token_url="https://login.example.edu/token")


class TestTheHubsOwnCheck:
    async def test_a_login_lasts_past_the_end_of_its_token(self, make: Make, user: User, globus: Globus) -> None:
        authenticator = make()
        await log_in(authenticator, user)
        globus.advance(3 * DAY)
        model = await authenticator.refresh_user(user)
        assert model["name"] == "researcher"
        assert set(model["auth_state"]["tokens"]) == {TRANSFER}

    async def test_with_oauthenticator_alone_it_does_not(self, make: Make, user: User, globus: Globus) -> None:
        authenticator = make(plain=True)
        await log_in(authenticator, user)
        globus.advance(3 * DAY)
        assert await authenticator.refresh_user(user) is False

    async def test_it_is_asked_with_its_own_token_whichever_comes_first(
        self, make: Make, user: User, globus: Globus
    ) -> None:
        globus.settings.token_order = (TRANSFER,)
        with pytest.raises(HTTPClientError, match="401"):
            await log_in(make(plain=True), user)
        authenticator = make()
        model = await log_in(authenticator, user)
        state = model["auth_state"]
        assert state["token_response"]["resource_server"] == AUTH
        assert state["token_response"]["id_token"]
        (transfer,) = state["token_response"]["other_tokens"]
        assert transfer["access_token"] == state["tokens"][TRANSFER]["access_token"]
        assert "id_token" not in transfer
        globus.advance(3 * DAY)
        assert (await authenticator.refresh_user(user))["name"] == "researcher"
        assert is_live(globus, (await authenticator.live_login(user, meant(TRANSFER))).token, TRANSFER)

    async def test_groups_are_asked_for_with_a_live_token_too(
        self, make: Make, user: User, globus: Globus, serve: Callable[..., Any]
    ) -> None:
        async def groups(request: web.Request) -> web.Response:
            try:
                globus.tokens.check(request.headers["Authorization"].removeprefix("Bearer "), GROUPS)
            except InvalidTokenError:
                return web.json_response({}, status=401)
            return web.json_response([{"id": "lab"}])

        options = {"allowed_globus_groups": {"lab"}, "allow_all": False, "globus_groups_url": await serve(groups)}
        authenticator = make(**options)
        assert VIEW_MY_GROUPS in authenticator.scope
        await log_in(authenticator, user)
        globus.advance(3 * DAY)
        model = await authenticator.refresh_user(user)
        assert model["auth_state"]["globus_groups"] == ["lab"]


class TestALaterLogin:
    async def test_keeps_what_an_earlier_one_brought(self, make: Make, user: User, globus: Globus) -> None:
        authenticator = make()
        first = await log_in(authenticator, user, scopes=https(globus))
        later = await log_in(authenticator, user)
        tokens = later["auth_state"]["tokens"]
        assert tokens[globus.collection.id] == first["auth_state"]["tokens"][globus.collection.id]
        assert tokens[TRANSFER] != first["auth_state"]["tokens"][TRANSFER]
        globus.advance(3 * DAY)
        found = await authenticator.live_login(user, meant(globus.collection.id))
        assert is_live(globus, found.token, globus.collection.id)
        # Each check of the login builds `tokens` anew.
        model = await authenticator.refresh_user(user)
        assert model["auth_state"]["tokens"][globus.collection.id]["access_token"] == found.token

    async def test_with_a_consent_more_adds_to_it(self, make: Make, user: User, globus: Globus) -> None:
        authenticator = make()
        other = globus.add_collection("Other")
        await log_in(authenticator, user, scopes=https(globus))
        await log_in(authenticator, user, scopes=(scope_of(other.id, "https"),))
        for server in (TRANSFER, globus.collection.id, other.id):
            assert is_live(globus, (await authenticator.live_login(user, meant(server))).token, server)

    async def test_of_somebody_else_takes_nothing_over(self, make: Make, user: User, globus: Globus) -> None:
        authenticator = make()
        globus.add_identity("colleague@example.edu")
        await log_in(authenticator, user, scopes=https(globus))
        model = await log_in(authenticator, user, who="colleague@example.edu")
        assert set(model["auth_state"]["tokens"]) == {TRANSFER}

    async def test_of_a_site_that_keeps_something_else_is_left_as_it_is(
        self, make: Make, user: User, globus: Globus
    ) -> None:
        def kept(_authenticator: Any, state: dict[str, Any]) -> dict[str, Any]:
            return {"globus_user": state["globus_user"], "client_id": state["client_id"]}

        await log_in(make(), user, scopes=https(globus))
        model = await log_in(make(modify_auth_state_hook=kept), user)
        assert set(model["auth_state"]) - {"globus_groups"} == {"globus_user", "client_id"}

    async def test_brings_back_nothing_that_a_logout_has_revoked(self, make: Make, user: User, globus: Globus) -> None:
        authenticator = make()
        await log_in(authenticator, user, scopes=https(globus))
        # What GlobusLogoutHandler does with `revoke_tokens_on_logout`.
        state = await stored(user)
        await authenticator.revoke_service_tokens(state["tokens"])
        await user.save_auth_state({**state, "tokens": {}})
        model = await log_in(authenticator, user)
        assert set(model["auth_state"]["tokens"]) == {TRANSFER}

    async def test_keeps_nothing_that_has_ended_for_good(self, make: Make, user: User, globus: Globus) -> None:
        authenticator = make(extra_authorize_params={})
        await log_in(authenticator, user, scopes=https(globus))
        assert set((await log_in(authenticator, user))["auth_state"]["tokens"]) == {TRANSFER, globus.collection.id}
        globus.advance(3 * DAY)
        assert set((await log_in(authenticator, user))["auth_state"]["tokens"]) == {TRANSFER}


def test_its_own_pages_stay_and_there_is_one_more() -> None:
    paths = [path for path, *_ in fresh(GlobusOAuthenticator)().get_handlers(None)]
    assert paths[: len(GlobusOAuthenticator().get_handlers(None))] == [
        path for path, *_ in GlobusOAuthenticator().get_handlers(None)
    ]
    assert [path for path in paths if re.fullmatch("/hubdrives/consent", path)]
