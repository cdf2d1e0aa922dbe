"""Files of a provider on their way to this machine: many at once, each resumed where it was cut off."""

import asyncio
import contextlib
import hashlib
import os
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Final

from hubdrives import digests, paths
from hubdrives.errors import (
    BadInput,
    BadPath,
    Corrupt,
    HubdrivesError,
    NameTaken,
    NotFound,
    VersionGone,
    is_of_one_file,
)
from hubdrives.model import Entry, Kind, Location, Progress, Skipped
from hubdrives.paths import MAX_NAME_BYTES
from hubdrives.providers.abilities import Versioned
from hubdrives.providers.base import ListsAhead, Provider
from hubdrives.sync.disk import telling
from hubdrives.sync.meter import Meter
from hubdrives.sync.room import LARGE, reserve
from hubdrives.sync.tasks import Beside, closing, group, in_thread, running

_CONCURRENT: Final = 32
"""Files on their way at the same time: more than a connection's limit mostly is, for some are just being written."""

_BUFFER: Final = 1 << 20
"""Bytes that are gathered before they are written, and of a large file four times as many."""

_LARGE: Final = 256 << 20
"""Bytes: files of this size there are only a few of."""

Read = Callable[[int], AsyncIterator[bytes]]
"""The bytes of a file from the one that is named."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """One file that is to be here."""

    entry: Entry
    read: Read
    to: Path
    shown: str
    """How reports name it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Begun:
    """A file on its way."""

    wish: Wish
    part: Path
    """Where its bytes gather."""
    file: BinaryIO
    have: int
    """Bytes that an earlier try has brought."""


@dataclass(slots=True, kw_only=True)
class Fetched:
    """What became of each, by path."""

    downloaded: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    """The same bytes were here already."""
    skipped: list[Skipped] = field(default_factory=list)
    failed: list[Skipped] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class Fetching:
    """Files on their way here, while there may be more to come."""

    tasks: asyncio.TaskGroup
    """They bring the files. What concerns more than one file ends all of them."""
    meter: Meter
    force: bool
    """Whether what is here with other bytes is overwritten."""
    fetched: Fetched = field(default_factory=Fetched)
    _ahead: deque[Wish] = field(default_factory=deque)
    _wanted: int = 0
    _at_work: int = 0
    _error: HubdrivesError | None = None
    """The last one that concerned a single file."""

    def want(self, wishes: Sequence[Wish]) -> None:
        """Bring these, too."""
        self._ahead.extend(wishes)
        self._wanted += len(wishes)
        self.meter.more(files=len(wishes), size=sum(wish.entry.size or 0 for wish in wishes))
        for _ in range(min(_CONCURRENT - self._at_work, len(wishes))):
            self._at_work += 1
            self.tasks.create_task(self._work())

    def result(self) -> Fetched:
        """What became of all, once the tasks are done.

        Raises:
            HubdrivesError: what concerns the only file.
        """
        if self._error is not None and self._wanted == 1:
            raise self._error
        self.fetched.failed.sort(key=lambda item: item.path)
        return self.fetched

    async def _work(self) -> None:
        while self._ahead:
            await self._bring(self._ahead.popleft())
        self._at_work -= 1

    async def _bring(self, wish: Wish) -> None:
        try:
            with telling(str(wish.to)):
                begun = await self._begun(wish)
                if begun is None:
                    self.fetched.unchanged.append(wish.shown)
                    self.meter.add(size=wish.entry.size or 0)
                else:
                    await self._download(begun)
                    self.fetched.downloaded.append(wish.shown)
        except HubdrivesError as error:
            if not is_of_one_file(error):
                raise
            self._error = error
            self.fetched.failed.append(Skipped(path=wish.shown, reason=str(error), code=error.code))
        self.meter.add(files=1)

    async def _begun(self, wish: Wish) -> _Begun | None:
        beginning = asyncio.ensure_future(asyncio.to_thread(self._begin, wish))
        try:
            return await asyncio.shield(beginning)
        except asyncio.CancelledError as error:
            # The thread goes on, and opens a file.
            await asyncio.wait([beginning])
            if beginning.exception() is None and (begun := beginning.result()) is not None:
                await in_thread(_leave, begun, error)
            raise

    def _begin(self, wish: Wish) -> _Begun | None:
        """Where its bytes go; None if they are here already."""
        if _is_here(wish):
            return None
        self._refuse_to_overwrite(wish)
        wish.to.parent.mkdir(parents=True, exist_ok=True)
        part = part_of(wish)
        have = _size(part) if wish.entry.version and wish.entry.size is not None else 0
        if have > (wish.entry.size or 0):
            have = 0
        file = part.open("r+b" if have else "wb")
        file.seek(have)
        if (wish.entry.size or 0) >= LARGE:
            try:
                reserve(file.fileno(), wish.entry.size or 0)
            except OSError:
                file.close()
                if not have:
                    part.unlink()
                raise
        return _Begun(wish=wish, part=part, file=file, have=have)

    async def _download(self, begun: _Begun) -> None:
        self.meter.add(size=begun.have)
        writing = Beside()
        try:
            try:
                held = await self._brought(begun, writing)
                # With a small file, all that its disk has to do is one errand.
                await writing.bring(self._place, begun, held)
            finally:
                await writing.done()
        except BaseException as error:
            await in_thread(_leave, begun, error)
            raise

    async def _brought(self, begun: _Begun, writing: Beside) -> list[bytes]:
        """Bring what is missing; the last of it, which is yet to be written."""
        size = begun.wish.entry.size
        if begun.have and begun.have == size:
            return []
        enough = 4 * _BUFFER if (size or 0) >= _LARGE else _BUFFER
        held: list[bytes] = []
        gathered = 0
        async with closing(begun.wish.read(begun.have)) as pieces:
            async for piece in pieces:
                held.append(piece)
                gathered += len(piece)
                self.meter.add(size=len(piece))
                if gathered >= enough:
                    await writing.bring(begun.file.writelines, held)
                    held, gathered = [], 0
        return held

    def _place(self, begun: _Begun, held: Sequence[bytes]) -> None:
        wish = begun.wish
        with begun.file:
            begun.file.writelines(held)
        if begun.have:
            # What is read in one go has been checked by the provider.
            _check(wish.entry, begun.part)
        self._refuse_to_overwrite(wish)
        begun.part.replace(wish.to)

    def _refuse_to_overwrite(self, wish: Wish) -> None:
        if wish.to.is_dir():
            raise NameTaken(f"'{wish.to}' is a folder here.")
        if not self.force and os.path.lexists(wish.to):
            raise NameTaken(f"'{wish.to}' is here already.", hint="--force, or force=True in Python, overwrites it.")


async def fetch(
    provider: Provider,
    location: Location,
    local: Path | None = None,
    *,
    force: bool = False,
    version: tuple[Versioned, str] | None = None,
    on_progress: Callable[[Progress], None] | None = None,
) -> Fetched:
    """Copy a file, or a folder with all that is in it, from a provider. What is here with the same bytes stays.

    Args:
        provider: whose it is.
        location: the file or folder.
        local: the folder that a file goes into, or its name; the folder that a folder's content goes into; None is
            called as at the provider.
        force: whether what is here with other bytes is overwritten.
        version: an earlier version of a file, and the same provider, which keeps it.
        on_progress: told of how far it is.

    Raises:
        NameTaken: something else is here.
        NotFound: there is no such file, or no such version of it.
        BadInput: a folder, and a version of it, is asked for.
        HubdrivesError: what concerns more than one file, or the only one.
    """
    meter = Meter(on_progress, waiting=lambda: provider.waiting)
    async with group() as background, running(background, meter.run()), group() as tasks:
        fetching = Fetching(tasks=tasks, meter=meter, force=force)
        # One question tells all of a folder, and another all of a file: by the name is guessed which to begin with.
        looks_like_file = "." in location.path.rpartition("/")[2]
        entry = await provider.stat(location) if version is not None or looks_like_file else None
        if version is not None and entry is not None and entry.kind is Kind.FOLDER:
            raise BadInput(f"'{entry.name}' is a folder, and only files have versions.")
        if entry is None or entry.kind is Kind.FOLDER:
            entry = await _all(provider, location, local, fetching)
        if entry is not None:
            to = local or Path()
            if await asyncio.to_thread(to.is_dir):
                to /= paths.safe_name(entry.name)
            wish = Wish(entry=entry, read=_reader(provider, entry), to=to, shown=entry.name)
            fetching.want([wish if version is None else await _earlier(*version, entry, location, to)])
        # How many there are is known only now.
        meter.go_on("downloading")
    fetched = fetching.result()
    meter.finish()
    return fetched


async def _earlier(provider: Versioned, version: str, entry: Entry, location: Location, to: Path) -> Wish:
    known = next((one for one in await provider.versions(location) if one.id == version), None)
    if known is None:
        raise NotFound(f"There is no version '{version}' of this file.", hint="`hubdrives versions` lists them.")
    earlier = Entry(
        path=entry.path, kind=Kind.FILE, id=entry.id, size=known.size, version=f"version {version}", digest=known.digest
    )

    def read(start: int) -> AsyncIterator[bytes]:
        return provider.read_version(location, version, start=start)

    return Wish(entry=earlier, read=read, to=to, shown=entry.name)


async def _all(provider: Provider, location: Location, local: Path | None, fetching: Fetching) -> Entry | None:
    """Want all files of a folder, and make its folders, empty ones too. If it is a file, the entry of that."""
    told: set[str] = set()

    def want(files: Sequence[Entry], to: Path) -> None:
        new = [one for one in files if one.path not in told and not _is_reserved(one)]
        told.update(one.path for one in new)
        fetching.want([Wish(entry=one, read=_reader(provider, one), to=to / one.path, shown=one.path) for one in new])

    if local is not None and isinstance(provider, ListsAhead):
        snapshot = await provider.snapshot_ahead(location, lambda files: want(files, local))
    else:
        snapshot = await provider.snapshot(location)
    if snapshot.kind is Kind.FILE:
        return snapshot.entries[0]
    fetching.fetched.skipped += snapshot.skipped
    fetching.fetched.skipped += [
        Skipped(path=one.path, reason="This name is reserved.", code=BadPath.code)
        for one in snapshot.entries
        if _is_reserved(one)
    ]
    to = local or Path(paths.working_folder_name(snapshot.name))
    folders = [to / one.path for one in snapshot.entries if one.kind is Kind.FOLDER and not _is_reserved(one)]
    with telling(str(to)):
        await asyncio.to_thread(_make, [to, *folders])
    want(snapshot.files, to)
    return None


def _is_reserved(entry: Entry) -> bool:
    return paths.relative(entry.path) != entry.path or paths.reserved(entry.path)


def _make(folders: Sequence[Path]) -> None:
    for folder in folders:
        folder.mkdir(parents=True, exist_ok=True)


def _reader(provider: Provider, entry: Entry) -> Read:
    def read(start: int) -> AsyncIterator[bytes]:
        return provider.read(entry, start=start)

    return read


def part_of(wish: Wish) -> Path:
    """Where its bytes gather: another version of the file has another place."""
    mark = hashlib.sha256(f"{wish.entry.id}\0{wish.entry.version}\0{wish.shown}".encode()).hexdigest()[:8]
    name = f".{wish.to.name}.{mark}.part"
    if len(name.encode()) > MAX_NAME_BYTES:
        name = f".{mark}.part"
    return wish.to.with_name(name)


def _size(path: Path) -> int:
    with contextlib.suppress(FileNotFoundError):
        return path.stat().st_size
    return 0


def _leave(begun: _Begun, error: BaseException) -> None:
    """Close what did not come whole; it stays if it can be gone on with."""
    # What a full disk did not take is not here.
    with contextlib.suppress(OSError):
        begun.file.close()
    digest = begun.wish.entry.digest
    is_checked = digest is not None and digests.known(digest)
    is_lost = isinstance(error, VersionGone) or (isinstance(error, Corrupt) and not is_checked)
    if is_lost or not _size(begun.part):
        begun.part.unlink(missing_ok=True)


def _is_here(wish: Wish) -> bool:
    """Whether the file that stands there has the very bytes."""
    entry = wish.entry
    if entry.digest is None or not digests.known(entry.digest) or not wish.to.is_file():
        return False
    if entry.size not in {None, wish.to.stat().st_size}:
        return False
    algorithm = digests.algorithm_of(entry.digest)
    with telling(str(wish.to)):
        return digests.of_file(wish.to, algorithm)[algorithm] == entry.digest


def _check(entry: Entry, part: Path) -> None:
    """Raise Corrupt, and begin anew the next time, unless these are the promised bytes."""
    is_whole = entry.size in {None, _size(part)}
    if is_whole and entry.digest is not None and digests.known(entry.digest):
        algorithm = digests.algorithm_of(entry.digest)
        is_whole = digests.of_file(part, algorithm)[algorithm] == entry.digest
    if not is_whole:
        part.unlink(missing_ok=True)
        raise Corrupt(f"'{entry.name}' arrived damaged.")
