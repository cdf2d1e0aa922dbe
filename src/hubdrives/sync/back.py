"""The way back: a deed undone act by act, the last first; a file set back to upstream's bytes.

Nothing is destroyed on the way: what leaves its place goes to the store, so that this can be undone in turn.
"""

import os
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import msgspec

from hubdrives import paths
from hubdrives.errors import DiskFull, LocalFailure, NotKept
from hubdrives.sync.book import Book
from hubdrives.sync.deeds import Act, Deed, Made, Moved, Placed, Removed, Unmade
from hubdrives.sync.disk import Disk, telling
from hubdrives.sync.ledger import Done, Outcome
from hubdrives.sync.parts import Part
from hubdrives.sync.scan import read_digests
from hubdrives.sync.values import Record, Shape, Thing, parents_of

_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Back:
    """Sets things back, and enters it in `book`. All methods block.

    Args:
        book: of the undo or reset.
        stamp: YYYYMMDDHHMMSS, for what has to make room.
    """

    book: Book
    stamp: str

    def undo(self, deed: Deed, *, done: Iterable[Act] = ()) -> None:
        """Bring back the files as they were before `deed`. What can't be is entered as failed.

        Args:
            deed: what is taken back.
            done: what an undo of it did that was killed or failed.

        Raises:
            DiskFull: there is no room for it.
        """
        ledger = self.book.ledger
        undone = Counter(map(_effect, done))
        stays: set[str] = set()
        for act, record in reversed(_with_records(deed, ledger.files)):
            path = act.old if isinstance(act, Moved) else act.path
            if undone[_inverse(act)]:
                undone[_inverse(act)] -= 1
                continue
            try:
                with telling(path):
                    if self._undo(act, record) is Done.KEPT:
                        stays.add(path)
                    else:
                        self._enter(act, record)
            except DiskFull:
                raise
            except (LocalFailure, NotKept) as error:
                ledger.fail(path, error)
                stays.add(path)
        for path, record in deed.records.items():
            if path in stays:
                continue
            if record is None:
                ledger.files.pop(path, None)
            else:
                ledger.files[path] = record
        ledger.folders.clear()
        ledger.folders.update(deed.folders)
        ledger.is_changed = True

    def set(self, path: str, part: Part, record: Record) -> None:
        """Let the bytes in `part` take `path`, whatever stands there."""
        now = self._disk.look(path)
        self._make_room(path)
        thing = part.seal(
            mtime_ns=self.book.actor.mtime_ns, mode=now.mode if now is not None and _is_file(now) else None
        )
        if record.digest == part.digest:
            seen = {"mtime_ns": thing.mtime_ns, "inode": thing.inode}
            record = msgspec.structs.replace(record, **seen, is_disputed=False)
        self.book.actor.place(path, part, record, over_user_s=True)
        done = Done.UPDATED if _is_file(now) else Done.RESTORED
        self.book.ledger.add(Outcome(path=path, done=done, record=record))

    @property
    def _disk(self) -> Disk:
        return self.book.actor.disk

    def _enter(self, act: Act, record: Record | None) -> None:
        """`act` is undone: what is known of its path is `record` again."""
        files = self.book.ledger.files
        match act:
            case Placed() | Removed() if record is None:
                files.pop(act.path, None)
            case Placed() | Removed() if record is not None:
                files[act.path] = record
            case Moved(is_upstream_s=True) if act.new in files:
                files[act.old] = files.pop(act.new)

    def _undo(self, act: Act, record: Record | None) -> Done:
        actor, ledger = self.book.actor, self.book.ledger
        match act:
            case Placed(replaced=True) | Removed():
                return self._bring_back(act, record)
            case Placed():
                return self._take_away(act)
            case Moved():
                if self._disk.look(act.new) is None or self._disk.look(act.old) is not None:
                    return Done.NOTHING
                self._make_room(act.old)
                actor.move(act.new, act.old, is_upstream_s=act.is_upstream_s)
                ledger.report.moved.append((act.new, act.old))
            case Made():
                if _is_folder(self._disk.look(act.path)):
                    actor.remove_folder(act.path)
            case Unmade():
                self._make_folders([*parents_of(act.path), act.path])
        return Done.NOTHING

    def _bring_back(self, act: Placed | Removed, record: Record | None) -> Done:
        now = self._disk.look(act.path)
        with_part = Part(disk=self._disk, shown=act.path, name="back.part")
        try:
            mtime_ns, mode = self._write_earlier(act, record, with_part)
            if now is not None and _is_file(now) and self._digest(act.path, now) == with_part.digest:
                return Done.NOTHING
            is_user_s = self._is_user_s(act.path, now)
            self._make_room(act.path)
            with_part.seal(mtime_ns=mtime_ns, mode=now.mode if mode is None and _is_file(now) and now else mode)
            self.book.actor.place(act.path, with_part, record, over_user_s=is_user_s)
        finally:
            with_part.discard()
        done = Done.RESTORED if now is None else Done.UPDATED
        self.book.ledger.add(Outcome(path=act.path, done=done))
        return done

    def _write_earlier(self, act: Placed | Removed, record: Record | None, part: Part) -> tuple[int, int | None]:
        """Write to `part` what stood there before `act`; the time and mode that it had, as far as they are known."""
        if act.kept and self._disk.look(act.kept) is not None:
            thing = _copied(self._disk, act.kept, part)
            return thing.mtime_ns, thing.mode
        # On a file system without second names, upstream's files are not kept a second time.
        found = self.book.workspace.bases.get(record.digest) if record and not act.was_user_s else None
        if found is None:
            raise NotKept(f"The earlier version of '{act.path}' was not kept.")
        part.write(found)
        return self.book.actor.mtime_ns, None

    def _take_away(self, act: Placed) -> Done:
        now = self._disk.look(act.path)
        if now is None or not _is_file(now):
            return Done.NOTHING
        if self._digest(act.path, now) != act.digest:
            # There is no earlier version, and the user has worked on this one since.
            self.book.ledger.add(Outcome(path=act.path, done=Done.KEPT))
            return Done.KEPT
        self.book.actor.remove(act.path, is_user_s=False)
        self.book.ledger.add(Outcome(path=act.path, done=Done.REMOVED))
        return Done.REMOVED

    def _is_user_s(self, path: str, now: Thing | None) -> bool:
        record = self.book.ledger.files.get(path)
        if now is None or record is None:
            return now is not None
        return (now.size, now.mtime_ns, now.inode) != (record.size, record.mtime_ns, record.inode)

    def _digest(self, path: str, now: Thing) -> str | None:
        return next(iter(read_digests(self._disk, path, frozenset({"sha256"}), expected=now)), None)

    def _make_room(self, path: str) -> None:
        """Make the folders above `path`, and rename aside what is no file at it."""
        self._make_folders(parents_of(path))
        now = self._disk.look(path)
        if now is not None and not _is_file(now):
            self._move_aside(path)

    def _make_folders(self, folders: Iterable[str]) -> None:
        for folder in folders:
            now = self._disk.look(folder)
            if now is not None and not _is_folder(now):
                self._move_aside(folder)
                now = None
            if now is None:
                self.book.actor.make_folder(folder)

    def _move_aside(self, path: str) -> None:
        folder, _, _ = path.rpartition("/")
        taken = {f"{folder}/{name}" if folder else name for name, _ in self._disk.entries(folder)}
        new = paths.renamed_aside(path, self.stamp, taken)
        self.book.actor.move(path, new)
        self.book.ledger.report.renamed.append((path, new))


def _with_records(deed: Deed, files: Mapping[str, Record]) -> list[tuple[Act, Record | None]]:
    """Each act of `deed`, and what was known of its path before it; `files` is what is known now.

    A deed that went on where another was killed may have done several things to one path.
    """
    known: dict[str, Record | None] = {**files, **deed.records}
    found: list[tuple[Act, Record | None]] = []
    for act in deed.acts:
        found.append((act, None if isinstance(act, Moved) else known.get(act.path)))
        match act:
            case Placed():
                known[act.path] = act.record
            case Removed():
                known[act.path] = None
            case Moved(is_upstream_s=True):
                known[act.new] = known.pop(act.old, None)
    return found


def _effect(act: Act) -> tuple[type[Act], str, str]:
    """What was done to which path."""
    return (type(act), act.old, act.new) if isinstance(act, Moved) else (type(act), act.path, "")


def _inverse(act: Act) -> tuple[type[Act], str, str]:
    """The effect that takes back that of `act`."""
    match act:
        case Placed(replaced=True) | Removed():
            return Placed, act.path, ""
        case Placed():
            return Removed, act.path, ""
        case Moved():
            return Moved, act.new, act.old
        case Made():
            return Unmade, act.path, ""
        case Unmade():
            return Made, act.path, ""


def _copied(disk: Disk, kept: str, part: Part) -> Thing:
    """Write the bytes of a kept file to `part`; how it looks."""
    fd = disk.open_to_read(kept)
    try:
        while chunk := os.read(fd, _CHUNK):
            part.write(chunk)
        part.write(b"")
        return Thing.of(os.fstat(fd))
    finally:
        os.close(fd)


def _is_file(thing: Thing | None) -> bool:
    return thing is not None and thing.shape is Shape.FILE


def _is_folder(thing: Thing | None) -> bool:
    return thing is not None and thing.shape is Shape.FOLDER
