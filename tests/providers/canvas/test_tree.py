from datetime import UTC, datetime

import msgspec
import pytest

from hubdrives.model import Kind
from hubdrives.providers.canvas.item import File, Folder, convert
from hubdrives.providers.canvas.tree import Tree, entry_of, lay_out

NOW = datetime(2030, 1, 1, tzinfo=UTC)
TOP = {"id": 299, "name": "course files", "full_name": "course files", "context_type": "Course", "context_id": 101}


def folder(number: int, name: str, parent: int | None = 299, **state) -> Folder:
    return convert({"id": number, "name": name, "parent_folder_id": parent, "context_type": "Course", **state}, Folder)


def file(number: int, name: str, parent: int | None = 299, **state) -> File:
    return convert({"id": number, "display_name": name, "folder_id": parent, "size": 3, **state}, File)


def laid(*items: File | Folder, top: str = "299", deep: bool = True):
    folders = [convert(TOP, Folder), *(item for item in items if isinstance(item, Folder))]
    tree = Tree(folders, [item for item in items if isinstance(item, File)])
    entries, skipped = lay_out(tree, tree.folders[top], now=NOW, deep=deep)
    return {entry.path: entry.id for entry in entries}, {item.path: item.code for item in skipped}


def test_the_top_folders_name_is_no_part_of_a_path() -> None:
    entries, skipped = laid(folder(300, "Slides"), file(1, "a.pdf"), file(2, "b.pdf", 300))
    assert entries == {"Slides": "folders/300", "a.pdf": "files/1", "Slides/b.pdf": "files/2"}
    assert skipped == {}


def test_a_folders_part_is_what_its_chain_of_parents_reaches() -> None:
    items = (folder(300, "A"), folder(301, "B", 300), folder(302, "C"), file(1, "b", 301), file(2, "c", 302))
    assert laid(*items, top="300")[0] == {"B": "folders/301", "B/b": "files/1"}
    assert laid(*items, top="300", deep=False)[0] == {"B": "folders/301"}


def test_files_and_folders_may_have_the_same_number() -> None:
    assert laid(folder(300, "A"), file(300, "a.txt"))[0] == {"A": "folders/300", "a.txt": "files/300"}


def test_what_is_in_a_closed_folder_is_told_by_the_folder() -> None:
    entries, skipped = laid(folder(300, "A", locked=True), folder(301, "B", 300), file(1, "b", 301), file(2, "c"))
    assert entries == {"c": "files/2"}
    assert skipped == {"A": "unpublished"}


def test_a_name_does_not_change_when_its_older_double_is_locked() -> None:
    old, new = file(1, "a.txt"), file(2, "a.txt")
    before, _ = laid(old, new)
    after, skipped = laid(msgspec.structs.replace(old, locked=True), new)
    assert [path for path, item in before.items() if item == "files/2"] == list(after)
    assert skipped["a.txt"] == "unpublished"


def test_of_two_that_are_equally_old_the_lower_number_is_older() -> None:
    entries, _ = laid(
        file(10, "a.txt", created_at="2030-01-01T00:00:00Z"), file(9, "a.txt", created_at="2030-01-01T00:00:00Z")
    )
    assert entries["a.txt"] == "files/9"


def test_what_lies_in_a_folder_that_is_not_listed_is_told_and_not_lost() -> None:
    entries, skipped = laid(folder(301, "B", 300), file(1, "b", 301), file(2, "stray", 777), file(3, "c"))
    assert entries == {"c": "files/3"}
    assert skipped == {"B": "hidden", "stray": "hidden"}


def test_folders_that_go_in_circles_come_to_an_end() -> None:
    items = (folder(300, "A", 301), folder(301, "B", 300), file(1, "b", 301))
    assert laid(*items)[0] == {}
    tree = Tree(items[:2], items[2:])
    assert [each.name for each in tree.above(items[2])] == ["B", "A"]


def test_the_folder_that_canvas_calls_the_top_one_is_it() -> None:
    other = folder(7, "old uploads", None)
    tree = Tree([other, convert(TOP, Folder), folder(300, "A")], [file(1, "x", 7)])
    assert tree.root is not None
    assert tree.root.id == "299"


def test_without_any_folder_nothing_is_laid_out() -> None:
    tree = Tree([], [])
    assert lay_out(tree, tree.root, now=NOW) == ([], [])


def test_names_are_found_by_what_they_are_in_canvas_before_what_they_are_here() -> None:
    tree = Tree([convert(TOP, Folder), folder(300, "A")], [file(1, "a/b.csv"), file(2, "a_b.csv"), file(3, "x.", 300)])
    found = {path: tree.find(path, tree.root) for path in ("a_b.csv", "a/b.csv", "A/x.", "A/x", "A", "no", "a_b.csv/x")}
    assert {path: item and item.id for path, item in found.items()} == {
        "a_b.csv": "2", "a/b.csv": None, "A/x.": "3", "A/x": "3", "A": "300", "no": None, "a_b.csv/x": None,
    }  # fmt: skip


def test_a_files_version_is_its_id_its_time_and_its_size() -> None:
    told = {"modified_at": "2030-01-02T03:04:05Z", "updated_at": "2030-01-05T00:00:00Z"}
    entry = entry_of(file(5001, "a.pdf", **told), "a.pdf")
    assert (entry.kind, entry.id, entry.size, entry.digest) == (Kind.FILE, "files/5001", 3, None)
    assert entry.version == "5001 2030-01-02T03:04:05+00:00 3"
    # A lock or a new name moves `updated_at`, and does not change the bytes.
    assert (
        entry_of(file(5001, "a.pdf", **told | {"updated_at": "2031-01-01T00:00:00Z"}), "a.pdf").version == entry.version
    )
    others = [file(5002, "a.pdf", **told), file(5001, "a.pdf", **told | {"modified_at": "2030-01-02T03:04:06Z"})]
    others.append(file(5001, "a.pdf", **told | {"size": 4}))
    others.append(file(5001, "a.pdf", **told | {"modified_at": None}))
    assert len({entry.version, *(entry_of(other, "a.pdf").version for other in others)}) == 5


def test_no_address_is_kept() -> None:
    item = file(5001, "a.html", url="https://h/files/5001/download?verifier=s3cret", **{"content-type": "text/html"})
    entry = entry_of(item, "a.html")
    assert dict(entry.params) == {"content-type": "text/html"}
    assert "s3cret" not in repr(item)


@pytest.mark.parametrize("number", [9_007_199_254_740_993, "9007199254740993"])
def test_ids_stay_exact(number: int | str) -> None:
    assert entry_of(file(number, "a"), "a").id == "files/9007199254740993"  # type: ignore[arg-type]


def test_a_path_that_is_too_long_is_left_out() -> None:
    folders, parent = [], 299
    for number in range(300, 320):
        folders.append(folder(number, "x" * 250, parent))
        parent = number
    entries, skipped = laid(*folders)
    assert len(entries) == 15
    assert list(skipped.values()) == ["bad-path"]
