"""Which scopes there are, and who they belong to."""

from collections.abc import Iterable, Mapping

from hubdrives.testing.emulators.globus.collections import Collection
from hubdrives.testing.emulators.globus.named import ISSUER, SCOPES
from hubdrives.testing.emulators.globus.people import Client
from hubdrives.testing.emulators.globus.scopes import Scope, parse_scopes, unite

_PREFIX = f"{ISSUER}/scopes/"


def known_server(scope: str, collections: Mapping[str, Collection], clients: Mapping[str, Client]) -> str | None:
    """The resource server of a scope, by name; None when there is no such scope.

    A collection has `https` when it has an HTTPS server, and `data_access` only when it is a mapped collection of
    Globus Connect Server without high assurance.
    """
    if scope in SCOPES:
        return SCOPES[scope]
    server, _, name = scope.removeprefix(_PREFIX).partition("/")
    if not scope.startswith(_PREFIX):
        return None
    if server in collections:
        has = {"https": collections[server].https, "data_access": collections[server].has_data_access}
        return server if has.get(name, False) else None
    return server if server in clients and name in clients[server].scopes else None


def unknown_scopes(
    scopes: Iterable[Scope], collections: Mapping[str, Collection], clients: Mapping[str, Client]
) -> list[str]:
    """The names in these trees that stand for nothing."""
    names = dict.fromkeys(way[-1].name for scope in scopes for way in scope.walk())
    return [each for each in names if known_server(each, collections, clients) is None]


def with_dependencies(scopes: Iterable[Scope], clients: Mapping[str, Client]) -> tuple[Scope, ...]:
    """The scopes with those below them that the services which offer them have registered."""
    return tuple(_with_dependencies(each, clients) for each in scopes)


def _with_dependencies(scope: Scope, clients: Mapping[str, Client]) -> Scope:
    server, _, name = scope.name.removeprefix(_PREFIX).partition("/")
    text = clients[server].scopes.get(name, "") if server in clients else ""
    registered = parse_scopes(text) if text else ()
    return Scope(
        scope.name, with_dependencies(unite((*scope.dependencies, *registered)), clients), optional=scope.optional
    )
