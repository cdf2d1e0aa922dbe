"""Files put into folders by a collection's https server; folders made, and things removed and renamed, by the API.

Globus has no "only if" and no history, and what is sent goes right over what is there: a file that is cut on the way is
damaged until it is sent again. So content that goes over a file is first read once, to be sure that it can be; who
writes the same file from here waits; what is there is looked at directly before and directly after. Who writes
elsewhere in the moment between is not noticed.

https://docs.globus.org/globus-connect-server/v5/https-access-collections/, https://docs.globus.org/api/transfer/file_operations/
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final
from weakref import WeakValueDictionary

from hubdrives.content import Content
from hubdrives.errors import (
    BadInput,
    Changed,
    Corrupt,
    Forbidden,
    HubdrivesError,
    LoginNeeded,
    NameTaken,
    NotFound,
    Unavailable,
)
from hubdrives.forms import Body
from hubdrives.providers.abilities import NEW, TaskState
from hubdrives.providers.globus.api import Api
from hubdrives.providers.globus.doors import HEADERS, Doors
from hubdrives.providers.globus.failures import Exists
from hubdrives.providers.globus.item import Collection, Item
from hubdrives.providers.globus.marks import Marks
from hubdrives.providers.globus.resolve import TOP, Place, joined
from hubdrives.providers.globus.transfers import Transfers

Sleep = Callable[[float], Awaitable[None]]

_LONGEST: Final = 255
"""Bytes of a name."""
_TRIES: Final = 3
_SECOND: Final = 1.0
_FIRST_LOOK, _LONGEST_LOOK = 0.5, 5.0
_PATIENCE: Final = 600.0
"""Seconds that a removal may take."""


class Writer:
    """Changes what is on collections.

    Args:
        api: who is asked.
        doors: the ways to the https servers.
        transfers: knows how tasks are.
        marks: makes versions.
        sleep: how to wait for Globus.
    """

    def __init__(self, api: Api, doors: Doors, transfers: Transfers, marks: Marks, *, sleep: Sleep) -> None:
        self._api = api
        self._doors = doors
        self._transfers = transfers
        self._marks = marks
        self._sleep = sleep
        self._busy = WeakValueDictionary[tuple[str, str], asyncio.Lock]()

    async def make_folder(self, collection: Collection, folder: str, name: str) -> Item:
        """See `Writable.make_folder`. One request for a new one, two for one that is there."""
        check_name(name)
        path = joined(folder, name)
        try:
            await self._api.mkdir(collection, path)
        except Exists:
            found = await self._there(collection, path)
            if found is not None and not found.is_folder:
                raise NameTaken(f"'{name}' on the Globus collection is a file.") from None
        return Item(name=name, type="dir")

    async def write(
        self, collection: Collection, folder: str, name: str, content: Content, *, if_version: str | None
    ) -> Item:
        """See `Writable.write`. Three requests."""
        check_name(name)
        path = joined(folder, name)
        # Fails at once where there is no https server.
        self._doors.address(collection, path)
        lock = self._busy.setdefault((collection.id, path), asyncio.Lock())
        async with lock:
            before = await self._there(collection, path)
            _check_place(name, before)
            _check_version(name, if_version, before)
            if before is not None:
                await _check_readable(content)
            for _ in range(_TRIES):
                item = await self._sent(collection, path, name, content, new=before is None)
                if before is None or item.mark != before.mark:
                    break
                # Of the same size and within the same second as what it follows: nobody could tell them apart.
                await self._sleep(_SECOND)
            self._marks.wrote(collection.id, path, item)
            return item

    async def remove(self, place: Place, *, if_version: str | None) -> None:
        """See `Writable.remove`. There is no bin."""
        _check_movable(place)
        item = place.item
        if if_version is not None and item is not None and item.is_file and item.mark != if_version:
            raise Changed(f"'{place.name}' on the Globus collection is not in the version any more that was meant.")
        if item is not None and item.is_file and not item.is_link and place.collection.https_server:
            with suppress(NotFound):
                await self._at_server("DELETE", place.collection, place.path)
            return
        # It can't be told from outside whether a deleted link would be the link, or what it leads to.
        await self._by_task(place)

    async def move(self, place: Place, *, to: tuple[Collection, str] | None, name: str | None) -> str:
        """The path that it has then. See `Writable.move`."""
        _check_movable(place)
        if name is not None:
            check_name(name)
        above, _, own = place.path.rpartition("/")
        collection, folder = to or (place.collection, above or TOP)
        if collection.id != place.collection.id:
            raise BadInput(
                f"'{place.name}' can't be moved to another Globus collection.",
                hint="Copy it with `hubdrives transfer`, then remove it here.",
            )
        path = joined(folder, name if name is not None else own)
        if path == place.path:
            return path
        if f"{folder}/".startswith(f"{place.path}/"):
            raise BadInput(f"'{place.name}' can't be moved into itself.")
        if to is not None and folder != TOP and not (await self._api.stat(collection, folder)).is_folder:
            raise BadInput("Where it should go is a file, not a folder.")
        if await self._there(collection, path) is not None:
            raise NameTaken(f"Something else is called '{path.rpartition('/')[2]}' there on the Globus collection.")
        try:
            await self._api.rename(collection, place.path, path)
        except NotFound:
            # If an earlier try got through, it is there.
            if await self._there(collection, path) is None:
                raise
        if place.item is not None and place.item.is_file:
            self._marks.wrote(collection.id, path, place.item)
        return path

    async def _sent(self, collection: Collection, path: str, name: str, content: Content, *, new: bool) -> Item:
        """Send the bytes; how the file then looks."""
        try:
            await self._at_server("PUT", collection, path, content)
        except HubdrivesError:
            if new:
                # Nobody has asked for half a file.
                with suppress(HubdrivesError):
                    await self._at_server("DELETE", collection, path)
            raise
        item = await self._there(collection, path)
        if item is None or item.size != content.size:
            raise Corrupt(
                f"What is there of '{name}' on the Globus collection is not what was sent.",
                hint="Send it again; somebody else may be writing it, too.",
            )
        return item

    async def _at_server(self, method: str, collection: Collection, path: str, content: Content | None = None) -> None:
        async with self._doors.https(collection).answer(
            method,
            self._doors.address(collection, path),
            operation=f"https.{method.lower()}",
            headers=HEADERS,
            payload=(lambda: Body(content)) if content is not None else None,
        ):
            # What is told beside the number is meant for people.
            pass

    async def _by_task(self, place: Place) -> None:
        submission = await self._transfers.new_submission()
        id_ = await self._api.delete(submission, place.collection, place.path, folder=place.is_folder)
        wait, waited = _FIRST_LOOK, 0.0
        while waited < _PATIENCE:
            task = await self._transfers.task(id_)
            if task.state is TaskState.SUCCEEDED:
                return
            if task.state is TaskState.INACTIVE:
                await self._give_up(id_)
                raise LoginNeeded(f"Globus wants you to log in again before '{place.name}' can be removed.")
            if task.state is TaskState.FAILED or not task.is_ok:
                await self._give_up(id_)
                raise Forbidden(f"Globus could not remove '{place.name}': {task.note or 'it did not say why.'}")
            await self._sleep(wait)
            waited, wait = waited + wait, min(2 * wait, _LONGEST_LOOK)
        raise Unavailable(
            f"Globus is still removing '{place.name}'.",
            hint="It goes on by itself; look again later.",
        )

    async def _give_up(self, task: str) -> None:
        """A task in trouble would be tried again for a day."""
        with suppress(HubdrivesError):
            await self._transfers.cancel(task)

    async def _there(self, collection: Collection, path: str) -> Item | None:
        """What is at a path now, None if nothing."""
        try:
            return await self._api.stat(collection, path)
        except NotFound:
            return None


def check_name(name: str) -> None:
    """Raise BadInput for names that no file can have."""
    try:
        size = len(name.encode())
    except UnicodeEncodeError:
        size = 0
    if not 0 < size <= _LONGEST or name in {".", ".."} or any(each == "/" or each < " " for each in name):
        raise BadInput(
            f"{name[:200]!a} is no name that a Globus collection takes.",
            hint="Names there have no / in them, at most 255 bytes, and are not '.' or '..'.",
        )


async def _check_readable(content: Content) -> None:
    """Raise what reading it raises, before anything is written over. It may have to be read again anyhow."""
    async for _piece in content.read():
        pass


def _check_place(name: str, there: Item | None) -> None:
    """Raise NameTaken if a file can't be put where this is: nothing is written through a link."""
    if there is None or (there.is_file and not there.is_link):
        return
    what = "a link" if there.is_link else "a folder" if there.is_folder else "no ordinary file"
    raise NameTaken(f"'{name}' on the Globus collection is {what}.")


def _check_version(name: str, wanted: str | None, there: Item | None) -> None:
    """Raise Changed if `wanted` says something else than what is there."""
    if wanted is None:
        return
    if wanted == NEW:
        if there is not None:
            raise Changed(f"There is a '{name}' on the Globus collection already.")
    elif there is None or there.mark != wanted:
        raise Changed(f"'{name}' on the Globus collection is not in the version any more that this is meant to follow.")


def _check_movable(place: Place) -> None:
    if place.item is None:
        raise Forbidden(
            f"'{place.name}' is a whole Globus collection, so it stays where it is.",
            hint="Collections are renamed and removed in Globus itself.",
        )
