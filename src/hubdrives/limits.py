"""One connection's adaptive limit on concurrency and rate, shared by everything that uses the connection."""

import asyncio
import math
import time
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

from hubdrives.errors import RateLimited

_WINDOW = 10.0
_SLOWEST = 0.2
# Requests per second. Who hardly asked anything was not too fast by itself: others use the account too, or did before.
_MODEST = 8.0


class AdaptiveLimit:
    """Starts at full speed; when the provider complains, everyone pauses, then goes on at half of it and recovers.

    Additive increase, multiplicative decrease, on the number of requests at the same time and on the number begun
    per second. Requests that were under way when the provider complained count as one complaint.
    """

    def __init__(
        self,
        *,
        concurrency: int = 8,
        rate: float | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """A limit that never exceeds `concurrency` requests at once and, if given, `rate` requests per second.

        `clock` and `sleep` are the time that it goes by.
        """
        self._most = concurrency
        self._allowed = float(concurrency)
        self._most_rate = rate
        self._rate = rate
        self._clock = clock
        self._sleep = sleep
        self._active = 0
        self._waiters: deque[asyncio.Future[None]] = deque()
        self._paused_until = 0.0
        self._next_start = 0.0
        self._starts: deque[float] = deque(maxlen=4096)
        self._generation = 0
        self._headroom = 1.0

    @property
    def busy(self) -> bool:
        """Whether requests are under way."""
        return self._active > 0

    @property
    def waiting(self) -> float:
        """Seconds until requests may start again; 0 when they may."""
        return max(0.0, self._paused_until - self._clock())

    @property
    def concurrency(self) -> int:
        """How many requests may be under way now."""
        return max(1, min(int(self._allowed), math.ceil(self._most * self._headroom)))

    @property
    def rate(self) -> float | None:
        """How many requests may begin per second now; None is no bound."""
        return self._rate

    @asynccontextmanager
    async def slot(self) -> AsyncIterator[None]:
        """Hold one of the places for as long as a request and its body last; RateLimited slows everyone down."""
        await self._enter()
        try:
            await self._turn()
            generation = self._generation
            try:
                yield
            except RateLimited:
                self._slow_down(generation)
                raise
            self._recover(generation)
        finally:
            self._leave()

    def throttled(self, seconds: float) -> None:
        """Pause for `seconds`, as the provider asks; of several calls the longest counts."""
        self._paused_until = max(self._paused_until, self._clock() + seconds)

    def headroom(self, share: float) -> None:
        """Use at most this share of the concurrency (at least one request), until another one is told."""
        self._headroom = min(1.0, max(0.0, share))

    async def _enter(self) -> None:
        if self._active < self.concurrency:
            self._active += 1
            return
        waiter = asyncio.get_running_loop().create_future()
        self._waiters.append(waiter)
        try:
            await waiter
        except asyncio.CancelledError:
            if not waiter.cancelled():
                # The place was given in the same moment: it must not be lost to those who wait behind.
                self._leave()
            with suppress(ValueError):
                self._waiters.remove(waiter)
            raise

    def _leave(self) -> None:
        self._active -= 1
        # A place is handed over, not announced: nobody overtakes, and after a recovery more than one may start.
        while self._active < self.concurrency and self._waiters:
            waiter = self._waiters.popleft()
            if not waiter.cancelled():
                waiter.set_result(None)
                self._active += 1

    async def _turn(self) -> None:
        """Wait for the pause to end and for this request's place in the pace."""
        while True:
            now = self._clock()
            earliest = max(self._paused_until, self._next_start if self._rate is not None else 0.0)
            if earliest <= now:
                break
            await self._sleep(earliest - now)
        if self._rate is not None:
            self._next_start = now + 1 / self._rate
        self._starts.append(now)

    def _slow_down(self, generation: int) -> None:
        if generation != self._generation:
            return
        self._generation += 1
        now = self._clock()
        recent = sum(1 for start in self._starts if start > now - _WINDOW)
        seen = max(_MODEST, recent / min(_WINDOW, max(1.0, now - self._starts[0])))
        self._allowed = max(1.0, self._allowed / 2)
        self._rate = max(_SLOWEST, min(seen, self._rate or seen) / 2)

    def _recover(self, generation: int) -> None:
        if generation != self._generation:
            return
        self._allowed = min(self._most, self._allowed + 1 / self._allowed)
        if self._rate is not None:
            self._rate += max(0.1, self._rate * 0.05)
            if self._most_rate is not None:
                self._rate = min(self._rate, self._most_rate)
            elif self._allowed >= self._most:
                # As fast as before the complaint, and nobody complained: concurrency alone is bound enough.
                self._rate = None
