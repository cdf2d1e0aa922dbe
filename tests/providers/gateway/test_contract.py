from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.gateway.bench import LINK_KEY, benched
from tests.providers.googledrive.test_contract import EmulatedFolder

from hubdrives.config import Grant
from hubdrives.model import Location
from hubdrives.providers.gateway import Gateway
from hubdrives.testing.contract import ProviderContract, World
from hubdrives.testing.emulators.googledrive import OWNER


class FolderBehindAGateway(EmulatedFolder):
    """The folder of an emulated Drive, seen through the gateway by a user who may read it and one file beside it."""

    def __init__(self, bench, provider: Gateway, outside: str) -> None:
        self.drive, self.provider, self.base_url = bench.drive, provider, bench.url
        self.pasted = bench.drive.location
        self.location = self._locate(bench.drive.root)
        self.outside = self._locate(outside)
        self.missing = self._locate("1NothingHasThisIdAndNothingWill000")
        self.secrets = (bench.key["private_key"][100:200], "ya29.", "token-of-alice-7f3a", LINK_KEY.split()[0])

    async def at(self, path: str) -> Location:
        return self._locate(self._id(path))

    async def link(self, path: str, target: str | Location) -> None:
        folder, _, name = path.rpartition("/")
        to = self._id(target) if isinstance(target, str) else target.id.rpartition("/")[2]
        self.drive.tree.add(name, parent=self._folder(folder), kind="shortcut", target=to)

    def _locate(self, item: str) -> Location:
        location = Gateway.parse(f"https://drive.google.com/drive/folders/{item}", base_url=self.base_url)
        assert location is not None
        return location


class TestGateway(ProviderContract):
    forwards = True
    duplicate_names = True
    hostile_names = ("..", ".git", "A.txt", "a.txt", "back\\slash", "trailing. ", "x" * 400 + ".txt", " ")

    @pytest.fixture
    async def world(self, tmp_path: Path) -> AsyncIterator[World]:
        async with benched(tmp_path) as bench:
            elsewhere = bench.folder_in("elsewhere", bench.drive.home(OWNER))
            bench.drive.access.share(elsewhere, bench.drive.robot.email)
            outside = bench.file("private.txt", "private", elsewhere)
            everyone = Grant(connection="drive", everyone=True)
            beside = Grant(connection="drive", root=f"https://drive.google.com/open?id={outside}", everyone=True)
            await bench.start(everyone, beside)
            yield FolderBehindAGateway(bench, bench.connect(bench.people.token("alice")), outside)
