"""What a connection's provider can do beside reading; BadInput for what it can't."""

from hubdrives.errors import BadInput
from hubdrives.gateway.access import Place
from hubdrives.gateway.parts import Parts
from hubdrives.providers.abilities import Narrows, Searchable, Shareable, Versioned, Writable
from hubdrives.providers.base import Provider

_NAMES: dict[str, type] = {
    "write": Writable,
    "versions": Versioned,
    "search": Searchable,
    "share": Shareable,
    "token": Narrows,
}


def abilities(provider: Provider) -> tuple[str, ...]:
    """The abilities of `provider`, by name."""
    return tuple(name for name, kind in _NAMES.items() if isinstance(provider, kind))


async def writable(parts: Parts, place: Place) -> Writable:
    """The provider of `place`, if it can be written to."""
    provider = await _provider(parts, place)
    if not isinstance(provider, Writable):
        raise _missing(f"Nothing can be written to {provider.title} through the hub's gateway.")
    return provider


async def versioned(parts: Parts, place: Place) -> Versioned:
    """The provider of `place`, if it keeps earlier versions."""
    provider = await _provider(parts, place)
    if not isinstance(provider, Versioned):
        raise _missing(f"Earlier versions at {provider.title} can't be reached through the hub's gateway.")
    return provider


async def searchable(parts: Parts, place: Place) -> Searchable:
    """The provider of `place`, if it can be searched."""
    provider = await _provider(parts, place)
    if not isinstance(provider, Searchable):
        raise _missing(f"{provider.title} can't be searched through the hub's gateway.")
    return provider


async def shareable(parts: Parts, place: Place) -> Shareable:
    """The provider of `place`, if its folders can be shared."""
    provider = await _provider(parts, place)
    if not isinstance(provider, Shareable):
        raise _missing(f"Folders at {provider.title} can't be shared through the hub's gateway.")
    return provider


async def narrowing(parts: Parts, place: Place) -> Narrows:
    """The provider of `place`, if it can make tokens that open less than the account does."""
    provider = await _provider(parts, place)
    if not isinstance(provider, Narrows):
        raise _missing(f"{provider.title} makes no tokens that open one folder only.")
    return provider


async def _provider(parts: Parts, place: Place) -> Provider:
    return await parts.connections.provider(place.connection, user=place.user)


def _missing(sentence: str) -> BadInput:
    return BadInput(sentence, hint="Use the provider's own page in the browser.")
