"""Many files in one answer: whatever is there goes out first, and the connection never falls silent."""

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable, Sequence
from contextlib import AsyncExitStack, aclosing
from dataclasses import dataclass

from aiohttp import web

from hubdrives.errors import HubdrivesError, VersionGone
from hubdrives.frames import Frame
from hubdrives.gateway.access import Place
from hubdrives.gateway.bringing import Errand, waves
from hubdrives.gateway.files import Files, Readable, pulsed
from hubdrives.gateway.listings import Listing
from hubdrives.model import Entry, Waiting
from hubdrives.wire import WaitingDocument, WantedFile

AHEAD = 16
"""How many files one answer has under way: enough to keep a connection's requests busy, few enough to leave others
their turn."""

PULSE = 2.0
"""Seconds of silence after which the client is told that we still wait."""

_FLUSH = 256 << 10
_FOLLOWED = 1 << 20
"""Bytes: a file larger than this goes out while it comes in."""


@dataclass(slots=True)
class Sent:
    """What went out."""

    files: int = 0
    bytes: int = 0


class _Out:
    """Frames on their way to the client, gathered into large writes."""

    def __init__(self, response: web.StreamResponse) -> None:
        self._response = response
        self._buffer = bytearray()
        self._flushed = time.monotonic()

    @property
    def silent(self) -> float:
        """Seconds since something went out."""
        return time.monotonic() - self._flushed

    async def put(self, frame: Frame, data: bytes = b"") -> None:
        self._buffer += frame.line()
        self._buffer += data
        if len(self._buffer) >= _FLUSH:
            await self.flush()

    async def flush(self) -> None:
        if self._buffer:
            data, self._buffer = self._buffer, bytearray()
            await self._response.write(data)
        self._flushed = time.monotonic()


@dataclass(slots=True)
class _Ready:
    """A file whose bytes can go out, or the reason why they never will."""

    index: int
    content: Readable | None = None
    failure: HubdrivesError | None = None


class ManyFiles:
    """One answer to `POST files`.

    Args:
        files: where the bytes come from.
        place: where the caller may read.
        waiting: whom the place's provider waits for.
    """

    def __init__(self, files: Files, place: Place, *, waiting: Callable[[], Waiting | None]) -> None:
        self._files = files
        self._place = place
        self._waiting = waiting
        self.sent = Sent()

    async def send(
        self, response: web.StreamResponse, wanted: Iterable[WantedFile], listing: "asyncio.Future[Listing]"
    ) -> None:
        """Send all of `wanted`, each as `listing` names it.

        Raises:
            ConnectionResetError: the client went away.
        """
        out = _Out(response)
        try:
            await self._until(out, listing)
            await self._send_all(out, list(wanted), listing.result())
            await out.put(Frame(done=True))
        except HubdrivesError as error:
            await out.put(Frame(error=error.to_wire()))
        await out.flush()

    async def _send_all(self, out: _Out, wanted: list[WantedFile], listing: Listing) -> None:
        async with AsyncExitStack() as stack:
            queue = await stack.enter_async_context(aclosing(self._in_turn(out, wanted, listing)))
            opening: dict[asyncio.Task[_Ready], AsyncExitStack] = {}
            stack.push_async_callback(_abandon, opening)
            while True:
                while len(opening) < AHEAD and (following := await anext(queue, None)) is not None:
                    index, errand = following
                    held = AsyncExitStack()
                    opening[asyncio.create_task(self._open(held, index, wanted[index], listing, errand))] = held
                if not opening:
                    return
                if not any(task.done() for task in opening):
                    await out.flush()
                    await self._until(out, *opening)
                for task in [task for task in opening if task.done()]:
                    async with opening.pop(task):
                        ready = task.result()
                        await self._send_one(out, ready, wanted[ready.index])

    async def _in_turn(
        self, out: _Out, wanted: Sequence[WantedFile], listing: Listing
    ) -> AsyncGenerator[tuple[int, Errand], None]:
        """The files in the order in which they are opened: of those that come together, first what is there."""
        entries = [_entry(listing, file) for file in wanted]
        for wave in waves(entry.size if entry else None for entry in entries):
            expected = [entry for entry in entries[wave.start : wave.stop] if entry is not None]
            expecting = asyncio.create_task(self._files.expect(self._place, expected))
            try:
                await self._until(out, expecting)
            finally:
                expecting.cancel()
            errand = expecting.result()
            for index in sorted(wave, key=lambda index: entries[index] in errand.late):
                yield index, errand

    async def _open(
        self, held: AsyncExitStack, index: int, wanted: WantedFile, listing: Listing, errand: Errand
    ) -> _Ready:
        try:
            entry = listing.file(wanted.path, wanted.version)
            content = await held.enter_async_context(self._files.open(self._place, entry, errand=errand))
            await content.ready(whole=(entry.size or 0) <= _FOLLOWED)
        except HubdrivesError as error:
            return _Ready(index, failure=error)
        return _Ready(index, content)

    async def _send_one(self, out: _Out, ready: _Ready, wanted: WantedFile) -> None:
        index = ready.index
        if ready.content is None:
            failure = ready.failure or HubdrivesError("It can't be read.")
            await out.put(Frame(file=index, error=failure.to_wire()))
            return
        held = b""
        try:
            pieces = ready.content.read(wanted.start)
            async for piece in pieces if ready.content.blob else self._beating(out, pieces):
                if held:
                    await self._put(out, Frame(file=index, size=len(held)), held)
                held = piece
        except HubdrivesError as error:
            await out.put(Frame(file=index, error=error.to_wire()))
            return
        blob = ready.content.blob
        # The last piece says that it is the last: one frame for each small file.
        end = f"sha256:{blob.sha256}" if blob else ""
        await self._put(out, Frame(file=index, size=len(held), end=end), held)
        self.sent.files += 1

    async def _put(self, out: _Out, frame: Frame, data: bytes) -> None:
        await out.put(frame, data)
        self.sent.bytes += len(data)

    async def _beating(self, out: _Out, pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        async for piece in pulsed(pieces, PULSE):
            if piece:
                yield piece
            else:
                await self._beat(out)

    async def _until(
        self, out: _Out, *tasks: "asyncio.Future[Listing] | asyncio.Future[Errand] | asyncio.Future[_Ready]"
    ) -> None:
        """Wait for one of `tasks`; the client hears of it."""
        while not (await asyncio.wait(tasks, timeout=PULSE, return_when=asyncio.FIRST_COMPLETED))[0]:
            await self._beat(out)

    async def _beat(self, out: _Out) -> None:
        await out.put(Frame(waiting=WaitingDocument.of(self._waiting()) or WaitingDocument("", 0)))
        await out.flush()


def _entry(listing: Listing, wanted: WantedFile) -> Entry | None:
    """What is wanted, None if that is gone, which is told when it is opened."""
    try:
        return listing.file(wanted.path, wanted.version)
    except VersionGone:
        return None


async def _abandon(opening: "dict[asyncio.Task[_Ready], AsyncExitStack]") -> None:
    for task in opening:
        task.cancel()
    await asyncio.gather(*opening, return_exceptions=True)
    for held in opening.values():
        await held.aclose()
