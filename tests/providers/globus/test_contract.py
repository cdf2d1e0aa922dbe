from collections.abc import AsyncIterator

import pytest
from tests.providers.asking import content_of

from hubdrives.model import Location
from hubdrives.providers.globus import Globus
from hubdrives.testing.contract import ProviderContract, World
from hubdrives.testing.contract_abilities import WritableContract
from hubdrives.testing.world_abilities import AbleWorld


class EmulatedFolder(AbleWorld):
    """A folder of the emulator's collection, planted and looked at through its tree."""

    def __init__(self, bench, provider: Globus, collection) -> None:
        self.globus, self.provider, self._bench, self._collection = bench.globus, provider, bench, collection
        self.base_url = bench.globus.url
        bench.globus.add_folder("course", collection=collection)
        self.pasted = bench.globus.web_address(collection, "/course/")
        self.location = bench.at("course", collection=collection)
        bench.file("private/private.txt", "private", collection=collection)
        self.outside = bench.at("private/private.txt", collection=collection)
        self.missing = Location(provider="globus", id="0" * 8 + "-0000-0000-0000-" + "0" * 12, path="none")

    @property
    def secrets(self):
        return tuple(token.shown for login in self._bench.logins for token in login.tokens.values() if token.shown)

    async def write(self, path: str, data: bytes) -> None:
        self._bench.file(f"course/{path}", data, collection=self._collection)

    async def make_folder(self, path: str) -> None:
        self.globus.add_folder(f"course/{path}", collection=self._collection)

    async def rename(self, path: str, name: str) -> None:
        node = self._node(path)
        self.globus.tree.move(node.id, node.parents[0], name=name)

    async def remove(self, path: str) -> None:
        self.globus.tree.delete(self._node(path).id)

    async def link(self, path: str, target: str | Location) -> None:
        where = f"course/{target}" if isinstance(target, str) else target.path
        self._bench.link(f"course/{path}", where, collection=self._collection)

    async def at(self, path: str) -> Location:
        return self._bench.at(f"course/{path}", collection=self._collection)

    async def names(self, path: str = "") -> list[str]:
        return sorted(each.name for each in self.globus.tree.children(self._node(path).id))

    async def history(self, path: str) -> list[bytes]:
        node = self.globus.tree.at(self._collection.root, f"course/{path}")
        return [] if node is None or node.content is None else [content_of(node.content)]

    async def item(self, path: str) -> str:
        return self._node(path).id

    async def cut_next_write(self) -> None:
        self._bench.fault("https.put", "half_written", bytes=1000, times=1)

    def _node(self, path: str):
        found = self.globus.tree.at(self._collection.root, f"course/{path}")
        if found is None:
            raise LookupError(path)
        return found


class OnAMappedCollection:
    @pytest.fixture
    async def world(self, bench) -> AsyncIterator[World]:
        return EmulatedFolder(bench, await bench.connect(), bench.globus.collection)


class OnAGuestCollection:
    @pytest.fixture
    async def world(self, bench) -> AsyncIterator[World]:
        guest = bench.globus.add_guest_collection("Shared with friends", "/shared")
        await bench.globus.refresh()
        return EmulatedFolder(bench, await bench.connect(), guest)


class OfGlobus(ProviderContract):
    tells_digests = False
    hostile_names = (
        ".git",
        ".hubdrives",
        "bell\u2028",
        "Caf\u00e9",
        "-rf",
        " lead",
        "a:b",
        "CON",
        "e\u0301.txt",
        "A.csv",
        "a.csv",
        "back\\slash",
        "tail.",
        "100%",
        "a%20b#c?d&e=f",
        "a+b",
        "~",
    )
    refused = (
        "https://app.globus.org/activity/0c1e7e2e-8d3f-11ee-b1a3-d5a2d0ea7a55/overview",
        "https://app.globus.org/groups/0c1e7e2e-8d3f-11ee-b1a3-d5a2d0ea7a55/about",
        "https://app.globus.org/settings",
    )


class TestGlobus(OnAMappedCollection, OfGlobus):
    pass


class TestGlobusOnAGuestCollection(OnAGuestCollection, OfGlobus):
    pass


class OfAWritableGlobus(WritableContract):
    keeps_history = False
    notes_modified = False
    large = 4_000_000


class TestGlobusIsWritable(OnAMappedCollection, OfAWritableGlobus):
    pass
