"""Copies of a provider's files here: what a failure or an interruption leaves behind."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from pathlib import Path

import pytest
from tests.sync.source import HERE, Memory

from hubdrives.copying.fetching import Fetched, fetch
from hubdrives.errors import Corrupt, DiskFull, Forbidden, HubdrivesError, Unavailable, VersionGone
from hubdrives.model import Entry

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
