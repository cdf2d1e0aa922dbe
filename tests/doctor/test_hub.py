"""The hub as it is seen from here: a real one for what it says, a stand-in for what takes too long to bring about."""

import time
from pathlib import Path

import pytest
from aiohttp import web
from tests.doctor.world import closed, codes, configured, look, of, only

from hubdrives.config import ConnectionSettings, Grant
from hubdrives.testing.hub import running_hub
from hubdrives.testing.issuer import running_issuer

PERSONAL = """
[connections.mine]
provider = "googledrive"
credential = { kind = "hub_login" }
"""

GOOD_FACTS = {
    "version": "1", "authenticator": "generic-oauth", "renews": True, "auth_state": True, "crypt_keys": 1,
    "refresh_age": 300, "refresh_pre_spawn": True,
}  # fmt: skip
GOOD_LOGIN = {
    "stored": True, "readable": True, "found": True, "renewable": True, "ends_at": None,
    "login_url": "/hub/oauth_login",
}  # fmt: skip
GATEWAY_SCOPES = ["read:users:name", "read:users:groups", "custom:hubdrives:tokens"]


def service(url, token="t"):
    return {"JUPYTERHUB_SERVICE_NAME": "hubdrives", "JUPYTERHUB_API_URL": url, "JUPYTERHUB_API_TOKEN": token}


def server(url, user, token="t"):
    return {"JUPYTERHUB_USER": user, "JUPYTERHUB_API_URL": url, "JUPYTERHUB_API_TOKEN": token}


@pytest.fixture
def stand_in(serve):
    """Starts what answers as a hub does; the URL of its API."""

    async def start(*, kind="service", scopes=tuple(GATEWAY_SCOPES), facts=None, login=None):
        told = {
            "/hub/api/user": {"kind": kind, "name": "ada", "scopes": list(scopes)},
            "/hub/api/hubdrives/check": {**GOOD_FACTS, **(facts or {})},
            "/hub/api/hubdrives/users/ada/login": {**GOOD_LOGIN, **(login or {})},
            "/hub/api/hubdrives/users/ada/token": {"token": "a-live-token", "ends_at": None},
        }

        async def answer(request):
            assert request.method == "GET"
            if request.path in told:
                return web.json_response(told[request.path])
            return web.json_response({"status": 404, "message": "Not Found"}, status=404)

        return f"{await serve(answer)}/hub/api"

    return start


# the way there


async def test_a_hub_that_is_not_there_or_is_something_else_is_told(tmp_path, serve):
    async def answer(request):
        status = int(request.headers["Authorization"].rpartition(" ")[2])
        return web.Response(status=status, text="<h1>Something else</h1>", content_type="text/html")

    url = f"{await serve(answer)}/hub/api"
    assert codes(of(await look(service(f"http://127.0.0.1:{closed()}/hub/api")), "hub")) == ["port-closed"]
    assert codes(of(await look(service(url, "404")), "hub")) == ["hub-elsewhere"]
    assert codes(of(await look(service(url, "403")), "hub")) == ["hub-elsewhere"]
    assert codes(of(await look(service(url, "502")), "hub")) == ["hub-down"]


async def test_what_a_hub_gives_its_own_and_is_not_there_is_told():
    finding = only(await look({"JUPYTERHUB_SERVICE_NAME": "hubdrives"}), "hub")
    assert finding.code == "hub-environment"
    assert "JUPYTERHUB_API_URL and JUPYTERHUB_API_TOKEN" in finding.sentence


async def test_far_from_any_hub_nothing_is_said_of_one():
    assert of(await look({}), "hub") == []


# how it keeps logins


@pytest.mark.parametrize(
    ("facts", "code", "level"),
    [
        ({"auth_state": False, "crypt_keys": 0}, "auth-state-off", "wrong"),
        ({"crypt_keys": 0}, "crypt-key-missing", "wrong"),
        ({"refresh_age": 0}, "refresh-off", "warning"),
        ({"renews": False}, "renews-not", "warning"),
    ],
)
async def test_how_the_hub_keeps_logins_matters_where_users_show_their_own_tokens(
    tmp_path, stand_in, facts, code, level
):
    url = await stand_in(facts=facts)
    (finding,) = [one for one in await look(configured(tmp_path, PERSONAL) | service(url)) if one.check == "hub"][2:]
    assert (finding.code, finding.level) == (code, level)
    assert finding.advice
    folder = configured(tmp_path, f'[connections.course]\nprovider = "local"\nroot = "{tmp_path}"')
    assert codes(of(await look(folder | service(url)), "hub")) == []


@pytest.mark.parametrize(
    ("login", "code", "level"),
    [
        ({}, "ok", "ok"),
        ({"stored": False, "readable": False, "found": False, "renewable": False}, "login-none", "wrong"),
        ({"readable": False, "found": False, "renewable": False}, "login-unreadable", "wrong"),
        ({"found": False, "renewable": False}, "login-without-token", "wrong"),
        ({"renewable": False, "ends_at": time.time() - 60}, "login-ended", "wrong"),
        ({"renewable": False, "ends_at": time.time() + 86_400}, "login-not-renewable", "warning"),
        ({"renewable": False}, "login-not-renewable", "warning"),
    ],
)
async def test_what_the_hub_has_of_a_user_s_login_is_told(tmp_path, stand_in, login, code, level):
    url = await stand_in(kind="user", scopes=["custom:hubdrives:tokens!user=ada"], login=login)
    findings = of(await look(configured(tmp_path, PERSONAL) | server(url, "ada")), "connection mine")
    assert (findings[0].code, findings[0].level) == (code, level)
    assert len(findings) == (1 if level == "wrong" else 2)
    if code in {"login-none", "login-ended"}:
        assert "/hub/oauth_login" in findings[0].advice
    assert "a-live-token" not in str(findings)


async def test_which_of_the_login_s_tokens_is_meant_is_asked(tmp_path, serve):
    asked = []

    async def answer(request):
        asked.append((request.path, dict(request.query)))
        return web.json_response({"status": 404}, status=404)

    url = f"{await serve(answer)}/hub/api"
    both = """
        [connections.a]
        provider = "googledrive"
        credential = { kind = "hub_login", path = ["tokens", "drive", "access_token"] }
        [connections.b]
        provider = "googledrive"
        credential = { kind = "hub_login", resource_server = "transfer.api.globus.org" }
        """
    await look(configured(tmp_path, both) | server(url, "ada@example.org"))
    logins = [query for path, query in asked if path.endswith("/hubdrives/users/ada@example.org/login")]
    assert {"path": '["tokens","drive","access_token"]'} in logins
    assert {"resource_server": "transfer.api.globus.org"} in logins


async def test_the_way_to_a_provider_that_only_users_open_is_looked_at_all_the_same(tmp_path, stand_in):
    text = PERSONAL.replace("credential", f'base_url = "http://127.0.0.1:{closed()}"\ncredential')
    environment = configured(tmp_path, text)
    admin = only(await look(environment | service(await stand_in())), "connection mine")
    url = await stand_in(kind="user", scopes=["custom:hubdrives:tokens!user=ada"])
    login, way = of(await look(environment | server(url, "ada")), "connection mine")
    assert admin.code == way.code == "port-closed"
    assert login.level == "ok"


# scopes, at a real hub


@pytest.mark.e2e
async def test_whose_token_it_is_and_what_it_lacks_or_has_too_much_of_a_real_hub_tells(tmp_path):
    some = {
        "weak": ["read:users:name"],
        "narrow": ["read:users:name!group=rain", "read:users:groups!group=rain"],
        "root": ["admin:users", "admin:servers", "read:users:groups"],
    }
    async with running_hub(tmp_path, services=some) as hub:

        async def found(name):
            return of(await look(service(hub.api_url, hub.service_tokens[name])), "hub")

        gateway, weak, narrow, root = [await found(name) for name in ("hubdrives", "weak", "narrow", "root")]
        refused = of(await look(service(hub.api_url, "no-token-of-this-hub")), "hub")
        user = of(await look(server(hub.api_url, "ada", await hub.token_for("ada"))), "hub")
        elsewhere = of(await look(service(hub.url, hub.service_tokens["hubdrives"])), "hub")
    assert codes(gateway) == codes(narrow) == codes(user) == []
    assert "of the service 'hubdrives'" in gateway[0].sentence
    assert "of the user 'ada'" in user[0].sentence
    assert codes(weak) == ["scope-missing"]
    assert "read:users:groups" in weak[1].sentence
    assert "read:users:name" not in weak[1].sentence
    assert codes(root) == ["scope-too-much"]
    assert "admin:users" in root[-1].sentence
    assert codes(refused) == ["token-refused"]
    assert codes(elsewhere) == ["hub-elsewhere"]


@pytest.mark.e2e
async def test_a_user_and_an_admin_are_told_how_a_real_hub_keeps_logins(tmp_path, bench):
    (tmp_path / "hub").mkdir()
    async with (
        running_issuer(accounts={"ada": []}, access_seconds=60, rotate=True) as issuer,
        running_hub(tmp_path / "hub", issuer=issuer) as hub,
    ):
        admin = await look(configured(tmp_path, PERSONAL) | service(hub.api_url, hub.service_tokens["hubdrives"]))
        assert codes(of(admin, "hub")) == []
        assert "each user" in str(of(admin, "connection mine")).lower()

        mine = ConnectionSettings(provider="googledrive", credential={"kind": "hub_login"})
        bench.environment = hub.service_environment
        url = await bench.start(Grant(connection="mine", everyone=True), connections={"mine": mine})
        ada = {"HUBDRIVES_GATEWAY_URL": url, "JUPYTERHUB_API_TOKEN": bench.people.token("ada")}

        async def found():
            return of(await look(ada), "connection mine (by gateway)")

        await hub.token_for("ada")
        assert codes(await found()) == ["login-none"]
        async with await hub.log_in("ada"):
            state = await hub.auth_state("ada")
        # Another caller, as far as what was found a moment ago is concerned.
        bench.people.token("ada", "rain")
        told = await look(ada)
    assert codes(of(told, "connection mine (by gateway)")) == []
    assert "can renew it" in str(of(told, "connection mine (by gateway)"))
    assert codes(of(told, "hub (by gateway)")) == []
    assert state["access_token"] not in str(told)


@pytest.mark.e2e
async def test_a_user_s_own_server_sees_hub_and_gateway_and_a_token_without_access_is_told(tmp_path):
    (tmp_path / "hub").mkdir()
    (tmp_path / "course").mkdir()
    text = f"""
        [connections.course]
        provider = "local"
        root = "{tmp_path}/course"
        [[grants]]
        connection = "course"
        everyone = true
        """
    configuration = configured(tmp_path, text)["HUBDRIVES_CONFIG"]
    async with running_hub(tmp_path / "hub", gateway_config=Path(configuration)) as hub:
        theirs = dict((await hub.spawn("ada")).environment)
        token = await hub.token_for("ada", scopes=["read:users:name!user=ada"])
        whole = await look(theirs, "course:/")
        narrow = await look({**theirs, "JUPYTERHUB_API_TOKEN": token})
    assert codes(whole) == []
    assert {"hub", "gateway", "connection course (by gateway)", "source"} <= {one.check for one in whole}
    finding = of(narrow, "gateway")[-1]
    assert finding.code == "access-missing"
    assert "access:services!service=hubdrives" in finding.advice
    assert all(word in finding.advice for word in ("'user'", "'server'"))
    assert token not in str(narrow)


@pytest.mark.e2e
async def test_a_hub_without_our_part_is_told_as_the_weaker_way(tmp_path):
    (tmp_path / "hub").mkdir()
    async with (
        running_issuer(accounts={"ada": []}, access_seconds=60) as issuer,
        running_hub(tmp_path / "hub", issuer=issuer, plain=True) as hub,
    ):
        environment = configured(tmp_path, PERSONAL) | service(hub.api_url, hub.service_tokens["hubdrives"])
        findings = of(await look(environment), "hub")
    assert codes(findings) == ["scope-missing", "hub-plain"]
    assert "read:users:groups" in findings[1].sentence
