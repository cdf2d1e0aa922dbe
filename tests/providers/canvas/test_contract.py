from collections.abc import AsyncIterator

import pytest

from hubdrives.model import Location
from hubdrives.providers.canvas import Canvas
from hubdrives.testing.contract import ProviderContract, World
from hubdrives.testing.emulators.canvas import STUDENT, TEACHER
from hubdrives.testing.emulators.content import Content


class EmulatedCourse(World):
    """The emulator's course, planted through its tree."""

    def __init__(self, bench, provider: Canvas, login: str) -> None:
        self.school, self.provider, self._bench = bench.school, provider, bench
        self.base_url = bench.school.url
        self.pasted = bench.school.location
        self.location = bench.course
        other = bench.school.add_course("Another course")
        bench.school.enrol(login, other)
        self.outside = bench.at(f"/files/{bench.file('private.txt', 'private', other.root)}")
        self.missing = bench.at("/files/10320000000099999")
        self.secrets = (bench.tokens[login].shown, "token=", "verifier")

    async def write(self, path: str, data: bytes) -> None:
        folder, _, name = path.rpartition("/")
        parent = self._folder(folder)
        known = [child for child in self.school.tree.children(parent) if child.name == name]
        if known:
            self.school.tree.replace(known[0].id, Content.of(data))
        else:
            self.school.tree.add_file(name, data, parent=parent)

    async def make_folder(self, path: str) -> None:
        self._folder(path)

    async def rename(self, path: str, name: str) -> None:
        self.school.tree.rename(self._node(path).id, name)

    async def remove(self, path: str) -> None:
        self.school.tree.delete(self._node(path).id)

    async def at(self, path: str) -> Location:
        node = self._node(path)
        return self._bench.at(f"/{'folders' if node.kind == 'folder' else 'files'}/{node.id}")

    async def duplicate(self, path: str, data: bytes) -> None:
        folder, _, name = path.rpartition("/")
        self.school.tree.add_file(name, data, parent=self._folder(folder))

    def _node(self, path: str):
        return self.school.tree.find(*path.split("/"), under=self.school.root)

    def _folder(self, path: str) -> str:
        found = self.school.root
        for part in path.split("/") if path else ():
            children = [child.id for child in self.school.tree.children(found) if child.name == part]
            found = children[0] if children else self.school.tree.add(part, parent=found).id
        return found


@pytest.mark.parametrize("login", [STUDENT, TEACHER])
class TestCanvas(ProviderContract):
    tells_digests = False
    links = False
    duplicate_names = True
    hostile_names = (
        "..", ".git", ".hubdrives", "A.txt", "a.txt", "back\\slash", "bell\a", "trailing. ", "Caf\u00e9", "Cafe\u0301",
        "x" * 400 + ".txt", "-rf", " ",
    )  # fmt: skip
    refused = (
        "https://school.instructure.com/courses/101/assignments/7",
        "https://cluster12.canvas-user-content.com/courses/101/files/5001?token=eyJ0",
    )

    @pytest.fixture
    async def world(self, bench, login: str) -> AsyncIterator[World]:
        return EmulatedCourse(bench, await bench.connect(login), login)
