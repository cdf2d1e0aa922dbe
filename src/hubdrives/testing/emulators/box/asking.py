"""What requests say: JSON bodies, fields, pages, preconditions, names."""

import base64
import binascii
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import msgspec

from hubdrives.testing.emulators.box.errors import BoxError
from hubdrives.testing.emulators.box.resources import View, item_key, sort_items
from hubdrives.testing.emulators.server import Answer, Call
from hubdrives.testing.emulators.tree import FOLDER, Node

MOST = 1000  # entries of a page
LONGEST_NAME = 255  # characters
_FIRST_PRINTABLE, _DELETE = " ", "\x7f"
_MOST_OFFSET = 9_999

T = TypeVar("T")


async def read_json(call: Call) -> dict[str, Any]:
    """The body. Raises BoxError (400) when it is no JSON object."""
    try:
        found = msgspec.json.decode(await call.request.content.read() or b"{}")
    except msgspec.DecodeError:
        raise BoxError("bad_request") from None
    if not isinstance(found, dict):
        raise BoxError("bad_request")
    return found


def text(found: Mapping[str, Any], *names: str) -> str:
    """A member of nested objects that has to be there. Raises BoxError (400)."""
    value: Any = found
    for name in names:
        value = value.get(name) if isinstance(value, Mapping) else None
    if not isinstance(value, str) or not value:
        raise BoxError("bad_request", f"Missing or invalid parameter '{'.'.join(names)}'")
    return value


def asked_fields(call: Call) -> list[str] | None:
    """The names in `fields`; None when nobody asks for certain ones."""
    found = call.params.get("fields")
    return None if not found else found.split(",")


def limit(call: Call, usual: int = 100, most: int = MOST) -> int:
    found = _number(call, "limit", usual, "invalid_limit")
    if not 0 < found <= most:
        raise BoxError("invalid_limit")
    rule = call.faults.get("short_pages")
    return found if rule is None else min(found, rule.size)


def offset(call: Call, most: int = _MOST_OFFSET) -> int:
    found = _number(call, "offset", 0, "invalid_offset")
    if not 0 <= found <= most:
        raise BoxError("invalid_offset")
    return found


def check_etag(view: View, call: Call, node: Node) -> None:
    """Raise BoxError (412) when the item is not as the one who asks believes."""
    wanted = call.request.headers.get("If-Match", "").strip('"')
    if wanted and wanted != view.etag(node):
        raise BoxError("precondition_failed")


def not_modified(view: View, call: Call, node: Node) -> bool:
    return call.request.headers.get("If-None-Match", "").strip('"') == view.etag(node)


def by_marker(call: Call, found: Sequence[T], key: Callable[[T], Sequence[Any]]) -> tuple[Sequence[T], dict[str, Any]]:
    """A page of what is sorted by key, and what to say of it."""
    size = limit(call)
    start = 0
    if marker := call.params.get("marker"):
        try:
            after = tuple(msgspec.json.decode(base64.urlsafe_b64decode(marker)))
        except (binascii.Error, msgspec.DecodeError, TypeError, ValueError):
            raise BoxError("bad_request", "Invalid value for 'marker'") from None
        start = sum(tuple(key(each)) <= after for each in found)
        start = max(0, start + ("skip_item" in call.faults) - ("repeat_item" in call.faults))
    page = found[start : start + size]
    marker = None
    if page and start + size < len(found):
        marker = base64.urlsafe_b64encode(msgspec.json.encode(key(page[-1]))).decode()
    elif "empty_marker" in call.faults:
        marker = ""
    return page, {"limit": size, "next_marker": marker}


def items_page(view: View, call: Call, found: list[Node]) -> Answer:
    """A list of items, by marker or by offset, as the request wants it."""
    fields = asked_fields(call)

    def show(node: Node) -> dict[str, Any]:
        return view.item(node, fields, mini=True)

    if call.params.get("usemarker", "").lower() == "true":
        page, about = by_marker(call, sort_items(found), item_key)
        return Answer.json({**about, "entries": [show(each) for each in page]})
    ordered = _ordered(call, found)
    start, size = offset(call), _number(call, "limit", 100, "invalid_limit")
    page = ordered[start : start + limit(call)]
    order: Any = [{"by": "type", "direction": "ASC"}, {"by": "name", "direction": "ASC"}]
    return Answer.json(
        {
            "total_count": len(found),
            "entries": [show(each) for each in page],
            "offset": start,
            "limit": size,
            "order": order[1] if "order_object" in call.faults else order,
        }
    )


_ORDERS: Mapping[str, Callable[[Node], Any]] = {
    "id": lambda node: int(node.id),
    "name": lambda node: node.name.casefold(),
    "date": lambda node: node.updated,
    "size": lambda node: node.content.size if node.content else 0,
}


def _ordered(call: Call, found: list[Node]) -> list[Node]:
    ordered = sort_items(found)
    if key := _ORDERS.get(call.params.get("sort", "")):
        ordered.sort(key=key)
    if call.params.get("direction", "").upper() == "DESC":
        ordered.reverse()
    return ordered


def check_name(name: str) -> None:
    """Raise BoxError (400) for a name that Box doesn't take."""
    if len(name) > LONGEST_NAME:
        raise BoxError("item_name_too_long")
    unprintable = any(each < _FIRST_PRINTABLE or each == _DELETE for each in name)
    if not name or name in {".", ".."} or name != name.rstrip() or {"/", "\\"} & set(name) or unprintable:
        raise BoxError("item_name_invalid")


def check_free(view: View, parent: Node, name: str, *, for_kind: str, but: str | None = None) -> None:
    """Refuse a name that Box doesn't take, or that something else in the folder has.

    Raises:
        BoxError: 400, or 409, which says what is in the way: an object for a file, a list for a folder.
    """
    check_name(name)
    found = view.box.tree.child(parent.id, name)
    if found is not None and found.id != but:
        there = view.mini(found)
        raise BoxError("item_name_in_use", context={"conflicts": [there] if for_kind == FOLDER else there})


def _number(call: Call, name: str, usual: int, reason: str) -> int:
    try:
        return int(call.params.get(name, usual))
    except ValueError:
        raise BoxError(reason) from None
