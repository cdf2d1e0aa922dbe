"""Every fault that the emulator commits, as a client meets it."""

import asyncio
import re

import aiohttp
import pytest

from hubdrives.testing.emulators.content import Content
from hubdrives.testing.emulators.googledrive import ROBOT, emulator
from hubdrives.testing.emulators.googledrive.errors import REASONS, SKEWED, TOKEN_ERRORS


@pytest.fixture
def file(drive):
    return drive.tree.add_file("a.txt", "0123456789" * 100, parent=drive.root)


@pytest.fixture
def strike(drive):
    def set_rule(effect, operation="*", **keys):
        drive.faults.set([{"operation": operation, "effect": effect, **keys}])

    return set_rule


@pytest.mark.parametrize("reason", REASONS)
async def test_every_error_has_googles_envelope(client, file, strike, reason):
    strike("error", "files.get", reason=reason)
    answer = await client.get(f"files/{file.id}")
    error = answer.json["error"]
    assert answer.status == error["code"] == REASONS[reason].status
    assert error["errors"][0]["reason"] == answer.reason == reason
    assert {"message", "domain", "reason"} <= error["errors"][0].keys()
    assert (await client.get(f"files/{file.id}")).status == 200


@pytest.mark.parametrize("error", TOKEN_ERRORS)
async def test_every_error_of_the_token_endpoint_can_be_had(client, strike, error):
    strike("error", "token", reason=error)
    answer = await client.log_in()
    assert (answer.status, answer.json["error"]) == (TOKEN_ERRORS[error][0], error)
    assert (await client.log_in()).status == 200


async def test_an_error_can_have_another_status_and_say_when_to_retry(client, file, strike):
    strike("error", "files.get", reason="rateLimitExceeded", status=403, retry_after=7)
    answer = await client.get(f"files/{file.id}")
    assert (answer.status, answer.reason, answer.headers["Retry-After"]) == (403, "rateLimitExceeded", "7")


async def test_a_server_error_can_be_a_page_of_html(client, file, strike):
    strike("html", status=502, retry_after=3, operation="files.get")
    answer = await client.get(f"files/{file.id}")
    assert (answer.status, answer.headers.getone("Retry-After")) == (502, "3")
    assert answer.headers["Content-Type"].startswith("text/html")
    assert answer.body.startswith(b"<!DOCTYPE html>")


async def test_a_connection_can_be_dropped_without_an_answer(client, file, strike):
    strike("drop", "files.media", times=None)
    with pytest.raises(aiohttp.ServerDisconnectedError):
        await client.get(f"files/{file.id}", alt="media")


@pytest.mark.parametrize("path", ["files/{}?alt=media", "files/{}?fields=*"])
@pytest.mark.parametrize("count", [0, 10])
async def test_a_body_can_be_cut(client, file, strike, path, count):
    await client.log_in()
    strike("cut", bytes=count)
    url = client.drive.url + "/drive/v3/" + path.format(file.id)
    async with client.session.get(url, headers={"Authorization": f"Bearer {client.token}"}) as response:
        assert int(response.headers["Content-Length"]) > count
        got = await response.content.readexactly(count)
        with pytest.raises(aiohttp.ClientPayloadError):
            await response.content.read()
    assert len(got) == count


async def test_a_body_without_a_length_can_be_cut_too(drive, client, strike):
    plan = drive.tree.add("Plan", parent=drive.root, kind="document", content=Content.of("text" * 100))
    strike("cut", "files.export", bytes=10)
    with pytest.raises(aiohttp.ClientPayloadError):
        await client.get(f"files/{plan.id}/export", mimeType="text/plain")


async def test_a_body_can_be_short_and_look_whole(client, file, strike):
    strike("truncate", "files.media", bytes=10)
    answer = await client.get(f"files/{file.id}", alt="media")
    assert (answer.status, answer.headers["Content-Length"], answer.body) == (200, "10", b"0123456789")


async def test_a_body_can_have_a_wrong_byte(client, file, strike):
    strike("wrong", "files.media", bytes=3)
    answer = await client.get(f"files/{file.id}", alt="media")
    assert [
        at for at, (one, other) in enumerate(zip(answer.body, file.content.read(), strict=True)) if one != other
    ] == [3]


async def test_a_body_can_be_slow(client, file, strike):
    await client.log_in()
    strike("slow", "files.media", rate=5000)
    started = asyncio.get_running_loop().time()
    answer = await client.get(f"files/{file.id}", alt="media")
    assert asyncio.get_running_loop().time() - started >= 0.2  # 1000 bytes
    assert answer.body == file.content.read()


async def test_an_answer_can_be_late(client, file, strike):
    await client.log_in()
    strike("delay", "files.get", seconds=0.1)
    started = asyncio.get_running_loop().time()
    assert (await client.get(f"files/{file.id}")).status == 200
    assert asyncio.get_running_loop().time() - started >= 0.1


@pytest.fixture
def pair(drive):
    """Two folders with a file in each, and a query for both."""
    folders = [drive.tree.add(name, parent=drive.root) for name in ("one", "two")]
    for folder in folders:
        drive.tree.add_file(f"in {folder.name}", "x", parent=folder.id)
    return *folders, f"'{folders[0].id}' in parents or '{folders[1].id}' in parents"


async def test_a_grouped_query_can_lose_everything_and_a_single_one_nothing(client, pair, strike):
    one, _, both = pair
    strike("lose_group", "files.list", times=None)
    answer = await client.get("files", q=both)
    assert answer.json == {"kind": "drive#fileList", "incompleteSearch": False, "files": []}
    assert await client.names(f"'{one.id}' in parents") == ["in one"]


async def test_a_grouped_query_can_lose_one_folder(client, pair, strike):
    one, _, both = pair
    strike("lose_part", "files.list")
    assert await client.names(both) == ["in one"]
    strike("lose_part", "files.list", id=one.id)
    assert await client.names(both) == ["in two"]
    assert sorted(await client.names(both)) == ["in one", "in two"]


async def test_pages_can_be_shorter_than_asked(client, pair, strike):
    strike("short_pages", "files.list", size=1)
    answer = await client.get("files", q=pair[2], pageSize="100")
    assert len(answer.json["files"]) == 1
    assert len(await client.names(pair[2], pageToken=answer.json["nextPageToken"])) == 1


@pytest.mark.parametrize("operation", ["files.list", "changes.list"])
async def test_a_page_can_be_empty_and_not_the_last(drive, client, strike, operation):
    start = (await client.get("changes/startPageToken")).json["startPageToken"]
    drive.tree.add_file("a", "x", parent=drive.root)
    strike("empty_page", operation)
    path, params, key = {
        "files.list": ("files", {"q": f"'{drive.root}' in parents"}, "files"),
        "changes.list": ("changes", {"pageToken": start}, "changes"),
    }[operation]
    answer = await client.get(path, **params)
    assert answer.json[key] == []
    rest = await client.get(path, **{**params, "pageToken": answer.json["nextPageToken"]})
    assert len(rest.json[key]) == 1


@pytest.mark.parametrize("operation", ["files.list", "changes.list"])
async def test_a_page_token_can_expire(client, pair, strike, operation):
    start = (await client.get("changes/startPageToken")).json["startPageToken"]
    token = (await client.get("files", q=pair[2], pageSize="1")).json["nextPageToken"]
    strike("expire_page_token", operation)
    path, params = {
        "files.list": ("files", {"q": pair[2], "pageToken": token}),
        "changes.list": ("changes", {"pageToken": start}),
    }[operation]
    answer = await client.get(path, **params)
    assert (answer.status, answer.reason) == (400, "invalid")
    assert answer.json["error"]["errors"][0]["location"] == "pageToken"
    assert (await client.get(path, **params)).status == 200


async def test_all_tokens_can_end_at_once(client, file, strike):
    await client.log_in()
    strike("expire_tokens", "files.get")
    assert (await client.get(f"files/{file.id}")).reason == "authError"
    assert (await client.get("files")).status == 401
    await client.log_in()
    assert (await client.get(f"files/{file.id}")).status == 200


async def test_a_clock_can_be_skewed(client, strike):
    strike("skewed_clock", "token")
    answer = await client.log_in()
    assert answer.json == {"error": "invalid_grant", "error_description": SKEWED}
    assert (await client.log_in()).status == 200


async def test_content_can_be_replaced_after_its_metadata_were_read(client, file, strike):
    strike("replace_content", "files.media", text="new")
    fields = {"fields": "headRevisionId,md5Checksum"}
    before = (await client.get(f"files/{file.id}", **fields)).json
    assert (await client.get(f"files/{file.id}", alt="media")).body == b"new"
    after = (await client.get(f"files/{file.id}", **fields)).json
    assert all(before[name] != after[name] for name in before)


@pytest.mark.parametrize("keys", [{}, {"email": ROBOT}])
async def test_an_item_can_be_unshared(drive, client, file, strike, keys):
    strike("unshare", "files.media", **keys)
    token = (await client.get("changes/startPageToken")).json["startPageToken"]
    assert (await client.get(f"files/{file.id}", alt="media")).reason == "notFound"
    changes = (await client.get("changes", pageToken=token)).json["changes"]
    assert [(each["fileId"], each["removed"]) for each in changes] == [(drive.root, True)]


async def test_a_checksum_can_be_missing(drive, client, file, strike):
    other = drive.tree.add_file("b.txt", "x", parent=drive.root)
    strike("no_sha256", name="a.txt")
    fields = "md5Checksum,sha256Checksum"
    assert set((await client.get(f"files/{file.id}", fields=fields)).json) == {"md5Checksum"}
    assert set((await client.get(f"files/{other.id}", fields=fields)).json) == {"md5Checksum", "sha256Checksum"}


@pytest.mark.parametrize(
    ("effect", "reason"),
    [
        ("abusive", "cannotDownloadAbusiveFile"),
        ("no_download", "cannotDownloadFile"),
        ("quota_exceeded", "downloadQuotaExceeded"),
    ],
)
async def test_a_file_can_be_kept_from_download(client, file, strike, effect, reason):
    strike(effect, id=file.id)
    for _ in range(2):
        answer = await client.get(f"files/{file.id}", alt="media")
        assert (answer.status, answer.reason) == (403, reason)
    found = await client.get(f"files/{file.id}", fields="capabilities/canDownload")
    assert found.json["capabilities"]["canDownload"] is (effect != "no_download")


async def test_a_reader_cannot_acknowledge_abuse(client, file, strike):
    strike("abusive")
    answer = await client.get(f"files/{file.id}", alt="media", acknowledgeAbuse="true")
    assert (answer.status, answer.reason) == (403, "invalidAbuseAcknowledgment")


def test_every_effect_of_its_own_is_described():
    described = set(re.findall(r"^- `(\w+)`:", emulator.__doc__, re.MULTILINE))
    assert described == emulator._ALL_SPECIAL | emulator._LASTING
