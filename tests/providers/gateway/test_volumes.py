"""What Globus promises of its collections holds through the gateway, too."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.gateway.ferries import Ferries, ferried
from tests.providers.globus.test_contract import EmulatedFolder

from hubdrives.config import Grant
from hubdrives.model import Location
from hubdrives.providers.gateway import Gateway
from hubdrives.testing.contract_volumes import HasVolumesContract

NOWHERE = "https://app.globus.org/file-manager?origin_id=00000000-0000-0000-0000-000000000000&origin_path=%2F"


class FolderBehindAGateway(EmulatedFolder):
    """A folder of the lab's collection, of which alice is told by the gateway."""

    def __init__(self, ferries: Ferries) -> None:
        self.globus, self._collection = ferries.world.globus, ferries.world.lab
        self.provider = ferries.bench.connect(ferries.bench.people.token("alice"))
        self.base_url = ferries.bench.url
        self.globus.add_folder("course", collection=self._collection)
        self.location = self._parsed(self.globus.web_address(self._collection, "/course/"))
        self.missing = self._parsed(NOWHERE)

    @property
    def secrets(self) -> tuple[str, ...]:
        return ("token-of-alice-7f3a",)

    async def write(self, path: str, data: bytes) -> None:
        self.globus.add_file(f"course/{path}", data, collection=self._collection)

    def _parsed(self, text: str) -> Location:
        found = Gateway.parse(text, base_url=self.base_url)
        assert found is not None
        return found


@pytest.fixture
async def ferries(tmp_path: Path) -> AsyncIterator[Ferries]:
    async with ferried(tmp_path) as made:
        made.world.globus.add_identity("bob@example.org")
        made.world.globus.add_collection(made.world.lab.display_name, owner="bob@example.org")
        yield made


class TestWithALoginOfOnesOwn(HasVolumesContract):
    forwards = True

    @pytest.fixture
    async def world(self, ferries: Ferries) -> FolderBehindAGateway:
        await ferries.open(Grant(connection="globus", everyone=True), personal=True, root=None)
        return FolderBehindAGateway(ferries)


class TestWithAServicesAccount(HasVolumesContract):
    forwards = True

    @pytest.fixture
    async def world(self, ferries: Ferries) -> FolderBehindAGateway:
        whole = Grant(connection="globus", root="https://app.globus.org/file-manager", everyone=True)
        await ferries.open(whole)
        return FolderBehindAGateway(ferries)
