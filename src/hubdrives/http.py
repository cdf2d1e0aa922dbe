"""One HTTP session per connection: bearer with one renewal, retries, adaptive limits, streaming, the error seam.

Knows no provider. A provider hands in a function from `Failure` to our errors; whether and when to try again is
read off the error that comes back.
"""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any, Protocol, Self, TypeAlias

import aiohttp
import msgspec
from tenacity import AsyncRetrying
from yarl import URL

from hubdrives import digests
from hubdrives._version import __version__
from hubdrives.errors import Corrupt, HubdrivesError, Unavailable, UnexpectedAnswer
from hubdrives.limits import AdaptiveLimit
from hubdrives.retry import RetryPolicy, retrying

CHUNK = 256 << 10
"""Bytes: the size of the pieces in which bodies are passed on."""

_MAX_ERROR_BODY = 64 << 10
_MAX_REDIRECTS = 5
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_UNAUTHORIZED = 401
_PARTIAL = 206
_FIRST_ERROR = 400
# These go along to another host; credentials and provider headers never do.
_HARMLESS_HEADERS = frozenset({"accept", "accept-encoding", "range", "user-agent"})


class TokenSource(Protocol):
    """Where bearer tokens come from. `scheme` is the word before the token in the Authorization header."""

    scheme: str

    async def token(self, *, stale: str | None = None) -> str:
        """A live token; if `stale` is the one at hand, a renewed one. Raises BadCredential if there can be none."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """An answer that is no success, for a provider's error table."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    """The first 64 KiB."""
    operation: str

    @property
    def retry_after(self) -> float | None:
        """Seconds from a Retry-After header that is a number."""
        try:
            return max(0.0, float(self.headers.get("Retry-After", "")))
        except ValueError:
            return None

    def json(self) -> Any:
        """The body as JSON, None if it is none."""
        try:
            return msgspec.json.decode(self.body)
        except msgspec.DecodeError:
            return None


ErrorTable: TypeAlias = Callable[[Failure], HubdrivesError]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Request:
    """What is asked; it may be asked again without harm."""

    method: str
    url: str
    operation: str
    params: Mapping[str, str]
    headers: Mapping[str, str]
    body: Any = field(default=None, repr=False)


class Client:
    """What a provider talks through. `async with` it, or `close()` it.

    Args:
        title: whom it talks to, as a person calls it ("Google Drive").
        errors: the provider's table from failed answers to our errors.
        tokens: where the bearer token comes from; None sends none.
        limit: shared with every other client of the same connection.
        policy: how patient to be.
    """

    def __init__(
        self,
        *,
        title: str,
        errors: ErrorTable,
        tokens: TokenSource | None = None,
        limit: AdaptiveLimit | None = None,
        policy: RetryPolicy | None = None,
    ) -> None:
        self.title = title
        self.limit = limit or AdaptiveLimit()
        self._errors = errors
        self._tokens = tokens
        self._policy = policy or RetryPolicy()
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_exc: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections; the client can't be used after."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def json(
        self,
        method: str,
        url: str,
        *,
        operation: str,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        body: Any = None,
    ) -> Any:
        """The JSON answer to a request that may be repeated without harm; `body` is sent as JSON.

        Raises:
            HubdrivesError: what the error table made of a failed answer, or Unavailable, UnexpectedAnswer.
        """
        request = _request(method, url, operation, params, headers, body)
        async for attempt in self._attempts():
            with attempt:
                async with self._answer(request) as answer:
                    content = await answer.read()
                try:
                    return msgspec.json.decode(content)
                except msgspec.DecodeError:
                    raise UnexpectedAnswer(f"{self.title} sent something that is not JSON ({operation}).") from None
        raise AssertionError("unreachable: the last attempt returns or raises")

    @asynccontextmanager
    async def answer(
        self,
        method: str,
        url: str,
        *,
        operation: str,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        body: Any = None,
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """A successful answer with its body yet to be read, once the request has gone through.

        Raises:
            HubdrivesError: as `json`; trouble while the body is read is the caller's.
        """
        request = _request(method, url, operation, params, headers, body)
        async with AsyncExitStack() as stack:
            async for attempt in self._attempts():
                with attempt:
                    response = await stack.enter_async_context(self._answer(request))
            yield response

    async def stream(
        self,
        url: str,
        *,
        operation: str,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        start: int = 0,
        stop: int | None = None,
        size: int | None = None,
        digest: str | None = None,
    ) -> AsyncIterator[bytes]:
        """The bytes from `start` up to `stop` (or the end), resumed where a connection was cut.

        Args:
            url: what to GET.
            operation: its name, for errors.
            params: query parameters.
            headers: headers that go to this host only.
            start: first byte.
            stop: one past the last byte; None is the end.
            size: the whole file's size in bytes, if known: a shorter or longer body is an error.
            digest: the whole file's digest, checked when the whole file is read.

        Raises:
            Corrupt: the bytes are not those that were promised; what was yielded must be thrown away.
            HubdrivesError: as `json`.
        """
        end = size if stop is None else stop if size is None else min(stop, size)
        # Content codings would shift what a byte range means.
        request = _request("GET", url, operation, params, {**(headers or {}), "Accept-Encoding": "identity"}, None)
        whole = start == 0 and (stop is None or stop == size)
        hasher = digests.hasher(digests.algorithm_of(digest)) if digest and whole else None
        position = start
        while end is None or position < end:
            try:
                async with self._opened(request, position, stop, expecting=end is not None) as (answer, first):
                    piece = first
                    while piece:
                        position += len(piece)
                        if end is not None and position > end:
                            raise Corrupt(f"{self.title} sent more bytes than it had promised.")
                        if hasher is not None:
                            hasher.update(piece)
                        yield piece
                        piece = await answer.content.read(CHUNK)
            except _Cut as error:
                # What came is good: go on behind it, if we can tell where the end is.
                if end is None:
                    raise Corrupt(str(error)) from None
            if end is None:
                break
        if hasher is not None and digest != f"{digests.algorithm_of(digest or '')}:{hasher.hexdigest()}":
            raise Corrupt(f"What {self.title} sent does not match its own checksum.")

    @asynccontextmanager
    async def _opened(
        self, request: _Request, position: int, stop: int | None, *, expecting: bool
    ) -> AsyncIterator[tuple[aiohttp.ClientResponse, bytes]]:
        """An answer that begins at `position`, and its first bytes: so each retry that succeeds has made progress."""
        if position or stop is not None:
            wanted = f"bytes={position}-{'' if stop is None else stop - 1}"
            request = replace(request, headers={**request.headers, "Range": wanted})
        async with AsyncExitStack() as stack:
            async for attempt in self._attempts():
                with attempt:
                    async with AsyncExitStack() as trial:
                        answer = await trial.enter_async_context(self._answer(request))
                        if answer.status != _PARTIAL:
                            await _skip(answer, position)
                        piece = await answer.content.read(CHUNK)
                        if not piece and expecting:
                            raise Corrupt(f"{self.title} sent fewer bytes than it had promised.")
                        stack.push_async_exit(trial.pop_all())
            yield answer, piece

    def _attempts(self) -> AsyncRetrying:
        return retrying(self._policy, throttled=self.limit.throttled)

    @asynccontextmanager
    async def _answer(self, request: _Request) -> AsyncIterator[aiohttp.ClientResponse]:
        """One try: a successful answer, holding one of the connection's slots until its body is done with."""
        async with self.limit.slot():
            try:
                async with AsyncExitStack() as stack:
                    token = await self._tokens.token() if self._tokens else None
                    response = await self._send(stack, request, token)
                    if response.status == _UNAUTHORIZED and self._tokens:
                        response.release()
                        token = await self._tokens.token(stale=token)
                        response = await self._send(stack, request, token)
                    if response.status >= _FIRST_ERROR:
                        raise self._errors(await _failure(response, request.operation))
                    yield response
            except (aiohttp.ClientError, TimeoutError) as error:
                # No message of the library's: it may hold the URL.
                raise _Cut(
                    f"The connection to {self.title} failed ({type(error).__name__}, {request.operation})."
                ) from None

    async def _send(self, stack: AsyncExitStack, request: _Request, token: str | None) -> aiohttp.ClientResponse:
        """The answer to one request, redirects followed; what is secret stays with the host it was meant for."""
        if self._session is None:
            self._session = _new_session()
        target = URL(request.url).update_query(request.params)
        sent = dict(request.headers)
        if token is not None and self._tokens is not None:
            sent["Authorization"] = f"{self._tokens.scheme} {token}"
        for _ in range(_MAX_REDIRECTS + 1):
            response = await stack.enter_async_context(
                self._session.request(request.method, target, headers=sent, json=request.body, allow_redirects=False)
            )
            if response.status not in _REDIRECTS or "Location" not in response.headers:
                return response
            response.release()
            following = target.join(URL(response.headers["Location"]))
            if following.scheme not in {"http", "https"} or (target.scheme, following.scheme) == ("https", "http"):
                raise UnexpectedAnswer(f"{self.title} redirected to an address that is not safe to follow.")
            if following.origin() != target.origin():
                sent = {name: value for name, value in sent.items() if name.lower() in _HARMLESS_HEADERS}
            target = following
        raise UnexpectedAnswer(f"{self.title} redirected in circles.")


def _request(
    method: str,
    url: str,
    operation: str,
    params: Mapping[str, str] | None,
    headers: Mapping[str, str] | None,
    body: Any,
) -> _Request:
    return _Request(method=method, url=url, operation=operation, params=params or {}, headers=headers or {}, body=body)


class _Cut(Unavailable):
    """The connection failed on the way, as opposed to an answer that says no."""


def _new_session() -> aiohttp.ClientSession:
    return aiohttp.ClientSession(
        # The limit governs how many requests there are; the cookie jar would only carry state between them.
        connector=aiohttp.TCPConnector(limit=0),
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=aiohttp.ClientTimeout(total=None, sock_connect=30, sock_read=60),
        # "gzip" in the user agent: Google compresses only for clients that also say it there.
        headers={"User-Agent": f"hubdrives/{__version__} (gzip)"},
    )


async def _failure(response: aiohttp.ClientResponse, operation: str) -> Failure:
    body = await response.content.read(_MAX_ERROR_BODY)
    return Failure(status=response.status, headers=response.headers, body=body, operation=operation)


async def _skip(response: aiohttp.ClientResponse, count: int) -> None:
    """Read past `count` bytes, for servers that answer a range with the whole."""
    while count > 0:
        piece = await response.content.read(min(CHUNK, count))
        if not piece:
            return
        count -= len(piece)
