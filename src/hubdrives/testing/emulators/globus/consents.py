"""What people have allowed clients to do, and services on their behalf.

https://docs.globus.org/guides/overviews/clients-scopes-and-consents/
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase

from hubdrives.testing.emulators.globus.scopes import Scope

Names = tuple[str, ...]
"""A way down: the name of a scope that a client has, then of one that depends on it, and so on."""


@dataclass(slots=True)
class Consent:
    """One line of what somebody has allowed.

    Attributes:
        identity: the id of who allowed it.
        client: the id of the client that was allowed, at the top of the way.
        names: the way of scopes to this one.
        path: the ids of the consents on that way; the last is this one's.
        optional: it may be taken back alone.
        refresh: refresh tokens are allowed, too.
        auto: nobody was asked.
        created, updated: seconds since 1970.
    """

    id: int
    identity: str
    client: str
    names: Names
    path: tuple[int, ...]
    optional: bool
    refresh: bool
    auto: bool
    created: float
    updated: float


class Consents:
    """All of them.

    Args:
        clock: seconds since 1970.
    """

    def __init__(self, *, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._count = 0
        self._all: dict[tuple[str, str, Names], Consent] = {}

    def allow(
        self, identity: str, client: str, scopes: Iterable[Scope], *, refresh: bool = False, auto: bool = False
    ) -> None:
        """Remember that an identity allows a client these scopes, with those that depend on them."""
        now = self._clock()
        for scope in scopes:
            for way in scope.walk():
                names = tuple(each.name for each in way)
                known = self._all.get((identity, client, names))
                if known is not None:
                    known.updated, known.refresh = now, known.refresh or refresh
                    continue
                self._count += 1
                above = () if len(names) == 1 else self._all[identity, client, names[:-1]].path
                self._all[identity, client, names] = Consent(
                    id=self._count,
                    identity=identity,
                    client=client,
                    names=names,
                    path=(*above, self._count),
                    optional=way[-1].optional,
                    refresh=refresh,
                    auto=auto,
                    created=now,
                    updated=now,
                )

    def lack(self, identity: str, client: str, scopes: Iterable[Scope], *, refresh: bool) -> bool:
        """Whether somebody must be asked before a client gets these scopes."""
        for scope in scopes:
            for way in scope.walk():
                known = self._all.get((identity, client, tuple(each.name for each in way)))
                if known is None or (refresh and not known.refresh):
                    return True
        return False

    def ways(self, identity: str, client: str) -> frozenset[Names]:
        """The ways that an identity allows a client."""
        return frozenset(names for who, what, names in self._all if (who, what) == (identity, client))

    def of(self, identity: str) -> list[Consent]:
        return [each for each in self._all.values() if each.identity == identity]

    def withdraw(self, *, identity: str | None = None, client: str | None = None, scope: str = "*") -> None:
        """Take back what fits, with all that depends on it.

        Args:
            identity: its id; None fits all.
            client: the same.
            scope: the name of one, or a pattern with stars.
        """
        for key in list(self._all):
            who, what, names = key
            if identity in {None, who} and client in {None, what} and any(fnmatchcase(each, scope) for each in names):
                del self._all[key]
