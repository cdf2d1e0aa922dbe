"""The bytes of a file, when all goes well and when it does not."""

import contextlib

import pytest
from aiohttp import web
from tests.providers.asking import read
from tests.providers.canvas.conftest import DAY
from tests.providers.clock import NOW

from hubdrives.errors import BadCredential, Corrupt, Unreadable, VersionGone
from hubdrives.http import Client
from hubdrives.model import Entry, Kind
from hubdrives.providers.canvas import Canvas
from hubdrives.testing.emulators.canvas import STUDENT
from hubdrives.testing.emulators.content import Content

DATA = bytes(range(256)) * 4096  # 1 MiB
ONE = {"files.public_url": 1, "files.content": 1}


@pytest.fixture
async def file(bench) -> tuple[Canvas, Entry]:
    """A file of 1 MiB, and the provider that lists it."""
    canvas = await bench.connect()
    entry = await canvas.stat(bench.at(f"/files/{bench.file('big.bin', DATA)}"))
    bench.asked()
    return canvas, entry


async def test_a_file_is_a_request_for_its_address_and_one_for_its_bytes(bench, file) -> None:
    assert await read(*file) == DATA
    assert bench.asked() == ONE


async def test_a_part_is_asked_for_as_a_part(bench, file) -> None:
    assert await read(*file, start=5, stop=9) == DATA[5:9]
    assert [each["status"] for each in bench.school.requests.log if each["operation"] == "files.content"] == [206]


async def test_an_empty_file_is_not_asked_for(bench) -> None:
    canvas = await bench.connect()
    entry = await canvas.stat(bench.at(f"/files/{bench.file('empty', b'')}"))
    bench.asked()
    assert await read(canvas, entry) == b""
    assert bench.asked() == {}


async def test_the_storage_is_never_shown_the_token(bench, file) -> None:
    """It answers 400 to who shows one, so every test here would fail; this one says so."""
    for lasting in ([], [{"operation": "*", "effect": "no_public_url"}]):
        bench.school.faults.set(lasting)
        assert await read(*file) == DATA
        assert bench.asked()["files.content"] == 1


@pytest.mark.parametrize("verifiers", [True, False])
async def test_without_a_public_address_the_files_own_is_used(bench, file, verifiers: bool) -> None:
    bench.school.site.verifiers = verifiers
    bench.school.faults.set([{"operation": "*", "effect": "no_public_url"}])
    assert await read(*file) == DATA
    assert bench.asked() == {"files.public_url": 1, "files.get": 1, "files.download": 1, "files.content": 1}


async def test_a_scope_that_lacks_for_public_addresses_is_gone_around(bench, file) -> None:
    bench.fault("files.public_url", "error", reason="insufficient_scopes", times=None)
    assert await read(*file) == DATA
    assert bench.tokens[STUDENT].renewals == 0


async def test_a_connection_that_is_cut_is_resumed_where_it_was_cut(bench, file) -> None:
    bench.fault("files.content", "cut", bytes=300_000)
    assert await read(*file) == DATA
    assert [each["status"] for each in bench.school.requests.log if each["operation"] == "files.content"] == [200, 206]


async def test_an_address_that_ended_is_replaced_and_reading_goes_on_at_the_same_byte(bench, file) -> None:
    bench.school.faults.set(
        [
            {"operation": "files.content", "effect": "cut", "bytes": 300_000},
            {"operation": "files.content", "effect": "expired_address", "after": 1},
        ]
    )
    canvas, entry = file
    assert await read(canvas, entry) == DATA
    told = [(each["operation"], each["status"]) for each in bench.school.requests.log]
    assert told == [
        ("files.public_url", 200),
        ("files.content", 200),
        ("files.content", 403),
        ("files.public_url", 200),
        ("files.content", 206),
    ]


async def test_an_address_that_is_too_old_at_once_is_replaced(bench, file) -> None:
    bench.fault("files.content", "expired_address", times=2)
    assert await read(*file) == DATA
    assert bench.asked() == {"files.public_url": 3, "files.content": 3}


async def test_a_storage_that_never_accepts_is_given_up(bench, file) -> None:
    bench.fault("files.content", "expired_address", times=None)
    with pytest.raises(Unreadable) as told:
        await read(*file)
    assert "token=" not in f"{told.value} {told.value.hint}"
    assert bench.asked() == {"files.public_url": 3, "files.content": 3, "files.get": 1}


async def test_a_token_that_ends_meanwhile_is_renewed(bench, file) -> None:
    bench.fault("files.public_url", "expire_tokens")
    assert await read(*file) == DATA
    assert bench.tokens[STUDENT].renewals == 1


@pytest.mark.parametrize("data", [b"", b"short", DATA[::-1], DATA * 2])
async def test_a_file_that_was_replaced_is_gone(bench, file, data: bytes) -> None:
    canvas, entry = file
    bench.school.tree.replace(entry.id.removeprefix("files/"), Content.of(data))
    with pytest.raises(VersionGone, match=r"'big\.bin'"):
        await read(canvas, entry)


async def test_a_file_that_is_replaced_while_it_is_read_is_gone_or_whole(bench, file) -> None:
    """Its bytes are those that were promised, or it is told that they are no more to be had."""
    canvas, entry = file
    bench.fault("files.content", "replace_content", text="other")
    with contextlib.suppress(VersionGone):
        assert await read(canvas, entry) == DATA
    with pytest.raises(VersionGone):
        await read(canvas, entry)


async def test_damage_that_comes_of_a_replacement_is_told_as_that(bench, file) -> None:
    bench.school.faults.set(
        [
            {"operation": "files.content", "effect": "replace_content", "text": "other"},
            {"operation": "files.content", "effect": "truncate", "bytes": 5000, "times": None},
        ]
    )
    with pytest.raises(VersionGone):
        await read(*file)


async def test_a_file_that_tells_another_time_than_when_it_was_listed_is_another_version(bench) -> None:
    bench.school.faults.set(
        [{"operation": "*", "effect": "no_modified_at"}, {"operation": "*", "effect": "no_public_url"}]
    )
    canvas = await bench.connect()
    item = bench.file("a.txt")
    entry = await canvas.stat(bench.at(f"/files/{item}"))
    assert await read(canvas, entry) == b"text"
    bench.clock.now += 60
    bench.school.tree.touch(item)
    bench.school.tree.rename(item, "b.txt")
    with pytest.raises(VersionGone):
        await read(canvas, entry)


async def test_a_file_whose_address_ends_after_it_was_replaced_is_gone(bench, file) -> None:
    canvas, entry = file
    bench.fault("files.content", "cut", bytes=300_000)
    pieces = canvas.read(entry)
    await anext(pieces)
    bench.school.tree.replace(entry.id.removeprefix("files/"), Content.of("other"))
    bench.fault("files.content", "expired_address", times=None)
    with pytest.raises(VersionGone):
        [piece async for piece in pieces]


async def test_a_file_that_was_locked_meanwhile_says_until_when(bench, file) -> None:
    canvas, entry = file
    bench.school.unlock_at(entry.id.removeprefix("files/"), NOW + DAY)
    with pytest.raises((Unreadable, VersionGone)):
        await read(canvas, entry)


async def test_a_body_of_another_size_is_damaged(bench, file) -> None:
    canvas, entry = file
    bench.fault("files.content", "truncate", bytes=5000, times=None)
    with pytest.raises(Corrupt):
        await read(canvas, entry)


async def test_the_page_for_logging_in_is_never_taken_for_the_file(bench, file) -> None:
    bench.school.faults.set(
        [
            {"operation": "*", "effect": "no_public_url"},
            {"operation": "files.download", "effect": "login_page", "times": None},
        ]
    )
    pieces = []
    with pytest.raises(Unreadable, match="page for people") as told:
        pieces += [piece async for piece in file[0].read(file[1])]
    assert pieces == []
    assert told.value.hint


async def test_a_page_that_the_storage_sends_instead_is_not_taken_for_the_file(bench, file) -> None:
    bench.fault("files.content", "html", status=200, times=None)
    with pytest.raises((Unreadable, Corrupt)):
        await read(*file)


@pytest.mark.parametrize("kind", ["text/html; charset=utf-8", "Application/XHTML+xml"])
async def test_a_page_of_the_very_size_of_the_file_is_not_taken_for_it_either(serve, kind: str) -> None:
    async def handler(request: web.Request) -> web.Response:
        if request.path.endswith("/public_url"):
            return web.json_response({"public_url": f"{url}/files/7/download"})
        if request.path.startswith("/api/"):
            return web.json_response({"id": 7, "display_name": "a.bin", "size": 4})
        return web.Response(body=b"<p/>", headers={"Content-Type": kind})

    url = await serve(handler)
    async with Canvas(Client(title="Canvas", errors=Canvas.errors), origin=url) as canvas:
        with pytest.raises(Unreadable, match="page for people"):
            await read(canvas, Entry(path="a.bin", kind=Kind.FILE, id="files/7", size=4, version="7  4"))


async def test_a_web_page_that_is_a_file_is_read(bench) -> None:
    canvas = await bench.connect()
    entry = await canvas.stat(bench.at(f"/files/{bench.file('index.html', '<p>Hello</p>')}"))
    assert await read(canvas, entry) == b"<p>Hello</p>"
    bench.school.faults.set(
        [
            {"operation": "*", "effect": "no_public_url"},
            {"operation": "files.download", "effect": "login_page", "times": None},
        ]
    )
    with pytest.raises(Unreadable):
        await read(canvas, entry)


@pytest.mark.parametrize("status", [403, 429])
@pytest.mark.parametrize("operation", ["files.public_url", "files.content"])
async def test_who_is_throttled_waits_and_goes_on(bench, file, status: int, operation: str) -> None:
    bench.fault(operation, "error", reason="throttled", status=status, times=2)
    assert await read(*file) == DATA


async def test_a_revoked_token_is_told_so(bench, file) -> None:
    canvas, entry = file
    bench.fault("files.public_url", "error", reason="revoked_token", times=None)
    with pytest.raises(BadCredential, match="revoked"):
        await read(canvas, entry)


async def test_what_has_no_known_size_is_read_to_its_end(serve) -> None:
    """Canvas tells no size of some files."""

    async def handler(request: web.Request) -> web.Response:
        if request.path.endswith("/public_url"):
            return web.json_response({"public_url": f"{url}/files/7/download?verifier=v"})
        return web.Response(body=b"bytes", content_type="application/octet-stream")

    url = await serve(handler)
    async with Canvas(Client(title="Canvas", errors=Canvas.errors), origin=url) as canvas:
        entry = Entry(path="a.bin", kind=Kind.FILE, id="files/7", version="7  None")
        assert await read(canvas, entry) == b"bytes"
