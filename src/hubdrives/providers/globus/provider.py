"""Globus as a provider: locations in, entries, snapshots and bytes out; files and folders written; data transferred."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar, Self, TypeVar

from hubdrives.content import Content
from hubdrives.errors import BadInput, Forbidden, HubdrivesError, NotFound
from hubdrives.exchange import Failure
from hubdrives.http import Client
from hubdrives.model import Entry, Kind, Location, Snapshot, Waiting
from hubdrives.paths import safe_name
from hubdrives.providers.abilities import Task, TaskEvent, Transfer
from hubdrives.providers.base import Here, Provider, client_waiting
from hubdrives.providers.globus import doors, failures, local, urls
from hubdrives.providers.globus.api import Api
from hubdrives.providers.globus.collections import SECTIONS, Collections
from hubdrives.providers.globus.doors import Doors
from hubdrives.providers.globus.failures import NotAFolder
from hubdrives.providers.globus.item import Collection
from hubdrives.providers.globus.marks import Marks
from hubdrives.providers.globus.openfiles import OpenFiles, is_open
from hubdrives.providers.globus.options import Options
from hubdrives.providers.globus.reading import Reader
from hubdrives.providers.globus.resolve import TOP, Links, Resolver, Spot, joined, names_of, within
from hubdrives.providers.globus.snapshots import Snapshots
from hubdrives.providers.globus.transfers import Transfers
from hubdrives.providers.globus.tree import entry_at, entry_of, key, left_out
from hubdrives.providers.globus.volumes import volume_of
from hubdrives.providers.globus.writing import Writer
from hubdrives.providers.volumes import Volume

_T = TypeVar("_T")


class Globus(Provider):
    """An account at Globus. See `Provider` for what its methods promise.

    Args:
        client: knows the tokens, each of which opens one server, and has the patience.
        base_url: another server in place of Globus' own API.
        options: the connection's.
        clock: seconds since 1970.
        sleep: how to wait for Globus.
    """

    name = urls.NAME
    title = doors.TITLE
    concurrency: ClassVar[int] = 12
    """Globus tells no number; a listing or a download takes it a second or two, so several have to be under way."""

    def __init__(
        self,
        client: Client,
        *,
        base_url: str | None = None,
        options: Options | None = None,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._client = client
        self._app = (base_url or urls.APP).rstrip("/")
        self._doors = Doors(client, base_url=base_url)
        self._api = Api(self._doors, options=options or Options())
        self._collections = Collections(self._api, self._doors, clock=clock)
        self._resolver = Resolver(self._api, self._collections)
        self._marks = Marks(clock)
        self._snapshots = Snapshots(api=self._api, resolver=self._resolver, marks=self._marks, app=self._app)
        self._open = OpenFiles(self._doors)
        self._reader = Reader(self._api, self._doors, self._collections)
        self._transfers = Transfers(self._doors, api=self._api, resolver=self._resolver)
        self._writer = Writer(self._api, self._doors, self._transfers, self._marks, sleep=sleep)

    @staticmethod
    def errors(failure: Failure) -> HubdrivesError:
        return failures.errors(failure)

    @classmethod
    def parse(cls, text: str, *, base_url: str | None = None) -> Location | None:
        return urls.parse(text, base_url=base_url)

    @classmethod
    def open(cls, client: Client, *, base_url: str | None = None, options: Mapping[str, Any] | None = None) -> Self:
        """As `Provider.open`; the options are those of `hubdrives.providers.globus.options.Options`."""
        return cls(client, base_url=base_url, options=Options.of(options))

    async def close(self) -> None:
        await self._client.close()

    @property
    def waiting(self) -> Waiting | None:
        return client_waiting(self._client)

    def explain_access(self) -> str | None:
        return self._doors.access()

    # Volumes

    async def volumes(self, text: str = "", *, own: bool = False, limit: int = 100) -> Sequence[Volume]:
        """As `HasVolumes.volumes`: collections anywhere in Globus, which tells no more than 1000."""
        found = await self._collections.search(text.strip(), own=own, limit=limit)
        return [volume_of(each, app=self._app) for each in found]

    async def volume(self, location: Location) -> Volume:
        """As `HasVolumes.volume`: the collection. Whether anything is at the location is not looked at."""
        item = location.id or (await self._resolver.on_collection(location))[0].id
        return volume_of(await self._collections.get(item), app=self._app)

    # Reading

    async def stat(self, location: Location) -> Entry:
        try:
            spot = await self._resolver.spot(location)
        except (NotFound, Forbidden):
            if (entry := await self._open.stat(location)) is None:
                raise
            return entry
        if spot.collection is None:
            return Entry(path=safe_name(spot.name), kind=Kind.FOLDER)
        return entry_at(await self._resolver.find(location), self._marks)

    async def list(self, folder: Location) -> AsyncIterator[Entry]:
        """As `Provider.list`, in one request; links are listed as what they lead to, wherever that is.

        Above the collections: those that were used last, that are this account's, and that others shared with it.
        """
        spot = await self._resolver.spot(folder)
        if spot.collection is None:
            for entry in await self._above(spot):
                yield entry
            return
        for entry in await self._in(folder, spot, spot.collection):
            yield entry

    async def snapshot(
        self,
        location: Location,
        *,
        known: Snapshot | None = None,  # noqa: ARG002 - Globus does not tell what has changed
        boundary: Location | None = None,
    ) -> Snapshot:
        """As `Provider.snapshot`: one request for each folder, whether anything has changed or not."""
        return await self._taken(location, boundary)

    async def snapshot_ahead(self, location: Location, tell: Callable[[Sequence[Entry]], None]) -> Snapshot:
        """As `ListsAhead.snapshot_ahead`, in the same requests."""
        return await self._taken(location, None, tell)

    async def _taken(
        self,
        location: Location,
        boundary: Location | None,
        tell: Callable[[Sequence[Entry]], None] = lambda _files: None,
    ) -> Snapshot:
        try:
            return await self._snapshots.take(location, boundary, tell)
        except (NotFound, Forbidden):
            # What lies in a boundary is known to be on a collection.
            if boundary is not None or (entry := await self._open.stat(location)) is None:
                raise
            return Snapshot.of(location, entry.name, [entry], kind=Kind.FILE)

    def read(self, entry: Entry, *, start: int = 0, stop: int | None = None) -> AsyncIterator[bytes]:
        return (self._open if is_open(entry) else self._reader).read(entry, start=start, stop=stop)

    async def contains(self, root: Location, location: Location) -> bool:
        """As `Provider.contains`. What is reached by a link lies where the link leads."""
        if location.id and not await self._may_contain(root, location.id):
            return False
        spot = await self._resolver.spot(location)
        if spot.collection is None:
            return await self._contains_above(root, spot)
        place = await self._resolver.find(location)
        try:
            top = await self._resolver.spot(root)
            if top.collection is None or top.collection.id != place.collection.id:
                return top.collection is None and await self._lists(top, place.collection)
            links = Links(self._api, top.collection)
            if within(top.path, place.path) and await links.real(place.path, below=top.path) == place.path:
                return True
            folder = await self._resolver.find(root)
            outer, inner = await links.real(folder.path), await links.real(place.path)
        except (NotFound, BadInput, Forbidden):
            return False
        return outer is not None and inner is not None and within(outer, inner)

    # Writing

    async def make_folder(self, parent: Location, name: str) -> Entry:
        async def make(collection: Collection, folder: str) -> Entry:
            item = await self._writer.make_folder(collection, folder, name)
            return entry_of(collection.id, joined(folder, name), item, self._marks, place=safe_name(name))

        return await self._in_folder(parent, make)

    async def write(
        self,
        parent: Location,
        name: str,
        content: Content,
        *,
        if_version: str | None = None,
        modified: datetime | None = None,  # noqa: ARG002 - Globus notes when it arrived
    ) -> Entry:
        """As `Writable.write`, as far as Globus can: see `globus.writing` for what it can't promise.

        Raises:
            Unreadable: the collection has no https server.
        """

        async def write(collection: Collection, folder: str) -> Entry:
            item = await self._writer.write(collection, folder, name, content, if_version=if_version)
            return entry_of(collection.id, joined(folder, name), item, self._marks, place=safe_name(name))

        return await self._in_folder(parent, write)

    async def remove(self, location: Location, *, if_version: str | None = None) -> None:
        """As `Writable.remove`, for good. A file is one request; a folder is a task, which is waited for."""
        await self._writer.remove(await self._resolver.find(location), if_version=if_version)

    async def move(self, location: Location, *, parent: Location | None = None, name: str | None = None) -> Entry:
        """As `Writable.move`, on one collection."""
        if parent is None and name is None:
            raise BadInput("Neither another folder nor another name was given.")
        place = await self._resolver.find(location)
        to = None
        if parent is not None:
            folder = await self._resolver.find(parent)
            to = (folder.collection, folder.path)
        path = await self._writer.move(place, to=to, name=name)
        item = await self._api.stat(place.collection, path)
        return entry_of(place.collection.id, path, item, self._marks, place=safe_name(path.rpartition("/")[2]))

    # Transfers

    @classmethod
    def files_here(cls, path: Path, *, options: Mapping[str, Any], environment: Mapping[str, str]) -> Here | None:
        """As `HasFilesHere.files_here`: on the collection that the hub names, or the connection's options."""
        return local.files_here(path, options=options, environment=environment)

    async def new_submission(self, source: Location) -> str:  # noqa: ARG002 - Globus' submissions are from anywhere
        return await self._transfers.new_submission()

    async def submit(self, order: Transfer) -> str:
        return await self._transfers.submit(order)

    async def task(self, id_: str) -> Task:
        return await self._transfers.task(id_)

    async def tasks(self, *, limit: int = 100) -> Sequence[Task]:
        return await self._transfers.tasks(limit=limit)

    async def events(self, id_: str, *, limit: int = 100) -> Sequence[TaskEvent]:
        return await self._transfers.events(id_, limit=limit)

    async def cancel(self, id_: str) -> Task:
        return await self._transfers.cancel(id_)

    async def _in_folder(self, location: Location, act: Callable[[Collection, str], Awaitable[_T]]) -> _T:
        """Do something with a folder, which is mostly called there as it is here: if not, it is looked for."""
        collection, folder = await self._resolver.on_collection(location)
        try:
            return await act(collection, folder)
        except NotFound:
            if folder == TOP:
                raise
        place = await self._resolver.find(location)
        if not place.is_folder:
            raise BadInput(f"'{place.name}' on the Globus collection is a file, not a folder.")
        return await act(collection, place.path)

    async def _in(self, folder: Location, spot: Spot, collection: Collection) -> Sequence[Entry]:
        """What is directly in a folder of a collection."""
        path = spot.path
        try:
            items = await self._api.ls(collection, path)
        except NotFound:
            if path == TOP:
                raise
            place = await self._resolver.find(folder)
            if not place.is_folder:
                raise NotAFolder(f"'{place.name}' on the Globus collection is a file, not a folder.") from None
            path = place.path
            items = await self._api.ls(collection, path)
        names = names_of(items)
        return [
            entry_of(collection.id, joined(path, item.name), item, self._marks, place=names[item.name])
            for item in items
            if left_out(item, names[item.name]) is None
        ]

    async def _above(self, spot: Spot) -> Sequence[Entry]:
        """The sections, or the collections of one."""
        if spot.path == TOP:
            return [Entry(path=name, kind=Kind.FOLDER) for name in SECTIONS]
        found = await self._collections.section(spot.name)
        return [Entry(path=name, kind=Kind.FOLDER, id=key(each.id, TOP)) for name, each in found.items()]

    async def _may_contain(self, root: Location, item: str) -> bool:
        """Whether something on a collection may lie in `root`, as far as can be told before the collection is used.

        Above the collections are those that the account used last: to look at what lies on one must not put it there.
        """
        collection = await self._collections.get(item)
        try:
            top = await self._resolver.spot(root)
            return top.collection is not None or await self._lists(top, collection)
        except (NotFound, BadInput, Forbidden):
            return False

    async def _contains_above(self, root: Location, spot: Spot) -> bool:
        with suppress(NotFound):
            top = await self._resolver.spot(root)
            return top.collection is None and within(top.path, spot.path)
        return False

    async def _lists(self, top: Spot, collection: Collection) -> bool:
        """Whether a collection is among those of the account, or of one section."""
        for name in SECTIONS if top.path == TOP else (top.name,):
            if any(each.id == collection.id for each in (await self._collections.section(name)).values()):
                return True
        return False
