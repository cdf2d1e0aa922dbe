"""A hub where people log in, and the server of one of them."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from aiohttp import web
from tests.gateway.bench import Bench, benched
from tests.lab.conftest import Server, jupyter_server
from tests.logins import LOGIN, Logins, served

from hubdrives.config import Grant
from hubdrives.providers.gateway import Gateway


@dataclass(kw_only=True)
class Hub:
    """A hub's login, on a host of its own as with subdomains; it sends browsers back to `server`."""

    logins: Logins
    heals: bool = True
    """Whether a login is of any use."""
    server: str = ""
    url: str = ""
    asked: list[str] = field(default_factory=list)
    """The paths that browsers asked for, with their queries."""

    def app(self) -> web.Application:
        app = web.Application()
        app.add_routes([web.get(LOGIN, self._form), web.post(LOGIN, self._enter), web.get("/hub/logout", self._out)])
        return app

    async def _form(self, request: web.Request) -> web.Response:
        self.asked.append(request.path_qs)
        body = "<title>Log in</title><form method=post><button autofocus>I am ada</button></form>"
        return web.Response(text=body, content_type="text/html")

    async def _enter(self, request: web.Request) -> web.Response:
        if self.heals:
            self.logins.left = None
        # As a hub does: a path only, so that nobody is sent elsewhere.
        raise web.HTTPFound(f"{self.server}/{request.query['next'].lstrip('/')}")

    async def _out(self, request: web.Request) -> web.Response:
        self.asked.append(request.path_qs)
        return web.Response(text="<title>Logged out</title>", content_type="text/html")


@dataclass(frozen=True, kw_only=True)
class Place:
    """The server of ada, whose content comes through a gateway of a hub."""

    hub: Hub
    logins: Logins
    bench: Bench
    server: Server

    async def link(self, **terms: str) -> str:
        """The token of a link that a teacher signed."""
        teacher = self.bench.connect(self.bench.people.token("tess"))
        location = Gateway.parse(self.bench.drive.location, base_url=self.bench.url)
        assert location is not None
        return (await teacher.sign_link(location, **terms)).token


@asynccontextmanager
async def running_place(folder: Path) -> AsyncIterator[Place]:
    async with benched(folder) as bench, AsyncExitStack() as stack:
        logins = Logins()
        bench.people = logins
        await bench.start(
            Grant(connection="drive", users=("tess",), can=("read", "link")), Grant(connection="drive", users=("ada",))
        )
        hub = Hub(logins=logins)
        hub.url = await served(stack, hub.app())
        environment = {
            "HUBDRIVES_GATEWAY_URL": bench.url,
            "JUPYTERHUB_API_TOKEN": bench.people.token("ada"),
            "JUPYTERHUB_BASE_URL": "/",
            "JUPYTERHUB_HOST": hub.url,
        }
        server = stack.enter_context(jupyter_server(folder / "server", environment))
        hub.server = server.url.partition("/user/")[0]
        yield Place(hub=hub, logins=logins, bench=bench, server=server)
