import pytest
from tests.providers.asking import read
from tests.providers.seafile.conftest import read_many

from hubdrives.errors import NotFound, NotShared, VersionGone


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
