"""Files of this machine on their way to a provider: many at once, folders with all that is in them."""

import asyncio
import contextlib
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from hubdrives import digests
from hubdrives.content import File
from hubdrives.errors import BadInput, HubdrivesError, is_of_one_file
from hubdrives.model import Entry, Kind, Location, Progress, Skipped
from hubdrives.paths import STATE_FOLDER
from hubdrives.providers.abilities import Writable
from hubdrives.providers.base import Provider
from hubdrives.sync.disk import telling
from hubdrives.sync.meter import Counted, Meter
from hubdrives.sync.tasks import group, running

_CONCURRENT: Final = 32
"""Files on their way at the same time: more than a connection's limit mostly is, for some are just being read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Local:
    """A file or folder of this machine, and its path below the folder that it goes to."""

    here: Path
    path: str
    is_folder: bool


@dataclass(slots=True, kw_only=True)
class Sent:
    """What became of each."""

    uploaded: list[Entry] = field(default_factory=list)
    """With paths relative to the folder that they went to."""
    unchanged: list[str] = field(default_factory=list)
    """The same bytes were there already."""
    failed: list[Skipped] = field(default_factory=list)


async def send(
    provider: Provider,
    writer: Writable,
    parent: Location,
    paths: Sequence[Path],
    *,
    name: str | None = None,
    is_new: bool = False,
    if_version: str | None = None,
    on_progress: Callable[[Progress], None] | None = None,
) -> Sent:
    """Copy files and folders into the folder `parent`. What is there with the same bytes is not sent again.

    Args:
        provider: whose folder it is.
        writer: the same.
        parent: where they go.
        paths: files and folders of this machine.
        name: what the only one of them is to be called.
        is_new: whether no folder there has a name of those that come.
        if_version: as `Writable.write` takes it.
        on_progress: told of how far it is.

    Raises:
        BadInput: there is no such file, or two would have one name.
        HubdrivesError: what concerns more than one file, or the only one.
    """
    items = await asyncio.to_thread(lambda: list(gather(paths, name=name)))
    meter = Meter(on_progress, waiting=lambda: provider.waiting)
    async with group() as background, running(background, meter.run()):
        sending = Sending(
            provider=provider, writer=writer, parent=parent, meter=meter, if_version=if_version, is_new=is_new
        )
        sent = await sending.run(items)
    meter.finish()
    return sent


def gather(locals_: Sequence[Path], *, name: str | None = None) -> Iterator[Local]:
    """`locals_` and all that is in them, each folder before what is in it. Symlinks in folders are left out. Blocks.

    Args:
        locals_: files and folders.
        name: what the only one of them is to be called.

    Raises:
        BadInput: there is no such file, or two would have one name.
    """
    for top, called in zip(locals_, names_of(locals_, name=name), strict=True):
        yield Local(here=top, path=called, is_folder=top.is_dir())
        for folder, folders, files in os.walk(top):
            here = Path(folder)
            folders[:] = sorted(one for one in folders if one != STATE_FOLDER and not (here / one).is_symlink())
            below = f"{called}/{here.relative_to(top).as_posix()}" if here != top else called
            for one in folders:
                yield Local(here=here / one, path=f"{below}/{one}", is_folder=True)
            for one in sorted(files):
                if not (here / one).is_symlink():
                    yield Local(here=here / one, path=f"{below}/{one}", is_folder=False)


def names_of(locals_: Sequence[Path], *, name: str | None = None) -> list[str]:
    """What each of `locals_` is to be called. Blocks a little. Raises what `gather` raises."""
    names = [name or path.absolute().name for path in locals_]
    if len(set(names)) < len(names):
        raise BadInput("Two of these have the same name.", hint="Put them into different folders.")
    for path in locals_:
        if not path.exists():
            raise BadInput(f"There is no file '{path}'.")
    return names


@dataclass(slots=True, kw_only=True)
class Sending:
    """Files on their way into the folder `parent`."""

    provider: Provider
    writer: Writable
    """The same."""
    parent: Location
    meter: Meter
    if_version: str | None = None
    is_new: bool = False
    """Whether no folder there has a name of those that come."""
    sent: Sent = field(default_factory=Sent)
    _there: dict[str, Entry] = field(default_factory=dict)
    """What the provider has, as far as it matters."""
    _made: dict[str, asyncio.Task[HubdrivesError | None]] = field(default_factory=dict)
    """The folders, by path; the result is why one could not be made."""

    async def run(self, items: Sequence[Local]) -> Sent:
        """Bring them all up.

        Raises:
            HubdrivesError: what concerns more than one file, or the only one.
        """
        folders = [item for item in items if item.is_folder]
        files = [item for item in items if not item.is_folder]
        if folders and not self.is_new:
            await self._look([item.path for item in folders if "/" not in item.path])
        sizes = await asyncio.to_thread(_sizes, files)
        self.meter.phase("uploading", files_total=len(files), bytes_total=sum(sizes))
        ahead = iter(files)

        async def work() -> None:
            for item in ahead:
                await self._send(item, is_only=len(items) == 1)

        async with group() as tasks:
            for item in folders:
                self._made[item.path] = tasks.create_task(self._make(item.path))
            for _ in range(min(_CONCURRENT, len(files))):
                tasks.create_task(work())
        self.sent.uploaded.sort(key=lambda entry: entry.path)
        self.sent.failed.sort(key=lambda item: item.path)
        return self.sent

    async def _look(self, tops: Sequence[str]) -> None:
        """What is in the folders that are there already: a copy that was cut short is gone on with."""
        wanted = set(tops)
        listed = [entry async for entry in self.provider.list(self.parent)]
        self._there.update((entry.path, entry) for entry in listed)
        for entry in listed:
            if entry.path in wanted and entry.kind is Kind.FOLDER:
                snapshot = await self.provider.snapshot(self.parent.below(entry.path))
                self._there.update((f"{entry.path}/{one.path}", one) for one in snapshot.entries)

    async def _make(self, path: str) -> HubdrivesError | None:
        folder, _, name = path.rpartition("/")
        known = self._there.get(path)
        if known is not None and known.kind is Kind.FOLDER:
            return None
        if (missing := await self._missing(folder)) is not None:
            return missing
        try:
            await self.writer.make_folder(self.parent.below(folder), name)
        except HubdrivesError as error:
            if not is_of_one_file(error):
                raise
            self._fail(path, error)
            return error
        return None

    async def _missing(self, folder: str) -> HubdrivesError | None:
        """Why a folder that is on its way could not be made, None when it is there."""
        return await self._made[folder] if folder in self._made else None

    async def _send(self, item: Local, *, is_only: bool) -> None:
        folder, _, name = item.path.rpartition("/")
        if (missing := await self._missing(folder)) is not None:
            self._fail(item.path, missing)
            return
        try:
            entry = await self._write(item, folder, name)
        except HubdrivesError as error:
            if is_only or not is_of_one_file(error):
                raise
            self._fail(item.path, error)
            return
        if entry is None:
            self.sent.unchanged.append(item.path)
        else:
            self.sent.uploaded.append(replace(entry, path=item.path))

    async def _write(self, item: Local, folder: str, name: str) -> Entry | None:
        """The new version; None if its bytes are there already."""
        file, modified = await asyncio.to_thread(_looked_at, item.here)
        content = Counted(file, self.meter)
        there = self._there.get(item.path) if self.if_version is None else None
        if there is not None and await asyncio.to_thread(_is_there, file, there):
            content.settle(arrived=True)
            return None
        entry: Entry | None = None
        try:
            entry = await self.writer.write(
                self.parent.below(folder), name, content, if_version=self.if_version, modified=modified
            )
        finally:
            content.settle(arrived=entry is not None)
        return entry

    def _fail(self, path: str, error: HubdrivesError) -> None:
        self.sent.failed.append(Skipped(path=path, reason=str(error), code=error.code))


def _sizes(items: Sequence[Local]) -> list[int]:
    return [_size(item.here) for item in items]


def _size(path: Path) -> int:
    # What can't be looked at any more is told when it is its turn.
    with contextlib.suppress(OSError):
        return path.stat().st_size
    return 0


def _looked_at(path: Path) -> tuple[File, datetime]:
    """A file, and when it was last modified."""
    file = File.at(path)
    with telling(str(path)):
        return file, datetime.fromtimestamp(path.stat().st_mtime, tz=UTC)


def _is_there(file: File, entry: Entry) -> bool:
    """Whether `entry` has the very bytes of `file`."""
    if entry.digest is None or entry.size != file.size or not digests.known(entry.digest):
        return False
    algorithm = digests.algorithm_of(entry.digest)
    return digests.of_file(file.path, algorithm)[algorithm] == entry.digest
