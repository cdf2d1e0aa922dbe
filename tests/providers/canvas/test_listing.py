"""What a listing asks for, counted, and what it does when a listing changes under it."""

import asyncio

import pytest
from tests.providers.canvas.conftest import DAY
from tests.providers.clock import NOW

from hubdrives.errors import BadCredential, Forbidden, HubdrivesError, NotFound, UnexpectedAnswer, Unreadable
from hubdrives.providers.canvas import Canvas
from hubdrives.testing.emulators.canvas import STUDENT, TEACHER

LISTS = {"folders.list": 1, "files.list": 1}


def plant(bench, *, files: int, folders: int) -> None:
    parents = [bench.school.root, *(bench.folder(f"folder {number}") for number in range(folders - 1))]
    for number in range(files):
        bench.file(f"{number}.txt", parent=parents[number % len(parents)])


def paths(snapshot) -> set[str]:
    return {entry.path for entry in snapshot.files}


def left_out(snapshot) -> dict[str, str]:
    return {item.path: item.code for item in snapshot.skipped}


class TestRequests:
    @pytest.mark.parametrize(
        ("files", "folders", "lists"),
        [
            (0, 1, (1, 1)),
            (100, 100, (1, 1)),
            (101, 1, (1, 2)),
            (1, 201, (3, 1)),
        ],
    )
    async def test_a_course_costs_a_request_for_each_hundred(self, bench, files, folders, lists) -> None:
        plant(bench, files=files, folders=folders)
        canvas = await bench.connect()
        await canvas.describe(bench.course)
        bench.asked()
        expected = {"folders.list": lists[0], "files.list": lists[1]}
        first = await canvas.snapshot(bench.course)
        assert bench.asked() == expected
        assert len(first.files) == files
        assert len(first.entries) == files + folders - 1
        second = await canvas.snapshot(bench.course, known=first)
        assert bench.asked() == expected
        assert second is first

    async def test_the_name_is_asked_for_once_if_nobody_told_it(self, bench) -> None:
        canvas = await bench.connect()
        assert (await canvas.snapshot(bench.course)).name == bench.school.course.name
        assert bench.asked() == LISTS | {"courses.get": 1}
        assert (await canvas.snapshot(bench.course)).name == bench.school.course.name
        assert bench.asked() == LISTS

    async def test_a_change_costs_no_more(self, bench) -> None:
        plant(bench, files=3, folders=2)
        canvas = await bench.connect()
        first = await canvas.snapshot(bench.course)
        bench.file("new.txt")
        bench.asked()
        second = await canvas.snapshot(bench.course, known=first)
        assert bench.asked() == LISTS
        assert paths(second) - paths(first) == {"new.txt"}

    async def test_a_folder_by_its_path_is_a_part_of_the_same_lists(self, bench) -> None:
        week = bench.folder("Week 1")
        bench.file("lab.ipynb", parent=bench.folder("data", week))
        bench.file("other.txt")
        canvas = await bench.connect()
        snapshot = await canvas.snapshot(bench.at("{course}/files/folder/Week%201"))
        assert (snapshot.name, paths(snapshot)) == ("Week 1", {"data/lab.ipynb"})
        assert bench.asked() == LISTS

    async def test_a_folder_by_its_id_is_so_when_it_is_known_whose_it_is(self, bench) -> None:
        week = bench.folder("Week 1")
        bench.file("lab.ipynb", parent=week)
        canvas = await bench.connect()
        assert paths(await canvas.snapshot(bench.at(f"{{course}}/folders/{week}"))) == {"lab.ipynb"}
        assert bench.asked() == LISTS
        another = await bench.connect()
        assert paths(await another.snapshot(bench.at(f"/folders/{week}"))) == {"lab.ipynb"}
        assert bench.asked() == LISTS | {"folders.get": 1}
        await another.snapshot(bench.at(f"/folders/{week}"))
        assert bench.asked() == LISTS

    async def test_the_first_pages_are_asked_for_at_the_same_time(self, bench) -> None:
        canvas = await bench.connect()
        bench.school.latency = 0.2
        started = asyncio.get_running_loop().time()
        await canvas.snapshot(bench.at("{course}/files/folder/"))
        assert asyncio.get_running_loop().time() - started < 0.35


class TestPaging:
    @pytest.mark.parametrize("bookmarks", [True, False])
    @pytest.mark.parametrize("most", [50, 7])
    async def test_a_canvas_that_gives_less_at_once_is_listed_whole(self, bench, bookmarks: bool, most: int) -> None:
        bench.school.site.bookmarks, bench.school.site.most_per_page = bookmarks, most
        plant(bench, files=60, folders=20)
        snapshot = await (await bench.connect()).snapshot(bench.course)
        assert (len(snapshot.files), len(snapshot.entries)) == (60, 79)

    @pytest.mark.parametrize("effect", ["link_no_last", "link_trimmed", "empty_page", "repeat_item"])
    async def test_odd_pages_lose_nothing(self, bench, effect: str) -> None:
        bench.school.site.most_per_page = 10
        plant(bench, files=35, folders=12)
        bench.fault("files.list", effect)
        snapshot = await (await bench.connect()).snapshot(bench.course)
        assert len(snapshot.files) == 35

    @pytest.mark.parametrize("effect", ["link_host", "link_scheme"])
    async def test_a_next_page_at_another_address_is_an_error_and_no_short_list(self, bench, effect: str) -> None:
        bench.school.site.most_per_page = 10
        plant(bench, files=35, folders=2)
        bench.fault("files.list", effect)
        with pytest.raises(UnexpectedAnswer, match="not this Canvas"):
            await (await bench.connect()).snapshot(bench.course)

    async def test_a_file_that_came_with_a_new_folder_makes_the_lists_be_read_again(self, bench, serve) -> None:
        plant(bench, files=3, folders=2)
        canvas = await bench.connect()
        await canvas.describe(bench.course)
        bench.asked()
        # The list of folders is on its way already when the folder is made.
        bench.fault("files.list", "delay", seconds=0.1)
        listing = asyncio.create_task(canvas.snapshot(bench.course))
        while not bench.school.requests.by_operation["files.list"]:
            await asyncio.sleep(0.005)
        await asyncio.sleep(0.03)
        bench.file("lab.ipynb", parent=bench.folder("new"))
        assert "new/lab.ipynb" in paths(await listing)
        assert bench.asked() == {"folders.list": 2, "files.list": 2}


class TestWhatIsShown:
    @pytest.mark.parametrize("login", [STUDENT, TEACHER])
    async def test_what_students_may_not_see_is_left_out_whoever_asks(self, bench, login: str) -> None:
        school, later, before = bench.school, NOW + DAY, NOW - DAY
        for name, close in {
            "unpublished": school.lock,
            "hidden": school.hide,
            "not yet": lambda node: school.unlock_at(node, later),
            "over": lambda node: school.lock_at(node, before),
        }.items():
            close(bench.file(f"{name}.txt"))
            folder = bench.folder(f"{name} folder")
            bench.file("inside.txt", parent=folder)
            bench.file("deep.txt", parent=bench.folder("deeper", folder))
            close(folder)
        bench.file("open.txt")
        pending = bench.file("pending.txt")
        school.faults.set([{"operation": "*", "effect": "pending", "id": pending}])
        snapshot = await (await bench.connect(login)).snapshot(bench.course)
        assert {entry.path for entry in snapshot.entries} == {"open.txt"}
        if login == TEACHER:
            assert left_out(snapshot) == {
                "unpublished.txt": "unpublished",
                "unpublished folder": "unpublished",
                "hidden.txt": "hidden",
                "hidden folder": "hidden",
                "not yet.txt": "not-yet",
                "not yet folder": "not-yet",
                "over.txt": "locked",
                "over folder": "locked",
                "pending.txt": "pending",
            }
            reasons = {item.path: item.reason for item in snapshot.skipped}
            assert reasons["not yet.txt"] == "It is locked in Canvas until 2030-03-18 17:46 UTC."
            assert reasons["over folder"] == "It was available in Canvas until 2030-03-16 17:46 UTC."

    @pytest.mark.parametrize("login", [STUDENT, TEACHER])
    async def test_what_is_unlocked_later_comes_later_though_nothing_else_changed(self, bench, login: str) -> None:
        week = bench.folder("Week 2")
        bench.file("lab.ipynb", parent=week)
        bench.school.unlock_at(week, NOW + DAY)
        canvas = await bench.connect(login)
        before = await canvas.snapshot(bench.course)
        assert left_out(before) == {"Week 2": "not-yet"}
        assert (await canvas.snapshot(bench.course, known=before)).digest == before.digest
        bench.clock.now += DAY + 1
        after = await canvas.snapshot(bench.course, known=before)
        assert paths(after) == {"Week 2/lab.ipynb"}
        assert after.digest != before.digest
        assert after.skipped == ()

    async def test_what_ends_is_left_out_from_then_on(self, bench) -> None:
        exam = bench.file("exam.pdf")
        bench.school.lock_at(exam, NOW + DAY)
        canvas = await bench.teacher()
        assert paths(await canvas.snapshot(bench.course)) == {"exam.pdf"}
        bench.clock.now += DAY + 1
        assert left_out(await canvas.snapshot(bench.course)) == {"exam.pdf": "locked"}

    async def test_a_folder_in_a_closed_one_is_closed_by_its_own_address_too(self, bench) -> None:
        week = bench.folder("Week 2")
        data = bench.folder("data", week)
        lab = bench.file("lab.ipynb", parent=data)
        bench.school.unlock_at(week, NOW + DAY)
        canvas = await bench.teacher()
        for path in (f"/folders/{data}", "{course}/files/folder/Week%202/data", f"/files/{lab}"):
            for call in (canvas.snapshot, canvas.stat):
                with pytest.raises(Unreadable, match="'Week 2', which is locked in Canvas until 2030-03-18"):
                    await call(bench.at(path))
        with pytest.raises(Unreadable, match="Week 2"):
            await anext(canvas.list(bench.at(f"/folders/{data}")))
        bench.clock.now += DAY + 1
        assert paths(await canvas.snapshot(bench.at(f"/folders/{data}"))) == {"lab.ipynb"}

    async def test_a_hidden_file_is_for_the_student_who_has_its_address(self, bench) -> None:
        secret = bench.file("hint.txt")
        bench.school.hide(secret)
        student, teacher = await bench.connect(), await bench.teacher()
        assert (await student.stat(bench.at(f"/files/{secret}"))).path == "hint.txt"
        with pytest.raises(Unreadable, match="hidden"):
            await teacher.stat(bench.at(f"/files/{secret}"))
        with pytest.raises(NotFound):
            await student.stat(bench.course.below("hint.txt"))


class TestAllAtOnce:
    """An account that may see nothing any more has no course without files: it has an error."""

    @pytest.mark.parametrize("status", [403, 401])
    async def test_who_is_not_enrolled_any_more(self, bench, status: int) -> None:
        bench.school.site.forbidden = status
        plant(bench, files=3, folders=2)
        canvas = await bench.connect()
        known = await canvas.snapshot(bench.course)
        bench.school.unenrol(STUDENT, bench.school.course)
        with pytest.raises(Forbidden) as told:
            await canvas.snapshot(bench.course, known=known)
        assert type(told.value) is Forbidden
        # To be renewed a token would have to be the cause.
        assert bench.tokens[STUDENT].renewals == 0

    async def test_a_course_that_is_gone(self, bench) -> None:
        canvas = await bench.connect()
        with pytest.raises(NotFound):
            await canvas.snapshot(bench.at("/courses/10320000000077777"))

    async def test_another_students_files(self, bench) -> None:
        bench.school.add_person("other")
        other = bench.school.personal_files("other")
        canvas = await bench.connect()
        with pytest.raises(Forbidden):
            await canvas.snapshot(bench.at(f"/users/{other.id}/files"))

    @pytest.mark.parametrize(
        ("reason", "kind"),
        [
            ("insufficient_scopes", BadCredential),
            ("unauthenticated", BadCredential),
            ("not_found", NotFound),
            ("internal_server_error", HubdrivesError),
        ],
    )
    @pytest.mark.parametrize("operation", ["files.list", "folders.list"])
    async def test_one_list_that_fails_is_the_whole_listings_failure(self, bench, reason, kind, operation) -> None:
        plant(bench, files=3, folders=2)
        bench.fault(operation, "error", reason=reason, times=None)
        canvas = await bench.connect()
        with pytest.raises(kind):
            await canvas.snapshot(bench.course)


async def test_a_course_is_found_by_its_sis_id(bench) -> None:
    other = bench.school.add_course("Biology", sis_id="BIO-1")
    bench.school.enrol(STUDENT, other)
    bench.file("cell.png", parent=other.root)
    canvas = await bench.connect()
    by_sis = bench.at("/courses/sis_course_id:BIO-1/files")
    snapshot = await canvas.snapshot(by_sis)
    assert (snapshot.name, paths(snapshot)) == ("Biology", {"cell.png"})
    assert await canvas.contains(by_sis, bench.at(f"/courses/{other.id}/files/folder/"))
    assert await canvas.contains(bench.at(f"/courses/{other.id}"), by_sis)


async def test_groups_and_ones_own_files_are_listed_as_well(bench) -> None:
    group = bench.school.add_group("Team 1")
    bench.school.join(STUDENT, group)
    bench.file("plan.md", parent=group.root)
    mine = bench.school.personal_files(STUDENT)
    bench.file("notes.md", parent=mine.root)
    canvas = await bench.connect()
    assert paths(await canvas.snapshot(bench.at(f"/groups/{group.id}/files"))) == {"plan.md"}
    for path in ("/files", "/users/self/files", f"/users/{mine.id}/files"):
        assert paths(await canvas.snapshot(bench.at(path))) == {"notes.md"}
    assert isinstance(canvas, Canvas)
