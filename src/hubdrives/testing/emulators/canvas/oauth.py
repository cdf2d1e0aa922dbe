"""How an application gets tokens for a person, who here agrees at once.

https://canvas.instructure.com/doc/api/file.oauth.html
https://canvas.instructure.com/doc/api/file.oauth_endpoints.html
"""

import base64
import secrets
from collections.abc import Mapping
from typing import Any

from aiohttp import web
from yarl import URL

from hubdrives.testing.emulators.canvas.errors import CanvasError, page
from hubdrives.testing.emulators.canvas.people import People
from hubdrives.testing.emulators.canvas.tokens import DeveloperKey, Grant, Tokens
from hubdrives.testing.emulators.server import Answer, Call

COOKIE = "canvas_session"
TOKEN_COST = 200.0  # units that the throttle counts for a token


class OAuth:
    """The endpoints below /login."""

    def __init__(self, tokens: Tokens, people: People) -> None:
        self._tokens = tokens
        self._people = people
        self._sessions: dict[str, str] = {}

    def logged_in(self, request: web.Request) -> str | None:
        """Whose browser it is, by its cookie."""
        return self._sessions.get(request.cookies.get(COOKIE, ""))

    async def login(self, call: Call) -> Answer:
        """The page for people; its form wants no password."""
        if call.request.method != "POST":
            return page(
                "Log in to Canvas", '<form method="post">Login: <input name="login"><button>Log In</button></form>'
            )
        form = await _form(call.request)
        session = secrets.token_urlsafe(24)
        self._sessions[session] = self._people.person(form.get("login", "")).login
        back = call.params.get("return_to", "/")
        # A path of ours only: this page sends nobody elsewhere.
        back = back if back.startswith("/") and not back.startswith(("//", "/\\")) else "/"
        cookie = f"{COOKIE}={session}; Path=/; HttpOnly; SameSite=Lax"
        return Answer(302, headers={"Location": back, "Set-Cookie": cookie})

    async def authorize(self, call: Call) -> Answer:
        """Send a person back to the application with a code, or with what is wrong.

        Raises:
            CanvasError: it is not known where the application is.
        """
        params = call.params
        key = self._tokens.developer_key(params.get("client_id", ""))
        if key is None:
            raise CanvasError("unknown_client")
        if params.get("redirect_uri") != key.redirect_uri:
            raise CanvasError("redirect_mismatch")
        login = params.get("login") or self.logged_in(call.request)
        asked = frozenset(params.get("scope", "").split())
        refusal = None
        if params.get("response_type") != "code":
            refusal = "unsupported_response_type"
        elif key.scopes is not None and not (asked and asked <= key.scopes):
            refusal = "invalid_scope"
        elif login is None and params.get("prompt") == "none":
            refusal = "login_required"
        elif "deny" in call.faults:
            refusal = "access_denied"
        if refusal is not None:
            return _back(key, params, {"error": refusal})
        if login is None:
            return Answer(302, headers={"Location": str(URL("/login") % {"return_to": call.request.path_qs})})
        person = self._people.person(login)
        code = self._tokens.code(person.login, key, None if key.scopes is None else asked)
        return _back(key, params, {"code": code})

    async def token(self, call: Call) -> Answer:
        """An access token, for a code or a refresh token.

        Raises:
            CanvasError: in the shape of this endpoint.
        """
        form = await _form(call.request)
        key = self._client(call.request, form)
        body: dict[str, Any] = {"token_type": "Bearer"}
        match form.get("grant_type", "authorization_code"):
            case "authorization_code":
                if form.get("redirect_uri", key.redirect_uri) != key.redirect_uri:
                    raise CanvasError("redirect_mismatch")
                access, body["refresh_token"], grant = self._tokens.redeem(form.get("code", ""), key)
                if form.get("replace_tokens") == "1":
                    self._tokens.drop_others(access)
            case "refresh_token":
                access, grant = self._tokens.refresh(form.get("refresh_token", ""), key)
            case _:
                raise CanvasError("unsupported_grant_type")
        body |= {"access_token": access, "user": self._user(grant), "expires_in": int(self._tokens.lifetime)}
        return Answer.json(body, headers={"Cache-Control": "no-store"})

    async def revoke(self, call: Call) -> Answer:
        """Take back the access token that is shown.

        Raises:
            CanvasError: 401.
        """
        token = bearer(call.request)
        if token is None or self._tokens.session(token) is None:
            raise CanvasError("invalid_token" if token else "unauthenticated")
        self._tokens.revoke(token)
        return Answer.json({})

    def _client(self, request: web.Request, form: Mapping[str, str]) -> DeveloperKey:
        shown = form.get("client_id", ""), form.get("client_secret", "")
        header = request.headers.get("Authorization", "")
        if header.startswith("Basic "):
            try:
                name, _, secret = base64.b64decode(header.removeprefix("Basic "), validate=True).decode().partition(":")
            except ValueError:
                raise CanvasError("invalid_client") from None
            shown = name, secret
        key = self._tokens.developer_key(shown[0])
        if key is None:
            raise CanvasError("unknown_client")
        if not secrets.compare_digest(key.secret.encode(), shown[1].encode()):
            raise CanvasError("invalid_client")
        return key

    def _user(self, grant: Grant) -> dict[str, Any]:
        person = self._people.person(grant.login)
        return {"id": int(person.id), "name": person.login, "global_id": person.id, "effective_locale": "en"}


def bearer(request: web.Request) -> str | None:
    """The access token of a request."""
    header = request.headers.get("Authorization", "")
    if header.startswith("Bearer "):
        return header.removeprefix("Bearer ")
    return request.query.get("access_token") or None


def _back(key: DeveloperKey, params: Mapping[str, str], answer: Mapping[str, str]) -> Answer:
    state = {"state": params["state"]} if "state" in params else {}
    return Answer(302, headers={"Location": str(URL(key.redirect_uri).update_query({**answer, **state}))})


async def _form(request: web.Request) -> dict[str, str]:
    """What came in the body of a POST, or, as Canvas allows, in the query."""
    form = {**request.query, **await request.post()}
    return {name: value for name, value in form.items() if isinstance(value, str)}
