"""The five acts: written down before, and each with a way back."""

import errno
import hashlib
import os
import stat
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.sync.breaking import Breaking, Quick, once
from tests.sync.source import Tree, plant, tree_of

from hubdrives.sync.actor import Actor
from hubdrives.sync.deeds import Made, Moved, Placed, Removed, Unmade
from hubdrives.sync.disk import Calls, Disk
from hubdrives.sync.journal import Journal, recover
from hubdrives.sync.layout import JOURNAL, TMP
from hubdrives.sync.parts import Part
from hubdrives.sync.store import Shelf
from hubdrives.sync.values import Base, Record

NOW = datetime(2024, 1, 2, 3, 4, 5, 678_901, tzinfo=UTC)


class Recording(Quick):
    """Every step, in order."""

    def __init__(self) -> None:
        self.steps: list[tuple[str, str]] = []

    def write(self, fd: int, data: bytes | memoryview) -> int:
        self.steps.append(("write", Path(f"/proc/self/fd/{fd}").readlink().name))
        return super().write(fd, data)

    def link(self, old: str, new: str, old_dir_fd: int, new_dir_fd: int) -> None:
        self.steps.append(("link", old))
        super().link(old, new, old_dir_fd, new_dir_fd)

    def replace(self, old: str, new: str, old_dir_fd: int, new_dir_fd: int) -> None:
        self.steps.append(("replace", new))
        super().replace(old, new, old_dir_fd, new_dir_fd)

    def unlink(self, name: str, dir_fd: int) -> None:
        self.steps.append(("unlink", name))
        super().unlink(name, dir_fd)

    def mkdir(self, name: str, mode: int, dir_fd: int) -> None:
        self.steps.append(("mkdir", name))
        super().mkdir(name, mode, dir_fd)

    def rmdir(self, name: str, dir_fd: int) -> None:
        self.steps.append(("rmdir", name))
        super().rmdir(name, dir_fd)

    def fsync(self, fd: int) -> None:
        self.steps.append(("fsync", Path(f"/proc/self/fd/{fd}").readlink().name))


class Scene:
    """A folder with files, and somebody who acts in it."""

    def __init__(self, root: Path, calls: Calls) -> None:
        self.root = root
        plant(root, {"x": b"one", "d/y": b"y", "empty": None, TMP: None})
        self.disk = Disk(root, calls=calls)
        self.journal = Journal(self.disk)
        self.actor = Actor(self.disk, self.journal, Shelf.new(self.disk, now=NOW), now=NOW)

    def part(self, content: bytes) -> Part:
        part = Part(disk=self.disk, shown="x", name="1.part")
        part.write(content)
        part.seal(mtime_ns=self.actor.mtime_ns, mode=None)
        return part

    @property
    def tree(self) -> Tree:
        return tree_of(self.root)

    def act(self, act: str) -> None:
        match act:
            case "place":
                part = self.part(b"two")
                self.actor.place("x", part, None, over_user_s=True)
                part.close()
            case "remove":
                self.actor.remove("x", is_user_s=False)
            case "move":
                self.actor.move("d", "moved")
            case "make":
                self.actor.make_folder("made")
            case "unmake":
                self.actor.remove_folder("empty")


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    scene = Scene(tmp_path, Recording())
    with scene.disk:
        yield scene
        scene.journal.close()


RESULTS: dict[str, tuple[tuple[str, str], Tree]] = {
    "place": (("replace", "x"), {"x": b"two", "d/y": b"y", "empty": None}),
    "remove": (("unlink", "x"), {"d/y": b"y", "empty": None}),
    "move": (("replace", "moved"), {"x": b"one", "moved/y": b"y", "empty": None}),
    "make": (("mkdir", "made"), {"x": b"one", "d/y": b"y", "empty": None, "made": None}),
    "unmake": (("rmdir", "empty"), {"x": b"one", "d/y": b"y"}),
}


@pytest.mark.parametrize("act", RESULTS)
def test_it_is_kept_then_written_down_then_done(scene: Scene, act: str):
    step, tree = RESULTS[act]
    scene.act(act)
    steps = scene.disk.calls.steps
    assert scene.tree == tree
    assert steps.index(("write", "journal")) < steps.index(step)
    if act in {"place", "remove"}:
        assert steps.index(("link", "x")) < steps.index(("write", "journal"))
    assert recover(scene.disk, Base()).acts == tuple(scene.actor.acts)
    assert len(scene.actor.acts) == 1


@pytest.mark.parametrize("act", RESULTS)
def test_what_fails_is_not_entered_and_changes_nothing(tmp_path: Path, act: str):
    counting = Breaking(10**9, once(errno.EIO))
    scene = Scene(tmp_path / "undisturbed", counting)
    scene.act(act)
    for at in range(1, counting.count + 1):
        scene = Scene(tmp_path / str(at), Breaking(at, once(errno.EIO)))
        with pytest.raises(OSError, match="Input/output"), scene.disk:
            scene.act(act)
        assert (scene.tree, scene.actor.acts) == ({"x": b"one", "d/y": b"y", "empty": None}, [])
        scene.journal.close()


def test_a_file_that_is_replaced_is_kept_with_its_look_and_the_user_s_is_told(scene: Scene):
    (scene.root / "x").chmod(0o640)
    os.utime(scene.root / "x", ns=(7, 7))
    known = Record("1", 3, f"sha256:{hashlib.sha256(b'two').hexdigest()}")
    part = scene.part(b"two")
    scene.actor.place("x", part, known, over_user_s=True)
    part.close()
    (act,) = scene.actor.acts
    assert act == Placed(
        path="x",
        size=3,
        digest=known.digest,
        inode=(scene.root / "x").stat().st_ino,
        record=known,
        replaced=True,
        kept=act.kept,
        was_user_s=True,
    )
    status = (scene.root / act.kept).stat()
    assert ((scene.root / act.kept).read_bytes(), stat.S_IMODE(status.st_mode), status.st_mtime_ns) == (
        b"one",
        0o640,
        7,
    )


def test_where_nothing_stood_nothing_is_kept(scene: Scene):
    part = scene.part(b"new")
    scene.actor.place("d/new", part, None, over_user_s=True)
    part.close()
    (act,) = scene.actor.acts
    assert (act.replaced, act.kept, act.was_user_s) == (False, "", False)


def test_what_is_new_has_the_time_of_the_deed_in_whole_seconds(scene: Scene):
    assert scene.actor.mtime_ns == int(NOW.timestamp()) * 10**9


def test_nothing_is_moved_over_something_else(scene: Scene):
    (scene.root / "link").symlink_to("nowhere")
    for new in ("x", "empty", "link"):
        with pytest.raises(FileExistsError):
            scene.actor.move("d", new)
    assert scene.actor.acts == []
    assert not (scene.root / JOURNAL).exists()


def test_a_folder_that_is_there_already_is_not_made(scene: Scene):
    assert (scene.actor.make_folder("empty"), scene.actor.make_folder("new")) == (False, True)
    (scene.root / "link").symlink_to("empty")
    for path in ("x", "link"):
        with pytest.raises(FileExistsError):
            scene.actor.make_folder(path)
    assert scene.actor.acts == [Made("new")]


def test_a_folder_goes_only_if_it_is_empty(scene: Scene):
    assert (scene.actor.remove_folder("d"), scene.actor.remove_folder("empty")) == (False, True)
    assert scene.actor.remove_folder("empty") is True
    assert scene.actor.acts == [Unmade("empty")]
    with pytest.raises(NotADirectoryError):
        # Not through a file, and not the file.
        scene.disk.remove_folder("x")


def test_what_was_touched_is_made_durable_once(scene: Scene):
    scene.act("remove")
    scene.actor.move("d/y", "empty/y", is_upstream_s=True)
    scene.actor.make_folder("d/made")
    scene.actor.remove_folder("d/made")
    scene.disk.calls.steps.clear()
    scene.actor.flush()
    assert scene.disk.calls.steps == [("fsync", scene.root.name), ("fsync", "d"), ("fsync", "empty")]
    scene.actor.flush()
    assert len(scene.disk.calls.steps) == 3
    assert [type(act) for act in scene.actor.acts] == [Removed, Moved, Made, Unmade]


def test_a_folder_that_is_gone_meanwhile_needs_not_be_made_durable(scene: Scene):
    scene.actor.move("d/y", "y")
    (scene.root / "d").rmdir()
    scene.actor.flush()


@pytest.mark.parametrize("parent", ["d", "outside"])
def test_no_act_goes_through_a_symlink(scene: Scene, tmp_path: Path, parent: str):
    (scene.root / "link").symlink_to(scene.root / parent)
    (tmp_path / "outside").mkdir(exist_ok=True)
    before = scene.tree
    part = scene.part(b"two")
    for act in (
        lambda: scene.actor.place("link/y", part, None, over_user_s=False),
        lambda: scene.actor.remove("link/y", is_user_s=True),
        lambda: scene.actor.move("link/y", "z"),
        lambda: scene.actor.move("x", "link/z"),
        lambda: scene.actor.make_folder("link/z"),
    ):
        with pytest.raises(OSError, match=r"directory|symbolic"):
            act()
    part.discard()
    assert (scene.tree, scene.actor.acts) == (before, [])
