"""Files that everybody may read, by their addresses at an https server, where nothing else of Globus can be asked."""

import pytest
from tests.providers.asking import read

from hubdrives.errors import Forbidden, NotFound, VersionGone
from hubdrives.model import Kind, Location
from hubdrives.pull import pull
from hubdrives.testing.emulators.globus.collections import EVERYBODY

TEXT = b"depth,salt\n10,35.1\n"


@pytest.fixture
async def server(bench) -> str:
    """That of a collection which is open to everybody, and on nobody's list."""
    other = bench.globus.add_collection("Ocean", owner=bench.globus.add_identity("ocean@example.org"))
    bench.globus.share(other, EVERYBODY)
    bench.file("casts/a b#1.csv", TEXT, collection=other)
    await bench.globus.refresh()
    return other.https_server


def at(server: str, path: str) -> Location:
    return Location(provider="globus", id=server, path=path)


async def test_a_file_is_found_by_a_look_at_its_server_and_read_without_a_token(bench, provider, server, tmp_path):
    location = at(server, "casts/a b#1.csv")
    entry = await provider.stat(location)
    assert (entry.path, entry.kind, entry.size) == ("a b#1.csv", Kind.FILE, len(TEXT))
    assert bench.asked()["https.head"] == 1
    assert await read(provider, entry) == TEXT
    assert await read(provider, entry, start=6, stop=10) == TEXT[6:10]
    assert (await provider.describe(location)).name == "a b#1.csv"
    report = await pull(provider, location, tmp_path / "ocean")
    assert report.added == ["a b#1.csv"]
    assert (tmp_path / "ocean/a b#1.csv").read_bytes() == TEXT


async def test_it_needs_no_leave_to_ask_for_collections(bench, provider, server):
    bench.fault("transfer.search", "error", reason="PermissionDenied", times=None)
    entry = await provider.stat(at(server, "casts/a b#1.csv"))
    assert await read(provider, entry) == TEXT


async def test_nobody_believes_that_it_is_still_the_same(bench, provider, server):
    location = at(server, "casts/a b#1.csv")
    looks = [await provider.stat(location) for _ in range(2)]
    assert looks[0].version != looks[1].version
    bench.fault("https.get", "replace_content", text="another length", times=1)
    with pytest.raises(VersionGone):
        await read(provider, looks[0])


async def test_what_is_not_there_or_not_open_is_told_as_before(bench, provider, server):
    for path in ("casts/none.csv", "casts", ""):
        with pytest.raises(NotFound, match="which Globus collection"):
            await provider.stat(at(server, path))
    bench.file("own.txt")
    bench.fault("transfer.endpoint", "error", reason="PermissionDenied", times=None)
    with pytest.raises(Forbidden):
        await provider.stat(at(bench.globus.collection.https_server, "own.txt"))


async def test_nothing_is_listed_or_written_there(provider, server):
    with pytest.raises(NotFound):
        assert [entry async for entry in provider.list(at(server, "casts"))]
    with pytest.raises(NotFound):
        await provider.remove(at(server, "casts/a b#1.csv"))


async def test_it_is_in_nobody_s_grant(bench, provider, server):
    location = at(server, "casts/a b#1.csv")
    with pytest.raises(NotFound):
        await provider.contains(bench.at(), location)
    with pytest.raises(NotFound):
        await provider.snapshot(location, boundary=location)
