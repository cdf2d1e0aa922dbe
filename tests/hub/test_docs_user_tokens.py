"""docs/admin/user-tokens.md and the hub's part of docs/admin.md: what stands there is run."""

import re
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import psutil
import pytest
import yaml
from jupyterhub.app import JupyterHub
from oauthenticator.generic import GenericOAuthenticator
from oauthenticator.globus import GlobusOAuthenticator
from oauthenticator.google import GoogleOAuthenticator
from tests.hub.configuring import KEY, KUBE, authenticator, hub, load, scopes, service, spawner_environment
from traitlets.config import Config

from hubdrives import config
from hubdrives.credentials.auth_state import HubLoginSettings, login
from hubdrives.testing.hub import Hub, running_hub
from hubdrives.testing.issuer import Issuer, running_issuer

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "admin/user-tokens.md").read_text()
ADMIN = (DOCS / "admin.md").read_text()
FILE = "/etc/hubdrives/hubdrives.toml"
TOKENS = "custom:hubdrives:tokens"


def blocks(page: str, language: str, *, under: str = "") -> list[str]:
    part = page.partition(f"\n{under}\n")[2] if under else page
    part = re.split(rf"^#{{1,{under.count('#') or 1}}} ", part, maxsplit=1, flags=re.MULTILINE)[0] if under else part
    return re.findall(rf"^```{language}\n(.*?)^```", part, re.DOTALL | re.MULTILINE)


def block(page: str, language: str, under: str) -> str:
    (found,) = blocks(page, language, under=under)
    return found


LOGIN = block(PAGE, "python", "### 1. The login")
CONNECTION = block(PAGE, "toml", "### 3. The connection")
LAST_LINES = block(PAGE, "python", "### 4. The last lines of jupyterhub_config.py")
SIMPLE = block(PAGE, "python", "## Without a gateway: the simple mode")
NARROWER = block(PAGE, "python", "## If the gateway's token leaks")
VALUES = block(PAGE, "yaml", "## On Kubernetes")


@pytest.fixture
def loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Config]:
    monkeypatch.setenv("JUPYTERHUB_CRYPT_KEY", KEY)
    monkeypatch.setenv("OAUTH_CLIENT_SECRET", "hush")
    monkeypatch.setenv("HUBDRIVES_API_TOKEN", "a" * 64)

    def read(*parts: str, toml: str = CONNECTION) -> Config:
        return load(tmp_path, "".join(parts).replace(FILE, "FOLDER/hubdrives.toml"), toml=toml)

    return read


def what_it_sets() -> dict[str, list[str]]:
    """The table of the page: its first column, and the names in its second."""
    rows = PAGE.partition("\n## What it sets\n")[2].partition("\n## ")[0]
    table = re.findall(r"^\| (.+?) \| (.+?) \|$", rows, re.MULTILINE)[1:]
    return {where: re.findall(r"`([^`]+)`", what) for where, what in table}


def test_every_python_block_is_one_that_is_run_here():
    assert blocks(PAGE, "python") == [LOGIN, LAST_LINES, SIMPLE, NARROWER]


def test_the_page_sets_what_its_table_says(loaded):
    made = loaded(LOGIN, LAST_LINES)
    table = what_it_sets()
    assert [where.partition(",")[0].strip("`") for where in table] == [
        "c.JupyterHub.services",
        "c.JupyterHub.custom_scopes",
        "c.JupyterHub.load_roles",
        "the roles `user` and `server",
        "c.Spawner.environment",
        "c.Authenticator.enable_auth_state",
        "c.JupyterHub.authenticator_class",
    ]
    services, custom, gateway, users, environment, *_ = table.values()
    assert services == [service(made)["name"], *service(made)["environment"]]
    assert custom == list(hub(made).custom_scopes)
    assert gateway == scopes(made, "hubdrives")
    access, simple = users
    for role, default in {"user": "self", "server": "access:servers!server"}.items():
        assert scopes(made, role)[-2:] == [default, access]
        assert scopes(loaded(LOGIN, SIMPLE), role)[-2:] == [default, simple]
    assert environment == list(spawner_environment(made))
    assert authenticator(made).enable_auth_state
    assert isinstance(authenticator(made), GenericOAuthenticator)


def test_a_role_for_one_group_stays_narrow(loaded):
    held = scopes(loaded(LOGIN, NARROWER, LAST_LINES), "hubdrives")
    assert [scope for scope in held if scope.startswith(TOKENS)] == [f"{TOKENS}!group=drives"]


def test_the_values_for_kubernetes_configure_a_hub(loaded):
    """As the chart's own jupyterhub_config.py reads them."""
    values = yaml.safe_load(VALUES)
    lines = [KUBE, "c.KubeSpawner.environment = {}\n"]
    for section, traits in values["hub"]["config"].items():
        lines += [f"c.{section}.{name} = {value!r}\n" for name, value in traits.items()]
    for key, one in values["hub"]["services"].items():
        lines.append(f"c.JupyterHub.services.append({ {'name': key, 'api_token': 'd' * 64} | one })\n")
    made = loaded(*lines, *values["hub"]["extraConfig"].values())
    (port,) = values["singleuser"]["networkPolicy"]["egress"][0]["ports"]
    reach = spawner_environment(made)["HUBDRIVES_GATEWAY_URL"]
    assert reach == f"http://hubdrives:{port['port']}/services/hubdrives/"
    assert service(made)["api_token"] == "d" * 64
    assert TOKENS in scopes(made, "hubdrives")
    assert authenticator(made).userdata_url == "https://login.example.edu/me"


def logins() -> Mapping[str, dict[str, Any]]:
    """What real authenticators keep of an issuer's answer."""
    answer = {"access_token": "right", "refresh_token": "r", "id_token": "i", "scope": "openid", "expires_in": 3600}
    transfer = {"access_token": "right", "refresh_token": "r", "resource_server": "transfer.api.globus.org"}
    globus = {**answer, "access_token": "wrong", "resource_server": "auth.globus.org", "other_tokens": [transfer]}
    return {
        "one access token": GenericOAuthenticator().build_auth_state_dict(answer, {"sub": "x"}),
        "one for each service": GlobusOAuthenticator().build_auth_state_dict(globus, {"sub": "x"}),
        "something else": {"access_token": "wrong", "exchanged": {"files": {"access_token": "right"}}},
    }


def test_the_credentials_of_the_table_find_their_token():
    rows = re.findall(r"^\| ([^|]+) \| `(\{ kind = .+? \})` \|$", PAGE, re.MULTILINE)
    assert len(rows) == len(logins())
    for (kind, said), (start, auth_state) in zip(rows, logins().items(), strict=True):
        assert kind.startswith(start)
        toml = f'[connections.x]\nprovider = "canvas"\ncredential = {said}\n'
        credential = config.parse(toml).connections["x"].credential
        found = login(auth_state, HubLoginSettings.of(credential))
        assert found is not None
        assert found.token == "right"


def test_what_brings_refresh_tokens_are_settings_of_these_authenticators():
    said = dict(re.findall(r"^\| (\w+) \| [^|]+ \| `(extra_authorize_params = .+?)` \|$", PAGE, re.MULTILINE))
    assert set(said) == {"Google", "Globus"}
    for kind in (GoogleOAuthenticator, GlobusOAuthenticator):
        name, _, value = said[kind.__name__.removesuffix("OAuthenticator")].partition(" = ")
        made = kind(config=Config({kind.__name__: {name: yaml.safe_load(value)}}))
        assert getattr(made, name)["access_type"] == "offline"


async def test_globus_own_variable_does_not_reach_the_server(loaded):
    text = LOGIN.replace("generic-oauth", "globus").replace("GenericOAuthenticator", "GlobusOAuthenticator")
    text = re.sub(r"c\.\w+\.(username_claim|\w+_url) = .*\n", "", text)

    class User:
        name = "alice"

        async def get_auth_state(self) -> dict[str, Any]:
            return logins()["one for each service"]

    for lines, handed_out in ((LAST_LINES, False), (SIMPLE, True)):
        made = loaded(text, lines)
        spawner = hub(made).spawner_class(config=made)
        await authenticator(made).pre_spawn_start(User(), spawner)
        assert ("GLOBUS_DATA" in spawner.environment) == handed_out


def test_the_hubs_part_of_the_page_for_admins_is_run(loaded):
    managed, external = blocks(ADMIN, "python")
    (toml, *_) = blocks(ADMIN, "toml")
    made = loaded(managed, toml=toml)
    assert service(made)["command"][1:] == ["-m", "hubdrives", "gateway"]
    assert spawner_environment(made) == {"HUBDRIVES_GATEWAY_URL": "http://127.0.0.1:9300/services/hubdrives/"}
    made = loaded(external)
    assert service(made)["api_token"] == "a" * 64
    assert "command" not in service(made)
    assert spawner_environment(made) == {"HUBDRIVES_GATEWAY_URL": "http://hubdrives:8000/services/hubdrives/"}
    assert not any(TOKENS in role["scopes"] for role in hub(made).load_roles)
    assert hub(made).authenticator_class is JupyterHub.authenticator_class.default_value


# In a real hub, with a real issuer.


@asynccontextmanager
async def started(folder: Path, *parts: str) -> AsyncIterator[tuple[Hub, Issuer]]:
    """A hub with these lines of the page."""
    file = folder / "hubdrives.toml"
    file.write_text(CONNECTION)
    text, simple = "".join(parts).replace(FILE, str(file)), SIMPLE in parts
    async with running_issuer(accounts={"alice": [], "bob": []}, access_seconds=60) as issuer:
        for name, value in {
            '"https://login.example.edu/auth"': issuer.authorize_url,
            '"https://login.example.edu/token"': issuer.token_url,
            '"https://login.example.edu/me"': issuer.userinfo_url,
            '"jupyterhub"': issuer.client_id,
            'os.environ["OAUTH_CLIENT_SECRET"]': issuer.client_secret,
        }.items():
            assert name in text
            text = text.replace(name, repr(value))
        text = re.sub(r".*oauth_callback_url.*\n", "", text)
        gateway = None if simple else file
        async with running_hub(folder, issuer=issuer, gateway_config=gateway, simple=simple, last_lines=text) as hub:
            yield hub, issuer


async def ask(hub: Hub, path: str, token: str) -> tuple[int, Any]:
    async with (
        aiohttp.ClientSession(headers={"Authorization": f"token {token}"}) as session,
        session.get(f"{hub.api_url}/{path}") as answer,
    ):
        return answer.status, await answer.json()


@pytest.mark.e2e
async def test_with_a_gateway_it_alone_gets_the_users_token(tmp_path):
    async with started(tmp_path, LOGIN, LAST_LINES) as (hub, issuer), await hub.log_in("alice"):
        (gateway,) = [
            process.environ()
            for process in psutil.Process(hub.pid).children(recursive=True)
            if "gateway" in process.cmdline()
        ]
        status, answer = await ask(hub, "hubdrives/users/alice/token", gateway["JUPYTERHUB_API_TOKEN"])
        assert status == 200
        assert await issuer.person(answer["token"]) == "alice"
        _, model = await ask(hub, "users/alice", gateway["JUPYTERHUB_API_TOKEN"])
        assert "auth_state" not in model

        server = await hub.spawn("alice")
        assert server.environment["HUBDRIVES_GATEWAY_URL"].endswith("/services/hubdrives/")
        async with (
            aiohttp.ClientSession(headers={"Authorization": f"token {server.token}"}) as session,
            session.get(f"{server.environment['HUBDRIVES_GATEWAY_URL']}api/v1/connections") as connections,
        ):
            assert [one["name"] for one in await connections.json()] == ["canvas"]
        status, answer = await ask(hub, "hubdrives/users/alice/token", server.token)
        assert (status, answer["code"]) == (403, "not-granted")
        _, model = await ask(hub, "users/alice", server.token)
        assert "auth_state" not in model
        kept = await hub.auth_state("alice")
        for secret in (kept[name] for name in ("access_token", "refresh_token", "id_token")):
            assert not any(secret in value for value in server.environment.values())
            assert secret not in hub.log
        assert "Using Authenticator: hubdrives.hub" in hub.log


@pytest.mark.e2e
async def test_without_a_gateway_a_server_gets_its_own_users_token_only(tmp_path):
    async with started(tmp_path, LOGIN, SIMPLE) as (hub, issuer), await hub.log_in("alice"), await hub.log_in("bob"):
        server = await hub.spawn("alice")
        status, answer = await ask(hub, "hubdrives/users/alice/token", server.token)
        assert status == 200
        assert await issuer.person(answer["token"]) == "alice"
        status, answer = await ask(hub, "hubdrives/users/bob/token", server.token)
        assert (status, answer["code"]) == (403, "not-granted")
        _, model = await ask(hub, "users/alice", server.token)
        assert "auth_state" not in model


@pytest.mark.e2e
async def test_a_hub_that_is_refused_says_what_to_do_and_does_not_start(tmp_path):
    from hubdrives.errors import LocalFailure

    unsafe = "c.Spawner.server_token_scopes = ['admin:auth_state']\n"
    # One is seen as the file is read, the other only when all of it is known.
    for text in (unsafe + LAST_LINES, LAST_LINES + unsafe):
        with pytest.raises(LocalFailure) as failure:
            async with started(tmp_path, LOGIN, text):
                pass
        assert "Spawner.server_token_scopes has 'admin:auth_state'" in failure.value.hint
        assert "Remove it there" in failure.value.hint
