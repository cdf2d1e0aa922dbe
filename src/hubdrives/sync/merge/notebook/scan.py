"""A notebook's JSON, read so that what a merge leaves alone can be written as it was, to the byte."""

import json
import re
from dataclasses import dataclass
from typing import Any, Final, NoReturn

_SPACE: Final = re.compile(r"[ \t\n\r]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A value and where it stands in the text."""

    value: Any
    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Scanned:
    """The outermost object of a notebook's text."""

    text: str
    members: dict[str, Part]
    cells: tuple[Part, ...]
    """The items of the member "cells"; none if it is no list."""


def scan(data: bytes) -> Scanned:
    """The parts of a notebook's file.

    Raises:
        ValueError: it is no JSON object in UTF-8; or one that programs read differently (a key twice, NaN).
        RecursionError: it is nested too deeply.
    """
    # Jupyter can't open a file with a byte order mark, which editors on Windows may leave.
    text = data.decode("utf-8-sig")
    at = _skip(text, 0)
    if text[at : at + 1] != "{":
        raise ValueError("no JSON object")
    members: dict[str, Part] = {}
    cells: tuple[Part, ...] = ()
    at = _skip(text, at + 1)
    while text[at : at + 1] == '"':
        key, at = _DECODER.raw_decode(text, at)
        at = _skip(text, _expect(text, _skip(text, at), ":"))
        start = at
        if key == "cells" and text[at : at + 1] == "[":
            cells, at = _items(text, at)
            value: Any = [cell.value for cell in cells]
        else:
            value, at = _DECODER.raw_decode(text, at)
        if key in members:
            raise ValueError("a key twice")
        members[key] = Part(value=value, start=start, end=at)
        at = _skip(text, at)
        if text[at : at + 1] != ",":
            break
        at = _skip(text, at + 1)
    if _skip(text, _expect(text, at, "}")) != len(text):
        raise ValueError("something after the end")
    return Scanned(text=text, members=members, cells=cells)


def _items(text: str, start: int) -> tuple[tuple[Part, ...], int]:
    """The items of the list at `start`, and where it ends."""
    items: list[Part] = []
    at = _skip(text, start + 1)
    if text[at : at + 1] == "]":
        return (), at + 1
    while True:
        value, end = _DECODER.raw_decode(text, at)
        items.append(Part(value=value, start=at, end=end))
        at = _skip(text, end)
        if text[at : at + 1] != ",":
            return tuple(items), _expect(text, at, "]")
        at = _skip(text, at + 1)


def _skip(text: str, at: int) -> int:
    space = _SPACE.match(text, at)
    return space.end() if space else at


def _expect(text: str, at: int, sign: str) -> int:
    if text[at : at + 1] != sign:
        raise ValueError(f"no {sign}")
    return at + 1


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise ValueError("a key twice")
    return made


_DECODER: Final = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_no_constant)
