"""The hub's endpoints for tokens: who gets what from a real hub, and in which words it refuses."""

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from hubdrives import __version__
from hubdrives.credentials.hub import HubLogin
from hubdrives.credentials.people import HubPeople, Person
from hubdrives.errors import LoginNeeded, NotFound
from hubdrives.testing.hub import Hub, running_hub
from hubdrives.testing.issuer import Issuer, running_issuer

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="module")]

TOKENS = "custom:hubdrives:tokens"
IDENTITIES = "custom:hubdrives:identities"
ACCOUNTS = {"alice": ["lab"], "bob": [], "carol": [], "dave": []}
SERVICES = {
    "lab": [f"{TOKENS}!group=lab"],
    "alices": [f"{TOKENS}!user=alice"],
    "names": ["read:users:name", "list:users"],
    "keeper": [IDENTITIES],
    "bobs": [f"{IDENTITIES}!user=bob"],
}

WITH_ADDRESSES = {"GenericOAuthenticator": {"scope": ["openid", "profile", "email", "offline_access"]}}
"""Logins that tell an e-mail address."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def issuer() -> AsyncIterator[Issuer]:
    async with running_issuer(accounts=ACCOUNTS, rotate=True) as running:
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def hub(tmp_path_factory: pytest.TempPathFactory, issuer: Issuer) -> AsyncIterator[Hub]:
    folder = tmp_path_factory.mktemp("hub")
    async with running_hub(folder, issuer=issuer, services=SERVICES, config=WITH_ADDRESSES) as running:
        for user in ("alice", "bob"):
            async with await running.log_in(user):
                pass
        await running.api("POST", "users/erin")
        yield running


async def ask(hub: Hub, token: str | None, what: str, /, **query: str) -> tuple[int, dict[str, Any]]:
    """The status and the JSON of an answer."""
    headers = {"Authorization": f"token {token}"} if token else {}
    async with (
        aiohttp.ClientSession(headers=headers) as session,
        session.get(f"{hub.api_url}/hubdrives/{what}", params=query) as answer,
    ):
        assert answer.headers["Content-Type"].startswith("application/json")
        assert answer.headers["Cache-Control"] == "no-store"
        return answer.status, await answer.json()


def gateway(hub: Hub) -> str:
    return hub.service_tokens["hubdrives"]


def digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


class TestWhoMayHaveATokenOfWhom:
    @pytest.mark.parametrize(
        ("asker", "user", "status", "code"),
        [
            ("hubdrives", "alice", 200, None),
            ("hubdrives", "bob", 200, None),
            ("hubdrives", "erin", 403, "login-needed"),
            ("hubdrives", "nobody", 404, "not-found"),
            ("lab", "alice", 200, None),
            ("lab", "bob", 403, "not-granted"),
            ("lab", "nobody", 403, "not-granted"),
            ("alices", "alice", 200, None),
            ("alices", "bob", 403, "not-granted"),
            ("alices", "alice!user=bob", 403, "not-granted"),
            ("names", "alice", 403, "not-granted"),
            # It may do nearly all that there is to do at a hub.
            ("operator", "alice", 403, "not-granted"),
        ],
    )
    async def test_services(
        self, hub: Hub, issuer: Issuer, asker: str, user: str, status: int, code: str | None
    ) -> None:
        got, answer = await ask(hub, hub.service_tokens[asker], f"users/{user}/token")
        assert (got, answer.get("code")) == (status, code)
        assert await issuer.person(answer["token"]) == user if status == 200 else "token" not in answer

    async def test_users_with_a_gateway_not_even_their_own(self, hub: Hub) -> None:
        status, answer = await ask(hub, await hub.token_for("alice"), "users/alice/token")
        assert (status, answer["code"]) == (403, "not-granted")

    @pytest.mark.parametrize("token", [None, "nonsense"])
    @pytest.mark.parametrize("path", ["users/alice/token", "users/alice/login", "users/alice/identity", "check"])
    async def test_strangers_nothing(self, hub: Hub, token: str | None, path: str) -> None:
        status, answer = await ask(hub, token, path)
        assert (status, answer["code"]) == (403, "bad-credential")

    async def test_a_browsers_cookie_nothing(self, hub: Hub) -> None:
        async with await hub.log_in("alice") as browser:
            headers = {"X-XSRFToken": hub.xsrf(browser)}
            for path in ("users/alice/token", "users/alice/login", "users/alice/identity", "check"):
                async with browser.get(f"/hub/api/hubdrives/{path}", headers=headers) as answer:
                    assert answer.status == 403


class TestTokens:
    async def test_a_live_one_and_when_it_ends(self, hub: Hub, issuer: Issuer) -> None:
        _, answer = await ask(hub, gateway(hub), "users/alice/token")
        assert set(answer) == {"token", "ends_at"}
        assert await issuer.person(answer["token"]) == "alice"
        stored = (await hub.auth_state("alice") or {})["token_response"]
        assert answer["ends_at"] == stored["expires_at"]

    async def test_one_that_was_refused_is_renewed_and_the_old_refusal_is_not_believed_twice(
        self, hub: Hub, issuer: Issuer
    ) -> None:
        old = (await ask(hub, gateway(hub), "users/bob/token"))[1]["token"]
        before = await issuer.refreshes("bob")
        answers = [(await ask(hub, gateway(hub), "users/bob/token", refused=digest(old)))[1] for _ in range(3)]
        assert {answer["token"] for answer in answers} == {answers[0]["token"]}
        assert answers[0]["token"] != old
        assert await issuer.person(answers[0]["token"]) == "bob"
        assert await issuer.refreshes("bob") == before + 1

    async def test_a_path_may_say_where_it_is(self, hub: Hub) -> None:
        _, known = await ask(hub, gateway(hub), "users/alice/token")
        path = json.dumps(["token_response", "access_token"])
        assert (await ask(hub, gateway(hub), "users/alice/token", path=path))[1] == known

    @pytest.mark.parametrize(
        "query",
        [
            {"path": '["refresh_token"]'},
            {"path": '["token_response", "id_token"]'},
            {"path": '"access_token"'},
            {"path": "[]"},
            {"resource_server": "id_token"},
            {"resource_server": "a", "path": '["b"]'},
        ],
    )
    async def test_nothing_but_an_access_token_ever(self, hub: Hub, query: dict[str, str]) -> None:
        for what in ("token", "login"):
            status, answer = await ask(hub, gateway(hub), f"users/alice/{what}", **query)
            assert (status, answer["code"]) == (400, "bad-config")

    @pytest.mark.parametrize("query", [{"path": "access_token"}, {"refused": "x"}, {"refused": "A" * 64}])
    async def test_a_query_without_sense_is_told(self, hub: Hub, query: dict[str, str]) -> None:
        status, answer = await ask(hub, gateway(hub), "users/alice/token", **query)
        assert (status, answer["code"]) == (400, "bad-input")

    async def test_a_service_that_the_login_did_not_ask_for_needs_another_login(self, hub: Hub) -> None:
        status, answer = await ask(hub, gateway(hub), "users/alice/token", resource_server="flows.globus.org")
        assert (status, answer["code"], answer["login_url"]) == (403, "login-needed", "/hub/oauth_login")

    async def test_an_issuer_in_trouble_is_a_reason_to_ask_again(self, hub: Hub, issuer: Issuer) -> None:
        async with await hub.log_in("carol"):
            old = (await ask(hub, gateway(hub), "users/carol/token"))[1]["token"]
        await issuer.disturb(failures=1)
        status, answer = await ask(hub, gateway(hub), "users/carol/token", refused=digest(old))
        assert (status, answer["code"]) == (503, "unavailable")

    async def test_a_login_that_is_over_says_where_the_next_begins_and_that_mends_it(
        self, hub: Hub, issuer: Issuer
    ) -> None:
        environment = {"JUPYTERHUB_API_URL": hub.api_url, "JUPYTERHUB_API_TOKEN": gateway(hub)}
        login = HubLogin({"kind": "hub_login"}, user="dave", environment=environment)
        async with await hub.log_in("dave") as browser:
            token = await login.token()
            assert await issuer.person(token) == "dave"
            await issuer.revoke("dave")
            with pytest.raises(LoginNeeded, match="has ended") as raised:
                await login.token(stale=token)
            at = f"{raised.value.login_url}?next=/hub/token%3Fhere"
            landed, status, _ = await issuer.sign_in(browser, "dave", at=at)
            assert (landed.path_qs, status) == ("/hub/token?here", 200)
        assert await issuer.person(await login.token(stale=token)) == "dave"

    async def test_no_token_is_in_the_hubs_log(self, hub: Hub) -> None:
        for user in ("alice", "bob"):
            state = await hub.auth_state(user)
            assert state is not None
            for name in ("access_token", "refresh_token", "id_token"):
                assert state[name] not in hub.log
        assert "refused=" in hub.log

    async def test_a_server_whose_token_counts_no_more_since_the_login_has_ended(
        self, tmp_path: Path, issuer: Issuer
    ) -> None:
        """So does every hub before JupyterHub 6.1; later ones only if they are told to be strict."""
        strict = {"Authenticator": {"auth_refresh_strict": True}}
        async with running_hub(tmp_path, issuer=issuer, simple=True, refresh_age=1, config=strict) as hub:
            async with await hub.log_in("carol"):
                token = await hub.token_for("carol")
            await issuer.revoke("carol")
            # For `refresh_age` the hub looks after no login that it has just seen to.
            await asyncio.sleep(1.1)
            for path in ("users/carol/token", "users/carol/login", "check"):
                status, answer = await ask(hub, token, path)
                assert (status, answer["code"], answer["login_url"]) == (403, "login-needed", "/hub/oauth_login")
            status, answer = await ask(hub, "nonsense", "users/carol/token")
            assert (status, answer["code"]) == (403, "bad-credential")


class TestLogins:
    async def test_what_there_is_without_a_secret(self, hub: Hub) -> None:
        _, answer = await ask(hub, gateway(hub), "users/alice/login")
        ends_at = (await ask(hub, gateway(hub), "users/alice/token"))[1]["ends_at"]
        assert answer == {
            "stored": True,
            "readable": True,
            "found": True,
            "renewable": True,
            "ends_at": ends_at,
            "login_url": "/hub/oauth_login",
        }

    async def test_what_there_is_not(self, hub: Hub) -> None:
        nothing = {"stored": False, "readable": False, "found": False, "renewable": False, "ends_at": None}
        assert (await ask(hub, gateway(hub), "users/erin/login"))[1] == nothing | {"login_url": "/hub/oauth_login"}
        _, answer = await ask(hub, gateway(hub), "users/alice/login", resource_server="flows.globus.org")
        assert (answer["readable"], answer["found"]) == (True, False)

    async def test_users_may_know_it_of_themselves(self, hub: Hub) -> None:
        token = await hub.token_for("alice", scopes=["read:users:name!user"])
        assert (await ask(hub, token, "users/alice/login"))[0] == 200
        assert (await ask(hub, token, "users/bob/login"))[1]["code"] == "not-granted"

    async def test_services_that_may_not_have_the_token_may_not(self, hub: Hub) -> None:
        for service in ("names", "operator"):
            assert (await ask(hub, hub.service_tokens[service], "users/alice/login"))[1]["code"] == "not-granted"

    async def test_a_key_that_was_lost_shows(self, tmp_path: Path, issuer: Issuer) -> None:
        async with running_hub(tmp_path, issuer=issuer, crypt_key="11" * 32) as hub, await hub.log_in("alice"):
            pass
        async with running_hub(tmp_path, issuer=issuer, crypt_key="22" * 32) as hub:
            _, answer = await ask(hub, gateway(hub), "users/alice/login")
            assert (answer["stored"], answer["readable"]) == (True, False)
            assert (await ask(hub, gateway(hub), "users/alice/token"))[1]["code"] == "login-needed"


class TestIdentities:
    @pytest.mark.parametrize(
        ("asker", "user", "status", "code"),
        [
            ("keeper", "alice", 200, None),
            ("keeper", "bob", 200, None),
            ("keeper", "erin", 403, "login-needed"),
            ("keeper", "nobody", 404, "not-found"),
            ("keeper", "Alice", 404, "not-found"),
            ("bobs", "bob", 200, None),
            ("bobs", "alice", 403, "not-granted"),
            ("bobs", "nobody", 403, "not-granted"),
            # Tokens are another right: this gateway has no spaces.
            ("hubdrives", "alice", 403, "not-granted"),
            ("lab", "alice", 403, "not-granted"),
            ("names", "alice", 403, "not-granted"),
            ("operator", "alice", 403, "not-granted"),
        ],
    )
    async def test_for_services_that_may(self, hub: Hub, asker: str, user: str, status: int, code: str | None) -> None:
        got, answer = await ask(hub, hub.service_tokens[asker], f"users/{user}/identity")
        assert (got, answer.get("code")) == (status, code)
        if status == 200:
            assert answer == {"name": user, "sub": user, "email": f"{user}@example.org"}
        else:
            assert "sub" not in answer

    async def test_not_for_users_not_even_their_own(self, hub: Hub) -> None:
        status, answer = await ask(hub, await hub.token_for("alice"), "users/alice/identity")
        assert (status, answer["code"]) == (403, "not-granted")

    async def test_who_may_know_them_gets_no_token(self, hub: Hub) -> None:
        for what in ("token", "login"):
            assert (await ask(hub, hub.service_tokens["keeper"], f"users/alice/{what}"))[1]["code"] == "not-granted"

    async def test_people_are_known_by_it(self, hub: Hub) -> None:
        environment = {"JUPYTERHUB_API_URL": hub.api_url, "JUPYTERHUB_API_TOKEN": hub.service_tokens["keeper"]}
        async with HubPeople(environment) as people:
            assert await people.person("alice") == Person(name="alice", sub="alice", email="alice@example.org")
            with pytest.raises(LoginNeeded, match="who 'erin' is"):
                await people.person("erin")
            with pytest.raises(NotFound, match="no user 'nobody'"):
                await people.person("nobody")

    async def test_a_hub_that_has_none_of_ours_tells_it_too(self, tmp_path: Path, issuer: Issuer) -> None:
        async with running_hub(tmp_path, issuer=issuer, plain=True, config=WITH_ADDRESSES) as hub:
            async with await hub.log_in("alice"):
                pass
            await hub.api("POST", "users/erin")
            async with HubPeople(hub.service_environment) as people:
                assert await people.person("alice") == Person(name="alice", sub="alice", email="alice@example.org")
                with pytest.raises(LoginNeeded, match="who 'erin' is"):
                    await people.person("erin")


class TestCheck:
    async def test_what_the_hub_is_configured_to(self, hub: Hub) -> None:
        status, answer = await ask(hub, gateway(hub), "check")
        assert status == 200
        assert answer.pop("jupyterhub")
        assert answer == {
            "version": __version__,
            "authenticator": "GenericOAuthenticator",
            "renews": True,
            "auth_state": True,
            "crypt_keys": 1,
            "refresh_age": 300,
            "refresh_pre_spawn": True,
            "token_leeway": 300.0,
            "login_url": "/hub/oauth_login",
            "tokens_of": ["everyone"],
        }

    @pytest.mark.parametrize(
        ("service", "whose"), [("lab", ["group=lab"]), ("alices", ["user=alice"]), ("names", []), ("operator", [])]
    )
    async def test_whose_tokens_the_asker_may_have(self, hub: Hub, service: str, whose: list[str]) -> None:
        assert (await ask(hub, hub.service_tokens[service], "check"))[1]["tokens_of"] == whose

    async def test_addresses_beside_are_the_hubs_own_404(self, hub: Hub) -> None:
        headers = {"Authorization": f"token {gateway(hub)}"}
        async with (
            aiohttp.ClientSession(headers=headers) as session,
            session.get(f"{hub.api_url}/hubdrives/other") as answer,
        ):
            assert (answer.status, "code" in await answer.json()) == (404, False)
