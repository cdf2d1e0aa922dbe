"""A pull with nothing to do, beside a bare walk of the same tree and beside nbgitpuller."""

import asyncio
import os
import random
import tempfile
from pathlib import Path

from bench.race import Ratio, Runner, race
from courses import Folder, Repository
from hubdrives.http import Client
from hubdrives.model import Location, Snapshot
from hubdrives.providers.local import Local
from hubdrives.pull import pull

FILES, FOLDERS, SIZE = 10_000, 100, 1_000

WALK, ENGINE, LOCAL = (
    "os.scandir and stats",
    "pull(), the listing in memory",
    "pull(), from a local folder",
)
HUBDRIVES, GITPULLER = "hubdrives pull, whole process", "gitpuller, whole process"


class Listed(Local):
    """A provider that answers at once, so that what takes time is the engine."""

    def __init__(self, client: Client, listing: Snapshot) -> None:
        super().__init__(client)
        self._listing = listing

    async def snapshot(
        self, _location: Location, *, known: Snapshot | None = None, boundary: Location | None = None
    ) -> Snapshot:
        del known, boundary
        return self._listing


def main(*, runs: int) -> None:
    """Take all times."""
    rng = random.Random(1)
    files = {f"folder {number % FOLDERS}/file {number}.bin": rng.randbytes(SIZE) for number in range(FILES)}
    with tempfile.TemporaryDirectory() as name:
        folder, repository = Folder(Path(name)), Repository(Path(name))
        for course in (folder, repository):
            course.publish(files)
            course.pull()
        location = Local.parse(str(folder.course))
        assert location is not None

        async def from_memory(listing: Snapshot) -> None:
            async with Listed(_client(), listing) as provider:
                await pull(provider, location, folder.student)

        async def from_folder() -> None:
            async with Local(_client()) as provider:
                await pull(provider, location, folder.student)

        async def listing() -> Snapshot:
            async with Local(_client()) as provider:
                return await provider.snapshot(location)

        listed = asyncio.run(listing())
        race(
            f"Nothing to do: {FILES} files of {SIZE} bytes in {FOLDERS} folders",
            [
                Runner(name=WALK, work=lambda: walk(folder.student)),
                Runner(name=ENGINE, work=lambda: asyncio.run(from_memory(listed))),
                Runner(name=LOCAL, work=lambda: asyncio.run(from_folder())),
                Runner(name=HUBDRIVES, work=folder.pull),
                Runner(name=GITPULLER, work=repository.pull),
            ],
            ratios=[
                Ratio(of=ENGINE, to=WALK, at_most=2),
                Ratio(of=LOCAL, to=WALK),
                Ratio(of=HUBDRIVES, to=GITPULLER),
            ],
            runs=runs,
        )


def walk(folder: Path) -> int:
    """Look at every file below `folder`, as little as one can. Returns how many there are."""
    seen = 0
    ahead = [os.fspath(folder)]
    while ahead:
        with os.scandir(ahead.pop()) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    ahead.append(entry.path)
                else:
                    entry.stat(follow_symlinks=False)
                    seen += 1
    return seen


def _client() -> Client:
    return Client(title=Local.title, errors=Local.errors)
