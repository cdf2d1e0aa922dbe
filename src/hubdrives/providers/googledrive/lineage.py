"""What lies in what, by real parents: the question behind every grant, and behind what the change log tells."""

import time
from collections.abc import Callable, Mapping

from hubdrives.errors import BadCredential, Forbidden, NotFound
from hubdrives.providers.googledrive.api import Api
from hubdrives.providers.googledrive.item import Item
from hubdrives.providers.googledrive.together import together

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

    async def logged(self, item: Item, known: Mapping[str, Item]) -> bool:
        """Whether the account's own change log tells of `item`, which is in no shared drive.

        It tells of what is the account's, and of what was shared with it or lies below that; not of what it sees only
        because anybody who has the link may (https://developers.google.com/workspace/drive/api/guides/resource-keys).

        Args:
            item: any file or folder.
            known: items that need not be asked for.
        """
        level, seen = [item], {item.id}
        while level:
            if any(each.owned_by_me or each.shared_with_me_time for each in level):
                return True
            above = {parent for each in level for parent in each.parents} - seen
            seen |= above
            found = await together(*(self._visible(parent) for parent in sorted(above - known.keys())))
            level = [known[parent] for parent in above & known.keys()] + [each for each in found if each is not None]
        return False

    async def _visible(self, item: str) -> Item | None:
        try:
            return await self.item(item)
        except BadCredential:
            raise
        except (NotFound, Forbidden):
            return None
