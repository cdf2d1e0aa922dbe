"""What is written through the gateway is written once and whole, whatever becomes of who sent it; and written down."""

import asyncio
import base64
import hashlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.gateway.shelves import ShelfBehindAGateway, put, shelved

from hubdrives.content import Bytes
from hubdrives.errors import BadInput, Changed, NotGranted, Unavailable
from hubdrives.providers.abilities import NEW, Query
from hubdrives.wire import CONTENT_DIGEST, IDEMPOTENCY

KEY = "a-key-that-nobody-else-has"


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[ShelfBehindAGateway]:
    async with shelved(tmp_path) as made:
        yield made


def digest_of(data: bytes) -> str:
    return f"sha-256=:{base64.b64encode(hashlib.sha256(data).digest()).decode()}:"


# Once


async def test_a_change_whose_answer_was_lost_is_not_made_twice(world: ShelfBehindAGateway) -> None:
    await world.open()
    world.cutter.cuts = [20]
    entry = await world.provider.write(world.location, "a.txt", Bytes(b"one"), if_version=NEW)
    assert (entry.size, await world.history("a.txt")) == (3, [b"one"])
    assert world.cutter.connections == 2
    lines = [line for line in world.bench.audit() if line["operation"] == "write"]
    assert [line.get("again", False) for line in lines] == [False, True]


async def test_a_change_that_takes_its_time_is_waited_for_and_made_once(world: ShelfBehindAGateway) -> None:
    await world.open(patience=0.05)
    world.shelf.held = asyncio.Event()
    writing = asyncio.create_task(world.provider.write(world.location, "a.txt", Bytes(b"one"), if_version=NEW))
    while not any(line["operation"] == "outcome" for line in (world.bench.audit() if _audited(world) else [])):
        await asyncio.sleep(0.02)
    assert not writing.done()
    world.shelf.held.set()
    assert (await writing).size == 3
    assert await world.history("a.txt") == [b"one"]
    outcomes = [line["outcome"] for line in world.bench.audit() if line["operation"] == "write"]
    assert outcomes == ["not-yet", "ok"]


async def test_what_fails_late_is_told_and_written_down(world: ShelfBehindAGateway) -> None:
    await world.open(patience=0.05)
    await world.write("a.txt", b"there")
    world.shelf.held = asyncio.Event()
    writing = asyncio.create_task(world.provider.write(world.location, "a.txt", Bytes(b"one"), if_version=NEW))
    while not any(line["operation"] == "outcome" for line in (world.bench.audit() if _audited(world) else [])):
        await asyncio.sleep(0.02)
    world.shelf.held.set()
    with pytest.raises(Changed):
        await writing
    outcomes = [(line["outcome"], line["status"]) for line in world.bench.audit() if line["operation"] == "write"]
    assert outcomes == [("not-yet", 202), ("changed", 412)]


def _audited(world: ShelfBehindAGateway) -> bool:
    return (world.bench.folder / "audit.jsonl").exists()


async def test_another_s_key_is_another_change(world: ShelfBehindAGateway) -> None:
    await world.open()
    for name in ("alice", "bob"):
        headers = {"Idempotency_Key": KEY}
        status, _ = await put(world, "a.txt", name.encode(), token=world.bench.people.token(name), **headers)
        assert status == 200
    assert await world.history("a.txt") == [b"bob", b"alice"]
    status, body, _ = await world.bench.ask(
        "GET", "api/v1/outcome", token=world.bench.people.token("mallory"), params={"key": KEY}
    )
    assert (status, body["code"]) == (503, "unavailable")


async def test_who_shows_no_key_waits_for_the_answer(world: ShelfBehindAGateway) -> None:
    await world.open(patience=0.01)
    world.shelf.held = asyncio.Event()
    writing = asyncio.create_task(put(world, "a.txt"))
    await asyncio.sleep(0.1)
    assert not writing.done()
    world.shelf.held.set()
    assert (await writing)[0] == 200


# Whole


async def test_a_file_that_did_not_arrive_as_it_was_sent_is_not_written(world: ShelfBehindAGateway) -> None:
    await world.open()
    status, body = await put(world, "a.txt", b"damaged", **{CONTENT_DIGEST: digest_of(b"intact!")})
    assert (status, body["code"]) == (502, "corrupt")
    assert await world.names() == []
    assert (await put(world, "a.txt", b"intact!", **{CONTENT_DIGEST: digest_of(b"intact!")}))[0] == 200


async def test_a_client_that_goes_away_half_way_has_written_nothing(world: ShelfBehindAGateway) -> None:
    await world.open()
    assert world.bench.server is not None
    reader, writer = await asyncio.open_connection("127.0.0.1", world.bench.server.port)
    writer.write(
        b"PUT /services/hubdrives/api/v1/file?source=shelf:/&name=a.txt HTTP/1.1\r\nHost: x\r\n"
        + f"Authorization: token {world.bench.people.token('alice')}\r\n".encode()
        + b"Content-Length: 1000000\r\n\r\n"
        + b"x" * 500_000
    )
    await writer.drain()
    await asyncio.sleep(0.1)
    writer.close()
    while not _audited(world) or not world.bench.audit():
        await asyncio.sleep(0.02)
    assert [(line["operation"], line["outcome"]) for line in world.bench.audit()] == [("write", "cut")]
    assert (await world.names(), world.shelf.asked.count("change")) == ([], 0)
    del reader


@pytest.mark.parametrize("chunked", [False, True])
async def test_a_file_that_is_too_large_is_refused(world: ShelfBehindAGateway, chunked: bool) -> None:
    await world.open(upload_bytes=300_000)

    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(31):
            yield b"x" * 10_000

    status, body = await put(world, "a.txt", pieces() if chunked else b"x" * 310_000)
    assert (status, body["code"]) == (400, "bad-input")
    assert "300000" in body["message"]
    assert await world.names() == []
    assert (await put(world, "a.txt", b"x" * 300_000))[0] == 200


async def test_when_too_much_comes_at_once_some_must_come_again(world: ShelfBehindAGateway) -> None:
    await world.open(upload_bytes=100_000)
    world.shelf.held = asyncio.Event()
    data = b"x" * 100_000
    sending = [asyncio.create_task(put(world, f"{number}.txt", data)) for number in range(5)]
    done, _ = await asyncio.wait(sending, return_when=asyncio.FIRST_COMPLETED)
    assert [(task.result()[0], task.result()[1]["code"]) for task in done] == [(503, "unavailable")]
    world.shelf.held.set()
    outcomes = sorted([status for status, _ in await asyncio.gather(*sending)])
    assert outcomes == [200, 200, 200, 200, 503]
    # And what was held for them is free again.
    assert (await put(world, "again.txt", data))[0] == 200


async def test_what_came_in_leaves_nothing_on_the_gateway_s_disk(world: ShelfBehindAGateway) -> None:
    await world.open()
    world.shelf.held = asyncio.Event()
    writing = asyncio.create_task(put(world, "a.txt", b"a secret of some length"))
    while "change" not in world.shelf.asked:
        await asyncio.sleep(0.01)
    kept = [path for path in (world.bench.folder / "cache").rglob("*") if path.is_file()]
    world.shelf.held.set()
    await writing
    assert kept == []


# Written down


async def test_every_change_is_written_down(world: ShelfBehindAGateway) -> None:
    await world.open()
    writer, place = world.provider, world.location
    await writer.make_folder(place, "folder")
    await writer.write(place, "a.txt", Bytes(b"one"))
    await writer.write(place, "a.txt", Bytes(b"two"))
    version = (await writer.versions(place.below("a.txt")))[-1].id
    [piece async for piece in writer.read_version(place.below("a.txt"), version)]
    await writer.restore(place.below("a.txt"), version)
    await writer.move(place.below("a.txt"), parent=place.below("folder"), name="b.txt")
    await writer.remove(place.below("folder"))
    with pytest.raises(NotGranted):
        await writer.write(world.outside, "x", Bytes(b"x"))
    lines = world.bench.audit()
    assert {line["user"] for line in lines} == {"alice"}
    told = [
        (line["operation"], line.get("path"), line.get("received", 0), line.get("version"), line["outcome"])
        for line in lines
    ]
    assert told == [
        ("make-folder", "folder", 0, None, "ok"),
        ("write", "a.txt", 3, None, "ok"),
        ("write", "a.txt", 3, None, "ok"),
        ("versions", None, 0, None, "ok"),
        ("versions", None, 0, None, "ok"),
        ("version", None, 0, version, "ok"),
        ("restore", None, 0, version, "ok"),
        ("move", "b.txt", 0, None, "ok"),
        ("remove", None, 0, None, "ok"),
        ("write", "x", 0, None, "not-granted"),
    ]
    assert lines[7]["to"].endswith(" : folder")
    assert [line["connection"] for line in lines[:-1]] == ["shelf"] * 9


async def test_the_same_key_can_be_sent_at_the_same_time(world: ShelfBehindAGateway) -> None:
    await world.open()
    answers = await asyncio.gather(*(put(world, "a.txt", b"one", **{IDEMPOTENCY: KEY}) for _ in range(4)))
    assert {status for status, _ in answers} == {200}
    assert len({body["version"] for _, body in answers}) == 1
    assert await world.history("a.txt") == [b"one"]


async def test_an_unknown_outcome_is_no_success(world: ShelfBehindAGateway) -> None:
    await world.open()
    status, body, _ = await world.bench.ask(
        "GET", "api/v1/outcome", token=world.bench.people.token("alice"), params={"key": KEY}
    )
    assert (status, body["code"]) == (503, Unavailable.code)


async def test_a_change_whose_grant_takes_time_to_find_is_begun_when_it_is_found(world: ShelfBehindAGateway) -> None:
    await world.open(patience=0.05)
    await world.make_folder("folder")
    found, original = asyncio.Event(), world.kind.contains

    async def contains(self, root, location):
        await found.wait()
        return await original(self, root, location)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(world.kind, "contains", contains)
        writing = asyncio.create_task(world.provider.write(world.location.below("folder"), "a.txt", Bytes(b"one")))
        await asyncio.sleep(0.3)
        assert not writing.done()
        found.set()
        assert (await writing).size == 3
    assert await world.history("folder/a.txt") == [b"one"]


@pytest.mark.parametrize("ask", ["versions", "shares", "search"])
async def test_what_takes_time_to_look_up_is_waited_for_and_asked_once(world: ShelfBehindAGateway, ask: str) -> None:
    await world.open(patience=0.05)
    await world.write("a.txt", b"a")
    found, asked, original = asyncio.Event(), [], world.kind._item

    async def item(self, location):
        asked.append(location.path)
        await found.wait()
        return await original(self, location)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(world.kind, "_item", item)
        if ask == "search":
            query = Query(text="a")
            looking = asyncio.create_task(_all(world.provider.search(query, under=world.location)))
        else:
            looking = asyncio.create_task(getattr(world.provider, ask)(world.location))
        await asyncio.sleep(0.3)
        assert not looking.done()
        asked_so_far = len(asked)
        found.set()
        if ask == "versions":
            with pytest.raises(BadInput):
                await looking
        else:
            assert len(await looking) == (1 if ask == "search" else 0)
    assert (asked_so_far, len(asked)) == (1, 1)
    told = [line["outcome"] for line in world.bench.audit() if line["operation"] == ask]
    assert told[0] == "not-yet"
    assert told[-1] == ("bad-input" if ask == "versions" else "ok")


async def _all(entries):
    return [entry async for entry in entries]


async def test_a_refusal_reaches_whoever_is_still_sending(world: ShelfBehindAGateway) -> None:
    await world.open(upload_bytes=1 << 20)
    with pytest.raises(BadInput, match="1048576 bytes"):
        await world.provider.write(world.location, "big.bin", Bytes(bytes(64 << 20)))
    assert await world.names() == []
