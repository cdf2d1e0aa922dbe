"""What a provider promises that makes transfers holds through the gateway, too."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.gateway.ferries import Ferries, ferried
from tests.providers.globus.test_contract import EmulatedFolder

from hubdrives.config import Grant
from hubdrives.model import Location
from hubdrives.providers.gateway import Gateway
from hubdrives.testing.contract_transfers import TransferableContract

EVERYBODY = Grant(connection="globus", everyone=True, can=("read", "write", "transfer"))


class FolderBehindAGateway(EmulatedFolder):
    """A folder of an emulated Globus, seen through the gateway by alice."""

    def __init__(self, ferries: Ferries) -> None:
        self.globus, self._collection = ferries.world.globus, ferries.world.lab
        self.base_url = ferries.bench.url
        token = ferries.bench.people.token("alice")
        self.provider = ferries.bench.connect(token)
        self.globus.add_folder("course", collection=self._collection)
        self.pasted = self.globus.web_address(self._collection, "/course/")
        self.location = self._locate(self.pasted)
        self._secrets = (token, self.globus.client.secret or "")

    @property
    def secrets(self) -> tuple[str, ...]:
        return self._secrets

    async def write(self, path: str, data: bytes) -> None:
        self.globus.add_file(f"course/{path}", data, collection=self._collection)

    async def pass_time(self) -> None:
        self.globus.advance(1)

    def _locate(self, address: str) -> Location:
        location = Gateway.parse(address, base_url=self.base_url)
        assert location is not None
        return location


class TestTransferable(TransferableContract):
    forwards = True

    @pytest.fixture
    async def world(self, tmp_path: Path) -> AsyncIterator[FolderBehindAGateway]:
        async with ferried(tmp_path) as ferries:
            await ferries.open(EVERYBODY)
            yield FolderBehindAGateway(ferries)
