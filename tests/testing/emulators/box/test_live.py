"""A directory served live: its owner's edits and the clients' writes meet in it."""

import asyncio
import json
import os

import pytest

from hubdrives.testing.emulators.box import Box
from hubdrives.testing.emulators.server import serving
from hubdrives.testing.emulators.sidecar import SIDECAR

from .conftest import PART, Client


@pytest.fixture
def directory(tmp_path):
    """Some files."""
    directory = tmp_path / "team"
    (directory / "logs").mkdir(parents=True)
    (directory / "readme.md").write_text("one")
    (directory / "logs" / "a.log").write_text("a")
    return directory


@pytest.fixture
async def box(directory):
    async with serving(Box(directory, part_size=PART, chunked_minimum=PART)) as emulator:
        yield emulator


def files_in(directory) -> dict[str, str]:
    return {str(each.relative_to(directory)): each.read_text() for each in directory.rglob("*") if each.is_file()}


async def listed(client: Client, folder: str) -> dict[str, str]:
    answer = await client.get(f"folders/{folder}/items")
    return {each["name"]: each["id"] for each in answer.json["entries"]}


async def test_an_edit_is_the_owners_new_version(box, client, directory):
    file = (await box.find("readme.md")).id
    (directory / "readme.md").write_text("two")
    (directory / "readme.md").write_text("three")
    answer = await client.get(f"files/{file}")
    assert answer.json["modified_by"]["login"] == box.owner.login
    assert (await client.content(file)).body == b"three"
    (past,) = (await client.get(f"files/{file}/versions")).json["entries"]
    assert (await client.content(file, version=past["id"])).body == b"one"


async def test_what_clients_do_lands_in_the_directory(box, client, directory):
    made = await client.call("POST", "folders", json={"name": "new", "parent": {"id": box.root}})
    folder = made.json["id"]
    uploaded = (await client.upload("up.txt", b"up", parent=folder)).json["entries"][0]
    assert (directory / "new" / "up.txt").read_bytes() == b"up"
    await client.upload_version(uploaded["id"], b"again")
    assert (directory / "new" / "up.txt").read_bytes() == b"again"
    await client.call("PUT", f"files/{uploaded['id']}", json={"name": "moved.txt", "parent": {"id": box.root}})
    await client.call("PUT", f"folders/{folder}", json={"name": "newer"})
    readme = (await box.find("readme.md")).id
    await client.call("DELETE", f"files/{readme}")
    assert files_in(directory) == {"moved.txt": "again", "logs/a.log": "a"}
    assert (directory / "newer").is_dir()
    logs = (await box.find("logs")).id
    await client.call("DELETE", f"folders/{logs}", params={"recursive": "true"})
    assert not (directory / "logs").exists()
    await client.call("POST", f"folders/{logs}")
    assert files_in(directory) == {"moved.txt": "again", "logs/a.log": "a"}


async def test_a_write_is_no_edit_of_the_owners(box, client, directory):
    file = (await client.upload("up.txt", b"up")).json["entries"][0]
    logs = (await box.find("logs")).id
    await client.call("PUT", f"folders/{logs}", json={"name": "log files"})
    again = await client.get(f"files/{file['id']}")
    assert (again.json["etag"], again.json["file_version"]) == (file["etag"], file["file_version"])
    happened = [each.kind for each in box.tree.happenings[-2:]]
    assert happened == ["ITEM_UPLOAD", "ITEM_RENAME"]
    assert await listed(client, logs) == {"a.log": (await box.find("log files/a.log")).id}


async def test_an_edit_after_a_write_is_seen(box, client, directory):
    file = (await client.upload("up.txt", b"up")).json["entries"][0]["id"]
    (directory / "up.txt").write_bytes(b"UP")
    assert (await client.content(file)).body == b"UP"
    assert len(box.tree.versions(file)) == 2


async def test_an_edit_while_an_upload_runs_stays_in_the_history(box, client, directory):
    file = (await box.find("readme.md")).id
    opened = await client.call(
        "POST", f"/api/2.0/files/{file}/upload_sessions", json={"file_size": PART, "file_name": "readme.md"}
    )
    assert opened.status == 201
    started = asyncio.Event()

    async def body():
        yield (
            b'--frontier\r\nContent-Disposition: form-data; name="attributes"\r\n\r\n{}\r\n'
            b'--frontier\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\nclient'
        )
        started.set()
        await asyncio.sleep(0)
        while box.requests.by_operation["files.upload_version"] == 0:
            await asyncio.sleep(0.001)
        (directory / "readme.md").write_text("owner")
        yield b"'s\r\n--frontier--\r\n"

    answer = await client.call(
        "POST",
        f"/api/2.0/files/{file}/content",
        data=body(),
        headers={"Content-Type": "multipart/form-data; boundary=frontier"},
    )
    assert answer.status == 200, answer.body
    assert (directory / "readme.md").read_text() == "client's"
    assert [each.content.read() for each in box.tree.versions(file)] == [b"one", b"owner", b"client's"]


async def test_an_earlier_version_comes_back_to_the_directory(box, client, directory):
    file = (await box.find("readme.md")).id
    (directory / "readme.md").write_text("two")
    (past,) = (await client.get(f"files/{file}/versions")).json["entries"]
    await client.call("POST", f"files/{file}/versions/current", json={"type": "file_version", "id": past["id"]})
    assert (directory / "readme.md").read_text() == "one"


async def test_many_uploads_at_once_all_arrive(box, client, directory):
    answers = await asyncio.gather(*(client.upload(f"{number}.txt", os.urandom(9)) for number in range(30)))
    assert {each.status for each in answers} == {201}
    assert len(await listed(client, box.root)) == 32
    assert len(list(directory.glob("*.txt"))) == 30


async def test_one_name_uploaded_at_once_is_one_file(box, client, directory):
    answers = await asyncio.gather(*(client.upload("same.txt", str(number).encode()) for number in range(8)))
    assert sorted(each.status for each in answers) == [201] + [409] * 7
    (winner,) = (each for each in answers if each.status == 201)
    (loser, *_) = (each for each in answers if each.status == 409)
    assert loser.json["context_info"]["conflicts"]["id"] == winner.json["entries"][0]["id"]


async def test_names_that_only_the_provider_knows_stay(box, client, directory):
    (directory / SIDECAR).write_text(json.dumps({"names": {"logs": "Logs: all"}}))
    logs = (await box.find("Logs: all")).id
    await client.upload("b.log", b"b", parent=logs)
    assert (directory / "logs" / "b.log").read_text() == "b"
    assert set(await listed(client, box.root)) == {"Logs: all", "readme.md"}


async def test_what_others_have_is_not_in_the_directory(box, owner, directory):
    made = await owner.call("POST", "folders", json={"name": "private", "parent": {"id": "0"}})
    await owner.upload("mine.txt", b"mine", parent=made.json["id"])
    file = (await owner.upload("out.txt", b"out")).json["entries"][0]["id"]
    assert (directory / "out.txt").exists()
    await owner.call("PUT", f"files/{file}", json={"parent": {"id": made.json["id"]}})
    assert files_in(directory) == {"readme.md": "one", "logs/a.log": "a"}
