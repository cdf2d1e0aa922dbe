"""Bytes on their way to a client: all of them, or a range (RFC 9110, section 14)."""

from collections.abc import AsyncGenerator, AsyncIterator
from http import HTTPStatus

from aiohttp import web

from hubdrives.gateway.answers import content_headers


def ranged(request: web.Request, size: int | None, etag: str) -> tuple[web.StreamResponse, int, int | None]:
    """The answer's head, and which bytes go into it (RFC 9110, section 14)."""
    response = web.StreamResponse()
    content_headers(response)
    response.etag = etag
    response.headers["Accept-Ranges"] = "bytes"
    start, stop = 0, size
    fresh = request.headers.get("If-Range") in {None, f'"{etag}"'}
    if size is not None and fresh and (asked := _range(request, size)) is not None:
        start, stop = asked
        if start >= stop:
            response.set_status(HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE)
            response.headers["Content-Range"] = f"bytes */{size}"
            response.content_length = 0
            return response, 0, 0
        response.set_status(HTTPStatus.PARTIAL_CONTENT)
        response.headers["Content-Range"] = f"bytes {start}-{stop - 1}/{size}"
    if stop is not None:
        response.content_length = stop - start
    return response, start, stop


def _range(request: web.Request, size: int) -> tuple[int, int] | None:
    """First byte and one past the last; None if there is no range that we understand, which means all."""
    if "Range" not in request.headers:
        return None
    try:
        asked = request.http_range
    except ValueError:
        return None
    start, stop, _ = asked.indices(size) if asked.start is None or asked.start < size else (size, size, 1)
    return start, stop


async def sending(
    request: web.Request, response: web.StreamResponse, pieces: AsyncIterator[bytes]
) -> AsyncGenerator[int, None]:
    """Send `pieces`, telling how many bytes each has.

    The last one goes out when there is no error behind it: then nobody takes a damaged file for a whole one.
    """
    await response.prepare(request)
    held = b""
    async for piece in pieces:
        if held:
            await response.write(held)
            yield len(held)
        held = piece
    await response.write(held)
    yield len(held)
    await response.write_eof()
