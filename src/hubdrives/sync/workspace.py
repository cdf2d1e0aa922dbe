"""What a working folder knows of itself between two pulls, and the lock that lets one pull at a time work in it.

The state is written last and in one step: at every moment it is either the old one or exactly what was done. What a
killed pull did since is in the journal.
"""

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Self

import msgspec

from hubdrives.errors import BadTarget
from hubdrives.model import Location, Report, Snapshot
from hubdrives.paths import STATE_FOLDER
from hubdrives.sync.bases import Bases
from hubdrives.sync.deeds import Deed, Moved
from hubdrives.sync.disk import CALLS, Calls, Disk, telling
from hubdrives.sync.index import Index
from hubdrives.sync.index import read as read_index
from hubdrives.sync.index import write as write_index
from hubdrives.sync.journal import Journal, Recovered, recover
from hubdrives.sync.layout import INDEX, JOURNAL, LISTING, REPORT, STATE, STORE, TMP
from hubdrives.sync.lock import Lock
from hubdrives.sync.store import deeds, prune
from hubdrives.sync.values import Base, Record

_SCHEMA: Final = 1
_UNKNOWN: Final = datetime.fromtimestamp(0, tz=UTC)


class Header(msgspec.Struct, frozen=True):
    """The part of the state that every version of it has."""

    schema: int
    source: Location
    """Where the folder was pulled from, without what must stay secret."""
    subfolder: str = ""
    """The folder inside the source whose content is at the top of this one."""


class State(Header, frozen=True):
    """What is written down."""

    files: dict[str, Record] = {}
    folders: tuple[str, ...] = ()
    unfinished: Deed | None = None
    """What a pull that failed did: the next one's deed, and what of it is to be told, begin with that."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """What is known when a pull begins."""

    source: Location | None = None
    """Where the earlier pulls came from."""
    subfolder: str = ""
    base: Base = field(default_factory=Base)
    written: Base = field(default_factory=Base)
    """The same as it was written down: without what a killed pull did since."""
    digests: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Of files that were read to find out what a killed pull had done."""
    unfinished: Deed | None = None
    """What a pull that was killed or failed did; without an id, unless it is in the store already."""
    is_damaged: bool = False
    """There is a state, but it can't be read."""
    is_unfinished: bool = False
    """The pull before was killed or failed: the state is not all, or not told."""


class Workspace:
    """A working folder, locked. Made by `open`, given back by `close`. All methods block."""

    def __init__(self, disk: Disk, lock: Lock, made: tuple[Path, ...]) -> None:
        self.disk = disk
        self.lock = lock
        self.journal = Journal(disk)
        self.bases = Bases(disk)
        self._made = made

    @classmethod
    def open(cls, target: Path, *, calls: Calls = CALLS) -> Self:
        """The working folder at `target`, made if need be.

        Raises:
            Busy: another pull works in it.
            LocalFailure, DiskFull: it can't be made or written.
        """
        with telling(str(target)), contextlib.ExitStack() as undo:
            made = _make(target)
            disk = undo.enter_context(Disk(target, calls=calls))
            for folder in (STATE_FOLDER, TMP):
                with contextlib.suppress(FileExistsError):
                    disk.make_folder(folder, mode=0o700)
            lock = Lock.acquire(disk)
            undo.pop_all()
        return cls(disk, lock, made)

    def close(self) -> None:
        """Unlock it. If nothing was ever written down, no trace is left."""
        with self.disk, telling(STATE_FOLDER):
            self.journal.close()
            is_unused = self.disk.look(STATE) is None
            self.lock.release()
            if is_unused:
                # A folder that holds something refuses, and stays.
                with contextlib.suppress(OSError):
                    self.disk.remove_folder(TMP)
                    self.disk.remove_folder(STATE_FOLDER)
                    for folder in self._made:
                        folder.rmdir()

    def remember(self) -> Memory:
        """Read what is known, and find out what a killed pull had done.

        Raises:
            LocalFailure: it can't be read.
            BadTarget: a newer hubdrives wrote it.
        """
        with telling(STATE_FOLDER):
            for name, _ in self.disk.entries(TMP):
                self.disk.remove(f"{TMP}/{name}")
        return recall(self.disk)

    def known(self, location: Location) -> Snapshot | None:
        """The last snapshot, None if there is none; with the params of `location` if it is one of that."""
        with telling(LISTING):
            content = self.disk.read(LISTING)
        try:
            snapshot = msgspec.json.decode(content or b"", type=Snapshot)
        except msgspec.MsgspecError:
            return None
        return replace(snapshot, location=location) if snapshot.location == location else snapshot

    def begin(self, location: Location, *, subfolder: str = "") -> None:
        """Write down whose content this folder is going to have, before any of it is there.

        So that a journal, if it comes to be needed, is never taken for one of another location.
        """
        with telling(STATE):
            self.journal.remove()
        self.commit(location, Base(), subfolder=subfolder)

    def commit(self, location: Location, base: Base, *, subfolder: str = "", unfinished: Deed | None = None) -> None:
        """Write the state down, and forget the journal.

        Raises:
            LocalFailure, DiskFull: it can't be written; what was done is still in the journal.
            Busy: another pull took this folder over.
        """
        state = State(
            schema=_SCHEMA,
            source=location.public(),
            subfolder=subfolder,
            files=dict(base.files),
            folders=tuple(sorted(base.folders)),
            unfinished=unfinished,
        )
        with telling(STATE):
            self.lock.verify()
            self.disk.write_whole(STATE, msgspec.json.encode(state), through=f"{TMP}/state")
            self.journal.remove()

    def note_listing(self, snapshot: Snapshot) -> None:
        """Keep `snapshot` for the next pull. Entries keep their params, for without them they can't be read."""
        self._note(LISTING, replace(snapshot, location=snapshot.location.public()))

    def note_report(self, report: Report) -> None:
        self._note(REPORT, report)

    def index(self) -> Index | None:
        """How the folder looked when all was settled, if that is known and nothing was left half-way since."""
        with telling(INDEX):
            return read_index(self.disk) if self.disk.look(JOURNAL) is None else None

    def note_index(self, index: Index | None) -> None:
        with telling(INDEX):
            write_index(self.disk, index)

    def tidy(self, base: Base, *, now: datetime) -> None:
        """Keep the store and the bases within their bounds."""
        needed = {record.digest for record in base.files.values()}
        with telling(STORE):
            newest = next(deeds(self.disk), None)
            if newest is not None:
                # Undo leads back to these.
                needed |= {record.digest for record in newest.records.values() if record is not None}
            self.bases.prune(needed)
            prune(self.disk, now=now)

    def _note(self, path: str, value: Snapshot | Report) -> None:
        try:
            content = msgspec.json.encode(value)
        except UnicodeEncodeError:
            # A name that no file can have. Both notes can be done without.
            return
        with telling(path):
            if self.disk.read(path) != content:
                self.disk.write_whole(path, content, through=f"{TMP}/note")


def recall(disk: Disk) -> Memory:
    """What is known, and what a killed pull had done. Changes nothing, and needs no lock. Raises as `remember` does."""
    with telling(STATE_FOLDER):
        content, written = disk.read(STATE), disk.look(STATE)
        state = _decoded(content)
        if state is None or written is None:
            # Without a state nobody knows whose content a journal speaks of.
            return Memory(is_damaged=content is not None)
        base = Base(files=state.files, folders=frozenset(state.folders), trusted_before_ns=written.mtime_ns)
        recovered = recover(disk, base)
    return Memory(
        source=state.source,
        subfolder=state.subfolder,
        base=recovered.base,
        written=base,
        digests=recovered.digests,
        unfinished=_continued(state, recovered),
        is_unfinished=recovered.found or state.unfinished is not None,
    )


def pulled_from(target: Path) -> Location | None:
    """Where the folder `target` was pulled from; None if it never was, or that is not known any more. Blocks."""
    header = _header(_content(target / STATE))
    return header.source if header else None


def subfolder_of(target: Path) -> str:
    """The folder inside the source whose content is at the top of `target`; "" is the source itself. Blocks."""
    header = _header(_content(target / STATE))
    return header.subfolder if header else ""


def last_listing(target: Path) -> Snapshot | None:
    """The source as the last pull saw it, with paths as there; None if there was none. Blocks."""
    try:
        return msgspec.json.decode(_content(target / LISTING), type=Snapshot)
    except msgspec.MsgspecError:
        return None


def last_report(target: Path) -> Report | None:
    """What the last pull into the folder `target` did; None if there was none. Blocks."""
    try:
        return msgspec.json.decode(_content(target / REPORT), type=Report)
    except msgspec.MsgspecError:
        return None


def _continued(state: State, recovered: Recovered) -> Deed | None:
    """What was not told yet, and what a killed pull did beyond that."""
    acts = recovered.acts
    # What is in the store has the unfinished, too; but nobody saw its report, and perhaps the state does not know it.
    before = recovered.told or state.unfinished
    if before is None:
        if not acts:
            return None
        before = Deed(id="", what=recovered.what, when=_UNKNOWN, report=Report(), folders=state.folders)
    moves = [act for act in acts if isinstance(act, Moved)]
    report = replace(
        before.report,
        renamed=[*before.report.renamed, *((act.old, act.new) for act in moves if not act.is_upstream_s)],
        moved=[*before.report.moved, *((act.old, act.new) for act in moves if act.is_upstream_s)],
    )
    what = recovered.what if acts else before.what
    return msgspec.structs.replace(before, what=what, report=report, acts=(*before.acts, *acts))


def _header(content: bytes) -> Header | None:
    try:
        return msgspec.json.decode(content, type=Header)
    except msgspec.MsgspecError:
        return None


def _decoded(content: bytes | None) -> State | None:
    header = _header(content or b"")
    if header is not None and header.schema > _SCHEMA:
        raise BadTarget(
            "A newer version of hubdrives pulled into this folder.",
            hint="Update hubdrives here, or choose another folder.",
        )
    try:
        return msgspec.json.decode(content or b"", type=State)
    except msgspec.MsgspecError:
        return None


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


def _make(target: Path) -> tuple[Path, ...]:
    """Make the folder `target`; tell which were made, the innermost first."""
    missing = [folder for folder in (target, *target.parents) if not folder.exists()]
    target.mkdir(parents=True, exist_ok=True)
    return tuple(missing)
