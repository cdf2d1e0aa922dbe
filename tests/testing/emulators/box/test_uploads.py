"""Bytes on their way up and down."""

import asyncio
import base64
import hashlib
import json
import os

import pytest

from .conftest import MULTIPART, PART, sha1


def digest(data: bytes) -> str:
    return "sha=" + base64.b64encode(hashlib.sha1(data).digest()).decode()


class Chunked:
    """An upload in chunks, step by step."""

    def __init__(self, client, session: dict, data: bytes) -> None:
        self.client, self.session, self.data = client, session, data
        self.parts: list[dict] = []

    @classmethod
    async def begin(cls, client, data: bytes, *, name: str = "big.bin", file: str | None = None) -> "Chunked":
        body = {"file_size": len(data), "file_name": name} | ({} if file else {"folder_id": client.box.root})
        path = f"/api/2.0/files/{file}/upload_sessions" if file else "/api/2.0/files/upload_sessions"
        answer = await client.call("POST", path, json=body)
        assert answer.status == 201, answer.body
        return cls(client, answer.json, data)

    async def put(self, start: int, *, data: bytes | None = None, claim: str | None = None):
        data = self.data[start : start + PART] if data is None else data
        span = f"bytes {start}-{start + len(data) - 1}/{len(self.data)}"
        headers = {"Digest": claim or digest(data), "Content-Range": span, "Content-Type": "application/octet-stream"}
        url = self.session["session_endpoints"]["upload_part"]
        answer = await self.client.call("PUT", url, data=data, headers=headers)
        if answer.status == 200:
            self.parts.append(answer.json["part"])
        return answer

    async def put_all(self) -> None:
        # The last one first: any order will do.
        await asyncio.gather(*(self.put(start) for start in reversed(range(0, len(self.data), PART))))

    async def commit(self, *, parts: list | None = None, claim: str | None = None, headers: dict | None = None):
        return await self.client.call(
            "POST",
            self.session["session_endpoints"]["commit"],
            json={"parts": self.parts if parts is None else parts},
            headers={"Digest": claim or digest(self.data), **(headers or {})},
        )


async def test_the_bytes_are_elsewhere_for_a_while_and_for_those_who_show_no_token(box, client, plant, clock):
    file = plant("a.txt", "0123456789")
    moved = await client.call("GET", f"files/{file.id}/content", allow_redirects=False)
    address = moved.headers["Location"]
    assert not address.startswith(box.url)
    assert (await client.send("GET", address)).body == b"0123456789"
    assert (await client.call("GET", address)).status == 400
    clock.now += 900
    assert (await client.send("GET", address)).status == 403
    assert box.requests.by_operation == {"files.content": 1, "cdn.get": 3}


@pytest.mark.parametrize(
    ("asked", "status", "body", "span"),
    [
        ("bytes=2-4", 206, b"234", "bytes 2-4/10"),
        ("bytes=7-", 206, b"789", "bytes 7-9/10"),
        ("bytes=-2", 206, b"89", "bytes 8-9/10"),
        ("bytes=10-", 416, b"", "bytes */10"),
    ],
)
async def test_a_part_can_be_asked_for(client, plant, asked, status, body, span):
    answer = await client.content(plant("a.txt", "0123456789").id, headers={"Range": asked})
    assert (answer.status, answer.body, answer.headers["Content-Range"]) == (status, body, span)


async def test_an_upload_with_its_digest_is_checked(client):
    good = await client.upload("a.txt", b"abc", headers={"Content-MD5": sha1(b"abc")})
    assert good.status == 201
    bad = await client.upload("b.txt", b"abc", headers={"Content-MD5": sha1(b"other")})
    assert bad.refusal == (400, "bad_digest")


async def test_the_attributes_come_first(box, client):
    attributes = json.dumps({"name": "a.txt", "parent": {"id": box.root}})
    body = (
        '--frontier\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\nabc\r\n'
        f'--frontier\r\nContent-Disposition: form-data; name="attributes"\r\n\r\n{attributes}\r\n--frontier--\r\n'
    )
    answer = await client.call(
        "POST", "/api/2.0/files/content", data=body.encode(), headers={"Content-Type": MULTIPART}
    )
    assert answer.refusal == (400, "metadata_after_file_contents")


@pytest.mark.parametrize("body", [b"", b'--frontier\r\nContent-Disposition: form-data; name="attributes"\r\n\r\nno'])
async def test_a_body_that_is_no_form_is_refused(client, body):
    answer = await client.call("POST", "/api/2.0/files/content", data=body, headers={"Content-Type": MULTIPART})
    assert answer.refusal == (400, "bad_request")


async def test_uploads_are_taken_at_their_own_address_only(client):
    assert (await client.call("POST", "files/content", data={})).refusal == (404, "not_found")


async def test_a_new_version_may_have_another_name(box, client, plant):
    file = plant("a.txt")
    answer = await client.upload_version(file.id, b"new", name="b.txt")
    assert answer.json["entries"][0]["name"] == "b.txt"
    assert (await client.content(file.id)).body == b"new"
    assert [each.name for each in box.tree.versions(file.id)] == ["a.txt", "b.txt"]


async def test_parts_make_a_file_in_whatever_order_they_come(box, client):
    data = os.urandom(3 * PART + 1)
    upload = await Chunked.begin(client, data)
    assert (upload.session["part_size"], upload.session["total_parts"]) == (PART, 4)
    await upload.put_all()
    listed = await client.get(upload.session["session_endpoints"]["list_parts"])
    assert [each["offset"] for each in listed.json["entries"]] == [0, PART, 2 * PART, 3 * PART]
    status = await client.get(upload.session["session_endpoints"]["status"])
    assert status.json["num_parts_processed"] == 4
    answer = await upload.commit()
    (made,) = answer.json["entries"]
    assert (answer.status, made["name"], made["size"], made["sha1"]) == (201, "big.bin", len(data), sha1(data))
    assert (await client.content(made["id"])).body == data
    assert (await upload.commit()).status == 404


async def test_parts_are_checked_and_never_replaced(client):
    upload = await Chunked.begin(client, os.urandom(2 * PART + 5))
    assert (await upload.put(0, claim=digest(b"other"))).refusal == (400, "bad_digest")
    assert (await upload.put(0)).status == 200
    assert (await upload.put(0)).refusal == (409, "range_overlaps_existing_part")
    assert (await upload.put(5)).refusal == (416, "range_not_satisfiable")
    assert (await upload.put(PART, data=b"short")).refusal == (416, "range_not_satisfiable")
    assert (await upload.commit()).refusal == (400, "parts_mismatch")


async def test_the_whole_is_checked(client):
    upload = await Chunked.begin(client, os.urandom(2 * PART))
    await upload.put_all()
    assert (await upload.commit(claim=digest(b"other"))).refusal == (400, "bad_digest")
    assert (await upload.commit(parts=upload.parts[:1])).refusal == (400, "parts_mismatch")
    assert (await upload.commit()).status == 201


async def test_a_new_version_in_parts_heeds_its_condition(box, client, plant):
    file = plant("a.bin")
    upload = await Chunked.begin(client, os.urandom(2 * PART), name="a.bin", file=file.id)
    await upload.put_all()
    assert (await upload.commit(headers={"If-Match": "5"})).refusal == (412, "precondition_failed")
    assert (await upload.commit(headers={"If-Match": "0"})).status == 201
    assert len(box.tree.versions(file.id)) == 2


async def test_a_name_that_was_taken_meanwhile_is_seen_at_the_end(client, plant):
    upload = await Chunked.begin(client, os.urandom(2 * PART))
    await upload.put_all()
    there = plant("BIG.bin")
    refused = await upload.commit()
    assert refused.refusal == (409, "item_name_in_use")
    assert refused.json["context_info"]["conflicts"]["id"] == there.id


async def test_small_files_and_other_peoples_sessions_are_refused(box, client, owner, clock):
    small = {"folder_id": box.root, "file_size": PART, "file_name": "a"}
    assert (await client.call("POST", "/api/2.0/files/upload_sessions", json=small)).refusal == (400, "bad_request")
    upload = await Chunked.begin(client, os.urandom(2 * PART))
    assert (await owner.get(upload.session["session_endpoints"]["status"])).status == 404
    clock.now += 7 * 24 * 3600
    client.token = box.token()
    assert (await upload.put(0)).refusal == (410, "session_expired")


async def test_a_plan_knows_what_need_not_be_sent(client, plant):
    data = os.urandom(3 * PART)
    file = plant("big.bin", data[: 2 * PART])
    upload = await Chunked.begin(client, data, file=file.id)
    await upload.put(PART)
    await upload.put(2 * PART)
    parts = [
        {"offset": start, "size": PART, "sha512": hashlib.sha512(data[start : start + PART]).hexdigest()}
        for start in range(0, 3 * PART, PART)
    ]
    wrong = parts[1] | {"sha512": parts[0]["sha512"]}
    url = upload.session["session_endpoints"]["plan"]
    answer = await client.call("POST", url, json={"parts": [*parts, wrong]})
    assert [each["offset"] for each in answer.json["hits"]] == [0, PART, 2 * PART]
    assert answer.json["misses"] == [wrong]
    hits = [{name: each[name] for name in ("part_id", "offset", "size")} for each in answer.json["hits"]]
    assert (await upload.commit(parts=hits)).json["entries"][0]["sha1"] == sha1(data)


async def test_an_upload_can_be_given_up(client):
    upload = await Chunked.begin(client, os.urandom(2 * PART))
    assert (await client.call("DELETE", upload.session["session_endpoints"]["abort"])).status == 204
    assert (await upload.put(0)).status == 404


async def test_the_current_version_is_not_removed(box, client, plant):
    file = plant("a.txt")
    await client.upload_version(file.id, b"new")
    first, second = (each.id for each in box.tree.versions(file.id))
    assert (await client.call("DELETE", f"files/{file.id}/versions/{second}")).status == 400
    assert (await client.get(f"files/{file.id}/versions/{first}")).json["sha1"] == sha1(b"text")
    assert (await client.call("DELETE", f"files/{file.id}/versions/{first}")).status == 204
    assert (await client.get(f"files/{file.id}/versions")).json["entries"] == []
    assert (await client.get(f"files/{file.id}/content", version=first)).status == 404
