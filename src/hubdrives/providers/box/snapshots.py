"""Snapshots: listed from the top down, or brought up to date by what the event stream hints at."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace

from hubdrives.errors import BadCredential, Forbidden, NotFound, UnexpectedAnswer
from hubdrives.model import Kind, Location, Snapshot
from hubdrives.providers.box import changes, listing
from hubdrives.providers.box.api import Api
from hubdrives.providers.box.changes import Cursor, Effect
from hubdrives.providers.box.failures import MissingScope, PositionRefused
from hubdrives.providers.box.resolve import Resolver, Start
from hubdrives.providers.box.tree import Tree, entry_of, lay_out, readable
from hubdrives.sync.tasks import group


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshots:
    """Takes snapshots.

    Args:
        api: who is asked.
        resolver: finds what locations mean.
        events: whether the event stream tells of everything.
        clock: seconds since 1970.
    """

    api: Api
    resolver: Resolver
    events: bool
    clock: Callable[[], float]

    async def take(self, location: Location, known: Snapshot | None) -> Snapshot:
        """See `Provider.snapshot`."""
        asked = changes.question(location)
        cursor = changes.decode(known.cursor, asked, now=self.clock()) if known is not None and self.events else None
        if known is not None and cursor is not None:
            updated = await self._updated(known, cursor)
            if updated is not None:
                return updated
        return await self._listed(location, asked)

    async def _listed(self, location: Location, asked: str) -> Snapshot:
        start = await self.resolver.start(location)
        noted = self.clock()
        # A position that was taken after the listing would miss what changed meanwhile.
        async with group() as tasks:
            taken = tasks.create_task(self._position(start))
            place = await self.resolver.find(location) if location.path or not start.is_folder else None
        if place is not None and place.item.is_file:
            entry = entry_of(readable(place.item), place.name, link=place.link)
            return Snapshot.of(location, place.item.name, [entry], kind=Kind.FILE)
        position = taken.result()
        key = start.key if place is None else place.item.key
        async with group() as tasks:
            root = tasks.create_task(self.api.item(key, link=start.link))
            found = tasks.create_task(listing.below(self.api, key.removeprefix("folders/"), link=start.link))
        tree = Tree(root=root.result())
        for folder, items in found.result().items():
            tree.put(folder, items)
        return await self._laid_out(location, tree, start.link, asked, position, noted)

    async def _updated(self, known: Snapshot, cursor: Cursor) -> Snapshot | None:
        """What `known` has become according to the events, None if it must be listed anew."""
        noted = self.clock()
        try:
            events, position = await self.api.events(cursor.position)
        except BadCredential:
            raise
        except (PositionRefused, NotFound, Forbidden):
            return None
        tree = changes.tree_of(cursor) if events else None
        if events and tree is None:
            return None
        effect, folders = changes.concerned(tree, events) if tree is not None else (Effect.NONE, set[str]())
        if tree is None or effect is Effect.NONE:
            return replace(known, cursor=changes.encode(cursor.asked, position, noted, cursor.tree))
        if effect is Effect.STALE:
            return None
        try:
            await listing.relist(self.api, tree, folders)
        except NotFound:
            return None
        return await self._laid_out(known.location, tree, "", cursor.asked, position, noted)

    async def _position(self, start: Start) -> str | None:
        """Where the event stream is, None if it does not tell this account of everything that is there."""
        if not self.events or not start.is_folder or start.link:
            return None
        try:
            return await self.api.position()
        except MissingScope:
            return None
        except BadCredential:
            raise
        except (NotFound, Forbidden, UnexpectedAnswer):
            return None

    async def _laid_out(
        self, location: Location, tree: Tree, link: str, asked: str, position: str | None, noted: float
    ) -> Snapshot:
        def lay_all_out() -> Snapshot:
            entries, skipped = lay_out(tree, link=link)
            cursor = changes.encode(asked, position, noted, tree) if position is not None else None
            return Snapshot.of(location, tree.root.name, entries, skipped=skipped, cursor=cursor)

        # Ten thousand files take a while, in which others want to be served.
        return await asyncio.to_thread(lay_all_out)
