"""The `q` parameter of files.list: a small language of conditions.

https://developers.google.com/workspace/drive/api/guides/search-files
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from operator import eq, ge, gt, le, lt, ne
from typing import Any, TypeAlias

from hubdrives.testing.emulators.googledrive.errors import DriveError

_TOKEN = re.compile(r"\s*(?:'(?P<text>(?:[^'\\]|\\['\\])*)'|(?P<word>[A-Za-z]+)|(?P<sign><=|>=|!=|=|<|>|\(|\)))")
_SIGNS: dict[str, Callable[[Any, Any], bool]] = {"=": eq, "!=": ne, "<": lt, "<=": le, ">": gt, ">=": ge}
_COLLECTIONS = frozenset({"parents", "owners", "writers", "readers"})
_TEXTS = frozenset({"name", "mimeType"})
_FLAGS = frozenset({"trashed", "starred", "sharedWithMe"})
_TIMES = frozenset({"modifiedTime", "createdTime"})


@dataclass(frozen=True, slots=True)
class Term:
    """One condition: `name contains 'x'`; for a collection the operator is `in`."""

    field: str
    operator: str
    value: str | bool | datetime


@dataclass(frozen=True, slots=True)
class Not:
    part: "Query"


@dataclass(frozen=True, slots=True)
class Both:
    left: "Query"
    right: "Query"


@dataclass(frozen=True, slots=True)
class Either:
    left: "Query"
    right: "Query"


Query: TypeAlias = Term | Not | Both | Either


def parse_query(text: str) -> Query | None:
    """The conditions of `q`; None for an empty one.

    Raises:
        DriveError: 400 with location q, for what Drive doesn't understand.
    """
    tokens = _tokens(text)
    if not tokens:
        return None
    query = _expression(tokens)
    if tokens:
        raise _invalid()
    return query


def matches(query: Query | None, fact: Callable[[str], Any]) -> bool:
    """Whether an item meets the conditions; `fact` gives its field of that name, a tuple for a collection."""
    match query:
        case None:
            return True
        case Not(part):
            return not matches(part, fact)
        case Both(left, right):
            return matches(left, fact) and matches(right, fact)
        case Either(left, right):
            return matches(left, fact) or matches(right, fact)
        case Term():
            return _holds(query, fact(query.field))


def parents_in(query: Query | None) -> tuple[str, ...]:
    """All the folders that a query names, in its order."""
    match query:
        case Term("parents", _, str(parent)):
            return (parent,)
        case Not(part):
            return parents_in(part)
        case Both(left, right) | Either(left, right):
            return tuple(dict.fromkeys(parents_in(left) + parents_in(right)))
    return ()


def confined_to(query: Query | None) -> frozenset[str] | None:
    """Folders that everything found must be in, or None when the query doesn't say so."""
    match query:
        case Term("parents", _, str(parent)):
            return frozenset({parent})
        case Both(left, right):
            return confined_to(right) if (found := confined_to(left)) is None else found
        case Either(left, right):
            one, other = confined_to(left), confined_to(right)
            return None if one is None or other is None else one | other
    return None


def _holds(term: Term, found: Any) -> bool:
    if term.operator == "in":
        return term.value in found
    if term.operator == "contains":
        start = r"(?<!\w)" if term.field == "name" else ""
        return re.search(start + re.escape(str(term.value)), found, re.IGNORECASE) is not None
    if term.field == "name":
        return _SIGNS[term.operator](found.casefold(), str(term.value).casefold())
    return _SIGNS[term.operator](found, term.value)


def _tokens(text: str) -> list[tuple[str, str]]:
    tokens, position = [], 0
    while position < len(text.rstrip()):
        found = _TOKEN.match(text, position)
        if found is None or found.lastgroup is None:
            raise _invalid()
        tokens.append((found.lastgroup, found[found.lastgroup]))
        position = found.end()
    return tokens


def _expression(tokens: list[tuple[str, str]]) -> Query:
    query = _condition(tokens)
    while tokens and tokens[0] in {("word", "and"), ("word", "or")}:
        # Drive reads a chain from left to right: neither binds closer than the other.
        joined = Both if tokens.pop(0)[1] == "and" else Either
        query = joined(query, _condition(tokens))
    return query


def _condition(tokens: list[tuple[str, str]]) -> Query:
    kind, text = _next(tokens)
    if (kind, text) == ("word", "not"):
        return Not(_condition(tokens))
    if (kind, text) == ("sign", "("):
        query = _expression(tokens)
        if _next(tokens) != ("sign", ")"):
            raise _invalid()
        return query
    if kind == "text":
        operator, collection = _next(tokens)[1], _next(tokens)[1]
        if operator != "in" or collection not in _COLLECTIONS:
            raise _invalid()
        return Term(collection, operator, _unescape(text))
    if kind == "word":
        return _term(text, _next(tokens)[1], *_next(tokens))
    raise _invalid()


def _term(field: str, operator: str, kind: str, value: str) -> Term:
    if field in _TEXTS and kind == "text" and operator in {"=", "!=", "contains"}:
        return Term(field, operator, _unescape(value))
    if field in _FLAGS and kind == "word" and operator in {"=", "!="} and value in {"true", "false"}:
        return Term(field, operator, value == "true")
    if field in _TIMES and kind == "text" and operator in _SIGNS:
        return Term(field, operator, _time(value))
    raise _invalid()


def _time(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise _invalid() from error
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _next(tokens: list[tuple[str, str]]) -> tuple[str, str]:
    if not tokens:
        raise _invalid()
    return tokens.pop(0)


def _unescape(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text)


def _invalid() -> DriveError:
    return DriveError("invalid", location="q")
