"""Which collections there are, and what is known of each: believed for some minutes, for servers move seldom."""

from collections.abc import Callable, Mapping
from typing import Final, Generic, TypeVar
from urllib.parse import urlsplit

from hubdrives.errors import NotFound, UnexpectedAnswer, Unreadable
from hubdrives.paths import Sibling, local_names
from hubdrives.providers.globus import urls
from hubdrives.providers.globus.api import Api
from hubdrives.providers.globus.doors import Doors
from hubdrives.providers.globus.failures import LoginPage
from hubdrives.providers.globus.item import Collection
from hubdrives.sync.tasks import group

SECTIONS: Final[Mapping[str, str]] = {
    "Recently used": "recently-used",
    "My collections": "my-endpoints",
    "Shared with me": "shared-with-me",
}
"""What is above the collections: names for people, and Globus' own word for each."""

_FRESH = 300.0
"""Seconds."""
_MOST = 1000

_V = TypeVar("_V")


class Collections:
    """Finds collections.

    Args:
        api: who is asked.
        doors: the ways to their https servers.
        clock: seconds.
    """

    def __init__(self, api: Api, doors: Doors, *, clock: Callable[[], float]) -> None:
        self._api = api
        self._doors = doors
        self._known = _Notes[Collection](clock)
        self._homes = _Notes[str](clock)
        self._servers = _Notes[str](clock)
        self._sections = _Notes[dict[str, Collection]](clock)

    async def get(self, item: str) -> Collection:
        """A collection by its id, or by the address of its https server.

        Raises:
            NotFound: there is none, or this account may not see it.
            Unreadable: it is a server, which has no files but in its collections.
        """
        if not urls.is_collection(item):
            item = await self._behind(item)
        found = self._known.get(item)
        if found is None:
            # Most want to read there.
            self._doors.expect(item)
            found = self._known.note(item, await self._api.collection(item))
        if not found.has_files:
            raise Unreadable(
                f"'{found.name}' in Globus is a server, not a collection, so there are no files on it.",
                hint="Open one of its collections, and paste that address.",
            )
        return found

    def forget(self, collection: str) -> None:
        """Look at a collection again: its server may have moved."""
        self._known.forget(collection)

    async def home(self, collection: Collection) -> str:
        """Where "/~/" leads on a collection, from its top.

        Raises:
            NotFound: there is none. Unreadable: it is not told.
        """
        found = self._homes.get(collection.id)
        if found is None:
            path = await self._api.home(collection)
            if path is None:
                raise Unreadable(
                    "This Globus collection does not tell where the home is.",
                    hint="Paste an address whose path begins at the top of the collection.",
                )
            found = self._homes.note(collection.id, path)
        return found

    async def section(self, name: str) -> dict[str, Collection]:
        """The collections of a section by the names that they have here. Raises NotFound: there is no such section."""
        if name not in SECTIONS:
            raise NotFound(
                f"There is no '{name}' among this account's Globus collections.",
                hint=f"What is there: {', '.join(SECTIONS)}.",
            )
        found = self._sections.get(name)
        if found is None:
            listed = [each async for each in self._api.search(scope=SECTIONS[name]) if each.has_files]
            names = local_names(Sibling(id=each.id, name=each.name) for each in listed)
            found = self._sections.note(name, {names[each.id]: each for each in listed})
        return found

    async def search(self, text: str, *, own: bool, limit: int) -> list[Collection]:
        """Collections, the best first.

        Args:
            text: words of their names, descriptions and owners; "" is all of the account's.
            own: only those of the account's sections.
            limit: how many at most; Globus tells no more than 1000.
        """
        if text and not own:
            return [each async for each in self._api.search(text, limit=limit) if each.has_files]
        async with group() as tasks:
            some = [tasks.create_task(self._in_section(name, text, limit)) for name in SECTIONS]
        found = {each.id: each for one in some for each in one.result()}
        return [*found.values()][:limit]

    async def _in_section(self, name: str, text: str, limit: int) -> list[Collection]:
        if not text:
            return [*(await self.section(name)).values()]
        among = self._api.search(text, scope=SECTIONS[name], limit=limit)
        return [each async for each in among if each.has_files]

    async def _behind(self, server: str) -> str:
        """The id of the collection whose https server this is.

        The server itself tells: it sends whoever shows no token to the login for its collection. One that is open to
        all does not, so it is looked for among those that the account knows. What Globus says of it decides.
        """
        found = self._servers.get(server)
        if found is not None:
            return found
        if not self._doors.is_server(server):
            raise NotFound("This is no address of a Globus collection.")
        told = await self._told_by(server)
        candidates = [await self.get(told)] if urls.is_collection(told) else []
        for name in SECTIONS if not candidates else ():
            candidates += (await self.section(name)).values()
        for each in candidates:
            if each.https_server and _origin(each.https_server) == _origin(server):
                return self._servers.note(server, each.id)
        raise NotFound(
            "It is not known which Globus collection this address belongs to.",
            hint="Open the collection in the Globus file manager, and paste that address.",
        )

    async def _told_by(self, server: str) -> str:
        try:
            await self._doors.unknown().send("GET", f"{server}/", operation="https.sniff", anonymous=True)
        except LoginPage as page:
            return page.collection.lower()
        except (NotFound, UnexpectedAnswer, PermissionError):
            pass
        return ""


class _Notes(Generic[_V]):
    """What was told, for as long as it is believed."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._noted: dict[str, tuple[float, _V]] = {}

    def get(self, key: str) -> _V | None:
        until, value = self._noted.get(key, (0.0, None))
        return value if until > self._clock() else None

    def note(self, key: str, value: _V) -> _V:
        if len(self._noted) >= _MOST:
            self._noted.clear()
        self._noted[key] = (self._clock() + _FRESH, value)
        return value

    def forget(self, key: str) -> None:
        self._noted.pop(key, None)


def _origin(server: str) -> str:
    """What must be the same of two addresses of one server."""
    url = urlsplit(server.lower())
    port = {"https": ":443", "http": ":80"}.get(url.scheme, "")
    return f"{url.scheme}://{url.netloc.removesuffix(port)}"
