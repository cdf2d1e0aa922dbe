"""Courses whose Files page is closed to students: what their modules lead to."""

from datetime import UTC, datetime

import pytest
from aiohttp import web
from tests.providers.asking import read
from tests.providers.canvas.conftest import DAY
from tests.providers.clock import NOW

from hubdrives.errors import BadCredential, Forbidden, NotFound, Unreadable, UnsupportedLink
from hubdrives.http import Client
from hubdrives.model import Kind
from hubdrives.providers.canvas import Canvas
from hubdrives.providers.canvas.api import Api
from hubdrives.providers.canvas.modules import fetch
from hubdrives.providers.canvas.tree import lay_out
from hubdrives.testing.emulators.content import Content


@pytest.fixture
async def course(bench):
    """A course with a closed Files page, a module with two files, and another with one; and files by name."""
    school = bench.school
    school.course.files_tab = False
    slides = bench.folder("Slides")
    files = {name: bench.file(name, name, slides) for name in ("one.pdf", "two.pdf", "three.pdf", "unlinked.pdf")}
    first = school.add_module(school.course, "Week 1")
    school.add_module_item(first, None, type="SubHeader", title="Read this")
    school.add_module_item(first, files["one.pdf"], title="The first slides")
    school.add_module_item(first, None, type="Page")
    school.add_module_item(first, files["two.pdf"])
    second = school.add_module(school.course, "Week 2: joins/views")
    school.add_module_item(second, files["three.pdf"])
    return files


def paths(snapshot) -> set[str]:
    return {entry.path for entry in snapshot.files}


def left_out(snapshot) -> dict[str, str]:
    return {item.path: item.code for item in snapshot.skipped}


@pytest.mark.parametrize("refusal", [("unauthorized", 403), ("unauthorized", 401), ("tab_disabled", 404)])
async def test_a_closed_files_page_leads_to_the_modules(bench, course, refusal) -> None:
    reason, status = refusal
    bench.fault("f*.list", "error", reason=reason, status=status, times=None)
    canvas = await bench.connect()
    snapshot = await canvas.snapshot(bench.course)
    assert [(entry.path, entry.kind) for entry in snapshot.entries] == [
        ("Week 1", Kind.FOLDER),
        ("Week 1/one.pdf", Kind.FILE),
        ("Week 1/two.pdf", Kind.FILE),
        ("Week 2: joins_views", Kind.FOLDER),
        ("Week 2: joins_views/three.pdf", Kind.FILE),
    ]
    assert left_out(snapshot) == {"course files": "modules-only", "Week 2: joins_views": "renamed"}
    assert {entry.path: await read(canvas, entry) for entry in snapshot.files} == {
        "Week 1/one.pdf": b"one.pdf", "Week 1/two.pdf": b"two.pdf", "Week 2: joins_views/three.pdf": b"three.pdf",
    }  # fmt: skip


async def test_it_costs_a_request_for_each_module_and_file(bench, course) -> None:
    canvas = await bench.connect()
    await canvas.describe(bench.course)
    bench.asked()
    first = await canvas.snapshot(bench.course)
    asked = bench.asked()
    assert asked["modules.list"] == 1
    assert asked["files.get"] == 3
    assert asked["modules.items"] <= 2
    again = await canvas.snapshot(bench.course, known=first)
    assert again is first


async def test_a_part_of_it_is_found_by_its_path(bench, course) -> None:
    canvas = await bench.connect()
    assert paths(await canvas.snapshot(bench.course.below("Week 1"))) == {"one.pdf", "two.pdf"}
    assert (await canvas.stat(bench.course.below("Week 1/one.pdf"))).size == 7
    assert {entry.path async for entry in canvas.list(bench.course.below("Week 1"))} == {"one.pdf", "two.pdf"}
    assert await canvas.contains(bench.course, bench.course.below("Week 1/one.pdf"))
    with pytest.raises(NotFound):
        await canvas.stat(bench.course.below("Week 1/unlinked.pdf"))


async def test_a_file_that_is_replaced_is_another_version_at_its_place(bench, course) -> None:
    canvas = await bench.connect()
    before = await canvas.snapshot(bench.course)
    bench.school.tree.replace(course["one.pdf"], Content.of("ONE.PDF"))
    after = await canvas.snapshot(bench.course, known=before)
    changed = {a.path for a, b in zip(before.files, after.files, strict=True) if a.version != b.version}
    assert changed == {"Week 1/one.pdf"}


async def test_a_module_that_opens_later_is_left_out_until_then(bench, course) -> None:
    school = bench.school
    later = school.add_module(school.course, "Week 3", unlock_at=NOW + DAY)
    school.add_module_item(later, bench.file("four.pdf"))
    canvas = await bench.connect()
    snapshot = await canvas.snapshot(bench.course)
    assert left_out(snapshot)["Week 3"] == "not-yet"
    assert next(item.reason for item in snapshot.skipped if item.path == "Week 3").endswith(
        "until 2030-03-18 17:46 UTC."
    )
    bench.clock.now += DAY + 1
    assert "Week 3/four.pdf" in paths(await canvas.snapshot(bench.course))


async def test_what_is_locked_in_a_module_is_left_out(bench, course) -> None:
    school = bench.school
    school.lock(course["one.pdf"])
    school.unlock_at(course["two.pdf"], NOW + DAY)
    school.hide(course["three.pdf"])
    snapshot = await (await bench.connect()).snapshot(bench.course)
    found = left_out(snapshot)
    assert (found["Week 1/one.pdf"], found["Week 1/two.pdf"]) == ("unpublished", "not-yet")
    # Hidden means: only for those who have the link, as those have who see the module.
    assert paths(snapshot) == {"Week 2: joins_views/three.pdf"}


async def test_a_file_that_can_not_be_asked_for_is_told(bench, course) -> None:
    bench.fault("files.get", "error", reason="unauthorized", id=course["two.pdf"], times=None)
    snapshot = await (await bench.connect()).snapshot(bench.course)
    assert left_out(snapshot)["Week 1/two.pdf"] == "locked"
    assert "Week 1/one.pdf" in paths(snapshot)


async def test_a_file_in_two_modules_is_in_both_and_asked_for_once(bench, course) -> None:
    school = bench.school
    third = school.add_module(school.course, "Again")
    school.add_module_item(third, course["one.pdf"])
    school.add_module_item(third, course["one.pdf"])
    canvas = await bench.connect()
    snapshot = await canvas.snapshot(bench.course)
    assert {"Again/one.pdf", "Week 1/one.pdf"} <= paths(snapshot)
    assert bench.asked()["files.get"] == 3


async def test_modules_without_a_file_are_no_course_without_files(bench) -> None:
    bench.school.course.files_tab = False
    bench.file("a.txt")
    module = bench.school.add_module(bench.school.course, "Week 1")
    bench.school.add_module_item(module, None, type="Page")
    with pytest.raises(Forbidden, match="may not see the files") as told:
        await (await bench.connect()).snapshot(bench.course)
    assert "module" in told.value.hint


async def test_closed_modules_are_an_error_and_no_empty_course(bench, course) -> None:
    bench.fault("modules.*", "error", reason="unauthorized", times=None)
    with pytest.raises(Forbidden, match="may not see the files"):
        await (await bench.connect()).snapshot(bench.course)


async def test_a_scope_that_lacks_is_told_and_not_gone_around(bench, course) -> None:
    bench.fault("modules.list", "error", reason="insufficient_scopes", times=None)
    with pytest.raises(BadCredential, match="may not use a part"):
        await (await bench.connect()).snapshot(bench.course)


async def test_teachers_have_the_files_themselves(bench, course) -> None:
    assert "Slides/unlinked.pdf" in paths(await (await bench.teacher()).snapshot(bench.course))


async def test_modules_are_read_in_each_form_that_canvas_gives(serve) -> None:
    """Items may come with their modules, in part or not at all; only teachers are told what is published."""

    def item(file: int, **more) -> dict:
        return {"id": file + 700, "type": "File", "title": f"{file}", "content_id": file, **more}

    modules = [
        {
            "id": 70,
            "name": "with items",
            "items_count": 2,
            "items": [item(1), {"id": 9, "type": "SubHeader", "title": "x"}],
        },
        {"id": 71, "name": "with some", "items_count": 2, "items": [item(2)]},
        {"id": 72, "name": "without"},
        {"id": 73, "name": "a draft", "published": False, "items_count": 1, "items": [item(1)]},
        {"id": 74, "name": "locked", "state": "locked", "items_count": 1, "items": [item(1)]},
        {"id": 75, "name": "elsewhere", "items_count": 1, "items": [item(99)]},
    ]
    asked: list[str] = []

    async def handler(request: web.Request) -> web.Response:
        path = request.path.removeprefix("/api/v1/courses/101/")
        asked.append(path)
        if path == "modules":
            return web.json_response(modules)
        if path == "modules/71/items":
            return web.json_response([item(2), item(3, published=False)])
        if path == "modules/72/items":
            return web.json_response([item(4), item(4), item(5, content_id=None)])
        if path.startswith("files/") and path != "files/99":
            number = int(path.partition("/")[2])
            return web.json_response({"id": number, "display_name": f"{number}.txt", "size": 1})
        return web.json_response({"errors": [{"message": "no"}]}, status=404)

    async with Client(title="Canvas", errors=Canvas.errors) as client:
        tree = await fetch(Api(client, origin=await serve(handler)), "courses/101")
    entries, skipped = lay_out(tree, tree.root, now=datetime(2030, 1, 1, tzinfo=UTC))
    assert {entry.path for entry in entries if entry.kind is Kind.FILE} == {
        "with items/1.txt", "with some/2.txt", "without/4.txt",
    }  # fmt: skip
    assert {item.path: item.code for item in skipped} == {
        "course files": "modules-only",
        "with some/3.txt": "unpublished",
        "without/5": "locked",
        "a draft": "unpublished",
        "locked": "locked",
        "elsewhere/99": "locked",
    }
    assert sorted(asked) == sorted(
        ["modules", "modules/71/items", "modules/72/items", *(f"files/{number}" for number in (1, 2, 3, 4, 99))]
    )


class TestItems:
    """Addresses of single items of modules."""

    @pytest.fixture
    def items(self, bench, course):
        """Items by title."""
        return {
            item.title: item
            for module in bench.school.modules.of(bench.school.course.id, drafts=True)
            for item in module.items
        }

    @pytest.mark.parametrize("files_tab", [True, False])
    @pytest.mark.parametrize("path", ["{course}/modules/items/{item}", "{course}/modules/{module}/items/{item}"])
    async def test_one_that_is_a_file_means_that_file(self, bench, course, items, path: str, files_tab: bool) -> None:
        bench.school.course.files_tab = files_tab
        item = items["The first slides"]
        location = bench.at(path.replace("{item}", item.id).replace("{module}", item.module.id))
        canvas = await bench.connect()
        entry = await canvas.stat(location)
        assert (entry.path, entry.id) == ("one.pdf", f"files/{course['one.pdf']}")
        assert await read(canvas, entry) == b"one.pdf"
        assert [each.path for each in (await canvas.snapshot(location)).entries] == ["one.pdf"]
        assert await canvas.contains(bench.course, location)
        assert await canvas.contains(location, location)

    async def test_one_that_is_a_page_is_no_file(self, bench, items) -> None:
        canvas = await bench.connect()
        with pytest.raises(UnsupportedLink, match="'Page' in the course's modules is no file"):
            await canvas.stat(bench.at("{course}/modules/items/" + items["Page"].id))

    async def test_one_that_is_not_there_is_not_found(self, bench, items) -> None:
        canvas = await bench.connect()
        with pytest.raises(NotFound):
            await canvas.stat(bench.at("{course}/modules/items/10320000000088888"))

    async def test_one_that_is_locked_says_until_when(self, bench, course, items) -> None:
        bench.school.unlock_at(course["one.pdf"], NOW + DAY)
        canvas = await bench.connect()
        with pytest.raises(Unreadable, match="until 2030-03-18"):
            await canvas.stat(bench.at("{course}/modules/items/" + items["The first slides"].id))
