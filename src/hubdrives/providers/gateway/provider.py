"""The hub's gateway as a provider."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Self

from hubdrives.errors import BadConfig, BadInput, HubdrivesError
from hubdrives.http import Client, Failure
from hubdrives.model import Description, Entry, Kind, Location, Snapshot, Waiting
from hubdrives.providers.base import Piece, Provider, client_waiting
from hubdrives.providers.gateway import api, urls
from hubdrives.providers.gateway.api import Api
from hubdrives.providers.gateway.manyfiles import ManyFiles
from hubdrives.wire import (
    MAX_FILES,
    ConnectionDocument,
    FindingDocument,
    LinkOrder,
    SignedLink,
    WantedFile,
    snapshot_tag,
)

_UNDER = "under"


class Gateway(Provider):
    """What the gateway lets this user read, whichever provider it comes from. See `Provider` for the promises."""

    name = urls.NAME
    title = api.TITLE

    def __init__(self, client: Client, *, base_url: str) -> None:
        self._client = client
        self._waiting: Waiting | None = None
        # What to ask for by the id of a location: a signed link stays here, it is not written into every entry.
        self._sources: dict[str, str] = {}
        self._api = Api(client, base_url=base_url, waits=self._waits)

    @staticmethod
    def errors(failure: Failure) -> HubdrivesError:
        return api.errors(failure)

    @classmethod
    def parse(cls, text: str, *, base_url: str | None = None) -> Location | None:
        return urls.parse(text, base_url=base_url)

    @classmethod
    def open(cls, client: Client, *, base_url: str | None = None, options: Mapping[str, Any] | None = None) -> Self:
        """As `Provider.open`; there are no options, and `base_url` must be given."""
        if not base_url:
            raise BadConfig("The connection to the hub's gateway needs its address as base_url.")
        if options:
            raise BadConfig(f"The connection to the hub's gateway has no option '{min(options)}'.")
        return cls(client, base_url=base_url)

    async def close(self) -> None:
        await self._client.close()

    @property
    def waiting(self) -> Waiting | None:
        """Whom the gateway waits for, or that we wait for the gateway."""
        return self._waiting or client_waiting(self._client)

    def explain_access(self) -> str | None:
        """None: whom to share with depends on the gateway's connection; `connections` tells it."""
        return None

    async def stat(self, location: Location) -> Entry:
        return (await self._api.describe(self._where(location))).entry.entry(_params(location))

    async def describe(self, location: Location) -> Description:
        """As `Provider.describe`; the location in the answer is the real one, at the provider that has it."""
        told = await self._api.describe(self._where(location))
        return Description(
            location=told.location.location(),
            name=told.name,
            kind=told.entry.kind,
            source=told.source,
            signed=told.signed,
            open_path=told.open_path,
        )

    async def list(self, folder: Location) -> AsyncIterator[Entry]:
        if (await self.stat(folder)).kind is Kind.FILE:
            raise BadInput("This is a file, not a folder.")
        for entry in (await self.snapshot(folder)).entries:
            if "/" not in entry.path:
                yield entry

    async def snapshot(
        self, location: Location, *, known: Snapshot | None = None, boundary: Location | None = None
    ) -> Snapshot:
        """As `Provider.snapshot`, with the real location. Without a `boundary`, the root of the user's grant is one.

        One request, and nothing to send back if nothing changed since `known`, whatever the address it was known by.
        """
        told = await self._api.snapshot(
            self._where(location),
            boundary=self._where(boundary) if boundary else None,
            known=snapshot_tag(known) if known else None,
        )
        params = _params(location)
        if told is not None:
            return told.snapshot(params)
        if known is None:
            raise AssertionError("unreachable: nothing was known")
        return replace(known, entries=tuple(replace(entry, params=params) for entry in known.entries))

    def read(self, entry: Entry, *, start: int = 0, stop: int | None = None) -> AsyncIterator[bytes]:
        return self._api.read(
            self._asked(entry.params),
            WantedFile(entry.path, entry.version, start),
            stop=stop,
            size=entry.size,
            digest=entry.digest,
        )

    async def read_many(self, entries: Sequence[Entry]) -> AsyncIterator[Piece]:
        """As `ReadsMany.read_many`, a thousand files to a stream."""
        sources: dict[tuple[tuple[str, str], ...], list[Entry]] = {}
        for entry in entries:
            sources.setdefault(entry.params, []).append(entry)
        for params, files in sources.items():
            for first in range(0, len(files), MAX_FILES):
                some = files[first : first + MAX_FILES]
                async for piece in ManyFiles(self._api, self._asked(params), some, self._waits).read():
                    yield piece

    async def contains(self, root: Location, location: Location) -> bool:
        return await self._api.contains(self._where(root), self._where(location))

    async def connections(self) -> Sequence[ConnectionDocument]:
        """What this user may use there, and do with it."""
        return await self._api.connections()

    async def check(self) -> Sequence[FindingDocument]:
        """What is wrong with that, as the gateway sees it."""
        return await self._api.check()

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
            location: what to link to; not itself a signed link.
            group: only for this group of the hub; None is all its users.
            until: ISO 8601 date (through its end) or date and time, UTC unless it says otherwise; None is for ever.
            open_path: what to open afterwards, relative to the folder.
            target: what the folder is called in the user's home.

        Raises:
            NotGranted: the user may not make links for it.
            BadInput: a date, path or name can't be used.
        """
        source = urls.source_of(location.params, location.id)
        return await self._api.sign(
            LinkOrder(source, under=location.path, group=group, until=until, open=open_path, target=target)
        )

    def _waits(self, waiting: Waiting | None) -> None:
        self._waiting = waiting

    def _where(self, location: Location) -> dict[str, str]:
        source = urls.source_of(location.params, location.id)
        self._sources[location.id] = source
        return {urls.SOURCE: source, _UNDER: location.path}

    def _asked(self, params: tuple[tuple[str, str], ...]) -> dict[str, str]:
        known = dict(params)
        source = known.get(urls.SOURCE, "")
        return {urls.SOURCE: self._sources.get(source, source), _UNDER: known.get(_UNDER, "")}


def _params(location: Location) -> tuple[tuple[str, str], ...]:
    """What an entry needs to be read again by whoever knows its location."""
    return ((urls.SOURCE, location.id), (_UNDER, location.path))
