"""Copies of a provider's files here: what a failure or an interruption leaves behind."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import suppress
from pathlib import Path

import pytest
from tests.sync.source import HERE, Memory

from hubdrives.copying.fetching import Fetched, fetch
from hubdrives.errors import Corrupt, DiskFull, Forbidden, HubdrivesError, Unavailable, VersionGone
from hubdrives.model import Entry, Location, Progress, Snapshot

PIECE = bytes(1 << 20)


class Slow(Memory):
    """Files come in pieces of 1 MiB; before each, `before` is asked."""

    def __init__(self, count: int, *, digest: str | None = "md5") -> None:
        super().__init__({"big.bin": PIECE * count}, digest=digest)
        self.starts: list[int] = []
        self.open = 0
        """Streams that nobody has closed."""
        self.before: Callable[[int], HubdrivesError | None] = lambda _position: None

    async def read(self, entry: Entry, *, start: int = 0, stop: int | None = None) -> AsyncIterator[bytes]:
        self.starts.append(start)
        self.open += 1
        try:
            content = self.tree[entry.path] or b""
            for position in range(start, len(content), len(PIECE)):
                if error := self.before(position):
                    raise error
                yield content[position : position + len(PIECE)]
        finally:
            self.open -= 1


def get(provider: Memory, folder: Path) -> Fetched:
    return asyncio.run(fetch(provider, HERE, folder))


def parts(folder: Path) -> list[Path]:
    return list(folder.rglob("*.part"))


def open_files() -> set[Path]:
    found = set()
    for descriptor in Path("/proc/self/fd").iterdir():
        with suppress(FileNotFoundError):
            found.add(descriptor.readlink())
    return found


def test_a_file_of_which_nothing_came_leaves_nothing(tmp_path: Path):
    provider = Memory({"a.txt": b"a", "b.txt": b"b"})
    provider.failures["a.txt"] = [Forbidden("Not this one.")]
    fetched = get(provider, tmp_path)
    assert ([one.path for one in fetched.failed], fetched.downloaded) == (["a.txt"], ["b.txt"])
    assert [path.name for path in tmp_path.iterdir()] == ["b.txt"]


@pytest.mark.parametrize("error", [Unavailable("Away."), Forbidden("No.")])
def test_what_came_before_a_failure_is_gone_on_with(tmp_path: Path, error: HubdrivesError):
    provider = Slow(4)
    provider.before = lambda position: error if position == 2 * len(PIECE) else None
    with pytest.raises(type(error)):
        get(provider, tmp_path) if isinstance(error, Unavailable) else _raise_failed(get(provider, tmp_path), error)
    assert [path.stat().st_size for path in parts(tmp_path)] == [2 * len(PIECE)]
    provider.before = lambda _position: None
    assert get(provider, tmp_path).downloaded == ["big.bin"]
    assert provider.starts == [0, 2 * len(PIECE)]
    assert not parts(tmp_path)


def _raise_failed(fetched: Fetched, error: HubdrivesError) -> None:
    assert [one.path for one in fetched.failed] == ["big.bin"]
    raise error


@pytest.mark.parametrize(
    ("error", "digest"), [(VersionGone("It changed."), "md5"), (Corrupt("Other bytes."), None)], ids=["gone", "corrupt"]
)
def test_what_nobody_could_go_on_with_is_thrown_away(tmp_path: Path, error: HubdrivesError, digest: str | None):
    provider = Slow(4, digest=digest)
    provider.before = lambda position: error if position == 2 * len(PIECE) else None
    with suppress(HubdrivesError):
        get(provider, tmp_path)
    assert not parts(tmp_path)
    provider.before = lambda _position: None
    assert get(provider, tmp_path).downloaded == ["big.bin"]
    assert provider.starts == [0, 0]


async def test_whoever_stops_it_leaves_nothing_open_and_what_came_is_gone_on_with(tmp_path: Path):
    provider = Slow(4)
    arrived = asyncio.Event()
    provider.before = lambda position: arrived.set() if position == 3 * len(PIECE) else None
    # In whatever it is doing when it is stopped.
    getting = asyncio.create_task(fetch(provider, HERE, tmp_path))
    await arrived.wait()
    getting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await getting
    assert provider.open == 0
    (part,) = parts(tmp_path)
    assert part not in open_files()
    assert (await fetch(provider, HERE, tmp_path)).downloaded == ["big.bin"]
    assert provider.starts[-1] in {2 * len(PIECE), 3 * len(PIECE)}
    assert (tmp_path / "big.bin").read_bytes() == PIECE * 4


async def test_whoever_stops_it_before_the_first_byte_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    getting: asyncio.Task[Fetched]
    loop, opened = asyncio.get_running_loop(), Path.open

    def stopped_meanwhile(path: Path, mode: str = "r"):
        if path.suffix == ".part":
            asyncio.run_coroutine_threadsafe(cancel(), loop).result()
        return opened(path, mode)

    async def cancel() -> None:
        getting.cancel()

    monkeypatch.setattr(Path, "open", stopped_meanwhile)
    getting = asyncio.create_task(fetch(Slow(4), HERE, tmp_path))
    with pytest.raises(asyncio.CancelledError):
        await getting
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="has no disk that is always full")
async def test_a_disk_that_is_full_in_the_middle_is_told_and_closes_the_stream(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    provider = Slow(4)
    opened = Path.open

    def full(path: Path, mode: str = "r"):
        file = opened(path, mode)
        if path.suffix == ".part":
            device = os.open("/dev/full", os.O_WRONLY)
            os.dup2(device, file.fileno())
            os.close(device)
        return file

    monkeypatch.setattr(Path, "open", full)
    with pytest.raises(DiskFull) as told:
        await fetch(provider, HERE, tmp_path)
    # As long as somebody looks at the error, too.
    assert provider.open == 0, told
    assert Path("/dev/full") not in open_files()


class Ahead(Memory):
    """It tells of `first` as soon as it is asked, and of the rest when that is here."""

    def __init__(self, first: Sequence[str], tree: dict[str, bytes | None]) -> None:
        super().__init__(tree)
        self.first = first
        self.all_here: Callable[[], bool] = lambda: True
        self.may_read_on: Callable[[], bool] = lambda: True
        self.fails: HubdrivesError | None = None

    async def snapshot_ahead(self, location: Location, tell: Callable[[Sequence[Entry]], None]) -> Snapshot:
        snapshot = await self.snapshot(location)
        tell([entry for entry in snapshot.files if entry.path in self.first])
        tell([])
        while not self.all_here():
            await asyncio.sleep(0.001)
        if self.fails:
            raise self.fails
        return snapshot

    async def read(self, entry: Entry, *, start: int = 0, stop: int | None = None) -> AsyncIterator[bytes]:
        while entry.path not in self.first and not self.may_read_on():
            await asyncio.sleep(0.001)
        async for piece in super().read(entry, start=start, stop=stop):
            yield piece


def here(folder: Path) -> dict[str, bytes | None]:
    return {
        path.relative_to(folder).as_posix(): None if path.is_dir() else path.read_bytes() for path in folder.rglob("*")
    }


@pytest.mark.timeout(20)
def test_what_is_known_already_comes_while_the_rest_is_listed(tmp_path: Path):
    provider = Ahead(["a.txt", "in/b.txt"], {"a.txt": b"a", "in": None, "in/b.txt": b"b", "c.txt": b"c", "no": None})
    provider.all_here = lambda: here(tmp_path) == {"a.txt": b"a", "in": None, "in/b.txt": b"b"}
    seen: list[Progress] = []
    provider.may_read_on = lambda: seen[-1].phase == "downloading"
    fetched = asyncio.run(fetch(provider, HERE, tmp_path, on_progress=seen.append))
    assert sorted(fetched.downloaded) == sorted(provider.reads) == ["a.txt", "c.txt", "in/b.txt"]
    assert here(tmp_path) == provider.tree
    # While the list grows, nobody takes its length for that of all.
    assert {one.phase: one.files_total for one in seen} == {"listing": 2, "downloading": 3, "done": 3}
    assert (seen[-1].files_done, seen[-1].files_total, seen[-1].bytes_done, seen[-1].bytes_total) == (3, 3, 3, 3)


@pytest.mark.timeout(20)
def test_when_the_list_breaks_off_that_is_told_and_what_came_stays(tmp_path: Path):
    provider = Ahead(["a.txt"], {"a.txt": b"a", "b.txt": b"b"})
    provider.all_here = lambda: here(tmp_path) == {"a.txt": b"a"}
    provider.fails = Unavailable("It went away.")
    with pytest.raises(Unavailable, match="went away"):
        get(provider, tmp_path)
    assert here(tmp_path) == {"a.txt": b"a"}
    provider.fails, provider.all_here = None, lambda: True
    fetched = get(provider, tmp_path)
    assert (fetched.unchanged, fetched.downloaded) == (["a.txt"], ["b.txt"])


def test_reserved_names_that_are_told_ahead_are_left_out_once(tmp_path: Path):
    provider = Ahead([".hubdrives/x"], {".hubdrives/x": b"x", "a.txt": b"a"})
    fetched = get(provider, tmp_path)
    assert (fetched.downloaded, [one.path for one in fetched.skipped]) == (["a.txt"], [".hubdrives/x"])
    assert here(tmp_path) == {"a.txt": b"a"}


def test_without_a_name_for_the_folder_all_is_listed_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    provider = Ahead(["a.txt"], {"a.txt": b"a"})
    asyncio.run(fetch(provider, HERE))
    assert here(tmp_path) == {"course": None, "course/a.txt": b"a"}


class Asked(Memory):
    """Counts how often it was asked what something is."""

    stats = 0

    async def stat(self, location: Location) -> Entry:
        self.stats += 1
        if location.path.endswith(".bin"):
            return self.entry("a.bin", b"a")
        return await super().stat(location)


@pytest.mark.parametrize(
    ("path", "tree", "asked"),
    [("course", {"a.txt": b"a"}, (0, 1)), ("course.d", {"a.txt": b"a"}, (1, 1)), ("a.bin", {"a.bin": b"a"}, (1, 0))],
)
def test_what_it_is_is_mostly_told_by_the_one_question(
    tmp_path: Path, path: str, tree: dict[str, bytes | None], asked: tuple[int, int]
):
    provider = Asked(tree)
    fetched = asyncio.run(fetch(provider, HERE.below(path), tmp_path))
    assert (fetched.downloaded, (provider.stats, provider.snapshots)) == ([*tree], asked)
