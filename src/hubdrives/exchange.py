"""One request and its answer: bearer with one renewal, redirects that keep what is secret at home, the error seam.

Knows no provider, and tries once. A provider hands in a function from `Failure` to our errors; whether and when to try
again is read off the error that comes back.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from types import MappingProxyType
from typing import Any, Protocol, Self, TypeAlias, runtime_checkable

import aiohttp
import msgspec
from aiohttp.connector import Connection
from yarl import URL

from hubdrives._version import __version__
from hubdrives.errors import (
    BadConfig,
    BadCredential,
    HubdrivesError,
    RateLimited,
    Unavailable,
    UnexpectedAnswer,
    VersionGone,
)
from hubdrives.limits import AdaptiveLimit

_log = logging.getLogger(__name__)

_MAX_ERROR_BODY = 64 << 10
_MAX_REDIRECTS = 5
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_BECOME_GET = frozenset({301, 302})  # for POST, as browsers do (RFC 9110, section 15.4)
# Bytes: twice as many may arrive while those before are looked after.
_READ_AHEAD = 256 << 10
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


@runtime_checkable
class AudienceTokenSource(Protocol):
    """One of a provider whose servers each want a token of their own.

    https://docs.globus.org/api/auth/reference/, https://www.rfc-editor.org/rfc/rfc8707
    """

    def for_audience(self, audience: str, *, scopes: Sequence[str] = ()) -> TokenSource:
        """The tokens for one server; asking costs nothing.

        Args:
            audience: the server, as the provider's login names it.
            scopes: what they must allow.
        """
        ...

    def login_url(self, *, scopes: Sequence[str] = (), session: Mapping[str, str] = MappingProxyType({})) -> str | None:
        """The path at the hub where its user's login can be widened or repeated; None if no user stands behind it.

        Args:
            scopes: what the user must consent to, letter by letter as the provider asked for it.
            session: how they must log in, likewise.
        """
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What is asked; it may be asked again without harm."""

    method: str
    url: URL = field(repr=False)
    operation: str
    headers: Mapping[str, str] = field(repr=False)
    body: Any = field(default=None, repr=False)
    payload: Callable[[], Any] | None = field(default=None, repr=False)
    anonymous: bool = False

    @classmethod
    def to(
        cls,
        title: str,
        method: str,
        url: str,
        operation: str,
        *,
        params: Mapping[str, str] | None,
        headers: Mapping[str, str] | None,
        body: Any = None,
    ) -> Self:
        """A request to whoever is called `title`. Raises BadConfig: `url` is no web address."""
        try:
            target = URL(url).update_query(params or {})
        except ValueError:
            target = URL()
        if target.scheme not in {"http", "https"} or not target.host:
            raise BadConfig(f"The address configured for {title} is no web address.")
        return cls(method=method, url=target, operation=operation, headers=headers or {}, body=body)


class Cut(Unavailable):
    """The connection failed on the way, as opposed to an answer that says no."""


class Session:
    """The open sockets of a connection, which all its exchanges share. There are none before they are needed.

    Args:
        connect: seconds that it may take to open one.
        read: seconds during which nothing may come.
    """

    def __init__(self, *, connect: float = 30.0, read: float = 60.0) -> None:
        self._timeout = aiohttp.ClientTimeout(total=None, sock_connect=connect, sock_read=read)
        self._opened: aiohttp.ClientSession | None = None

    def open(self) -> aiohttp.ClientSession:
        """What requests are sent with."""
        if self._opened is None:
            self._opened = _new_session(self._timeout)
        return self._opened

    async def close(self) -> None:
        """Close them."""
        if self._opened is not None:
            await self._opened.close()
            self._opened = None


class Exchange:
    """The connections to one host, each request holding one of the limit's slots.

    Args:
        title: whom it talks to, as a person calls it ("Google Drive").
        errors: the provider's table from failed answers to our errors.
        tokens: where the bearer token comes from; None sends none.
        limit: how many requests there may be.
        headroom: reads off each answer how much of the rate allowance is left.
        session: the sockets; whoever made it closes it.
        redirects: whether they are followed; if not, they are failed answers.
    """

    def __init__(
        self,
        *,
        title: str,
        errors: ErrorTable,
        tokens: TokenSource | None,
        limit: AdaptiveLimit,
        headroom: Headroom,
        session: Session,
        redirects: bool = True,
    ) -> None:
        self.title = title
        self.limit = limit
        self._errors = errors
        self._tokens = tokens
        self._headroom = headroom
        self._session = session
        self._redirects = redirects

    @asynccontextmanager
    async def answer(self, request: Request) -> AsyncIterator[aiohttp.ClientResponse]:
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
                        error = self._errors(await _failure(response, request.operation))
                        if isinstance(error, Unavailable) and not isinstance(error, RateLimited):
                            _drop_connection(response)
                        raise error
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

    async def _send(self, stack: AsyncExitStack, request: Request, token: str | None) -> aiohttp.ClientResponse:
        """The answer to one request, redirects followed; what is secret stays with the host it was meant for."""
        session = self._session.open()
        method, target, body, payload = request.method, request.url, request.body, request.payload
        sent = dict(request.headers)
        if token is not None and self._tokens is not None:
            sent["Authorization"] = f"{self._tokens.scheme} {token}"
        for _ in range(_MAX_REDIRECTS + 1):
            response = await stack.enter_async_context(
                session.request(
                    method, target, headers=sent, json=body, data=payload and payload(), allow_redirects=False
                )
            )
            if (share := self._headroom(response.headers)) is not None:
                self.limit.headroom(share)
            _log.debug("%s: %s %s answered %d", self.title, method, request.operation, response.status)
            if not self._redirects or response.status not in _REDIRECTS or "Location" not in response.headers:
                return response
            response.release()
            if response.status == HTTPStatus.SEE_OTHER or (method == "POST" and response.status in _BECOME_GET):
                method, body, payload = "GET", None, None
            following = _followed(target, response.headers["Location"])
            if following is None or (
                following.origin() != target.origin() and (body is not None or payload is not None)
            ):
                raise UnexpectedAnswer(f"{self.title} redirected to an address that is not safe to follow.")
            if following.origin() != target.origin():
                sent = {name: value for name, value in sent.items() if name.lower() in _HARMLESS_HEADERS}
            target = following
        raise UnexpectedAnswer(f"{self.title} redirected in circles.")


def _new_session(timeout: aiohttp.ClientTimeout) -> aiohttp.ClientSession:
    return aiohttp.ClientSession(
        # The limit governs how many requests there are; the cookie jar would only carry state between them.
        connector=aiohttp.TCPConnector(limit=0),
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=timeout,
        read_bufsize=_READ_AHEAD,
        # "gzip" in the user agent: Google compresses only for clients that also say it there.
        headers={"User-Agent": f"hubdrives/{__version__} (gzip)"},
        response_class=_Response,
    )


class _Response(aiohttp.ClientResponse):
    """An answer that remembers its connection, which goes back to the others when the last byte is here."""

    transport: asyncio.Transport | None = None

    async def start(self, connection: Connection) -> aiohttp.ClientResponse:
        self.transport = connection.transport
        return await super().start(connection)


def _drop_connection(response: aiohttp.ClientResponse) -> None:
    """Let nobody use the connection again: trouble of a server behind another one may stick to it."""
    if isinstance(response, _Response) and response.transport is not None:
        response.transport.close()


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
