import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from hubdrives.http import Client
from hubdrives.model import Location
from hubdrives.providers.local import Local
from hubdrives.testing.contract import ProviderContract, World


class Disk(World):
    """A folder below pytest's own, beside a file that is not in it."""

    def __init__(self, top: Path) -> None:
        self.top = top / "course"
        self.top.mkdir()
        (top / "private.txt").write_bytes(b"private")
        self.provider = Local.open(Client(title=Local.title, errors=Local.errors))
        self.pasted = str(self.top)
        self.location = _locate(self.top)
        self.outside = _locate(top / "private.txt")
        self.missing = _locate(top / "nothing")

    async def write(self, path: str, data: bytes) -> None:
        place = self.top / path
        place.parent.mkdir(parents=True, exist_ok=True)
        # A new file over the old one, as editors do: in place, two quick writes of one size can't be told apart.
        fresh = place.with_name("~fresh")
        fresh.write_bytes(data)
        fresh.replace(place)

    async def make_folder(self, path: str) -> None:
        (self.top / path).mkdir(parents=True)

    async def rename(self, path: str, name: str) -> None:
        place = self.top / path
        place.rename(place.with_name(name))

    async def remove(self, path: str) -> None:
        place = self.top / path
        if place.is_dir():
            shutil.rmtree(place)
        else:
            place.unlink()

    async def at(self, path: str) -> Location:
        return _locate(self.top / path)

    async def link(self, path: str, target: str | Location) -> None:
        place = self.top / target if isinstance(target, str) else Path("/", target.path)
        (self.top / path).symlink_to(place)


def _locate(path: Path) -> Location:
    location = Local.parse(str(path))
    assert location is not None
    return location


class TestLocal(ProviderContract):
    tells_digests = False
    served = False
    hostile_names = ("A.txt", "a.txt", "back\\slash", "bell\a", "trailing. ", "Cafe\u0301", "-rf", "~")
    refused = ("file://fileserver/share/course",)

    @pytest.fixture
    async def world(self, tmp_path: Path) -> AsyncIterator[World]:
        disk = Disk(tmp_path)
        async with disk.provider:
            yield disk
