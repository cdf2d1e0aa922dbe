"""One user's folder: data goes in and comes out, by paths below it."""

import asyncio
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from hubdrives import paths
from hubdrives.content import Bytes, Content, File
from hubdrives.copying.fetching import Fetched, fetch
from hubdrives.copying.sending import Sent, names_of, send
from hubdrives.errors import BadInput, NotFound
from hubdrives.model import Entry, Kind, Location, Progress
from hubdrives.providers.abilities import Version, Versioned, Writable
from hubdrives.providers.base import Provider
from hubdrives.spaces.spool import spooled
from hubdrives.sync.tasks import closing

T = TypeVar("T")

Listener = Callable[[Progress], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Space:
    """The folder of one user. Paths are relative to it, "/"-separated; "" is the folder itself."""

    name: str
    """The space's."""
    user: str
    """Whose it is, by the name in the hub; "" is one's own."""
    provider: Provider = field(repr=False)
    location: Location
    """Where it is there."""
    source: str
    """What a person writes for it ("results@alice:/"); "" if it is reached by an address only."""

    def at(self, path: str) -> Location:
        """Where `path` is at the provider. Raises BadPath: it leads out."""
        return self.location.below(paths.relative(path.lstrip("/")))

    async def put(
        self,
        source: bytes | Path | AsyncIterable[bytes],
        path: str,
        *,
        if_version: str | None = None,
        on_progress: Listener | None = None,
    ) -> Sent:
        """Put content at `path`; the folders above it are made where they are missing.

        Args:
            source: bytes; a file or folder of this machine, the latter with all that is in it; or a stream of any
                length, which is held in a temporary file until it has ended, so that nothing that was cut is stored.
            path: what it is called then. A file that is there gets a new version; a folder gets what is new.
            if_version: only if this is the version that is there; `abilities.NEW` is "only if nothing is". For a file.
            on_progress: told of how far it is, for a folder.

        Returns:
            What went up. With a folder, what could not is in it as well.

        Raises:
            Changed: another version is there than `if_version`.
            NotFound: there is no such file here, or the space is not there yet.
            BadInput: the name can't be used.
        """
        where = self.at(path)
        if not where.path or where == self.location:
            raise BadInput("Say what it is to be called in the space.")
        if isinstance(source, Path):
            if await asyncio.to_thread(source.is_dir):
                return await self._put_folder(source, where, if_version, on_progress)
            content, modified = await asyncio.to_thread(_file, source)
            return await self._put_file(content, where, if_version, modified)
        if isinstance(source, bytes):
            return await self._put_file(Bytes(source), where, if_version)
        async with spooled(source) as content:
            return await self._put_file(content, where, if_version)

    async def put_all(self, sources: Sequence[Path], folder: str = "", *, on_progress: Listener | None = None) -> Sent:
        """Put files and folders of this machine into `folder`, which is made if it is missing, under their names.

        Returns:
            What went up, and what could not.

        Raises:
            BadInput: there is no such file here, or two have one name.
            NotFound: the space is not there yet.
        """
        where = self.at(folder)
        # Before any folder is made.
        await asyncio.to_thread(names_of, sources)
        if where == self.location:
            await self._found(self.provider.stat(where))
        await self._make(where)
        return await send(self.provider, self._writer, where, sources, on_progress=on_progress)

    async def get(
        self,
        path: str,
        target: Path | None = None,
        *,
        force: bool = False,
        version: str | None = None,
        on_progress: Listener | None = None,
    ) -> Fetched:
        """Copy a file, or a folder with all that is in it, to this machine; what was cut off is gone on with.

        Args:
            path: of the file or folder.
            target: the folder that a file goes into, or its name; the folder that a folder's content goes into; None is
                the current folder, and called as there.
            force: overwrite what is here with other bytes.
            version: an earlier version of a file, by its id.
            on_progress: told of how far it is.

        Returns:
            What came. With a folder, what could not is in it as well.

        Raises:
            NameTaken: something else is here.
            NotFound: there is no such file, or no such version.
        """
        earlier = None if version is None else (self._versioned, version)
        return await fetch(self.provider, self.at(path), target, force=force, version=earlier, on_progress=on_progress)

    async def stream(self, path: str, *, start: int = 0, stop: int | None = None) -> AsyncIterator[bytes]:
        """The bytes of a file from `start` up to `stop` (or the end), in pieces. Raises what `Provider.read` raises."""
        entry = await self.provider.stat(self.at(path))
        if entry.kind is not Kind.FILE:
            raise BadInput(f"'{path}' is a folder, and only a file can be read.")
        async with closing(self.provider.read(entry, start=start, stop=stop)) as pieces:
            async for piece in pieces:
                yield piece

    async def read_bytes(self, path: str) -> bytes:
        """All of a file, in memory. Raises what `stream` raises."""
        return b"".join([piece async for piece in self.stream(path)])

    async def ls(self, path: str = "") -> Sequence[Entry]:
        """What is directly in a folder: folders first, each by name. Raises what `Provider.list` raises."""
        where = self.at(path)

        async def listed() -> list[Entry]:
            return [entry async for entry in self.provider.list(where)]

        entries = await (self._found(listed()) if where == self.location else listed())
        return sorted(entries, key=lambda entry: (entry.kind is Kind.FILE, entry.path))

    async def mkdir(self, path: str) -> None:
        """Make a folder and those above it, where they are missing.

        Raises:
            NameTaken: a file has such a name.
            NotFound: the space is not there yet.
        """
        await self._make(self.at(path))

    async def remove(self, path: str, *, if_version: str | None = None) -> None:
        """Remove a file, or a folder with all that is in it; `Spaces.remove` removes the space.

        Raises:
            Changed: the file is not in the version `if_version` any more.
            NotFound: there is none.
        """
        where = self.at(path)
        if where == self.location:
            raise BadInput("This is the whole space, which is removed by another call: Spaces.remove.")
        await self._writer.remove(where, if_version=if_version)

    async def versions(self, path: str) -> Sequence[Version]:
        """All versions of a file, the newest first. Raises BadInput: the provider keeps none."""
        return await self._versioned.versions(self.at(path))

    async def read_version(self, path: str, version: str) -> AsyncIterator[bytes]:
        """The bytes of an earlier version, by its id. Raises NotFound: there is none; BadInput as `versions`."""
        async with closing(self._versioned.read_version(self.at(path), version)) as pieces:
            async for piece in pieces:
                yield piece

    async def restore(self, path: str, version: str) -> Entry:
        """Make an earlier version the current one; nothing is lost. Raises as `read_version`."""
        return await self._versioned.restore(self.at(path), version)

    async def _put_file(
        self, content: Content, where: Location, if_version: str | None, modified: datetime | None = None
    ) -> Sent:
        parent, name = _above(where)

        async def write() -> Entry:
            return await self._writer.write(parent, name, content, if_version=if_version, modified=modified)

        try:
            entry = await write()
        except NotFound:
            # Mostly the folder is there: it is made when it turns out that it is not.
            await self._make(parent)
            entry = await (self._found(write()) if parent == self.location else write())
        return Sent(uploaded=[replace(entry, path=name)])

    async def _put_folder(
        self, source: Path, where: Location, if_version: str | None, on_progress: Listener | None
    ) -> Sent:
        if if_version:
            raise BadInput("A folder has no version: only a file can be put where a certain one is.")
        parent, name = _above(where)
        await self._make(parent)
        return await send(
            self.provider, self._writer, parent, [source], name=name, if_version=if_version, on_progress=on_progress
        )

    async def _make(self, folder: Location) -> None:
        """Make `folder` and those above it, up to the space, which only `ensure` makes: it has to be shared, too."""
        here = self.location
        below = folder.path.removeprefix(self.location.path).strip("/")
        if not below:
            return
        for name in below.split("/"):
            making = self._writer.make_folder(here, name)
            await (self._found(making) if here == self.location else making)
            here = here.below(name)

    async def _found(self, doing: Awaitable[T]) -> T:
        """What comes of something that needs no more than the space itself."""
        try:
            return await doing
        except NotFound:
            whose = f"'{self.user}' has no folder" if self.user else "You have no folder"
            raise NotFound(
                f"{whose} in space '{self.name}' yet.",
                hint="The service that keeps the space makes it: `hubdrives space ensure`, or `Spaces.ensure`.",
            ) from None

    @property
    def _writer(self) -> Writable:
        if not isinstance(self.provider, Writable):
            raise BadInput(f"{self.provider.title} can only be read from here.")
        return self.provider

    @property
    def _versioned(self) -> Versioned:
        if not isinstance(self.provider, Versioned):
            raise BadInput(f"{self.provider.title} keeps no versions that can be had here.")
        return self.provider


def _above(where: Location) -> tuple[Location, str]:
    folder, _, name = where.path.rpartition("/")
    return replace(where, path=folder), name


def _file(path: Path) -> tuple[File, datetime]:
    """A file, and when it was last modified."""
    return File.at(path), datetime.fromtimestamp(path.stat().st_mtime, tz=UTC)
