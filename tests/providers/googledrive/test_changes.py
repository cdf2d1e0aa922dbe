"""What a snapshot costs when an earlier one is known, counted, and that it is right all the same."""

import asyncio

import msgspec
import pytest
from tests.providers.googledrive.course import BEFORE, ONE, Course, at, paths

from hubdrives.errors import NotShared, Trashed
from hubdrives.providers.googledrive import GoogleDrive
from hubdrives.testing.emulators.content import Content
from hubdrives.testing.emulators.googledrive import OWNER, ROBOT


async def test_nothing_new_costs_one_request(course: Course) -> None:
    for _ in range(2):
        first = course.known
        second = await course.next()
        assert course.asked == ONE
        assert second.entries == first.entries


async def test_news_about_something_else_costs_that_one_request_too(course: Course) -> None:
    other = course.bench.folder("other course", course.bench.drive.home(OWNER))
    course.bench.drive.access.share(other, ROBOT)
    course.bench.file("x.txt", parent=other)
    assert paths(await course.next()) == BEFORE
    assert course.asked == ONE


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda c: c.tree.replace(c.lab, Content.of("new")), BEFORE),
        (lambda c: c.bench.file("new.txt", parent=c.data), BEFORE | {"week 1/data/new.txt"}),
        (lambda c: c.tree.rename(c.lab, "lab1.ipynb"), BEFORE - {"week 1/lab.ipynb"} | {"week 1/lab1.ipynb"}),
        (lambda c: c.tree.move(c.lab, c.week2), BEFORE - {"week 1/lab.ipynb"} | {"week 2/lab.ipynb"}),
        (lambda c: c.tree.trash(c.lab), BEFORE - {"week 1/lab.ipynb"}),
        (lambda c: c.tree.delete(c.lab), BEFORE - {"week 1/lab.ipynb"}),
        (lambda c: c.tree.rename(c.week1, "one"), {"one/lab.ipynb", "one/data/points.csv", "week 2/notes.md"}),
        (lambda c: c.tree.move(c.data, c.week2), {"week 1/lab.ipynb", "week 2/data/points.csv", "week 2/notes.md"}),
        (lambda c: c.tree.trash(c.week1), {"week 2/notes.md"}),
        (lambda c: c.tree.delete(c.week1), {"week 2/notes.md"}),
        (lambda c: c.tree.move(c.week1, c.bench.drive.home(OWNER)), {"week 2/notes.md"}),
        (lambda c: c.tree.rename(c.root, "Course 2030"), BEFORE),
        (lambda c: c.bench.shortcut("again", c.data), BEFORE | {"again/points.csv"}),
    ],
    ids=[
        "edited", "added", "renamed", "moved", "trashed", "deleted", "folder renamed", "folder moved inside",
        "folder trashed", "folder deleted", "folder moved out", "root renamed", "shortcut to what is known",
    ],
)  # fmt: skip
async def test_a_change_costs_one_request(course: Course, change, expected) -> None:
    before = course.known
    change(course)
    snapshot = await course.next()
    assert course.asked == ONE
    assert paths(snapshot) == expected
    assert (snapshot.digest, snapshot.name) != (before.digest, before.name)


async def test_a_hundred_changes_cost_one_request(course: Course) -> None:
    for number in range(100):
        course.bench.file(f"{number}.txt", parent=course.week2)
    assert len((await course.next()).files) == 103
    assert course.asked == ONE


async def test_a_new_folder_costs_its_listing(course: Course) -> None:
    course.bench.file("x.txt", parent=course.bench.folder("week 3"))
    assert paths(await course.next()) == BEFORE | {"week 3/x.txt"}
    assert course.asked == {**ONE, "files.list": 1}


async def test_a_folder_that_is_moved_in_is_listed_with_all_below_it(course: Course) -> None:
    outside = course.bench.folder("outside", course.bench.drive.home(OWNER))
    course.bench.file("deep.txt", parent=course.bench.folder("sub", outside))
    course.tree.move(outside, course.root)
    assert paths(await course.next()) == BEFORE | {"outside/sub/deep.txt"}
    assert course.asked == {**ONE, "files.list": 2}


async def test_a_folder_that_comes_out_of_the_bin_is_listed_again(course: Course) -> None:
    course.tree.trash(course.week1)
    await course.next()
    course.tree.replace(course.lab, Content.of("edited in the bin"))
    course.tree.restore(course.week1)
    assert paths(await course.next()) == BEFORE


async def test_into_the_bin_and_out_again_between_two_looks_is_nothing(course: Course) -> None:
    course.tree.trash(course.week1)
    course.tree.restore(course.week1)
    before = course.known
    assert (await course.next()).digest == before.digest
    assert course.asked == ONE


async def test_a_folder_that_is_moved_out_and_in_again_is_right(course: Course) -> None:
    course.tree.move(course.week1, course.bench.drive.home(OWNER))
    await course.next()
    course.bench.file("meanwhile.txt", parent=course.data)
    course.tree.move(course.week1, course.root)
    assert paths(await course.next()) == BEFORE | {"week 1/data/meanwhile.txt"}


async def test_many_pages_of_changes_are_read_to_the_end(course: Course) -> None:
    for number in range(7):
        course.bench.file(f"{number}.txt", parent=course.week2)
    course.bench.drive.faults.set([{"operation": "changes.list", "effect": "short_pages", "size": 3, "times": None}])
    assert len((await course.next()).files) == 10
    assert course.asked == {"changes.list": 3}


async def test_a_token_that_is_refused_means_a_new_listing(course: Course) -> None:
    course.bench.file("new.txt", parent=course.week2)
    course.bench.drive.faults.set([{"operation": "changes.list", "effect": "expire_page_token"}])
    assert paths(await course.next()) == BEFORE | {"week 2/new.txt"}
    assert course.asked == {"changes.list": 1, "files.get": 1, "changes.startPageToken": 1, "files.list": 3}


async def test_what_changes_while_it_is_listed_shows_the_next_time(bench) -> None:
    drive = await bench.connect()
    lab = bench.file("lab.ipynb", "old")
    bench.file("deep.txt", parent=bench.folder("week 1"))
    # The root's children are told; then those of the folder take their time.
    bench.drive.faults.set([{"operation": "files.list", "effect": "delay", "seconds": 0.3, "after": 1}])
    listing = asyncio.create_task(drive.snapshot(at(bench.drive.root)))
    while bench.drive.requests.by_operation["files.list"] < 2:
        await asyncio.sleep(0.005)
    bench.drive.tree.replace(lab, Content.of("new"))
    first = await listing
    second = await drive.snapshot(at(bench.drive.root), known=first)
    assert first.files[0].digest != second.files[0].digest
    assert second.entries == (await drive.snapshot(at(bench.drive.root))).entries


class TestTheRootItself:
    async def test_in_the_bin(self, course: Course) -> None:
        course.tree.trash(course.root)
        with pytest.raises(Trashed, match="Shared folder"):
            await course.drive.snapshot(course.location, known=course.known)

    async def test_deleted_or_no_longer_shared(self, course: Course) -> None:
        course.bench.drive.access.unshare(course.root)
        with pytest.raises(NotShared) as told:
            await course.drive.snapshot(course.location, known=course.known)
        assert ROBOT in told.value.hint

    async def test_in_a_folder_that_goes_into_the_bin_or_is_no_longer_shared(self, course: Course) -> None:
        above = course.bench.folder("above", course.bench.drive.home(OWNER))
        course.bench.drive.access.share(above, ROBOT)
        course.bench.drive.access.unshare(course.root)
        course.tree.move(course.root, above)
        await course.next()
        course.tree.trash(above)
        with pytest.raises(Trashed):
            await course.drive.snapshot(course.location, known=course.known)
        course.tree.restore(above)
        assert paths(await course.next()) == BEFORE
        course.bench.drive.access.unshare(above)
        with pytest.raises(NotShared):
            await course.drive.snapshot(course.location, known=course.known)

    async def test_still_there_when_another_folder_goes(self, course: Course) -> None:
        other = course.bench.folder("other", course.bench.drive.home(OWNER))
        course.bench.drive.access.share(other, ROBOT)
        await course.next()
        course.tree.trash(other)
        assert paths(await course.next()) == BEFORE
        # The folder might have been one above the root, of which nothing is known.
        assert course.asked == {**ONE, "files.get": 1}

    async def test_renamed_when_it_is_a_shared_drive(self, bench) -> None:
        team = bench.drive.add_shared_drive("Team", ROBOT)
        bench.file("x.txt", parent=team)
        drive = await bench.connect()
        first = await drive.snapshot(at(team))
        bench.drive.tree.rename(team, "Crew")
        second = await drive.snapshot(at(team), known=first)
        assert (second.name, second.digest) == ("Crew", first.digest)


class TestSharedDrives:
    async def test_its_own_log_is_read(self, bench) -> None:
        team = bench.drive.add_shared_drive("Team", ROBOT)
        bench.file("a.txt", parent=bench.folder("sub", team))
        drive = await bench.connect()
        first = await drive.snapshot(at(team))
        bench.file("not in the drive.txt")
        bench.asked()
        assert (await drive.snapshot(at(team), known=first)).digest == first.digest
        bench.file("b.txt", parent=team)
        assert paths(await drive.snapshot(at(team), known=first)) == {"sub/a.txt", "b.txt"}
        assert bench.asked() == {"changes.list": 2}


class TestPaths:
    async def test_below_a_location_nothing_new_costs_one_request(self, course: Course) -> None:
        course.location = course.location.below("week 1/data")
        course.known = await course.drive.snapshot(course.location)
        assert paths(await course.next()) == {"points.csv"}
        assert course.asked == ONE

    async def test_another_folder_that_takes_the_name_is_found(self, course: Course) -> None:
        course.location = course.location.below("week 1/data")
        course.known = await course.drive.snapshot(course.location)
        course.tree.rename(course.data, "old data")
        course.bench.file("new.csv", parent=course.bench.folder("data", course.week1))
        assert paths(await course.next()) == {"new.csv"}


async def test_a_cursor_shows_no_resource_key_and_is_json(bench) -> None:
    item = bench.folder("linked", bench.drive.home(OWNER))
    bench.file("a.txt", parent=item)
    bench.drive.access.links[item] = "0-s3cret"
    bench.drive.access.share(item, ROBOT)
    drive = await bench.connect()
    location = GoogleDrive.parse(f"https://drive.google.com/drive/folders/{item}?resourcekey=0-s3cret")
    assert location is not None
    snapshot = await drive.snapshot(location)
    assert paths(snapshot) == {"a.txt"}
    assert "s3cret" not in repr(snapshot)
    assert msgspec.json.decode(snapshot.cursor or b"")["logs"].keys() == {""}
