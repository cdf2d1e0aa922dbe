"""canvasapi, the client that the Canvas community made, as it is, against the emulator."""

import pytest
from canvasapi.exceptions import (
    BadRequest,
    CanvasException,
    Conflict,
    Forbidden,
    InvalidAccessToken,
    RateLimitExceeded,
    ResourceDoesNotExist,
    Unauthorized,
    UnprocessableEntity,
)

from hubdrives.testing.emulators.canvas import STUDENT


def course_of(canvas):
    return lambda api: api.get_course(int(canvas.course.id))


async def test_finds_out_who_it_is_and_in_which_courses(canvas, official):
    canvas.add_course("Not mine")
    other = canvas.add_course("Also mine", sis_id="bio-1")
    canvas.enrol(STUDENT, other)
    me = await official(lambda api: api.get_current_user())
    assert (me.name, str(me.id)) == (STUDENT, canvas.add_person(STUDENT).id)
    assert [each.name for each in await official(lambda api: api.get_courses())] == ["Course", "Also mine"]
    found = await official(lambda api: api.get_course("bio-1", use_sis_id=True))
    assert str(found.id) == other.id
    assert found.id > 2**53


@pytest.mark.parametrize("bookmarks", [True, False])
async def test_lists_files_and_folders_page_by_page(canvas, official, plant, bookmarks):
    canvas.site.bookmarks = bookmarks
    for number in range(105):
        plant(f"folder {number:03}/{number:03}.txt", str(number))
    course = await official(course_of(canvas))
    files = await official(lambda _api: course.get_files())
    assert [each.display_name for each in files] == [f"{number:03}.txt" for number in range(105)]
    folders = await official(lambda _api: course.get_folders())
    assert len(folders) == 106
    assert {each.full_name for each in folders} > {"course files", "course files/folder 017"}
    assert canvas.requests.by_operation == {"courses.get": 1, "files.list": 2, "folders.list": 2}


async def test_walks_folder_by_folder(canvas, official, plant):
    plant("week 1/lab.ipynb")
    plant("week 1/data/points.csv")
    course = await official(course_of(canvas))
    (root,) = await official(lambda _api: course.resolve_path())
    assert (root.full_name, root.parent_folder_id, root.folders_count) == ("course files", None, 1)
    (week,) = await official(lambda _api: root.get_folders())
    assert (week.name, week.parent_folder_id, week.files_count, week.folders_count) == ("week 1", root.id, 1, 1)
    assert [each.display_name for each in await official(lambda _api: week.get_files())] == ["lab.ipynb"]
    assert (await official(lambda api: api.get_folder(week.id))).full_name == "course files/week 1"


async def test_resolves_paths(canvas, official, plant):
    plant("week 1/50% & more/points.csv")
    course = await official(course_of(canvas))
    found = await official(lambda _api: course.resolve_path("week 1/50% & more".replace("%", "%25")))
    assert [each.name for each in found] == ["course files", "week 1", "50% & more"]
    assert [each.name for each in await official(lambda _api: course.resolve_path())] == ["course files"]
    with pytest.raises(ResourceDoesNotExist):
        await official(lambda _api: course.resolve_path("course files/week 1"))


@pytest.mark.parametrize("verifiers", [True, False])
async def test_downloads(canvas, official, plant, verifiers, tmp_path):
    canvas.site.verifiers = verifiers
    data = bytes(range(256)) * 1000
    node = plant("a b/ünïcode & more.bin", data)
    file = await official(lambda api: api.get_file(int(node.id)))
    assert (file.size, file.display_name, file.filename) == (256_000, node.name, "%C3%BCn%C3%AFcode+%26+more.bin")
    assert getattr(file, "content-type") == "application/octet-stream"
    assert await official(lambda _api: file.get_contents(binary=True)) == data
    await official(lambda _api: file.download(str(tmp_path / "x")))
    assert (tmp_path / "x").read_bytes() == data
    assert canvas.requests.by_operation["files.content"] == 2


async def test_follows_modules_to_files(canvas, official, plant):
    node = plant("week 1/slides.pdf")
    module = canvas.add_module(canvas.course, "Week 1")
    canvas.add_module_item(module, type="SubHeader", title="Read this")
    canvas.add_module_item(module, node)
    canvas.add_module_item(module, type="ExternalUrl", title="A site")
    course = await official(course_of(canvas))
    (found,) = await official(lambda _api: course.get_modules())
    assert (found.name, found.items_count) == ("Week 1", 3)
    items = await official(lambda _api: found.get_module_items())
    assert [each.type for each in items] == ["SubHeader", "File", "ExternalUrl"]
    assert [hasattr(each, "content_id") for each in items] == [False, True, False]
    item = await official(lambda _api: found.get_module_item(items[1].id))
    file = await official(lambda _api: course.get_file(item.content_id))
    assert file.display_name == "slides.pdf"


async def test_reads_group_files_and_personal_ones(canvas, official):
    group = canvas.add_group("Lab partners", course=canvas.course)
    canvas.join(STUDENT, group)
    canvas.tree.add_file("ours.txt", "x", parent=group.root)
    canvas.tree.add_file("mine.txt", "x", parent=canvas.personal_files(STUDENT).root)
    (found,) = await official(lambda api: api.get_current_user().get_groups())
    assert [each.display_name for each in await official(lambda _api: found.get_files())] == ["ours.txt"]
    me = await official(lambda api: api.get_current_user())
    assert [each.display_name for each in await official(lambda _api: me.get_files())] == ["mine.txt"]
    assert [each.name for each in await official(lambda _api: me.get_folders())] == ["my files"]


@pytest.mark.parametrize(
    ("reason", "error"),
    [
        ("bad_request", BadRequest),
        ("invalid_token", InvalidAccessToken),
        ("expired_token", InvalidAccessToken),
        ("revoked_token", InvalidAccessToken),
        ("unauthenticated", InvalidAccessToken),
        ("insufficient_scopes", Unauthorized),
        ("unauthorized", Forbidden),
        ("throttled", Forbidden),
        ("no_user_agent", Forbidden),
        ("not_found", ResourceDoesNotExist),
        ("tab_disabled", ResourceDoesNotExist),
        ("conflict", Conflict),
        ("unprocessable", UnprocessableEntity),
        ("internal_server_error", CanvasException),
        ("bad_gateway", CanvasException),
        ("unavailable", CanvasException),
        ("gateway_timeout", CanvasException),
    ],
)
async def test_raises_its_own_error_for_each_of_ours(canvas, official, strike, reason, error):
    strike("error", "courses.get", reason=reason)
    with pytest.raises(CanvasException) as caught:
        await official(course_of(canvas))
    assert caught.type is error
    assert (await official(course_of(canvas))).name == "Course"


async def test_raises_another_error_for_a_throttle_of_429_and_for_refusals_of_old_versions(canvas, official, strike):
    strike("error", "courses.get", reason="throttled", status=429)
    with pytest.raises(RateLimitExceeded, match=r"Remaining: 0\.0"):
        await official(course_of(canvas))
    canvas.unenrol(STUDENT, canvas.course)
    with pytest.raises(Forbidden):
        await official(course_of(canvas))
    canvas.site.forbidden = 401
    with pytest.raises(Unauthorized) as caught:
        await official(course_of(canvas))
    assert caught.type is Unauthorized  # which InvalidAccessToken is not


async def test_a_full_bucket_is_forbidden_or_too_many_requests(canvas, official, clock):
    canvas.site.request_cost = 200.0
    canvas.site.throttled = 403
    for _ in range(3):
        await official(course_of(canvas))
    with pytest.raises(Forbidden, match="Rate Limit Exceeded"):
        await official(course_of(canvas))
    canvas.site.throttled = 429
    with pytest.raises(RateLimitExceeded):
        await official(course_of(canvas))
    clock.now += 60
    assert (await official(course_of(canvas))).name == "Course"


async def test_cannot_write(canvas, official, plant):
    node = plant("a.txt")
    with pytest.raises(Forbidden):
        await official(lambda api: api.get_file(int(node.id)).delete())
    with pytest.raises(Forbidden):
        await official(lambda api: api.get_folder(int(canvas.root)).create_folder("new"))
    assert canvas.requests.by_operation["write"] == 2
    assert canvas.tree.exists(node.id)
