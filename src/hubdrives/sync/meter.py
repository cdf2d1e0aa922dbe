"""How far a pull is, told at a bounded rate."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field, replace
from typing import Final

from hubdrives.content import Content
from hubdrives.model import Progress, Waiting

_EVERY: Final = 0.1


class Meter:
    """Counts, and tells `listener` when something is new: at most ten times a second, and once at the end.

    Args:
        listener: what to call, in the event loop's thread.
        waiting: whom the pull waits for at this moment.
    """

    def __init__(self, listener: Callable[[Progress], None] | None, *, waiting: Callable[[], Waiting | None]) -> None:
        self._listener = listener
        self._waiting = waiting
        self._told: Progress | None = None
        self.progress = Progress(phase="listing")

    def phase(self, phase: str, *, files_total: int = 0, bytes_total: int = 0) -> None:
        """A new phase begins."""
        self.progress = Progress(phase=phase, files_total=files_total, bytes_total=bytes_total)

    def go_on(self, phase: str) -> None:
        """Another phase begins, with what is counted already."""
        self.progress = replace(self.progress, phase=phase)

    def more(self, *, files: int, size: int) -> None:
        """There are so many files and bytes more to do."""
        now = self.progress
        self.progress = replace(now, files_total=now.files_total + files, bytes_total=now.bytes_total + size)

    def add(self, *, files: int = 0, size: int = 0) -> None:
        """So many files and bytes more; negative where bytes are thrown away."""
        now = self.progress
        self.progress = replace(now, files_done=now.files_done + files, bytes_done=now.bytes_done + size)

    async def run(self) -> None:
        """Tell, until cancelled."""
        while True:
            self._tell(replace(self.progress, waiting=self._waiting()))
            await asyncio.sleep(_EVERY)

    def finish(self) -> None:
        """Tell that all is done."""
        self._tell(replace(self.progress, phase="done", waiting=None))

    def _tell(self, progress: Progress) -> None:
        if self._listener is not None and progress != self._told:
            self._told = progress
            self._listener(progress)


@dataclass(slots=True)
class Counted:
    """`content`, whose bytes are counted as they are read; `settle` when it has arrived, or never will."""

    content: Content
    meter: Meter
    _counted: int = field(default=0, init=False)

    @property
    def size(self) -> int:
        return self.content.size

    async def read(self, start: int = 0, stop: int | None = None) -> AsyncIterator[bytes]:
        """As `Content.read`. What is read again counts once."""
        async for piece in self.content.read(start, stop):
            new = min(len(piece), self.size - self._counted)
            self._counted += new
            self.meter.add(size=new)
            yield piece

    def settle(self, *, arrived: bool) -> None:
        """It is over: all of its bytes count, or none."""
        self.meter.add(files=1, size=(self.size if arrived else 0) - self._counted)
        self._counted = self.size if arrived else 0
