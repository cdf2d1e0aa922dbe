"""What a whole Drive is to the rest of the house: accounts, access, options, paths, grants."""

import asyncio

import pytest

from hubdrives.errors import BadConfig, BadCredential, NotFound, NotShared, Trashed, Unreadable
from hubdrives.model import Location
from hubdrives.providers import provider_class
from hubdrives.providers.googledrive import GoogleDrive
from hubdrives.testing.emulators.googledrive import OWNER, ROBOT


def at(item: str, key: str = "") -> Location:
    location = GoogleDrive.parse(f"https://drive.google.com/drive/folders/{item}?resourcekey={key}")
    assert location is not None
    return location


def test_it_is_installed_under_its_name() -> None:
    assert provider_class("googledrive") is GoogleDrive


@pytest.mark.parametrize(
    "options",
    [
        {"exports": {"document": "exe"}},
        {"exports": {"form": "zip"}},
        {"group_size": 0},
        {"group_size": 51},
        {"follow_shortcuts": "no"},
        {"colour": "red"},
    ],
)
async def test_options_that_mean_nothing_are_refused(bench, options: dict) -> None:
    with pytest.raises(BadConfig, match="Google Drive"):
        await bench.connect(**options)


class TestAccess:
    async def test_what_is_not_shared_names_whom_to_share_it_with(self, bench) -> None:
        private = at(bench.file("private.txt", parent=bench.drive.home(OWNER)))
        drive = await bench.connect()
        for call in (drive.stat(private), drive.snapshot(private), anext(drive.list(private)), drive.describe(private)):
            with pytest.raises(NotShared) as told:
                await call
            assert told.value.hint == f"Share the folder with {ROBOT}, then try again."

    async def test_it_says_how_to_give_access(self, bench) -> None:
        assert (await bench.connect()).explain_access() == f"Share it with {ROBOT}."

    async def test_what_is_in_the_bin_is_told_so(self, bench) -> None:
        week = bench.folder("week 1")
        lab = bench.file("lab.ipynb", parent=week)
        bench.drive.tree.trash(week)
        drive = await bench.connect()
        link = bench.shortcut("link", bench.drive.root)
        bench.drive.tree.trash(link)
        for item in (week, lab, link):
            with pytest.raises(Trashed, match="bin"):
                await drive.stat(at(item))

    async def test_a_folder_behind_a_resource_key_is_reached_with_it_only(self, bench) -> None:
        folder = bench.folder("linked", bench.drive.home(OWNER))
        bench.file("b.txt", parent=bench.folder("sub", folder))
        bench.drive.access.links[folder] = "0-s3cret"
        drive = await bench.connect()
        with pytest.raises(NotShared):
            await drive.snapshot(at(folder))
        assert (await drive.stat(at(folder, "0-s3cret"))).path == "linked"

    async def test_what_is_in_it_comes_too_also_what_has_a_key_of_its_own(self, bench) -> None:
        folder = bench.folder("linked", bench.drive.home(OWNER))
        old = bench.folder("old", folder)
        bench.file("a.txt", "a", folder)
        keyed = bench.file("b.txt", "b", old)
        bench.drive.access.links.update({folder: "0-s3cret", old: "0-its-own", keyed: "0-another"})
        drive = await bench.connect()
        snapshot = await drive.snapshot(at(folder, "0-s3cret"))
        found = {entry.path: b"".join([piece async for piece in drive.read(entry)]) for entry in snapshot.files}
        assert found == {"a.txt": b"a", "old/b.txt": b"b"}

    async def test_a_disabled_account_is_told_so(self, bench) -> None:
        bench.drive.robot.state = "disabled"
        drive = await bench.connect()
        with pytest.raises(BadCredential, match="disabled"):
            await drive.stat(at(bench.drive.root))


class TestPaths:
    async def test_names_are_looked_up_folder_by_folder(self, bench) -> None:
        sub = bench.folder("sub", bench.folder("week 1"))
        bench.file("a.txt", parent=sub)
        drive = await bench.connect()
        entry = await drive.stat(at(bench.drive.root).below("week 1/sub/a.txt"))
        assert entry.path == "a.txt"
        assert bench.asked() == {"files.get": 1, "files.list": 3}

    async def test_local_names_lead_there_too(self, bench) -> None:
        slash = bench.file("a/b.csv")
        plan = bench.doc("Plan")
        drive = await bench.connect()
        for path, item in (("a_b.csv", slash), ("Plan.docx", plan), ("Plan", plan)):
            assert (await drive.stat(at(bench.drive.root).below(path))).id == item

    async def test_the_items_own_name_comes_before_a_local_one(self, bench) -> None:
        bench.file("a/b.csv")
        plain = bench.file("a_b.csv")
        drive = await bench.connect()
        assert (await drive.stat(at(bench.drive.root).below("a_b.csv"))).id == plain

    async def test_a_shortcut_on_the_way_is_followed(self, bench) -> None:
        real = bench.folder("real")
        inner = bench.file("a.txt", parent=real)
        bench.shortcut("alias", real)
        drive = await bench.connect()
        assert (await drive.stat(at(bench.drive.root).below("alias/a.txt"))).id == inner

    async def test_a_name_that_is_not_there_is_told_with_its_folder(self, bench) -> None:
        bench.folder("week 1")
        drive = await bench.connect()
        with pytest.raises(NotFound, match="'lab' in the folder 'week 1'"):
            await drive.stat(at(bench.drive.root).below("week 1/lab"))


class TestShortcuts:
    async def test_one_that_leads_to_itself_through_another_is_refused(self, bench) -> None:
        first = bench.shortcut("first", "1nowhere")
        second = bench.shortcut("second", first)
        bench.drive.tree.retarget(first, second)
        drive = await bench.connect()
        with pytest.raises(Unreadable):
            await drive.stat(at(first))

    async def test_one_to_what_is_not_shared_is_told_by_its_name(self, bench) -> None:
        link = bench.shortcut("link", bench.file("x", parent=bench.drive.home(OWNER)))
        drive = await bench.connect()
        with pytest.raises(NotShared, match="'link'"):
            await drive.stat(at(link))

    async def test_none_is_followed_where_they_are_switched_off(self, bench) -> None:
        link = bench.shortcut("link", bench.folder("real"))
        drive = await bench.connect(follow_shortcuts=False)
        with pytest.raises(Unreadable, match="shortcut"):
            await drive.stat(at(link))
        assert [entry.path async for entry in drive.list(at(bench.drive.root))] == ["real"]

    async def test_a_list_tells_what_they_lead_to(self, bench) -> None:
        bench.shortcut("plan", bench.doc("Plan", parent=bench.folder("docs")))
        drive = await bench.connect()
        assert {entry.path async for entry in drive.list(at(bench.drive.root))} == {"docs", "plan.docx"}


class TestContains:
    async def test_a_way_up_costs_its_length_once(self, bench) -> None:
        week = bench.folder("week 1")
        deep = bench.folder("b", bench.folder("a", week))
        files = [at(bench.file(f"{number}.txt", parent=deep)) for number in range(3)]
        drive = await bench.connect()
        assert await drive.contains(at(bench.drive.root), files[0])
        # The file, b, a, and `week 1`'s parent is the root.
        assert bench.asked() == {"files.get": 4}
        for each in files[1:]:
            assert await drive.contains(at(bench.drive.root), each)
        assert bench.asked() == {"files.get": 2}

    async def test_what_the_account_sees_elsewhere_is_not_inside(self, bench) -> None:
        other = bench.folder("other", bench.drive.home(OWNER))
        bench.drive.access.share(other, ROBOT)
        inner = bench.file("x.txt", parent=other)
        drive = await bench.connect()
        assert not await drive.contains(at(bench.drive.root), at(inner))
        assert not await drive.contains(at(inner), at(other))

    async def test_a_file_shared_alone_is_in_nothing(self, bench) -> None:
        alone = bench.file("alone.txt", parent=bench.drive.home(OWNER))
        bench.drive.access.share(alone, ROBOT)
        drive = await bench.connect()
        assert not await drive.contains(at(bench.drive.root), at(alone))
        assert await drive.contains(at(alone), at(alone))

    async def test_a_shortcut_counts_as_what_it_leads_to(self, bench) -> None:
        other = bench.folder("other", bench.drive.home(OWNER))
        bench.drive.access.share(other, ROBOT)
        outward = bench.shortcut("outward", other)
        inward = bench.shortcut("inward", bench.folder("inner"))
        drive = await bench.connect()
        assert not await drive.contains(at(bench.drive.root), at(outward))
        assert await drive.contains(at(bench.drive.root), at(inward))
        # And as a root: what is in the real folder is in what the shortcut names.
        assert await drive.contains(at(outward), at(other))

    async def test_folders_that_contain_each_other_come_to_an_end(self, bench) -> None:
        one, two = (bench.folder(name, bench.drive.home(OWNER)) for name in ("one", "two"))
        for item in (one, two):
            bench.drive.access.share(item, ROBOT)
        bench.drive.tree.move(one, two)
        bench.drive.tree.move(two, one)
        drive = await bench.connect()
        async with asyncio.timeout(10):
            assert not await drive.contains(at(bench.drive.root), at(one))

    async def test_it_may_be_asked_by_many_at_once(self, bench) -> None:
        items = [at(bench.file(f"{number}.txt", parent=bench.folder(f"{number}"))) for number in range(20)]
        drive = await bench.connect()
        assert all(await asyncio.gather(*(drive.contains(at(bench.drive.root), item) for item in items)))

    async def test_the_top_folder_of_a_shared_drive_contains_all_of_it(self, bench) -> None:
        team = bench.drive.add_shared_drive("Team", ROBOT)
        item = bench.file("x.txt", parent=bench.folder("sub", team))
        drive = await bench.connect()
        assert await drive.contains(at(team), at(item))
        assert not await drive.contains(at(bench.drive.root), at(item))


async def test_it_tells_whom_it_waits_for(bench) -> None:
    drive = await bench.connect()
    drive._client.limit.throttled(12)
    assert drive.waiting is not None
    assert (drive.waiting.on, drive.waiting.seconds) == ("Google Drive", 12)
