"""What goes wrong with users' tokens at a plain hub, and does not with hubdrives' part in it; on real ones of both."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from hubdrives.credentials.hub import HubLogin
from hubdrives.errors import BadConfig, BadCredential, LoginNeeded
from hubdrives.testing.hub import Hub, running_hub
from hubdrives.testing.issuer import Issuer, running_issuer

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(180)]

ACCESS_SECONDS = 6
"""How long an access token lives at the issuer of the second pair of hubs."""

PEOPLE = ("ann", "ben", "cleo", "dan", "eve", "fay")
SERVICES = {"reader": ["custom:hubdrives:tokens"]}


async def hubs(folders: pytest.TempPathFactory, issuer: Issuer, **options: Any) -> AsyncIterator[tuple[Hub, Hub]]:
    """A plain hub, and one with hubdrives' part in which users' servers and a service may have tokens."""
    async with (
        running_hub(folders.mktemp("plain"), issuer=issuer, plain=True, **options) as plain,
        running_hub(folders.mktemp("ours"), issuer=issuer, simple=True, services=SERVICES, **options) as ours,
    ):
        yield plain, ours


Hubs = tuple[Issuer, Hub, Hub]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def attentive(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Hubs]:
    """Hubs that look after a login as often as they can; tokens live long."""
    async with running_issuer(accounts=dict.fromkeys(PEOPLE, ()), rotate=True) as issuer:
        async for plain, ours in hubs(tmp_path_factory, issuer, refresh_age=1):
            yield issuer, plain, ours


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def usual(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Hubs]:
    """Hubs with JupyterHub's own `auth_refresh_age`; tokens live shortly."""
    # Of fifty slow readers none shall meet a token that is about to be renewed again.
    late = {"FreshLogins": {"token_leeway": 2.0}}
    accounts = dict.fromkeys(PEOPLE, ())
    async with running_issuer(accounts=accounts, access_seconds=ACCESS_SECONDS, rotate=True) as issuer:
        async for plain, ours in hubs(tmp_path_factory, issuer, config=late):
            yield issuer, plain, ours


def reader(hub: Hub, user: str, hub_token: str) -> HubLogin:
    """Whoever has `hub_token` and wants the access token of `user`."""
    environment = {"JUPYTERHUB_API_URL": hub.api_url, "JUPYTERHUB_API_TOKEN": hub_token}
    return HubLogin({"kind": "hub_login"}, user=user, environment=environment)


async def log_in(hub: Hub, user: str) -> str:
    """The access token that a login brings."""
    await (await hub.log_in(user)).close()
    state = await hub.auth_state(user)
    assert state is not None
    return str(state["access_token"])


async def until_dead(issuer: Issuer, token: str) -> None:
    async with asyncio.timeout(4 * ACCESS_SECONDS):
        while await issuer.person(token):
            await asyncio.sleep(0.1)


async def told(hub: Hub, hub_token: str, path: str) -> dict[str, Any]:
    async with (
        aiohttp.ClientSession(headers={"Authorization": f"token {hub_token}"}) as session,
        session.get(f"{hub.api_url}/{path}") as answer,
    ):
        answer.raise_for_status()
        found: dict[str, Any] = await answer.json()
        return found


async def all_live(issuer: Issuer, user: str, tokens: Sequence[str]) -> bool:
    return set(await asyncio.gather(*(issuer.person(token) for token in tokens))) == {user}


class TestAServicesOwnTokenNeverRenewsALogin:
    async def test_plain(self, attentive: Hubs) -> None:
        issuer, hub, _ = attentive
        token = await log_in(hub, "ann")
        await issuer.expire("ann")
        # Longer than the hub believes in a login that it has seen to.
        await asyncio.sleep(1.1)
        service = reader(hub, "ann", hub.service_tokens["hubdrives"])
        assert await service.token() == token
        with pytest.raises(LoginNeeded):
            await service.token(stale=token)
        assert await issuer.refreshes("ann") == 0

    async def test_with_our_part_it_does(self, attentive: Hubs) -> None:
        issuer, _, hub = attentive
        token = await log_in(hub, "ben")
        await issuer.expire("ben")
        service = reader(hub, "ben", hub.service_tokens["reader"])
        assert await issuer.person(await service.token(stale=token)) == "ben"
        assert await issuer.refreshes("ben") == 1


class TestUserNeverCarriesAuthState:
    async def test_plain_and_we_read_elsewhere(self, attentive: Hubs) -> None:
        _, hub, _ = attentive
        token = await log_in(hub, "cleo")
        own = await hub.token_for("cleo")
        assert (await told(hub, own, "user"))["auth_state"] is None
        assert await reader(hub, "cleo", own).token() == token

    async def test_with_our_part_nobody_needs_it(self, attentive: Hubs) -> None:
        issuer, _, hub = attentive
        await log_in(hub, "cleo")
        own = await hub.token_for("cleo")
        assert not (await told(hub, own, "users/cleo")).get("auth_state")
        assert await issuer.person(await reader(hub, "cleo", own).token()) == "cleo"
        await log_in(hub, "dan")
        with pytest.raises(BadConfig, match="custom:hubdrives:tokens"):
            await reader(hub, "dan", own).token()
        narrow = await hub.token_for("cleo", scopes=["read:users:name!user"])
        with pytest.raises(BadConfig, match="custom:hubdrives:tokens"):
            await reader(hub, "cleo", narrow).token()


class TestATokenThatHasEndedIsHandedOut:
    async def test_plain(self, usual: Hubs) -> None:
        issuer, hub, _ = usual
        token = await log_in(hub, "ann")
        await until_dead(issuer, token)
        assert await reader(hub, "ann", await hub.token_for("ann")).token() == token

    async def test_with_our_part_none_is_two_lifetimes_later(self, usual: Hubs) -> None:
        issuer, _, hub = usual
        token = await log_in(hub, "ann")
        login = reader(hub, "ann", await hub.token_for("ann"))
        for _ in range(2):
            await until_dead(issuer, token)
            token = await login.token()
            assert await issuer.person(token) == "ann"


class TestParallelReadsAfterTheEndBurnTheGrant:
    async def test_plain(self, attentive: Hubs) -> None:
        issuer, hub, _ = attentive
        token = await log_in(hub, "eve")
        own = await hub.token_for("eve")
        await issuer.expire("eve")
        await asyncio.sleep(1.1)
        # As if the issuer were as far away as issuers are.
        await issuer.disturb(delay=0.3)
        readers = (reader(hub, "eve", own).token() for _ in range(50))
        tokens = await asyncio.gather(*readers, return_exceptions=True)
        await issuer.disturb()
        assert [one for one in tokens if isinstance(one, str) and await issuer.person(one)] == []
        # Before JupyterHub 6.1 the hub then takes her token for nobody's.
        with pytest.raises(BadCredential):
            await reader(hub, "eve", own).token(stale=token)

    async def test_with_our_part_fifty_end_in_one_renewal_and_live_tokens(self, usual: Hubs) -> None:
        issuer, _, hub = usual
        token = await log_in(hub, "eve")
        own, service = await hub.token_for("eve"), hub.service_tokens["reader"]
        before = await issuer.refreshes("eve")
        await until_dead(issuer, token)
        readers = [reader(hub, "eve", one).token() for one in (own, service) for _ in range(25)]
        tokens = await asyncio.gather(*readers)
        assert await all_live(issuer, "eve", tokens)
        assert await issuer.refreshes("eve") == before + 1
        assert [one.error for one in await issuer.token_requests("eve") if one.error] == []

    async def test_so_do_those_of_a_server_and_a_service_at_once_while_the_hub_checks_the_login(
        self, attentive: Hubs
    ) -> None:
        issuer, _, hub = attentive
        token = await log_in(hub, "fay")
        server, service = (await hub.spawn("fay")).token, hub.service_tokens["reader"]
        before = await issuer.refreshes("fay")
        for count in range(1, 4):
            await issuer.expire("fay")
            await asyncio.sleep(1.1)
            readers = [reader(hub, "fay", one).token(stale=token) for _ in range(25) for one in (server, service)]
            tokens = await asyncio.gather(*readers)
            assert await all_live(issuer, "fay", tokens)
            assert await issuer.refreshes("fay") == before + count
            token = tokens[0]
        assert [one.error for one in await issuer.token_requests("fay") if one.error] == []
