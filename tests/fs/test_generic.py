"""fsspec's own tests for copying files from a file system, run against ours."""

import asyncio
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import fsspec
import pytest
from fsspec.implementations.local import LocalFileSystem
from fsspec.tests.abstract import AbstractFixtures, AbstractGetTests

from hubdrives.fs import HubdrivesFileSystem
from hubdrives.testing.emulators import serve


@pytest.fixture
def served(tmp_path: Path) -> Path:
    folder = tmp_path / "served"
    folder.mkdir()
    return folder


@pytest.fixture(params=["googledrive", "local"])
def source(
    request: pytest.FixtureRequest,
    served: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[str]:
    """What a person would paste for the folder `served`."""
    if request.param == "local":
        yield str(served)
        return
    loop: asyncio.AbstractEventLoop = request.getfixturevalue("loop")
    stack = AsyncExitStack()
    emulator = asyncio.run_coroutine_threadsafe(stack.enter_async_context(serve("googledrive", served)), loop).result(
        20
    )
    announced = emulator.announce(tmp_path)
    for name, value in announced.env.items():
        monkeypatch.setenv(name, value)
    yield announced.location
    asyncio.run_coroutine_threadsafe(stack.aclose(), loop).result(20)


class TestGet(AbstractFixtures, AbstractGetTests):
    """What the tests want to find is written into the folder behind the provider's back."""

    # It makes what it copies through the file system itself, which only reads.
    test_get_directory_recursive = None

    @pytest.fixture
    def fs(self, source: str) -> HubdrivesFileSystem:
        made = fsspec.filesystem("hubdrives", source=source)
        assert isinstance(made, HubdrivesFileSystem)
        return made

    @pytest.fixture
    def fs_path(self) -> str:
        return ""

    @pytest.fixture
    def local_path(self, tmp_path: Path) -> Path:
        return tmp_path

    @pytest.fixture
    def fs_bulk_operations_scenario_0(self, served: Path) -> str:
        return self._written(self._bulk_operations_scenario_0, served)

    @pytest.fixture
    def fs_glob_edge_cases_files(self, served: Path) -> str:
        return self._written(self._glob_edge_cases_files, served)

    @pytest.fixture
    def fs_dir_and_file_with_same_name_prefix(self, served: Path) -> str:
        return self._written(self._dir_and_file_with_same_name_prefix, served)

    @pytest.fixture
    def fs_10_files_with_hashed_names(self, served: Path) -> str:
        return self._written(self._10_files_with_hashed_names, served)

    def _written(self, scenario, served: Path) -> str:
        made = scenario(LocalFileSystem(auto_mkdir=True), lambda *parts: "/".join(map(str, parts)), served)
        return str(Path(made).relative_to(served))
