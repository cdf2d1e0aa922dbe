"""Google's own Python client, as it is, against the emulator."""

import asyncio
import io
from itertools import chain

import pytest
from googleapiclient.errors import HttpError
from googleapiclient.http import MediaIoBaseDownload

from hubdrives.testing.emulators.content import Content
from hubdrives.testing.emulators.googledrive import OWNER, ROBOT
from hubdrives.testing.emulators.googledrive.exports import DOCX

FLAGS = {"supportsAllDrives": True, "includeItemsFromAllDrives": True}


async def test_lists_page_by_page_until_there_is_no_more(drive, google):
    for number in range(7):
        drive.tree.add_file(f"{number}.txt", str(number), parent=drive.root)
    files = google.service.files()
    request = files.list(q=f"'{drive.root}' in parents", pageSize=3, fields="nextPageToken,files(name)")
    pages = []
    while request is not None:
        answer = await google.run(request)
        pages.append([each["name"] for each in answer["files"]])
        request = files.list_next(request, answer)
    assert [len(page) for page in pages] == [3, 3, 1]
    assert sorted(chain.from_iterable(pages)) == [f"{number}.txt" for number in range(7)]


async def test_a_mask_without_the_page_token_ends_the_paging_silently(drive, google):
    for number in range(3):
        drive.tree.add_file(f"{number}.txt", str(number), parent=drive.root)
    files = google.service.files()
    request = files.list(q=f"'{drive.root}' in parents", pageSize=2, fields="files(name)")
    answer = await google.run(request)
    assert len(answer["files"]) == 2
    assert files.list_next(request, answer) is None


async def test_gets_metadata(drive, google):
    file = drive.tree.add_file("a.ipynb", "hello", parent=drive.root, modified=0.5)
    found = await google.run(google.service.files().get(fileId=file.id, fields="*"))
    assert found["md5Checksum"] == "5d41402abc4b2a76b9719d911017c592"
    assert (found["size"], found["version"]) == ("5", "1")
    assert found["modifiedTime"] == "1970-01-01T00:00:00.500Z"
    assert found["mimeType"] == "application/x-ipynb+json"
    assert found["parents"] == [drive.root]
    assert found["owners"][0]["emailAddress"] == OWNER


@pytest.mark.parametrize("size", [0, 1, 10, 1_000_000])
async def test_downloads_in_ranges(drive, google, size):
    data = bytes(number % 251 for number in range(size))
    file = drive.tree.add_file("a.bin", data, parent=drive.root)
    written = io.BytesIO()
    download = MediaIoBaseDownload(written, google.service.files().get_media(fileId=file.id), chunksize=400_000)
    done = False
    while not done:
        _, done = await asyncio.to_thread(download.next_chunk)
    assert written.getvalue() == data


async def test_exports(drive, google):
    plan = drive.tree.add("Plan", parent=drive.root, kind="document", content=Content.of("# Plan\n"))
    files = google.service.files()
    assert await google.run(files.export(fileId=plan.id, mimeType="text/markdown")) == b"# Plan\n"
    assert (await google.run(files.export(fileId=plan.id, mimeType=DOCX)))[:2] == b"PK"


async def test_about_names_the_account_and_the_types_of_exports(google):
    about = await google.run(google.service.about().get(fields="user,exportFormats"))
    assert about["user"]["emailAddress"] == ROBOT
    assert DOCX in about["exportFormats"]["application/vnd.google-apps.document"]


async def test_follows_changes(drive, google):
    changes = google.service.changes()
    file = drive.tree.add_file("a.txt", "old", parent=drive.root)
    token = (await google.run(changes.getStartPageToken()))["startPageToken"]
    quiet = await google.run(changes.list(pageToken=token))
    assert quiet["changes"] == []
    assert quiet["newStartPageToken"] == token
    drive.tree.replace(file.id, Content.of("new"))
    answer = await google.run(changes.list(pageToken=token))
    assert [(each["fileId"], each["removed"], each["file"]["name"]) for each in answer["changes"]] == [
        (file.id, False, "a.txt")
    ]
    assert (await google.run(changes.list(pageToken=answer["newStartPageToken"])))["changes"] == []


async def test_lists_shared_drives_and_what_is_in_them(drive, google):
    ids = [drive.add_shared_drive(f"Team {number}", ROBOT) for number in range(3)]
    drive.add_shared_drive("Others")
    file = drive.tree.add_file("a.txt", "x", parent=ids[1])
    drives = google.service.drives()
    request, found = drives.list(pageSize=2), []
    while request is not None:
        answer = await google.run(request)
        found += answer["drives"]
        request = drives.list_next(request, answer)
    assert sorted(each["id"] for each in found) == sorted(ids)
    assert (await google.run(drives.get(driveId=ids[1])))["name"] == "Team 1"
    listed = await google.run(google.service.files().list(corpora="drive", driveId=ids[1], **FLAGS))
    assert [each["id"] for each in listed["files"]] == [file.id]


async def test_sends_a_long_query_as_a_post_that_is_counted_as_a_list(drive, google):
    folders = [drive.tree.add(f"folder {number}", parent=drive.root) for number in range(50)]
    for folder in folders:
        drive.tree.add_file(f"in {folder.name}", "x", parent=folder.id)
    q = " or ".join(f"'{folder.id}' in parents" for folder in folders)
    answer = await google.run(google.service.files().list(q=f"({q}) and trashed=false", pageSize=1000))
    assert {each["name"] for each in answer["files"]} == {f"in {folder.name}" for folder in folders}
    assert list(drive.requests.log)[-1] == {"method": "POST", "operation": "files.list", "status": 200}


async def test_raises_what_google_raises_for_what_is_not_there(drive, google):
    with pytest.raises(HttpError) as caught:
        await google.run(google.service.files().get(fileId="nope"))
    assert caught.value.status_code == 404
    assert caught.value.error_details == [
        {
            "message": "File not found: nope.",
            "domain": "global",
            "reason": "notFound",
            "location": "fileId",
            "locationType": "parameter",
        }
    ]


@pytest.mark.parametrize(
    "fault", [{"reason": "userRateLimitExceeded"}, {"reason": "rateLimitExceeded"}, {"reason": "backendError"}]
)
async def test_retries_what_google_says_is_worth_it(drive, google, fault):
    drive.faults.set([{"operation": "files.get", "effect": "error", "times": 2, **fault}])
    request = google.service.files().get(fileId=drive.root)
    request._sleep = lambda _seconds: None
    assert (await google.run(request, num_retries=3))["id"] == drive.root
    assert drive.requests.by_operation["files.get"] == 3


async def test_gives_up_on_what_is_not(drive, google):
    drive.faults.set([{"operation": "files.get", "effect": "error", "reason": "dailyLimitExceeded", "times": None}])
    with pytest.raises(HttpError):
        await google.run(google.service.files().get(fileId=drive.root), num_retries=3)
    assert drive.requests.by_operation["files.get"] == 1


async def test_gets_a_new_token_when_the_old_one_is_refused(drive, google):
    await google.run(google.service.files().get(fileId=drive.root))
    drive.accounts.expire_tokens()
    assert (await google.run(google.service.files().get(fileId=drive.root)))["id"] == drive.root
    assert drive.requests.by_operation["token"] == 2


async def test_cannot_write(drive, google):
    with pytest.raises(HttpError) as caught:
        await google.run(google.service.files().create(body={"name": "new"}))
    assert caught.value.status_code == 403
    assert b"insufficientPermissions" in caught.value.content
    assert drive.requests.by_operation["write"] == 1


async def test_reads_without_any_request_but_get_and_the_token(drive, google):
    await google.run(google.service.files().list())
    assert drive.requests.by_method == {"POST": 1, "GET": 1}
    assert drive.requests.by_operation == {"token": 1, "files.list": 1}
