"""Listing and change detection: how many requests, and that nothing is missed."""

import pytest

from hubdrives.errors import NotFound, Trashed
from hubdrives.model import Snapshot
from hubdrives.providers.box import changes
from hubdrives.providers.box.api import PAGE


def paths(snapshot: Snapshot) -> list[str]:
    return [entry.path for entry in snapshot.entries]


@pytest.fixture
def tree(bench):
    """root / one / deep / d.txt, root / two / t.txt, root / r.txt"""
    one = bench.folder("one")
    deep = bench.folder("deep", one)
    two = bench.folder("two")
    bench.file("d.txt", "d", deep)
    bench.file("t.txt", "t", two)
    bench.file("r.txt", "r")
    return {"one": one, "deep": deep, "two": two}


ALL = ["one", "one/deep", "one/deep/d.txt", "r.txt", "two", "two/t.txt"]


async def test_a_folder_costs_a_request_for_each_folder_one_for_itself_and_one_for_the_events(bench, box, tree):
    snapshot = await box.snapshot(bench.root)
    assert paths(snapshot) == ALL
    assert bench.asked() == {"events": 1, "folders.get": 1, "folders.items": 4}


async def test_nothing_new_costs_one_request(bench, box, tree):
    first = await box.snapshot(bench.root)
    bench.asked()
    second = await box.snapshot(bench.root, known=first)
    third = await box.snapshot(bench.root, known=second)
    assert first == second == third
    assert bench.asked() == {"events": 2}


async def test_what_happens_elsewhere_costs_no_listing(bench, box, tree):
    other = bench.folder("other")
    first = await box.snapshot(bench.at(tree["one"]))
    bench.file("elsewhere.txt", "x", other)
    bench.asked()
    assert await box.snapshot(bench.at(tree["one"]), known=first) == first
    assert set(bench.asked()) == {"events"}


async def test_only_the_folder_in_which_something_happened_is_listed_again(bench, box, tree):
    first = await box.snapshot(bench.root)
    bench.file("new.txt", "n", tree["deep"])
    bench.asked()
    second = await box.snapshot(bench.root, known=first)
    assert set(paths(second)) - set(paths(first)) == {"one/deep/new.txt"}
    assert bench.asked() == {"events": 2, "folders.items": 1}


async def test_a_folder_that_comes_from_elsewhere_is_listed_with_all_that_is_in_it(bench, box, tree):
    first = await box.snapshot(bench.at(tree["one"]))
    bench.box.tree.move(tree["two"], tree["one"])
    second = await box.snapshot(bench.at(tree["one"]), known=first)
    assert paths(second) == ["deep", "deep/d.txt", "two", "two/t.txt"]
    bench.box.tree.move(tree["two"], bench.box.root)
    third = await box.snapshot(bench.at(tree["one"]), known=second)
    assert paths(third) == ["deep", "deep/d.txt"]


async def test_a_folder_that_moves_within_is_not_listed_again(bench, box, tree):
    first = await box.snapshot(bench.root)
    bench.box.tree.move(tree["deep"], tree["two"])
    bench.asked()
    second = await box.snapshot(bench.root, known=first)
    assert paths(second) == ["one", "r.txt", "two", "two/deep", "two/deep/d.txt", "two/t.txt"]
    assert bench.asked()["folders.items"] == 2


async def test_what_is_trashed_and_taken_out_again_is_there_as_before(bench, box, tree):
    first = await box.snapshot(bench.root)
    bench.box.tree.trash(tree["one"])
    second = await box.snapshot(bench.root, known=first)
    assert paths(second) == ["r.txt", "two", "two/t.txt"]
    bench.box.tree.restore(tree["one"])
    assert paths(await box.snapshot(bench.root, known=second)) == ALL


@pytest.mark.parametrize("effect", ["repeat_events", "shuffle_events"])
async def test_events_that_come_twice_or_in_any_order_do_no_harm(bench, box, tree, effect):
    first = await box.snapshot(bench.root)
    new = bench.folder("new", tree["one"])
    bench.file("n.txt", "n", new)
    bench.box.tree.rename(new, "newer")
    bench.box.tree.move(tree["deep"], new)
    bench.fault("events", effect, times=None)
    second = await box.snapshot(bench.root, known=first)
    bench.box.faults.set([])
    fresh = await box.snapshot(bench.root)
    assert (second.entries, second.digest) == (fresh.entries, fresh.digest)


async def test_an_event_that_comes_late_is_not_missed(bench, box, tree):
    first = await box.snapshot(bench.root)
    bench.file("late.txt", "l")
    bench.fault("events", "delay_events", times=None)
    second = await box.snapshot(bench.root, known=first)
    assert paths(second) == paths(first)
    bench.box.faults.set([])
    assert "late.txt" in paths(await box.snapshot(bench.root, known=second))


async def test_after_a_week_no_position_is_believed(bench, box, tree):
    first = await box.snapshot(bench.root)
    bench.clock.now += changes.LONGEST + 1
    bench.asked()
    assert await box.snapshot(bench.root, known=first) == first
    assert bench.asked()["folders.items"] == 4


async def test_a_position_that_is_refused_is_done_without(bench, box, tree):
    first = await box.snapshot(bench.root)
    bench.fault("events", "error", reason="bad_request")
    assert paths(await box.snapshot(bench.root, known=first)) == ALL


async def test_an_account_without_events_lists_each_time(bench, tree):
    box = await bench.connect(events=False)
    first = await box.snapshot(bench.root)
    bench.file("new.txt")
    bench.asked()
    assert "new.txt" in paths(await box.snapshot(bench.root, known=first))
    assert "events" not in bench.asked()


async def test_where_events_are_refused_everything_is_listed_each_time(bench, box, tree):
    bench.fault("events", "error", reason="insufficient_scope", times=None)
    first = await box.snapshot(bench.root)
    bench.file("new.txt")
    assert (first.cursor, paths(first)) == (None, ALL)
    assert "new.txt" in paths(await box.snapshot(bench.root, known=first))


async def test_a_root_that_is_trashed_is_told_so_and_one_above_it_as_well(bench, box, tree):
    for gone in (tree["deep"], tree["one"]):
        first = await box.snapshot(bench.at(tree["deep"]))
        bench.box.tree.trash(gone)
        with pytest.raises(NotFound):
            await box.snapshot(bench.at(tree["deep"]), known=first)
        bench.box.tree.restore(gone)


async def test_a_root_that_is_renamed_has_its_new_name(bench, box, tree):
    first = await box.snapshot(bench.at(tree["one"]))
    bench.box.tree.rename(tree["one"], "number one")
    assert (await box.snapshot(bench.at(tree["one"]), known=first)).name == "number one"


async def test_what_is_in_the_trash_is_said_to_be(bench, box, tree):
    bench.box.tree.trash(tree["two"])
    with pytest.raises(Trashed):
        await box.stat(bench.at(tree["two"]))


async def test_long_folders_are_read_page_by_page(bench, box):
    folder = bench.folder("many")
    for number in range(PAGE + 5):
        bench.file(f"{number}.txt", "", folder)
    snapshot = await box.snapshot(bench.at(folder))
    assert len(snapshot.entries) == PAGE + 5
    assert bench.asked()["folders.items"] == 2


@pytest.mark.parametrize(
    "fault",
    [
        {"effect": "short_pages", "size": 2},
        {"effect": "empty_marker"},
        {"effect": "order_object"},
        {"effect": "repeat_item"},
        {"effect": "float_sizes"},
        {"effect": "error", "reason": "rate_limit_exceeded", "times": 2},
        {"effect": "error", "reason": "unavailable", "times": 1},
        {"effect": "html", "times": 1},
        {"effect": "expire_tokens", "times": 1},
        {"effect": "cut", "bytes": 10, "times": 1},
    ],
    ids=lambda fault: fault["effect"] + fault.get("reason", ""),
)
async def test_oddities_and_troubles_of_a_listing_change_nothing(bench, box, tree, fault):
    expected = await box.snapshot(bench.root)
    bench.fault("folders.items", **({"times": None} | fault))
    found = await box.snapshot(bench.root)
    assert (found.entries, found.skipped) == (expected.entries, expected.skipped)


async def test_a_token_that_ends_on_the_way_is_renewed_once(bench, box, tree):
    bench.fault("folders.items", "expire_tokens", times=1)
    assert paths(await box.snapshot(bench.root)) == ALL
    assert bench.tokens[0].renewals == 1


async def test_bookmarks_and_what_may_only_be_looked_at_are_left_out_with_a_reason(bench, box):
    bench.box.tree.add("Docs", parent=bench.box.root, kind="web_link")
    bench.file("a.txt")
    snapshot = await box.snapshot(bench.root)
    assert paths(snapshot) == ["a.txt"]
    assert [(each.path, each.code) for each in snapshot.skipped] == [("Docs", "skipped")]
    person = bench.box.add_user("looker@example.edu")
    folder = bench.folder("to look at")
    bench.file("b.txt", "b", folder)
    bench.box.collaborate(folder, person.login, "previewer")
    looked = await (await bench.connect(person)).snapshot(bench.at(folder))
    assert [(each.path, each.code) for each in looked.skipped] == [("b.txt", "unreadable")]


async def test_a_folder_that_can_not_be_listed_again_is_no_reason_to_miss_what_is_in_it(bench, box, tree):
    first = await box.snapshot(bench.root)
    bench.file("new.txt", "n", tree["deep"])
    bench.fault("folders.items", "error", reason="not_found", id=tree["deep"], times=1)
    assert "one/deep/new.txt" in paths(await box.snapshot(bench.root, known=first))
