"""People whose logins end, a hub that knows their tokens, and a gateway that answers what it is told to."""

import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer
from tests.gateway.bench import People

from hubdrives.credentials import token_source
from hubdrives.errors import LoginNeeded
from hubdrives.gateway.identity import Caller
from hubdrives.testing.emulators.googledrive import GoogleDrive
from hubdrives.testing.emulators.server import serving

ENDED = "Your login to the course platform has ended."
LOGIN = "/hub/oauth_login"


class Logins(People):
    """People whose logins end, and begin again at the hub."""

    def __init__(self) -> None:
        super().__init__()
        self.left: int | None = None
        """How many more questions are answered until the login ends; None is for ever."""
        self.login_url: str | None = LOGIN

    async def caller(self, token: str) -> Caller:
        if self.left is not None:
            if self.left == 0:
                raise LoginNeeded(ENDED, login_url=self.login_url)
            self.left -= 1
        return await super().caller(token)


class OwnLogin:
    """A hub without a gateway: ada's server asks its API for the token of her login, which opens a Drive."""

    server_token = "server-of-ada-0123456789abcdef"

    def __init__(self, drive: GoogleDrive, folder: Path) -> None:
        self.drive, self._folder = drive, folder
        self.token = ""
        self.ended = False
        self.api_url = ""

    @property
    def environment(self) -> dict[str, str]:
        """What the hub gives ada's server, and the configuration that her administrators put there."""
        config = self._folder / "hubdrives.toml"
        config.write_text(
            f"""
            [connections.mine]
            provider = "googledrive"
            base_url = "{self.drive.url}"
            root = "{self.drive.location}"
            credential = {{ kind = "hub_login" }}
            """
        )
        return {
            "HUBDRIVES_CONFIG": str(config),
            "JUPYTERHUB_API_URL": self.api_url,
            "JUPYTERHUB_API_TOKEN": self.server_token,
            "JUPYTERHUB_USER": "ada",
            "JUPYTERHUB_BASE_URL": "/",
        }

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must be found nowhere."""
        return (self.server_token, *self.drive.accounts.tokens)

    async def renew(self) -> None:
        """A new token, as the login's refresh brings it."""
        key = self._folder / "key.json"
        key.write_text(json.dumps(self.drive.key_file()))
        source = token_source({"kind": "google_service_account", "key_file": str(key)}, connection="mine")
        assert source is not None
        self.token = await source.token()
        key.unlink()

    async def answer(self, request: web.Request) -> web.Response:
        """The endpoint of a hub that `hubdrives.hub` has configured."""
        if request.headers["Authorization"] != f"token {self.server_token}":
            raise web.HTTPForbidden
        if self.ended:
            return web.json_response(LoginNeeded(ENDED, login_url=LOGIN).to_wire(), status=403)
        return web.json_response({"token": self.token, "ends_at": None})


@asynccontextmanager
async def own_login(folder: Path) -> AsyncIterator[OwnLogin]:
    async with serving(GoogleDrive()) as drive, AsyncExitStack() as stack:
        login = OwnLogin(drive, folder)
        await login.renew()
        app = web.Application()
        app.add_routes([web.get("/hub/api/hubdrives/users/ada/token", login.answer)])
        login.api_url = f"{await served(stack, app)}/hub/api"
        yield login


@asynccontextmanager
async def answering(answers: dict[str, Any]) -> AsyncIterator[str]:
    """What answers at a gateway's address with these, by operation: errors as they stand, and one file "a.txt"."""

    async def answer(request: web.Request) -> web.Response:
        operation = request.match_info["operation"]
        if operation == "files":
            frames = b'{"file":0,"size":2,"end":""}\na\n{"done":true}\n'
            return web.Response(body=frames, content_type="application/octet-stream")
        told = answers[operation]
        return web.Response(text=json.dumps(told), status=403 if "code" in told else 200)

    app = web.Application()
    app.add_routes([web.route("*", "/api/v1/{operation}", answer)])
    async with AsyncExitStack() as stack:
        yield await served(stack, app)


async def served(stack: AsyncExitStack, app: web.Application) -> str:
    """Where `app` answers for as long as `stack` is open, without a slash at the end."""
    server = TestServer(app, host="127.0.0.1")
    await server.start_server(access_log=None)
    stack.push_async_callback(server.close)
    return str(server.make_url("/")).rstrip("/")
