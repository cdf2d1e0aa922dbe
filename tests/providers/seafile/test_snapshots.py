import pytest

from hubdrives.errors import NotFound, Unavailable
from hubdrives.model import RENAMED


@pytest.fixture
def tree(bench):
    bench.file("top.txt", "top")
    for number in range(5):
        bench.file(f"week {number}/data/points.csv", f"points {number}")
    bench.asked()
    return bench


def paths(snapshot):
    return [entry.path for entry in snapshot.files]


async def test_a_tree_costs_one_request_and_one_for_the_librarys_name(tree, seafile):
    snapshot = await seafile.snapshot(tree.root)
    assert len(snapshot.entries) == 1 + 5 * 3
    assert snapshot.name == "My Library"
    assert tree.asked() == {"dir.list": 1, "repos.get": 1}


@pytest.mark.parametrize("path", ["", "week 1", "week 1/data"])
async def test_that_nothing_is_new_costs_one_request(tree, seafile, path):
    location = tree.root.below(path)
    first = await seafile.snapshot(location)
    tree.asked()
    assert await seafile.snapshot(location, known=first) == first
    assert tree.asked() == {"dir.uptodate": 1}


async def test_by_a_path_from_the_accounts_root_it_costs_two(tree, seafile):
    location = tree.account.below("My Libraries/My Library/week 1")
    first = await seafile.snapshot(location)
    assert paths(first) == ["data/points.csv"]
    tree.asked()
    tree.clock.now += 60
    assert await seafile.snapshot(location, known=first) == first
    assert tree.asked() == {"repos.list": 1, "dir.uptodate": 1}


async def test_in_the_default_library_it_costs_two(tree, seafile):
    location = tree.location(f"{tree.seafile.url}/library/default/week 1")
    first = await seafile.snapshot(location)
    tree.asked()
    tree.clock.now += 60
    assert await seafile.snapshot(location, known=first) == first
    assert tree.asked() == {"repos.default": 1, "dir.uptodate": 1}


async def test_news_come_with_the_question(tree, seafile):
    first = await seafile.snapshot(tree.root)
    tree.file("week 3/new.txt", "new")
    tree.asked()
    second = await seafile.snapshot(tree.root, known=first)
    assert set(paths(second)) - set(paths(first)) == {"week 3/new.txt"}
    assert tree.asked() == {"dir.uptodate": 1}


async def test_what_happens_elsewhere_in_the_library_is_no_news(tree, seafile):
    location = tree.root.below("week 1")
    first = await seafile.snapshot(location)
    tree.file("week 2/new.txt", "new")
    tree.asked()
    assert await seafile.snapshot(location, known=first) == first
    assert tree.asked() == {"dir.uptodate": 1}


async def test_a_folder_that_went_away_is_told_so(tree, seafile):
    location = tree.root.below("week 1")
    first = await seafile.snapshot(location)
    tree.remove("week 1")
    with pytest.raises(NotFound):
        await seafile.snapshot(location, known=first)


async def test_a_folder_that_became_a_file_is_that_file(tree, seafile):
    location = tree.root.below("week 1")
    first = await seafile.snapshot(location)
    tree.remove("week 1")
    tree.file("week 1", "a file")
    second = await seafile.snapshot(location, known=first)
    assert [(entry.path, entry.size) for entry in second.entries] == [("week 1", 6)]


async def test_a_file_costs_one_request_once_it_is_known_to_be_one(tree, seafile):
    location = tree.at("top.txt")
    first = await seafile.snapshot(location)
    tree.asked()
    assert await seafile.snapshot(location, known=first) == first
    assert tree.asked() == {"dir.list": 1}
    tree.file("top.txt", "another text")
    assert (await seafile.snapshot(location, known=first)).entries[0].size == 12


@pytest.mark.parametrize("status", [400, 404])
async def test_a_server_that_refuses_to_go_down_is_asked_for_each(tree, seafile, status):
    expected = await seafile.snapshot(tree.root)
    tree.asked()
    tree.fault("dir.list", "html", status=status)
    assert await seafile.snapshot(tree.root) == expected
    assert tree.asked()["dir.list"] == 2 + 10


async def test_a_change_while_folders_are_listed_shows_the_next_time(tree, seafile):
    tree.seafile.faults.set(
        [
            {"operation": "dir.list", "effect": "html", "status": 400},
            {"operation": "dir.list", "effect": "replace_content", "name": "week 1", "after": 1},
        ]
    )
    first = await seafile.snapshot(tree.root)
    tree.seafile.faults.set([])
    tree.file("week 4/data/points.csv", "changed meanwhile")
    second = await seafile.snapshot(tree.root, known=first)
    assert second == await seafile.snapshot(tree.root)


async def test_a_server_in_trouble_is_asked_again(tree, seafile):
    tree.fault("dir.list", "error", reason="operation_failed", times=2)
    assert len((await seafile.snapshot(tree.root)).files) == 6
    tree.fault("dir.list", "error", reason="operation_failed", times=None)
    with pytest.raises(Unavailable):
        await seafile.snapshot(tree.root)


async def test_who_is_throttled_waits(tree, seafile):
    before = tree.clock.now
    tree.fault("dir.list", "error", reason="throttled", retry_after=1)
    assert len((await seafile.snapshot(tree.root)).files) == 6
    assert tree.clock.now >= before + 1


async def test_an_expired_token_is_renewed(tree, seafile):
    tree.fault("dir.list", "expire_tokens")
    assert len((await seafile.snapshot(tree.root)).files) == 6
    assert tree.tokens[0].renewals >= 1


async def test_names_that_not_every_file_system_holds_are_found_by_their_local_ones(bench, seafile):
    bench.file("tail./sub/.git", "text")
    bench.file("A.csv", "one")
    bench.file("a.csv", "two")
    snapshot = await seafile.snapshot(bench.root)
    assert {each.code for each in snapshot.skipped} == {RENAMED}
    assert {"A.csv", "tail/sub/_.git"} < set(paths(snapshot))
    for entry in snapshot.files:
        assert (await seafile.stat(bench.root.below(entry.path))).id == entry.id
    inner = await seafile.snapshot(bench.root.below("tail/sub"))
    assert paths(inner) == ["_.git"]
    bench.asked()
    assert await seafile.snapshot(bench.root.below("tail/sub"), known=inner) == inner
    assert bench.asked() == {"dir.uptodate": 1}


async def test_decomposed_names_are_found_by_composed_ones(bench, seafile):
    bench.file("cafe\u0301/re\u0301sume\u0301.txt", "text")
    snapshot = await seafile.snapshot(bench.root)
    assert paths(snapshot) == ["caf\u00e9/r\u00e9sum\u00e9.txt"]
    location = bench.at("cafe\u0301/re\u0301sume\u0301.txt")
    assert location.path == "caf\u00e9/r\u00e9sum\u00e9.txt"
    assert (await seafile.stat(location)).id == snapshot.files[0].id
    assert b"".join([piece async for piece in seafile.read(snapshot.files[0])]) == b"text"
    assert paths(await seafile.snapshot(bench.root.below("caf\u00e9"))) == ["r\u00e9sum\u00e9.txt"]
