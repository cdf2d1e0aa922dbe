"""Many small files that nobody has brought yet come together, if their provider can do that, and for all who want them.

Each is claimed in the cache before it is asked for, so whoever wants one of them meanwhile waits for that one, whatever
else they want. It is kept as it comes. What does not come this way is read by itself, as if it had never been claimed.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, Protocol

from hubdrives.gateway.cache import Cache, Fetch
from hubdrives.model import Entry
from hubdrives.providers.base import ReadsMany
from hubdrives.sync.tasks import closing

_log = logging.getLogger(__name__)

SMALL: Final = 8 << 20
"""Bytes of a file that is held in memory until it is whole."""

MOST: Final = 32 << 20
"""Bytes that come together: when an answer gets there, the next ones do. Whoever goes away leaves no more than this
behind, and a slow client does not find swept away what came too early for it."""

FEW: Final = 12
"""Files; fewer than these are as soon read by themselves."""

TOGETHER = 0.1
"""Seconds for which the first of a class waits for the others, who may want other files of the same folder."""

_TURNS: Final = 4
"""How many times MOST is under way at a connection, at most: so much memory it may take if its provider holds it."""


class Source(ReadsMany, Protocol):
    """A provider that reads many files together, and each by itself."""

    def read(self, entry: Entry) -> AsyncIterator[bytes]:
        """See `Provider.read`."""
        ...


@dataclass(slots=True, kw_only=True)
class Errand:
    """What becomes of the files that an answer is about to open."""

    late: frozenset[Entry] = frozenset()
    """Those that are not there yet."""
    own: set[str] = field(default_factory=set)
    """Those that are brought because of it, by their keys in the cache."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Claim:
    entry: Entry
    errand: Errand


@dataclass(slots=True)
class _Batch:
    """What comes together."""

    claims: dict[str, _Claim] = field(default_factory=dict)
    """By key in the cache."""
    size: int = 0
    """In bytes."""

    def has_room(self, size: int) -> bool:
        return self.size + size <= MOST

    def add(self, wanted: Mapping[str, Entry], errand: Errand) -> None:
        self.claims |= {key: _Claim(entry=entry, errand=errand) for key, entry in wanted.items()}
        self.size += _size(wanted.values())


class Bringing:
    """All that is being brought this way; it goes on when whoever asked goes away.

    Args:
        cache: where it is kept.
    """

    def __init__(self, cache: Cache) -> None:
        self._cache = cache
        self._gathering: dict[tuple[str, str], _Batch] = {}
        # A provider that is slow keeps nobody from another.
        self._turns: dict[str, asyncio.Semaphore] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def close(self) -> None:
        """End it. The claims stay in the cache, which tells those who wait when it is closed itself."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def begin(self, source: Source, whose: tuple[str, str], wanted: Mapping[str, Entry]) -> Errand:
        """Have those of `wanted` brought that are neither kept nor on their way, unless they are few.

        Args:
            source: who has them.
            whose: the connection, and the user whose token opens it if that is a user's own: nobody else's files come
                together with theirs.
            wanted: small files by their keys in the cache.
        """
        if len(wanted) < FEW or not self._cache.takes(_size(wanted.values())):
            return Errand()
        coming = {key for key in wanted if self._cache.is_coming(key)}
        missing = await self._cache.missing(wanted.keys() - coming)
        errand = Errand(late=frozenset(wanted[key] for key in missing | coming))
        claimed = {key: wanted[key] for key in wanted if key in missing and not self._cache.is_coming(key)}
        batch = self._gathering.get(whose)
        if batch is None or not batch.has_room(_size(claimed.values())):
            if len(claimed) < FEW:
                return errand
            batch = self._gathering[whose] = _Batch()
            task = asyncio.create_task(self._bring(source, whose, batch))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        for key in claimed:
            self._cache.claim(key, fetcher=whose[1])
        errand.own.update(claimed)
        batch.add(claimed, errand)
        return errand

    async def _bring(self, source: Source, whose: tuple[str, str], batch: _Batch) -> None:
        await asyncio.sleep(TOGETHER)
        async with self._turns.setdefault(whose[0], asyncio.Semaphore(_TURNS)):
            if self._gathering.get(whose) is batch:
                del self._gathering[whose]
            # Some may have come after their readers had looked, and before they were claimed.
            missing = await self._cache.missing(batch.claims)
            for key in batch.claims.keys() - missing:
                self._leave(source, batch, key)
            try:
                await self._read(source, batch)
            except Exception as error:  # noqa: BLE001 - each file tells by itself what is wrong
                _log.debug("%d files did not come together: %s", len(batch.claims), type(error).__name__)
            for key in list(batch.claims):
                self._leave(source, batch, key)

    async def _read(self, source: Source, batch: _Batch) -> None:
        keys = {claim.entry: key for key, claim in batch.claims.items()}
        data = bytearray()
        async with closing(source.read_many(list(keys))) as pieces:
            async for piece in pieces:
                data += piece.data
                if not piece.last:
                    continue
                whole, data = bytes(data), bytearray()
                key = keys.get(piece.entry)
                if key in batch.claims and piece.error is None and len(whole) == piece.entry.size:
                    del batch.claims[key]
                    # Not more than one at a time: that is what bounds the memory. The cache tells what goes wrong.
                    await asyncio.wait({self._cache.start(key, _sent(whole))})

    def _leave(self, source: Source, batch: _Batch, key: str) -> None:
        """It is kept already, or has to come by itself."""
        claim = batch.claims.pop(key)
        claim.errand.own.discard(key)
        self._cache.leave(key, lambda: source.read(claim.entry))


def waves(sizes: Iterable[int | None]) -> Iterator[range]:
    """The files of an answer in its order, so that no more than MOST of them come together.

    Args:
        sizes: of all files; None is not known.
    """
    first, end, total = 0, 0, 0
    for size in sizes:
        small = size if size is not None and size <= SMALL else 0
        if total + small > MOST:
            yield range(first, end)
            first, total = end, 0
        end, total = end + 1, total + small
    yield range(first, end)


def _size(entries: Iterable[Entry]) -> int:
    return sum(entry.size or 0 for entry in entries)


def _sent(data: bytes) -> Fetch:
    async def fetch() -> AsyncIterator[bytes]:
        yield data

    return fetch
