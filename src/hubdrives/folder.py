"""A working folder after a pull: what is different, what happened, and how to set it back."""

import contextlib
import os
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from hubdrives.errors import Busy, DiskFull, HubdrivesError, LoginNeeded, NotFound, NotKept
from hubdrives.model import Entry, Location, Report
from hubdrives.sync.back import Back
from hubdrives.sync.book import Book
from hubdrives.sync.deeds import Deed, What
from hubdrives.sync.disk import CALLS, Calls, Disk, telling
from hubdrives.sync.layout import STATE, STORE
from hubdrives.sync.merge import mergeable
from hubdrives.sync.opened import opened
from hubdrives.sync.parts import Part
from hubdrives.sync.plan import untouched
from hubdrives.sync.standing import MAX_SHOWN, Difference, Form, Standing, content, kept, plain_difference
from hubdrives.sync.standing import difference as difference_of
from hubdrives.sync.store import deeds, last
from hubdrives.sync.tasks import in_thread
from hubdrives.sync.values import Record
from hubdrives.sync.workspace import Memory, Workspace, last_listing, recall, subfolder_of

__all__ = [
    "MAX_SHOWN",
    "Difference",
    "Fetch",
    "Form",
    "Happened",
    "Status",
    "What",
    "difference",
    "find",
    "history",
    "reset",
    "source",
    "status",
    "undo",
    "upstream",
]

_HINT: Final = "Pull into it first, or go to a folder that was pulled."

Fetch = Callable[[Entry], AsyncIterator[bytes]]
"""Reads upstream's bytes of an entry: a provider's `read`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Happened:
    """One thing that was done to a working folder."""

    id: str
    when: datetime
    what: What
    report: Report


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """How a working folder stands, compared with what the last pull brought. All paths are relative and sorted."""

    folder: Path
    source: Location
    last: Happened | None
    edited: tuple[str, ...] = ()
    """Files that the user changed."""
    ran: tuple[str, ...] = ()
    """Notebooks in which nothing but outputs changed."""
    deleted: tuple[str, ...] = ()
    """The next pull brings them back."""
    conflicts: tuple[str, ...] = ()
    """Files of which upstream's version waits in the store: `hubdrives diff` shows it, `hubdrives reset` takes it."""


def find(start: Path) -> tuple[Path, str]:
    """The working folder that `start` is or lies in, and `start` relative to it ("" is the folder itself). Blocks.

    Raises:
        NotFound: nothing was ever pulled there.
    """
    path = Path(os.path.abspath(start))  # noqa: PTH100 - a symlink in a working folder is itself the user's file
    for folder in (path, *path.parents):
        # Not Path.is_file: what is typed may be longer than any name, and that raises.
        if os.path.isfile(folder / STATE):  # noqa: PTH113
            inner = path.relative_to(folder).as_posix()
            return folder.resolve(), "" if inner == "." else inner
    raise NotFound(f"'{start}' is no folder that was pulled, and lies in none.", hint=_HINT)


def source(folder: Path) -> Location:
    """Where the working folder was pulled from. Blocks.

    Raises:
        NotFound: nothing was ever pulled into it, or that is not known any more.
    """
    with _looking(folder) as (_, memory):
        return _source_of(memory)


def status(folder: Path) -> Status:
    """How the working folder stands. Blocks; reads the bytes of the files that may have changed.

    Raises:
        NotFound: nothing was ever pulled into it.
    """
    with _looking(folder) as (disk, memory):
        found = Standing(disk, memory.base)
        found.look(memory.base.files)
        assert memory.source is not None  # noqa: S101 - `_looking` made sure
        return Status(
            folder=folder,
            source=memory.source.below(memory.subfolder),
            last=next(map(_happened, deeds(disk)), None),
            edited=tuple(found.edited),
            ran=tuple(found.ran),
            deleted=tuple(found.deleted),
            conflicts=tuple(found.conflicts),
        )


def history(folder: Path) -> list[Happened]:
    """What was done to the working folder, the newest first, as far back as is known. Blocks.

    Raises:
        NotFound: nothing was ever pulled into it.
    """
    with _looking(folder) as (disk, _):
        return [_happened(deed) for deed in deeds(disk)]


async def upstream(folder: Path, path: str, *, fetch: Fetch | None = None) -> bytes:
    """Upstream's last version of the file at `path`, as far as a pull has seen it.

    Args:
        folder: a working folder.
        path: relative to it.
        fetch: where to get it if it is not kept here; small text files and notebooks are, and what was in conflict.

    Raises:
        NotFound: no pull brought such a file.
        NotKept: its bytes are not here and there is no `fetch`, or they are too many to be shown.
        HubdrivesError: what `fetch` raises.
    """
    record, found = await in_thread(_kept_here, folder, path)
    if found is not None:
        return found
    if record.size > MAX_SHOWN:
        raise NotKept(f"The source's version of '{path}' is too large to be shown.")
    entry = await in_thread(_entry, folder, path)
    if fetch is None or entry is None:
        raise NotKept(f"The source's version of '{path}' is not kept here.")
    chunks = [chunk async for chunk in fetch(entry)]
    return b"".join(chunks)


async def difference(folder: Path, path: str, *, fetch: Fetch | None = None) -> Difference:
    """The file at `path` against upstream's last version. Raises what `upstream` does."""
    told = await in_thread(_without_content, folder, path)
    if told is not None:
        return told
    theirs = await upstream(folder, path, fetch=fetch)
    with telling(path):
        return await in_thread(_difference, folder, path, theirs)


async def undo(folder: Path, *, now: Callable[[], datetime], calls: Calls = CALLS) -> Report:
    """Bring back the files as they were before the last thing that was done here; `undo` again takes that back.

    What the user wrote since then goes to the store first; a file that the deed added and the user changed stays. The
    report names in `restored` what came back, in `removed` what went, in `updated` what has its earlier bytes again,
    in `kept` what stayed, in `failed` what could not be brought back.

    Raises:
        NotFound: there is nothing to undo.
        Busy: a pull works there.
        DiskFull, LocalFailure: the disk fails.
    """
    await in_thread(_check, folder)
    async with opened(folder, calls=calls) as workspace:
        return await in_thread(_undo, workspace, now())


async def reset(
    folder: Path,
    paths: Sequence[str],
    *,
    now: Callable[[], datetime],
    fetch: Fetch | None = None,
    calls: Calls = CALLS,
) -> Report:
    """Make the files at and below `paths` as upstream last had them; the user's versions go to the store.

    Args:
        folder: a working folder.
        paths: relative to it; "" is all of it.
        now: with time zone.
        fetch: where to get the bytes that are not kept here.
        calls: the operating system.

    Returns:
        The report: in `updated` what was set back, in `restored` what was missing, in `failed` what could not be had.

    Raises:
        NotFound: no pull brought any such file.
        LoginNeeded: what is not kept here can't be had before the user logged in again.
        Busy, DiskFull, LocalFailure: as `undo`.
    """
    await in_thread(_check, folder)
    async with opened(folder, calls=calls) as workspace:
        return await _Reset(workspace, folder, now(), fetch).run(paths)


@dataclass(frozen=True, slots=True)
class _Reset:
    workspace: Workspace
    folder: Path
    now: datetime
    fetch: Fetch | None

    async def run(self, paths: Sequence[str]) -> Report:
        memory = await in_thread(self.workspace.remember)
        source = _source_of(memory)
        book = Book(self.workspace, memory, base=memory.base, now=self.now, what=What.RESET)
        back = Back(book, f"{self.now:%Y%m%d%H%M%S}")
        wanted = [path for path in sorted(memory.base.files) if any(_is_at_or_below(path, one) for one in paths)]
        if not wanted:
            raise NotFound("No pull brought such a file.", hint="`hubdrives status` shows what differs.")
        found = Standing(self.workspace.disk, memory.base)
        with telling(""):
            await in_thread(found.look, wanted)
        for path in sorted({*found.edited, *found.ran, *found.deleted}):
            try:
                await self._set_back(back, path, memory.base.files[path])
            except (DiskFull, Busy, LoginNeeded):
                await in_thread(book.leave, source, subfolder=memory.subfolder)
                raise
            except HubdrivesError as error:
                book.ledger.fail(path, error)
        report = book.ledger.report
        report.unchanged = len(wanted) - len(report.updated) - len(report.restored) - len(report.failed)
        return await in_thread(book.close, source, subfolder=memory.subfolder)

    async def _set_back(self, back: Back, path: str, record: Record) -> None:
        found = await in_thread(kept, self.workspace.disk, path, record)
        entry = None if found is not None else await in_thread(_entry, self.folder, path)
        part = Part(
            disk=self.workspace.disk,
            shown=path,
            name="reset.part",
            size_promised=entry.size if entry else None,
            digest_promised=entry.digest if entry else None,
        )
        try:
            if found is not None:
                await in_thread(part.write, found)
            else:
                record = await self._fetched(part, entry)
            with telling(path):
                await in_thread(back.set, path, part, record)
        finally:
            await in_thread(part.discard)

    async def _fetched(self, part: Part, entry: Entry | None) -> Record:
        if self.fetch is None or entry is None:
            raise NotKept(f"The source's version of '{part.shown}' is not kept here.")
        async for chunk in self.fetch(entry):
            await in_thread(part.write, chunk)
        await in_thread(part.write, b"")
        part.check()
        if mergeable(part.shown, part.size):
            data = await in_thread(part.content)
            await in_thread(self.workspace.bases.keep, part.digest, data, through="reset.base")
        return Record.of(entry, size=part.size, digest=part.digest)


def _undo(workspace: Workspace, now: datetime) -> Report:
    memory = workspace.remember()
    source, before = _source_of(memory), memory.unfinished
    if before is not None and before.what is not What.UNDO:
        # What was killed or failed half-way is, as far as it came, what was done last.
        half = Book(workspace, memory, base=memory.base, now=now, what=before.what)
        half.close(source, subfolder=memory.subfolder)
        memory, before = workspace.remember(), None
    # An undo that was killed or failed is brought to its end.
    with telling(STORE):
        deed = last(workspace.disk, before=before.id if before else "")
    if deed is None:
        raise NotFound("There is nothing to undo in this folder.", hint="Nothing was changed.")
    book = Book(workspace, memory, base=memory.base, now=now, what=What.UNDO)
    try:
        Back(book, f"{now:%Y%m%d%H%M%S}").undo(deed, done=before.acts if before else ())
    except DiskFull:
        book.leave(source, subfolder=memory.subfolder)
        raise
    return book.close(source, subfolder=memory.subfolder)


def _without_content(folder: Path, path: str) -> Difference | None:
    with _looking(folder) as (disk, memory):
        _record(memory, path)
        return plain_difference(disk, memory.base, path)


def _difference(folder: Path, path: str, theirs: bytes) -> Difference:
    with _looking(folder) as (disk, _):
        return difference_of(disk, path, theirs)


def _kept_here(folder: Path, path: str) -> tuple[Record, bytes | None]:
    with _looking(folder) as (disk, memory):
        record = _record(memory, path)
        thing = disk.look(path)
        if thing is not None and untouched(thing, record, memory.base) and record.size <= MAX_SHOWN:
            return record, content(disk, path)
        return record, kept(disk, path, record)


def _record(memory: Memory, path: str) -> Record:
    record = memory.base.files.get(path)
    if record is None:
        raise NotFound(f"No pull brought '{path}'.", hint="`hubdrives status` shows what differs.")
    return record


def _entry(folder: Path, path: str) -> Entry | None:
    """What the last listing has for the file at `path`."""
    listing, subfolder = last_listing(folder), subfolder_of(folder)
    there = f"{subfolder}/{path}" if subfolder else path
    return next((entry for entry in listing.files if entry.path == there), None) if listing else None


@contextlib.contextmanager
def _looking(folder: Path) -> Iterator[tuple[Disk, Memory]]:
    _check(folder)
    with telling(str(folder)), Disk(folder) as disk:
        memory = recall(disk)
        _source_of(memory)
        yield disk, memory


def _check(folder: Path) -> None:
    if not (folder / STATE).is_file():
        raise NotFound(f"Nothing was ever pulled into '{folder}'.", hint=_HINT)


def _source_of(memory: Memory) -> Location:
    if memory.source is None:
        raise NotFound("What was known of this folder is damaged.", hint="Pull into it again; your files are kept.")
    return memory.source


def _is_at_or_below(path: str, folder: str) -> bool:
    return not folder or path == folder or path.startswith(f"{folder}/")


def _happened(deed: Deed) -> Happened:
    return Happened(id=deed.id, when=deed.when, what=deed.what, report=deed.report)
