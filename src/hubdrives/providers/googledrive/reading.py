"""The bytes of a file: as they are, or exported where it is one of Google's own documents."""

from collections.abc import AsyncGenerator
from contextlib import aclosing

from hubdrives.errors import Corrupt, NotFound, Unreadable, VersionGone
from hubdrives.model import Entry
from hubdrives.providers.googledrive.api import Api
from hubdrives.providers.googledrive.tree import EXPORT
from hubdrives.providers.googledrive.urls import RESOURCE_KEY


async def read(api: Api, entry: Entry, *, start: int, stop: int | None) -> AsyncGenerator[bytes, None]:
    """See `Provider.read`."""
    params = dict(entry.params)
    key, export = params.get(RESOURCE_KEY, ""), params.get(EXPORT)
    try:
        if export is None:
            source = api.media(entry.id, key=key, start=start, stop=stop, size=entry.size, digest=entry.digest)
        else:
            source = _cut(_exported(api, entry.id, export, key), start, stop)
        async with aclosing(source) as pieces:
            async for piece in pieces:
                yield piece
        if export is None and not _is_whole(entry, start, stop):
            # Only the whole has a checksum, and Drive's ranges don't say of which version they are.
            await _check_version(api, entry, key)
    except Corrupt:
        await _check_version(api, entry, key)
        raise
    except VersionGone:
        raise
    except NotFound:
        raise _gone(entry) from None


def _is_whole(entry: Entry, start: int, stop: int | None) -> bool:
    return start == 0 and (stop is None or (entry.size is not None and stop >= entry.size))


async def _check_version(api: Api, entry: Entry, key: str) -> None:
    """Raise VersionGone if the file was replaced since it was listed."""
    try:
        now = await api.file(entry.id, key=key)
    except NotFound:
        raise _gone(entry) from None
    if now.native is None and (now.digest, now.size) != (entry.digest, entry.size):
        raise _gone(entry)


def _gone(entry: Entry) -> VersionGone:
    return VersionGone(f"'{entry.name}' in Google Drive was changed, moved or removed since it was listed.")


async def _exported(api: Api, item: str, mime_type: str, key: str) -> AsyncGenerator[bytes, None]:
    try:
        async with aclosing(api.export(item, mime_type, key=key)) as pieces:
            async for piece in pieces:
                yield piece
    except Unreadable:
        # The only way to more than 10 MB; documents that may not be exported at all have no such link.
        link = await api.export_link(item, mime_type, key=key)
        if link is None:
            raise
        async with aclosing(api.linked(link)) as pieces:
            async for piece in pieces:
                yield piece


async def _cut(source: AsyncGenerator[bytes, None], start: int, stop: int | None) -> AsyncGenerator[bytes, None]:
    """The part of `source` from `start` up to `stop`: each export is made anew, so there are no ranges of it."""
    position = 0
    async with aclosing(source) as pieces:
        async for piece in pieces:
            if stop is not None and position >= stop:
                return
            wanted = piece[max(0, start - position) : None if stop is None else max(0, stop - position)]
            position += len(piece)
            if wanted:
                yield wanted
