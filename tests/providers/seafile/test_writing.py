"""Folders made, things removed and moved: under just the name that was asked for, whoever else is about."""

import asyncio

import pytest

from hubdrives.content import Bytes
from hubdrives.errors import BadInput, Changed, Forbidden, NameTaken, NotFound, Unavailable
from hubdrives.model import Kind


def names(bench, path="/", library=None):
    node = bench.seafile.vault.at((library or bench.seafile.library).root, path)
    return sorted(each.name for each in bench.seafile.vault.entries(node.id))


# Folders


async def test_a_new_folder_costs_one_request_and_one_that_is_there_two(bench, seafile):
    await seafile.make_folder(bench.root, "data")
    assert bench.asked() == {"dir.create_all": 1}
    await seafile.make_folder(bench.root, "data")
    assert bench.asked() == {"dir.create_all": 1, "dir.detail": 1}


async def test_folders_in_a_folder_that_was_seen_cost_one_request_each(bench, seafile):
    bench.folder("users")
    for user in ("1", "2", "3"):
        await seafile.make_folder(bench.root.below("users"), user)
        await seafile.make_folder(bench.root.below(f"users/{user}"), "results")
    assert bench.asked() == {"dir.detail": 1, "dir.create_all": 6}


async def test_many_who_come_at_once_look_once_whether_a_folder_is_there(bench, seafile):
    bench.folder("users")
    users = [str(number) for number in range(12)]
    await asyncio.gather(*(seafile.make_folder(bench.root.below("users"), user) for user in users))
    assert bench.asked() == {"dir.detail": 1, "dir.create_all": 12}
    assert names(bench, "/users") == sorted(users)


async def test_who_gives_up_a_look_leaves_it_to_the_others(bench, seafile):
    bench.folder("users")
    bench.fault("dir.detail", "delay", seconds=30, times=1)
    first = asyncio.create_task(seafile.make_folder(bench.root.below("users"), "1"))
    while not bench.seafile.requests.total:
        await asyncio.sleep(0)
    second = asyncio.create_task(seafile.make_folder(bench.root.below("users"), "2"))
    await asyncio.sleep(0)
    first.cancel()
    await second
    assert names(bench, "/users") == ["2"]


async def test_a_folder_that_was_seen_is_looked_for_again_after_a_while(bench, seafile):
    bench.folder("users")
    await seafile.make_folder(bench.root.below("users"), "1")
    bench.remove("users")
    bench.clock.now += 21
    with pytest.raises(NotFound):
        await seafile.make_folder(bench.root.below("users"), "2")
    assert names(bench) == []


async def test_older_servers_make_folders_in_another_way(bench, seafile):
    bench.seafile.settings.modern = False
    await seafile.make_folder(bench.root, "data")
    assert bench.asked() == {"dir.create_all": 1, "dir.detail": 1, "dir.change": 1}
    await seafile.make_folder(bench.root, "more")
    await seafile.make_folder(bench.root, "more")
    assert bench.asked() == {"dir.detail": 2, "dir.change": 1}


async def test_of_two_who_make_one_folder_at_an_old_server_the_stray_one_goes_again(bench, seafile):
    bench.seafile.settings.modern = False
    bench.fault("dir.change", "rival", times=1)
    entry = await seafile.make_folder(bench.root, "data")
    assert (entry.path, entry.kind, names(bench)) == ("data", Kind.FOLDER, ["data"])


@pytest.mark.parametrize("modern", [True, False])
async def test_accounts_that_make_one_folder_at_the_same_time_have_one(bench, seafile, modern):
    bench.seafile.settings.modern = modern
    others = [seafile, *[await bench.connect() for _ in range(4)]]
    made = await asyncio.gather(*(each.make_folder(bench.root, "data") for each in others))
    assert {each.path for each in made} == {"data"}
    assert names(bench) == ["data"]


async def test_a_stray_folder_in_which_somebody_has_put_something_stays(bench, seafile):
    bench.seafile.settings.modern = False
    bench.fault("dir.change", "rival", times=1)
    understand = bench.seafile.understand

    async def put_first(request):
        if request.method == "GET" and request.query.get("p") == "/data (1)":
            bench.file("data (1)/theirs.txt")
        return await understand(request)

    bench.seafile.understand = put_first
    await seafile.make_folder(bench.root, "data")
    assert names(bench) == ["data", "data (1)"]
    assert names(bench, "/data (1)") == ["theirs.txt"]


@pytest.mark.parametrize("modern", [True, False])
@pytest.mark.parametrize("effect", ["reset_after_effect", "refuse_after_effect"])
async def test_a_folder_whose_making_was_not_told_is_made_once(bench, seafile, effect, modern):
    bench.seafile.settings.modern = modern
    bench.fault("dir.create_all" if modern else "dir.change", effect, times=1)
    await seafile.make_folder(bench.root, "data")
    assert names(bench) == ["data"]


@pytest.mark.parametrize("modern", [True, False])
async def test_a_file_of_the_name_keeps_it(bench, seafile, modern):
    bench.seafile.settings.modern = modern
    bench.file("data")
    with pytest.raises(NameTaken):
        await seafile.make_folder(bench.root, "data")
    assert names(bench) == ["data"]


@pytest.mark.parametrize("modern", [True, False])
async def test_folders_are_made_one_by_one(bench, seafile, modern):
    bench.seafile.settings.modern = modern
    with pytest.raises(NotFound):
        await seafile.make_folder(bench.root.below("a/b"), "c")
    assert names(bench) == []


# Removing


async def test_what_is_above_the_folders_can_not_be_removed_or_moved(bench, seafile):
    for place in (
        bench.root,
        bench.account,
        bench.account.below("My Libraries"),
        bench.account.below("My Libraries/My Library"),
    ):
        with pytest.raises(Forbidden):
            await seafile.remove(place)
        with pytest.raises(Forbidden):
            await seafile.move(place, name="other")


async def test_what_somebody_else_removes_at_the_same_moment_is_removed(bench, seafile):
    bench.folder("data")
    bench.fault("dir.delete", "refuse_after_effect", times=1)
    await seafile.remove(bench.root.below("data"))
    assert names(bench) == []


async def test_a_version_that_is_not_there_any_more_is_not_removed(bench, seafile):
    node = bench.file("a.txt", "one")
    version = (await seafile.stat(bench.root.below("a.txt"))).version
    bench.replace(node, "two")
    with pytest.raises(Changed):
        await seafile.remove(bench.root.below("a.txt"), if_version=version)
    assert names(bench) == ["a.txt"]


# Moving


async def test_moving_costs_few_requests(bench, seafile):
    bench.file("a.txt")
    bench.folder("to")
    await seafile.move(bench.root.below("a.txt"), name="b.txt")
    assert bench.asked() == {"dir.list": 3, "file.change": 1}
    await seafile.move(bench.root.below("b.txt"), parent=bench.root.below("to"))
    assert bench.asked() == {"dir.list": 5, "move.task": 1}


async def test_a_name_that_is_taken_is_seen_before_anything_is_moved(bench, seafile):
    for path in ("a.txt", "b.txt", "to/a.txt"):
        bench.file(path)
    for change in ({"name": "b.txt"}, {"parent": bench.root.below("to")}):
        bench.asked()
        with pytest.raises(NameTaken):
            await seafile.move(bench.root.below("a.txt"), **change)
        assert set(bench.asked()) == {"dir.list"}


async def test_what_stays_where_it_is_stays_as_it_is(bench, seafile):
    bench.file("a.txt")
    entry = await seafile.stat(bench.root.below("a.txt"))
    assert await seafile.move(bench.root.below("a.txt"), name="a.txt") == entry
    assert await seafile.move(bench.root.below("a.txt"), parent=bench.root) == entry


async def test_who_was_overtaken_when_renaming_has_the_old_name_again(bench, seafile):
    bench.file("a.txt", "ours")
    bench.fault("file.change", "rival", times=1)
    with pytest.raises(NameTaken):
        await seafile.move(bench.root.below("a.txt"), name="b")
    assert names(bench) == ["a.txt", "b"]
    assert bench.history("/a.txt")[0] == b"ours"


@pytest.mark.parametrize("name", [None, "new"])
@pytest.mark.parametrize("path", ["item", "item/a.txt"], ids=["a file", "a folder"])
async def test_who_was_overtaken_when_moving_has_it_where_it_was(bench, seafile, path, name):
    bench.file(path, "ours")
    bench.folder("to")
    bench.fault("move.task", "rival", times=1)
    with pytest.raises(NameTaken):
        await seafile.move(bench.root.below("item"), parent=bench.root.below("to"), name=name)
    assert names(bench) == ["item", "to"]
    assert names(bench, "/to") == [name or "item"]
    assert bench.seafile.vault.at(bench.seafile.library.root, f"/{path}").content.read() == b"ours"


async def test_both_names_may_be_taken_where_it_passes(bench, seafile):
    for path in ("old.txt", "new.txt", "to/old.txt"):
        bench.file(path, path)
    moved = await seafile.move(bench.root.below("old.txt"), parent=bench.root.below("to"), name="new.txt")
    assert (moved.path, names(bench), names(bench, "/to")) == ("new.txt", ["new.txt", "to"], ["new.txt", "old.txt"])
    assert bench.history("/to/new.txt")[0] == b"old.txt"
    assert bench.history("/new.txt") == [b"new.txt"]


@pytest.mark.parametrize("operation", ["file.change", "move.task"])
@pytest.mark.parametrize("effect", ["reset_after_effect", "refuse_after_effect"])
async def test_a_move_may_be_asked_for_twice(bench, seafile, operation, effect):
    bench.file("a.txt", "ours")
    bench.folder("to")
    bench.fault(operation, effect, times=1)
    moved = await seafile.move(bench.root.below("a.txt"), parent=bench.root.below("to"), name="b.txt")
    assert (moved.path, names(bench), names(bench, "/to")) == ("b.txt", ["to"], ["b.txt"])


async def test_a_folder_moves_into_another_library(bench, seafile):
    other = bench.seafile.add_library("Other")
    bench.file("from/deep/a.txt", "ours")
    to = bench.location(f"{bench.seafile.url}/library/{other.id}/Other/")
    moved = await seafile.move(bench.root.below("from"), parent=to, name="renamed")
    assert (moved.path, names(bench), names(bench, "/renamed/deep", other)) == ("renamed", [], ["a.txt"])
    assert bench.asked()["move.progress"] == 1
    assert [each.path for each in (await seafile.snapshot(to)).files] == ["renamed/deep/a.txt"]


async def test_a_move_that_fails_on_the_way_is_told_and_the_name_is_the_old_one(bench, seafile):
    other = bench.seafile.add_library("Other")
    bench.file("a.txt", "ours")
    to = bench.location(f"{bench.seafile.url}/library/{other.id}/Other/")
    bench.fault("move.task", "move_failed", times=1)
    with pytest.raises(Unavailable):
        await seafile.move(bench.root.below("a.txt"), parent=to, name="b.txt")
    assert names(bench) == ["a.txt"]


async def test_what_is_read_only_stays(bench):
    reader = bench.seafile.add_user("reader@example.org")
    bench.seafile.share(bench.seafile.library, reader, "r")
    bench.file("a.txt")
    seafile = await bench.connect(reader)
    for change in (seafile.remove(bench.root.below("a.txt")), seafile.move(bench.root.below("a.txt"), name="b.txt")):
        with pytest.raises(Forbidden):
            await change
    assert names(bench) == ["a.txt"]


async def test_names_are_looked_at_before_anything_is_asked(bench, seafile):
    for name in ("a/b", "\ud800", "x" * 256, "line\nbreak"):
        with pytest.raises(BadInput):
            await seafile.make_folder(bench.root, name)
        with pytest.raises(BadInput):
            await seafile.write(bench.root, name, Bytes(b"x"))
    assert bench.asked() == {}


async def test_an_emoji_that_the_server_does_not_take_is_told(bench, seafile):
    with pytest.raises(BadInput, match="name"):
        await seafile.make_folder(bench.root, "party \U0001f389")
    with pytest.raises(BadInput, match="name"):
        await seafile.write(bench.root, "party \U0001f389", Bytes(b"x"))
