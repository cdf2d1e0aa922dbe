"""Carries out a plan, after looking again: what is not as the plan saw it, the user changed just now, and it stays."""

import hashlib
import logging
import threading
from typing import Final

import msgspec

from hubdrives import paths
from hubdrives.model import Policy
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
    Remove,
    RemoveFolder,
    Step,
    Why,
)
from hubdrives.sync.actor import Actor
from hubdrives.sync.bases import Bases
from hubdrives.sync.disk import telling
from hubdrives.sync.ledger import Done, Outcome
from hubdrives.sync.merge import Clash, Merged, merge, mergeable
from hubdrives.sync.parts import Part
from hubdrives.sync.plan import Settlement, settle
from hubdrives.sync.scan import read_digests
from hubdrives.sync.values import Record, Shape, Thing, parent_of

_log = logging.getLogger(__name__)

_DONE: Final = {Why.ADDED: Done.ADDED, Why.UPDATED: Done.UPDATED, Why.RESTORED: Done.RESTORED}
_MANY: Final = 20
"""Places in conflict that are told one by one."""


class Applier:
    """Carries out one pull's plan. `place` may run in several threads at once; all methods block."""

    def __init__(self, actor: Actor, bases: Bases, *, policy: Policy) -> None:
        self._actor = actor
        self._disk = actor.disk
        self._bases = bases
        self._policy = policy
        # Three versions of a notebook are in memory while it is merged: not of several at once.
        self._merging = threading.Lock()

    def run(self, step: Step) -> Outcome:  # noqa: PLR0911, C901 - one case for each kind of step
        """Do one thing that needs no download.

        Raises:
            LocalFailure, DiskFull: it could not be done.
        """
        path = step.path
        with telling(path):
            match step:
                case Match(record=record):
                    self._remember_local(path, record)
                    return Outcome(path=path, done=Done.MATCHED, record=record)
                case Keep(tracked=tracked):
                    return Outcome(path=path, done=Done.KEPT if tracked else Done.RELEASED)
                case Forget():
                    return Outcome(path=path, done=Done.FORGOTTEN)
                case Hold():
                    return Outcome(path=path, done=Done.HELD)
                case Remove(seen=seen):
                    return self._remove(path, seen)
                case RemoveFolder():
                    is_gone = self._actor.remove_folder(path)
                    # Something came into it, or could not be removed: the next pull looks again.
                    return Outcome(path=path, done=Done.FORGOTTEN if is_gone else Done.NOTHING)
                case MoveAside(to=to):
                    if self._disk.look(path) is None:
                        return Outcome(path=path, done=Done.NOTHING)
                    self._actor.move(path, to)
                    return Outcome(path=path, done=Done.MOVED_ASIDE, moved_to=to)
                case Follow(to=to, seen=seen):
                    if not seen.is_still(self._disk.look(path)):
                        return Outcome(path=path, done=Done.NOTHING)
                    self._actor.move(path, to, is_upstream_s=True)
                    return Outcome(path=path, done=Done.FOLLOWED, moved_to=to)
                case MakeFolder():
                    made = self._actor.make_folder(path)
                    return Outcome(path=path, done=Done.MADE_FOLDER if made else Done.NOTHING)

    def place(self, download: Download, part: Part) -> Outcome:
        """Decide and do what becomes of the bytes in `part`, all of which arrived. The part is used up.

        Raises:
            LocalFailure, DiskFull: they could not be placed; what stood there still does.
        """
        try:
            with telling(download.path):
                now, here = self._look(download, part)
                match settle(download, now=now, here=here, arrived=part.digest):
                    case Settlement.PLACE:
                        return self._take_place(download, part)
                    case Settlement.MATCH:
                        self._remember(download.path, part)
                        return Outcome(path=download.path, done=Done.MATCHED, record=_record(download, part, now))
                    case Settlement.KEEP:
                        return Outcome(path=download.path, done=Done.KEPT, record=_record(download, part))
                    case Settlement.RETRY:
                        return self._dispute(download, part, record=None)
                    case Settlement.MERGE:
                        # `settle` says so of conflicts only.
                        return self._merge(download, part) if isinstance(download, Conflict) else _nothing(download)
        finally:
            part.discard()

    def _look(self, download: Download, part: Part) -> tuple[Thing | None, str | None]:
        """What stands there at this moment, and its digest if it may have the bytes that arrived."""
        now = self._disk.look(download.path)
        if now is None or now.shape is not Shape.FILE:
            return now, None
        if isinstance(download, Fetch) and download.record is not None and now == download.seen:
            return now, download.record.digest
        if now.size != part.size:
            return now, None
        read = read_digests(self._disk, download.path, frozenset({"sha256"}), expected=now)
        return self._disk.look(download.path), next(iter(read), None)

    def _take_place(self, download: Download, part: Part) -> Outcome:
        """Upstream's bytes take the path. What stands there is upstream's older version, or is moved aside."""
        path = download.path
        self._remember(path, part)
        thing = self._seal(part, download.seen)
        # The user deleted a file in conflict this moment: then upstream's comes back, as always.
        why, aside = (download.why, download.aside) if isinstance(download, Fetch) else (Why.RESTORED, None)
        if aside is not None and self._disk.look(path) is None:
            aside = None
        if aside is not None:
            self._actor.move(path, aside)
        try:
            self._actor.place(path, part, _record(download, part, thing), over_user_s=False)
        except OSError:
            if aside is not None:
                self._actor.move_back(path, aside)
            raise
        return Outcome(path=path, done=_DONE[why], record=_record(download, part, thing), moved_to=aside)

    def _merge(self, conflict: Conflict, part: Part) -> Outcome:
        path = conflict.path
        self._remember(path, part)
        if not (mergeable(path, part.size) and mergeable(path, conflict.seen.size)):
            return self._decide(conflict, part)
        with self._merging:
            base, mine, theirs = self._bases.get(conflict.record.digest), self._disk.read(path), part.content()
            if mine is None or self._disk.look(path) != conflict.seen:
                return self._dispute(conflict, part, record=None)
            merged = None if base is None else self._merged(path, base, mine, theirs)
        if merged is None:
            return self._decide(conflict, part)
        notes = _told(merged.clashes)
        record = _record(conflict, part, is_disputed=bool(notes) and self._policy is not Policy.THEIRS)
        upstream: str | None = None
        more: tuple[str, ...] = ()
        if notes and merged.data != theirs:
            # Before anything is replaced: a pull that is killed in between decides on both again.
            upstream, more = self._keep_upstream_s(conflict, part, is_beside=not path.endswith(".ipynb"))
        if merged.data != mine:
            replaced = self._replace(conflict, part, record, data=None if merged.data == theirs else merged.data)
            if replaced is None:
                return Outcome(path=path, done=Done.CONFLICT, upstream=upstream, notes=more)
            record = replaced
        if not notes:
            return Outcome(path=path, done=Done.KEPT if merged.data == mine else Done.MERGED, record=record)
        return Outcome(path=path, done=Done.CONFLICT, record=record, notes=(*notes, *more), upstream=upstream)

    def _merged(self, path: str, base: bytes, mine: bytes, theirs: bytes) -> Merged | None:
        try:
            return merge(path, base=base, mine=mine, theirs=theirs, policy=self._policy)
        except Exception as error:  # noqa: BLE001 - a fault of ours in one file must not cost the user all the others
            _log.error("A file could not be merged: %s", type(error).__name__)
            return None

    def _decide(self, conflict: Conflict, part: Part) -> Outcome:
        """It can't be merged: one of the two takes the path, as the policy says."""
        if self._policy is Policy.THEIRS:
            record = self._replace(conflict, part, _record(conflict, part), data=None)
            if record is not None:
                return Outcome(path=conflict.path, done=Done.CONFLICT, record=record)
            return self._dispute(conflict, part, record=None)
        return self._dispute(conflict, part, record=_record(conflict, part, is_disputed=True))

    def _dispute(self, download: Download, part: Part, *, record: Record | None) -> Outcome:
        """The user's stays. Without a record the next pull decides anew, with what the user just did in view."""
        upstream, notes = self._keep_upstream_s(download, part, is_beside=record is not None)
        return Outcome(path=download.path, done=Done.CONFLICT, record=record, upstream=upstream, notes=notes)

    def _keep_upstream_s(
        self, download: Download, part: Part, *, is_beside: bool
    ) -> tuple[str | None, tuple[str, ...]]:
        """Keep upstream's version: beside the user's if the policy wants that, else in the store. Where, and a note."""
        if not part.is_there:
            return None, ()
        self._seal(part, download.seen)
        if self._policy is Policy.BOTH and is_beside and isinstance(download, Conflict):
            beside = self._standing_beside(download.path, part)
            if beside is None:
                beside = download.beside
                self._actor.place(beside, part, None, over_user_s=True)
            return beside, (f"The source's version is beside it: {beside}",)
        return self._actor.shelf.take(part.path, download.path), ()

    def _standing_beside(self, path: str, part: Part) -> str | None:
        """Where the bytes in `part` stand beside `path` already: a pull that was killed came as far as that."""
        folder = parent_of(path)
        head, mark, tail = paths.renamed_aside(path, "upstream_").rpartition("upstream_")
        for name, thing in self._disk.entries(folder):
            there = f"{folder}/{name}" if folder else name
            is_like = there.startswith(head + mark) and there.endswith(tail) and thing.size == part.size
            if is_like and part.digest in read_digests(self._disk, there, frozenset({"sha256"}), expected=thing):
                return there
        return None

    def _replace(self, conflict: Conflict, part: Part, record: Record, *, data: bytes | None) -> Record | None:
        """Let `data`, or else the bytes in `part`, take the place of the user's, which are kept.

        Returns:
            The record of it; None if the user wrote there just now, so that nothing was done.
        """
        new = part
        if data is not None:
            new = Part(disk=self._disk, shown=conflict.path, name=f"{part.name}.merged")
        try:
            if data is not None:
                new.write(data)
            thing = self._seal(new, conflict.seen)
            if self._disk.look(conflict.path) != conflict.seen:
                return None
            if data is None:
                record = msgspec.structs.replace(record, mtime_ns=thing.mtime_ns, inode=thing.inode, is_disputed=False)
            self._actor.place(conflict.path, new, record, over_user_s=True)
        finally:
            if new is not part:
                new.discard()
        return record

    def _seal(self, part: Part, seen: Thing | None) -> Thing:
        mode = seen.mode if seen is not None and seen.shape is Shape.FILE else None
        return part.seal(mtime_ns=self._actor.mtime_ns, mode=mode)

    def _remember(self, path: str, part: Part) -> None:
        """Keep upstream's bytes for the next merge, if there can be one."""
        if mergeable(path, part.size):
            self._bases.keep(part.digest, part.content(), through=f"{part.name}.base")

    def _remember_local(self, path: str, record: Record) -> None:
        """The same, of a local file that has upstream's bytes."""
        if not mergeable(path, record.size) or self._bases.has(record.digest):
            return
        content = self._disk.read(path)
        # The user may be writing there at this moment.
        if content is not None and record.digest == f"sha256:{hashlib.sha256(content).hexdigest()}":
            self._bases.keep(record.digest, content, through="match.base")

    def _remove(self, path: str, seen: Thing) -> Outcome:
        now = self._disk.look(path)
        if now is not None and now != seen:
            return Outcome(path=path, done=Done.KEPT)
        if now is not None:
            self._actor.remove(path, is_user_s=False)
        return Outcome(path=path, done=Done.REMOVED)


def _record(download: Download, part: Part, thing: Thing | None = None, *, is_disputed: bool = False) -> Record:
    return Record.of(download.entry, size=part.size, digest=part.digest, thing=thing, is_disputed=is_disputed)


def _nothing(download: Download) -> Outcome:
    return Outcome(path=download.path, done=Done.NOTHING)


def _told(clashes: tuple[Clash, ...]) -> tuple[str, ...]:
    told = [f"Both sides changed {clash.where}." for clash in clashes[:_MANY]]
    if len(clashes) > _MANY:
        told.append(f"And {len(clashes) - _MANY} more places.")
    return tuple(told)
