"""The `fields` parameter: which parts of an answer are sent.

https://developers.google.com/workspace/drive/api/guides/fields-parameter

A mask is a tree of names; an empty one stands for everything below it.
"""

import re
from collections.abc import Mapping
from typing import Any, TypeAlias

from hubdrives.testing.emulators.googledrive.errors import DriveError

Mask: TypeAlias = dict[str, "Mask"]
Schema: TypeAlias = Mapping[str, "Schema | None"]

_TOKEN = re.compile(r"\s*([A-Za-z0-9_]+|[*(),/])")


def parse_mask(text: str, schema: Schema) -> Mask:
    """The mask that `fields` asks for, with `*` written out.

    Args:
        text: such as `nextPageToken,files(id,shortcutDetails/targetId)`.
        schema: the names that the resource has; None for one whose parts are not listed.

    Raises:
        DriveError: 400, for a syntax error or a name that the resource doesn't have.
    """
    tokens = _tokens(text)
    mask = _selection(tokens, schema)
    if tokens:
        raise _invalid(tokens[0])
    return mask


def pick(value: Any, mask: Mask) -> Any:
    """The parts of a JSON value that a mask names."""
    if not mask:
        return value
    if isinstance(value, list):
        return [pick(each, mask) for each in value]
    if isinstance(value, dict):
        return {name: pick(value[name], below) for name, below in mask.items() if name in value}
    return value


def _tokens(text: str) -> list[str]:
    tokens, position = [], 0
    while position < len(text.rstrip()):
        found = _TOKEN.match(text, position)
        if found is None:
            raise _invalid(text)
        tokens.append(found[1])
        position = found.end()
    return tokens


def _selection(tokens: list[str], schema: Schema | None) -> Mask:
    mask: Mask = {}
    while True:
        _merge(mask, _path(tokens, schema))
        if not tokens or tokens[0] != ",":
            return mask
        tokens.pop(0)


def _path(tokens: list[str], schema: Schema | None) -> Mask:
    name = tokens.pop(0) if tokens else ""
    if name == "*":
        return {} if schema is None else {each: {} for each in schema}
    if not name or name in "(),/" or (schema is not None and name not in schema):
        raise _invalid(name)
    below: Mask = {}
    inner = None if schema is None else schema[name]
    if tokens and tokens[0] == "/":
        tokens.pop(0)
        below = _path(tokens, inner)
    elif tokens and tokens[0] == "(":
        tokens.pop(0)
        below = _selection(tokens, inner)
        if not tokens or tokens.pop(0) != ")":
            raise _invalid(name)
    return {name: below}


def _merge(mask: Mask, other: Mask) -> None:
    for name, below in other.items():
        if name not in mask:
            mask[name] = below
        elif mask[name] and below:
            _merge(mask[name], below)
        else:
            mask[name] = {}


def _invalid(name: str) -> DriveError:
    return DriveError("invalidParameter", f"Invalid field selection {name}".strip())
