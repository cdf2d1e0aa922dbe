"""Keeps users' logins fresh, in the hub's own process: a mixin for whatever Authenticator the hub uses.

A token is renewed before it ends, once however many ask, and what came is saved before anything else may fail: with
refresh tokens that are good for one use only, two renewals at once, or one whose answer is lost, end the login.

https://jupyterhub.readthedocs.io/en/stable/reference/authenticators.html,
https://oauthenticator.readthedocs.io/en/stable/, https://www.rfc-editor.org/rfc/rfc9700#section-4.14
"""

import asyncio
import copy
import math
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from json import JSONDecodeError
from typing import Any, ClassVar
from weakref import WeakKeyDictionary

from jupyterhub.auth import Authenticator
from tornado.httpclient import HTTPClientError
from traitlets import Callable, Float

from hubdrives.credentials.auth_state import (
    Grant,
    HubLoginSettings,
    Login,
    digest,
    grant,
    login,
    own_login,
    renewed,
    stamped,
)
from hubdrives.errors import BadConfig, HubdrivesError, LoginNeeded
from hubdrives.hub.handlers import routes
from hubdrives.hub.issuers import PASSING, unavailable, why

_PAUSE = 5.0
"""Seconds for which a failed renewal is an answer: whoever waited for it asks the issuer no second time."""

_KEPT = 16
"""Renewals of one user, and failures, that are remembered."""


def fresh(authenticator_class: Any) -> Any:
    """A subclass of an Authenticator class (not its name) that keeps logins fresh and has the endpoints for them.

    It is configured by the same sections, and by `c.FreshLogins`. Classes built on OAuthenticator get tokens renewed;
    of others, what concerns one user happens one after the other, and that is all.
    """
    if issubclass(authenticator_class, FreshLogins):
        return authenticator_class
    # GlobusOAuthenticator's, which must be installed then.
    if hasattr(authenticator_class, "get_globus_tokens"):
        from hubdrives.hub.globus import GlobusLogins  # noqa: PLC0415

        logins: Any = GlobusLogins
    else:
        logins = FreshLogins
    name = authenticator_class.__name__
    renews = hasattr(authenticator_class, "build_refresh_token_request_params")
    members = {"__module__": __name__, "renews": renews, "made_of": name}
    return type(f"Fresh{name}", (logins, authenticator_class), members)


@dataclass(slots=True, eq=False)
class Turn:
    """What is known of one user; `lock` is held by whoever reads or renews the login, which may have several tokens."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    checks: int = 0
    outcome: bool = True
    """What the last check said: False is "log in again"."""
    renewals: deque[tuple[Grant, Mapping[str, Any]]] = field(default_factory=lambda: deque(maxlen=_KEPT), repr=False)
    """The last renewals: of what, and the answer."""
    failures: dict[str, tuple[HubdrivesError, float]] = field(default_factory=dict)
    """Why and when a renewal failed, by the digest of the refresh token."""


class FreshLogins(Authenticator):  # type: ignore[misc]  # JupyterHub's classes are untyped here
    """What an authenticator gets: one thing at a time for each user, and the endpoints; renewal, if it knows OAuth.

    Then everything is renewed here, and OAuthenticator's own code only checks. So a `refresh_user_hook` sees no refresh
    token; what it answers or raises stands.
    """

    renews: ClassVar[bool]
    """Whether it knows OAuth as OAuthenticator does."""
    made_of: ClassVar[str]
    """The name of the class that the hub would use without this."""

    token_leeway = Float(
        300.0,
        min=0.0,
        config=True,
        help="""Seconds before its end at which a token is renewed; of one that lives shortly, half its life.""",
    )
    clock = Callable(time.time, help="""Seconds since 1970.""")

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        # The hub keeps one object for each user that it has seen, and forgets it with the user.
        self._turns: WeakKeyDictionary[Any, Turn] = WeakKeyDictionary()

    def get_handlers(self, app: Any) -> list[tuple[Any, ...]]:
        return [*super().get_handlers(app), *routes()]

    async def live_login(
        self, user: Any, settings: HubLoginSettings, *, refused: str | None = None, handler: Any = None
    ) -> Login:
        """The token of `user` that `settings` mean, renewed if it ends soon or was refused.

        Args:
            user: JupyterHub's User.
            settings: which token.
            refused: the SHA-256, in hexadecimal, of a token that did not work: if it is still the one, it is renewed.
            handler: whose request it is.

        Raises:
            LoginNeeded: there is none, or it can't be renewed.
            BadConfig: `auth_state` is off, or the issuer refuses the hub itself.
            Unavailable: the issuer does not answer.
        """
        if not self.enable_auth_state:
            raise BadConfig(
                "The hub keeps no tokens of its users' logins.",
                hint="Tell your hub's administrators: set Authenticator.enable_auth_state, and JUPYTERHUB_CRYPT_KEY.",
            )
        turn = self._turn(user)
        async with turn.lock:
            auth_state = await self._read(user, turn)
            found = login(auth_state, settings)
            if found is None:
                raise LoginNeeded("Your login to the hub brought no token for this.")
            was_refused = refused == digest(found.token)
            if not was_refused and not self._ends_soon(found):
                return found
            try:
                renewal = await self._renewed(user, turn, auth_state, found.token, handler)
            except HubdrivesError:
                if was_refused or self._has_ended(found):
                    raise
                return found
            new = login(renewal, settings) or found
            if was_refused and new.token == found.token:
                raise LoginNeeded("The token of your login is refused, and the hub can't get another one.")
            return new

    async def refresh_user(self, user: Any, handler: Any = None, **kwargs: Any) -> Any:
        """As the authenticator's own, for one request at a time: those that waited share the answer."""
        turn = self._turn(user)
        seen = turn.checks
        async with turn.lock:
            if turn.checks != seen:
                return turn.outcome
            model = await self._checked(user, turn, handler, **kwargs)
            turn.checks += 1
            turn.outcome = bool(model)
            return model

    async def _read(self, user: Any, turn: Turn) -> Mapping[str, Any]:
        auth_state = await user.get_auth_state() or {}
        mended = dict(auth_state)
        for renewal in turn.renewals:
            mended = renewed(mended, *renewal)
        if mended == auth_state:
            return mended
        # The hub writes outside of this lock, too: after `refresh_user`, and, while it has two keys, as it reads.
        # Such a write may have brought back what had just been replaced.
        await user.save_auth_state(mended)
        return mended

    def _turn(self, user: Any) -> Turn:
        return self._turns.setdefault(user, Turn())

    def _ends_soon(self, found: Login) -> bool:
        leeway = min(self.token_leeway, math.inf if found.lifetime is None else found.lifetime / 2)
        return found.ends_at is not None and self.clock() >= found.ends_at - leeway

    def _has_ended(self, found: Login) -> bool:
        return found.ends_at is not None and self.clock() >= found.ends_at

    async def get_token_info(self, handler: Any, params: Any) -> dict[str, Any]:
        """The issuer's answer, with the time at which each token in it ends: later nobody could tell."""
        asked = self.clock()
        return stamped(await super().get_token_info(handler, params), asked)

    async def answer_to(self, refresh_token: str, handler: Any) -> dict[str, Any]:
        """The issuer's answer to a refresh token, stamped as by `get_token_info`. Raises what `issuers.why` knows."""
        return await self.get_token_info(handler, self.build_refresh_token_request_params(refresh_token))

    async def token_to_user(self, token_info: Any) -> Any:
        try:
            return await super().token_to_user(token_info)
        except HTTPClientError as error:
            if error.code in PASSING:
                # OAuthenticator takes whatever begins with 4 for the end of the token.
                raise unavailable(error) from None
            raise

    async def _checked(self, user: Any, turn: Turn, handler: Any, **kwargs: Any) -> Any:
        """What `refresh_user` answers."""
        if not (self.renews and self.enable_auth_state):
            return await super().refresh_user(user, handler, **kwargs)
        auth_state = await self._read(user, turn)
        known = own_login(auth_state)
        try:
            if known is not None and self._ends_soon(known) and grant(auth_state, known.token):
                try:
                    auth_state = await self._renewed(user, turn, auth_state, known.token, handler)
                except HubdrivesError:
                    if self._has_ended(known):
                        raise
            model = await self._verified(user, auth_state, handler, **kwargs)
            if not model and known is not None and own_login(auth_state) == known:
                # Refused before its end.
                auth_state = await self._renewed(user, turn, auth_state, known.token, handler)
                model = await self._verified(user, auth_state, handler, **kwargs)
            return model
        except LoginNeeded:
            return False
        except HubdrivesError as error:
            # Whoever is logged in stays so: a raise here, or False, would send all users to an issuer that is away.
            self.log.warning("The login of %s could not be checked: %s", user.name, error)
            return True

    async def _verified(self, user: Any, auth_state: Mapping[str, Any], handler: Any, **kwargs: Any) -> Any:
        """What OAuthenticator says of the login: a new model, or False. Raises Unavailable."""
        try:
            return await super().refresh_user(_WithoutGrant(user, auth_state), handler, **kwargs)
        except (HTTPClientError, OSError, JSONDecodeError) as error:
            raise unavailable(error) from None

    async def _renewed(
        self, user: Any, turn: Turn, auth_state: Mapping[str, Any], token: str, handler: Any
    ) -> Mapping[str, Any]:
        """`auth_state` with `token` renewed, saved. Raises what `live_login` does."""
        found = grant(auth_state, token) if self.renews else None
        if found is None:
            raise LoginNeeded("The token of your login has ended, and the hub has nothing to renew it with.")
        answer = await self._asked(turn, found, handler)
        turn.renewals.append((found, answer))
        # A new login may have come meanwhile: its tokens stay.
        new = renewed(await user.get_auth_state() or auth_state, found, answer)
        await user.save_auth_state(new)
        if found.token != token:
            # What was asked for, the site's own code makes from the login's token.
            model = await self._verified(user, new, handler)
            if isinstance(model, dict) and model.get("auth_state"):
                new |= model["auth_state"]
                await user.save_auth_state(new)
        return new

    async def _asked(self, turn: Turn, found: Grant, handler: Any) -> Mapping[str, Any]:
        """The issuer's answer to a refresh token."""
        mark = digest(found.refresh_token)
        if (last := turn.failures.get(mark)) is not None:
            known, failed_at = last
            if isinstance(known, LoginNeeded) or self.clock() < failed_at + _PAUSE:
                raise copy.copy(known)
        try:
            answer = await self.answer_to(found.refresh_token, handler)
        except Exception as error:
            failure = why(error)
            if failure is None:
                raise
            if len(turn.failures) >= _KEPT:
                turn.failures.clear()
            turn.failures[mark] = failure, self.clock()
            raise copy.copy(failure) from None
        turn.failures.pop(mark, None)
        return answer


class _WithoutGrant:
    """A user as OAuthenticator sees it while it checks: without a refresh token it renews nothing by itself.

    It would do so once all is over, tell a busy issuer from an ended login by nothing, and save what came last.
    """

    def __init__(self, user: Any, auth_state: Mapping[str, Any]) -> None:
        self._user = user
        self._auth_state = auth_state

    def __getattr__(self, name: str) -> Any:
        return getattr(self._user, name)

    async def get_auth_state(self) -> dict[str, Any] | None:
        return {**self._auth_state, "refresh_token": None} if self._auth_state else None
