"""Pages of a list, and the `Link` header that leads from one to the next.

https://canvas.instructure.com/doc/api/file.pagination.html
"""

import base64
import binascii
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar
from urllib.parse import urlencode

import msgspec

from hubdrives.testing.emulators.canvas.errors import CanvasError
from hubdrives.testing.emulators.canvas.resources import View
from hubdrives.testing.emulators.server import Call

OTHER_HOST = "https://canvas.example.org"
_BOOKMARK = "bookmark:"
_T = TypeVar("_T")


def paginate(
    view: View, call: Call, items: Sequence[_T], key: Callable[[_T], tuple[Any, ...]], *, descending: bool = False
) -> tuple[list[_T], Mapping[str, str]]:
    """The page that a request asks for, and the header that goes with it.

    Args:
        view: whose page.
        call: its query says which page, and how long.
        items: the whole list, as it is now.
        key: what it is sorted by: texts and numbers, different for each item.
        descending: the greatest first.

    Raises:
        CanvasError: 404, for a page that was never there.
    """
    items = sorted(items, key=key, reverse=descending)
    asked, size = call.params.get("page", ""), _size(view, call)
    start = _after(items, key, asked, descending=descending) if view.site.bookmarks else size * (_number(asked) - 1)
    if asked and "skip_item" in call.faults:
        start += 1
    elif asked and "repeat_item" in call.faults:
        start = max(0, start - 1)
    stop = start + size
    page = items[start:stop]
    pages: dict[str, str] = {"current": asked or _first(view)}
    if stop < len(items):
        pages["next"] = _mark(key(items[stop - 1])) if view.site.bookmarks else str(_number(asked) + 1)
    elif view.site.bookmarks:
        pages["last"] = pages["current"]
    if not view.site.bookmarks:
        if _number(asked) > 1:
            pages["prev"] = str(_number(asked) - 1)
        pages["last"] = str(max(1, -(-len(items) // size)))
    pages["first"] = _first(view)
    if "empty_page" in call.faults and page:
        # What was to come here comes with the next page.
        pages["next"], page = pages["current"], []
    return page, {"link": _header(view, call, pages)}


def _size(view: View, call: Call) -> int:
    text = call.params.get("per_page", "")
    size = int(text) if text.isdecimal() and int(text) else view.site.default_per_page
    size = min(size, view.site.most_per_page)
    return min(size, call.faults["short_pages"].size) if "short_pages" in call.faults else size


def _first(view: View) -> str:
    return "first" if view.site.bookmarks else "1"


def _number(text: str) -> int:
    if text and (not text.isdecimal() or int(text) < 1):
        raise CanvasError("not_found")
    return int(text or 1)


def _mark(key: Sequence[Any]) -> str:
    return _BOOKMARK + base64.urlsafe_b64encode(msgspec.json.encode(list(key))).decode().rstrip("=")


def _after(items: Sequence[_T], key: Callable[[_T], tuple[Any, ...]], asked: str, *, descending: bool) -> int:
    """Where the page begins: after the bookmark, whatever came or went before it."""
    if asked in {"", "first"}:
        return 0
    text = asked.removeprefix(_BOOKMARK)
    try:
        mark = msgspec.json.decode(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)), type=list[Any])
        past = (list(key(each)) < mark if descending else list(key(each)) > mark for each in items)
        return next((position for position, found in enumerate(past) if found), len(items))
    except (binascii.Error, msgspec.DecodeError, TypeError):
        raise CanvasError("not_found") from None


def _header(view: View, call: Call, pages: Mapping[str, str]) -> str:
    kept = [(name, value) for name, value in call.params.items() if name not in {"page", "per_page", "access_token"}]
    base = view.url
    if "link_host" in call.faults:
        base = OTHER_HOST
    elif "link_scheme" in call.faults:
        base = base.replace("http://", "https://", 1)
    dropped: set[str] = set()
    if "link_no_last" in call.faults:
        dropped = {"last"}
    elif "link_trimmed" in call.faults:
        dropped = pages.keys() - {"next"}
    size = str(_size(view, call))
    path = base + call.request.rel_url.raw_path
    return ",".join(
        f'<{path}?{urlencode([*kept, ("page", page), ("per_page", size)])}>; rel="{name}"'
        for name, page in pages.items()
        if name not in dropped
    )
