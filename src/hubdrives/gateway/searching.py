"""The endpoint that searches. It finds what the caller could list, and nothing else."""

import msgspec
from aiohttp import web

from hubdrives.errors import BadInput
from hubdrives.gateway.able import able
from hubdrives.gateway.answers import document
from hubdrives.gateway.asking import asked, looked
from hubdrives.gateway.parts import PARTS, RECORD
from hubdrives.model import Kind
from hubdrives.providers.abilities import Query, Searchable
from hubdrives.wire import MAX_FOUND, EntryDocument


async def search(request: web.Request) -> web.Response:
    """What matches below a folder, the best first."""
    query = request.query
    try:
        kind = msgspec.convert(query.get("kind") or None, Kind | None)
        limit = msgspec.convert(query.get("limit", str(MAX_FOUND)), int, strict=False)
    except msgspec.ValidationError as error:
        raise BadInput(f"The search can't be understood: {error}.") from None
    if not 1 <= limit <= MAX_FOUND:
        raise BadInput(f"A search brings 1 to {MAX_FOUND} entries.")
    place = await asked(request)
    searcher = await able(request.app[PARTS], place, Searchable)
    extensions = tuple(filter(None, query.get("extensions", "").split(",")))
    wanted = Query(text=query.get("text", ""), kind=kind, extensions=extensions)

    async def look() -> list[EntryDocument]:
        found = searcher.search(wanted, under=place.location, limit=limit)
        return [EntryDocument.of(entry) async for entry in found]

    found = await looked(request, place, look, wanted, limit)
    request[RECORD].line.files = len(found)
    return document(found)
