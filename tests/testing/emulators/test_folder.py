import asyncio
import json
import os
from pathlib import Path

import pytest

from hubdrives.testing.emulators.folder import Folder
from hubdrives.testing.emulators.sidecar import SIDECAR, SidecarError
from hubdrives.testing.emulators.tree import Tree


class Served:
    """A directory, the tree it is served as, and what can be asked of both."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.tree = Tree()
        self.root = self.tree.add("root").id
        self.folder = Folder(self.tree, self.root, directory)

    def write(self, path: str, text: str = "text") -> Path:
        file = self.directory / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        return file

    def sidecar(self, **keys) -> None:
        self.write(SIDECAR, json.dumps(keys))

    async def look(self) -> dict[str, str]:
        """Provider's paths with ids, without what is in the trash."""
        await self.folder.refresh()
        return {self.path(node.id): node.id for node in self.tree.below(self.root) if not self.tree.in_trash(node.id)}

    def path(self, node: str) -> str:
        found = self.tree[node]
        return "" if node == self.root else f"{self.path(found.parents[0])}/{found.name}"

    async def changed(self) -> list[str]:
        """Names of what a look finds changed."""
        before = len(self.tree.log)
        await self.folder.refresh()
        return [self.tree[each.node].name for each in self.tree.log[before:]]


@pytest.fixture
def served(tmp_path):
    return Served(tmp_path)


async def test_files_and_folders_show_under_their_names(served):
    served.write("a.txt")
    served.write("deep/er/b.txt")
    (served.directory / "empty").mkdir()
    assert set(await served.look()) == {"", "/a.txt", "/deep", "/deep/er", "/deep/er/b.txt", "/empty"}


async def test_links_and_sockets_and_the_sidecar_are_not_served(served):
    served.write("a.txt")
    served.sidecar()
    (served.directory / "link").symlink_to("a.txt")
    (served.directory / "loop").symlink_to(".")
    os.mkfifo(served.directory / "pipe")
    assert set(await served.look()) == {"", "/a.txt"}


async def test_nothing_is_logged_when_nothing_changed(served):
    served.write("deep/a.txt")
    await served.look()
    assert await served.changed() == []


async def test_an_edit_keeps_the_id_and_changes_the_revision(served):
    served.write("a.txt", "old")
    before = (await served.look())["/a.txt"]
    old = served.tree[before]
    served.write("a.txt", "newer")
    assert await served.changed() == ["a.txt"]
    new = served.tree[before]
    assert new.revision != old.revision
    assert new.content.read() == b"newer"
    assert new.modified == (served.directory / "a.txt").stat().st_mtime_ns / 1e9


async def test_an_edit_of_equal_size_within_one_tick_of_the_clock_is_seen(served):
    file = served.write("a.txt", "one")
    status = file.stat()
    old = served.tree[(await served.look())["/a.txt"]]
    md5 = old.content.md5
    file.write_text("two")
    os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert await served.changed() == ["a.txt"]
    assert served.tree[old.id].content.md5 != md5
    assert await served.changed() == []


async def test_an_atomic_save_keeps_the_id(served):
    served.write("a.txt", "old")
    before = await served.look()
    served.write("a.txt.new", "new").replace(served.directory / "a.txt")
    assert await served.look() == before
    assert served.tree[before["/a.txt"]].content.read() == b"new"


async def test_a_rename_keeps_the_id_and_the_revision(served):
    file = served.write("a.txt")
    node = served.tree[(await served.look())["/a.txt"]]
    file.rename(served.directory / "b.txt")
    assert await served.look() == {"": served.root, "/b.txt": node.id}
    assert served.tree[node.id].revision == node.revision
    assert served.tree[node.id].content.read() == b"text"


async def test_a_move_to_another_folder_keeps_the_id(served):
    file = served.write("one/a.txt")
    (served.directory / "two").mkdir()
    before = await served.look()
    file.rename(served.directory / "two" / "c.txt")
    assert (await served.look())["/two/c.txt"] == before["/one/a.txt"]


async def test_renaming_a_folder_keeps_all_ids_and_is_one_change(served):
    served.write("one/deep/a.txt")
    before = await served.look()
    (served.directory / "one").rename(served.directory / "two")
    assert await served.changed() == ["two"]
    after = await served.look()
    assert after == {path.replace("/one", "/two"): node for path, node in before.items()}
    assert served.tree[after["/two/deep/a.txt"]].content.read() == b"text"


async def test_what_leaves_a_folder_before_it_goes_away_stays(served):
    file = served.write("one/a.txt")
    served.write("one/b.txt")
    before = await served.look()
    file.rename(served.directory / "a.txt")
    (served.directory / "one" / "b.txt").unlink()
    (served.directory / "one").rmdir()
    assert await served.look() == {"": served.root, "/a.txt": before["/one/a.txt"]}


async def test_a_new_file_on_the_inode_of_a_deleted_one_is_another_file(served):
    file = served.write("a.txt", "text")
    before = await served.look()
    inode = file.stat().st_ino
    file.write_text("other")
    os.utime(file, ns=(0, 10**18))
    file.rename(served.directory / "b.txt")
    assert (served.directory / "b.txt").stat().st_ino == inode
    after = await served.look()
    assert after["/b.txt"] != before["/a.txt"]
    assert served.tree[before["/a.txt"]].trashed


async def test_a_new_folder_on_the_inode_of_a_deleted_one_is_another_folder(served):
    served.write("one/a.txt")
    before = await served.look()
    (served.directory / "one" / "a.txt").unlink()
    (served.directory / "one").rename(served.directory / "two")
    served.write("two/b.txt", "other text")
    assert (await served.look())["/two"] != before["/one"]


async def test_a_deleted_file_is_trashed_and_its_successor_is_another_file(served):
    file = served.write("a.txt")
    before = (await served.look())["/a.txt"]
    file.unlink()
    assert await served.look() == {"": served.root}
    assert served.tree[before].trashed
    served.write("a.txt")
    assert (await served.look())["/a.txt"] != before


async def test_a_deleted_folder_takes_what_is_in_it_along_in_one_change(served):
    file = served.write("one/a.txt")
    before = await served.look()
    file.unlink()
    file.parent.rmdir()
    assert await served.changed() == ["one"]
    assert served.tree.in_trash(before["/one/a.txt"])
    assert not served.tree[before["/one/a.txt"]].trashed


async def test_deletes_can_be_forever(served):
    file = served.write("a.txt")
    served.sidecar(deletes="forever")
    before = (await served.look())["/a.txt"]
    file.unlink()
    await served.look()
    assert before not in served.tree


async def test_a_file_that_becomes_a_folder_is_another_item(served):
    file = served.write("a")
    before = (await served.look())["/a"]
    file.unlink()
    served.write("a/b")
    after = await served.look()
    assert set(after) == {"", "/a", "/a/b"}
    assert after["/a"] != before


async def test_names_that_no_directory_can_hold_come_from_the_sidecar(served):
    names = {"1": "same", "2": "same", "3": "a/b", "4": "..", "5": "x" * 300, "6": "nul\0"}
    for path in names:
        served.write(path)
    served.sidecar(names=names)
    await served.look()
    assert sorted(node.name for node in served.tree.children(served.root)) == sorted(names.values())


async def test_documents_lose_their_extension_and_follow_edits_of_their_text(served):
    served.write("Plan.txt", "old")
    served.sidecar(docs={"Plan.txt": "document"})
    plan = served.tree[(await served.look())["/Plan"]]
    assert plan.kind == "document"
    served.write("Plan.txt", "new text")
    assert (await served.look())["/Plan"] == plan.id
    assert served.tree[plan.id].content.read() == b"new text"


async def test_shortcuts_follow_what_they_point_to_and_the_sidecar(served):
    data = served.write("data/a.csv")
    served.write("week/x")
    served.sidecar(
        shortcuts={"week/Shared": "data", "Gone": {"id": "nowhere"}, "no/folder": "data", "data/a.csv": "week"}
    )
    found = await served.look()
    shortcut = found["/week/Shared"]
    assert served.tree[shortcut].target == found["/data"]
    assert served.tree[found["/Gone"]].target == "nowhere"
    assert "/no/folder" not in found
    data.parent.rename(served.directory / "renamed")
    served.sidecar(shortcuts={"week/Shared": "renamed/a.csv"})
    after = await served.look()
    assert after["/week/Shared"] == shortcut
    assert served.tree[shortcut].target == after["/renamed/a.csv"] == found["/data/a.csv"]
    assert "/Gone" not in after


@pytest.mark.parametrize(
    "text", ["{", "[]", '{"nmaes": {}}', '{"docs": {"a": "sheet"}}', '{"deletes": "no"}', '{"shortcuts": {"a": {}}}']
)
async def test_a_sidecar_that_makes_no_sense_is_refused(served, text):
    served.write(SIDECAR, text)
    with pytest.raises(SidecarError, match=SIDECAR):
        await served.folder.refresh()


async def test_looks_that_wait_together_are_one_look_that_began_after_all_of_them(served):
    await served.look()
    served.write("a.txt")
    await asyncio.gather(*(served.folder.refresh() for _ in range(20)))
    assert "a.txt" in {node.name for node in served.tree.children(served.root)}
