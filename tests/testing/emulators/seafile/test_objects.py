"""Ids, as Seafile works them out."""

import hashlib
import json

import pytest

from hubdrives.testing.emulators.seafile.objects import EMPTY
from hubdrives.testing.emulators.seafile.store import BLOCK, Digest

from .conftest import NOON, file_id


def id_of(*chunks: bytes) -> str:
    digest = Digest()
    for each in chunks:
        digest.update(each)
    return digest.file_id()


def test_a_file_is_known_by_its_blocks():
    assert id_of(b"hello world\n") == "a2223a08dae418d78cd1070b674325969cfbef75"
    assert id_of() == id_of(b"") == EMPTY


def test_it_does_not_matter_in_what_pieces_bytes_come():
    data = b"x" * (BLOCK + 1000)
    blocks = [hashlib.sha1(data[:BLOCK]).hexdigest(), hashlib.sha1(data[BLOCK:]).hexdigest()]
    told = {"block_ids": blocks, "size": len(data), "type": 1, "version": 1}
    expected = hashlib.sha1(json.dumps(told, sort_keys=True).encode()).hexdigest()
    assert id_of(data) == id_of(data[:100], data[100:BLOCK], data[BLOCK:]) == expected


async def test_a_folder_is_known_by_what_is_in_it(seafile, client):
    assert (await client.get("dir/")).headers["oid"] == EMPTY
    seafile.add_file("b/ä.txt", b"text")
    seafile.add_file("a.txt", b"")
    mtime, owner = int(NOON), seafile.account.email
    inner = {
        "dirents": [
            {"id": file_id(b"text"), "mode": 33188, "modifier": owner, "mtime": mtime, "name": "ä.txt", "size": 4}
        ],
        "type": 3,
        "version": 1,
    }
    inner_id = hashlib.sha1(json.dumps(inner, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
    outer = {
        "dirents": [
            {"id": inner_id, "mode": 16384, "mtime": mtime, "name": "b"},
            {"id": EMPTY, "mode": 33188, "modifier": owner, "mtime": mtime, "name": "a.txt", "size": 0},
        ],
        "type": 3,
        "version": 1,
    }
    answer = await client.get("dir/")
    assert [each["id"] for each in answer.json] == [inner_id, EMPTY]
    assert answer.headers["oid"] == hashlib.sha1(json.dumps(outer, sort_keys=True).encode()).hexdigest()


@pytest.mark.parametrize("change", ["edit", "rename", "remove", "add", "touch"])
async def test_a_folder_changes_with_anything_below_it_and_others_do_not(seafile, client, clock, change):
    file = seafile.add_file("a/deep/er/file.txt", b"text")
    seafile.add_file("b/other.txt", b"text")
    before = {path: (await client.get("dir/", p=path)).headers["oid"] for path in ("/", "/a", "/a/deep", "/b")}
    clock.now += 1
    match change:
        case "edit":
            seafile.add_file("a/deep/er/file.txt", b"TEXT")
        case "rename":
            seafile.vault.rename(file.id, "renamed.txt")
        case "remove":
            seafile.vault.delete(file.id)
        case "add":
            seafile.add_file("a/deep/er/new.txt", b"text")
        case "touch":
            seafile.vault.replace(file.id, file.content)
    after = {path: (await client.get("dir/", p=path)).headers["oid"] for path in before}
    assert {path for path in before if after[path] != before[path]} == {"/", "/a", "/a/deep"}
    assert (await client.get("dir/", p="/b", oid=before["/b"])).json == "uptodate"
