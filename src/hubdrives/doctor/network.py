"""The way to a server: asks once, and tells which part of the way is broken."""

import socket
import ssl
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import msgspec
from yarl import URL

from hubdrives._version import __version__
from hubdrives.doctor.findings import Code, Finding
from hubdrives.doctor.seat import Patience

_MOST = 64 << 10

# The first that is anywhere in an error's history counts.
_TROUBLES: tuple[tuple[type[BaseException], Code], ...] = (
    (socket.gaierror, Code.HOST_UNKNOWN),
    (aiohttp.ClientConnectorDNSError, Code.HOST_UNKNOWN),
    (ssl.SSLCertVerificationError, Code.TLS_UNTRUSTED),
    (ssl.SSLError, Code.TLS_FAILED),
    (ConnectionRefusedError, Code.PORT_CLOSED),
    (aiohttp.SocketTimeoutError, Code.NO_ANSWER),
    # Before or after the connection: asyncio's own, and the kernel's.
    (TimeoutError, Code.PORT_BLOCKED),
    (aiohttp.ServerDisconnectedError, Code.NOT_HTTP),
    (aiohttp.ClientResponseError, Code.NOT_HTTP),
    (ConnectionResetError, Code.NOT_HTTP),
    (OSError, Code.NO_WAY),
    (aiohttp.ClientError, Code.NOT_HTTP),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Somebody who is to be reached."""

    url: str
    """"" if it is the vendor's own."""
    title: str
    setting: str
    """Where its address is configured."""
    opening: str
    """What lets connections through on the way there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a server answered."""

    status: int
    body: bytes = field(repr=False)
    """The first 64 KiB."""

    def json(self) -> Any:
        """The body as JSON, None if it is none."""
        try:
            return msgspec.json.decode(self.body)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return None

    def document(self) -> Mapping[str, Any]:
        """The body as a JSON object, an empty one if it is none."""
        told = self.json()
        return told if isinstance(told, dict) else {}


async def ask(url: str, *, patience: Patience, token: str = "") -> Answer:
    """The answer to one GET; redirects are answers. Sends `token` to the hub's kind of server.

    Raises:
        OSError, aiohttp.ClientError, ValueError: there is none; `trouble` knows why.
    """
    async with (
        aiohttp.ClientSession(
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=patience.connect, sock_read=patience.answer),
            headers={"User-Agent": f"hubdrives/{__version__}"} | ({"Authorization": f"token {token}"} if token else {}),
        ) as session,
        session.get(url, allow_redirects=False) as response,
    ):
        body = b""
        while len(body) < _MOST and (piece := await response.content.read(_MOST - len(body))):
            body += piece
        return Answer(status=response.status, body=body)


def trouble(check: str, error: BaseException, target: Target) -> Finding | None:
    """What `error` tells of the way to `target`, None if it tells nothing of a way."""
    history = list(_history(error))
    code = next((code for kind, code in _TROUBLES if any(isinstance(one, kind) for one in history)), None)
    if isinstance(error, aiohttp.InvalidURL | aiohttp.NonHttpUrlClientError) or (
        code is None and isinstance(error, ValueError)
    ):
        return Finding.wrong(
            check,
            Code.ADDRESS_UNUSABLE,
            f"What is configured as the address of {target.title} is no web address.",
            f"Correct {target.setting}.",
        )
    if code is None:
        return None
    host, port = _where(history, target)
    sentence, advice = _WORDS[code]
    names = {
        "title": target.title, "host": host, "port": port, "setting": target.setting, "opening": target.opening,
    }  # fmt: skip
    return Finding.wrong(check, code, sentence.format(**names), advice.format(**names))


def on_the_way(error: BaseException, target: Target) -> bool:
    """Whether `error` is that no connection to `target` could be made, as opposed to an answer that was not liked."""
    tried = {(one.host, one.port) for one in _history(error) if isinstance(one, aiohttp.ClientConnectorError)}
    # Tokens may come from another server.
    return bool(tried) and (not target.url or (URL(target.url).host, URL(target.url).port) in tried)


# What happened, and how to mend it.
_WORDS: Mapping[Code, tuple[str, str]] = {
    Code.HOST_UNKNOWN: (
        "No name server knows the host {host} of {title}.",
        "Correct {setting}. In Kubernetes, a Service of another namespace is called NAME.NAMESPACE.",
    ),
    Code.PORT_CLOSED: (
        "{host} refuses connections to port {port}: nothing listens there for {title}.",
        "Start {title}, or correct {setting}. In a pod or container it must listen on 0.0.0.0, not on 127.0.0.1.",
    ),
    Code.PORT_BLOCKED: (
        "{host} port {port} swallows connections to {title}: a firewall or a network policy is in the way.",
        "{opening}",
    ),
    Code.NO_ANSWER: (
        "{host} port {port} takes connections, but {title} does not answer.",
        "Look into the log of {title}: it hangs or is overloaded. Or {setting} names a port of something else.",
    ),
    Code.NO_WAY: ("There is no way from here to {host} port {port}, where {title} should be.", "{opening}"),
    Code.TLS_UNTRUSTED: (
        "This machine does not trust the certificate of {host}, where {title} should be.",
        "Correct {setting} if the host is wrong; else let SSL_CERT_FILE name a file with the root certificate.",
    ),
    Code.TLS_FAILED: (
        "{host} port {port} speaks no https, as {title} should.",
        "Correct {setting}: http:// instead of https://, or another port.",
    ),
    Code.NOT_HTTP: (
        "What listens at {host} port {port} does not speak http, as {title} should.",
        "Correct {setting}: https:// instead of http://, or another port.",
    ),
}


def _history(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    one: BaseException | None = error
    while one is not None and id(one) not in seen:
        seen.add(id(one))
        yield one
        one = one.__cause__ or one.__context__


def _where(history: list[BaseException], target: Target) -> tuple[str, int | str]:
    for one in history:
        # Where there is no address of our own, it knows the vendor's.
        if isinstance(one, aiohttp.ClientConnectorError):
            return one.host, one.port or ""
    url = URL(target.url)
    return url.host or target.title, url.port or ""
