"""From a location to what it means: a collection, and a path there in Globus' own names.

Names here are what every file system takes; mostly they are what Globus has, and only where nothing is found by them is
looked for what they may stand for.
"""

import posixpath
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from hubdrives.errors import BadInput, Forbidden, NotFound, Unreadable
from hubdrives.model import Location
from hubdrives.paths import Sibling, local_names, relative, safe_name
from hubdrives.providers.globus.api import Api
from hubdrives.providers.globus.collections import SECTIONS, Collections
from hubdrives.providers.globus.failures import NotAFolder
from hubdrives.providers.globus.item import Collection, Item
from hubdrives.providers.globus.urls import HOME
from hubdrives.sync.tasks import group

TOP: Final = "/"
_LINKS: Final = 32
"""As many one behind the other are followed, as most systems do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """Where a location leads, before anybody has looked."""

    collection: Collection | None
    """None above the collections."""
    path: str
    """From the collection's top, with a "/" before; above the collections "/", or "/SECTION"."""

    @property
    def name(self) -> str:
        """What it is called at Globus."""
        if self.path != TOP:
            return self.path.rpartition("/")[2]
        return self.collection.name if self.collection is not None else "Globus"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """What is at a location."""

    collection: Collection
    path: str
    item: Item | None
    """None for the top of a collection."""
    name: str
    """The local one."""

    @property
    def is_folder(self) -> bool:
        return self.item is None or self.item.is_folder


class Resolver:
    """Finds what locations mean.

    Args:
        api: who is asked.
        collections: knows the collections.
    """

    def __init__(self, api: Api, collections: Collections) -> None:
        self._api = api
        self._collections = collections

    async def spot(self, location: Location) -> Spot:
        """Where a location leads. Costs nothing where its collection is known, and its path begins at the top.

        Raises:
            NotFound: there is no such collection. Unreadable: it has no files, or does not tell where the home is.
            BadPath: the path leads out.
        """
        names = _parts(relative(location.path))
        if location.id:
            collection = await self._collections.get(location.id)
        elif len(names) < 2:  # noqa: PLR2004 - a section and a collection
            if names and names[0] not in SECTIONS:
                await self._collections.section(names[0])
            return Spot(collection=None, path=path_of(names))
        else:
            found = (await self._collections.section(names[0])).get(names[1])
            if found is None:
                raise NotFound(f"There is no collection '{names[1]}' in '{names[0]}' of this Globus account.")
            collection, names = found, names[2:]
        if names[:1] == (HOME,):
            names = (*_parts(await self._collections.home(collection)), *names[1:])
        return Spot(collection=collection, path=path_of(names))

    async def on_collection(self, location: Location) -> tuple[Collection, str]:
        """The collection and path of a location that is on one. Raises Forbidden: it is above the collections."""
        spot = await self.spot(location)
        if spot.collection is None:
            raise Forbidden(
                "This is the list of Globus collections; nothing can be read or changed there itself.",
                hint="Open one of the collections.",
            )
        return spot.collection, spot.path

    async def find(self, location: Location) -> Place:
        """What is at a location on a collection now.

        Raises:
            NotFound: nothing. Forbidden: it is above the collections, or not for this account.
            Unreadable: it is no file and no folder.
        """
        collection, path = await self.on_collection(location)
        if path == TOP:
            return Place(collection=collection, path=TOP, item=None, name=safe_name(collection.name))
        try:
            item = await self._api.stat(collection, path)
        except NotFound:
            path, item = await self.by_local_names(collection, path)
        name = path.rpartition("/")[2]
        if not (item.is_file or item.is_folder):
            raise Unreadable(f"'{name}' on the Globus collection is {kind_of(item)}, so it can't be read.")
        return Place(collection=collection, path=path, item=item, name=safe_name(name))

    async def by_local_names(self, collection: Collection, path: str) -> tuple[str, Item]:
        """What has a path in local names. Raises NotFound: nothing, or nothing that may be seen."""
        *above, last = _parts(path)
        try:
            try:
                return await self._in(collection, path_of(above), last)
            except _NoSuchNameError:
                raise
            except NotFound:
                # The names of the folders above may be local ones, too.
                return await self._walked(collection, above, last)
        except Forbidden:
            raise NotFound("There is nothing on the Globus collection at this path.") from None

    async def _walked(self, collection: Collection, above: Sequence[str], last: str) -> tuple[str, Item]:
        folder = TOP
        for name in above:
            folder, item = await self._in(collection, folder, name)
            if not item.is_folder:
                raise NotFound(f"'{name}' on the Globus collection is a file, so there is nothing below it.")
        return await self._in(collection, folder, last)

    async def _in(self, collection: Collection, folder: str, name: str) -> tuple[str, Item]:
        try:
            items = await self._api.ls(collection, folder)
        except NotAFolder:
            raise NotFound("This is a file on the Globus collection, so there is nothing below it.") from None
        names = names_of(items)
        for item in items:
            if names[item.name] == name:
                return joined(folder, item.name), item
        raise _NoSuchNameError(f"There is no '{name}' in this folder on the Globus collection.")


class _NoSuchNameError(NotFound):
    """The folder was looked into."""


class Links:
    """Finds out where paths really lead, when links are on the way. What was looked at once is remembered.

    Args:
        api: who is asked.
        collection: where.
    """

    def __init__(self, api: Api, collection: Collection) -> None:
        self._api = api
        self._collection = collection
        self._seen: dict[str, Item] = {}

    def note(self, folder: str, items: Iterable[Item]) -> None:
        """What was listed need not be asked for again."""
        self._seen.update((joined(folder, item.name), item) for item in items if item.is_link)

    async def real(self, path: str, *, below: str = TOP) -> str | None:
        """Where a path leads, with no link in it any more; None if that is out of the collection.

        Args:
            path: from the collection's top.
            below: a folder above it that is known to be no link, and not to be reached by one.

        Raises:
            NotFound: nothing is there.
            BadInput: the links lead in circles.
        """
        for _ in range(_LINKS):
            link = await self._first_link(path, below)
            if link is None:
                return path
            where, target = link
            found = posixpath.normpath(posixpath.join(posixpath.dirname(where), target, path[len(where) + 1 :]))
            # Above the top there is nothing of this collection: whoever points there points out of it.
            climbs = target.count("..") and _climbs_out(posixpath.join(posixpath.dirname(where), target))
            if climbs:
                return None
            path, below = f"/{found.strip('/')}", TOP
        raise BadInput("The links on the Globus collection lead in circles.")

    async def _first_link(self, path: str, below: str) -> tuple[str, str] | None:
        parts = _parts(path)
        ways = [path_of(parts[:count]) for count in range(len(_parts(below)) + 1, len(parts) + 1)]
        async with group() as tasks:
            looks = {
                way: tasks.create_task(self._api.stat(self._collection, way)) for way in ways if way not in self._seen
            }
        self._seen.update((way, look.result()) for way, look in looks.items())
        for way in ways:
            if (target := self._seen[way].link_target) is not None:
                return way, target
        return None


def names_of(items: Iterable[Item]) -> dict[str, str]:
    """The local names of what is in one folder, by Globus' own."""
    return local_names(Sibling(id=each.name, name=each.name) for each in items)


def kind_of(item: Item) -> str:
    """What it is that is neither a file nor a folder, for a person."""
    return {"invalid_symlink": "a link that leads nowhere"}.get(item.type, "no ordinary file")


def within(folder: str, path: str) -> bool:
    """Whether a path is a folder's or below it."""
    return path == folder or path.startswith(f"{folder.rstrip('/')}/")


def path_of(names: Iterable[str]) -> str:
    """A path from the top."""
    return "/" + "/".join(names)


def joined(folder: str, name: str) -> str:
    """The path of what is called `name` in `folder`."""
    return f"{folder.rstrip('/')}/{name}"


def _parts(path: str) -> tuple[str, ...]:
    return tuple(part for part in path.split("/") if part)


def _climbs_out(path: str) -> bool:
    depth = 0
    for part in _parts(path):
        depth += -1 if part == ".." else part != "."
        if depth < 0:
            return True
    return False
