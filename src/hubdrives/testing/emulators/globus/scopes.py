"""Scope strings, which are trees: `urn:...:all[*https://.../data_access]`.

https://docs.globus.org/guides/overviews/clients-scopes-and-consents/
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

_PART = re.compile(r"[\[\]*]|\s+|[^\s\[\]*]+")


class ScopeError(ValueError):
    """A scope string can't be read."""


@dataclass(frozen=True, slots=True)
class Scope:
    """A scope, and what it may be used for further down.

    Attributes:
        name: a URN, an address, or a word.
        dependencies: what the service that gets the token may ask for in turn.
        optional: it may be taken back alone ("atomically revocable", written with a `*` in front).
    """

    name: str
    dependencies: tuple["Scope", ...] = ()
    optional: bool = False

    def __str__(self) -> str:
        inside = f"[{' '.join(map(str, self.dependencies))}]" if self.dependencies else ""
        return f"{'*' if self.optional else ''}{self.name}{inside}"

    def walk(self, above: tuple["Scope", ...] = ()) -> Iterator[tuple["Scope", ...]]:
        """The way to this scope and to each below it, from the top, upper ones first."""
        way = (*above, self)
        yield way
        for each in self.dependencies:
            yield from each.walk(way)


def parse_scopes(text: str) -> tuple[Scope, ...]:
    """The scopes of a string, separated by spaces; the same scope twice is one with the dependencies of both.

    Raises:
        ScopeError: brackets or stars are where they do not belong, or there is nothing.
    """
    parser = _Parser(_PART.findall(text))
    found = parser.level()
    if parser.next:
        raise ScopeError("a bracket is closed that was not opened")
    if not found:
        raise ScopeError("no scope")
    return found


class _Parser:
    """Reads parts one after the other: names, runs of spaces, stars and brackets."""

    def __init__(self, parts: list[str]) -> None:
        self._parts = parts
        self._position = 0

    @property
    def next(self) -> str:
        """The part that comes next; "" at the end."""
        return self._parts[self._position] if self._position < len(self._parts) else ""

    def take(self, wanted: str) -> bool:
        """Go on if that comes next."""
        found = self.next == wanted
        self._position += found
        return found

    def level(self) -> tuple[Scope, ...]:
        """The scopes up to the end, or to a closing bracket."""
        found: list[Scope] = []
        while self.next not in {"", "]"}:
            if self.next.isspace():
                self._position += 1
                continue
            found.append(self._scope())
            if self.next not in {"", "]"} and not self.next.isspace():
                raise ScopeError(f"no space before {self.next!r}")
        return unite(found)

    def _scope(self) -> Scope:
        optional = self.take("*")
        name = self.next
        if name in {"", "*", "[", "]"} or name.isspace():
            raise ScopeError("a scope has no name")
        self._position += 1
        dependencies: tuple[Scope, ...] = ()
        if self.take("["):
            dependencies = self.level()
            if not self.take("]") or not dependencies:
                raise ScopeError("brackets are empty, or not closed")
        return Scope(name, dependencies, optional)


def unite(scopes: Iterable[Scope]) -> tuple[Scope, ...]:
    """Each scope once."""
    found: dict[str, Scope] = {}
    for each in scopes:
        known = found.get(each.name, each)
        together = unite((*known.dependencies, *each.dependencies)) if known is not each else each.dependencies
        found[each.name] = Scope(each.name, together, known.optional and each.optional)
    return tuple(found.values())
