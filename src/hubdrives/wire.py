"""What the gateway and its client say to each other in JSON documents. Many files travel as `hubdrives.frames`.

A version, a share, a task, its events and a volume travel with the names that `hubdrives.providers.abilities` gives
them. Whatever changes something carries a key (the header of IDEMPOTENCY): asked again with the same key, it is not
done again, and while the answer is 202, `GET outcome?key=…` waits for it.
"""

import hashlib
from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec

from hubdrives import paths
from hubdrives.errors import BadPath, UnexpectedAnswer
from hubdrives.model import Entry, Kind, Location, Skipped, Snapshot, SyncLevel, Waiting

API = "api/v1"
"""Below the gateway's address."""

LINK_PREFIX = "link:"
"""A source that begins so is a signed link's token."""

MAX_FILES = 1000
"""How many files one request may ask for."""

MAX_FOUND = 1000
"""How many entries, or volumes, one search may bring."""

MAX_TASKS = 1000
"""How many transfers, or events of one, one answer may bring."""

IDEMPOTENCY = "Idempotency-Key"
"""The header with a random name for a change, so that it can be asked for again without being done again."""

CONTENT_DIGEST = "Content-Digest"
"""The header with the SHA-256 of what is sent (RFC 9530)."""


class LocationDocument(msgspec.Struct, frozen=True, omit_defaults=True):
    """A location without what must stay secret."""

    provider: str
    host: str = ""
    id: str = ""
    path: str = ""
    url: str = ""

    @classmethod
    def of(cls, location: Location) -> "LocationDocument":
        return cls(location.provider, location.host, location.id, location.path, location.url)

    def location(self) -> Location:
        return Location(provider=self.provider, host=self.host, id=self.id, path=self.path, url=self.url)


class EntryDocument(msgspec.Struct, frozen=True, omit_defaults=True):
    """An entry without its identifier and whatever else the provider needs to reach it."""

    path: str
    kind: Kind
    size: int | None = None
    version: str = ""
    digest: str | None = None
    modified: datetime | None = None

    @classmethod
    def of(cls, entry: Entry) -> "EntryDocument":
        return cls(entry.path, entry.kind, entry.size, entry.version, entry.digest, entry.modified)

    def entry(self, params: tuple[tuple[str, str], ...]) -> Entry:
        """The entry, with `params` for reading it.

        Raises:
            UnexpectedAnswer: its path is none that is safe to use.
        """
        try:
            safe = paths.relative(self.path)
        except BadPath:
            safe = ""
        if not safe or safe != self.path:
            raise UnexpectedAnswer("The gateway named a file in a way that is not safe to use.")
        return Entry(
            path=safe,
            kind=self.kind,
            size=self.size,
            version=self.version,
            digest=self.digest,
            modified=self.modified,
            params=params,
        )


class ConnectionDocument(msgspec.Struct, frozen=True):
    """A connection of the gateway that this user may use."""

    name: str
    provider: str
    title: str
    can: tuple[str, ...]
    """What the user may do somewhere on it: "read", "link", "write", "share", "token", "transfer"; in a space also
    "manage"."""
    roots: tuple[dict[str, Any], ...]
    """Where: `url`, `path` and `can`."""
    access: str | None = None
    """For those who may make links: whom to share content with."""
    personal: bool = False
    """Whether each user reads it with a login of their own, so that a link to it gives nobody a right."""
    able: tuple[str, ...] = ()
    """What its provider can do beside reading: "write", "versions", "search", "share", "token", "transfer",
    "volumes"."""
    roles: tuple[str, ...] = ()
    """What people can be given who share a folder there, in the provider's words; the first is to read."""


class FindingDocument(msgspec.Struct, frozen=True, omit_defaults=True):
    """One thing that the gateway has looked at for this user; see `hubdrives.doctor`."""

    check: str
    level: Literal["ok", "warning", "wrong"]
    sentence: str
    advice: str = ""
    code: str = "ok"


class SkippedDocument(msgspec.Struct, frozen=True):
    """What a snapshot leaves out."""

    path: str
    reason: str
    code: str


class SnapshotDocument(msgspec.Struct, frozen=True, omit_defaults=True):
    """A snapshot as it travels."""

    location: LocationDocument
    name: str
    digest: str
    entries: tuple[EntryDocument, ...] = ()
    skipped: tuple[SkippedDocument, ...] = ()
    kind: Kind = Kind.FOLDER

    @classmethod
    def of(cls, snapshot: Snapshot) -> "SnapshotDocument":
        return cls(
            LocationDocument.of(snapshot.location),
            snapshot.name,
            snapshot.digest,
            tuple(EntryDocument.of(entry) for entry in snapshot.entries),
            tuple(SkippedDocument(item.path, item.reason, item.code) for item in snapshot.skipped),
            snapshot.kind,
        )

    def snapshot(self, params: tuple[tuple[str, str], ...]) -> Snapshot:
        """The snapshot, each entry with `params`. Raises UnexpectedAnswer as `EntryDocument.entry` does."""
        return Snapshot(
            location=self.location.location(),
            name=self.name,
            entries=tuple(entry.entry(params) for entry in self.entries),
            kind=self.kind,
            skipped=tuple(Skipped(path=item.path, reason=item.reason, code=item.code) for item in self.skipped),
            digest=self.digest,
        )


def snapshot_tag(snapshot: Snapshot) -> str:
    """What changes when the snapshot does, or when it is one of another location: its ETag."""
    where = snapshot.location
    told = (where.provider, where.host, where.id, where.path, snapshot.digest)
    return hashlib.sha256(msgspec.json.encode(told)).hexdigest()


class DescriptionDocument(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a location is, and the entry that it names."""

    location: LocationDocument
    name: str
    source: str
    entry: EntryDocument
    signed: bool = False
    open_path: str | None = None


class WaitingDocument(msgspec.Struct, frozen=True):
    """Whom the gateway waits for; `seconds` at most."""

    on: str
    seconds: float

    @classmethod
    def of(cls, waiting: Waiting | None) -> "WaitingDocument | None":
        return cls(waiting.on, waiting.seconds) if waiting else None

    def waiting(self) -> Waiting:
        return Waiting(on=self.on, seconds=self.seconds)


class Wait(msgspec.Struct, frozen=True):
    """The answer 202: not ready, ask again."""

    waiting: WaitingDocument | None = None


class WantedFile(msgspec.Struct, frozen=True, omit_defaults=True):
    """One of the files that are asked for in one go."""

    path: str
    version: str
    start: int = 0
    """The first byte that is wanted: where an earlier stream was cut."""


class WantedFiles(msgspec.Struct, frozen=True, omit_defaults=True):
    """The body of `POST files`."""

    source: str
    files: tuple[WantedFile, ...]
    under: str = ""


class LinkOrder(msgspec.Struct, frozen=True, omit_defaults=True):
    """The body of `POST links`."""

    source: str
    under: str = ""
    group: str | None = None
    """Only for this group of the hub."""
    until: str | None = None
    """ISO 8601 date (valid through it) or date and time; UTC unless it says otherwise."""
    open: str | None = None
    """What to open afterwards, relative to the folder."""
    target: str | None = None
    """What the folder is called in the user's home."""


class SignedLink(msgspec.Struct, frozen=True):
    """The answer to `POST links`."""

    id: str
    token: str


class FolderOrder(msgspec.Struct, frozen=True, omit_defaults=True):
    """The body of `POST folders`: a folder directly in a source."""

    source: str
    name: str
    under: str = ""


class MoveOrder(msgspec.Struct, frozen=True, omit_defaults=True):
    """The body of `POST move`: another folder, another name, or both."""

    source: str
    under: str = ""
    to: str | None = None
    """The folder where it goes, as a source."""
    to_under: str = ""
    name: str | None = None


class RestoreOrder(msgspec.Struct, frozen=True, omit_defaults=True):
    """The body of `POST restore`."""

    source: str
    version: str
    """As `GET versions` calls it."""
    under: str = ""


class TokenOrder(msgspec.Struct, frozen=True, omit_defaults=True):
    """The body of `POST token`."""

    source: str
    under: str = ""


class TokenDocument(msgspec.Struct, frozen=True):
    """The answer to `POST token`: a token of the provider's own."""

    token: str
    ends_at: datetime

    def __repr__(self) -> str:
        return f"TokenDocument(ends_at={self.ends_at!r})"


class ShareOrder(msgspec.Struct, frozen=True, omit_defaults=True):
    """The body of `POST shares`."""

    source: str
    who: str
    under: str = ""
    group: bool = False
    role: str = ""
    """One of the connection's `roles`; "" is the first, which is to read."""


class ShareChange(msgspec.Struct, frozen=True, omit_defaults=True):
    """The body of `PATCH shares`."""

    source: str
    id: str
    role: str
    under: str = ""


class TransferOrder(msgspec.Struct, frozen=True, omit_defaults=True):
    """The body of `POST transfers`."""

    source: str
    to: str
    submission: str
    """As `GET submission` told it."""
    under: str = ""
    to_under: str = ""
    recursive: bool = False
    sync_level: SyncLevel | None = None
    verify_checksum: bool = True
    deadline: Annotated[datetime, msgspec.Meta(tz=True)] | None = None
    label: str = ""


class SpaceDocument(msgspec.Struct, frozen=True):
    """A space of the gateway in which this caller may do something."""

    name: str
    title: str
    """The provider's."""
    folder: str
    can: tuple[str, ...]
    """"read", "write": in their own; "manage": in everybody's."""
    roles: tuple[str, ...]
    """What people may be given there, the first to read; for those who manage it."""
    mounted: str = ""
    """Where users find it in their home, if their storage is mounted there."""


class SpaceOrder(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Somebody's folder in a space: to be made and shared, or to be shared in another role ("" is the space's own)."""

    space: str
    user: str
    """The name in the hub."""
    role: str = ""


class SpaceState(msgspec.Struct, frozen=True):
    """What became of somebody's folder in a space."""

    space: str
    user: str
    created: bool
    """It was not there before."""
    shared: bool
    """It was not shared with them, or in another role, before."""
    role: str
    """What they may do with it at the provider; "" if it is not shared with them."""
    source: str
    """What to ask the gateway for: "results@alice:/"."""
    others: tuple[str, ...] = ()
    """If it was there and is shared with them anew: the other people who have it."""
