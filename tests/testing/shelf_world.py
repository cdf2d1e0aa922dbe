"""A folder on a shelf, and the side door to it."""

import itertools

from tests.testing.shelf import ADDRESS, ShelfProvider
from tests.testing.shelf_items import Shelf

from hubdrives.errors import NotFound
from hubdrives.http import Client
from hubdrives.model import Location
from hubdrives.testing.world_abilities import AbleWorld

_NUMBERS = itertools.count()


class ShelfWorld(AbleWorld):
    """The folder "room" of a new shelf; beside it lies a file that is outside."""

    colleague = "ann@example.org"
    team = "the team"
    stranger = "nobody@example.org"

    def __init__(self, kind: type[ShelfProvider] = ShelfProvider) -> None:
        self.shelf = Shelf()
        self.host = f"shelf-{next(_NUMBERS)}"
        ShelfProvider.shelves[self.host] = self.shelf
        self.room = self.shelf.folder("room")
        self.kind = kind
        self.provider = kind(Client(title=kind.title, errors=kind.errors))
        self.pasted = self.address(self.room.id)
        self.location = self.locate(self.pasted)
        self.outside = self.locate(self.address(self.shelf.put("outside.txt", b"outside").id))
        self.missing = self.locate(self.address("nothing"))

    def address(self, item: str) -> str:
        return f"{ADDRESS}{self.host}/{item}"

    def locate(self, address: str) -> Location:
        location = type(self.provider).parse(address, base_url=self.base_url)
        assert location is not None
        return location

    async def write(self, path: str, data: bytes) -> None:
        self.shelf.put(f"room/{path}", data)

    async def make_folder(self, path: str) -> None:
        self.shelf.folder(f"room/{path}")

    async def rename(self, path: str, name: str) -> None:
        self._found(path).name = name

    async def remove(self, path: str) -> None:
        self.shelf.remove(self._found(path))

    async def at(self, path: str) -> Location:
        return self.locate(self.address(self._found(path).id))

    async def names(self, path: str = "") -> list[str]:
        return sorted(item.name for item in self._found(path).children)

    async def history(self, path: str) -> list[bytes]:
        item = self.shelf.find(path, self.room)
        return [one.data for one in item.history] if item else []

    async def item(self, path: str) -> str:
        return self._found(path).id

    async def access(self, path: str) -> dict[str, str]:
        return {share.who: share.role for share in self._found(path).shares.values()}

    def _found(self, path: str):
        item = self.shelf.find(path, self.room)
        if item is None:
            raise NotFound(path)
        return item
