"""Writing through the gateway: what the grants say, once and whole, and seen at once."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.gateway.shelves import EVERYBODY, ShelfBehindAGateway, put, shelved

from hubdrives.config import Grant
from hubdrives.content import Bytes
from hubdrives.errors import BadInput, Changed, Forbidden, NotGranted

KEY = "a-key-that-nobody-else-has"


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[ShelfBehindAGateway]:
    async with shelved(tmp_path) as made:
        yield made


# Who may


@pytest.mark.parametrize("can", [("read",), ("link",), ("share",), ("read", "link", "share")], ids="+".join)
async def test_who_has_no_grant_to_write_writes_nothing(world: ShelfBehindAGateway, can: tuple[str, ...]) -> None:
    await world.open(Grant(connection="shelf", everyone=True, can=can))
    await world.write("a.txt", b"a")
    writer, place = world.provider, world.location
    for change in (
        writer.write(place, "b.txt", Bytes(b"b")),
        writer.make_folder(place, "folder"),
        writer.remove(place.below("a.txt")),
        writer.move(place.below("a.txt"), name="b.txt"),
        writer.versions(place.below("a.txt")),
        writer.restore(place.below("a.txt"), "n3"),
    ):
        with pytest.raises(NotGranted):
            await change
    assert (await world.names(), await world.history("a.txt")) == (["a.txt"], [b"a"])


async def test_to_write_is_not_to_read(world: ShelfBehindAGateway) -> None:
    await world.open(Grant(connection="shelf", everyone=True, can=("write",)))
    await world.write("a.txt", b"secret")
    entry = await world.provider.write(world.location, "b.txt", Bytes(b"b"))
    assert entry.size == 1
    place = world.location.below("a.txt")
    for look in (world.provider.stat(place), world.provider.snapshot(place), world.provider.versions(place)):
        with pytest.raises(NotGranted):
            await look
    with pytest.raises(NotGranted):
        [piece async for piece in world.provider.read_version(place, "n3")]


async def test_a_signed_link_never_gives_more_than_reading(world: ShelfBehindAGateway) -> None:
    await world.open()
    await world.write("a.txt", b"a")
    link = await world.provider.sign_link(world.location)
    place = type(world.provider).parse(f"link:{link.token}", base_url=world.base_url)
    assert place is not None
    assert (await world.provider.stat(place.below("a.txt"))).size == 1
    writer = world.provider
    for change in (
        writer.write(place, "b.txt", Bytes(b"b")),
        writer.make_folder(place, "folder"),
        writer.remove(place.below("a.txt")),
        writer.move(place.below("a.txt"), name="b.txt"),
        writer.move(world.location.below("a.txt"), parent=place, name="b.txt"),
        writer.versions(place.below("a.txt")),
        writer.restore(place.below("a.txt"), "n3"),
    ):
        with pytest.raises(NotGranted):
            await change
    assert await world.names() == ["a.txt"]


# Where


@pytest.fixture
async def rooms(world: ShelfBehindAGateway) -> ShelfBehindAGateway:
    """Everybody may write into "mine", and read all of the room; "others" is beside it."""
    for path in ("mine/a.txt", "mine/sub/b.txt", "others/c.txt"):
        await world.write(path, path.encode())
    mine = world.address(await world.item("mine"))
    await world.open(
        Grant(connection="shelf", everyone=True, can=("read",)),
        Grant(connection="shelf", root=mine, everyone=True, can=("write",)),
    )
    return world


async def test_nothing_is_written_outside_the_root_of_the_grant(rooms: ShelfBehindAGateway) -> None:
    writer, room = rooms.provider, rooms.location
    others = [room, room.below("others"), await rooms.at("others"), rooms.locate(rooms.address("top"))]
    for place in others:
        for change in (
            writer.write(place, "x.txt", Bytes(b"x")),
            writer.write(place, "c.txt", Bytes(b"x")),
            writer.make_folder(place, "x"),
            writer.move(room.below("mine/a.txt"), parent=place),
            writer.move(room.below("mine/sub"), parent=place, name="x"),
        ):
            with pytest.raises(NotGranted):
                await change
    for change in (
        writer.remove(room.below("others/c.txt")),
        writer.move(room.below("others/c.txt"), parent=room.below("mine")),
        writer.move(await rooms.at("others/c.txt"), name="x"),
    ):
        with pytest.raises(NotGranted):
            await change
    assert await rooms.names() == ["mine", "others"]
    assert (await rooms.names("mine"), await rooms.names("others")) == (["a.txt", "sub"], ["c.txt"])
    # What is below the root, at any depth and by any address, is theirs.
    await writer.write(room.below("mine/sub"), "d.txt", Bytes(b"d"))
    await writer.write(await rooms.at("mine/sub"), "e.txt", Bytes(b"e"))
    assert await rooms.names("mine/sub") == ["b.txt", "d.txt", "e.txt"]


async def test_the_root_of_a_grant_is_not_its_holder_s_to_move_or_remove(rooms: ShelfBehindAGateway) -> None:
    for place in (rooms.location.below("mine"), await rooms.at("mine")):
        with pytest.raises(NotGranted):
            await rooms.provider.remove(place)
        with pytest.raises(NotGranted):
            await rooms.provider.move(place, name="yours")
        with pytest.raises(NotGranted):
            await rooms.provider.move(place, parent=place.below("sub"))
    assert await rooms.names() == ["mine", "others"]


async def test_a_grant_for_a_wider_folder_lets_the_narrower_root_be_moved(world: ShelfBehindAGateway) -> None:
    await world.write("mine/a.txt", b"a")
    mine = world.address(await world.item("mine"))
    await world.open(Grant(connection="shelf", root=mine, everyone=True, can=("write",)), EVERYBODY)
    await world.provider.move(world.location.below("mine"), name="yours")
    assert await world.names() == ["yours"]


@pytest.mark.parametrize("name", ["..", ".", "", "../x", "a/../../x", "/x", "a\0b", "others/x", "..\0"])
async def test_no_name_leads_anywhere(rooms: ShelfBehindAGateway, name: str) -> None:
    mine = rooms.location.below("mine")
    for change in (
        rooms.provider.write(mine, name, Bytes(b"x")),
        rooms.provider.make_folder(mine, name),
        rooms.provider.move(mine.below("a.txt"), name=name),
    ):
        with pytest.raises(BadInput):
            await change
    assert rooms.shelf.asked.count("change") == 0
    assert (await rooms.names(), await rooms.names("mine")) == (["mine", "others"], ["a.txt", "sub"])


@pytest.mark.parametrize("under", ["..", "mine/../others", "/others", "mine/\0"])
async def test_no_path_leads_out(rooms: ShelfBehindAGateway, under: str) -> None:
    status, body = await put(rooms, "x.txt", under=under)
    assert (status, body["code"]) == (400, "bad-path")
    assert rooms.shelf.asked.count("change") == 0


async def test_a_folder_that_was_moved_out_by_a_colleague_is_not_written_into(rooms: ShelfBehindAGateway) -> None:
    sub = await rooms.at("mine/sub")
    await rooms.provider.write(sub, "x.txt", Bytes(b"x"))
    item = rooms.shelf.find("room/mine/sub")
    item.parent.children.remove(item)
    item.parent = rooms.shelf.top
    rooms.shelf.top.children.append(item)
    with pytest.raises(NotGranted):
        await rooms.provider.write(sub, "y.txt", Bytes(b"y"))


async def test_what_was_moved_is_found_where_it_is_and_judged_there(world: ShelfBehindAGateway) -> None:
    await world.write("open/folder/a.txt", b"a")
    await world.make_folder("closed")
    addresses = {name: world.address(await world.item(name)) for name in ("open", "closed")}
    await world.open(
        *(
            Grant(connection="shelf", root=address, users=users, can=("read", "write"))
            for address, users in ((addresses["open"], ("alice", "tess")), (addresses["closed"], ("tess",)))
        ),
        fresh_seconds=600.0,
    )
    folder = await world.at("open/folder")
    assert (await world.provider.stat(folder)).path == "folder"
    world.use(world.bench.people.token("tess"))
    await world.provider.move(folder, parent=world.locate(addresses["closed"]))
    world.use(world.bench.people.token("alice"))
    for ask in (world.provider.stat(folder), world.provider.write(folder, "b.txt", Bytes(b"b"))):
        with pytest.raises(NotGranted):
            await ask


async def test_nothing_moves_from_one_connection_to_another(world: ShelfBehindAGateway) -> None:
    await world.write("a.txt", b"a")
    await world.open(EVERYBODY, Grant(connection="drive", everyone=True, can=("write",)))
    drive = world.locate(world.bench.drive.location)
    with pytest.raises(BadInput, match="one connection"):
        await world.provider.move(world.location.below("a.txt"), parent=drive)


async def test_what_the_provider_can_not_do_is_one_sentence(world: ShelfBehindAGateway) -> None:
    await world.open(Grant(connection="drive", everyone=True, can=("read", "write", "share")))
    drive, provider = world.locate(world.bench.drive.location), world.provider
    world.bench.file("a")
    for change in (
        provider.write(drive, "a.txt", Bytes(b"a")),
        provider.make_folder(drive, "a"),
        provider.remove(drive.below("a")),
        provider.versions(drive),
        provider.shares(drive),
    ):
        with pytest.raises(BadInput, match="Google Drive") as refusal:
            await change
        assert str(refusal.value).count(".") == 1


async def test_what_a_connection_can_do_is_told(world: ShelfBehindAGateway) -> None:
    await world.open(EVERYBODY, Grant(connection="drive", everyone=True))
    told = {one.name: one for one in await world.provider.connections()}
    assert (told["drive"].able, told["drive"].roles) == ((), ())
    assert told["shelf"].able == ("write", "versions", "search", "share", "token")
    assert told["shelf"].roles == ("reader", "editor")
    assert told["shelf"].can == ("link", "read", "share", "token", "write")


# Only if


async def test_the_headers_say_what_must_be_there(world: ShelfBehindAGateway) -> None:
    await world.open()
    status, first = await put(world, "a.txt", b"one", If_None_Match="*")
    assert (status, first["size"]) == (200, 3)
    assert (await put(world, "a.txt", b"two", If_None_Match="*"))[0] == 412
    assert (await put(world, "a.txt", b"two", If_Match='"another"'))[0] == 412
    assert (await put(world, "a.txt", b"two", If_Match=f'"{first["version"]}"'))[0] == 200
    assert await world.history("a.txt") == [b"two", b"one"]


@pytest.mark.parametrize(
    "headers",
    [
        {"If_Match": "*"},
        {"If_Match": '""'},
        {"If_Match": 'W/"n1"'},
        {"If_Match": '"n1", "n2"'},
        {"If_Match": "n1"},
        {"If_None_Match": '"n1"'},
        {"If_Match": '"n1"', "If_None_Match": "*"},
        {"Idempotency_Key": "short"},
        {"Content_Digest": "sha-256=:AAA:"},
    ],
    ids=str,
)
async def test_a_header_that_is_not_understood_is_no_permission(
    world: ShelfBehindAGateway, headers: dict[str, str]
) -> None:
    await world.open()
    status, body = await put(world, "a.txt", **headers)
    assert (status, body["code"]) == (400, "bad-input")
    assert await world.names() == []


@pytest.mark.parametrize("version", ['a"b', "a b", "%2F", "ä/€", "x,y", "*"])
async def test_a_version_may_hold_anything(world: ShelfBehindAGateway, version: str) -> None:
    await world.open()
    await world.write("a.txt", b"one")
    world.shelf.find("room/a.txt").history[0].id = version
    for data, condition in ((b"no", "another"), (b"two", version)):
        try:
            await world.provider.write(world.location, "a.txt", Bytes(data), if_version=condition)
        except Changed:
            assert condition == "another"
    assert await world.history("a.txt") == [b"two", b"one"]


# Seen at once


async def test_the_writer_is_shown_what_was_written_however_fresh_the_listing_was(world: ShelfBehindAGateway) -> None:
    await world.open(fresh_seconds=600.0)
    writer, place = world.provider, world.location
    seen = []
    for change in (
        lambda: writer.write(place, "a.txt", Bytes(b"one")),
        lambda: writer.write(place, "a.txt", Bytes(b"two!")),
        lambda: writer.make_folder(place, "folder"),
        lambda: writer.move(place.below("a.txt"), parent=place.below("folder"), name="b.txt"),
        lambda: writer.remove(place.below("folder")),
    ):
        await writer.snapshot(place)
        await writer.stat(place)
        await change()
        seen.append([(entry.path, entry.size) for entry in (await writer.snapshot(place)).entries])
    assert seen == [
        [("a.txt", 3)],
        [("a.txt", 4)],
        [("a.txt", 4), ("folder", None)],
        [("folder", None), ("folder/b.txt", 4)],
        [],
    ]


async def test_a_folder_that_was_removed_is_not_described_any_more(world: ShelfBehindAGateway) -> None:
    await world.open(fresh_seconds=600.0)
    await world.write("folder/a.txt", b"a")
    folder = await world.at("folder")
    await world.provider.snapshot(folder)
    await world.provider.stat(folder)
    await world.provider.remove(folder)
    with pytest.raises((NotGranted, FileNotFoundError)):
        await world.provider.stat(folder)


async def test_a_folder_that_was_renamed_is_described_by_its_new_name(world: ShelfBehindAGateway) -> None:
    await world.open(fresh_seconds=600.0)
    await world.write("folder/a.txt", b"a")
    folder = await world.at("folder")
    await world.provider.snapshot(folder)
    await world.provider.stat(folder)
    await world.provider.move(folder, name="renamed")
    assert (await world.provider.stat(folder)).path == "renamed"


@pytest.fixture
def looks(world: ShelfBehindAGateway, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The paths of which the provider was asked where they lie."""
    asked: list[str] = []
    original = world.kind.contains

    async def contains(self, root, location):
        asked.append(location.path)
        return await original(self, root, location)

    monkeypatch.setattr(world.kind, "contains", contains)
    return asked


async def test_writing_a_file_does_not_make_the_gateway_ask_again_where_its_folder_lies(
    world: ShelfBehindAGateway, looks: list[str]
) -> None:
    await world.open(fresh_seconds=600.0)
    await world.make_folder("folder")
    for number in range(5):
        await world.provider.write(world.location.below("folder"), f"{number}.txt", Bytes(b"x"))
    assert looks == ["folder"]


async def test_where_something_else_may_be_now_the_gateway_asks_again(
    world: ShelfBehindAGateway, looks: list[str]
) -> None:
    await world.open(fresh_seconds=600.0)
    await world.make_folder("folder")
    folder = world.location.below("folder")
    await world.provider.write(folder, "a.txt", Bytes(b"x"))
    await world.provider.remove(folder)
    await world.make_folder("folder")
    looks.clear()
    await world.provider.write(folder, "a.txt", Bytes(b"x"))
    assert looks == ["folder"]


# With each user's own token


async def test_each_writes_with_their_own_token_and_a_grant(world: ShelfBehindAGateway) -> None:
    for path in ("ann/a.txt", "bob/b.txt"):
        await world.write(path, b"x")
    await world.personal({name: await world.item(name) for name in ("ann", "bob")})
    await world.open(
        Grant(connection="shelf", users=("ann",), can=("read", "write")),
        Grant(connection="shelf", users=("bob",), can=("read",)),
        Grant(connection="shelf", users=("mallory",), can=("write",)),
        personal=True,
    )
    for user, folder, may in (("ann", "ann", True), ("ann", "bob", False), ("bob", "bob", False)):
        world.use(world.bench.people.token(user))
        place = await world.at(folder)
        if may:
            await world.provider.write(place, "new.txt", Bytes(b"new"))
        else:
            with pytest.raises(Forbidden):
                await world.provider.write(place, "new.txt", Bytes(b"new"))
    assert (await world.names("ann"), await world.names("bob")) == (["a.txt", "new.txt"], ["b.txt"])
