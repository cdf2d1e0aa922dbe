"""The page that asks Globus for one consent more: a real hub, a browser, and an emulated Globus."""

from collections.abc import AsyncIterator
from typing import Any, NamedTuple

import aiohttp
import pytest
import pytest_asyncio
from tests.hub.globus_browser import OWNER, through_globus
from yarl import URL

from hubdrives.credentials.globus_login import GlobusLogin
from hubdrives.errors import LoginNeeded
from hubdrives.testing.emulators.globus import Globus
from hubdrives.testing.emulators.globus.collections import Collection
from hubdrives.testing.emulators.globus.named import TRANSFER, TRANSFER_ALL, scope_of
from hubdrives.testing.emulators.server import serving
from hubdrives.testing.hub import Hub, running_hub
from hubdrives.testing.processes import free_ports

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(120)]

CONSENT = "/hub/hubdrives/consent"
LAST_LINES = """
import hubdrives.hub

c.JupyterHub.authenticator_class = "globus"
c.GlobusOAuthenticator.update({settings!r})
hubdrives.hub.configure(c, simple=True)
"""


class World(NamedTuple):
    hub: Hub
    globus: Globus

    def reader(self) -> GlobusLogin:
        """A service that may have users' tokens."""
        environment = self.hub.service_environment | {"JUPYTERHUB_API_TOKEN": self.hub.service_tokens["reader"]}
        return GlobusLogin({"kind": "globus_login"}, user="researcher", environment=environment)

    async def log_in(self) -> aiohttp.ClientSession:
        """A browser in which the person has logged in."""
        browser = self.hub.browser()
        async with await through_globus(browser, f"{self.hub.url}/hub/oauth_login?next=/hub/home") as answer:
            assert (answer.status, answer.url.path) == (200, "/hub/home")
        return browser

    async def begin(self, browser: aiohttp.ClientSession, **query: Any) -> tuple[int, URL]:
        """The status of the page, and where it sends the browser."""
        url = URL(f"{self.hub.url}{CONSENT}").with_query(query)
        async with browser.get(url, allow_redirects=False) as answer:
            return answer.status, URL(answer.headers.get("Location", ""))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    (port,) = free_ports(1)
    async with serving(Globus()) as globus:
        back = f"http://127.0.0.1:{port}/hub/oauth_callback"
        client = globus.people.add_client("hub", redirect_uris=[back])
        settings = {
            "client_id": client.id,
            "client_secret": client.secret,
            "oauth_callback_url": back,
            "authorize_url": f"{globus.url}/v2/oauth2/authorize",
            "token_url": f"{globus.url}/v2/oauth2/token",
            "userdata_url": f"{globus.url}/v2/oauth2/userinfo",
            "extra_authorize_params": {"access_type": "offline"},
            "allow_all": True,
        }
        async with running_hub(
            tmp_path_factory.mktemp("hub"),
            simple=True,
            services={"reader": ["custom:hubdrives:tokens"]},
            last_lines=LAST_LINES.format(settings=settings),
            port=port,
        ) as hub:
            yield World(hub, globus)


def https(collection: Collection) -> str:
    return f"{scope_of(collection.id, 'https')}[*{scope_of(collection.id, 'data_access')}]"


async def test_what_is_missing_is_asked_for_and_the_person_comes_back_where_they_were(world: World) -> None:
    collection = world.globus.collection
    async with await world.log_in() as browser:
        login = world.reader()
        transfer = await login.token()
        with pytest.raises(LoginNeeded) as raised:
            await login.for_audience(collection.id, scopes=[https(collection)]).token()

        start = URL(f"{world.hub.url}{raised.value.login_url}").update_query(next="/hub/token?x=1")
        async with browser.get(start, allow_redirects=False) as answer:
            asked = URL(answer.headers["Location"]).query
        assert asked["scope"].split(" ") == ["openid", "profile", TRANSFER_ALL, https(collection)]
        assert asked["access_type"] == "offline"

        async with await through_globus(browser, start) as answer:
            assert (answer.status, answer.url.path_qs) == (200, "/hub/token?x=1")
        token = await login.for_audience(collection.id, scopes=[https(collection)]).token()
        grant = world.globus.tokens.check(token, collection.id)
        assert grant.identity.username == OWNER
        assert grant.allows(scope_of(collection.id, "https"), scope_of(collection.id, "data_access"))
        # Whoever has a token of before goes on with it.
        assert world.globus.tokens.check(transfer, TRANSFER)


async def test_a_consent_of_transfer_and_a_second_collection_leave_the_first_as_it_was(world: World) -> None:
    second = world.globus.add_collection("Second")
    data = scope_of(second.id, "data_access")
    async with await world.log_in() as browser:
        for collection in (world.globus.collection, second):
            url = f"{world.hub.url}{world.reader().login_url(scopes=[https(collection)])}&next=/hub/home"
            async with await through_globus(browser, URL(url, encoded=True)) as answer:
                assert answer.url.path == "/hub/home"
        url = f"{world.hub.url}{world.reader().login_url(scopes=[f'{TRANSFER_ALL}[*{data}]'])}"
        async with await through_globus(browser, URL(url, encoded=True)) as answer:
            assert answer.status == 200
    login = world.reader()
    assert world.globus.tokens.check(await login.token(), TRANSFER).allows(TRANSFER_ALL, data)
    for collection in (world.globus.collection, second):
        assert world.globus.tokens.check(await login.for_audience(collection.id).token(), collection.id)
    state = await world.hub.auth_state("researcher")
    assert state is not None
    assert {TRANSFER, world.globus.collection.id, second.id} <= set(state["tokens"])


async def test_the_token_that_is_replaced_allows_no_less_than_before(world: World) -> None:
    third = world.globus.add_collection("Third")
    whole, data = scope_of(third.id, "https"), scope_of(third.id, "data_access")
    async with await world.log_in() as browser:
        for scope in (whole, data):
            url = f"{world.hub.url}{world.reader().login_url(scopes=[scope])}"
            async with await through_globus(browser, URL(url, encoded=True)) as answer:
                assert answer.status == 200
    token = await world.reader().for_audience(third.id).token()
    assert world.globus.tokens.check(token, third.id).scopes == {whole, data}


async def test_how_to_log_in_reaches_globus_and_every_token_is_then_of_that_login(world: World) -> None:
    fourth = world.globus.add_collection("Fourth")
    session = {"session_required_mfa": "True", "session_required_single_domain": "example.edu", "prompt": "login"}
    async with await world.log_in() as browser:
        url = f"{world.hub.url}{world.reader().login_url(scopes=[https(fourth)])}"
        async with await through_globus(browser, URL(url, encoded=True)) as answer:
            assert answer.status == 200
        path = world.reader().login_url(session=session)
        async with browser.get(URL(str(path), encoded=True), allow_redirects=False) as answer:
            assert answer.status == 302
            asked = URL(answer.headers["Location"]).query
    assert {name: asked[name] for name in session} == session
    assert {"openid", "profile", TRANSFER_ALL, scope_of(fourth.id, "https")} <= set(asked["scope"].split(" "))


async def test_only_who_is_logged_in_gets_there(world: World) -> None:
    async with world.hub.browser() as browser:
        status, where = await world.begin(browser, scope=https(world.globus.collection))
    assert (status, where.path) == (302, "/hub/login")
    assert where.query["next"].startswith(CONSENT)


COLLECTION = "0a1b2c3d-0a1b-4c2d-8e3f-0a1b2c3d4e5f"


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"next": "/hub/home"},
        {"scope": ""},
        {"scope": "urn:globus:auth:scope:groups.api.globus.org:all"},
        {"scope": "urn:globus:auth:scope:auth.globus.org:manage_projects"},
        {"scope": f"{TRANSFER_ALL} openid"},
        {"scope": [TRANSFER_ALL, "email"]},
        {"scope": [TRANSFER_ALL] * 21},
        {"scope": f"https://auth.globus.org/scopes/{COLLECTION}/manage_collections"},
        {"scope": f"https://evil.example/scopes/{COLLECTION}/https"},
        {"session_required_mfa": "perhaps"},
        {"session_required_identities": "x y"},
        {"prompt": "none"},
        {"session_message": "Tell me your password"},
        {"scope": TRANSFER_ALL, "next": "https://evil.example/"},
        {"scope": TRANSFER_ALL, "next": "//evil.example/"},
        {"scope": TRANSFER_ALL, "next": "/\\evil.example/"},
        {"scope": TRANSFER_ALL, "next": "hub/home"},
        {"scope": TRANSFER_ALL, "next": "javascript:alert(1)"},
    ],
)
async def test_anything_else_is_refused(world: World, query: dict[str, Any]) -> None:
    async with await world.log_in() as browser:
        assert (await world.begin(browser, **query))[0] == 400
        # The same page, for what it is for.
        assert (await world.begin(browser, scope=TRANSFER_ALL, next="/hub/home"))[0] == 302


async def test_an_answer_that_nobody_asked_for_is_refused(world: World) -> None:
    """OAuthenticator's `state` is that of the consent, too."""
    async with await world.log_in() as browser, world.hub.browser() as other:
        _, where = await world.begin(browser, scope=TRANSFER_ALL)
        async with other.get(
            f"/hub/oauth_callback?code=x&state={where.query['state']}", allow_redirects=False
        ) as answer:
            assert answer.status == 400


async def test_no_token_is_in_the_log(world: World) -> None:
    state = await world.hub.auth_state("researcher")
    assert state is not None
    tokens = [one[key] for one in state["tokens"].values() for key in ("access_token", "refresh_token")]
    assert tokens
    assert not any(token in world.hub.log for token in tokens)
