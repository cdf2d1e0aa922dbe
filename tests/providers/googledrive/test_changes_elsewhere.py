"""Changes of what a snapshot reaches by a shortcut, and of what only a link opens: they show, and what it costs."""

import asyncio

import pytest
from tests.providers.googledrive.course import ONE, Course, at, paths

from hubdrives.errors import NotGranted
from hubdrives.testing.emulators.content import Content
from hubdrives.testing.emulators.googledrive import OWNER, ROBOT


class TestShortcuts:
    @pytest.fixture
    async def far(self, course: Course) -> str:
        """A file elsewhere, to which a shortcut leads."""
        elsewhere = course.bench.folder("elsewhere", course.bench.drive.home(OWNER))
        course.bench.drive.access.share(elsewhere, ROBOT)
        far = course.bench.file("far.txt", "far", elsewhere)
        course.bench.shortcut("link.txt", far)
        await course.next()
        return far

    async def test_a_change_of_the_target_shows(self, course: Course, far: str) -> None:
        before = course.known
        course.tree.replace(far, Content.of("farther"))
        assert (await course.next()).digest != before.digest
        assert course.asked == ONE

    async def test_a_target_that_goes_shows_and_its_return_too(self, course: Course, far: str) -> None:
        course.tree.trash(far)
        assert [item.code for item in (await course.next()).skipped] == ["trashed"]
        assert course.asked == ONE
        course.tree.restore(far)
        assert "link.txt" in paths(await course.next())

    async def test_a_location_by_one_is_refused_once_its_target_is_moved_out_of_the_boundary(self, bench) -> None:
        real = bench.folder("real")
        bench.file("a.txt", parent=real)
        link = bench.shortcut("alias", real)
        other = bench.folder("other", bench.drive.home(OWNER))
        bench.drive.access.share(other, ROBOT)
        drive = await bench.connect()
        first = await drive.snapshot(at(link), boundary=at(bench.drive.root))
        assert paths(first) == {"a.txt"}
        bench.drive.tree.move(real, other)
        with pytest.raises(NotGranted):
            await drive.snapshot(at(link), known=first, boundary=at(bench.drive.root))

    async def test_a_target_that_is_deleted_shows(self, course: Course, far: str) -> None:
        course.tree.delete(far)
        assert [item.code for item in (await course.next()).skipped] == ["not-shared"]
        assert course.asked == ONE

    async def test_a_target_in_another_drive_that_changes_while_it_is_fetched_shows(self, bench) -> None:
        here, there = (bench.drive.add_shared_drive(name, ROBOT) for name in ("Here", "There"))
        item = bench.file("a.txt", "old", there)
        bench.shortcut("link.txt", item, here)
        drive = await bench.connect()
        bench.drive.faults.set([{"operation": "changes.startPageToken", "effect": "delay", "seconds": 0.3, "after": 1}])
        listing = asyncio.create_task(drive.snapshot(at(here)))
        while bench.drive.requests.by_operation["changes.startPageToken"] < 2:
            await asyncio.sleep(0.005)
        # Its metadata were fetched, and the token, which is made after this, will not tell of it.
        bench.drive.tree.replace(item, Content.of("new content"))
        second = await drive.snapshot(at(here), known=await listing)
        assert [entry.size for entry in second.files] == [len("new content")]

    async def test_a_target_that_is_shared_later_shows(self, course: Course) -> None:
        secret = course.bench.file("secret.txt", parent=course.bench.drive.home(OWNER))
        course.bench.shortcut("link.txt", secret)
        assert [item.code for item in (await course.next()).skipped] == ["not-shared"]
        assert course.asked == {**ONE, "files.get": 1}
        await course.next()
        assert course.asked == ONE
        course.bench.drive.access.share(secret, ROBOT)
        assert "link.txt" in paths(await course.next())
        assert course.asked == ONE

    async def test_a_target_that_is_moved_out_of_the_boundary_is_left_out(self, bench) -> None:
        week, data = bench.folder("week"), bench.folder("data")
        deep = bench.folder("deep", data)
        bench.shortcut("points", bench.file("points.csv", parent=deep), week)
        other = bench.folder("other", bench.drive.home(OWNER))
        bench.drive.access.share(other, ROBOT)
        drive = await bench.connect()
        boundary = at(bench.drive.root)
        first = await drive.snapshot(at(week), boundary=boundary)
        assert paths(first) == {"points"}
        # Not the target moves, but a folder above it.
        bench.drive.tree.move(data, other)
        second = await drive.snapshot(at(week), known=first, boundary=boundary)
        assert (paths(second), [item.code for item in second.skipped]) == (set(), ["not-granted"])

    async def test_another_boundary_is_another_question(self, course: Course, far: str) -> None:
        open_ended = course.known
        bounded = await course.drive.snapshot(course.location, known=open_ended, boundary=course.location)
        assert "link.txt" in paths(open_ended)
        assert "link.txt" not in paths(bounded)


class TestByLinkAlone:
    """Drive's log tells an account nothing of what it sees only because anybody who has the link may."""

    @pytest.fixture
    def public(self, bench) -> str:
        folder = bench.folder("public", bench.drive.home(OWNER))
        bench.drive.access.links[folder] = None
        return folder

    async def test_a_folder_is_listed_each_time(self, bench, public) -> None:
        sub = bench.folder("sub", public)
        item = bench.file("a.txt", parent=sub)
        drive = await bench.connect()
        for top, path in ((public, "sub/"), (sub, "")):
            first = await drive.snapshot(at(top))
            bench.drive.tree.rename(item, f"{top}.txt")
            assert paths(await drive.snapshot(at(top), known=first)) == {f"{path}{top}.txt"}

    async def test_so_is_one_with_a_shortcut_into_it(self, bench, public) -> None:
        item = bench.file("a.txt", "one", public)
        bench.shortcut("link.txt", item)
        drive = await bench.connect()
        first = await drive.snapshot(at(bench.drive.root))
        bench.drive.tree.replace(item, Content.of("another"))
        assert [entry.size for entry in (await drive.snapshot(at(bench.drive.root), known=first)).files] == [7]

    async def test_so_is_one_that_gets_such_a_shortcut(self, bench, public) -> None:
        item = bench.file("a.txt", "one", public)
        drive = await bench.connect()
        snapshot = await drive.snapshot(at(bench.drive.root))
        bench.shortcut("link.txt", item)
        snapshot = await drive.snapshot(at(bench.drive.root), known=snapshot)
        bench.drive.tree.replace(item, Content.of("another"))
        assert [entry.size for entry in (await drive.snapshot(at(bench.drive.root), known=snapshot)).files] == [7]

    async def test_one_that_is_shared_as_well_has_the_log(self, bench, public) -> None:
        bench.drive.access.share(public, ROBOT)
        sub = bench.folder("sub", public)
        bench.file("a.txt", parent=sub)
        drive = await bench.connect()
        first = await drive.snapshot(at(sub))
        # The way up, once.
        assert bench.asked() == {"files.get": 2, "changes.startPageToken": 1, "files.list": 1}
        await drive.snapshot(at(sub), known=first)
        assert bench.asked() == ONE
