"""Who sees what, and may do what."""

import pytest

from .conftest import sha1

# What each role may do, as Box's own table says.
MAY = {
    "previewer": set(),
    "uploader": {"upload"},
    "viewer": {"download", "share"},
    "previewer uploader": {"upload"},
    "viewer uploader": {"download", "upload", "share"},
    "editor": {"download", "upload", "share", "rename", "delete", "invite"},
    "co-owner": {"download", "upload", "share", "rename", "delete", "invite"},
}


async def attempts(client, folder: str, file: str) -> dict[str, int]:
    """The status of everything that somebody could do."""
    return {
        "download": (await client.call("GET", f"files/{file}/content", allow_redirects=False)).status,
        "upload": (await client.upload("new.txt", b"new", parent=folder)).status,
        "share": (await client.call("PUT", f"files/{file}", json={"shared_link": {}})).status,
        "rename": (await client.call("PUT", f"files/{file}", json={"name": "other.txt"})).status,
        "invite": (
            await client.call(
                "POST",
                "collaborations",
                json={
                    "item": {"type": "folder", "id": folder},
                    "accessible_by": {"type": "user", "login": "bob@example.edu"},
                    "role": "viewer",
                },
            )
        ).status,
        "delete": (await client.call("DELETE", f"files/{file}")).status,
    }


@pytest.mark.parametrize("role", MAY)
async def test_a_role_may_do_what_the_table_says_and_knows_it(box, client, plant, role):
    file = plant("data/a.txt")
    folder = file.parents[0]
    box.collaborate(folder, box.add_user("ada@example.edu"), role)
    ada = client.as_("ada@example.edu")
    told = (await ada.get(f"files/{file.id}", fields="permissions")).json["permissions"]
    assert {verb for verb in ("download", "upload", "share", "rename", "delete") if told[f"can_{verb}"]} == MAY[
        role
    ] - {"invite"}
    statuses = await attempts(ada, folder, file.id)
    assert {verb for verb, status in statuses.items() if status < 400} == MAY[role]
    assert {status for verb, status in statuses.items() if verb not in MAY[role]} <= {403}


async def test_who_was_not_invited_sees_nothing(box, client, plant):
    file = plant("data/a.txt")
    eve = client.as_(box.add_user("eve@example.edu"))
    assert (await eve.get(f"files/{file.id}")).refusal == (404, "not_found")
    assert (await eve.get(f"folders/{box.root}/items")).refusal == (404, "not_found")
    assert (await eve.get("folders/0/items")).names == []
    assert (await eve.get("search", query="a")).names == []
    assert (await eve.get("events")).json["chunk_size"] == 0


async def test_a_member_of_a_group_comes_in_until_the_invitation_ends(box, client, plant):
    folder = plant("data/a.txt").parents[0]
    ada = box.add_user("ada@example.edu")
    made = box.collaborate(folder, box.add_group("team", [ada]), "viewer")
    assert (await client.as_(ada).get(f"folders/{folder}/items")).names == ["a.txt"]
    box.uncollaborate(made)
    assert (await client.as_(ada).get(f"folders/{folder}/items")).status == 404


async def test_an_invitation_has_an_end(box, client, owner, plant, clock):
    folder = plant("data/a.txt").parents[0]
    ada = client.as_(box.add_user("ada@example.edu"))
    wanted = {
        "item": {"type": "folder", "id": folder},
        "accessible_by": {"type": "user", "login": "ada@example.edu"},
        "role": "viewer",
        "expires_at": "2030-03-17T18:00:00+00:00",
    }
    assert (await owner.call("POST", "collaborations", json=wanted)).status == 201
    assert (await ada.get(f"folders/{folder}")).status == 200
    clock.now += 3600
    assert (await client.as_("ada@example.edu").get(f"folders/{folder}")).status == 404


async def test_a_shared_folder_hangs_from_the_top_and_hides_what_is_above(box, client, plant):
    file = plant("secret/data/a.txt")
    box.collaborate(file.parents[0], box.add_user("ada@example.edu"))
    ada = client.as_("ada@example.edu")
    assert (await ada.get("folders/0/items")).names == ["data"]
    found = (await ada.get(f"files/{file.id}")).json
    assert [each["name"] for each in found["path_collection"]["entries"]] == ["All Files", "data"]
    assert [each["id"] for each in found["path_collection"]["entries"]] == ["0", file.parents[0]]
    folder = (await ada.get(f"folders/{file.parents[0]}")).json
    assert (folder["parent"]["id"], folder["parent"]["etag"]) == ("0", None)


async def test_a_token_of_an_application_that_may_only_read_writes_nothing(box, client, plant):
    file = plant("a.txt")
    box.app.scopes = frozenset({"root_readonly"})
    assert (await client.content(file.id)).body == b"text"
    assert (await client.upload("b.txt", b"b")).refusal == (403, "insufficient_scope")
    assert (await client.get("groups")).refusal == (403, "insufficient_scope")


async def test_a_link_opens_what_is_below_it_as_long_as_it_is_shown(box, client, plant):
    file, other = plant("data/deep/a.txt"), plant("b.txt")
    link = box.shared_link(box.tree.find("data", under=box.root))
    eve = client.as_(box.add_user("eve@example.org"))
    header = {"BoxApi": f"shared_link={link.replace('app.box', 'team.app.box')}"}
    assert (await eve.get("shared_items", headers=header)).json["name"] == "data"
    assert (await eve.get(f"files/{file.id}", headers=header)).status == 200
    assert (await eve.get(f"files/{file.id}")).status == 404
    assert (await eve.get(f"files/{other.id}", headers=header)).status == 404
    moved = await eve.call("GET", f"files/{file.id}/content", headers=header, allow_redirects=False)
    assert moved.status == 302
    wrong = {"BoxApi": "shared_link=https://app.box.com/s/nowhere"}
    assert (await eve.get("shared_items", headers=wrong)).refusal == (404, "not_found")


@pytest.mark.parametrize(("options", "status"), [({"download": False}, 403), ({"access": "collaborators"}, 404)])
async def test_a_link_may_open_less(box, client, plant, options, status):
    file = plant("data/a.txt")
    link = box.shared_link(file.parents[0], **options)
    eve = client.as_(box.add_user("eve@example.org"))
    answer = await eve.call("GET", f"files/{file.id}/content", headers={"BoxApi": f"shared_link={link}"})
    assert answer.status == status


async def test_the_same_person_is_not_invited_twice_and_strangers_get_a_letter(box, client, plant):
    folder = plant("data/a.txt").parents[0]

    async def invite(login: str, role: str = "viewer"):
        body = {
            "item": {"type": "folder", "id": folder},
            "accessible_by": {"type": "user", "login": login},
            "role": role,
        }
        return await client.call("POST", "collaborations", json=body)

    letter = await invite("stranger@example.org")
    assert (letter.json["status"], letter.json["accessible_by"]) == ("pending", None)
    assert letter.json["invite_email"] == "stranger@example.org"
    assert (await invite("stranger@example.org")).refusal == (400, "user_already_collaborator")
    assert (await invite(box.owner.login)).refusal == (400, "user_already_collaborator")
    assert (await invite("ada@example.edu", "king")).refusal == (400, "bad_request")
    top = {"item": {"type": "folder", "id": "0"}, "accessible_by": {"login": "ada@example.edu"}, "role": "viewer"}
    assert (await client.call("POST", "collaborations", json=top)).status == 403


async def test_a_folder_gets_another_owner(box, client, owner):
    ada = box.add_user("ada@example.edu")
    made = box.collaborate(box.root, ada, "editor")
    assert (await client.call("PUT", f"collaborations/{made.id}", json={"role": "owner"})).status == 403
    assert (await owner.call("PUT", f"collaborations/{made.id}", json={"role": "owner"})).status == 204
    assert (await owner.get(f"folders/{box.root}")).json["owned_by"]["id"] == ada.id


async def test_collaborations_are_listed_page_by_page(box, client, plant):
    folder = plant("data/a.txt").parents[0]
    made = [box.collaborate(folder, f"{number}@example.org").id for number in range(3)]
    first = (await client.get(f"folders/{folder}/collaborations", limit=2)).json
    rest = (await client.get(f"folders/{folder}/collaborations", limit=2, marker=first["next_marker"])).json
    assert [each["id"] for each in first["entries"] + rest["entries"]] == made
    assert rest["next_marker"] is None


async def test_the_digest_of_a_planted_file_is_right(client, plant):
    assert (await client.get(f"files/{plant('a.txt', 'abc').id}")).json["sha1"] == sha1(b"abc")
