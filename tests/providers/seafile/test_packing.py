import pytest

from hubdrives.model import Entry, Kind
from hubdrives.providers.seafile.item import Dirent
from hubdrives.providers.seafile.packing import LARGEST, by_folders, by_names, top_of

LIBRARY = "0af3d9c2-8b1e-4f6a-9c3d-2f1e0a9b8c7d"


def entry(path, size=10):
    return Entry(path=path.strip("/"), kind=Kind.FILE, id=f"{LIBRARY}:{path}", size=size, version="x")


def tree(files):
    """The folders of a library with these files, by size."""
    folders = {"/": {}}
    for path, size in files.items():
        *above, name = path.strip("/").split("/")
        for depth, folder in enumerate(above):
            parent = "/" + "/".join(above[:depth])
            folders[parent][folder] = Dirent(type="dir", name=folder)
            folders.setdefault(f"{parent.rstrip('/')}/{folder}", {})
        folders["/" + "/".join(above)][name] = Dirent(type="file", name=name, size=size)
    return {path: list(dirents.values()) for path, dirents in folders.items()}


def packed(files, wanted, top="/"):
    entries = {path: entry(path, files[path]) for path in wanted}
    batches = list(by_folders(LIBRARY, top, tree(files), entries))
    brought = {found.id for batch in batches for found in batch.entries.values()}
    assert brought == {found.id for found in entries.values()}
    assert all(batch.size <= LARGEST or len(batch.names) == 1 for batch in batches)
    return {(batch.parent, batch.names) for batch in batches}


def test_what_is_wanted_as_a_whole_is_named_by_its_folder():
    files = dict.fromkeys(("/a/1", "/a/b/2", "/c/3", "/4"), 10)
    assert packed(files, files) == {("/", ("a", "c", "4"))}


def test_a_little_more_than_is_wanted_may_come_along():
    files = {"/a/1": 10, "/a/2": 10, "/a/3": 10, "/a/4": 10, "/a/5": 10, "/c/6": 10}
    assert packed(files, set(files) - {"/a/5"}) == {("/", ("a", "c"))}


def test_much_more_than_is_wanted_may_not():
    files = {"/a/1": 10, "/a/video": 1000, "/b/2": 10}
    assert packed(files, {"/a/1", "/b/2"}) == {("/", ("b",)), ("/a", ("1",))}


def test_a_folder_with_something_that_may_not_be_read_is_not_named():
    files = tree({"/a/1": 10, "/a/2": 1, "/b/3": 10})
    files["/a"][1] = Dirent(type="file", name="2", size=1, permission="preview")
    wanted = {path: entry(path) for path in ("/a/1", "/b/3")}
    batches = {(each.parent, each.names) for each in by_folders(LIBRARY, "/", files, wanted)}
    assert batches == {("/", ("b",)), ("/a", ("1",))}


def test_no_zip_is_larger_than_servers_pack():
    files = {f"/{folder}/{number}": 8 << 20 for folder in "abc" for number in range(3)}
    assert packed(files, files) == {("/", ("a",)), ("/", ("b",)), ("/", ("c",))}
    files = {f"/a/{number}": 8 << 20 for number in range(6)}
    assert packed(files, files) == {("/a", ("0", "1", "2", "3")), ("/a", ("4", "5"))}


def test_no_form_has_more_fields_than_servers_read():
    entries = {f"/a/{number}": entry(f"/a/{number}", 1) for number in range(1200)}
    assert [len(batch.names) for batch in by_names(LIBRARY, entries)] == [500, 500, 200]


def test_what_lies_below_the_top_is_named_from_there():
    files = {"/x/a/1": 10, "/x/2": 10, "/y/3": 10}
    assert packed(files, {"/x/a/1", "/x/2"}, top="/x") == {("/x", ("a", "2"))}


def test_batches_know_their_files_by_the_path_in_the_zip():
    files = {"/x/a/b/1": 10, "/x/2": 10}
    (batch,) = by_folders(LIBRARY, "/x", tree(files), {path: entry(path) for path in files})
    assert {path: found.path for path, found in batch.entries.items()} == {"a/b/1": "x/a/b/1", "2": "x/2"}


def test_a_batch_can_be_halved_until_one_name_is_left():
    files = {f"/{name}": 10 for name in "abc"}
    (batch,) = by_folders(LIBRARY, "/", tree(files), {path: entry(path) for path in files})
    first, second = batch.halves()
    assert (first.names, second.names) == (("a",), ("b", "c"))
    assert {*first.entries, *second.entries} == {"a", "b", "c"}
    assert first.halves() == ()


@pytest.mark.parametrize(
    ("paths", "top"),
    [
        (["/a/1", "/b/2"], "/"),
        (["/a/1", "/a/2"], "/a"),
        (["/a/b/1", "/a/bc/2"], "/a"),
        (["/a/b/1", "/a/b/c/2", "/a/b/d/e/3"], "/a/b"),
        (["/1", "/a/2"], "/"),
    ],
)
def test_the_lowest_folder_above_all_is_found(paths, top):
    assert top_of(paths) == top
