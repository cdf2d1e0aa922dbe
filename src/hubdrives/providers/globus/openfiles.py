"""Files that are open to everybody, by their addresses alone: for who may not ask, or does not know, whose they are.

A look is a HEAD, and the bytes are a GET: no token is shown, and nobody but the file's own https server is asked.

https://docs.globus.org/globus-connect-server/v5/https-access-collections/
"""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from secrets import token_hex
from typing import Final
from urllib.parse import quote

from hubdrives.errors import Forbidden, NotFound, UnexpectedAnswer, VersionGone
from hubdrives.model import Entry, Kind, Location
from hubdrives.paths import safe_name
from hubdrives.providers.globus.doors import Doors
from hubdrives.providers.globus.reading import CONTENT, expect

LOOK: Final = "https.head"
# Of what is packed for the way, another length would be told.
_HEADERS: Final = {"Accept-Encoding": "identity"}


def is_open(entry: Entry) -> bool:
    """Whether an entry is one of these files, which are called by their addresses."""
    return entry.id.startswith(("https://", "http://"))


class OpenFiles:
    """Looks at open files, and reads them.

    Args:
        doors: the ways to the https servers.
    """

    def __init__(self, doors: Doors) -> None:
        self._doors = doors

    async def stat(self, location: Location) -> Entry | None:
        """The file at an https server's address, in one request; None if there is none that is open to everybody.

        Each look finds another version: of when it was changed, the server tells nothing.
        """
        if not (location.path and location.id.startswith("http") and self._doors.is_server(location.id)):
            return None
        address = f"{location.id}/{quote(location.path, safe='/')}"
        try:
            _, _, headers = await self._doors.unknown().send(
                "HEAD", address, operation=LOOK, headers=_HEADERS, anonymous=True
            )
        except (NotFound, Forbidden, UnexpectedAnswer):
            return None
        told = headers.get("Content-Length", "")
        size = int(told) if told.isdecimal() else None
        name = safe_name(location.path.rpartition("/")[2])
        return Entry(path=name, kind=Kind.FILE, id=address, size=size, version=f"{size}~{token_hex(4)}")

    async def read(self, entry: Entry, *, start: int, stop: int | None) -> AsyncGenerator[bytes, None]:
        """See `Provider.read`."""
        source = self._doors.unknown().stream(
            entry.id,
            operation=CONTENT,
            start=start,
            stop=stop,
            size=entry.size,
            anonymous=True,
            check=expect(entry),
        )
        try:
            async with aclosing(source) as pieces:
                async for piece in pieces:
                    yield piece
        except NotFound:
            raise VersionGone(f"'{entry.name}' on the Globus collection was removed since it was looked at.") from None
