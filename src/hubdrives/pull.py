"""Bring what a location holds into a working folder, together with the user's own work."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any, Final, TypeVar

from hubdrives.errors import (
    BadTarget,
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
from hubdrives.model import Location, Progress, Report, Skipped, Snapshot
from hubdrives.paths import STATE_FOLDER
from hubdrives.providers.base import Provider, ReadsMany
from hubdrives.sync import lock
from hubdrives.sync.actions import Download, Plan, Step
from hubdrives.sync.apply import Applier
from hubdrives.sync.disk import CALLS, Calls, telling
from hubdrives.sync.incoming import Incoming
from hubdrives.sync.layout import STATE
from hubdrives.sync.ledger import Ledger
from hubdrives.sync.meter import Meter
from hubdrives.sync.parts import Part
from hubdrives.sync.plan import Upstream, doubted, plan, reach, to_read
from hubdrives.sync.scan import read_digests, scan
from hubdrives.sync.target import check_target
from hubdrives.sync.tasks import group, in_thread
from hubdrives.sync.values import Base
from hubdrives.sync.workspace import Memory, Untold, Workspace, last_report, pulled_from

__all__ = ["check_target", "last_report", "pull", "pulled_from", "report_to_json"]

_CONCURRENT: Final = 16
"""Files on their way at the same time."""

_SMALL: Final = 8 << 20
"""Files up to this many bytes travel together, if the provider can do that."""

_TRIES: Final = 4
"""How often a file that arrives damaged is asked for."""

_GB: Final = 10**9

_T = TypeVar("_T")


def _now() -> datetime:
    return datetime.now(tz=UTC).astimezone()


async def pull(
    provider: Provider,
    location: Location,
    target: Path,
    *,
    on_progress: Callable[[Progress], None] | None = None,
    now: Callable[[], datetime] = _now,
    home: Path | None = None,
    calls: Calls = CALLS,
) -> Report:
    """Bring upstream's changes at `location` into the folder `target`; what the user wrote there stays.

    A pull that fails, is cancelled or is killed leaves a folder from which the next one goes on.

    Args:
        provider: a live provider that reads `location`.
        location: a folder, or a file, which is pulled into `target` under its name.
        target: the working folder, made if need be.
        on_progress: called at most ten times a second, in the event loop's thread.
        now: with time zone; the stamp in the names of what is renamed aside.
        home: if given, a target that is not in it is refused.
        calls: the operating system; another one breaks on purpose.

    Raises:
        BadTarget: `target` can't be pulled into, or was pulled from another location.
        Busy: another pull works there.
        DiskFull, LocalFailure: this machine's file system fails.
        HubdrivesError: what `Provider.snapshot` and `Provider.read` raise, if it concerns more than one file.
    """
    folder = await in_thread(check_target, target, home=home)
    meter = Meter(on_progress, waiting=lambda: provider.waiting)
    async with _opened(folder, calls) as workspace, group() as background:
        tasks = [background.create_task(meter.run()), background.create_task(_heart(workspace.lock))]
        story = _Pull(provider=provider, location=location, workspace=workspace, meter=meter, now=now())
        report = await story.tell()
        for task in tasks:
            task.cancel()
    meter.finish()
    return report


def report_to_json(report: Report) -> dict[str, Any]:
    """`report` as JSON values, as `hubdrives pull --json` prints it."""
    return {
        "added": list(report.added),
        "updated": list(report.updated),
        "merged": list(report.merged),
        "kept": list(report.kept),
        "conflicts": list(report.conflicts),
        "removed": list(report.removed),
        "restored": list(report.restored),
        "renamed": [{"path": old, "to": new} for old, new in report.renamed],
        "skipped": [_skipped_to_json(item) for item in report.skipped],
        "failed": [_skipped_to_json(item) for item in report.failed],
        "unchanged": report.unchanged,
    }


def _skipped_to_json(item: Skipped) -> dict[str, str]:
    return {"path": item.path, "reason": item.reason, "code": item.code}


@contextlib.asynccontextmanager
async def _opened(folder: Path, calls: Calls) -> AsyncIterator[Workspace]:
    held: list[Workspace] = []
    try:
        # So that it is closed even if the pull is cancelled while it is being opened.
        await in_thread(lambda: held.append(Workspace.open(folder, calls=calls)))
        yield held[0]
    finally:
        for workspace in held:
            await in_thread(workspace.close)


async def _heart(held: lock.Lock) -> None:
    while True:
        await asyncio.sleep(lock.BEAT_EVERY)
        await in_thread(held.beat)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pull:
    """One pull, from what is known to what was done."""

    provider: Provider
    location: Location
    workspace: Workspace
    meter: Meter
    now: datetime

    async def tell(self) -> Report:
        """Do it all."""
        memory = await in_thread(self.workspace.remember)
        known = await in_thread(self.workspace.known, self.location)
        snapshot = await self.provider.snapshot(self.location, known=known)
        # Where the content really is: through a gateway, many addresses and links lead to one place.
        source = snapshot.location
        base = await in_thread(self._base, memory, source)
        base, decided = await self._decide(base, snapshot, memory)
        await in_thread(self._make_sure_of_space, decided)
        if memory.source != source:
            await in_thread(self.workspace.begin, source)

        ledger = Ledger(files=dict(base.files), folders=set(base.folders), is_changed=memory.is_unfinished)
        ledger.report.unchanged = decided.unchanged
        ledger.report.renamed.extend(memory.untold.renamed)
        ledger.report.conflicts.extend(memory.untold.conflicts)
        ledger.skip((*snapshot.skipped, *decided.skipped, *_damage(memory)))
        applier = Applier(self.workspace, now=self.now)
        try:
            await self._carry_out(decided, applier, ledger)
        except BaseException:
            # What was done stays done. If not even that can be written down, the journal has it.
            with contextlib.suppress(LocalFailure):
                await in_thread(self._commit, source, applier, ledger, is_told=False)
            raise
        await in_thread(self._commit, source, applier, ledger, is_told=True)
        report = ledger.close()
        await in_thread(self._note, snapshot, report)
        return report

    def _base(self, memory: Memory, source: Location) -> Base:
        if memory.source is None or memory.source == source:
            return memory.base
        with telling(""):
            if any(name != STATE_FOLDER for name, _ in self.workspace.disk.entries("")):
                raise BadTarget(f"This folder was pulled from {memory.source}.")
        return Base()

    async def _decide(self, base: Base, snapshot: Snapshot, memory: Memory) -> tuple[Base, Plan]:
        upstream = Upstream.of(snapshot.entries)
        disk = self.workspace.disk
        self.meter.phase("checking")
        with telling(""):
            local = await in_thread(scan, disk, into=reach(base, upstream))
        read = {path: found for path, found in memory.digests.items() if path in local}
        questions = to_read(base, local, upstream).items()
        self.meter.phase("checking", files_total=len(questions))
        for path, algorithms in questions:
            found = await in_thread(read_digests, disk, path, algorithms, expected=local[path])
            if found:
                read[path] = found
            self.meter.add(files=1)
        base = doubted(base, dict(questions), read)
        return base, await in_thread(plan, base, local, upstream, read=read, stamp=f"{self.now:%Y%m%d%H%M%S}")

    def _make_sure_of_space(self, decided: Plan) -> None:
        needed = decided.bytes_needed
        with telling(""):
            free = self.workspace.disk.free()
        # The state, and what a file takes beyond its size.
        if needed and free < needed + needed // 100 + (1 << 20):
            raise DiskFull(f"This needs {_readable(needed)}, but only {_readable(free)} are free.")

    async def _carry_out(self, decided: Plan, applier: Applier, ledger: Ledger) -> None:
        downloads = decided.downloads
        self.meter.phase("downloading", files_total=len(downloads), bytes_total=decided.bytes_needed)
        await in_thread(_run, applier, decided.before, ledger)
        transfer = _Transfer(
            provider=self.provider, workspace=self.workspace, applier=applier, ledger=ledger, meter=self.meter
        )
        await transfer.run(downloads)
        await in_thread(_run, applier, decided.after, ledger)

    def _commit(self, source: Location, applier: Applier, ledger: Ledger, *, is_told: bool) -> None:
        applier.flush()
        if ledger.is_changed or not is_told:
            report = ledger.report
            untold = Untold(renamed=tuple(report.renamed), conflicts=tuple(report.conflicts))
            self.workspace.commit(source, ledger.base, untold=None if is_told else untold)

    def _note(self, snapshot: Snapshot, report: Report) -> None:
        self.workspace.note_listing(snapshot)
        self.workspace.note_report(report)
        self.workspace.tidy(now=self.now, report=report)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Transfer:
    """Files on their way: many at the same time, or many in one stream."""

    provider: Provider
    workspace: Workspace
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
                async with _closing(self.provider.read(download.entry)) as chunks:
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
        missing = {download.path: download for download in downloads}
        damaged: list[Download] = []
        room = asyncio.Semaphore(_CONCURRENT)
        incoming: Incoming | None = None
        async with group() as tasks, _closing(provider.read_many([one.entry for one in downloads])) as pieces:
            try:
                async for piece in pieces:
                    download = missing.get(piece.entry.path)
                    if download is None:
                        continue
                    incoming = incoming or self._incoming(download)
                    await incoming.offer(piece.data)
                    if piece.last:
                        del missing[download.path]
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
        part = Part(disk=self.workspace.disk, entry=download.entry, name=f"{next(self._numbers)}.part")
        return Incoming(download=download, part=part, applier=self.applier, ledger=self.ledger, meter=self.meter)

    def _fail(self, download: Download, error: HubdrivesError) -> None:
        if not _is_of_one_file(error):
            raise error
        self.ledger.fail(download.path, error, wanted=not isinstance(error, Unreadable))
        self.meter.add(files=1)


def _run(applier: Applier, steps: Sequence[Step], ledger: Ledger) -> None:
    for step in steps:
        try:
            ledger.add(applier.run(step))
        except LocalFailure as error:
            if isinstance(error, DiskFull):
                raise
            ledger.fail(step.path, error)


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


@contextlib.asynccontextmanager
async def _closing(stream: AsyncIterator[_T]) -> AsyncIterator[AsyncIterator[_T]]:
    """Close a provider's stream at the end, also one that was left half-way."""
    try:
        yield stream
    finally:
        if isinstance(stream, AsyncGenerator):
            await stream.aclose()


def _damage(memory: Memory) -> list[Skipped]:
    if not memory.is_damaged:
        return []
    reason = (
        "What was known of earlier pulls is damaged. Files that differ from the source's were kept under another name."
    )
    return [Skipped(path=STATE, reason=reason, code="state-damaged")]


def _readable(size: int) -> str:
    return f"{size / 1e9:.1f} GB" if size >= _GB else f"{size / 1e6:.1f} MB"
