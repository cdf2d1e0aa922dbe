"""Box as a provider: locations in, entries, snapshots and bytes out; files and folders written, searched and shared."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar, Self

from hubdrives.content import Content
from hubdrives.errors import BadInput, HubdrivesError, NotFound, NotShared
from hubdrives.exchange import Failure
from hubdrives.http import Client
from hubdrives.model import Entry, Location, Snapshot, Waiting
from hubdrives.paths import safe_name
from hubdrives.providers.abilities import Invitee, NarrowToken, Query, Share, Version
from hubdrives.providers.base import Provider, client_waiting
from hubdrives.providers.box import api, changing, failures, reading, searching, sharing, urls, versions
from hubdrives.providers.box.api import Api, Hosts
from hubdrives.providers.box.item import Item
from hubdrives.providers.box.options import Options
from hubdrives.providers.box.resolve import Resolver
from hubdrives.providers.box.snapshots import Snapshots
from hubdrives.providers.box.tree import Tree, entry_of, lay_out, readable
from hubdrives.providers.box.upload import CHUNKED_FROM, Upload
from hubdrives.providers.box.uploading import Writer
from hubdrives.providers.sessions import Sessions


class Box(Provider):
    """An account at Box. See `Provider` and the protocols of `abilities` for what its methods promise.

    Args:
        client: carries the token and the patience.
        hosts: where the API is.
        options: the connection's.
        chunked_from: bytes from which on a file goes up in parts.
        clock: seconds since 1970.
        sleep: how to wait for Box.
    """

    name = urls.NAME
    title = api.TITLE
    roles: ClassVar[Sequence[str]] = sharing.ROLES

    def __init__(
        self,
        client: Client,
        *,
        hosts: Hosts,
        options: Options,
        chunked_from: int = CHUNKED_FROM,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._client = client
        self._login: str | None = None
        self._api = Api(client, hosts=hosts, passwords=options.passwords())
        self._resolver = Resolver(self._api, clock=clock)
        self._snapshots = Snapshots(api=self._api, resolver=self._resolver, events=options.events, clock=clock)
        self._writer = Writer(self._api, self._resolver, chunked_from=chunked_from, sleep=sleep)

    @staticmethod
    def errors(failure: Failure) -> HubdrivesError:
        return failures.errors(failure)

    @classmethod
    def parse(cls, text: str, *, base_url: str | None = None) -> Location | None:
        return urls.parse(text, base_url=base_url)

    @classmethod
    def open(cls, client: Client, *, base_url: str | None = None, options: Mapping[str, Any] | None = None) -> Self:
        """As `Provider.open`; the options are those of `hubdrives.providers.box.options.Options`."""
        return cls(client, hosts=Hosts.of(base_url), options=Options.of(options))

    async def close(self) -> None:
        await self._client.close()

    @property
    def waiting(self) -> Waiting | None:
        return client_waiting(self._client)

    def explain_access(self) -> str | None:
        account = self._account
        return f"Invite {account} to it, as a viewer or more." if account else None

    # Reading

    async def stat(self, location: Location) -> Entry:
        """As `Provider.stat`; raises Unreadable for what has no content, or may be looked at only."""
        async with self._explained():
            place = await self._resolver.find(location)
        return entry_of(readable(place.item), place.name, link=place.link)

    async def list(self, folder: Location) -> AsyncIterator[Entry]:
        async with self._explained():
            place = await self._resolver.find(folder)
            if not place.item.is_folder:
                raise BadInput(f"'{place.item.name}' in Box is a file, not a folder.")
            tree = Tree(root=place.item)
            tree.put(place.item.id, await self._api.children(place.item.id, link=place.link))
        entries, _skipped = lay_out(tree, link=place.link, deep=False)
        for entry in entries:
            yield entry

    async def snapshot(
        self,
        location: Location,
        *,
        known: Snapshot | None = None,
        boundary: Location | None = None,  # noqa: ARG002 - nothing in Box leads out of one
    ) -> Snapshot:
        """As `Provider.snapshot`.

        A folder costs a request for each folder in it (and each 1000 items), one for itself and one for the events.
        If nothing happened in all of this account's Box since `known`, it costs one; if something did, one more, and
        one for each folder that it happened in. What only a shared link opens is listed each time, as no event tells
        of it. A file costs one request.
        """
        async with self._explained():
            return await self._snapshots.take(location, known)

    def read(self, entry: Entry, *, start: int = 0, stop: int | None = None) -> AsyncIterator[bytes]:
        """As `Provider.read`: the very version that the entry is of, as long as Box keeps it."""
        return reading.read(self._api, entry, start=start, stop=stop)

    async def contains(self, root: Location, location: Location) -> bool:
        """As `Provider.contains`. What was seen of the folders on a path is believed for 20 seconds."""
        async with self._explained():
            place = await self._resolver.find(location)
            if root.id == location.id and f"{location.path}/".startswith(f"{root.path}/" if root.path else ""):
                return True
            top = (await self._resolver.find(root)).item.key if root.path or urls.is_link(root) else root.id
            item = place.item if place.item.path_collection else await self._api.item(place.item.key, link=place.link)
        return top in {item.key, *(f"folders/{each}" for each in item.above)}

    # Writing

    def remember(self, sessions: Sessions) -> None:
        self._writer.remember(sessions)

    async def make_folder(self, parent: Location, name: str) -> Entry:
        async def make(folder: str, link: str) -> Entry:
            item = await changing.make_folder(self._api, folder, name, link=link)
            self._resolver.note(folder, safe_name(item.name), item.id)
            return _entry(item, link)

        return await self._in_folder(parent, make)

    async def write(
        self,
        parent: Location,
        name: str,
        content: Content,
        *,
        if_version: str | None = None,
        modified: datetime | None = None,
    ) -> Entry:
        """As `Writable.write`.

        A new file costs one request, a new version two; larger ones one more, so that nothing is sent in vain.
        From 20 MB on they go up in parts; if that is cut, the next call for the same name and size sends the rest, and
        after `remember` also in another process.
        """

        async def write(folder: str, link: str) -> Entry:
            upload = Upload(
                folder=folder, name=name, content=content, if_version=if_version, modified=modified, link=link
            )
            return _entry(await self._writer.write(upload), link)

        return await self._in_folder(parent, write)

    async def remove(self, location: Location, *, if_version: str | None = None) -> None:
        async with self._explained():
            await changing.remove(self._api, self._resolver, location, if_version=if_version)
        self._resolver.forget()

    async def move(self, location: Location, *, parent: Location | None = None, name: str | None = None) -> Entry:
        if parent is None and name is None:
            raise BadInput("Neither another folder nor another name was given.")
        async with self._explained():
            place = await self._resolver.find(location)
            folder = (await self._resolver.folder(parent))[0] if parent is not None else None
            item = await changing.move(self._api, place, parent=folder, name=name)
        self._resolver.forget()
        return _entry(item, place.link)

    # Versions

    async def versions(self, location: Location) -> Sequence[Version]:
        async with self._explained():
            return await versions.versions(self._api, await self._resolver.find(location))

    async def read_version(
        self, location: Location, version: str, *, start: int = 0, stop: int | None = None
    ) -> AsyncIterator[bytes]:
        async with self._explained():
            place = await self._resolver.find(location)
        source = versions.read_version(self._api, place, version, start=start, stop=stop)
        async with aclosing(source) as pieces:
            async for piece in pieces:
                yield piece

    async def restore(self, location: Location, version: str) -> Entry:
        """As `Versioned.restore`: a copy of that version becomes the current one."""
        async with self._explained():
            place = await self._resolver.find(location)
            return _entry(await versions.restore(self._api, place, version), place.link)

    # Searching

    async def search(self, query: Query, *, under: Location, limit: int = 1000) -> AsyncIterator[Entry]:
        """As `Searchable.search`, in names, descriptions and contents; Box' index is ten minutes behind and more."""
        async with self._explained():
            place = await self._resolver.find(under)
        async with aclosing(searching.search(self._api, place, query, limit=limit)) as entries:
            async for entry in entries:
                yield entry

    # Sharing

    async def share(self, location: Location, with_: Invitee, role: str) -> Share:
        async with self._explained():
            return await sharing.share(self._api, await self._resolver.find(location), with_, role)

    async def shares(self, location: Location) -> Sequence[Share]:
        async with self._explained():
            return await sharing.shares(self._api, await self._resolver.find(location))

    async def change_share(self, location: Location, share: str, role: str) -> Share:
        async with self._explained():
            return await sharing.change_share(self._api, await self._resolver.find(location), share, role)

    async def unshare(self, location: Location, share: str) -> None:
        async with self._explained():
            await sharing.unshare(self._api, await self._resolver.find(location), share)

    # Narrowing

    async def narrowed(self, location: Location) -> NarrowToken:
        """As `Narrows.narrowed`. What only a shared link opens can't be narrowed: whoever has the link has that."""
        async with self._explained():
            place = await self._resolver.find(location)
        if place.link:
            raise BadInput("This is opened by a shared link, which needs no token.", hint="Use the link itself.")
        value, lifetime = await self._client.narrowed(place.item.key)
        return NarrowToken(value=value, ends_at=datetime.now(UTC) + timedelta(seconds=lifetime))

    async def _in_folder(self, parent: Location, act: Callable[[str, str], Awaitable[Entry]]) -> Entry:
        """Do something in a folder. Where it is was believed for some seconds: if it is gone, it is looked up again."""
        async with self._explained():
            folder, link = await self._resolver.folder(parent)
            try:
                return await act(folder, link)
            except NotFound:
                if not parent.path:
                    raise
            self._resolver.forget()
            return await act(*await self._resolver.folder(parent))

    @asynccontextmanager
    async def _explained(self) -> AsyncIterator[None]:
        """What is not shared is told together with whom to share it with."""
        try:
            yield
        except NotShared as error:
            account = self._account or await self._own_login()
            hint = f"Invite {account} to the folder in Box, then try again." if account else None
            raise NotShared(str(error), hint=hint) from None

    @property
    def _account(self) -> str | None:
        return self._client.account or self._login

    async def _own_login(self) -> str | None:
        """Whose token it is. Box made up the address of an app's account, so nobody can be expected to know it."""
        try:
            self._login = await self._api.login()
        except HubdrivesError:
            return None
        return self._login


def _entry(item: Item, link: str) -> Entry:
    """An item by itself as an entry."""
    return entry_of(item, safe_name(item.name), link=link)
