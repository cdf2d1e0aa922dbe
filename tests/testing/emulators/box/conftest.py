import asyncio
import hashlib
import json
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import aiohttp
import pytest
from box_sdk_gen import BaseUrls, BoxCCGAuth, BoxClient, BoxRetryStrategy, CCGConfig, NetworkSession
from box_sdk_gen.networking.auth import Authentication

from hubdrives.testing.emulators.box import Box, User
from hubdrives.testing.emulators.server import serving

NOON = 1_900_000_000.0  # some moment, seconds since 1970
PART = 1000  # bytes
MULTIPART = "multipart/form-data; boundary=frontier"


class Clock:
    """A time that stands still until a test moves it."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> float:
        return self.now


class Answered:
    """What came back: status, headers, body, and the body as JSON when it is."""

    def __init__(self, response: aiohttp.ClientResponse, body: bytes, json: Any) -> None:
        self.status, self.headers, self.body, self.json = response.status, response.headers, body, json
        self.url = str(response.url)

    @property
    def names(self) -> list[str]:
        return [each["name"] for each in self.json["entries"]]

    @property
    def refusal(self) -> tuple[int, str]:
        """Status and code of an error."""
        return self.status, self.json["code"]


class Client:
    """A bare HTTP client of one user: sees what a library would hide."""

    def __init__(self, box: Box, session: aiohttp.ClientSession, token: str) -> None:
        self.box, self.session, self.token = box, session, token

    def as_(self, who: User | str) -> "Client":
        return Client(self.box, self.session, self.box.token(who))

    def with_(self, token: str) -> "Client":
        return Client(self.box, self.session, token)

    async def send(self, method: str, url: str, *, headers: dict | None = None, **options: Any) -> Answered:
        """A request without a token."""
        url = url if url.startswith("http") else self.box.url + url
        async with self.session.request(method, url, headers=headers, **options) as response:
            body = await response.read()
            return Answered(response, body, json.loads(body) if "json" in response.content_type else None)

    async def call(self, method: str, path: str, *, headers: dict | None = None, **options: Any) -> Answered:
        """A request with the token; the path is one below /2.0 unless it begins with a slash."""
        path = path if path.startswith(("/", "http")) else f"/2.0/{path}"
        bearer = {"Authorization": f"Bearer {self.token}"}
        return await self.send(method, path, headers={**bearer, **(headers or {})}, **options)

    async def get(self, path: str, *, headers: dict | None = None, **params: Any) -> Answered:
        return await self.call("GET", path, headers=headers, params=params)

    async def content(self, file: str, *, headers: dict | None = None, **params: Any) -> Answered:
        """The bytes, by the redirect."""
        moved = await self.call("GET", f"files/{file}/content", params=params, allow_redirects=False)
        assert moved.status == 302, moved.body
        return await self.send("GET", moved.headers["Location"], headers=headers)

    async def upload(
        self, name: str, data: bytes, *, parent: str | None = None, headers: dict | None = None, **attributes: Any
    ) -> Answered:
        attributes |= {"name": name, "parent": {"id": parent or self.box.root}}
        return await self.post_form("files/content", attributes, data, headers=headers)

    async def upload_version(self, file: str, data: bytes, *, headers: dict | None = None, **attributes) -> Answered:
        return await self.post_form(f"files/{file}/content", attributes, data, headers=headers)

    async def post_form(self, path: str, attributes: dict, data: bytes, *, headers: dict | None = None) -> Answered:
        form = aiohttp.FormData()
        form.add_field("attributes", json.dumps(attributes), content_type="application/json")
        form.add_field("file", data, filename="file", content_type="application/octet-stream")
        return await self.call("POST", f"/api/2.0/{path}", headers=headers, data=form)

    async def token_of(self, **form: str) -> Answered:
        """An answer of the token endpoint."""
        app = self.box.app
        form = {"client_id": app.client_id, "client_secret": app.client_secret} | form
        return await self.send("POST", "/oauth2/token", data=form)


class Official:
    """Box's own client; it blocks, so what is done with it runs in a thread."""

    def __init__(self, box: Box, auth: Authentication) -> None:
        urls = BaseUrls(base_url=box.url, upload_url=f"{box.url}/api", oauth_2_url=box.url)
        self.network = NetworkSession(base_urls=urls, retry_strategy=BoxRetryStrategy(retry_base_interval=0.01))
        self.auth = auth
        self.api = BoxClient(auth=auth, network_session=self.network)

    async def __call__(self, function: Callable[[BoxClient], Any]) -> Any:
        return await asyncio.to_thread(function, self.api)

    def close(self) -> None:
        self.network.network_client.requests_session.close()


def sha1(data: bytes) -> str:
    return hashlib.sha1(data).hexdigest()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def box(clock) -> AsyncIterator[Box]:
    async with serving(Box(clock=clock, part_size=PART, chunked_minimum=2 * PART)) as emulator:
        yield emulator


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
def client(box, session) -> Client:
    """The service account's."""
    return Client(box, session, box.token())


@pytest.fixture
def owner(client, box) -> Client:
    return client.as_(box.owner)


@pytest.fixture
def official_of(box) -> Iterator[Callable[[Authentication], Official]]:
    made: list[Official] = []

    def make(auth: Authentication) -> Official:
        made.append(Official(box, auth))
        return made[-1]

    yield make
    for each in made:
        each.close()


@pytest.fixture
def official(box, official_of) -> Official:
    """The service account's."""
    app = box.app
    config = CCGConfig(client_id=app.client_id, client_secret=app.client_secret, enterprise_id=app.enterprise_id)
    return official_of(BoxCCGAuth(config))


@pytest.fixture
def plant(box):
    """Plant a file by its path in the folder, with the folders on it; gives the node."""

    def make(path: str, data: bytes | str = "text") -> Any:
        *folders, name = path.split("/")
        parent = box.root
        for each in folders:
            found = box.tree.child(parent, each)
            parent = (found or box.tree.add(each, parent=parent)).id
        return box.tree.add_file(name, data, parent=parent)

    return make


@pytest.fixture
def strike(box):
    def set_rule(effect: str, operation: str = "*", **keys: Any) -> None:
        box.faults.set([{"operation": operation, "effect": effect, **keys}])

    return set_rule
