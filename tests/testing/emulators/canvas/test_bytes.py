"""The way to the bytes: redirects to another host, which wants no token, and pages for people in between."""

import pytest
from yarl import URL

from hubdrives.testing.emulators.canvas import STUDENT
from hubdrives.testing.emulators.content import Content

DATA = bytes(range(256))


@pytest.fixture
def node(plant):
    return plant("week 1/a.bin", DATA)


@pytest.fixture
async def address(client, node):
    return (await client.get(f"files/{node.id}/public_url")).json["public_url"]


async def test_the_bytes_are_on_another_port_and_need_no_token(canvas, client, address):
    assert URL(address).origin() != URL(canvas.url).origin()
    answer = await client.send("GET", address)
    assert (answer.status, answer.body) == (200, DATA)
    assert answer.headers["Content-Type"] == "application/octet-stream"


async def test_a_file_leads_there_with_a_token_only(canvas, client, node):
    url = (await client.get(f"files/{node.id}")).json["url"]
    paths = [url, f"/files/{node.id}/download", f"/courses/{canvas.course.id}/files/{node.id}/download?download_frd=1"]
    for path in paths:
        answer = await client.send("GET", path, headers=client.bearer, allow_redirects=False)
        assert answer.status == 302
        assert answer.headers["Location"].startswith(canvas.storage.url)
        assert (await client.send("GET", answer.headers["Location"])).body == DATA


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer nonsense"}])
async def test_who_is_not_logged_in_ends_at_a_page_that_looks_like_success(client, node, headers):
    answer = await client.send("GET", f"/files/{node.id}/download", headers=headers)
    assert (answer.status, answer.url.path) == (200, "/login")
    assert answer.headers["Content-Type"].startswith("text/html")
    assert answer.url.query["return_to"] == f"/files/{node.id}/download"


async def test_old_versions_take_a_verifier_and_no_token(canvas, client, node):
    canvas.site.verifiers = True
    url = (await client.get(f"files/{node.id}")).json["url"]
    assert "&verifier=" in url
    assert (await client.send("GET", url)).body == DATA
    assert (await client.get(f"/files/{node.id}/download")).url.path == "/login"
    assert (await client.send("GET", f"/files/{node.id}/download?verifier=wrong")).url.path == "/login"


async def test_a_browser_that_is_logged_in_gets_the_file(canvas, client, node):
    page = await client.send("GET", f"/files/{node.id}/download")
    await client.send("POST", str(page.url), data={"login": STUDENT})
    assert (await client.send("GET", f"/files/{node.id}/download")).body == DATA
    await client.send("POST", str(page.url), data={"login": "stranger"})
    assert (await client.send("GET", f"/files/{node.id}/download")).status == 403


async def test_the_page_for_logging_in_sends_nobody_elsewhere(canvas, client):
    for back in ("https://example.org/", "//example.org/", "/\\example.org"):
        url = URL(canvas.url + "/login") % {"return_to": back}
        answer = await client.send("POST", str(url), data={"login": STUDENT}, allow_redirects=False)
        assert answer.headers["Location"] == "/"


async def test_the_storage_refuses_a_token(client, address):
    answer = await client.send("GET", address, headers=client.bearer)
    assert (answer.status, answer.headers["Content-Type"]) == (400, "application/xml")
    assert b"<Code>InvalidArgument</Code>" in answer.body


async def test_an_address_ends(canvas, client, address, clock):
    clock.now += canvas.site.address_lifetime - 1
    assert (await client.send("GET", address)).status == 200
    clock.now += 2
    answer = await client.send("GET", address)
    assert (answer.status, answer.headers["Content-Type"]) == (403, "application/xml")
    assert b"<Code>AccessDenied</Code><Message>Request has expired</Message>" in answer.body


async def test_an_address_can_not_be_made_up_and_is_for_reading(client, address):
    for wrong in (address + "x", address.partition("?")[0]):
        answer = await client.send("GET", wrong)
        assert (answer.status, b"SignatureDoesNotMatch" in answer.body) == (403, True)
    assert (await client.send("PUT", address, data=b"x")).status == 403


@pytest.mark.parametrize(
    ("asked", "start", "stop"),
    [
        ("bytes=0-0", 0, 1),
        ("bytes=10-19", 10, 20),
        ("bytes=250-", 250, 256),
        ("bytes=-6", 250, 256),
        ("bytes=9-999", 9, 256),
    ],
)
async def test_a_range_is_honoured(client, address, asked, start, stop):
    answer = await client.send("GET", address, headers={"Range": asked})
    assert (answer.status, answer.body) == (206, DATA[start:stop])
    assert answer.headers["Content-Range"] == f"bytes {start}-{stop - 1}/256"
    assert answer.headers["Content-Length"] == str(stop - start)


async def test_a_range_that_is_not_there_is_refused(client, address):
    answer = await client.send("GET", address, headers={"Range": "bytes=256-"})
    assert (answer.status, answer.headers["Content-Range"]) == (416, "bytes */256")
    assert b"<Code>InvalidRange</Code>" in answer.body


async def test_an_address_keeps_its_bytes_when_another_file_is_uploaded_over_the_name(canvas, client, address, node):
    canvas.tree.replace(node.id, Content.of("new"))
    assert (await client.send("GET", address)).body == DATA


async def test_an_empty_file_has_an_address_too(client, plant):
    node = plant("empty.txt", "")
    got = (await client.get(f"files/{node.id}")).json
    assert got["size"] == 0
    answer = await client.get(got["url"])
    assert (answer.status, answer.body, answer.headers["Content-Length"]) == (200, b"", "0")


async def test_names_of_any_kind_are_in_addresses(client, plant):
    for name in ("50% & more?.txt", "ünïcode.txt", "a#b.txt", "a/b.txt", "x" * 250 + ".txt"):
        node = plant("a.txt", name)
        node = client.canvas.tree.rename(node.id, name)
        address = (await client.get(f"files/{node.id}/public_url")).json["public_url"]
        assert (await client.send("GET", address)).body.decode() == name
