"""Versions: over pages, renames and moves, and as older servers tell them."""

from datetime import UTC, datetime

import pytest

from hubdrives.content import Bytes
from hubdrives.errors import BadInput, Forbidden


@pytest.fixture
async def thrice(bench, seafile):
    for data in (b"first", b"the second", b"3rd"):
        bench.file("a.txt", data)
        bench.seafile.libraries.record()
        bench.clock.now += 3600
    bench.asked()
    return bench.root.below("a.txt")


async def texts(seafile, place):
    found = await seafile.versions(place)
    return [b"".join([piece async for piece in seafile.read_version(place, each.id)]) for each in found]


async def test_versions_tell_who_put_them_there_and_when(bench, seafile, thrice):
    person = bench.seafile.add_user("ada@example.org")
    bench.seafile.share(bench.seafile.library, person, "rw")
    await (await bench.connect(person)).write(bench.root, "a.txt", Bytes(b"hers"))
    now, before, *_ = await seafile.versions(thrice)
    assert (now.author, now.current, before.author) == (person.email, True, bench.seafile.account.email)
    assert now.modified == datetime.fromtimestamp(bench.clock.now, UTC)


async def test_versions_cost_one_request_a_hundred_and_reading_one_two_more(bench, seafile, thrice):
    versions = await seafile.versions(thrice)
    assert bench.asked() == {"dir.list": 1, "file.history": 1}
    assert [piece async for piece in seafile.read_version(thrice, versions[-1].id)] == [b"first"]
    assert bench.asked() == {"dir.list": 1, "file.history": 1, "file.revision": 1, "files.get": 1}


async def test_all_pages_are_asked_for(bench, seafile):
    for number in range(205):
        bench.file("a.txt", f"{number}")
        bench.seafile.libraries.record()
    found = await seafile.versions(bench.root.below("a.txt"))
    assert (len(found), len({each.id for each in found}), found[0].current) == (205, 205, True)
    assert bench.asked()["file.history"] == 3


async def test_a_file_keeps_its_versions_under_another_name_and_in_another_folder(bench, seafile, thrice):
    bench.folder("to")
    await seafile.move(thrice, name="b.txt")
    await seafile.move(bench.root.below("b.txt"), parent=bench.root.below("to"))
    await seafile.write(bench.root.below("to"), "b.txt", Bytes(b"4th"))
    place = bench.root.below("to/b.txt")
    assert await texts(seafile, place) == [b"4th", b"3rd", b"the second", b"first"]


async def test_a_version_from_under_another_name_comes_back_under_the_present_one(bench, seafile, thrice):
    await seafile.move(thrice, name="b.txt")
    place = bench.root.below("b.txt")
    entry = await seafile.restore(place, (await seafile.versions(place))[-1].id)
    assert (entry.path, entry.size) == ("b.txt", 5)
    assert bench.history("/b.txt") == [b"first", b"3rd", b"the second", b"first"]
    assert [each.path async for each in seafile.list(bench.root)] == ["b.txt"]


async def test_the_current_version_is_not_restored_once_more(bench, seafile, thrice):
    current = (await seafile.versions(thrice))[0]
    await seafile.restore(thrice, current.id)
    assert "file.revert" not in bench.asked()


@pytest.mark.parametrize("effect", ["reset_after_effect", "refuse_after_effect"])
async def test_restoring_may_be_asked_for_twice(bench, seafile, thrice, effect):
    oldest = (await seafile.versions(thrice))[-1]
    bench.fault("file.revert", effect, times=1)
    await seafile.restore(thrice, oldest.id)
    assert bench.history("/a.txt") == [b"first", b"3rd", b"the second", b"first"]


async def test_an_address_that_lapses_while_a_version_is_read_is_asked_for_again(bench, seafile, thrice):
    oldest = (await seafile.versions(thrice))[-1]
    bench.fault("files.get", "expired_link", times=1)
    assert [piece async for piece in seafile.read_version(thrice, oldest.id)] == [b"first"]


async def test_who_may_only_read_may_not_restore(bench, thrice):
    reader = bench.seafile.add_user("reader@example.org")
    bench.seafile.share(bench.seafile.library, reader, "r")
    seafile = await bench.connect(reader)
    oldest = (await seafile.versions(thrice))[-1]
    with pytest.raises(Forbidden):
        await seafile.restore(thrice, oldest.id)


async def test_older_servers_tell_all_versions_at_once(bench, seafile, thrice):
    bench.seafile.settings.modern = False
    assert await texts(seafile, thrice) == [b"3rd", b"the second", b"first"]


async def test_a_library_and_what_a_library_token_opens_have_none(bench, seafile, thrice):
    with pytest.raises(BadInput):
        await seafile.versions(bench.account.below("My Libraries"))
    narrow = await bench.connect(token=bench.seafile.library_token().token, library_token=True)
    with pytest.raises(Forbidden):
        await narrow.versions(thrice)
