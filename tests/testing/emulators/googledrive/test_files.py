import pytest

from hubdrives.testing.emulators.content import Content
from hubdrives.testing.emulators.googledrive import ROBOT, GoogleDrive
from hubdrives.testing.emulators.server import serving

BOTH = {"supportsAllDrives": "true", "includeItemsFromAllDrives": "true"}


async def test_without_a_mask_only_the_default_fields_are_sent(drive, client):
    file = drive.tree.add_file("a.txt", "x", parent=drive.root)
    got = await client.get(f"files/{file.id}")
    assert got.json == {"kind": "drive#file", "id": file.id, "name": "a.txt", "mimeType": "text/plain"}
    listed = await client.get("files", q=f"'{drive.root}' in parents")
    assert listed.json == {"kind": "drive#fileList", "incompleteSearch": False, "files": [got.json]}


async def test_an_unknown_field_is_refused_in_googles_words(drive, client):
    answer = await client.get("files", fields="files(foo)")
    assert answer.status == 400
    assert answer.json["error"]["errors"] == [
        {
            "message": "Invalid field selection foo",
            "domain": "global",
            "reason": "invalidParameter",
            "location": "fields",
            "locationType": "parameter",
        }
    ]


async def test_folders_and_shortcuts_have_no_size_and_documents_no_checksum(drive, client):
    folder = drive.tree.add("folder", parent=drive.root)
    plan = drive.tree.add("Plan", parent=drive.root, kind="document", content=Content.of("text"))
    shortcut = drive.tree.add("link", parent=drive.root, kind="shortcut", target=plan.id)
    fields = "size,md5Checksum,headRevisionId,shortcutDetails"
    assert (await client.get(f"files/{folder.id}", fields=fields)).json == {}
    assert (await client.get(f"files/{plan.id}", fields=fields)).json == {"size": "1024"}
    assert (await client.get(f"files/{shortcut.id}", fields=fields)).json == {
        "shortcutDetails": {"targetId": plan.id, "targetMimeType": "application/vnd.google-apps.document"}
    }


@pytest.mark.parametrize(
    ("span", "status", "body", "content_range"),
    [
        (None, 200, b"0123456789", None),
        ("bytes=2-4", 206, b"234", "bytes 2-4/10"),
        ("bytes=7-", 206, b"789", "bytes 7-9/10"),
        ("bytes=7-99", 206, b"789", "bytes 7-9/10"),
        ("bytes=-3", 206, b"789", "bytes 7-9/10"),
        ("bytes=nonsense", 200, b"0123456789", None),
    ],
)
async def test_ranges_are_served(drive, client, span, status, body, content_range):
    file = drive.tree.add_file("a.txt", "0123456789", parent=drive.root)
    answer = await client.get(f"files/{file.id}", alt="media", headers={"Range": span} if span else {})
    assert (answer.status, answer.body, answer.headers.get("Content-Range")) == (status, body, content_range)
    assert answer.headers["Content-Length"] == str(len(body))


@pytest.mark.parametrize(
    ("text", "span", "content_range"), [("", "bytes=0-", "bytes */0"), ("abc", "bytes=3-", "bytes */3")]
)
async def test_a_range_beyond_the_end_is_416(drive, client, text, span, content_range):
    file = drive.tree.add_file("a.txt", text, parent=drive.root)
    answer = await client.get(f"files/{file.id}", alt="media", headers={"Range": span})
    assert (answer.status, answer.headers["Content-Range"]) == (416, content_range)
    assert answer.reason == "requestedRangeNotSatisfiable"


async def test_what_has_no_bytes_of_its_own_is_not_downloaded(drive, client):
    plan = drive.tree.add("Plan", parent=drive.root, kind="document", content=Content.of("text"))
    shortcut = drive.tree.add("link", parent=drive.root, kind="shortcut", target=plan.id)
    for each in (drive.root, plan.id, shortcut.id):
        answer = await client.get(f"files/{each}", alt="media")
        assert (answer.status, answer.reason) == (403, "fileNotDownloadable")


async def test_trash_is_listed_unless_it_is_excluded(drive, client):
    folder = drive.tree.add("folder", parent=drive.root)
    file = drive.tree.add_file("a.txt", "x", parent=folder.id)
    drive.tree.trash(folder.id)
    assert await client.names(f"'{drive.root}' in parents") == ["folder"]
    assert await client.names(f"'{drive.root}' in parents and trashed=false") == []
    found = await client.get(f"files/{file.id}", fields="trashed,explicitlyTrashed")
    assert found.json == {"trashed": True, "explicitlyTrashed": False}


@pytest.mark.parametrize("order", ["name", "name desc", "folder,name", "modifiedTime desc", "name_natural"])
async def test_lists_are_ordered_as_asked(drive, client, order):
    drive.tree.add_file("b10.txt", "x", parent=drive.root, modified=3)
    drive.tree.add_file("b9.txt", "x", parent=drive.root, modified=1)
    drive.tree.add("c", parent=drive.root, modified=2)
    assert (
        await client.names(f"'{drive.root}' in parents", orderBy=order)
        == {
            "name": ["b10.txt", "b9.txt", "c"],
            "name desc": ["c", "b9.txt", "b10.txt"],
            "folder,name": ["c", "b10.txt", "b9.txt"],
            "modifiedTime desc": ["b10.txt", "c", "b9.txt"],
            "name_natural": ["b9.txt", "b10.txt", "c"],
        }[order]
    )


@pytest.mark.parametrize(
    ("params", "location"),
    [
        ({"q": "nonsense"}, "q"),
        ({"orderBy": "size"}, "orderBy"),
        ({"pageToken": "made up"}, "pageToken"),
        ({"pageSize": "0"}, "pageSize"),
        ({"pageSize": "many"}, "pageSize"),
        ({"corpora": "drive"}, "corpora"),
        ({"spaces": "photos"}, "spaces"),
    ],
)
async def test_bad_parameters_are_refused(client, params, location):
    answer = await client.get("files", **params)
    assert answer.status == 400
    assert answer.json["error"]["errors"][0]["location"] == location


async def test_a_page_token_belongs_to_its_query_and_may_be_used_again(drive, client):
    for number in range(3):
        drive.tree.add_file(str(number), "x", parent=drive.root)
    q = f"'{drive.root}' in parents"
    token = (await client.get("files", q=q, pageSize="2")).json["nextPageToken"]
    assert await client.names(q, pageToken=token) == await client.names(q, pageToken=token) == ["2"]
    assert (await client.get("files", q=q + " and trashed=false", pageToken=token)).status == 400


async def test_a_page_holds_a_thousand_items_at_most(drive, client):
    for number in range(1001):
        drive.tree.add_file(str(number), "", parent=drive.root)
    answer = await client.get("files", q=f"'{drive.root}' in parents", pageSize="5000")
    assert len(answer.json["files"]) == 1000
    assert "nextPageToken" in answer.json


async def test_an_unreadable_folder_in_a_query_is_not_found_without_its_id(client):
    answer = await client.get("files", q="'nowhere' in parents")
    assert (answer.status, answer.reason) == (404, "notFound")
    assert answer.json["error"]["message"] == "File not found: ."


async def test_a_shared_drive_needs_its_flags(drive, client):
    team = drive.add_shared_drive("Team", ROBOT)
    file = drive.tree.add_file("a.txt", "x", parent=team)
    q = f"'{team}' in parents"
    assert (await client.get(f"files/{file.id}")).status == 404
    found = await client.get(f"files/{file.id}", supportsAllDrives="true", fields="driveId,parents,owners")
    assert found.json == {"driveId": team, "parents": [team]}
    assert (await client.get("files", q=q)).status == 404
    assert await client.names(q, supportsAllDrives="true") == []
    assert await client.names(q, **BOTH) == ["a.txt"]
    assert await client.names("trashed=false", **BOTH, corpora="drive", driveId=team) == ["a.txt"]
    assert "a.txt" not in await client.names("trashed=false")
    assert set(await client.names("trashed=false", **BOTH, corpora="allDrives")) == {"Shared folder", "a.txt"}
    assert (await client.get(f"files/{file.id}", alt="media", supportsAllDrives="true")).body == b"x"


async def test_a_shared_drive_of_others_is_not_found(drive, client):
    others = drive.add_shared_drive("Others")
    for path, params in (("files", {**BOTH, "corpora": "drive", "driveId": others}), (f"drives/{others}", {})):
        answer = await client.get(path, **params)
        assert (answer.status, answer.reason) == (404, "notFound")


async def test_a_legacy_item_is_found_under_each_of_its_parents_once(drive, client):
    one, two = (drive.tree.add(name, parent=drive.root) for name in ("one", "two"))
    file = drive.tree.add_file("a.txt", "x", parent=one.id)
    drive.tree.move(file.id, one.id, two.id)
    assert await client.names(f"'{two.id}' in parents") == ["a.txt"]
    assert await client.names(f"'{one.id}' in parents or '{two.id}' in parents") == ["a.txt"]
    assert (await client.get(f"files/{file.id}", fields="parents")).json == {"parents": [one.id, two.id]}


async def test_requests_above_the_quota_are_refused_until_the_window_has_passed(connect):
    now = [1000.0]
    async with serving(GoogleDrive(quota=(2, 60), clock=lambda: now[0])) as drive:
        client = connect(drive)
        assert [(await client.get("files")).status for _ in range(3)] == [200, 200, 403]
        assert (await client.get("files")).reason == "userRateLimitExceeded"
        now[0] += 61
        assert (await client.get("files")).status == 200


async def test_what_would_write_is_refused(drive, client):
    await client.log_in()
    token = {"Authorization": f"Bearer {client.token}"}
    for method, path in (
        ("POST", "/drive/v3/files"),
        ("PATCH", "/upload/drive/v3/files/x"),
        ("DELETE", "/drive/v3/files/x"),
    ):
        answer = await client.send(method, path, headers=token)
        assert (answer.status, answer.reason) == (403, "insufficientPermissions")
    assert drive.requests.by_operation["write"] == 3
