"""Hundreds of folders in one go: what it costs, what one bad user does to the others, what is left when it is cut."""

import asyncio
import json
import math
import time
from collections import Counter

import pytest
from tests.spaces.conftest import MANY

from hubdrives.errors import Forbidden

SOME = MANY[:30]


def times(count, *costs):
    total = Counter()
    for cost in costs:
        total.update({operation: one * count for operation, one in cost.items()})
    return dict(total)


async def test_five_hundred_cost_three_changes_each_and_one_look_at_what_is_there(direct):
    spaces = await direct.open()
    told = []
    report = await spaces.ensure_all(MANY, on_progress=told.append)
    assert report.ensured == report.created == report.shared == MANY
    assert report.failed == []
    asked = direct.asked()
    assert {name: asked[name] for name in direct.making} == times(500, direct.making)
    assert sum(asked.values()) <= 500 * (sum(direct.making.values()) + sum(direct.finding.values())) + 12
    assert (told[-1].phase, told[-1].files_done, told[-1].files_total) == ("done", 500, 500)
    again = await spaces.ensure_all(MANY[:100])
    assert (again.ensured, again.created, again.shared, again.failed) == (MANY[:100], [], [], [])
    asked = direct.asked()
    assert not set(asked) & set(direct.making)
    # All were listed before; then each is found and asked for, unless one question is for all.
    each = 0 if direct.asking_all else sum((direct.finding | direct.asking).values())
    assert sum(asked.values()) <= 100 * each + 12


async def test_what_is_missing_or_not_as_it_should_be_is_noticed_among_many_that_are(direct):
    spaces = await direct.open()
    await spaces.ensure_all(SOME)
    for user in SOME[:2]:
        await spaces.unshare(user)
    await spaces.remove(SOME[2])
    await spaces.provider.remove(spaces._root.below(f"sub-of-{SOME[3]}"))
    await spaces.ensure(SOME[4], role=direct.write)
    direct.asked()
    spaces = await direct.open()
    report = await spaces.ensure_all(SOME)
    assert (report.ensured, report.failed) == (SOME, [])
    assert (report.created, report.shared) == (SOME[2:4], SOME[:5])
    assert all(direct.access(f"sub-of-{user}") == {f"{user}@example.edu": direct.read} for user in SOME)
    if direct.asking_all:
        # Two are asked for as their shares are missing, one as its folder is, one as it is shared in another role.
        asked = direct.asked()
        assert (asked["shares.folders"], asked["shares.create"], asked["shares.change"]) == (1, 4, 1)
        assert asked["shares.list"] <= 5


async def test_where_not_all_are_told_of_at_once_each_is_asked_for(direct):
    spaces = await direct.open()
    await spaces.ensure_all(SOME)
    await spaces.unshare(SOME[0])
    direct.asked()
    direct._fault(operation="shares.folders", effect="html", status=404, times=None)
    report = await spaces.ensure_all(SOME)
    assert (report.ensured, report.created, report.shared, report.failed) == (SOME, [], SOME[:1], [])
    asked = direct.asked()
    assert {name: asked[name] for name in direct.asking} == times(len(SOME), direct.asking)


async def test_a_root_that_is_missing_is_made_once_however_many_come_first(direct):
    direct.space["root"] = "service:/all/users"
    spaces = await direct.open()
    report = await spaces.ensure_all(SOME)
    assert (report.created, report.failed) == (SOME, [])
    asked = direct.asked()
    # The two folders of each user, and those of the root.
    making = max(direct.making, key=direct.making.__getitem__)
    assert asked[making] == 2 * len(SOME) + 2
    assert sum(asked.values()) <= len(SOME) * (sum(direct.making.values()) + sum(direct.finding.values())) + 12
    assert await spaces.users() == [f"sub-of-{user}" for user in SOME]


async def test_it_takes_as_long_as_the_requests_do_at_the_concurrency_that_is_configured(direct):
    direct.concurrency = 4
    spaces = await direct.open()
    # So long that what the machine does meanwhile hardly counts.
    direct.emulator.latency = 0.15
    begun = time.perf_counter()
    await spaces.ensure_all(SOME[:8])
    took = time.perf_counter() - begun
    requests = sum(direct.asked().values())
    assert took < 1.5 * math.ceil(requests / 4) * 0.15


async def test_one_bad_user_is_in_the_report_and_the_others_have_a_folder(world, spaces):
    world.people.unknown, world.people.never_logged_in = {SOME[3]}, {SOME[5]}
    report = await spaces.ensure_all(SOME)
    assert [(one.user, one.code) for one in report.failed] == [(SOME[3], "not-found"), (SOME[5], "login-needed")]
    # What happened, and what to do about it.
    assert report.failed[1].reason.endswith("repeat.")
    assert report.ensured == sorted(set(SOME) - {SOME[3], SOME[5]})
    assert len(world.keys()) == len(SOME) - 2
    told = json.loads(json.dumps(report.to_json()))
    assert told["failed"][0] == {"user": SOME[3], "reason": report.failed[0].reason, "code": "not-found"}
    world.people.never_logged_in = set()
    again = await spaces.ensure_all(SOME)
    assert again.created == [SOME[5]]


async def test_who_is_refused_at_the_provider_is_one_of_many(world, spaces):
    world.refuse("share", after=2)
    report = await spaces.ensure_all(SOME)
    assert len(report.failed) == 1
    assert (await spaces.ensure_all(SOME)).shared == [report.failed[0].user]
    assert all(world.access(f"sub-of-{user}") == {f"{user}@example.edu": world.read} for user in SOME)


async def test_what_speaks_of_all_ends_it_and_the_rest_is_done_the_next_time(world, spaces):
    world.lock_out(after=20)
    with pytest.raises(Forbidden):
        await spaces.ensure_all(SOME)
    assert 0 < len(world.keys()) < len(SOME)
    world.let_in()
    report = await spaces.ensure_all(SOME)
    assert report.ensured == SOME
    assert report.failed == []
    assert all(world.access(f"sub-of-{user}") == {f"{user}@example.edu": world.read} for user in SOME)


async def test_what_was_cancelled_in_the_middle_is_gone_on_with(direct):
    spaces = await direct.open()
    direct.emulator.latency = 0.01
    work = asyncio.create_task(spaces.ensure_all(SOME))
    while len(direct.keys()) < len(SOME) // 2 and not work.done():
        await asyncio.sleep(0)
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work
    assert len(direct.keys()) < len(SOME)
    report = await spaces.ensure_all(SOME)
    assert report.ensured == SOME
    assert all(direct.access(f"sub-of-{user}") == {f"{user}@example.edu": direct.read} for user in SOME)


async def test_two_who_do_it_at_once_end_with_one_folder_each(world):
    one, two = await world.open(), await world.open()
    reports = await asyncio.gather(one.ensure_all(SOME), two.ensure_all(reversed(SOME)))
    assert [report.ensured for report in reports] == [SOME, SOME]
    assert world.keys() == [f"sub-of-{user}" for user in SOME]
    assert all(world.access(f"sub-of-{user}") == {f"{user}@example.edu": world.read} for user in SOME)


async def test_no_more_are_under_way_than_the_connection_allows(direct):
    direct.concurrency = 3
    spaces = await direct.open()
    begun, most = 0, 0

    class Counting:
        async def person(self, name):
            nonlocal begun, most
            begun += 1
            most = max(most, begun)
            await asyncio.sleep(0)
            begun -= 1
            return direct.people.of(name)

    spaces._people = Counting()
    await spaces.ensure_all(SOME)
    assert most == 3


async def test_names_that_come_twice_count_once_and_none_is_fine(world, spaces):
    assert (await spaces.ensure_all(["alice", "alice"])).ensured == ["alice"]
    nothing = {"ensured": [], "created": [], "shared": [], "others": {}, "failed": []}
    assert (await spaces.ensure_all([])).to_json() == nothing
