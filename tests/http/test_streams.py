"""Streams of the HTTP client: ranges, cuts, digests, memory."""

import asyncio
import gc
import hashlib
import tracemalloc
from contextlib import aclosing, nullcontext

import pytest
from aiohttp import web
from tests.http.servers import (
    CONTENT,
    DIGEST,
    QUICK,
    answering,
    collect,
    cut,
    ok,
    ranged,
    status,
    table,
)

from hubdrives.errors import (
    Corrupt,
    Unavailable,
    VersionGone,
)
from hubdrives.http import CHUNK, Client
from hubdrives.limits import AdaptiveLimit

# Streams


async def test_a_whole_file_arrives_and_is_checked(client, serve):
    handler = answering(ranged(CONTENT))
    stream = client.stream(await serve(handler), operation="test", size=len(CONTENT), digest=DIGEST)
    assert await collect(stream) == CONTENT
    assert "Range" not in handler.seen[0].headers
    assert handler.seen[0].headers["Accept-Encoding"] == "identity"


@pytest.mark.parametrize("known", [len(CONTENT), None])
@pytest.mark.parametrize(("start", "stop"), [(0, 10), (7, 100), (1000, len(CONTENT)), (500_000, None), (0, 1)])
async def test_a_part_is_what_was_asked_for(client, serve, start, stop, known):
    url = await serve(answering(ranged(CONTENT)))
    stream = client.stream(url, operation="test", start=start, stop=stop, size=known, digest=DIGEST)
    assert await collect(stream) == CONTENT[start:stop]


@pytest.mark.parametrize(("start", "stop"), [(0, 10), (7, 300_000), (500_000, None), (0, len(CONTENT) + 5)])
async def test_a_server_that_ignores_ranges_gives_the_same_bytes(client, serve, start, stop):
    url = await serve(answering(lambda _request: web.Response(body=CONTENT)))
    stream = client.stream(url, operation="test", start=start, stop=stop, size=len(CONTENT), digest=DIGEST)
    assert await collect(stream) == CONTENT[start:stop]


async def test_an_empty_file_needs_no_request_and_its_digest_is_checked(client, serve):
    handler = answering(ok)
    url = await serve(handler)
    empty = f"sha256:{hashlib.sha256().hexdigest()}"
    assert await collect(client.stream(url, operation="test", size=0, digest=empty)) == b""
    with pytest.raises(Corrupt):
        await collect(client.stream(url, operation="test", size=0, digest=DIGEST))
    assert handler.seen == []


async def test_a_file_of_unknown_size_may_be_empty(client, serve):
    handler = answering(status(200))
    assert await collect(client.stream(await serve(handler), operation="test")) == b""
    assert len(handler.seen) == 1


@pytest.mark.parametrize("length", [True, False])
@pytest.mark.parametrize("after", [1, 1000, 300_000, len(CONTENT) - 1])
async def test_a_cut_connection_is_resumed_where_it_was_cut(client, serve, after, length):
    handler = answering(cut(after, length=length), ranged(CONTENT))
    stream = client.stream(await serve(handler), operation="test", size=len(CONTENT), digest=DIGEST)
    assert await collect(stream) == CONTENT
    resumed = handler.seen[1].http_range.start
    # What was in flight when the connection broke may be lost, and is then asked for again.
    assert resumed is None or 0 < resumed <= after


async def test_a_resumed_part_ends_where_it_should(client, serve):
    async def some(request):
        response = web.StreamResponse(status=206, headers={"Content-Range": f"bytes 100-499999/{len(CONTENT)}"})
        response.content_length = 499_900
        await response.prepare(request)
        await response.write(CONTENT[100:300_000])
        await asyncio.sleep(0.05)
        request.transport.close()
        return response

    handler = answering(some, ranged(CONTENT))
    stream = client.stream(await serve(handler), operation="test", start=100, stop=500_000)
    assert await collect(stream) == CONTENT[100:500_000]
    assert handler.seen[1].headers["Range"] == f"bytes={handler.seen[1].http_range.start}-499999"


async def test_many_cuts_do_no_harm_as_long_as_much_comes(client, serve):
    big = CONTENT * 8
    handler = answering(*[cut(len(CONTENT) + 70_000, big)] * 7, ranged(big))
    stream = client.stream(await serve(handler), operation="test", size=len(big))
    received = hashlib.md5()
    async for piece in stream:
        received.update(piece)
    assert received.digest() == hashlib.md5(big).digest()
    assert len(handler.seen) > QUICK.attempts + 1


async def test_a_server_that_always_breaks_off_after_little_is_given_up(client, serve):
    handler = answering(cut(1000))
    with pytest.raises(Unavailable):
        await collect(client.stream(await serve(handler), operation="test", size=len(CONTENT)))
    assert len(handler.seen) <= QUICK.attempts * 2


async def test_a_cut_in_a_file_of_unknown_size_is_corrupt(client, serve):
    handler = answering(cut(300_000, length=False), ranged(CONTENT))
    with pytest.raises(Corrupt):
        await collect(client.stream(await serve(handler), operation="test"))
    assert len(handler.seen) == 1


async def test_a_body_that_ends_early_in_good_order_is_completed(client, serve):
    handler = answering(lambda _request: web.Response(body=CONTENT[:5000]), ranged(CONTENT))
    stream = client.stream(await serve(handler), operation="test", size=len(CONTENT), digest=DIGEST)
    assert await collect(stream) == CONTENT
    assert handler.seen[1].headers["Range"] == "bytes=5000-"


async def test_a_body_that_is_too_short_for_good_is_an_error(client, serve):
    handler = answering(lambda _request: web.Response(body=CONTENT[:5000]))
    with pytest.raises(Corrupt, match="fewer bytes"):
        await collect(client.stream(await serve(handler), operation="test", size=len(CONTENT)))


async def test_a_file_that_shrank_is_another_version(client, serve):
    handler = answering(ranged(CONTENT[:5000]))
    with pytest.raises(VersionGone):
        await collect(client.stream(await serve(handler), operation="test", size=len(CONTENT)))
    assert len(handler.seen) == 2


async def test_more_bytes_than_promised_are_an_error_and_are_not_handed_on(client, serve):
    url = await serve(answering(lambda _request: web.Response(body=CONTENT)))
    received = []

    async def receive():
        async for piece in client.stream(url, operation="test", size=1000):
            received.append(piece)

    with pytest.raises(Corrupt, match="more bytes"):
        await receive()
    assert sum(map(len, received)) <= 1000


async def test_wrong_bytes_are_found_by_the_digest(client, serve):
    wrong = CONTENT[:-1] + b"!"
    url = await serve(answering(ranged(wrong)))
    with pytest.raises(Corrupt, match="checksum"):
        await collect(client.stream(url, operation="test", size=len(CONTENT), digest=DIGEST))


@pytest.mark.parametrize("wrong", [None, 0, 2, 4])
async def test_a_wrong_megabyte_of_several_is_found_by_the_digest(client, serve, wrong):
    big = [CONTENT] * 5
    digest = f"sha1:{hashlib.sha1(b''.join(big)).hexdigest()}"
    if wrong is not None:
        big[wrong] = CONTENT[:-1] + b"!"
    url = await serve(answering(ranged(b"".join(big))))
    with nullcontext() if wrong is None else pytest.raises(Corrupt, match="checksum"):
        await collect(client.stream(url, operation="test", size=5 * len(CONTENT), digest=digest))


@pytest.mark.parametrize(
    "told", ["bytes 0-99/1048576", "bytes 11-1048575/1048576", "chunks 10-20/30", "", "bytes */1048576"]
)
async def test_another_part_than_was_asked_for_is_never_taken(client, serve, told):
    handler = answering(
        lambda _request: web.Response(status=206, body=CONTENT[:100], headers={"Content-Range": told} if told else {})
    )
    with pytest.raises(Corrupt, match="another part"):
        await collect(client.stream(await serve(handler), operation="test", start=10, size=len(CONTENT)))


async def test_a_part_of_a_file_of_another_size_is_another_version(client, serve):
    url = await serve(answering(ranged(CONTENT + b"more")))
    with pytest.raises(VersionGone):
        await collect(client.stream(url, operation="test", start=10, size=len(CONTENT)))


async def test_a_file_replaced_between_cut_and_resumption_is_not_mixed_with_the_old_one(client, serve):
    handler = answering(cut(300_000, ETag='"old"'), ranged(CONTENT[::-1], ETag='"new"'))
    url = await serve(handler)
    with pytest.raises(VersionGone):
        await collect(client.stream(url, operation="test", size=len(CONTENT)))


async def test_a_consumer_that_stops_early_frees_slot_and_connection(serve):
    limit = AdaptiveLimit(concurrency=1)
    url = await serve(answering(ranged(CONTENT * 4)))
    async with Client(title="Test Drive", errors=table, limit=limit, policy=QUICK) as client:
        async with aclosing(client.stream(url, operation="test", size=len(CONTENT) * 4)) as stream:
            async for _ in stream:
                break
        assert limit._active == 0
        assert await collect(client.stream(url, operation="test", start=3, stop=5)) == CONTENT[3:5]


async def test_a_consumer_that_just_walks_away_frees_the_slot_too(serve):
    limit = AdaptiveLimit(concurrency=1)
    url = await serve(answering(ranged(CONTENT)))
    async with Client(title="Test Drive", errors=table, limit=limit, policy=QUICK) as client:
        async for _ in client.stream(url, operation="test", size=len(CONTENT)):
            break
        gc.collect()
        async with asyncio.timeout(5):
            assert await collect(client.stream(url, operation="test", start=3, stop=5)) == CONTENT[3:5]


async def test_a_consumer_that_is_cancelled_in_the_middle_frees_the_slot(serve):
    limit = AdaptiveLimit(concurrency=1)
    half = asyncio.Event()

    async def handler(request):
        response = web.StreamResponse()
        response.content_length = len(CONTENT)
        await response.prepare(request)
        await response.write(CONTENT[:300_000])
        half.set()
        await asyncio.sleep(30)
        return response

    url = await serve(handler)
    async with Client(title="Test Drive", errors=table, limit=limit, policy=QUICK) as client:
        task = asyncio.create_task(collect(client.stream(url, operation="test", size=len(CONTENT))))
        await half.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert limit._active == 0


async def test_a_huge_file_is_never_held(client, serve):
    size = 64 << 20

    async def huge(request):
        response = web.StreamResponse()
        response.content_length = size
        await response.prepare(request)
        block = bytes(1 << 20)
        for _ in range(size // len(block)):
            await response.write(block)
        return response

    url = await serve(huge)
    tracemalloc.start()
    try:
        total = 0
        async for piece in client.stream(url, operation="test", size=size):
            assert len(piece) <= CHUNK
            total += len(piece)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert total == size
    assert peak < 8 << 20
