"""The endpoints that change something: each needs a grant to write at the place it changes, both places for a move."""

from datetime import datetime
from typing import Annotated
from urllib.parse import unquote

import msgspec
from aiohttp import web

from hubdrives.errors import BadInput, NotFound
from hubdrives.gateway import changes
from hubdrives.gateway.able import able
from hubdrives.gateway.asking import body, place_for
from hubdrives.gateway.grants import WRITE
from hubdrives.gateway.parts import PARTS, RECORD
from hubdrives.gateway.uploads import Upload, drop
from hubdrives.providers.abilities import NEW, Versioned, Writable
from hubdrives.wire import EntryDocument, FolderOrder, MoveOrder, RestoreOrder


async def write(request: web.Request) -> web.Response:
    """A file, new or as a new version: `If-Match` is the version that it replaces, `If-None-Match: *` is none."""
    parts, line, query = request.app[PARTS], request[RECORD].line, request.query
    line.path = query.get("name", "")
    name = _name(line.path)
    condition, modified = _condition(request), _moment(query.get("modified"))
    place = await place_for(WRITE, request, query.get("source", ""), query.get("under", ""))
    writer = await able(parts, place, Writable)
    if changes.under_way(request):
        await drop(request)
        return await changes.make(request, place, _never)
    upload: Upload = await parts.uploads.receive(request)

    async def change() -> EntryDocument:
        content = upload.hold()
        try:
            entry = await writer.write(place.location, name, content, if_version=condition, modified=modified)
        finally:
            content.close()
        return EntryDocument.of(entry)

    try:
        line.received = upload.size
        parts.metrics.received.inc(upload.size)
        return await changes.make(request, place, change)
    finally:
        upload.close()


async def make_folder(request: web.Request) -> web.Response:
    """A folder, if it is not there."""
    line = request[RECORD].line
    order = await body(request, FolderOrder)
    line.path = order.name
    name = _name(order.name)
    place = await place_for(WRITE, request, order.source, order.under)
    writer = await able(request.app[PARTS], place, Writable)

    async def change() -> EntryDocument:
        return EntryDocument.of(await writer.make_folder(place.location, name))

    return await changes.make(request, place, change)


async def remove(request: web.Request) -> web.Response:
    """A file, or a folder with all that is in it, is gone; `If-Match` as for writing."""
    query = request.query
    condition = _condition(request)
    if condition == NEW:
        raise BadInput("What is not there can't be removed.")
    place = await place_for(WRITE, request, query.get("source", ""), query.get("under", ""), inside=True)
    writer = await able(request.app[PARTS], place, Writable)

    async def change() -> dict[str, str]:
        await writer.remove(place.location, if_version=condition)
        return {}

    return await changes.make(request, place, change, moved=True)


async def move(request: web.Request) -> web.Response:
    """A file or folder in another place, or under another name."""
    line = request[RECORD].line
    order = await body(request, MoveOrder)
    name = None if order.name is None else _name(order.name)
    parent = None if order.to is None else await place_for(WRITE, request, order.to, order.to_under)
    line.path, line.to = order.name, str(parent.location) if parent else None
    place = await place_for(WRITE, request, order.source, order.under, inside=True)
    if parent is not None and parent.connection != place.connection:
        raise BadInput("A move from one connection to another is not possible.", hint="Copy it, then remove it.")
    writer = await able(request.app[PARTS], place, Writable)

    async def change() -> EntryDocument:
        return EntryDocument.of(
            await writer.move(place.location, parent=parent.location if parent else None, name=name)
        )

    return await changes.make(request, place, change, moved=True)


async def restore(request: web.Request) -> web.Response:
    """An earlier version is the current one again."""
    order = await body(request, RestoreOrder)
    request[RECORD].line.version = order.version
    place = await place_for(WRITE, request, order.source, order.under)
    keeper = await able(request.app[PARTS], place, Versioned)

    async def change() -> EntryDocument:
        # Identifiers may be good for all of the provider; the grant is for this place.
        if all(version.id != order.version for version in await keeper.versions(place.location)):
            raise NotFound("There is no such version of this file.")
        return EntryDocument.of(await keeper.restore(place.location, order.version))

    return await changes.make(request, place, change)


async def _never() -> None:
    raise AssertionError("unreachable: what is under way is not begun again")


def _name(text: str) -> str:
    """`text` as the name of one item. What else a provider does not take, it says itself."""
    if text in {"", ".", ".."} or "/" in text or "\0" in text:
        raise BadInput(f"'{text[:40]}' can't be the name of a file or folder.")
    return text


def _condition(request: web.Request) -> str | None:
    """The version that must be there, NEW for nothing, None for whatever is there."""
    if "If-None-Match" in request.headers:
        if request.headers["If-None-Match"].strip() != "*" or "If-Match" in request.headers:
            raise BadInput("If-None-Match takes * here, without If-Match: only if nothing is there yet.")
        return NEW
    if "If-Match" not in request.headers:
        return None
    tags = request.if_match or ()
    if len(tags) != 1 or tags[0].is_weak or tags[0].value in {"", "*"}:
        raise BadInput('If-Match takes one version in quotes, percent-encoded: "1a%2Fb".')
    return unquote(tags[0].value)


def _moment(text: str | None) -> datetime | None:
    try:
        moment: datetime | None = msgspec.convert(text, Annotated[datetime, msgspec.Meta(tz=True)] | None)
        return moment
    except msgspec.ValidationError:
        raise BadInput("'modified' takes a date and time with time zone, as ISO 8601 writes it.") from None
