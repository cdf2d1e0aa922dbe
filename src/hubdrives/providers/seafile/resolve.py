"""From a location to what it means in Seafile: which library, and which path in it."""

import asyncio
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import Final, TypeVar

from hubdrives.errors import BadInput, Forbidden, NotFound, NotShared, Unreadable
from hubdrives.model import Location
from hubdrives.paths import Sibling, local_names, relative, safe_name
from hubdrives.providers.seafile.api import Api, is_link
from hubdrives.providers.seafile.failures import Encrypted
from hubdrives.providers.seafile.item import Dirent, Library
from hubdrives.providers.seafile.shelf import SECTIONS, Shelf, shelve
from hubdrives.providers.seafile.urls import DEFAULT, SMART

_V = TypeVar("_V")

SHELF: Final = ""
"""In a `Place`, instead of a library's id: what lies above the libraries."""

SHARED: Final = "shared folder"
"""What the folder of a public share link is called: the server does not tell its name."""

_FRESH = 20.0
_MOST = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """Where a path begins: a library, or the shelf on which they lie."""

    library: str
    below: tuple[str, ...]
    """The names below it."""
    told: Library | None = None
    """The library, if the way there told of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """What a location means."""

    library: str
    """Its id, "d/TOKEN" or "f/TOKEN" for a share link, SHELF for what lies above libraries."""
    path: str
    """In the library, in Seafile's own names; "/" is its top. On the shelf: "/", or "/SECTION"."""
    name: str
    """The local name."""
    dirent: Dirent | None = field(default=None)
    """None for the top of a library and on the shelf."""

    @property
    def is_folder(self) -> bool:
        return self.dirent is None or self.dirent.is_folder


class Resolver:
    """Finds what locations mean. Which libraries there are is believed for 20 seconds; what is in them is looked up.

    Args:
        api: who is asked.
        clock: seconds.
    """

    def __init__(self, api: Api, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._api = api
        self._clock = clock
        self._shelf: tuple[float, Shelf] | None = None
        self._infos: dict[str, tuple[float, Library]] = {}
        self._defaults: dict[str, tuple[float, str]] = {}
        self._smart: dict[str, tuple[float, tuple[str, str]]] = {}
        self._making = asyncio.Lock()

    async def find(self, location: Location) -> Place:
        """What is at a location now.

        Raises:
            NotFound: nothing; NotShared: or not for this account.
            Encrypted, Unreadable: it is there, and nothing of it may be had.
        """
        spot = await self.spot(location)
        if spot.library == SHELF:
            return Place(library=SHELF, path="/" + "/".join(spot.below), name=safe_name(_last(spot.below) or "Seafile"))
        if spot.library.startswith("f/"):
            return await self._shared_file(spot)
        if not spot.below:
            return await self._top(spot)
        return await self._below(spot.library, spot.below)

    async def spot(self, location: Location) -> Spot:
        """Where the path of a location begins. Costs nothing where the location has a library's id.

        Raises:
            NotFound: there is no such library; NotShared: or not for this account.
            BadPath: the path leads out of it.
        """
        names = _parts(relative(location.path))
        if self._api.library_token:
            return Spot(library=await self._only(location.id), below=names)
        if location.id == DEFAULT:
            return Spot(library=await self.default_library(), below=names)
        if location.id.startswith(SMART):
            library, path = await self._smart_link(location.id.removeprefix(SMART))
            return Spot(library=library, below=(*_parts(path), *names))
        if location.id:
            return Spot(library=location.id, below=names)
        return await self._on_shelf(names)

    async def folder(self, location: Location, *, sure: bool = False) -> tuple[str, str]:
        """The library and the path of the folder that a location names, for writing into it; mostly without asking.

        Args:
            location: of a folder.
            sure: look up each name on the way, for there may be one that is not called there as it is here.

        Raises:
            BadInput: `sure`, and it is a file.
            NotFound: there is no such library, or `sure`, and no such folder.
            Forbidden: it is above the libraries, or a share link.
        """
        spot = await self.spot(location)
        if spot.library == SHELF or is_link(spot.library):
            raise Forbidden(
                "Nothing can be put there in Seafile: it is no folder of a library.",
                hint="Open the library, and use a folder in it.",
            )
        if not sure or not spot.below:
            return spot.library, path_of(spot.below)
        place = await self._below(spot.library, spot.below)
        if not place.is_folder:
            raise BadInput(f"'{place.name}' in Seafile is a file, not a folder.")
        return place.library, place.path

    async def shelf(self) -> Shelf:
        """Which libraries there are, possibly as it was some seconds ago."""
        if self._shelf is None or self._shelf[0] <= self._clock():
            self._shelf = (self._clock() + _FRESH, shelve(await self._api.libraries()))
        return self._shelf[1]

    async def library(self, library: str) -> Library:
        """A library by its id, possibly as it was some seconds ago.

        Raises:
            NotFound: there is none; NotShared: or not for this account.
            Encrypted, Unreadable: nothing in it may be had.
        """
        known_as = "" if self._api.library_token else library
        seen = self._infos.get(known_as)
        if seen is None or seen[0] <= self._clock():
            seen = (self._clock() + _FRESH, await self._api.library(library))
            _note(self._infos, known_as, seen)
        return readable(seen[1])

    async def default_library(self, *, create: bool = False) -> str:
        """The id of the account's default library; `create` makes it if there is none.

        Raises:
            NotFound: there is none.
        """
        # A server that is asked to make it several times at once makes several, and tells each of another one.
        async with self._making if create else nullcontext():
            seen = self._defaults.get(DEFAULT)
            if seen is not None and seen[0] > self._clock():
                return seen[1]
            found = await self._api.default_library(create=False)
            if found is None and create:
                found = await self._api.default_library(create=True)
            if found is None:
                raise NotFound(
                    "This account has no default library in Seafile yet.",
                    hint="It is made when something is first put there.",
                )
            self._defaults[DEFAULT] = (self._clock() + _FRESH, found)
            return found

    async def child(self, library: str, folder: str, name: str) -> Dirent | None:
        """What has a name in a folder, by its own name before its local one; None if nothing."""
        listing = await self._api.listing(library, folder)
        return pick(listing.dirents, name) if listing is not None else None

    def forget(self) -> None:
        """Look everything up again: something was moved or removed."""
        self._shelf = None
        self._infos.clear()
        self._defaults.clear()
        self._smart.clear()

    async def _on_shelf(self, names: tuple[str, ...]) -> Spot:
        if not names:
            return Spot(library=SHELF, below=())
        if names[0] not in SECTIONS:
            raise NotFound(
                f"There is no '{names[0]}' at the top of a Seafile account.",
                hint=f"What is there: {', '.join(SECTIONS)}.",
            )
        if len(names) == 1:
            return Spot(library=SHELF, below=names)
        library = (await self.shelf()).get(names[0], names[1])
        if library is None:
            raise NotFound(f"There is no library '{names[1]}' in '{names[0]}' of this Seafile account.")
        if self._shelf is not None:
            _note(self._infos, library.id, (self._shelf[0], library))
        return Spot(library=readable(library).id, below=names[2:], told=library)

    async def _only(self, library: str) -> str:
        """The one library that a library's own token opens."""
        found = (await self.library("")).id
        if library not in {"", DEFAULT, found}:
            raise NotShared("The token of this connection is for another library in Seafile.")
        return found

    async def _smart_link(self, link: str) -> tuple[str, str]:
        seen = self._smart.get(link)
        if seen is None or seen[0] <= self._clock():
            seen = (self._clock() + _FRESH, await self._api.smart_link(link))
            _note(self._smart, link, seen)
        return seen[1]

    async def _top(self, spot: Spot) -> Place:
        if is_link(spot.library):
            await self._api.listing(spot.library, "/")
            return Place(library=spot.library, path="/", name=SHARED)
        library = spot.told or await self.library(spot.library)
        return Place(library=spot.library, path="/", name=safe_name(library.name or "library"))

    async def _shared_file(self, spot: Spot) -> Place:
        if spot.below:
            raise NotFound("This share link of Seafile's opens a file, so there is nothing below it.")
        dirent = await self._api.shared_file(spot.library)
        return Place(library=spot.library, path="/", name=safe_name(dirent.name), dirent=dirent)

    async def _below(self, library: str, names: Sequence[str]) -> Place:
        """What is at names below the top; they are mostly just what Seafile calls it."""
        *above, last = names
        try:
            return await self._in(library, path_of(above), last)
        except NotFound:
            if not above:
                raise
        folder = "/"
        for name in above:
            place = await self._in(library, folder, name)
            if not place.is_folder:
                raise NotFound(f"'{place.name}' in Seafile is a file, so there is nothing below it.")
            folder = place.path
        return await self._in(library, folder, last)

    async def _in(self, library: str, folder: str, name: str) -> Place:
        listing = await self._api.listing(library, folder)
        dirents = listing.dirents if listing is not None else ()
        found = pick(dirents, name)
        if found is None:
            raise NotFound(f"There is no '{name}' in this folder in Seafile.")
        if not found.is_readable:
            raise Unreadable(
                f"'{name}' in Seafile is not for downloading: its owner lets this account only look at it."
            )
        path = f"{folder.rstrip('/')}/{found.name}"
        return Place(library=library, path=path, name=names_of(dirents)[found.name], dirent=found)


def readable(library: Library) -> Library:
    """The library itself.

    Raises:
        Encrypted, Unreadable: nothing in it may be had.
    """
    if library.is_encrypted:
        raise Encrypted(
            f"The library '{library.name}' in Seafile is encrypted, so nothing in it can be read from here."
        )
    if not library.is_readable:
        raise Unreadable(f"The library '{library.name}' in Seafile may be looked at in the browser only.")
    return library


def names_of(dirents: Iterable[Dirent]) -> dict[str, str]:
    """The local names of what is in one folder, by Seafile's own."""
    return local_names(Sibling(id=each.name, name=each.name) for each in dirents)


def pick(dirents: Sequence[Dirent], name: str) -> Dirent | None:
    """What has a name in a folder, by its own name before its local one; None if nothing."""
    found = next((each for each in dirents if each.name == name), None)
    if found is None:
        names = names_of(dirents)
        found = next((each for each in dirents if names[each.name] == name), None)
    return found


def path_of(names: Iterable[str]) -> str:
    """A path in a library."""
    return "/" + "/".join(names)


def _parts(path: str) -> tuple[str, ...]:
    return tuple(part for part in path.split("/") if part)


def _last(names: Sequence[str]) -> str:
    return names[-1] if names else ""


def _note(notes: dict[str, _V], key: str, value: _V) -> None:
    if len(notes) >= _MOST:
        notes.clear()
    notes[key] = value
