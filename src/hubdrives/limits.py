"""One connection's adaptive limit on concurrency and rate, shared by everything that uses the connection."""

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

_WINDOW = 10.0
_SLOWEST = 0.2


class AdaptiveLimit:
    """Starts at full speed; when the provider complains, everyone pauses, then goes on at half of it and recovers.

    Additive increase, multiplicative decrease, on the number of requests at the same time and on the number begun
    per second. Requests that were under way when the provider complained count as one complaint.
    """

    def __init__(
        self, *, concurrency: int = 8, rate: float | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """A limit that never exceeds `concurrency` requests at once and, if given, `rate` requests per second."""
        self._most = concurrency
        self._allowed = float(concurrency)
        self._most_rate = rate
        self._rate = rate
        self._clock = clock
        self._active = 0
        self._paused_until = 0.0
        self._next_start = 0.0
        self._starts: deque[float] = deque(maxlen=4096)
        self._generation = 0
        self._changed = asyncio.Condition()

    @property
    def waiting(self) -> float:
        """Seconds until requests may start again; 0 when they may."""
        return max(0.0, self._paused_until - self._clock())

    @property
    def concurrency(self) -> int:
        """How many requests may be under way now."""
        return max(1, int(self._allowed))

    @property
    def rate(self) -> float | None:
        """How many requests may begin per second now; None is no bound."""
        return self._rate

    @asynccontextmanager
    async def slot(self) -> AsyncIterator[None]:
        """Hold one of the places for as long as a request and its body last."""
        async with self._changed:
            await self._changed.wait_for(lambda: self._active < self.concurrency)
            self._active += 1
        generation = self._generation
        try:
            await self._turn()
            yield
        except BaseException:
            await self._leave()
            raise
        await self._leave()
        if generation == self._generation:
            self._recover()

    def throttled(self, seconds: float) -> None:
        """Pause for `seconds`, as the provider asks; of several calls the longest counts, the slow-down once."""
        now = self._clock()
        already = self._paused_until > now
        self._paused_until = max(self._paused_until, now + seconds)
        if already:
            return
        self._generation += 1
        self._allowed = max(1.0, self._allowed / 2)
        recent = sum(1 for start in self._starts if start > now - _WINDOW)
        seen = recent / min(_WINDOW, max(1.0, now - self._starts[0])) if self._starts else _SLOWEST
        self._rate = max(_SLOWEST, min(seen, self._rate or seen) / 2)

    async def _turn(self) -> None:
        """Wait for the pause to end and for this request's place in the pace."""
        while True:
            now = self._clock()
            if self._paused_until > now:
                await asyncio.sleep(self._paused_until - now)
                continue
            if self._rate is not None and self._next_start > now:
                await asyncio.sleep(self._next_start - now)
                continue
            if self._rate is not None:
                self._next_start = max(now, self._next_start) + 1 / self._rate
            self._starts.append(now)
            return

    async def _leave(self) -> None:
        async with self._changed:
            self._active -= 1
            self._changed.notify()

    def _recover(self) -> None:
        self._allowed = min(self._most, self._allowed + 1 / self._allowed)
        if self._rate is not None:
            self._rate += max(0.1, self._rate * 0.02)
            if self._most_rate is not None:
                self._rate = min(self._rate, self._most_rate)
            elif self._allowed >= self._most:
                # As fast as before the complaint, and nobody complained: concurrency alone is bound enough.
                self._rate = None
