"""Who sees what: courses, groups, locks, and the gaps that Canvas's own lists have."""

import pytest

from hubdrives.testing.emulators.canvas import STUDENT, TEACHER
from hubdrives.testing.emulators.content import Content

HOUR = 3600.0


async def test_a_person_sees_the_courses_they_are_in_and_no_others(canvas, client):
    other = canvas.add_course("Other")
    node = canvas.tree.add_file("a.txt", "x", parent=other.root)
    paths = [
        f"courses/{other.id}",
        f"courses/{other.id}/files",
        f"courses/{other.id}/folders",
        f"courses/{other.id}/folders/root",
        f"courses/{other.id}/folders/by_path/",
        f"courses/{other.id}/modules",
        f"courses/{other.id}/files/{node.id}",
        f"folders/{other.root}",
        f"folders/{other.root}/files",
        f"files/{node.id}",
        f"files/{node.id}/public_url",
    ]
    answers = [await client.get(each) for each in paths]
    assert [each.status for each in answers] == [403] * len(paths)
    assert answers[0].json == {
        "status": "unauthorized",
        "errors": [{"message": "user not authorized to perform that action"}],
    }
    assert (await client.get(f"/files/{node.id}/download", download_frd=1)).status == 403
    canvas.enrol(STUDENT, other)
    assert [(await client.get(each)).status for each in paths] == [200] * len(paths)
    canvas.unenrol(STUDENT, other)
    assert (await client.get(paths[1])).status == 403


async def test_old_versions_refuse_with_401_that_challenges_nobody(canvas, client):
    canvas.site.forbidden = 401
    answer = await client.get(f"courses/{canvas.add_course('Other').id}/files")
    assert (answer.status, "WWW-Authenticate" in answer.headers) == (401, False)
    assert answer.json["status"] == "unauthorized"


async def test_a_course_that_is_not_published_is_its_teachers(canvas, client, teacher):
    canvas.course.published = False
    assert (await client.files()).status == 403
    assert (await client.get("courses")).json == []
    assert (await teacher.files()).status == 200
    assert [each["workflow_state"] for each in (await teacher.get("courses")).json] == ["unpublished"]


async def test_without_a_tab_for_files_students_list_nothing_but_open_single_files(canvas, client, teacher, plant):
    node = plant("week 1/a.txt")
    canvas.course.files_tab = False
    course, folder = f"courses/{canvas.course.id}", node.parents[0]
    for path in (
        f"{course}/files",
        f"{course}/folders",
        f"{course}/folders/root",
        f"{course}/folders/by_path/week%201",
        f"folders/{folder}",
        f"folders/{folder}/files",
        f"folders/{folder}/folders",
    ):
        assert (await client.get(path)).status == 403, path
        assert (await teacher.get(path)).status == 200, path
    assert (await client.get(f"files/{node.id}")).json["folder_id"] == int(folder)
    address = (await client.get(f"files/{node.id}/public_url")).json["public_url"]
    assert (await client.send("GET", address)).body == b"text"


async def test_nobody_sees_anothers_files(canvas, client, teacher):
    mine = canvas.personal_files(STUDENT)
    node = canvas.tree.add_file("diary.txt", "x", parent=mine.root)
    assert (await client.get("users/self/files")).names == ["diary.txt"]
    assert (await client.get(f"users/{mine.id}/folders")).names == ["my files"]
    assert (await teacher.get("users/self/files")).json == []
    assert (await teacher.get(f"users/{mine.id}/files")).status == 403
    assert (await teacher.get(f"users/{mine.id}")).status == 403
    assert (await teacher.get(f"files/{node.id}")).status == 403


async def test_a_group_is_for_its_members_and_the_teachers_of_its_course(canvas, client, teacher):
    group = canvas.add_group("Lab partners", course=canvas.course)
    canvas.tree.add_file("ours.txt", "x", parent=group.root)
    assert (await client.get(f"groups/{group.id}/files")).status == 403
    assert (await teacher.get(f"groups/{group.id}/files")).names == ["ours.txt"]
    canvas.join(STUDENT, group)
    assert (await client.get(f"groups/{group.id}/files")).names == ["ours.txt"]
    assert (await client.get(f"groups/{group.id}")).json["course_id"] == int(canvas.course.id)
    assert (await client.get(f"courses/{canvas.course.id}/groups")).names == ["Lab partners"]


async def test_a_file_is_found_in_its_own_course_only(canvas, client, plant):
    node = plant("a.txt")
    other = canvas.add_course("Other")
    canvas.enrol(STUDENT, other)
    assert (await client.get(f"courses/{canvas.course.id}/files/{node.id}")).status == 200
    assert (await client.get(f"courses/{other.id}/files/{node.id}")).status == 404
    assert (await client.get(f"courses/{other.id}/folders/{canvas.root}")).status == 404


@pytest.mark.parametrize("closing", ["lock", "unlock_at", "lock_at"])
async def test_a_closed_file_is_in_no_list_of_a_student_and_has_no_address(
    canvas, client, teacher, plant, clock, closing
):
    node = plant("a.txt")
    when = clock.now + HOUR if closing == "unlock_at" else clock.now - HOUR
    getattr(canvas, closing)(node, *(() if closing == "lock" else (when,)))
    assert (await client.files()).json == []
    assert (await client.get(f"folders/{canvas.root}/files")).json == []
    assert (await client.folders()).json[0]["files_count"] == 1
    got = (await client.get(f"files/{node.id}")).json
    assert (got["locked_for_user"], got["url"], got["thumbnail_url"]) == (True, "", "")
    assert got["lock_info"]["asset_string"] == f"attachment_{node.id}"
    assert got["lock_info"].keys() - {"asset_string"} == {"manually_locked" if closing == "lock" else closing}
    assert got["lock_explanation"]
    assert got["locked"] is (closing == "lock")
    assert (await client.get(f"files/{node.id}/public_url")).status == 403
    assert (await client.get(f"/files/{node.id}/download")).status == 403
    (seen,) = (await teacher.files()).json
    assert (seen["locked_for_user"], seen["locked"]) == (False, closing == "lock")
    assert (await client.send("GET", seen["url"], headers=teacher.bearer)).body == b"text"
    canvas.publish(node)
    assert (await client.files()).names == ["a.txt"]


async def test_a_date_opens_and_closes_a_file(canvas, client, plant, clock):
    node = plant("a.txt")
    canvas.unlock_at(node, clock.now + HOUR)
    canvas.lock_at(node, clock.now + 3 * HOUR)
    seen = []
    for _ in range(4):
        seen.append((await client.files()).names)
        clock.now += HOUR
    assert seen == [[], ["a.txt"], ["a.txt"], ["a.txt"]]
    assert (await client.files()).json == []
    assert (await client.get(f"files/{node.id}")).json["unlock_at"] == "2030-03-17T18:46:40Z"


async def test_a_hidden_file_is_listed_for_nobody_but_teachers_and_opens_by_its_address(canvas, client, teacher, plant):
    node = plant("a.txt")
    canvas.hide(node)
    assert (await client.files()).json == []
    assert (await teacher.files()).names == ["a.txt"]
    got = (await client.get(f"files/{node.id}")).json
    assert (got["hidden"], got["hidden_for_user"], got["locked_for_user"]) == (True, True, False)
    assert (await client.get(got["url"])).body == b"text"
    seen = (await teacher.get(f"files/{node.id}")).json
    assert (seen["hidden"], seen["hidden_for_user"]) == (True, False)


@pytest.mark.parametrize("closing", ["lock", "hide"])
async def test_a_closed_folder_takes_along_what_is_directly_in_it(canvas, client, teacher, plant, closing):
    node = plant("week 1/a.txt")
    folder = node.parents[0]
    getattr(canvas, closing)(folder)
    assert (await client.files()).json == []
    assert (await client.folders()).names == ["course files"]
    assert (await client.get(f"folders/{canvas.root}/folders")).json == []
    assert (await client.get(f"folders/{folder}")).status == 403
    assert (await client.get(f"courses/{canvas.course.id}/folders/by_path/week%201")).status == 404
    assert (await teacher.folders()).names == ["course files", "week 1"]
    seen = (await teacher.get(f"folders/{folder}")).json
    assert (seen["locked"], seen["hidden"], seen["locked_for_user"]) == (closing == "lock", closing == "hide", False)


async def test_what_lies_deeper_in_a_locked_folder_is_listed_without_an_address(canvas, client, plant):
    node = plant("week 1/data/a.txt")
    canvas.lock((await canvas.find("week 1")).id)
    (listed,) = (await client.files()).json
    assert (listed["locked"], listed["locked_for_user"], listed["url"]) == (False, True, "")
    assert listed["lock_info"]["manually_locked"] is True
    # The list of folders has the inner one, but not the one between it and the top.
    assert (await client.folders()).names == ["course files", "data"]
    assert (await client.get(f"folders/{node.parents[0]}")).status == 403


async def test_what_lies_deeper_in_a_hidden_folder_is_listed_and_open(canvas, client, plant):
    plant("week 1/data/a.txt")
    canvas.hide((await canvas.find("week 1")).id)
    (listed,) = (await client.files()).json
    assert (listed["hidden"], listed["locked_for_user"]) == (True, False)
    assert (await client.get(listed["url"])).body == b"text"
    assert (await client.folders()).names == ["course files", "data"]


async def test_a_folder_that_waits_for_its_date_is_listed_and_its_files_have_no_address(canvas, client, plant, clock):
    plant("week 1/a.txt")
    canvas.unlock_at((await canvas.find("week 1")).id, clock.now + HOUR)
    folder = (await client.folders()).json[1]
    assert (folder["name"], folder["locked_for_user"], folder["unlock_at"]) == ("week 1", True, "2030-03-17T18:46:40Z")
    (listed,) = (await client.files()).json
    assert (listed["locked_for_user"], listed["url"], listed["unlock_at"]) == (True, "", None)
    clock.now += 2 * HOUR
    assert (await client.files()).json[0]["url"]


async def test_a_folder_that_was_closed_for_a_while_is_listed_again(canvas, client, plant, clock):
    plant("week 1/a.txt")
    folder = (await canvas.find("week 1")).id
    canvas.lock_at(folder, clock.now - 2 * HOUR)
    assert (await client.folders()).names == ["course files"]
    canvas.unlock_at(folder, clock.now - HOUR)
    assert (await client.folders()).names == ["course files", "week 1"]


async def test_counts_leave_out_what_is_hidden(canvas, client, teacher, plant):
    plant("a.txt")
    canvas.hide(plant("b.txt"))
    assert (await client.folders()).json[0]["files_count"] == 1
    assert (await teacher.folders()).json[0]["files_count"] == 2


async def test_a_lock_counts_as_an_edit_and_goes_along_to_what_is_uploaded_over_the_name(canvas, client, plant, clock):
    node = plant("a.txt")
    clock.now += 60
    canvas.hide(node)
    assert (await client.get(f"files/{node.id}")).json["updated_at"] == "2030-03-17T17:47:40Z"
    assert (await client.get(f"files/{node.id}")).json["modified_at"] == "2030-03-17T17:46:40Z"
    new = canvas.tree.replace(node.id, Content.of("new"))
    assert (await client.get(f"files/{node.id}")).status == 404
    assert (await client.get(f"files/{new.id}")).json["hidden"] is True


async def test_modules_lead_to_files_and_lock_them(canvas, client, teacher, plant, clock):
    node, free = plant("a.txt"), plant("b.txt")
    late = canvas.add_module(canvas.course, "Late", unlock_at=clock.now + HOUR)
    draft = canvas.add_module(canvas.course, "Draft", published=False)
    first = canvas.add_module_item(late, node)
    canvas.add_module_item(late, type="Page", published=False)
    canvas.add_module_item(draft, free)
    course = f"courses/{canvas.course.id}"
    (seen,) = (await client.get(f"{course}/modules")).json
    assert (seen["name"], seen["state"], seen["items_count"]) == ("Late", "locked", 1)
    assert (await teacher.get(f"{course}/modules")).names == ["Late", "Draft"]
    assert (await client.get(f"{course}/modules/{draft.id}")).status == 404
    assert (await client.get(f"{course}/modules/{late.id}")).json["name"] == "Late"
    got = (await client.get(f"files/{node.id}")).json
    assert (got["url"], got["lock_info"]["unlock_at"]) == ("", "2030-03-17T18:46:40Z")
    assert got["lock_info"]["context_module"]["name"] == "Late"
    assert (await client.get(f"files/{free.id}")).json["url"]
    item = (await client.get(f"{course}/modules/{late.id}/items/{first.id}")).json
    assert (item["type"], item["content_id"], item["title"]) == ("File", int(node.id), "a.txt")
    clock.now += 2 * HOUR
    assert (await client.get(f"files/{node.id}")).json["url"]


async def test_a_file_in_an_open_module_is_free_whatever_others_say(canvas, client, plant, clock):
    node = plant("a.txt")
    canvas.add_module_item(canvas.add_module(canvas.course, "Late", unlock_at=clock.now + HOUR), node)
    assert (await client.get(f"files/{node.id}")).json["locked_for_user"]
    canvas.add_module_item(canvas.add_module(canvas.course, "Now"), node)
    assert not (await client.get(f"files/{node.id}")).json["locked_for_user"]


async def test_the_sequence_finds_an_item_without_its_module(canvas, client, plant):
    node = plant("a.txt")
    module = canvas.add_module(canvas.course, "M1")
    before = canvas.add_module_item(module, type="Assignment")
    item = canvas.add_module_item(module, node)
    new = canvas.tree.replace(node.id, Content.of("new"))
    path = f"courses/{canvas.course.id}/module_item_sequence"
    found = (await client.get(path, asset_type="ModuleItem", asset_id=item.id)).json
    (one,) = found["items"]
    assert (one["current"]["content_id"], one["prev"]["id"], one["next"]) == (int(new.id), int(before.id), None)
    assert one["current"]["html_url"] == f"{canvas.url}/courses/{canvas.course.id}/modules/items/{item.id}"
    assert [each["name"] for each in found["modules"]] == ["M1"]
    assert (await client.get(path, asset_type="File", asset_id=new.id)).json["items"] == found["items"]
    assert (await client.get(path, asset_type="ModuleItem", asset_id="1")).json == {"items": [], "modules": []}
    assert (await client.get(path, asset_type="Nonsense", asset_id="1")).status == 400
    canvas.tree.delete(new.id)
    assert (await client.get(path, asset_type="ModuleItem", asset_id=item.id)).json["items"] == []


async def test_a_teacher_is_one_in_their_own_course_only(canvas, teacher):
    other = canvas.add_course("Other")
    canvas.enrol(TEACHER, other, role="student")
    node = canvas.tree.add_file("a.txt", "x", parent=other.root)
    canvas.lock(node)
    assert (await teacher.get(f"courses/{other.id}/files")).json == []
    assert "sis_course_id" not in (await teacher.get(f"courses/{other.id}")).json
