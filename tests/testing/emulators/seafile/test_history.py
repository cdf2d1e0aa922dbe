"""What files were before."""

import pytest

from .conftest import file_id


@pytest.fixture
async def commits(seafile, client, clock) -> list[str]:
    """Those that made three revisions of a file, the newest first; a fourth in between was of another file."""
    for number, (path, data) in enumerate({"a.txt": b"one", "b.txt": b"other"}.items()):
        clock.now += number
        await client.upload(path, data)
    for data in (b"three", b"five!"):
        clock.now += 1
        await client.upload("a.txt", data, replace="1")
    return [each["id"] for each in (await client.get("file/history/", p="/a.txt")).json["commits"]]


async def test_a_history_has_the_commits_that_changed_the_file(seafile, client, commits):
    found = (await client.get("file/history/", p="/a.txt")).json["commits"]
    assert [each["rev_file_id"] for each in found] == [file_id(each) for each in (b"five!", b"three", b"one")]
    assert [each["rev_file_size"] for each in found] == [5, 5, 3]
    assert [each["creator_name"] for each in found] == [seafile.account.email] * 3
    assert found[0]["ctime"] - found[1]["ctime"] == 1
    assert (await client.get("file/history/", p="/no.txt")).status == 404


async def test_in_v21_a_history_comes_page_by_page(client, commits):
    first = (await client.get("file/history/", path="/a.txt", limit=2, api="api/v2.1")).json
    assert [each["commit_id"] for each in first["data"]] == commits[:2]
    assert first["next_start_commit"] == commits[2]
    assert first["data"][0]["ctime"] == "2030-03-17T17:46:43+00:00"
    rest = await client.get(
        "file/history/", path="/a.txt", limit=2, api="api/v2.1", commit_id=first["next_start_commit"]
    )
    assert [each["commit_id"] for each in rest.json["data"]] == commits[2:]
    assert rest.json["next_start_commit"] is False


async def test_an_earlier_revision_can_be_read(client, commits):
    answer = await client.get("file/revision/", p="/a.txt", commit_id=commits[2])
    assert answer.headers["oid"] == file_id(b"one")
    assert (await client.send("GET", answer.json)).body == b"one"
    assert (await client.get("file/revision/", p="/a.txt", commit_id="0" * 40)).status == 404
    assert (await client.get("file/revision/", p="/b.txt", commit_id=commits[2])).refusal == (404, "File not found")


@pytest.mark.parametrize("api", ["api2", "api/v2.1"])
async def test_a_file_becomes_again_what_it_was_and_comes_back(client, commits, api):
    async def revert(commit):
        if api == "api2":
            return await client.call("PUT", client.repo("file/revert/"), data={"p": "/a.txt", "commit_id": commit})
        return await client.change("file/", "/a.txt", operation="revert", commit_id=commit, api=api)

    assert (await revert(commits[2])).status == 200
    assert (await client.read("/a.txt")).body == b"one"
    assert len((await client.get("file/history/", p="/a.txt")).json["commits"]) == 4
    await client.call("DELETE", client.repo("file/?p=/a.txt"))
    assert (await revert(commits[1])).status == 200
    assert (await client.read("/a.txt")).body == b"three"
    assert (await revert("")).status == 400
    assert (await revert("0" * 40)).status == 404


async def test_a_folder_comes_back_with_all_that_was_in_it(client):
    await client.upload("d/e/f.txt", b"text")
    commit = (await client.get("")).json["head_commit_id"]
    await client.call("DELETE", client.repo("dir/?p=/d"))
    answer = await client.change("dir/", "/d", operation="revert", commit_id=commit, api="api/v2.1")
    assert answer.json == {"success": True}
    assert (await client.read("/d/e/f.txt")).body == b"text"
    await client.upload("d/new.txt", b"new")
    wanted = {"p": "/d", "commit_id": commit}
    assert (await client.call("PUT", client.repo("dir/revert/"), data=wanted)).json == {"success": True}
    assert (await client.get("dir/", p="/d")).names == ["e"]
    wanted["p"] = "/no"
    assert (await client.call("PUT", client.repo("dir/revert/"), data=wanted)).status == 404
