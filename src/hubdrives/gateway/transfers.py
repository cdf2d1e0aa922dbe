"""The endpoints for transfers: begun by who may read here and write there, and nobody else's business afterwards."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial

from aiohttp import web

from hubdrives.errors import BadInput, NotFound
from hubdrives.gateway import changes, grants
from hubdrives.gateway.able import able
from hubdrives.gateway.access import Place
from hubdrives.gateway.answers import document
from hubdrives.gateway.asking import body, looked, place_for
from hubdrives.gateway.grants import READ, TRANSFER, WRITE
from hubdrives.gateway.parts import CALLER, PARTS, RECORD
from hubdrives.model import Location
from hubdrives.providers.abilities import Task, Transfer, Transferable
from hubdrives.wire import MAX_TASKS, TransferOrder


async def submission(request: web.Request) -> web.Response:
    """What makes a transfer from a source one of its own, however often it is sent."""
    place, provider = await _source(request, request.query.get("source", ""), request.query.get("under", ""))
    # Not `looked` for: who asks at the same time wants another transfer.
    return document({"submission": await provider.new_submission(place.location)})


async def submit(request: web.Request) -> web.Response:
    """A transfer is begun, once for each submission."""
    parts, caller, line = request.app[PARTS], request[CALLER], request[RECORD].line
    order = await body(request, TransferOrder)
    to = await _destination(request, order)
    place, provider = await _source(request, order.source, order.under)
    line.to = str(to.location)
    if (to.connection, to.user) != (place.connection, place.user):
        raise BadInput("A transfer from one connection to another is not possible.", hint="Copy it, file by file.")
    _check(request, to)

    async def change() -> dict[str, str]:
        id_ = await provider.submit(
            Transfer(
                source=place.location,
                destination=to.location,
                submission=order.submission,
                recursive=order.recursive,
                sync_level=order.sync_level,
                verify_checksum=order.verify_checksum,
                deadline=order.deadline,
                label=order.label,
            )
        )
        line.task = id_
        if not place.user:
            await parts.owners.claim(place.connection, id_, caller.id)
        return {"id": f"{place.connection}:{id_}"}

    return await changes.make(request, to, change)


async def tasks(request: web.Request) -> web.Response:
    """The caller's own transfers, the newest first."""
    limit = _limit(request)
    found: list[Task] = []
    for connection in _connections(request):
        account = await _account(request, connection)
        own = await _listed(request, account, limit) if account.place.user else await _sifted(request, account, limit)
        found += [account.named(one) for one in own]
    beginning = datetime.min.replace(tzinfo=UTC)
    return document(sorted(found, key=lambda one: one.begun or beginning, reverse=True)[:limit])


async def task(request: web.Request) -> web.Response:
    """How a transfer of the caller's stands."""
    one = await _asked(request)
    return document(one.named(await looked(request, one.place, lambda: one.provider.task(one.id), one.id)))


async def events(request: web.Request) -> web.Response:
    """What happened to a transfer of the caller's."""
    limit = _limit(request)
    one = await _asked(request)
    return document(await looked(request, one.place, partial(one.provider.events, one.id, limit=limit), one.id, limit))


async def cancel(request: web.Request) -> web.Response:
    """A transfer of the caller's is ended."""
    one = await _asked(request)

    async def change() -> Task:
        return one.named(await one.provider.cancel(one.id))

    return await changes.make(request, one.place, change)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Account:
    """What makes the caller's transfers on a connection."""

    place: Place
    provider: Transferable

    def named(self, task: Task) -> Task:
        """As the caller knows it."""
        return replace(task, id=f"{self.place.connection}:{task.id}")


async def _listed(request: web.Request, account: _Account, limit: int) -> Sequence[Task]:
    return await looked(request, account.place, partial(account.provider.tasks, limit=limit), limit)


async def _sifted(request: web.Request, account: _Account, limit: int) -> Sequence[Task]:
    """The caller's among all of a service account, looked for as far back as there are any."""
    wanted = min(limit, await request.app[PARTS].owners.count(request[CALLER].id))
    own: dict[str, Task] = {}
    among = 0
    while len(own) < wanted:
        before, among = among, max(MAX_TASKS, 4 * among)
        some = await _listed(request, account, among)
        for one in some[before:]:
            if await _is_owner(request, account.place.connection, one.id):
                own[one.id] = one
        if len(some) < among:
            break
    return [*own.values()]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Own(_Account):
    """A transfer of the caller's."""

    id: str


async def _source(request: web.Request, source: str, under: str) -> tuple[Place, Transferable]:
    place = await place_for(READ, request, source, under)
    _check(request, place)
    return place, await able(request.app[PARTS], place, Transferable)


async def _destination(request: web.Request, order: TransferOrder) -> Place:
    """What is to be there later need not be there now: then it is the folder above that must be granted."""
    try:
        return await place_for(WRITE, request, order.to, order.to_under)
    except NotFound:
        above, _, name = order.to_under.rpartition("/")
        if not name:
            raise
        folder = await place_for(WRITE, request, order.to, above)
        return replace(folder, location=folder.location.below(name))


def _check(request: web.Request, place: Place) -> None:
    """Raise NotGranted unless the caller may have transfers made on this connection. A space has none."""
    if place.home is not None or place.connection not in _connections(request):
        raise grants.refusal()


def _connections(request: web.Request) -> list[str]:
    """Those on which the caller may have transfers made."""
    rules = request.app[PARTS].access.held(request[CALLER])
    return list(dict.fromkeys(rule.connection for rule in rules if TRANSFER in rule.can))


async def _account(request: web.Request, connection: str) -> _Account:
    parts = request.app[PARTS]
    place = Place(
        connection=connection,
        location=Location(provider=parts.connections.settings[connection].provider),
        boundary=None,
        user=parts.access.owner(request[CALLER], connection),
    )
    return _Account(place=place, provider=await able(parts, place, Transferable))


async def _asked(request: web.Request) -> _Own:
    """The transfer in the request's `id`: CONNECTION:ID, or ID where the caller has one connection for transfers.

    Raises:
        NotFound: there is none, or it is another's.
        NotGranted: the caller may have none made.
    """
    line, told, known = request[RECORD].line, request.query.get("id", ""), _connections(request)
    line.task = told[:500]
    connection, _, id_ = told.partition(":")
    if connection not in known:
        connection, id_ = known[0] if len(known) == 1 else "", told
    if not connection or not id_:
        raise grants.refusal()
    line.connection = connection
    account = await _account(request, connection)
    if not account.place.user and not await _is_owner(request, connection, id_):
        raise NotFound("You have no such transfer.", hint="`hubdrives transfers list` shows yours.")
    return _Own(place=account.place, provider=account.provider, id=id_)


async def _is_owner(request: web.Request, connection: str, id_: str) -> bool:
    return await request.app[PARTS].owners.owner(connection, id_) == request[CALLER].id


def _limit(request: web.Request) -> int:
    text = request.query.get("limit", "100")
    if not (text.isascii() and text.isdigit() and 0 < int(text) <= MAX_TASKS):
        raise BadInput(f"'limit' takes a number from 1 to {MAX_TASKS}.")
    return int(text)
