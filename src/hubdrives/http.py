"""One HTTP client per connection: JSON, changes and streams of bytes, with retries and adaptive limits.

Knows no provider. What one try is, `exchange` knows; here it is tried again, and what was cut goes on.
"""

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from types import MappingProxyType
from typing import Any, Self, TypeAlias

import aiohttp
import msgspec
from tenacity import AsyncRetrying
from yarl import URL

from hubdrives.errors import BadConfig, BadInput, Corrupt, UnexpectedAnswer
from hubdrives.exchange import (
    AudienceTokenSource,
    Cut,
    ErrorTable,
    Exchange,
    Headroom,
    NarrowingTokenSource,
    Request,
    Session,
    TokenSource,
)
from hubdrives.limits import AdaptiveLimit
from hubdrives.ranges import Part
from hubdrives.retry import RetryPolicy, retrying

CHUNK = 256 << 10
"""Bytes: the most of a body that is asked for, or passed on, in one go."""

# A connection that brought this many bytes before it was cut is worth resuming, however often.
_PLENTY = 1 << 20

Check: TypeAlias = Callable[[URL, Mapping[str, str]], None]
"""Looks at the address and the headers of a successful answer; raises what is wrong with it."""


class Client:
    """What a provider talks through. `async with` it, or `close()` it.

    Args:
        title: whom it talks to, as a person calls it ("Google Drive").
        errors: the provider's table from failed answers to our errors.
        tokens: where the bearer token comes from; None sends none.
        limit: shared with every other client of the same connection.
        policy: how patient to be.
        headroom: reads off each answer how much of the rate allowance is left, so that we slow down before it is none.
        session: the same; it is closed with whichever is closed first.
        redirects: whether they are followed; if not, they are failed answers.
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
        session: Session | None = None,
        redirects: bool = True,
    ) -> None:
        self.title = title
        self.limit = limit or AdaptiveLimit()
        self._errors = errors
        self._tokens = tokens
        self._policy = policy or RetryPolicy()
        self._headroom = headroom
        self._session = session or Session()
        self._exchange = Exchange(
            title=title,
            errors=errors,
            tokens=tokens,
            limit=self.limit,
            headroom=headroom,
            session=self._session,
            redirects=redirects,
        )

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

    def for_audience(
        self,
        audience: str,
        *,
        scopes: Sequence[str] = (),
        errors: ErrorTable | None = None,
        redirects: bool = True,
    ) -> Self:
        """A client that shows the token of one of the provider's servers, and shares limit and connections.

        Whichever is closed closes the connections for both. Without a credential, it shows none either.

        Args:
            audience: the server, as the provider's login names it.
            scopes: what its tokens must allow.
            errors: another table from failed answers to our errors.
            redirects: as for `Client`.

        Raises:
            BadConfig: where our tokens come from, there is one for all servers.
        """
        tokens = self._tokens
        if tokens is not None:
            if not isinstance(tokens, AudienceTokenSource):
                raise BadConfig(f"{self.title} wants a token for each of its servers, and this credential has but one.")
            tokens = tokens.for_audience(audience, scopes=scopes)
        return type(self)(
            title=self.title,
            errors=errors or self._errors,
            tokens=tokens,
            limit=self.limit,
            policy=self._policy,
            headroom=self._headroom,
            session=self._session,
            redirects=redirects,
        )

    def login_url(self, *, scopes: Sequence[str] = (), session: Mapping[str, str] = MappingProxyType({})) -> str | None:
        """As `AudienceTokenSource.login_url`, for LoginNeeded errors; None if our tokens come from elsewhere."""
        tokens = self._tokens
        return tokens.login_url(scopes=scopes, session=session) if isinstance(tokens, AudienceTokenSource) else None

    async def close(self) -> None:
        """Close the connections; the client can't be used after."""
        await self._session.close()

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
        request = Request.to(self.title, method, url, operation, params=params, headers=headers, body=body)
        _status, value, told = await self._asked(request, may_be_empty=False)
        return value, told

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
        request = Request.to(self.title, method, url, operation, params=params, headers=headers, body=body)
        request = replace(request, payload=payload, anonymous=anonymous)
        return await self._asked(request, may_be_empty=True)

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
        payload: Callable[[], Any] | None = None,
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """A successful answer with its body yet to be read, once the request has gone through.

        `payload` is as for `send`.

        Raises:
            HubdrivesError: as `json`; trouble while the body is read is the caller's.
        """
        request = Request.to(self.title, method, url, operation, params=params, headers=headers, body=body)
        request = replace(request, payload=payload)
        async with AsyncExitStack() as stack:
            async for attempt in self._attempts():
                with attempt:
                    response = await stack.enter_async_context(self._exchange.answer(request))
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
        wanted = {**(headers or {}), "Accept-Encoding": "identity"}
        request = Request.to(self.title, "GET", url, operation, params=params, headers=wanted)
        request = replace(request, anonymous=anonymous)
        poor = 0
        while not part.complete:
            resumed_at = part.position
            try:
                async with self._opened(request, part, check) as (answer, first):
                    piece = part.take(first)
                    while piece:
                        yield piece
                        await part.hash()
                        piece = part.take(await answer.content.readany())
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
        await part.finish()

    @asynccontextmanager
    async def _opened(
        self, request: Request, part: Part, check: Check | None
    ) -> AsyncIterator[tuple[aiohttp.ClientResponse, bytes]]:
        """An answer with what is missing, and its first bytes: so each retry that succeeds has made progress."""
        if part.range_header is not None:
            request = replace(request, headers={**request.headers, "Range": part.range_header})
        async with AsyncExitStack() as stack:
            async for attempt in self._attempts():
                with attempt:
                    async with AsyncExitStack() as trial:
                        answer = await trial.enter_async_context(self._exchange.answer(request))
                        if check is not None:
                            check(answer.url, answer.headers)
                        await _skip(answer, part.begin(answer.status, answer.headers))
                        piece = await answer.content.readany()
                        if not piece and part.end is not None:
                            raise Corrupt(f"{self.title} sent fewer bytes than it had promised.")
                        stack.push_async_exit(trial.pop_all())
            yield answer, piece

    async def _asked(self, request: Request, *, may_be_empty: bool) -> tuple[int, Any, Mapping[str, str]]:
        """Status, JSON and headers of the answer."""
        async for attempt in self._attempts():
            with attempt:
                async with self._exchange.answer(request) as answer:
                    content = await answer.read()
                if may_be_empty and not content:
                    return answer.status, None, answer.headers
                try:
                    return answer.status, msgspec.json.decode(content), answer.headers
                except (msgspec.DecodeError, UnicodeDecodeError):
                    raise UnexpectedAnswer(
                        f"{self.title} sent something that is not JSON ({request.operation})."
                    ) from None
        raise AssertionError("unreachable: the last attempt returns or raises")

    def _attempts(self) -> AsyncRetrying:
        return retrying(self._policy, throttled=self.limit.throttled)


async def _skip(response: aiohttp.ClientResponse, count: int) -> None:
    """Read past `count` bytes, for servers that answer a range with the whole."""
    while count > 0:
        piece = await response.content.read(min(CHUNK, count))
        if not piece:
            return
        count -= len(piece)
