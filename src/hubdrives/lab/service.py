"""The pull page's actions: tell what a link leads to, and pull it into the home."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from itertools import chain, count
from pathlib import Path
from typing import Any

from hubdrives import pull as action
from hubdrives.connections import Connections, Found
from hubdrives.lab.manager import Manager, OnProgress, Pull, state_to_json
from hubdrives.lab.request import urlpath_of, without_secrets
from hubdrives.links import PullRequest
from hubdrives.model import Description, Location, Report
from hubdrives.paths import working_folder_name


@dataclass(frozen=True, slots=True, kw_only=True)
class Prospect:
    """What a link would do, told before it does it."""

    description: Description
    target: str
    """The working folder, relative to the home."""
    urlpath: str
    """What is opened at the end, relative to the server's base URL."""
    known: bool
    """The same content was pulled into this folder before."""
    running: Pull | None
    """The pull that is doing it already."""
    address: str
    """Where a person finds the source; "" for a signed link, whose author answers for it."""

    @property
    def automatic(self) -> bool:
        """Whether the pull needs no consent: an author's signature or the user's own earlier click gave it."""
        return self.known or self.description.signed


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """A working folder, and what was pulled into it before."""

    target: str
    folder: Path
    source: Location | None


class Service:
    """Pulls for one server's user.

    Args:
        home: the server's root directory; working folders are below it.
        log: gets failures, without secrets.
        on_progress: called whenever a pull moves.
    """

    def __init__(self, *, home: Path, log: logging.Logger, on_progress: Callable[[], None]) -> None:
        self.manager = Manager(log=log, on_progress=on_progress)
        self._home = home
        self._connections: Connections | None = None

    async def close(self) -> None:
        """Stop all pulls, close what was opened."""
        await self.manager.close()
        if self._connections is not None:
            await self._connections.__aexit__()

    async def look(self, request: PullRequest) -> Prospect:
        """What `request` would do; nothing on disk is changed.

        Raises:
            BadTarget: the working folder can't be used.
            HubdrivesError: what connections and providers raise for a source that can't be reached.
        """
        found = self._find(request)
        provider = await self._connected().provider(found.connection)
        description = await provider.describe(found.location)
        if request.target is None:
            place = await asyncio.to_thread(self._named, found, description)
        else:
            place = await asyncio.to_thread(self._checked, request.target)
        return Prospect(
            description=description,
            target=place.target,
            urlpath=request.urlpath or urlpath_of(description, place.target),
            known=place.source in {found.location, description.location},
            running=self.manager.running_in(place.folder, found.location),
            address="" if description.signed else without_secrets(found.location.url),
        )

    async def start(self, request: PullRequest) -> tuple[Pull, bool]:
        """Start the pull that `request` asks for, or find it running; and whether it was started now.

        Raises:
            Busy: something else is being pulled into the same folder.
            HubdrivesError: as `look`.
        """
        found = self._find(request)
        provider = await self._connected().provider(found.connection)
        target = request.target or (await self.look(request)).target
        folder = (await asyncio.to_thread(self._checked, target)).folder

        async def work(on_progress: OnProgress) -> Report:
            return await action.pull(provider, found.location, folder, on_progress=on_progress, home=self._home)

        return self.manager.start(found.location, folder, work)

    def _named(self, found: Found, description: Description) -> _Place:
        """The working folder named after the source, or with a number behind if another source was pulled there."""
        name = working_folder_name(description.name)
        free = {None, found.location, description.location}
        candidates = chain([name], (f"{name} {number}" for number in count(2)))
        return next(place for place in map(self._checked, candidates) if place.source in free)

    def _checked(self, target: str) -> _Place:
        folder = action.check_target(Path(target), home=self._home)
        return _Place(target=target, folder=folder, source=action.pulled_from(folder))

    def _connected(self) -> Connections:
        if self._connections is None:
            self._connections = Connections()
        return self._connections

    def _find(self, request: PullRequest) -> Found:
        return self._connected().find(request.source)


def prospect_to_json(prospect: Prospect, base_url: str) -> dict[str, Any]:
    """What the page is told about a link."""
    return {
        "name": prospect.description.name,
        "kind": prospect.description.kind,
        "source": prospect.description.source,
        "address": prospect.address,
        "target": prospect.target,
        "open": base_url + prospect.urlpath,
        "automatic": prospect.automatic,
        "known": prospect.known,
        "running": prospect.running.id if prospect.running is not None else None,
    }


def pull_to_json(pull: Pull) -> dict[str, Any]:
    """How a pull stands, as the page is told."""
    return state_to_json(pull, action.report_to_json)
