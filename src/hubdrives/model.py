"""The values that every layer speaks in. All are frozen; parsing and I/O are elsewhere."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Final, Self


class Kind(StrEnum):
    """What an entry is."""

    FILE = "file"
    FOLDER = "folder"


class Policy(StrEnum):
    """Whose side is taken where both changed the same lines, or a file that can't be merged."""

    MINE = "mine"
    """The user's stays; upstream's is kept in the store."""
    THEIRS = "theirs"
    """Upstream's takes the place; the user's is kept in the store."""
    BOTH = "both"
    """The user's stays, and upstream's stands beside it: as a labelled cell in a notebook, else as a file."""


class SyncLevel(StrEnum):
    """Which files that are at the destination already are copied once more."""

    EXISTS = "exists"
    """None."""
    SIZE = "size"
    """Those of another size."""
    MTIME = "mtime"
    """Those that are older than the source's."""
    CHECKSUM = "checksum"
    """Those with other bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Location:
    """What a pasted URL means: where content lives. Made by a provider's `parse`, without network.

    Two locations are equal when they name the same thing, however the URL was written.
    """

    provider: str
    """The provider's name, for example "googledrive"."""
    host: str = ""
    """The server, for providers that have many; "" where there is one."""
    id: str = ""
    """The provider's identifier of the item, "" where items are named by path alone."""
    path: str = ""
    """A path below the item, "/"-separated; "" is the item itself."""
    url: str = field(default="", compare=False)
    """An address that a person can open; it holds no secret."""
    params: tuple[tuple[str, str], ...] = field(default=(), compare=False, repr=False)
    """What else the provider needs to reach it, for example a resource key. Secret: never shown."""

    def below(self, path: str) -> Self:
        """The location of `path` below this one."""
        joined = "/".join(part for part in (self.path, path) if part)
        return type(self)(
            provider=self.provider, host=self.host, id=self.id, path=joined, url=self.url, params=self.params
        )

    def public(self) -> Self:
        """This location without what must stay secret: fit to be written down."""
        return replace(self, params=())

    def __str__(self) -> str:
        return f"{self.url or self.provider}{' : ' + self.path if self.path else ''}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One file or folder at a provider."""

    path: str
    """Relative to the location it was listed from, "/"-separated, safe to use on a file system; "" is that itself."""
    kind: Kind
    id: str = ""
    """The provider's identifier."""
    size: int | None = None
    """In bytes; None for folders and where it is known only after reading (exported documents)."""
    version: str = ""
    """Opaque; equal versions of one entry mean equal bytes. "" for folders."""
    digest: str | None = None
    """`algorithm:hex` of the bytes, where the provider tells one."""
    modified: datetime | None = None
    """When the content last changed, with time zone."""
    params: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    """What else the provider needs to read it, for example an export type. May be secret: never shown."""

    @property
    def name(self) -> str:
        return self.path.rpartition("/")[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """What a location is, told before anything is pulled."""

    location: Location
    name: str
    kind: Kind
    source: str
    """Where it lives, as a person calls it ("Google Drive")."""
    signed: bool = False
    """An author's signed link led here, so it may be pulled without asking again."""
    open_path: str | None = None
    """What the link's author wants opened afterwards, relative to the working folder."""


RENAMED: Final = "renamed"
"""The code of what is there under a safe name."""

TOO_LARGE: Final = "too-large"
"""The code of what stays remote because of its size."""

NOT_YET: Final = frozenset({"locked", "hidden", "unpublished", "not-yet", "pending"})
"""The codes of what its owner does not show at the moment: nobody's failure, and a later pull may bring it."""

STATE_DAMAGED: Final = "state-damaged"
"""The code of what was known of earlier pulls and can't be used."""

WHOLE: Final = "."
"""The path of what says that all files of a snapshot can be listed, and none of them read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Skipped:
    """Something that was left out, or brought under another name, and why."""

    path: str
    reason: str
    """One sentence for a person."""
    code: str = "skipped"
    """Stable: an error's code, RENAMED, TOO_LARGE, or the provider's own word for why it may not be had now."""
    read: str = ""
    """The line of Python that opens it where it is, for what stays remote."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """The immutable list of entries under a location at one moment. Made by `Snapshot.of`."""

    location: Location
    name: str
    """What the location is called at the provider."""
    entries: tuple[Entry, ...]
    """Sorted by path; no two have the same path. A location that is a file has one entry, named as the file."""
    kind: Kind = Kind.FOLDER
    """What the location is."""
    skipped: tuple[Skipped, ...] = ()
    digest: str = ""
    """Equal digests mean equal trees: paths, kinds and versions."""
    cursor: bytes | None = field(default=None, compare=False, repr=False)
    """The provider's own note for finding out cheaply what changed since."""

    @classmethod
    def of(
        cls,
        location: Location,
        name: str,
        entries: Iterable[Entry],
        *,
        kind: Kind = Kind.FOLDER,
        skipped: Iterable[Skipped] = (),
        cursor: bytes | None = None,
    ) -> Self:
        """A snapshot with its entries sorted and its digest computed."""
        ordered = tuple(sorted(entries, key=lambda entry: entry.path))
        left_out = tuple(sorted(skipped, key=lambda item: (item.path, item.code)))
        # A folder with one file in it is no file.
        mark = hashlib.sha256(b"" if kind is Kind.FOLDER else f"{kind}\n".encode())
        for entry in ordered:
            mark.update(f"{entry.path}\0{entry.kind}\0{entry.version}\0{entry.size}\n".encode("utf-8", "surrogatepass"))
        for item in left_out:
            mark.update(f"{item.path}\0{item.code}\n".encode("utf-8", "surrogatepass"))
        return cls(
            location=location,
            name=name,
            entries=ordered,
            kind=kind,
            skipped=left_out,
            digest=mark.hexdigest(),
            cursor=cursor,
        )

    @property
    def files(self) -> tuple[Entry, ...]:
        return tuple(entry for entry in self.entries if entry.kind is Kind.FILE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """Whom work is waiting for, and how long it will still be at most."""

    on: str
    """The provider's title, for example "Google Drive"."""
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a pull, a push or a copy is; or the folders of many users, which then count as files."""

    phase: str
    """"listing", "checking", "downloading", "uploading", "ensuring" or "done"."""
    files_done: int = 0
    files_total: int = 0
    bytes_done: int = 0
    bytes_total: int = 0
    """The sum of the known sizes."""
    waiting: Waiting | None = None


@dataclass(slots=True, kw_only=True)
class Report:
    """What a pull did, by path: `added` and `updated` are upstream's doing, `kept` and `conflicts` the user's files."""

    added: list[str] = field(default_factory=list)
    updated: list[str] = field(default_factory=list)
    merged: list[str] = field(default_factory=list)
    """Both changed it: both sides' changes are in it now."""
    kept: list[str] = field(default_factory=list)
    """The user changed it, upstream did not, or deleted it: the user's stays."""
    conflicts: list[str] = field(default_factory=list)
    """Both changed the same place: the policy decided, and the other side's version is in the store."""
    removed: list[str] = field(default_factory=list)
    restored: list[str] = field(default_factory=list)
    """The user had deleted it: upstream's came back."""
    renamed: list[tuple[str, str]] = field(default_factory=list)
    """The user's own file stood where upstream's had to go: (its name, the name it has now)."""
    moved: list[tuple[str, str]] = field(default_factory=list)
    """Upstream renamed it, so it was renamed here: (its name before, its name now)."""
    held: list[str] = field(default_factory=list)
    """Open in an editor, so nothing was changed; the next pull brings what waits."""
    notes: dict[str, list[str]] = field(default_factory=dict)
    """What else a person wants to know of a path: which cells or lines were in conflict."""
    skipped: list[Skipped] = field(default_factory=list)
    failed: list[Skipped] = field(default_factory=list)
    """Wanted, but could not be brought. A pull with any of these exits with 3."""
    unchanged: int = 0
    """How many files were already as upstream has them."""

    @property
    def all_left_out(self) -> bool:
        """Whether there is only what can't be brought: nothing came, was here already, or may come another time."""
        came = (self.added, self.updated, self.merged, self.kept, self.conflicts, self.removed)
        rest = (self.restored, self.renamed, self.moved, self.held, self.failed)
        if self.unchanged or any((*came, *rest)):
            return False
        other = {*NOT_YET, RENAMED, TOO_LARGE, STATE_DAMAGED}
        return bool(self.skipped) and all(item.code not in other for item in self.skipped)
