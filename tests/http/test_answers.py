"""The HTTP client: what it reads off answers beside their content, and addresses that get no token."""

import pytest
from aiohttp import web
from tests.http.servers import CONTENT, QUICK, Tokens, answering, collect, ok, ranged, redirect, table

from hubdrives.errors import Unavailable, UnexpectedAnswer
from hubdrives.http import Client
from hubdrives.limits import AdaptiveLimit


async def test_a_page_comes_with_the_headers_that_lead_to_the_next(client, serve):
    handler = answering(lambda _request: web.json_response([1], headers={"link": '<http://x/2>; rel="next"'}))
    value, headers = await client.page("GET", f"{await serve(handler)}/x", operation="test")
    assert value == [1]
    assert headers["Link"] == '<http://x/2>; rel="next"'


async def test_an_anonymous_download_carries_no_token_and_asks_for_none(serve):
    handler = answering(ranged(CONTENT))
    tokens = Tokens()
    async with Client(title="Storage", errors=table, tokens=tokens, policy=QUICK) as client:
        url = f"{await serve(handler)}/signed"
        assert await collect(client.stream(url, operation="test", size=len(CONTENT), anonymous=True)) == CONTENT
        assert await client.json("GET", f"{await serve(answering(ok))}/x", operation="test") == {"method": "GET"}
    (request,) = handler.seen
    assert "Authorization" not in request.headers


async def test_an_anonymous_download_that_is_refused_renews_no_token(serve):
    tokens = Tokens()
    handler = answering(lambda _request: web.Response(status=401))
    async with Client(title="Storage", errors=table, tokens=tokens, policy=QUICK) as client:
        with pytest.raises(Exception, match="401"):
            await collect(client.stream(f"{await serve(handler)}/x", operation="test", anonymous=True))
    assert tokens.minted == 1
    assert len(handler.seen) == 1


async def test_an_answer_that_does_not_pass_the_check_is_not_used(client, serve):
    handler = answering(lambda _request: web.Response(text="<html>log in</html>", content_type="text/html"))

    def check(_url, headers):
        if headers["Content-Type"].startswith("text/html"):
            raise UnexpectedAnswer("That is a page.")

    with pytest.raises(UnexpectedAnswer, match="page"):
        await collect(client.stream(f"{await serve(handler)}/x", operation="test", check=check))
    assert len(handler.seen) == 1


async def test_a_check_that_fails_in_passing_is_tried_again(client, serve):
    handler = answering(
        lambda _request: web.Response(text="busy", content_type="text/html"), ranged(CONTENT, X_Good="yes")
    )

    def check(_url, headers):
        if headers["Content-Type"].startswith("text/html"):
            raise Unavailable("A page of theirs.")

    url = f"{await serve(handler)}/x"
    assert await collect(client.stream(url, operation="test", size=len(CONTENT), check=check)) == CONTENT


async def test_the_check_sees_where_redirects_have_led(client, serve):
    seen = []
    end = await serve(answering(ranged(CONTENT)))
    url = f"{await serve(answering(redirect(302, f'{end}/end')))}/start"
    await collect(client.stream(url, operation="test", check=lambda where, _headers: seen.append(str(where))))
    assert seen == [f"{end}/end"]


async def test_each_answer_says_how_much_of_the_allowance_is_left(serve):
    limit = AdaptiveLimit(concurrency=8)

    def left(headers):
        return float(headers["X-Left"]) if "X-Left" in headers else None

    handler = answering(
        lambda _request: web.json_response({}, headers={"X-Left": "0.25"}),
        ok,
        lambda _request: web.json_response({}, headers={"X-Left": "1.0"}),
    )
    async with Client(title="Site", errors=table, limit=limit, policy=QUICK, headroom=left) as client:
        url = f"{await serve(handler)}/x"
        seen = []
        for _ in range(3):
            await client.json("GET", url, operation="test")
            seen.append(limit.concurrency)
    assert seen == [2, 2, 8]
