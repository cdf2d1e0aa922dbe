"""What is kept on a shelf: folders, and files with all their versions; and the side door to it."""

import asyncio
import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

from hubdrives.model import Kind
from hubdrives.providers.abilities import Share


@dataclass
class Kept:
    """One version of a file."""

    id: str
    data: bytes
    modified: datetime


@dataclass(eq=False)
class Item:
    """A folder, or a file with all its versions, the newest first."""

    id: str
    name: str
    parent: "Item | None"
    kind: Kind = Kind.FOLDER
    history: list[Kept] = field(default_factory=list)
    children: "list[Item]" = field(default_factory=list)
    shares: dict[str, Share] = field(default_factory=dict)

    @property
    def path(self) -> str:
        """From the top."""
        return f"{self.parent.path}/{self.name}".lstrip("/") if self.parent else ""

    def child(self, name: str) -> "Item | None":
        return next((item for item in self.children if item.name == name), None)

    def all_below(self) -> "Iterator[Item]":
        for item in self.children:
            yield item
            yield from item.all_below()

    def lies_in(self, folder: "Item") -> bool:
        return self is folder or (self.parent is not None and self.parent.lies_in(folder))


class Shelf:
    """All that is kept, and the side door to it."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1)
        self.top = Item(id="top", name="Shelf", parent=None)
        self.locks: dict[str, asyncio.Lock] = {}
        self.people = {"ann@example.org", "bob@example.org"}
        self.groups = {"the team"}
        self.held: asyncio.Event | None = None
        """What every change waits for, if set."""
        self.asked: list[str] = []
        """The operations that were asked for."""
        self.opens_for: dict[str, str] = {}
        """Whoever has this token gets only the item of this id, and what is below; without any, all is everybody's."""

    def number(self) -> str:
        return f"n{next(self._numbers)}"

    def find(self, path: str, under: Item | None = None) -> Item | None:
        item: Item | None = under or self.top
        for part in filter(None, path.split("/")):
            item = item.child(part) if item else None
        return item

    def folder(self, path: str) -> Item:
        item = self.top
        for part in filter(None, path.split("/")):
            item = item.child(part) or self.add(item, part, Kind.FOLDER)
        return item

    def add(self, parent: Item, name: str, kind: Kind) -> Item:
        item = Item(id=self.number(), name=name, parent=parent, kind=kind)
        parent.children.append(item)
        return item

    def put(self, path: str, data: bytes, *, modified: datetime | None = None) -> Item:
        folder, _, name = path.rpartition("/")
        parent = self.folder(folder)
        item = parent.child(name) or self.add(parent, name, Kind.FILE)
        item.history.insert(0, Kept(self.number(), data, modified or datetime.now(UTC)))
        return item

    def by_id(self, item_id: str) -> Item | None:
        return next((item for item in [self.top, *self.top.all_below()] if item.id == item_id), None)

    @staticmethod
    def remove(item: Item) -> None:
        assert item.parent is not None
        item.parent.children.remove(item)
        item.parent = None
