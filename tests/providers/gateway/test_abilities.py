"""What a provider promises that can write, keep versions, be searched and shared holds through the gateway, too."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.gateway.shelves import EVERYBODY, ShelfBehindAGateway, shelved
from tests.testing.shelf import EDITOR, READER

from hubdrives.config import Grant
from hubdrives.testing.contract_abilities import WritableContract
from hubdrives.testing.contract_sharing import SearchableContract, ShareableContract
from hubdrives.testing.contract_versions import VersionedContract


class BehindAGateway:
    forwards = True

    @pytest.fixture
    async def world(self, tmp_path: Path) -> AsyncIterator[ShelfBehindAGateway]:
        async with shelved(tmp_path) as made:
            everywhere = Grant(connection="shelf", root=made.address("top"), everyone=True, can=EVERYBODY.can)
            await made.open(everywhere, fresh_seconds=600.0)
            yield made


class TestWritable(BehindAGateway, WritableContract): ...


class TestVersioned(BehindAGateway, VersionedContract): ...


class TestSearchable(BehindAGateway, SearchableContract): ...


class TestShareable(BehindAGateway, ShareableContract):
    roles = (READER, EDITOR)
