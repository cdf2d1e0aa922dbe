"""The versions of files, of which Globus tells nothing but the size and the second in which they were changed.

What changed within the last two seconds may change again and show the same. So its version is one that never comes
back, and the next look takes the file for another one. What was written from here is known, and is spared that.
"""

from collections.abc import Callable
from secrets import token_hex
from typing import Final

from hubdrives.providers.globus.item import Item

UNSETTLED: Final = 2.0
"""Seconds after a change in which a file may be changed again without anybody being able to tell."""

# Seconds: clocks of file servers that are further ahead than this are not clocks, but dates that somebody set.
_AHEAD = 300.0
_MOST = 10_000


class Marks:
    """Makes versions.

    Args:
        clock: seconds since 1970.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._written: dict[tuple[str, str], str] = {}

    def version(self, collection: str, path: str, item: Item) -> str:
        """The version of a file at a path; "" for a folder."""
        mark = item.mark
        if not mark or self._written.get((collection, path)) == mark or not self._unsettled(item):
            return mark
        return f"{mark}~{token_hex(4)}"

    def wrote(self, collection: str, path: str, item: Item) -> None:
        """A file was written from here, and then looked like this."""
        if len(self._written) >= _MOST:
            self._written.clear()
        self._written[collection, path] = item.mark

    def _unsettled(self, item: Item) -> bool:
        changed = item.modified
        return changed is not None and -_AHEAD < self._clock() - changed.timestamp() < UNSETTLED
