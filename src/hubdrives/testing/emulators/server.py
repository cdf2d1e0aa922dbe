"""What all emulators share: an aiohttp server on loopback that counts requests, waits, and commits faults.

Beside the provider's API every emulator has:

- `GET /_emulator/requests`: `{"total": n, "by_operation": {...}, "by_method": {...}, "log": [...]}`; the log holds the
  latest requests, each as `{"method": ..., "operation": ..., "status": ...}`. What the emulator doesn't have counts as
  `unknown`.
- `POST /_emulator/reset`: counts start again from nothing.
- `POST /_emulator/faults`: a JSON list of rules (see `hubdrives.testing.emulators.faults`) in place of the former ones.
"""

import asyncio
from abc import ABC, abstractmethod
from collections import Counter, deque
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeVar

import msgspec
from aiohttp import web

from hubdrives.testing.emulators.content import Content, ContentChangedError
from hubdrives.testing.emulators.faults import Faults, Rule

LOG_LENGTH = 100_000


@dataclass(slots=True)
class Requests:
    """What was asked so far."""

    by_operation: Counter[str] = field(default_factory=Counter)
    by_method: Counter[str] = field(default_factory=Counter)
    log: deque[dict[str, str | int]] = field(default_factory=lambda: deque(maxlen=LOG_LENGTH))

    @property
    def total(self) -> int:
        return self.by_operation.total()

    def reset(self) -> None:
        self.by_operation.clear()
        self.by_method.clear()
        self.log.clear()


@dataclass(slots=True)
class Call:
    """One request, as the provider understands it.

    Attributes:
        request: as it came.
        operation: its name, as it is counted.
        params: of the query, or of the form of a POST that stands for a GET.
        segments: of the path.
        ids, names: of the items that it is about, for faults that concern only some.
        possible: special effects of faults that can happen to it.
        faults: those that do, by effect.
    """

    request: web.Request
    operation: str
    params: Mapping[str, str]
    segments: tuple[str, ...]
    ids: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    possible: frozenset[str] = frozenset()
    faults: Mapping[str, Rule] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Slice:
    """Bytes `start` to `stop` of a content, as a body that is never held whole."""

    content: Content
    start: int
    stop: int


@dataclass(frozen=True, slots=True)
class Answer:
    """A response. A body without a promised length goes out in chunks."""

    status: int = 200
    body: bytes | Slice = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    promise_length: bool = True

    @classmethod
    def json(cls, value: object, *, status: int = 200, headers: Mapping[str, str] | None = None) -> "Answer":
        kind = {"Content-Type": "application/json; charset=UTF-8"}
        return cls(status, msgspec.json.encode(value), {**kind, **(headers or {})})


@dataclass(frozen=True, slots=True)
class Announcement:
    """What someone needs to use an emulator that runs as a command.

    Attributes:
        location: what a person would paste.
        env: variables that make the `hubdrives` command line use it.
        credentials: what a foreign client logs in with.
    """

    location: str
    env: Mapping[str, str]
    credentials: Mapping[str, str]


class Emulator(ABC):
    """One provider, emulated.

    Attributes:
        url: of the running server, without a slash at the end; empty before.
        requests: the counts.
        faults: the rules.
        latency: seconds from each request to its answer, unless the work takes longer.
    """

    def __init__(self, *, faults: Faults, latency: float = 0.0) -> None:
        self.url = ""
        self.requests = Requests()
        self.faults = faults
        self.latency = latency

    @abstractmethod
    async def understand(self, request: web.Request) -> Call:
        """What a request asks for; never fails."""

    @abstractmethod
    async def answer(self, call: Call) -> Answer:
        """Do what a call asks for; the provider's own errors are answers too."""

    @abstractmethod
    def refuse(self, rule: Rule) -> Answer:
        """The provider's own error that a fault of effect `error` asks for."""

    @abstractmethod
    def busy(self) -> Answer:
        """The provider's own error for a passing failure of its own."""

    @abstractmethod
    async def refresh(self) -> None:
        """Look at the served folder, if there is one."""

    @abstractmethod
    def announce(self, scratch: Path) -> Announcement:
        """Write what a client needs into an empty private directory, and say where."""

    def routes(self) -> list[web.RouteDef]:
        """Further control endpoints under `/_emulator/`."""
        return []

    def web_app(self) -> web.Application:
        app = web.Application()
        app.add_routes(
            [
                web.get("/_emulator/requests", self._show_requests),
                web.post("/_emulator/reset", self._reset),
                web.post("/_emulator/faults", self._set_faults),
                *self.routes(),
                web.route("*", "/{path:.*}", self._serve),
            ]
        )
        return app

    async def _show_requests(self, _request: web.Request) -> web.Response:
        counted = self.requests
        return web.json_response(
            {
                "total": counted.total,
                "by_operation": counted.by_operation,
                "by_method": counted.by_method,
                "log": list(counted.log),
            }
        )

    async def _reset(self, _request: web.Request) -> web.Response:
        self.requests.reset()
        return web.Response(status=204)

    async def _set_faults(self, request: web.Request) -> web.Response:
        try:
            self.faults.set(await request.json())
        except (ValueError, TypeError) as error:
            return web.Response(status=400, text=f"{error}\n")
        return web.Response(status=204)

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        due = asyncio.get_running_loop().time() + self.latency
        await self.refresh()
        call = await self.understand(request)
        self.requests.by_operation[call.operation] += 1
        self.requests.by_method[request.method] += 1
        call.faults = self.faults.strike(call.operation, ids=call.ids, names=call.names, possible=call.possible)
        entry: dict[str, str | int] = {"method": request.method, "operation": call.operation, "status": 0}
        self.requests.log.append(entry)
        if "delay" in call.faults:
            await asyncio.sleep(call.faults["delay"].seconds)
        answer = None if "drop" in call.faults else await self._answer(call)
        # What the work here takes is a part of it: else a client would be measured by how quick its emulator is.
        await asyncio.sleep(due - asyncio.get_running_loop().time())
        if answer is None:
            _hang_up(request)
            return web.Response()
        entry["status"] = answer.status
        return await _send(request, answer, call.faults)

    async def _answer(self, call: Call) -> Answer:
        if rule := call.faults.get("error"):
            return _with_retry_after(self.refuse(rule), rule)
        if rule := call.faults.get("html"):
            status = rule.status or 503
            page = f"<!DOCTYPE html><html><title>Error {status}</title><p>That's an error.</html>".encode()
            return _with_retry_after(Answer(status, page, {"Content-Type": "text/html; charset=UTF-8"}), rule)
        try:
            return await self.answer(call)
        except (ContentChangedError, FileNotFoundError):
            # The owner edits the folder at this very moment.
            return self.busy()


def _with_retry_after(answer: Answer, rule: Rule) -> Answer:
    if rule.retry_after is None:
        return answer
    return replace(answer, headers={**answer.headers, "Retry-After": str(rule.retry_after)})


async def _send(request: web.Request, answer: Answer, faults: Mapping[str, Rule]) -> web.StreamResponse:
    length = _length(answer.body)
    if isinstance(answer.body, bytes) and answer.promise_length and not faults:
        return web.Response(status=answer.status, body=answer.body, headers=answer.headers)
    if rule := faults.get("truncate"):
        length = min(length, rule.bytes)
    response = web.StreamResponse(status=answer.status, headers=answer.headers)
    if answer.promise_length:
        response.content_length = length
    await response.prepare(request)
    sent = 0
    cut = min(faults["cut"].bytes, length) if "cut" in faults else None
    async for chunk in _shape(answer.body, length if cut is None else cut, faults):
        await response.write(chunk)
        sent += len(chunk)
    if cut is not None or sent < length:
        _hang_up(request)
    else:
        await response.write_eof()
    return response


def _length(body: bytes | Slice) -> int:
    return len(body) if isinstance(body, bytes) else body.stop - body.start


async def _shape(body: bytes | Slice, length: int, faults: Mapping[str, Rule]) -> AsyncIterator[bytes]:
    offset = 0
    wrong = faults["wrong"].bytes if "wrong" in faults else -1
    async for whole in _chunks(body, length):
        chunk = whole
        if offset <= wrong < offset + len(chunk):
            at = wrong - offset
            chunk = chunk[:at] + bytes([chunk[at] ^ 0xFF]) + chunk[at + 1 :]
        offset += len(chunk)
        if "slow" not in faults:
            yield chunk
            continue
        rate = faults["slow"].rate
        step = max(1, rate // 10)
        for start in range(0, len(chunk), step):
            await asyncio.sleep(min(step, len(chunk) - start) / rate)
            yield chunk[start : start + step]


async def _chunks(body: bytes | Slice, length: int) -> AsyncIterator[bytes]:
    if isinstance(body, bytes):
        yield body[:length]
        return
    async for chunk in body.content.stream(body.start, body.start + length):
        yield chunk


def _hang_up(request: web.Request) -> None:
    if request.transport is not None:
        request.transport.close()


E = TypeVar("E", bound=Emulator)


@asynccontextmanager
async def serving(emulator: E, *, port: int = 0) -> AsyncIterator[E]:
    """Serve an emulator on 127.0.0.1 in the running loop; `emulator.url` says where. Port 0 takes a free one."""
    runner = web.AppRunner(emulator.web_app(), access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", port).start()
        emulator.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        await emulator.refresh()
        yield emulator
    finally:
        await runner.cleanup()
