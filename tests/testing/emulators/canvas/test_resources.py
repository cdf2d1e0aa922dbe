"""The JSON of files and folders, their ids, and how they change."""

import pytest

from hubdrives.testing.emulators.content import Content


async def test_a_file_has_what_canvas_says_of_one(canvas, client, plant):
    node = plant("week 1/lab 1+2.ipynb", "hello")
    found = (await client.get(f"files/{node.id}")).json
    assert len(found.pop("uuid")) == 40
    assert found == {
        "id": int(node.id),
        "folder_id": int(node.parents[0]),
        "display_name": "lab 1+2.ipynb",
        "filename": "lab+1%2B2.ipynb",
        "upload_status": "success",
        "content-type": "application/x-ipynb+json",
        "url": f"{canvas.url}/files/{node.id}/download?download_frd=1",
        "size": 5,
        "created_at": "2030-03-17T17:46:40Z",
        "updated_at": "2030-03-17T17:46:40Z",
        "modified_at": "2030-03-17T17:46:40Z",
        "unlock_at": None,
        "lock_at": None,
        "locked": False,
        "hidden": False,
        "hidden_for_user": False,
        "locked_for_user": False,
        "thumbnail_url": None,
        "mime_class": "file",
        "media_entry_id": None,
        "category": "uncategorized",
        "visibility_level": "inherit",
    }


async def test_a_folder_has_what_canvas_says_of_one(canvas, client, plant):
    node = plant("A/B/x.txt")
    found = (await client.get(f"folders/{node.parents[0]}")).json
    assert found == {
        "id": int(node.parents[0]),
        "name": "B",
        "full_name": "course files/A/B",
        "parent_folder_id": int((await canvas.find("A")).id),
        "context_type": "Course",
        "context_id": int(canvas.course.id),
        "position": 1,
        "created_at": "2030-03-17T17:46:40Z",
        "updated_at": "2030-03-17T17:46:40Z",
        "lock_at": None,
        "unlock_at": None,
        "locked": False,
        "hidden": False,
        "locked_for_user": False,
        "hidden_for_user": False,
        "for_submissions": False,
        "can_upload": False,
        "folders_url": f"{canvas.url}/api/v1/folders/{node.parents[0]}/folders",
        "files_url": f"{canvas.url}/api/v1/folders/{node.parents[0]}/files",
        "files_count": 1,
        "folders_count": 0,
    }


async def test_ids_are_too_big_for_floating_point_and_texts_for_those_who_ask(canvas, client, plant):
    node = plant("a.txt")
    number = (await client.get(f"files/{node.id}")).json["id"]
    assert number > 2**53
    accept = {"Accept": "application/json+canvas-string-ids"}
    file = (await client.get(f"files/{node.id}", headers=accept)).json
    assert (file["id"], file["folder_id"], file["size"]) == (node.id, canvas.root, 4)
    (folder,) = (await client.get(f"courses/{canvas.course.id}/folders", headers=accept)).json
    assert (folder["id"], folder["parent_folder_id"], folder["context_id"]) == (canvas.root, None, canvas.course.id)
    refused = await client.get("files/1", headers=accept)
    assert (refused.status, refused.message) == (404, "The specified resource does not exist.")


async def test_an_id_may_name_its_shard(canvas, client, plant):
    node = plant("a.txt")
    local = int(node.id) - 1032 * 10**13
    assert (await client.get(f"files/1032~{local}")).json["id"] == int(node.id)
    assert (await client.get(f"courses/1032~{int(canvas.course.id) - 1032 * 10**13}")).status == 200
    assert (await client.get(f"files/{local}")).status == 404
    assert (await client.get("files/nonsense")).status == 404


async def test_a_course_is_known_by_its_sis_id(canvas, client):
    canvas.course.sis_id = "bio/1"
    assert (await client.get("/api/v1/courses/sis_course_id:bio%2F1/files")).status == 200
    assert (await client.get("courses/sis_course_id:other/files")).status == 404


async def test_an_upload_over_a_name_is_another_file_and_a_rename_is_not(canvas, client, plant, clock):
    node = plant("a.txt", "old")
    clock.now += 60
    canvas.tree.rename(node.id, "b.txt")
    renamed = (await client.get(f"files/{node.id}")).json
    assert (renamed["display_name"], renamed["modified_at"]) == ("b.txt", "2030-03-17T17:46:40Z")
    assert renamed["updated_at"] == "2030-03-17T17:47:40Z"
    new = canvas.tree.replace(node.id, Content.of("newer"))
    assert new.id != node.id
    (listed,) = (await client.files()).json
    assert (listed["id"], listed["size"], listed["display_name"]) == (int(new.id), 5, "b.txt")
    assert (await client.get(f"files/{node.id}")).status == 404


@pytest.mark.parametrize("way", ["trash", "delete"])
async def test_what_is_deleted_is_gone_with_all_that_is_in_it(canvas, client, plant, way):
    node = plant("A/B/x.txt")
    getattr(canvas.tree, way)((await canvas.find("A")).id)
    assert (await client.files()).json == []
    assert (await client.folders()).names == ["course files"]
    for path in (f"files/{node.id}", f"folders/{node.parents[0]}", f"files/{node.id}/public_url"):
        assert (await client.get(path)).status == 404
    assert (await client.get(f"/files/{node.id}/download")).status == 404


async def test_a_path_leads_to_the_last_of_an_array_and_past_folders_of_the_same_name(canvas, client):
    for _ in range(2):
        twin = canvas.tree.add("same", parent=canvas.root)
    inner = canvas.tree.add("in/ner 50%", parent=twin.id)
    found = await client.get(f"/api/v1/courses/{canvas.course.id}/folders/by_path/same")
    assert found.json[-1]["id"] < int(twin.id)
    canvas.tree.rename(inner.id, "inner 50%")
    found = await client.get(f"/api/v1/courses/{canvas.course.id}/folders/by_path/same/inner%2050%25")
    assert [each["id"] for each in found.json] == [int(canvas.root), int(twin.id), int(inner.id)]
    assert [each["name"] for each in (await client.folders()).json].count("same") == 2


async def test_a_folder_is_no_file_and_a_file_no_folder(canvas, client, plant):
    node = plant("a.txt")
    assert (await client.get(f"files/{canvas.root}")).status == 404
    assert (await client.get(f"folders/{node.id}")).status == 404
