"""Issuers that are away, refuse, or have ended a login: what passes is not taken for the end."""

import asyncio
import json
from typing import Any

import pytest
from aiohttp import web
from jupyterhub.crypto import CryptKeeper
from jupyterhub.user import User
from tests.hub.issuing import TOKEN, Clock, Make, SmallIssuer, log_in, stored

from hubdrives.errors import BadConfig, LoginNeeded, Unavailable


class TestFailures:
    @pytest.mark.parametrize(
        "trouble",
        [
            lambda: web.Response(status=500),
            lambda: web.Response(status=503, text="<html>"),
            lambda: web.Response(status=429),
            lambda: web.Response(status=408),
            lambda: web.Response(status=403, text="<html>A proxy says no</html>"),
            lambda: web.Response(status=200, text="<html>Sign in to the network</html>"),
        ],
    )
    async def test_a_passing_one_neither_ends_the_login_nor_a_live_token(
        self, make: Make, user: User, issuer: SmallIssuer, clock: Clock, trouble: Any
    ) -> None:
        authenticator = make()
        await log_in(authenticator, user, issuer)
        issuer.trouble["/token"] = trouble
        clock.now += 3500
        assert (await authenticator.live_login(user, TOKEN)).token == "access-0"
        assert (await authenticator.refresh_user(user))["name"] == "alice"
        clock.now += 200
        with pytest.raises(Unavailable):
            await authenticator.live_login(user, TOKEN)
        assert await authenticator.refresh_user(user) is True
        issuer.trouble.clear()
        clock.now += 6
        assert (await authenticator.live_login(user, TOKEN)).token == "access-1"

    async def test_an_issuer_that_is_not_there_is_a_passing_one(
        self, make: Make, user: User, issuer: SmallIssuer, clock: Clock
    ) -> None:
        authenticator = make()
        await log_in(authenticator, user, issuer)
        authenticator.token_url = authenticator.userdata_url = "http://127.0.0.1:1/"
        clock.now += 3600
        with pytest.raises(Unavailable):
            await authenticator.live_login(user, TOKEN)
        assert await authenticator.refresh_user(user) is True

    @pytest.mark.parametrize("status", [408, 429, 500, 502])
    async def test_so_is_trouble_where_the_issuer_says_who_it_is(
        self, make: Make, user: User, issuer: SmallIssuer, status: int
    ) -> None:
        authenticator = make()
        await log_in(authenticator, user, issuer)
        issuer.trouble["/userinfo"] = lambda: web.Response(status=status)
        assert await authenticator.refresh_user(user) is True
        assert issuer.refreshes == 0

    async def test_many_who_wait_for_an_issuer_in_trouble_ask_it_once(
        self, make: Make, user: User, issuer: SmallIssuer, clock: Clock
    ) -> None:
        authenticator = make()
        await log_in(authenticator, user, issuer)
        issuer.trouble["/token"] = lambda: web.Response(status=503)
        clock.now += 3600
        calls = (authenticator.live_login(user, TOKEN) for _ in range(50))
        results = await asyncio.gather(*calls, return_exceptions=True)
        assert {type(one) for one in results} == {Unavailable}
        assert issuer.questions == ["/token"]

    @pytest.mark.parametrize(
        ("status", "body"),
        [
            (400, {"error": "invalid_grant"}),
            (401, {"error": "invalid_grant", "error_description": "Session not active"}),
            (400, {"error": "invalid_request", "error_description": "refresh_token not found"}),
            (400, {"error": "interaction_required"}),
            (200, {"error": "bad_refresh_token", "error_description": "The refresh token is wrong."}),
        ],
    )
    async def test_the_end_of_the_grant_needs_a_login(
        self, make: Make, user: User, issuer: SmallIssuer, clock: Clock, status: int, body: Any
    ) -> None:
        authenticator = make()
        await log_in(authenticator, user, issuer)
        issuer.trouble["/token"] = lambda: web.json_response(body, status=status)
        clock.now += 3600
        with pytest.raises(LoginNeeded, match="has ended"):
            await authenticator.live_login(user, TOKEN)
        assert await authenticator.refresh_user(user) is False

    async def test_a_grant_that_has_ended_is_tried_once_and_a_new_login_mends_it(
        self, make: Make, user: User, issuer: SmallIssuer, clock: Clock
    ) -> None:
        authenticator = make()
        await log_in(authenticator, user, issuer)
        issuer.revoke()
        for _ in range(3):
            clock.now += 3600
            with pytest.raises(LoginNeeded):
                await authenticator.live_login(user, TOKEN)
            assert await authenticator.refresh_user(user) is False
        assert issuer.questions == ["/token"]
        await log_in(authenticator, user, issuer)
        assert issuer.is_live((await authenticator.live_login(user, TOKEN)).token)
        clock.now += 3600
        assert issuer.is_live((await authenticator.live_login(user, TOKEN)).token)

    async def test_a_live_token_outlives_its_grant(
        self, make: Make, user: User, issuer: SmallIssuer, clock: Clock
    ) -> None:
        authenticator = make()
        await log_in(authenticator, user, issuer)
        issuer.trouble["/token"] = lambda: web.json_response({"error": "invalid_grant"}, status=400)
        clock.now += 3500
        assert (await authenticator.live_login(user, TOKEN)).token == "access-0"
        assert (await authenticator.refresh_user(user))["name"] == "alice"

    @pytest.mark.parametrize("error", ["invalid_client", "unauthorized_client", "invalid_scope", "invalid_request"])
    async def test_what_only_an_administrator_can_mend_asks_no_user_to_log_in(
        self, make: Make, user: User, issuer: SmallIssuer, clock: Clock, error: str
    ) -> None:
        authenticator = make()
        await log_in(authenticator, user, issuer)
        issuer.trouble["/token"] = lambda: web.json_response({"error": error}, status=401)
        clock.now += 3600
        with pytest.raises(BadConfig, match=error):
            await authenticator.live_login(user, TOKEN)
        assert await authenticator.refresh_user(user) is True

    async def test_a_login_without_a_refresh_token_lasts_as_long_as_its_token(
        self, make: Make, user: User, issuer: SmallIssuer, clock: Clock
    ) -> None:
        authenticator = make()
        await log_in(authenticator, user, issuer)
        state = await stored(user)
        state["refresh_token"] = None
        del state["token_response"]["refresh_token"]
        await user.save_auth_state(state)
        clock.now += 3599
        assert (await authenticator.live_login(user, TOKEN)).token == "access-0"
        clock.now += 1
        with pytest.raises(LoginNeeded, match="nothing to renew it with"):
            await authenticator.live_login(user, TOKEN)

    async def test_who_never_logged_in_must(self, make: Make, user: User) -> None:
        with pytest.raises(LoginNeeded, match="no token"):
            await make().live_login(user, TOKEN)

    async def test_so_must_whose_login_can_not_be_decrypted(self, make: Make, user: User, issuer: SmallIssuer) -> None:
        authenticator = make()
        await log_in(authenticator, user, issuer)
        CryptKeeper.instance().keys = [b"z" * 32]
        with pytest.raises(LoginNeeded):
            await authenticator.live_login(user, TOKEN)
        assert await authenticator.refresh_user(user) is False

    async def test_without_auth_state_there_is_nothing(self, make: Make, user: User) -> None:
        authenticator = make(enable_auth_state=False)
        with pytest.raises(BadConfig, match="keeps no tokens"):
            await authenticator.live_login(user, TOKEN)
        assert await authenticator.refresh_user(user) is True

    async def test_a_mistake_in_the_sites_own_code_is_not_hidden(
        self, make: Make, user: User, issuer: SmallIssuer
    ) -> None:
        def broken(*_args: Any) -> None:
            raise KeyError("oops")

        authenticator = make()
        await log_in(authenticator, user, issuer)
        authenticator.refresh_user_hook = broken
        with pytest.raises(KeyError):
            await authenticator.refresh_user(user)


async def test_no_token_is_written_to_the_log(
    make: Make, user: User, issuer: SmallIssuer, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    authenticator = make()
    authenticator.log.propagate = True
    caplog.set_level("DEBUG")
    await log_in(authenticator, user, issuer)
    clock.now += 3600
    await authenticator.refresh_user(user)
    issuer.trouble["/userinfo"] = lambda: web.Response(status=500)
    await authenticator.refresh_user(user)
    assert "could not be checked" in caplog.text
    assert not [line for line in caplog.text.splitlines() if "access-" in line or "refresh-1" in line]
    assert "access-" not in json.dumps([repr(one) for one in authenticator._turns.values()])
