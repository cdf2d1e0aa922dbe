"""A Drive's exchange of logins for tokens, and a hub that tells logins, both small."""

from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from hubdrives.errors import HubdrivesError

PREFIX = "/drive"


class SmallDrive:
    """Takes any login that is not in `refused`, unless `answer` says something else; each token is another one."""

    def __init__(self) -> None:
        self.url = ""
        self.logins: list[str] = []
        """What it was shown."""
        self.refused: set[str] = set()
        self.answer: Callable[[], Awaitable[web.StreamResponse]] | None = None
        self.given = 0

    async def handle(self, request: web.Request) -> web.StreamResponse:
        assert (request.method, request.raw_path) == ("GET", f"{PREFIX}/api2/account/token/")
        scheme, _, login = request.headers["Authorization"].partition(" ")
        assert scheme == "Bearer"
        self.logins.append(login)
        if login in self.refused:
            return web.json_response({"detail": f"Invalid token {login}"}, status=401)
        if self.answer is not None:
            return await self.answer()
        self.given += 1
        return web.Response(text=f"{token(self.given)}\n")


class SmallHub:
    """Tells users' tokens, as a hub that hubdrives has configured."""

    def __init__(self) -> None:
        self.questions: list[web.Request] = []
        self.answers: list[Any] = []
        self.url = ""

    async def handle(self, request: web.Request) -> web.Response:
        self.questions.append(request)
        answer = self.answers.pop(0)
        if isinstance(answer, HubdrivesError):
            return web.json_response(answer.to_wire(), status=403)
        return web.json_response({"token": answer, "ends_at": None})


def token(number: int) -> str:
    return f"{number:040x}"
