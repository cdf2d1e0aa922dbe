"""Many small files in few requests: the server packs them into zips, and each is proved by its own id.

A file by itself takes two requests. A zip takes one to order it, one or more to see how far it is, and one to fetch it,
and one listing tells which folders may be packed as a whole. So 500 files in 50 folders take four requests and a few
more looks, if together they are as small as one zip may be, and not a thousand. A handful goes one by one.

Whatever goes wrong with a zip, its files come one by one: an old server that has none, one that gives up, a zip that is
cut or damaged, a file that changed meanwhile. A file is taken from a zip only if its bytes have the id that was listed.

https://github.com/haiwen/seahub (seahub/api2/endpoints/zip_task.py)
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Final

from hubdrives.errors import (
    BadCredential,
    Corrupt,
    Forbidden,
    HubdrivesError,
    NotFound,
    QuotaExceeded,
    Unavailable,
    UnexpectedAnswer,
)
from hubdrives.model import Entry
from hubdrives.providers.base import Piece
from hubdrives.providers.seafile import reading
from hubdrives.providers.seafile.api import Api, is_link
from hubdrives.providers.seafile.failures import NotKnownHere, ZipRefused, ZipTooLarge
from hubdrives.providers.seafile.packing import Batch, by_folders, by_names, top_of
from hubdrives.providers.seafile.tree import by_folder, split
from hubdrives.providers.seafile.unpacking import DAMAGED, Unpacker
from hubdrives.sync.tasks import group, in_thread

_log = logging.getLogger(__name__)

_SMALL: Final = 8 << 20
"""Bytes of a file that is kept in memory until it is whole."""
_FEW: Final = 12
"""Files that are no more than this come one by one: two rounds of as many requests as may run at once."""
_SCATTERED: Final = 3
"""Folders; of files in more than these, one listing tells which folders to name."""
_ZIPS: Final = 3
_SINGLES: Final = 8
_AHEAD: Final = 8
"""Lists of pieces that wait to be taken."""
_TRIES: Final = 2
_FIRST_LOOK, _LONGEST_LOOK = 0.05, 2.0
_STILL_LOOKS: Final = 3
"""Looks at a zip that is not begun, after which it is fetched: the newer file server packs while it sends."""
_PATIENCE: Final = 60.0
"""Seconds that a zip may be at the same file."""


class Zipped:
    """Reads many files.

    Args:
        api: who is asked.
        allowed: whether zips may be ordered.
        clock: seconds.
        sleep: how to wait for a zip.
    """

    def __init__(
        self, api: Api, *, allowed: bool, clock: Callable[[], float], sleep: Callable[[float], Awaitable[None]]
    ) -> None:
        self._api = api
        self._allowed = allowed
        self._streams = False
        self._clock = clock
        self._sleep = sleep

    async def read_many(self, entries: Sequence[Entry]) -> AsyncIterator[Piece]:
        """See `ReadsMany.read_many`."""
        small = [entry for entry in entries if entry.size is not None and entry.size <= _SMALL]
        ready = _Ready()
        work = asyncio.create_task(self._bring(small, ready))
        work.add_done_callback(ready.end)
        try:
            while (pieces := await ready.take()) is not None:
                for piece in pieces:
                    yield piece
            work.result()
        finally:
            work.cancel()
            await asyncio.wait([work])
        for entry in entries:
            if entry.size is None or entry.size > _SMALL:
                async for piece in self._streamed(entry):
                    yield piece

    async def _bring(self, entries: Sequence[Entry], ready: "_Ready") -> None:
        batches, singles = await self._planned(entries)
        zips, room = asyncio.Semaphore(_ZIPS), asyncio.Semaphore(_SINGLES)

        async def single(entry: Entry) -> None:
            async with room:
                piece = await self._whole(entry)
            await ready.put([piece])

        async def zipped(batch: Batch) -> None:
            async with zips:
                left = await self._zip(batch, ready) if self._allowed else list(batch.entries.values())
            if isinstance(left, ZipTooLarge):
                begin(batch.halves(), () if batch.halves() else batch.entries.values())
            else:
                begin((), left)

        def begin(batches: Iterable[Batch], singles: Iterable[Entry]) -> None:
            for batch in batches:
                if batch.is_worth_it:
                    tasks.create_task(zipped(batch))
                else:
                    begin((), batch.entries.values())
            for entry in singles:
                tasks.create_task(single(entry))

        async with group() as tasks:
            begin(batches, singles)

    async def _planned(self, entries: Sequence[Entry]) -> tuple[list[Batch], list[Entry]]:
        """What comes in zips, and what by itself."""
        libraries: dict[str, dict[str, Entry]] = {}
        for entry in entries:
            library, path = split(entry.id)
            if self._allowed and not is_link(library):
                libraries.setdefault(library, {})[path] = entry
        batches: list[Batch] = []
        for library, wanted in libraries.items():
            if len(wanted) > _FEW:
                batches += await self._batches(library, wanted)
        brought = {entry.id for batch in batches for entry in batch.entries.values()}
        return batches, [entry for entry in entries if entry.id not in brought]

    async def _batches(self, library: str, wanted: dict[str, Entry]) -> list[Batch]:
        folders = {path.rpartition("/")[0] for path in wanted}
        if len(folders) > _SCATTERED:
            top = top_of(wanted)
            try:
                listing = await self._api.listing(library, top, deep=True)
            except (NotFound, UnexpectedAnswer):
                listing = None
            if listing is not None and listing.deep:
                return list(by_folders(library, top, by_folder(listing.dirents, top), wanted))
        return list(by_names(library, wanted))

    async def _zip(self, batch: Batch, ready: "_Ready") -> list[Entry] | ZipTooLarge:
        """Bring a batch; what of it has to come otherwise."""
        for _ in range(_TRIES):
            unpacker = Unpacker(batch.entries)
            try:
                await self._fetch(batch, unpacker)
                while pieces := await in_thread(unpacker.some):
                    await ready.put(pieces)
                return unpacker.missing
            except ZipTooLarge as error:
                return error
            except NotKnownHere:
                self._allowed = False
                break
            except BadCredential:
                raise
            except (ZipRefused, NotFound, Forbidden) as error:
                _log.debug("No zip of %d files: %s", len(batch.entries), type(error).__name__)
                break
            except (Unavailable, UnexpectedAnswer, *DAMAGED) as error:
                _log.debug("A zip of %d files did not arrive: %s", len(batch.entries), type(error).__name__)
            finally:
                await in_thread(unpacker.close)
        return list(batch.entries.values())

    async def _fetch(self, batch: Batch, unpacker: Unpacker) -> None:
        token = await self._api.zip_task(batch.library, batch.parent, batch.names)
        begun = self._streams or await self._packed(token)
        room = 2 * batch.size + _SMALL
        async with aclosing(self._api.zipped(token)) as pieces:
            async for piece in pieces:
                room -= len(piece)
                if room < 0:
                    raise ZipRefused("A zip of Seafile's holds more than it should.")
                await in_thread(unpacker.write, piece)
        self._streams = not begun or self._streams

    async def _packed(self, token: str) -> bool:
        """Wait until a zip is packed; False if the server does not say how far it is.

        Raises:
            ZipRefused: it never will be.
        """
        wait, still, furthest = _FIRST_LOOK, 0, 0
        moved = self._clock()
        while True:
            progress = await self._api.zip_progress(token)
            if progress.failed or progress.canceled:
                raise ZipRefused("Seafile gave a zip up.")
            if progress.total and progress.zipped >= progress.total:
                return True
            if progress.zipped > furthest:
                furthest, moved = progress.zipped, self._clock()
            still += not progress.total
            if still >= _STILL_LOOKS:
                return False
            if self._clock() - moved > _PATIENCE:
                raise ZipRefused("Seafile does not get on with a zip.")
            await self._sleep(wait)
            wait = min(2 * wait, _LONGEST_LOOK)

    async def _whole(self, entry: Entry) -> Piece:
        """A small file by itself; what is wrong with this one only is told in its piece."""
        data = bytearray()
        try:
            async with aclosing(reading.read(self._api, entry, start=0, stop=None)) as pieces:
                async for piece in pieces:
                    data += piece
        except HubdrivesError as error:
            return Piece(entry=entry, last=True, error=_of_this_one(error))
        return Piece(entry=entry, data=bytes(data), last=True)

    async def _streamed(self, entry: Entry) -> AsyncIterator[Piece]:
        """A large file by itself, piece by piece."""
        try:
            async with aclosing(reading.read(self._api, entry, start=0, stop=None)) as pieces:
                async for piece in pieces:
                    yield Piece(entry=entry, data=piece)
        except HubdrivesError as error:
            yield Piece(entry=entry, last=True, error=_of_this_one(error))
        else:
            yield Piece(entry=entry, last=True)


@dataclass(slots=True)
class _Ready:
    """Pieces on their way from those who bring them to who takes them; not more than a few lists at a time."""

    _room: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_AHEAD))
    _pieces: "asyncio.Queue[list[Piece] | None]" = field(default_factory=asyncio.Queue)

    async def put(self, pieces: list[Piece]) -> None:
        await self._room.acquire()
        self._pieces.put_nowait(pieces)

    async def take(self) -> list[Piece] | None:
        """The next pieces, None when no more will come."""
        pieces = await self._pieces.get()
        self._room.release()
        return pieces

    def end(self, _task: "asyncio.Task[None]") -> None:
        self._pieces.put_nowait(None)


def _of_this_one(error: HubdrivesError) -> HubdrivesError:
    """The error itself, if other files may still come.

    Raises:
        HubdrivesError: it is of all.
    """
    if isinstance(error, NotFound | Corrupt | QuotaExceeded | UnexpectedAnswer) or (
        isinstance(error, Forbidden) and not isinstance(error, BadCredential)
    ):
        return error
    raise error
