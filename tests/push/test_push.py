"""`push`: what goes up, what waits, what stays; and what a pull, an undo and a status make of it."""

import asyncio
import json
import os
from datetime import UTC, datetime, timedelta

import pytest
from tests.push.world import World, happened, paths
from tests.sync.source import HERE, Memory
from tests.sync.writable import WritableMemory

from hubdrives import folder
from hubdrives.choice import Choice
from hubdrives.errors import (
    BadCredential,
    BadInput,
    BadTarget,
    Busy,
    Changed,
    Corrupt,
    Forbidden,
    NotFound,
    QuotaExceeded,
)
from hubdrives.model import RENAMED, Skipped, Snapshot
from hubdrives.pull import pull
from hubdrives.push import Wanted, push, report_to_json
from hubdrives.sync.disk import Disk
from hubdrives.sync.layout import STATE
from hubdrives.sync.lock import Lock
from hubdrives.sync.pushing import DELETED_HERE

TREE = {"a.txt": b"a1\n", "data/b.bin": b"b1", "data/c.bin": b"c1", "notes.ipynb": b"{}"}


def test_what_the_user_changed_and_made_goes_up_and_a_pull_then_does_nothing(pulled):
    world = pulled(TREE)
    world.write({"a.txt": b"a2\n", "data/new.csv": b"n", "results/deep/r.csv": b"r"})
    report = world.push()
    assert report.uploaded == ["a.txt", "data/new.csv", "results/deep/r.csv"]
    assert report.unchanged == 3
    assert world.source.tree["a.txt"] == b"a2\n"
    assert world.source.tree["results/deep/r.csv"] == b"r"
    assert world.source.made == ["results", "results/deep"]
    reads = len(world.source.reads)
    assert happened(world.pull()) == {}
    assert len(world.source.reads) == reads


def test_a_second_push_does_nothing_and_asks_for_nothing_but_the_listing(pulled):
    world = pulled(TREE)
    world.write({"a.txt": b"a2\n", "new": b"n"})
    world.push()
    writes = list(world.source.writes)
    report = world.push()
    assert (report.uploaded, report.waiting, report.unchanged) == ([], [], 5)
    assert world.source.writes == writes


def test_what_upstream_changed_meanwhile_waits_and_goes_up_after_a_pull(pulled):
    world = pulled({"a.txt": b"1\n2\n3\n4\n5\n", "b.bin": b"b1"})
    world.write({"a.txt": b"mine\n2\n3\n4\n5\n", "b.bin": b"mine"})
    world.source.put("a.txt", b"1\n2\n3\n4\ntheirs\n")
    report = world.push()
    assert (report.uploaded, paths(report.waiting)) == (["b.bin"], ["a.txt"])
    assert report.waiting[0].code == Changed.code
    assert world.source.tree["a.txt"] == b"1\n2\n3\n4\ntheirs\n"
    assert world.pull().merged == ["a.txt"]
    assert world.push().uploaded == ["a.txt"]
    assert world.source.tree["a.txt"] == b"mine\n2\n3\n4\ntheirs\n"


def test_who_writes_between_the_look_and_the_push_is_not_overwritten(pulled):
    world = pulled(TREE)
    world.write({"a.txt": b"mine\n", "new": b"mine"})
    theirs = {"a.txt": b"theirs\n", "new": b"theirs"}
    world.source.before_write = lambda path: world.source.put(path, theirs[path])
    report = world.push()
    assert (report.uploaded, paths(report.waiting)) == ([], ["a.txt", "new"])
    assert {path: world.source.tree[path] for path in theirs} == theirs


@pytest.mark.parametrize(
    ("theirs", "code"), [({"new": b"theirs"}, "name-taken"), ({"new/x": b"x"}, "name-taken")], ids=["file", "folder"]
)
def test_a_new_file_where_upstream_has_something_of_that_name_waits(pulled, theirs, code):
    world = pulled(TREE)
    world.write({"new": b"mine"})
    world.source.tree |= theirs
    report = world.push()
    assert (report.uploaded, [(item.path, item.code) for item in report.waiting]) == ([], [("new", code)])


def test_a_new_file_in_what_is_a_file_upstream_waits(pulled):
    world = pulled(TREE)
    world.write({"new/x": b"mine"})
    world.source.tree["new"] = b"theirs"
    report = world.push()
    assert (report.uploaded, paths(report.waiting)) == ([], ["new/x"])


def test_what_upstream_removed_waits_and_goes_up_as_new_after_a_pull(pulled):
    world = pulled(TREE)
    world.write({"a.txt": b"mine\n"})
    del world.source.tree["a.txt"]
    report = world.push()
    assert (report.uploaded, paths(report.waiting)) == ([], ["a.txt"])
    world.pull()
    assert world.push().uploaded == ["a.txt"]


def test_what_only_upstream_changed_is_a_pull_s_business(pulled):
    world = pulled(TREE)
    world.source.put("a.txt", b"a2\n")
    report = world.push()
    assert report_to_json(report) == {
        "uploaded": [], "removed": [], "waiting": [], "skipped": [], "failed": [], "unchanged": 3
    }  # fmt: skip


def test_what_the_user_deleted_stays_upstream_unless_that_is_wanted(pulled):
    world = pulled(TREE)
    (world.target / "a.txt").unlink()
    report = world.push()
    assert [(item.path, item.code) for item in report.skipped] == [("a.txt", DELETED_HERE)]
    assert "a.txt" in world.source.tree
    report = world.push(wanted=Wanted(delete=True))
    assert (report.removed, world.source.removals) == (["a.txt"], ["a.txt"])
    assert happened(world.pull()) == {}
    assert not (world.target / "a.txt").exists()


def test_what_upstream_changed_is_not_removed(pulled):
    world = pulled(TREE)
    (world.target / "a.txt").unlink()
    world.source.put("a.txt", b"a2\n")
    report = world.push(wanted=Wanted(delete=True))
    assert (report.removed, paths(report.waiting)) == ([], ["a.txt"])
    (world.target / "data/b.bin").unlink()
    write_first(world, "data/b.bin", b"theirs")
    report = world.push(wanted=Wanted(delete=True))
    assert (report.removed, paths(report.waiting)) == ([], ["a.txt", "data/b.bin"])
    assert world.source.tree["data/b.bin"] == b"theirs"


def write_first(world, path, data):
    """Somebody writes there when the push has looked already."""
    remove = world.source.remove

    async def late(location, *, if_version=None):
        world.source.put(path, data)
        await remove(location, if_version=if_version)

    world.source.remove = late


def test_hidden_files_checkpoints_and_symlinks_stay_here_but_what_was_pulled_goes_up(pulled):
    world = pulled({**TREE, ".env": b"pulled"})
    world.write({".secret": b"s", ".ipynb_checkpoints/a.txt": b"s", "__pycache__/m.pyc": b"p", "a.txt~": b"old"})
    world.write({"data/.hidden/deep": b"s", ".env": b"changed"})
    (world.target / "link").symlink_to("/etc/hostname")
    report = world.push()
    assert report.uploaded == [".env"]
    assert paths(report.skipped) == ["link"]


@pytest.mark.parametrize(
    ("wanted", "uploaded"),
    [
        (Wanted(include=("*.txt",)), ["a.txt", "new.txt"]),
        (Wanted(exclude=("*.txt",)), ["data/b.bin"]),
        (Wanted(new=False), ["a.txt", "data/b.bin"]),
        (Wanted(include=("data/",), new=False), ["data/b.bin"]),
    ],
)
def test_what_goes_up_can_be_chosen_and_the_rest_goes_up_later(pulled, wanted, uploaded):
    world = pulled(TREE)
    world.write({"a.txt": b"a2\n", "data/b.bin": b"b2", "new.txt": b"n"})
    assert world.push(wanted=wanted).uploaded == uploaded
    assert sorted(uploaded + world.push().uploaded) == ["a.txt", "data/b.bin", "new.txt"]


def test_a_dry_run_tells_the_same_and_changes_nothing(pulled):
    world = pulled(TREE)
    world.write({"a.txt": b"a2\n", "x/new": b"n"})
    (world.target / "data/b.bin").unlink()
    world.source.put("data/c.bin", b"c2")
    world.write({"data/c.bin": b"mine"})
    before = dict(world.source.tree)
    state = (world.target / ".hubdrives/state.json").read_bytes()
    told = world.push(wanted=Wanted(delete=True), dry_run=True)
    assert world.source.tree == before
    assert (world.target / ".hubdrives/state.json").read_bytes() == state
    assert told == world.push(wanted=Wanted(delete=True))
    assert (told.uploaded, told.removed, paths(told.waiting)) == (["a.txt", "x/new"], ["data/b.bin"], ["data/c.bin"])


def test_one_file_that_can_not_go_up_does_not_block_the_others(pulled):
    world = pulled(TREE)
    world.write({"a.txt": b"a2\n", "big": b"b", "new": b"n", "odd": b"o", "x/y": b"y"})
    refused = {
        "a.txt": Forbidden("No."),
        "big": QuotaExceeded("Full."),
        "odd": BadInput("Not so."),
        "new": Corrupt("?"),
    }
    world.source.refusals = {path: [error] for path, error in refused.items()}
    report = world.push()
    assert report.uploaded == ["x/y"]
    assert {item.path: item.code for item in report.failed} == {path: error.code for path, error in refused.items()}
    assert world.push().uploaded == ["a.txt", "big", "new", "odd"]


def test_a_refused_login_ends_it_and_what_went_up_is_known(pulled):
    world = pulled(TREE)
    world.write({"a.txt": b"a2\n", "z": b"z"})

    def refuse(path):
        if world.source.writes:
            raise BadCredential("No.")

    world.source.before_write = refuse
    with pytest.raises(BadCredential):
        world.push()
    (first,) = world.source.writes
    world.source.before_write = lambda path: None
    world.source.digest = None  # Nothing but what was written down can tell it now.
    report = world.push()
    assert sorted([first, *report.uploaded]) == ["a.txt", "z"]
    assert report.waiting == []
    assert happened(world.pull()) == {}


def test_a_file_that_changes_while_it_is_sent_goes_up_later(pulled):
    world = pulled(TREE)
    world.write({"a.txt": b"a2\n"})
    write = world.source.write

    async def slow(*args, **options):
        world.write({"a.txt": b"a3, longer\n"})
        return await write(*args, **options)

    world.source.write = slow
    assert paths(world.push().failed) == ["a.txt"]
    assert world.source.tree["a.txt"] == b"a1\n"
    world.source.write = write
    assert world.push().uploaded == ["a.txt"]


def test_what_the_user_writes_after_it_went_up_is_the_next_push_s(pulled):
    world = pulled(TREE)
    world.write({"a.txt": b"a2\n"})
    world.source.after_write = lambda path: world.write({"a.txt": b"a3\n"})
    assert world.push().uploaded == ["a.txt"]
    world.source.after_write = lambda path: None
    assert folder.status(world.target).edited == ("a.txt",)
    assert world.push().uploaded == ["a.txt"]
    assert world.source.tree["a.txt"] == b"a3\n"


def test_an_edit_that_does_not_show_is_not_taken_for_what_was_pulled(tmp_path):
    world = World(tmp_path / "course", {"a.bin": b"a1", "b.bin": b"b1"})
    # As if the edit came in the very moment in which the state was written.
    world.time = datetime.now(tz=UTC) + timedelta(hours=1)
    world.pull()
    seen = (world.target / "a.bin").stat()
    (world.target / "a.bin").write_bytes(b"a2")
    os.utime(world.target / "a.bin", ns=(seen.st_atime_ns, seen.st_mtime_ns))
    world.write({"b.bin": b"b2"})
    assert world.push(wanted=Wanted(include=("b.bin",))).uploaded == ["b.bin"]
    later = world.time.timestamp() + 3600
    os.utime(world.target / STATE, (later, later))
    assert world.push().uploaded == ["a.bin"]


def test_no_symlink_that_takes_a_folder_s_place_is_followed(pulled, tmp_path):
    world = pulled(TREE)
    world.write({"data/b.bin": b"b2"})
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside/b.bin").write_bytes(b"s3")
    write = world.source.write

    async def swapped(*args, **options):
        (world.target / "data").rename(world.target / "away")
        (world.target / "data").symlink_to(tmp_path / "outside")
        return await write(*args, **options)

    world.source.write = swapped
    assert paths(world.push().failed) == ["data/b.bin"]
    assert world.source.tree["data/b.bin"] == b"b1"


def test_what_was_pushed_is_the_ancestor_of_the_next_merge(pulled):
    world = pulled({"a.txt": b"1\n2\n3\n4\n5\n"})
    world.write({"a.txt": b"one\n2\n3\n4\n5\n"})
    world.push()
    world.source.put("a.txt", b"one\n2\n3\n4\nfive\n")
    world.write({"a.txt": b"one\ntwo\n3\n4\n5\n"})
    assert world.pull().merged == ["a.txt"]
    assert world.tree["a.txt"] == b"one\ntwo\n3\n4\nfive\n"


def test_status_diff_and_undo_go_on_after_a_push(pulled):
    world = pulled({"a.txt": b"a1\n", "b": b"b"})
    world.source.put("a.txt", b"a2\n")
    world.pull()
    world.write({"a.txt": b"a3\n"})
    world.push()
    assert folder.status(world.target).edited == ()
    world.write({"a.txt": b"a4\n"})
    told = asyncio.run(folder.difference(world.target, "a.txt"))
    assert told.lines[-2:] == ("-a3", "+a4")
    asyncio.run(folder.undo(world.target, now=world.now))
    report = world.push()
    assert "a.txt" not in report.uploaded or world.source.history["a.txt"][:3] == [b"a1\n", b"a2\n", b"a3\n"]
    world.pull()
    assert happened(world.pull()) == {}


def test_what_has_another_name_upstream_is_told_not_written_beside(pulled):
    world = pulled(TREE)
    world.write({"a.txt": b"a2\n"})
    snapshot = world.source.snapshot

    async def renamed(location, **options):
        found = await snapshot(location, **options)
        told = [Skipped(path="a.txt", reason="Its name is a?.txt.", code=RENAMED)]
        return Snapshot.of(found.location, found.name, found.entries, skipped=told)

    world.source.snapshot = renamed
    report = world.push()
    assert (report.uploaded, [(item.path, item.code) for item in report.skipped]) == ([], [("a.txt", RENAMED)])


def test_a_subfolder_s_files_go_to_where_they_came_from(tmp_path):
    world = World(tmp_path / "course", {"week 1/a": b"a1", "other": b"o"})
    choice = Choice(subfolder="week 1")
    world.pull(choice=choice)
    world.write({"a": b"a2", "new/b": b"b"})
    assert world.push().uploaded == ["a", "new/b"]
    assert world.source.tree == {"week 1/a": b"a2", "week 1/new": None, "week 1/new/b": b"b", "other": b"o"}
    assert happened(world.pull(choice=choice)) == {}


def test_a_folder_of_another_place_is_refused(pulled):
    world = pulled(TREE)
    with pytest.raises(BadTarget):
        asyncio.run(push(world.source, HERE.below("data"), world.target))


def test_what_can_not_be_written_or_was_never_pulled_is_a_sentence(pulled, tmp_path):
    world = pulled(TREE)
    with pytest.raises(BadInput, match="can only be read"):
        asyncio.run(push(Memory(TREE), HERE, world.target))
    (tmp_path / "own").mkdir()
    with pytest.raises(NotFound):
        asyncio.run(push(world.source, HERE, tmp_path / "own"))
    assert list((tmp_path / "own").iterdir()) == []


def test_a_folder_pulled_from_a_single_file_is_refused(tmp_path):
    source = WritableMemory(TREE)
    asyncio.run(pull(source, HERE.below("a.txt"), tmp_path / "one"))
    with pytest.raises(BadInput, match="single file"):
        asyncio.run(push(source, HERE.below("a.txt"), tmp_path / "one"))


def test_who_works_there_is_waited_for(pulled):
    world = pulled(TREE)
    with Disk(world.target) as disk:
        lock = Lock.acquire(disk)
        with pytest.raises(Busy):
            world.push()
        lock.release()
    assert world.push().uploaded == []


def test_progress_is_counted_in_files_and_bytes(pulled):
    world = pulled(TREE)
    world.write({"a.txt": b"a2\n", "new": b"n" * 1000})
    told = []
    asyncio.run(push(world.source, HERE, world.target, on_progress=told.append))
    assert told[-1].phase == "done"
    assert (told[-1].files_done, told[-1].files_total) == (2, 2)
    assert (told[-1].bytes_done, told[-1].bytes_total) == (1003, 1003)


def test_the_report_as_json_is_the_report(pulled):
    world = pulled(TREE)
    world.write({"new": b"n"})
    (world.target / "a.txt").unlink()
    told = json.loads(json.dumps(report_to_json(world.push())))
    assert told["uploaded"] == ["new"]
    assert told["skipped"][0]["path"] == "a.txt"
