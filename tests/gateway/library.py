"""A gateway in front of an emulated Seafile, whose server packs many files into zips."""

from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer
from tests.gateway.bench import Bench
from tests.gateway.questions import stream

from hubdrives.config import ConnectionSettings, Grant
from hubdrives.testing.emulators.googledrive import GoogleDrive
from hubdrives.testing.emulators.seafile import Library, LoginIssuer, Seafile
from hubdrives.testing.emulators.server import serving

EVERYONE = Grant(connection="seafile", everyone=True)
SOURCE = "seafile:/"
ONE_ZIP = {"dir.list": 1, "zip.task": 1, "zip.progress": 1, "zip.get": 1}
"""What a zip of files in many folders is asked for with."""


class Reading(Bench):
    """The bench, with a Seafile; connection "seafile" starts at its library."""

    def __init__(self, seafile: Seafile, drive: GoogleDrive, folder: Path, stack: AsyncExitStack) -> None:
        super().__init__(drive, folder, stack)
        self.seafile = seafile
        (folder / "seafile-token").write_text(seafile.token())

    def connection(self) -> ConnectionSettings:
        token = {"kind": "token", "scheme": "Token", "token_file": str(self.folder / "seafile-token")}
        return ConnectionSettings(
            provider="seafile", base_url=self.seafile.url, root=self.seafile.location, credential=token
        )

    async def open(self, **gateway: Any) -> None:
        """Start the gateway; what it listed it believes for long."""
        connections = {"seafile": self.connection()}
        await self.start(EVERYONE, connections=connections, **{"fresh_seconds": 600.0, **gateway})

    async def open_personal(self) -> None:
        """Start the gateway; each user is somebody else at Seafile, `NAME@example.org`."""
        issuer = await self._serve(web.get("/.well-known/openid-configuration", self._issuer))
        self.seafile.settings.login_issuer = LoginIssuer(url=issuer, client_id="drive", client_secret="s")
        hub = await self._serve(web.get("/hub/api/hubdrives/users/{user}/token", self._login))
        self.environment = {"JUPYTERHUB_API_URL": f"{hub}/hub/api", "JUPYTERHUB_API_TOKEN": "of-the-gateway"}
        own = ConnectionSettings(provider="seafile", base_url=self.seafile.url, credential={"kind": "seafile_login"})
        await self.start(EVERYONE, connections={"seafile": own}, fresh_seconds=600.0)

    async def _serve(self, *routes: web.RouteDef) -> str:
        app = web.Application()
        app.add_routes([*routes, web.post("/introspect", self._introspect)])
        server = await self._stack.enter_async_context(TestServer(app, host="127.0.0.1"))
        return str(server.make_url("/")).rstrip("/")

    async def _issuer(self, request: web.Request) -> web.Response:
        return web.json_response({"introspection_endpoint": str(request.url.with_path("/introspect"))})

    async def _introspect(self, request: web.Request) -> web.Response:
        user = str((await request.post())["token"]).removeprefix("login-of-")
        scope = self.seafile.settings.login_issuer.scope if self.seafile.settings.login_issuer else ""
        return web.json_response({"active": True, "scope": scope, "email": f"{user}@example.org"})

    async def _login(self, request: web.Request) -> web.Response:
        return web.json_response({"token": f"login-of-{request.match_info['user']}", "ends_at": None})

    def plant(
        self, number: int, *, library: Library | None = None, prefix: str = "week", size: int = 300
    ) -> dict[str, bytes]:
        """So many files in ten folders, each with another content; what they hold."""
        files = {
            f"{prefix} {index % 10}/data {index}.txt": f"{prefix} {index};".encode() * (size // 10 + index % 7)
            for index in range(number)
        }
        for path, data in files.items():
            self.seafile.add_file(path, data, library=library)
        return files

    async def listed(self, token: str, source: str = SOURCE) -> dict[str, str]:
        """The version of each file."""
        status, found, _ = await self.ask("GET", "api/v1/snapshot", token=token, params={"source": source})
        assert status == 200, found
        self.asked_seafile()
        return {entry["path"]: entry["version"] for entry in found["entries"] if entry["kind"] == "file"}

    async def pull(
        self, token: str, versions: Mapping[str, str], paths: Iterable[str] | None = None, source: str = SOURCE
    ) -> tuple[dict[str, bytes], dict[str, str]]:
        """What one answer brings: the files, and the code of what went wrong with others."""
        wanted = list(versions if paths is None else paths)
        files = [{"path": path, "version": versions[path]} for path in wanted]
        found: dict[str, bytes] = {}
        wrong: dict[str, str] = {}
        done = False
        for frame, data in await stream(self, token, files, source):
            done = frame.done or done
            if frame.file is None:
                assert frame.done or frame.waiting, frame
            elif frame.error is not None:
                wrong[wanted[frame.file]] = frame.error["code"]
            else:
                found[wanted[frame.file]] = found.get(wanted[frame.file], b"") + data
        assert done
        return found, wrong

    def fault(self, operation: str, effect: str, **rule: Any) -> None:
        self.seafile.faults.set([{"operation": operation, "effect": effect, **rule}])

    def asked_seafile(self) -> dict[str, int]:
        """What the Seafile was asked since the last call."""
        counted = dict(self.seafile.requests.by_operation)
        self.seafile.requests.reset()
        return counted

    async def numbers(self) -> dict[str, float]:
        """What the metrics say of the cache."""
        _, text, _ = await self.ask("GET", "metrics", token="prometheus")
        lines = (line.rpartition(" ") for line in text.decode().splitlines() if not line.startswith("#"))
        return {name: float(value) for name, _, value in lines if "cache" in name or "fetched_bytes_total" in name}


@asynccontextmanager
async def reading(folder: Path) -> AsyncIterator[Reading]:
    async with AsyncExitStack() as stack:
        drive = await stack.enter_async_context(serving(GoogleDrive()))
        seafile = await stack.enter_async_context(serving(Seafile()))
        yield Reading(seafile, drive, folder, stack)
