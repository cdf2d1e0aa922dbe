"""The versions of a file: https://developer.box.com/guides/versions/"""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from datetime import UTC, datetime

from hubdrives.errors import BadInput, NotFound, UnexpectedAnswer
from hubdrives.providers.abilities import Version
from hubdrives.providers.box.api import Api, OldVersion
from hubdrives.providers.box.failures import Again
from hubdrives.providers.box.item import Item
from hubdrives.providers.box.resolve import Place

_TRIES = 5
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


async def versions(api: Api, place: Place) -> Sequence[Version]:
    """All versions of a file, the newest first. Raises BadInput: it is a folder."""
    if not place.item.is_file:
        raise BadInput(f"'{place.item.name}' in Box is a folder; only files have versions.")
    # What was found by its name came from a list, which does not tell who wrote it.
    item = place.item if place.item.path_collection else await api.item(place.item.key, link=place.link)
    now, past = _current(item), await api.past_versions(item.id, link=place.link)
    kept = [each for each in past if each.trashed_at is None and each.id != now.id]
    kept.sort(key=lambda each: (each.created_at or each.modified_at or _LONG_AGO, f"{each.id:0>20}"), reverse=True)
    return [now, *map(_past, kept)]


async def read_version(
    api: Api, place: Place, version: str, *, start: int, stop: int | None
) -> AsyncGenerator[bytes, None]:
    """See `Versioned.read_version`."""
    found = _chosen(await versions(api, place), version)
    source = api.content(
        place.item.id,
        link=place.link,
        version=found.id,
        start=start,
        stop=stop,
        size=found.size,
        sha1=found.digest.removeprefix("sha1:") if found.digest else None,
    )
    async with aclosing(source) as pieces:
        async for piece in pieces:
            yield piece


async def restore(api: Api, place: Place, version: str) -> Item:
    """The file, with a copy of that version as the current one; nothing is done if it is current already."""
    found = await versions(api, place)
    wanted, before = _chosen(found, version), found[0]
    for _ in range(_TRIES):
        if wanted.current:
            break
        try:
            await api.promote(place.item.id, wanted.id, link=place.link)
            break
        except Again:
            # A second request would make a second copy.
            now = _current(await api.item(place.item.key, link=place.link))
            if now.id != before.id and now.digest == wanted.digest:
                break
    else:
        raise UnexpectedAnswer("Box did not say whether an earlier version was restored.")
    return await api.item(place.item.key, link=place.link)


def _chosen(found: Sequence[Version], version: str) -> Version:
    for each in found:
        if each.id == version:
            return each
    raise NotFound("Box keeps no such version of this file.")


def _current(item: Item) -> Version:
    by = item.modified_by
    return Version(
        id=item.file_version.id if item.file_version else "",
        size=None if item.size is None else int(item.size),
        modified=item.modified_at,
        author=(by.login or by.name) if by else "",
        digest=f"sha1:{item.sha1}" if item.sha1 else None,
        current=True,
    )


def _past(each: OldVersion) -> Version:
    by = each.modified_by
    return Version(
        id=each.id,
        size=None if each.size is None else int(each.size),
        modified=each.created_at or each.modified_at,
        author=(by.login or by.name) if by else "",
        digest=f"sha1:{each.sha1}" if each.sha1 else None,
    )
