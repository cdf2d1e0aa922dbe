"""The report's actions: how a working folder stands, what differs in it, and setting it back."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from hubdrives import folder as folders
from hubdrives import paths
from hubdrives import pull as action
from hubdrives.connections import Connections
from hubdrives.errors import BadInput, BadLink, Busy, NotKept
from hubdrives.folder import Difference, Fetch, Status
from hubdrives.lab.manager import Manager
from hubdrives.lab.request import without_secrets
from hubdrives.model import Entry, Report
from hubdrives.sync.workspace import last_listing, subfolder_of

OpenIn = Callable[[Path], Awaitable[frozenset[str]]]
"""The paths in a folder, relative to it, that are open with a kernel."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a working folder stands."""

    target: str
    """The working folder, relative to the home."""
    status: Status
    running: str | None
    """The id of the pull that works in it now."""
    held: tuple[str, ...] = ()
    """What was asked for and not done, because these files are open."""
    failed: tuple[tuple[str, str], ...] = ()
    """What was asked for and could not be had: paths, and why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """One side of a comparison, as far as it is known."""

    size: int | None
    """In bytes."""
    modified: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """The user's file and upstream's."""

    difference: Difference
    mine: Version | None
    """None if the user deleted it."""
    theirs: Version | None
    """None if the last listing has it not any more."""


class WorkingFolders:
    """The working folders of one server's user.

    Args:
        home: the server's root directory.
        manager: the pulls that run.
        connections: where upstream's bytes come from, where they are not kept in the folder.
        open_in: tells which files are open.
    """

    def __init__(
        self, *, home: Path, manager: Manager, connections: Callable[[], Connections], open_in: OpenIn
    ) -> None:
        self._home = home
        self._manager = manager
        self._connections = connections
        self._open_in = open_in

    async def standing(self, target: str) -> Standing:
        """How the working folder `target` stands.

        Raises:
            BadTarget: it can't be a working folder.
            NotFound: nothing was ever pulled into it.
        """
        return await self._stands(target, await self._folder(target))

    async def compare(self, target: str, path: str) -> Comparison:
        """The user's file at `path` against upstream's last version. Raises also what `folder.difference` does."""
        folder, inside = await self._folder(target), paths.relative(path)
        difference = await folders.difference(folder, inside, fetch=self._fetch(folder))
        mine, theirs = await asyncio.to_thread(_versions, folder, inside)
        return Comparison(difference=difference, mine=mine, theirs=theirs)

    async def upstream(self, target: str, path: str) -> bytes:
        """Upstream's last version of the file at `path`. Raises also what `folder.upstream` does."""
        folder = await self._folder(target)
        return await folders.upstream(folder, paths.relative(path), fetch=self._fetch(folder))

    async def reset(self, target: str, wanted: Sequence[str], *, over_open: bool) -> Standing:
        """Make the files at `wanted` as upstream last had them; what is open stays, unless `over_open`.

        Raises:
            Busy: a pull works there.
            HubdrivesError: what `folder.reset` raises.
        """
        folder = await self._free(target)
        inside = [paths.relative(path) for path in wanted]
        held = () if over_open else tuple(sorted(_at_or_below(await self._open_in(folder), inside)))
        free = [path for path in inside if not _at_or_below(held, [path])]
        failed: tuple[tuple[str, str], ...] = ()
        if free:
            report = await folders.reset(folder, free, now=_now, fetch=self._fetch(folder))
            failed = tuple((item.path, item.reason) for item in report.failed)
        return await self._stands(target, folder, held=held, failed=failed)

    async def undo(self, target: str, deed: str, *, over_open: bool) -> Standing:
        """Take back `deed`, the last thing that was done there; nothing is done while a file of it is open.

        Raises:
            BadInput: something else was done since.
            Busy: a pull works there.
            HubdrivesError: what `folder.undo` raises.
        """
        folder = await self._free(target)
        history = await asyncio.to_thread(folders.history, folder)
        if not history or history[0].id != deed:
            raise BadInput(
                "Something else was done in this folder since.", hint="Load the page again to see how it stands now."
            )
        held = () if over_open else tuple(sorted(set(_touched(history[0].report)) & await self._open_in(folder)))
        if not held:
            await folders.undo(folder, now=_now)
        return await self._stands(target, folder, held=held)

    async def _stands(
        self, target: str, folder: Path, *, held: tuple[str, ...] = (), failed: tuple[tuple[str, str], ...] = ()
    ) -> Standing:
        status = await asyncio.to_thread(folders.status, folder)
        running = self._manager.at_work_in(folder)
        return Standing(target=target, status=status, running=running.id if running else None, held=held, failed=failed)

    async def _folder(self, target: str) -> Path:
        return await asyncio.to_thread(action.check_target, Path(target), home=self._home)

    async def _free(self, target: str) -> Path:
        folder = await self._folder(target)
        if self._manager.at_work_in(folder) is not None:
            raise Busy("New files are just being brought into this folder.", hint="Try again when they have arrived.")
        return folder

    def _fetch(self, folder: Path) -> Fetch:
        async def fetch(entry: Entry) -> AsyncIterator[bytes]:
            source = await asyncio.to_thread(action.pulled_from, folder)
            connections = self._connections()
            if source is None:
                raise NotKept(f"It is not known any more where '{entry.name}' came from.")
            found = connections.reaching(source)
            provider = await connections.provider(found.connection)
            try:
                async for piece in provider.read(entry):
                    yield piece
            except BadLink:
                # A signed link is known to this server for as long as it runs; it is never written down.
                raise NotKept(
                    f"The author's version of '{entry.name}' is not kept here.",
                    hint="Open the link that you got once more, then try again.",
                ) from None

        return fetch


def standing_to_json(standing: Standing, base_url: str) -> dict[str, Any]:
    """What the page is told about a working folder."""
    status = standing.status
    last = status.last
    return {
        "target": standing.target,
        "name": status.folder.name,
        "source": without_secrets(status.source.url),
        "open": f"{base_url}{quote(f'lab/tree/{standing.target}')}",
        "running": standing.running,
        "last": None
        if last is None
        else {
            "id": last.id,
            "what": last.what,
            "when": last.when.isoformat(),
            "report": action.report_to_json(last.report),
        },
        "conflicts": list(status.conflicts),
        "edited": list(status.edited),
        "deleted": list(status.deleted),
        "held": list(standing.held),
        "failed": [{"path": path, "reason": reason} for path, reason in standing.failed],
    }


def comparison_to_json(comparison: Comparison) -> dict[str, Any]:
    """What the page is told about one file."""
    difference = comparison.difference
    return {
        "path": difference.path,
        "form": difference.form,
        "lines": list(difference.lines),
        "mine": _version_to_json(comparison.mine),
        "theirs": _version_to_json(comparison.theirs),
    }


def _version_to_json(version: Version | None) -> dict[str, Any] | None:
    if version is None:
        return None
    return {"size": version.size, "modified": version.modified.isoformat() if version.modified else None}


def _versions(folder: Path, path: str) -> tuple[Version | None, Version | None]:
    try:
        found = (folder / path).lstat()
        mine = Version(size=found.st_size, modified=datetime.fromtimestamp(found.st_mtime, UTC))
    except OSError:
        mine = None
    listing, subfolder = last_listing(folder), subfolder_of(folder)
    there = f"{subfolder}/{path}" if subfolder else path
    entry = next((entry for entry in listing.files if entry.path == there), None) if listing else None
    return mine, Version(size=entry.size, modified=entry.modified) if entry else None


def _at_or_below(open_files: Sequence[str] | frozenset[str], wanted: Sequence[str]) -> list[str]:
    return [path for path in open_files if any(not one or f"{path}/".startswith(f"{one}/") for one in wanted)]


def _touched(report: Report) -> Iterator[str]:
    """Every path that undoing `report` may change."""
    for group in (report.added, report.updated, report.merged, report.conflicts, report.removed, report.restored):
        yield from group
    for pair in (*report.moved, *report.renamed):
        yield from pair


def _now() -> datetime:
    return datetime.now(tz=UTC).astimezone()
