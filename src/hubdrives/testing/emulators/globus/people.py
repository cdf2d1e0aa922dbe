"""Who there is: identity providers, identities that may be linked to one another, and clients.

https://docs.globus.org/api/auth/specification/
"""

import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import uuid4

from hubdrives.testing.emulators.globus.named import CLIENTS_DOMAIN


@dataclass(frozen=True, slots=True)
class IdentityProvider:
    """Where people log in: `domains` are of the usernames that it gives."""

    id: str
    name: str
    short_name: str
    domains: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Identity:
    """A name that somebody has at an identity provider; a client is one, too.

    Attributes:
        id: a UUID.
        username: with a domain of the provider.
        provider: the provider's id.
        person: the same for all identities that are linked to one another.
        kind: `login`, or `app` for a client.
        status: `used` once somebody has logged in with it, else `unused`; also `private` and `closed`.
    """

    id: str
    username: str
    provider: str
    person: str
    name: str | None = None
    email: str | None = None
    organization: str | None = None
    kind: str = "login"
    status: str = "used"

    @property
    def domain(self) -> str:
        return self.username.rpartition("@")[2]


@dataclass(slots=True)
class Client:
    """An application or a service, as its developers have registered it.

    Attributes:
        id: a UUID; of a service, also the name of its resource server.
        name: as people see it on the page of consent.
        secret: None for a native app, which has none and must use PKCE.
        redirect_uris: where people may come back to it.
        scopes: what it offers to others as a service, with the scopes that it needs for that in turn, as a string that
            may be empty; `use` stands for `https://auth.globus.org/scopes/<id>/use`.
        required_provider: the id of the only identity provider whose identities may log in to it.
    """

    id: str
    name: str
    secret: str | None = field(repr=False)
    redirect_uris: tuple[str, ...] = ()
    scopes: Mapping[str, str] = field(default_factory=dict)
    required_provider: str | None = None

    def is_secret(self, secret: str) -> bool:
        return self.secret is not None and secrets.compare_digest(self.secret.encode(), secret.encode())


class People:
    """The providers, identities and clients by id."""

    def __init__(self) -> None:
        self.providers: dict[str, IdentityProvider] = {}
        self.identities: dict[str, Identity] = {}
        self.clients: dict[str, Client] = {}
        self._apps = self.add_provider("Globus Clients", [CLIENTS_DOMAIN], short_name="clients")

    def add_provider(self, name: str, domains: Iterable[str], *, short_name: str | None = None) -> IdentityProvider:
        domains = tuple(domains)
        made = IdentityProvider(str(uuid4()), name, short_name or domains[0], domains)
        self.providers[made.id] = made
        return made

    def provider_of(self, domain: str) -> IdentityProvider:
        """The provider that gives usernames of a domain; a new one when there is none."""
        for each in self.providers.values():
            if domain in each.domains:
                return each
        return self.add_provider(domain, [domain])

    def add_identity(
        self,
        username: str,
        name: str | None = None,
        *,
        email: str | None = None,
        organization: str | None = None,
        linked_to: Identity | None = None,
        status: str = "used",
    ) -> Identity:
        """The identity of that username, a new one when there is none."""
        known = self.by_username(username)
        if known is not None:
            return known
        made = Identity(
            id=str(uuid4()),
            username=username,
            provider=self.provider_of(username.rpartition("@")[2]).id,
            person=str(uuid4()) if linked_to is None else linked_to.person,
            name=name or username.partition("@")[0],
            email=email or username,
            organization=organization,
            status=status,
        )
        self.identities[made.id] = made
        return made

    def add_client(
        self,
        name: str,
        *,
        native: bool = False,
        redirect_uris: Sequence[str] = (),
        scopes: Mapping[str, str] | None = None,
        required_provider: IdentityProvider | None = None,
    ) -> Client:
        """A client; one with a secret is an identity of its own, too."""
        made = Client(
            id=str(uuid4()),
            name=name,
            secret=None if native else secrets.token_urlsafe(24),
            redirect_uris=tuple(redirect_uris),
            scopes=scopes or {},
            required_provider=None if required_provider is None else required_provider.id,
        )
        self.clients[made.id] = made
        if not native:
            self.identities[made.id] = Identity(
                id=made.id,
                username=f"{made.id}@{CLIENTS_DOMAIN}",
                provider=self._apps.id,
                person=made.id,
                name=name,
                kind="app",
            )
        return made

    def by_username(self, username: str) -> Identity | None:
        return next(
            (each for each in self.identities.values() if each.username.casefold() == username.casefold()), None
        )

    def identity(self, who: "Identity | Client | str") -> Identity:
        """An identity by id or username, or the one that a client is.

        Raises:
            LookupError: there is none.
        """
        if isinstance(who, Identity):
            return who
        name = who.id if isinstance(who, Client) else who
        found = self.identities.get(name) or self.by_username(name)
        if found is None:
            raise LookupError(f"no identity {name!r}")
        return found

    def linked(self, identity: Identity) -> frozenset[str]:
        """The ids of an identity and of all that are linked to it."""
        return frozenset(each.id for each in self.identities.values() if each.person == identity.person)
