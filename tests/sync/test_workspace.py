"""What a working folder knows of itself."""

import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.sync.source import HERE, plant

from hubdrives.errors import BadTarget, Busy, LocalFailure
from hubdrives.model import Entry, Kind, Location, Report, Skipped, Snapshot
from hubdrives.sync.deeds import Begun, Deed, Made, Moved, Placed, What
from hubdrives.sync.disk import Disk
from hubdrives.sync.layout import JOURNAL, LISTING, LOCK, STATE, TMP
from hubdrives.sync.store import Shelf
from hubdrives.sync.values import Base, Record
from hubdrives.sync.workspace import Workspace, last_listing, last_report, pulled_from, recall, subfolder_of

BASE = Base(files={"a/x": Record("1", 3, "sha256:0", "md5:1", 5, 6)}, folders=frozenset({"a"}))
WHEN = datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC)
UNFINISHED = Deed(id="", what=What.PULL, when=WHEN, report=Report(renamed=[("x", "x__1")]), acts=(Made("a"),))


def test_what_is_committed_is_remembered(tmp_path: Path):
    first = Workspace.open(tmp_path / "new/course")
    first.commit(HERE, BASE, subfolder="week 1", unfinished=UNFINISHED)
    first.close()
    second = Workspace.open(tmp_path / "new/course")
    memory = second.remember()
    second.close()
    assert (memory.source, memory.subfolder) == (HERE, "week 1")
    assert subfolder_of(tmp_path / "new/course") == "week 1"
    assert (memory.base.files, memory.base.folders) == (BASE.files, BASE.folders)
    assert memory.base.trusted_before_ns == (tmp_path / "new/course" / STATE).stat().st_mtime_ns
    assert (memory.unfinished, memory.written) == (UNFINISHED, memory.base)
    assert memory.is_unfinished


def test_a_folder_into_which_nothing_came_leaves_no_trace(tmp_path: Path):
    Workspace.open(tmp_path / "new/course").close()
    assert list(tmp_path.iterdir()) == []
    plant(tmp_path, {"old/mine": b"mine"})
    Workspace.open(tmp_path / "old").close()
    assert [path.name for path in (tmp_path / "old").iterdir()] == ["mine"]


def test_it_belongs_to_one_at_a_time(tmp_path: Path):
    first = Workspace.open(tmp_path)
    with pytest.raises(Busy):
        Workspace.open(tmp_path)
    first.close()
    Workspace.open(tmp_path).close()


def test_who_lost_the_lock_can_t_commit(tmp_path: Path):
    workspace = Workspace.open(tmp_path)
    (tmp_path / LOCK).unlink()
    with pytest.raises(Busy):
        workspace.commit(HERE, BASE)
    assert not (tmp_path / STATE).exists()
    workspace.close()


def test_a_commit_forgets_the_journal_and_a_beginning_too(tmp_path: Path):
    workspace = Workspace.open(tmp_path)
    workspace.begin(HERE)
    for forget in (lambda: workspace.commit(HERE, BASE), lambda: workspace.begin(HERE)):
        workspace.journal.intend(Made("a"))
        assert (tmp_path / JOURNAL).exists()
        forget()
        assert not (tmp_path / JOURNAL).exists()
    workspace.close()


def test_what_a_killed_pull_did_is_added_to_what_was_not_told_before(tmp_path: Path):
    plant(tmp_path, {"made": None, "y__1": b"mine", "new name": b"x"})
    workspace = Workspace.open(tmp_path)
    workspace.commit(HERE, BASE, unfinished=UNFINISHED)
    workspace.journal.begin(Begun(id="2024-01-02T030405", what=What.UNDO))
    acts = (Made("made"), Moved("y", "y__1"), Moved("a/x", "new name", is_upstream_s=True))
    for act in acts:
        workspace.journal.intend(act)
    workspace.journal.close()
    memory = workspace.remember()
    workspace.close()
    assert memory.unfinished is not None
    assert memory.unfinished.acts == (Made("a"), *acts)
    assert memory.unfinished.report.renamed == [("x", "x__1"), ("y", "y__1")]
    assert memory.unfinished.report.moved == [("a/x", "new name")]
    assert (memory.unfinished.what, memory.unfinished.when) == (What.UNDO, WHEN)
    assert (set(memory.base.files), memory.written.files) == ({"new name"}, BASE.files)
    with Disk(tmp_path) as disk:
        assert recall(disk) == memory


def test_a_deed_that_is_in_the_store_is_gone_on_with_as_it_is_there(tmp_path: Path):
    plant(tmp_path, {"x": b"one"})
    workspace = Workspace.open(tmp_path)
    workspace.commit(HERE, BASE, unfinished=UNFINISHED)
    shelf = Shelf.new(workspace.disk, now=WHEN)
    digest = f"sha256:{hashlib.sha256(b'one').hexdigest()}"
    act = Placed(path="x", size=3, digest=digest, record=Record("1", 3, digest))
    report = Report(added=["x"], conflicts=["y"])
    workspace.journal.begin(Begun(id=shelf.id, what=What.PULL))
    workspace.journal.intend(act)
    workspace.journal.close()
    deed = Deed(id=shelf.id, what=What.PULL, when=WHEN, report=report, acts=(*UNFINISHED.acts, act))
    shelf.write(deed)
    memory = workspace.remember()
    workspace.close()
    assert memory.unfinished == deed
    assert (set(memory.base.files), set(memory.written.files)) == ({"a/x", "x"}, {"a/x"})
    assert memory.is_unfinished


def test_a_journal_without_a_state_speaks_of_nobody_s_content(tmp_path: Path):
    plant(tmp_path, {"a": None})
    workspace = Workspace.open(tmp_path)
    workspace.journal.intend(Made("a"))
    assert workspace.remember().base == Base()
    workspace.close()


def test_parts_of_a_killed_pull_are_thrown_away(tmp_path: Path):
    workspace = Workspace.open(tmp_path)
    plant(tmp_path, {f"{TMP}/7.part": b"half"})
    workspace.remember()
    assert list((tmp_path / TMP).iterdir()) == []
    workspace.close()


def test_the_listing_comes_back_as_it_was_but_for_the_location_s_secrets(tmp_path: Path):
    entry = Entry(path="x", kind=Kind.FILE, id="7", size=1, version="1", digest="md5:1", params=(("export", "csv"),))
    secret = Location(provider="memory", id="course", params=(("key", "s3cret"),))
    snapshot = Snapshot.of(secret, "course", [entry], skipped=[Skipped(path="y", reason="No.")], cursor=b"\xff\0")
    workspace = Workspace.open(tmp_path)
    workspace.note_listing(snapshot)
    assert b"s3cret" not in (tmp_path / LISTING).read_bytes()
    known = workspace.known(secret)
    assert known == snapshot
    assert known is not None
    assert (known.cursor, known.entries[0].params) == (snapshot.cursor, entry.params)
    # Of use to nobody, but which locations are the same, only the provider can tell.
    assert workspace.known(Location(provider="memory", id="another")) == snapshot
    (tmp_path / LISTING).write_bytes(b"{")
    assert workspace.known(secret) is None
    workspace.close()


def test_what_is_told_of_a_folder_that_was_never_pulled_or_is_damaged_is_nothing(tmp_path: Path):
    assert (pulled_from(tmp_path), last_report(tmp_path), pulled_from(tmp_path / "none")) == (None, None, None)
    plant(tmp_path, {STATE: b"\0", ".hubdrives/report.json": b"[]"})
    assert (pulled_from(tmp_path), last_report(tmp_path)) == (None, None)
    assert (subfolder_of(tmp_path), last_listing(tmp_path)) == ("", None)


def test_a_report_comes_back_as_it_was(tmp_path: Path):
    report = Report(added=["x"], renamed=[("y", "y__1")], failed=[Skipped(path="z", reason="No.", code="corrupt")])
    workspace = Workspace.open(tmp_path)
    workspace.note_report(report)
    workspace.close()
    assert last_report(tmp_path) == report


def test_a_newer_hubdrives_state_is_not_touched(tmp_path: Path):
    source = {"provider": "memory", "id": "course"}
    plant(tmp_path, {STATE: json.dumps({"schema": 99, "source": source}).encode()})
    workspace = Workspace.open(tmp_path)
    with pytest.raises(BadTarget):
        workspace.remember()
    workspace.close()
    assert pulled_from(tmp_path) == HERE


def test_our_state_is_not_looked_for_through_a_symlink(tmp_path: Path):
    plant(tmp_path, {"elsewhere": None, "course": None})
    (tmp_path / "course/.hubdrives").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(LocalFailure):
        Workspace.open(tmp_path / "course")
    assert list((tmp_path / "elsewhere").iterdir()) == []
