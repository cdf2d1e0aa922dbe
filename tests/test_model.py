"""The values: equality, what they show, and what a snapshot's digest stands for."""

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubdrives.model import Entry, Kind, Location, Skipped, Snapshot

HERE = Location(provider="googledrive", id="folder")


def entry(path, **changes):
    return Entry(**{"path": path, "kind": Kind.FILE, "id": f"id of {path}", "size": 3, "version": "1", **changes})


def digest(*entries, **options):
    return Snapshot.of(HERE, "Course", entries, **options).digest


def test_locations_are_equal_however_their_address_was_written():
    one = Location(provider="googledrive", id="x", url="https://a", params=(("resourceKey", "1"),))
    other = Location(provider="googledrive", id="x", url="https://b")
    assert one == other
    assert hash(one) == hash(other)
    assert one != Location(provider="googledrive", id="y")


def test_what_is_secret_in_a_location_or_an_entry_is_not_shown():
    assert "hush" not in repr(Location(provider="p", params=(("key", "hush"),)))
    assert "hush" not in str(Location(provider="p", params=(("key", "hush"),)))
    assert "hush" not in repr(entry("a", params=(("key", "hush"),)))


def test_below_goes_down_and_keeps_everything_else():
    start = Location(provider="p", host="h", id="i", url="u", params=(("a", "b"),))
    deep = start.below("week 1").below("data/x.csv")
    assert deep.path == "week 1/data/x.csv"
    assert (deep.host, deep.id, deep.url, deep.params) == ("h", "i", "u", (("a", "b"),))
    assert start.below("") == start


def test_a_location_reads_as_its_address():
    assert str(Location(provider="p", url="https://x/y", path="a/b")) == "https://x/y : a/b"
    assert str(Location(provider="p")) == "p"


def test_the_name_is_the_last_part_of_the_path():
    assert entry("a/b/c.txt").name == "c.txt"
    assert entry("c.txt").name == "c.txt"


def test_values_can_not_be_changed():
    with pytest.raises(dataclasses.FrozenInstanceError):
        HERE.id = "other"


def test_the_entries_of_a_snapshot_are_sorted_and_its_files_are_no_folders():
    folder = entry("b", kind=Kind.FOLDER, size=None, version="")
    snapshot = Snapshot.of(HERE, "Course", [entry("b/z"), folder, entry("a")], skipped=[])
    assert [item.path for item in snapshot.entries] == ["a", "b", "b/z"]
    assert [item.path for item in snapshot.files] == ["a", "b/z"]


@given(st.permutations([entry(name) for name in "abcdef"]))
def test_the_order_of_listing_does_not_matter(entries):
    assert digest(*entries) == digest(*(entry(name) for name in "abcdef"))


@pytest.mark.parametrize("changes", [{"path": "b"}, {"version": "2"}, {"size": 4}, {"kind": Kind.FOLDER}], ids=min)
def test_the_digest_tells_trees_apart(changes):
    assert digest(entry("a")) != digest(dataclasses.replace(entry("a"), **changes))


def test_the_digest_ignores_what_is_not_part_of_the_tree():
    changed = entry("a", id="other", params=(("export", "pdf"),))
    assert digest(entry("a")) == digest(changed)
    assert digest(entry("a")) == digest(entry("a"), cursor=b"later")


def test_the_digest_knows_what_was_left_out_and_how():
    left_out = Skipped(path="form", reason="Forms have no file.", code="unreadable")
    assert digest(entry("a")) != digest(entry("a"), skipped=[left_out])
    assert digest(skipped=[left_out]) == digest(skipped=[dataclasses.replace(left_out, reason="Said otherwise.")])


def test_names_that_are_no_text_do_not_break_the_digest():
    assert digest(entry("a\udcff")) != digest(entry("a\udcfe"))


def test_a_file_is_another_tree_than_a_folder_with_that_file_in_it():
    assert digest(entry("a")) != digest(entry("a"), kind=Kind.FILE)
