"""Work that many ask for at once is done once, and its answer handed out while it is fresh."""

import asyncio
import copy
import math
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass
from typing import Generic, TypeVar

from hubdrives.errors import LoginNeeded, Unavailable

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

_FAILURE_SECONDS = 2.0
"""For how long a failure is an answer: whoever was told to come back for it must find it."""


class NotYet(Exception):
    """The work goes on; ask again."""


@dataclass(slots=True)
class _Kept(Generic[V]):
    value: V | None = None
    failure: Exception | None = None
    until: float = -math.inf
    weight: int = 1
    promised: bool = False
    """Somebody was told to come back for it."""
    work: asyncio.Task[None] | None = None
    left: bool = False
    """It was forgotten: nobody finds it any more who does not wait for it already."""


class Shared(Generic[K, V]):
    """Answers by key. Whoever asks may be cancelled; the work is not, others may wait for it.

    Args:
        fresh: seconds for which an answer is handed out again.
        keep: how much is kept at most, as `weigh` weighs it; what was asked for longest ago goes first.
        weigh: the weight of an answer.
        clock: seconds.
    """

    def __init__(
        self,
        *,
        fresh: float,
        keep: int = 10_000,
        weigh: Callable[[V], int] = lambda _value: 1,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._fresh = fresh
        self._keep = keep
        self._weigh = weigh
        self._clock = clock
        self._kept: OrderedDict[K, _Kept[V]] = OrderedDict()
        self._under_way: dict[asyncio.Task[None], _Kept[V]] = {}
        self._total = 0

    async def get(self, key: K, work: Callable[[V | None], Awaitable[V]], *, patience: float | None = None) -> V:
        """The answer for `key`, from before if fresh, from work that is under way, or from `work`.

        Args:
            key: what is asked.
            work: finds the answer, given the last one.
            patience: seconds to wait at most.

        Raises:
            NotYet: patience is over; the work goes on.
            Exception: what `work` raised.
        """
        kept = self._place(key)
        if kept.work is None and self._clock() >= kept.until:
            kept.work = asyncio.create_task(self._do(kept, work))
            self._under_way[kept.work] = kept
            kept.work.add_done_callback(self._under_way.pop)
        if kept.work is not None:
            finished, _ = await asyncio.wait({kept.work}, timeout=patience)
            if not finished:
                kept.promised = True
                raise NotYet
        if kept.failure is not None:
            raise copy.copy(kept.failure) from None
        if kept.value is None:
            raise AssertionError("work that is done has an answer or a failure")
        return kept.value

    def held(self, key: K) -> V | None:
        """The last answer for `key`, however old; None if there is none."""
        kept = self._kept.get(key)
        return kept.value if kept else None

    def answers(self, key: K) -> bool:
        """Whether an answer for `key` is there, or on its way."""
        kept = self._kept.get(key)
        return kept is not None and (kept.work is not None or self._clock() < kept.until)

    def forget(self, which: Callable[[K, V | None], bool], *, wholly: bool = False) -> None:
        """Believe no answer any more that was found, or begun to be found, before now.

        Args:
            which: says of a key and its last answer whether it is meant.
            wholly: not even the work that finds the next answer is given the last one.
        """
        for key, kept in list(self._kept.items()):
            if not which(key, kept.value):
                continue
            # Work that is under way goes on for those who wait for it, and for nobody else.
            self._total -= kept.weight
            if wholly or kept.value is None:
                del self._kept[key]
            else:
                self._kept[key] = _Kept(value=kept.value, weight=kept.weight)
                self._total += kept.weight
            kept.left = True

    async def close(self) -> None:
        """End all work that is under way; who waits for it is told to try again."""
        under_way = dict(self._under_way)
        for task, kept in under_way.items():
            kept.failure = Unavailable("The hub's gateway is being restarted.", retry_after=1)
            task.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)

    def _place(self, key: K) -> _Kept[V]:
        kept = self._kept.get(key)
        if kept is None:
            kept = self._kept[key] = _Kept()
            self._total += kept.weight
        self._kept.move_to_end(key)
        return kept

    async def _do(self, kept: _Kept[V], work: Callable[[V | None], Awaitable[V]]) -> None:
        begun = self._clock()
        try:
            kept.value = await work(kept.value)
        except Exception as error:  # noqa: BLE001 - it is raised in everyone who asked
            # Who is sent to log in may be back within a second.
            lasts = 0.0 if isinstance(error, LoginNeeded) else min(self._fresh, _FAILURE_SECONDS)
            kept.failure = error
        else:
            kept.failure, lasts = None, self._fresh
            if not kept.left:
                self._total -= kept.weight
                kept.weight = self._weigh(kept.value)
                self._total += kept.weight
        finally:
            kept.work = None
        if kept.promised:
            # What took long is believed as long: else whoever comes back for it might each time find it too old.
            lasts, kept.promised = max(lasts, self._clock() - begun), False
        kept.until = self._clock() + lasts
        self._make_room()

    def _make_room(self) -> None:
        for key, kept in list(self._kept.items()) if self._total > self._keep else ():
            if self._total <= self._keep:
                return
            if kept.work is None:
                self._total -= kept.weight
                del self._kept[key]
