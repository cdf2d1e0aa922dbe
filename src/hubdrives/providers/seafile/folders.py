"""Folders made so that there is one in the end, however many make it at the same time."""

import asyncio
import time
from collections.abc import Callable
from weakref import WeakValueDictionary

from hubdrives.errors import NameTaken, Unavailable
from hubdrives.providers.seafile.api import Api
from hubdrives.providers.seafile.changes import Changes, check_name, joined, same_name
from hubdrives.providers.seafile.failures import NotKnownHere
from hubdrives.providers.seafile.item import Dirent

_RACES = 10
_FRESH = 20.0
_MOST = 10_000


class Folders:
    """Makes folders. That one is there is believed for 20 seconds.

    Args:
        api: who is asked.
        clock: seconds.
    """

    def __init__(self, api: Api, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._api = api
        self._changes = Changes(api)
        self._clock = clock
        self._at_once = not api.library_token
        self._seen: dict[tuple[str, str], float] = {}
        self._looking = WeakValueDictionary[tuple[str, str], asyncio.Lock]()

    async def make(self, library: str, parent: str, name: str) -> Dirent:
        """The folder of that name, new or not. Raises what `Writable.make_folder` raises."""
        check_name(name)
        path = joined(parent, name)
        if not (self._at_once and await self._is_there(library, parent) and await self._made_at_once(library, path)):
            name = await self._made(library, parent, name)
        self._note(library, joined(parent, name))
        return Dirent(type="dir", name=name)

    def forget(self) -> None:
        """Look again: something was moved or removed."""
        self._seen.clear()

    async def _is_there(self, library: str, folder: str) -> bool:
        """Whether a folder is there: what makes one at once would make those above it, too."""
        # What one finds, all know who come for it meanwhile.
        async with self._looking.setdefault((library, folder), asyncio.Lock()):
            if folder == "/" or self._seen.get((library, folder), 0.0) > self._clock():
                return True
            there = await self._changes.is_folder(library, folder)
            if there:
                self._note(library, folder)
            return there

    async def _made_at_once(self, library: str, path: str) -> bool:
        """Whether a folder was made by a request that knows no "name (1)"; if not, there may be one already."""
        try:
            return await self._changes.make_folder_at_once(library, path)
        except NotKnownHere:
            self._at_once = False
            return False

    async def _made(self, library: str, parent: str, name: str) -> str:
        """As older servers do it: of two who make it at the same time, one may be given "name (1)".

        Who sees that removes it again, and takes the one that is there.
        """
        path = joined(parent, name)
        for _ in range(_RACES):
            if await self._changes.is_folder(library, path):
                return name
            made = await self._changes.make_folder(library, path)
            if same_name(made, name):
                return made
            stray = await self._api.listing(library, joined(parent, made))
            if stray is not None and not stray.dirents:
                await self._changes.remove(library, joined(parent, made), folder=True)
            if await self._changes.file(library, path) is not None:
                raise NameTaken(f"'{name}' in Seafile is a file.")
        raise Unavailable(f"The folder '{name}' in Seafile could not be made: others make and remove it all the time.")

    def _note(self, library: str, folder: str) -> None:
        if len(self._seen) >= _MOST:
            self._seen.clear()
        self._seen[library, folder] = self._clock() + _FRESH
