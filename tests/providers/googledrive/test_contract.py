from collections.abc import AsyncIterator

import pytest

from hubdrives.model import Location
from hubdrives.providers.googledrive import GoogleDrive
from hubdrives.testing.contract import ProviderContract, World
from hubdrives.testing.emulators.content import Content
from hubdrives.testing.emulators.googledrive import OWNER


class EmulatedFolder(World):
    """The emulator's shared folder, planted through its tree."""

    def __init__(self, bench, provider: GoogleDrive) -> None:
        self.drive, self.provider = bench.drive, provider
        self.base_url = bench.drive.url
        self.pasted = bench.drive.location
        self.location = _locate(bench.drive.root)
        elsewhere = bench.folder("elsewhere", bench.drive.home(OWNER))
        bench.drive.access.share(elsewhere, bench.drive.robot.email)
        self.outside = _locate(bench.file("private.txt", "private", elsewhere))
        self.missing = _locate("1NothingHasThisIdAndNothingWill000")
        self.secrets = (bench.key["private_key"][100:200], "ya29.")

    async def write(self, path: str, data: bytes) -> None:
        folder, _, name = path.rpartition("/")
        parent = self._folder(folder)
        known = [child for child in self.drive.tree.children(parent) if child.name == name]
        if known:
            self.drive.tree.replace(known[0].id, Content.of(data))
        else:
            self.drive.tree.add_file(name, data, parent=parent)

    async def make_folder(self, path: str) -> None:
        self._folder(path)

    async def rename(self, path: str, name: str) -> None:
        self.drive.tree.rename(self._id(path), name)

    async def remove(self, path: str) -> None:
        self.drive.tree.delete(self._id(path))

    async def at(self, path: str) -> Location:
        return _locate(self._id(path))

    async def link(self, path: str, target: str | Location) -> None:
        folder, _, name = path.rpartition("/")
        to = self._id(target) if isinstance(target, str) else target.id
        self.drive.tree.add(name, parent=self._folder(folder), kind="shortcut", target=to)

    async def duplicate(self, path: str, data: bytes) -> None:
        folder, _, name = path.rpartition("/")
        self.drive.tree.add_file(name, data, parent=self._folder(folder))

    def _id(self, path: str) -> str:
        return self.drive.tree.find(*path.split("/"), under=self.drive.root).id

    def _folder(self, path: str) -> str:
        found = self.drive.root
        for part in path.split("/") if path else ():
            children = [child.id for child in self.drive.tree.children(found) if child.name == part]
            found = children[0] if children else self.drive.tree.add(part, parent=found).id
        return found


def _locate(item: str) -> Location:
    location = GoogleDrive.parse(item)
    assert location is not None
    return location


class TestGoogleDrive(ProviderContract):
    duplicate_names = True
    hostile_names = (
        "..", ".git", ".hubdrives", "A.txt", "a.txt", "back\\slash", "bell\a", "trailing. ", "Caf\u00e9", "Cafe\u0301",
        "x" * 400 + ".txt", "-rf", " ",
    )  # fmt: skip
    refused = ("https://drive.google.com/drive/my-drive", "https://forms.gle/abc")

    @pytest.fixture
    async def world(self, bench) -> AsyncIterator[World]:
        return EmulatedFolder(bench, await bench.connect())
