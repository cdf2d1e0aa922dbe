"""Bytes on their way in."""

from urllib.parse import quote

import aiohttp
import pytest

from .conftest import NOON, file_id


async def test_an_upload_makes_the_folders_below_its_link(seafile, client):
    seafile.add_folder("a")
    answer = await client.upload("x/y/ü.txt", b"data", into="/a")
    assert answer.json == [{"name": "ü.txt", "id": file_id(b"data"), "size": 4}]
    assert (await client.read("/a/x/y/ü.txt")).body == b"data"


async def test_a_name_that_is_taken_gets_a_number_unless_it_shall_be_replaced(seafile, client):
    seafile.add_file("a.tar.gz", "old")
    seafile.add_folder("b")
    beside = await client.upload("a.tar.gz", b"new")
    assert beside.json[0]["name"] == "a.tar (1).gz"
    over = await client.upload("a.tar.gz", b"newer", replace="1")
    assert over.json[0]["name"] == "a.tar.gz"
    # A folder is not replaced by a file.
    assert (await client.upload("b", b"file", replace="1")).json[0]["name"] == "b (1)"
    assert (await client.read("/a.tar.gz")).body == b"newer"
    link = (await client.get("upload-link/", replace="1")).json
    assert link.endswith("?replace=1")
    assert (await client.post_form(link + "&ret-json=1", "a.tar.gz", b"x", parent_dir="/")).json[0][
        "name"
    ] == "a.tar.gz"


async def test_an_answer_is_text_unless_json_is_asked_for(client):
    link = (await client.get("upload-link/")).json
    form = aiohttp.FormData()
    form.add_field("parent_dir", "/")
    form.add_field("file", b"a", filename="a.txt")
    form.add_field("file", b"b", filename="b.txt")
    answer = await client.send("POST", link, data=form)
    assert (answer.status, answer.body.decode()) == (200, f"{file_id(b'a')}\t{file_id(b'b')}")
    # The link can be used again.
    assert (await client.post_form(link, "c.txt", b"c", parent_dir="/")).status == 200


async def test_the_time_of_a_file_can_come_along(client, clock):
    clock.now += 5
    await client.upload("now.txt", b"")
    await client.upload("then.txt", b"", last_modify="2030-03-17T17:46:40Z")
    times = {each["name"]: each["mtime"] for each in (await client.get("dir/")).json}
    assert times == {"now.txt": int(NOON) + 5, "then.txt": int(NOON)}


@pytest.mark.parametrize(
    ("fields", "refusal"),
    [
        ({}, (400, "No parent_dir given.\n")),
        ({"parent_dir": "/other"}, (403, "Permission denied.\n")),
        ({"parent_dir": "/", "relative_path": "/abs"}, (400, "Invalid relative path\n")),
        ({"parent_dir": "/", "relative_path": "../up"}, (400, "Invalid relative path\n")),
    ],
)
async def test_a_form_has_to_be_right(client, fields, refusal):
    link = (await client.get("upload-link/")).json
    assert (await client.post_form(link, "a.txt", b"", **fields)).raw_refusal == refusal
    assert (await client.get("dir/")).names == []


async def test_nothing_can_be_put_below_a_file(seafile, client):
    seafile.add_file("a.txt", "text")
    assert (await client.upload("a.txt/b.txt", b"")).raw_refusal == (500, "Internal error.\n")
    made = await client.change("dir/", "/a.txt/b/c", operation="mkdir", create_parents="true")
    assert made.status == 520
    assert (await client.get("dir/")).names == ["a.txt"]


async def test_a_form_without_a_file_is_refused(client):
    link = (await client.get("upload-link/")).json
    for body in (aiohttp.FormData({"parent_dir": "/"}), b"no form"):
        assert (await client.send("POST", link, data=body)).raw_refusal[0] == 400


@pytest.mark.parametrize("name", ["..", "ä" * 128, "\N{ROCKET}"])
async def test_a_name_has_to_be_one(client, name):
    answer = await client.upload(name, b"")
    assert answer.raw_refusal == (440, "Invalid filename.\n")


async def test_the_fileserver_in_go_keeps_names_composed(seafile, client):
    seafile.settings.fileserver = "go"
    assert (await client.upload("u\u0308.txt", b"")).json[0]["name"] == "ü.txt"
    seafile.settings.fileserver = "c"
    assert (await client.upload("u\u0308.txt", b"")).json[0]["name"] == "u\u0308.txt"


async def test_there_is_no_link_to_where_nothing_may_be_put(seafile, client):
    assert (await client.get("upload-link/", p="/no")).refusal == (404, "Folder /no/ not found.")
    ada = seafile.add_user("ada@example.org")
    seafile.share(seafile.library, ada, "r")
    denied = "You do not have permission to access this folder."
    assert (await client.as_(ada).get("upload-link/")).refusal == (403, denied)
    assert (await client.as_(ada).get("update-link/")).refusal == (403, denied)


async def test_a_quota_is_seen_before_and_in_the_middle(seafile, client):
    seafile.account.quota = 10
    link = (await client.get("upload-link/")).json
    assert (await client.post_form(link, "a.bin", b"x" * 11, parent_dir="/")).raw_refusal == (443, "Out of quota.\n")
    assert (await client.post_form(link, "a.bin", b"x" * 10, parent_dir="/")).status == 200
    assert (await client.get("upload-link/")).refusal == (443, "Out of quota.")


async def test_a_library_can_be_full_closed_or_gone(seafile, client):
    seafile.add_file("a.txt")
    seafile.settings.max_files = 1
    assert (await client.get("upload-link/")).status == 447
    seafile.settings.max_files = None
    seafile.settings.max_upload = 3
    assert (await client.upload("b.txt", b"1234")).raw_refusal == (442, "File size is too large.\n")
    other = seafile.add_library("other")
    link = (await client.get("upload-link/", library=other)).json
    other.status = "read-only"
    assert (await client.post_form(link, "a", b"", parent_dir="/")).raw_refusal == (400, "Repo status not writable.\n")
    await client.call("DELETE", client.repo(library=other))
    assert (await client.post_form(link, "a", b"", parent_dir="/")).raw_refusal == (444, "Repo is deleted.\n")


async def test_a_permission_that_was_taken_away_is_missed_at_the_upload(seafile, client):
    ada = seafile.add_user("ada@example.org")
    seafile.share(seafile.library, ada, "rw")
    link = (await client.as_(ada).get("upload-link/")).json
    seafile.share(seafile.library, ada, "r")
    assert (await client.post_form(link, "a", b"", parent_dir="/")).raw_refusal == (403, "Permission denied.\n")


async def test_a_file_comes_in_pieces_and_goes_on_where_it_ended(client):
    data = b"0123456789" * 10
    link = (await client.get("upload-link/")).json + "?ret-json=1"

    async def piece(start: int, stop: int):
        form = aiohttp.FormData()
        form.add_field("parent_dir", "/")
        form.add_field("relative_path", "deep/")
        form.add_field("file", data[start:stop], filename="ü.bin")
        headers = {
            "Content-Range": f"bytes {start}-{stop - 1}/{len(data)}",
            "Content-Disposition": f'attachment; filename="{quote("ü.bin")}"',
        }
        return await client.send("POST", link, data=form, headers=headers)

    async def came() -> int:
        answer = await client.get("file-uploaded-bytes/", api="api/v2.1", parent_dir="/deep", file_name="ü.bin")
        return answer.json["uploadedBytes"]

    await client.change("dir/", "/deep", operation="mkdir")
    assert await came() == 0
    assert (await piece(0, 40)).json == {"success": True}
    assert await came() == 40
    assert (await piece(40, 90)).json == {"success": True}
    assert (await client.get("dir/", p="/deep")).names == []
    assert (await piece(90, 100)).json == [{"name": "ü.bin", "id": file_id(data), "size": 100}]
    assert await came() == 0
    assert (await client.read("/deep/ü.bin")).body == data


async def test_an_update_changes_a_file_that_is_there_and_differs(seafile, client, clock):
    seafile.add_file("a/b.txt", "old")
    link = (await client.get("update-link/", p="/a")).json
    head = (await client.get("")).json["head_commit_id"]
    await client.upload("a/b.txt", b"old", replace="1")
    assert (await client.get("")).json["head_commit_id"] == head
    clock.now += 1
    same = await client.post_form(link, "b.txt", b"old", target_file="/a/b.txt")
    assert (same.status, same.body.decode()) == (200, file_id(b"old"))
    assert (await client.get("")).json["head_commit_id"] == head
    new = await client.post_form(link, "b.txt", b"new", target_file="/a/b.txt")
    assert new.body.decode() == file_id(b"new")
    assert (await client.get("")).json["head_commit_id"] != head
    assert (await client.read("/a/b.txt")).body == b"new"
    missing = await client.post_form(link, "c.txt", b"new", target_file="/a/c.txt")
    assert missing.raw_refusal == (441, "File does not exist.\n")
    assert (await client.post_form(link, "c.txt", b"new")).raw_refusal == (400, "Invalid target_file.\n")
