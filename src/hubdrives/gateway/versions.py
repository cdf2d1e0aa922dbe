"""The endpoints for earlier versions, which may hold what an author took back: whoever may only read sees none."""

import hashlib
from contextlib import aclosing
from http import HTTPStatus

from aiohttp import web

from hubdrives.errors import NotFound
from hubdrives.gateway.able import able
from hubdrives.gateway.access import Place
from hubdrives.gateway.answers import document
from hubdrives.gateway.asking import asked, looked, place_for
from hubdrives.gateway.grants import WRITE
from hubdrives.gateway.parts import PARTS, RECORD
from hubdrives.gateway.sending import ranged, sending
from hubdrives.providers.abilities import Versioned


async def versions(request: web.Request) -> web.Response:
    """All versions of a file, the newest first."""
    place = await _place(request)
    keeper = await able(request.app[PARTS], place, Versioned)
    return document(await looked(request, place, lambda: keeper.versions(place.location)))


async def version(request: web.Request) -> web.StreamResponse:
    """The bytes of one version, or a part of them."""
    parts, line = request.app[PARTS], request[RECORD].line
    wanted = line.version = request.query.get("version", "")
    place = await _place(request)
    keeper = await able(parts, place, Versioned)
    found = next((one for one in await keeper.versions(place.location) if one.id == wanted), None)
    if found is None:
        raise NotFound("There is no such version of this file.")
    etag = hashlib.sha256(wanted.encode("utf-8", "surrogatepass")).hexdigest()
    response, start, stop = ranged(request, found.size, etag)
    if request.method == "HEAD" or response.status == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
        return response
    pieces = keeper.read_version(place.location, wanted, start=start, stop=None if stop == found.size else stop)
    async with aclosing(sending(request, response, pieces)) as going:
        async for sent in going:
            line.bytes += sent
            parts.metrics.sent.inc(sent)
    return response


async def _place(request: web.Request) -> Place:
    await asked(request)
    return await place_for(WRITE, request, request.query.get("source", ""), request.query.get("under", ""))
