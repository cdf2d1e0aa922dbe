import pytest
from tests.providers.asking import read
from tests.providers.seafile.conftest import read_many

from hubdrives.content import Bytes
from hubdrives.errors import Corrupt, Forbidden, NotFound, NotShared, VersionGone
from hubdrives.providers.abilities import Invitee


@pytest.fixture
async def tree(bench):
    for number in range(5):
        bench.file(f"week {number}/a.txt", f"text {number}")
    bench.one = await bench.connect(token=bench.seafile.library_token().token, library_token=True)
    bench.asked()
    return bench


async def test_everything_is_asked_through_the_librarys_own_addresses(tree):
    snapshot = await tree.one.snapshot(tree.root)
    assert snapshot.name == "My Library"
    assert [entry.path for entry in snapshot.files] == [f"week {number}/a.txt" for number in range(5)]
    assert tree.asked() == {"library.info": 1, "dir.list": 2}
    assert [await read(tree.one, entry) for entry in snapshot.files] == [b"text %d" % number for number in range(5)]


async def test_that_nothing_is_new_costs_one_request(tree):
    first = await tree.one.snapshot(tree.root)
    tree.asked()
    assert await tree.one.snapshot(tree.root, known=first) == first
    assert tree.asked() == {"dir.uptodate": 1}
    tree.file("week 3/b.txt", "new")
    assert len((await tree.one.snapshot(tree.root, known=first)).files) == 6


async def test_the_servers_address_is_the_library(tree):
    assert [entry.path async for entry in tree.one.list(tree.account)] == [f"week {number}" for number in range(5)]
    assert (await tree.one.stat(tree.account.below("week 1/a.txt"))).size == 6
    assert await tree.one.contains(tree.account, tree.root.below("week 1"))


async def test_another_library_is_not_opened(tree):
    other = tree.seafile.add_library("other")
    with pytest.raises(NotShared):
        await tree.one.stat(tree.at("/", library=other))


async def test_what_is_not_there_is_not_found(tree):
    with pytest.raises(NotFound):
        await tree.one.stat(tree.root.below("none/a.txt"))
    with pytest.raises(NotFound):
        await tree.one.snapshot(tree.root.below("none"))


async def test_a_file_that_changed_is_not_taken_for_the_listed_one(tree):
    entry = await tree.one.stat(tree.root.below("week 1/a.txt"))
    tree.file("week 1/a.txt", "text 2")
    with pytest.raises(VersionGone):
        await read(tree.one, entry)


async def test_many_files_come_one_by_one(tree):
    for number in range(40):
        tree.file(f"many/{number}.txt", f"{number}")
    entries = list((await tree.one.snapshot(tree.root.below("many"))).files)
    tree.asked()
    found, wrong = await read_many(tree.one, entries)
    assert (len(found), wrong) == (40, {})
    assert tree.asked() == {"file.link": 40, "files.get": 40}


async def test_what_may_be_written_costs_what_it_costs_an_account(tree):
    await tree.one.write(tree.root, "1.txt", Bytes(b"1"))
    assert tree.asked() == {"library.info": 1, "file.detail": 1, "upload.link": 1, "upload": 1}
    version = (await tree.one.write(tree.root, "1.txt", Bytes(b"2"))).version
    await tree.one.write(tree.root, "1.txt", Bytes(b"3"), if_version=version)
    assert tree.asked() == {"file.detail": 2, "upload": 2}
    assert tree.history("/1.txt") == [b"3", b"2", b"1"]
    assert await read(tree.one, await tree.one.stat(tree.account.below("1.txt"))) == b"3"


async def test_folders_and_files_are_moved_within_the_library(tree):
    await tree.one.make_folder(tree.account, "all")
    tree.asked()
    await tree.one.move(tree.root.below("week 1"), parent=tree.root.below("all"), name="first")
    assert tree.asked()["move.several"] == 1
    await tree.one.move(tree.root.below("week 2/a.txt"), parent=tree.root.below("all"))
    snapshot = await tree.one.snapshot(tree.root.below("all"))
    assert [entry.path for entry in snapshot.files] == ["a.txt", "first/a.txt"]
    assert tree.history("/all/first/a.txt") == [b"text 1"]
    await tree.one.remove(tree.root.below("all"))
    with pytest.raises(NotFound):
        await tree.one.stat(tree.root.below("all"))


async def test_one_that_only_reads_changes_nothing(tree):
    token = tree.seafile.library_token(permission="r").token
    narrow = await tree.connect(token=token, library_token=True)
    place = tree.root.below("week 1/a.txt")
    for attempt in (
        narrow.write(tree.root, "b.txt", Bytes(b"b")),
        narrow.make_folder(tree.root, "b"),
        narrow.remove(place),
        narrow.move(place, name="b.txt"),
        narrow.move(place, parent=tree.root),
    ):
        with pytest.raises(Forbidden):
            await attempt
    assert [entry.path async for entry in narrow.list(tree.root)] == [f"week {number}" for number in range(5)]
    assert (await narrow.stat(place)).size == 6


async def test_damaged_bytes_are_told_though_no_history_is_there_to_put_the_others_back(tree):
    tree.fault("upload", "damaged", times=1)
    with pytest.raises(Corrupt):
        await tree.one.write(tree.root.below("week 1"), "a.txt", Bytes(b"new"))
    await tree.one.write(tree.root.below("week 1"), "a.txt", Bytes(b"new"))
    assert (tree.history("/week 1/a.txt")[0], tree.history("/week 1/a.txt")[-1]) == (b"new", b"text 1")
    assert "file.history" not in tree.asked()


async def test_what_a_file_was_before_is_not_told_but_what_it_takes(tree):
    with pytest.raises(Forbidden) as refused:
        await tree.one.versions(tree.root.below("week 1/a.txt"))
    assert "the token of an account" in refused.value.hint


async def test_nothing_is_shared(tree):
    place = tree.root.below("week 1")
    for attempt in (
        tree.one.shares(place),
        tree.one.share(place, Invitee(who=tree.seafile.add_user("ada@example.org").email), "r"),
        tree.one.change_share(place, "user:ada@example.org", "rw"),
        tree.one.unshare(place, "user:ada@example.org"),
        tree.one.make_link(place),
        tree.one.links(place),
        tree.one.remove_link(place, "x"),
    ):
        with pytest.raises(Forbidden, match="nothing can be shared"):
            await attempt
    assert tree.asked() == {}
