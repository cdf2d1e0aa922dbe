"""The bytes of a file, from an address that Canvas signs for some minutes; when it ends, a new one is asked for.

https://canvas.instructure.com/doc/api/files.html#method.files.public_url
"""

from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from datetime import datetime

from yarl import URL

from hubdrives.errors import BadCredential, Corrupt, Forbidden, NotFound, Unreadable, VersionGone
from hubdrives.http import Check
from hubdrives.model import Entry
from hubdrives.providers.canvas.api import AddressRefused, Api, MissingScope
from hubdrives.providers.canvas.item import File
from hubdrives.providers.canvas.locks import refusal
from hubdrives.providers.canvas.tree import CONTENT_TYPE

_TRIES = 3
"""Addresses in a row that may be refused before a byte came."""


class _LoginPage(AddressRefused):
    """A page for people came instead of the file."""


async def read(api: Api, entry: Entry, *, start: int, stop: int | None, now: datetime) -> AsyncGenerator[bytes, None]:
    """See `Provider.read`; `now` decides what is locked."""
    file = entry.id.removeprefix("files/")
    end = stop if entry.size is None else min(entry.size, entry.size if stop is None else stop)
    position, refused = start, 0
    try:
        while end is None or position < end:
            try:
                address = await _address(api, entry, file, now)
                source = api.content(address, start=position, stop=stop, size=entry.size, check=_check(api, entry))
                async with aclosing(source) as pieces:
                    async for piece in pieces:
                        position, refused = position + len(piece), 0
                        yield piece
                return
            except AddressRefused:
                refused += 1
                if refused >= _TRIES:
                    raise
    except Corrupt:
        await _check_version(api, entry, file)
        raise
    except AddressRefused as error:
        await _check_version(api, entry, file)
        raise Unreadable(str(error), hint=error.hint) from None


async def _address(api: Api, entry: Entry, file: str, now: datetime) -> str:
    """Where the bytes are, for the next minutes. It must not be kept."""
    try:
        address = await api.public_url(file)
        if address:
            return address
    except (NotFound, Forbidden) as error:
        # Of the file, or only of this endpoint: the file itself will tell, and its own address does as well.
        if isinstance(error, BadCredential) and not isinstance(error, MissingScope):
            raise
    found = await _check_version(api, entry, file)
    why = refusal(found, now=now, by_link=True)
    if why is not None or not found.url:
        raise Unreadable(f"'{entry.name}' can't be read. {why.reason if why else 'Canvas tells no address of it.'}")
    return found.url


async def _check_version(api: Api, entry: Entry, file: str) -> File:
    """The file as it is now; raises VersionGone if it is not what `entry` says any more."""
    try:
        found = await api.file(file)
    except NotFound:
        found = None
    if found is None or found.version != entry.version:
        raise VersionGone(f"'{entry.name}' in Canvas was replaced or removed since it was listed.")
    return found


def _check(api: Api, entry: Entry) -> Check:
    """Refuses a page of HTML, such as that for logging in, instead of a file that is none."""
    is_page = bool(dict(entry.params).get(CONTENT_TYPE))

    def check(url: URL, headers: Mapping[str, str]) -> None:
        came_as_page = headers.get("Content-Type", "").lower().startswith(("text/html", "application/xhtml"))
        strayed = api.is_own(url) and "files" not in url.parts
        if strayed or (came_as_page and not is_page):
            raise _LoginPage(f"Canvas sent a page for people instead of '{entry.name}'.")

    return check
