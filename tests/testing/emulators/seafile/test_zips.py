"""Folders as zip files."""

import io
import zipfile

import pytest

from .conftest import Answered


@pytest.fixture(autouse=True)
def files(seafile):
    seafile.add_file("a/deep/b.txt", "text")
    seafile.add_folder("a/empty")
    seafile.add_file("c.txt", b"0" * 1000)


async def task(client, *names: str, parent: str = "/") -> Answered:
    form = [("parent_dir", parent), *(("dirents", each) for each in names)]
    return await client.call("POST", client.repo("zip-task/", api="api/v2.1"), data=form)


async def progress(client, token: str) -> Answered:
    return await client.call("GET", "/api/v2.1/query-zip-progress/", params={"token": token})


def names_in(answer: Answered) -> set[str]:
    return set(zipfile.ZipFile(io.BytesIO(answer.body)).namelist())


async def test_one_folder_is_packed_with_its_name(client):
    token = (await task(client, "a")).json["zip_token"]
    assert (await progress(client, token)).json == {
        "zipped": 1,
        "total": 1,
        "failed": 0,
        "failed_reason": "",
        "canceled": 0,
    }
    got = await client.send("GET", f"/seafhttp/zip/{token}")
    assert names_in(got) == {"a/", "a/deep/", "a/deep/b.txt", "a/empty/"}
    assert "Content-Length" in got.headers
    assert (await client.send("GET", f"/seafhttp/zip/{token}")).status == 403


async def test_of_several_things_those_that_are_missing_are_left_out(client):
    token = (await task(client, "a", "nothing", "c.txt")).json["zip_token"]
    got = await client.send("GET", f"/seafhttp/zip/{token}")
    assert names_in(got) == {"a/", "a/deep/", "a/deep/b.txt", "a/empty/", "c.txt"}


async def test_one_thing_has_to_be_a_folder(client):
    assert (await task(client, "c.txt")).refusal == (404, "Folder /c.txt not found.")
    assert (await task(client, "nothing")).status == 404
    assert (await task(client)).refusal == (400, "dirents invalid.")
    assert (await task(client, "a", parent="/nothing")).refusal == (404, "Folder /nothing/ not found.")
    body = {"parent_dir": "/", "dirents": ["a"]}
    assert (await client.call("POST", client.repo("zip-task/", api="api/v2.1"), json=body)).status == 500


async def test_too_much_is_refused(seafile, client):
    seafile.settings.zip_limit = 3
    assert (await task(client, "a")).refusal == (400, 'Unable to download directory "a": size is too large.')
    assert (await task(client, "a", "c.txt")).refusal == (400, "Total size exceeds limit.")


async def test_the_fileserver_in_c_takes_its_time(seafile, client):
    seafile.settings.zip_polls = 1
    token = (await task(client, "a")).json["zip_token"]
    assert (await client.send("GET", f"/seafhttp/zip/{token}")).status == 500
    assert (await progress(client, token)).json["zipped"] == 0
    assert (await progress(client, token)).json["zipped"] == 1
    assert (await client.send("GET", f"/seafhttp/zip/{token}")).status == 200


async def test_the_fileserver_in_go_packs_on_the_way(seafile, client):
    seafile.settings.fileserver = "go"
    seafile.settings.zip_polls = 1
    token = (await task(client, "a")).json["zip_token"]
    got = await client.send("GET", f"/seafhttp/zip/{token}")
    assert "a/deep/b.txt" in names_in(got)
    assert "Content-Length" not in got.headers


async def test_what_was_given_up_is_gone(client):
    token = (await task(client, "a")).json["zip_token"]
    assert (await client.call("DELETE", f"/api/v2.1/cancel-zip-task/?token={token}")).json == {"success": True}
    assert (await progress(client, token)).status == 500
    assert (await client.send("GET", f"/seafhttp/zip/{token}")).status == 403


async def test_who_may_not_read_packs_nothing(seafile, client):
    ada = seafile.add_user("ada@example.org")
    seafile.share(seafile.library, ada, "preview")
    assert (await task(client.as_(ada), "a")).refusal == (403, "Permission denied.")
