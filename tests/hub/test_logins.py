"""Logins that stay fresh: the mixin on oauthenticator's own class, JupyterHub's own users, an issuer on loopback."""

import asyncio
import gc
from typing import Any

import pytest
from aiohttp import web
from jupyterhub import orm
from jupyterhub.auth import Authenticator, DummyAuthenticator
from jupyterhub.user import User
from oauthenticator.generic import GenericOAuthenticator
from tests.hub.issuing import TOKEN, Clock, Make, SmallIssuer, log_in, stored
from traitlets.config import Config

from hubdrives.credentials.auth_state import HubLoginSettings, digest
from hubdrives.errors import LoginNeeded
from hubdrives.hub.logins import FreshLogins, fresh


class TestReading:
    async def test_a_token_that_lives_is_handed_out_without_a_question(
        self, make: Make, user: User, issuer: SmallIssuer, clock: Clock
    ) -> None:
        authenticator = make()
        await log_in(authenticator, user, issuer)
        found = await authenticator.live_login(user, TOKEN)
        assert (found.token, found.ends_at) == ("access-0", clock.now + 3600)
        assert issuer.questions == []

    async def test_it_is_renewed_before_it_ends(
        self, make: Make, user: User, issuer: SmallIssuer, clock: Clock
    ) -> None:
        authenticator = make()
        await log_in(authenticator, user, issuer)
        clock.now += 3299
        assert (await authenticator.live_login(user, TOKEN)).token == "access-0"
        clock.now += 1
        found = await authenticator.live_login(user, TOKEN)
        assert (found.token, found.ends_at) == ("access-1", clock.now + 3600)
        assert issuer.questions == ["/token"]

    async def test_one_that_lives_shortly_is_not_renewed_at_each_request(
        self, make: Make, user: User, issuer: SmallIssuer, clock: Clock
    ) -> None:
        issuer.lifetime = 15
        authenticator = make()
        await log_in(authenticator, user, issuer)
        for _ in range(30):
            clock.now += 1
            assert issuer.is_live((await authenticator.live_login(user, TOKEN)).token)
        assert issuer.refreshes == 3

    async def test_how_early_is_configuration(self, make: Make, user: User, issuer: SmallIssuer, clock: Clock) -> None:
        authenticator = make()
        authenticator.token_leeway = 10
        await log_in(authenticator, user, issuer)
        clock.now += 3589
        assert (await authenticator.live_login(user, TOKEN)).token == "access-0"
        clock.now += 1
        assert (await authenticator.live_login(user, TOKEN)).token == "access-1"

    async def test_fifty_readers_after_the_end_cause_one_renewal(
        self, make: Make, user: User, issuer: SmallIssuer, clock: Clock
    ) -> None:
        authenticator = make()
        await log_in(authenticator, user, issuer)
        clock.now += 4000
        found = await asyncio.gather(*(authenticator.live_login(user, TOKEN) for _ in range(50)))
        assert all(issuer.is_live(one.token) for one in found)
        assert issuer.questions == ["/token"]

    async def test_a_refused_one_is_renewed_once(self, make: Make, user: User, issuer: SmallIssuer) -> None:
        authenticator = make()
        await log_in(authenticator, user, issuer)
        issuer.end_access_tokens()
        refused = digest("access-0")
        found = await asyncio.gather(*(authenticator.live_login(user, TOKEN, refused=refused) for _ in range(50)))
        assert {one.token for one in found} == {"access-1"}
        assert issuer.questions == ["/token"]

    async def test_two_users_do_not_wait_for_each_other(
        self, make: Make, user: User, issuer: SmallIssuer, clock: Clock
    ) -> None:
        authenticator = make()
        await log_in(authenticator, user, issuer)
        row = orm.User(name="bob")
        user.db.add(row)
        user.db.commit()
        bob = User(row, {})
        await log_in(authenticator, bob, issuer)
        async with authenticator._turn(bob).lock:
            assert (await authenticator.live_login(user, TOKEN)).token == "access-0"

    async def test_of_a_user_who_is_gone_nothing_is_kept(self, make: Make, user: User, issuer: SmallIssuer) -> None:
        authenticator = make()
        await log_in(authenticator, user, issuer)
        gone = User(user.orm_user, {})
        await authenticator.live_login(gone, TOKEN)
        assert len(authenticator._turns) == 1
        del gone
        gc.collect()
        assert len(authenticator._turns) == 0


class TestWhatIsSaved:
    async def test_the_new_tokens_with_their_end_wherever_the_old_ones_stood(
        self, make: Make, user: User, issuer: SmallIssuer, clock: Clock
    ) -> None:
        authenticator = make()
        await log_in(authenticator, user, issuer)
        clock.now += 3600
        await authenticator.live_login(user, TOKEN)
        state = await stored(user)
        assert (state["access_token"], state["refresh_token"]) == ("access-1", "refresh-1")
        assert state["token_response"]["access_token"] == "access-1"
        assert state["token_response"]["expires_at"] == clock.now + 3600
        assert state["oauth_user"]["preferred_username"] == "alice"

    async def test_the_end_outlives_checks_of_the_same_token(
        self, make: Make, user: User, issuer: SmallIssuer, clock: Clock
    ) -> None:
        authenticator = make()
        await log_in(authenticator, user, issuer)
        ends = (await authenticator.live_login(user, TOKEN)).ends_at
        clock.now += 1000
        model = await authenticator.refresh_user(user)
        await user.save_auth_state(model["auth_state"])
        assert (await authenticator.live_login(user, TOKEN)).ends_at == ends

    async def test_a_rotated_refresh_token_is_safe_though_nothing_works_after(
        self, make: Make, user: User, issuer: SmallIssuer, clock: Clock
    ) -> None:
        authenticator = make()
        await log_in(authenticator, user, issuer)
        clock.now += 3600
        issuer.trouble["/userinfo"] = lambda: web.Response(status=500)
        assert await authenticator.refresh_user(user) is True
        assert (await stored(user))["refresh_token"] == "refresh-1"
        issuer.trouble.clear()
        clock.now += 3600
        assert (await authenticator.live_login(user, TOKEN)).token == "access-2"

    async def test_plain_oauthenticator_loses_it(
        self, make: Make, user: User, issuer: SmallIssuer, clock: Clock
    ) -> None:
        authenticator = make(plain=True)
        await log_in(authenticator, user, issuer)
        clock.now += 3600
        answers = iter([401, 500])
        issuer.trouble["/userinfo"] = lambda: web.Response(status=next(answers))
        assert await authenticator.refresh_user(user) is False
        assert (await stored(user))["refresh_token"] == "refresh-0"

    async def test_a_write_that_brings_back_what_was_replaced_is_mended(
        self, make: Make, user: User, issuer: SmallIssuer, clock: Clock
    ) -> None:
        authenticator = make()
        await log_in(authenticator, user, issuer)
        before = await stored(user)
        await authenticator.live_login(user, TOKEN, refused=digest("access-0"))
        # As the hub's own write would that began before the renewal.
        await user.save_auth_state(before)
        assert (await authenticator.live_login(user, TOKEN)).token == "access-1"
        assert (await stored(user))["refresh_token"] == "refresh-1"

    async def test_a_login_during_a_renewal_stays(
        self, make: Make, user: User, issuer: SmallIssuer, clock: Clock
    ) -> None:
        authenticator = make()
        await log_in(authenticator, user, issuer)
        new = issuer.log_in()

        async def with_login(handler: Any, params: Any) -> Any:
            answer = await type(authenticator).get_token_info(authenticator, handler, params)
            await user.save_auth_state({**new, "token_response": new})
            return answer

        authenticator.get_token_info = with_login
        found = await authenticator.live_login(user, TOKEN, refused=digest("access-0"))
        assert found.token == new["access_token"]
        assert (await stored(user))["refresh_token"] == new["refresh_token"]

    async def test_a_refresh_token_that_is_not_rotated_stays(
        self, make: Make, user: User, issuer: SmallIssuer, clock: Clock
    ) -> None:
        issuer.rotate = False
        authenticator = make()
        await log_in(authenticator, user, issuer)
        for expected in ("access-1", "access-2"):
            clock.now += 3600
            assert (await authenticator.live_login(user, TOKEN)).token == expected
        assert (await stored(user))["refresh_token"] == "refresh-0"

    async def test_what_the_site_makes_of_the_login_is_made_again(
        self, make: Make, user: User, issuer: SmallIssuer, clock: Clock
    ) -> None:
        def made(_authenticator: Any, state: dict[str, Any]) -> dict[str, Any]:
            return state | {"exchanged": f"made of {state['access_token']}"}

        authenticator = make(modify_auth_state_hook=made)
        await log_in(authenticator, user, issuer)
        await user.save_auth_state(await stored(user) | {"kept": "by a site's own hook"})
        exchanged = HubLoginSettings(kind="hub_login", path=("exchanged",))
        refused = (await authenticator.live_login(user, exchanged)).token
        assert refused == "made of access-0"
        found = await authenticator.live_login(user, exchanged, refused=digest(refused))
        assert found.token == "made of access-1"
        assert (await stored(user))["kept"] == "by a site's own hook"


class TestOtherAuthenticators:
    async def test_of_others_one_thing_happens_after_the_other(self, user: User) -> None:
        under_way = []

        class Slow(DummyAuthenticator):
            checks = 0

            async def refresh_user(self, user: Any, handler: Any = None) -> Any:
                assert not under_way
                under_way.append(user)
                await asyncio.sleep(0.01)
                under_way.remove(user)
                Slow.checks += 1
                return {"name": user.name, "auth_state": {"access_token": "access-1"}}

        authenticator = fresh(Slow)(enable_auth_state=True)
        await user.save_auth_state({"access_token": "access-1", "refresh_token": "refresh-1"})
        await asyncio.gather(*(authenticator.refresh_user(user) for _ in range(10)))
        assert Slow.checks == 1
        assert (await authenticator.live_login(user, TOKEN)).token == "access-1"
        with pytest.raises(LoginNeeded, match="nothing to renew it with"):
            await authenticator.live_login(user, TOKEN, refused=digest("access-1"))

    def test_configuration_goes_by_the_names_of_before(self) -> None:
        config = Config()
        config.GenericOAuthenticator.client_id = "hub"
        config.FreshLogins.token_leeway = 60
        authenticator = fresh(GenericOAuthenticator)(config=config)
        assert (authenticator.client_id, authenticator.token_leeway) == ("hub", 60)

    def test_twice_is_once(self) -> None:
        once = fresh(GenericOAuthenticator)
        assert fresh(once) is once
        assert issubclass(once, FreshLogins)
        assert issubclass(once, GenericOAuthenticator)

    @pytest.mark.parametrize("kind", [GenericOAuthenticator, DummyAuthenticator])
    def test_its_own_pages_stay(self, kind: type[Authenticator]) -> None:
        own = [path for path, *_ in kind().get_handlers(None)]
        assert [path for path, *_ in fresh(kind)().get_handlers(None)][: len(own)] == own
