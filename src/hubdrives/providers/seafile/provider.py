"""Seafile as a provider: locations in, entries, snapshots and bytes out; files and folders written and shared."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager, suppress
from datetime import datetime
from typing import Any, ClassVar, Self, TypeVar

from hubdrives.content import Content
from hubdrives.errors import BadInput, Forbidden, HubdrivesError, NotFound, NotShared
from hubdrives.exchange import Failure
from hubdrives.http import Client
from hubdrives.model import Entry, Location, Snapshot, Waiting
from hubdrives.paths import safe_name
from hubdrives.providers.abilities import Invitee, Query, Share, Version
from hubdrives.providers.base import Piece, Provider, client_waiting
from hubdrives.providers.seafile import api, failures, links, reading, sharing, urls, versions, writing
from hubdrives.providers.seafile.api import Api
from hubdrives.providers.seafile.changes import joined
from hubdrives.providers.seafile.folders import Folders
from hubdrives.providers.seafile.item import Dirent
from hubdrives.providers.seafile.links import ShareLink
from hubdrives.providers.seafile.options import Options, server
from hubdrives.providers.seafile.resolve import SHELF, Place, Resolver, path_of
from hubdrives.providers.seafile.searching import Searcher
from hubdrives.providers.seafile.sharing import Sharing
from hubdrives.providers.seafile.snapshots import Snapshots
from hubdrives.providers.seafile.tree import entry_at, entry_of, lay_out
from hubdrives.providers.seafile.uploading import PART, Writer
from hubdrives.providers.seafile.uploads import Upload
from hubdrives.providers.seafile.zipped import Zipped
from hubdrives.sync.tasks import group

_T = TypeVar("_T")


class Seafile(Provider):
    """An account at a Seafile server, or one library of it. See `Provider` for what its methods promise.

    Args:
        client: carries the token and the patience.
        base: the server's address, without a slash at its end.
        options: the connection's.
        part: bytes in each part of a large file that is sent.
        clock: seconds.
        sleep: how to wait for Seafile.
    """

    name = urls.NAME
    title = api.TITLE
    roles: ClassVar[Sequence[str]] = sharing.ROLES
    concurrency: ClassVar[int] = 12
    """A server lets an account ask 3000 times a minute, and says how long to wait when it was more."""

    def __init__(
        self,
        client: Client,
        *,
        base: str,
        options: Options,
        part: int = PART,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._client = client
        self._own_name: str | None = None
        self._api = Api(client, base=base, library_token=options.library_token, passwords=options.passwords(base))
        self._resolver = Resolver(self._api, clock=clock)
        self._snapshots = Snapshots(api=self._api, resolver=self._resolver)
        self._zipped = Zipped(self._api, allowed=options.zip and not options.library_token, clock=clock, sleep=sleep)
        self._folders = Folders(self._api, clock=clock)
        self._writer = Writer(self._api, part=part)
        self._mover = writing.Mover(self._api, self._resolver, sleep=sleep)
        self._searcher = Searcher(self._api)
        self._sharing = Sharing(self._api)

    @staticmethod
    def errors(failure: Failure) -> HubdrivesError:
        return failures.errors(failure)

    @classmethod
    def parse(cls, text: str, *, base_url: str | None = None) -> Location | None:
        return urls.parse(text, base_url=base_url)

    @classmethod
    def open(cls, client: Client, *, base_url: str | None = None, options: Mapping[str, Any] | None = None) -> Self:
        """As `Provider.open`; the options are those of `hubdrives.providers.seafile.options.Options`.

        Raises:
            BadConfig: `options` are not this provider's, or `base_url` is missing.
        """
        return cls(client, base=server(base_url), options=Options.of(options))

    async def close(self) -> None:
        await self._client.close()

    @property
    def waiting(self) -> Waiting | None:
        return client_waiting(self._client)

    def explain_access(self) -> str | None:
        account = self._client.account or self._own_name
        return f"Share it in Seafile with {account}, for reading or more." if account else None

    # Reading

    async def stat(self, location: Location) -> Entry:
        async with self._explained():
            return entry_at(await self._resolver.find(location))

    async def list(self, folder: Location) -> AsyncIterator[Entry]:
        """As `Provider.list`. Encrypted libraries are listed as folders; what is in them is not."""
        async with self._explained():
            place = await self._resolver.find(folder)
        if not place.is_folder:
            raise BadInput(f"'{place.name}' in Seafile is a file, not a folder.")
        for entry in await self._shelved(place) if place.library == SHELF else await self._in(place):
            yield entry

    async def snapshot(
        self,
        location: Location,
        *,
        known: Snapshot | None = None,
        boundary: Location | None = None,  # noqa: ARG002 - nothing in Seafile leads out of a library
    ) -> Snapshot:
        """As `Provider.snapshot`.

        A folder costs one request for all that is below it, and one for its library's name. If nothing changed since
        `known`, it costs one; by a path from the account's root, one more for the list of libraries. Above the
        libraries it costs that list and one for each library in which something changed.
        """
        async with self._explained():
            return await self._snapshots.take(location, known)

    def read(self, entry: Entry, *, start: int = 0, stop: int | None = None) -> AsyncIterator[bytes]:
        return reading.read(self._api, entry, start=start, stop=stop)

    def read_many(self, entries: Sequence[Entry]) -> AsyncIterator[Piece]:
        """As `ReadsMany.read_many`: packed into zips by the server, where that takes fewer requests."""
        return self._zipped.read_many(entries)

    async def contains(self, root: Location, location: Location) -> bool:
        """As `Provider.contains`. A folder that was shared by itself is a library of its own, and lies in no other."""
        place = await self._resolver.find(location)
        try:
            top = await self._resolver.spot(root)
            if top.library == SHELF:
                return await self._on_shelf(top.below, place)
            if place.library != top.library:
                return False
            if _within(path_of(top.below), place.path):
                return True
            return bool(top.below) and _within((await self._resolver.find(root)).path, place.path)
        except NotFound:
            return False

    # Writing

    async def make_folder(self, parent: Location, name: str) -> Entry:
        """As `Writable.make_folder`. A new one costs one request, one that is there two; at old servers two and one."""

        async def make(library: str, folder: str) -> Entry:
            return _entry(library, folder, await self._folders.make(library, folder, name))

        return await self._into_folder(parent, make)

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

        A file costs two requests, the first one in a folder one more, and so does `modified`. With a version for
        `if_version` it costs one more: Seafile has no "only if", so what is there is looked at directly before, and
        the history directly after. Should somebody write in between, the history has both; who came second gets
        Changed, and the other's is current again. With a library's own token, nothing is looked at after.
        """

        async def write(library: str, folder: str) -> Entry:
            upload = Upload(
                library=library, folder=folder, name=name, content=content, if_version=if_version, modified=modified
            )
            return _entry(library, folder, await self._writer.write(upload))

        return await self._into_folder(parent, write)

    async def remove(self, location: Location, *, if_version: str | None = None) -> None:
        await writing.remove(self._api, await self._resolver.find(location), if_version=if_version)
        self._forget()

    async def move(self, location: Location, *, parent: Location | None = None, name: str | None = None) -> Entry:
        """As `Writable.move`. Into another library it takes its content, but not its history."""
        if parent is None and name is None:
            raise BadInput("Neither another folder nor another name was given.")
        place = await self._resolver.find(location)
        to = None
        if parent is not None:
            await self._make_default_library(parent)
            to = await self._resolver.folder(parent, sure=True)
        moved = await self._mover.move(place, to=to, name=name)
        self._forget()
        return entry_at(moved)

    # Versions

    async def versions(self, location: Location) -> Sequence[Version]:
        return await versions.versions(self._api, await self._resolver.find(location))

    async def read_version(
        self, location: Location, version: str, *, start: int = 0, stop: int | None = None
    ) -> AsyncIterator[bytes]:
        place = await self._resolver.find(location)
        source = versions.read_version(self._api, place, version, start=start, stop=stop)
        async with aclosing(source) as pieces:
            async for piece in pieces:
                yield piece

    async def restore(self, location: Location, version: str) -> Entry:
        place = await self._resolver.find(location)
        dirent = await versions.restore(self._api, self._writer, place, version)
        return entry_of(place.library, place.path, dirent, place=place.name)

    # Searching

    async def search(self, query: Query, *, under: Location, limit: int = 1000) -> AsyncIterator[Entry]:
        """As `Searchable.search`, in whichever way the server has; see `seafile.searching`."""
        place = await self._resolver.find(under)
        async with aclosing(self._searcher.search(place, query, limit=limit)) as entries:
            async for entry in entries:
                yield entry

    # Sharing

    async def share(self, location: Location, with_: Invitee, role: str) -> Share:
        """As `Shareable.share`; at the top of a library, the library itself is shared."""
        self._need_account()

        async def share(library: str, folder: str) -> Share:
            return await self._sharing.share(library, folder, with_, role)

        return await self._in_folder(location, share)

    async def shares(self, location: Location) -> Sequence[Share]:
        self._need_account()
        return await self._in_folder(location, self._sharing.shares)

    async def shares_below(self, folder: Location) -> Mapping[str, Sequence[Share]]:
        self._need_account()
        return await self._sharing.below(*await self._resolver.folder(folder))

    async def change_share(self, location: Location, share: str, role: str) -> Share:
        self._need_account()

        async def change(library: str, folder: str) -> Share:
            return await self._sharing.change(library, folder, share, role)

        return await self._in_folder(location, change)

    async def unshare(self, location: Location, share: str) -> None:
        self._need_account()

        async def end(library: str, folder: str) -> None:
            await self._sharing.end(library, folder, share)

        await self._in_folder(location, end)

    # Public links

    async def make_link(self, location: Location, *, password: str | None = None, days: int | None = None) -> ShareLink:
        """A public link to a file or folder; see `seafile.links.make`."""
        self._need_account()
        return await links.make(self._api, await self._resolver.find(location), password=password, days=days)

    async def links(self, location: Location) -> Sequence[ShareLink]:
        """The public links that this account made to a file or folder."""
        self._need_account()
        return await links.made(self._api, await self._resolver.find(location))

    async def remove_link(self, location: Location, link: str) -> None:
        """End a public link, by its id. Raises NotFound: it is none to this file or folder."""
        self._need_account()
        await links.remove(self._api, await self._resolver.find(location), link)

    async def _into_folder(self, location: Location, act: Callable[[str, str], Awaitable[_T]]) -> _T:
        """As `_in_folder`, to put something there."""
        await self._make_default_library(location)
        return await self._in_folder(location, act)

    async def _make_default_library(self, location: Location) -> None:
        """Make the default library if a location is in it and the account has none."""
        if location.id == urls.DEFAULT and not self._api.library_token:
            await self._resolver.default_library(create=True)

    async def _in_folder(self, location: Location, act: Callable[[str, str], Awaitable[_T]]) -> _T:
        """Do something with a folder, which is mostly called there as it is here: if not, it is looked for."""
        try:
            return await act(*await self._resolver.folder(location))
        except NotFound:
            if not location.path:
                raise
        self._forget()
        return await act(*await self._resolver.folder(location, sure=True))

    def _need_account(self) -> None:
        """Raise Forbidden for a library's own token, by which Seafile shares nothing."""
        if self._api.library_token:
            raise Forbidden(
                "With a library's own token, nothing can be shared in Seafile.",
                hint="Tell your hub's administrators: for that, the connection needs the token of an account.",
            )

    def _forget(self) -> None:
        """Look everything up again."""
        self._resolver.forget()
        self._folders.forget()

    @asynccontextmanager
    async def _explained(self) -> AsyncIterator[None]:
        """What is not shared is told together with whom to share it with."""
        try:
            yield
        except NotShared as error:
            if self._client.account is None and self._own_name is None and not self._api.library_token:
                with suppress(HubdrivesError):
                    self._own_name = await self._api.account()
            raise NotShared(str(error), hint=self.explain_access()) from None

    async def _on_shelf(self, section: Sequence[str], place: Place) -> bool:
        if place.library == SHELF:
            return _within(path_of(section), place.path)
        sections = (await self._resolver.shelf()).sections
        wanted = section or tuple(sections)
        return any(library.id == place.library for each in wanted for library in sections[each].values())

    async def _shelved(self, place: Place) -> Sequence[Entry]:
        """What is above the libraries: the sections, or the libraries of one."""
        sections = (await self._resolver.shelf()).sections
        if place.path == "/":
            return [entry_at(Place(library=SHELF, path=f"/{name}", name=name)) for name in sections]
        libraries = sections[place.path.removeprefix("/")]
        return [
            entry_at(Place(library=library.id, path="/", name=name))
            for name, library in libraries.items()
            if library.is_readable
        ]

    async def _in(self, place: Place) -> Sequence[Entry]:
        """What is directly in a folder of a library that is not encrypted."""
        async with group() as tasks:
            if not api.is_link(place.library):
                tasks.create_task(self._resolver.library(place.library))
            listing = tasks.create_task(self._api.listing(place.library, place.path))
        found = listing.result()
        dirents = found.dirents if found is not None else ()
        return lay_out(place.library, place.path, {place.path: dirents})[0]


def _entry(library: str, folder: str, dirent: Dirent) -> Entry:
    """What was made in a folder, by itself."""
    return entry_of(library, joined(folder, dirent.name), dirent, place=safe_name(dirent.name))


def _within(folder: str, path: str) -> bool:
    """Whether a path is a folder's or below it."""
    return path == folder or path.startswith(f"{folder.rstrip('/')}/")
