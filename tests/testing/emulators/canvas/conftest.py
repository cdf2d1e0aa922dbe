import asyncio
import warnings
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import aiohttp
import canvasapi
import pytest

from hubdrives.testing.emulators.canvas import STUDENT, TEACHER, Canvas
from hubdrives.testing.emulators.server import serving

NOON = 1_900_000_000.0  # some moment, seconds since 1970


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
        self.url, self.links = response.url, response.links

    @property
    def names(self) -> list[str]:
        """Of the files or folders that are listed."""
        return [each.get("display_name") or each["name"] for each in self.json]

    @property
    def next(self) -> str | None:
        """Where the next page is."""
        return str(self.links["next"]["url"]) if "next" in self.links else None

    @property
    def message(self) -> str:
        return self.json["errors"][0]["message"]


class Client:
    """A bare HTTP client of one person: sees what a library would hide."""

    def __init__(self, canvas: Canvas, session: aiohttp.ClientSession, login: str = STUDENT) -> None:
        self.canvas, self.session = canvas, session
        self.token = canvas.token(login)
        self.bearer = {"Authorization": f"Bearer {self.token}"}

    def as_(self, login: str) -> "Client":
        return Client(self.canvas, self.session, login)

    async def send(self, method: str, url: str, *, headers: dict | None = None, **options: Any) -> Answered:
        """A request without a token; a path is one of Canvas."""
        url = url if url.startswith("http") else self.canvas.url + url
        async with self.session.request(method, url, headers=headers, **options) as response:
            body = await response.read()
            return Answered(response, body, await response.json() if "json" in response.content_type else None)

    async def get(self, url: str, *, headers: dict | None = None, **params: Any) -> Answered:
        """GET with the token; a path that is no page's is one below /api/v1."""
        if not url.startswith(("http", "/")):
            url = f"/api/v1/{url}"
        return await self.send("GET", url, headers={**self.bearer, **(headers or {})}, params=params)

    async def files(self, **params: Any) -> Answered:
        return await self.get(f"courses/{self.canvas.course.id}/files", **params)

    async def folders(self, **params: Any) -> Answered:
        return await self.get(f"courses/{self.canvas.course.id}/folders", **params)


class Official:
    """The official client of one person; it blocks, so what is done with it runs in a thread."""

    def __init__(self, canvas: Canvas, token: str) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it advises against http
            self.api = canvasapi.Canvas(canvas.url, token)

    async def __call__(self, function: Callable[[canvasapi.Canvas], Any]) -> Any:
        """What a function of the client gives; a list of pages as a list."""
        return await asyncio.to_thread(lambda: _whole(function(self.api)))

    def close(self) -> None:
        self.api._Canvas__requester._session.close()


def _whole(found: Any) -> Any:
    return list(found) if isinstance(found, canvasapi.paginated_list.PaginatedList) else found


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def canvas(clock) -> AsyncIterator[Canvas]:
    async with serving(Canvas(clock=clock)) as emulator:
        yield emulator


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    # A jar for browsers' cookies leaves out those of hosts without a name.
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
        yield session


@pytest.fixture
def client(canvas, session) -> Client:
    """The student's."""
    return Client(canvas, session)


@pytest.fixture
def teacher(client) -> Client:
    return client.as_(TEACHER)


@pytest.fixture
def official(canvas) -> Iterator[Official]:
    """The student's."""
    client = Official(canvas, canvas.token(STUDENT))
    yield client
    client.close()


@pytest.fixture
def plant(canvas):
    """Plant a file by its path in the course, with the folders on it; gives the node."""

    def make(path: str, data: bytes | str = "text") -> Any:
        *folders, name = path.split("/")
        parent = canvas.root
        for each in folders:
            found = [node for node in canvas.tree.children(parent) if node.name == each]
            parent = (found[0] if found else canvas.tree.add(each, parent=parent)).id
        return canvas.tree.add_file(name, data, parent=parent)

    return make


@pytest.fixture
def strike(canvas):
    def set_rule(effect: str, operation: str = "*", **keys: Any) -> None:
        canvas.faults.set([{"operation": operation, "effect": effect, **keys}])

    return set_rule
