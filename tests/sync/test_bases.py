"""Upstream's bytes for the next merge."""

import hashlib
from pathlib import Path

import pytest

from hubdrives.sync.bases import Bases
from hubdrives.sync.disk import Disk
from hubdrives.sync.layout import BASES, TMP


def digest(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


@pytest.fixture
def disk(tmp_path: Path):
    (tmp_path / TMP).mkdir(parents=True)
    with Disk(tmp_path) as opened:
        yield opened


def keep(disk: Disk, *contents: bytes) -> Bases:
    bases = Bases(disk)
    for content in contents:
        bases.keep(digest(content), content, through="1.base")
    return bases


@pytest.mark.parametrize("content", [b"", b"one", b"\0" * 1_000_000])
def test_what_was_kept_comes_back_and_takes_little_room(disk: Disk, tmp_path: Path, content: bytes):
    bases = keep(disk, content, content)
    assert bases.get(digest(content)) == content
    (blob,) = (tmp_path / BASES).iterdir()
    assert blob.stat().st_size < 10_000
    assert list((tmp_path / TMP).iterdir()) == []


def test_what_was_not_kept_is_none(disk: Disk):
    assert (Bases(disk).get(digest(b"one")), Bases(disk).has(digest(b"one"))) == (None, False)
    Bases(disk).prune(())


@pytest.mark.parametrize("damage", [b"", b"x", None])
def test_a_damaged_one_is_not_believed_and_can_be_kept_again(disk: Disk, tmp_path: Path, damage: bytes | None):
    bases = keep(disk, b"one", b"two")
    one, two = (tmp_path / BASES / digest(content).partition(":")[2] for content in (b"one", b"two"))
    one.write_bytes(two.read_bytes() if damage is None else damage)
    assert bases.get(digest(b"one")) is None
    keep(disk, b"one")
    assert bases.get(digest(b"one")) == b"one"


def test_a_draft_of_a_killed_pull_is_no_obstacle(disk: Disk, tmp_path: Path):
    (tmp_path / TMP / "1.base").write_bytes(b"half")
    assert keep(disk, b"one").get(digest(b"one")) == b"one"


def test_a_symlink_is_not_followed(disk: Disk, tmp_path: Path):
    bases = keep(disk, b"one")
    (blob,) = (tmp_path / BASES).iterdir()
    blob.rename(tmp_path / "elsewhere")
    blob.symlink_to(tmp_path / "elsewhere")
    assert bases.get(digest(b"one")) is None


def test_what_is_not_needed_goes_and_a_folder_that_somebody_put_there_stays(disk: Disk, tmp_path: Path):
    bases = keep(disk, b"one", b"two")
    (tmp_path / BASES / "own").mkdir()
    (tmp_path / BASES / "litter").write_bytes(b"")
    bases.prune({digest(b"one")})
    assert (bases.has(digest(b"one")), bases.has(digest(b"two"))) == (True, False)
    assert len(list((tmp_path / BASES).iterdir())) == 2
