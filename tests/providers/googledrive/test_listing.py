"""What a first listing asks for, counted, and what it does about the server's weaknesses."""

import pytest

from hubdrives.errors import NotGranted, NotShared, Unavailable
from hubdrives.providers.googledrive import GoogleDrive
from hubdrives.providers.googledrive.api import Api
from hubdrives.providers.googledrive.exports import Options
from hubdrives.providers.googledrive.listing import Listing
from hubdrives.providers.googledrive.tree import Tree
from hubdrives.testing.emulators.googledrive import OWNER, ROBOT

FIRST = {"files.get": 1, "changes.startPageToken": 1}
"""What each listing starts with: the item itself, and where the change log stands."""


def at(item: str):
    location = GoogleDrive.parse(f"https://drive.google.com/drive/folders/{item}")
    assert location is not None
    return location


def plant_tree(bench, *, width: int, depth: int) -> int:
    """A tree in which each folder has `width` folders and a file, `depth` levels of folders; how many folders."""
    level, count = [bench.drive.root], 0
    for number in range(depth):
        below = []
        for parent in level:
            bench.file(f"{number}.txt", parent=parent)
            below += [bench.folder(f"{number}-{each}", parent) for each in range(width)]
        level, count = below, count + len(below)
    for parent in level:
        bench.file("leaf.txt", parent=parent)
    return count


@pytest.mark.parametrize(
    ("width", "depth", "lists"),
    [
        (0, 1, 1),  # the root alone
        (1, 4, 5),  # a level is one request
        (3, 3, 4),
        (50, 1, 2),
        (51, 1, 3),  # more than 50 folders are two groups
        (8, 2, 1 + 1 + 2),
    ],
)
async def test_a_tree_costs_one_request_for_fifty_folders_of_a_level(bench, width, depth, lists) -> None:
    folders = plant_tree(bench, width=width, depth=depth)
    drive = await bench.connect()
    snapshot = await drive.snapshot(at(bench.drive.root))
    assert bench.asked() == {**FIRST, "files.list": lists}
    assert len(snapshot.entries) - len(snapshot.files) == folders


class CountingApi(Api):
    """Counts how many listings are under way at the same time."""

    now = most = 0

    async def children(self, folders, *, keys):
        self.now += 1
        self.most = max(self.most, self.now)
        try:
            return await super().children(folders, keys=keys)
        finally:
            self.now -= 1


async def test_the_groups_of_a_level_are_asked_for_at_the_same_time(bench) -> None:
    plant_tree(bench, width=6, depth=1)
    api = CountingApi((await bench.connect())._client, base_url=bench.drive.url)
    root = await api.file(bench.drive.root)
    await Listing(api, Tree(root=root.id, items={root.id: root}), Options(group_size=2)).fill()
    assert api.most == 3


@pytest.mark.parametrize("whole", [False, True])
async def test_a_page_holds_a_thousand_items(bench, whole: bool) -> None:
    top = bench.drive.add_shared_drive("Team", ROBOT) if whole else bench.drive.root
    for number in range(1000):
        bench.file(f"{number}.txt", parent=top)
    drive = await bench.connect()
    assert len((await drive.snapshot(at(top))).files) == 1000
    assert bench.asked() == {**FIRST, "files.list": 1}
    bench.file("one more.txt", parent=top)
    assert len((await drive.snapshot(at(top))).files) == 1001
    assert bench.asked() == {**FIRST, "files.list": 2}


async def test_each_folder_that_comes_out_empty_is_asked_for_alone(bench) -> None:
    for number in range(4):
        bench.folder(f"empty {number}")
    bench.file("a.txt", parent=bench.folder("full"))
    drive = await bench.connect()
    snapshot = await drive.snapshot(at(bench.drive.root))
    assert bench.asked() == {**FIRST, "files.list": 1 + 1 + 4}
    assert len(snapshot.entries) == 6


async def test_a_group_that_is_lost_is_found_again(bench) -> None:
    plant_tree(bench, width=5, depth=1)
    drive = await bench.connect()
    whole = await drive.snapshot(at(bench.drive.root))
    bench.drive.faults.set([{"operation": "files.list", "effect": "lose_group", "times": None}])
    bench.asked()
    again = await drive.snapshot(at(bench.drive.root))
    assert again.entries == whole.entries
    assert bench.asked() == {**FIRST, "files.list": 1 + 1 + 5}


async def test_a_folder_that_is_lost_from_a_group_is_found_again(bench) -> None:
    plant_tree(bench, width=5, depth=1)
    drive = await bench.connect()
    whole = await drive.snapshot(at(bench.drive.root))
    bench.drive.faults.set([{"operation": "files.list", "effect": "lose_part", "times": None}])
    assert (await drive.snapshot(at(bench.drive.root))).entries == whole.entries


class LossyApi(Api):
    """Drive at its worst: an answer for several folders lacks one child of a folder that has others."""

    lost = ""

    async def children(self, folders, *, keys):
        folders = list(folders)
        items, complete = await super().children(folders, keys=keys)
        return [item for item in items if len(folders) == 1 or item.id != self.lost], complete


async def test_a_child_that_was_there_before_is_asked_for_before_it_is_believed_gone(bench) -> None:
    weeks = [bench.folder("week 1"), bench.folder("week 2")]
    here, lost, gone = (bench.file(name, parent=weeks[0]) for name in ("here", "lost", "gone"))
    bench.file("notes.md", parent=weeks[1])
    bench.drive.tree.delete(gone)
    api = LossyApi((await bench.connect())._client, base_url=bench.drive.url)
    api.lost = lost
    root = await api.file(bench.drive.root)

    async def listed(before: dict[str, set[str]]) -> set[str]:
        listing = Listing(api, Tree(root=root.id, items={root.id: root}), Options(), before=before)
        await listing.fill()
        return {item.name for item in listing.tree.children()[weeks[0]]}

    assert await listed({}) == {"here"}
    bench.asked()
    assert await listed({weeks[0]: {here, lost, gone}}) == {"here", "lost"}
    assert bench.asked()["files.list"] == 1 + 1 + 1


async def test_groups_can_be_switched_off(bench) -> None:
    plant_tree(bench, width=4, depth=1)
    drive = await bench.connect(group_size=1)
    bench.drive.faults.set([{"operation": "files.list", "effect": "lose_group", "times": None}])
    snapshot = await drive.snapshot(at(bench.drive.root))
    assert bench.asked() == {**FIRST, "files.list": 1 + 4}
    assert len(snapshot.files) == 5


async def test_more_than_a_page_is_read_to_the_end(bench) -> None:
    for number in range(7):
        bench.file(f"{number}.txt")
    bench.drive.faults.set(
        [
            {"operation": "files.list", "effect": "empty_page", "times": 1},
            {"operation": "files.list", "effect": "short_pages", "size": 3, "times": None, "after": 1},
        ]
    )
    drive = await bench.connect()
    assert len((await drive.snapshot(at(bench.drive.root))).files) == 7
    assert bench.asked()["files.list"] == 4


async def test_a_page_token_that_ends_begins_the_listing_anew(bench) -> None:
    for number in range(7):
        bench.file(f"{number}.txt")
    bench.drive.faults.set(
        [
            {"operation": "files.list", "effect": "short_pages", "size": 3, "times": None},
            {"operation": "files.list", "effect": "expire_page_token", "times": 1},
        ]
    )
    drive = await bench.connect()
    assert len((await drive.snapshot(at(bench.drive.root))).files) == 7
    assert bench.asked()["files.list"] == 2 + 3


async def test_names_that_a_query_must_escape_do_no_harm(bench) -> None:
    bench.file("it's.txt", parent=bench.folder("O'Brien \\ 'in parents'"))
    drive = await bench.connect()
    assert [entry.name for entry in (await drive.snapshot(at(bench.drive.root))).files] == ["it's.txt"]


async def test_what_is_in_the_bin_is_not_even_sent(bench) -> None:
    for number in range(5):
        bench.drive.tree.trash(bench.file(f"{number}.txt"))
    bench.file("a.txt")
    bench.drive.faults.set([{"operation": "files.list", "effect": "short_pages", "size": 3, "times": None}])
    drive = await bench.connect()
    assert len((await drive.snapshot(at(bench.drive.root))).files) == 1
    assert bench.asked()["files.list"] == 1


async def test_an_id_is_no_part_of_the_query_language(bench) -> None:
    api = Api((await bench.connect())._client, base_url=bench.drive.url)
    for item in ("x' in parents or 'y", "back\\", "it's"):
        # Understood as one id that nothing has; anything else would be a query that Drive refuses or answers.
        with pytest.raises(NotShared):
            await api.children([item], keys={})


class HastyApi(Api):
    """Drive in a hurry: it says that it could not search all of a shared drive, or of a group of folders."""

    async def whole_drive(self, drive):
        items, _complete = await super().whole_drive(drive)
        return items[:1], False

    async def children(self, folders, *, keys):
        folders = list(folders)
        items, _complete = await super().children(folders, keys=keys)
        return (items, True) if len(folders) == 1 and self.patient else (items[:1], False)

    patient = True


async def test_an_answer_that_says_it_is_incomplete_is_not_believed(bench) -> None:
    team = bench.drive.add_shared_drive("Team", ROBOT)
    for number in range(3):
        bench.file("a.txt", parent=bench.folder(f"{number}", team))
    api = HastyApi((await bench.connect())._client, base_url=bench.drive.url)
    root = await api.file(team)
    listing = Listing(api, Tree(root=team, items={team: root}), Options())
    await listing.fill()
    assert len(listing.tree.items) == 1 + 3 + 3
    api.patient = False
    with pytest.raises(Unavailable, match="search"):
        await Listing(api, Tree(root=team, items={team: root}), Options()).fill()


class TestSharedDrives:
    async def test_a_whole_one_is_one_request_for_a_thousand_items(self, bench) -> None:
        team = bench.drive.add_shared_drive("Team", ROBOT)
        for number in range(3):
            bench.file("x.txt", parent=bench.folder("deep", bench.folder(f"{number}", team)))
        bench.folder("empty", team)
        drive = await bench.connect()
        snapshot = await drive.snapshot(at(team))
        assert bench.asked() == {**FIRST, "files.list": 1}
        assert (snapshot.name, len(snapshot.entries)) == ("Team", 3 * 3 + 1)

    async def test_a_folder_in_one_is_listed_by_levels(self, bench) -> None:
        top = bench.folder("top", bench.drive.add_shared_drive("Team", ROBOT))
        bench.file("x.txt", parent=bench.folder("sub", top))
        drive = await bench.connect()
        assert len((await drive.snapshot(at(top))).entries) == 2
        assert bench.asked() == {**FIRST, "files.list": 2}

    async def test_a_folder_in_one_whose_log_is_closed_is_listed_each_time(self, bench) -> None:
        top = bench.folder("top", bench.drive.add_shared_drive("Team"))
        bench.drive.access.share(top, ROBOT)
        bench.file("x.txt", parent=top)
        drive = await bench.connect()
        first = await drive.snapshot(at(top))
        assert first.cursor is None
        bench.file("y.txt", parent=top)
        assert len((await drive.snapshot(at(top), known=first)).files) == 2


class TestShortcuts:
    async def test_one_into_the_tree_costs_nothing(self, bench) -> None:
        week = bench.folder("week")
        bench.shortcut("again", week)
        bench.shortcut("file", bench.file("a.txt", parent=week))
        drive = await bench.connect()
        snapshot = await drive.snapshot(at(bench.drive.root), boundary=at(bench.drive.root))
        assert [entry.path for entry in snapshot.files] == ["again/a.txt", "file", "week/a.txt"]
        assert bench.asked() == {**FIRST, "files.list": 2}

    async def test_one_out_of_it_costs_its_target_and_what_is_below(self, bench) -> None:
        far = bench.folder("far", bench.drive.home(OWNER))
        bench.drive.access.share(far, ROBOT)
        bench.file("b.txt", parent=bench.folder("sub", far))
        bench.shortcut("far away", far)
        drive = await bench.connect()
        snapshot = await drive.snapshot(at(bench.drive.root))
        assert [entry.path for entry in snapshot.files] == ["far away/sub/b.txt"]
        assert bench.asked() == {"files.get": 2, "changes.startPageToken": 1, "files.list": 3}

    async def test_one_into_a_boundary_above_costs_the_way_up(self, bench) -> None:
        week = bench.folder("week 1")
        sub = bench.folder("sub", bench.folder("data"))
        bench.shortcut("points", bench.file("points.csv", parent=sub), week)
        drive = await bench.connect()
        snapshot = await drive.snapshot(at(week), boundary=at(bench.drive.root))
        assert [entry.path for entry in snapshot.files] == ["points"]
        # The target, `sub` and `data`; and the folder above, to see whether the change log tells of what is in it.
        assert bench.asked() == {"files.get": 1 + 3 + 1, "changes.startPageToken": 1, "files.list": 1}

    async def test_one_out_of_the_boundary_is_left_out_with_a_reason(self, bench) -> None:
        far = bench.folder("far", bench.drive.home(OWNER))
        bench.drive.access.share(far, ROBOT)
        bench.shortcut("far away", far)
        drive = await bench.connect()
        snapshot = await drive.snapshot(at(bench.drive.root), boundary=at(bench.drive.root))
        assert snapshot.entries == ()
        assert [(item.path, item.code) for item in snapshot.skipped] == [("far away", "not-granted")]

    async def test_one_by_which_the_location_leads_out_of_the_boundary_is_refused(self, bench) -> None:
        far = bench.folder("far", bench.drive.home(OWNER))
        bench.drive.access.share(far, ROBOT)
        link = bench.shortcut("far away", far)
        bench.folder("sub", far)
        drive = await bench.connect()
        for location in (at(link), at(bench.drive.root).below("far away"), at(bench.drive.root).below("far away/sub")):
            with pytest.raises(NotGranted):
                await drive.snapshot(location, boundary=at(bench.drive.root))

    async def test_one_to_another_shared_drive_brings_that_drives_log_along(self, bench) -> None:
        team = bench.drive.add_shared_drive("Team", ROBOT)
        top = bench.folder("top", team)
        item = bench.file("b.txt", parent=top)
        bench.shortcut("team", top)
        drive = await bench.connect()
        first = await drive.snapshot(at(bench.drive.root))
        bench.asked()
        bench.drive.tree.rename(item, "c.txt")
        second = await drive.snapshot(at(bench.drive.root), known=first)
        assert [entry.path for entry in second.files] == ["team/c.txt"]
        assert bench.asked() == {"changes.list": 2}

    async def test_a_location_that_is_one_is_what_it_leads_to_under_its_name(self, bench) -> None:
        link = bench.shortcut("alias", bench.folder("real"))
        drive = await bench.connect()
        assert (await drive.snapshot(at(link))).name == "alias"
        assert (await drive.stat(at(link))).path == "alias"


class TestTrouble:
    async def test_a_rate_limit_in_the_middle_is_waited_for(self, bench) -> None:
        plant_tree(bench, width=2, depth=2)
        bench.drive.faults.set(
            [
                {"operation": "files.list", "effect": "error", "reason": "userRateLimitExceeded", "times": 2},
                {"operation": "files.get", "effect": "error", "reason": "rateLimitExceeded", "status": 403},
                {"operation": "changes.*", "effect": "error", "reason": "rateLimitExceeded", "status": 429},
            ]
        )
        drive = await bench.connect()
        assert len((await drive.snapshot(at(bench.drive.root))).entries) == 13
        assert bench.asked() == {"files.get": 2, "changes.startPageToken": 2, "files.list": 3 + 2}

    async def test_a_token_that_ends_in_the_middle_is_renewed_once(self, bench) -> None:
        plant_tree(bench, width=3, depth=2)
        drive = await bench.connect()
        bench.drive.faults.set([{"operation": "files.list", "effect": "expire_tokens", "after": 1, "times": 1}])
        assert len((await drive.snapshot(at(bench.drive.root))).entries) == 3 + 9 + 4 + 9
        assert bench.drive.requests.by_operation["token"] == 2

    @pytest.mark.parametrize(
        "effect", [{"effect": "html", "status": 502}, {"effect": "drop"}, {"effect": "cut", "bytes": 9}]
    )
    async def test_what_passes_is_tried_again(self, bench, effect) -> None:
        bench.file("a.txt")
        bench.drive.faults.set([{"operation": "files.list", "times": 1, **effect}])
        drive = await bench.connect()
        assert len((await drive.snapshot(at(bench.drive.root))).files) == 1

    async def test_what_does_not_pass_ends_with_one_error(self, bench) -> None:
        plant_tree(bench, width=60, depth=1)
        bench.drive.faults.set([{"operation": "files.list", "effect": "html", "after": 1, "times": None}])
        drive = await bench.connect()
        with pytest.raises(Unavailable):
            await drive.snapshot(at(bench.drive.root))
