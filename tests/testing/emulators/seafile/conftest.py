import asyncio
import hashlib
import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from hubdrives.testing.emulators.seafile import Library, Seafile, User
from hubdrives.testing.emulators.server import serving

NOON = 1_900_000_000.0  # some moment, seconds since 1970


class Clock:
    """A time that stands still until a test moves it."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> float:
        return self.now


class Answered:
    """What came back: status, headers, body, and the body as JSON when it says that it is."""

    def __init__(self, response: aiohttp.ClientResponse, body: bytes) -> None:
        self.status, self.headers, self.body = response.status, response.headers, body
        self.json = json.loads(body) if "json" in response.content_type and body else None

    @property
    def names(self) -> list[str]:
        found = self.json if isinstance(self.json, list) else self.json["dirent_list"]
        return [each["name"] for each in found]

    @property
    def refusal(self) -> tuple[int, str]:
        """Status and text of an error of seahub."""
        return self.status, self.json.get("error_msg") or self.json["detail"]

    @property
    def raw_refusal(self) -> tuple[int, str]:
        """Status and text of an error of the fileserver about an upload."""
        return self.status, json.loads(self.body, strict=False)["error"]


class Client:
    """A bare HTTP client of one user: sees what a library would hide."""

    def __init__(self, seafile: Seafile, session: aiohttp.ClientSession, token: str) -> None:
        self.seafile, self.session, self.token = seafile, session, token

    def as_(self, who: User | str) -> "Client":
        return Client(self.seafile, self.session, self.seafile.token(who))

    def with_(self, token: str) -> "Client":
        return Client(self.seafile, self.session, token)

    async def send(self, method: str, url: str, *, headers: dict | None = None, **options: Any) -> Answered:
        """A request without a token; redirections are not followed."""
        url = url if url.startswith("http") else self.seafile.url + url
        options.setdefault("allow_redirects", False)
        async with self.session.request(method, url, headers=headers, **options) as response:
            return Answered(response, await response.read())

    async def call(self, method: str, path: str, *, headers: dict | None = None, **options: Any) -> Answered:
        """A request with the token."""
        token = {"Authorization": f"Token {self.token}"}
        return await self.send(method, path, headers={**token, **(headers or {})}, **options)

    def repo(self, rest: str = "", *, library: Library | None = None, api: str = "api2") -> str:
        return f"/{api}/repos/{(library or self.seafile.library).id}/{rest}"

    async def get(self, rest: str, *, library: Library | None = None, api: str = "api2", **params: Any) -> Answered:
        """GET of something of a library."""
        return await self.call("GET", self.repo(rest, library=library, api=api), params=params)

    async def change(
        self, rest: str, path: str, *, library: Library | None = None, api: str = "api2", query: str = "", **form: str
    ) -> Answered:
        """POST of an operation as a form."""
        url = self.repo(rest, library=library, api=api) + f"?p={path}{query}"
        return await self.call("POST", url, data=form)

    async def link(self, path: str, *, library: Library | None = None, **params: Any) -> str:
        answer = await self.get("file/", library=library, p=path, **params)
        assert answer.status == 200, answer.body
        return answer.json

    async def read(self, path: str, *, headers: dict | None = None, library: Library | None = None) -> Answered:
        """The bytes, by both steps."""
        return await self.send("GET", await self.link(path, library=library), headers=headers)

    async def upload(
        self, path: str, data: bytes, *, into: str = "/", library: Library | None = None, **fields: str
    ) -> Answered:
        """Upload to a path below the folder `into`, in the way that the documentation shows."""
        *folders, name = path.split("/")
        below = {"relative_path": "/".join(folders) + "/"} if folders else {}
        link = await self.get("upload-link/", library=library, p=into)
        assert link.status == 200, link.body
        return await self.post_form(f"{link.json}?ret-json=1", name, data, parent_dir=into, **below, **fields)

    async def post_form(self, url: str, name: str, data: bytes, **fields: str) -> Answered:
        form = aiohttp.FormData(quote_fields=False)
        for key, value in fields.items():
            form.add_field(key, value)
        form.add_field("file", data, filename=name)
        return await self.send("POST", url, data=form)


def file_id(data: bytes) -> str:
    """By the formula, for what fits into one block."""
    if not data:
        return "0" * 40
    block = hashlib.sha1(data).hexdigest()
    return hashlib.sha1(
        f'{{"block_ids": ["{block}"], "size": {len(data)}, "type": 1, "version": 1}}'.encode()
    ).hexdigest()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def seafile(clock) -> AsyncIterator[Seafile]:
    async with serving(Seafile(clock=clock)) as emulator:
        yield emulator


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
def client(seafile, session) -> Client:
    """The account's."""
    return Client(seafile, session, seafile.token())


@pytest.fixture
def in_thread():
    """For clients that block."""
    return asyncio.to_thread


@pytest.fixture
def strike(seafile):
    def set_rule(effect: str, operation: str = "*", **keys: Any) -> None:
        seafile.faults.set([{"operation": operation, "effect": effect, **keys}])

    return set_rule
