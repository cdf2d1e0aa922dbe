"""A source that can be written to: it keeps versions, can be searched and shared, and lives in memory."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, ClassVar

from tests.sync.source import HERE, Memory, Tree

from hubdrives.content import Content
from hubdrives.errors import BadInput, Changed, HubdrivesError, NameTaken, NotFound
from hubdrives.model import Entry, Kind, Location, Skipped, Snapshot
from hubdrives.providers.abilities import NEW, Invitee, Query, Share, Version

_AT = "at"
WHEN = datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC)


class WritableMemory(Memory):
    """As `Memory`; a location is a path in the tree. What is written is noted, and what was there is kept."""

    roles: ClassVar[Sequence[str]] = ("viewer", "editor")

    def __init__(self, tree: Tree | None = None, *, digest: str | None = "md5") -> None:
        super().__init__(tree, digest=digest)
        self.history: dict[str, list[bytes]] = {}
        """By path: all versions, the oldest first, but for what was planted and never written over."""
        self.people: list[tuple[str, Share]] = []
        """Path and share."""
        self.writes: list[str] = []
        self.removals: list[str] = []
        self.replaced: list[tuple[str, bytes | None]] = []
        """What stood where something was written or removed."""
        self.made: list[str] = []
        self.ranges: list[tuple[str, int]] = []
        """What was read: path and first byte."""
        self.refusals: dict[str, list[HubdrivesError]] = {}
        """By path: what the next writes of it raise, one after the other."""
        self.before_write: Callable[[str], Any] = lambda _path: None
        """Called when all bytes are there, before anything is compared."""
        self.after_write: Callable[[str], Any] = lambda _path: None

    # Reading, at any location

    def at(self, path: str, shown: str) -> Entry:
        if path in self.tree or not path:
            content = self.tree.get(path)
        elif any(one.startswith(f"{path}/") for one in self.tree):
            content = None
        else:
            raise NotFound(f"There is no '{path}'.")
        return replace(self.entry(path, content), path=shown, params=((_AT, path),))

    async def stat(self, location: Location) -> Entry:
        return self.at(location.path, location.path.rpartition("/")[2] or "course")

    async def list(self, folder: Location) -> AsyncIterator[Entry]:
        for entry in (await self.snapshot(folder)).entries:
            if "/" not in entry.path:
                yield entry

    async def snapshot(
        self, location: Location, *, known: Snapshot | None = None, boundary: Location | None = None
    ) -> Snapshot:
        self.snapshots += 1
        self.known.append(known)
        root = self.at(location.path, "course")
        if root.kind is Kind.FILE:
            return Snapshot.of(location, location.path.rpartition("/")[2], [await self.stat(location)], kind=Kind.FILE)
        prefix = f"{location.path}/" if location.path else ""
        paths = {path for path in self.folders() | self.tree.keys() if path.startswith(prefix) and path != prefix}
        entries = [self.at(path, path.removeprefix(prefix)) for path in paths if path not in self.withheld]
        skipped = [Skipped(path=path, reason="Not now.", code=code) for path, code in self.withheld.items()]
        return Snapshot.of(location, location.path.rpartition("/")[2] or "course", entries, skipped=skipped)

    def folders(self) -> set[str]:
        parts = [path.split("/") for path in self.tree]
        return {"/".join(one[:depth]) for one in parts for depth in range(1, len(one))}

    async def read(self, entry: Entry, *, start: int = 0, stop: int | None = None) -> AsyncIterator[bytes]:
        path = dict(entry.params).get(_AT, entry.path)
        self.ranges.append((path, start))
        data = b"".join(self.chunks(replace(entry, path=path)))[start:stop]
        middle = len(data) // 2
        for piece in (data[:middle], data[middle:]):
            yield piece

    # Writing

    async def make_folder(self, parent: Location, name: str) -> Entry:
        path = self._inside(parent, name)
        if self.tree.get(path) is not None:
            raise NameTaken(f"'{name}' is a file.")
        if path not in self.folders():
            self.tree[path] = None
            self.made.append(path)
        return self.at(path, name)

    async def write(
        self,
        parent: Location,
        name: str,
        content: Content,
        *,
        if_version: str | None = None,
        modified: datetime | None = None,
    ) -> Entry:
        path = self._inside(parent, name)
        if self.refusals.get(path):
            raise self.refusals[path].pop(0)
        data = b"".join([piece async for piece in content.read()])
        await asyncio.sleep(0)
        self.before_write(path)
        if path in self.folders() or (path in self.tree and self.tree[path] is None):
            raise NameTaken(f"'{name}' is a folder.")
        old = self.tree.get(path)
        version = NEW if old is None else self.entry(path, old).version
        if if_version is not None and if_version != version:
            raise Changed(f"'{name}' is another version by now.")
        if old is not None:
            self.replaced.append((path, old))
        self.put(path, data)
        self.writes.append(path)
        self.after_write(path)
        return self.at(path, name)

    def put(self, path: str, data: bytes) -> None:
        """A new version, as anybody may write one."""
        old = self.tree.get(path)
        versions = self.history.setdefault(path, [] if old is None else [old])
        versions.append(data)
        self.tree[path] = data

    async def remove(self, location: Location, *, if_version: str | None = None) -> None:
        path = location.path
        entry = self.at(path, path)
        if if_version is not None and if_version != entry.version:
            raise Changed(f"'{path}' is another version by now.")
        for one in [one for one in self.tree if one == path or one.startswith(f"{path}/")]:
            self.replaced.append((one, self.tree.pop(one)))
        self.removals.append(path)
        self._keep_folder(path)

    async def move(self, location: Location, *, parent: Location | None = None, name: str | None = None) -> Entry:
        old = location.path
        folder, _, own = old.rpartition("/")
        new = self._inside(parent or location.__class__(provider="memory", path=folder), name or own)
        self.at(old, old)
        if new in self.tree or new in self.folders():
            raise NameTaken(f"There is a '{new}'.")
        if f"{new}/".startswith(f"{old}/"):
            raise BadInput("A folder can't go into itself.")
        self.rename(old, new)
        self._keep_folder(old)
        return self.at(new, new.rpartition("/")[2])

    def _inside(self, parent: Location, name: str) -> str:
        if self.at(parent.path, "parent").kind is Kind.FILE:
            raise NotFound(f"'{parent.path}' is no folder.")
        return f"{parent.path}/{name}" if parent.path else name

    def _keep_folder(self, path: str) -> None:
        """The folder of what went stays, also if nothing else is in it."""
        folder = path.rpartition("/")[0]
        if folder and folder not in self.folders():
            self.tree.setdefault(folder, None)

    # Versions

    async def versions(self, location: Location) -> Sequence[Version]:
        kept = self._kept(location)
        made = [
            Version(
                id=str(number),
                size=len(data),
                modified=WHEN,
                author="Ada",
                digest=self.entry("x", data).digest,
                current=number == len(kept),
            )
            for number, data in enumerate(kept, start=1)
        ]
        return made[::-1]

    async def read_version(
        self, location: Location, version: str, *, start: int = 0, stop: int | None = None
    ) -> AsyncIterator[bytes]:
        yield self._version(location, version)[start:stop]

    async def restore(self, location: Location, version: str) -> Entry:
        self.put(location.path, self._version(location, version))
        return await self.stat(location)

    def _kept(self, location: Location) -> Sequence[bytes]:
        if self.at(location.path, "x").kind is Kind.FOLDER:
            raise BadInput("A folder has no versions.")
        current = self.tree[location.path]
        assert current is not None
        return self.history.get(location.path, [current])

    def _version(self, location: Location, version: str) -> bytes:
        kept = self._kept(location)
        if not version.isdecimal() or not 1 <= int(version) <= len(kept):
            raise NotFound("There is no such version.")
        return kept[int(version) - 1]

    # Search, shares

    async def search(self, query: Query, *, under: Location, limit: int = 1000) -> AsyncIterator[Entry]:
        if query.empty:
            raise BadInput("Say what to search for.")
        told = 0
        for entry in (await self.snapshot(under)).entries:
            extension = entry.name.rpartition(".")[2].lower()
            fits = query.text.lower() in entry.name.lower() and query.kind in {None, entry.kind}
            if fits and (not query.extensions or extension in query.extensions) and told < limit:
                told += 1
                yield entry

    async def share(self, location: Location, with_: Invitee, role: str) -> Share:
        if role not in self.roles:
            raise BadInput(f"There is no role '{role}'.", hint=f"One of: {', '.join(self.roles)}.")
        self.at(location.path, "x")
        share = Share(id=f"s{len(self.people) + 1}", who=with_.who, role=role, group=with_.group)
        self.people.append((location.path, share))
        return share

    async def shares(self, location: Location) -> Sequence[Share]:
        return [share for path, share in self.people if path == location.path]

    async def change_share(self, location: Location, share: str, role: str) -> Share:
        raise NotImplementedError

    async def unshare(self, location: Location, share: str) -> None:
        if share not in {one.id for one in await self.shares(location)}:
            raise NotFound("There is no such share.")
        self.people = [(path, one) for path, one in self.people if one.id != share]


__all__ = ["HERE", "WHEN", "WritableMemory"]
