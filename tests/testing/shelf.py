"""A provider in memory with all abilities: what the suites are proven on, and what a gateway writes to in tests.

It is as small as a provider can be that keeps its promises. Everything it does takes a turn of the event loop, so
that whoever comes at the same time comes between.
"""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, ClassVar, Self

from tests.testing.shelf_items import Item, Kept, Shelf

from hubdrives.content import Content
from hubdrives.errors import (
    BadConfig,
    BadInput,
    Changed,
    Forbidden,
    HubdrivesError,
    NameTaken,
    NotFound,
    UnexpectedAnswer,
    VersionGone,
)
from hubdrives.exchange import Failure
from hubdrives.http import CHUNK, Client
from hubdrives.model import Entry, Kind, Location, Snapshot, Waiting
from hubdrives.paths import safe_name
from hubdrives.providers.abilities import NEW, Invitee, NarrowToken, Query, Share, Version
from hubdrives.providers.base import Provider

ADDRESS = "https://shelf.test/"
READER, EDITOR = "reader", "editor"


class ShelfProvider(Provider):
    """A Shelf, by the contracts."""

    name = "shelf"
    title = "The shelf"
    roles: ClassVar[Sequence[str]] = (READER, EDITOR)
    shelves: ClassVar[dict[str, Shelf]] = {}
    """What there is, by the host in its address."""

    def __init__(self, client: Client) -> None:
        self._client = client

    @staticmethod
    def errors(failure: Failure) -> HubdrivesError:
        return UnexpectedAnswer("A shelf answers nothing.")

    @classmethod
    def parse(cls, text: str, *, base_url: str | None = None) -> Location | None:
        host, slash, item = text.removeprefix(ADDRESS).partition("/")
        if not text.startswith(ADDRESS) or not slash or not item:
            return None
        return Location(provider=cls.name, host=host, id=item, url=text)

    @classmethod
    def open(cls, client: Client, *, base_url: str | None = None, options: Mapping[str, Any] | None = None) -> Self:
        if options:
            raise BadConfig("A shelf has no options.")
        return cls(client)

    async def close(self) -> None:
        await self._client.close()

    @property
    def waiting(self) -> Waiting | None:
        return None

    def explain_access(self) -> str | None:
        return None

    async def stat(self, location: Location) -> Entry:
        return self._entry(await self._item(location))

    async def list(self, folder: Location) -> AsyncIterator[Entry]:
        item = await self._item(folder)
        if item.kind is Kind.FILE:
            raise BadInput("This is a file.")
        for child in item.children:
            yield self._entry(child)

    async def snapshot(
        self, location: Location, *, known: Snapshot | None = None, boundary: Location | None = None
    ) -> Snapshot:
        item = await self._item(location)
        self._shelf(location).asked.append("snapshot")
        found = [item] if item.kind is Kind.FILE else list(item.all_below())
        start = len(item.path) + 1 if item.path and item.kind is Kind.FOLDER else 0
        entries = [self._entry(one, one.name if item is one else one.path[start:]) for one in found]
        return Snapshot.of(location, item.name, entries, kind=item.kind)

    async def read(self, entry: Entry, *, start: int = 0, stop: int | None = None) -> AsyncIterator[bytes]:
        item = self.shelves[dict(entry.params)["shelf"]].by_id(entry.id)
        if item is None or item.history[0].id != entry.version:
            raise VersionGone("It was changed.")
        data = item.history[0].data[start:stop]
        for position in range(0, len(data), CHUNK):
            yield data[position : position + CHUNK]

    async def contains(self, root: Location, location: Location) -> bool:
        outer = await self._item(root)
        return (await self._item(location)).lies_in(outer)

    # Writing

    async def make_folder(self, parent: Location, name: str) -> Entry:
        folder = await self._folder(parent, name)
        there = folder.child(name)
        if there is not None and there.kind is Kind.FILE:
            raise NameTaken("A file has this name.")
        return self._entry(there or self._shelf(parent).add(folder, name, Kind.FOLDER))

    async def write(
        self,
        parent: Location,
        name: str,
        content: Content,
        *,
        if_version: str | None = None,
        modified: datetime | None = None,
    ) -> Entry:
        shelf = self._shelf(parent)
        folder = await self._folder(parent, name)
        data = b"".join([piece async for piece in content.read()])
        there = folder.child(name)
        if there is not None and there.kind is Kind.FOLDER:
            raise NameTaken("A folder has this name.")
        self._check(there, if_version)
        item = there or shelf.add(folder, name, Kind.FILE)
        item.history.insert(0, Kept(shelf.number(), data, modified or datetime.now(UTC)))
        return self._entry(item)

    async def remove(self, location: Location, *, if_version: str | None = None) -> None:
        item = await self._changing(location)
        self._check(item, if_version)
        self._shelf(location).remove(item)

    async def move(self, location: Location, *, parent: Location | None = None, name: str | None = None) -> Entry:
        if parent is None and name is None:
            raise BadInput("Move it where?")
        item = await self._changing(location)
        assert item.parent is not None
        name = self._usable(item.name if name is None else name)
        target = item.parent if parent is None else await self._folder(parent, name)
        if target.lies_in(item):
            raise BadInput("A folder can't go into itself.")
        if target.child(name) not in {None, item}:
            raise NameTaken("Something has this name.")
        item.parent.children.remove(item)
        target.children.append(item)
        item.parent, item.name = target, name
        return self._entry(item)

    # Versions

    async def versions(self, location: Location) -> Sequence[Version]:
        item = await self._file(location)
        return [
            Version(id=one.id, size=len(one.data), modified=one.modified, author="ann", current=one is item.history[0])
            for one in item.history
        ]

    async def read_version(
        self, location: Location, version: str, *, start: int = 0, stop: int | None = None
    ) -> AsyncIterator[bytes]:
        yield self._version(await self._file(location), version).data[start:stop]

    async def restore(self, location: Location, version: str) -> Entry:
        item = await self._file(location)
        data = self._version(item, version).data
        item.history.insert(0, Kept(self._shelf(location).number(), data, datetime.now(UTC)))
        return self._entry(item)

    # Searching

    async def search(self, query: Query, *, under: Location, limit: int = 1000) -> AsyncIterator[Entry]:
        if query.empty:
            raise BadInput("Search for what?")
        folder = await self._item(under)
        wanted = {one.lower() for one in query.extensions}
        found = [
            item
            for item in folder.all_below()
            if query.text.lower() in item.name.lower()
            and query.kind in {None, item.kind}
            and (not wanted or (item.kind is Kind.FILE and item.name.rpartition(".")[2].lower() in wanted))
        ]
        for item in found[:limit]:
            yield self._entry(item, item.path[len(folder.path) :].lstrip("/"))

    # Sharing

    async def share(self, location: Location, with_: Invitee, role: str) -> Share:
        item = await self._changing(location)
        self._role(role)
        shelf = self._shelf(location)
        if with_.who not in (shelf.groups if with_.group else shelf.people):
            raise BadInput("Nobody is called so.")
        share = Share(id=f"{item.id}:{with_.who}", who=with_.who, role=role, group=with_.group)
        item.shares[share.id] = share
        return share

    async def shares(self, location: Location) -> Sequence[Share]:
        return list((await self._item(location)).shares.values())

    async def change_share(self, location: Location, share: str, role: str) -> Share:
        item = await self._changing(location)
        old = self._share(item, share)
        self._role(role)
        item.shares[share] = Share(id=share, who=old.who, role=role, group=old.group)
        return item.shares[share]

    async def unshare(self, location: Location, share: str) -> None:
        item = await self._changing(location)
        del item.shares[self._share(item, share).id]

    async def narrowed(self, location: Location) -> NarrowToken:
        item = await self._item(location)
        return NarrowToken(value=f"only-{item.id}", ends_at=datetime(2030, 1, 1, tzinfo=UTC))

    # The rest

    def _shelf(self, location: Location) -> Shelf:
        if location.host not in self.shelves:
            raise NotFound("There is no such shelf.")
        return self.shelves[location.host]

    async def _item(self, location: Location) -> Item:
        await asyncio.sleep(0)
        shelf = self._shelf(location)
        outer = shelf.by_id(location.id)
        item = shelf.find(location.path, outer) if outer else None
        if item is None:
            raise NotFound("There is nothing.")
        await self._check_token(shelf, item)
        return item

    async def _check_token(self, shelf: Shelf, item: Item) -> None:
        if not shelf.opens_for:
            return
        tokens = self._client._tokens
        opened = shelf.by_id(shelf.opens_for.get(await tokens.token() if tokens else "", ""))
        if opened is None or not item.lies_in(opened):
            raise Forbidden("This is not yours.")

    async def _changing(self, location: Location) -> Item:
        shelf = self._shelf(location)
        shelf.asked.append("change")
        if shelf.held is not None:
            await shelf.held.wait()
        return await self._item(location)

    async def _folder(self, location: Location, name: str) -> Item:
        self._usable(name)
        item = await self._changing(location)
        if item.kind is Kind.FILE:
            raise BadInput("This is a file, not a folder.")
        return item

    async def _file(self, location: Location) -> Item:
        item = await self._item(location)
        if item.kind is Kind.FOLDER:
            raise BadInput("A folder has no versions.")
        return item

    @staticmethod
    def _usable(name: str) -> str:
        if not name or safe_name(name) != name:
            raise BadInput("Nothing can be called so.")
        return name

    def _role(self, role: str) -> None:
        if role not in self.roles:
            raise BadInput("There is no such role.")

    @staticmethod
    def _version(item: Item, version: str) -> Kept:
        for one in item.history:
            if one.id == version:
                return one
        raise NotFound("There is no such version.")

    @staticmethod
    def _share(item: Item, share: str) -> Share:
        if share not in item.shares:
            raise NotFound("There is no such share.")
        return item.shares[share]

    @staticmethod
    def _check(item: Item | None, if_version: str | None) -> None:
        if if_version is not None and if_version != (item.history[0].id if item else NEW):
            raise Changed("Another version is there.")

    def _entry(self, item: Item, path: str | None = None) -> Entry:
        if item.kind is Kind.FOLDER:
            return Entry(path=path or item.name, kind=item.kind, id=item.id)
        now = item.history[0]
        name = next(name for name, shelf in self.shelves.items() if item.lies_in(shelf.top))
        return Entry(
            path=path or item.name,
            kind=item.kind,
            id=item.id,
            size=len(now.data),
            version=now.id,
            digest=f"sha256:{hashlib.sha256(now.data).hexdigest()}",
            modified=now.modified,
            params=(("shelf", name),),
        )
