import asyncio
import json
import re
import ssl
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from typing import Any, TypeVar

import aiohttp
import globus_sdk
import pytest
from yarl import URL

from hubdrives.testing.emulators.globus import Collection, Globus
from hubdrives.testing.emulators.server import serving
from hubdrives.testing.emulators.tls_proxy import make_certificates

NOON = 1_900_000_000.0  # some moment, seconds since 1970
T = TypeVar("T")


class Clock:
    """A time that stands still until a test moves it."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> float:
        return self.now


class Answered:
    """What came back: status, headers, body, and the body as JSON when it says that it is."""

    def __init__(self, response: aiohttp.ClientResponse, body: bytes) -> None:
        self.status, self.headers, self.body, self.url = response.status, response.headers, body, response.url
        self.json = json.loads(body) if "json" in response.content_type and body else None

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def refusal(self) -> tuple[int, str]:
        """Status and code of an error, of whichever service."""
        if "errors" in self.json:
            return self.status, self.json["errors"][0]["code"]
        return self.status, self.json.get("code") or self.json["error"]

    @property
    def back(self) -> URL:
        """Where a redirect leads."""
        return URL(self.headers["Location"])


class Client:
    """A bare HTTP client with a bearer token, or none: sees what a library would hide."""

    def __init__(self, globus: Globus, session: aiohttp.ClientSession, token: str = "") -> None:
        self.globus, self.session, self.token = globus, session, token

    def with_(self, token: str) -> "Client":
        return Client(self.globus, self.session, token)

    async def send(self, method: str, path: str, *, headers: dict | None = None, **options: Any) -> Answered:
        bearer = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        url = path if path.startswith("http") else self.globus.url + path
        options.setdefault("allow_redirects", False)
        async with self.session.request(method, url, headers={**bearer, **(headers or {})}, **options) as response:
            return Answered(response, await response.read())

    async def get(self, path: str, **params: Any) -> Answered:
        return await self.send("GET", path, params=params)

    async def token_for(self, **form: str) -> Answered:
        """An answer of the token endpoint to the confidential client, or to the one in the form."""
        client = self.globus.client
        form = {"client_id": client.id, "client_secret": client.secret or "", **form}
        return await self.send("POST", "/v2/oauth2/token", data=form)


class Browser:
    """A person at the pages of Globus Auth: fills in forms and follows the way until it leads elsewhere."""

    def __init__(self, globus: Globus) -> None:
        self.globus = globus
        self.session = aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True))
        self.seen: list[str] = []
        """Titles of the pages."""
        self.page = ""
        """The latest."""

    async def go(
        self, url: str, *, identity: str = "", decision: str = "allow", mfa: bool = False, tries: int = 4
    ) -> URL:
        """Where the browser ends up: back at the client, or at the page that was not left.

        Args:
            url: where to begin.
            identity: the username to log in with; "" cancels.
            decision: about consent: `allow` or `deny`.
            mfa: with a second factor.
            tries: how many forms to send at most.
        """
        method, form = "GET", None
        while True:
            async with self.session.request(method, URL(url, encoded=True), data=form, allow_redirects=False) as answer:
                shown = await answer.text()
                location = answer.headers.get("Location")
            if location is not None:
                onward = URL(self.globus.url).join(URL(location, encoded=True))
                if not str(onward).startswith(self.globus.url):
                    return onward
                method, form, url = "GET", None, str(onward)
                continue
            self.page = shown
            self.seen.append(re.search("<title>(.*?) \\|", shown).group(1))
            action = re.search('action="(.*?)"', self.page)
            if action is None or answer.status != 200 or tries == 0:
                return URL(url)
            tries -= 1
            asks_who = 'name="identity"' in self.page
            who = {"identity": identity, "decision": "login" if identity else "cancel"} if asks_who else {}
            form = who or {"decision": decision}
            form |= {"mfa": "true"} if mfa and asks_who else {}
            method, url = "POST", self.globus.url + unescape(action.group(1))


async def in_thread(function: Callable[[], T]) -> T:
    """What the official client does, which blocks."""
    return await asyncio.to_thread(function)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def globus(clock: Clock) -> AsyncIterator[Globus]:
    async with serving(Globus(clock=clock)) as emulator:
        yield emulator


@pytest.fixture
async def live() -> AsyncIterator[Globus]:
    """One whose clock goes: ID tokens are checked against the real time."""
    async with serving(Globus()) as emulator:
        yield emulator


@dataclass(frozen=True, slots=True)
class SecureGlobus:
    """One whose collections speak TLS, and the file with the authority that its clients must trust."""

    globus: Globus
    ca_file: Path


@pytest.fixture
async def secure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[SecureGlobus]:
    """Globus-sdk's clients of HTTPS servers speak nothing but TLS."""
    ca_file, server_file = make_certificates(tmp_path, ["localhost"])
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(server_file)
    monkeypatch.setenv("GLOBUS_SDK_VERIFY_SSL", str(ca_file))
    async with serving(Globus(tls=context)) as emulator:
        yield SecureGlobus(emulator, ca_file)


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
        yield session


@pytest.fixture
def client(globus: Globus, session: aiohttp.ClientSession) -> Client:
    """One without a token."""
    return Client(globus, session)


@pytest.fixture
async def browser(globus: Globus) -> AsyncIterator[Browser]:
    made = Browser(globus)
    yield made
    await made.session.close()


@pytest.fixture
def sdk() -> Iterator[Callable[[globus_sdk.BaseClient], Any]]:
    """Keep a client of globus-sdk, which is closed at the end."""
    kept: list[globus_sdk.BaseClient] = []

    def keep(client: Any) -> Any:
        kept.append(client)
        return client

    yield keep
    for each in kept:
        each.transport.close()
        each.close()


@pytest.fixture
def app(globus: Globus, sdk: Callable[[Any], Any]) -> globus_sdk.ConfidentialAppAuthClient:
    """The confidential client."""
    return sdk(globus_sdk.ConfidentialAppAuthClient(globus.client.id, globus.client.secret, base_url=f"{globus.url}/"))


@pytest.fixture
def strike(globus: Globus) -> Callable[..., None]:
    def set_rule(effect: str, operation: str = "*", **keys: Any) -> None:
        globus.faults.set([{"operation": operation, "effect": effect, **keys}])

    return set_rule


class Transfer(Client):
    """A bare client of the Transfer API."""

    def with_(self, token: str) -> "Transfer":
        return Transfer(self.globus, self.session, token)

    async def call(self, method: str, resource: str, document: Any = None, /, **params: Any) -> Answered:
        return await self.send(method, f"/v0.10/{resource}", json=document, params=params)

    async def on(
        self, what: str, path: str | None = None, /, *, at: Collection | None = None, **params: Any
    ) -> Answered:
        """A look at a collection: `ls` or `stat`."""
        where = (at or self.globus.collection).id
        named = {} if path is None else {"path": path}
        return await self.call("GET", f"operation/endpoint/{where}/{what}", **named, **params)

    async def names(self, path: str | None = "/", /, **params: Any) -> list[str]:
        answer = await self.on("ls", path, **params)
        assert answer.status == 200, answer.body
        return [each["name"] for each in answer.json["DATA"]]

    async def order(self, kind: str = "transfer", *items: dict[str, Any], **options: Any) -> Answered:
        """Submit a document under a new submission id, between the collection and itself unless told otherwise."""
        new = await self.call("GET", "submission_id")
        here = self.globus.collection.id
        ends = {"endpoint": here} if kind == "delete" else {"source_endpoint": here, "destination_endpoint": here}
        lines = [{"DATA_TYPE": f"{kind}_item", **each} for each in items]
        document = {"DATA_TYPE": kind, "submission_id": new.json["value"], "DATA": lines, **ends, **options}
        return await self.call("POST", kind, document)

    async def copy(self, *pairs: tuple[str, str], **options: Any) -> str:
        """Order a transfer of such pairs of paths; gives the id of the task."""
        items = [{"source_path": source, "destination_path": destination} for source, destination in pairs]
        answer = await self.order("transfer", *items, **options)
        assert answer.status == 202, answer.body
        return answer.json["task_id"]

    async def task(self, task: str) -> Any:
        return (await self.call("GET", f"task/{task}")).json

    async def codes(self, task: str) -> list[str]:
        """Of what happened to a task, the first first."""
        answer = await self.call("GET", f"task/{task}/event_list", limit=1000)
        return [each["code"] for each in reversed(answer.json["DATA"])]


@pytest.fixture
def transfer(globus: Globus, session: aiohttp.ClientSession) -> Transfer:
    """The person's, with all consents for the collections that are there by now."""
    return Transfer(globus, session, globus.transfer_token())


@pytest.fixture
def official(globus: Globus, sdk: Callable[[Any], Any]) -> Callable[..., globus_sdk.TransferClient]:
    """Make globus-sdk's client, of the person unless a token says otherwise; it does not try again."""

    def make(token: str | None = None) -> globus_sdk.TransferClient:
        return sdk(
            globus_sdk.TransferClient(
                base_url=f"{globus.url}/",
                authorizer=globus_sdk.AccessTokenAuthorizer(token or globus.transfer_token()),
                retry_config=globus_sdk.transport.RetryConfig(max_retries=0),
            )
        )

    return make


@pytest.fixture
def planted(globus):
    """Three files in a folder, one of them in a folder of its own."""
    for path, text in {"/from/a.txt": "aa", "/from/b.nc": "bbb", "/from/below/c.txt": "cccc"}.items():
        globus.add_file(path, text, modified=NOON - 100)


def texts(globus, folder: str = "/to", collection=None) -> dict[str, str]:
    """Paths and texts of all files below a folder."""
    root = (collection or globus.collection).root
    top = globus.tree.at(root, folder)
    if top is None:
        return {}
    return {
        globus.tree.path(each.id, under=top.id): each.content.read().decode()
        for each in globus.tree.below(top.id)
        if each.content is not None
    }
