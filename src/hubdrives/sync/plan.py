"""What a pull does, decided: base, local tree and upstream's tree -> a plan. Pure: nothing here touches a disk."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum, auto
from typing import Self

import msgspec

from hubdrives import digests, paths
from hubdrives.errors import BadPath
from hubdrives.model import Entry, Kind, Skipped
from hubdrives.sync.actions import (
    Conflict,
    Download,
    Fetch,
    Follow,
    Forget,
    Hold,
    Keep,
    MakeFolder,
    Match,
    MoveAside,
    Plan,
    Remove,
    RemoveFolder,
    Step,
    Why,
)
from hubdrives.sync.table import Here, There, Verb, Was, decide
from hubdrives.sync.values import Base, Record, Shape, Thing, parent_of, parents_of

_OURS = "sha256"


@dataclass(frozen=True, slots=True, kw_only=True)
class Upstream:
    """Upstream's tree as it may be written here: every parent is a folder, nothing is below a file."""

    files: Mapping[str, Entry]
    folders: frozenset[str]
    skipped: tuple[Skipped, ...] = ()

    left: frozenset[str] = frozenset()
    """Paths that a pull leaves as they are, whatever upstream has."""

    @classmethod
    def of(cls, entries: Iterable[tuple[str, Entry]], *, left: frozenset[str] = frozenset()) -> Self:
        """From entries and their paths here. Providers give safe paths; this is where it is made sure of."""
        files: dict[str, Entry] = {}
        folders: set[str] = set()
        skipped: list[Skipped] = []
        for path, entry in sorted(entries, key=lambda item: item[0]):
            parents = parents_of(path)
            reason = _refusal(path)
            if reason is None and not files.keys().isdisjoint((*parents, path)):
                reason = "something else at the source has the same name"
            if reason is None and entry.kind is Kind.FILE and path in folders:
                reason = "a folder at the source has the same name"
            if reason is not None:
                skipped.append(Skipped(path=path, reason=f"Left out: {reason}.", code=BadPath.code))
                continue
            folders.update(parents)
            if entry.kind is Kind.FILE:
                files[path] = entry
            else:
                folders.add(path)
        return cls(files=files, folders=frozenset(folders), skipped=tuple(skipped), left=left)


def reach(base: Base, upstream: Upstream) -> frozenset[str]:
    """The folders in which a scan has to look."""
    tracked = {parent for path in {parent_of(path) for path in base.files} for parent in (*parents_of(path), path)}
    return upstream.folders | base.folders | tracked


def to_read(base: Base, local: Mapping[str, Thing], upstream: Upstream) -> dict[str, frozenset[str]]:
    """The local files whose bytes must be read before it can be decided, and the digests wanted of each."""
    wanted: dict[str, frozenset[str]] = {}
    for path, thing in local.items():
        record, entry = base.files.get(path), upstream.files.get(path)
        if thing.shape is not Shape.FILE or (record and untouched(thing, record, base)):
            continue
        algorithms: set[str] = set()
        if record and record.size == thing.size:
            algorithms.add(_OURS)
        if entry and entry.digest and not (record and record.is_of(entry)) and entry.size in {None, thing.size}:
            algorithms |= {_OURS, digests.algorithm_of(entry.digest)} if digests.known(entry.digest) else set()
        if algorithms:
            wanted[path] = frozenset(algorithms)
    return wanted


def doubted(base: Base, asked: Iterable[str], read: Mapping[str, frozenset[str]]) -> Base:
    """`base`, made to believe no file that was asked for and turned out to be another.

    Such a file may have the very time, size and inode that are on record. As soon as a new state is written, these
    would be old enough to be believed, and the user's edit would be taken for upstream's bytes.
    """
    files = dict(base.files)
    for path in asked:
        record = files.get(path)
        if record is not None and record.digest not in read.get(path, ()):
            files[path] = msgspec.structs.replace(record, mtime_ns=0, inode=0)
    return replace(base, files=files)


def case_of(
    path: str, base: Base, local: Mapping[str, Thing], upstream: Upstream, read: Mapping[str, frozenset[str]]
) -> tuple[Was, Here, There]:
    """How `path` stands: the row and the columns of the table. The arguments are those of `plan`."""
    record, entry, told = base.files.get(path), upstream.files.get(path), read.get(path)
    was = Was.FILE if record else Was.FOLDER if path in base.folders else Was.ABSENT
    there = There.CHANGED
    if path in upstream.folders:
        there = There.FOLDER
    elif entry is None:
        there = There.ABSENT
    elif record and record.is_of(entry):
        there = There.SAME
    thing = local.get(path)
    if thing is None:
        return was, Here.ABSENT, there
    if thing.shape is not Shape.FILE:
        return was, Here.FOLDER if thing.shape is Shape.FOLDER else Here.OTHER, there
    if record and (record.digest in told if told else untouched(thing, record, base)):
        return was, Here.SAME, there
    return was, Here.EQUAL if entry and told and entry.digest in told else Here.CHANGED, there


def plan(
    base: Base,
    local: Mapping[str, Thing],
    upstream: Upstream,
    *,
    read: Mapping[str, frozenset[str]],
    stamp: str,
    follows: Sequence[Follow] = (),
    is_open: Collection[str] = (),
    waiting: Collection[str] = (),
) -> Plan:
    """Everything that has to happen so that the working folder has upstream's changes and the user's.

    Args:
        base: what the pulls before left.
        local: what is there, from a scan into `reach`.
        upstream: the new snapshot.
        read: the digests of the files that `to_read` named, as far as they could be read.
        stamp: YYYYMMDDHHMMSS, for what is renamed aside.
        follows: renames that `base` and `local` have in them already.
        is_open: local files that are open in an editor.
        waiting: paths that are to be left as they are for now.
    """
    planner = _Planner(
        base=base, local=local, upstream=upstream, read=read, stamp=stamp, is_open=is_open, waiting=waiting
    )
    return planner.plan(follows)


_TOUCHING = frozenset(
    {Verb.FETCH, Verb.FETCH_ASIDE, Verb.CONFLICT, Verb.REMOVE, Verb.REPLACE_BY_FOLDER, Verb.MOVE_AND_MAKE_FOLDER}
)
"""What changes a file that stands there."""


class Settlement(Enum):
    """What becomes of bytes that arrived."""

    PLACE = auto()
    """They take the path. What stands there is upstream's older version, or is renamed aside if that was planned."""
    MATCH = auto()
    """They are there already."""
    KEEP = auto()
    """They are nothing new; the user's version stays."""
    MERGE = auto()
    """Both sides have something new."""
    RETRY = auto()
    """The user just did something there: it stays, and the next pull decides with that in view."""


def settle(download: Download, *, now: Thing | None, here: str | None, arrived: str) -> Settlement:
    """What to do with bytes that arrived, after looking again.

    Args:
        download: what the plan wanted.
        now: what stands at the path at this moment.
        here: the digest of that, if it is a file that may have the same bytes.
        arrived: the digest of the bytes that arrived.
    """
    if now is None:
        return Settlement.PLACE
    if here == arrived:
        return Settlement.MATCH
    if download.seen is None or not download.seen.is_still(now):
        return Settlement.RETRY
    if isinstance(download, Fetch):
        return Settlement.PLACE
    return Settlement.KEEP if arrived == download.record.digest else Settlement.MERGE


@dataclass(slots=True, kw_only=True)
class _Planner:
    base: Base
    local: Mapping[str, Thing]
    upstream: Upstream
    read: Mapping[str, frozenset[str]]
    stamp: str
    is_open: Collection[str]
    waiting: Collection[str]
    settled: list[Step] = field(default_factory=list)
    removals: list[Remove | RemoveFolder] = field(default_factory=list)
    moves: list[MoveAside] = field(default_factory=list)
    folders: list[MakeFolder] = field(default_factory=list)
    downloads: list[Download] = field(default_factory=list)
    unchanged: int = 0
    taken: set[str] = field(default_factory=set)

    def plan(self, follows: Sequence[Follow]) -> Plan:
        known = self.base.files.keys() | self.base.folders | self.upstream.files.keys() | self.upstream.folders
        known -= self.upstream.left
        cases = {path: case_of(path, self.base, self.local, self.upstream, self.read) for path in sorted(known)}
        verbs = self._without_held({path: decide(*case) for path, case in cases.items()})
        self.taken = {*self.local, *known}
        emptied = self._emptied(verbs)
        for path, verb in verbs.items():
            self._act(path, verb, emptied)
        # The deepest first, and a folder after what was in it.
        removals = sorted(self.removals, key=lambda action: action.path, reverse=True)
        before = [step for step in removals if self._is_in_the_way(step.path) and isinstance(step, Remove)]
        # A folder goes, or comes, only when renamed files have left it, or its name.
        left = [step for step in removals if self._is_in_the_way(step.path) and isinstance(step, RemoveFolder)]
        old = {follow.path for follow in follows}
        late = [step for step in self.folders if not old.isdisjoint((*parents_of(step.path), step.path))]
        folders = [step for step in self.folders if step not in late]
        return Plan(
            before=(*self.settled, *before, *self.moves, *folders, *follows, *left, *late),
            downloads=tuple(self.downloads),
            after=tuple(step for step in removals if not self._is_in_the_way(step.path)),
            unchanged=self.unchanged,
            skipped=self.upstream.skipped,
        )

    def _act(self, path: str, verb: Verb, emptied: set[str]) -> None:  # noqa: C901, PLR0912 - one case for each verb
        match verb:
            case Verb.LEAVE:
                if path in self.base.files:
                    self.settled.append(Forget(path=path))
            case Verb.MATCH:
                self._match(path)
            case Verb.KEEP:
                self.settled.append(Keep(path=path, tracked=True))
            case Verb.RELEASE:
                self.settled.append(Keep(path=path, tracked=False))
            case Verb.REMOVE:
                self.removals.append(Remove(path=path, seen=self.local[path]))
            case Verb.REMOVE_FOLDER if path in emptied:
                self.removals.append(RemoveFolder(path=path))
            case Verb.FORGET | Verb.REMOVE_FOLDER:
                self.settled.append(Forget(path=path))
            case Verb.MAKE_FOLDER:
                self._make_folder(path)
            case Verb.REPLACE_BY_FOLDER:
                self.removals.append(Remove(path=path, seen=self.local[path]))
                self.folders.append(MakeFolder(path=path))
            case Verb.MOVE_AND_MAKE_FOLDER:
                self.moves.append(MoveAside(path=path, to=self._aside(path), seen=self.local[path]))
                self._make_folder(path)
            case Verb.FETCH:
                self._fetch(path)
            case Verb.FETCH_ASIDE if path in emptied:
                self.removals.append(RemoveFolder(path=path))
                self.downloads.append(Fetch(path=path, entry=self.upstream.files[path], why=Why.ADDED))
            case Verb.FETCH_ASIDE:
                self._fetch_aside(path)
            case Verb.CONFLICT:
                conflict = Conflict(
                    path=path,
                    entry=self.upstream.files[path],
                    seen=self.local[path],
                    record=self.base.files[path],
                    beside=self._aside(path, mark="upstream_"),
                )
                self.downloads.append(conflict)
            case Verb.HOLD if path in self.local:
                self.settled.append(Hold(path=path))

    def _match(self, path: str) -> None:
        entry, thing, old = self.upstream.files[path], self.local[path], self.base.files.get(path)
        read = self.read.get(path, frozenset())
        digest = next((digest for digest in read if digests.algorithm_of(digest) == _OURS), old.digest if old else "")
        new = Record.of(entry, size=thing.size, digest=digest, thing=thing)
        # What was read is told again even if it is the same: once written down anew, it need not be read next time.
        if new == old and not read:
            self.unchanged += 1
        else:
            self.settled.append(Match(path=path, record=new))

    def _make_folder(self, path: str) -> None:
        if path in self.base.files:
            self.settled.append(Forget(path=path))
        self.folders.append(MakeFolder(path=path))

    def _fetch(self, path: str) -> None:
        thing, record = self.local.get(path), self.base.files.get(path)
        why = Why.ADDED if record is None else Why.RESTORED if thing is None else Why.UPDATED
        if path in self.base.folders:
            self.settled.append(Forget(path=path))
        known = record if thing else None
        self.downloads.append(Fetch(path=path, entry=self.upstream.files[path], why=why, seen=thing, record=known))

    def _fetch_aside(self, path: str) -> None:
        if path in self.base.folders:
            self.settled.append(Forget(path=path))
        self.downloads.append(
            Fetch(
                path=path,
                entry=self.upstream.files[path],
                why=Why.RESTORED if path in self.base.files else Why.ADDED,
                seen=self.local[path],
                aside=self._aside(path),
            )
        )

    def _without_held(self, verbs: dict[str, Verb]) -> dict[str, Verb]:
        """`verbs`, but what is open in an editor is left alone, and so is what can't be done without touching it."""
        if not self.is_open and not self.waiting:
            return verbs
        # What stands above an open file is in use as that is.
        in_use = {parent for path in self.is_open for parent in parents_of(path)}
        held = set(self.waiting)
        for path, verb in verbs.items():
            touches = path in self.is_open and verb in _TOUCHING
            displaces = path in in_use and verb in {Verb.FETCH_ASIDE, Verb.MOVE_AND_MAKE_FOLDER}
            if touches or displaces or not held.isdisjoint(parents_of(path)):
                held.add(path)
        # A pull made the folder, and will remove it with what is held in it.
        left = {parent for path in held for parent in parents_of(path) if verbs.get(parent) is Verb.REMOVE_FOLDER}
        return {path: Verb.HOLD if path in held else verb for path, verb in verbs.items() if path not in left}

    def _aside(self, path: str, *, mark: str = "") -> str:
        new = paths.renamed_aside(path, f"{mark}{self.stamp}")
        if new in self.taken:
            new = paths.renamed_aside(path, f"{mark}{self.stamp}", self.taken)
        self.taken.add(new)
        return new

    def _emptied(self, verbs: Mapping[str, Verb]) -> set[str]:
        """The folders made by pulls in which nothing will be left."""
        occupied: set[str] = set()
        emptied: set[str] = set()
        for path in sorted(self.local, reverse=True):
            verb = verbs.get(path, Verb.LEAVE)
            if self.local[path].shape is Shape.FOLDER:
                ours = path in self.base.folders and path not in self.upstream.folders
                if ours and path not in occupied:
                    emptied.add(path)
                    continue
            elif verb is Verb.REMOVE:
                continue
            occupied.add(parent_of(path))
        return emptied

    def _is_in_the_way(self, path: str) -> bool:
        return path in self.upstream.files or path in self.upstream.folders or self._is_below_file(path)

    def _is_below_file(self, path: str) -> bool:
        return not self.upstream.files.keys().isdisjoint(parents_of(path))


def untouched(thing: Thing, record: Record, base: Base) -> bool:
    """Whether the local file is, as far as its time, size and inode tell, still the one that was pulled."""
    seen = (thing.size, thing.mtime_ns, thing.inode)
    return seen == (record.size, record.mtime_ns, record.inode) and thing.mtime_ns < base.trusted_before_ns


def _refusal(path: str) -> str | None:
    """Why upstream can't have this path here."""
    if len(path.encode("utf-8", "surrogatepass")) > paths.MAX_PATH_BYTES:
        return "its path is longer than file systems take"
    try:
        path.encode()
        safe = paths.relative(path)
    except BadPath as error:
        return str(error).rstrip(".")
    except UnicodeEncodeError:
        return "its name can't be written"
    if not safe or safe != path:
        return "its path is not safe"
    if paths.reserved(path):
        return "this name is reserved"
    return None
