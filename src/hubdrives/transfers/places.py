"""From what people write to two places that one provider reaches, one of which may be on this machine."""

import asyncio
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from hubdrives import providers
from hubdrives.connections import LOCAL, Connections, Found
from hubdrives.errors import BadInput, NotALocation
from hubdrives.model import Location
from hubdrives.providers.abilities import Transferable
from hubdrives.providers.base import HasFilesHere, Here, Provider


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """A transfer's two places."""

    connection: str
    provider: Transferable
    source: Location
    destination: Location


async def route(connections: Connections, source: str, destination: str, *, environment: Mapping[str, str]) -> Route:
    """The places that `source` and `destination` mean, as the provider that copies between them has them.

    Raises:
        BadInput: one means nothing that is known here, they are at different providers, or the provider transfers
            nothing, or it does not reach the files of this machine.
    """
    ends = [await asyncio.to_thread(_place, connections, text) for text in (source, destination)]
    far = next((one for one in ends if isinstance(one, Found)), None)
    if far is None:
        raise BadInput("Both places are on this machine.", hint="Copy it with `cp`.")
    provider = able(await connections.provider(far.connection))
    if any(isinstance(one, Found) and one.connection != far.connection for one in ends):
        raise BadInput(
            "Source and destination are at different connections, and a transfer stays within one.",
            hint="Copy it by `hubdrives get` and `hubdrives put`.",
        )
    came, goes = [
        await asyncio.to_thread(_far, connections, far.connection, one, environment=environment) for one in ends
    ]
    return Route(connection=far.connection, provider=provider, source=came, destination=goes)


def able(provider: Provider) -> Transferable:
    """`provider`, if it makes transfers. Raises BadInput: it doesn't."""
    if not isinstance(provider, Transferable):
        raise BadInput(
            f"{provider.title} makes no transfers.", hint="`hubdrives get` and `hubdrives put` copy files through here."
        )
    return provider


def _place(connections: Connections, text: str) -> Found | Path:
    text = text.strip()
    # A file that is here may be called like a connection.
    if text and "://" not in text and os.path.lexists(text):
        return Path(text).absolute()
    try:
        found = connections.find(text)
    except NotALocation:
        return Path(text).absolute()
    if connections.settings[found.connection].provider == LOCAL:
        return Path("/", found.location.path)
    return found


def _far(connections: Connections, connection: str, place: Found | Path, *, environment: Mapping[str, str]) -> Location:
    if isinstance(place, Found):
        return place.location
    here = _here(connections, place, environment=environment)
    settings = connections.settings[connection]
    location = providers.provider_class(settings.provider).parse(here.address, base_url=settings.base_url)
    if location is None:
        raise BadInput("The files of this machine are at another provider than the other place.")
    return location.below(here.path)


def _here(connections: Connections, path: Path, *, environment: Mapping[str, str]) -> Here:
    """Where `path` is at whichever provider reaches this machine's files, by a connection's options or by itself."""
    kinds = {name: providers.provider_class(name) for name in providers.provider_names()}
    asked = [(kinds[one.provider], one.options) for one in connections.settings.values() if one.provider in kinds]
    for kind, options in [*asked, *((kind, {}) for kind in kinds.values())]:
        if issubclass(kind, HasFilesHere):
            here = kind.files_here(path, options=options, environment=environment)
            if here is not None:
                return here
    raise BadInput(
        "Nothing says how the files of this machine are reached for a transfer.",
        hint="Your hub's administrators can set GLOBUS_LOCAL_ENDPOINT; `hubdrives get` and `put` work without it.",
    )
