"""The plan: trees in, actions out."""

import hashlib
import itertools
from collections.abc import Iterable

import pytest

from hubdrives.model import Entry, Kind
from hubdrives.sync.actions import (
    Conflict,
    Fetch,
    Forget,
    Keep,
    MakeFolder,
    Match,
    MoveAside,
    Plan,
    Remove,
    RemoveFolder,
    Why,
)
from hubdrives.sync.plan import Settlement, Upstream, plan, reach, settle, to_read
from hubdrives.sync.values import Base, Record, Shape, Thing

STAMP = "20240102030405"
LATER = 10**18
inodes = itertools.count(1)


def sha(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def file(path: str, version: str = "1", *, content: bytes = b"one", digest: str | None = None) -> Entry:
    return Entry(path=path, kind=Kind.FILE, size=len(content), version=version, digest=digest)


def folder(path: str) -> Entry:
    return Entry(path=path, kind=Kind.FOLDER)


def upstream(entries: Iterable[Entry]) -> Upstream:
    return Upstream.of((entry.path, entry) for entry in entries)


def thing(size: int = 3, *, shape: Shape = Shape.FILE, mtime: int = 5) -> Thing:
    return Thing(shape, size, mtime, next(inodes))


def record(seen: Thing | None, version: str = "1", *, content: bytes = b"one") -> Record:
    inode, mtime = (seen.inode, seen.mtime_ns) if seen else (0, 0)
    return Record(version, len(content), sha(content), mtime_ns=mtime, inode=inode)


def decided(
    *entries: Entry,
    local: dict[str, Thing] | None = None,
    files: dict[str, Record] | None = None,
    folders: set[str] | None = None,
    read: dict[str, frozenset[str]] | None = None,
    trusted: int = LATER,
) -> Plan:
    base = Base(files=files or {}, folders=frozenset(folders or ()), trusted_before_ns=trusted)
    return plan(base, local or {}, upstream(entries), read=read or {}, stamp=STAMP)


def test_a_new_file_and_the_folders_above_it_are_brought():
    result = decided(file("a/b/x"))
    assert result.before == (MakeFolder(path="a"), MakeFolder(path="a/b"))
    assert result.downloads == (Fetch(path="a/b/x", entry=file("a/b/x"), why=Why.ADDED),)
    assert result.bytes_needed == 3


def test_nothing_new_is_an_empty_plan():
    seen = thing()
    result = decided(file("x"), local={"x": seen}, files={"x": record(seen)})
    assert result == Plan(before=(), downloads=(), after=(), unchanged=1, skipped=())


def test_a_changed_upstream_file_replaces_one_that_is_as_pulled():
    seen = thing()
    known = record(seen)
    result = decided(file("x", "2"), local={"x": seen}, files={"x": known})
    assert result.downloads == (Fetch(path="x", entry=file("x", "2"), why=Why.UPDATED, seen=seen, record=known),)


def test_a_version_with_the_digest_of_the_old_one_is_no_change():
    seen = thing()
    result = decided(file("x", "2", digest=sha(b"one")), local={"x": seen}, files={"x": record(seen)})
    assert result.downloads == ()
    assert [action for action in result.before if isinstance(action, Match)]


def test_a_deleted_file_comes_back():
    result = decided(file("x"), files={"x": record(thing())})
    assert result.downloads == (Fetch(path="x", entry=file("x"), why=Why.RESTORED),)


def test_a_file_that_both_changed_is_a_conflict():
    seen, known = thing(7), record(thing())
    result = decided(file("x", "2"), local={"x": seen}, files={"x": known})
    beside = f"x__upstream_{STAMP}"
    assert result.downloads == (Conflict(path="x", entry=file("x", "2"), seen=seen, record=known, beside=beside),)


def test_what_only_the_user_changed_is_kept():
    result = decided(file("x"), local={"x": thing(7)}, files={"x": record(thing())})
    assert (result.before, result.downloads, result.after) == ((Keep(path="x", tracked=True),), (), ())


def test_removals_come_last_and_the_deepest_first():
    x, y = thing(), thing()
    result = decided(
        file("new"),
        local={"d": thing(shape=Shape.FOLDER), "d/e": thing(shape=Shape.FOLDER), "d/e/x": x, "d/y": y},
        files={"d/e/x": record(x), "d/y": record(y)},
        folders={"d", "d/e"},
    )
    assert result.before == ()
    assert result.after == (
        Remove(path="d/y", seen=y),
        Remove(path="d/e/x", seen=x),
        RemoveFolder(path="d/e"),
        RemoveFolder(path="d"),
    )


def test_a_folder_in_which_something_of_the_users_remains_stays_and_is_the_users():
    x = thing()
    result = decided(
        local={"d": thing(shape=Shape.FOLDER), "d/mine": thing(), "d/x": x}, files={"d/x": record(x)}, folders={"d"}
    )
    assert result.before == (Forget(path="d"),)
    assert result.after == (Remove(path="d/x", seen=x),)


def test_a_folder_that_the_user_made_is_never_removed():
    result = decided(local={"d": thing(shape=Shape.FOLDER)}, files={"d/x": record(thing())})
    assert result.after == ()


def test_a_file_becomes_a_folder_upstream():
    seen = thing()
    result = decided(file("x/y"), local={"x": seen}, files={"x": record(seen)})
    assert result.before == (Remove(path="x", seen=seen), MakeFolder(path="x"))
    assert result.downloads == (Fetch(path="x/y", entry=file("x/y"), why=Why.ADDED),)


def test_a_folder_becomes_a_file_upstream():
    y = thing()
    result = decided(
        file("x"), local={"x": thing(shape=Shape.FOLDER), "x/y": y}, files={"x/y": record(y)}, folders={"x"}
    )
    assert result.before == (Remove(path="x/y", seen=y), RemoveFolder(path="x"))
    assert result.downloads == (Fetch(path="x", entry=file("x"), why=Why.ADDED),)


def test_a_folder_with_the_users_work_moves_aside_as_a_whole_when_upstream_puts_a_file_there():
    y, d = thing(9), thing(shape=Shape.FOLDER)
    result = decided(file("x"), local={"x": d, "x/y": y}, files={"x/y": record(thing())}, folders={"x"})
    assert result.before == (Forget(path="x"), Keep(path="x/y", tracked=False))
    aside = f"x__{STAMP}"
    assert result.downloads == (Fetch(path="x", entry=file("x"), why=Why.ADDED, seen=d, aside=aside),)


@pytest.mark.parametrize("shape", [Shape.FILE, Shape.OTHER])
def test_the_users_thing_makes_room_for_an_upstream_folder(shape: Shape):
    seen = thing(shape=shape)
    result = decided(file("x.d/y"), local={"x.d": seen})
    assert result.before == (MoveAside(path="x.d", to=f"x__{STAMP}.d", seen=seen), MakeFolder(path="x.d"))


def test_a_name_aside_is_never_one_that_is_taken():
    seen = thing()
    local = {"x.py": seen, f"x__{STAMP}.py": thing()}
    result = decided(file("x.py", digest=None), file(f"x__{STAMP}_2.py"), local=local)
    assert [one.aside for one in result.downloads if one.path == "x.py"] == [f"x__{STAMP}_3.py"]


def test_a_local_file_with_the_bytes_of_the_provider_s_digest_is_adopted():
    seen = thing()
    entry = file("x", digest="md5:aa")
    result = decided(entry, local={"x": seen}, read={"x": frozenset({"md5:aa", sha(b"one")})})
    known = Record.of(entry, size=3, digest=sha(b"one"), thing=seen)
    assert result.before == (Match(path="x", record=known),)


def test_only_files_that_may_have_changed_are_read():
    same, racy, touched, longer = thing(), thing(mtime=50), thing(), thing(4)
    base = Base(
        files={
            "same": record(same),
            "racy": record(racy),
            "touched": record(thing()),
            "longer": record(thing()),
        },
        trusted_before_ns=50,
    )
    local = {"same": same, "racy": racy, "touched": touched, "longer": longer, "mine": thing()}
    tree = upstream([file(path) for path in base.files])
    assert to_read(base, local, tree) == {"racy": frozenset({"sha256"}), "touched": frozenset({"sha256"})}


def test_an_untracked_file_is_read_only_if_it_can_have_upstream_s_bytes():
    local = {"equal": thing(), "longer": thing(4), "untold": thing(), "strange": thing()}
    tree = upstream(
        [
            file("equal", digest="md5:aa"),
            file("longer", digest="md5:aa"),
            file("untold"),
            file("strange", digest="quickxor:aa"),
        ]
    )
    assert to_read(Base(), local, tree) == {"equal": frozenset({"md5", "sha256"})}


def test_a_scan_reaches_where_upstream_or_an_earlier_pull_reaches():
    base = Base(files={"old/deep/x": record(None)}, folders=frozenset({"made"}))
    assert reach(base, upstream([file("new/y")])) == {"old", "old/deep", "made", "new"}


@pytest.mark.parametrize(
    "path",
    [
        "../x",
        "/etc/passwd",
        "a/../../x",
        "a//b",
        "./a",
        "",
        "a\0b",
        ".hubdrives/state.json",
        "a/.git/hooks/post-checkout",
        ".HubDrives/x",
        "\ud800",
        "x" * 256,
        "/".join(["x" * 200] * 20),
    ],
)
def test_a_path_that_leads_anywhere_else_is_left_out_and_said(path: str):
    result = decided(file(path), file("good"))
    assert [download.path for download in result.downloads] == ["good"]
    assert [(item.path, item.code) for item in result.skipped] == [(path, "bad-path")]


def test_of_two_upstream_things_of_one_name_the_first_is_taken():
    result = decided(file("x"), file("x/y"), file("z/w"), folder("z"), file("x", "2"))
    assert [download.path for download in result.downloads] == ["x", "z/w"]
    assert sorted(item.path for item in result.skipped) == ["x", "x/y"]


SEEN, OTHER = thing(), thing()
FETCH = Fetch(path="x", entry=file("x"), why=Why.UPDATED, seen=SEEN, record=record(SEEN))
NEW = Fetch(path="x", entry=file("x"), why=Why.ADDED)
ASIDE = Fetch(path="x", entry=file("x"), why=Why.ADDED, seen=SEEN, aside="x__1")
CONFLICT = Conflict(path="x", entry=file("x"), seen=SEEN, record=record(None), beside="x__upstream")


@pytest.mark.parametrize(
    ("download", "now", "here", "arrived", "expected"),
    [
        (NEW, None, None, "new", Settlement.PLACE),
        (NEW, OTHER, None, "new", Settlement.RETRY),
        (NEW, OTHER, "new", "new", Settlement.MATCH),
        (FETCH, SEEN, "old", "new", Settlement.PLACE),
        (FETCH, SEEN, "new", "new", Settlement.MATCH),
        (FETCH, OTHER, "mine", "new", Settlement.RETRY),
        (FETCH, None, None, "new", Settlement.PLACE),
        (ASIDE, SEEN, "mine", "new", Settlement.PLACE),
        (ASIDE, SEEN, "new", "new", Settlement.MATCH),
        (ASIDE, OTHER, None, "new", Settlement.RETRY),
        (CONFLICT, SEEN, "mine", "new", Settlement.MERGE),
        (CONFLICT, SEEN, "mine", sha(b"one"), Settlement.KEEP),
        (CONFLICT, SEEN, "new", "new", Settlement.MATCH),
        (CONFLICT, OTHER, "mine", "new", Settlement.RETRY),
        (CONFLICT, None, None, "new", Settlement.PLACE),
    ],
)
def test_bytes_that_arrived_go_where_a_last_look_says(
    download: Fetch | Conflict, now: Thing | None, here: str | None, arrived: str, expected: Settlement
):
    assert settle(download, now=now, here=here, arrived=arrived) is expected
