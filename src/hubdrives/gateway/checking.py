"""What the gateway finds wrong when it tries what a user may use: for `hubdrives doctor` in their server."""

import asyncio
from collections.abc import AsyncIterator, Mapping

from aiohttp import web

from hubdrives.connections import Connections
from hubdrives.doctor import Finding, Patience, Seat, for_user
from hubdrives.errors import HubdrivesError, NotFound, Unavailable
from hubdrives.gateway.answers import document
from hubdrives.gateway.identity import Caller
from hubdrives.gateway.parts import CALLER, PARTS, Parts
from hubdrives.gateway.shared import Shared
from hubdrives.model import Location
from hubdrives.retry import ONCE

_FRESH_SECONDS = 5.0
"""Whoever asks again within these is told the same: a check is no way to make the gateway busy."""

_PATIENCE = Patience(check=20.0)
"""Less than whoever asks has."""

_FOUND: web.AppKey[Shared[Caller, list[Finding]]] = web.AppKey("found", Shared)
_SEAT = web.AppKey("seat", Seat)


def prepare(app: web.Application, environment: Mapping[str, str]) -> None:
    """Let `app` have what `check` needs; `environment` says where the hub is."""
    app[_SEAT] = Seat(environment=environment, patience=_PATIENCE)
    app[_FOUND] = Shared(fresh=_FRESH_SECONDS)
    app.cleanup_ctx.append(_closing)


async def check(request: web.Request) -> web.Response:
    """What is wrong with the connections on which something is granted to the caller."""
    app, caller = request.app, request[CALLER]

    async def look(_known: list[Finding] | None) -> list[Finding]:
        return await _look(app, caller)

    findings = await app[_FOUND].get(caller, look)
    return document([finding.document() for finding in findings])


async def _look(app: web.Application, caller: Caller) -> list[Finding]:
    parts, seat = app[PARTS], app[_SEAT]
    roots: dict[str, list[Location]] = {}
    for rule in parts.access.held(caller):
        places = roots.setdefault(rule.connection, [])
        if rule.root is not None:
            places.append(rule.root)
    # Not those that are in use: they know tokens that may have been withdrawn, and wait where we want to be told.
    async with Connections(parts.settings, environment=seat.environment, local=False, policy=ONCE) as connections:
        own = [] if caller.service else list(parts.spaces.names(caller))
        found = [await _own_folder(parts, connections, caller, name) for name in own]
        if own and not roots:
            return found
        return [
            *await for_user(connections, roots, user="" if caller.service else caller.name, seat=seat),
            *found,
        ]


async def _own_folder(parts: Parts, connections: Connections, caller: Caller, space: str) -> Finding:
    """Whether the caller's own folder in a space is there."""
    check = f"space {space}"
    try:
        async with asyncio.timeout(_PATIENCE.provider):
            home = await parts.spaces.own(caller, space)
            found = await (await connections.provider(home.connection)).describe(home.location)
    except TimeoutError:
        return Finding.of_error(check, Unavailable("It has not answered in time."))
    except NotFound:
        return Finding.warning(
            check, NotFound.code, "You have no folder in it yet.", "Whoever manages the space makes one for you."
        )
    except HubdrivesError as error:
        return Finding.of_error(check, error)
    return Finding.ok(check, f"Your own folder in it is '{found.name}' at {found.source}.")


async def _closing(app: web.Application) -> AsyncIterator[None]:
    yield
    await app[_FOUND].close()
