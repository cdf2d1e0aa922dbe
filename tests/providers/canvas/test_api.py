import json

import pytest
from aiohttp import web

from hubdrives import errors as ours
from hubdrives.exchange import Failure
from hubdrives.http import Client
from hubdrives.limits import AdaptiveLimit
from hubdrives.providers.canvas.api import CONTENT, AddressRefused, Api, MissingScope, errors, headroom
from hubdrives.retry import RetryPolicy
from hubdrives.testing.emulators.canvas.errors import REASONS, STORAGE_ERRORS, CanvasError

CHALLENGE = {"WWW-Authenticate": 'Bearer realm="canvas-lms"'}


def told(message: str, **more) -> bytes:
    return json.dumps({**more, "errors": [{"message": message}]}).encode()


# The answers that Canvas is known to give: status, headers, body -> the error of ours, and whether it is tried again.
TABLE = [
    (401, CHALLENGE, told("Invalid access token."), ours.BadCredential, False),
    (401, CHALLENGE, told("Expired access token.", expired_at="2030-01-01"), ours.BadCredential, False),
    (401, CHALLENGE, told("Revoked access token."), ours.BadCredential, False),
    (401, CHALLENGE, b"", ours.BadCredential, False),
    (401, {}, told("user authorization required", status="unauthenticated"), ours.BadCredential, False),
    (401, {}, told("Insufficient scopes on access token."), MissingScope, False),
    (401, {}, told("user not authorized to perform that action", status="unauthorized"), ours.Forbidden, False),
    (403, {}, told("user not authorized to perform that action", status="unauthorized"), ours.Forbidden, False),
    (403, {}, b"403 Forbidden (Rate Limit Exceeded)\n", ours.RateLimited, True),
    (429, {}, b"429 Too Many Requests (Rate Limit Exceeded)\n", ours.RateLimited, True),
    (429, {}, b"<html>slow down</html>", ours.RateLimited, True),
    (403, {}, b'{"error":"Forbidden","message":"... valid user agent."}', ours.UnexpectedAnswer, False),
    (403, {}, b"<html>no</html>", ours.Forbidden, False),
    (404, {}, told("The specified resource does not exist."), ours.NotFound, False),
    (404, {}, b'{"message":"That page has been disabled for this course"}', ours.Forbidden, False),
    (404, {}, b"<html>Page Not Found</html>", ours.NotFound, False),
    (400, {}, b'{"errors":"bad"}', ours.UnexpectedAnswer, False),
    (422, {}, b'{"errors":{"name":[{"type":"too_long"}]}}', ours.UnexpectedAnswer, False),
    (408, {}, b"", ours.Unavailable, True),
    (500, {}, told("An error occurred.", error_report_id=7), ours.Unavailable, True),
    (502, {}, b"<html>Bad Gateway</html>", ours.Unavailable, True),
    (503, {}, b"<html>Down for maintenance</html>", ours.Unavailable, True),
    (504, {}, b"", ours.Unavailable, True),
]


@pytest.mark.parametrize(("status", "headers", "body", "kind", "again"), TABLE)
def test_each_answer_is_one_error_of_ours(status, headers, body, kind, again) -> None:
    error = errors(Failure(status=status, headers=headers, body=body, operation="files.list"))
    assert type(error) is kind
    assert error.transient is again


@pytest.mark.parametrize("reason", sorted(REASONS))
@pytest.mark.parametrize("status", [None, 401, 403])
def test_the_emulators_errors_are_known(reason: str, status: int | None) -> None:
    answer = CanvasError(reason, status=status).answer()
    failure = Failure(status=answer.status, headers=answer.headers, body=bytes(answer.body), operation="files.list")  # type: ignore[arg-type]
    if answer.status not in {400, 409, 422}:
        assert type(errors(failure)) is not ours.UnexpectedAnswer


def test_only_another_token_can_help_when_this_one_ended() -> None:
    """Who may not see something, or lacks a scope, would burn renewals without end."""
    renewable = {
        body
        for status, headers, body, *_rest in TABLE
        for error in [errors(Failure(status=status, headers=headers, body=body, operation="files.list"))]
        if isinstance(error, ours.BadCredential) and error.renewable
    }
    assert renewable == {body for _status, headers, body, *_rest in TABLE if headers} | {
        told("user authorization required", status="unauthenticated")
    }


@pytest.mark.parametrize("reason", sorted(set(STORAGE_ERRORS) - {"SlowDown"}))
def test_what_the_storage_refuses_wants_another_address(reason: str) -> None:
    answer = CanvasError(reason).answer()
    error = errors(Failure(status=answer.status, headers={}, body=bytes(answer.body), operation=CONTENT))  # type: ignore[arg-type]
    assert type(error) is AddressRefused
    assert not error.transient


def test_a_throttled_download_is_throttled() -> None:
    body = b"403 Forbidden (Rate Limit Exceeded)\n"
    assert type(errors(Failure(status=403, headers={}, body=body, operation=CONTENT))) is ours.RateLimited


@pytest.mark.parametrize(
    ("left", "concurrency"),
    [("700.0", 4), ("599.946", 4), ("450.1", 4), ("350", 3), ("300.0", 2), ("200.0", 1), ("100", 1), ("0.0", 1)],
)
def test_the_less_is_left_the_fewer_requests_are_made_at_once(left: str, concurrency: int) -> None:
    limit = AdaptiveLimit(concurrency=4)
    share = headroom({"X-Rate-Limit-Remaining": left})
    assert share is not None
    limit.headroom(share)
    assert limit.concurrency == concurrency


@pytest.mark.parametrize("headers", [{}, {"X-Rate-Limit-Remaining": ""}, {"X-Rate-Limit-Remaining": "lots"}])
def test_without_a_number_nothing_is_told(headers: dict) -> None:
    assert headroom(headers) is None


class TestPages:
    """Lists whose Link header is of every form that was seen."""

    @pytest.fixture
    async def listed(self, serve):
        """Lists the folders of a server that answers with these pages: ids, and Link headers with {url} filled in."""
        asked: list[str] = []

        async def list_pages(*pages: tuple[list[int], str | None]) -> list[str]:
            async def handler(request: web.Request) -> web.Response:
                asked.append(request.rel_url.raw_path_qs)
                ids, link = pages[min(len(asked), len(pages)) - 1]
                headers = {} if link is None else {"link": link.replace("{url}", url)}
                return web.json_response([{"id": each} for each in ids], headers=headers)

            url = await serve(handler)
            policy = RetryPolicy(attempts=1, first=0.001)
            async with Client(title="Canvas", errors=errors, policy=policy) as client:
                return [folder.id for folder in await Api(client, origin=url).folders("courses/101")]

        list_pages.asked = asked
        return list_pages

    @pytest.mark.parametrize(
        "link",
        [
            '<{url}/n?page=2>; rel="next"',
            '<{url}/n?page=1>; rel="current",<{url}/n?page=2>; rel="next",<{url}/n?page=1>; rel="first"',
            '<{url}/n?page=bookmark:WyJhLGIiLDFd>; rel="next"',
            '<{url}/n?page=a,b>;rel="next", <{url}/n?page=9>; rel="last"',
            "<{url}/n?page=2>; rel=next",
            '<{url}/n?page=2>; title="x"; rel="next"',
            '</n?page=2>; REL="Next"',
        ],
    )
    async def test_the_next_page_is_where_the_header_says(self, listed, link: str) -> None:
        assert await listed(([1, 2], link), ([3], '<{url}/n?page=1>; rel="current"')) == ["1", "2", "3"]
        assert listed.asked[0] == "/api/v1/courses/101/folders?per_page=100"
        assert listed.asked[1].startswith("/n?page=")

    async def test_short_and_empty_pages_are_no_end(self, listed) -> None:
        more = '<{url}/n?page={}>; rel="next"'
        pages = [([1], more.replace("{}", "2")), ([], more.replace("{}", "3")), ([2], '<{url}/n>; rel="prev"')]
        assert await listed(*pages) == ["1", "2"]

    async def test_what_comes_twice_is_there_once(self, listed) -> None:
        assert await listed(([1, 2], '<{url}/n?page=2>; rel="next"'), ([2, 3], "")) == ["1", "2", "3"]

    @pytest.mark.parametrize(
        "link",
        [
            '<https://evil.example.org/n>; rel="next"',
            '<ftp://127.0.0.1/n>; rel="next"',
            '<//evil.example.org/n>; rel="next"',
        ],
    )
    async def test_a_page_elsewhere_is_not_asked_for(self, listed, link: str) -> None:
        with pytest.raises(ours.UnexpectedAnswer, match="not this Canvas"):
            await listed(([1], link))
        assert len(listed.asked) == 1

    async def test_pages_in_circles_are_an_error(self, listed) -> None:
        with pytest.raises(ours.UnexpectedAnswer, match="circles"):
            await listed(([1], '<{url}/n?page=2>; rel="next"'))
        assert len(listed.asked) == 2

    async def test_a_full_page_that_does_not_say_whether_it_is_the_last_is_not_believed(self, listed) -> None:
        with pytest.raises(ours.UnexpectedAnswer, match="goes on"):
            await listed((list(range(100)), None))

    async def test_a_short_list_without_a_header_is_whole(self, listed) -> None:
        assert await listed(([1], None)) == ["1"]


@pytest.mark.parametrize("body", ["{}", '[{"name": "no id"}]', '[{"id": 1, "unlock_at": "soon"}]', '"x"', "null"])
async def test_what_is_not_documented_is_an_error_and_no_empty_course(serve, body: str) -> None:
    async def handler(_request: web.Request) -> web.Response:
        return web.Response(text=body, content_type="application/json")

    async with Client(title="Canvas", errors=errors) as client:
        with pytest.raises(ours.UnexpectedAnswer):
            await Api(client, origin=await serve(handler)).folders("courses/101")
