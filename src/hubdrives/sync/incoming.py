"""One file on its way from a provider to its place, without ever blocking the event loop."""

from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

from hubdrives.errors import HubdrivesError
from hubdrives.sync.actions import Download
from hubdrives.sync.apply import Applier
from hubdrives.sync.ledger import Ledger
from hubdrives.sync.meter import Meter
from hubdrives.sync.parts import Part
from hubdrives.sync.tasks import Beside, in_thread

_BUFFER: Final = 1 << 20
"""Bytes that are gathered before they are written: a small file needs one thread once."""


@dataclass(slots=True, kw_only=True)
class Incoming:
    """`feed` it all the bytes, then `finish`; `discard` it in any case."""

    download: Download
    part: Part
    applier: Applier
    ledger: Ledger
    meter: Meter
    _buffer: bytearray = field(default_factory=bytearray, init=False)
    _writing: Beside = field(default_factory=Beside, init=False)
    _counted: int = field(default=0, init=False)
    _failure: HubdrivesError | None = field(default=None, init=False)

    async def feed(self, data: bytes) -> None:
        """The next bytes. Raises what `Part.write` does."""
        self._buffer += data
        self._counted += len(data)
        self.meter.add(size=len(data))
        if len(self._buffer) >= _BUFFER:
            await self._writing.bring(self.part.write, self._taken())

    async def offer(self, data: bytes) -> None:
        """As `feed`, but what fails is told by `finish`: a stream has to be taken to the file's end all the same."""
        if self._failure is None:
            try:
                await self.feed(data)
            except HubdrivesError as error:
                self._failure = error

    async def finish(self) -> None:
        """All bytes were fed: put them in their place, and enter that in the books.

        Raises:
            Corrupt: they are not those that were promised.
            LocalFailure, DiskFull: as the disk says.
        """
        if self._failure is not None:
            raise self._failure
        await self._writing.done()
        await in_thread(self._finish)
        self._counted = 0
        self.meter.add(files=1)

    async def discard(self) -> None:
        """Throw away what did not get to its place."""
        self.meter.add(size=-self._counted)
        self._counted = 0
        try:
            # What could not be written is not wanted any more.
            with suppress(HubdrivesError):
                await self._writing.done()
        finally:
            if self.part.is_open:
                await in_thread(self.part.discard)

    def _taken(self) -> bytearray:
        taken, self._buffer = self._buffer, bytearray()
        return taken

    def _finish(self) -> None:
        self.part.write(self._taken())
        self.part.check()
        # Here and not in the event loop, where a cancellation could come between the deed and its entry.
        self.ledger.add(self.applier.place(self.download, self.part))
