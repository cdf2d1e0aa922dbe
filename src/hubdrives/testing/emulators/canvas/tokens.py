"""Access tokens: those that people make for themselves, and those that an application gets for them.

https://canvas.instructure.com/doc/api/file.oauth.html
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from hubdrives.testing.emulators.canvas.errors import CanvasError
from hubdrives.testing.emulators.canvas.resources import iso8601

HOUR = 3600.0
STUDENTS_LONGEST = 120 * 24 * HOUR  # of a token that a student makes, seconds
CODE_LIFETIME = 600.0


@dataclass(frozen=True, slots=True)
class DeveloperKey:
    """An application that may ask people for access.

    Attributes:
        id, secret: its client_id and client_secret.
        redirect_uri: where people come back to it.
        scopes: what its tokens may be for; None doesn't enforce scopes.
    """

    id: str
    secret: str = field(repr=False)
    redirect_uri: str = ""
    scopes: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Token:
    """Whom an access token stands for.

    Attributes:
        login: the person's.
        ends: seconds since 1970.
        scopes: what it is for; None is everything.
        key: the application's id; None for one that a person made.
        refresh: the refresh token that it belongs to.
        revoked: it was taken back.
    """

    login: str
    ends: float
    scopes: frozenset[str] | None = None
    key: str | None = None
    refresh: str | None = field(default=None, repr=False)
    revoked: bool = False


@dataclass(frozen=True, slots=True)
class Grant:
    """What a person allowed an application, by code or refresh token."""

    login: str
    key: str
    scopes: frozenset[str] | None
    ends: float = float("inf")


class Tokens:
    """All tokens that this Canvas gave out.

    Args:
        clock: seconds since 1970.
        lifetime: of all access tokens, seconds; None is an hour for an application's, 120 days for a person's own.
    """

    def __init__(self, *, clock: Callable[[], float], lifetime: float | None) -> None:
        self._clock = clock
        self._lifetime = lifetime
        self._tokens: dict[str, Token] = {}
        self._keys: dict[str, DeveloperKey] = {}
        self._codes: dict[str, Grant] = {}
        self._refreshes: dict[str, Grant] = {}

    @property
    def issued(self) -> tuple[str, ...]:
        """All access and refresh tokens that ever were: what must be found nowhere."""
        return (*self._tokens, *self._refreshes)

    @property
    def lifetime(self) -> float:
        """Of an application's access tokens, seconds."""
        return HOUR if self._lifetime is None else self._lifetime

    def issue(self, login: str) -> str:
        """A token as a person makes it on their own page of settings."""
        ends = self._clock() + (STUDENTS_LONGEST if self._lifetime is None else self._lifetime)
        return self._keep(Token(login, ends))

    def session(self, text: str) -> Token | None:
        """What an access token stands for; None for one that is not Canvas's own.

        Raises:
            CanvasError: 401, for one that is no more good.
        """
        found = self._tokens.get(text)
        if found is None:
            return None
        if found.revoked:
            raise CanvasError("revoked_token" if found.key is None else "invalid_token")
        if found.ends <= self._clock():
            raise CanvasError("expired_token" if found.key is None else "invalid_token", extra=_ended(found))
        return found

    def expire_all(self) -> None:
        """From now on no access token is good that was given out before."""
        now = self._clock()
        self._tokens = {text: replace(each, ends=min(each.ends, now)) for text, each in self._tokens.items()}

    def revoke_all(self) -> None:
        """Take back all access and refresh tokens."""
        self._tokens = {text: replace(each, revoked=True) for text, each in self._tokens.items()}
        self._refreshes.clear()

    def revoke(self, text: str) -> None:
        """Take back an access token, and with it what renews it."""
        found = self._tokens[text]
        self._tokens[text] = replace(found, revoked=True)
        self._refreshes.pop(found.refresh or "", None)

    def register(self, key: DeveloperKey) -> DeveloperKey:
        self._keys[key.id] = key
        return key

    def developer_key(self, key_id: str) -> DeveloperKey | None:
        return self._keys.get(key_id)

    def code(self, login: str, key: DeveloperKey, scopes: frozenset[str] | None) -> str:
        """The code that a person takes back to an application: good once, for ten minutes."""
        text = secrets.token_hex(32)
        self._codes[text] = Grant(login, key.id, scopes, self._clock() + CODE_LIFETIME)
        return text

    def redeem(self, code: str, key: DeveloperKey) -> tuple[str, str, Grant]:
        """An access token and a refresh token for a code.

        Raises:
            CanvasError: of the token endpoint.
        """
        grant = self._codes.pop(code, None)
        if grant is None or grant.ends <= self._clock():
            raise CanvasError("no_code")
        if grant.key != key.id:
            raise CanvasError("incorrect_client")
        refresh = self._text()
        self._refreshes[refresh] = grant
        return self._access(grant, refresh), refresh, grant

    def refresh(self, refresh: str, key: DeveloperKey) -> tuple[str, Grant]:
        """Another access token for a refresh token, which stays good, as the former access tokens do.

        Raises:
            CanvasError: of the token endpoint.
        """
        grant = self._refreshes.get(refresh)
        if grant is None:
            raise CanvasError("no_refresh_token")
        if grant.key != key.id:
            raise CanvasError("incorrect_client")
        return self._access(grant, refresh), grant

    def drop_others(self, kept: str) -> None:
        """Take back all tokens of the same person and application but one, as `replace_tokens` asks for."""
        one = self._tokens[kept]
        others = [
            text
            for text, each in self._tokens.items()
            if (each.login, each.key) == (one.login, one.key) and text != kept and each.refresh != one.refresh
        ]
        for text in others:
            self.revoke(text)

    def _access(self, grant: Grant, refresh: str) -> str:
        return self._keep(Token(grant.login, self._clock() + self.lifetime, grant.scopes, grant.key, refresh))

    def _keep(self, token: Token) -> str:
        text = self._text()
        self._tokens[text] = token
        return text

    def _text(self) -> str:
        return "1032~" + secrets.token_urlsafe(48)


def _ended(token: Token) -> dict[str, str | None]:
    return {"expired_at": iso8601(token.ends)} if token.key is None else {}
