"""How answers look: JSON with the right status, errors included."""

from typing import Any

import msgspec
from aiohttp import web

from hubdrives.errors import HubdrivesError

# What the gateway can't do itself is 5xx, so that monitors see it; what only the caller can mend is 4xx.
STATUS = {
    "failed": 500,
    "bad-input": 400,
    "not-a-location": 400,
    "unsupported-link": 400,
    "no-connection": 400,
    "bad-config": 500,
    "bad-path": 400,
    "bad-target": 400,
    "bad-link": 403,
    "not-found": 404,
    "not-shared": 404,
    "trashed": 404,
    "version-gone": 410,
    "not-kept": 404,
    "forbidden": 403,
    "not-granted": 403,
    "unreadable": 403,
    "bad-credential": 502,
    "clock-skew": 502,
    "login-needed": 403,
    "unavailable": 503,
    "rate-limited": 503,
    "gateway-unavailable": 503,
    "corrupt": 502,
    "conflict": 409,
    "changed": 412,
    "name-taken": 409,
    "quota-exceeded": 502,
    "unexpected-answer": 502,
    "local-failure": 500,
    "disk-full": 507,
    "busy": 503,
}
"""The HTTP status of each error code."""

_LARGE = 8 << 10
_COMPRESS_IN_THREAD = 64 << 10


def document(value: Any, *, status: int = 200, etag: str | None = None) -> web.Response:
    """`value` as JSON, compressed if the client takes that and it is worth it."""
    body = msgspec.json.encode(value)
    response = web.Response(
        body=body,
        status=status,
        content_type="application/json",
        zlib_executor_size=_COMPRESS_IN_THREAD,
    )
    _private(response)
    if etag is not None:
        response.etag = etag
    if len(body) > _LARGE:
        response.enable_compression()
    return response


def unchanged(etag: str) -> web.Response:
    """What the client has is what there is."""
    response = web.Response(status=304)
    response.etag = etag
    _private(response)
    return response


def failure(error: HubdrivesError, *, request: str) -> web.Response:
    """`error` as JSON, with the `request` by which the audit log knows it."""
    response = document(error.to_wire() | {"request": request}, status=STATUS.get(error.code, 500))
    if error.retry_after is not None:
        response.headers["Retry-After"] = str(max(1, round(error.retry_after)))
    return response


def content_headers(response: web.StreamResponse) -> None:
    """For bytes that users made: no browser may take them for a page of the hub's."""
    response.content_type = "application/octet-stream"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    _private(response)


def _private(response: web.StreamResponse) -> None:
    response.headers["Cache-Control"] = "private, no-cache"
