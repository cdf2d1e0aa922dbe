"""A gateway in front of an emulated Globus, for a service's account or for everybody's own."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer
from msgspec.structs import replace
from tests.gateway.bench import Bench, benched
from tests.transfers.world import World, world_of

from hubdrives.config import ConnectionSettings, Grant, Settings
from hubdrives.connections import Connections
from hubdrives.transfers import Transfers

LAB = "the lab's collection"


class Ferries:
    """The lab's collection, and everybody's folder on the home's, by the gateway's connection "globus"."""

    def __init__(self, bench: Bench, world: World) -> None:
        self.bench = bench
        self.world = world

    async def open(self, *grants: Grant, personal: bool = False, root: str | None = LAB, **settings: Any) -> None:
        """Start the gateway. If it is `personal`, each user has a login of their own at Globus."""
        connection = self.world.connection()
        if root != LAB:
            connection = replace(connection, root=root)
        if personal:
            await self._be_hub()
            connection = ConnectionSettings(
                provider="globus",
                base_url=connection.base_url,
                root=connection.root,
                credential={"kind": "globus_login"},
            )
        await self.bench.start(*grants, connections={"globus": connection}, **settings)

    async def _be_hub(self) -> None:
        """Hand out tokens of whoever is called so at Globus; alice and bob have the same rights there."""
        globus = self.world.globus

        async def answer(request: web.Request) -> web.Response:
            who = f"{request.match_info['user']}@example.org"
            identity = globus.add_identity(who)
            for collection in (self.world.lab, self.world.home):
                globus.share(collection, identity, "rw")
            server = globus.collections.get(request.query["resource_server"])
            token = globus.https_token(server, identity) if server else globus.transfer_token(identity)
            return web.json_response({"token": token, "ends_at": None})

        app = web.Application()
        app.router.add_get("/hub/api/hubdrives/users/{user}/token", answer)
        hub = await self.bench._stack.enter_async_context(TestServer(app, host="127.0.0.1"))
        self.bench.environment = {
            "JUPYTERHUB_API_URL": str(hub.make_url("/hub/api")),
            "JUPYTERHUB_API_TOKEN": "of-the-gateway",
        }

    def home(self, user: str = "") -> str:
        """What grants, and people, call the folder of a user on the home's collection."""
        return self.world.globus.web_address(self.world.home, f"/{user}/" if user else "/")

    @asynccontextmanager
    async def seen_by(self, token: str) -> AsyncIterator[Transfers]:
        """Transfers as they are in the server of whoever has `token`."""
        file = self.bench.folder / f"{token}.txt"
        file.write_text(token)
        hub = ConnectionSettings(
            provider="gateway",
            base_url=self.bench.url,
            credential={"kind": "token", "scheme": "token", "token_file": str(file)},
        )
        environment = self.world.environment
        async with Connections(Settings(connections={"hub": hub}), environment=environment) as connections:
            yield Transfers(connections, environment=environment, sleep=self.world.sleep)


@asynccontextmanager
async def ferried(folder: Path) -> AsyncIterator[Ferries]:
    async with world_of(folder / "globus") as world, benched(folder) as bench:
        yield Ferries(bench, world)
