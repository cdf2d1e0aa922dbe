"""The contract that every provider keeps; `hubdrives.testing.contract` is its test.

What only some providers can do (write, versions, search, share) are protocols of their own, so that "can it?" is a
question of type.
"""

import abc
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Protocol, Self, runtime_checkable

from hubdrives.errors import HubdrivesError
from hubdrives.exchange import Failure
from hubdrives.http import Client
from hubdrives.model import Description, Entry, Location, Snapshot, Waiting
from hubdrives.wire import ConnectionDocument, FindingDocument, SignedLink, SpaceDocument, SpaceState


class Provider(abc.ABC):
    """A live account at one kind of storage, read-only. Made by `open`; `async with` it, or `close()` it."""

    name: ClassVar[str]
    """As in locations and in the configuration, for example "googledrive"."""
    title: ClassVar[str]
    """As a person calls it, for example "Google Drive"."""
    concurrency: ClassVar[int] = 8
    """Requests at the same time, at most, unless the configuration says otherwise."""

    @staticmethod
    @abc.abstractmethod
    def errors(failure: Failure) -> HubdrivesError:
        """The table from failed HTTP answers to our errors."""

    @staticmethod
    def headroom(headers: Mapping[str, str]) -> float | None:  # noqa: ARG004 - most providers do not tell
        """How much of the rate allowance an answer says is left: 1.0 is all, 0.0 is none, None is not told."""
        return None

    @classmethod
    @abc.abstractmethod
    def parse(cls, text: str, *, base_url: str | None = None) -> Location | None:
        """What a pasted `text` means, None if it is not this provider's. No I/O.

        Args:
            text: as a person pastes it.
            base_url: the connection's server, for providers that have many.

        Raises:
            UnsupportedLink: it is this provider's, but can't be an item (a search page, a published copy).
        """

    @classmethod
    @abc.abstractmethod
    def open(cls, client: Client, *, base_url: str | None = None, options: Mapping[str, Any] | None = None) -> Self:
        """A live provider that talks through `client`, which it closes at the end.

        Raises:
            BadConfig: `options` are not this provider's.
        """

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_exc: object) -> None:
        await self.close()

    @abc.abstractmethod
    async def close(self) -> None:
        """Close connections; the provider can't be used after."""

    @property
    @abc.abstractmethod
    def waiting(self) -> Waiting | None:
        """Whom this provider waits for at this moment, None if nobody."""

    @abc.abstractmethod
    async def stat(self, location: Location) -> Entry:
        """The entry that `location` names. Its `path` is its local name, never "".

        Raises:
            NotFound: nothing there; NotShared or Trashed where that can be told.
        """

    async def describe(self, location: Location) -> Description:
        """What a person is told before anything is pulled. Raises what `stat` raises."""
        entry = await self.stat(location)
        return Description(location=location, name=entry.name, kind=entry.kind, source=self.title)

    @abc.abstractmethod
    def list(self, folder: Location) -> AsyncIterator[Entry]:
        """The entries directly in `folder`, paths relative to it, in no particular order.

        Raises:
            NotFound: as `stat`.
            BadInput: it is a file.
        """

    @abc.abstractmethod
    async def snapshot(
        self, location: Location, *, known: Snapshot | None = None, boundary: Location | None = None
    ) -> Snapshot:
        """Everything under `location`, in the fewest requests that the API allows.

        Args:
            location: a folder, or a file (then the one entry is that file).
            known: an earlier snapshot, so that only what changed need be asked for; of no use if it is one of another
                location or boundary.
            boundary: a folder at or above `location`; links that lead out of it are skipped, not followed.

        Returns:
            A snapshot; its digest equals that of `known` when nothing changed.

        Raises:
            NotFound: as `stat`.
        """

    @abc.abstractmethod
    def read(self, entry: Entry, *, start: int = 0, stop: int | None = None) -> AsyncIterator[bytes]:
        """The bytes of a file from `start` up to `stop` (or the end), size and digest checked.

        Args:
            entry: from `stat`, `list` or `snapshot` of this provider.
            start: first byte.
            stop: one past the last byte.

        Raises:
            VersionGone: the file is not what `entry` says any more.
            Unreadable: its content may not be downloaded.
            Corrupt: the bytes are not those that were promised; what was yielded must be thrown away.
        """

    @abc.abstractmethod
    async def contains(self, root: Location, location: Location) -> bool:
        """Whether `location` is `root` or lies below it as the provider stores it; links don't count.

        Raises:
            NotFound: `location` is not there.
        """

    @abc.abstractmethod
    def explain_access(self) -> str | None:
        """One sentence on how to give this account access ("Share it with robot@…"), None if there is no such way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A part of one of many files. The pieces of a file come one after the other, not mixed with another's."""

    entry: Entry
    data: bytes = field(default=b"", repr=False)
    last: bool = False
    """The file is complete, or `error` says why it never will be."""
    error: HubdrivesError | None = None


@runtime_checkable
class ReadsMany(Protocol):
    """A provider that sends many small files in one go."""

    def read_many(self, entries: Sequence[Entry]) -> AsyncIterator[Piece]:
        """All of `entries`, in any order, each ended by a piece with `last`; resumed after a cut.

        Raises:
            HubdrivesError: nothing more can be read at all (one bad file is an `error` in its piece).
        """
        ...


@runtime_checkable
class ListsAhead(Protocol):
    """A provider that lists folder by folder, and tells of files while it is still at it."""

    async def snapshot_ahead(self, location: Location, tell: Callable[[Sequence[Entry]], None]) -> Snapshot:
        """As `Provider.snapshot`.

        Args:
            location: a folder or a file.
            tell: is given files below a folder as they are found, each once and as the snapshot is going to have it.

        Raises:
            NotFound: as `Provider.stat`.
        """
        ...


@runtime_checkable
class Gates(Protocol):
    """A provider that stands before other connections, and lets those who may hand out access to them by link."""

    async def connections(self) -> Sequence[ConnectionDocument]:
        """What this account may use there."""
        ...

    async def check(self) -> Sequence[FindingDocument]:
        """What is wrong with that, as it is seen from there."""
        ...

    async def sign_link(
        self,
        location: Location,
        *,
        group: str | None = None,
        until: str | None = None,
        open_path: str | None = None,
        target: str | None = None,
    ) -> SignedLink:
        """A link that lets others read `location`.

        Args:
            location: what to link to.
            group: only for this group; None is everybody.
            until: ISO 8601 date (through its end) or date and time, UTC unless it says otherwise; None is for ever.
            open_path: what to open afterwards, relative to the folder.
            target: what the working folder is called.

        Raises:
            NotGranted: this account may not make links for it.
            BadInput: a date, path or name can't be used.
        """
        ...


@runtime_checkable
class KeepsSpaces(Protocol):
    """A provider behind which each user of the hub has a folder: "space:/path" is one's own, "space@user:/path" not."""

    async def spaces(self) -> Sequence[SpaceDocument]:
        """Those in which this account may do something."""
        ...

    async def ensure_space(self, space: str, user: str, *, role: str = "") -> SpaceState:
        """The folder of `user`, made and shared with them unless it is already.

        Raises:
            NotGranted: this account does not manage `space`.
            NotFound: the hub has no such user.
            LoginNeeded: nobody knows yet who the user is: they must log in to the hub first.
            BadInput: the provider does not know them, or has no such role.
        """
        ...

    async def unshare_space(self, space: str, user: str) -> SpaceState:
        """Take the folder from `user`; it stays, with all that is in it. Raises as `ensure_space`."""
        ...

    async def remove_space(self, space: str, user: str) -> None:
        """Remove the folder of `user` with all that is in it. Raises as `ensure_space`; NotFound: there is none."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Here:
    """Where a file of this machine is at a provider."""

    address: str
    """Of a folder, as `Provider.parse` takes it."""
    path: str
    """Below that."""


@runtime_checkable
class HasFilesHere(Protocol):
    """A kind of provider that may reach this machine's own files, too."""

    @classmethod
    def files_here(cls, path: Path, *, options: Mapping[str, Any], environment: Mapping[str, str]) -> Here | None:
        """Where `path` is there; None if nothing says how this machine's files are reached.

        Args:
            path: absolute; it need not exist.
            options: the connection's.
            environment: of this process.

        Raises:
            BadInput: what is reached does not include `path`.
        """
        ...


def client_waiting(client: Client) -> Waiting | None:
    """What `Provider.waiting` answers where the client's own limit says it all."""
    seconds = client.limit.waiting
    return Waiting(on=client.title, seconds=seconds) if seconds > 0 else None
