"""Files on their way from a provider to their places: which come together, which again, which failure ends it all."""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Final

from hubdrives.errors import (
    Busy,
    Corrupt,
    DiskFull,
    Forbidden,
    HubdrivesError,
    LocalFailure,
    NotFound,
    QuotaExceeded,
    UnexpectedAnswer,
    Unreadable,
)
from hubdrives.providers.base import Provider, ReadsMany
from hubdrives.sync.actions import Download
from hubdrives.sync.apply import Applier
from hubdrives.sync.disk import Disk
from hubdrives.sync.incoming import Incoming
from hubdrives.sync.ledger import Ledger
from hubdrives.sync.meter import Meter
from hubdrives.sync.parts import Part
from hubdrives.sync.tasks import closing, group

_CONCURRENT: Final = 32
"""Files on their way at the same time: more than a connection's limit mostly is, for some are just being written."""

_SMALL: Final = 8 << 20
"""Files up to this many bytes travel together, if the provider can do that."""

_TRIES: Final = 4
"""How often a file that arrives damaged is asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Downloads:
    """Files on their way: many at the same time, or many in one stream."""

    provider: Provider
    disk: Disk
    applier: Applier
    ledger: Ledger
    meter: Meter
    _numbers: Iterator[int] = field(default_factory=count)

    async def run(self, downloads: Sequence[Download]) -> None:
        """Bring all of `downloads` to their places.

        Raises:
            HubdrivesError: it makes no sense to go on.
        """
        provider = self.provider
        small = [download for download in downloads if (download.entry.size or 0) <= _SMALL]
        if not isinstance(provider, ReadsMany) or not small:
            await self._one_by_one(downloads)
            return
        large = [download for download in downloads if (download.entry.size or 0) > _SMALL]
        async with group() as tasks:
            stream = tasks.create_task(self._together(provider, small))
            tasks.create_task(self._one_by_one(large))
        await self._one_by_one(stream.result())

    async def _one_by_one(self, downloads: Sequence[Download]) -> None:
        ahead = iter(downloads)

        async def work() -> None:
            for download in ahead:
                await self._bring(download)

        async with group() as tasks:
            for _ in range(min(_CONCURRENT, len(downloads))):
                tasks.create_task(work())

    async def _bring(self, download: Download) -> None:
        """One file by itself; again if it arrives damaged."""
        for left in reversed(range(_TRIES)):
            incoming = self._incoming(download)
            try:
                async with closing(self.provider.read(download.entry)) as chunks:
                    async for chunk in chunks:
                        await incoming.feed(chunk)
                await incoming.finish()
                return
            except HubdrivesError as error:
                if not (isinstance(error, Corrupt) and left):
                    self._fail(download, error)
                    return
            finally:
                await incoming.discard()

    async def _together(self, provider: ReadsMany, downloads: Sequence[Download]) -> list[Download]:
        """Small files as one stream. Returns those that it did not bring, or damaged."""
        missing = {download.entry.path: download for download in downloads}
        damaged: list[Download] = []
        room = asyncio.Semaphore(_CONCURRENT)
        incoming: Incoming | None = None
        async with group() as tasks, closing(provider.read_many([one.entry for one in downloads])) as pieces:
            try:
                async for piece in pieces:
                    download = missing.get(piece.entry.path)
                    if download is None:
                        continue
                    incoming = incoming or self._incoming(download)
                    await incoming.offer(piece.data)
                    if piece.last:
                        del missing[piece.entry.path]
                        await room.acquire()
                        tasks.create_task(self._arrive(incoming, piece.error, damaged, room))
                        incoming = None
            finally:
                if incoming is not None:
                    await incoming.discard()
        return [*missing.values(), *damaged]

    async def _arrive(
        self, incoming: Incoming, error: HubdrivesError | None, damaged: list[Download], room: asyncio.Semaphore
    ) -> None:
        """The end of one file of a stream; the next one comes in meanwhile."""
        try:
            if error is not None:
                raise error
            await incoming.finish()
        except Corrupt:
            damaged.append(incoming.download)
        except HubdrivesError as failure:
            self._fail(incoming.download, failure)
        finally:
            await incoming.discard()
            room.release()

    def _incoming(self, download: Download) -> Incoming:
        part = Part(
            disk=self.disk,
            shown=download.path,
            name=f"{next(self._numbers)}.part",
            size_promised=download.entry.size,
            digest_promised=download.entry.digest,
        )
        return Incoming(download=download, part=part, applier=self.applier, ledger=self.ledger, meter=self.meter)

    def _fail(self, download: Download, error: HubdrivesError) -> None:
        if not _is_of_one_file(error):
            raise error
        self.ledger.fail(download.path, error, wanted=not isinstance(error, Unreadable))
        self.meter.add(files=1)


def _is_of_one_file(error: HubdrivesError) -> bool:
    """Whether other files may still arrive, though one failed with `error`.

    The file was listed a moment ago, so "not found" and "not shared" speak of it alone; so may a quota. A refused
    credential or a provider that stays away after all patience speak of all.
    """
    if isinstance(error, DiskFull | Busy):
        return False
    if isinstance(error, NotFound | Unreadable | Corrupt | QuotaExceeded | UnexpectedAnswer | LocalFailure):
        return True
    return type(error) is Forbidden
