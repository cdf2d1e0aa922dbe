"""The disk: nothing leads out of the working folder, and nothing is half there."""

import errno
import os
from pathlib import Path

import pytest
from tests.sync.source import plant, tree_of

from hubdrives.errors import Busy, DiskFull, LocalFailure
from hubdrives.sync.disk import Calls, Disk, telling
from hubdrives.sync.values import Shape


@pytest.fixture
def root(tmp_path: Path) -> Path:
    plant(tmp_path / "outside", {"secret": b"secret", "folder/x": b"x"})
    plant(tmp_path / "root", {"file": b"one", "folder/x": b"x"})
    (tmp_path / "root/link").symlink_to(tmp_path / "outside")
    (tmp_path / "root/file-link").symlink_to(tmp_path / "outside/secret")
    return tmp_path / "root"


def test_looking_tells_the_shape_and_never_follows(root: Path):
    with Disk(root) as disk:
        shapes = {path: disk.look(path) for path in ("file", "folder", "link", "file-link", "none", "link/secret")}
    assert {path: thing and thing.shape for path, thing in shapes.items()} == {
        "file": Shape.FILE,
        "folder": Shape.FOLDER,
        "link": Shape.OTHER,
        "file-link": Shape.OTHER,
        "none": None,
        "link/secret": None,
    }


@pytest.mark.parametrize(
    "act",
    [
        lambda disk: disk.open_to_write("link/new"),
        lambda disk: disk.open_to_read("link/secret"),
        lambda disk: disk.open_to_read("file-link"),
        lambda disk: disk.open_to_append("file-link"),
        lambda disk: disk.make_folder("link/new"),
        lambda disk: disk.remove("link/secret"),
        lambda disk: disk.remove_folder("link/folder"),
        lambda disk: disk.move("file", "link/new"),
        lambda disk: disk.move("link/secret", "stolen"),
        lambda disk: disk.link("link/secret", "stolen", or_copy=True),
        lambda disk: disk.entries("link"),
        lambda disk: disk.write_whole("link/secret", b"new", through="part"),
        lambda disk: disk.sync_folder("link"),
    ],
)
def test_no_operation_goes_through_a_symlink(root: Path, act):
    outside = tree_of(root.parent / "outside")
    with Disk(root) as disk, pytest.raises(OSError, match=r"directories|directory|links"):
        act(disk)
    assert tree_of(root.parent / "outside") == outside


def test_a_symlink_itself_can_be_renamed_and_removed(root: Path):
    with Disk(root) as disk:
        disk.move("link", "aside")
        disk.remove("file-link")
    assert (root / "aside").readlink() == root.parent / "outside"
    assert tree_of(root.parent / "outside") == {"secret": b"secret", "folder/x": b"x"}


def test_writing_whole_replaces_in_one_step_or_not_at_all(root: Path):
    class Full(Calls):
        def write(self, fd: int, data: bytes | memoryview) -> int:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with Disk(root) as disk:
        disk.write_whole("file", b"two", through="part")
    assert (root / "file").read_bytes() == b"two"
    with Disk(root, calls=Full()) as disk, pytest.raises(OSError, match="space"):
        disk.write_whole("file", b"three", through="part")
    assert (root / "file").read_bytes() == b"two"


def test_short_writes_are_continued(root: Path):
    class Slow(Calls):
        def write(self, fd: int, data: bytes | memoryview) -> int:
            return os.write(fd, data[:3])

    with Disk(root, calls=Slow()) as disk:
        disk.write_whole("file", b"0123456789", through="part")
    assert (root / "file").read_bytes() == b"0123456789"


def test_where_there_are_no_second_names_a_small_file_is_copied(root: Path):
    class Plain(Calls):
        def link(self, *_args: object) -> None:
            raise OSError(errno.EOPNOTSUPP, os.strerror(errno.EOPNOTSUPP))

    with Disk(root, calls=Plain()) as disk:
        disk.link("file", "second", or_copy=True)
        assert disk.read("second") == b"one"
        with pytest.raises(FileExistsError):
            disk.link("file", "second", or_copy=True)


def test_opening_a_pipe_does_not_wait_for_a_writer(root: Path):
    os.mkfifo(root / "pipe")
    with Disk(root) as disk:
        os.close(disk.open_to_read("pipe"))


def descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def test_no_descriptor_stays_open(root: Path):
    before = descriptors()
    with Disk(root) as disk:
        disk.entries("folder")
        disk.read("folder/x")
        disk.touch("folder/x")
        with pytest.raises(OSError, match="directory"):
            disk.entries("link")
    assert descriptors() == before


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (errno.ENOSPC, DiskFull),
        (errno.EDQUOT, DiskFull),
        (errno.EIO, LocalFailure),
        (errno.EACCES, LocalFailure),
        (errno.EROFS, LocalFailure),
    ],
)
def test_what_the_system_says_becomes_one_sentence(code: int, expected: type[LocalFailure]):
    with pytest.raises(LocalFailure) as caught, telling("a/x"):
        raise OSError(code, os.strerror(code), "/home/user/.hubdrives/tmp/3.part")
    assert type(caught.value) is expected
    assert "a/x" in str(caught.value)
    assert ".hubdrives" not in str(caught.value)


def test_our_own_errors_pass_as_they_are():
    with pytest.raises(Busy), telling("x"):
        raise Busy("Wait.")
