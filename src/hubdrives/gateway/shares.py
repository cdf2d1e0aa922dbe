"""The endpoints for giving people access at the provider. Each needs a grant to share at the folder."""

from aiohttp import web

from hubdrives.errors import NotFound
from hubdrives.gateway import changes
from hubdrives.gateway.able import able
from hubdrives.gateway.access import Place
from hubdrives.gateway.answers import document
from hubdrives.gateway.asking import body, looked, place_for
from hubdrives.gateway.grants import SHARE
from hubdrives.gateway.parts import PARTS, RECORD
from hubdrives.providers.abilities import Invitee, Share, Shareable
from hubdrives.wire import ShareChange, ShareOrder


async def shares(request: web.Request) -> web.Response:
    """Who has access to a folder."""
    place, sharer = await _sharer(request, request.query.get("source", ""), request.query.get("under", ""))
    return document(await looked(request, place, lambda: sharer.shares(place.location)))


async def share(request: web.Request) -> web.Response:
    """Somebody has access from now on."""
    line = request[RECORD].line
    order = await body(request, ShareOrder)
    line.who, line.role = order.who, order.role
    place, sharer = await _sharer(request, order.source, order.under)
    role = order.role or sharer.roles[0]

    async def change() -> Share:
        return await sharer.share(place.location, Invitee(who=order.who, group=order.group), role)

    return await changes.make(request, place, change)


async def change_share(request: web.Request) -> web.Response:
    """Somebody may do something else from now on."""
    line = request[RECORD].line
    order = await body(request, ShareChange)
    line.role = order.role
    place, sharer = await _sharer(request, order.source, order.under)

    async def change() -> Share:
        line.who = (await _given(sharer, place, order.id)).who
        return await sharer.change_share(place.location, order.id, order.role)

    return await changes.make(request, place, change)


async def unshare(request: web.Request) -> web.Response:
    """Somebody has no access any more."""
    query, line = request.query, request[RECORD].line
    place, sharer = await _sharer(request, query.get("source", ""), query.get("under", ""))

    async def change() -> dict[str, str]:
        line.who = (await _given(sharer, place, query.get("id", ""))).who
        await sharer.unshare(place.location, query.get("id", ""))
        return {}

    return await changes.make(request, place, change)


async def _sharer(request: web.Request, source: str, under: str) -> tuple[Place, Shareable]:
    place = await place_for(SHARE, request, source, under)
    return place, await able(request.app[PARTS], place, Shareable)


async def _given(sharer: Shareable, place: Place, share: str) -> Share:
    """The share with this identifier, which may be good for all of the provider; the grant is for this folder."""
    for one in await sharer.shares(place.location):
        if one.id == share:
            return one
    raise NotFound("Nobody has access to this folder by such a share.")
