import pytest
from tests.http.servers import QUICK, Tokens, table

from hubdrives.http import Client


@pytest.fixture
async def client():
    async with Client(title="Test Drive", errors=table, policy=QUICK) as client:
        yield client


@pytest.fixture
async def bearer():
    async with Client(title="Test Drive", errors=table, policy=QUICK, tokens=Tokens()) as client:
        yield client
