"""Access tokens, refresh tokens and codes: one token for each resource server.

https://docs.globus.org/api/auth/reference/
"""

import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

from hubdrives.testing.emulators.globus.consents import Consents, Names
from hubdrives.testing.emulators.globus.people import Client, Identity, People
from hubdrives.testing.emulators.globus.sessions import Session
from hubdrives.testing.emulators.globus.settings import Settings

CODE_LIFETIME = 600.0  # seconds
REFRESH_LIFETIME = 180 * 24 * 3600.0  # after it was used last


class InvalidTokenError(Exception):
    """A bearer token opens nothing here: unknown, ended, of another resource server, or without consent by now."""


@dataclass(frozen=True, slots=True)
class Token:
    """One that was given out.

    Attributes:
        value: what is shown.
        identity, client: for whom it stands, and who has it.
        resource_server: where it may be shown.
        scopes: names.
        session: the logins that it came from.
        issued, ends: seconds since 1970.
        allowed: to whom the consents behind it were given: a client's id, and the ways down to what this token is for.
            A token that a service got for another one is further down than its own scopes.
        refresh: it gets new access tokens, and opens nothing.
        login: names all the tokens that were given out together.
    """

    value: str = field(repr=False)
    identity: Identity
    client: Client
    resource_server: str
    scopes: tuple[str, ...]
    session: Session
    issued: float
    ends: float
    allowed: tuple[str, tuple[Names, ...]]
    refresh: bool = False
    login: str = ""


@dataclass(frozen=True, slots=True)
class Grant:
    """What a token is good for at this moment.

    Attributes:
        identity, client, resource_server, session, issued, ends: of the token.
        identities: the ids of the identity and of all that are linked to it.
        scopes: names, those left out that somebody has taken back.
        consents: the ways down from these scopes that are allowed, each with the scope itself at the front.
    """

    token: Token
    identities: frozenset[str]
    scopes: frozenset[str]
    consents: frozenset[Names]

    @property
    def identity(self) -> Identity:
        return self.token.identity

    @property
    def client(self) -> Client:
        return self.token.client

    @property
    def session(self) -> Session:
        return self.token.session

    def allows(self, *names: str) -> bool:
        """Whether a scope, or one that depends on it, is allowed: `allows(TRANSFER_ALL, data_access)`."""
        return names in self.consents


@dataclass(frozen=True, slots=True)
class Code:
    """What a browser brings back to a client.

    Attributes:
        client, identity, session: for whom, and from which logins.
        scopes: names.
        refresh: with refresh tokens.
        redirect_uri: the same must be said when it is redeemed.
        challenge: of PKCE, as the method `S256` or `plain` makes it; None without.
        nonce: for the ID token.
        state: of the client.
        ends: seconds since 1970.
    """

    client: Client
    identity: Identity
    session: Session
    scopes: tuple[str, ...]
    refresh: bool
    redirect_uri: str
    challenge: str | None
    method: str
    nonce: str | None
    state: str | None
    ends: float


class Tokens:
    """All that were given out and have not ended.

    Args:
        people, consents: whose they are, and what was allowed.
        resource_server_of: of a scope, by name.
        settings: how long they live, and whether refresh tokens rotate.
        clock: seconds since 1970.
    """

    def __init__(
        self,
        people: People,
        consents: Consents,
        resource_server_of: Callable[[str], str | None],
        settings: Settings,
        *,
        clock: Callable[[], float],
    ) -> None:
        self._settings = settings
        self._people = people
        self._consents = consents
        self._server_of = resource_server_of
        self._clock = clock
        self._all: dict[str, Token] = {}
        self._codes: dict[str, Code] = {}

    def check(self, bearer: str, resource_server: str) -> Grant:
        """What an access token is good for at a resource server.

        Raises:
            InvalidTokenError: nothing.
        """
        found = self.active(bearer)
        if found is None or found.refresh or found.resource_server != resource_server:
            raise InvalidTokenError(resource_server)
        return self.grant(found)

    def active(self, value: str) -> Token | None:
        """A token of either kind, as long as it has not ended and something of it is allowed."""
        found = self._all.get(value)
        if found is None or found.ends <= self._clock() or not self.grant(found).scopes:
            return None
        return found

    def grant(self, token: Token) -> Grant:
        """What is left of a token."""
        client, tops = token.allowed
        ways = self._consents.ways(token.identity.id, client)
        below = frozenset(way[len(top) :] for top in tops for way in ways if way[: len(top)] == top)
        scopes = frozenset(name for name in token.scopes if (name,) in below)
        allowed = frozenset(way for way in below if way and way[0] in scopes)
        return Grant(token, self._people.linked(token.identity), scopes, allowed)

    def issue(
        self,
        client: Client,
        identity: Identity,
        scopes: Iterable[str],
        *,
        session: Session,
        refresh: bool = False,
        allowed: tuple[str, tuple[Names, ...]] | None = None,
    ) -> list[Token]:
        """An access token for each resource server of these scopes, each followed by its refresh token.

        Args:
            client: who gets them.
            identity: for whom they stand.
            scopes: names; those that do not exist are left out.
            session: the logins that they come from.
            refresh: with refresh tokens.
            allowed: see `Token`; by default the consents given to this very client.
        """
        now, login = self._clock(), secrets.token_hex(8)
        by_server: dict[str, list[str]] = {}
        for name in scopes:
            if (server := self._server_of(name)) is not None:
                by_server.setdefault(server, []).append(name)
        made: list[Token] = []
        for server, names in by_server.items():
            access = Token(
                value=_value(),
                identity=identity,
                client=client,
                resource_server=server,
                scopes=tuple(names),
                session=session,
                issued=now,
                ends=now + self._settings.token_lifetime,
                allowed=allowed or (client.id, ((),)),
                login=login,
            )
            made.append(access)
            if refresh:
                made.append(replace(access, value=_value(), ends=now + REFRESH_LIFETIME, refresh=True))
        self._all.update((each.value, each) for each in made)
        return made

    def renew(self, refresh: str, client: Client) -> list[Token] | None:
        """The next access token for a refresh token, and the refresh token to use next; None if it is no good."""
        found = self.active(refresh)
        if found is None or not found.refresh or found.client.id != client.id:
            return None
        now = self._clock()
        kept = replace(found, ends=now + REFRESH_LIFETIME)
        if self._settings.rotate_refresh_tokens:
            del self._all[refresh]
            kept = replace(kept, value=_value())
        access = replace(found, value=_value(), issued=now, ends=now + self._settings.token_lifetime, refresh=False)
        self._all |= {access.value: access, kept.value: kept}
        return [access, kept]

    def revoke(self, value: str, client: Client) -> None:
        """End a token of a client; a refresh token takes its access tokens with it."""
        found = self._all.get(value)
        if found is None or found.client.id != client.id:
            return
        del self._all[value]
        if found.refresh:
            for each in list(self._all.values()):
                if (each.login, each.resource_server) == (found.login, found.resource_server):
                    del self._all[each.value]

    def expire_all(self) -> None:
        """End all access tokens now."""
        self._all = {value: each for value, each in self._all.items() if each.refresh}

    def forget_refresh_tokens(self) -> None:
        """End all refresh tokens now."""
        self._all = {value: each for value, each in self._all.items() if not each.refresh}

    def keep_code(self, code: Code) -> str:
        value = secrets.token_urlsafe(24)
        self._codes[value] = code
        return value

    def redeem(self, value: str) -> Code | None:
        """What a code is for, which is gone then; None if there is none or it is too old."""
        found = self._codes.pop(value, None)
        return None if found is None or found.ends <= self._clock() else found


def _value() -> str:
    """Globus's own begin with Ag, too."""
    return f"Ag{secrets.token_urlsafe(36)}"
