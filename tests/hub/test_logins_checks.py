"""What the hub itself asks of an authenticator, `refresh_user`: by many at once, and while keys change."""

import asyncio

import pytest
from aiohttp import web
from jupyterhub.user import User
from tests.hub.issuing import TOKEN, Clock, Make, SmallIssuer, log_in, stored

from hubdrives.credentials.auth_state import digest


class TestTheHubsOwnChecks:
    async def test_the_issuer_says_who_it_is_and_in_which_groups(
        self, make: Make, user: User, issuer: SmallIssuer
    ) -> None:
        authenticator = make(manage_groups=True, auth_state_groups_key="oauth_user.groups")
        await log_in(authenticator, user, issuer)
        issuer.groups = ["stats", "maths"]
        model = await authenticator.refresh_user(user)
        assert (model["name"], model["groups"]) == ("alice", ["maths", "stats"])
        assert issuer.questions == ["/userinfo"]

    async def test_a_token_that_ends_soon_is_renewed_first(
        self, make: Make, user: User, issuer: SmallIssuer, clock: Clock
    ) -> None:
        authenticator = make()
        await log_in(authenticator, user, issuer)
        clock.now += 3500
        model = await authenticator.refresh_user(user)
        assert model["auth_state"]["access_token"] == "access-1"
        assert model["auth_state"]["refresh_token"] == "refresh-1"
        assert issuer.questions == ["/token", "/userinfo"]

    async def test_one_that_was_ended_early_is_renewed_too(self, make: Make, user: User, issuer: SmallIssuer) -> None:
        authenticator = make()
        await log_in(authenticator, user, issuer)
        issuer.end_access_tokens()
        model = await authenticator.refresh_user(user)
        assert model["auth_state"]["access_token"] == "access-1"
        assert issuer.questions == ["/userinfo", "/token", "/userinfo"]

    async def test_a_person_whom_the_issuer_refuses_must_log_in(
        self, make: Make, user: User, issuer: SmallIssuer
    ) -> None:
        authenticator = make()
        await log_in(authenticator, user, issuer)
        issuer.trouble["/userinfo"] = lambda: web.Response(status=403)
        assert await authenticator.refresh_user(user) is False
        assert issuer.questions == ["/userinfo", "/token", "/userinfo"]

    async def test_fifty_at_once_are_one_check(self, make: Make, user: User, issuer: SmallIssuer, clock: Clock) -> None:
        authenticator = make()
        await log_in(authenticator, user, issuer)
        clock.now += 3600
        models = await asyncio.gather(*(authenticator.refresh_user(user) for _ in range(50)))
        assert all(models)
        assert issuer.questions == ["/token", "/userinfo"]
        await authenticator.refresh_user(user)
        assert issuer.questions == ["/token", "/userinfo", "/userinfo"]

    async def test_plain_oauthenticator_burns_the_grant(
        self, make: Make, user: User, issuer: SmallIssuer, clock: Clock
    ) -> None:
        authenticator = make(plain=True)
        await log_in(authenticator, user, issuer)
        clock.now += 3600
        models = await asyncio.gather(*(authenticator.refresh_user(user) for _ in range(8)))
        tokens = [model["auth_state"]["access_token"] for model in models if model]
        assert not any(issuer.is_live(token) for token in tokens)

    async def test_checks_and_readers_at_once_renew_once(
        self, make: Make, user: User, issuer: SmallIssuer, clock: Clock
    ) -> None:
        authenticator = make()
        await log_in(authenticator, user, issuer)

        async def check() -> None:
            model = await authenticator.refresh_user(user)
            if isinstance(model, dict):
                await user.save_auth_state(model["auth_state"])

        for _ in range(5):
            clock.now += 3600
            before = issuer.refreshes
            await asyncio.gather(
                *(f() for _ in range(25) for f in (check, lambda: authenticator.live_login(user, TOKEN)))
            )
            assert issuer.refreshes == before + 1
            assert issuer.is_live((await stored(user))["access_token"])

    @pytest.mark.parametrize("keys", [[b"k" * 32, b"l" * 32]])
    async def test_a_hub_that_changes_its_key_loses_nothing(self, make: Make, user: User, issuer: SmallIssuer) -> None:
        """With two keys each read is a write, by whomever, outside of the lock."""
        authenticator = make()
        await log_in(authenticator, user, issuer)
        for count in range(3):
            refused = digest(f"access-{count}")
            renewal = asyncio.create_task(authenticator.live_login(user, TOKEN, refused=refused))
            reads = []
            while not renewal.done():
                reads.append(asyncio.create_task(user.get_auth_state()))
                await asyncio.sleep(0)
            await asyncio.gather(*reads)
            assert (await authenticator.live_login(user, TOKEN)).token == f"access-{count + 1}"

    async def test_a_sites_own_hook_has_the_last_word(self, make: Make, user: User, issuer: SmallIssuer) -> None:
        authenticator = make(refresh_user_hook=lambda *_args: False)
        await log_in(authenticator, user, issuer)
        assert await authenticator.refresh_user(user) is False
