"""Files: details, other names and places, removal."""

import pytest

from .conftest import NOON, file_id


@pytest.fixture
def other(seafile):
    return seafile.add_library("other")


async def test_a_detail_has_whole_seconds_and_says_who_may_edit(seafile, client):
    seafile.add_file("a/b.txt", "text")
    about = (await client.get("file/detail/", p="/a/b.txt")).json
    assert (about["id"], about["size"], about["mtime"]) == (file_id(b"text"), 4, int(NOON))
    assert (about["last_modified"], about["can_edit"]) == ("2030-03-17T17:46:40+00:00", True)
    assert (await client.get("file/detail/", p="/a")).refusal == (404, "File /a not found.")
    assert (await client.get("file/detail/")).refusal == (400, "p invalid.")
    told = (await client.get("file/", p="/a/b.txt", api="api/v2.1")).json
    assert (told["obj_name"], told["parent_dir"], told["obj_id"]) == ("b.txt", "/a", file_id(b"text"))


async def test_a_renamed_file_is_a_redirection(seafile, client):
    seafile.add_file("a.txt")
    seafile.add_file("b.txt")
    answer = await client.change("file/", "/a.txt", operation="rename", newname="b.txt")
    assert (answer.status, answer.json) == (301, "success")
    assert answer.headers["Location"].endswith("/file/?p=/b%20%281%29.txt")
    reloaded = await client.change("file/", "/b.txt", operation="rename", newname="c.txt", query="&reloaddir=true")
    assert (reloaded.status, reloaded.names) == (200, ["b (1).txt", "c.txt"])
    told = await client.change("file/", "/c.txt", operation="rename", newname="b (1).txt", api="api/v2.1")
    assert (told.status, told.json["obj_name"]) == (200, "b (1) (1).txt")


@pytest.mark.parametrize(
    ("name", "refusal"),
    [
        ("", (400, "New name is missing")),
        ("ä" * 128, (400, "New name is too long")),
        ("a/b", (400, "File name invalid.")),
        ("\N{ROCKET}.txt", (400, "File name invalid.")),
        ("a.txt", (409, "The new name is the same to the old")),
    ],
)
async def test_a_new_name_has_to_be_one(seafile, client, name, refusal):
    seafile.add_file("a.txt")
    assert (await client.change("file/", "/a.txt", operation="rename", newname=name)).refusal == refusal


async def test_a_file_goes_to_another_library_and_is_copied_back(seafile, client, other):
    seafile.add_file("a.txt", "text")
    target = {"dst_repo": other.id, "dst_dir": "/"}
    moved = await client.change("file/", "/a.txt", operation="move", **target)
    assert (moved.status, moved.json) == (301, {"repo_id": other.id, "parent_dir": "/", "obj_name": "a.txt"})
    back = {"dst_repo": seafile.library.id, "dst_dir": "/"}
    for expected in ("a.txt", "a (1).txt"):
        copied = await client.change("file/", "/a.txt", library=other, operation="copy", **back)
        assert (copied.status, copied.json["obj_name"]) == (200, expected)
    told = await client.change("file/", "/a (1).txt", operation="move", api="api/v2.1", **target)
    assert (told.json["obj_name"], told.json["repo_id"]) == ("a (1).txt", other.id)
    assert (await client.get("dir/", library=other)).names == ["a (1).txt", "a.txt"]
    assert (await client.get("dir/")).names == ["a.txt"]
    assert (await client.change("file/", "/a.txt", operation="move", dst_repo=other.id)).status == 400


async def test_a_move_to_where_it_is_changes_nothing(seafile, client):
    seafile.add_file("a.txt", "text")
    answer = await client.change("file/", "/a.txt", operation="move", dst_repo=seafile.library.id, dst_dir="/")
    assert (answer.status, answer.json) == (200, "success")
    assert (await client.get("dir/")).names == ["a.txt"]


async def test_a_copy_needs_room_for_all_that_is_in_a_folder(seafile, client):
    seafile.add_file("a/b.bin", b"x" * 60)
    seafile.account.quota = 100
    form = {"src_parent_dir": "/", "src_dirent_name": "a", "dst_parent_dir": "/", "operation": "copy"}
    ids = {"src_repo_id": seafile.library.id, "dst_repo_id": seafile.library.id, "dirent_type": "dir"}
    answer = await client.call("POST", "/api/v2.1/copy-move-task/", data=form | ids)
    assert answer.refusal == (443, "Out of quota.")
    assert (await client.get("dir/")).names == ["a"]


async def test_an_empty_file_is_made(client):
    made = await client.change("file/", "/a.txt", operation="create")
    assert (made.status, made.json) == (201, "success")
    told = await client.change("file/", "/a.txt", operation="create", api="api/v2.1")
    assert (told.json["obj_name"], told.json["obj_id"]) == ("a (1).txt", file_id(b""))
    assert (await client.change("file/", "/no/a.txt", operation="create")).status == 404
    assert (await client.change("file/", "/a.txt", operation="sing")).status == 400


async def test_to_remove_a_file_that_is_not_there_is_fine(seafile, client):
    seafile.add_file("a.txt")
    for _ in range(2):
        answer = await client.call("DELETE", client.repo("file/?p=/a.txt"))
        assert (answer.status, answer.json) == (200, "success")
    assert (await client.call("DELETE", client.repo("file/?p=/a.txt", api="api/v2.1"))).json["success"]
    assert (await client.get("dir/")).names == []


async def test_who_may_only_read_changes_nothing(seafile, client):
    seafile.add_file("a.txt")
    ada = seafile.add_user("ada@example.org")
    seafile.share(seafile.library, ada, "r")
    theirs = client.as_(ada)
    target = {"dst_repo": seafile.library.id, "dst_dir": "/"}
    for operation in ("rename", "copy"):
        denied = f"You do not have permission to {operation} file."
        form = {"operation": operation, "newname": "b.txt", **target}
        assert (await theirs.change("file/", "/a.txt", **form)).refusal == (403, denied)
    assert (await theirs.call("DELETE", client.repo("file/?p=/a.txt"))).refusal == (403, "Permission denied.")
    assert (await theirs.change("dir/", "/b", operation="mkdir")).status == 403
    assert (await theirs.change("file/", "/b", operation="create", api="api/v2.1")).status == 403
    assert (await client.get("dir/")).names == ["a.txt"]


async def test_a_task_copies_and_moves_files_and_folders(seafile, client, other):
    seafile.add_file("a/b.txt", "text")

    async def task(**changes):
        form = {
            "src_repo_id": seafile.library.id,
            "src_parent_dir": "/",
            "src_dirent_name": "a",
            "dst_repo_id": other.id,
            "dst_parent_dir": "/",
            "operation": "copy",
            "dirent_type": "dir",
        }
        return await client.call("POST", "/api/v2.1/copy-move-task/", data=form | changes)

    copied = (await task()).json
    progress = await client.call("GET", "/api/v2.1/query-copy-move-progress/", params=copied)
    assert progress.json["successful"]
    assert (await client.get("dir/", p="/a", library=other)).names == ["b.txt"]
    assert (await client.get("dir/")).names == ["a"]
    assert (await task(dst_repo_id=seafile.library.id)).json == {}
    assert (await client.get("dir/")).names == ["a", "a (1)"]
    inside = await task(operation="move", dst_repo_id=seafile.library.id, dst_parent_dir="/a")
    assert inside.refusal == (400, "Can not move directory /a to its subdirectory /a")
    assert (await task(operation="move", dst_repo_id=seafile.library.id)).status == 400
    assert (await task(dirent_type="file")).refusal == (404, "File /a not found.")
    assert (await task(dst_parent_dir="/" * 4096)).refusal == (400, "Destination path is too long.")
    assert (await task(src_dirent_name="")).refusal == (400, "src_dirent_name invalid.")
    assert (await task(operation="move")).json["task_id"]
    assert (await client.get("dir/")).names == ["a (1)"]
    assert (await client.get("dir/", library=other)).names == ["a", "a (1)"]
