"""docs/admin/globus.md: what stands there is run, in a real hub and against an emulated Globus."""

import asyncio
import re
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple

import aiohttp
import pytest
import pytest_asyncio
from oauthenticator.globus import GlobusOAuthenticator
from tests.hub.configuring import KEY, authenticator, load, scopes
from tests.hub.globus_browser import through_globus
from traitlets.config import Config
from yarl import URL

from hubdrives import config
from hubdrives.config import ConnectionSettings
from hubdrives.credentials import is_personal, token_source
from hubdrives.credentials.globus import GlobusClient
from hubdrives.credentials.globus_data import GlobusData
from hubdrives.credentials.globus_login import GlobusLogin
from hubdrives.credentials.globus_scopes import is_askable
from hubdrives.doctor.findings import Code
from hubdrives.errors import LoginNeeded, all_errors
from hubdrives.hub.consents import ConsentHandler
from hubdrives.testing.emulators.globus import Globus
from hubdrives.testing.emulators.globus.named import TRANSFER
from hubdrives.testing.emulators.server import serving
from hubdrives.testing.hub import Hub, Server, running_hub
from hubdrives.testing.processes import free_ports

PAGE = (Path(__file__).parents[2] / "docs/admin/globus.md").read_text()
HUB, FILE = "https://hub.example.edu", "/etc/hubdrives/hubdrives.toml"
COLLECTION = "b7a1c2d3-0000-4000-8000-0123456789ab"
TOKENS = "custom:hubdrives:tokens"


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)


LOGIN, LAST_LINES, AT_ONCE, SIMPLE = blocks("python")
EACH, ONE, DATA = blocks("toml")


def filled(text: str, values: Mapping[str, str]) -> str:
    """`text` with other values in the place of those that the page has; all of them must be there."""
    for said, value in values.items():
        assert said in text, said
        text = text.replace(said, value)
    return text


async def run(*words: str, home: Path, environment: Mapping[str, str]) -> tuple[int, str, str]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", *words),
        cwd=home,
        env=dict(environment),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    assert process.returncode is not None
    return process.returncode, out.decode(), err.decode()


def connection(toml: str) -> ConnectionSettings:
    (found,) = config.parse(toml).connections.values()
    return found


class World(NamedTuple):
    hub: Hub
    globus: Globus

    async def log_in(self) -> aiohttp.ClientSession:
        browser = self.hub.browser()
        async with await through_globus(browser, f"{self.hub.url}/hub/oauth_login?next=/hub/home") as answer:
            assert (answer.status, answer.url.path) == (200, "/hub/home"), await answer.text()
        return browser

    async def lists(self, token: str) -> int:
        """What Transfer answers to who shows this."""
        url = f"{self.globus.url}/v0.10/endpoint_search?filter_scope=recently-used"
        async with (
            aiohttp.ClientSession(headers={"Authorization": f"Bearer {token}"}) as session,
            session.get(url) as answer,
        ):
            return answer.status


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    """The page's way A: its parts of jupyterhub_config.py, its TOML, an application with its redirect."""
    (port,) = free_ports(1)
    folder = tmp_path_factory.mktemp("hub")
    async with serving(Globus()) as globus:
        callback = f"http://127.0.0.1:{port}/hub/oauth_callback"
        client = globus.people.add_client("hub", redirect_uris=[callback])
        places = {"/var/cache/hubdrives": f"{folder}/cache", "/var/log/hubdrives/audit.log": f"{folder}/audit.log"}
        places['provider = "globus"'] = f'provider = "globus"\nbase_url = "{globus.url}"'
        (folder / "hubdrives.toml").write_text(filled(EACH, places))
        values = {
            f"{HUB}/hub/oauth_callback": callback,
            'os.environ["GLOBUS_CLIENT_ID"]': repr(client.id),
            'os.environ["GLOBUS_CLIENT_SECRET"]': repr(client.secret),
            FILE: str(folder / "hubdrives.toml"),
        }
        where = "".join(
            f'c.GlobusOAuthenticator.{name} = "{globus.url}/v2/oauth2/{path}"\n'
            for name, path in (("authorize_url", "authorize"), ("token_url", "token"), ("userdata_url", "userinfo"))
        )
        text = filled(LOGIN + where + LAST_LINES, values)
        toml = folder / "hubdrives.toml"
        async with running_hub(folder, gateway_config=toml, groups={}, last_lines=text, port=port) as hub:
            yield World(hub, globus)


@pytest.mark.e2e
@pytest.mark.timeout(120)
@pytest.mark.asyncio(loop_scope="module")
class TestWayA:
    async def test_the_gateway_has_each_users_live_tokens_past_their_end(self, world: World) -> None:
        async with await world.log_in():
            pass
        credential = connection(EACH).credential
        assert is_personal(credential)
        login = token_source(
            credential, connection="globus", user="researcher", environment=world.hub.service_environment
        )
        assert isinstance(login, GlobusLogin)
        token = await login.token()
        assert await world.lists(token) == 200
        world.globus.tokens.expire_all()
        assert await world.lists(token) == 401
        assert await world.lists(await login.token(stale=token)) == 200

    async def test_a_consent_that_is_missing_is_one_link_of_the_form_that_the_page_shows(self, world: World) -> None:
        collection = world.globus.collection.id
        login = GlobusLogin(connection(EACH).credential, user="researcher", environment=world.hub.service_environment)
        async with await world.log_in() as browser:
            with pytest.raises(LoginNeeded) as raised:
                await login.for_audience(collection).token()
            (shown,) = re.findall(r"^    (/hub/\S+)$", PAGE, re.MULTILINE)
            assert raised.value.login_url == shown.replace("…", collection)
            async with await through_globus(browser, f"{world.hub.url}{raised.value.login_url}") as answer:
                assert answer.status == 200
        assert world.globus.tokens.check(await login.for_audience(collection).token(), collection)

    async def test_a_user_reads_what_they_may_read_once_they_have_consented_and_no_token_reaches_the_notebook(
        self, world: World
    ) -> None:
        other = world.globus.add_collection("Course data")
        world.globus.add_file("lessons/a.txt", "The mean.\n", collection=other)
        words = ("hubdrives", "pull", world.globus.web_address(other, "/lessons/"), "c", "--json")
        home = world.hub.home("researcher")
        async with await world.log_in() as browser:
            server = await world.hub.spawn("researcher")
            asked: list[str] = []
            # To list it, and to read it.
            while len(asked) <= 2:
                code, _, err = await run(*words, home=home, environment=server.environment)
                if code == 0:
                    break
                (path,) = re.findall(r"(/hub/hubdrives/consent\?scope=\S+)", err)
                assert other.id in path
                assert path not in asked
                asked.append(path)
                start = URL(f"{world.hub.url}{path}", encoded=True).update_query(next="/hub/home")
                async with await through_globus(browser, start) as answer:
                    assert (answer.status, answer.url.path) == (200, "/hub/home")
        assert asked
        assert code == 0, err
        assert (home / "c/a.txt").read_text() == "The mean.\n"
        await nothing_of_globus_has_reached(server, world)

    async def test_who_comes_from_elsewhere_stays_out(self, world: World) -> None:
        world.globus.add_identity("researcher@elsewhere.org")
        async with world.hub.browser() as browser:
            start = f"{world.hub.url}/hub/oauth_login?next=/hub/home"
            async with await through_globus(browser, start, "researcher@elsewhere.org") as answer:
                assert answer.status == 403


async def nothing_of_globus_has_reached(server: Server, world: World) -> None:
    assert "HUBDRIVES_GATEWAY_URL" in server.environment
    assert "GLOBUS_DATA" not in server.environment
    state = await world.hub.auth_state("researcher")
    assert state is not None
    given = "\0".join(server.environment.values())
    tokens = [one[key] for one in state["tokens"].values() for key in ("access_token", "refresh_token")]
    assert len(tokens) >= 4
    assert not any(token in given or token in world.hub.log for token in tokens)


@pytest.fixture
def loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Config]:
    monkeypatch.setenv("JUPYTERHUB_CRYPT_KEY", KEY)
    monkeypatch.setenv("GLOBUS_CLIENT_ID", "id")
    monkeypatch.setenv("GLOBUS_CLIENT_SECRET", "hush")

    def read(*parts: str) -> Config:
        return load(tmp_path, "".join(parts).replace(FILE, "FOLDER/hubdrives.toml"), toml=EACH)

    return read


def test_what_all_users_need_at_once_is_what_the_page_for_consents_would_ask_for(loaded: Callable[..., Config]) -> None:
    made = authenticator(loaded(LOGIN, AT_ONCE, LAST_LINES))
    assert isinstance(made, GlobusOAuthenticator)
    added = made.scope[3:]
    assert [COLLECTION in scope and is_askable(scope) for scope in added] == [True, True]


def test_the_simple_mode_has_the_page_and_lets_servers_ask_for_their_own_tokens(loaded: Callable[..., Config]) -> None:
    made = loaded(LOGIN, SIMPLE)
    assert ConsentHandler in [handler for _path, handler, *_ in authenticator(made).get_handlers(None)]
    assert f"{TOKENS}!user" in scopes(made, "server")


async def test_way_b_reads_as_the_service_account(tmp_path: Path) -> None:
    async with serving(Globus()) as globus:
        secret = tmp_path / "secret"
        secret.write_text(str(globus.client.secret))
        there = {"4d5e6f70-1111-4222-8333-0123456789ab": globus.client.id, "/etc/hubdrives/globus-secret": str(secret)}
        lab = connection(filled(ONE, there))
        assert not is_personal(lab.credential)
        found = token_source(lab.credential, connection="lab", base_url=globus.url)
        assert isinstance(found, GlobusClient)
        assert globus.tokens.check(await found.token(), TRANSFER).identity.id == globus.client.id
        (whose,) = re.findall(r"`(@\S+)`", PAGE)
        assert found.account == f"{globus.client.id}{whose}"
        token = await found.for_audience(globus.collection.id).token()
        assert globus.tokens.check(token, globus.collection.id).identity.username == found.account


async def test_way_c_reads_what_oauthenticator_leaves(tmp_path: Path) -> None:
    state = {"tokens": {TRANSFER: {"access_token": "AgTransfer", "refresh_token": "AgRefresh"}}}

    async def auth_state() -> Any:
        return state

    spawner = SimpleNamespace(environment={})
    await GlobusOAuthenticator().pre_spawn_start(SimpleNamespace(get_auth_state=auth_state), spawner)
    credential = connection(DATA).credential
    found = token_source(credential, connection="globus", environment=spawner.environment)
    assert isinstance(found, GlobusData)
    assert await found.token() == "AgTransfer"


def test_every_code_of_the_table_is_one_that_the_doctor_tells() -> None:
    named = re.findall(r"^\| `([a-z-]+)` \|", PAGE, re.MULTILINE)
    assert len(named) == 5
    assert set(named) <= {*Code, *(error.code for error in all_errors())}
