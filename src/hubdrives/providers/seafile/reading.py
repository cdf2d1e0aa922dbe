"""The bytes of a file: Seafile makes an address for them that is good for an hour, and whoever knows it may fetch them.

So the token never goes there. The address gives the version that it was made for, also when another one comes
meanwhile; whether that is the version that was listed, the answer with the address tells.

https://seafile-api.readme.io/reference/get_api2-repos-repo-id-file
"""

from collections.abc import AsyncGenerator
from contextlib import aclosing

from hubdrives.errors import NotFound, Unavailable, VersionGone
from hubdrives.model import Entry
from hubdrives.providers.seafile.api import Api, Link
from hubdrives.providers.seafile.failures import LinkDead
from hubdrives.providers.seafile.tree import split


async def read(api: Api, entry: Entry, *, start: int, stop: int | None) -> AsyncGenerator[bytes, None]:
    """See `Provider.read`. Two requests; one more each time that the address has lapsed meanwhile."""
    position, renewed = start, False
    while True:
        link = await _link(api, entry)
        resumed_at = position
        source = api.content(link, start=position, stop=stop, size=entry.size, version=entry.version)
        try:
            async with aclosing(source) as pieces:
                async for piece in pieces:
                    position += len(piece)
                    yield piece
        except LinkDead:
            if renewed and position == resumed_at:
                raise Unavailable("Seafile makes addresses of a file's content that are not good.") from None
            renewed = True
        except VersionGone:
            raise
        except NotFound:
            raise _removed(entry) from None
        else:
            return


async def _link(api: Api, entry: Entry) -> Link:
    """Where the bytes of just this version are.

    Raises:
        VersionGone: the file is another one now, or removed.
    """
    try:
        link = await api.link(*split(entry.id))
    except NotFound:
        raise _removed(entry) from None
    if entry.version and link.oid not in {"", entry.version}:
        raise VersionGone(f"'{entry.name}' in Seafile was changed since it was listed.")
    return link


def _removed(entry: Entry) -> VersionGone:
    return VersionGone(f"'{entry.name}' in Seafile was removed since it was listed.")
