"""What providers keep folders in, such as collections: found by words, and told about."""

import os
from collections.abc import Mapping, Sequence

from hubdrives.config import Settings
from hubdrives.connections import Connections
from hubdrives.errors import BadInput, NoConnection, NotGranted
from hubdrives.providers import provider_class
from hubdrives.providers.volumes import HasVolumes, Volume

__all__ = ["Volume", "details", "find"]


async def find(
    text: str = "",
    *,
    own: bool = False,
    limit: int = 100,
    settings: Settings | None = None,
    environment: Mapping[str, str] = os.environ,
) -> Sequence[Volume]:
    """Volumes at all connections of this process, and of the hub's gateway; the best first at each.

    Args:
        text: words of names, descriptions and owners; "" is all of the account's.
        own: only the account's: what it used last, what is its own, and what others shared with it.
        limit: how many at most.
        settings: instead of the configuration file.
        environment: says where that file is, and the hub's gateway.

    Raises:
        NoConnection: no connection has volumes.
        NotGranted: none may be told of.
    """
    found: dict[str, Volume] = {}
    refusals: list[NotGranted] = []
    async with Connections(settings, environment=environment) as connections:
        kinds = {name: provider_class(one.provider) for name, one in connections.settings.items()}
        able = [name for name, kind in kinds.items() if issubclass(kind, HasVolumes)]
        for name in able:
            provider = await connections.provider(name)
            if isinstance(provider, HasVolumes):
                try:
                    found |= {one.address: one for one in await provider.volumes(text, own=own, limit=limit)}
                except NotGranted as error:
                    # The gateway may have none for whom another connection has some.
                    refusals.append(error)
    if not able:
        raise NoConnection("No connection here has volumes that can be found.")
    if len(refusals) == len(able):
        raise refusals[0]
    return [*found.values()][:limit]


async def details(
    source: str, *, settings: Settings | None = None, environment: Mapping[str, str] = os.environ
) -> Volume:
    """The volume that something is in.

    Args:
        source: a pasted address, such as `Volume.address`, or CONNECTION:/PATH.
        settings: as `find`.
        environment: as `find`.

    Raises:
        BadInput: it means nothing that is known here, or its provider has no volumes.
        NotFound, Forbidden: it is not there, or not for this account.
    """
    async with Connections(settings, environment=environment) as connections:
        found = connections.find(source)
        provider = await connections.provider(found.connection)
        if not isinstance(provider, HasVolumes):
            raise BadInput(
                f"{provider.title} has no volumes that can be told about.",
                hint="`hubdrives connections` shows what else can be reached.",
            )
        return await provider.volume(found.location)
