"""Snapshots: Globus lists one folder at a time and tells nothing of what is below, so each costs a request each time.

https://docs.globus.org/api/transfer/file_operations/#list_directory_contents
"""

import asyncio
import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from hubdrives.errors import BadInput, Forbidden, NotFound, NotGranted, Unreadable
from hubdrives.model import WHOLE, Entry, Kind, Location, Skipped, Snapshot
from hubdrives.paths import working_folder_name
from hubdrives.providers.globus.api import Api
from hubdrives.providers.globus.failures import NotAFolder
from hubdrives.providers.globus.item import Collection, Item
from hubdrives.providers.globus.marks import Marks
from hubdrives.providers.globus.resolve import TOP, Links, Place, Resolver, Spot, joined, names_of, within
from hubdrives.providers.globus.tree import entry_at, entry_of, left_out, renamed
from hubdrives.providers.globus.urls import page_of
from hubdrives.sync.tasks import group

Tell: TypeAlias = Callable[[Sequence[Entry]], None]

_MANY: Final = 2000
"""Entries that are laid out without letting others in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshots:
    """Takes snapshots.

    Args:
        api: who is asked.
        resolver: finds what locations mean.
        marks: makes versions.
        app: the address of the web app.
    """

    api: Api
    resolver: Resolver
    marks: Marks
    app: str

    async def take(self, location: Location, boundary: Location | None, tell: Tell) -> Snapshot:
        """See `Provider.snapshot`; `tell` is as for `ListsAhead.snapshot_ahead`."""
        spot = await self.resolver.spot(location)
        if spot.collection is None:
            raise BadInput(
                "All collections of a Globus account are too much to be brought at once.",
                hint="Choose a folder of one of them.",
            )
        links = Links(self.api, spot.collection)
        top, bound = spot.path, None
        if boundary is not None:
            bound = await self._bound(boundary, spot.collection, links)
            top = await self._real((await self.resolver.find(location)).path, bound, links)
        walk = _Walk(
            api=self.api, marks=self.marks, collection=spot.collection, links=links, top=top, bound=bound, tell=tell
        )
        try:
            items = await self.api.ls(spot.collection, spot.path)
        except (NotFound, NotAFolder):
            place = await self.resolver.find(location)
            if not place.is_folder:
                unserved = self._unserved(place.collection, place.path, is_folder=False)
                entry = entry_at(place, self.marks)
                return Snapshot.of(location, _name(place), [entry], kind=Kind.FILE, skipped=unserved)
            spot = Spot(collection=place.collection, path=place.path)
            items = await self.api.ls(place.collection, place.path)
        await walk.below(spot.path, items)
        if any(entry.kind is Kind.FILE for entry in walk.entries):
            walk.skipped += self._unserved(walk.collection, spot.path, is_folder=True)
        # A hundred thousand files take a while, in which others want to be served.
        return await asyncio.to_thread(Snapshot.of, location, spot.name, walk.entries, skipped=walk.skipped)

    def _unserved(self, collection: Collection, path: str, *, is_folder: bool) -> list[Skipped]:
        """That no file of a collection can be read, and how else it can be had; nothing where files can be."""
        if collection.https_server:
            return []
        page = page_of(collection.id, f"{path.rstrip('/')}/" if is_folder else path, app=self.app)
        name = path.rpartition("/")[2] or collection.name
        command = ["hubdrives", "transfer", *(["--recursive"] if is_folder else []), page]
        reason = (
            f"The Globus collection '{collection.name}' serves no files over HTTPS, but "
            f"`{shlex.join([*command, f'./{working_folder_name(name)}'])}` has Globus copy them here."
        )
        return [Skipped(path=WHOLE, code=Unreadable.code, reason=reason)]

    async def _bound(self, boundary: Location, collection: Collection, links: Links) -> str | None:
        """Where everything must lie, None if that is nowhere."""
        spot = await self.resolver.spot(boundary)
        if spot.collection is None:
            return TOP
        if spot.collection.id != collection.id:
            return None
        return await links.real((await self.resolver.find(boundary)).path)

    async def _real(self, path: str, bound: str | None, links: Links) -> str:
        if bound is not None:
            real = await links.real(path, below=bound if within(bound, path) else TOP)
            if real is not None and within(bound, real):
                return real
        raise NotGranted("This leads out of the folder that may be read.")


@dataclass(slots=True, kw_only=True)
class _Walk:
    """All that is below one folder, gathered by as many requests at the same time as the limit lets through."""

    api: Api
    marks: Marks
    collection: Collection
    links: Links
    top: str
    bound: str | None
    tell: Tell
    entries: list[Entry] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)

    async def below(self, path: str, items: Sequence[Item]) -> None:
        """Take in what is in the folder at `path`, and go on from there."""
        async with group() as tasks:

            async def enter(path: str, place: str, chain: tuple[str, ...]) -> None:
                try:
                    items = await self.api.ls(self.collection, path)
                except (NotFound, NotAFolder):
                    # It went away meanwhile.
                    return
                except Forbidden as error:
                    self.skipped.append(Skipped(path=place, code=error.code, reason=f"{error} {error.hint}"))
                    return
                await take(path, place, chain, items)

            async def take(path: str, place: str, chain: tuple[str, ...], items: Sequence[Item]) -> None:
                for real, child, item in await self._laid_out(path, place, chain, items):
                    tasks.create_task(enter(joined(path, item.name), child, (*chain, real)))

            await take(path, "", (self.top,), items)

    async def _laid_out(
        self, path: str, place: str, chain: tuple[str, ...], items: Sequence[Item]
    ) -> Sequence[tuple[str, str, Item]]:
        """The entries of one folder; the folders in it, with where they really are and their paths here."""
        self.links.note(chain[-1], items)
        names = await asyncio.to_thread(names_of, items) if len(items) > _MANY else names_of(items)
        folders: list[tuple[str, str, Item]] = []
        files: list[Entry] = []
        for number, item in enumerate(items, start=1):
            if number % _MANY == 0:
                await asyncio.sleep(0)
            name = names[item.name]
            child = f"{place}/{name}" if place else name
            own = joined(path, item.name)
            refused = left_out(item, child)
            real: str | None = joined(chain[-1], item.name)
            if refused is None and item.is_link:
                real, refused = await self._followed(child, item, chain)
            if refused is not None:
                self.skipped.append(refused)
                continue
            if (said := renamed(item.name, name, child)) is not None:
                self.skipped.append(said)
            entry = entry_of(self.collection.id, own, item, self.marks, place=child)
            self.entries.append(entry)
            if entry.kind is Kind.FILE:
                files.append(entry)
            elif real is not None:
                folders.append((real, child, item))
        self.tell(files)
        return folders

    async def _followed(self, place: str, item: Item, chain: tuple[str, ...]) -> tuple[str | None, Skipped | None]:
        """Where a link leads, or why it is left out. Links to files lead anywhere where nothing else is said."""
        if item.is_file and self.bound is None:
            return None, None
        try:
            real = await self.links.real(joined(chain[-1], item.name), below=chain[-1])
        except (NotFound, BadInput, Forbidden):
            real = None
        if real is None or not within(self.bound if self.bound is not None else self.top, real):
            reason = "It is a link that leads out of the folder that may be read."
            return None, Skipped(path=place, code=NotGranted.code, reason=reason)
        if item.is_folder and real in chain:
            return None, Skipped(path=place, reason="This link leads back to a folder that it is in.")
        return real, None


def _name(place: Place) -> str:
    return place.path.rpartition("/")[2]
