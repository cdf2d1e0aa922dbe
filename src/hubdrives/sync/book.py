"""One deed from its first act to its last line: who acts, what is entered, and what is written down at the end."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

import msgspec

from hubdrives.model import Location, Report
from hubdrives.sync.actor import Actor
from hubdrives.sync.deeds import Begun, Deed, What
from hubdrives.sync.disk import telling
from hubdrives.sync.layout import STORE
from hubdrives.sync.ledger import Ledger
from hubdrives.sync.store import Shelf
from hubdrives.sync.values import Base
from hubdrives.sync.workspace import Memory, Workspace

_TOLD_LATE: Final = ("renamed", "moved", "conflicts")
"""What a person has to know of a pull that was killed or failed."""

_TOLD_AGAIN: Final = (*_TOLD_LATE, "added", "updated", "merged", "removed", "restored")
"""Of one whose report was written already."""


@dataclass(slots=True)
class Book:
    """Opened when everything is decided; then either `close` or `leave` it. All methods block.

    Args:
        workspace: where.
        memory: what was known when the deed began. What a pull did that was killed or failed is continued.
        base: the same base, as far as it is believed.
        now: with time zone.
        what: what is done.
    """

    workspace: Workspace
    memory: Memory
    base: Base = field(kw_only=True)
    now: datetime = field(kw_only=True)
    what: What = field(default=What.PULL, kw_only=True)
    actor: Actor = field(init=False)
    ledger: Ledger = field(init=False)

    def __post_init__(self) -> None:
        disk = self.workspace.disk
        shelf = Shelf.new(disk, now=self.now)
        self.workspace.journal.begin(Begun(id=shelf.id, what=self.what))
        self.actor = Actor(disk, self.workspace.journal, shelf, now=self.now)
        self.ledger = Ledger(
            files=dict(self.base.files), folders=set(self.base.folders), is_changed=self.memory.is_unfinished
        )
        if (before := self.memory.unfinished) is not None:
            report = self.ledger.report
            for name in _TOLD_AGAIN if before.id else _TOLD_LATE:
                getattr(report, name).extend(getattr(before.report, name))
            report.notes.update(before.report.notes)
            self.ledger.upstream.update(before.upstream)

    def close(self, source: Location, *, subfolder: str) -> Report:
        """Write all of it down: it is done, and will be told.

        Raises:
            LocalFailure, DiskFull: it can't be written; what was done is in the journal.
            Busy: another pull took this folder over.
        """
        self.actor.flush()
        report = self.ledger.close()
        if not (self.ledger.is_changed or self.actor.acts or self.ledger.upstream):
            return report
        deed = self._deed(report)
        if deed.acts or deed.upstream:
            with telling(STORE):
                self.workspace.journal.name()
                self.actor.shelf.write(deed)
                if (before := self.memory.unfinished) is not None and before.id:
                    # This deed has all that is in that one.
                    Shelf(self.workspace.disk, before.id).forget()
        self.workspace.commit(source, self.ledger.base, subfolder=subfolder)
        self.workspace.tidy(self.ledger.base, now=self.now)
        return report

    def leave(self, source: Location, *, subfolder: str) -> None:
        """It failed half-way: write down what was done, for the next one to go on from. Raises what `close` does."""
        self.actor.flush()
        deed = msgspec.structs.replace(self._deed(self.ledger.report), id="")
        self.workspace.commit(source, self.ledger.base, subfolder=subfolder, unfinished=deed)

    def _deed(self, report: Report) -> Deed:
        before, written = self.memory.unfinished, self.memory.written
        return Deed(
            id=self.actor.shelf.id,
            what=self.what,
            when=self.now,
            report=report,
            acts=(*(before.acts if before else ()), *self.actor.acts),
            records={**self.ledger.changed_since(written.files), **(before.records if before else {})},
            folders=before.folders if before else tuple(sorted(written.folders)),
            upstream=dict(self.ledger.upstream),
        )


def settled(workspace: Workspace, *, now: datetime) -> Memory:
    """What is known; what was killed or failed half-way is, as far as it came, entered as done. Blocks.

    Raises:
        LocalFailure, DiskFull: it can't be written down.
    """
    memory = workspace.remember()
    if memory.source is None or memory.unfinished is None:
        return memory
    half = Book(workspace, memory, base=memory.base, now=now, what=memory.unfinished.what)
    half.close(memory.source, subfolder=memory.subfolder)
    return workspace.remember()
