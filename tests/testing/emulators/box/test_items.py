"""Folders and files: lists, names, changes, and what is said of them."""

import pytest
import yarl

NAMES = ["a.txt", "B.txt", "c.txt"]


async def test_fields_replace_the_usual_ones(client, plant):
    file = plant("a.txt")
    answer = await client.get(f"files/{file.id}", fields="name,size,nonsense")
    assert answer.json == {"type": "file", "id": file.id, "etag": "0", "name": "a.txt", "size": 4}


async def test_a_list_by_offset_is_sorted_and_says_how(box, client, plant):
    for name in reversed(NAMES):
        plant(name)
    plant("z/d.txt")
    answer = (await client.get(f"folders/{box.root}/items", limit=2, offset=1)).json
    assert [each["name"] for each in answer["entries"]] == ["a.txt", "B.txt"]
    assert (answer["total_count"], answer["offset"], answer["limit"]) == (4, 1, 2)
    assert answer["order"] == [{"by": "type", "direction": "ASC"}, {"by": "name", "direction": "ASC"}]
    backwards = await client.get(f"folders/{box.root}/items", sort="name", direction="DESC")
    assert backwards.names == ["z", "c.txt", "B.txt", "a.txt"]


@pytest.mark.parametrize(
    ("params", "refusal"),
    [
        ({"limit": 1001}, "invalid_limit"),
        ({"offset": 10_000}, "invalid_offset"),
        ({"limit": "many"}, "invalid_limit"),
        ({"usemarker": "true", "marker": "nonsense"}, "bad_request"),
    ],
)
async def test_wrong_pages_are_refused(box, client, params, refusal):
    assert (await client.get(f"folders/{box.root}/items", **params)).refusal == (400, refusal)


async def test_a_marker_leads_on_where_it_was_though_things_went_away(box, client, plant):
    files = [plant(name) for name in NAMES]
    first = await client.get(f"folders/{box.root}/items", usemarker="True", limit=2)
    box.tree.trash(files[0].id)
    rest = await client.get(f"folders/{box.root}/items", usemarker="true", limit=2, marker=first.json["next_marker"])
    assert first.names + rest.names == NAMES
    assert rest.json["next_marker"] is None


async def test_bookmarks_are_listed_too(box, client):
    box.tree.add("Docs", parent=box.root, kind="web_link")
    (found,) = (await client.get(f"folders/{box.root}/items")).json["entries"]
    assert (found["type"], found["url"]) == ("web_link", "https://example.org/")


@pytest.mark.parametrize(("item", "status"), [("files/1", 404), ("folders/x", 405), ("files/0", 404)])
async def test_ids_that_are_none_are_refused(client, item, status):
    answer = await client.get(item)
    assert answer.status == status
    if status == 404:
        assert f"f_{item.removeprefix('files/')}" in answer.json["context_info"]["errors"][0]["message"]


async def test_a_folder_is_not_a_file(box, client, plant):
    assert (await client.get(f"files/{box.root}")).status == 404
    assert (await client.get(f"folders/{plant('a.txt').id}")).status == 404


async def test_the_etag_tells_every_change_of_a_file_but_not_of_what_is_in_a_folder(box, client, plant):
    file = plant("data/a.txt")
    folder = (await client.get(f"folders/{file.parents[0]}")).json["etag"]

    async def etag() -> str:
        return (await client.get(f"files/{file.id}")).json["etag"]

    seen = [await etag()]
    for change in ({"name": "b.txt"}, {"shared_link": {}}, {"description": "text"}):
        assert (await client.call("PUT", f"files/{file.id}", json=change)).status == 200
        seen.append(await etag())
    await client.upload_version(file.id, b"new")
    seen.append(await etag())
    assert sorted(set(seen), key=int) == seen
    assert (await client.get(f"folders/{file.parents[0]}")).json["etag"] == folder


async def test_conditions_are_kept(client, plant):
    file = plant("a.txt")
    same = await client.get(f"files/{file.id}", headers={"If-None-Match": "0"})
    assert (same.status, same.body) == (304, b"")
    stale = {"If-Match": "7"}
    for method, body in (("PUT", {"name": "b.txt"}), ("DELETE", None)):
        answer = await client.call(method, f"files/{file.id}", json=body, headers=stale)
        assert answer.refusal == (412, "precondition_failed")
    assert (await client.upload_version(file.id, b"new", headers=stale)).refusal == (412, "precondition_failed")
    assert (await client.upload_version(file.id, b"new", headers={"If-Match": '"0"'})).status == 200


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "a\\b", "tab\t", "blank ", "bell\x07"])
async def test_some_names_are_refused(box, client, name):
    answer = await client.call("POST", "folders", json={"name": name, "parent": {"id": box.root}})
    assert answer.refusal == (400, "item_name_invalid" if name else "bad_request")


async def test_a_name_has_at_most_255_characters(box, client):
    assert (await client.upload("é" * 255, b"")).status == 201
    assert (await client.upload("x" * 256, b"")).refusal == (400, "item_name_too_long")


async def test_a_name_is_taken_in_whatever_case_by_whatever_is_there(box, client, plant):
    file = plant("Readme.md")
    body = {"name": "README.md", "parent": {"id": box.root}}
    folder = await client.call("POST", "folders", json=body)
    assert folder.refusal == (409, "item_name_in_use")
    assert [each["id"] for each in folder.json["context_info"]["conflicts"]] == [file.id]
    upload = await client.upload("README.md", b"")
    assert upload.json["context_info"]["conflicts"]["id"] == file.id
    assert upload.json["context_info"]["conflicts"]["file_version"]["id"] == box.tree.versions(file.id)[-1].id
    asked = await client.call("OPTIONS", "files/content", json=body | {"size": 3})
    assert asked.refusal == (409, "item_name_in_use")
    assert (await client.call("PUT", f"files/{file.id}", json={"name": "README.md"})).status == 200


async def test_the_question_before_an_upload_says_where_to_send_it(box, client, plant):
    file = plant("a.txt")
    new = await client.call("OPTIONS", "files/content", json={"name": "b.txt", "parent": {"id": box.root}, "size": 1})
    again = await client.call("OPTIONS", f"files/{file.id}/content", json={"size": 1})
    paths = [yarl.URL(each.json["upload_url"]).path for each in (new, again)]
    assert paths == ["/api/2.0/files/content", f"/api/2.0/files/{file.id}/content"]


async def test_a_folder_is_not_moved_into_itself(client, plant):
    inner = plant("outer/inner/a.txt").parents[0]
    outer = (await client.get(f"folders/{inner}")).json["parent"]["id"]
    answer = await client.call("PUT", f"folders/{outer}", json={"parent": {"id": inner}})
    assert answer.refusal == (400, "cyclical_folder_structure")


async def test_a_folder_with_something_in_it_goes_only_when_that_is_meant(client, plant):
    folder = plant("data/a.txt").parents[0]
    assert (await client.call("DELETE", f"folders/{folder}")).refusal == (400, "folder_not_empty")
    assert (await client.call("DELETE", f"folders/{folder}", params={"recursive": "true"})).status == 204


async def test_what_is_in_the_trash_is_there_only(box, client, plant):
    file = plant("data/a.txt")
    await client.call("DELETE", f"files/{file.id}")
    assert (await client.get(f"files/{file.id}")).refusal == (404, "trashed")
    assert (await client.get(f"folders/{file.parents[0]}/items")).names == []
    assert (await client.get(f"files/{file.id}/trash")).json["item_status"] == "trashed"
    assert (await client.upload("a.txt", b"new", parent=file.parents[0])).status == 201
    assert (await client.call("POST", f"files/{file.id}")).refusal == (409, "item_name_in_use")
    assert (await client.call("POST", f"files/{file.id}", json={"name": "b.txt"})).status == 201
    assert set((await client.get(f"folders/{file.parents[0]}/items")).names) == {"a.txt", "b.txt"}
    await client.call("DELETE", f"files/{file.id}")
    assert (await client.call("DELETE", f"files/{file.id}/trash")).status == 204
    assert (await client.get(f"files/{file.id}/trash")).status == 404


async def test_times_have_an_offset_and_the_content_has_a_time_of_its_own(client):
    answer = await client.upload("a.txt", b"a", content_modified_at="2020-05-17T10:00:00+02:00")
    found = answer.json["entries"][0]
    assert (found["content_modified_at"], found["modified_at"]) == (
        "2020-05-17T00:00:00-08:00",
        "2030-03-17T09:46:40-08:00",
    )


async def test_a_copy_is_a_file_of_its_own(box, client, plant):
    file = plant("a.txt")
    body = {"name": "b.txt", "parent": {"id": box.root}}
    copy = await client.call("POST", f"files/{file.id}/copy", json=body)
    await client.upload_version(file.id, b"changed")
    assert (await client.content(copy.json["id"])).body == b"text"
