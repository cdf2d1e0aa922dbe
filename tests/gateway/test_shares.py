"""Versions, searches and shares through the gateway: under their own grants, and at the granted place alone."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.gateway.shelves import ShelfBehindAGateway, shelved
from tests.testing.shelf import EDITOR, READER

from hubdrives.config import Grant
from hubdrives.content import Bytes
from hubdrives.errors import BadInput, NotFound, NotGranted
from hubdrives.providers.abilities import Invitee, Query

ANN = Invitee(who="ann@example.org")


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[ShelfBehindAGateway]:
    async with shelved(tmp_path) as made:
        await made.write("mine/a.txt", b"a")
        await made.write("others/b.txt", b"b")
        yield made


# Shares


@pytest.mark.parametrize("can", [("read",), ("write",), ("link",), ("read", "write", "link")], ids="+".join)
async def test_who_has_no_grant_to_share_shares_nothing(world: ShelfBehindAGateway, can: tuple[str, ...]) -> None:
    await world.open(Grant(connection="shelf", everyone=True, can=can))
    for change in (
        world.provider.share(world.location, ANN, READER),
        world.provider.shares(world.location),
        world.provider.change_share(world.location, "x", EDITOR),
        world.provider.unshare(world.location, "x"),
    ):
        with pytest.raises(NotGranted):
            await change
    assert await world.access("") == {}


async def test_to_share_is_neither_to_read_nor_to_write(world: ShelfBehindAGateway) -> None:
    await world.open(Grant(connection="shelf", everyone=True, can=("share",)))
    await world.provider.share(world.location.below("mine"), ANN, READER)
    for change in (
        world.provider.snapshot(world.location),
        world.provider.write(world.location, "x", Bytes(b"x")),
        world.provider.versions(world.location.below("mine/a.txt")),
    ):
        with pytest.raises(NotGranted):
            await change


async def test_a_grant_to_share_one_folder_reaches_no_other_folder_s_shares(world: ShelfBehindAGateway) -> None:
    mine = world.address(await world.item("mine"))
    await world.open(
        Grant(connection="shelf", users=("tess",), can=("share",)),
        Grant(connection="shelf", root=mine, users=("alice",), can=("share",)),
    )
    world.use(world.bench.people.token("tess"))
    theirs = await world.provider.share(world.location.below("others"), ANN, READER)
    world.use(world.bench.people.token("alice"))
    others, mine_now = world.location.below("others"), world.location.below("mine")
    for change in (
        world.provider.share(others, ANN, EDITOR),
        world.provider.shares(others),
        world.provider.unshare(others, theirs.id),
        world.provider.share(world.location, ANN, EDITOR),
    ):
        with pytest.raises(NotGranted):
            await change
    for change in (
        world.provider.unshare(mine_now, theirs.id),
        world.provider.change_share(mine_now, theirs.id, EDITOR),
    ):
        with pytest.raises(NotFound):
            await change
    assert await world.access("others") == {ANN.who: READER}


async def test_the_gateway_itself_looks_whose_share_it_is(world: ShelfBehindAGateway) -> None:
    """Providers may take an identifier from anywhere; then the grant is all that stands between two folders."""
    await world.open()
    theirs = await world.provider.share(world.location.below("others"), ANN, READER)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            world.kind,
            "_share",
            staticmethod(lambda _item, share: world.shelf.find("room/others").shares[share]),
        )
        with pytest.raises(NotFound):
            await world.provider.unshare(world.location.below("mine"), theirs.id)
        with pytest.raises(NotFound):
            await world.provider.change_share(world.location.below("mine"), theirs.id, EDITOR)
    assert await world.access("others") == {ANN.who: READER}


async def test_a_signed_link_shares_nothing(world: ShelfBehindAGateway) -> None:
    await world.open()
    link = await world.provider.sign_link(world.location)
    place = type(world.provider).parse(f"link:{link.token}", base_url=world.base_url)
    assert place is not None
    for change in (world.provider.share(place, ANN, READER), world.provider.shares(place)):
        with pytest.raises(NotGranted):
            await change


async def test_without_a_role_people_may_read(world: ShelfBehindAGateway) -> None:
    await world.open()
    assert (await world.provider.share(world.location, ANN, "")).role == READER


async def test_with_whom_what_was_shared_is_written_down(world: ShelfBehindAGateway) -> None:
    await world.open()
    share = await world.provider.share(world.location, ANN, READER)
    await world.provider.change_share(world.location, share.id, EDITOR)
    await world.provider.unshare(world.location, share.id)
    with pytest.raises(BadInput):
        await world.provider.share(world.location, Invitee(who="nobody@example.org"), READER)
    told = [(line["operation"], line["who"], line.get("role"), line["outcome"]) for line in world.bench.audit()]
    assert told == [
        ("share", ANN.who, READER, "ok"),
        ("change-share", ANN.who, EDITOR, "ok"),
        ("unshare", ANN.who, None, "ok"),
        ("share", "nobody@example.org", READER, "bad-input"),
    ]


# Versions


async def test_a_version_can_be_read_from_where_it_was_cut(world: ShelfBehindAGateway) -> None:
    await world.open()
    data = bytes(range(256)) * 8000
    await world.write("big.bin", data)
    await world.write("big.bin", b"newer")
    place = world.location.below("big.bin")
    version = (await world.provider.versions(place))[1]
    world.use(world.bench.people.token("alice"))
    world.cutter.cuts = [1_100_000]
    pieces = [piece async for piece in world.provider.read_version(place, version.id)]
    assert b"".join(pieces) == data
    assert world.cutter.cuts == []
    assert sum(line["operation"] == "version" for line in world.bench.audit()) == 2


async def test_the_gateway_itself_looks_whose_version_it_is(world: ShelfBehindAGateway) -> None:
    await world.open()
    theirs = (await world.provider.versions(world.location.below("others/b.txt")))[0].id
    place, kept = world.location.below("mine/a.txt"), world.shelf.find("room/others/b.txt").history[0]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(world.kind, "_version", staticmethod(lambda _item, _version: kept))
        with pytest.raises(NotFound):
            [piece async for piece in world.provider.read_version(place, theirs)]
        with pytest.raises(NotFound):
            await world.provider.restore(place, theirs)
    assert await world.history("mine/a.txt") == [b"a"]


async def test_who_reads_only_sees_no_earlier_versions(world: ShelfBehindAGateway) -> None:
    await world.open(Grant(connection="shelf", everyone=True))
    with pytest.raises(NotGranted):
        await world.provider.versions(world.location.below("mine/a.txt"))


# Searching


async def test_whoever_may_read_may_search_by_a_link_too(world: ShelfBehindAGateway) -> None:
    await world.open()
    link = await world.provider.sign_link(world.location.below("mine"))
    place = type(world.provider).parse(f"link:{link.token}", base_url=world.base_url)
    assert place is not None
    found = [entry async for entry in world.provider.search(Query(extensions=("txt",)), under=place)]
    assert [entry.path for entry in found] == ["a.txt"]
    assert await world.read(found[0]) == b"a"


async def test_who_may_not_read_may_not_search(world: ShelfBehindAGateway) -> None:
    await world.open(Grant(connection="shelf", everyone=True, can=("write", "share", "link")))
    with pytest.raises(NotGranted):
        [entry async for entry in world.provider.search(Query(text="a"), under=world.location)]


@pytest.mark.parametrize("asked", [{"kind": "planet"}, {"limit": "many"}, {"limit": "0"}, {"limit": "1001"}], ids=str)
async def test_a_search_that_makes_no_sense_is_refused(world: ShelfBehindAGateway, asked: dict[str, str]) -> None:
    await world.open()
    status, body, _ = await world.bench.ask(
        "GET",
        "api/v1/search",
        token=world.bench.people.token("alice"),
        params={"source": "shelf:/", "text": "a", **asked},
    )
    assert (status, body["code"]) == (400, "bad-input")


async def test_many_found_files_are_read_in_one_go(world: ShelfBehindAGateway) -> None:
    await world.open()
    found = [entry async for entry in world.provider.search(Query(extensions=("txt",)), under=world.location)]
    pieces = {piece.entry.path: piece.data async for piece in world.provider.read_many(found) if piece.error is None}
    assert pieces == {"mine/a.txt": b"a", "others/b.txt": b"b"}
