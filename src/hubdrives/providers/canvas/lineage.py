"""What lies in what: from a folder up to the course, group or user that it is of; and what that is called."""

import asyncio
from collections.abc import Callable
from weakref import WeakValueDictionary

from hubdrives.errors import BadCredential, Forbidden, NotFound
from hubdrives.providers.canvas.api import Api
from hubdrives.providers.canvas.item import Context, Folder, Id

_FRESH = 20.0
_MOST = 10_000


class Lineage:
    """Walks up from folders; what it saw it believes for 20 seconds.

    Args:
        api: who is asked.
        clock: seconds.
    """

    def __init__(self, api: Api, *, clock: Callable[[], float]) -> None:
        self._api = api
        self._clock = clock
        self._seen: dict[str, tuple[float, Folder]] = {}
        self._contexts: dict[str, Context] = {}
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    def note(self, folder: Folder) -> None:
        """Remember a folder that was just seen."""
        if len(self._seen) >= _MOST:
            self._seen.clear()
        self._seen[folder.id] = (self._clock() + _FRESH, folder)

    async def folder(self, folder: Id) -> Folder:
        """A folder, possibly as it was some seconds ago. Raises what `Api.folder` raises."""
        # Many files of one folder may be looked at together: then one asks, and the others wait for what it hears.
        async with self._locks.setdefault(folder, asyncio.Lock()):
            seen = self._seen.get(folder)
            if seen is not None and seen[0] > self._clock():
                return seen[1]
            found = await self._api.folder(folder)
            self.note(found)
            return found

    async def above(self, parent: Id | None) -> tuple[Folder, ...]:
        """The folder `parent` and those above it up to the top, as far as this account may see them.

        Students see none in a course whose Files page is closed.
        """
        found: list[Folder] = []
        while parent is not None and parent not in {folder.id for folder in found}:
            try:
                found.append(await self.folder(parent))
            except BadCredential:
                raise
            except (NotFound, Forbidden):
                break
            parent = found[-1].parent_folder_id
        return tuple(found)

    async def ask(self, context: str) -> Context:
        """A course, group or user as it is now. Raises what `Api.context` raises."""
        if len(self._contexts) >= _MOST:
            self._contexts.clear()
        self._contexts[context] = found = await self._api.context(context)
        return found

    async def number(self, context: str) -> str:
        """A course, group or user by its number, where it may have been named by another id ("users/self")."""
        kind, _, number = context.partition("/")
        if number.isdecimal():
            return context
        return f"{kind}/{(self._contexts.get(context) or await self.ask(context)).id}"

    async def name(self, context: str) -> str:
        """What a course, group or user is called, as when it was seen last."""
        found = self._contexts.get(context) or await self.ask(context)
        # A course that is over may be shown without its name.
        return found.name or context.replace("/", " ")

    def context_of(self, folder: Id) -> str | None:
        """Whose a folder is, if it was seen lately."""
        seen = self._seen.get(folder)
        return seen[1].context if seen else None
