"""An issuer whose clock a test turns, with refresh tokens that are good for one use, and trouble on demand."""

from collections.abc import Callable
from typing import Any

from aiohttp import web

from hubdrives.credentials.auth_state import HubLoginSettings

TOKEN = HubLoginSettings(kind="hub_login")

Make = Callable[..., Any]
"""Makes an authenticator for the issuer."""


class Clock:
    """Seconds that a test lets pass."""

    def __init__(self) -> None:
        self.now = 1_790_000_000.0

    def __call__(self) -> float:
        return self.now


class SmallIssuer:
    """Serves /token and /userinfo for one person; a refresh token that is used twice ends all there is."""

    def __init__(self, clock: Clock) -> None:
        self.lifetime = 3600
        self.rotate = True
        self.groups = ["stats"]
        self.refreshes = 0
        self.questions: list[str] = []
        self.trouble: dict[str, Callable[[], web.Response]] = {}
        """What to answer instead, by path."""
        self._clock = clock
        self._made = 0
        self._access: dict[str, float] = {}
        self._refresh: dict[str, bool] = {}

    def log_in(self) -> dict[str, Any]:
        """The answer to an authorization code."""
        return self._grant(f"refresh-{self._made}")

    def is_live(self, token: str) -> bool:
        return self._clock() < self._access.get(token, 0.0)

    def end_access_tokens(self) -> None:
        self._access.clear()

    def revoke(self) -> None:
        self._access.clear()
        self._refresh.clear()

    async def answer(self, request: web.Request) -> web.Response:
        self.questions.append(request.path)
        if request.path in self.trouble:
            return self.trouble[request.path]()
        if request.path == "/userinfo":
            if not self.is_live(request.headers.get("Authorization", "").removeprefix("Bearer ")):
                return web.json_response({"error": "invalid_token"}, status=401)
            return web.json_response({"sub": "1", "preferred_username": "alice", "groups": self.groups})
        form = await request.post()
        if form["grant_type"] == "authorization_code":
            return web.json_response(self.log_in())
        return self._refreshed(str(form["refresh_token"]))

    def _refreshed(self, token: str) -> web.Response:
        if not self._refresh.get(token):
            self.revoke()
            return web.json_response({"error": "invalid_grant", "error_description": "used or unknown"}, status=400)
        self.refreshes += 1
        if self.rotate:
            self._refresh[token] = False
            return web.json_response(self._grant(f"refresh-{self._made}"))
        return web.json_response(self._grant(None))

    def _grant(self, refresh: str | None) -> dict[str, Any]:
        token = f"access-{self._made}"
        self._made += 1
        self._access[token] = self._clock() + self.lifetime
        answer = {"access_token": token, "token_type": "Bearer", "expires_in": self.lifetime, "scope": "openid"}
        if refresh is not None:
            self._refresh[refresh] = True
            answer["refresh_token"] = refresh
        return answer


async def log_in(authenticator: Any, user: Any, issuer: SmallIssuer) -> None:
    """What the hub does at a login."""
    model = await authenticator.authenticate(None, {"code": "x"})
    await user.save_auth_state(model["auth_state"])
    issuer.questions.clear()


async def stored(user: Any) -> dict[str, Any]:
    return dict(await user.get_auth_state() or {})
