"""Files and folders removed and moved, so that nothing ever takes another name than was asked for."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from secrets import token_hex

from hubdrives.errors import BadInput, Changed, Forbidden, HubdrivesError, NameTaken, NotFound, Unavailable
from hubdrives.paths import safe_name
from hubdrives.providers.seafile.api import Api, is_link
from hubdrives.providers.seafile.changes import Changes, check_name, joined, same_name
from hubdrives.providers.seafile.item import Dirent
from hubdrives.providers.seafile.resolve import SHELF, Place, Resolver, pick

_ASKED = 600
"""How often it is asked how far a move between libraries is."""
_PAUSE = 1.0
"""Seconds in between."""

Sleep = Callable[[float], Awaitable[None]]


async def remove(api: Api, place: Place, *, if_version: str | None) -> None:
    """Into the library's bin. Raises what `Writable.remove` raises.

    `place` is what was found directly before: a version that comes in the moment between is removed too, and can be had
    back from the bin.
    """
    check_movable(place)
    if if_version is not None and place.dirent is not None and place.dirent.id != if_version:
        raise Changed(f"'{place.name}' in Seafile is not in the version any more that was to be removed.")
    try:
        await Changes(api).remove(place.library, place.path, folder=place.is_folder)
    except NotFound:
        # It was there a moment ago: an earlier try of this request got through, or somebody else's did.
        return


class Mover:
    """Gives files and folders other names and folders.

    Args:
        api: who is asked.
        resolver: finds what has a name.
        sleep: how to wait for Seafile, which moves between libraries in the background.
    """

    def __init__(self, api: Api, resolver: Resolver, *, sleep: Sleep) -> None:
        self._api = api
        self._changes = Changes(api)
        self._resolver = resolver
        self._sleep = sleep

    async def move(self, place: Place, *, to: tuple[str, str] | None, name: str | None) -> Place:
        """What it is then. Raises what `Writable.move` raises.

        Args:
            place: where it is.
            to: the library and path of another folder.
            name: another one.
        """
        check_movable(place)
        if name is not None:
            check_name(name)
        above = place.path.rpartition("/")[0] or "/"
        library, folder = to or (place.library, above)
        new = name if name is not None else place.path.rpartition("/")[2]
        if place.is_folder and library == place.library and f"{folder}/".startswith(f"{place.path}/"):
            raise BadInput(f"'{place.name}' can't be moved into itself.")
        target = Place(library=library, path=joined(folder, new), name=new, dirent=place.dirent)
        if (library, target.path) == (place.library, place.path):
            return place
        there = await self._listed(library, folder)
        _check_free(there, new)
        if (library, folder) == (place.library, above):
            await self._rename(place, new)
        else:
            await self._into(place, library, folder, new, there)
        return await self._found(target)

    async def _into(self, place: Place, library: str, folder: str, new: str, there: tuple[Dirent, ...]) -> None:
        """Into another folder. Seafile does not rename on the way: under which name does it go?"""
        own = place.path.rpartition("/")[2]
        above = place.path.rpartition("/")[0] or "/"
        on_the_way = own
        if not same_name(own, new):
            here = {each.name for each in await self._listed(place.library, above)}
            on_the_way = new if new not in here else f"{token_hex(8)}-{new}"[:60]
            await self._rename(place, on_the_way)
        going = Place(library=place.library, path=joined(above, on_the_way), name=new, dirent=place.dirent)
        try:
            await self._carry(going, library, folder)
            await self._check_arrived(going, library, folder, there)
        except HubdrivesError:
            if on_the_way != own:
                with suppress(HubdrivesError):
                    await self._rename(going, own)
            raise
        if not same_name(on_the_way, new):
            arrived = Place(library=library, path=joined(folder, on_the_way), name=new, dirent=place.dirent)
            await self._rename(arrived, new)

    async def _carry(self, place: Place, library: str, folder: str) -> None:
        """Have Seafile move it, and wait until it has."""
        try:
            task = await self._changes.move(
                place.library, place.path, to=library, folder=folder, is_folder=place.is_folder
            )
        except NotFound:
            # If an earlier try got through, it is there, and whoever looks will see it.
            if await self._is_there(place):
                raise
            return
        if task is None:
            return
        for _ in range(_ASKED):
            progress = await self._changes.moved(task)
            if progress.successful:
                return
            if progress.failed or progress.canceled:
                raise Unavailable(f"Seafile could not move '{place.name}'.")
            await self._sleep(_PAUSE)
        raise Unavailable(f"Seafile does not come to an end with moving '{place.name}'.")

    async def _check_arrived(self, place: Place, library: str, folder: str, before: tuple[Dirent, ...]) -> None:
        """Raise NameTaken if somebody took the name first, and put back what Seafile then called "name (1)"."""
        name, known = place.path.rpartition("/")[2], {each.name for each in before}
        own = place.dirent.id if place.dirent is not None else ""
        now = await self._listed(library, folder)
        new = [each for each in now if each.name not in known]
        named = [each for each in new if same_name(each.name, name)]
        new = [each for each in new if each.id == own]
        if any(each.id == own for each in named) or (named and not new):
            return
        above = place.path.rpartition("/")[0] or "/"
        for each in new:
            stray = Place(library=library, path=joined(folder, each.name), name=each.name, dirent=each)
            await self._carry(stray, place.library, above)
            await self._rename(
                Place(library=place.library, path=joined(above, each.name), name=name, dirent=each), name
            )
            raise _taken(name)
        raise NotFound(f"'{place.name}' in Seafile was moved, and is not there any more.")

    async def _rename(self, place: Place, name: str) -> None:
        own = place.path.rpartition("/")[2]
        try:
            got = await self._changes.rename(place.library, place.path, name, folder=place.is_folder)
        except NotFound:
            above = place.path.rpartition("/")[0] or "/"
            renamed = await self._resolver.child(place.library, above, name)
            if renamed is None or place.dirent is None or renamed.id != place.dirent.id:
                raise
            # An earlier try got through; only its answer did not.
            return
        if not same_name(got, name):
            above = place.path.rpartition("/")[0] or "/"
            await self._changes.rename(place.library, joined(above, got), own, folder=place.is_folder)
            raise _taken(name)

    async def _is_there(self, place: Place) -> bool:
        above, _, name = place.path.rpartition("/")
        found = await self._resolver.child(place.library, above or "/", name)
        return found is not None

    async def _listed(self, library: str, folder: str) -> tuple[Dirent, ...]:
        listing = await self._api.listing(library, folder)
        return listing.dirents if listing is not None else ()

    async def _found(self, place: Place) -> Place:
        above, _, name = place.path.rpartition("/")
        found = await self._resolver.child(place.library, above or "/", name)
        if found is None:
            raise NotFound(f"'{place.name}' in Seafile was moved, and is not there any more.")
        return Place(library=place.library, path=joined(above, found.name), name=safe_name(found.name), dirent=found)


def check_movable(place: Place) -> None:
    """Raise Forbidden for what is no file or folder in a library."""
    if place.library == SHELF or is_link(place.library) or place.dirent is None:
        raise Forbidden(
            f"'{place.name}' in Seafile is no file or folder in a library, so it stays where it is.",
            hint="Libraries are renamed and removed in Seafile itself.",
        )


def _check_free(there: tuple[Dirent, ...], name: str) -> None:
    if pick(there, name) is not None:
        raise _taken(name)


def _taken(name: str) -> NameTaken:
    return NameTaken(f"Something else is called '{name}' there in Seafile.")
