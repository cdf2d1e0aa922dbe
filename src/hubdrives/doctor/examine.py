"""What is examined from where we are."""

import asyncio
import os
from collections.abc import Iterator, Mapping
from functools import partial

from hubdrives.config import Settings
from hubdrives.connections import Connections
from hubdrives.doctor import checks, configuration, gateway, hub, service, source
from hubdrives.doctor import connections as connected
from hubdrives.doctor.checks import Told, Work
from hubdrives.doctor.findings import Finding
from hubdrives.doctor.seat import Patience, Seat
from hubdrives.errors import HubdrivesError
from hubdrives.model import Location
from hubdrives.providers.base import Gates
from hubdrives.retry import ONCE


async def examine(
    text: str | None = None,
    *,
    environment: Mapping[str, str] = os.environ,
    patience: Patience | None = None,
    told: Told = lambda _names: None,
) -> list[Finding]:
    """All that can be told from here of configuration, hub, gateway and connections. Nothing is changed.

    Args:
        text: an address, `connection:/path` or link that is to be explained too.
        environment: what says where we are: in a user's server, beside the gateway, or far from both.
        patience: how long to wait for others.
        told: is told the names of the checks that are still under way.
    """
    seat = Seat(environment=environment, patience=patience or Patience())
    settings, first = await asyncio.to_thread(configuration.read, seat)
    async with Connections(settings, environment=environment, policy=ONCE) as connections:
        works = _works(text, settings, connections, seat)
        return [first, *await checks.run(works, seconds=seat.patience.check, told=told)]


def _works(text: str | None, settings: Settings, connections: Connections, seat: Seat) -> dict[str, Work]:
    works: dict[str, Work] = {}
    personal = any(connections.is_personal(name) for name in settings.connections)
    if seat.in_hub:
        works["hub"] = partial(hub.examine, seat, personal=personal)
    works["secret files"] = partial(asyncio.to_thread, service.secrets, settings)
    if seat.service or settings.grants:
        works["gateway's files"] = partial(asyncio.to_thread, service.files, settings)
        works["grants"] = partial(asyncio.to_thread, service.grants, settings, connections)
    if seat.service:
        works["gateway"] = partial(service.running, seat, settings)
    for name in connections.settings:
        works[connected.label(name)] = partial(_connection, name, settings, connections, seat)
    if text is not None:
        works["source"] = partial(source.examine, text, connections, settings, seat)
    return works


async def _connection(name: str, settings: Settings, connections: Connections, seat: Seat) -> list[Finding]:
    if seat.service and connections.is_personal(name):
        return await connected.for_nobody(connections, name, seat)
    one = connections.settings[name]
    provider = await connections.provider(name)
    if isinstance(provider, Gates):
        return await gateway.examine(name, provider, one.base_url or "", seat)
    places = [*([connections.root(name)] if one.root else []), *_granted(name, settings, connections)]
    return await connected.examine(connections, name, places, user="", seat=seat)


def _granted(name: str, settings: Settings, connections: Connections) -> Iterator[Location]:
    """The roots of the grants on connection `name`."""
    for grant in settings.grants:
        try:
            root = service.root(settings, connections, grant) if grant.connection == name else None
        except HubdrivesError:
            # The check of the grants tells.
            continue
        if root is not None:
            yield root
