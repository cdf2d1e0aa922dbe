"""Trees are values here: no server, no requests."""

from datetime import UTC, datetime

import msgspec
import pytest

from hubdrives.model import Kind
from hubdrives.paths import MAX_PATH_BYTES
from hubdrives.providers.googledrive import tree as trees
from hubdrives.providers.googledrive.exports import Exports, Options
from hubdrives.providers.googledrive.item import FOLDER, SHORTCUT, Capabilities, Item, ShortcutDetails
from hubdrives.providers.googledrive.tree import Tree, entry_of, gaps, lay_out, prune

DEFAULT = Options()
APPS = "application/vnd.google-apps."
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


def folder(item: str, parent: str = "", name: str | None = None) -> Item:
    return Item(id=item, name=name or item, mime_type=FOLDER, parents=(parent,) if parent else ())


def file(item: str, parent: str, name: str | None = None, **more) -> Item:
    fields = {"md5_checksum": "0" * 32, "size": 1, "mime_type": "text/plain", **more}
    return Item(id=item, name=name or item, parents=(parent,), **fields)


def shortcut(item: str, parent: str, target: str, name: str | None = None) -> Item:
    details = ShortcutDetails(target_id=target)
    return Item(id=item, name=name or item, mime_type=SHORTCUT, parents=(parent,), shortcut_details=details)


def tree(*items: Item, **more) -> Tree:
    by_id = {item.id: item for item in (folder("root"), *items)}
    listed = {item.id for item in by_id.values() if item.is_folder}
    return Tree(root="root", items=by_id, **{"listed": listed, **more})


def paths(made: Tree, options: Options = DEFAULT) -> list[str]:
    return sorted(entry.path for entry in lay_out(made, options)[0])


def skipped(made: Tree, options: Options = DEFAULT) -> dict[str, str]:
    return {item.path: item.code for item in lay_out(made, options)[1]}


def test_items_become_paths_by_their_parents() -> None:
    made = tree(folder("a", "root"), folder("b", "a"), file("f", "b"), file("g", "root"), file("stranger", "nowhere"))
    assert paths(made) == ["a", "a/b", "a/b/f", "g"]


def test_what_is_in_the_bin_is_not_there() -> None:
    assert paths(tree(msgspec.structs.replace(folder("a", "root"), trashed=True), file("f", "a"))) == []


def test_two_items_of_one_name_are_kept_apart_and_the_older_keeps_it() -> None:
    old = file("zzz", "root", "a.txt", created_time="2030-01-01T00:00:00.000Z")
    new = file("aaa", "root", "a.txt", created_time="2030-01-02T00:00:00.000Z")
    entries, left = lay_out(tree(old, new), Options())
    assert {entry.id: entry.path for entry in entries}["zzz"] == "a.txt"
    assert len({entry.path for entry in entries}) == 2
    assert [item.code for item in left] == ["renamed"]


def test_a_name_with_a_slash_becomes_one_name_and_is_told() -> None:
    made = tree(file("f", "root", "a/../b.csv"))
    assert paths(made) == ["a_.._b.csv"]
    assert skipped(made) == {"a_.._b.csv": "renamed"}


def test_a_name_in_another_unicode_form_is_nothing_to_tell() -> None:
    made = tree(file("f", "root", "Cafe\u0301.txt"))
    assert paths(made) == ["Caf\u00e9.txt"]
    assert skipped(made) == {}


def test_a_folder_of_one_name_with_a_file_is_kept_apart_too() -> None:
    made = tree(folder("a", "root", "x"), file("b", "root", "X"), file("c", "a"))
    assert len(paths(made)) == 3
    assert len({path.casefold().partition("/")[0] for path in paths(made)}) == 2


def test_a_legacy_item_with_two_parents_is_in_both() -> None:
    both = Item(id="f", name="f", mime_type="text/plain", md5_checksum="0" * 32, parents=("a", "b"))
    assert paths(tree(folder("a", "root"), folder("b", "root"), both)) == ["a", "a/f", "b", "b/f"]


@pytest.mark.parametrize(
    ("kind", "name", "path"),
    [
        ("document", "Plan", "Plan.docx"),
        ("document", "Plan.docx", "Plan.docx"),
        ("document", "Plan v1.2", "Plan v1.2.docx"),
        ("spreadsheet", "Grades", "Grades.xlsx"),
        ("presentation", "Talk", "Talk.pptx"),
        ("drawing", "Sketch", "Sketch.svg"),
    ],
)
def test_a_google_document_is_a_file_of_the_exported_type(kind: str, name: str, path: str) -> None:
    assert paths(tree(Item(id="d", name=name, mime_type=APPS + kind, parents=("root",)))) == [path]


def test_a_colab_notebook_is_a_file_as_it_is() -> None:
    made = tree(file("c", "root", "Lab.ipynb", mime_type="application/vnd.google.colaboratory"))
    entry = lay_out(made, DEFAULT)[0][0]
    assert (entry.path, entry.size, entry.digest, entry.params) == ("Lab.ipynb", 1, f"md5:{'0' * 32}", ())


def test_a_document_and_a_file_of_its_exported_name_are_kept_apart() -> None:
    made = tree(
        Item(id="d", name="Plan", mime_type=f"{APPS}document", parents=("root",)), file("f", "root", "Plan.docx")
    )
    assert len(paths(made)) == 2


@pytest.mark.parametrize("kind", ["form", "site", "map", "jam", "script", "fusiontable", "drive-sdk.12345", "unknown"])
def test_what_no_file_can_be_made_of_is_left_out_with_a_reason(kind: str) -> None:
    made = tree(Item(id="x", name="X", mime_type=APPS + kind, parents=("root",)))
    assert paths(made) == []
    assert skipped(made) == {"X": "unreadable"}


def test_what_may_not_be_downloaded_is_left_out_with_a_reason() -> None:
    made = tree(file("f", "root", capabilities=Capabilities(can_download=False)))
    assert (paths(made), skipped(made)) == ([], {"f": "unreadable"})


def test_what_is_left_out_takes_no_name_away() -> None:
    form = Item(id="a", name="x.txt", mime_type=f"{APPS}form", parents=("root",), created_time="2000")
    assert paths(tree(form, file("b", "root", "x.txt", created_time="2001"))) == ["x.txt"]


class TestVersions:
    def test_the_checksum_is_the_version(self) -> None:
        entry = entry_of(file("f", "root", md5_checksum="ab" * 16, sha256_checksum="cd" * 32), "f", Exports())
        assert (entry.version, entry.digest) == ("md5:" + "ab" * 16,) * 2

    def test_an_old_file_that_gets_a_second_checksum_keeps_its_version(self) -> None:
        before, after = file("f", "root"), file("f", "root", sha256_checksum="cd" * 32)
        assert entry_of(before, "f", Exports()).version == entry_of(after, "f", Exports()).version

    def test_without_any_checksum_the_revision_is_the_version(self) -> None:
        entry = entry_of(file("f", "root", md5_checksum="", head_revision_id="0Bxyz"), "f", Exports())
        assert (entry.version, entry.digest) == ("0Bxyz", None)

    def test_a_document_changes_with_its_time_and_its_export_type(self) -> None:
        doc = Item(id="d", name="d", mime_type=f"{APPS}document", size=1024, modified_time="2030-01-02T03:04:05.678Z")
        entry = entry_of(doc, "d.docx", Exports())
        assert (entry.size, entry.digest) == (None, None)
        assert entry.params == (("export", DOCX),)
        assert entry.modified == datetime(2030, 1, 2, 3, 4, 5, 678000, UTC)
        later = msgspec.structs.replace(doc, modified_time="2030-01-02T03:04:05.679Z")
        versions = {
            entry.version,
            entry_of(later, "", Exports()).version,
            entry_of(doc, "", Exports(document="pdf")).version,
        }
        assert len(versions) == 3

    def test_a_folder_has_none(self) -> None:
        assert entry_of(folder("a"), "a", Exports()).version == ""


class TestShortcuts:
    def test_one_to_a_file_is_that_file_under_its_own_name(self) -> None:
        made = tree(folder("a", "root"), file("f", "a", "real.txt"), shortcut("s", "root", "f", "short.txt"))
        entries, _ = lay_out(made, Options())
        assert {entry.path: entry.id for entry in entries} == {"a": "a", "a/real.txt": "f", "short.txt": "f"}

    def test_one_to_a_document_gets_the_extension(self) -> None:
        made = tree(
            folder("a", "root"),
            Item(id="d", name="Plan", mime_type=f"{APPS}document", parents=("a",)),
            shortcut("s", "root", "d", "My plan"),
        )
        assert paths(made) == ["My plan.docx", "a", "a/Plan.docx"]

    def test_one_to_a_folder_is_that_folder_with_all_in_it(self) -> None:
        made = tree(folder("a", "root"), file("f", "a"), shortcut("s", "root", "a", "again"))
        assert paths(made) == ["a", "a/f", "again", "again/f"]

    def test_one_to_its_own_folder_or_one_above_is_left_out(self) -> None:
        made = tree(folder("a", "root"), shortcut("s", "a", "root", "up"), shortcut("t", "a", "a", "self"))
        assert paths(made) == ["a"]
        assert skipped(made) == {"a/up": "skipped", "a/self": "skipped"}

    def test_two_folders_that_lead_to_each_other_come_to_an_end(self) -> None:
        made = tree(
            folder("a", "root"), folder("b", "root"), shortcut("s", "a", "b", "to b"), shortcut("t", "b", "a", "to a")
        )
        assert paths(made) == ["a", "a/to b", "b", "b/to a"]

    def test_shortcuts_that_multiply_are_stopped(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(trees, "MAX_REPEATED", 500)
        levels = [folder(f"l{level}", "root") for level in range(30)]
        twice = [shortcut(f"s{level}{side}", f"l{level}", f"l{level + 1}") for level in range(29) for side in "ab"]
        entries, left = lay_out(tree(*levels, *twice), Options())
        assert len(entries) < 600
        assert {item.code for item in left} == {"skipped"}

    @pytest.mark.parametrize(
        ("target", "code"),
        [
            (None, "not-shared"),
            (Item(id="t", mime_type="text/plain", trashed=True), "trashed"),
            (Item(id="t", mime_type=SHORTCUT, shortcut_details=ShortcutDetails(target_id="root")), "skipped"),
            (Item(id="t", mime_type=f"{APPS}form"), "unreadable"),
        ],
    )
    def test_one_that_leads_to_nothing_readable_is_left_out(self, target: Item | None, code: str) -> None:
        more = () if target is None else (target,)
        made = tree(shortcut("s", "root", "t"), *more, absent=set() if target else {"t"})
        assert (paths(made), skipped(made)) == ([], {"s": code})

    def test_they_can_be_switched_off(self) -> None:
        made = tree(file("f", "root"), shortcut("s", "root", "f"))
        options = Options(follow_shortcuts=False)
        assert (paths(made, options), skipped(made, options)) == (["f"], {"s": "skipped"})
        assert gaps(tree(shortcut("s", "root", "unknown")), follow=False).unknown == []


class TestBoundary:
    def test_a_target_below_the_root_is_inside(self) -> None:
        made = tree(folder("a", "root"), file("f", "a"), shortcut("s", "root", "f"), boundary="root")
        assert "s" in paths(made)

    def test_a_target_beside_the_root_is_inside_a_boundary_above(self) -> None:
        beside = file("f", "beside")
        made = tree(shortcut("s", "root", "f"), beside, folder("beside", "top"), boundary="top")
        assert "s" in paths(made)
        assert gaps(made, follow=True).unknown == []

    def test_a_target_elsewhere_is_outside(self) -> None:
        made = tree(shortcut("s", "root", "f"), file("f", "far"), folder("far"), boundary="root")
        assert (paths(made), skipped(made)) == ([], {"s": "not-granted"})

    def test_what_is_laid_out_by_a_shortcut_is_not_thereby_inside(self) -> None:
        outside = folder("far")
        made = tree(shortcut("s", "root", "far"), outside, shortcut("t", "far", "f"), file("f", "far"), boundary="root")
        assert paths(made) == []

    def test_folders_above_a_target_must_be_known_first(self) -> None:
        made = tree(shortcut("s", "root", "f"), file("f", "middle"), boundary="top")
        assert gaps(made, follow=True).unknown == ["middle"]
        made.items["middle"] = folder("middle", "top")
        assert gaps(made, follow=True).unknown == []
        assert paths(made) == ["s"]

    def test_a_folder_above_that_this_account_does_not_see_leads_nowhere(self) -> None:
        made = tree(shortcut("s", "root", "f"), file("f", "middle"), boundary="top", absent={"middle"})
        assert gaps(made, follow=True).unknown == []
        assert skipped(made) == {"s": "not-granted"}

    def test_folders_that_contain_each_other_come_to_an_end(self) -> None:
        made = tree(shortcut("s", "root", "x"), folder("x", "y"), folder("y", "x"), boundary="top", listed={"root"})
        assert gaps(made, follow=True).unlisted == []
        assert skipped(made) == {"s": "not-granted"}


class TestGaps:
    def test_an_unlisted_folder_is_missing(self) -> None:
        made = tree(folder("a", "root"), folder("b", "a"), listed={"root", "a"})
        assert gaps(made, follow=True).unlisted == ["b"]

    def test_a_shortcuts_target_is_missing_until_it_is_known_or_known_not_to_be_there(self) -> None:
        made = tree(shortcut("s", "root", "t"))
        assert gaps(made, follow=True).unknown == ["t"]
        made.absent.add("t")
        assert not gaps(made, follow=True)

    def test_a_target_folder_is_missing_until_it_is_listed(self) -> None:
        made = tree(shortcut("s", "root", "t"), folder("t", "far"), listed={"root"})
        assert gaps(made, follow=True).unlisted == ["t"]

    def test_what_nothing_leads_to_is_forgotten(self) -> None:
        made = tree(folder("gone", "nowhere"), file("f", "gone"), file("g", "root"), absent={"nobody"})
        prune(made, gaps(made, follow=True).used)
        assert made.items.keys() == {"root", "g"}
        assert (made.listed, made.absent) == ({"root"}, set())

    def test_what_decides_about_a_boundary_is_kept(self) -> None:
        made = tree(
            shortcut("s", "root", "f"), file("f", "m"), folder("m", "top"), shortcut("t", "root", "no"),
            listed={"root"}, boundary="top", absent={"no"},
        )  # fmt: skip
        prune(made, gaps(made, follow=True).used)
        assert made.items.keys() == {"root", "s", "t", "f", "m"}
        assert made.absent == {"no"}


def test_folders_in_folders_without_end_are_cut_off_and_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trees, "MAX_DEPTH", 5)
    chain = [folder(f"f{level}", f"f{level - 1}" if level else "root", "d") for level in range(10)]
    made = tree(*chain, listed={"root", "f0", "f1", "f2", "f3"})
    assert gaps(made, follow=True).unlisted == []
    assert paths(made) == ["d", "d/d", "d/d/d", "d/d/d/d"]
    assert skipped(made) == {"d/d/d/d/d": "bad-path"}


def test_a_path_that_is_too_long_is_left_out_and_told() -> None:
    chain = [folder(f"f{level}", f"f{level - 1}" if level else "root", "n" * 200) for level in range(25)]
    entries, left = lay_out(tree(*chain), Options())
    assert max(len(entry.path.encode()) for entry in entries) <= MAX_PATH_BYTES
    assert [item.code for item in left] == ["bad-path"]


def test_resource_keys_of_items_and_of_targets_are_collected() -> None:
    details = ShortcutDetails(target_id="t", target_resource_key="0-t")
    made = tree(
        file("f", "root", resource_key="0-f"),
        Item(id="s", mime_type=SHORTCUT, parents=("root",), shortcut_details=details),
    )
    assert made.keys() == {"f": "0-f", "t": "0-t"}
    assert "0-f" not in f"{made!r} {made.items!r}"


def test_the_key_goes_with_the_entry_and_is_not_shown() -> None:
    entry = entry_of(file("f", "root", resource_key="0-s3cret"), "f", Exports())
    assert dict(entry.params) == {"resource_key": "0-s3cret"}
    assert "s3cret" not in repr(entry)


def test_a_tree_can_be_written_and_read_again() -> None:
    made = tree(folder("a", "root"), file("f", "a"), shortcut("s", "root", "f"), boundary="root", way=("w",), alias="x")
    again = msgspec.json.decode(msgspec.json.encode(made), type=Tree)
    assert again == made
    assert lay_out(again, Options()) == lay_out(made, Options())
    assert {entry.kind for entry in lay_out(again, Options())[0]} == {Kind.FILE, Kind.FOLDER}
