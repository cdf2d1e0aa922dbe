"""A real Jupyter Server and an emulated Google Drive, each a process of its own, for all tests of the pull page."""

import contextlib
import json
import os
import secrets
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode

import aiohttp
import pytest
from playwright.async_api import BrowserContext, Page
from tests.browser import chromium
from yarl import URL

EMULATE = """
import pathlib, sys
from hubdrives.testing.emulators import run
run("googledrive", pathlib.Path(sys.argv[1]), port=0, latency=0)
"""


@dataclass(frozen=True, kw_only=True)
class Drive:
    """An emulated Google Drive that serves `folder`."""

    url: str
    location: str
    folder: Path
    environment: dict[str, str]

    def faults(self, *rules: dict[str, object]) -> None:
        self._post("faults", list(rules))

    def _post(self, name: str, body: object) -> None:
        request = urllib.request.Request(f"{self.url}/_emulator/{name}", json.dumps(body).encode(), method="POST")
        request.add_header("Content-Type", "application/json")
        with urllib.request.urlopen(request) as answer:
            assert answer.status < 300


@dataclass(frozen=True, kw_only=True)
class Server:
    """A running Jupyter Server under a base URL like that of a hub's user."""

    url: str
    home: Path
    log: Path
    process: subprocess.Popen[bytes] = field(repr=False)
    token: str = field(repr=False)

    def page(self, source: Path | str = "", **query: str) -> str:
        asked = {"source": str(source), **query} if source else query
        return f"{self.url}hubdrives/pull?{urlencode(asked)}"

    def tree(self) -> dict[str, bytes | None]:
        return {
            str(path.relative_to(self.home)): path.read_bytes() if path.is_file() else None
            for path in sorted(self.home.rglob("*"))
        }


@contextlib.contextmanager
def ended(process: subprocess.Popen[bytes]) -> Iterator[subprocess.Popen[bytes]]:
    with process:
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()


@contextlib.contextmanager
def jupyter_server(folder: Path, environment: dict[str, str]) -> Iterator[Server]:
    home = folder / "home"
    home.mkdir(parents=True)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    token = secrets.token_hex(16)
    options = {
        "ServerApp.ip": "127.0.0.1",
        "ServerApp.port": port,
        "ServerApp.port_retries": 0,
        "ServerApp.base_url": "/user/ada/",
        "ServerApp.root_dir": home,
        "ServerApp.open_browser": False,
        "ServerApp.allow_root": True,
        "ServerApp.log_level": "DEBUG",
        "IdentityProvider.token": token,
    }
    command = [sys.executable, "-m", "jupyter_server", *(f"--{name}={value}" for name, value in options.items())]
    known = {name: os.environ[name] for name in ("PATH", "LANG", "TMPDIR") if name in os.environ}
    places = {f"JUPYTER_{kind}_DIR": str(folder / kind) for kind in ("CONFIG", "DATA", "RUNTIME")}
    # Jupyter's own helpers write caches and logs there whenever they like; what the pull page writes is told apart.
    places["HOME"] = str(folder / "account")
    log = folder / "log"
    with (
        log.open("wb") as output,
        ended(
            subprocess.Popen(
                command,
                stdout=output,
                stderr=output,
                cwd=home,
                env={**known, **places, **environment},
            )
        ) as process,
    ):
        server = Server(url=f"http://127.0.0.1:{port}/user/ada/", home=home, log=log, process=process, token=token)
        for _ in range(300):
            assert process.poll() is None, log.read_text()
            try:
                with urllib.request.urlopen(f"{server.url}api") as answer:
                    assert answer.status == 200
                    break
            except (urllib.error.URLError, ConnectionError):
                time.sleep(0.1)
        else:
            pytest.fail(f"Jupyter Server did not start:\n{log.read_text()}")
        yield server


@pytest.fixture(scope="session")
def drive(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Drive]:
    folder = tmp_path_factory.mktemp("drive") / "Climate course"
    folder.mkdir()
    for number in range(1, 9):
        (folder / f"day {number}.csv").write_bytes(f"rain,{number}\n".encode() * 2000)
    (folder / "README.md").write_text("# Climate course\n")
    with ended(subprocess.Popen([sys.executable, "-c", EMULATE, str(folder)], stdout=subprocess.PIPE)) as process:
        assert process.stdout is not None
        told = json.loads(process.stdout.readline())
        yield Drive(url=told["url"], location=told["location"], folder=folder, environment=told["env"])


@pytest.fixture(scope="session")
def _server(drive: Drive, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with jupyter_server(tmp_path_factory.mktemp("server"), drive.environment) as server:
        yield server


@pytest.fixture
def server(_server: Server, drive: Drive) -> Iterator[Server]:
    yield _server
    drive.faults()


@pytest.fixture
def course(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """A folder of this machine to pull from; its name, and so the target's, is the test's own."""
    folder = tmp_path / f"course of {request.node.name.partition('[')[0][5:60]} {secrets.token_hex(2)}"
    (folder / "Week 1").mkdir(parents=True)
    (folder / "README.md").write_text("# Course\n")
    (folder / "Week 1" / "notes.txt").write_text("one\n")
    return folder


@pytest.fixture
async def client(server: Server) -> AsyncIterator[aiohttp.ClientSession]:
    """A client that is logged in by a cookie, as a browser is; it sends no XSRF token by itself."""
    async with aiohttp.ClientSession(server.url, cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
        async with session.get(f"{server.url}hubdrives/pull", params={"token": server.token}) as answer:
            await answer.read()
        yield session


@pytest.fixture
def xsrf(client: aiohttp.ClientSession, server: Server) -> dict[str, str]:
    return {"X-XSRFToken": client.cookie_jar.filter_cookies(URL(server.url))["_xsrf"].value}


class Visitor:
    """A browser that is logged in, and keeps what its pages complain about."""

    def __init__(self, context: BrowserContext, server: Server) -> None:
        self.context = context
        self.server = server
        self.complaints: list[str] = []

    async def open(self, url: str) -> Page:
        page = await self.context.new_page()
        page.on(
            "console", lambda message: message.type in {"error", "warning"} and self.complaints.append(message.text)
        )
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        await page.goto(url)
        return page


Visit = Callable[..., Awaitable[Visitor]]


@pytest.fixture
async def visit(server: Server) -> AsyncIterator[Visit]:
    async with chromium() as browser, contextlib.AsyncExitStack() as stack:

        async def make(*, at: Server = server, **options: object) -> Visitor:
            context = await browser.new_context(**options)
            stack.push_async_callback(context.close)
            await context.request.get(f"{at.url}hubdrives/pull?token={at.token}", fail_on_status_code=False)
            # What opens at the end is JupyterLab's business; that it is opened is ours.
            await context.route(
                "**/user/ada/lab**", lambda route: route.fulfill(body="<title>lab</title>", content_type="text/html")
            )
            return Visitor(context, at)

        yield make
