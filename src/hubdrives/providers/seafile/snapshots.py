"""Snapshots: a folder's id changes when anything below it does, so whether there is news is one question."""

import asyncio
from dataclasses import dataclass, field
from typing import Self

import msgspec

from hubdrives.errors import NotFound, Unreadable
from hubdrives.model import Entry, Kind, Location, Skipped, Snapshot
from hubdrives.providers.seafile import listing
from hubdrives.providers.seafile.api import TITLE, Api, is_link
from hubdrives.providers.seafile.item import Library
from hubdrives.providers.seafile.listing import Below
from hubdrives.providers.seafile.resolve import SHARED, SHELF, Place, Resolver, Spot, path_of, readable
from hubdrives.providers.seafile.tree import entry_at, key, lay_out
from hubdrives.sync.tasks import group

_OID = "oid "


class Cursor(msgspec.Struct, frozen=True):
    """What a snapshot's `cursor` holds."""

    asked: tuple[str, str]
    """What the snapshot was asked with; another question needs another cursor."""
    library: str
    path: str
    """In the library: of the folder, or of the file."""
    oid: str = ""
    """The folder's id; "" for a file."""
    marks: dict[str, str] = {}
    """Above the libraries: what tells whether one has changed, by its id."""

    @classmethod
    def of(cls, known: Snapshot | None, location: Location, library: str) -> Self | None:
        """The cursor of `known`, None if it is of no use for this question."""
        if known is None or known.cursor is None:
            return None
        try:
            cursor = msgspec.json.decode(known.cursor, type=cls)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return None
        return cursor if (cursor.asked, cursor.library) == ((location.id, location.path), library) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshots:
    """Takes snapshots.

    Args:
        api: who is asked.
        resolver: finds what locations mean.
    """

    api: Api
    resolver: Resolver

    async def take(self, location: Location, known: Snapshot | None) -> Snapshot:
        """See `Provider.snapshot`."""
        spot = await self.resolver.spot(location)
        cursor = Cursor.of(known, location, spot.library)
        if spot.library == SHELF:
            return await self._on_shelf(location, spot, known, cursor)
        if known is not None and cursor is not None and cursor.oid:
            updated = await self._updated(known, cursor)
            if updated is not None:
                return updated
        if spot.library.startswith("f/") or (cursor is not None and not cursor.oid):
            return await self._found(location)
        return await self._listed(location, spot)

    async def _updated(self, known: Snapshot, cursor: Cursor) -> Snapshot | None:
        """What `known` has become, None if its folder is not there any more."""
        try:
            below = await listing.below(self.api, cursor.library, cursor.path, known=cursor.oid)
        except NotFound:
            return None
        if below.unchanged:
            return known
        return await self._laid_out(known.location, known.name, cursor.library, cursor.path, below)

    async def _listed(self, location: Location, spot: Spot) -> Snapshot:
        """A folder that is called at Seafile as it is here, as almost all are."""
        path = path_of(spot.below)
        try:
            async with group() as tasks:
                told = tasks.create_task(self._told(spot))
                found = tasks.create_task(listing.below(self.api, spot.library, path))
        except NotFound:
            if not spot.below:
                raise
            return await self._found(location)
        library = told.result()
        name = spot.below[-1] if spot.below else library.name if library is not None else SHARED
        return await self._laid_out(location, name, spot.library, path, found.result())

    async def _found(self, location: Location) -> Snapshot:
        """A file, or a folder that is called otherwise at Seafile."""
        place = await self.resolver.find(location)
        if place.is_folder:
            below = await listing.below(self.api, place.library, place.path)
            return await self._laid_out(location, place.name, place.library, place.path, below)
        cursor = Cursor(asked=(location.id, location.path), library=place.library, path=place.path)
        name = place.dirent.name if place.dirent else place.name
        return Snapshot.of(location, name, [entry_at(place)], kind=Kind.FILE, cursor=msgspec.json.encode(cursor))

    async def _told(self, spot: Spot) -> Library | None:
        """The library, once it is sure that it may be read; None for a share link."""
        if is_link(spot.library):
            return None
        return readable(spot.told) if spot.told is not None else await self.resolver.library(spot.library)

    async def _laid_out(self, location: Location, name: str, library: str, path: str, below: Below) -> Snapshot:
        def lay_all_out() -> Snapshot:
            entries, skipped = lay_out(library, path, below.folders)
            cursor = Cursor(asked=(location.id, location.path), library=library, path=path, oid=below.oid)
            noted = msgspec.json.encode(cursor) if below.oid else None
            return Snapshot.of(location, name, entries, skipped=skipped, cursor=noted)

        # Ten thousand files take a while, in which others want to be served.
        return await asyncio.to_thread(lay_all_out)

    async def _on_shelf(
        self, location: Location, spot: Spot, known: Snapshot | None, cursor: Cursor | None
    ) -> Snapshot:
        """All libraries, or those of one section. What has not changed is taken from `known`."""
        shelf = await self.resolver.shelf()
        parts = [
            _Part(path=name if spot.below else f"{section}/{name}", library=library)
            for section in spot.below or shelf.sections
            for name, library in shelf.sections[section].items()
        ]
        async with group() as tasks:
            for part in parts:
                tasks.create_task(self._fill(part, known, cursor))
        tops = () if spot.below else tuple(shelf.sections)
        entries = [entry_at(Place(library=SHELF, path=f"/{section}", name=section)) for section in tops]
        noted = Cursor(
            asked=(location.id, location.path),
            library=SHELF,
            path=path_of(spot.below),
            marks={part.library.id: part.mark for part in parts if part.mark},
        )
        return Snapshot.of(
            location,
            spot.below[0] if spot.below else TITLE,
            [*entries, *(entry for part in parts for entry in part.entries)],
            skipped=[each for part in parts for each in part.skipped],
            cursor=msgspec.json.encode(noted),
        )

    async def _fill(self, part: "_Part", known: Snapshot | None, cursor: Cursor | None) -> None:
        """List a library below its place, unless it is known and has not changed."""
        library = part.library
        mark = cursor.marks.get(library.id, "") if known is not None and cursor is not None else ""
        try:
            readable(library)
            if known is not None and mark and mark == part.head and part.take_from(known):
                return
            oid = mark.removeprefix(_OID) if mark.startswith(_OID) else ""
            below = await listing.below(self.api, library.id, "/", known=oid)
            if known is not None and below.unchanged and not part.take_from(known):
                below = await listing.below(self.api, library.id, "/")
        except (NotFound, Unreadable) as error:
            part.skipped = [Skipped(path=part.path, code=error.code, reason=f"{error} {error.hint}")]
            return
        if not below.unchanged:
            top = Entry(path=part.path, kind=Kind.FOLDER, id=key(library.id, "/"))
            entries, part.skipped = await asyncio.to_thread(lay_out, library.id, "/", below.folders, under=part.path)
            part.entries = [top, *entries]
        part.mark = part.head or (f"{_OID}{below.oid}" if below.oid else "")


@dataclass(slots=True, kw_only=True)
class _Part:
    """One library in a snapshot of many."""

    path: str
    library: Library
    entries: list[Entry] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    mark: str = ""

    @property
    def head(self) -> str:
        """What tells whether anything in the library has changed, as the list of libraries has it."""
        return f"head {self.library.head_commit_id}" if self.library.head_commit_id else ""

    def take_from(self, known: Snapshot) -> bool:
        """Take over what was there the last time; False if it was not at this place then."""
        top = key(self.library.id, "/")
        if not any(entry.path == self.path and entry.id == top for entry in known.entries):
            return False
        within = f"{self.path}/"
        self.entries = [entry for entry in known.entries if f"{entry.path}/".startswith(within)]
        self.skipped = [each for each in known.skipped if each.path.startswith(within)]
        self.mark = self.head
        return True
