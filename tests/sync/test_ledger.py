"""The books of a deed."""

import pytest

from hubdrives.errors import NotKept
from hubdrives.model import Skipped
from hubdrives.sync.ledger import Done, Ledger, Outcome
from hubdrives.sync.values import Record

OLD, NEW = Record("1", 3, "sha256:1"), Record("2", 3, "sha256:2")


def ledger(**files: Record) -> Ledger:
    return Ledger(files=dict(files), folders={"folder"})


@pytest.mark.parametrize(
    ("done", "told"),
    [
        (Done.ADDED, "added"),
        (Done.UPDATED, "updated"),
        (Done.RESTORED, "restored"),
        (Done.MERGED, "merged"),
        (Done.KEPT, "kept"),
        (Done.RELEASED, "kept"),
        (Done.CONFLICT, "conflicts"),
        (Done.REMOVED, "removed"),
        (Done.HELD, "held"),
    ],
)
def test_each_outcome_is_told_in_its_list_once(done: Done, told: str):
    books = ledger()
    for path in ("b", "a", "b"):
        books.add(Outcome(path=path, done=done))
    report = books.close()
    lists = ("added", "updated", "restored", "merged", "kept", "conflicts", "removed", "held")
    assert {name: getattr(report, name) for name in lists if getattr(report, name)} == {told: ["a", "b"]}


@pytest.mark.parametrize("done", [Done.RELEASED, Done.REMOVED, Done.FORGOTTEN])
def test_what_is_not_upstream_s_any_more_is_forgotten(done: Done):
    books = ledger(x=OLD)
    books.add(Outcome(path="x", done=done))
    books.add(Outcome(path="folder", done=done))
    assert (books.base.files, books.base.folders, books.is_changed) == ({}, frozenset(), True)


def test_what_was_never_known_can_be_forgotten_without_a_change():
    books = ledger(x=OLD)
    books.add(Outcome(path="y", done=Done.FORGOTTEN))
    books.add(Outcome(path="x", done=Done.KEPT))
    books.add(Outcome(path="x", done=Done.NOTHING))
    assert (books.is_changed, books.base.files) == (False, {"x": OLD})
    assert books.changed_since({}) == {}


def test_records_and_folders_are_entered_and_what_was_known_before_can_be_told():
    books = ledger(x=OLD, gone=OLD, same=OLD)
    books.add(Outcome(path="x", done=Done.UPDATED, record=NEW))
    books.add(Outcome(path="y", done=Done.ADDED, record=NEW))
    books.add(Outcome(path="gone", done=Done.REMOVED))
    books.add(Outcome(path="made", done=Done.MADE_FOLDER))
    assert books.base.files == {"x": NEW, "y": NEW, "same": OLD}
    assert books.base.folders == {"folder", "made"}
    assert books.changed_since({"x": OLD, "gone": OLD, "same": OLD}) == {"x": OLD, "y": None, "gone": OLD}


def test_a_followed_file_takes_its_record_along_and_one_that_made_room_does_not():
    books = ledger(a=OLD, b=OLD)
    books.add(Outcome(path="a", done=Done.FOLLOWED, moved_to="z"))
    books.add(Outcome(path="b", done=Done.MOVED_ASIDE, moved_to="b__1"))
    report = books.close()
    assert books.base.files == {"z": OLD, "b": OLD}
    assert (report.moved, report.renamed) == ([("a", "z")], [("b", "b__1")])


def test_a_newer_record_under_the_new_name_stays():
    books = ledger(a=OLD)
    books.add(Outcome(path="z", done=Done.MATCHED, record=NEW))
    books.add(Outcome(path="a", done=Done.FOLLOWED, moved_to="z"))
    assert books.base.files == {"z": NEW}


def test_notes_and_where_upstream_s_is_are_told_by_path():
    books = ledger()
    books.add(Outcome(path="x", done=Done.CONFLICT, record=NEW, notes=("One.", "Two."), upstream="store/x"))
    books.add(Outcome(path="x", done=Done.KEPT))
    report = books.close()
    assert (report.notes, books.upstream) == ({"x": ["One.", "Two."]}, {"x": "store/x"})
    assert (report.conflicts, report.kept) == (["x"], [])


def test_failures_are_told_apart_from_what_can_t_be_had_anyway():
    books = ledger()
    books.fail("b", NotKept("No."))
    books.fail("a", NotKept("No."))
    books.fail("c", NotKept("No."), wanted=False)
    books.skip([Skipped(path="half\ud800", reason="No.")])
    report = books.close()
    assert [(item.path, item.code) for item in report.failed] == [("a", "not-kept"), ("b", "not-kept")]
    assert [item.path for item in report.skipped] == ["c", "half?"]
