from contextlib import AsyncExitStack

import pytest
from tests.providers.clock import Clock
from tests.providers.seafile.conftest import Bench

from hubdrives.testing.emulators.seafile import Seafile as Emulator
from hubdrives.testing.emulators.server import serving


@pytest.fixture
async def other():
    """A second server."""
    async with AsyncExitStack() as stack:
        clock = Clock()
        yield Bench(await stack.enter_async_context(serving(Emulator(clock=clock))), clock, stack)


async def test_several_servers_stand_side_by_side(bench, other):
    for number, each in enumerate((bench, other)):
        each.file("a.txt", f"server {number}")
    one, two = await bench.connect(), await other.connect()
    assert one.parse(other.seafile.location, base_url=bench.seafile.url) is None
    assert two.parse(bench.seafile.location, base_url=other.seafile.url) is None
    assert bench.root.host != other.root.host
    found = [
        b"".join([piece async for piece in seafile.read((await seafile.snapshot(each.root)).files[0])])
        for seafile, each in ((one, bench), (two, other))
    ]
    assert found == [b"server 0", b"server 1"]


async def test_the_account_says_how_to_share_with_it(bench, seafile):
    assert seafile.explain_access() == "Share it in Seafile with service@example.org, for reading or more."
