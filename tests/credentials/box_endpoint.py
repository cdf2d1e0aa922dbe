"""Box's token endpoint, small, and what asks it."""

import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from aiohttp import web

from hubdrives.credentials.box import BoxTokens

SECRET = "s3cret-of-the-app"


class Login:
    """Box's token endpoint: takes anything, unless `answer` says something else, and keeps what it was asked."""

    def __init__(self) -> None:
        self.asked: list[dict[str, str]] = []
        self.answer: Callable[[], Awaitable[web.StreamResponse]] | None = None
        self.given = 0
        self.refresh_token = "first"
        self.url = ""

    async def handle(self, request: web.Request) -> web.StreamResponse:
        assert (request.method, request.path, request.query_string) == ("POST", "/oauth2/token", "")
        form = {key: str(value) for key, value in (await request.post()).items()}
        self.asked.append(form)
        if self.answer is not None:
            return await self.answer()
        self.given += 1
        told: dict[str, Any] = {"access_token": f"token {self.given}", "expires_in": 3600, "token_type": "bearer"}
        if "refresh_token" in form:
            if form["refresh_token"] != self.refresh_token:
                return refused("invalid_grant", "Invalid refresh token")
            told["refresh_token"] = self.refresh_token = f"refresh {self.given}"
        return web.json_response({**told, "restricted_to": []})


def refused(error: str, description: str, status: int = 400) -> web.Response:
    return web.json_response({"error": error, "error_description": description}, status=status)


def telling(value: Any) -> Callable[[], Awaitable[web.StreamResponse]]:
    async def answer() -> web.StreamResponse:
        return web.json_response(value)

    return answer


def broken(status: int) -> Callable[[], Awaitable[web.StreamResponse]]:
    async def answer() -> web.StreamResponse:
        return web.Response(status=status, text="<html>s3cret</html>", headers={"Retry-After": "7"})

    return answer


class Clock:
    """Seconds that a test lets pass."""

    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


APP = {"client_id": "app", "client_secret_env": "BOX_CLIENT_SECRET"}
CCG = {"kind": "box_ccg", "enterprise_id": "4242", **APP}


def oauth(folder: Path, **fields: Any) -> dict[str, Any]:
    (folder / "tokens.json").write_text(json.dumps({"refresh_token": "first", **fields}))
    return {"kind": "box_oauth", "token_file": str(folder / "tokens.json"), **APP}


def jwt_credential(folder: Path, console: dict[str, Any]) -> dict[str, Any]:
    (folder / "config.json").write_text(json.dumps(console))
    return {"kind": "box_jwt", "config_file": str(folder / "config.json")}


def source(credential: dict[str, Any], login: Login, **options: Any) -> BoxTokens:
    return BoxTokens(credential, base_url=login.url, **options)
