"""Folders: lists, new ones, other names, removal."""

import pytest

from hubdrives.testing.emulators.seafile.errors import HTML

from .conftest import NOON, file_id


async def test_a_list_has_folders_first_and_is_sorted_without_case(seafile, client):
    for path in ("B.txt", "a.txt", "c/x.txt", "D/y.txt"):
        seafile.add_file(path, "text")
    answer = await client.get("dir/", p="/")
    assert answer.names == ["c", "D", "a.txt", "B.txt"]
    assert answer.headers["dir_perm"] == "rw"
    file = answer.json[-1]
    assert file == {
        "type": "file",
        "id": file_id(b"text"),
        "name": "B.txt",
        "mtime": int(NOON),
        "permission": "rw",
        "size": 4,
        "modifier_email": seafile.account.email,
        "modifier_name": "Service Account",
        "modifier_contact_email": seafile.account.email,
        "starred": False,
    }
    assert set(answer.json[0]) == {"type", "id", "name", "mtime", "permission"}
    assert (await client.get("dir/", t="d")).names == ["c", "D"]
    assert (await client.get("dir/", t="f")).names == ["a.txt", "B.txt"]


async def test_the_time_of_a_folder_is_when_something_below_it_changed_last(seafile, client, clock):
    seafile.add_file("a/b/c.txt")
    seafile.add_folder("d")
    clock.now += 5
    seafile.add_file("a/b/e.txt")
    times = {each["name"]: each["mtime"] for each in (await client.get("dir/")).json}
    assert times == {"a": int(NOON) + 5, "d": int(NOON)}


async def test_a_list_can_go_all_the_way_down(seafile, client):
    for path in ("a/b/c.txt", "d.txt"):
        seafile.add_file(path)
    answer = await client.get("dir/", recursive=1)
    assert {(each["parent_dir"], each["name"]) for each in answer.json} == {
        ("/", "a"),
        ("/a", "b"),
        ("/a/b", "c.txt"),
        ("/", "d.txt"),
    }
    assert answer.names.index("a") < answer.names.index("b") < answer.names.index("c.txt")
    assert answer.headers["oid"] == (await client.get("dir/")).headers["oid"]
    assert sorted((await client.get("dir/", recursive=1, t="f")).names) == ["c.txt", "d.txt"]
    below = await client.get("dir/", p="/a", recursive=1, api="api/v2.1")
    assert {(each["parent_dir"], each["name"]) for each in below.json["dirent_list"]} == {
        ("/a/", "b"),
        ("/a/b", "c.txt"),
    }
    assert list(below.json) == ["dirent_list"]


async def test_who_knows_a_folder_by_its_id_is_told_that_it_is_the_same(seafile, client):
    seafile.add_file("a/b.txt")
    oid = (await client.get("dir/", p="/a")).headers["oid"]
    same = await client.get("dir/", p="/a", oid=oid, recursive=1, t="f")
    assert (same.json, same.headers["oid"]) == ("uptodate", oid)
    seafile.add_file("a/c.txt")
    assert (await client.get("dir/", p="/a", oid=oid)).names == ["b.txt", "c.txt"]
    assert seafile.requests.by_operation == {"dir.list": 1, "dir.uptodate": 2}


@pytest.mark.parametrize(
    ("params", "refusal"),
    [
        ({"t": "x"}, (400, "'t'(type) should be 'f' or 'd'.")),
        (
            {"recursive": "2"},
            (400, "If you want to get recursive dir entries, you should set 'recursive' argument as '1'."),
        ),
        ({"p": "/no/where"}, (404, "Folder /no/where/ not found.")),
        ({"p": "/file.txt"}, (404, "Folder /file.txt/ not found.")),
    ],
)
async def test_a_list_says_what_is_wrong(seafile, client, params, refusal):
    seafile.add_file("file.txt")
    assert (await client.get("dir/", **params)).refusal == refusal
    assert (await client.get("dir/", api="api/v2.1", **params)).refusal == refusal


async def test_in_v21_a_list_says_where_it_is(seafile, client):
    seafile.add_file("a/b.txt")
    answer = (await client.get("dir/", p="/a", api="api/v2.1", with_parents="true")).json
    assert (answer["user_perm"], len(answer["dir_id"])) == ("rw", 40)
    assert [(each["parent_dir"], each["name"]) for each in answer["dirent_list"]] == [("/", "a"), ("/a/", "b.txt")]
    detail = await client.get("dir/detail/", path="/a", api="api/v2.1")
    assert (detail.json["path"], detail.json["mtime"]) == ("/a/", "2030-03-17T17:46:40+00:00")
    assert (await client.get("dir/detail/", path="/", api="api/v2.1")).status == 400


async def test_a_folder_that_is_there_is_made_again_under_another_name(client):
    for _ in range(2):
        answer = await client.change("dir/", "/a", operation="mkdir")
        assert (answer.status, answer.json) == (201, "success")
    assert answer.headers["Location"].endswith("/dir/?p=/a%20%281%29")
    reloaded = await client.change("dir/", "/b", operation="mkdir", query="&reloaddir=true")
    assert (reloaded.status, reloaded.names) == (200, ["a", "a (1)", "b"])
    assert reloaded.headers["oid"] == (await client.get("dir/")).headers["oid"]
    told = await client.change("dir/", "/a", operation="mkdir", api="api/v2.1")
    assert (told.status, told.json["obj_name"], told.json["parent_dir"]) == (200, "a (2)", "/")


@pytest.mark.parametrize(
    ("url", "body", "refusal"),
    [
        ("dir/", {"data": {"operation": "mkdir", "p": "/a"}}, (400, "Path is missing.")),
        ("dir/?p=/", {"data": {"operation": "mkdir"}}, (400, "Path is invalid.")),
        ("dir/?p=/a", {"json": {"operation": "mkdir"}}, (400, "Operation not supported.")),
        ("dir/?p=/a&operation=mkdir", {}, (400, "Operation not supported.")),
        ("dir/?p=/a/b", {"data": {"operation": "mkdir"}}, (404, "Folder /a/ not found.")),
        ("dir/?p=/..", {"data": {"operation": "mkdir"}}, (400, "Folder name invalid.")),
        ("dir/?p=/" + "ä" * 128, {"data": {"operation": "mkdir"}}, (400, "Folder name invalid.")),
    ],
)
async def test_a_folder_is_made_by_the_letter_only(client, url, body, refusal):
    assert (await client.call("POST", client.repo(url), **body)).refusal == refusal
    assert (await client.get("dir/")).names == []


async def test_all_folders_on_a_path_can_be_made_at_once(seafile, client):
    url = "/api/v2.1/repos/batch-create-dir/"
    body = {"repo_id": seafile.library.id, "paths": ["/a/b", "/a/c"]}
    first = (await client.call("POST", url, json=body)).json
    told = [{"repo_id": seafile.library.id, "path": path} for path in ("/a/b", "/a/c")]
    assert first == {"success": told, "failed": []}
    again = (await client.call("POST", url, json=body)).json
    assert again == {"success": [], "failed": [{**each, "error_msg": "Folder already exists."} for each in told]}
    seafile.add_file("file.txt")
    odd = await client.call("POST", url, json=body | {"paths": ["/a/..", "/file.txt/x"]})
    assert [each["error_msg"] for each in odd.json["failed"]] == ["path invalid.", "Internal Server Error"]
    for _ in range(2):
        made = await client.change("dir/", "/x/y/z", operation="mkdir", create_parents="true")
        assert made.status == 201
    assert (await client.get("dir/", p="/x/y")).names == ["z"]
    seafile.settings.modern = False
    answer = await client.call("POST", url, json=body)
    assert (answer.status, answer.headers["Content-Type"]) == (404, HTML["Content-Type"])
    assert (await client.change("dir/", "/k/l", operation="mkdir", create_parents="true")).status == 404


async def test_a_folder_is_renamed(seafile, client):
    seafile.add_file("a/file.txt")
    seafile.add_folder("b")
    assert (await client.change("dir/", "/a", operation="rename", newname="b")).json == "success"
    told = await client.change("dir/", "/b (1)", operation="rename", newname="c", api="api/v2.1")
    assert told.json["obj_name"] == "c"
    assert (await client.get("dir/", p="/c")).names == ["file.txt"]
    for name, refusal in (("", (400, "New name is mandatory.")), ("x/y", (520, "Failed to rename folder."))):
        assert (await client.change("dir/", "/c", operation="rename", newname=name)).refusal == refusal
    assert (await client.change("dir/", "/no", operation="rename", newname="x")).status == 404


async def test_a_folder_that_is_not_there_is_not_removed_and_the_top_one_never(seafile, client):
    seafile.add_file("a/file.txt")

    async def remove(path, api="api2"):
        return await client.call("DELETE", client.repo("dir/", api=api), params={"p": path})

    assert (await remove("/a")).json == "success"
    assert (await remove("/a")).refusal == (404, "Folder /a/ not found.")
    assert (await remove("/")).status == 400
    assert (await remove("/", api="api/v2.1")).status == 400
    seafile.add_folder("a")
    assert (await remove("/a", api="api/v2.1")).json["success"]
    assert (await client.get("dir/")).names == []
