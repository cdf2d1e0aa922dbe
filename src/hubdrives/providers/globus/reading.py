"""The bytes of a file, from the https server of its collection: one request each.

There is no checksum, and no way to ask for a version: that the bytes are those of the file that was listed is known by
their number alone.

https://docs.globus.org/globus-connect-server/v5/https-access-collections/
"""

from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from typing import Final

from yarl import URL

from hubdrives.errors import Corrupt, NotFound, Unavailable, UnexpectedAnswer, VersionGone
from hubdrives.http import Check
from hubdrives.model import Entry
from hubdrives.providers.globus.api import Api
from hubdrives.providers.globus.collections import Collections
from hubdrives.providers.globus.doors import HEADERS, Doors
from hubdrives.providers.globus.item import Collection
from hubdrives.providers.globus.tree import split

CONTENT: Final = "https.get"
_PAGES: Final = (".html", ".htm")


class Reader:
    """Reads files.

    Args:
        api: tells whether a file is still what it was.
        doors: the ways to the https servers.
        collections: knows the collections.
    """

    def __init__(self, api: Api, doors: Doors, collections: Collections) -> None:
        self._api = api
        self._doors = doors
        self._collections = collections

    async def read(self, entry: Entry, *, start: int, stop: int | None) -> AsyncGenerator[bytes, None]:
        """See `Provider.read`.

        Raises:
            Unreadable: the collection has no https server.
        """
        item, path = split(entry.id)
        collection = await self._collections.get(item)
        address = self._doors.address(collection, path)
        source = self._doors.https(collection).stream(
            address,
            operation=CONTENT,
            headers=HEADERS,
            start=start,
            stop=stop,
            size=entry.size,
            check=expect(entry),
        )
        try:
            async with aclosing(source) as pieces:
                async for piece in pieces:
                    yield piece
        except VersionGone:
            raise
        except NotFound:
            raise VersionGone(f"'{entry.name}' on the Globus collection was removed since it was listed.") from None
        except Corrupt:
            await self._check_still(entry, collection, path)
            raise
        except Unavailable:
            self._collections.forget(collection.id)
            raise

    async def _check_still(self, entry: Entry, collection: Collection, path: str) -> None:
        """Raise VersionGone if the file is another one now: that explains why its bytes were others."""
        try:
            item = await self._api.stat(collection, path)
        except NotFound:
            item = None
        if item is None or item.mark != entry.version.partition("~")[0]:
            raise _changed(entry)


def expect(entry: Entry) -> Check:
    """What looks at an answer before its bytes are taken: a login page and another file are not what was asked for."""

    def check(_url: URL, headers: Mapping[str, str]) -> None:
        told = headers.get("Content-Length", "")
        # Of a part, the whole's length is not told.
        if entry.size is None or "Content-Range" in headers or not told.isdecimal() or int(told) == entry.size:
            return
        if headers.get("Content-Type", "").startswith("text/html") and not entry.name.lower().endswith(_PAGES):
            raise UnexpectedAnswer(f"Globus sent a page in place of '{entry.name}'.")
        raise _changed(entry)

    return check


def _changed(entry: Entry) -> VersionGone:
    return VersionGone(f"'{entry.name}' on the Globus collection was changed since it was listed.")
