"""What a pull is about to do, written down before it does it; so one that is killed can be continued.

An intent is believed only if the disk shows its result. So the order in which a crash lets things reach the disk never
matters, and a damaged line costs no more than looking at that file anew.
"""

import os
import threading
from dataclasses import dataclass, field

import msgspec

from hubdrives.sync.deeds import LINE, Act, Begun, Deed, Made, Moved, Placed, Removed, Unmade, What
from hubdrives.sync.disk import Disk
from hubdrives.sync.layout import JOURNAL
from hubdrives.sync.scan import read_digests
from hubdrives.sync.store import read_deed
from hubdrives.sync.values import Base, Record, Shape, Thing

_SYNC_EVERY = 64
_SYNC_SIZE = 1 << 20


class Journal:
    """The journal of one pull. Threads may use it at the same time."""

    def __init__(self, disk: Disk) -> None:
        self._disk = disk
        self._fd: int | None = None
        self._begun: Begun | None = None
        self._unsynced = 0
        self._lock = threading.Lock()

    def begin(self, deed: Begun) -> None:
        """What is intended from now on is of `deed`. Writes nothing yet."""
        self._begun = deed

    def intend(self, act: Act) -> None:
        """Write `act` down.

        After the process is killed it is there in any case. Against a power cut, what concerns a large file or the
        user's own is made durable at once, small ones' every now and then: what may be lost is told by equal bytes at
        the next pull instead.
        """
        is_precious = isinstance(act, Moved) or (
            isinstance(act, Placed | Removed) and (act.was_user_s or getattr(act, "size", 0) >= _SYNC_SIZE)
        )
        with self._lock:
            self._name()
            fd = self._write(act)
            self._unsynced += 1
            if is_precious or self._unsynced >= _SYNC_EVERY:
                self._disk.calls.fsync(fd)
                self._unsynced = 0

    def name(self) -> None:
        """Write down which deed it is, though it may have acts only from one that was killed before it."""
        with self._lock:
            self._name()

    def _name(self) -> None:
        if self._begun is not None:
            self._write(self._begun)
            self._begun = None

    def _write(self, line: Act | Begun) -> int:
        if self._fd is None:
            self._fd = self._disk.open_to_append(JOURNAL)
        # The empty line before it sets it apart from one that a full disk cut short.
        self._disk.write(self._fd, b"\n" + msgspec.json.encode(line) + b"\n")
        return self._fd

    def close(self) -> None:
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None

    def remove(self) -> None:
        """Forget it all: the state knows it now."""
        self.close()
        self._disk.remove_if_there(JOURNAL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovered:
    """What a pull that was killed had done."""

    base: Base
    acts: tuple[Act, ...] = ()
    """As far as the disk confirms them, and `told` does not have them."""
    what: What = What.PULL
    told: Deed | None = None
    """It came so far that all it did was written down there; perhaps not in the state."""
    digests: dict[str, frozenset[str]] = field(default_factory=dict)
    """Of the files that were read to make sure."""
    found: bool = False
    """Whether there was a journal at all."""


def recover(disk: Disk, base: Base) -> Recovered:
    """`base`, and what the journal says and the disk confirms. Reads the files in question. Blocks."""
    content = disk.read(JOURNAL)
    if content is None:
        return Recovered(base=base)
    return _Recovery(disk, dict(base.files), set(base.folders), base.trusted_before_ns).recovered(_lines(content))


@dataclass(slots=True)
class _Recovery:
    disk: Disk
    files: dict[str, Record]
    folders: set[str]
    trusted_before_ns: int
    read: dict[str, frozenset[str]] = field(default_factory=dict)

    def recovered(self, lines: list[Act | Begun]) -> Recovered:
        begun = [(number, line) for number, line in enumerate(lines) if isinstance(line, Begun)]
        told, end = None, 0
        for place, (_, line) in enumerate(begun, start=1):
            if (deed := read_deed(self.disk, line.id)) is not None:
                # It has the acts of those before it, too, which were killed.
                told, end = deed, begun[place][0] if place < len(begun) else len(lines)
        acts = self._enter(lines)
        return Recovered(
            base=Base(files=self.files, folders=frozenset(self.folders), trusted_before_ns=self.trusted_before_ns),
            acts=tuple(act for number, act in acts if number >= end),
            what=begun[-1][1].what if begun else What.PULL,
            told=told,
            digests=self.read,
            found=True,
        )

    def _enter(self, lines: list[Act | Begun]) -> list[tuple[int, Act]]:
        """The acts that were done, each with the number of its line."""
        acts = [(number, line) for number, line in enumerate(lines) if not isinstance(line, Begun)]
        moves = [(number, act) for number, act in acts if isinstance(act, Moved)]
        # What was written down of these is a sign that nothing stood there any more.
        taken = {
            act.new if isinstance(act, Moved) else act.path: number
            for number, act in acts
            if isinstance(act, Made | Moved) or (isinstance(act, Placed) and not act.replaced)
        }
        done = []
        for number, act in acts:
            later = [move for at, move in moves if at > number]
            was_left = isinstance(act, Moved) and taken.get(act.old, -1) > number
            if self._is_done(act, later, was_left=was_left):
                done.append((number, act))
        return done

    def _is_done(self, act: Act, later: list[Moved], *, was_left: bool) -> bool:
        """Whether the disk shows that `act` was done, before `later`; if so, it is entered in the base."""
        path = act.new if isinstance(act, Moved) else act.path
        where = self._where(path, later)
        thing = self.disk.look(where)
        match act:
            case Placed() if thing and thing.shape is Shape.FILE:
                return self._is_placed(act, where, thing)
            case Removed() if thing is None or self._is_another(thing, act):
                self.files.pop(path, None)
                return True
            case Unmade() if thing is None or thing.shape is not Shape.FOLDER:
                self.folders.discard(path)
                return True
            case Made() if thing and thing.shape is Shape.FOLDER:
                self.folders.add(path)
                self.files.pop(path, None)
                return True
            case Moved() if thing and (was_left or not act.is_upstream_s or self.disk.look(act.old) is None):
                if act.is_upstream_s and act.old in self.files:
                    self.files[act.new] = self.files.pop(act.old)
                return True
        return False

    def _where(self, path: str, later: list[Moved]) -> str:
        """Where what was at `path` is, after `later`."""
        for move in later:
            if f"{path}/".startswith(f"{move.old}/") and self.disk.look(path) is None:
                path = move.new + path.removeprefix(move.old)
        return path

    def _is_another(self, thing: Thing, act: Removed) -> bool:
        """Whether something took the place of the file that was to be removed: then it was."""
        kept = self.disk.look(act.kept) if act.kept else None
        if kept is None or thing.inode == kept.inode:
            return False
        if thing.shape is not Shape.FILE or thing.size != kept.size:
            return True
        # Where a file system has no second names, what is kept is a copy.
        sha = frozenset({"sha256"})
        digests = read_digests(self.disk, act.path, sha, expected=thing)
        return digests != read_digests(self.disk, act.kept, sha, expected=kept)

    def _is_placed(self, act: Placed, where: str, thing: Thing) -> bool:
        if where not in self.read and thing.size == act.size:
            self.read[where] = read_digests(self.disk, where, frozenset({"sha256"}), expected=thing)
        is_whole = thing.size == act.size and act.digest in self.read[where]
        # Editors write into the file: then the user's work began with these bytes.
        if not (is_whole or (act.inode and act.inode == thing.inode)):
            return False
        path = act.path
        if act.record is None:
            self.files.pop(path, None)
        else:
            is_as_pulled = is_whole and act.record.digest == act.digest
            seen = (thing.mtime_ns, thing.inode) if is_as_pulled else (0, 0)
            self.files[path] = msgspec.structs.replace(act.record, mtime_ns=seen[0], inode=seen[1])
            self.folders.discard(path)
        return True


def _lines(content: bytes) -> list[Act | Begun]:
    lines: list[Act | Begun] = []
    for line in content.splitlines():
        try:
            lines.append(LINE.decode(line))
        except msgspec.MsgspecError:
            continue
    return lines
