"""What a push does, decided: base, local tree and upstream's tree -> what goes up. Pure, and the mirror of `plan`.

The rule behind it: nothing of upstream's is replaced or removed unless it is what the last pull or push left. What
upstream changed meanwhile waits for a pull, which knows how to bring both sides together.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Final

from hubdrives import digests
from hubdrives.choice import pattern_spec
from hubdrives.errors import Changed, NameTaken
from hubdrives.model import RENAMED, Entry, Skipped
from hubdrives.sync.actions import Match
from hubdrives.sync.plan import Upstream, case_of, reach, untouched
from hubdrives.sync.table import Here, There, Was
from hubdrives.sync.values import Base, Record, Shape, Thing, parents_of

DELETED_HERE: Final = "deleted-here"
"""The code of what the user deleted, and upstream still has."""

_OURS: Final = "sha256"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What of the user's changes shall go up.

    Raises:
        BadInput: a pattern can't be used.
    """

    include: tuple[str, ...] = ()
    """Patterns as in .gitignore; if there are any, only what matches one."""
    exclude: tuple[str, ...] = ()
    """The same; what matches one stays. Wins over `include`."""
    new: bool = True
    """Also files that no pull or push knows."""
    delete: bool = False
    """Also remove upstream what the user deleted."""

    def __post_init__(self) -> None:
        self.matcher()

    def matcher(self) -> Callable[[str], bool]:
        """What tells whether the patterns let a path through."""
        included = pattern_spec(self.include) if self.include else None
        excluded = pattern_spec(self.exclude) if self.exclude else None
        return lambda path: (
            (included is None or bool(included.match_file(path)))
            and not (excluded is not None and excluded.match_file(path))
        )


ALL: Final = Wanted()
"""What the user changed and what the user made."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Send:
    """The local file goes up."""

    path: str
    seen: Thing
    digests: frozenset[str]
    """Of its bytes; one is "sha256:…"."""
    over: Entry | None
    """The version that it follows; None where upstream has nothing of this name."""

    @property
    def digest(self) -> str:
        """Its "sha256:…"."""
        return next(digest for digest in self.digests if digests.algorithm_of(digest) == _OURS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdraw:
    """Upstream's file goes, for the user deleted it."""

    path: str
    entry: Entry


@dataclass(frozen=True, slots=True, kw_only=True)
class Pushing:
    """All that a push will do, in this order."""

    folders: tuple[str, ...]
    """To be made upstream, each after the one that it is in."""
    sends: tuple[Send, ...]
    removals: tuple[Withdraw, ...]
    adopted: tuple[Match, ...]
    """Both sides have the same bytes already, as after a push that was killed."""
    waiting: tuple[Skipped, ...]
    skipped: tuple[Skipped, ...]
    unreadable: tuple[str, ...]
    unchanged: int

    @property
    def bytes_to_send(self) -> int:
        """The sum of the files' sizes."""
        return sum(send.seen.size for send in self.sends)


class Verb(Enum):
    LEAVE = auto()
    """Nothing that concerns a push: at most, upstream has something new."""
    SAME = auto()
    ADOPT = auto()
    ADD = auto()
    UPDATE = auto()
    REMOVE = auto()
    WAIT = auto()
    """Upstream has something that no pull brought here."""
    WAIT_TO_REMOVE = auto()
    SKIP = auto()
    """A symlink, a device, or a folder where a file was."""


def decide(was: Was, here: Here, there: There) -> Verb:  # noqa: PLR0911 - one row of the table each
    """What a push does with a path. Total: every combination has an answer, even those that can't be."""
    match was, here, there:
        case Was.FILE, Here.ABSENT, There.SAME:
            return Verb.REMOVE
        case Was.FILE, Here.ABSENT, There.CHANGED | There.FOLDER:
            return Verb.WAIT_TO_REMOVE
        case Was.FILE, Here.SAME, There.SAME:
            return Verb.SAME
        case _, Here.ABSENT | Here.SAME, _:
            return Verb.LEAVE
        case _, Here.EQUAL, _:
            return Verb.ADOPT
        case Was.FILE, Here.CHANGED, There.SAME:
            return Verb.UPDATE
        case Was.ABSENT | Was.FOLDER, Here.CHANGED, There.ABSENT:
            return Verb.ADD
        case _, Here.CHANGED, _:
            return Verb.WAIT
        case Was.ABSENT | Was.FOLDER, Here.FOLDER, _:
            return Verb.LEAVE
        case _:
            return Verb.SKIP


def ignored(path: str) -> bool:
    """Whether a file that no pull brought stays here: hidden ones, editors' copies, what Python compiled."""
    return any(part.startswith(".") or part.endswith("~") or part == "__pycache__" for part in path.split("/"))


@dataclass(frozen=True, slots=True)
class Reach:
    """The folders in which a scan for a push has to look, asked with `in`."""

    known: frozenset[str]

    @classmethod
    def of(cls, base: Base, upstream: Upstream) -> "Reach":
        return cls(reach(base, upstream))

    def __contains__(self, path: object) -> bool:
        return isinstance(path, str) and (path in self.known or not ignored(path))


def to_read(base: Base, local: Mapping[str, Thing], upstream: Upstream, wanted: Wanted) -> dict[str, frozenset[str]]:
    """The local files whose bytes must be read before it can be decided, and the digests wanted of each."""
    matches = wanted.matcher()
    found: dict[str, frozenset[str]] = {}
    for path, thing in local.items():
        record, entry = base.files.get(path), upstream.files.get(path)
        if thing.shape is not Shape.FILE or (record and untouched(thing, record, base)):
            continue
        if record is None and not (matches(path) and wanted.new and not ignored(path)):
            continue
        is_base_s = record is not None and entry is not None and record.is_of(entry)
        algorithms: set[str] = set()
        # Also what is not wanted: a file that was changed in the very moment of the last pull must not be believed.
        if (record and record.size == thing.size) or is_base_s or (record is None and entry is None):
            algorithms.add(_OURS)
        if entry and entry.digest and not is_base_s and entry.size in {None, thing.size}:
            algorithms |= {_OURS, digests.algorithm_of(entry.digest)} if digests.known(entry.digest) else set()
        if algorithms:
            found[path] = frozenset(algorithms)
    return found


def plan(
    base: Base,
    local: Mapping[str, Thing],
    upstream: Upstream,
    *,
    asked: Collection[str],
    read: Mapping[str, frozenset[str]],
    wanted: Wanted = ALL,
    renamed: Collection[str] = (),
) -> Pushing:
    """All that has to happen so that upstream has the user's changes.

    Args:
        base: what the last pull or push left.
        local: what is there, from a scan into `Reach`.
        upstream: the new snapshot.
        asked: the files that `to_read` named.
        read: their digests, as far as they could be read.
        wanted: what shall go up.
        renamed: paths whose name upstream is another one, which can't be said here.
    """
    planner = _Planner(base, local, upstream, asked, read, wanted, frozenset(renamed))
    return planner.plan()


@dataclass(slots=True)
class _Planner:
    base: Base
    local: Mapping[str, Thing]
    upstream: Upstream
    asked: Collection[str]
    read: Mapping[str, frozenset[str]]
    wanted: Wanted
    renamed: frozenset[str]
    sends: list[Send] = field(default_factory=list)
    removals: list[Withdraw] = field(default_factory=list)
    adopted: list[Match] = field(default_factory=list)
    waiting: list[Skipped] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)
    unchanged: int = 0

    def plan(self) -> Pushing:
        matches = self.wanted.matcher()
        for path in sorted(self.base.files.keys() | self.local.keys()):
            is_known = path in self.base.files
            if not matches(path) or not (is_known or (self.wanted.new and not ignored(path))):
                continue
            if path in self.asked and path not in self.read:
                self.unreadable.append(path)
                continue
            verb = decide(*case_of(path, self.base, self.local, self.upstream, self.read))
            if verb is Verb.ADD and not self.upstream.files.keys().isdisjoint(parents_of(path)):
                verb = Verb.WAIT
            self._act(path, verb)
        above = {parent for send in self.sends for parent in parents_of(send.path)}
        return Pushing(
            folders=tuple(sorted(above - self.upstream.folders)),
            sends=tuple(self.sends),
            removals=tuple(self.removals),
            adopted=tuple(self.adopted),
            waiting=tuple(self.waiting),
            skipped=tuple(self.skipped),
            unreadable=tuple(self.unreadable),
            unchanged=self.unchanged,
        )

    def _act(self, path: str, verb: Verb) -> None:
        if verb in {Verb.UPDATE, Verb.REMOVE} and not self.renamed.isdisjoint((path, *parents_of(path))):
            self._skip(
                path, RENAMED, "Its name at the source is another one than here, so it can't be changed from here."
            )
            return
        match verb:
            case Verb.SAME:
                self.unchanged += 1
            case Verb.ADOPT:
                self._adopt(path)
            case Verb.ADD | Verb.UPDATE:
                over = self.upstream.files.get(path)
                self.sends.append(Send(path=path, seen=self.local[path], digests=self.read[path], over=over))
            case Verb.REMOVE if self.wanted.delete:
                self.removals.append(Withdraw(path=path, entry=self.upstream.files[path]))
            case Verb.WAIT:
                self.waiting.append(self._waits(path))
            case Verb.WAIT_TO_REMOVE if self.wanted.delete:
                self.waiting.append(self._waits(path))
            case Verb.REMOVE | Verb.WAIT_TO_REMOVE:
                self._skip(path, DELETED_HERE, "You deleted it here; it stays at the source unless you say --delete.")
            case Verb.SKIP:
                self._skip(path, "not-a-file", "What stands here is no file: links and devices are not sent.")

    def _adopt(self, path: str) -> None:
        entry, thing, read = self.upstream.files[path], self.local[path], self.read[path]
        digest = next(one for one in read if digests.algorithm_of(one) == _OURS)
        record = Record.of(entry, size=thing.size, digest=digest, thing=thing)
        self.adopted.append(Match(path=path, record=record))
        self.unchanged += 1

    def _waits(self, path: str) -> Skipped:
        if path not in self.base.files:
            return Skipped(path=path, code=NameTaken.code, reason="The source has something else of this name.")
        if path in self.upstream.files:
            return Skipped(path=path, code=Changed.code, reason="The source has a newer version than you pulled.")
        return Skipped(path=path, code=Changed.code, reason="The source has it no more under this name.")

    def _skip(self, path: str, code: str, reason: str) -> None:
        self.skipped.append(Skipped(path=path, reason=reason, code=code))
