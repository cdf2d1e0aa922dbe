"""What a request is about: the place it names, if the caller may go there, and the document in its body."""

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar, cast

import msgspec
from aiohttp import web

from hubdrives.errors import BadInput
from hubdrives.gateway.access import Place
from hubdrives.gateway.parts import CALLER, PARTS, RECORD
from hubdrives.wire import LINK_PREFIX

L = TypeVar("L")
T = TypeVar("T", bound=msgspec.Struct)


async def asked(request: web.Request, name: str = "") -> Place:
    """Where the caller may read, by the request's `source` and `under`, or by `name` and `name_under`."""
    query = request.query
    if name:
        return await place_of(request, query.get(name, ""), query.get(f"{name}_under", ""))
    return await place_of(request, query.get("source", ""), query.get("under", ""))


async def place_of(request: web.Request, source: str, under: str) -> Place:
    """Where the caller may read; the record knows of it whatever comes out. Raises what `Access.place` does."""
    parts = request.app[PARTS]
    _begin(request, source)
    link = parts.access.link(source)
    request[RECORD].line.link_id = link.id if link else None
    return found(request, await parts.access.place(request[CALLER], source, link=link, under=under))


async def place_for(verb: str, request: web.Request, source: str, under: str, *, inside: bool = False) -> Place:
    """Where the caller may do what `verb` says; as `place_of`. Raises what `Access.place_for` does."""
    _begin(request, source)
    place = await request.app[PARTS].access.place_for(
        verb,
        request[CALLER],
        source,
        under=under,
        inside=inside,
        # Only a change that has begun can answer "not yet": it would be waited for, not sent again.
        at_length=request.method not in {"GET", "HEAD"},
    )
    return found(request, place)


async def looked(request: web.Request, place: Place, look: Callable[[], Awaitable[L]], *about: object) -> L:
    """What `look` finds at `place`, looked up anew for each who asks. Raises NotYet: it takes its time."""
    parts, operation = request.app[PARTS], request[RECORD].line.operation

    async def work(_before: object) -> object:
        return await look()

    key = (place.connection, place.user, request[CALLER].id, operation, place.location, about)
    answer: Any = await parts.looks.get(key, work, patience=parts.patience)
    return cast("L", answer)


async def body(request: web.Request, kind: type[T]) -> T:
    """The document that was sent. Raises BadInput: it is none of that kind."""
    try:
        return msgspec.json.decode(await request.read(), type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadInput(f"The request can't be understood: {error}.") from None


def found(request: web.Request, place: Place) -> Place:
    """`place`, of which the record knows now."""
    line = request[RECORD].line
    line.connection, line.location = place.connection, str(place.location)
    line.space = place.home.source if place.home else None
    return place


def shown(source: str) -> str:
    """`source` for the audit log."""
    return "link" if source.startswith(LINK_PREFIX) else source[:500]


def _begin(request: web.Request, source: str) -> None:
    request[RECORD].line.location = shown(source)
    if not source.strip():
        raise BadInput("The request does not say what it is about: 'source' is missing.")
