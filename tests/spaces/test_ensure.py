"""A user's folder: made once, shared with that user alone, whoever asks how often."""

import asyncio
from collections import Counter

import pytest

from hubdrives.config import ConnectionSettings, Settings, SpaceSettings
from hubdrives.errors import BadConfig, BadInput, Forbidden, LoginNeeded, NotFound
from hubdrives.spaces import open_spaces


def sum_of(*counts):
    total = Counter()
    for count in counts:
        total.update(count)
    return dict(total)


async def test_a_new_user_gets_a_folder_that_is_shared_with_them_alone(world, spaces):
    ensured = await spaces.ensure("alice")
    assert (ensured.user, ensured.created, ensured.shared, ensured.role) == ("alice", True, True, world.read)
    assert world.keys() == ["sub-of-alice"]
    assert world.access("sub-of-alice") == {"alice@example.edu": world.read}
    assert "alice@example.edu" not in world.access_above("sub-of-alice")
    assert (ensured.space.user, ensured.space.source) == ("alice", world.source("alice"))


async def test_asked_again_nothing_is_done_and_it_costs_a_question(direct):
    spaces = await direct.open()
    await spaces.ensure("alice")
    direct.asked()
    again = await spaces.ensure("alice")
    assert (again.created, again.shared, again.role) == (False, False, direct.read)
    assert direct.asked() == sum_of(direct.finding, direct.asking)
    assert direct.people.asked == ["alice", "alice"]


async def test_a_new_one_costs_three_changes_and_three_looks_at_most(direct):
    spaces = await direct.open()
    # Before the first, nothing is known of the place itself.
    await spaces.ensure("bob")
    direct.asked()
    await spaces.ensure("alice")
    asked = direct.asked()
    assert {name: asked[name] for name in direct.making} == direct.making
    assert sum(asked.values()) <= sum(direct.making.values()) + 3


async def test_where_the_name_says_all_nobody_is_asked_who_it_is(direct):
    direct.space = {"key": "name", "address": "{name}@example.edu"}
    spaces = await direct.open()
    await spaces.ensure("alice")
    assert direct.people.asked == []
    assert direct.access("alice") == {"alice@example.edu": direct.read}


async def test_the_role_is_the_space_s_or_the_one_that_is_asked_for(world):
    world.space = {"role": world.write}
    spaces = await world.open()
    assert (await spaces.ensure("alice")).role == world.write
    changed = await spaces.ensure("alice", role=world.read)
    assert (changed.created, changed.shared, changed.role) == (False, True, world.read)
    assert world.access("sub-of-alice") == {"alice@example.edu": world.read}
    assert (await spaces.share("alice", world.write)).role == world.write
    assert world.access("sub-of-alice") == {"alice@example.edu": world.write}


async def test_a_role_that_is_none_is_refused_before_anything_is_made(world, spaces):
    with pytest.raises(BadInput, match="emperor"):
        await spaces.ensure("alice", role="emperor")
    with pytest.raises(BadInput, match="emperor"):
        await spaces.ensure_all(["alice", "bob"], role="emperor")
    assert world.keys() == []


async def test_a_role_of_the_configuration_that_is_none_is_refused_at_once(direct):
    direct.space = {"role": "emperor"}
    with pytest.raises(BadConfig, match="emperor"):
        await direct.open()


async def test_two_who_ensure_at_once_make_one_folder(world):
    one, two = await world.open(), await world.open()
    await asyncio.gather(*(spaces.ensure("alice") for spaces in (one, two) for _ in range(4)))
    assert world.keys() == ["sub-of-alice"]
    assert world.access("sub-of-alice") == {"alice@example.edu": world.read}
    assert world.tree("sub-of-alice") == {}


@pytest.mark.parametrize("left", ["the key", "the folder"])
async def test_what_was_cut_in_the_middle_is_gone_on_with(world, spaces, left):
    world.refuse("share" if left == "the folder" else "make", after=0 if left == "the folder" else 1)
    with pytest.raises(Forbidden):
        await spaces.ensure("alice")
    world.let_in()
    done = await spaces.ensure("alice")
    assert (done.created, done.shared) == (left == "the key", True)
    assert world.access("sub-of-alice") == {"alice@example.edu": world.read}
    assert world.keys() == ["sub-of-alice"]


async def test_who_is_unknown_is_an_error_and_gets_nothing(world, spaces):
    world.people.unknown, world.people.never_logged_in = {"eve"}, {"mallory"}
    with pytest.raises(NotFound, match="eve"):
        await spaces.ensure("eve")
    with pytest.raises(LoginNeeded, match="mallory"):
        await spaces.ensure("mallory")
    for nobody in (spaces.ensure(""), spaces.unshare(""), spaces.remove("")):
        with pytest.raises(BadInput, match="whose"):
            await nobody
    assert world.keys() == []


async def test_what_was_taken_away_stays_there_and_is_shared_again(world, spaces):
    space = (await spaces.ensure("alice")).space
    await space.put(b"1", "a.txt")
    await spaces.unshare("alice")
    assert world.access("sub-of-alice") == {}
    with pytest.raises(NotFound):
        await spaces.unshare("alice")
    assert world.tree("sub-of-alice") == {"a.txt": b"1"}
    again = await spaces.ensure("alice")
    assert (again.created, again.shared) == (False, True)


async def test_one_user_s_is_removed_and_no_other_s(world, spaces):
    for user in ("alice", "bob"):
        await (await spaces.ensure(user)).space.put(user.encode(), "who.txt")
    await spaces.remove("alice")
    assert not world.is_there("sub-of-alice")
    assert world.tree("sub-of-bob") == {"who.txt": b"bob"}
    with pytest.raises(NotFound):
        await spaces.remove("alice")
    assert (await spaces.ensure("alice")).created


async def test_two_spaces_below_one_root_do_not_touch_each_other(world):
    results = await world.open()
    world.space = {"folder": "logs-data"}
    logs = await world.open()
    for spaces in (results, logs):
        await (await spaces.ensure("alice")).space.put(spaces.folder.encode(), "which.txt")
    await results.remove("alice")
    assert world.tree("sub-of-alice", "logs-data") == {"which.txt": b"logs-data"}


async def test_those_who_have_one_are_told(direct):
    spaces = await direct.open()
    for user in ("bob", "alice"):
        await spaces.ensure(user)
    assert await spaces.users() == ["sub-of-alice", "sub-of-bob"]


async def test_storage_that_can_not_be_shared_is_refused_in_a_sentence(tmp_path):
    settings = Settings(
        connections={"here": ConnectionSettings(provider="local", root=str(tmp_path))},
        spaces={"results": SpaceSettings(connection="here", folder="x", key="name", address="{name}")},
    )
    with pytest.raises(BadInput, match=r"results.*can only be read"):
        async with open_spaces("results", settings=settings, environment={}):
            pass


async def test_a_root_that_is_not_there_yet_is_made_for_one_and_for_many(direct):
    direct.space = {"root": "service:/hub/users"}
    one = (await (await direct.open()).ensure("alice")).space
    assert one.source == "service:/hub/users/sub-of-alice/results-data"
    direct.space = {"root": "service:/hub/others/"}
    spaces = await direct.open()
    assert await spaces.users() == []
    report = await spaces.ensure_all(["alice", "bob", "carol"])
    assert report.created == ["alice", "bob", "carol"]
    await (await spaces.space("bob")).put(b"1", "a.txt")
    assert direct.tree("hub/others/sub-of-bob") == {"a.txt": b"1"}
    assert direct.tree("hub/users/sub-of-alice") == {}


async def test_a_root_that_is_not_for_this_account_is_one_error_and_not_one_for_each_user(direct):
    direct.space = {"root": direct.unreachable}
    spaces = await direct.open()
    with pytest.raises(NotFound):
        await spaces.ensure_all(["alice", "bob", "carol"])
    with pytest.raises(NotFound):
        await spaces.ensure("alice")


async def test_the_root_may_be_the_address_of_a_folder_of_its_own(direct):
    direct.space = {"root": direct.another_root()}
    spaces = await direct.open()
    space = (await spaces.ensure("alice")).space
    assert space.source == ""
    await space.put(b"1", "a.txt")
    assert await spaces.users() == ["sub-of-alice"]
    assert direct.keys() == ["beside"]
