"""Spaces in storage that this process reaches itself: any provider that can be written to and whose folders are shared.

The folder of a user is `ROOT/KEY/FOLDER`. Only the inner one is shared, so that all users see it under one name, and
nobody sees that there are others.
"""

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from hubdrives import providers
from hubdrives.config import SpaceSettings
from hubdrives.connections import Connections
from hubdrives.errors import BadConfig, BadInput, HubdrivesError, NotFound
from hubdrives.model import Kind, Location
from hubdrives.providers.abilities import Invitee, Share, Shareable, TellsShares, Writable
from hubdrives.providers.base import Provider
from hubdrives.spaces.people import People, Person, address_of, asks_people, key_in, key_of
from hubdrives.spaces.space import Space
from hubdrives.spaces.spaces import Ensured, Known, NoRoot, Spaces

_A = TypeVar("_A")


class StoredSpaces(Spaces):
    """The folders of a space in a provider's storage. Made by `stored`.

    Args:
        name: the space's.
        settings: where it is, and how folders are called and shared.
        provider: can be written to, and its folders shared.
        root: the folder that has everybody's in it.
        source: what a person writes for `root`, "connection:/"; "" if there is nothing.
        people: who the users are; None where their names say all.
        concurrency: requests that the connection allows at the same time.
    """

    def __init__(
        self,
        name: str,
        settings: SpaceSettings,
        *,
        provider: Provider,
        root: Location,
        source: str,
        people: People | None,
        concurrency: int,
    ) -> None:
        self._writer = _able(name, provider, Writable, "can only be read from here")
        self._sharer = _able(name, provider, Shareable, "can't share folders from here")
        super().__init__(
            name=name,
            folder=settings.folder,
            mounted=settings.mounted,
            roles=self._sharer.roles,
            provider=provider,
            concurrency=concurrency,
        )
        self._settings = settings
        self._root = root
        self._source = source
        self._people = people

    async def space(self, user: str = "") -> Space:
        return self._space_of(await self._person(user))

    async def ensure(self, user: str, *, role: str = "") -> Ensured:
        """As `Spaces.ensure`: a question or two where all is as it should be; up to three and three changes if new."""
        return await self._ensure(user, role, None)

    async def unshare(self, user: str) -> None:
        person = await self._person(user)
        inner, address = self._space_of(person).location, address_of(person, self._settings)
        share = _of(address, await self._sharer.shares(inner))
        if share is None:
            raise NotFound(f"The folder of '{user}' is not shared with {address}.")
        await self._sharer.unshare(inner, share.id)

    async def remove(self, user: str) -> None:
        # The folder above it may have those of other spaces in it.
        await self._writer.remove((await self.space(user)).location)

    async def users(self) -> Sequence[str]:
        return sorted(key_in(name) for name in await self._keys() or ())

    async def _known(self) -> Known:
        """As `Spaces._known`. A root that is missing is made, for else all who come first would make it."""
        keys = await self._keys()
        if keys is None and self._root.path:
            await self._make_root()
        shares: Mapping[str, Sequence[Share]] = {}
        if keys and isinstance(self.provider, TellsShares):
            # Where it is not told, each folder is asked for.
            with contextlib.suppress(HubdrivesError):
                shares = await self.provider.shares_below(self._root)
        return Known(keys=keys or frozenset(), shares=shares)

    async def _keys(self) -> frozenset[str] | None:
        """The names of the folders that have users' in them; None if the root is not there."""
        listed = self.provider.list(self._root)
        try:
            return frozenset([entry.path async for entry in listed if entry.kind is Kind.FOLDER])
        except NotFound:
            # Nobody has one yet; or else it turns out when the first is made.
            return None

    async def _ensure(self, user: str, role: str, known: Known | None) -> Ensured:
        self._check_role(role)
        person = await self._person(user)
        address, key, space = address_of(person, self._settings), key_of(person, self._settings), self._space_of(person)
        role = role or self._settings.role or (self.roles[0] if self.roles else "")
        if known is not None and key in known.keys:
            told = _of(address, known.shares.get(f"{key}/{self.folder}", ()))
            if told is not None and told.role == role:
                return Ensured(user=user, created=False, shared=False, role=role, space=space)
        is_there, shares = False, list[Share]()
        if known is None or key in known.keys:
            # One question for both: whether it is there, and with whom it is shared.
            with contextlib.suppress(NotFound):
                shares = [one for one in await self._sharer.shares(space.location) if not one.group]
                is_there = True
        if not is_there:
            if known is None or key not in known.keys:
                await self._make(key)
            await self._writer.make_folder(self._root.below(key), self.folder)
        share = _of(address, shares)
        others = () if share is not None else tuple(one.who for one in shares)
        is_right = share is not None and share.role == role
        if share is None:
            share = await self._sharer.share(space.location, Invitee(who=address), role)
        elif not is_right:
            share = await self._sharer.change_share(space.location, share.id, role)
        return Ensured(
            user=user, created=not is_there, shared=not is_right, role=share.role, space=space, others=others
        )

    async def _make(self, key: str) -> None:
        """Make the folder that has a user's in it; and the root, if it is a path that is missing.

        Raises:
            NoRoot: the root is not there.
        """
        try:
            await self._writer.make_folder(self._root, key)
        except NotFound as error:
            if not self._root.path:
                raise NoRoot(str(error), hint=error.hint) from error
            await self._make_root()
            await self._writer.make_folder(self._root, key)

    async def _make_root(self) -> None:
        above = replace(self._root, path="")
        for name in self._root.path.split("/"):
            try:
                await self._writer.make_folder(above, name)
            except NotFound as error:
                raise NoRoot(str(error), hint=error.hint) from error
            above = above.below(name)

    async def _person(self, user: str) -> Person:
        self._check_user(user)
        return _Named(user) if self._people is None else await self._people.person(user)

    def _space_of(self, person: Person) -> Space:
        path = f"{key_of(person, self._settings)}/{self.folder}"
        return Space(
            name=self.name,
            user=person.name,
            provider=self.provider,
            location=self._root.below(path),
            source=f"{self._source}{path}" if self._source else "",
        )


@dataclass(frozen=True, slots=True)
class _Named:
    """A user of whom only the name is known."""

    name: str
    sub: str = ""
    email: str = ""


async def stored(
    connections: Connections, name: str, settings: SpaceSettings, *, people: People | None = None
) -> StoredSpaces:
    """The space `name`, over the connection that its settings name.

    Args:
        connections: has that connection.
        name: the space's.
        settings: the space's.
        people: who the users are. Not asked where their names say all.

    Raises:
        BadInput: the connection's provider can't be written to, or its folders not be shared.
        BadConfig: its root is no address of the provider, which has no such role, or `people` is needed.
    """
    if asks_people(settings) and people is None:
        raise BadConfig(
            f"Whose folder is whose in space '{name}' is told by the hub, which can't be asked from here.",
            hint='Run it as a service of the hub, or set `key = "name"` and an `address` of {name} alone.',
        )
    provider = await connections.provider(settings.connection)
    root, source = root_of(connections, name, settings)
    spaces = StoredSpaces(
        name,
        settings,
        provider=provider,
        root=root,
        source=source,
        people=people if asks_people(settings) else None,
        concurrency=connections.settings[settings.connection].limits.concurrency or provider.concurrency,
    )
    if settings.role and spaces.roles and settings.role not in spaces.roles:
        known = ", ".join(spaces.roles)
        raise BadConfig(f"{provider.title} has no role '{settings.role}', which space '{name}' gives; known: {known}.")
    return spaces


def root_of(connections: Connections, name: str, settings: SpaceSettings) -> tuple[Location, str]:
    """The folder that has everybody's in space `name`, and what a person writes for it; "" if there is nothing.

    Raises:
        BadConfig: it is no address of the connection's provider.
        NoConnection: it is the connection's root, which has none.
    """
    own = f"{settings.connection}:/"
    text = own if settings.root is None else settings.root.strip()
    if text.startswith(own):
        return connections.find(text).location, f"{text.rstrip('/')}/"
    connection = connections.settings[settings.connection]
    kind = providers.provider_class(connection.provider)
    location = kind.parse(text, base_url=connection.base_url)
    if location is None:
        raise BadConfig(f"The root of space '{name}' is no address of {kind.title}.")
    return location, ""


def _able(name: str, provider: Provider, kind: type[_A], lacks: str) -> _A:
    if not isinstance(provider, kind):
        raise BadInput(
            f"Space '{name}' needs storage that can be written to and shared, but {provider.title} {lacks}.",
            hint="Name another connection in the settings of the space.",
        )
    return provider


def _of(address: str, shares: Sequence[Share]) -> Share | None:
    """The share of the person at `address`."""
    return next((one for one in shares if not one.group and one.who.casefold() == address.casefold()), None)
