"""Google Drive as a provider: locations in, entries, snapshots and bytes out."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, Self

from hubdrives.errors import BadInput, HubdrivesError, NotGranted, NotShared, Unreadable
from hubdrives.exchange import Failure
from hubdrives.http import Client
from hubdrives.model import Entry, Kind, Location, Snapshot, Waiting
from hubdrives.providers.base import Provider, client_waiting
from hubdrives.providers.googledrive import api, changes, reading, urls
from hubdrives.providers.googledrive.api import Api
from hubdrives.providers.googledrive.changes import Cursor, Effect
from hubdrives.providers.googledrive.exports import Options
from hubdrives.providers.googledrive.item import Item
from hubdrives.providers.googledrive.lineage import Lineage
from hubdrives.providers.googledrive.listing import Listing, with_key
from hubdrives.providers.googledrive.resolve import Resolved, list_children, resolve
from hubdrives.providers.googledrive.tree import Tree, entry_of, lay_out, unreadable


class GoogleDrive(Provider):
    """An account at Google Drive, read-only. See `Provider` for what its methods promise."""

    name = urls.NAME
    title = api.TITLE

    def __init__(self, client: Client, *, base_url: str | None, options: Options) -> None:
        self._client = client
        self._api = Api(client, base_url=base_url)
        self._options = options
        self._lineage = Lineage(self._api)

    @staticmethod
    def errors(failure: Failure) -> HubdrivesError:
        return api.errors(failure)

    @classmethod
    def parse(cls, text: str, *, base_url: str | None = None) -> Location | None:
        return urls.parse(text, base_url=base_url)

    @classmethod
    def open(cls, client: Client, *, base_url: str | None = None, options: Mapping[str, Any] | None = None) -> Self:
        """As `Provider.open`; the options are those of `hubdrives.providers.googledrive.exports.Options`."""
        return cls(client, base_url=base_url, options=Options.of(options))

    async def close(self) -> None:
        await self._client.close()

    @property
    def waiting(self) -> Waiting | None:
        return client_waiting(self._client)

    def explain_access(self) -> str | None:
        account = self._client.account
        return f"Share it with {account}." if account else None

    async def stat(self, location: Location) -> Entry:
        """As `Provider.stat`; raises Unreadable for a document that no file can be made of."""
        with self._explained():
            found = await self._resolve(location)
        return self._entry(found)

    async def list(self, folder: Location) -> AsyncIterator[Entry]:
        with self._explained():
            found = await self._resolve(folder)
            if not found.item.is_folder:
                raise BadInput(f"'{found.name}' in Google Drive is a file, not a folder.")
            tree = await list_children(self._api, found.item, self._options)
        entries, _skipped = lay_out(tree, self._options, deep=False)
        for entry in entries:
            yield entry

    async def snapshot(
        self, location: Location, *, known: Snapshot | None = None, boundary: Location | None = None
    ) -> Snapshot:
        """As `Provider.snapshot`.

        A folder that did not change since `known` costs one request, and so does one in which files were changed,
        added, renamed, moved or removed. Otherwise it costs one request for the item, one for the change log, at least
        one for each level of folders, and one for each folder up to the one that was shared with the account; a file
        costs one request. What only a link opens is listed each time, as no log tells of it.
        """
        asked = changes.question(location, boundary, self._options)
        cursor = changes.decode(known.cursor, asked) if known is not None else None
        with self._explained():
            if known is not None and cursor is not None:
                updated = await self._updated(known, cursor)
                if updated is not None:
                    return updated
            before = changes.tree_of(cursor) if cursor is not None else None
            return await self._listed(location, boundary, asked, before)

    def read(self, entry: Entry, *, start: int = 0, stop: int | None = None) -> AsyncIterator[bytes]:
        return reading.read(self._api, entry, start=start, stop=stop)

    async def contains(self, root: Location, location: Location) -> bool:
        """As `Provider.contains`; a location that is a shortcut counts as what it leads to.

        What was seen of the folders above is believed for 20 seconds.
        """
        with self._explained():
            found = await self._resolve(location)
            return await self._within(found.item, root)

    async def _resolve(self, location: Location) -> Resolved:
        return await resolve(self._api, location, self._options)

    async def _within(self, item: Item, root: Location) -> bool:
        if not root.path and await self._lineage.within(item, root.id):
            return True
        # The root may itself be a shortcut, or a name in a folder.
        top = await self._resolve(root)
        return await self._lineage.within(item, top.item.id)

    async def _listed(self, location: Location, boundary: Location | None, asked: str, before: Tree | None) -> Snapshot:
        """A snapshot that is listed from the root down."""
        found = await self._resolve(location)
        astray = boundary is not None and boundary != location and found.linked
        if boundary is not None and astray and not await self._within(found.item, boundary):
            raise NotGranted(f"The shortcut to '{found.name}' leads out of the folder that may be read.")
        if not found.item.is_folder:
            return Snapshot.of(location, found.alias or found.item.name, [self._entry(found)], kind=Kind.FILE)
        tree = Tree(
            root=found.item.id,
            items={found.item.id: found.item},
            way=found.way,
            alias=found.alias,
            boundary=await self._boundary(location, boundary, found.item),
        )
        had = {} if before is None else before.children()
        before_ids = {folder: {item.id for item in had[folder]} for folder in had}
        listing = Listing(self._api, tree, self._options, before=before_ids, lineage=self._lineage)
        await listing.fill()
        return await self._laid_out(location, asked, listing)

    async def _boundary(self, location: Location, boundary: Location | None, root: Item) -> str | None:
        """The id of the folder that shortcuts must not lead out of."""
        if boundary is None:
            return None
        if boundary == location:
            return root.id
        return (await self._resolve(boundary)).item.id if boundary.path else boundary.id

    async def _updated(self, known: Snapshot, cursor: Cursor) -> Snapshot | None:
        """What `known` has become according to the change logs, None if it must be listed anew."""
        told = await changes.since(self._api, cursor.logs)
        if told is None:
            return None
        news, logs = told
        tree = changes.tree_of(cursor) if news else None
        if tree is None:
            return None if news else replace(known, cursor=changes.encode(cursor.asked, logs, cursor.tree))
        effects = changes.apply_all(tree, news)
        if Effect.STALE in effects:
            return None
        if Effect.ASK_ROOT in effects and not await self._root_stands(tree):
            return None
        if Effect.APPLIED not in effects:
            return replace(known, cursor=changes.encode(cursor.asked, logs, tree))
        listing = Listing(self._api, tree, self._options, logs=dict(logs), lineage=self._lineage)
        await listing.fill()
        return await self._laid_out(known.location, cursor.asked, listing)

    async def _root_stands(self, tree: Tree) -> bool:
        """Whether the root is as it was; a folder above it may have been moved away or thrown into the bin."""
        old = tree.items[tree.root]
        new = with_key(await self._api.file(tree.root, key=old.resource_key), old.resource_key)
        return new == old

    async def _laid_out(self, location: Location, asked: str, listing: Listing) -> Snapshot:
        tree = listing.tree

        def lay_all_out() -> Snapshot:
            entries, skipped = lay_out(tree, self._options)
            cursor = changes.encode(asked, listing.logs, tree)
            name = tree.alias or tree.items[tree.root].name
            return Snapshot.of(location, name, entries, skipped=skipped, cursor=cursor)

        # Ten thousand files take a seventh of a second, in which others want to be served.
        return await asyncio.to_thread(lay_all_out)

    def _entry(self, found: Resolved) -> Entry:
        exports = self._options.exports
        reason = None if found.item.is_folder else unreadable(found.item, exports)
        if reason is not None:
            raise Unreadable(f"'{found.name}' can't be read. {reason}")
        return entry_of(found.item, found.name, exports)

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """What is not shared is told together with whom to share it with."""
        try:
            yield
        except NotShared as error:
            account = self._client.account
            hint = f"Share the folder with {account}, then try again." if account else None
            raise NotShared(str(error), hint=hint) from None
