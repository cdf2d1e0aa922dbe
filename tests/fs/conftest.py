"""An emulated Google Drive in a thread of its own, so that tests may block as users of fsspec do."""

import asyncio
import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import AsyncExitStack
from pathlib import Path

import fsspec
import pytest

from hubdrives.fs import HubdrivesFileSystem
from hubdrives.testing.emulators.content import Content
from hubdrives.testing.emulators.faults import Rule
from hubdrives.testing.emulators.googledrive import GoogleDrive as Emulator
from hubdrives.testing.emulators.server import serving

RAIN = b"town,mm\nBonn,12\nJena,7\n"


class Drive:
    """The emulator, and short ways to plant and count."""

    def __init__(self, emulator: Emulator) -> None:
        self.emulator = emulator

    @property
    def source(self) -> str:
        return self.emulator.location

    def folder(self, name: str, parent: str | None = None) -> str:
        return self.emulator.tree.add(name, parent=parent or self.emulator.root).id

    def file(self, name: str, data: bytes | str = RAIN, parent: str | None = None) -> str:
        return self.emulator.tree.add_file(name, data, parent=parent or self.emulator.root).id

    def doc(self, name: str, text: str) -> str:
        return self.emulator.tree.add(name, parent=self.emulator.root, kind="document", content=Content.of(text)).id

    def replace(self, item: str, data: bytes | str) -> None:
        self.emulator.tree.replace(item, Content.of(data))

    def fail(self, *rules: Rule) -> None:
        self.emulator.faults.set(rules)

    def asked(self) -> dict[str, int]:
        """What was asked since the last call, without tokens."""
        counted = {name: number for name, number in self.emulator.requests.by_operation.items() if name != "token"}
        self.emulator.requests.reset()
        return counted


@pytest.fixture
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    """A loop in a thread of its own, for servers."""
    made = asyncio.new_event_loop()
    thread = threading.Thread(target=made.run_forever)
    thread.start()
    yield made
    made.call_soon_threadsafe(made.stop)
    thread.join()
    made.close()


@pytest.fixture
def drive(loop: asyncio.AbstractEventLoop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Drive]:
    """A Drive whose shared folder is the root of connection "course"."""
    stack = AsyncExitStack()

    async def start() -> Emulator:
        return await stack.enter_async_context(serving(Emulator()))

    emulator = asyncio.run_coroutine_threadsafe(start(), loop).result(20)
    (tmp_path / "key.json").write_text(json.dumps(emulator.key_file()))
    config = tmp_path / "hubdrives.toml"
    config.write_text(
        f"""
[connections.course]
provider = "googledrive"
base_url = "{emulator.url}"
root = "{emulator.location}"
credential = {{ kind = "google_service_account", key_file = "{tmp_path / "key.json"}" }}
"""
    )
    monkeypatch.setenv("HUBDRIVES_CONFIG", str(config))
    yield Drive(emulator)
    asyncio.run_coroutine_threadsafe(stack.aclose(), loop).result(20)


@pytest.fixture
def fs(drive: Drive) -> HubdrivesFileSystem:
    made = fsspec.filesystem("hubdrives", source=drive.source)
    assert isinstance(made, HubdrivesFileSystem)
    return made


class Planted:
    """A source of some kind with files in it."""

    def __init__(self, source: str, plant: Callable[[str, bytes], None]) -> None:
        self.source = source
        self._plant = plant

    def plant(self, files: Mapping[str, bytes | str]) -> None:
        for path, data in files.items():
            self._plant(path, data.encode() if isinstance(data, str) else data)


@pytest.fixture(params=["googledrive", "local"])
def planted(request: pytest.FixtureRequest, tmp_path: Path) -> Planted:
    """The same at an emulated Drive and in a folder of this machine."""
    if request.param == "local":
        folder = tmp_path / "a folder"
        folder.mkdir()

        def write(path: str, data: bytes) -> None:
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(data)

        return Planted(str(folder), write)
    drive: Drive = request.getfixturevalue("drive")
    folders: dict[str, str] = {"": drive.emulator.root}

    def folder_at(path: str) -> str:
        if path not in folders:
            above, _, name = path.rpartition("/")
            folders[path] = drive.folder(name, parent=folder_at(above))
        return folders[path]

    def add(path: str, data: bytes) -> None:
        above, _, name = path.rpartition("/")
        drive.file(name, data, parent=folder_at(above))

    return Planted(drive.source, add)
