"""The filters and orders that lists of files and of tasks are asked for with.

A filter is made of clauses, `name:~*.nc,~*.h5/type:file`, which all have to hold; one of the values of a clause
is enough.
https://docs.globus.org/api/transfer/file_operations/#dir_listing_filtering
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from functools import partial
from typing import Any, TypeAlias

Document: TypeAlias = Mapping[str, Any]

_PATTERNS = frozenset({"name", "label"})
_TIMES = frozenset({"last_modified", "request_time", "completion_time"})
_NUMBERS = frozenset({"size"})


def chosen(found: Iterable[Document], filters: Sequence[str], fields: frozenset[str]) -> list[Document]:
    """The documents that all filters let through.

    Args:
        found: all of them.
        filters: as they come in the query, each perhaps of several clauses.
        fields: that may be asked for.

    Raises:
        ValueError: a clause is none, or of another field.
    """
    clauses = [_clause(each, fields) for text in filters for each in text.split("/") if each]
    return [each for each in found if all(_holds(each.get(field), field, values) for field, values in clauses)]


def ordered(found: Sequence[Document], order: str, fields: frozenset[str]) -> list[Document]:
    """The documents in an order such as `type,name DESC`.

    Raises:
        ValueError: it names another field, or neither ASC nor DESC.
    """
    documents = list(found)
    for each in reversed([each for each in order.split(",") if each.strip()]):
        field, _, direction = each.strip().partition(" ")
        if field not in fields or direction.upper() not in {"", "ASC", "DESC"}:
            raise ValueError(f"Invalid orderby '{each.strip()}'")
        documents.sort(key=partial(_rank, field), reverse=direction.upper() == "DESC")
    return documents


def _rank(field: str, document: Document) -> tuple[bool, Any]:
    value = document.get(field)
    return value is not None, 0 if value is None else value


def _clause(text: str, fields: frozenset[str]) -> tuple[str, list[str]]:
    field, colon, values = text.partition(":")
    if not colon or field not in fields:
        raise ValueError(f"Invalid filter '{text}'")
    found = values.split(",")
    if field in _TIMES and len(found) > 2:  # noqa: PLR2004 - a start and an end
        raise ValueError(f"Invalid filter '{text}'")
    if field in _TIMES:
        for each in filter(None, found):
            _moment(each)
    if field in _NUMBERS:
        for each in found:
            int(each.lstrip("<>="))
    return field, found


def _holds(value: Any, field: str, wanted: list[str]) -> bool:
    if field in _TIMES:
        return _is_between(value, wanted)
    if field in _NUMBERS:
        return any(_compares(value, each) for each in wanted)
    if field in _PATTERNS:
        return any(_fits(value or "", each) for each in wanted)
    return value in wanted


def _fits(value: str, wanted: str) -> bool:
    refuses, pattern = wanted.startswith("!"), wanted.removeprefix("!")
    if pattern.startswith("~"):
        return fnmatchcase(value, pattern[1:]) != refuses
    return (value == pattern.removeprefix("=")) != refuses


def _compares(value: int, wanted: str) -> bool:
    number = int(wanted.lstrip("<>="))
    match wanted[:1]:
        case "<":
            return value < number
        case ">":
            return value > number
    return value == number


def _is_between(value: str | None, wanted: list[str]) -> bool:
    start, end = wanted[0], wanted[1] if len(wanted) > 1 else ""
    if value is None:
        return False
    moment = _moment(value)
    return (not start or _moment(start) <= moment) and (not end or moment < _moment(end))


def _moment(text: str) -> datetime:
    found = datetime.fromisoformat(text)
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found
