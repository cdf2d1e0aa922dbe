from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.transfers.world import World, world_of


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with world_of(tmp_path) as made:
        yield made
