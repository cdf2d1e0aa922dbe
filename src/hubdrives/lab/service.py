"""The pull page's actions: tell what a link leads to, and pull it into the home."""

import asyncio
import logging
from collections.abc import Callable, Collection
from dataclasses import dataclass
from itertools import chain, count
from pathlib import Path, PurePosixPath
from typing import Any

from hubdrives import pull as action
from hubdrives.choice import Choice
from hubdrives.connections import Connections, Found
from hubdrives.lab.manager import Manager, OnProgress, Pull, state_to_json
from hubdrives.lab.request import urlpath_of, without_secrets
from hubdrives.lab.working import OpenIn, WorkingFolders
from hubdrives.links import PullRequest
from hubdrives.model import Description, Location, Policy, Report
from hubdrives.paths import working_folder_name
from hubdrives.sync.workspace import subfolder_of


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
    choice: Choice
    """What of it is brought, and whose side is taken."""

    @property
    def automatic(self) -> bool:
        """Whether the pull needs no consent: an author's signature or the user's own earlier click gave it.

        Neither covers a policy that puts the user's own work aside, for anybody can write that into a link.
        """
        return (self.known or self.description.signed) and self.choice.policy is not Policy.THEIRS


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """A working folder, and what was pulled into it before."""

    target: str
    folder: Path
    source: Location | None
    """With the subfolder in its path."""


class Service:
    """Pulls for one server's user.

    Args:
        home: the server's root directory; working folders are below it.
        log: gets failures, without secrets.
        on_progress: called whenever a pull moves.
        open_in: tells which files are open.
    """

    def __init__(self, *, home: Path, log: logging.Logger, on_progress: Callable[[], None], open_in: OpenIn) -> None:
        self.manager = Manager(log=log, on_progress=on_progress)
        self.working = WorkingFolders(home=home, manager=self.manager, connections=self._connected, open_in=open_in)
        self._home = home
        self._open_in = open_in
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
        subfolder = request.choice.subfolder
        same = {found.location.below(subfolder), description.location.below(subfolder)}
        if request.target is None:
            name = working_folder_name(PurePosixPath(subfolder).name or description.name)
            place = await asyncio.to_thread(self._named, name, same)
        else:
            place = await asyncio.to_thread(self._checked, request.target)
        return Prospect(
            description=description,
            target=place.target,
            urlpath=request.urlpath or urlpath_of(description, place.target, subfolder),
            known=place.source in same,
            running=self.manager.running_in(place.folder, found.location.below(subfolder)),
            address="" if description.signed else without_secrets(found.location.url),
            choice=request.choice,
        )

    async def start(self, request: PullRequest, *, over_open: bool = False) -> tuple[Pull, bool]:
        """Start the pull that `request` asks for, or find it running; and whether it was started now.

        Args:
            request: checked.
            over_open: bring files up to date that are open, too; else they wait for the next pull.

        Raises:
            Busy: something else is being pulled into the same folder.
            HubdrivesError: as `look`.
        """
        found = self._find(request)
        provider = await self._connected().provider(found.connection)
        target = request.target or (await self.look(request)).target
        folder = (await asyncio.to_thread(self._checked, target)).folder

        async def is_open() -> frozenset[str]:
            return await self._open_in(folder)

        async def work(on_progress: OnProgress) -> Report:
            return await action.pull(
                provider,
                found.location,
                folder,
                choice=request.choice,
                is_open=None if over_open else is_open,
                on_progress=on_progress,
                home=self._home,
            )

        return self.manager.start(found.location.below(request.choice.subfolder), folder, work)

    def _named(self, name: str, same: Collection[Location]) -> _Place:
        """The working folder called `name`, or with a number behind if another source than `same` was pulled there."""
        candidates = chain([name], (f"{name} {number}" for number in count(2)))
        return next(place for place in map(self._checked, candidates) if place.source in {None, *same})

    def _checked(self, target: str) -> _Place:
        folder = action.check_target(Path(target), home=self._home)
        source = action.pulled_from(folder)
        return _Place(target=target, folder=folder, source=source and source.below(subfolder_of(folder)))

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
        "choice": {
            "subfolder": prospect.choice.subfolder,
            "include": list(prospect.choice.include),
            "exclude": list(prospect.choice.exclude),
            "maxfile": prospect.choice.max_file,
            "maxtotal": prospect.choice.max_total,
            "conflicts": prospect.choice.policy,
        },
    }


def pull_to_json(pull: Pull) -> dict[str, Any]:
    """How a pull stands, as the page is told."""
    return state_to_json(pull, action.report_to_json)
