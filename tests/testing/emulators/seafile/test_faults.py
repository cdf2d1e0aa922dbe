"""The faults that only Seafile's emulator has, and the outer interface."""

import tomllib
import unicodedata

import aiohttp
import pytest

from hubdrives.testing.emulators.seafile.errors import REASONS, SeafileError

from .conftest import file_id
from .test_zips import progress, task


async def test_tokens_end_in_the_middle(seafile, client, strike):
    strike("expire_tokens", "dir.list", after=1)
    assert (await client.get("dir/")).status == 200
    assert (await client.get("dir/")).refusal == (401, "Invalid token")
    assert (await client.get("dir/")).status == 401
    assert (await client.as_(seafile.account).get("dir/")).status == 200


@pytest.mark.parametrize(
    ("keys", "text", "header"),
    [
        ({}, "Request was throttled.", None),
        ({"retry_after": 7}, "Request was throttled. Expected available in 7 seconds.", "7"),
    ],
)
async def test_too_many_requests_are_told_to_wait_or_not(client, strike, keys, text, header):
    strike("error", "dir.list", reason="throttled", **keys)
    answer = await client.get("dir/")
    assert (answer.refusal, answer.headers.get("Retry-After")) == ((429, text), header)


async def test_443_means_one_thing_here_and_is_said_otherwise_there(client, strike):
    strike("error", "upload.link", reason="out_of_quota")
    assert (await client.get("upload-link/")).refusal == (443, "Out of quota.")
    strike("error", "upload", reason="upload_quota")
    assert (await client.upload("a.txt", b"a")).raw_refusal == (443, "Out of quota.\n")
    strike("error", "dir.*", reason="operation_failed")
    assert (await client.get("dir/")).status == 520


@pytest.mark.parametrize("reason", REASONS)
def test_every_error_looks_like_what_sends_it(reason):
    answer = SeafileError(reason).answer()
    assert isinstance(answer.body, bytes)
    key = REASONS[reason].key
    assert answer.body.startswith(f'{{"{key}"'.encode()) == bool(key)
    assert (b"\n" in answer.body) == (key in {"", "error"})


async def test_an_error_of_a_proxy_is_a_page(client, strike):
    strike("html", "files.get", status=502)
    link = await _planted(client)
    answer = await client.send("GET", link)
    assert (answer.status, answer.headers["Content-Type"]) == (502, "text/html; charset=UTF-8")


async def _planted(client, **params: str) -> str:
    client.seafile.add_file("a.txt", "0123456789")
    return await client.link("/a.txt", **params)


async def test_links_are_too_old_or_serve_once(client, strike):
    link = await _planted(client, reuse="1")
    strike("expired_link", "files.get")
    assert (await client.send("GET", link)).status == 403
    assert (await client.send("GET", link)).status == 403
    strike("link_once", "file.link")
    link = await client.link("/a.txt", reuse="1")
    assert [(await client.send("GET", link)).status for _ in range(2)] == [200, 403]


async def test_parts_are_not_what_was_asked_for(client, strike):
    link = await _planted(client, reuse="1")
    headers = {"Range": "bytes=2-5"}
    strike("ignore_range", "files.get")
    whole = await client.send("GET", link, headers=headers)
    assert (whole.status, whole.body) == (200, b"0123456789")
    strike("short_range", "files.get", size=2)
    short = await client.send("GET", link, headers=headers)
    assert (short.status, short.body, short.headers["Content-Range"]) == (206, b"23", "bytes 2-5/10")
    strike("cut", "files.get", bytes=3, name="a.txt")
    with pytest.raises(aiohttp.ClientPayloadError):
        await client.send("GET", link)


async def test_a_write_is_carried_out_and_answered_badly_or_not_at_all(seafile, client, strike):
    strike("refuse_after_effect", "dir.change", status=504)
    assert (await client.change("dir/", "/made", operation="mkdir")).status == 504
    link = (await client.get("upload-link/")).json
    strike("reset_after_effect", "upload")
    with pytest.raises(aiohttp.ClientConnectionError):
        await client.post_form(link, "a.txt", b"a", parent_dir="/")
    assert [(each["name"], each["id"]) for each in (await client.get("dir/")).json][1:] == [("a.txt", file_id(b"a"))]
    assert seafile.vault.at(seafile.library.root, "/made")


async def test_somebody_is_quicker(client, strike):
    strike("rival", "dir.change")
    assert (await client.change("dir/", "/a", operation="mkdir", api="api/v2.1")).json["obj_name"] == "a (1)"
    strike("rival", "upload")
    assert (await client.upload("b.txt", b"b")).json[0]["name"] == "b (1).txt"
    strike("rival", "file.change")
    told = await client.change("file/", "/b.txt", operation="rename", newname="c.txt", api="api/v2.1")
    assert told.json["obj_name"] == "c (1).txt"


async def test_lists_are_odd(seafile, client, strike):
    seafile.add_file("ü.txt")
    strike("nfd_names", "dir.list")
    assert (await client.get("dir/")).names == [unicodedata.normalize("NFD", "ü.txt")]
    strike("duplicate_repos", "repos.list")
    assert len((await client.call("GET", "/api2/repos/")).json) == 2


async def test_a_file_is_replaced_between_two_requests(seafile, client, strike):
    seafile.add_file("a.txt", "old")
    strike("replace_content", "file.link", name="a.txt", text="new")
    assert (await client.read("/a.txt")).body == b"new"


async def test_a_library_may_only_be_read_from_now_on(seafile, client, strike):
    seafile.add_file("a.txt", "text")
    strike("read_only", id=seafile.library.id)
    assert (await client.get("dir/")).headers["dir_perm"] == "r"
    assert (await client.get("upload-link/")).status == 403
    assert (await client.read("/a.txt")).body == b"text"
    seafile.faults.set([])
    assert (await client.get("upload-link/")).status == 200


async def test_zip_files_never_come_or_fail(seafile, client, strike):
    seafile.add_file("a/b.txt", "text")
    token = (await task(client, "a")).json["zip_token"]
    strike("zip_stuck", "zip.progress", times=2)
    assert [(await progress(client, token)).json["zipped"] for _ in range(3)] == [0, 0, 1]
    strike("zip_failed", "zip.progress")
    told = (await progress(client, token)).json
    assert (told["failed"], told["failed_reason"]) == (1, "internal error")
    assert (await progress(client, token)).status == 500


async def test_it_is_set_up_from_outside(seafile, client):
    async def post(what: str, **body):
        return await client.send("POST", f"/_emulator/{what}", json=body)

    ada = (await post("users", email="ada@example.org", name="Ada", password="pw")).json
    assert ada == {"email": "ada@example.org", "password": "pw"}
    group = (await post("groups", name="team", owner="ada@example.org")).json["id"]
    library = (await post("libraries", name="notes", owner=seafile.account.email)).json["id"]
    await post("shares", library=library, group=group, permission="rw")
    await post("shares", library=seafile.library.id, email="ada@example.org")
    theirs = client.with_((await post("tokens", email="ada@example.org")).json["token"])
    found = (await theirs.call("GET", "/api2/repos/")).json
    assert {(each["name"], each["permission"]) for each in found} == {("notes", "rw"), ("My Library", "r")}
    one = client.with_((await post("library_tokens", library=library, permission="r")).json["token"])
    assert (await one.call("GET", "/api/v2.1/via-repo-token/repo-info/")).json["repo_name"] == "notes"
    assert (await post("settings", version="11.0.0")).status == 204
    assert seafile.settings.version == "11.0.0"
    assert (await post("settings", colour=7)).status == 400
    assert (await post("shares", library="nothing")).status == 400


async def test_it_says_how_to_use_it(seafile, tmp_path):
    said = seafile.announce(tmp_path)
    connection = tomllib.loads((tmp_path / "hubdrives.toml").read_text())["connections"]["seafile"]
    assert connection == {
        "provider": "seafile",
        "base_url": seafile.url,
        "root": seafile.location,
        "credential": {"kind": "token", "scheme": "Token", "token_env": "SEAFILE_TOKEN"},
    }
    assert said.env["SEAFILE_TOKEN"] == said.credentials["token"] == seafile.token()
    assert (said.credentials["library"], said.credentials["username"]) == ("My Library", seafile.account.email)
