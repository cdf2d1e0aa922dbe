"""What only some providers can do beside reading, each ability a protocol of its own: "can it?" is a question of type.

    if isinstance(provider, Writable): ...

`hubdrives.testing.contract_abilities` is their test; one more is in `hubdrives.providers.volumes`. A `Location` says
where, as in the contract for reading: what `Provider.parse` made, or `below` it by a path.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import ClassVar, Final, Protocol, runtime_checkable

from hubdrives.content import Content
from hubdrives.model import Entry, Kind, Location, SyncLevel

NEW: Final = ""
"""As `if_version`: only if there is nothing of this name yet."""


@runtime_checkable
class Writable(Protocol):
    """A provider that content can be put into."""

    async def make_folder(self, parent: Location, name: str) -> Entry:
        """The folder `name` directly in `parent`: a new one, or the one that is there already.

        However many make it at the same time, there is one in the end.

        Raises:
            NameTaken: a file has this name.
            BadInput: the provider takes no such name.
            NotFound, Forbidden: there is no such `parent`, or nothing may be put there.
        """
        ...

    async def write(
        self,
        parent: Location,
        name: str,
        content: Content,
        *,
        if_version: str | None = None,
        modified: datetime | None = None,
    ) -> Entry:
        """Put a file `name` directly into `parent`: a new one, or a new version of the one that is there.

        Two who write one name at the same time both end up in the history, where the provider keeps one; a write is
        whole or not there.

        Args:
            parent: a folder.
            name: of the file.
            content: its bytes; read again from where it must be, if a request has to be repeated.
            if_version: only if this is the version that is there now; NEW is "only if nothing is there"; None is
                "whatever is there".
            modified: when the content last changed, for providers that note it.

        Raises:
            Changed: another version is there, or `if_version` is NEW and something is.
            NameTaken: a folder has this name.
            BadInput: the provider takes no such name, or no file of this size.
            QuotaExceeded: there is no space left.
            Corrupt: the bytes that arrived are not those that were sent; nothing was written.
            NotFound, Forbidden: as `make_folder`.
        """
        ...

    async def remove(self, location: Location, *, if_version: str | None = None) -> None:
        """Remove a file, or a folder with all that is in it; into the provider's bin where it has one.

        Raises:
            Changed: the file is not in the version `if_version` any more.
            NotFound, Forbidden: nothing there, or it may not be removed.
        """
        ...

    async def move(self, location: Location, *, parent: Location | None = None, name: str | None = None) -> Entry:
        """Give a file or folder another folder, another name, or both; it stays the same item, with its history.

        Raises:
            NameTaken: something has this name there.
            BadInput: neither is given, or a folder would go into itself.
            NotFound, Forbidden: as `remove`.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """One version of a file."""

    id: str
    """What `Versioned.restore` and `read_version` take."""
    size: int | None
    """In bytes."""
    modified: datetime | None
    """When it was put there, with time zone."""
    author: str = ""
    """Who put it there, as the provider shows people."""
    digest: str | None = None
    """`algorithm:hex` of its bytes."""
    current: bool = False


@runtime_checkable
class Versioned(Protocol):
    """A provider that keeps earlier versions of files."""

    async def versions(self, location: Location) -> Sequence[Version]:
        """All versions of a file, the newest first; the first is the current one. Raises what `stat` raises."""
        ...

    def read_version(
        self, location: Location, version: str, *, start: int = 0, stop: int | None = None
    ) -> AsyncIterator[bytes]:
        """The bytes of a version, size and digest checked. Raises NotFound: there is no such version."""
        ...

    async def restore(self, location: Location, version: str) -> Entry:
        """Make an earlier version the current one; the one that was stays in the history.

        Raises:
            NotFound: there is no such version.
            Forbidden: the file may not be written.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """What is searched for. Everything that is given must hold."""

    text: str = ""
    """Words of the name (or of the content, where the provider looks there)."""
    kind: Kind | None = None
    extensions: tuple[str, ...] = ()
    """Without the dot, any case; any of them."""

    @property
    def empty(self) -> bool:
        return not (self.text or self.kind or self.extensions)


@runtime_checkable
class Searchable(Protocol):
    """A provider that can be searched."""

    def search(self, query: Query, *, under: Location, limit: int = 1000) -> AsyncIterator[Entry]:
        """What matches, at any depth below the folder `under`, paths relative to it; the best first.

        What was put there in the last minutes may not be found yet, where the provider says so.

        Raises:
            BadInput: the query is empty, or the provider can't search so.
            NotFound, Forbidden: as `stat`.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """One person's or group's access to a folder."""

    id: str
    """What `unshare` and `change_share` take."""
    who: str
    """A person's or group's name, as people know it: mostly an e-mail address."""
    role: str
    """One of the provider's own roles."""
    group: bool = False
    accepted: bool = True
    """False while the invitation is open."""
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitee:
    """With whom something is shared."""

    who: str
    """An e-mail address, a login, or the provider's identifier."""
    group: bool = field(default=False)


@runtime_checkable
class Shareable(Protocol):
    """A provider whose folders can be shared with people."""

    roles: ClassVar[Sequence[str]]
    """The provider's own words for what people may do; the first is to read."""

    async def share(self, location: Location, with_: Invitee, role: str) -> Share:
        """Give somebody access to a folder. Who has it already gets this role.

        Raises:
            BadInput: there is no such role, or the provider does not know whom that is.
            NotFound, Forbidden: as `stat`, or it may not be shared.
        """
        ...

    async def shares(self, location: Location) -> Sequence[Share]:
        """Who has access to a folder by having been given it there."""
        ...

    async def change_share(self, location: Location, share: str, role: str) -> Share:
        """Give a share another role. Raises NotFound: there is none."""
        ...

    async def unshare(self, location: Location, share: str) -> None:
        """Take access away again. Raises NotFound: there is none."""
        ...


@runtime_checkable
class TellsShares(Protocol):
    """A provider that tells of many folders at once with whom they are shared."""

    async def shares_below(self, folder: Location) -> Mapping[str, Sequence[Share]]:
        """Who has access to folders below `folder`, by the folders' paths from there; people, not groups.

        Whom and what it leaves out may be shared nevertheless: `shares` tells all of one folder.

        Raises:
            NotFound, Forbidden: as `stat`.
            UnexpectedAnswer: this server can't tell.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class NarrowToken:
    """A token of the provider's own that opens one place only, for reading."""

    value: str = field(repr=False)
    ends_at: datetime
    """With time zone; it can't be renewed."""


@runtime_checkable
class Narrows(Protocol):
    """A provider that can make tokens which open less than the account does."""

    async def narrowed(self, location: Location) -> NarrowToken:
        """A token for whoever has to use the provider's own tools: for a folder and all below it, or a file.

        It lists and downloads, and nothing else; the provider itself sees to it.

        Raises:
            BadInput: no such token can be made for this place, or by this account's credential.
            UnexpectedAnswer: the provider made one that opens more; it is not handed out.
            NotFound, Forbidden: as `stat`.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """What the provider is to copy, from one place of its own to another: its bytes don't come by here."""

    source: Location
    """A file or folder."""
    destination: Location
    """What it will be called there. A file also takes a folder that is there: it keeps its name then. The content of a
    folder goes into the folder that is named."""
    submission: str
    """From `Transferable.new_submission`: however often it is sent, there is one task in the end."""
    recursive: bool = False
    """A folder, with all that is in it."""
    sync_level: SyncLevel | None = None
    """None copies all, whatever is there."""
    verify_checksum: bool = True
    """Read both sides again and compare; what does not fit is copied once more."""
    deadline: datetime | None = None
    """When the provider gives up, with time zone; None is its own."""
    label: str = ""
    """For people, in lists of tasks."""


class TaskState(StrEnum):
    """How a task stands."""

    ACTIVE = "active"
    """At work, queued, or tried again and again."""
    INACTIVE = "inactive"
    """It waits for a new login of its owner."""
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    """Or cancelled, or out of time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A transfer that was asked for, as it stands at one moment."""

    id: str
    state: TaskState
    label: str = ""
    source: str = ""
    """The collection, as people know it."""
    destination: str = ""
    files_done: int = 0
    """Copied, or there already."""
    files_total: int = 0
    """Found so far."""
    bytes_done: int = 0
    speed: int = 0
    """Bytes per second, over all of its time."""
    faults: int = 0
    """How often something went wrong, and was tried again."""
    is_ok: bool = True
    """False if it would end by itself only at its deadline."""
    note: str = ""
    """What it waits for, or why it failed: one sentence, "" if there is nothing to tell."""
    begun: datetime | None = None
    ended: datetime | None = None
    deadline: datetime | None = None

    @property
    def is_over(self) -> bool:
        return self.state in {TaskState.SUCCEEDED, TaskState.FAILED}


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskEvent:
    """Something that happened to a task."""

    code: str
    """The provider's own word."""
    sentence: str
    """The same for a person."""
    details: str = ""
    """What else the provider says, in its own words."""
    is_error: bool = False
    time: datetime | None = None


@runtime_checkable
class Transferable(Protocol):
    """A provider that copies between its own places by itself, whether anybody watches or not."""

    async def new_submission(self, source: Location) -> str:
        """What makes a transfer from `source` one of its own, however often it is sent; to be noted before it is.

        Raises:
            NotGranted: nothing may be transferred from there.
        """
        ...

    async def submit(self, order: Transfer) -> str:
        """Ask for a transfer; the id of its task. What goes wrong from now on, the task tells.

        Raises:
            BadInput: a folder without `recursive`, a file into itself, or what the provider does not take.
            NotFound, Forbidden: as `stat` for the source.
        """
        ...

    async def task(self, id_: str) -> Task:
        """How a task stands. Raises NotFound: there is none, or none of this account's."""
        ...

    async def tasks(self, *, limit: int = 100) -> Sequence[Task]:
        """This account's transfers, the newest first."""
        ...

    async def events(self, id_: str, *, limit: int = 100) -> Sequence[TaskEvent]:
        """What happened to a task, the newest first. Raises NotFound as `task`."""
        ...

    async def cancel(self, id_: str) -> Task:
        """End a task; what it has copied stays. How it stands then: it may end a little later, or have ended before.

        Raises:
            NotFound: as `task`.
        """
        ...
