"""Who calls: the hub says, by the caller's own token. Nothing that a client says about itself counts."""

import asyncio
import hashlib
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import quote

from hubdrives.errors import BadConfig, BadCredential, HubdrivesError, LoginNeeded, NotFound, NotGranted, Unavailable
from hubdrives.exchange import Failure
from hubdrives.gateway.shared import Shared
from hubdrives.http import Client

METRICS_SCOPE = "read:metrics"
"""The hub's own scope for its own metrics."""

_ASK_SECONDS = 15.0


_SERVICES = "services/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """A user of the hub, or one of its services: of one name they are two."""

    name: str
    groups: frozenset[str] = frozenset()
    service: bool = False

    @property
    def id(self) -> str:
        """One of its own among all users and services: the hub lets no user's name have a "/"."""
        return f"{_SERVICES}{self.name}" if self.service else self.name

    @classmethod
    def of_id(cls, id_: str) -> "Caller":
        """Whose `id` that is; a user in no group."""
        service = id_.startswith(_SERVICES)
        return cls(name=id_.removeprefix(_SERVICES) if service else id_, service=service)


class Identity(Protocol):
    """Who is behind a token, and what the hub knows of its users."""

    async def caller(self, token: str) -> Caller:
        """The user or service whose token it is.

        Raises:
            LoginNeeded: the hub does not know the token.
            NotGranted: it may not access this service.
            Unavailable: the hub does not answer.
        """
        ...

    async def user(self, name: str) -> Caller | None:
        """The user called `name`, None if there is none (any more). Raises Unavailable; BadConfig if we may not ask."""
        ...

    async def may_read_metrics(self, token: str) -> bool:
        """Whether `token` may read the hub's metrics, and so ours. Raises Unavailable."""
        ...

    async def close(self) -> None: ...


class HubIdentity:
    """Asks the Hub's API, by the Hub's own library, and believes each answer for a while.

    https://jupyterhub.readthedocs.io/en/stable/howto/rest.html,
    https://jupyterhub.readthedocs.io/en/stable/reference/api/services.auth.html

    Args:
        environment: what the Hub gives its services: JUPYTERHUB_API_URL, JUPYTERHUB_API_TOKEN, and
            JUPYTERHUB_OAUTH_ACCESS_SCOPES or JUPYTERHUB_SERVICE_NAME.
        fresh: seconds for which an answer is believed.
        clock: seconds.

    Raises:
        BadConfig: one of them is missing.
    """

    def __init__(
        self, environment: Mapping[str, str], *, fresh: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        from jupyterhub.services.auth import HubAuth  # noqa: PLC0415 - takes most of a second

        url, token = (_needed(environment, f"JUPYTERHUB_API_{name}") for name in ("URL", "TOKEN"))
        self._auth = HubAuth(api_url=url, api_token=token, access_scopes=_access_scopes(environment))
        self._users_url = f"{url.rstrip('/')}/users"
        self._client = Client(title="The hub", errors=_hub_error, tokens=_ServiceToken(token))
        self._tokens: Shared[str, dict[str, Any]] = Shared(fresh=fresh, clock=clock)
        self._users: Shared[str, Caller] = Shared(fresh=fresh, clock=clock)

    async def caller(self, token: str) -> Caller:
        model = await self._model(token)
        kind = model.get("kind")
        if kind not in {"user", "service"}:
            raise NotGranted("This token belongs to nobody who could be granted anything.")
        if not self._auth.check_scopes(self._auth.access_scopes, model):
            # The narrowest, for this service alone.
            scope = max(self._auth.access_scopes, key=len)
            needs = "the roles 'user' and 'server' both need" if kind == "user" else "the service needs a role with"
            raise NotGranted(
                "This token may not use the hub's gateway.",
                hint=f"Tell your hub's administrators: {needs} the scope {scope}.",
            )
        return Caller(name=str(model["name"]), service=True) if kind == "service" else _user(model)

    async def may_read_metrics(self, token: str) -> bool:
        model = await self._model(token)
        return bool(self._auth.check_scopes({METRICS_SCOPE}, model))

    async def user(self, name: str) -> Caller | None:
        async def ask(_known: Caller | None) -> Caller:
            return _user(await self._client.json("GET", f"{self._users_url}/{quote(name, safe='')}", operation="user"))

        try:
            return await self._users.get(name, ask)
        except NotFound:
            return None

    async def close(self) -> None:
        await self._tokens.close()
        await self._users.close()
        await self._client.close()

    async def _model(self, token: str) -> dict[str, Any]:
        async def ask(_known: dict[str, Any] | None) -> dict[str, Any]:
            return await self._ask(token)

        return await self._tokens.get(hashlib.sha256(token.encode()).hexdigest(), ask)

    async def _ask(self, token: str) -> dict[str, Any]:
        from tornado.web import HTTPError  # noqa: PLC0415 - comes with JupyterHub's library

        try:
            async with asyncio.timeout(_ASK_SECONDS):
                # Its own cache can't tell one refusal from another's and sends equal questions twice.
                model = await self._auth.user_for_token(token, use_cache=False, sync=False)
        except (HTTPError, TimeoutError):
            raise Unavailable("The hub does not answer the gateway's question who you are.", retry_after=1) from None
        if model is None:
            raise LoginNeeded("The hub does not know this token.")
        return dict(model)


class _ServiceToken:
    """The gateway's own token at the hub."""

    scheme = "token"

    def __init__(self, token: str) -> None:
        self._token = token

    async def token(self, *, stale: str | None = None) -> str:
        if stale is not None:
            raise BadCredential("The hub refuses the gateway's own token.")
        return self._token


def _hub_error(failure: Failure) -> HubdrivesError:
    match failure.status:
        case 404:
            return NotFound("The hub has no such user.")
        case 403:
            return BadConfig(
                "The hub does not tell the gateway in which groups a user is.",
                hint="Give the gateway's service a role with the scopes read:users:name and read:users:groups.",
            )
        case _:
            return Unavailable("The hub does not answer the gateway.", retry_after=failure.retry_after)


def _user(model: Mapping[str, Any]) -> Caller:
    return Caller(name=str(model["name"]), groups=frozenset(model.get("groups") or ()))


def _needed(environment: Mapping[str, str], name: str) -> str:
    value = environment.get(name, "").strip()
    if not value:
        raise BadConfig(
            f"{name} is not set.",
            hint="Let the hub start the gateway as its service, or set what the hub would have set.",
        )
    return value


def _access_scopes(environment: Mapping[str, str]) -> set[str]:
    if scopes := environment.get("JUPYTERHUB_OAUTH_ACCESS_SCOPES"):
        return set(json.loads(scopes))
    return {f"access:services!service={_needed(environment, 'JUPYTERHUB_SERVICE_NAME')}"}
