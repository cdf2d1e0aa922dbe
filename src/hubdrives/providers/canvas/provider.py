"""Canvas LMS as a provider: locations in, entries, snapshots and bytes out."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Self

from hubdrives.errors import BadConfig, BadCredential, BadInput, Forbidden, HubdrivesError, NotFound, Unreadable
from hubdrives.exchange import Failure
from hubdrives.http import Client
from hubdrives.model import Entry, Kind, Location, Snapshot, Waiting
from hubdrives.paths import safe_name
from hubdrives.providers.base import Provider, client_waiting
from hubdrives.providers.canvas import api, reading, urls, vanished
from hubdrives.providers.canvas.api import Api
from hubdrives.providers.canvas.item import File, Folder
from hubdrives.providers.canvas.lineage import Lineage
from hubdrives.providers.canvas.locks import refusal
from hubdrives.providers.canvas.resolve import Place, Resolver
from hubdrives.providers.canvas.tree import Tree, entry_of, lay_out
from hubdrives.sync.tasks import group


class Canvas(Provider):
    """An account at Canvas, read-only. See `Provider` for what its methods promise.

    Args:
        client: carries the token and the patience.
        origin: scheme and host of the Canvas.
        clock: seconds since 1970; it decides which dated locks are open.
    """

    name = urls.NAME
    title = api.TITLE
    concurrency = 4

    def __init__(self, client: Client, *, origin: str, clock: Callable[[], float] = time.time) -> None:
        self._client = client
        self._api = Api(client, origin=origin)
        self._clock = clock
        self._lineage = Lineage(self._api, clock=clock)
        self._resolver = Resolver(self._api, self._lineage)

    @staticmethod
    def errors(failure: Failure) -> HubdrivesError:
        return api.errors(failure)

    @staticmethod
    def headroom(headers: Mapping[str, str]) -> float | None:
        return api.headroom(headers)

    @classmethod
    def parse(cls, text: str, *, base_url: str | None = None) -> Location | None:
        return urls.parse(text, base_url=base_url)

    @classmethod
    def open(cls, client: Client, *, base_url: str | None = None, options: Mapping[str, Any] | None = None) -> Self:
        """As `Provider.open`; there are no options, but `base_url` is needed: it is the host that gets the token."""
        if options:
            raise BadConfig(f"A Canvas connection has no options, so '{min(options)}' means nothing.")
        origin = urls.origin(base_url or "")
        if origin is None:
            raise BadConfig(
                "A Canvas connection needs base_url, the address of the school's Canvas and nothing more.",
                hint='Write base_url = "https://canvas.example.edu", with the host that your Canvas has.',
            )
        return cls(client, origin=origin)

    async def close(self) -> None:
        await self._client.close()

    @property
    def waiting(self) -> Waiting | None:
        return client_waiting(self._client)

    def explain_access(self) -> str | None:
        """None: who is enrolled in a course, its teachers and the school decide."""
        return None

    async def stat(self, location: Location) -> Entry:
        """As `Provider.stat`; raises Unreadable for what may not be shown now."""
        place = await self._resolver.find(location, listed=False)
        self._check_open(place)
        if place.item is None:
            name = await self._lineage.name(place.context)
            return Entry(path=safe_name(name), kind=Kind.FOLDER, id=place.context)
        return entry_of(place.item, place.name or safe_name(place.item.label))

    async def list(self, folder: Location) -> AsyncIterator[Entry]:
        place = await self._resolver.find(folder, listed=True)
        self._check_open(place)
        entries, _skipped = lay_out(*_tree(place), now=self._now(), deep=False)
        for entry in entries:
            yield entry

    async def snapshot(
        self,
        location: Location,
        *,
        known: Snapshot | None = None,
        boundary: Location | None = None,  # noqa: ARG002 - nothing in Canvas leads out of one
    ) -> Snapshot:
        """As `Provider.snapshot`.

        A course, or a folder in it, costs one request for each 100 files and one for each 100 folders of the course,
        whether anything changed or not; and one more for the course's name, or for whose the folder is, where neither
        `known` nor an earlier question to this provider told that. What `known` had and the lists have no more is asked
        for by itself, for it may only have been locked.
        """
        is_known = known is not None and known.location == location
        async with group() as tasks:
            if urls.is_context(location.id) and not location.path and not is_known:
                tasks.create_task(self._lineage.name(location.id))
            place = await self._resolver.find(location, listed=True)
        self._check_open(place)
        if isinstance(place.item, File):
            name = place.name or safe_name(place.item.label)
            return Snapshot.of(location, place.item.label, [entry_of(place.item, name)], kind=Kind.FILE)
        if place.item is not None:
            name = place.item.label
        else:
            name = known.name if known is not None and is_known else await self._lineage.name(place.context)
        found, top = _tree(place)
        # Ten thousand files take a while, in which others want to be served.
        entries, skipped = await asyncio.to_thread(lay_out, found, top, now=self._now())
        note = None
        if known is not None and is_known:
            more, note = await vanished.closed(self._api, known, found.keys, now=self._now())
            skipped += more
        snapshot = Snapshot.of(location, name, entries, skipped=skipped, cursor=note)
        return known if known is not None and known == snapshot else snapshot

    def read(self, entry: Entry, *, start: int = 0, stop: int | None = None) -> AsyncIterator[bytes]:
        """As `Provider.read`: one request to Canvas for an address, and one to where that leads."""
        return reading.read(self._api, entry, start=start, stop=stop, now=self._now())

    async def contains(self, root: Location, location: Location) -> bool:
        """As `Provider.contains`. What was seen of the folders above is believed for 20 seconds."""
        place = await self._resolver.find(location, listed=False)
        if root.id == location.id and f"{location.path}/".startswith(f"{root.path}/" if root.path else ""):
            return True
        if urls.is_context(root.id) and not root.path:
            top = await self._lineage.number(root.id)
            if not place.context and isinstance(place.item, File):
                # Its folders are not shown to this account; Canvas itself can tell.
                return await self._is_in(place.item, top)
            return top == await self._lineage.number(place.context)
        return (await self._resolver.find(root, listed=False)).key in place.lineage

    async def _is_in(self, file: File, context: str) -> bool:
        try:
            return (await self._api.file(file.id, context=context)).id == file.id
        except BadCredential:
            raise
        except (NotFound, Forbidden):
            return False

    def _check_open(self, place: Place) -> None:
        """Raise Unreadable for what may not be shown now."""
        if place.item is None:
            return
        why = refusal(place.item, place.above, now=self._now(), by_link=isinstance(place.item, File))
        if why is not None:
            raise Unreadable(
                f"'{place.item.label}' can't be read now. {why.reason}",
                hint="Try again when it is open, or ask the course's teacher.",
            )

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._clock(), UTC)


def _tree(place: Place) -> tuple[Tree, Folder | None]:
    """The tree of a place, and the folder in it that is meant."""
    if isinstance(place.item, File) or place.tree is None:
        name = place.item.label if place.item else place.context
        raise BadInput(f"'{name}' in Canvas is a file, not a folder.")
    return place.tree, place.item or place.tree.root
