"""Bring what a location holds into a working folder, together with the user's own work."""

import contextlib
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from hubdrives.choice import EVERYTHING, Choice
from hubdrives.downloads import Downloads
from hubdrives.errors import (
    BadTarget,
    DiskFull,
    LocalFailure,
    Unreadable,
)
from hubdrives.model import (
    NOT_YET,
    RENAMED,
    STATE_DAMAGED,
    TOO_LARGE,
    WHOLE,
    Location,
    Progress,
    Report,
    Skipped,
    Snapshot,
    Waiting,
)
from hubdrives.paths import STATE_FOLDER
from hubdrives.providers.base import Provider
from hubdrives.sync import index
from hubdrives.sync.actions import Follow, Plan, Step
from hubdrives.sync.apply import Applier
from hubdrives.sync.book import Book
from hubdrives.sync.disk import CALLS, Calls, telling
from hubdrives.sync.layout import STATE
from hubdrives.sync.ledger import Ledger
from hubdrives.sync.meter import Meter
from hubdrives.sync.opened import opened
from hubdrives.sync.plan import Upstream, doubted, plan, reach, to_read
from hubdrives.sync.renames import renamed
from hubdrives.sync.scan import read_digests, scan
from hubdrives.sync.select import select, withheld
from hubdrives.sync.target import check_target
from hubdrives.sync.tasks import group, in_thread, running
from hubdrives.sync.values import Base
from hubdrives.sync.workspace import Memory, Workspace, last_report, pulled_from

__all__ = ["check_target", "last_report", "pull", "pulled_from", "report_to_json"]

_GB: Final = 10**9

IsOpen = Callable[[], Awaitable[Collection[str]]]
"""Tells which files of the working folder are open in an editor now, relative to it."""


def _now() -> datetime:
    return datetime.now(tz=UTC).astimezone()


async def _nothing_open() -> Collection[str]:
    return ()


async def pull(
    provider: Provider,
    location: Location,
    target: Path,
    *,
    choice: Choice = EVERYTHING,
    is_open: IsOpen | None = None,
    on_progress: Callable[[Progress], None] | None = None,
    now: Callable[[], datetime] = _now,
    home: Path | None = None,
    patience: float = 600.0,
    calls: Calls = CALLS,
) -> Report:
    """Bring upstream's changes at `location` into the folder `target`; what the user wrote there stays.

    A pull that fails, is cancelled or is killed leaves a folder from which the next one goes on.

    Args:
        provider: a live provider that reads `location`.
        location: a folder, or a file, which is pulled into `target` under its name.
        target: the working folder, made if need be.
        choice: what of it is brought, and whose side is taken in conflicts.
        is_open: tells which files of the working folder are open in an editor: those are left as they are.
        on_progress: called at most ten times a second, in the event loop's thread.
        now: with time zone; the stamp in the names of what is renamed aside.
        home: if given, a target that is not in it is refused.
        patience: seconds to wait while another pull works in the same folder.
        calls: the operating system; another one breaks on purpose.

    Raises:
        BadTarget: `target` can't be pulled into, or was pulled from another location.
        Busy: another pull still works there.
        DiskFull, LocalFailure: this machine's file system fails.
        Unreadable: none of it can be read.
        HubdrivesError: what `Provider.snapshot` and `Provider.read` raise, if it concerns more than one file.
    """
    folder = await in_thread(check_target, target, home=home)
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
        story = _Pull(
            provider=provider,
            location=location,
            target=folder,
            workspace=workspace,
            meter=meter,
            now=now(),
            choice=choice,
            is_open=is_open or _nothing_open,
        )
        report = await story.tell()
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
        "moved": [{"path": old, "to": new} for old, new in report.moved],
        "held": list(report.held),
        "notes": report.notes,
        "skipped": [_skipped_to_json(item) for item in report.skipped],
        "failed": [_skipped_to_json(item) for item in report.failed],
        "unchanged": report.unchanged,
        "all_left_out": report.all_left_out,
    }


def _skipped_to_json(item: Skipped) -> dict[str, str | bool]:
    told = {"path": item.path, "reason": item.reason, "code": item.code}
    more = {"read": item.read} if item.read else {}
    return {**told, **more, "later": item.code in NOT_YET}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pull:
    """One pull, from what is known to what was done."""

    provider: Provider
    location: Location
    target: Path
    workspace: Workspace
    meter: Meter
    now: datetime
    choice: Choice
    is_open: IsOpen

    async def tell(self) -> Report:
        """Do it all."""
        known = await in_thread(self.workspace.known, self.location)
        snapshot = await self.provider.snapshot(self.location, known=known)
        for item in snapshot.skipped:
            if item.path == WHOLE:
                raise Unreadable(item.reason, hint="Nothing was changed here.")
        report = await in_thread(self._if_nothing_to_do, snapshot)
        if report is None:
            report = await self._bring(snapshot)
        if known is None or snapshot.entries is not known.entries or snapshot.cursor != known.cursor:
            await in_thread(self.workspace.note_listing, snapshot)
        await in_thread(self.workspace.note_report, report)
        return report

    def _if_nothing_to_do(self, snapshot: Snapshot) -> Report | None:
        """The report of a pull that finds everything as the one before left it, else None."""
        found = self.workspace.index()
        if found is None or not found.is_of(snapshot.location, self.choice, snapshot.digest):
            return None
        with telling(""):
            return found.report if found.holds(self.workspace.disk) else None

    async def _bring(self, snapshot: Snapshot) -> Report:
        memory = await in_thread(self.workspace.remember)
        # Where the content really is: through a gateway, many addresses and links lead to one place.
        source = snapshot.location
        base = await in_thread(self._base, memory, source)
        base, decided, upstream = await self._decide(base, snapshot, memory)
        await in_thread(self._make_sure_of_space, decided)
        if not self._is_same_source(memory, source):
            await in_thread(self.workspace.begin, source, subfolder=self.choice.subfolder)
            # What is known of another source's content says nothing about this one.
            memory = replace(memory, written=Base(), unfinished=None)

        book = await in_thread(Book, self.workspace, memory, base=base, now=self.now)
        book.ledger.report.unchanged = decided.unchanged
        book.ledger.skip((*self._skipped_here(snapshot), *map(self._with_reader, decided.skipped), *_damage(memory)))
        applier = Applier(book.actor, self.workspace.bases, policy=self.choice.policy)
        try:
            await self._carry_out(decided, applier, book.ledger)
        except BaseException:
            # What was done stays done. If not even that can be written down, the journal has it.
            with contextlib.suppress(LocalFailure):
                await in_thread(book.leave, source, subfolder=self.choice.subfolder)
            raise
        report = await in_thread(book.close, source, subfolder=self.choice.subfolder)
        await in_thread(self._note_index, book.ledger, snapshot, upstream)
        return report

    def _is_same_source(self, memory: Memory, source: Location) -> bool:
        return memory.source == source and memory.subfolder == self.choice.subfolder

    def _base(self, memory: Memory, source: Location) -> Base:
        if memory.source is None or self._is_same_source(memory, source):
            return memory.base
        with telling(""):
            if any(name != STATE_FOLDER for name, _ in self.workspace.disk.entries("")):
                raise BadTarget(f"This folder was pulled from {memory.source.below(memory.subfolder)}.")
        return Base()

    async def _decide(self, base: Base, snapshot: Snapshot, memory: Memory) -> tuple[Base, Plan, Upstream]:
        """The plan, the base without what turned out to be doubtful, and upstream's tree as it is wanted."""
        selected = await in_thread(select, snapshot.entries, self.choice, tracked=base.files)
        # What is there but may not be had now was not deleted: a copy that came before stays as it is.
        held_back = await in_thread(withheld, self._skipped_here(snapshot), selected.entries, tracked=base.files)
        upstream = Upstream.of(selected.entries, left=selected.left | held_back)
        disk = self.workspace.disk
        self.meter.phase("checking")
        with telling(""):
            found = await in_thread(scan, disk, into=reach(base, upstream))
        is_open = await self.is_open()
        names = await in_thread(renamed, base, found, upstream, is_open=is_open)
        base, local = names.base, names.local
        read = {path: known for path, known in memory.digests.items() if path in local}
        questions = to_read(base, local, upstream).items()
        self.meter.phase("checking", files_total=len(questions))
        for path, algorithms in questions:
            answer = await in_thread(read_digests, disk, names.origin(path), algorithms, expected=local[path])
            if answer:
                read[path] = answer
            self.meter.add(files=1)
        base = doubted(base, dict(questions), read)
        decided = await in_thread(
            plan,
            base,
            local,
            upstream,
            read=read,
            stamp=f"{self.now:%Y%m%d%H%M%S}",
            follows=names.follows,
            is_open=is_open,
            waiting=names.waiting,
        )
        decided = replace(decided, skipped=(*decided.skipped, *selected.skipped))
        return names.undone(base), decided, upstream

    def _skipped_here(self, snapshot: Snapshot) -> list[Skipped]:
        """What the provider left out, as far as it would be in the working folder."""
        if not self.choice.subfolder:
            return list(snapshot.skipped)
        prefix = f"{self.choice.subfolder}/"
        inside = [item for item in snapshot.skipped if item.path.startswith(prefix)]
        around = [item for item in snapshot.skipped if item.code != RENAMED and prefix.startswith(f"{item.path}/")]
        return [
            *(replace(item, path=item.path.removeprefix(prefix)) for item in inside),
            *(replace(item, path=WHOLE) for item in around),
        ]

    def _with_reader(self, item: Skipped) -> Skipped:
        """With the line of Python that opens what stays remote."""
        if item.code != TOO_LARGE:
            return item
        try:
            shown = f"~/{(self.target / item.path).relative_to(Path.home()).as_posix()}"
        except ValueError:
            shown = str(self.target / item.path)
        return replace(item, read=f"hubdrives.open({shown!r})")

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
        # What is still under its old name is not to get a double under the new one: the next pull goes on with it.
        late = {step.to for step in decided.before if isinstance(step, Follow) and step.to not in ledger.files}
        downloads = tuple(download for download in downloads if download.path not in late)
        await Downloads(
            provider=self.provider, disk=self.workspace.disk, applier=applier, ledger=ledger, meter=self.meter
        ).run(downloads)
        await in_thread(_run, applier, decided.after, ledger)

    def _note_index(self, ledger: Ledger, snapshot: Snapshot, upstream: Upstream) -> None:
        """If everything is settled, note how it looks, for the next pull to see that at once."""
        report = ledger.report
        found = None
        if (
            ledger.files.keys() - upstream.left == upstream.files.keys() - upstream.left
            and all(ledger.files[path].is_of(entry) for path, entry in upstream.files.items())
            and not (report.failed or report.held)
        ):
            with telling(""):
                found = index.Index.of(
                    self.workspace.disk,
                    ledger.base,
                    source=snapshot.location,
                    choice=self.choice,
                    snapshot=snapshot.digest,
                    folders=upstream.folders,
                    edited=frozenset((*report.kept, *report.merged, *report.conflicts)) & ledger.files.keys(),
                    skipped=[item for item in report.skipped if item.code != STATE_DAMAGED],
                )
        self.workspace.note_index(found)


def _run(applier: Applier, steps: Sequence[Step], ledger: Ledger) -> None:
    for step in steps:
        try:
            ledger.add(applier.run(step))
        except LocalFailure as error:
            if isinstance(error, DiskFull):
                raise
            ledger.fail(step.path, error)


def _damage(memory: Memory) -> list[Skipped]:
    if not memory.is_damaged:
        return []
    reason = (
        "What was known of earlier pulls is damaged. Files that differ from the source's were kept under another name."
    )
    return [Skipped(path=STATE, reason=reason, code=STATE_DAMAGED)]


def _readable(size: int) -> str:
    return f"{size / 1e9:.1f} GB" if size >= _GB else f"{size / 1e6:.1f} MB"
