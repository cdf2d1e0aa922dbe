"""Bring a working folder's local changes up as new versions; what changed upstream meanwhile waits for a pull."""

import contextlib
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from hubdrives import digests
from hubdrives.choice import Choice
from hubdrives.errors import (
    BadInput,
    BadTarget,
    Conflict,
    HubdrivesError,
    LocalFailure,
    NotFound,
    is_of_one_file,
)
from hubdrives.model import RENAMED, Entry, Kind, Location, Progress, Skipped, Snapshot, Waiting
from hubdrives.providers.abilities import NEW, Writable
from hubdrives.providers.base import Provider
from hubdrives.sync import pushing
from hubdrives.sync.book import settled
from hubdrives.sync.disk import CALLS, Calls, telling
from hubdrives.sync.layout import STATE
from hubdrives.sync.merge import mergeable
from hubdrives.sync.meter import Counted, Meter
from hubdrives.sync.opened import opened
from hubdrives.sync.outgoing import Outgoing
from hubdrives.sync.plan import Upstream, doubted
from hubdrives.sync.pushing import ALL, Pushing, Send, Wanted, Withdraw
from hubdrives.sync.scan import read_digests, scan
from hubdrives.sync.select import select
from hubdrives.sync.tasks import group, in_thread, running
from hubdrives.sync.values import Base, Record, parent_of
from hubdrives.sync.workspace import Memory, Workspace

__all__ = ["ALL", "PushReport", "Wanted", "push", "report_to_json"]

_CONCURRENT: Final = 16
"""Files on their way at the same time; the connection's own limit is mostly lower."""


@dataclass(slots=True, kw_only=True)
class PushReport:
    """What a push did, by path; or would do, if it was a dry run."""

    uploaded: list[str] = field(default_factory=list)
    """New at the source, or a new version there."""
    removed: list[str] = field(default_factory=list)
    """At the source, because the user had deleted it here."""
    waiting: list[Skipped] = field(default_factory=list)
    """The source has something that no pull brought: pull first. A push with any of these exits with 3."""
    skipped: list[Skipped] = field(default_factory=list)
    failed: list[Skipped] = field(default_factory=list)
    """Wanted, but could not be brought up. A push with any of these exits with 3."""
    unchanged: int = 0
    """How many files are the same on both sides."""

    def close(self) -> "PushReport":
        """The same, in the order of paths."""
        self.uploaded.sort()
        self.removed.sort()
        for items in (self.waiting, self.skipped, self.failed):
            items.sort(key=lambda item: (item.path, item.code))
        return self


async def push(
    provider: Provider,
    location: Location,
    target: Path,
    *,
    wanted: Wanted = ALL,
    dry_run: bool = False,
    on_progress: Callable[[Progress], None] | None = None,
    now: Callable[[], datetime] = lambda: datetime.now(tz=UTC).astimezone(),
    patience: float = 600.0,
    calls: Calls = CALLS,
) -> PushReport:
    """Bring the user's changes in the working folder `target` to where it was pulled from.

    Each file goes up only if the source still has the version that the last pull or push left; the provider makes sure
    of that in the moment of writing. A push that fails, is cancelled or is killed leaves a folder from which the next
    push or pull goes on.

    Args:
        provider: a live provider that reads and writes `location`.
        location: where `target` was pulled from.
        target: a working folder.
        wanted: what of the changes goes up.
        dry_run: only tell what would be done.
        on_progress: called at most ten times a second, in the event loop's thread.
        now: with time zone.
        patience: seconds to wait while a pull or another push works in the same folder.
        calls: the operating system; another one breaks on purpose.

    Raises:
        NotFound: nothing was ever pulled into `target`.
        BadTarget: it was pulled from another location.
        BadInput: the provider can't be written to, or the folder was pulled from a single file.
        Busy: a pull still works there.
        DiskFull, LocalFailure: this machine's file system fails.
        HubdrivesError: what `Provider.snapshot` and `Writable.write` raise, if it concerns more than one file.
    """
    if not isinstance(provider, Writable):
        raise BadInput(f"{provider.title} can only be read from here.")
    if not await in_thread((target / STATE).is_file):
        raise NotFound(f"Nothing was ever pulled into '{target}'.", hint="Pull into it first, then change it and push.")
    folder = await in_thread(target.resolve)
    left = 0.0

    def on_wait(seconds: float) -> None:
        nonlocal left
        left = seconds

    def waiting() -> Waiting | None:
        return Waiting(on="another pull of this folder", seconds=left) if left else provider.waiting

    meter = Meter(on_progress, waiting=waiting)
    async with (
        group() as background,
        running(background, meter.run()),
        opened(folder, calls=calls, patience=patience, on_wait=on_wait) as workspace,
    ):
        story = _Push(provider, provider, location, workspace, meter, wanted=wanted, now=now())
        report = await (story.rehearse() if dry_run else story.tell())
    meter.finish()
    return report.close()


def report_to_json(report: PushReport) -> dict[str, Any]:
    """`report` as JSON values, as `hubdrives push --json` prints it."""
    return {
        "uploaded": list(report.uploaded),
        "removed": list(report.removed),
        **{name: [_to_json(item) for item in getattr(report, name)] for name in ("waiting", "skipped", "failed")},
        "unchanged": report.unchanged,
    }


def _to_json(item: Skipped) -> dict[str, str]:
    return {"path": item.path, "reason": item.reason, "code": item.code}


@dataclass(slots=True)
class _Push:
    """One push, from what is known to what was done."""

    provider: Provider
    writer: Writable
    """The same."""
    location: Location
    workspace: Workspace
    meter: Meter
    wanted: Wanted = field(kw_only=True)
    now: datetime = field(kw_only=True)
    report: PushReport = field(default_factory=PushReport)
    files: dict[str, Record] = field(default_factory=dict)
    """What is known of each file by now."""

    async def rehearse(self) -> PushReport:
        """Tell what would be done."""
        memory = await in_thread(self.workspace.remember)
        _, decided = await self._decide(memory)
        self._tell(decided)
        self.report.uploaded = [send.path for send in decided.sends]
        self.report.removed = [removal.path for removal in decided.removals]
        return self.report

    async def tell(self) -> PushReport:
        """Do it all."""
        memory = await in_thread(settled, self.workspace, now=self.now)
        base, decided = await self._decide(memory)
        self._tell(decided)
        self.files = dict(base.files)
        try:
            await self._carry_out(decided, self.location.below(memory.subfolder))
        except BaseException:
            # What went up is up. If not even that can be written down, equal bytes tell it the next time.
            with contextlib.suppress(LocalFailure):
                await in_thread(self._write_down, memory, base)
            raise
        await in_thread(self._write_down, memory, base)
        return self.report

    async def _decide(self, memory: Memory) -> tuple[Base, Pushing]:
        """The base without what turned out to be doubtful, and what is to be done."""
        source = _source(memory)
        known = await in_thread(self.workspace.known, self.location)
        snapshot = await self.provider.snapshot(self.location, known=known)
        if snapshot.location != source:
            raise BadTarget(f"This folder was pulled from {source.below(memory.subfolder)}.")
        await self._refuse_single_file(snapshot)
        selected = await in_thread(select, snapshot.entries, Choice(subfolder=memory.subfolder), tracked=())
        upstream = Upstream.of(selected.entries)
        disk, base = self.workspace.disk, memory.base
        self.meter.phase("checking")
        with telling(""):
            local = await in_thread(scan, disk, into=pushing.Reach.of(base, upstream))
        questions = pushing.to_read(base, local, upstream, self.wanted)
        self.meter.phase("checking", files_total=len(questions))
        read: dict[str, frozenset[str]] = {}
        for path, algorithms in questions.items():
            if answer := await in_thread(read_digests, disk, path, algorithms, expected=local[path]):
                read[path] = answer
            self.meter.add(files=1)
        prefix = f"{memory.subfolder}/" if memory.subfolder else ""
        renamed = {item.path.removeprefix(prefix) for item in snapshot.skipped if item.code == RENAMED}
        decided = await in_thread(
            pushing.plan,
            base,
            local,
            upstream,
            asked=questions,
            read=read,
            wanted=self.wanted,
            renamed=renamed,
        )
        return doubted(base, questions, read), decided

    async def _refuse_single_file(self, snapshot: Snapshot) -> None:
        if [entry.path for entry in snapshot.entries] != [snapshot.name]:
            return
        # It may be a folder with one file that is called as the folder.
        if (await self.provider.stat(self.location)).kind is Kind.FILE:
            raise BadInput(
                "This folder was pulled from a single file, and a push needs a folder.",
                hint="`hubdrives put` brings a file up as a new version.",
            )

    def _tell(self, decided: Pushing) -> None:
        report = self.report
        report.unchanged = decided.unchanged
        report.waiting.extend(decided.waiting)
        report.skipped.extend(decided.skipped)
        for path in decided.unreadable:
            reason = "It can't be read, or was changed while it was being read."
            report.failed.append(Skipped(path=path, reason=reason, code=LocalFailure.code))

    async def _carry_out(self, decided: Pushing, root: Location) -> None:
        for match in decided.adopted:
            await in_thread(self._remember, match.path, match.record)
        self.meter.phase("uploading", files_total=len(decided.sends), bytes_total=decided.bytes_to_send)
        missing = await self._make_folders(decided.folders, root)
        ahead = iter(decided.sends)

        async def work() -> None:
            for send in ahead:
                await self._send(send, root, missing)

        async with group() as tasks:
            for _ in range(min(_CONCURRENT, len(decided.sends))):
                tasks.create_task(work())
        for removal in decided.removals:
            await self._withdraw(removal, root)

    async def _make_folders(self, folders: Sequence[str], root: Location) -> dict[str, HubdrivesError]:
        """Make them, level by level; those that could not be made, with what is wrong."""
        missing: dict[str, HubdrivesError] = {}

        async def make(path: str) -> None:
            parent = parent_of(path)
            if parent in missing:
                missing[path] = missing[parent]
                return
            try:
                await self.writer.make_folder(root.below(parent), path.rpartition("/")[2])
            except HubdrivesError as error:
                if not is_of_one_file(error):
                    raise
                missing[path] = error

        for depth in sorted({path.count("/") for path in folders}):
            async with group() as tasks:
                for path in folders:
                    if path.count("/") == depth:
                        tasks.create_task(make(path))
        return missing

    async def _send(self, send: Send, root: Location, missing: dict[str, HubdrivesError]) -> None:
        path, parent = send.path, parent_of(send.path)
        if parent in missing:
            self._fail(path, missing[parent])
            return
        content = Counted(Outgoing(self.workspace.disk, path, send.seen), self.meter)
        try:
            entry = await self.writer.write(
                root.below(parent),
                path.rpartition("/")[2],
                content,
                if_version=send.over.version if send.over else NEW,
                modified=datetime.fromtimestamp(send.seen.mtime_ns // 10**9, tz=UTC),
            )
            self._check(send, entry)
        except HubdrivesError as error:
            content.settle(arrived=False)
            self._fail(path, error)
            return
        content.settle(arrived=True)
        self.report.uploaded.append(path)
        record = Record.of(entry, size=send.seen.size, digest=send.digest, thing=send.seen)
        await in_thread(self._remember, path, record)

    def _check(self, send: Send, entry: Entry) -> None:
        """Raise LocalFailure if what arrived is not what was looked at: then nothing is known of it."""
        algorithms = {digests.algorithm_of(digest) for digest in send.digests}
        if entry.size not in {None, send.seen.size} or (
            entry.digest and digests.algorithm_of(entry.digest) in algorithms and entry.digest not in send.digests
        ):
            raise LocalFailure(f"'{send.path}' was changed while it was being sent.", hint="Push again.")

    async def _withdraw(self, removal: Withdraw, root: Location) -> None:
        path = removal.path
        try:
            await self.writer.remove(root.below(path), if_version=removal.entry.version)
        except HubdrivesError as error:
            self._fail(path, error)
            return
        self.report.removed.append(path)
        self.files.pop(path, None)

    def _fail(self, path: str, error: HubdrivesError) -> None:
        if not is_of_one_file(error):
            raise error
        item = Skipped(path=path, reason=str(error), code=error.code)
        (self.report.waiting if isinstance(error, Conflict) else self.report.failed).append(item)

    def _remember(self, path: str, record: Record) -> None:
        """Enter what is known of a file, and keep its bytes for the next merge, if there can be one."""
        self.files[path] = record
        if not mergeable(path, record.size):
            return
        with telling(path):
            content = self.workspace.disk.read(path)
            # The user may be writing there at this moment.
            if content is not None and record.digest == f"sha256:{hashlib.sha256(content).hexdigest()}":
                name = record.digest.partition(":")[2]
                self.workspace.bases.keep(record.digest, content, through=f"{name}.base")

    def _write_down(self, memory: Memory, base: Base) -> None:
        if self.files == base.files == memory.base.files and not memory.is_unfinished:
            return
        source, after = _source(memory), Base(files=self.files, folders=base.folders)
        self.workspace.commit(source, after, subfolder=memory.subfolder)
        self.workspace.tidy(after, now=self.now)


def _source(memory: Memory) -> Location:
    if memory.source is None:
        raise NotFound("What was known of this folder is damaged.", hint="Pull into it again; your files are kept.")
    return memory.source
