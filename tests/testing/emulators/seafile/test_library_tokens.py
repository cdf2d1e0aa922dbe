"""One library by a token of its own."""

import pytest

from .conftest import file_id

VIA = "/api/v2.1/via-repo-token"


@pytest.fixture
def one(seafile, client):
    """Comes with a token of the library."""
    seafile.add_file("a/b.txt", "text")
    return client.with_(seafile.library_token().token)


async def test_it_opens_its_library_and_nothing_else(seafile, client, one):
    about = (await one.call("GET", f"{VIA}/repo-info/")).json
    assert about == {
        "repo_id": seafile.library.id,
        "repo_name": "My Library",
        "size": 4,
        "file_count": 1,
        "last_modified": "2030-03-17T17:46:40+00:00",
    }
    assert (await one.call("GET", "/api2/repos/")).refusal == (401, "Invalid token")
    assert (await client.call("GET", f"{VIA}/dir/")).refusal == (401, "Token inactive or deleted")
    assert (await client.send("GET", f"{VIA}/dir/")).status == 403


async def test_paths_and_times_have_other_forms(seafile, one):
    listed = (await one.call("GET", f"{VIA}/dir/", params={"path": "/a"})).json
    assert (listed["user_perm"], listed["repo_name"]) == ("rw", "My Library")
    (file,) = listed["dirent_list"]
    assert (file["name"], file["mtime"], file["parent_dir"]) == ("b.txt", "2030-03-17T17:46:40+00:00", "/a/")
    assert listed["dir_id"] == seafile.vault.folder_id(seafile.vault.at(seafile.library.root, "/a").id)
    # What an account calls `p` is not looked at.
    assert [each["name"] for each in (await one.call("GET", f"{VIA}/dir/?p=/a")).json["dirent_list"]] == ["a"]
    assert (await one.call("GET", f"{VIA}/file/", params={"path": "/a/b.txt"})).json["obj_id"] == file_id(b"text")


async def test_bytes_go_both_ways_by_links(seafile, client, one):
    link = (await one.call("GET", f"{VIA}/download-link/", params={"path": "/a/b.txt"})).json
    assert (await client.send("GET", link)).body == b"text"
    upload = (await one.call("GET", f"{VIA}/upload-link/", params={"path": "/a"})).json
    assert (await client.post_form(upload, "c.txt", b"new", parent_dir="/a")).status == 200
    detail = (await client.get("file/detail/", p="/a/c.txt")).json
    assert (detail["id"], detail["last_modifier_email"]) == (file_id(b"new"), "hubdrives")


async def test_one_that_only_reads_writes_nothing(seafile, one):
    one = one.with_(seafile.library_token(permission="r").token)
    assert (await one.call("GET", f"{VIA}/download-link/?path=/a/b.txt")).status == 200
    assert (await one.call("GET", f"{VIA}/upload-link/?path=/a")).status == 403
    made = await one.call("POST", f"{VIA}/dir/?path=/x", json={"operation": "mkdir"})
    assert made.refusal == (403, "Permission denied.")
    assert (await one.call("DELETE", f"{VIA}/file/?path=/a/b.txt")).status == 403


async def test_folders_are_listed_alone_and_things_are_moved_within_the_library(seafile, one):
    seafile.add_folder("c")
    listed = (await one.call("GET", f"{VIA}/dir/?path=/a&type=d")).json
    assert listed["dirent_list"] == []
    moving = {"src_parent_dir": "/a", "src_dirents": ["b.txt"], "dst_parent_dir": "/c"}
    assert (await one.call("POST", f"{VIA}/sync-batch-copy-item/", json=moving)).json == {"success": True}
    assert (await one.call("POST", f"{VIA}/sync-batch-move-item/", json=moving)).json == {"success": True}
    listed = (await one.call("GET", f"{VIA}/dir/?path=/c")).json
    assert [each["name"] for each in listed["dirent_list"]] == ["b (1).txt", "b.txt"]
    moving.pop("dst_parent_dir")
    refused = await one.call("POST", f"{VIA}/sync-batch-move-item/", json=moving)
    assert refused.refusal == (400, "dst_parent_dir invalid.")
