"""Small real servers that misbehave in all the ways that servers do, and what a client of them needs."""

import asyncio
import hashlib

from aiohttp import web

from hubdrives.errors import (
    BadCredential,
    Forbidden,
    NotFound,
    RateLimited,
    Unavailable,
    UnexpectedAnswer,
)
from hubdrives.retry import RetryPolicy

CONTENT = bytes(range(256)) * 4096  # 1 MiB
DIGEST = f"md5:{hashlib.md5(CONTENT).hexdigest()}"
QUICK = RetryPolicy(attempts=3, first=0.001, longest=0.002, patience=5)


def table(failure):
    kinds = {401: BadCredential, 403: Forbidden, 404: NotFound, 429: RateLimited}
    kind = kinds.get(failure.status, Unavailable if failure.status >= 500 else UnexpectedAnswer)
    return kind(f"The server said {failure.status}.", retry_after=failure.retry_after)


class Tokens:
    """Mints "token-1", "token-2", …"""

    scheme = "Bearer"

    def __init__(self):
        self.minted = 1

    async def token(self, *, stale=None):
        if stale == f"token-{self.minted}":
            self.minted += 1
        return f"token-{self.minted}"


def answering(*answers):
    """A handler that gives these answers one after the other, the last one for ever, and records the requests."""
    seen = []
    queue = list(answers)

    async def handler(request):
        await request.read()
        seen.append(request)
        answer = queue.pop(0) if len(queue) > 1 else queue[0]
        made = answer(request)
        return await made if asyncio.iscoroutine(made) else made

    handler.seen = seen
    return handler


def ok(request):
    return web.json_response({"method": request.method})


def status(code, body="", **headers):
    return lambda _request: web.Response(
        status=code, text=body, headers={name.replace("_", "-"): value for name, value in headers.items()}
    )


def redirect(code, location):
    return lambda _request: web.Response(
        status=code, headers={"Location": location() if callable(location) else location}
    )


def ranged(content, **headers):
    """An answer that honours Range."""

    def answer(request):
        asked = request.http_range
        if asked.start is None:
            return web.Response(body=content, headers=headers)
        stop = len(content) if asked.stop is None else min(asked.stop, len(content))
        if asked.start >= len(content):
            return web.Response(status=416)
        told = {"Content-Range": f"bytes {asked.start}-{stop - 1}/{len(content)}"}
        return web.Response(status=206, body=content[asked.start : stop], headers={**told, **headers})

    return answer


def cut(after, content=CONTENT, *, length=True, **headers):
    """An answer whose connection is cut after so many bytes of what was asked for."""

    async def answer(request):
        start = request.http_range.start or 0
        response = web.StreamResponse(status=206 if start else 200, headers=headers)
        if start:
            response.headers["Content-Range"] = f"bytes {start}-{len(content) - 1}/{len(content)}"
        if length:
            response.content_length = len(content) - start
        await response.prepare(request)
        await response.write(content[start : start + after])
        request.transport.close()
        return response

    return answer


async def collect(stream):
    return b"".join([piece async for piece in stream])
