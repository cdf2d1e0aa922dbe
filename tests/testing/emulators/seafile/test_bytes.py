"""Bytes on their way out: links, and what they lead to."""

import json

import pytest

from .conftest import file_id

TEN = b"0123456789"


@pytest.fixture(autouse=True)
def file(seafile):
    return seafile.add_file("a ü.txt", TEN)


async def test_a_link_is_a_json_string_and_needs_no_token(seafile, client):
    answer = await client.get("file/", p="/a ü.txt")
    assert answer.json.startswith(f"{seafile.url}/seafhttp/files/")
    assert answer.json.endswith("/a%20%C3%BC.txt")
    assert len(answer.json.split("/")[-2]) == 36
    assert answer.headers["oid"] == file_id(TEN)
    got = await client.send("GET", answer.json)
    assert (got.status, got.body) == (200, TEN)


async def test_headers_are_not_what_they_seem(client):
    got = await client.read("/a ü.txt")
    assert got.headers["ETag"] == file_id(TEN)
    assert got.headers["Last-Modified"] == "Sun, 17 Mar 2030 17:46:40 GMT"
    assert got.headers["Content-Type"] == "text/plain; charset=gbk"
    assert got.headers["Content-Disposition"].startswith("attachment")
    old = await client.read("/a ü.txt", headers={"If-Modified-Since": "Thu, 01 Jan 1970 00:00:00 GMT"})
    assert (old.status, old.body) == (304, b"")
    assert (await client.read("/a ü.txt", headers={"If-None-Match": file_id(TEN)})).status == 200


@pytest.mark.parametrize(
    ("method", "headers"),
    [("GET", {}), ("HEAD", {}), ("GET", {"Range": "bytes=99-"}), ("GET", {"If-Modified-Since": "x"})],
)
async def test_a_link_serves_once_whatever_it_serves_for(client, method, headers):
    link = await client.link("/a ü.txt")
    assert (await client.send(method, link, headers=headers)).status in {200, 304, 416}
    again = await client.send("GET", link)
    assert (again.status, again.body) == (403, b"Access token not found\n")


async def test_a_link_for_more_serves_until_it_ends(client, clock):
    link = await client.link("/a ü.txt", reuse="1")
    head = await client.send("HEAD", link)
    assert (head.status, head.headers["Content-Length"], head.body) == (200, "10", b"")
    clock.now += 3599
    assert (await client.send("GET", link)).body == TEN
    clock.now += 1
    assert (await client.send("GET", link)).status == 403
    assert (await client.get("file/", p="/a ü.txt", reuse="2")).status == 400


async def test_a_link_leads_to_the_file_as_it_was(seafile, client):
    link = await client.link("/a ü.txt", reuse="1")
    seafile.add_file("a ü.txt", b"new")
    assert (await client.send("GET", link)).body == TEN
    await client.call("DELETE", client.repo("file/?p=/a ü.txt"))
    assert (await client.send("GET", link)).body == TEN


@pytest.mark.parametrize(
    ("asked", "body", "span"),
    [
        ("bytes=2-4", b"234", "bytes 2-4/10"),
        ("bytes=7-", b"789", "bytes 7-9/10"),
        ("bytes=7-99", b"789", "bytes 7-9/10"),
        ("bytes=-3", b"789", "bytes 7-9/10"),
    ],
)
async def test_a_part_can_be_asked_for(client, asked, body, span):
    got = await client.read("/a ü.txt", headers={"Range": asked})
    assert (got.status, got.body, got.headers["Content-Range"]) == (206, body, span)
    assert got.headers["Accept-Ranges"] == "bytes"


@pytest.mark.parametrize(
    "asked", ["bytes=10-", "bytes=4-2", "bytes=0-1,3-4", "bytes=-11", "bytes=-0", "bytes=-", "lines=1-2"]
)
async def test_everything_else_is_no_part(client, asked):
    got = await client.read("/a ü.txt", headers={"Range": asked})
    assert (got.status, got.headers["Content-Range"], got.body) == (416, "bytes */10", b"")


async def test_an_empty_file_has_no_parts(seafile, client):
    seafile.add_file("empty.txt")
    got = await client.read("/empty.txt", headers={"Range": "bytes=0-"})
    assert (got.status, got.body, got.headers["ETag"]) == (200, b"", "0" * 40)


async def test_there_is_no_link_to_what_is_not_there_or_not_ours(seafile, client):
    assert (await client.get("file/", p="/b.txt")).refusal == (404, "File not found")
    assert (await client.get("file/")).refusal == (400, "Path is missing.")
    eve = client.as_(seafile.add_user("eve@example.org"))
    denied = "You do not have permission to access this file."
    assert (await eve.get("file/", p="/a ü.txt")).refusal == (403, denied)


async def test_an_upload_link_leads_to_no_bytes(client):
    upload = (await client.get("upload-link/")).json
    token = upload.rpartition("/")[2]
    assert (await client.send("GET", f"/seafhttp/files/{token}/a.txt")).status == 403
    assert (await client.send("GET", f"/seafhttp/zip/{token}")).status == 403


async def test_what_the_fileserver_says_of_uploads_is_no_json_by_the_letter(client):
    answer = await client.send("POST", "/seafhttp/upload-api/nothing", data={})
    with pytest.raises(ValueError):
        json.loads(answer.body)
    assert answer.raw_refusal == (403, "Access token not found\n")
