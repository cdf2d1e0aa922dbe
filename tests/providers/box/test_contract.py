from collections.abc import AsyncIterator

import pytest

from hubdrives.model import Location
from hubdrives.providers.box import Box
from hubdrives.testing.contract import ProviderContract, World
from hubdrives.testing.contract_abilities import WritableContract
from hubdrives.testing.contract_sharing import SearchableContract, ShareableContract
from hubdrives.testing.contract_versions import VersionedContract
from hubdrives.testing.emulators.content import Content
from hubdrives.testing.world_abilities import AbleWorld


class EmulatedFolder(AbleWorld):
    """The emulator's folder, planted and looked at through its tree."""

    def __init__(self, bench, provider: Box) -> None:
        self.box, self.provider, self._bench = bench.box, provider, bench
        self.base_url = bench.box.url
        self.pasted = bench.box.location
        self.location = bench.root
        aside = bench.box.tree.add("private", parent=bench.box.owner.root)
        bench.box.collaborate(aside.id, bench.box.service_account.login, "viewer")
        self.outside = bench.at(bench.file("private.txt", "private", aside.id))
        self.missing = bench.location("https://app.box.com/file/1400000099999")
        self.secrets = (bench.tokens[0].shown, "boxcloud", "/d/1/")
        self.colleague = bench.box.add_user("colleague@example.edu").login
        self.team = bench.box.add_group("Team", members=["colleague@example.edu"]).id
        self.stranger = "99999999999"

    async def write(self, path: str, data: bytes) -> None:
        folder, _, name = path.rpartition("/")
        parent = self._folder(folder)
        known = [child for child in self._children(parent) if child.name == name]
        if known:
            self.box.tree.replace(known[0].id, Content.of(data))
        else:
            self.box.tree.add_file(name, data, parent=parent)

    async def make_folder(self, path: str) -> None:
        self._folder(path)

    async def rename(self, path: str, name: str) -> None:
        self.box.tree.rename(self._node(path).id, name)

    async def remove(self, path: str) -> None:
        self.box.tree.trash(self._node(path).id)

    async def at(self, path: str) -> Location:
        return self._bench.at(self._node(path).id)

    async def names(self, path: str = "") -> list[str]:
        parent = self._node(path).id if path else self.box.root
        return sorted(child.name for child in self._children(parent))

    async def history(self, path: str) -> list[bytes]:
        try:
            node = self._node(path)
        except LookupError:
            return []
        return self._bench.history(node.id)

    async def item(self, path: str) -> str:
        return self._node(path).id

    async def cut_next_write(self) -> None:
        self._bench.fault("files.upload", "cut", times=1)

    async def access(self, path: str) -> dict[str, str]:
        folder = self._node(path).id if path else self.box.root
        service = self.box.service_account.id
        return {
            getattr(each.who, "login", each.who.id): each.role
            for each in self.box.collaborations(folder)
            if each.who.id != service
        }

    def _node(self, path: str):
        found = self.box.root
        for part in path.split("/"):
            found = next((child.id for child in self._children(found) if child.name == part), "")
            if not found:
                raise LookupError(path)
        return self.box.tree[found]

    def _children(self, folder: str):
        return [child for child in self.box.tree.children(folder) if not child.trashed]

    def _folder(self, path: str) -> str:
        found = self.box.root
        for part in path.split("/") if path else ():
            children = [child.id for child in self._children(found) if child.name == part]
            found = children[0] if children else self.box.tree.add(part, parent=found).id
        return found


class OnTheEmulator:
    @pytest.fixture
    async def world(self, bench, box) -> AsyncIterator[World]:
        return EmulatedFolder(bench, box)


class TestBox(OnTheEmulator, ProviderContract):
    links = False
    keeps_versions = True
    hostile_names = (".git", ".hubdrives", "bell\u2028", "Caf\u00e9", "-rf", " lead", "a:b", "CON", "e\u0301.txt")
    refused = (
        "https://app.box.com/folder/0",
        "https://app.box.com/f/0123456789abcdef0123456789abcdef",
        "https://team.app.box.com/hubs/12345",
    )


class TestBoxIsWritable(OnTheEmulator, WritableContract):
    large = 4_000_000


class TestBoxIsVersioned(OnTheEmulator, VersionedContract):
    pass


class TestBoxIsSearchable(OnTheEmulator, SearchableContract):
    pass


class TestBoxIsShareable(OnTheEmulator, ShareableContract):
    pass
