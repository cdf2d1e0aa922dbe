"""Cells' ids: from nbformat 4.5 on each cell has one of its own, before that none.

https://jupyter.org/enhancement-proposals/62-cell-id/cell-id.html
"""

import hashlib
import re
from collections.abc import Sequence
from itertools import count
from typing import Any, Final

_FIRST_MINOR: Final = 5
_ID: Final = re.compile(r"[a-zA-Z0-9_-]{1,64}\Z")


def with_ids(cells: Sequence[dict[str, Any]], minor: int, *, first: Sequence[bool]) -> list[dict[str, Any]]:
    """The cells with the ids that this minor version wants; the very objects where nothing had to be done.

    Args:
        cells: in their order.
        minor: of nbformat 4.
        first: which of the cells keep their id where two have the same: the user's.
    """
    if minor < _FIRST_MINOR:
        return [_without_id(cell) if "id" in cell else cell for cell in cells]
    keepers: dict[str, int] = {}
    for place in sorted(range(len(cells)), key=lambda place: not first[place]):
        name = cells[place].get("id")
        if isinstance(name, str) and _ID.match(name):
            keepers.setdefault(name, place)
    used = set(keepers)
    return [
        cell if _keeps(keepers, cell, place) else cell | {"id": _fresh(cell, used)} for place, cell in enumerate(cells)
    ]


def _keeps(keepers: dict[str, int], cell: dict[str, Any], place: int) -> bool:
    name = cell.get("id")
    return isinstance(name, str) and keepers.get(name) == place


def _without_id(cell: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in cell.items() if key != "id"}


def _fresh(cell: dict[str, Any], used: set[str]) -> str:
    """An id that no other cell has; the same for the same cell whenever it is made, so that a merge can be repeated."""
    text = f"{cell['cell_type']}\n{cell['source']}"
    for attempt in count():
        name = hashlib.sha256(f"{attempt}\n{text}".encode(errors="surrogatepass")).hexdigest()[:8]
        if name not in used:
            used.add(name)
            return name
    raise AssertionError
