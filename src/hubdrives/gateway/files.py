"""The bytes of files: from the cache if they may be kept, else straight from their provider."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Protocol

from hubdrives.connections import Connections
from hubdrives.errors import Forbidden, HubdrivesError, NotFound, Unavailable
from hubdrives.gateway.access import Place
from hubdrives.gateway.bringing import SMALL, Bringing, Errand
from hubdrives.gateway.cache import Cache, Content, key_of
from hubdrives.gateway.disk import Blob
from hubdrives.gateway.metrics import Metrics
from hubdrives.model import Entry
from hubdrives.providers.base import Provider, ReadsMany


class Readable(Protocol):
    """The bytes of one file."""

    @property
    def blob(self) -> Blob | None:
        """Set once all of it was seen and is kept."""
        ...

    async def ready(self, *, whole: bool) -> None:
        """Wait for its first byte, or for all of it. Raises why that will never come."""
        ...

    def read(self, start: int = 0, stop: int | None = None) -> AsyncIterator[bytes]:
        """The bytes from `start` up to `stop` (or the end)."""
        ...


class _Direct:
    """A file that is too large to be kept, or has no version to keep it by."""

    blob: Blob | None = None

    def __init__(self, provider: Provider, entry: Entry, metrics: Metrics) -> None:
        self._provider = provider
        self._entry = entry
        self._metrics = metrics

    async def ready(self, *, whole: bool) -> None:
        """At once: the provider is asked when it is read."""

    async def read(self, start: int = 0, stop: int | None = None) -> AsyncIterator[bytes]:
        async for piece in self._provider.read(self._entry, start=start, stop=stop):
            self._metrics.fetched.inc(len(piece))
            yield piece


class _Followed:
    """A file that another user's token brings. What is wrong with that token is nothing to whoever follows."""

    def __init__(self, content: Content) -> None:
        self._content = content

    @property
    def blob(self) -> Blob | None:
        return self._content.blob

    async def ready(self, *, whole: bool) -> None:
        with _anothers_trouble():
            await self._content.ready(whole=whole)

    async def read(self, start: int = 0, stop: int | None = None) -> AsyncIterator[bytes]:
        with _anothers_trouble():
            async for piece in self._content.read(start, stop):
                yield piece


@contextmanager
def _anothers_trouble() -> Iterator[None]:
    try:
        yield
    except (Forbidden, NotFound):
        # The next request brings it with the caller's own token.
        raise Unavailable("The download was interrupted.", retry_after=0) from None


class Files:
    """The files of all connections."""

    def __init__(self, connections: Connections, cache: Cache, metrics: Metrics) -> None:
        self._connections = connections
        self._cache = cache
        self._metrics = metrics
        self._bringing = Bringing(cache)

    async def close(self) -> None:
        await self._bringing.close()
        await self._cache.close()

    async def expect(self, place: Place, entries: Iterable[Entry]) -> Errand:
        """To be told what will be opened next, so that what is small can be brought together."""
        try:
            provider = await self._connections.provider(place.connection, user=place.user)
        except HubdrivesError:
            # Told when they are opened.
            return Errand()
        if not isinstance(provider, ReadsMany):
            return Errand()
        small = {
            key_of(place.connection, place.location, entry, user=place.user): entry
            for entry in entries
            if entry.version and entry.size is not None and entry.size <= SMALL
        }
        return await self._bringing.begin(provider, (place.connection, place.user), small)

    @asynccontextmanager
    async def open(self, place: Place, entry: Entry, *, errand: Errand | None = None) -> AsyncIterator[Readable]:
        """The bytes of `entry`, which a listing of `place` names. Trouble shows when they are read.

        Args:
            place: where it is.
            entry: the file.
            errand: what `expect` said of it.

        Raises:
            HubdrivesError: the connection can't be used.
        """
        provider = await self._connections.provider(place.connection, user=place.user)
        if not entry.version or not self._cache.takes(entry.size):
            self._metrics.kept.labels("direct").inc()
            yield _Direct(provider, entry, self._metrics)
            return
        key = key_of(place.connection, place.location, entry, user=place.user)
        own = errand is not None and key in errand.own
        async with self._cache.open(key, lambda: provider.read(entry), fetcher=place.user, counted=own) as content:
            yield content if content.fetcher == place.user else _Followed(content)


async def pulsed(pieces: AsyncIterator[bytes], seconds: float) -> AsyncIterator[bytes]:
    """`pieces`, and b"" whenever none came for `seconds`."""
    coming: asyncio.Future[bytes] | None = None
    try:
        while True:
            coming = coming or asyncio.ensure_future(anext(pieces))
            done, _ = await asyncio.wait({coming}, timeout=seconds)
            if not done:
                yield b""
                continue
            try:
                piece = coming.result()
            except StopAsyncIteration:
                return
            coming = None
            yield piece
    finally:
        if coming is not None and not coming.done():
            coming.cancel()
            await asyncio.wait({coming})
