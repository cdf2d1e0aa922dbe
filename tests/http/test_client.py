"""The HTTP client: JSON, retries, rate limits."""

import asyncio
import contextlib
import gzip

import pytest
from aiohttp import web
from tests.http.servers import (
    QUICK,
    answering,
    collect,
    ok,
    status,
    table,
)

from hubdrives.errors import (
    BadConfig,
    Forbidden,
    NotFound,
    Unavailable,
    UnexpectedAnswer,
)
from hubdrives.http import Client
from hubdrives.limits import AdaptiveLimit
from hubdrives.retry import RetryPolicy

# JSON


async def test_json_sends_what_it_is_given_and_decodes_what_comes(client, serve):
    handler = answering(lambda request: web.json_response({"a": [1, 2]}))
    url = await serve(handler)
    answer = await client.json(
        "POST", f"{url}/x?fixed=1", operation="test", params={"q": "a b&c"}, headers={"X-Own": "y"}, body={"n": 1}
    )
    (request,) = handler.seen
    assert answer == {"a": [1, 2]}
    assert dict(request.query) == {"fixed": "1", "q": "a b&c"}
    assert request.headers["X-Own"] == "y"
    assert request.headers["User-Agent"].startswith("hubdrives/")
    assert await request.json() == {"n": 1}


async def test_compressed_json_is_asked_for_and_unpacked(client, serve):
    handler = answering(
        lambda _request: web.Response(
            body=gzip.compress(b'{"packed": true}'),
            headers={"Content-Encoding": "gzip", "Content-Type": "application/json"},
        )
    )
    assert await client.json("GET", await serve(handler), operation="test") == {"packed": True}
    assert "gzip" in handler.seen[0].headers["Accept-Encoding"]


@pytest.mark.parametrize("body", [b"<html>", b"", b'"\xff"', b"\xff\xfe"])
async def test_a_success_that_is_not_json_is_an_unexpected_answer(client, serve, body):
    handler = answering(lambda _request: web.Response(body=body))
    with pytest.raises(UnexpectedAnswer, match="Test Drive"):
        await client.json("GET", await serve(handler), operation="test")
    assert len(handler.seen) == 1


async def test_a_server_error_page_is_tried_again(client, serve):
    handler = answering(status(503, "<html>busy</html>"), status(500, "<html>oops</html>"), ok)
    assert await client.json("GET", await serve(handler), operation="test") == {"method": "GET"}
    assert len(handler.seen) == 3


async def test_the_attempts_end(client, serve):
    handler = answering(status(500))
    with pytest.raises(Unavailable):
        await client.json("GET", await serve(handler), operation="test")
    assert len(handler.seen) == QUICK.attempts


async def test_an_error_that_stays_is_not_tried_again(client, serve):
    handler = answering(status(404), ok)
    with pytest.raises(NotFound):
        await client.json("GET", await serve(handler), operation="test")
    assert len(handler.seen) == 1


async def test_a_connection_that_is_dropped_before_the_answer_is_tried_again(client, serve):
    async def drop(request):
        request.transport.abort()
        return web.Response()

    handler = answering(drop, ok)
    assert await client.json("GET", await serve(handler), operation="test") == {"method": "GET"}


async def test_nobody_listening_is_unavailable(client, unused_tcp_port):
    with pytest.raises(Unavailable, match="Test Drive"):
        await client.json("GET", f"http://127.0.0.1:{unused_tcp_port}/?token=hush", operation="test")


@pytest.mark.parametrize(
    "url", ["localhost:8000/x", "ftp://127.0.0.1/x", "http://127.0.0.1:99999/", "/x", "", "http://[::1"]
)
async def test_an_address_that_is_none_is_a_configuration_error_at_once(client, url):
    with pytest.raises(BadConfig, match="Test Drive"):
        await client.json("GET", url, operation="test")


async def test_the_error_table_sees_the_whole_body_though_it_comes_in_pieces(client, serve):
    failures = []

    async def slowly(request):
        response = web.StreamResponse(status=403)
        await response.prepare(request)
        for piece in (b'{"reason": ', b'"accessDenied"', b"}"):
            await response.write(piece)
            await asyncio.sleep(0.02)
        return response

    def remember(failure):
        failures.append(failure)
        return Forbidden("no")

    async with Client(title="Test Drive", errors=remember, policy=QUICK) as own:
        with pytest.raises(Forbidden):
            await own.json("GET", await serve(answering(slowly)), operation="things.get")
    assert failures[0].json() == {"reason": "accessDenied"}
    assert (failures[0].status, failures[0].operation) == (403, "things.get")


async def test_of_an_endless_error_body_only_the_beginning_is_read(serve):
    sizes = []

    async def endless(request):
        response = web.StreamResponse(status=404)
        await response.prepare(request)
        with contextlib.suppress(ConnectionError):
            while True:
                await response.write(b"x" * 65536)
        return response

    def measure(failure):
        sizes.append(len(failure.body))
        return NotFound("no")

    async with Client(title="Test Drive", errors=measure, policy=QUICK) as own:
        with pytest.raises(NotFound):
            await own.json("GET", await serve(answering(endless)), operation="test")
    assert sizes == [65536]


async def test_an_answer_that_is_neither_success_nor_failure_is_not_taken_for_content(client, serve):
    # A redirect that leads nowhere.
    with pytest.raises(UnexpectedAnswer):
        await collect(client.stream(await serve(answering(status(302, "moved"))), operation="test"))


# Rate limits


async def test_a_request_that_waits_for_its_next_try_holds_no_slot(serve):
    limit = AdaptiveLimit(concurrency=1)
    first_refused = asyncio.Event()

    async def handler(request):
        if request.path == "/slow" and not first_refused.is_set():
            first_refused.set()
            return web.Response(status=503)
        return web.json_response({})

    url = await serve(handler)
    patient = RetryPolicy(attempts=2, first=3600, longest=3600, patience=10**6)
    async with Client(title="Test Drive", errors=table, limit=limit, policy=patient) as client:
        slow = asyncio.create_task(client.json("GET", f"{url}/slow", operation="test"))
        await first_refused.wait()
        async with asyncio.timeout(5):
            await client.json("GET", f"{url}/other", operation="test")
        assert not slow.done()
        slow.cancel()


async def test_a_rate_limit_pauses_every_request_of_the_connection(serve):
    limit = AdaptiveLimit()
    handler = answering(status(429, Retry_After="120"), ok)
    url = await serve(handler)
    async with Client(title="Test Drive", errors=table, limit=limit, policy=RetryPolicy()) as client:
        task = asyncio.create_task(client.json("GET", url, operation="test"))
        while not limit.waiting:
            await asyncio.sleep(0.001)
        assert 119 < limit.waiting <= 121
        assert limit.concurrency == 4
        other = asyncio.create_task(client.json("GET", url, operation="test"))
        await asyncio.sleep(0.05)
        assert len(handler.seen) == 1
        for each in (task, other):
            each.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await each
    assert limit._active == 0


async def test_a_rate_limit_without_a_time_is_waited_out_too(serve):
    now = 0.0

    async def sleep(seconds):
        nonlocal now
        now += seconds

    limit = AdaptiveLimit(clock=lambda: now, sleep=sleep)
    handler = answering(*[status(429)] * 8, ok)
    async with Client(title="Test Drive", errors=table, limit=limit, policy=QUICK) as client:
        assert await client.json("GET", await serve(handler), operation="test") == {"method": "GET"}
    assert now > 8


@pytest.mark.parametrize("moment", [0.0, 0.01, 0.03])
async def test_cancelled_requests_give_their_slots_back(serve, moment):
    limit = AdaptiveLimit(concurrency=2)

    async def handler(request):
        if request.path == "/hang":
            response = web.StreamResponse()
            response.content_length = 100
            await response.prepare(request)
            await response.write(b"{")
            await asyncio.sleep(30)
        return web.json_response({})

    url = await serve(handler)
    async with Client(title="Test Drive", errors=table, limit=limit, policy=QUICK) as client:
        tasks = [asyncio.create_task(client.json("GET", f"{url}/hang", operation="test")) for _ in range(6)]
        await asyncio.sleep(moment)
        for task in tasks:
            task.cancel()
        outcomes = await asyncio.gather(*tasks, return_exceptions=True)
        assert all(isinstance(outcome, asyncio.CancelledError) for outcome in outcomes)
        async with asyncio.timeout(5):
            await asyncio.gather(*(client.json("GET", url, operation="test") for _ in range(4)))
    assert limit._active == 0


async def test_a_time_limit_of_the_caller_stays_the_callers(client, serve):
    async def hang(_request):
        await asyncio.sleep(30)

    url = await serve(hang)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await client.json("GET", url, operation="test")


async def test_trouble_of_the_callers_own_is_not_blamed_on_the_connection(client, serve):
    url = await serve(answering(ok))
    with pytest.raises(TimeoutError, match="the disk"):
        async with client.answer("GET", url, operation="test"):
            raise TimeoutError("the disk is slow")
