"""The HTTP client: requests that change something, with bodies that are made anew for each try."""

from collections.abc import AsyncIterator

import aiohttp
import pytest
from aiohttp import web
from tests.http.servers import CONTENT, QUICK, Tokens, answering, redirect, status, table

from hubdrives.errors import Forbidden, LocalFailure, UnexpectedAnswer
from hubdrives.http import Client


async def pieces() -> AsyncIterator[bytes]:
    for start in range(0, len(CONTENT), 100_000):
        yield CONTENT[start : start + 100_000]


def echo(request: web.Request) -> web.Response:
    return web.json_response({"method": request.method}, status=201, headers={"X-New": "7"})


async def test_what_is_sent_arrives_and_status_json_and_headers_come_back(client, serve):
    got = []

    async def answer(request):
        got.append(await request.read())
        return echo(request)

    told, value, headers = await client.send("PUT", f"{await serve(answer)}/x", operation="put", payload=pieces)
    assert got == [CONTENT]
    assert (told, value, headers["X-New"]) == (201, {"method": "PUT"}, "7")


async def test_an_empty_answer_is_none(client, serve):
    url = await serve(answering(status(204)))
    assert (await client.send("DELETE", url, operation="delete"))[:2] == (204, None)


async def test_json_can_be_sent_too(client, serve):
    handler = answering(echo)
    await client.send("POST", await serve(handler), operation="post", body={"name": "x"})
    assert await handler.seen[0].json() == {"name": "x"}


async def test_after_passing_trouble_the_body_is_made_anew(client, serve):
    handler, got = answering(status(503), echo), []

    async def answer(request):
        got.append(len(await request.read()))
        return await handler(request)

    made = []

    def payload():
        made.append(1)
        return pieces()

    assert (await client.send("PUT", await serve(answer), operation="put", payload=payload))[0] == 201
    assert got == [len(CONTENT)] * 2
    assert len(made) == 2


async def test_a_renewed_token_sends_the_body_again(serve):
    handler = answering(status(401), echo)
    async with Client(title="Box", errors=table, tokens=Tokens(), policy=QUICK) as client:
        assert (await client.send("PUT", await serve(handler), operation="put", payload=lambda: CONTENT))[0] == 201
    assert [request.headers["Authorization"] for request in handler.seen] == ["Bearer token-1", "Bearer token-2"]


async def test_a_multipart_body_is_a_writer_of_aiohttp_s(client, serve):
    got = {}

    async def answer(request):
        async for part in await request.multipart():
            got[part.name] = await part.read()
        return echo(request)

    def payload():
        writer = aiohttp.MultipartWriter("form-data")
        writer.append("{}").set_content_disposition("form-data", name="attributes")
        writer.append(b"bytes").set_content_disposition("form-data", name="file", filename="a")
        return writer

    await client.send("POST", await serve(answer), operation="upload", payload=payload)
    assert {name: bytes(data) for name, data in got.items()} == {"attributes": b"{}", "file": b"bytes"}


async def test_a_body_that_can_not_be_read_any_more_says_so_at_once(client, serve):
    tries = []

    async def broken():
        tries.append(1)
        yield b"some"
        raise LocalFailure("'a' was changed while it was being sent.")

    async def answer(request):
        await request.read()
        return echo(request)

    with pytest.raises(LocalFailure, match="changed"):
        await client.send("PUT", await serve(answer), operation="put", payload=broken)
    assert len(tries) == 1


async def test_a_refusal_is_told_and_not_repeated(client, serve):
    handler = answering(status(403))
    with pytest.raises(Forbidden):
        await client.send("PUT", await serve(handler), operation="put", payload=pieces)
    assert len(handler.seen) == 1


async def test_a_body_is_not_sent_to_another_host(client, serve):
    other = answering(echo)
    url = await serve(answering(redirect(307, await serve(other))))
    with pytest.raises(UnexpectedAnswer, match="not safe"):
        await client.send("PUT", url, operation="put", payload=pieces)
    assert other.seen == []


async def test_an_anonymous_request_carries_no_token(serve):
    handler = answering(echo)
    async with Client(title="Box", errors=table, tokens=Tokens(), policy=QUICK) as client:
        await client.send("PUT", await serve(handler), operation="put", payload=lambda: b"x", anonymous=True)
    assert "Authorization" not in handler.seen[0].headers
