"""A space behind the hub's gateway: as a service sees it, and as a user sees their own."""

import pytest

from hubdrives.errors import BadInput, NoConnection, NotFound, NotGranted
from hubdrives.spaces import list_spaces, open_spaces


async def test_a_user_reads_their_own_by_the_name_of_the_space_and_no_other_s(gateway, tmp_path):
    service = await gateway.open()
    for user in ("alice", "bob"):
        await (await service.ensure(user)).space.put(user.encode(), "runs/1/who.txt")
    alice = await gateway.seen_by(gateway.bench.people.token("alice"))
    own = await alice.space()
    assert (own.source, own.user) == ("results:/", "")
    assert await own.read_bytes("runs/1/who.txt") == b"alice"
    await own.get("runs", tmp_path / "mine")
    assert (tmp_path / "mine/1/who.txt").read_bytes() == b"alice"
    theirs = await alice.space("bob")
    for doing in (
        theirs.read_bytes("runs/1/who.txt"), theirs.ls(), theirs.put(b"1", "a.txt"), own.put(b"1", "a.txt"),
        own.remove("runs"), alice.ensure("bob"), alice.ensure("alice", role="editor"), alice.unshare("bob"),
        alice.remove("bob"), alice.remove("alice"), alice.ensure_all(["alice", "bob"]),
    ):  # fmt: skip
        with pytest.raises((NotGranted, NotFound)):
            await doing
    assert gateway.tree("sub-of-bob") == {"runs": None, "runs/1": None, "runs/1/who.txt": b"bob"}
    assert gateway.access("sub-of-alice") == {"alice@example.edu": "viewer"}


async def test_a_user_without_a_folder_is_told_so(gateway):
    await gateway.open()
    alice = await gateway.seen_by(gateway.bench.people.token("alice"))
    with pytest.raises(NotFound, match="You have no folder in space 'results' yet"):
        await (await alice.space()).ls()


async def test_what_the_gateway_offers_is_listed_and_the_only_one_is_found(gateway):
    await gateway.open()
    alice = gateway.bench.people.token("alice")
    assert (await gateway.seen_by(alice, "")).name == "results"
    (one,) = await list_spaces(settings=gateway.seen, environment={})
    assert (one.name, one.folder, one.can) == ("results", "results-data", ("read",))
    with pytest.raises(NoConnection, match="no space 'other'"):
        await gateway.seen_by(alice, "other")
    stranger = gateway.bench.people.token("eve")
    with pytest.raises(NoConnection):
        await gateway.seen_by(stranger, "results")


async def test_who_has_a_folder_is_not_told(gateway):
    spaces = await gateway.open()
    with pytest.raises(BadInput, match="does not tell"):
        await spaces.users()


async def test_hundreds_cost_one_request_each_to_the_gateway(gateway):
    spaces = await gateway.open()
    before = len(gateway.bench.audit())
    users = [f"user{number:03}" for number in range(40)]
    report = await spaces.ensure_all(users)
    assert (report.created, report.failed) == (users, [])
    assert len(gateway.bench.audit()) - before == 40


async def test_what_is_configured_here_comes_before_what_the_gateway_offers(gateway):
    await gateway.open()
    here = gateway.settings
    both = type(here)(connections={**here.connections, **gateway.seen.connections}, spaces=here.spaces)
    async with open_spaces("results", settings=both, environment={}, people=gateway.people) as spaces:
        assert (await spaces.space("alice")).source == "service:/sub-of-alice/results-data"
    assert [one.can for one in await list_spaces(settings=both, environment={})] == [("manage",)]


async def test_the_root_may_be_a_path_of_the_connection_that_is_not_there_yet(gateway):
    gateway.space = {"root": "service:/hub/users"}
    spaces = await gateway.open()
    report = await spaces.ensure_all(["alice", "bob"])
    assert report.created == ["alice", "bob"]
    assert gateway.tree("hub/users/sub-of-alice") == {}
