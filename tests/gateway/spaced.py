"""A gateway with a space on a shelf: each member has a folder there, and a hub says who they are."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, nullcontext
from pathlib import Path
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer
from tests.gateway.bench import benched
from tests.gateway.shelves import ShelfBehindAGateway, installed
from tests.testing.shelf import ShelfProvider

from hubdrives import providers
from hubdrives.config import ConnectionSettings, Grant, SpaceSettings
from hubdrives.errors import LoginNeeded, NotFound
from hubdrives.providers.gateway import Gateway

FOLDER = "neuron-data"
MEMBERS = Grant(connection="results", groups=("members",), can=("read", "write"))
MANAGERS = Grant(connection="results", users=("boss",), services=("neuron",), can=("manage",))
GRANTS = (MEMBERS, MANAGERS)

IDENTITIES = {
    "alice": {"sub": "0a1b-of-alice", "email": "ann@example.org"},
    "bob": {"sub": "0A1B-of-alice", "email": "bob@example.org"},
    "boss": {"sub": "0c-of-boss", "email": ""},
}
"""What the hub tells of its users; the subjects of two differ in the case of their letters only."""


class Spaced(ShelfBehindAGateway):
    """The space "results": `room/KEY/neuron-data` on a shelf is a user's."""

    def __init__(self, bench: Any) -> None:
        super().__init__(bench)
        self.asked_hub: list[str] = []
        """Of whom the hub was asked."""
        self.identities = {name: dict(told) for name, told in IDENTITIES.items()}
        self.unknown = {"new": LoginNeeded("No login of this user is kept.", login_url="/hub/login")}
        for user in IDENTITIES:
            bench.people.token(user, "members")

    async def start(self, *grants: Grant, key: str = "sub", address: str = "{email}", **settings: Any) -> None:
        """Start the gateway. Of the members alice and bob have a folder each, if `ensured`."""
        app = web.Application()
        app.router.add_get("/hub/api/hubdrives/users/{user}/identity", self._identity)
        hub = await self.bench._stack.enter_async_context(TestServer(app, host="127.0.0.1"))
        self.bench.environment = {
            "JUPYTERHUB_API_URL": str(hub.make_url("/hub/api")),
            "JUPYTERHUB_API_TOKEN": "of-the-gateway",
        }
        shelf = ConnectionSettings(provider="shelf", root=self.pasted)
        space = SpaceSettings(connection="shelf", folder=FOLDER, key=key, address=address, mounted="drive/Shared")  # type: ignore[arg-type]
        chosen = {"connections": {"shelf": shelf}, "spaces": {"results": space}, **settings}
        await self.bench.start(*(grants or GRANTS), **chosen)
        self.base_url = self.bench.url

    async def _identity(self, request: web.Request) -> web.Response:
        user = request.match_info["user"]
        self.asked_hub.append(user)
        assert request.headers["Authorization"] == "token of-the-gateway"
        if user in self.unknown:
            return web.json_response(self.unknown[user].to_wire(), status=403)
        if user not in self.identities:
            return web.json_response(NotFound("The hub has no such user.").to_wire(), status=404)
        return web.json_response({"name": user, **self.identities[user]})

    def token(self, user: str, *groups: str) -> str:
        """A token of a user, who is a member unless other groups are named."""
        return self.bench.people.token(user, *(groups or ("members",)))

    def service(self, name: str) -> str:
        """A token of a service."""
        return self.bench.people.service_token(name)

    def as_(self, token: str) -> Gateway:
        """The gateway as whoever has `token` reaches it."""
        return self.bench.connect(token)

    def at(self, source: str):
        """The location of a source."""
        location = Gateway.parse(source, base_url=self.bench.url)
        assert location is not None
        return location

    def put(self, path: str, data: bytes = b"x") -> None:
        """A file on the shelf, below the root of the space, past the gateway."""
        self.shelf.put(f"room/{path}", data)

    def shared(self, path: str) -> dict[str, str]:
        """With whom a folder below the root is shared, and in which role."""
        item = self.shelf.find(f"room/{path}")
        assert item is not None
        return {share.who: share.role for share in item.shares.values()}


@asynccontextmanager
async def spaced(folder: Path) -> AsyncIterator[Spaced]:
    async with AsyncExitStack() as stack:
        own = folder / "spaces"
        (own / "site").mkdir(parents=True)
        stack.enter_context(nullcontext() if "shelf" in providers.provider_names() else installed(own / "site"))
        bench = await stack.enter_async_context(benched(own))
        world = Spaced(bench)
        stack.callback(ShelfProvider.shelves.pop, world.host)
        yield world
