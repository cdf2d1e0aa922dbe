"""The HTTPS servers of collections, by bare requests."""

import asyncio

import aiohttp
import pytest
from tests.testing.emulators.globus.conftest import NOON, Client
from yarl import URL

from hubdrives.testing.emulators.globus.collections import EVERYBODY, PERSONAL
from hubdrives.testing.emulators.globus.named import scope_of

ALPHABET = b"abcdefghijklmnopqrstuvwxyz"
XHR = {"X-Requested-With": "XMLHttpRequest"}


class Data(Client):
    """A bare client of a collection's HTTPS server."""

    def with_(self, token: str) -> "Data":
        return Data(self.globus, self.session, token)

    async def to(self, method: str, path: str, **options):
        return await self.send(method, self.globus.collection.https_server + path, **options)

    async def part(self, span: str, path: str = "/a.txt"):
        return await self.to("GET", path, headers={"Range": f"bytes={span}"})


async def has_size(globus, path: str, size: int) -> None:
    """Wait until a file has so many bytes."""
    async with asyncio.timeout(5):
        while (await globus.find(path)).content.size != size:
            await asyncio.sleep(0.01)


@pytest.fixture
def data(globus, session) -> Data:
    return Data(globus, session, globus.https_token())


async def test_a_file_is_got_and_only_looked_at(globus, data):
    globus.add_file("/d/a b#c?.txt", ALPHABET)
    path = "/d/a%20b%23c%3F.txt"
    answer = await data.to("GET", path)
    assert (answer.status, answer.body) == (200, ALPHABET)
    assert (answer.headers["Content-Length"], answer.headers["Content-Type"]) == ("26", "text/plain")
    assert not {"ETag", "Last-Modified", "Content-Disposition"} & answer.headers.keys()
    looked = await data.to("HEAD", path)
    assert (looked.status, looked.body, looked.headers["Content-Length"]) == (200, b"", "26")
    saved = await data.to("GET", f"{path}?download")
    assert saved.headers["Content-Disposition"] == "attachment; filename*=UTF-8''a%20b%23c%3F.txt"
    assert globus.requests.by_operation == {"https.get": 2, "https.head": 1}


@pytest.mark.parametrize(
    ("span", "body", "about"),
    [
        ("0-2", b"abc", "bytes 0-2/*"),
        ("23-", b"xyz", "bytes 23-25/*"),
        ("24-99", b"yz", "bytes 24-25/*"),
    ],
)
async def test_a_part_does_not_tell_the_size_of_the_whole(globus, data, span, body, about):
    globus.add_file("/a.txt", ALPHABET)
    answer = await data.part(span)
    assert (answer.status, answer.body, answer.headers["Content-Range"]) == (206, body, about)


@pytest.mark.parametrize("span", ["-3", "26-", "5-4", "a-b", "0-1,-2"])
async def test_tails_and_what_is_not_there_can_not_be_had(globus, data, span):
    globus.add_file("/a.txt", ALPHABET)
    assert (await data.part(span)).status == 416


async def test_several_parts_come_in_one_answer(globus, data):
    globus.add_file("/a.txt", ALPHABET)
    answer = await data.part("0-1,5-6")
    assert answer.status == 206
    kind = answer.headers["Content-Type"]
    boundary = kind.removeprefix("multipart/byteranges; boundary=")
    parts = answer.body.split(f"--{boundary}".encode())[1:-1]
    assert [each.split(b"\r\n\r\n")[1] for each in parts] == [b"ab\r\n", b"fg\r\n"]
    assert b"Content-Range: bytes 5-6/*" in parts[1]


async def test_who_is_not_known_is_sent_to_the_login(globus, data):
    globus.add_file("/a.txt", ALPHABET)
    other = globus.add_collection("Other")
    for token in ("", "AgNonsense", globus.transfer_token(), globus.https_token(other)):
        answer = await data.with_(token).to("GET", "/a.txt", headers={"Accept": "application/json"})
        assert answer.status == 302
        login = URL(answer.headers["Location"])
        assert (str(login.origin()), login.path) == (globus.url, "/v2/oauth2/authorize")
        assert login.query["client_id"] == globus.collection.id
        assert login.query["scope"] == scope_of(globus.collection.id, "https")
        assert (await data.with_(token).to("GET", "/a.txt", headers=XHR)).status == 401


async def test_a_client_that_follows_the_redirect_ends_at_a_page(globus, data):
    globus.add_file("/a.txt", ALPHABET)
    answer = await data.with_("").to("GET", "/a.txt", allow_redirects=True)
    assert answer.headers["Content-Type"].startswith("text/html")
    assert answer.body != ALPHABET


async def test_who_is_known_may_not_everything(globus, data):
    globus.add_file("/open/a.txt", ALPHABET)
    ada = globus.add_identity("ada@example.edu")
    hers = data.with_(globus.https_token(who=ada))
    assert (await hers.to("GET", "/open/a.txt")).status == 403
    globus.share(globus.collection, ada, "r", path="/open")
    assert (await hers.to("GET", "/open/a.txt")).body == ALPHABET
    assert (await hers.to("PUT", "/open/a.txt", data=b"x")).status == 403
    assert (await hers.to("DELETE", "/open/a.txt")).status == 403
    assert (await data.to("GET", "/open/a.txt")).body == ALPHABET


async def test_a_token_without_the_consent_for_the_data_is_refused(globus, data):
    globus.add_file("/a.txt", ALPHABET)
    scope = scope_of(globus.collection.id, "https")
    globus.consents.withdraw()
    answer = await data.with_(globus.token(scope)).to("GET", "/a.txt")
    assert (answer.status, "CONSENT_REQUIRED" in answer.text) == (403, True)
    assert (await data.with_(globus.https_token()).to("GET", "/a.txt")).status == 200


async def test_a_login_that_is_too_old_for_the_collection_is_refused(globus, data):
    globus.add_file("/a.txt", ALPHABET)
    globus.collection.authentication_policy_id = "0d1f4b0a-7a4e-4a3e-9d0a-0b8a9a6b7c11"
    globus.collection.authentication_timeout_mins = 30
    assert (await data.to("GET", "/a.txt")).status == 200
    globus.advance(1801)
    assert (await data.to("GET", "/a.txt")).status == 403


async def test_a_public_guest_collection_needs_no_token(globus, data):
    globus.add_file("/public/a.txt", ALPHABET)
    guest = globus.add_guest_collection("Public", "/public")
    globus.share(guest, EVERYBODY)
    await globus.refresh()
    answer = await data.with_("").send("GET", f"{guest.https_server}/a.txt")
    assert (answer.status, answer.body) == (200, ALPHABET)
    assert (await data.with_("").send("PUT", f"{guest.https_server}/a.txt", data=b"x")).status == 302


async def test_each_collection_has_a_server_of_its_own_or_none(globus):
    laptop, lab = globus.add_collection("Laptop", entity_type=PERSONAL), globus.add_collection("Other")
    await globus.refresh()
    assert laptop.https_server is None
    assert URL(lab.https_server).port != URL(globus.collection.https_server).port


async def test_what_is_not_there_is_told_from_an_outage_by_the_words_alone(globus, data, strike):
    globus.add_file("/d/a.txt", ALPHABET)
    answer = await data.to("GET", "/gone.txt")
    assert (answer.status, "c=PATH_NOT_FOUND" in answer.text, "GridFTP-Errno: 2" in answer.text) == (404, True, True)
    looked = await data.to("HEAD", "/gone.txt")
    assert (looked.status, looked.body) == (404, b"")
    folder = await data.to("GET", "/d")
    assert (folder.status, "PATH_NOT_FOUND" in folder.text) == (404, False)
    strike("error", "https.get", reason="endpoint_error")
    outage = await data.to("GET", "/d/a.txt")
    assert (outage.status, "ENDPOINT_ERROR" in outage.text, "PATH_NOT_FOUND" in outage.text) == (404, True, False)
    assert (await data.to("GET", "/d/a.txt")).status == 200


async def test_an_outage_sticks_to_the_connection(globus, data, strike):
    globus.add_file("/a.txt", ALPHABET)
    strike("sick_connection", "https.get")
    for _ in range(3):
        answer = await data.to("GET", "/a.txt")
        assert (answer.status, "GCS Manager Internal Error" in answer.text) == (404, True)
    async with aiohttp.ClientSession() as fresh:
        assert (await Data(globus, fresh, data.token).to("GET", "/a.txt")).body == ALPHABET


async def test_bytes_are_put_in_folders_that_are_there(globus, data):
    globus.add_folder("/d")
    assert (await data.to("PUT", "/d/new.txt", data=b"one")).status == 200
    assert (await globus.find("/d/new.txt")).content.read() == b"one"
    assert (await data.to("PUT", "/d/new.txt", data=b"two!")).status == 200
    assert (await data.to("GET", "/d/new.txt")).body == b"two!"
    missing = await data.to("PUT", "/gone/new.txt", data=b"x")
    assert (missing.status, "PATH_NOT_FOUND" in missing.text) == (404, True)
    assert (await data.to("PUT", "/d", data=b"x")).status == 404
    assert (await data.to("PUT", "/d/new.txt/below", data=b"x")).status == 404
    assert (await data.to("PUT", "/d/empty", data=b"")).status == 200
    assert (await globus.find("/d/empty")).content.size == 0


async def test_a_put_that_breaks_off_leaves_what_has_come(globus, data):
    globus.add_file("/a.txt", ALPHABET)
    server = URL(globus.collection.https_server)
    _, writer = await asyncio.open_connection(server.host, server.port)
    head = f"PUT /a.txt HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {data.token}\r\nContent-Length: 100\r\n\r\n"
    writer.write(head.encode() + b"half")
    await has_size(globus, "/a.txt", 0)
    writer.close()
    await has_size(globus, "/a.txt", 4)
    assert (await data.to("GET", "/a.txt")).body == b"half"


async def test_a_put_may_fail_half_way(globus, data, strike):
    strike("half_written", "https.put", bytes=3)
    assert (await data.to("PUT", "/a.txt", data=b"abcdef")).status == 500
    assert (await data.to("GET", "/a.txt")).body == b"abc"


async def test_files_are_deleted_and_nothing_else(globus, data):
    globus.add_file("/d/a.txt", ALPHABET)
    assert (await data.to("DELETE", "/d/a.txt")).status == 200
    assert (await data.to("DELETE", "/d/a.txt")).status == 404
    assert (await data.to("DELETE", "/d")).status == 404
    assert (await data.to("POST", "/d")).status == 405


async def test_a_file_may_change_within_a_second(globus, data, strike):
    globus.add_file("/a.txt", "one", modified=NOON - 50)
    strike("replace_content", "https.head", text="two")
    assert (await data.to("HEAD", "/a.txt")).status == 200
    assert (await data.to("GET", "/a.txt")).body == b"two"
    assert (await globus.find("/a.txt")).modified == NOON - 50


async def test_ranges_may_be_ignored_or_tell_the_size(globus, data, strike):
    globus.add_file("/a.txt", ALPHABET)
    strike("ignore_range", "https.get")
    answer = await data.part("0-2")
    assert (answer.status, answer.body) == (200, ALPHABET)
    strike("total", "https.get")
    assert (await data.part("0-2")).headers["Content-Range"] == "bytes 0-2/26"


async def test_a_login_page_may_come_instead_whatever_is_shown(globus, data, strike):
    globus.add_file("/a.txt", ALPHABET)
    strike("login_page", "https.get")
    assert (await data.to("GET", "/a.txt", headers=XHR)).status == 302
    assert (await data.to("GET", "/a.txt", headers=XHR)).status == 200


@pytest.mark.parametrize(("effect", "status"), [("unreachable", 404), ("no_access", 403), ("session_expired", 403)])
async def test_some_faults_stick_to_a_collection(globus, data, strike, effect, status):
    globus.add_file("/a.txt", ALPHABET)
    strike(effect, id=globus.collection.id)
    assert [(await data.to("GET", "/a.txt")).status for _ in range(2)] == [status, status]


async def test_bodies_may_be_cut(globus, data, strike):
    globus.add_file("/a.txt", ALPHABET)
    strike("truncate", "https.get", bytes=5)
    assert (await data.to("GET", "/a.txt")).body == ALPHABET[:5]
    strike("cut", "https.get", name="a.txt", bytes=5)
    with pytest.raises(aiohttp.ClientPayloadError):
        await data.to("GET", "/a.txt")


async def test_tokens_end(globus, data, strike):
    globus.add_file("/a.txt", ALPHABET)
    strike("expire_tokens", "https.get", after=1)
    statuses = [(await data.to("GET", "/a.txt", headers=XHR)).status for _ in range(2)]
    assert statuses == [200, 401]
