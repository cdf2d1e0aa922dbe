"""One file on its way from a provider to its place, without ever blocking the event loop."""

from dataclasses import dataclass, field
from typing import Final

from hubdrives.sync.actions import Download
from hubdrives.sync.apply import Applier
from hubdrives.sync.ledger import Outcome
from hubdrives.sync.meter import Meter
from hubdrives.sync.parts import Part
from hubdrives.sync.tasks import in_thread

_BUFFER: Final = 1 << 20
"""Bytes that are gathered before they are written: a small file needs one thread once."""


@dataclass(slots=True, kw_only=True)
class Incoming:
    """`feed` it all the bytes, then `finish`; `discard` it in any case."""

    download: Download
    part: Part
    applier: Applier
    meter: Meter
    _buffer: bytearray = field(default_factory=bytearray, init=False)
    _counted: int = field(default=0, init=False)

    async def feed(self, data: bytes) -> None:
        """The next bytes. Raises what `Part.write` does."""
        self._buffer += data
        self._counted += len(data)
        self.meter.add(size=len(data))
        if len(self._buffer) >= _BUFFER:
            await in_thread(self._write)

    async def finish(self) -> Outcome:
        """All bytes were fed: put them in their place.

        Raises:
            Corrupt: they are not those that were promised.
            LocalFailure, DiskFull: as the disk says.
        """
        outcome = await in_thread(self._finish)
        self._counted = 0
        return outcome

    async def discard(self) -> None:
        """Throw away what did not get to its place."""
        self.meter.add(size=-self._counted)
        self._counted = 0
        if self.part.is_open:
            await in_thread(self.part.discard)

    def _write(self) -> None:
        self.part.write(bytes(self._buffer))
        self._buffer.clear()

    def _finish(self) -> Outcome:
        self._write()
        self.part.check()
        return self.applier.place(self.download, self.part)
