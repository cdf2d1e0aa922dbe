"""What is where, found out once for everybody who asks at the same time, and cheaply when nothing changed."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from hubdrives.connections import Connections
from hubdrives.errors import VersionGone
from hubdrives.gateway.access import Place
from hubdrives.gateway.shared import Shared
from hubdrives.model import Entry, Kind, Location, Snapshot
from hubdrives.paths import safe_name

_REMEMBERED_SECONDS = 900.0
"""For how long files are handed out by a listing that a newer one has replaced: a pull that began before goes on."""

_MOST_ENTRIES = 400_000

_Key = tuple[str, str, Location, Location | None]


@dataclass(frozen=True, slots=True)
class Listing:
    """A snapshot, and those before it that pulls may still be working from."""

    snapshot: Snapshot
    at: float
    earlier: tuple["Listing", ...] = ()
    _by_path: dict[str, Entry] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._by_path.update((entry.path, entry) for entry in self.snapshot.files)

    def file(self, path: str, version: str) -> Entry:
        """The file at `path` in that version.

        Raises:
            VersionGone: no listing that is remembered has it.
        """
        for listing in (self, *self.earlier):
            entry = listing._by_path.get(path)  # noqa: SLF001 - of its own kind
            if entry is not None and entry.version == version:
                return entry
        raise VersionGone(f"'{path}' is not there any more in the version that was asked for.")

    @property
    def weight(self) -> int:
        return sum(1 + len(listing.snapshot.entries) for listing in (self, *self.earlier))


class Listings:
    """Snapshots and entries of places, each asked of its provider once in `fresh` seconds.

    Args:
        connections: where the providers are.
        fresh: seconds.
        clock: seconds.
    """

    def __init__(self, connections: Connections, *, fresh: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._connections = connections
        self._clock = clock
        self._listings: Shared[_Key, Listing] = Shared(
            fresh=fresh, keep=_MOST_ENTRIES, weigh=lambda listing: listing.weight, clock=clock
        )
        self._entries: Shared[_Key, Entry] = Shared(fresh=fresh, clock=clock)

    async def close(self) -> None:
        """End what is under way."""
        await self._listings.close()
        await self._entries.close()

    async def listing(self, place: Place, *, patience: float | None = None) -> Listing:
        """Everything under `place`.

        Raises:
            NotYet: not ready within `patience` seconds; the work goes on.
            HubdrivesError: what the provider raises.
        """

        async def work(known: Listing | None) -> Listing:
            provider = await self._connections.provider(place.connection, user=place.user)
            snapshot = await provider.snapshot(
                place.location, known=known.snapshot if known else None, boundary=place.boundary
            )
            return self._after(known, snapshot)

        return await self._listings.get(_key(place), work, patience=patience)

    async def entry(self, place: Place, *, patience: float | None = None) -> Entry:
        """What `place` itself is; a folder that was listed is believed to be one until it is listed again.

        Raises NotYet as `listing` does, and what the provider's `stat` raises.
        """
        before, listed = self._entries.held(_key(place)), self._listings.held(_key(place))
        if before is not None and before.kind is Kind.FOLDER and listed is not None:
            return replace(before, path=safe_name(listed.snapshot.name))

        async def work(_known: Entry | None) -> Entry:
            return await (await self._connections.provider(place.connection, user=place.user)).stat(place.location)

        return await self._entries.get(_key(place), work, patience=patience)

    def forget(self, connection: str, user: str) -> None:
        """Something was changed there: whoever asks next is told what is there now.

        All places of the connection, because which of them the change lies in only the provider could tell; each is
        looked at again when somebody asks for it, and then only at what changed.
        """
        self._listings.forget(lambda key, _listing: key[:2] == (connection, user))
        self._entries.forget(lambda key, _entry: key[:2] == (connection, user), wholly=True)

    def _after(self, known: Listing | None, snapshot: Snapshot) -> Listing:
        now = self._clock()
        if known is None:
            return Listing(snapshot, now)
        earlier = known.earlier
        if known.snapshot.digest != snapshot.digest:
            earlier = (Listing(known.snapshot, now), *earlier)
        return Listing(snapshot, now, tuple(one for one in earlier if now - one.at < _REMEMBERED_SECONDS))


def _key(place: Place) -> _Key:
    return place.connection, place.user, place.location, place.boundary
