import asyncio

import pytest

from hubdrives.testing.emulators.content import Content
from hubdrives.testing.emulators.folder import Folder
from hubdrives.testing.emulators.tree import Tree


class Served:
    """A directory, and the tree it is served as; what is done to either is done to the other."""

    def __init__(self, directory) -> None:
        self.directory = directory
        self.tree = Tree()
        self.root = self.tree.add("root").id
        self.folder = Folder(self.tree, self.root, directory, keep=lambda path: Content.of(path.read_bytes()))

    async def id(self, path: str) -> str:
        await self.folder.refresh()
        return self.folder.id_of(path)

    def files(self) -> dict[str, str]:
        found = (path for path in self.directory.rglob("*") if path.is_file())
        return {str(path.relative_to(self.directory)): path.read_text() for path in found}

    async def quiet(self) -> bool:
        """Whether another look finds nothing new."""
        before = len(self.tree.log)
        await self.folder.refresh()
        return len(self.tree.log) == before


@pytest.fixture
def served(tmp_path):
    (tmp_path / "deep" / "er").mkdir(parents=True)
    (tmp_path / "a.txt").write_text("a")
    (tmp_path / "deep" / "er" / "b.txt").write_text("b")
    return Served(tmp_path)


async def test_new_nodes_become_files_and_folders(served):
    async with served.folder.writing():
        folder = served.tree.add("new", parent=served.root).id
        served.tree.add_file("c.txt", "c", parent=folder, modified=1000.0)
    assert served.files() == {"a.txt": "a", "deep/er/b.txt": "b", "new/c.txt": "c"}
    assert (served.directory / "new" / "c.txt").stat().st_mtime == 1000
    assert await served.quiet()


async def test_a_folder_moves_with_all_that_is_in_it(served):
    deep, inner = await served.id("deep"), await served.id("deep/er")
    async with served.folder.writing():
        served.tree.move(inner, served.root, name="out")
        served.tree.trash(deep)
    assert served.files() == {"a.txt": "a", "out/b.txt": "b"}
    assert not (served.directory / "deep").exists()
    assert await served.id("out") == inner
    assert await served.quiet()


async def test_another_content_replaces_the_file_as_a_whole(served):
    file, inode = await served.id("a.txt"), (served.directory / "a.txt").stat().st_ino
    async with served.folder.writing():
        served.tree.replace(file, Content.of("A"))
    assert served.files()["a.txt"] == "A"
    assert (served.directory / "a.txt").stat().st_ino != inode
    assert await served.id("a.txt") == file
    assert await served.quiet()


async def test_what_leaves_the_trash_comes_back(served):
    deep = await served.id("deep")
    async with served.folder.writing():
        served.tree.trash(deep)
    assert served.files() == {"a.txt": "a"}
    async with served.folder.writing():
        served.tree.restore(deep)
    assert served.files() == {"a.txt": "a", "deep/er/b.txt": "b"}
    assert await served.id("deep") == deep


async def test_a_link_that_is_not_served_is_replaced_and_not_followed(served, tmp_path_factory):
    outside = tmp_path_factory.mktemp("outside") / "secret.txt"
    outside.write_text("secret")
    (served.directory / "link.txt").symlink_to(outside)
    async with served.folder.writing():
        served.tree.add_file("link.txt", "new", parent=served.root)
    assert outside.read_text() == "secret"
    assert served.files()["link.txt"] == "new"


async def test_nothing_is_done_when_the_change_fails(served):
    file = await served.id("a.txt")
    with pytest.raises(ValueError, match="refused"):
        async with served.folder.writing():
            raise ValueError("refused")
    assert served.files()["a.txt"] == "a"
    assert await served.id("a.txt") == file


async def test_those_who_write_at_once_wait_for_each_other(served):
    async def add(number: int) -> None:
        async with served.folder.writing():
            served.tree.add_file(f"{number}.txt", str(number), parent=served.root)

    await asyncio.gather(*(add(number) for number in range(10)))
    assert len(served.files()) == 12
    assert await served.quiet()
