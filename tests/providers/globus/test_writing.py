import asyncio

import pytest
from tests.providers.asking import read

from hubdrives.content import Bytes
from hubdrives.errors import (
    BadInput,
    Changed,
    Corrupt,
    Forbidden,
    LoginNeeded,
    NameTaken,
    NotFound,
    Unavailable,
    Unreadable,
)
from hubdrives.providers.abilities import NEW
from hubdrives.testing.emulators.globus.collections import PERSONAL


@pytest.fixture
async def course(bench, provider):
    bench.globus.add_folder("course")
    await provider.stat(bench.at("course"))
    bench.asked()
    return bench.at("course")


def stored(bench, path):
    node = bench.globus.tree.at(bench.globus.collection.root, path)
    return (
        None
        if node is None or node.content is None
        else node.content.path.read_bytes()
        if node.content.path
        else node.content.data
    )


async def test_a_file_costs_a_look_before_and_one_after(bench, provider, course):
    entry = await provider.write(course, "a.txt", Bytes(b"hello"))
    assert bench.asked() == {"transfer.stat": 2, "https.put": 1}
    assert entry.version == (await provider.stat(course.below("a.txt"))).version
    assert stored(bench, "course/a.txt") == b"hello"


async def test_a_folder_costs_one_request_and_one_that_is_there_two(bench, provider, course):
    await provider.make_folder(course, "data")
    assert bench.asked() == {"transfer.mkdir": 1}
    await provider.make_folder(course, "data")
    assert bench.asked() == {"transfer.mkdir": 1, "transfer.stat": 1}


async def test_a_version_of_the_same_size_waits_for_another_second(bench, provider, course):
    first = await provider.write(course, "a.txt", Bytes(b"one"))
    before = bench.clock.now
    second = await provider.write(course, "a.txt", Bytes(b"two"), if_version=first.version)
    assert second.version != first.version
    assert 1 <= bench.clock.now - before < 3
    assert await read(provider, second) == b"two"


async def test_what_somebody_else_wrote_just_now_is_never_taken_for_what_is_known(bench, provider, course):
    bench.globus.add_file("course/a.txt", "one")
    unsettled = await provider.stat(course.below("a.txt"))
    with pytest.raises(Changed):
        await provider.write(course, "a.txt", Bytes(b"two"), if_version=unsettled.version)
    with pytest.raises(Changed):
        await provider.remove(course.below("a.txt"), if_version=unsettled.version)
    assert stored(bench, "course/a.txt") == b"one"


async def test_only_what_goes_over_a_file_is_read_beforehand(bench, provider, course):
    class Counted(Bytes):
        reads = 0

        def read(self, start=0, stop=None):
            Counted.reads += 1
            return super().read(start, stop)

    await provider.write(course, "a.txt", Counted(b"one"))
    assert Counted.reads == 1
    await provider.write(course, "a.txt", Counted(b"other"))
    assert Counted.reads == 3


async def test_half_a_file_is_sent_again(bench, provider, course):
    bench.fault("https.put", "half_written", bytes=2, times=1)
    await provider.write(course, "a.txt", Bytes(b"hello"))
    assert stored(bench, "course/a.txt") == b"hello"
    assert bench.asked()["https.put"] == 2


async def test_half_a_file_that_stays_so_is_taken_away_if_it_is_a_new_one(bench, provider, course):
    bench.fault("https.put", "half_written", bytes=2, times=None)
    with pytest.raises(Unavailable):
        await provider.write(course, "a.txt", Bytes(b"hello"))
    assert stored(bench, "course/a.txt") is None


@pytest.mark.parametrize("effect", ["refuse_after_effect", "reset_after_effect"])
async def test_a_write_whose_answer_is_lost_is_made_once_more(bench, provider, course, effect):
    bench.fault("https.put", effect, times=1)
    await provider.write(course, "a.txt", Bytes(b"hello"))
    assert stored(bench, "course/a.txt") == b"hello"
    bench.fault("transfer.mkdir", effect, times=1)
    await provider.make_folder(course, "data")
    bench.fault("transfer.rename", effect, times=1)
    moved = await provider.move(course.below("a.txt"), name="b.txt")
    assert moved.path == "b.txt"
    bench.fault("https.delete", effect, times=1)
    await provider.remove(course.below("b.txt"))
    assert stored(bench, "course/b.txt") is None
    bench.fault("transfer.delete", effect, times=1)
    await provider.remove(course.below("data"))
    assert len(bench.globus.tasks.tasks) == 1


async def test_what_arrived_must_have_the_size_of_what_was_sent(bench, provider, course):
    async def meddle():
        while stored(bench, "course/a.txt") != b"hello":
            await asyncio.sleep(0)
        bench.globus.add_file("course/a.txt", "somebody else's")

    meddling = asyncio.create_task(meddle())
    bench.globus.latency = 0.01
    with pytest.raises(Corrupt):
        await provider.write(course, "a.txt", Bytes(b"hello"))
    await meddling


async def test_nothing_is_written_through_a_link_and_a_link_is_removed_by_itself(bench, provider, course):
    bench.file("secret/b.txt", "b")
    bench.link("course/b.txt", "secret/b.txt")
    bench.link("course/folder", "secret")
    for name in ("b.txt", "folder"):
        with pytest.raises(NameTaken):
            await provider.write(course, name, Bytes(b"x"))
    await provider.remove(course.below("b.txt"))
    assert stored(bench, "secret/b.txt") == b"b"
    assert [each.name for each in bench.globus.tree.children(bench.globus.add_folder("course").id)] == ["folder"]


async def test_a_folder_is_removed_by_a_task_that_is_waited_for_and_sends_no_mail(bench, provider, course):
    bench.file("course/data/a.txt")
    await provider.remove(course.below("data"))
    assert bench.globus.add_folder("course").id
    assert stored(bench, "course/data/a.txt") is None
    (task,) = bench.globus.tasks.tasks.values()
    assert task.order.options.recursive
    assert not task.order.options.notify_on_succeeded
    with pytest.raises(NotFound):
        await provider.stat(course.below("data"))


@pytest.mark.parametrize("effect", ["task_stuck", "task_fails"])
async def test_a_removal_that_will_not_succeed_is_ended_and_told(bench, provider, course, effect):
    bench.file("course/data/a.txt")
    bench.fault("transfer.delete", effect, reason="PERMISSION_DENIED", times=1)
    with pytest.raises(Forbidden, match="could not remove 'data'"):
        await provider.remove(course.below("data"))
    await bench.globus.refresh()
    (task,) = bench.globus.tasks.tasks.values()
    assert task.status == "FAILED"


async def test_a_removal_that_waits_for_a_login_is_ended_and_told(bench, provider, course):
    bench.file("course/data/a.txt")
    bench.fault("transfer.delete", "task_inactive", times=1)
    with pytest.raises(LoginNeeded, match="'data' can be removed"):
        await provider.remove(course.below("data"))
    assert stored(bench, "course/data/a.txt") == b"text"


async def test_a_collection_without_an_https_server_takes_folders_but_no_files(bench):
    laptop = bench.globus.add_collection("Laptop", entity_type=PERSONAL)
    provider = await bench.connect()
    top = bench.at(collection=laptop)
    await provider.make_folder(top, "data")
    bench.file("data/a.txt", collection=laptop)
    with pytest.raises(Unreadable, match="no https server"):
        await provider.write(top.below("data"), "b.txt", Bytes(b"b"))
    await provider.remove(top.below("data/a.txt"))
    assert [entry async for entry in provider.list(top.below("data"))] == []


async def test_who_may_only_read_is_told(bench):
    friend = bench.globus.add_identity("friend@example.org")
    bench.globus.share(bench.globus.collection, friend)
    bench.file("course/a.txt")
    provider = await bench.connect("friend@example.org")
    course = bench.at("course")
    assert await read(provider, await provider.stat(course.below("a.txt"))) == b"text"
    for act in (
        provider.write(course, "a.txt", Bytes(b"x")),
        provider.write(course, "new.txt", Bytes(b"x"), if_version=NEW),
        provider.make_folder(course, "data"),
        provider.remove(course.below("a.txt")),
        provider.move(course.below("a.txt"), name="b.txt"),
    ):
        with pytest.raises(Forbidden) as refused:
            await act
        assert refused.value.hint == "Give friend@example.org a permission on the collection in Globus."
    assert stored(bench, "course/a.txt") == b"text"


async def test_a_login_page_takes_no_file(bench, provider, course):
    bench.fault("https.put", "login_page", times=None)
    with pytest.raises(LoginNeeded):
        await provider.write(course, "a.txt", Bytes(b"hello"))
    assert stored(bench, "course/a.txt") is None


async def test_nothing_is_moved_to_another_collection(bench, provider, course):
    other = bench.globus.add_collection("Other")
    bench.file("course/a.txt")
    with pytest.raises(BadInput) as refused:
        await (await bench.connect()).move(course.below("a.txt"), parent=bench.at(collection=other))
    assert "hubdrives transfer" in refused.value.hint


async def test_something_is_moved_to_the_top(bench, provider, course):
    bench.file("course/a.txt", "a")
    await provider.move(course.below("a.txt"), parent=bench.at(), name="b.txt")
    assert stored(bench, "b.txt") == b"a"
    same = await provider.move(bench.at("b.txt"), name="b.txt")
    assert same.path == "b.txt"
