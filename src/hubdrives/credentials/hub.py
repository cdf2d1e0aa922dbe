"""A user's own token at a provider, as their login to the hub brought it and as the hub keeps it fresh.

A hub that `hubdrives.hub.configure` has configured has an endpoint for it (`hubdrives.hub.handlers`). Others tell all
of `auth_state`, fresh or not, to whoever may read it:
https://jupyterhub.readthedocs.io/en/stable/reference/rest-api.html#operation/get-user
"""

import asyncio
import math
import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote

import msgspec

from hubdrives.credentials.auth_state import HubLoginSettings, Login, digest, login
from hubdrives.credentials.hub_api import AUTH_STATE, HubApi, NoEndpoint
from hubdrives.errors import LoginNeeded, NotFound, Unavailable, UnexpectedAnswer
from hubdrives.http import Client

_EARLY = 60.0
"""Seconds before its end that the hub is asked again; the hub renews earlier than that."""

_PAUSE = 5.0
"""Seconds until a hub that did not answer is asked again, while the token that is known lives."""

TOKENS = "custom:hubdrives:tokens"
"""The scope for the endpoint."""

_HINT = 'Use this connection in a JupyterHub, or one with a token of your own (kind = "token").'


class HubLogin:
    """Reads the token of `user` from the hub, and again before it ends or when it was refused.

    Args:
        credential: the fields of `HubLoginSettings`.
        user: whose; "" is whose server this is ($JUPYTERHUB_USER).
        environment: JUPYTERHUB_API_URL, JUPYTERHUB_API_TOKEN: the gateway's own, or those of the user's server.
        clock: seconds of `time.time`, which is what ends of tokens are told in.

    Raises:
        BadConfig: unknown fields, or this does not run in a hub.
    """

    scheme = "Bearer"

    def __init__(
        self,
        credential: Mapping[str, Any],
        *,
        user: str,
        environment: Mapping[str, str],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._settings = HubLoginSettings.of(credential)
        self._hub = HubApi(environment, scope=TOKENS, purpose="the token of a user's login", hint=_HINT)
        self._user = user or self._hub.needed(environment, "JUPYTERHUB_USER")
        self._clock = clock
        self._login: Login | None = None
        self._ask_at = 0.0
        self._question: asyncio.Task[Login] | None = None
        self._plain = False

    def __repr__(self) -> str:
        return f"HubLogin({self._user!r})"

    @property
    def is_plain(self) -> bool:
        """Whether the hub has turned out to have none of our endpoints."""
        return self._plain

    async def token(self, *, stale: str | None = None) -> str:
        """A live access token; however many want one at the same time, the hub is asked once.

        Args:
            stale: one that was refused: the hub renews it unless it has done so already.

        Raises:
            LoginNeeded: the hub has none and can't renew it: the user must log in again (`login_url` says where).
            BadConfig: the hub does not let us read it, or has no `auth_state`.
            BadCredential: the hub does not know the token that we show it.
            Unavailable: the hub, or whom it must ask, does not answer.
        """
        found = self._login
        while found is None or found.token == stale or self._clock() >= self._ask_at:
            if self._question is None:
                self._question = asyncio.create_task(self._ask(stale))
            # Whoever gives up waiting leaves the question to the others.
            found = await asyncio.shield(self._question)
            if found.token != stale:
                break
        return found.token

    async def _ask(self, stale: str | None) -> Login:
        now = self._clock()
        if self._login is not None and self._login.token == stale:
            # Whatever the hub says now: after a new login, this one need not be refused once more.
            self._login = None
        try:
            found = await self._answer(stale)
            if found.token == stale:
                raise LoginNeeded("The token of your login has ended, and the hub has not renewed it.")
        except Unavailable:
            known = self._login
            if known is None or (known.ends_at is not None and now >= known.ends_at):
                raise
            # It is good for some seconds more.
            found, self._ask_at = known, now + _PAUSE
        else:
            left = math.inf if found.ends_at is None else found.ends_at - now
            self._login, self._ask_at = found, now + max(left - _EARLY, left / 2)
        finally:
            self._question = None
        return found

    async def _answer(self, stale: str | None) -> Login:
        url = f"{self._hub.url}/hubdrives/users/{quote(self._user, safe='')}/token"
        async with self._hub.client() as client:
            if not self._plain:
                try:
                    return _told(await client.json("GET", url, operation="token", params=self._query(stale)))
                except NoEndpoint:
                    pass
            return await self._read(client)

    def _query(self, stale: str | None) -> dict[str, str]:
        query = {}
        if self._settings.resource_server is not None:
            query["resource_server"] = self._settings.resource_server
        if self._settings.path is not None:
            query["path"] = msgspec.json.encode(self._settings.path).decode()
        if stale is not None:
            query["refused"] = digest(stale)
        return query

    async def _read(self, client: Client) -> Login:
        """The token as it stands in `auth_state`. A user's own token makes the hub renew it first, now and then."""
        # Not /user, where `auth_state` is always null.
        url = f"{self._hub.url}/users/{quote(self._user, safe='')}"
        try:
            user = await client.json("GET", url, operation="user")
        except NoEndpoint:
            raise NotFound(f"The hub has no user '{self._user}', or does not tell of them.") from None
        if not isinstance(user, dict) or "auth_state" not in user:
            raise self._hub.scope_missing(AUTH_STATE)
        self._plain = True
        found = login(user["auth_state"] or {}, self._settings)
        if found is None:
            raise LoginNeeded("Your login to the hub brought no token for this.")
        return found


class _Answer(msgspec.Struct):
    token: str
    ends_at: float | None = None


def _told(answer: Any) -> Login:
    try:
        told = msgspec.convert(answer, _Answer)
    except msgspec.ValidationError:
        # Its message might hold a part of the token.
        raise UnexpectedAnswer("The hub answered the question for a token with something else.") from None
    return Login(token=told.token, ends_at=told.ends_at)


def token_source(credential: Mapping[str, Any], *, user: str, environment: Mapping[str, str]) -> HubLogin:
    """See `hubdrives.credentials.token_source`."""
    return HubLogin(credential, user=user, environment=environment)
