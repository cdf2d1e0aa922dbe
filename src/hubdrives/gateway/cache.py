"""Content that was asked for once is kept, and while it is on its way everybody who wants it follows the one download.

What is kept is handed to nobody by itself: a caller gets here only with an entry of a listing that they may read.
"""

import asyncio
import copy
import hashlib
import os
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec

from hubdrives.errors import Corrupt, HubdrivesError, Unavailable
from hubdrives.gateway.disk import Blob, Disk, Growing, disk_errors
from hubdrives.gateway.metrics import Metrics
from hubdrives.http import CHUNK
from hubdrives.model import Entry, Location

SMALL = 64 << 10
"""Bytes: what is not larger is held in memory while it is being handed out."""

Fetch = Callable[[], AsyncIterator[bytes]]


def key_of(connection: str, location: Location, entry: Entry, *, user: str = "") -> str:
    """The name under which the bytes of `entry` are kept: equal for equal bytes of one file, however it was reached.

    Without an identifier, a path may mean another file to each `user` who has a token of their own.
    """
    named = [entry.id] if entry.id else [location.host, location.id, location.path, entry.path, user]
    parts = [connection, location.provider, *named, entry.version, *(text for pair in entry.params for text in pair)]
    return hashlib.sha256(msgspec.json.encode(parts)).hexdigest()


class Content:
    """The bytes of one file, there or on their way.

    Args:
        fetcher: whose token brings them, where each user has their own.
    """

    def __init__(self, fetcher: str) -> None:
        self.fetcher = fetcher
        self.blob: Blob | None = None
        """Set when it is complete."""
        self.users = 0
        self.failure: Exception | None = None
        self._data: bytes | None = None
        self._fd: int | None = None
        self._there = 0
        self._news = asyncio.Event()

    @property
    def seen(self) -> bool:
        """Whether somebody may have read a part of it."""
        return self._fd is not None

    async def ready(self, *, whole: bool) -> None:
        """Wait for its first byte, or for all of it. Raises why that will never come."""
        while self.failure is None and self.blob is None and (whole or not self._there):
            await self._news.wait()
        if self.failure is not None:
            raise copy.copy(self.failure) from None

    async def read(self, start: int = 0, stop: int | None = None) -> AsyncIterator[bytes]:
        """The bytes from `start` up to `stop` (or the end), as they come.

        Raises:
            HubdrivesError: why the rest will never come; what was yielded must be thrown away.
        """
        position = start
        while stop is None or position < stop:
            if self.failure is not None:
                raise copy.copy(self.failure) from None
            end = self._there if stop is None else min(self._there, stop)
            if position < end:
                piece = await self._take(position, min(CHUNK, end - position))
                position += len(piece)
                yield piece
            elif self.blob is not None:
                return
            else:
                await self._news.wait()

    def grow(self, fd: int, there: int) -> None:
        """`there` bytes can be read from `fd` now."""
        self._fd, self._there = fd, there
        self._tell()

    def finish(self, blob: Blob, *, data: bytes | None = None, fd: int | None = None) -> None:
        """It is complete."""
        self.blob, self._there = blob, blob.size
        self._data, self._fd = data, fd
        self._tell()

    def fail(self, error: Exception) -> None:
        """It will never be complete."""
        self.failure = error
        self._tell()

    def close(self) -> None:
        """Nobody reads any more."""
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None

    def _tell(self) -> None:
        news, self._news = self._news, asyncio.Event()
        news.set()

    async def _take(self, position: int, size: int) -> bytes:
        if self._data is not None:
            return self._data[position : position + size]
        fd = self._fd
        if fd is None:
            raise AssertionError("what is there can be read")
        with disk_errors():
            return await asyncio.to_thread(os.pread, fd, size, position)


class Cache:
    """Keeps at most `limit` bytes in `folder`, over restarts too.

    Raises:
        BadConfig: the folder can't be used.
    """

    def __init__(self, folder: Path, *, limit: int, metrics: Metrics) -> None:
        self._disk = Disk(folder)
        self._limit = limit
        self._metrics = metrics
        self._used = self._disk.used()
        metrics.cache_bytes.set(self._used)
        self._under_way: dict[str, Content] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._sweeping = asyncio.Lock()

    def takes(self, size: int | None) -> bool:
        """Whether a file of `size` bytes may be kept: it must not push out all the others."""
        return size is None or size <= self._limit // 2

    async def close(self) -> None:
        """End what is under way; who waits for it is told to try again."""
        for content in self._under_way.values():
            content.fail(Unavailable("The hub's gateway is being restarted.", retry_after=1))
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    @asynccontextmanager
    async def open(self, key: str, fetch: Fetch, *, fetcher: str = "", counted: bool = False) -> AsyncIterator[Content]:
        """The content kept for `key`, or else what `fetch` brings. It goes on when whoever asked goes away.

        Its failures show when it is read, not here. `fetcher` is whose token `fetch` uses, if it is a user's own.
        `counted`: it was claimed for this very reader, and they are counted once.
        """
        if self.claim(key, fetcher=fetcher):
            self.start(key, fetch, counted=counted)
        elif not counted:
            self._metrics.kept.labels("shared").inc()
        content = self._under_way[key]
        content.users += 1
        try:
            yield content
        finally:
            content.users -= 1
            self._release(key, content)

    async def missing(self, keys: Iterable[str]) -> set[str]:
        """Those of `keys` for which nothing is kept."""
        wanted = list(keys)
        return await asyncio.to_thread(lambda: {key for key in wanted if not self._disk.has(key)})

    def is_coming(self, key: str) -> bool:
        """Whether it is on its way already."""
        return key in self._under_way

    def claim(self, key: str, *, fetcher: str = "") -> bool:
        """Have everybody who wants `key` wait for the caller, who must `start` or `leave` it.

        False if it is on its way already. `fetcher` as for `open`.
        """
        if key in self._under_way:
            return False
        self._under_way[key] = Content(fetcher)
        return True

    def start(self, key: str, fetch: Fetch, *, counted: bool = False) -> "asyncio.Task[None]":
        """Bring what was claimed, from `fetch` unless it is kept. It ends well in any case; arguments as of `open`."""
        task = asyncio.create_task(self._fill(key, self._under_way[key], fetch, counted=counted))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def leave(self, key: str, fetch: Fetch) -> None:
        """Bring what was claimed if anybody waits for it by now, else forget the claim."""
        if self._under_way[key].users:
            self.start(key, fetch)
        else:
            del self._under_way[key]

    async def _fill(self, key: str, content: Content, fetch: Fetch, *, counted: bool) -> None:
        try:
            kept = await asyncio.to_thread(self._kept, key)
            if kept is not None:
                if not counted:
                    self._metrics.kept.labels("hit").inc()
                blob, data, fd = kept
                content.finish(blob, data=data, fd=fd)
                return
            self._metrics.kept.labels("miss").inc()
            try:
                await self._download(key, content, fetch)
            except Corrupt:
                if content.seen:
                    raise
                await self._download(key, content, fetch)
        except Exception as error:  # noqa: BLE001 - it is raised in everyone who reads
            content.fail(error)
        finally:
            del self._under_way[key]
            self._release(key, content)

    def _release(self, key: str, content: Content) -> None:
        if not content.users and self._under_way.get(key) is not content:
            content.close()

    def _kept(self, key: str) -> tuple[Blob, bytes | None, int | None] | None:
        """What is on disk: in memory if small, else open."""
        found = self._disk.open(key)
        if found is None:
            return None
        blob, fd = found
        if blob.size > SMALL:
            return blob, None, fd
        try:
            with disk_errors():
                return blob, os.pread(fd, SMALL, 0), None
        finally:
            os.close(fd)

    async def _download(self, key: str, content: Content, fetch: Fetch) -> None:
        first = bytearray()
        file: Growing | None = None
        try:
            async for piece in fetch():
                self._metrics.fetched.inc(len(piece))
                first += piece
                if file is None and len(first) <= SMALL:
                    continue
                if file is None:
                    file = await asyncio.to_thread(self._disk.create)
                    content.grow(file.fd, 0)
                await asyncio.to_thread(file.append, bytes(first))
                first.clear()
                content.grow(file.fd, file.size)
            size = file.size if file else len(first)
            await self._make_room(size)
            if file is None:
                blob = await asyncio.to_thread(self._keep_small, key, bytes(first))
                content.finish(blob, data=bytes(first))
            else:
                content.finish(await asyncio.to_thread(self._disk.keep, key, file), fd=file.fd)
        except BaseException:
            if file is not None:
                self._disk.discard(file)
            raise
        self._used += size
        self._metrics.cache_bytes.set(self._used)

    def _keep_small(self, key: str, data: bytes) -> Blob:
        file = self._disk.create()
        try:
            file.append(data)
            return self._disk.keep(key, file)
        except HubdrivesError:
            self._disk.discard(file)
            raise
        finally:
            os.close(file.fd)

    async def _make_room(self, size: int) -> None:
        if self._used + size <= self._limit:
            return
        async with self._sweeping:
            if self._used + size > self._limit:
                self._used = await asyncio.to_thread(self._disk.sweep, self._limit - size)
