"""The token endpoint of Globus Auth, small: what it was asked, and whatever a test lets it answer."""

import asyncio
from collections.abc import Callable
from typing import Any

from aiohttp import encode_basic_auth, web

CLIENT, SECRET = "11111111-2222-3333-4444-555555555555", "globus-hush"
COLLECTION = "0a1b2c3d-0a1b-4c2d-8e3f-0a1b2c3d4e5f"
OTHER = "0a1b2c3d-0a1b-4c2d-8e3f-000000000000"
TRANSFER = "transfer.api.globus.org"
ALL = "urn:globus:auth:scope:transfer.api.globus.org:all"
HTTPS = f"https://auth.globus.org/scopes/{COLLECTION}/https"

_BEARER = {"expires_in": 172800, "token_type": "Bearer"}


class Clock:
    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


class Auth:
    """Gives "token-1", "token-2", … for whatever it is asked, those for Transfer last; or does what `answer` does."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.paths: list[str] = []
        self.secret = SECRET
        self.answer: Callable[[], web.Response] | None = None
        self.open = asyncio.Event()
        self.open.set()

    async def handle(self, request: web.Request) -> web.Response:
        self.paths.append(request.path)
        if request.path != "/v2/oauth2/token":
            return web.Response(status=404)
        form = await request.post()
        assert form["grant_type"] == "client_credentials"
        self.asked.append(str(form["scope"]))
        await self.open.wait()
        if self.answer is not None:
            return self.answer()
        if request.headers["Authorization"] != encode_basic_auth(CLIENT, self.secret):
            return web.json_response({"error": "invalid_client"}, status=401)
        number = len(self.asked)
        documents = [self._token("auth.globus.org", f"other-{number}")]
        for scope in str(form["scope"]).split():
            server = TRANSFER if scope.startswith(ALL) else scope.split("/")[4]
            documents.append(self._token(server, f"token-{number}"))
        return web.json_response({**documents[0], "other_tokens": documents[1:]})

    def _token(self, server: str, value: str) -> dict[str, Any]:
        return {"access_token": value, "resource_server": server, "scope": "as asked"} | _BEARER
