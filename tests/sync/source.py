"""A source of bytes that lives in memory, and trees as values: a dict from path to bytes, None for an empty folder."""

import hashlib
import os
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Self

from hubdrives.errors import HubdrivesError, UnexpectedAnswer, VersionGone
from hubdrives.exchange import Failure
from hubdrives.http import Client
from hubdrives.model import Entry, Kind, Location, Skipped, Snapshot, Waiting
from hubdrives.paths import STATE_FOLDER
from hubdrives.providers.base import Piece, Provider

Tree = dict[str, bytes | None]


def above(path: str) -> set[str]:
    """`path`, and the folders that it is in."""
    parts = path.split("/")
    return {"/".join(parts[:count]) for count in range(1, len(parts) + 1)}


HERE = Location(provider="memory", id="course", url="https://memory.example/course")


def unmapped(failure: Failure) -> HubdrivesError:
    return UnexpectedAnswer(f"{failure.status}")


class Memory(Provider):
    """`tree` is what upstream has. Everything else breaks it, or counts."""

    name = "memory"
    title = "Memory"
    errors: ClassVar[Any] = staticmethod(unmapped)

    def __init__(self, tree: Tree | None = None, *, digest: str | None = "md5", tells_size: bool = True) -> None:
        self.tree: Tree = dict(tree or {})
        self.digest = digest
        self.tells_size = tells_size
        self.snapshots = 0
        self.known: list[Snapshot | None] = []
        self.reads: list[str] = []
        self.ids: dict[str, str] = {}
        """By path: the identifier of what was renamed; that of all else is its path."""
        self.stamp = ""
        """Of all versions: another one is a new version of every file, with the same bytes."""
        self.failures: dict[str, list[HubdrivesError]] = {}
        """By path: what the next reads of it raise, one after the other."""
        self.damaged: dict[str, int] = {}
        """By path: how many reads of it bring other bytes."""
        self.on_read: Callable[[str], Any] = lambda _path: None
        self.waits: Waiting | None = None
        self.withheld: dict[str, str] = {}
        """What is there but not told, as in a list that shows no locked files: a path, and the code of why."""

    def rename(self, old: str, new: str) -> None:
        """As at a provider with identifiers: what is at `old`, or below it, is at `new`, and is still the same."""
        for path in [path for path in self.tree if path == old or path.startswith(f"{old}/")]:
            moved = new + path[len(old) :]
            self.tree[moved] = self.tree.pop(path)
            self.ids[moved] = self.ids.pop(path, path)

    @classmethod
    def parse(cls, text: str, *, base_url: str | None = None) -> Location | None:
        return None

    @classmethod
    def open(cls, client: Client, *, base_url: str | None = None, options: Mapping[str, Any] | None = None) -> Self:
        return cls()

    async def close(self) -> None:
        pass

    @property
    def waiting(self) -> Waiting | None:
        return self.waits

    def explain_access(self) -> str | None:
        return None

    async def stat(self, location: Location) -> Entry:
        return Entry(path="course", kind=Kind.FOLDER)

    async def list(self, folder: Location) -> AsyncIterator[Entry]:
        for entry in self.entries():
            yield entry

    async def contains(self, root: Location, location: Location) -> bool:
        return True

    def entries(self) -> Sequence[Entry]:
        return [self.entry(path, content) for path, content in self.tree.items()]

    def entry(self, path: str, content: bytes | None) -> Entry:
        if content is None:
            return Entry(path=path, kind=Kind.FOLDER)
        told = f"{self.digest}:{hashlib.new(self.digest, content).hexdigest()}" if self.digest else None
        return Entry(
            path=path,
            kind=Kind.FILE,
            id=self.ids.get(path, path),
            size=len(content) if self.tells_size else None,
            version=hashlib.sha256(content).hexdigest()[:12] + self.stamp,
            digest=told,
        )

    async def snapshot(
        self, location: Location, *, known: Snapshot | None = None, boundary: Location | None = None
    ) -> Snapshot:
        self.snapshots += 1
        self.known.append(known)
        skipped = [Skipped(path=path, reason="Not now.", code=code) for path, code in self.withheld.items()]
        entries = [entry for entry in self.entries() if self.withheld.keys().isdisjoint(above(entry.path))]
        return Snapshot.of(location, "course", entries, skipped=skipped)

    async def read(self, entry: Entry, *, start: int = 0, stop: int | None = None) -> AsyncIterator[bytes]:
        for chunk in self.chunks(entry):
            yield chunk

    def chunks(self, entry: Entry) -> Sequence[bytes]:
        self.reads.append(entry.path)
        self.on_read(entry.path)
        if self.failures.get(entry.path):
            raise self.failures[entry.path].pop(0)
        content = self.tree.get(entry.path)
        if content is None or self.entry(entry.path, content).version != entry.version:
            raise VersionGone("It changed.")
        if self.damaged.get(entry.path, 0) > 0:
            self.damaged[entry.path] -= 1
            content = content[:-1] + b"?" if content else b"?"
        middle = len(content) // 2
        return [content[:middle], content[middle:]]


class MemoryMany(Memory):
    """The same, as one stream. What is in `dropped` does not come with it."""

    def __init__(self, tree: Tree | None = None, *, digest: str | None = "md5") -> None:
        super().__init__(tree, digest=digest)
        self.streams: list[list[str]] = []
        self.dropped: set[str] = set()

    async def read_many(self, entries: Sequence[Entry]) -> AsyncIterator[Piece]:
        self.streams.append([entry.path for entry in entries])
        for entry in entries:
            if entry.path in self.dropped:
                continue
            try:
                first, second = self.chunks(entry)
            except HubdrivesError as error:
                yield Piece(entry=entry, last=True, error=error)
                continue
            yield Piece(entry=entry, data=first)
            yield Piece(entry=entry, data=second, last=True)


def plant(root: Path, tree: Tree) -> None:
    """Write `tree` below `root`, as a user would."""
    root.mkdir(parents=True, exist_ok=True)
    for path, content in tree.items():
        if content is None:
            (root / path).mkdir(parents=True, exist_ok=True)
        else:
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_bytes(content)


def tree_of(root: Path) -> Tree:
    """What is below `root`, without our own state: files, symlinks (as `b"-> target"`) and empty folders."""
    found: Tree = {}
    for folder, folders, files in os.walk(root):
        here = Path(folder)
        if here == root and STATE_FOLDER in folders:
            folders.remove(STATE_FOLDER)
        for name in list(folders):
            if (here / name).is_symlink():
                folders.remove(name)
                files.append(name)
        for name in files:
            path = here / name
            content = f"-> {path.readlink()}".encode() if path.is_symlink() else path.read_bytes()
            found[path.relative_to(root).as_posix()] = content
        if not folders and not files and here != root:
            found[here.relative_to(root).as_posix()] = None
    return found


def hidden(root: Path, side: str = "*") -> set[bytes]:
    """The contents of the store of the working folder `root`; `side` is "before" or "upstream"."""
    store = root / STATE_FOLDER / "store"
    return {file.read_bytes() for file in store.glob(f"*/{side}/**/*") if file.is_file()}
