"""The endpoints for spaces: which there are for the caller, and users' folders in them, for those who manage them."""

from aiohttp import web

from hubdrives.errors import NotFound
from hubdrives.gateway import changes
from hubdrives.gateway.able import abilities
from hubdrives.gateway.access import Place
from hubdrives.gateway.answers import document
from hubdrives.gateway.asking import body, found
from hubdrives.gateway.grants import MANAGE
from hubdrives.gateway.parts import CALLER, PARTS, RECORD
from hubdrives.providers.abilities import Shareable
from hubdrives.spaces.people import asks_people
from hubdrives.wire import ConnectionDocument, SpaceDocument, SpaceOrder, SpaceState

_NEVER = frozenset({"share", "token", "transfer"})
"""Abilities that are of no use in a space."""


async def spaces(request: web.Request) -> web.Response:
    """The spaces in which the caller may do something."""
    parts = request.app[PARTS]
    documents = []
    for name, can in parts.spaces.names(request[CALLER]).items():
        settings = parts.spaces.settings(name)
        provider = await parts.connections.provider(settings.connection)
        roles = tuple(provider.roles) if MANAGE in can and isinstance(provider, Shareable) else ()
        documents.append(
            SpaceDocument(name, provider.title, settings.folder, tuple(sorted(can)), roles, settings.mounted)
        )
    return document(documents)


async def as_connections(request: web.Request) -> list[ConnectionDocument]:
    """The caller's spaces as they are listed among what they may use: by name, as connections are."""
    parts, caller = request.app[PARTS], request[CALLER]
    documents = []
    for name, can in parts.spaces.names(caller).items():
        provider = await parts.connections.provider(parts.spaces.settings(name).connection)
        verbs = tuple(sorted(can))
        # A service has no folder of its own.
        own = () if caller.service else ({"url": f"{name}:/", "path": "", "can": list(verbs)},)
        able = tuple(one for one in abilities(provider) if one not in _NEVER)
        documents.append(ConnectionDocument(name, provider.name, provider.title, verbs, own, able=able))
    return documents


async def ensure(request: web.Request) -> web.Response:
    """Somebody's folder, made and shared with them unless it is already."""
    parts = request.app[PARTS]
    order = await body(request, SpaceOrder)
    request[RECORD].line.role = order.role or None
    place = await _place(request, order.space, order.user)
    kept = await parts.spaces.stored(order.space)

    async def change() -> SpaceState:
        # Where nobody asks who they are, a folder could be made for a name with a mistake in it.
        if not asks_people(parts.spaces.settings(order.space)) and await parts.identity.user(order.user) is None:
            raise NotFound(f"The hub has no user '{order.user}'.", hint="Write the name as the hub has it.")
        made = await kept.ensure(order.user, role=order.role)
        source = f"{order.space}@{order.user}:/"
        return SpaceState(order.space, order.user, made.created, made.shared, made.role, source, made.others)

    return await changes.make(request, place, change)


async def unshare(request: web.Request) -> web.Response:
    """Somebody's folder is not shared with them any more."""
    space, user = request.query.get("space", ""), request.query.get("user", "")
    place = await _place(request, space, user)
    kept = await request.app[PARTS].spaces.stored(space)

    async def change() -> SpaceState:
        await kept.unshare(user)
        return SpaceState(space, user, created=False, shared=False, role="", source=f"{space}@{user}:/")

    return await changes.make(request, place, change)


async def remove(request: web.Request) -> web.Response:
    """Somebody's folder is gone, with all that is in it."""
    space, user = request.query.get("space", ""), request.query.get("user", "")
    place = await _place(request, space, user)
    kept = await request.app[PARTS].spaces.stored(space)

    async def change() -> dict[str, str]:
        await kept.remove(user)
        return {}

    return await changes.make(request, place, change, moved=True)


async def _place(request: web.Request, space: str, user: str) -> Place:
    """The folder of `user`, if the caller manages that space; the record knows of it whatever comes out."""
    line = request[RECORD].line
    line.who, line.space = user[:500], f"{space}@{user}:/"[:500]
    return found(request, await request.app[PARTS].access.managed(request[CALLER], space, user))
