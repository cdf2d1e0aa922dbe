"""Who the users of a hub are: what their logins told of them, as the hub remembers it.

A hub that `hubdrives.hub.configure` has configured has an endpoint for it (`hubdrives.hub.handlers`). Others tell all
of `auth_state` to whoever may read it:
https://jupyterhub.readthedocs.io/en/stable/reference/rest-api.html#operation/get-user
"""

import asyncio
import os
import time
from collections.abc import Callable, Mapping
from typing import Any, Self, TypeVar
from urllib.parse import quote

import msgspec

from hubdrives.credentials.hub_api import AUTH_STATE, HubApi, NoEndpoint
from hubdrives.errors import LoginNeeded, NotFound, UnexpectedAnswer

T = TypeVar("T")

IDENTITIES = "custom:hubdrives:identities"
"""The scope for the endpoint."""

_OWN_KEY = "oauth_user"
_SUB, _EMAIL = "sub", "email"


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """A user of the hub, as their login told."""

    name: str
    """In the hub."""
    sub: str = ""
    """The subject: the login provider's identifier of them, which never changes; "" if it told none."""
    email: str = ""
    """"" if it told none."""

    @classmethod
    def of_login(cls, name: str, auth_state: Mapping[str, Any]) -> "Person":
        """The user called `name`, whose login left `auth_state`.

        The claims stand in `oauth_user` (OAuthenticator's GenericOAuthenticator), in a key that ends in "_user" (its
        others), in `user` (its Azure AD), or `auth_state` has nothing else in it (LTI). The first with a `sub` counts.

        https://oauthenticator.readthedocs.io/en/stable/reference/api/index.html
        https://openid.net/specs/openid-connect-core-1_0.html#StandardClaims
        """
        keys = sorted((key for key in auth_state if key == "user" or key.endswith("_user")), key=_own_first)
        places = [place for key in keys if isinstance(place := auth_state[key], Mapping)]
        places.append(auth_state)
        claims = next((place for place in places if _text(place, _SUB)), places[0])
        return cls(name=name, sub=_text(claims, _SUB), email=_text(claims, _EMAIL))


class HubPeople:
    """Asks the hub who its users are, and believes each answer for a while. `async with` it, or `close()` it.

    Args:
        environment: JUPYTERHUB_API_URL and JUPYTERHUB_API_TOKEN, of whoever may ask: the gateway, or another service.
        fresh: seconds for which an answer is believed.
        clock: seconds.

    Raises:
        BadConfig: this does not run in a hub.
    """

    def __init__(
        self,
        environment: Mapping[str, str] = os.environ,
        *,
        fresh: float = 60.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._hub = HubApi(environment, scope=IDENTITIES, purpose="who its users are")
        self._client = self._hub.client()
        self._fresh = fresh
        self._clock = clock
        self._known: dict[str, tuple[float, Person]] = {}
        self._questions: dict[str, asyncio.Task[Person]] = {}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_exc: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections; it can't be asked after."""
        for question in self._questions.values():
            question.cancel()
        await asyncio.gather(*self._questions.values(), return_exceptions=True)
        await self._client.close()

    async def person(self, name: str) -> Person:
        """The user who is called so in the hub, letter by letter; however many ask at a time, the hub is asked once.

        Raises:
            NotFound: there is no such user.
            LoginNeeded: nothing is known of them: they have not logged in, or did before the hub kept what logins tell.
            BadConfig: the hub does not let us ask, or keeps nothing.
            Unavailable: the hub does not answer.
        """
        until, found = self._known.get(name, (0.0, None))
        if found is not None and self._clock() < until:
            return found
        if (question := self._questions.get(name)) is None:
            question = self._questions[name] = asyncio.create_task(self._ask(name))
        # Whoever gives up waiting leaves the question to the others.
        return await asyncio.shield(question)

    async def _ask(self, name: str) -> Person:
        try:
            found = await self._answer(name)
        except LoginNeeded:
            # It is theirs to do, and not of whoever asks: where a login begins is no use to them.
            raise LoginNeeded(
                f"The hub does not know yet who '{name}' is: no login of theirs is kept.",
                hint=f"When '{name}' has logged out of the hub and in again, repeat.",
            ) from None
        except NotFound:
            raise NotFound(
                f"The hub has no user '{name}', or does not tell of them.", hint="Write the name as the hub has it."
            ) from None
        finally:
            del self._questions[name]
        self._known[name] = self._clock() + self._fresh, found
        return found

    async def _answer(self, name: str) -> Person:
        quoted = quote(name, safe="")
        url = f"{self._hub.url}/hubdrives/users/{quoted}/identity"
        try:
            found = _told(await self._client.json("GET", url, operation="identity"), Person)
        except NoEndpoint:
            user = await self._client.json("GET", f"{self._hub.url}/users/{quoted}", operation="user")
            found = self._of_user(_told(user, _User))
        if found.name != name:
            # Some hubs' databases take names for equal that are not.
            raise NotFound("The hub has another user of such a name.")
        return found

    def _of_user(self, user: "_User") -> Person:
        """What the hub's own answer tells, which has all of `auth_state` in it."""
        if user.auth_state is msgspec.UNSET:
            raise self._hub.scope_missing(AUTH_STATE)
        if not user.auth_state:
            raise LoginNeeded("Nothing is kept of this login.")
        return Person.of_login(user.name, user.auth_state)


class _User(msgspec.Struct, frozen=True):
    """A user, as the hub's own API tells of one: without `auth_state` to those who may not read it."""

    name: str
    auth_state: dict[str, Any] | msgspec.UnsetType | None = msgspec.UNSET


def _told(answer: Any, kind: type[T]) -> T:
    try:
        return msgspec.convert(answer, kind)
    except msgspec.ValidationError:
        # Its message might hold a part of what it is about.
        raise UnexpectedAnswer("The hub answered the question who a user is with something else.") from None


def _own_first(key: str) -> tuple[bool, str]:
    return key != _OWN_KEY, key


def _text(claims: Mapping[str, Any], name: str) -> str:
    """A claim; some providers write identifiers as numbers."""
    value = claims.get(name)
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
