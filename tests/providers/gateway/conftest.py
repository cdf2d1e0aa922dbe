from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.gateway.bench import PREFIX, Bench, benched
from tests.gateway.cutter import Cutter, cutting
from tests.providers.gateway.pulling import EVERYONE


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    async with benched(tmp_path) as made:
        yield made


@pytest.fixture
async def cutter(bench: Bench) -> AsyncIterator[Cutter]:
    """A gateway behind a connection that breaks."""
    await bench.start(EVERYONE, fresh_seconds=60)
    assert bench.server is not None
    assert bench.server.port is not None
    async with cutting(bench.server.port, PREFIX) as made:
        yield made
