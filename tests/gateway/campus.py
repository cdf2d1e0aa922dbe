"""A gateway in front of an emulated Canvas, on which students have courses of their own, each with their own token."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from aiohttp import web
from aiohttp.test_utils import TestServer
from tests.gateway.bench import Bench

from hubdrives.config import ConnectionSettings, Grant
from hubdrives.errors import LoginNeeded
from hubdrives.testing.emulators.canvas import Canvas
from hubdrives.testing.emulators.canvas.people import Course
from hubdrives.testing.emulators.googledrive import GoogleDrive
from hubdrives.testing.emulators.server import serving

EVERYBODYS_OWN = Grant(connection="canvas", everyone=True)
LOGIN_URL = "/hub/oauth_login"


class Logins:
    """What the hub would say of its users' logins; a real one says it in tests/hub."""

    def __init__(self, canvas: Canvas) -> None:
        self._canvas = canvas
        self.tokens: dict[str, str] = {}
        self.ended: set[str] = set()
        self.asked: list[str] = []
        """Whose tokens were asked for."""

    async def answer(self, request: web.Request) -> web.Response:
        user = request.match_info["user"]
        self.asked.append(user)
        assert request.headers["Authorization"] == "token of-the-gateway"
        if user in self.ended:
            return web.json_response(LoginNeeded("It has ended.", login_url=LOGIN_URL).to_wire(), status=409)
        if user not in self.tokens:
            self.tokens[user] = self._canvas.token(user)
        return web.json_response({"token": self.tokens[user], "ends_at": None})


class Campus(Bench):
    """The bench, with a Canvas beside the Drive. Everybody in `people` may use it, each with their own token."""

    def __init__(self, canvas: Canvas, drive: GoogleDrive, folder: Path, stack: AsyncExitStack) -> None:
        super().__init__(drive, folder, stack)
        self.canvas = canvas
        self.logins = Logins(canvas)
        self.courses: dict[str, Course] = {}

    async def open(self, *grants: Grant, fresh_seconds: float = 600.0) -> str:
        """Start the gateway; its address. Listings stay fresh for long, so that nothing is refused for being old."""
        app = web.Application()
        app.router.add_get("/hub/api/hubdrives/users/{user}/token", self.logins.answer)
        hub = await self._stack.enter_async_context(TestServer(app, host="127.0.0.1"))
        self.environment = {
            "JUPYTERHUB_API_URL": str(hub.make_url("/hub/api")),
            "JUPYTERHUB_API_TOKEN": "of-the-gateway",
        }
        canvas = ConnectionSettings(provider="canvas", base_url=self.canvas.url, credential={"kind": "hub_login"})
        return await self.start(
            *(grants or (EVERYBODYS_OWN,)), connections={"canvas": canvas}, fresh_seconds=fresh_seconds
        )

    def course(self, name: str, *students: str, files: dict[str, str] | None = None) -> str:
        """A course with these students and files; what one pastes for it."""
        course = self.courses[name] = self.canvas.add_course(name)
        for student in students:
            self.canvas.enrol(student, course)
        for path, text in (files or {}).items():
            self.canvas.tree.add_file(path, text, parent=course.root)
        return str(course.url)

    def asked_canvas(self) -> dict[str, int]:
        """What Canvas was asked since the last call."""
        counted = {name: number for name, number in self.canvas.requests.by_operation.items() if number}
        self.canvas.requests.reset()
        return counted


@asynccontextmanager
async def campus_of(folder: Path) -> AsyncIterator[Campus]:
    async with AsyncExitStack() as stack:
        drive = await stack.enter_async_context(serving(GoogleDrive()))
        canvas = await stack.enter_async_context(serving(Canvas()))
        yield Campus(canvas, drive, folder, stack)
