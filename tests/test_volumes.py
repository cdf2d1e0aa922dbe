"""Volumes at several connections, one of which may be a gateway that tells nothing."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.gateway.ferries import Ferries, ferried

from hubdrives import volumes
from hubdrives.config import ConnectionSettings, Grant, Settings
from hubdrives.errors import BadInput, NoConnection, NotGranted


@pytest.fixture
async def ferries(tmp_path: Path) -> AsyncIterator[Ferries]:
    async with ferried(tmp_path) as made:
        yield made


def behind(ferries: Ferries, user: str) -> ConnectionSettings:
    """The gateway, as in the server of `user`."""
    file = ferries.bench.folder / f"{user}.txt"
    file.write_text(ferries.bench.people.token(user))
    credential = {"kind": "token", "scheme": "token", "token_file": str(file)}
    return ConnectionSettings(provider="gateway", base_url=ferries.bench.url, credential=credential)


async def test_each_is_told_once_though_two_connections_know_it(ferries: Ferries) -> None:
    await ferries.open(Grant(connection="globus", root="https://app.globus.org/file-manager", users=("alice",)))
    own = {"globus": ferries.world.connection()}
    both = Settings(connections={"hub": behind(ferries, "alice"), **own})
    found = await volumes.find(settings=both, environment={})
    assert sorted(one.name for one in found) == ["Home", "Lab", "Lab data"]
    assert len(await volumes.find(limit=2, settings=both, environment={})) == 2
    by_gateway = Settings(connections={"hub": behind(ferries, "alice")})
    lab = next(one for one in await volumes.find("lab", settings=by_gateway, environment={}) if one.name == "Lab")
    assert lab in found
    assert await volumes.details(lab.address, settings=by_gateway, environment={}) == lab


async def test_a_gateway_that_grants_nothing_hides_nothing_of_the_others(ferries: Ferries) -> None:
    await ferries.open()
    hub = {"hub": behind(ferries, "mallory")}
    both = Settings(connections={**hub, "globus": ferries.world.connection()})
    assert "Lab" in [one.name for one in await volumes.find("lab", settings=both, environment={})]
    with pytest.raises(NotGranted):
        await volumes.find("lab", settings=Settings(connections=hub), environment={})


async def test_where_no_volumes_are_a_sentence_says_so() -> None:
    with pytest.raises(NoConnection, match="No connection here has volumes"):
        await volumes.find(settings=Settings(), environment={})
    with pytest.raises(BadInput, match="has no volumes"):
        await volumes.details("/", settings=Settings(), environment={})
