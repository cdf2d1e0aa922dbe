"""What lies in what, by real parents: the question behind every grant."""

import time
from collections.abc import Callable

from hubdrives.errors import BadCredential, Forbidden, NotFound
from hubdrives.providers.googledrive.api import Api
from hubdrives.providers.googledrive.item import Item
from hubdrives.providers.googledrive.listing import together

_FRESH = 20.0
_MOST = 10_000


class Lineage:
    """Walks up from items to the folders that they are in; what it saw it believes for 20 seconds."""

    def __init__(self, api: Api, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._api = api
        self._clock = clock
        self._seen: dict[str, tuple[float, Item]] = {}

    async def item(self, wanted: str, key: str = "") -> Item:
        """The item, possibly as it was some seconds ago. Raises what `Api.file` raises."""
        now = self._clock()
        seen = self._seen.get(wanted)
        if seen is not None and seen[0] > now:
            return seen[1]
        found = await self._api.file(wanted, key=key)
        if len(self._seen) >= _MOST:
            self._seen = {each: kept for each, kept in self._seen.items() if kept[0] > now}
        self._seen[wanted] = (now + _FRESH, found)
        return found

    async def within(self, item: Item, top: str) -> bool:
        """Whether `item` is `top` or lies below it; parents that this account does not see lead nowhere."""
        level, seen = [item], set[str]()
        while level:
            if top in {each.id for each in level} or top in {parent for each in level for parent in each.parents}:
                return True
            above = {parent for each in level for parent in each.parents} - seen
            seen |= above
            found = await together(*(self._visible(parent) for parent in sorted(above)))
            level = [each for each in found if each is not None]
        return False

    async def _visible(self, item: str) -> Item | None:
        try:
            return await self.item(item)
        except BadCredential:
            raise
        except (NotFound, Forbidden):
            return None
