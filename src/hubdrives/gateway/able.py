"""What a connection's provider can do beside reading; BadInput for what it can't."""

from collections.abc import Mapping
from typing import TypeVar

from hubdrives.errors import BadInput
from hubdrives.gateway.access import Place
from hubdrives.gateway.parts import Parts
from hubdrives.providers.abilities import Narrows, Searchable, Shareable, Transferable, Versioned, Writable
from hubdrives.providers.base import Provider
from hubdrives.providers.volumes import HasVolumes

A = TypeVar("A")

_NAMES: dict[str, type] = {
    "write": Writable,
    "versions": Versioned,
    "search": Searchable,
    "share": Shareable,
    "token": Narrows,
    "transfer": Transferable,
    "volumes": HasVolumes,
}

_LACKS: Mapping[type, str] = {
    Writable: "Nothing can be written to {} through the hub's gateway.",
    Versioned: "Earlier versions at {} can't be reached through the hub's gateway.",
    Searchable: "{} can't be searched through the hub's gateway.",
    Shareable: "Folders at {} can't be shared through the hub's gateway.",
    Narrows: "{} makes no tokens that open one folder only.",
    Transferable: "{} makes no transfers.",
    HasVolumes: "{} has no volumes that can be found through the hub's gateway.",
}


def abilities(provider: Provider) -> tuple[str, ...]:
    """The abilities of `provider`, by name."""
    return tuple(name for name, kind in _NAMES.items() if isinstance(provider, kind))


async def able(parts: Parts, place: Place, kind: type[A]) -> A:
    """The provider of `place`, if it has this ability. Raises BadInput: it hasn't."""
    provider = await parts.connections.provider(place.connection, user=place.user)
    if not isinstance(provider, kind):
        raise BadInput(_LACKS[kind].format(provider.title), hint="Use the provider's own page in the browser.")
    return provider
