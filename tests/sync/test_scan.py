"""The local tree as values."""

import os
from pathlib import Path

from tests.sync.source import plant

from hubdrives.sync.disk import Disk
from hubdrives.sync.scan import read_digests, scan


class Everywhere:
    def __contains__(self, path: object) -> bool:
        return True


def shapes(root: Path, into: object = Everywhere()) -> dict[str, str]:
    with Disk(root) as disk:
        return {path: thing.shape.name.lower() for path, thing in scan(disk, into=into).items()}


def test_files_folders_and_what_is_neither(tmp_path: Path):
    plant(tmp_path, {"a/b/x": b"x", "y": b"y", "empty": None})
    (tmp_path / "link").symlink_to("/etc")
    (tmp_path / "broken").symlink_to("nowhere")
    os.mkfifo(tmp_path / "pipe")
    assert shapes(tmp_path) == {
        "a": "folder",
        "a/b": "folder",
        "a/b/x": "file",
        "y": "file",
        "empty": "folder",
        "link": "other",
        "broken": "other",
        "pipe": "other",
    }


def test_our_own_state_is_not_part_of_it(tmp_path: Path):
    plant(tmp_path, {".hubdrives/state.json": b"{}", "a/.hubdrives/x": b"x"})
    assert shapes(tmp_path) == {"a": "folder", "a/.hubdrives": "folder", "a/.hubdrives/x": "file"}


def test_only_the_wanted_folders_are_entered(tmp_path: Path):
    plant(tmp_path, {"wanted/x": b"x", "wanted/mine/deep": b"y", "huge/z": b"z"})
    assert shapes(tmp_path, {"wanted"}) == {
        "wanted": "folder",
        "wanted/x": "file",
        "wanted/mine": "folder",
        "huge": "folder",
    }


def test_a_very_deep_tree_is_no_matter(tmp_path: Path):
    paths = ["/".join(["d"] * depth) for depth in range(1, 1101)]
    with Disk(tmp_path) as disk:
        for path in paths:
            disk.make_folder(path)
        try:
            assert sorted(scan(disk, into=Everywhere())) == paths
        finally:
            # Python's own removal of trees, which pytest uses, does not go so deep.
            for path in reversed(paths):
                disk.remove_folder(path)


def test_what_is_told_of_a_file_is_what_the_system_tells(tmp_path: Path):
    plant(tmp_path, {"x": b"four"})
    os.utime(tmp_path / "x", ns=(1, 1234567890))
    (tmp_path / "x").chmod(0o750)
    with Disk(tmp_path) as disk:
        seen = scan(disk, into=())["x"]
    assert (seen.size, seen.mtime_ns, seen.inode) == (4, 1234567890, (tmp_path / "x").stat().st_ino)
    assert seen.mode == 0o750


def test_digests_are_told_only_of_the_file_that_was_meant(tmp_path: Path):
    plant(tmp_path, {"x": b"abc"})
    with Disk(tmp_path) as disk:
        seen = disk.look("x")
        assert seen is not None
        assert read_digests(disk, "x", frozenset({"md5"}), expected=seen) == {"md5:900150983cd24fb0d6963f7d28e17f72"}
        (tmp_path / "x").write_bytes(b"abcd")
        assert read_digests(disk, "x", frozenset({"md5"}), expected=seen) == frozenset()
        (tmp_path / "x").unlink()
        assert read_digests(disk, "x", frozenset({"md5"}), expected=seen) == frozenset()
