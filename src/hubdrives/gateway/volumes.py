"""The endpoints for volumes. They tell of what the caller could list, and of nothing else.

Who may read all of a connection by a login of their own, without any root, is told what that login is told. Where a
grant has a root, it must be above all volumes, and only the account's own are below it.
"""

from functools import partial

import msgspec
from aiohttp import web

from hubdrives.errors import BadInput
from hubdrives.gateway import grants
from hubdrives.gateway.able import able
from hubdrives.gateway.access import Place
from hubdrives.gateway.answers import document
from hubdrives.gateway.asking import looked, place_for
from hubdrives.gateway.grants import READ
from hubdrives.gateway.parts import CALLER, PARTS, RECORD
from hubdrives.model import Location
from hubdrives.providers import provider_class
from hubdrives.providers.volumes import HasVolumes, Volume
from hubdrives.wire import MAX_FOUND


async def volumes(request: web.Request) -> web.Response:
    """Volumes by words, or those of the accounts that the caller may read all of."""
    query, line = request.query, request[RECORD].line
    text = query.get("text", "")
    try:
        own = msgspec.convert(query.get("own", "false"), bool, strict=False)
        limit = msgspec.convert(query.get("limit", "100"), int, strict=False)
    except msgspec.ValidationError as error:
        raise BadInput(f"The search can't be understood: {error}.") from None
    if not 1 <= limit <= MAX_FOUND:
        raise BadInput(f"A search brings 1 to {MAX_FOUND} volumes.")
    found: dict[str, Volume] = {}
    for place in await _accounts(request):
        line.connection = place.connection
        provider = await able(request.app[PARTS], place, HasVolumes)
        among = own or place.boundary is not None
        look = partial(provider.volumes, text, own=among, limit=limit)
        found |= {one.address: one for one in await looked(request, place, look, text, among, limit)}
    line.files = min(len(found), limit)
    return document([*found.values()][:limit])


async def volume(request: web.Request) -> web.Response:
    """The volume that a place is in, if the caller may read all of it."""
    parts = request.app[PARTS]
    place = await place_for(READ, request, request.query.get("source", ""), request.query.get("under", ""))
    provider = await able(parts, place, HasVolumes)
    found = await looked(request, place, lambda: provider.volume(place.location))
    settings = parts.settings.connections[place.connection]
    whole = provider_class(settings.provider).parse(found.address, base_url=settings.base_url)
    if whole is None or await parts.access.at(request[CALLER], place.connection, whole) is None:
        raise grants.refusal()
    return document(found)


async def _accounts(request: web.Request) -> list[Place]:
    """What is above all volumes, wherever the caller may read it. Raises NotGranted: nowhere."""
    parts, caller, found = request.app[PARTS], request[CALLER], []
    for name in dict.fromkeys(rule.connection for rule in parts.access.held(caller)):
        request[RECORD].line.connection = name
        provider = parts.settings.connections[name].provider
        if issubclass(provider_class(provider), HasVolumes):
            found.append(await parts.access.at(caller, name, Location(provider=provider)))
    places = [one for one in found if one is not None]
    if not places:
        raise grants.refusal()
    return places
