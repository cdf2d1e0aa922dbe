"""The hub's gateway as a provider."""

import base64
import hashlib
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, ClassVar, Self
from urllib.parse import quote

from hubdrives.content import Content
from hubdrives.errors import BadConfig, BadInput, HubdrivesError, NotFound
from hubdrives.exchange import Failure
from hubdrives.http import Client
from hubdrives.model import Description, Entry, Kind, Location, Snapshot, Waiting
from hubdrives.providers.abilities import (
    NEW,
    Invitee,
    NarrowToken,
    Query,
    Share,
    Task,
    TaskEvent,
    Transfer,
    Version,
)
from hubdrives.providers.base import Piece, Provider, client_waiting
from hubdrives.providers.gateway import api, urls
from hubdrives.providers.gateway.api import Api
from hubdrives.providers.gateway.manyfiles import ALONE, ManyFiles, wanted_path
from hubdrives.providers.volumes import Volume
from hubdrives.wire import (
    CONTENT_DIGEST,
    MAX_FILES,
    MAX_FOUND,
    MAX_TASKS,
    ConnectionDocument,
    EntryDocument,
    FindingDocument,
    FolderOrder,
    LinkOrder,
    MoveOrder,
    RestoreOrder,
    ShareChange,
    ShareOrder,
    SignedLink,
    SpaceDocument,
    SpaceOrder,
    SpaceState,
    TokenOrder,
    TransferOrder,
    WantedFile,
    snapshot_tag,
)

_UNDER = "under"


class Gateway(Provider):
    """What the gateway lets this user do, whichever provider it is at. See `Provider` and `abilities` for the promises.

    It has all abilities, for it stands before many providers; what the one behind it lacks is a BadInput of the
    gateway's. `ConnectionDocument.able` tells beforehand.
    """

    name = urls.NAME
    title = api.TITLE
    roles: ClassVar[Sequence[str]] = ()
    """Those of the connection are told by `connections`; "" is its first, which is to read."""

    def __init__(self, client: Client, *, base_url: str) -> None:
        self._client = client
        self._waiting: Waiting | None = None
        # What to ask for by the id of a location: a signed link stays here, it is not written into every entry.
        self._sources: dict[str, str] = {}
        self._api = Api(client, base_url=base_url, waits=self._waits)

    @staticmethod
    def errors(failure: Failure) -> HubdrivesError:
        return api.errors(failure)

    @classmethod
    def parse(cls, text: str, *, base_url: str | None = None) -> Location | None:
        return urls.parse(text, base_url=base_url)

    @classmethod
    def open(cls, client: Client, *, base_url: str | None = None, options: Mapping[str, Any] | None = None) -> Self:
        """As `Provider.open`; there are no options, and `base_url` must be given."""
        if not base_url:
            raise BadConfig("The connection to the hub's gateway needs its address as base_url.")
        if options:
            raise BadConfig(f"The connection to the hub's gateway has no option '{min(options)}'.")
        return cls(client, base_url=base_url)

    async def close(self) -> None:
        await self._client.close()

    @property
    def waiting(self) -> Waiting | None:
        """Whom the gateway waits for, or that we wait for the gateway."""
        return self._waiting or client_waiting(self._client)

    def explain_access(self) -> str | None:
        """None: whom to share with depends on the gateway's connection; `connections` tells it."""
        return None

    async def stat(self, location: Location) -> Entry:
        return (await self._api.describe(self._where(location))).entry.entry(_params(location))

    async def describe(self, location: Location) -> Description:
        """As `Provider.describe`; the location in the answer is the real one, at the provider that has it."""
        told = await self._api.describe(self._where(location))
        return Description(
            location=told.location.location(),
            name=told.name,
            kind=told.entry.kind,
            source=told.source,
            signed=told.signed,
            open_path=told.open_path,
        )

    async def list(self, folder: Location) -> AsyncIterator[Entry]:
        if (await self.stat(folder)).kind is Kind.FILE:
            raise BadInput("This is a file, not a folder.")
        for entry in (await self.snapshot(folder)).entries:
            if "/" not in entry.path:
                yield entry

    async def snapshot(
        self, location: Location, *, known: Snapshot | None = None, boundary: Location | None = None
    ) -> Snapshot:
        """As `Provider.snapshot`, with the real location. Without a `boundary`, the root of the user's grant is one.

        One request, and nothing to send back if nothing changed since `known`, whatever the address it was known by.
        """
        told = await self._api.snapshot(
            self._where(location),
            boundary=self._where(boundary) if boundary else None,
            known=snapshot_tag(known) if known else None,
        )
        params = _params(location)
        if told is not None:
            return told.snapshot(params)
        if known is None:
            raise AssertionError("unreachable: nothing was known")
        return replace(known, entries=tuple(replace(entry, params=params) for entry in known.entries))

    def read(self, entry: Entry, *, start: int = 0, stop: int | None = None) -> AsyncIterator[bytes]:
        return self._api.read(
            self._asked(entry.params),
            WantedFile(wanted_path(entry), entry.version, start),
            stop=stop,
            size=entry.size,
            digest=entry.digest,
        )

    async def read_many(self, entries: Sequence[Entry]) -> AsyncIterator[Piece]:
        """As `ReadsMany.read_many`, a thousand files to a stream."""
        sources: dict[tuple[tuple[str, str], ...], list[Entry]] = {}
        for entry in entries:
            sources.setdefault(entry.params, []).append(entry)
        for params, files in sources.items():
            for first in range(0, len(files), MAX_FILES):
                some = files[first : first + MAX_FILES]
                async for piece in ManyFiles(self._api, self._asked(params), some, self._waits).read():
                    yield piece

    async def contains(self, root: Location, location: Location) -> bool:
        return await self._api.contains(self._where(root), self._where(location))

    async def make_folder(self, parent: Location, name: str) -> Entry:
        order = self._order(parent)
        made = await self._api.change("POST", "folders", EntryDocument, order=FolderOrder(**order, name=name))
        return self._entry(made, parent)

    async def write(
        self,
        parent: Location,
        name: str,
        content: Content,
        *,
        if_version: str | None = None,
        modified: datetime | None = None,
    ) -> Entry:
        """As `Writable.write`. The content is read twice: once for its digest, which the gateway compares."""
        where = {**self._where(parent), "name": name, **({"modified": modified.isoformat()} if modified else {})}
        headers = {CONTENT_DIGEST: await _digest(content), **_condition(if_version)}
        made = await self._api.change("PUT", "file", EntryDocument, where=where, headers=headers, content=content)
        return self._entry(made, parent)

    async def remove(self, location: Location, *, if_version: str | None = None) -> None:
        await self._api.change(
            "DELETE", "entry", dict[str, str], where=self._where(location), headers=_condition(if_version)
        )

    async def move(self, location: Location, *, parent: Location | None = None, name: str | None = None) -> Entry:
        """As `Writable.move`; within one connection of the gateway."""
        target = self._order(parent) if parent else {}
        order = MoveOrder(**self._order(location), to=target.get("source"), to_under=target.get("under", ""), name=name)
        moved = await self._api.change("POST", "move", EntryDocument, order=order)
        above = parent or replace(location, path=location.path.rpartition("/")[0])
        return self._entry(moved, above) if parent or location.path else moved.entry(_params(location))

    async def versions(self, location: Location) -> Sequence[Version]:
        return await self._api.versions(self._where(location))

    async def read_version(
        self, location: Location, version: str, *, start: int = 0, stop: int | None = None
    ) -> AsyncIterator[bytes]:
        """As `Versioned.read_version`. All versions are asked for before: what is cut goes on only by a known size."""
        known = next((one for one in await self.versions(location) if one.id == version), None)
        if known is None:
            raise NotFound("There is no such version of this file.")
        async for piece in self._api.read_version(self._where(location), known, start=start, stop=stop):
            yield piece

    async def restore(self, location: Location, version: str) -> Entry:
        order = RestoreOrder(**self._order(location), version=version)
        return (await self._api.change("POST", "restore", EntryDocument, order=order)).entry(_params(location))

    async def search(self, query: Query, *, under: Location, limit: int = MAX_FOUND) -> AsyncIterator[Entry]:
        """As `Searchable.search`; the gateway brings at most MAX_FOUND."""
        for found in await self._api.search(self._where(under), query, limit=min(limit, MAX_FOUND)):
            yield self._entry(found, under)

    async def volumes(self, text: str = "", *, own: bool = False, limit: int = 100) -> Sequence[Volume]:
        """As `HasVolumes.volumes`, of all the gateway's connections; it brings at most MAX_FOUND."""
        return await self._api.volumes(text, own=own, limit=min(limit, MAX_FOUND))

    async def volume(self, location: Location) -> Volume:
        return await self._api.volume(self._where(location))

    async def share(self, location: Location, with_: Invitee, role: str) -> Share:
        order = ShareOrder(**self._order(location), who=with_.who, group=with_.group, role=role)
        return await self._api.change("POST", "shares", Share, order=order)

    async def shares(self, location: Location) -> Sequence[Share]:
        return await self._api.shares(self._where(location))

    async def change_share(self, location: Location, share: str, role: str) -> Share:
        order = ShareChange(**self._order(location), id=share, role=role)
        return await self._api.change("PATCH", "shares", Share, order=order)

    async def unshare(self, location: Location, share: str) -> None:
        await self._api.change("DELETE", "shares", dict[str, str], where={**self._where(location), "id": share})

    async def narrowed(self, location: Location) -> NarrowToken:
        made = await self._api.token(TokenOrder(**self._order(location)))
        return NarrowToken(value=made.token, ends_at=made.ends_at)

    async def new_submission(self, source: Location) -> str:
        return await self._api.submission(self._where(source))

    async def submit(self, order: Transfer) -> str:
        """As `Transferable.submit`; within one connection of the gateway, whose name is in front of the task's id."""
        to = self._order(order.destination)
        wanted = TransferOrder(
            **self._order(order.source),
            to=to["source"],
            to_under=to["under"],
            submission=order.submission,
            recursive=order.recursive,
            sync_level=order.sync_level,
            verify_checksum=order.verify_checksum,
            deadline=order.deadline,
            label=order.label,
        )
        return (await self._api.change("POST", "transfers", dict[str, str], order=wanted))["id"]

    async def task(self, id_: str) -> Task:
        return await self._api.task(id_)

    async def tasks(self, *, limit: int = 100) -> Sequence[Task]:
        return await self._api.tasks(min(limit, MAX_TASKS))

    async def events(self, id_: str, *, limit: int = 100) -> Sequence[TaskEvent]:
        return await self._api.events(id_, min(limit, MAX_TASKS))

    async def cancel(self, id_: str) -> Task:
        return await self._api.change("DELETE", "transfer", Task, where={"id": id_})

    async def connections(self) -> Sequence[ConnectionDocument]:
        """What this user may use there, and do with it."""
        return await self._api.connections()

    async def check(self) -> Sequence[FindingDocument]:
        """What is wrong with that, as the gateway sees it."""
        return await self._api.check()

    async def spaces(self) -> Sequence[SpaceDocument]:
        """The spaces in which this user, or service of the hub, may do something."""
        return await self._api.spaces()

    async def ensure_space(self, space: str, user: str, *, role: str = "") -> SpaceState:
        return await self._api.change("POST", "space", SpaceState, order=SpaceOrder(space, user, role))

    async def unshare_space(self, space: str, user: str) -> SpaceState:
        return await self._api.change("DELETE", "space/share", SpaceState, where={"space": space, "user": user})

    async def remove_space(self, space: str, user: str) -> None:
        await self._api.change("DELETE", "space", dict[str, str], where={"space": space, "user": user})

    async def sign_link(
        self,
        location: Location,
        *,
        group: str | None = None,
        until: str | None = None,
        open_path: str | None = None,
        target: str | None = None,
    ) -> SignedLink:
        """A link that lets others read `location`.

        Args:
            location: what to link to; not itself a signed link.
            group: only for this group of the hub; None is all its users.
            until: ISO 8601 date (through its end) or date and time, UTC unless it says otherwise; None is for ever.
            open_path: what to open afterwards, relative to the folder.
            target: what the folder is called in the user's home.

        Raises:
            NotGranted: the user may not make links for it.
            BadInput: a date, path or name can't be used.
        """
        source = urls.source_of(location.params, location.id)
        return await self._api.sign(
            LinkOrder(source, under=location.path, group=group, until=until, open=open_path, target=target)
        )

    def _waits(self, waiting: Waiting | None) -> None:
        self._waiting = waiting

    def _where(self, location: Location) -> dict[str, str]:
        source = urls.source_of(location.params, location.id)
        self._sources[location.id] = source
        return {urls.SOURCE: source, _UNDER: location.path}

    def _order(self, location: Location) -> dict[str, str]:
        """`location` as the fields of an order."""
        where = self._where(location)
        return {"source": where[urls.SOURCE], "under": where[_UNDER]}

    @staticmethod
    def _entry(told: EntryDocument, folder: Location) -> Entry:
        """An entry somewhere below `folder`, to be read by itself: nobody has to list the folder for it."""
        return told.entry((*_params(folder.below(told.path)), (ALONE, "")))

    def _asked(self, params: tuple[tuple[str, str], ...]) -> dict[str, str]:
        known = dict(params)
        source = known.get(urls.SOURCE, "")
        return {urls.SOURCE: self._sources.get(source, source), _UNDER: known.get(_UNDER, "")}


def _params(location: Location) -> tuple[tuple[str, str], ...]:
    """What an entry needs to be read again by whoever knows its location."""
    return ((urls.SOURCE, location.id), (_UNDER, location.path))


def _condition(if_version: str | None) -> dict[str, str]:
    """The headers that say what must be there. Percent-encoded, for a version may hold what a header can't."""
    if if_version is None:
        return {}
    return {"If-None-Match": "*"} if if_version == NEW else {"If-Match": f'"{quote(if_version, safe="")}"'}


async def _digest(content: Content) -> str:
    """The header of RFC 9530 for `content`."""
    mark = hashlib.sha256()
    async for piece in content.read():
        mark.update(piece)
    return f"sha-256=:{base64.b64encode(mark.digest()).decode()}:"
