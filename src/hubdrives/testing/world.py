# ruff: noqa: S101 - asserts are what a test class is made of
"""A folder at a provider, and the side door by which the provider contract's tests fill and change it."""

import abc
from collections.abc import Mapping

from hubdrives.errors import HubdrivesError
from hubdrives.model import Entry, Location
from hubdrives.providers.base import Provider

COURSE: Mapping[str, bytes] = {
    "syllabus.md": b"# Course\n",
    "week 1/lab.ipynb": b'{"cells": []}',
    "week 1/data/points.csv": b"x,y\n1,2\n",
    "week 2/empty.txt": b"",
}
"""Files by path, as most tests plant them."""

LARGE = bytes(range(256)) * (13 << 10)
"""3.25 MiB in which every offset can be told from its neighbours."""


class World(abc.ABC):
    """An empty folder at a provider, and the side door by which a test fills it: never through the provider itself.

    Paths are relative to that folder; the folders on a path to a new file are made.

    Attributes:
        provider: live; the contract does not close it for good.
        location: of the folder.
        pasted: what a person would paste for it.
        outside: of a file that is real and readable, but not in the folder.
        missing: of nothing.
        base_url: the connection's server, for providers that have many.
        secrets: what must never be seen: tokens, keys.
    """

    provider: Provider
    location: Location
    pasted: str
    outside: Location
    missing: Location
    base_url: str | None = None
    secrets: tuple[str, ...] = ()

    @abc.abstractmethod
    async def write(self, path: str, data: bytes) -> None:
        """Make a file, or give one that is there another content."""

    @abc.abstractmethod
    async def make_folder(self, path: str) -> None:
        """Make a folder."""

    @abc.abstractmethod
    async def rename(self, path: str, name: str) -> None:
        """Give a file or folder another name, in the same folder."""

    @abc.abstractmethod
    async def remove(self, path: str) -> None:
        """Remove a file, or a folder with all that is in it, for good."""

    @abc.abstractmethod
    async def at(self, path: str) -> Location:
        """The location that names the item at `path` itself, as when a person pastes its address."""

    async def link(self, path: str, target: str | Location) -> None:
        """Make a link to a path in the folder, or to another location. Only for providers that have links."""
        raise NotImplementedError

    async def duplicate(self, path: str, data: bytes) -> None:
        """Make another file of the same name. Only for providers that allow it."""
        raise NotImplementedError

    async def read(self, entry: Entry, *, start: int = 0, stop: int | None = None) -> bytes:
        """What the provider reads of a file."""
        return b"".join([piece async for piece in self.provider.read(entry, start=start, stop=stop)])

    async def ask(self, method: str, location: Location) -> None:
        """Ask the provider something about a location, whatever it answers."""
        if method == "list":
            async for _entry in self.provider.list(location):
                pass
        elif method == "contains":
            await self.provider.contains(self.location, location)
        else:
            await getattr(self.provider, method)(location)

    async def change(self, change: str) -> dict[str, bytes]:
        """Change something in COURSE; the files that there are then, if nothing else was changed before."""
        files = dict(COURSE)
        match change:
            case "edit":
                files["week 1/lab.ipynb"] = b'{"cells": [1]}'
                await self.write("week 1/lab.ipynb", files["week 1/lab.ipynb"])
            case "add":
                files["new.txt"] = b"new"
                await self.write("new.txt", b"new")
            case "add deep":
                files["week 3/sub/new.txt"] = b"new"
                await self.write("week 3/sub/new.txt", b"new")
            case "rename":
                files["outline.md"] = files.pop("syllabus.md")
                await self.rename("syllabus.md", "outline.md")
            case "rename folder":
                files = {path.replace("week 1", "week one"): data for path, data in files.items()}
                await self.rename("week 1", "week one")
            case "remove":
                del files["week 2/empty.txt"]
                await self.remove("week 2/empty.txt")
            case "remove folder":
                files = {path: data for path, data in files.items() if not path.startswith("week 1")}
                await self.remove("week 1")
        return files

    def check(self, error: HubdrivesError) -> None:
        """An error for people has a code, a sentence, advice, and no secret."""
        assert error.code
        assert str(error)
        assert error.hint
        assert not self.leaks(f"{error!r} {error} {error.hint} {error.to_wire()}")

    def leaks(self, text: str) -> bool:
        """Whether a secret is in a text."""
        return any(secret in text for secret in self.secrets)
