"""One HTTP session per connection: bearer with one renewal, retries, adaptive limits, streaming, the error seam.

Knows no provider. A provider hands in a function from `Failure` to our errors; whether and when to try again is
read off the error that comes back.
"""

import logging
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any, Protocol, Self, TypeAlias, runtime_checkable

import aiohttp
import msgspec
from tenacity import AsyncRetrying
from yarl import URL

from hubdrives._version import __version__
from hubdrives.errors import (
    BadConfig,
    BadCredential,
    BadInput,
    Corrupt,
    HubdrivesError,
    Unavailable,
    UnexpectedAnswer,
    VersionGone,
)
from hubdrives.limits import AdaptiveLimit
from hubdrives.ranges import Part
from hubdrives.retry import RetryPolicy, retrying

_log = logging.getLogger(__name__)

CHUNK = 256 << 10
"""Bytes: the size of the pieces in which bodies are passed on."""

_MAX_ERROR_BODY = 64 << 10
_MAX_REDIRECTS = 5
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_BECOME_GET = frozenset({301, 302})  # for POST, as browsers do (RFC 9110, section 15.4)
# A connection that brought this many bytes before it was cut is worth resuming, however often.
_PLENTY = 1 << 20
# These go along to another host; credentials and provider headers never do.
_HARMLESS_HEADERS = frozenset({"accept", "accept-encoding", "range", "user-agent"})


class TokenSource(Protocol):
    """Where bearer tokens come from. `scheme` is the word before the token in the Authorization header."""

    scheme: str

    async def token(self, *, stale: str | None = None) -> str:
        """A live token; if `stale` is the one at hand, a renewed one. Raises BadCredential if there can be none."""
        ...


@runtime_checkable
class NarrowingTokenSource(TokenSource, Protocol):
    """One that can make tokens which open less."""

    async def narrowed(self, resource: str) -> tuple[str, float]:
        """A token that only reads `resource`, as the provider names it, and for how many seconds it lives."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """An answer that is no success, for a provider's error table."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    """The first 64 KiB."""
    operation: str

    @property
    def retry_after(self) -> float | None:
        """Seconds from a Retry-After header, which is a number or a date (RFC 9110, section 10.2.3)."""
        told = self.headers.get("Retry-After", "").strip()
        if told.isascii() and told.isdigit():
            return float(told)
        try:
            moment = parsedate_to_datetime(told)
        except ValueError:
            return None
        return max(0.0, (moment.replace(tzinfo=moment.tzinfo or UTC) - datetime.now(UTC)).total_seconds())

    def json(self) -> Any:
        """The body as JSON, None if it is none."""
        try:
            return msgspec.json.decode(self.body)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return None


ErrorTable: TypeAlias = Callable[[Failure], HubdrivesError]

Headroom: TypeAlias = Callable[[Mapping[str, str]], float | None]
"""How much of the rate allowance is left, by an answer's headers: 1.0 is all, 0.0 is none, None is not told."""

Check: TypeAlias = Callable[[URL, Mapping[str, str]], None]
"""Looks at the address and the headers of a successful answer; raises what is wrong with it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Request:
    """What is asked; it may be asked again without harm."""

    method: str
    url: URL = field(repr=False)
    operation: str
    headers: Mapping[str, str] = field(repr=False)
    body: Any = field(default=None, repr=False)
    payload: Callable[[], Any] | None = field(default=None, repr=False)
    anonymous: bool = False


class Client:
    """What a provider talks through. `async with` it, or `close()` it.

    Args:
        title: whom it talks to, as a person calls it ("Google Drive").
        errors: the provider's table from failed answers to our errors.
        tokens: where the bearer token comes from; None sends none.
        limit: shared with every other client of the same connection.
        policy: how patient to be.
        headroom: reads off each answer how much of the rate allowance is left, so that we slow down before it is none.
    """

    def __init__(
        self,
        *,
        title: str,
        errors: ErrorTable,
        tokens: TokenSource | None = None,
        limit: AdaptiveLimit | None = None,
        policy: RetryPolicy | None = None,
        headroom: Headroom = lambda _headers: None,
    ) -> None:
        self.title = title
        self.limit = limit or AdaptiveLimit()
        self._errors = errors
        self._tokens = tokens
        self._policy = policy or RetryPolicy()
        self._headroom = headroom
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_exc: object) -> None:
        await self.close()

    @property
    def account(self) -> str | None:
        """Whose tokens it shows, for example an e-mail address, if where they come from tells it (`account`)."""
        return getattr(self._tokens, "account", None)

    async def narrowed(self, resource: str) -> tuple[str, float]:
        """A token that only reads `resource`, as the provider names it, and for how many seconds it lives.

        Raises:
            BadInput: where our tokens come from, there are none that open less.
        """
        if not isinstance(self._tokens, NarrowingTokenSource):
            raise BadInput(f"With this connection's credential, {self.title} makes no tokens that open less.")
        return await self._tokens.narrowed(resource)

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
        return (await self.page(method, url, operation=operation, params=params, headers=headers, body=body))[0]

    async def page(
        self,
        method: str,
        url: str,
        *,
        operation: str,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        body: Any = None,
    ) -> tuple[Any, Mapping[str, str]]:
        """As `json`, with the answer's headers, which tell where the next page is."""
        request = self._request(method, url, operation, params, headers, body)
        async for attempt in self._attempts():
            with attempt:
                async with self._answer(request) as answer:
                    content = await answer.read()
                try:
                    return msgspec.json.decode(content), answer.headers
                except (msgspec.DecodeError, UnicodeDecodeError):
                    raise UnexpectedAnswer(f"{self.title} sent something that is not JSON ({operation}).") from None
        raise AssertionError("unreachable: the last attempt returns or raises")

    async def send(
        self,
        method: str,
        url: str,
        *,
        operation: str,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        body: Any = None,
        payload: Callable[[], Any] | None = None,
        anonymous: bool = False,
    ) -> tuple[int, Any, Mapping[str, str]]:
        """Ask for a change: the status, the JSON (None if the answer is empty) and the headers of what comes back.

        It is sent again after trouble that the error table calls passing, though the first may have had its effect:
        whoever asks must be able to tell, or not to mind.

        Args:
            method: of the request.
            url: where to.
            operation: its name, for errors.
            params: query parameters.
            headers: headers that go to this host only.
            body: sent as JSON.
            payload: makes, for each try, what is sent instead: bytes, an async iterator, or a writer of aiohttp's.
            anonymous: as for `stream`.

        Raises:
            HubdrivesError: as `json`.
        """
        request = self._request(method, url, operation, params, headers, body)
        request = replace(request, payload=payload, anonymous=anonymous)
        async for attempt in self._attempts():
            with attempt:
                async with self._answer(request) as answer:
                    content = await answer.read()
                try:
                    return answer.status, msgspec.json.decode(content) if content else None, answer.headers
                except (msgspec.DecodeError, UnicodeDecodeError):
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
        request = self._request(method, url, operation, params, headers, body)
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
        anonymous: bool = False,
        check: Check | None = None,
    ) -> AsyncGenerator[bytes, None]:
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
            anonymous: send no token, for an address that is signed: a token must not go to whoever it names.
            check: looks at each answer before a byte of it is used.

        Raises:
            Corrupt: the bytes are not those that were promised; what was yielded must be thrown away.
            VersionGone: the file became another one meanwhile; the same.
            HubdrivesError: as `json`.
        """
        part = Part(title=self.title, start=start, stop=stop, size=size, digest=digest)
        # Content codings would shift what a byte range means.
        request = self._request("GET", url, operation, params, {**(headers or {}), "Accept-Encoding": "identity"}, None)
        request = replace(request, anonymous=anonymous)
        poor = 0
        while not part.complete:
            resumed_at = part.position
            try:
                async with self._opened(request, part, check) as (answer, first):
                    piece = part.take(first)
                    while piece:
                        yield piece
                        piece = part.take(await answer.content.read(CHUNK))
            except Cut as error:
                if part.position == resumed_at:
                    # Nothing came, however often it was tried.
                    raise
                # What came is good: go on behind it, if we can tell where the end is.
                if part.end is None:
                    raise Corrupt(str(error)) from None
            if part.end is None:
                break
            poor = 0 if part.position - resumed_at >= _PLENTY else poor + 1
            if poor >= self._policy.attempts and not part.complete:
                raise Corrupt(f"{self.title} breaks off again and again ({operation}).")
        part.finish()

    @asynccontextmanager
    async def _opened(
        self, request: _Request, part: Part, check: Check | None
    ) -> AsyncIterator[tuple[aiohttp.ClientResponse, bytes]]:
        """An answer with what is missing, and its first bytes: so each retry that succeeds has made progress."""
        if part.range_header is not None:
            request = replace(request, headers={**request.headers, "Range": part.range_header})
        async with AsyncExitStack() as stack:
            async for attempt in self._attempts():
                with attempt:
                    async with AsyncExitStack() as trial:
                        answer = await trial.enter_async_context(self._answer(request))
                        if check is not None:
                            check(answer.url, answer.headers)
                        await _skip(answer, part.begin(answer.status, answer.headers))
                        piece = await answer.content.read(CHUNK)
                        if not piece and part.end is not None:
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
                    tokens = None if request.anonymous else self._tokens
                    token = await tokens.token() if tokens else None
                    response = await self._send(stack, request, token)
                    refused = response.status == HTTPStatus.UNAUTHORIZED
                    # A host further on that got no token does not complain about ours.
                    if refused and tokens and "Authorization" in response.request_info.headers:
                        error = self._errors(await _failure(response, request.operation))
                        # Some say 401 for "you may not", too: then another token of the same account is of no use.
                        if not (isinstance(error, BadCredential) and error.renewable):
                            raise error
                        token = await tokens.token(stale=token)
                        response = await self._send(stack, request, token)
                    if response.status == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
                        raise VersionGone(f"The file at {self.title} has fewer bytes than when it was listed.")
                    if not _is_success(response.status):
                        raise self._errors(await _failure(response, request.operation))
                    yield response
            # No message of the library's: it may hold the URL.
            except aiohttp.ClientConnectorCertificateError:
                raise UnexpectedAnswer(
                    f"The certificate of {self.title} is not trusted by this machine.",
                    hint="Tell your hub's administrators: the address may be wrong, or a root certificate is missing.",
                ) from None
            except aiohttp.ClientError as error:
                if isinstance(error.__cause__, HubdrivesError):
                    # What was being sent could not be read.
                    raise error.__cause__ from None
                raise Cut(
                    f"The connection to {self.title} failed ({type(error).__name__}, {request.operation})."
                ) from None

    async def _send(self, stack: AsyncExitStack, request: _Request, token: str | None) -> aiohttp.ClientResponse:
        """The answer to one request, redirects followed; what is secret stays with the host it was meant for."""
        if self._session is None:
            self._session = _new_session()
        method, target, body, payload = request.method, request.url, request.body, request.payload
        sent = dict(request.headers)
        if token is not None and self._tokens is not None:
            sent["Authorization"] = f"{self._tokens.scheme} {token}"
        for _ in range(_MAX_REDIRECTS + 1):
            response = await stack.enter_async_context(
                self._session.request(
                    method, target, headers=sent, json=body, data=payload and payload(), allow_redirects=False
                )
            )
            if (share := self._headroom(response.headers)) is not None:
                self.limit.headroom(share)
            _log.debug("%s: %s %s answered %d", self.title, method, request.operation, response.status)
            if response.status not in _REDIRECTS or "Location" not in response.headers:
                return response
            response.release()
            if response.status == HTTPStatus.SEE_OTHER or (method == "POST" and response.status in _BECOME_GET):
                method, body, payload = "GET", None, None
            following = _followed(target, response.headers["Location"])
            if following is None or (following.origin() != target.origin() and (body or payload)):
                raise UnexpectedAnswer(f"{self.title} redirected to an address that is not safe to follow.")
            if following.origin() != target.origin():
                sent = {name: value for name, value in sent.items() if name.lower() in _HARMLESS_HEADERS}
            target = following
        raise UnexpectedAnswer(f"{self.title} redirected in circles.")

    def _request(
        self,
        method: str,
        url: str,
        operation: str,
        params: Mapping[str, str] | None,
        headers: Mapping[str, str] | None,
        body: Any,
    ) -> _Request:
        try:
            target = URL(url).update_query(params or {})
        except ValueError:
            target = URL()
        if target.scheme not in {"http", "https"} or not target.host:
            raise BadConfig(f"The address configured for {self.title} is no web address.")
        return _Request(method=method, url=target, operation=operation, headers=headers or {}, body=body)


class Cut(Unavailable):
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


def _is_success(status: int) -> bool:
    return HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES or status == HTTPStatus.NOT_MODIFIED


async def _failure(response: aiohttp.ClientResponse, operation: str) -> Failure:
    body = b""
    while len(body) < _MAX_ERROR_BODY and (piece := await response.content.read(_MAX_ERROR_BODY - len(body))):
        body += piece
    return Failure(status=response.status, headers=response.headers, body=body, operation=operation)


def _followed(target: URL, location: str) -> URL | None:
    """Where a redirect leads, None where nobody should go. A signed address is kept to the letter."""
    safe = {"https"} if target.scheme == "https" else {"http", "https"}
    try:
        following = target.join(URL(location, encoded=location.isascii() and " " not in location))
        return following if following.scheme in safe and following.host and following.port else None
    except ValueError:
        return None


async def _skip(response: aiohttp.ClientResponse, count: int) -> None:
    """Read past `count` bytes, for servers that answer a range with the whole."""
    while count > 0:
        piece = await response.content.read(min(CHUNK, count))
        if not piece:
            return
        count -= len(piece)
