"""A served directory, as it shows at the provider."""

import json
import tracemalloc

import aiohttp
import pytest

from hubdrives.testing.emulators.googledrive import GoogleDrive
from hubdrives.testing.emulators.server import serving
from hubdrives.testing.emulators.sidecar import SIDECAR, SidecarError


@pytest.fixture
def course(tmp_path):
    course = tmp_path / "course"
    course.mkdir()
    return course


@pytest.fixture
async def drive(course):
    async with serving(GoogleDrive(course)) as drive:
        yield drive


async def test_the_folder_has_the_name_of_the_directory_and_its_files(drive, client, course):
    (course / "a.txt").write_text("hello")
    assert (await client.get(f"files/{drive.root}")).json["name"] == "course"
    assert await client.names(f"'{drive.root}' in parents") == ["a.txt"]
    assert drive.location == f"https://drive.google.com/drive/folders/{drive.root}"


async def test_an_edit_is_seen_by_the_next_request_and_told_as_a_change(drive, client, course):
    (course / "a.txt").write_text("old")
    file = await drive.find("a.txt")
    token = (await client.get("changes/startPageToken")).json["startPageToken"]
    for text in ("one", "two", "six"):
        (course / "a.txt").write_text(text)
        assert (await client.get(f"files/{file.id}", alt="media")).body == text.encode()
    (course / "a.txt").rename(course / "b.txt")
    answer = await client.get("changes", pageToken=token, fields="changes(fileId,file(name))")
    assert answer.json == {"changes": [{"fileId": file.id, "file": {"name": "b.txt"}}]}


async def test_a_deleted_file_is_in_the_trash_without_its_bytes(drive, client, course):
    (course / "a.txt").write_text("old")
    file = await drive.find("a.txt")
    (course / "a.txt").unlink()
    found = await client.get(f"files/{file.id}", fields="trashed,name,md5Checksum")
    assert found.json == {"trashed": True, "name": "a.txt"}
    assert (await client.get(f"files/{file.id}", alt="media")).status == 404


async def test_a_file_that_is_edited_while_it_is_hashed_is_a_passing_failure(drive, client, course):
    (course / "a.txt").write_text("old")
    file = await drive.find("a.txt")
    looked = drive.folder.refresh

    async def look_then_edit():
        await looked()
        (course / "a.txt").write_text("edited")

    drive.folder.refresh = look_then_edit
    assert (await client.get(f"files/{file.id}", fields="md5Checksum")).reason == "backendError"
    drive.folder.refresh = looked
    assert (await client.get(f"files/{file.id}", fields="md5Checksum")).status == 200


@pytest.mark.parametrize("meanwhile", ["truncated", "deleted"])
async def test_a_file_that_shrinks_while_it_is_sent_is_a_broken_download(drive, client, course, meanwhile):
    (course / "a.txt").write_text("0123456789")
    file = await drive.find("a.txt")
    await client.log_in()
    looked = drive.folder.refresh

    async def look_then_spoil():
        await looked()
        (course / "a.txt").write_text("01234") if meanwhile == "truncated" else (course / "a.txt").unlink()

    drive.folder.refresh = look_then_spoil
    with pytest.raises(aiohttp.ClientPayloadError):
        await client.get(f"files/{file.id}", alt="media")


async def test_replacing_content_by_a_fault_edits_the_file_in_the_directory(drive, client, course):
    (course / "a.txt").write_text("old")
    file = await drive.find("a.txt")
    drive.faults.set([{"operation": "files.media", "effect": "replace_content", "text": "new"}])
    assert (await client.get(f"files/{file.id}", alt="media")).body == b"new"
    assert (course / "a.txt").read_text() == "new"


async def test_a_large_file_is_served_without_being_held(drive, client, course):
    size = 64 * 2**20
    with (course / "big.bin").open("wb") as big:
        big.truncate(size)
    file = await drive.find("big.bin")
    await client.log_in()
    tracemalloc.start()
    url = f"{drive.url}/drive/v3/files/{file.id}?alt=media"
    async with client.session.get(url, headers={"Authorization": f"Bearer {client.token}"}) as response:
        got = 0
        async for chunk in response.content.iter_any():
            got += len(chunk)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert got == size
    assert peak < 16 * 2**20


async def test_the_sidecar_makes_it_a_shared_drive(course, connect):
    (course / SIDECAR).write_text(json.dumps({"shared_drive": True}))
    (course / "a.txt").write_text("x")
    async with serving(GoogleDrive(course)) as drive:
        client = connect(drive)
        found = await client.get(f"files/{drive.root}", supportsAllDrives="true", fields="name,driveId")
        assert found.json == {"name": "course", "driveId": drive.root}
        assert (await client.get(f"files/{drive.root}")).status == 404


def test_a_sidecar_that_makes_no_sense_stops_the_start(course):
    (course / SIDECAR).write_text("{")
    with pytest.raises(SidecarError):
        GoogleDrive(course)


async def test_a_path_that_is_not_there_is_an_error(drive):
    with pytest.raises(LookupError):
        await drive.find("nope")
