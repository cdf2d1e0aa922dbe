"""From a location to the item that it means: shared links are asked for, names below an id are looked up."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from hubdrives.errors import BadInput, NotFound, Trashed
from hubdrives.model import Location
from hubdrives.paths import safe_name
from hubdrives.providers.box.api import Api
from hubdrives.providers.box.item import Item
from hubdrives.providers.box.tree import names_of
from hubdrives.providers.box.urls import is_link, link_of

_V = TypeVar("_V")

_FRESH = 20.0
_MOST = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """What a location's id or link leads to."""

    key: str
    link: str
    """The shared link that is needed to reach it, "" if this account sees it by itself."""

    @property
    def is_folder(self) -> bool:
        return self.key.startswith("folders/")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """What a location means."""

    item: Item
    name: str
    """The local name."""
    link: str = ""


class Resolver:
    """Finds what locations mean. Folders on the way are believed for 20 seconds; the end is always looked up."""

    def __init__(self, api: Api, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._api = api
        self._clock = clock
        self._starts: dict[tuple[str, str], tuple[float, Start]] = {}
        self._folders: dict[tuple[str, str], tuple[float, str]] = {}

    async def start(self, location: Location) -> Start:
        """What a location's id or link leads to, possibly as it was some seconds ago.

        What this account sees by itself is reached so, for a link may be closed; and events tell of nothing else.
        """
        link = link_of(location)
        if not link:
            return Start(key=location.id, link="")
        seen = self._starts.get((location.id, link))
        if seen is not None and seen[0] > self._clock():
            return seen[1]
        key = (await self._api.shared_item(link)).key if is_link(location) else location.id
        try:
            await self._api.item(key)
            start = Start(key=key, link="")
        except NotFound:
            start = Start(key=key, link=link)
        _note(self._starts, (location.id, link), (self._clock() + _FRESH, start))
        return start

    async def find(self, location: Location) -> Place:
        """The item at `location`.

        Raises:
            NotShared: nothing there for this account.
            Trashed: it is in the trash.
            NotFound: a name on the path is not there.
        """
        start = await self.start(location)
        if not location.path:
            item = await self._api.item(start.key, link=start.link)
            name = safe_name(item.name)
        else:
            *above, last = location.path.split("/")
            folder = await self._walked(start, above)
            item, name = await self._child(folder, last, start.link)
        if item.item_status != "active":
            raise Trashed(f"'{item.name}' is in Box's trash.")
        return Place(item=item, name=name, link=start.link)

    async def folder(self, location: Location) -> tuple[str, str]:
        """The id of the folder at `location`, possibly as it was some seconds ago, and the link that is needed there.

        Raises:
            BadInput: it is a file.
            NotFound: as `find`; an id is believed.
        """
        start = await self.start(location)
        if not start.is_folder:
            raise BadInput("This is a file in Box, not a folder.")
        try:
            return await self._walked(start, location.path.split("/") if location.path else []), start.link
        except _IsFile as error:
            raise BadInput(str(error)) from None

    async def child(self, folder: str, name: str, *, link: str) -> Item | None:
        """What has a name in a folder, None if nothing."""
        try:
            return (await self._child(folder, name, link))[0]
        except NotFound:
            return None

    def note(self, parent: str, name: str, folder: str) -> None:
        """Remember that a folder is there."""
        _note(self._folders, (parent, name), (self._clock() + _FRESH, folder))

    def forget(self) -> None:
        """Look everything up again: something was moved or removed."""
        self._folders.clear()
        self._starts.clear()

    async def _walked(self, start: Start, names: list[str]) -> str:
        """The id of the folder that names lead to."""
        kind, _, folder = start.key.partition("/")
        if kind != "folders":
            raise _IsFile("This is a file in Box, so there is nothing below it.")
        for name in names:
            seen = self._folders.get((folder, name))
            if seen is not None and seen[0] > self._clock():
                folder = seen[1]
                continue
            item, _name = await self._child(folder, name, start.link)
            if not item.is_folder:
                raise _IsFile(f"'{item.name}' in Box is a file, so there is nothing below it.")
            folder = item.id
        return folder

    async def _child(self, folder: str, name: str, link: str) -> tuple[Item, str]:
        """What has a name in a folder, by its own name before its local one; and its local name."""
        items = [item for item in await self._api.children(folder, link=link) if item.is_file or item.is_folder]
        names = names_of(items)
        for item in items:
            if item.is_folder:
                self.note(folder, names[item.key], item.id)
        found = next((item for item in items if item.name == name), None)
        found = found or next((item for item in items if names[item.key] == name), None)
        if found is None:
            raise NotFound(f"There is no '{name}' in this folder in Box.")
        return found, names[found.key]


class _IsFile(NotFound):
    """A file stands where a folder should."""


def _note(notes: dict[tuple[str, str], _V], key: tuple[str, str], value: _V) -> None:
    if len(notes) >= _MOST:
        notes.clear()
    notes[key] = value
