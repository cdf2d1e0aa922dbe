"""The store: what left its place, browsable and bounded."""

import errno
import os
import stat
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.sync.breaking import Quick
from tests.sync.source import Tree, plant, tree_of

from hubdrives.errors import NotKept
from hubdrives.model import Report
from hubdrives.sync.deeds import Act, Deed, Removed, What
from hubdrives.sync.disk import Calls, Disk
from hubdrives.sync.layout import STORE, TMP
from hubdrives.sync.store import MAX_AGE, Shelf, deeds, last, prune

NOW = datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC)
ID = "2024-01-02T030405"


class Linkless(Quick):
    """A file system without second names."""

    def link(self, *args: object) -> None:
        raise OSError(errno.EOPNOTSUPP, os.strerror(errno.EOPNOTSUPP))


class Syncing(Calls):
    """Tells which folders were made durable."""

    def __init__(self) -> None:
        self.synced: list[str] = []

    def fsync(self, fd: int) -> None:
        self.synced.append(Path(f"/proc/self/fd/{fd}").readlink().name)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    (tmp_path / TMP).mkdir(parents=True)
    with Disk(tmp_path, calls=Quick()) as opened:
        yield opened


def stored(root: Path) -> Tree:
    """What is in the store, without what is written down of it."""
    return {path: content for path, content in tree_of(root / STORE).items() if not path.endswith("deed.json")}


def do(
    root: Path,
    disk: Disk,
    *,
    when: datetime = NOW,
    mine: Tree | None = None,
    others: Tree | None = None,
    upstream: Tree | None = None,
    before: tuple[Act, ...] = (),
    is_told: bool = True,
) -> Deed:
    """A deed that took the user's files `mine` and `others`, and kept `upstream`; `before` a killed one did for it."""
    shelf = Shelf.new(disk, now=when)
    plant(root, {f"{shelf.path}/before/{path}": content for path, content in ((mine or {}) | (others or {})).items()})
    plant(root, {f"{shelf.path}/upstream/{path}": content for path, content in (upstream or {}).items()})
    acts = [
        Removed(path=path, kept=f"{shelf.path}/before/{path}", was_user_s=path in (mine or {}))
        for path in (mine or {}) | (others or {})
    ]
    deed = Deed(
        id=shelf.id,
        what=What.PULL,
        when=when,
        report=Report(),
        acts=(*before, *acts),
        upstream={path: f"{shelf.path}/upstream/{path}" for path in upstream or {}},
    )
    if is_told:
        shelf.write(deed)
    return deed


# Shelves.


def test_a_kept_file_is_the_same_file_under_its_path_in_the_deed_s_folder(disk: Disk, tmp_path: Path):
    plant(tmp_path, {"a/x": b"one"})
    shelf = Shelf.new(disk, now=NOW)
    kept = shelf.keep("a/x", is_user_s=False)
    assert (kept, shelf.id) == (f"{STORE}/{ID}/before/a/x", ID)
    assert (tmp_path / kept).samefile(tmp_path / "a/x")
    assert stat.S_IMODE((tmp_path / STORE).stat().st_mode) == 0o700


def test_nothing_is_made_before_something_is_kept(disk: Disk, tmp_path: Path):
    Shelf.new(disk, now=NOW)
    assert list(deeds(disk)) == []
    prune(disk, now=NOW)
    assert not (tmp_path / STORE).exists()


def test_several_versions_of_a_path_and_a_path_below_another_have_each_their_place(disk: Disk, tmp_path: Path):
    shelf = Shelf.new(disk, now=NOW)
    for content in (b"one", b"two"):
        plant(tmp_path, {"x": content})
        shelf.keep("x", is_user_s=True)
        (tmp_path / "x").unlink()
    plant(tmp_path, {"x/y": b"below"})
    shelf.keep("x/y", is_user_s=True)
    plant(tmp_path, {f"{TMP}/part": b"theirs"})
    assert shelf.take(f"{TMP}/part", "x") == f"{STORE}/{ID}/upstream/x"
    assert stored(tmp_path) == {
        f"{ID}/before/x": b"one",
        f"{ID}/before-2/x": b"two",
        f"{ID}/before-3/x/y": b"below",
        f"{ID}/upstream/x": b"theirs",
    }


def test_without_second_names_only_the_user_s_bytes_are_copied(tmp_path: Path):
    plant(tmp_path, {"mine": b"mine", "theirs": b"theirs", TMP: None})
    (tmp_path / "mine").chmod(0o640)
    os.utime(tmp_path / "mine", ns=(7, 7))
    with Disk(tmp_path, calls=Linkless()) as disk:
        shelf = Shelf.new(disk, now=NOW)
        kept = shelf.keep("mine", is_user_s=True)
        assert shelf.keep("theirs", is_user_s=False) == ""
    status = (tmp_path / kept).stat()
    assert ((tmp_path / kept).read_bytes(), stat.S_IMODE(status.st_mode), status.st_mtime_ns) == (b"mine", 0o640, 7)


def test_the_user_s_outlive_a_power_cut_with_every_folder_above(tmp_path: Path):
    plant(tmp_path, {"a/x": b"one", TMP: None})
    calls = Syncing()
    with Disk(tmp_path, calls=calls) as disk:
        shelf = Shelf.new(disk, now=NOW)
        shelf.keep("a/x", is_user_s=False)
        assert calls.synced == []
        shelf.keep("a/x", is_user_s=True)
    assert set(calls.synced) >= {"store", ID, "before-2", "a", ".hubdrives"}


def test_each_deed_has_a_name_of_its_own_that_comes_after_all_others(tmp_path: Path, disk: Disk):
    ids = [do(tmp_path, disk, when=NOW, mine={"x": b"x"}).id for _ in range(11)]
    ids.append(do(tmp_path, disk, when=NOW - timedelta(hours=1)).id)
    ids.append(do(tmp_path, disk, when=NOW + timedelta(hours=1)).id)
    assert ids[:2] == [ID, f"{ID}-2"]
    assert [deed.id for deed in deeds(disk)] == ids[::-1]


def test_what_is_written_down_comes_back_and_what_is_damaged_is_passed_over(tmp_path: Path, disk: Disk):
    first, second = do(tmp_path, disk, mine={"x": b"x"}), do(tmp_path, disk, upstream={"y": b"y"})
    killed = do(tmp_path, disk, mine={"z": b"z"}, is_told=False)
    plant(tmp_path, {f"{STORE}/.nfs0001": b"", f"{STORE}/own/deed.json": b"{}"})
    assert list(deeds(disk)) == [second, first]
    assert (last(disk), last(disk, before=second.id)) == (second, first)
    (tmp_path / STORE / second.id / "deed.json").write_bytes(b"{")
    assert list(deeds(disk)) == [first]
    with pytest.raises(NotKept, match="damaged") as caught:
        last(disk)
    assert second.id in caught.value.hint
    assert (tmp_path / STORE / killed.id).exists()


# Its bounds.


def test_the_oldest_go_first_when_it_is_too_much(tmp_path: Path, disk: Disk):
    kept = [do(tmp_path, disk, when=NOW + timedelta(hours=n), others={f"f{n}": b"%d" % n * 30_000}) for n in range(5)]
    prune(disk, now=NOW, max_bytes=100_000)
    assert list(deeds(disk)) == kept[:-4:-1]
    assert len(list((tmp_path / STORE).iterdir())) == 3


def test_what_is_too_old_goes_but_never_the_newest(tmp_path: Path, disk: Disk):
    old = NOW - MAX_AGE - timedelta(seconds=1)
    do(tmp_path, disk, when=old - timedelta(days=1), mine={"x": b"older"})
    do(tmp_path, disk, when=old - timedelta(hours=1), mine={"x": b"killed"}, is_told=False)
    newest = do(tmp_path, disk, when=old, mine={"x": b"old"})
    prune(disk, now=NOW)
    assert list(deeds(disk)) == [newest]
    assert stored(tmp_path) == {f"{newest.id}/before/x": b"old"}
    young = do(tmp_path, disk, when=NOW, mine={"x": b"young"})
    prune(disk, now=NOW)
    assert stored(tmp_path) == {f"{young.id}/before/x": b"young"}


def test_of_the_newest_the_user_s_bytes_and_upstream_s_side_of_conflicts_never_go(tmp_path: Path, disk: Disk):
    do(tmp_path, disk, mine={"x": b"older" * 1000})
    newest = do(
        tmp_path,
        disk,
        mine={"x": b"mine" * 1000},
        others={"large": b"o" * 9000, "small": b"o"},
        upstream={"y": b"theirs" * 1000},
    )
    prune(disk, now=NOW, max_bytes=12_000)
    assert stored(tmp_path) == {
        f"{newest.id}/before/x": b"mine" * 1000,
        f"{newest.id}/before/small": b"o",
        f"{newest.id}/upstream/y": b"theirs" * 1000,
    }
    prune(disk, now=NOW, max_bytes=0)
    assert set(stored(tmp_path).values()) == {b"mine" * 1000, b"theirs" * 1000}
    assert list(deeds(disk)) == [newest]


def test_the_folder_of_a_killed_pull_stays_while_the_next_deed_needs_it(tmp_path: Path, disk: Disk):
    killed = do(tmp_path, disk, mine={"x": b"killed's"}, is_told=False)
    newest = do(tmp_path, disk, before=killed.acts, others={"y": b"y"})
    prune(disk, now=NOW + 2 * MAX_AGE, max_bytes=0)
    assert (tmp_path / STORE / killed.id / "before/x").read_bytes() == b"killed's"
    assert list(deeds(disk)) == [newest]
    do(tmp_path, disk, when=NOW + 2 * MAX_AGE, mine={"z": b"z"})
    prune(disk, now=NOW + 2 * MAX_AGE)
    assert set(stored(tmp_path).values()) == {b"z"}


def test_what_can_t_be_removed_stops_nothing(tmp_path: Path):
    class Stubborn(Quick):
        def unlink(self, name: str, dir_fd: int) -> None:
            if name == "open":
                raise OSError(errno.EBUSY, os.strerror(errno.EBUSY))
            super().unlink(name, dir_fd)

    (tmp_path / TMP).mkdir(parents=True)
    with Disk(tmp_path, calls=Stubborn()) as disk:
        old = [do(tmp_path, disk, when=NOW - 2 * MAX_AGE, others={name: b"old"}) for name in ("open", "shut")]
        newest = do(tmp_path, disk, others={"open": b"new", "other": b"new"})
        plant(tmp_path, {f"{STORE}/own": b"own"})
        prune(disk, now=NOW, max_bytes=0)
    assert stored(tmp_path) == {
        f"{old[0].id}/before/open": b"old",
        f"{newest.id}/before/open": b"new",
        "own": b"own",
    }
