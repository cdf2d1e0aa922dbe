"""A gateway in front of a shelf: a provider that can all that there is to grant."""

from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from tests.gateway.bench import PREFIX, Bench, benched
from tests.gateway.cutter import Cutter, cutting
from tests.testing.shelf import ShelfProvider
from tests.testing.shelf_world import ShelfWorld

from hubdrives import providers
from hubdrives.config import ConnectionSettings, Grant
from hubdrives.providers.gateway import Gateway

ALL = ("read", "write", "share", "link", "token")
EVERYBODY = Grant(connection="shelf", everyone=True, can=ALL)


@contextmanager
def installed(folder: Path) -> Iterator[None]:
    """The shelf is found by its entry point, as any provider is that somebody installs."""
    distribution = folder / "shelf-1.0.dist-info"
    distribution.mkdir()
    (distribution / "METADATA").write_text("Metadata-Version: 2.1\nName: shelf\nVersion: 1.0\n")
    (distribution / "entry_points.txt").write_text(
        f"[{providers.ENTRY_POINTS}]\nshelf = tests.testing.shelf:ShelfProvider\n"
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(folder)
        _look_again()
        yield
    _look_again()


def _look_again() -> None:
    providers.provider_names.cache_clear()
    providers.provider_class.cache_clear()


class ShelfBehindAGateway(ShelfWorld):
    """The folder "room" of a shelf, seen through the gateway by whoever has `token`."""

    def __init__(self, bench: Bench) -> None:
        super().__init__()
        self.bench = bench
        self.secrets = ("token-of-",)
        self.cutter: Cutter

    async def open(self, *grants: Grant, personal: bool = False, **settings: Any) -> None:
        """Start the gateway; connection "shelf" has the room as its root, unless each has a token of their own."""
        credential = {"kind": "hub_login"} if personal else {}
        root = None if personal else self.pasted
        connection = ConnectionSettings(provider="shelf", root=root, credential=credential)
        await self.bench.start(*(grants or (EVERYBODY,)), connections={"shelf": connection}, **settings)
        assert self.bench.server is not None
        self.cutter = await self.bench._stack.enter_async_context(cutting(self.bench.server.port, PREFIX))
        self.base_url = self.cutter.url
        self.use(self.bench.people.token("alice"))

    def use(self, token: str) -> None:
        """See it through the eyes of whoever has `token`."""
        self.provider = self.bench.connect(token, url=self.base_url)
        self.location = self.locate(self.pasted)
        self.outside, self.missing = (self.locate(self.address(item)) for item in (self.outside.id, "nothing"))

    def locate(self, address: str):
        if not isinstance(self.provider, Gateway):
            return super().locate(address)
        location = Gateway.parse(address, base_url=self.base_url)
        assert location is not None
        return location

    async def cut_next_write(self) -> None:
        self.cutter.cut_sent = [100_000]

    async def personal(self, opens: dict[str, str]) -> None:
        """A hub that knows of each user in `opens` a token, which opens the item of that id there."""
        self.shelf.opens_for = {f"shelf-token-of-{user}": item for user, item in opens.items()}

        async def answer(request: web.Request) -> web.Response:
            return web.json_response({"token": f"shelf-token-of-{request.match_info['user']}", "ends_at": None})

        app = web.Application()
        app.router.add_get("/hub/api/hubdrives/users/{user}/token", answer)
        hub = await self.bench._stack.enter_async_context(TestServer(app, host="127.0.0.1"))
        self.bench.environment = {
            "JUPYTERHUB_API_URL": str(hub.make_url("/hub/api")),
            "JUPYTERHUB_API_TOKEN": "of-the-gateway",
        }


@asynccontextmanager
async def shelved(folder: Path) -> AsyncIterator[ShelfBehindAGateway]:
    async with AsyncExitStack() as stack:
        (folder / "site").mkdir()
        stack.enter_context(installed(folder / "site"))
        bench = await stack.enter_async_context(benched(folder))
        world = ShelfBehindAGateway(bench)
        stack.callback(ShelfProvider.shelves.pop, world.host)
        yield world


async def put(
    world: ShelfBehindAGateway, name: str, data: Any = b"hello", *, under: str = "", token: str = "", **headers: str
) -> tuple[int, Any]:
    """A plain request, as curl would send it."""
    status, body, _ = await world.bench.ask(
        "PUT",
        "api/v1/file",
        token=token or world.bench.people.token("alice"),
        params={"source": "shelf:/", "under": under, "name": name},
        data=data,
        headers={name.replace("_", "-"): value for name, value in headers.items()},
    )
    return status, body
