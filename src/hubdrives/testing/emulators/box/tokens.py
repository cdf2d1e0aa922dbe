"""Access tokens, refresh tokens that serve once, and codes.

https://developer.box.com/guides/authentication/tokens/
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace

from hubdrives.testing.emulators.box.errors import BoxError
from hubdrives.testing.emulators.box.people import App

CODE_LIFETIME = 30.0  # seconds
REFRESH_LIFETIME = 60 * 24 * 3600.0


@dataclass(frozen=True, slots=True)
class Grant:
    """What a token is good for.

    Attributes:
        user: the id of whom it stands for.
        ends: seconds since 1970.
        scopes: what it was narrowed to; None is all that the application may do.
        resource: the id of the item that it was narrowed to.
        chain: names all the tokens that came from one login.
    """

    user: str
    ends: float
    scopes: frozenset[str] | None = None
    resource: str | None = None
    chain: str = ""


class Tokens:
    """All that were given out and have not ended.

    Args:
        app: whose they are.
        clock: seconds since 1970.
        lifetime: of access tokens, seconds.
    """

    def __init__(self, app: App, *, clock: Callable[[], float], lifetime: float) -> None:
        self.lifetime = lifetime
        self._app = app
        self._clock = clock
        self._access: dict[str, Grant] = {}
        self._refresh: dict[str, Grant] = {}
        self._used: dict[str, Grant] = {}
        self._codes: dict[str, Grant] = {}

    def issue(self, user: str, *, chain: str = "") -> str:
        """An access token that stands for a user."""
        return self._keep(Grant(user, self._clock() + self.lifetime, chain=chain))

    def grant(self, token: str) -> Grant:
        """What an access token is good for.

        Raises:
            BoxError: 401.
        """
        found = self._access.get(token)
        if found is None or found.ends <= self._clock():
            raise BoxError("unauthorized")
        return found

    def scopes(self, grant: Grant) -> frozenset[str]:
        return self._app.scopes if grant.scopes is None else grant.scopes

    def code(self, user: str) -> str:
        code = secrets.token_urlsafe(24)
        self._codes[code] = Grant(user, self._clock() + CODE_LIFETIME)
        return code

    def refresh_token(self, user: str, *, chain: str | None = None) -> str:
        """A refresh token, of a login of its own unless a chain is given."""
        token = secrets.token_urlsafe(48)
        ends = self._clock() + REFRESH_LIFETIME
        self._refresh[token] = Grant(user, ends, chain=secrets.token_hex(8) if chain is None else chain)
        return token

    def redeem(self, code: str) -> tuple[str, str]:
        """An access and a refresh token for a code, which serves once.

        Raises:
            BoxError: of the token endpoint.
        """
        grant = self._codes.pop(code, None)
        if grant is None or grant.ends <= self._clock():
            raise BoxError("invalid_grant", "The authorization code has expired")
        refresh = self.refresh_token(grant.user)
        return self.issue(grant.user, chain=self._refresh[refresh].chain), refresh

    def refresh(self, token: str) -> tuple[str, str]:
        """The next access and refresh token. A refresh token that is shown twice ends all that came from its login.

        Raises:
            BoxError: of the token endpoint.
        """
        if used := self._used.get(token):
            self._end(used.chain)
            raise BoxError("invalid_refresh_token")
        grant = self._refresh.pop(token, None)
        if grant is None:
            raise BoxError("invalid_refresh_token")
        if grant.ends <= self._clock():
            raise BoxError("expired_grant")
        self._used[token] = grant
        return self.issue(grant.user, chain=grant.chain), self.refresh_token(grant.user, chain=grant.chain)

    def narrow(self, token: str, scopes: frozenset[str], resource: str | None) -> tuple[str, Grant]:
        """A token that may do less, and ends no later."""
        parent = self.grant(token)
        grant = replace(parent, scopes=scopes, resource=resource or parent.resource)
        return self._keep(grant), grant

    def revoke(self, token: str) -> None:
        """End a token, and all that came from its login."""
        grant = self._access.pop(token, None) or self._refresh.pop(token, None)
        if grant is not None and grant.chain:
            self._end(grant.chain)

    def expire_all(self) -> None:
        """End all access tokens now."""
        self._access.clear()

    def _end(self, chain: str) -> None:
        for kept in (self._access, self._refresh):
            for token in [token for token, grant in kept.items() if grant.chain == chain]:
                del kept[token]

    def _keep(self, grant: Grant) -> str:
        token = secrets.token_urlsafe(24)
        self._access[token] = grant
        return token
