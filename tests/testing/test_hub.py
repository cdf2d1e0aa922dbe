"""The hub that demo and tests run: people log in as they do elsewhere, and their servers are real ones."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from hubdrives.errors import LocalFailure
from hubdrives.testing.hub import Hub, running_hub
from hubdrives.testing.issuer import Issuer, running_issuer

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="module")]

ACCOUNTS = {"alice": ["lab"], "bob": [], "carol": [], "dave": [], "erin": []}
PROBE = {"probe": ["read:users:name", "admin:auth_state"]}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def issuer() -> AsyncIterator[Issuer]:
    async with running_issuer(accounts=ACCOUNTS, rotate=True) as running:
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def hub(tmp_path_factory: pytest.TempPathFactory, issuer: Issuer) -> AsyncIterator[Hub]:
    """A hub with nothing of hubdrives in it, so that what is tried here is the hub's own doing."""
    folder = tmp_path_factory.mktemp("hub")
    async with running_hub(folder, issuer=issuer, plain=True, refresh_age=1, services=PROBE) as running:
        yield running


async def state(hub: Hub, user: str) -> dict[str, Any]:
    found = await hub.auth_state(user)
    assert found is not None
    return found


async def ask(hub: Hub, token: str, path: str) -> dict[str, Any]:
    """What the hub tells whoever has `token`."""
    headers = {"Authorization": f"token {token}"}
    async with aiohttp.ClientSession(headers=headers) as session, session.get(f"{hub.api_url}/{path}") as answer:
        told: dict[str, Any] = await answer.json()
        return told


async def until_renewed(hub: Hub, token: str, user: str, old: str) -> str:
    """The access token that a server sees as soon as the hub looks after the login again."""
    async with asyncio.timeout(10):
        while (new := (await ask(hub, token, f"users/{user}"))["auth_state"]["access_token"]) == old:
            await asyncio.sleep(0.1)
    return str(new)


async def test_who_logs_in_at_the_issuer_is_known_with_groups_and_tokens(hub: Hub, issuer: Issuer) -> None:
    async with await hub.log_in("alice") as browser, browser.get("/hub/home") as page:
        assert "alice" in await page.text()
    login = await state(hub, "alice")
    assert await issuer.person(login["access_token"]) == "alice"
    assert login["refresh_token"]
    assert (await hub.api("GET", "users/alice"))["groups"] == ["lab"]
    stored = (hub.folder / "hub.sqlite").read_bytes()
    assert b"alice" in stored
    assert login["access_token"].encode() not in stored


async def test_a_browser_may_use_the_hubs_api_as_its_own_pages_do(hub: Hub) -> None:
    async with await hub.log_in("alice") as browser:
        headers = {"X-XSRFToken": hub.xsrf(browser)}
        async with browser.post("/hub/api/users/alice/tokens", headers=headers, json={"note": "mine"}) as answer:
            assert answer.status == 201
            token = (await answer.json())["token"]
    assert (await ask(hub, token, "user"))["name"] == "alice"


async def test_strangers_get_no_further_than_the_issuer(hub: Hub) -> None:
    with pytest.raises(LocalFailure, match="mallory could not log in"):
        await hub.log_in("mallory")
    async with hub.browser() as browser, browser.get("/hub/home", allow_redirects=False) as answer:
        assert answer.status == 302


async def test_a_server_has_the_token_and_the_home_of_its_user(hub: Hub) -> None:
    async with await hub.log_in("bob"):
        server = await hub.spawn("bob")
    assert (await ask(hub, server.token, "user"))["name"] == "bob"
    assert await hub.server("bob") == server
    assert server.token not in repr(server)
    assert Path(server.environment["HOME"]) == hub.home("bob")
    assert hub.home("bob").is_dir()
    cookies = Path(f"/proc/{server.pid}/cmdline").read_bytes()
    assert b"jupyterhub.singleuser" in cookies
    await hub.stop_server("bob")
    assert (await ask(hub, server.token, "user")) == {"status": 403, "message": "Forbidden"} | await ask(
        hub, "x", "user"
    )


async def test_the_hub_renews_a_login_whose_access_token_has_ended(hub: Hub, issuer: Issuer) -> None:
    async with await hub.log_in("carol"):
        token = await hub.token_for("carol")
        old = await state(hub, "carol")
        await issuer.expire("carol")
        new = await until_renewed(hub, token, "carol", old["access_token"])
    assert await issuer.person(new) == "carol"
    assert (await state(hub, "carol"))["refresh_token"] != old["refresh_token"]
    assert await issuer.refreshes("carol") == 1


async def test_only_a_new_login_mends_one_that_was_revoked_and_it_comes_back(hub: Hub, issuer: Issuer) -> None:
    async with await hub.log_in("dave") as browser:
        old = await state(hub, "dave")
        await issuer.revoke("dave")
        assert await issuer.person(old["access_token"]) is None
        landed, status, _ = await issuer.sign_in(browser, "dave", at="/hub/oauth_login?next=/hub/token%3Fhere")
        assert (landed.path_qs, status) == ("/hub/token?here", 200)
        assert await issuer.person((await state(hub, "dave"))["access_token"]) == "dave"


async def test_parallel_reads_after_the_end_burn_a_plain_hubs_login(hub: Hub, issuer: Issuer) -> None:
    """The trap that hubdrives' part of the hub is for: here it is not there."""
    async with await hub.log_in("erin"):
        token = await hub.token_for("erin")
        await issuer.expire("erin")
        await issuer.disturb(delay=0.5)
        # For `refresh_age` the hub looks after no login that it has just seen to.
        await asyncio.sleep(1.1)
        seen = await asyncio.gather(*(ask(hub, token, "users/erin") for _ in range(8)))
        await issuer.disturb()
    # Before JupyterHub 6.1 the hub refuses some of them, as if it did not know the token.
    tokens = [one["auth_state"]["access_token"] for one in seen if one.get("status") != 403]
    assert [token for token in tokens if await issuer.person(token)] == []
    errors = [one.error for one in await issuer.token_requests("erin") if one.error]
    assert "invalid_grant: refresh token already used" in errors
    assert await issuer.person((await state(hub, "erin"))["access_token"]) is None


async def test_with_hubdrives_part_the_gateway_and_nobody_else_gets_a_live_token(
    tmp_path: Path, issuer: Issuer
) -> None:
    async with running_hub(tmp_path, issuer=issuer) as hub, await hub.log_in("alice"):
        old = (await state(hub, "alice"))["access_token"]
        await issuer.expire("alice")
        query = f"hubdrives/users/alice/token?refused={hashlib.sha256(old.encode()).hexdigest()}"
        told = await ask(hub, hub.service_tokens["hubdrives"], query)
        assert await issuer.person(told["token"]) == "alice"
        assert "token" not in await ask(hub, await hub.token_for("alice"), query)
        assert hub.direct_url == (await hub.spawn("alice")).environment["HUBDRIVES_GATEWAY_URL"]


@pytest.mark.timeout(180)
async def test_a_hub_that_starts_again_knows_logins_by_its_key(tmp_path: Path, issuer: Issuer) -> None:
    key, other = "11" * 32, "22" * 32
    async with running_hub(tmp_path, issuer=issuer, plain=True, crypt_key=key) as hub, await hub.log_in("alice"):
        before = await state(hub, "alice")
    async with running_hub(tmp_path, issuer=issuer, plain=True, crypt_key=key) as hub:
        assert await state(hub, "alice") == before
    async with running_hub(tmp_path, issuer=issuer, plain=True, crypt_key=other) as hub:
        assert await hub.auth_state("alice") is None


@pytest.mark.timeout(180)
async def test_without_an_issuer_a_password_logs_in_and_without_a_gateway_servers_know_none(tmp_path: Path) -> None:
    async with running_hub(
        tmp_path,
        simple=True,
        groups={"stats": ["alice"]},
        services={"reader": ["list:users"]},
        roles=[{"name": "reader", "scopes": ["list:services"], "services": ["reader"]}],
        config={"Spawner": {"environment": {"COLOUR": "green"}}},
    ) as hub:
        async with await hub.log_in("alice") as browser, browser.get("/hub/home") as page:
            assert page.status == 200
        assert (await hub.api("GET", "users/alice"))["groups"] == ["stats"]
        await hub.set_groups("alice", "other")
        assert (await hub.api("GET", "users/alice"))["groups"] == ["other"]
        server = await hub.spawn("alice")
        assert server.environment["COLOUR"] == "green"
        assert "HUBDRIVES_GATEWAY_URL" not in server.environment
        assert set(await ask(hub, hub.service_tokens["reader"], "services")) == {"operator", "reader"}
        with pytest.raises(LocalFailure, match="404") as refusal:
            await hub.api("GET", "users/nobody")
        assert hub.service_tokens["operator"] not in f"{refusal.value!r} {refusal.value.hint} {hub!r}"


async def test_a_hub_that_does_not_start_says_why(tmp_path: Path) -> None:
    with pytest.raises(LocalFailure, match="did not come up") as failure:
        async with running_hub(tmp_path, plain=True, config={"JupyterHub": {"authenticator_class": "of-the-moon"}}):
            pass
    assert "of-the-moon" in failure.value.hint
