"""From the name of a space to its folders: those that are configured here, else those of the hub's gateway."""

import asyncio
import os
from collections.abc import AsyncIterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path

from hubdrives import config, providers
from hubdrives.config import Settings, SpaceSettings
from hubdrives.connections import Connections
from hubdrives.credentials.people import HubPeople
from hubdrives.errors import BadInput, HubdrivesError, NoConnection
from hubdrives.model import Location
from hubdrives.providers.base import KeepsSpaces
from hubdrives.spaces.hosted import HostedSpaces
from hubdrives.spaces.people import People, asks_people
from hubdrives.spaces.roots import refuse_overlaps
from hubdrives.spaces.spaces import Spaces
from hubdrives.spaces.stored import root_of, stored
from hubdrives.wire import SpaceDocument


@asynccontextmanager
async def open_spaces(
    name: str = "",
    *,
    settings: Settings | None = None,
    environment: Mapping[str, str] = os.environ,
    people: People | None = None,
) -> AsyncIterator[Spaces]:
    """The space `name`: that of the configuration here, else the gateway's.

    Args:
        name: the space's; "" is the only one that there is.
        settings: instead of the configuration file.
        environment: says where that file is, and the hub with its gateway.
        people: who the hub's users are, for a space that is configured here; the hub is asked otherwise.

    Raises:
        NoConnection: there is no such space.
        BadInput: there are several, and `name` does not say which; or its provider can't write or share.
        BadConfig: the configuration can't be used, or the folders of two spaces lie in each other.
    """
    loaded = config.load(environment) if settings is None else settings
    async with AsyncExitStack() as stack:
        connections = await stack.enter_async_context(Connections(loaded, environment=environment))
        if name in loaded.spaces or (not name and loaded.spaces):
            chosen = _chosen(name, list(loaded.spaces))
            space = loaded.spaces[chosen]
            _refuse_overlaps(connections, chosen, loaded.spaces)
            if people is None and asks_people(space):
                people = await stack.enter_async_context(HubPeople(environment))
            yield await stored(connections, chosen, space, people=people)
            return
        offered = {document.name: (gateway, document) for gateway, document in await _offered(connections)}
        gateway, document = offered[_chosen(name, [*loaded.spaces, *offered])]
        yield await _hosted(connections, gateway, document)


async def list_spaces(
    *, settings: Settings | None = None, environment: Mapping[str, str] = os.environ
) -> Sequence[SpaceDocument]:
    """The spaces that are configured here, which are managed from here, and those that the gateway offers.

    Raises:
        BadConfig: the configuration can't be used.
        GatewayUnavailable: the gateway does not answer.
    """
    loaded = config.load(environment) if settings is None else settings
    documents = []
    for name, space in loaded.spaces.items():
        kind = providers.provider_class(loaded.connections[space.connection].provider)
        roles = tuple(getattr(kind, "roles", ()))
        documents.append(SpaceDocument(name, kind.title, space.folder, ("manage",), roles, space.mounted))
    async with Connections(loaded, environment=environment) as connections:
        documents += [document for _, document in await _offered(connections) if document.name not in loaded.spaces]
    return documents


def mounted(name: str = "", *, home: Path | None = None, environment: Mapping[str, str] = os.environ) -> Path | None:
    """Where the folder that a service shares with this user is in their home, if their storage is mounted there.

    It can be called in a notebook, where a loop runs already. What the folder is called is asked for as in
    `open_spaces`, whose errors it raises.

    Args:
        name: the space's; "" is the only one that there is.
        home: where to look; None is the user's home.
        environment: as in `open_spaces`.
    """

    async def find() -> Path | None:
        async with open_spaces(name, environment=environment) as spaces:
            return await asyncio.to_thread(spaces.mounted, home)

    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, find()).result()


def _chosen(name: str, known: Sequence[str]) -> str:
    """`name`, or the only one of those that are known."""
    if name in known:
        return name
    if not known:
        raise NoConnection("There is no space here.", hint="Your hub's administrators set one up: [spaces.NAME].")
    if name:
        raise NoConnection(f"There is no space '{name}' here.", hint=f"There is: {', '.join(sorted(known))}.")
    if len(known) > 1:
        raise BadInput("There are several spaces.", hint=f"Say which: {', '.join(sorted(known))}.")
    return known[0]


def _refuse_overlaps(connections: Connections, name: str, spaces: Mapping[str, SpaceSettings]) -> None:
    """Raise BadConfig: the folders of the space `name` and of another one lie in each other."""
    root = root_of(connections, name, spaces[name])[0]
    beside = dict[str, Location]()
    for other, space in spaces.items():
        # What is wrong with others alone is told when they are opened.
        with suppress(HubdrivesError):
            if other != name and space.connection == spaces[name].connection:
                beside[other] = root_of(connections, other, space)[0]
    for other, its in beside.items():
        refuse_overlaps(spaces, {name: root, other: its})


async def _offered(connections: Connections) -> list[tuple[str, SpaceDocument]]:
    """What gateways offer, each with the name of the connection to it."""
    found = []
    for name, one in connections.settings.items():
        if issubclass(providers.provider_class(one.provider), KeepsSpaces):
            gateway = await connections.provider(name)
            if isinstance(gateway, KeepsSpaces):
                found += [(name, document) for document in await gateway.spaces()]
    return found


async def _hosted(connections: Connections, gateway: str, document: SpaceDocument) -> HostedSpaces:
    provider = await connections.provider(gateway)
    one = connections.settings[gateway]
    if not isinstance(provider, KeepsSpaces):
        raise NoConnection(f"Connection '{gateway}' keeps no spaces.")

    def locate(source: str) -> Location | None:
        return type(provider).parse(source, base_url=one.base_url)

    return HostedSpaces(
        document,
        keeper=provider,
        provider=provider,
        locate=locate,
        concurrency=one.limits.concurrency or provider.concurrency,
    )
