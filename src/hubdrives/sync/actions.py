"""What a plan is made of: one frozen value for each thing that can be done."""

from dataclasses import dataclass
from enum import StrEnum

from hubdrives.model import Entry, Skipped
from hubdrives.sync.values import Record, Thing


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """The local file has upstream's bytes: only what is known of it is new."""

    path: str
    record: Record


@dataclass(frozen=True, slots=True, kw_only=True)
class Keep:
    """The user's version stays. Not `tracked`: upstream has it no more, it is the user's alone from now on."""

    path: str
    tracked: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Forget:
    """Nothing that a pull brought is there any more."""

    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Remove:
    """Upstream removed the file, and `seen` is still as pulled."""

    path: str
    seen: Thing


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveFolder:
    """A pull made the folder, upstream removed it, and it will be empty."""

    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveAside:
    """`seen` is the user's and stands where an upstream folder belongs."""

    path: str
    to: str
    seen: Thing


@dataclass(frozen=True, slots=True, kw_only=True)
class Follow:
    """Upstream renamed the file: what stands at `path`, edited or not, takes the new name."""

    path: str
    to: str
    seen: Thing


@dataclass(frozen=True, slots=True, kw_only=True)
class MakeFolder:
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """The file is open in an editor, and upstream has something else: it is left as it is until the next pull."""

    path: str


class Why(StrEnum):
    """How the report tells of a file that was fetched; the values are its fields."""

    ADDED = "added"
    UPDATED = "updated"
    RESTORED = "restored"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetch:
    """Upstream's bytes are to stand at `path`."""

    path: str
    entry: Entry
    why: Why
    seen: Thing | None = None
    """What stands there now."""
    record: Record | None = None
    """What is known of `seen`, if it is a file as pulled."""
    aside: str | None = None
    """Where `seen` goes, if it is the user's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """Both changed the file: they are merged, or the policy decides."""

    path: str
    entry: Entry
    seen: Thing
    record: Record
    """What both had before."""
    beside: str
    """A free path for upstream's version, if the policy wants that too."""


Step = Match | Keep | Forget | Remove | RemoveFolder | MoveAside | Follow | MakeFolder | Hold
Download = Fetch | Conflict


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """All that a pull will do, in this order."""

    before: tuple[Step, ...]
    """What needs no download and makes room for those that follow."""
    downloads: tuple[Download, ...]
    """Independent of each other."""
    after: tuple[Step, ...]
    """Removals: they come last, so that a pull that fails half-way took nothing away."""
    unchanged: int
    """Files that are as upstream has them and about which nothing new is known."""
    skipped: tuple[Skipped, ...]
    """What upstream has, but may not or can't be written here."""

    @property
    def bytes_needed(self) -> int:
        """The sum of the sizes that are known beforehand."""
        return sum(download.entry.size or 0 for download in self.downloads)
