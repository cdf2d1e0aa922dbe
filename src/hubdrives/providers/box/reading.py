"""The bytes of a file, of exactly the version that was listed: Box keeps it, also when a new one goes up meanwhile.

https://developer.box.com/reference/get-files-id-content/
"""

from collections.abc import AsyncGenerator
from contextlib import aclosing

from hubdrives.errors import NotFound, VersionGone
from hubdrives.model import Entry
from hubdrives.providers.box.api import Api
from hubdrives.providers.box.urls import LINK


async def read(api: Api, entry: Entry, *, start: int, stop: int | None) -> AsyncGenerator[bytes, None]:
    """See `Provider.read`."""
    link = dict(entry.params).get(LINK, "")
    sha1, _, version = entry.version.partition(" ")
    source = api.content(
        entry.id.removeprefix("files/"),
        link=link,
        version=version or None,
        start=start,
        stop=stop,
        size=entry.size,
        sha1=sha1 if entry.digest else None,
    )
    try:
        async with aclosing(source) as pieces:
            async for piece in pieces:
                yield piece
    except VersionGone:
        raise
    except NotFound:
        raise VersionGone(
            f"'{entry.name}' in Box was removed since it was listed, or that version of it was."
        ) from None
