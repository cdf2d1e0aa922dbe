"""Libraries: lists, details, new ones, passwords."""

import pytest

from hubdrives.testing.emulators.seafile.libraries import Library


@pytest.fixture
def ada(seafile):
    return seafile.add_user("ada@example.org", "Ada")


async def listed(client, **params) -> list[tuple[str, str, str, str]]:
    found = (await client.call("GET", "/api2/repos/", params=params)).json
    return [(each["type"], each["name"], each["owner"], each["permission"]) for each in found]


async def test_a_library_is_listed_once_for_each_way_that_one_has_it(seafile, client, ada):
    library = seafile.add_library("notes", ada)
    seafile.share(library, seafile.account, "r")
    seafile.share(library, seafile.add_group("collab-x-editor", [seafile.account]), "rw")
    seafile.share(library, None, "r")
    mine = seafile.account.email
    assert sorted(await listed(client)) == [
        ("grepo", "notes", "Organization", "r"),
        ("grepo", "notes", "collab-x-editor", "rw"),
        ("repo", "My Library", mine, "rw"),
        ("srepo", "notes", "ada@example.org", "r"),
    ]
    assert [each[0] for each in await listed(client, type="shared,org")] == ["srepo", "grepo"]
    assert [each[1] for each in await listed(client, nameContains="LIB")] == ["My Library"]


async def test_what_may_only_be_looked_at_is_not_for_programs(seafile, client, ada):
    seafile.share(seafile.add_library("notes", ada), seafile.account, "cloud-edit")
    assert [each[1] for each in await listed(client)] == ["My Library"]


async def test_in_v21_the_same_has_other_names(seafile, client, ada):
    seafile.share(seafile.add_library("notes", ada), seafile.account, "r")
    found = (await client.call("GET", "/api/v2.1/repos/", params={"type": "shared"})).json["repos"]
    (library,) = found
    assert (library["type"], library["repo_name"], library["owner_email"]) == ("shared", "notes", "ada@example.org")
    assert (library["last_modified"], library["status"]) == ("2030-03-17T17:46:40+00:00", "normal")


async def test_a_detail_says_more_than_the_list(seafile, client, ada):
    seafile.add_file("a/b.txt", "12345")
    about = (await client.get("")).json
    root = (await client.get("dir/")).headers["oid"]
    assert (about["owner"], about["root"], about["file_count"], about["size"]) == ("self", root, 1, 5)
    seafile.share(seafile.library, ada)
    assert (await client.as_(ada).get("")).json["owner"] == "share"
    assert (await client.get("", api="api/v2.1")).json["file_count"] == 1


async def test_what_is_not_there_and_what_is_not_ours_differ(seafile, client, ada):
    library = seafile.add_library("notes", ada)
    denied = "You do not have permission to access this library."
    assert (await client.get("", library=library)).refusal == (403, denied)
    gone = Library("0" * 8 + library.id[8:], "", "")
    assert (await client.get("", library=gone)).refusal == (404, "Library not found.")
    assert (await client.get("dir/", library=gone)).refusal == (404, f"Library {gone.id} not found.")


async def test_the_default_library_is_made_when_it_is_asked_for(client, ada):
    client = client.as_(ada)
    assert (await client.call("GET", "/api2/default-repo/")).json == {"exists": False}
    made = (await client.call("POST", "/api2/default-repo/")).json
    assert made["exists"]
    assert (await client.call("POST", "/api2/default-repo/")).json == made
    assert (await client.call("GET", "/api2/default-repo/")).json == made
    assert [each[1] for each in await listed(client)] == ["My Library"]


async def test_who_may_not_make_libraries_is_told_so(seafile, client, ada):
    seafile.settings.can_add_repo = False
    answer = await client.as_(ada).call("POST", "/api2/default-repo/")
    assert answer.refusal == (403, "You do not have permission to create library.")


async def test_libraries_are_made_renamed_and_removed_by_their_owner(seafile, client, ada):
    made = (await client.call("POST", "/api2/repos/", data={"name": "new", "desc": "mine"})).json
    assert made["repo_name"] == "new"
    library = seafile.libraries.get(made["repo_id"])
    seafile.share(library, ada, "rw")
    theirs = client.as_(ada)
    url = client.repo(library=library)
    assert (await theirs.call("POST", url + "?op=rename", data={"repo_name": "x"})).status == 403
    assert (await client.call("POST", url + "?op=rename", data={"repo_name": "newer"})).json == "success"
    assert (await client.get("", library=library)).json["name"] == "newer"
    assert (await theirs.call("DELETE", url)).status == 403
    assert (await client.call("DELETE", url)).json == "success"
    assert (await client.get("", library=library)).status == 404


async def test_an_encrypted_library_wants_its_password(seafile, client, ada):
    library = seafile.add_library("secret", ada, password="sesame")
    seafile.share(library, seafile.account, "rw")
    seafile.add_file("a.txt", "0123456789", library=library)
    url = client.repo(library=library)
    assert (await client.get("dir/", library=library)).names == ["a.txt"]
    locked = await client.read("/a.txt", library=library)
    assert (locked.status, locked.body) == (400, b"Repo is encrypted. Please provide password to view it.\n")
    seafile.settings.listing_needs_password = True
    assert (await client.get("dir/", library=library)).refusal == (440, "Library password is needed.")
    assert (await client.call("POST", url)).refusal == (440, "Library password is needed.")
    assert (await client.call("POST", url, data={"password": "x"})).refusal == (400, "Incorrect password")
    assert (await client.call("POST", url, data={"password": "sesame"})).json == "success"
    assert (await client.get("dir/", library=library)).names == ["a.txt"]
    part = await client.read("/a.txt", library=library, headers={"Range": "bytes=2-3"})
    assert (part.status, part.body) == (200, b"0123456789")
    assert (await client.call("POST", client.repo(), data={"password": "x"})).status == 409


async def test_equal_files_have_other_ids_where_they_are_encrypted(seafile, client):
    library = seafile.add_library("secret", password="sesame")
    seafile.add_file("d/a.txt", "text")
    seafile.add_file("a.txt", "text", library=library)
    plain = (await client.get("dir/", p="/d")).json[0]["id"]
    (secret,) = (await client.get("dir/", library=library)).json
    assert secret["id"] != plain
    link = (await client.get("update-link/", library=library)).json
    same = await client.post_form(link, "a.txt", b"text", target_file="/a.txt")
    assert same.body.decode() == secret["id"]
    task = {"src_repo_id": seafile.library.id, "src_parent_dir": "/", "src_dirent_name": "d", "dirent_type": "dir"}
    task |= {"dst_repo_id": library.id, "dst_parent_dir": "/", "operation": "move"}
    await client.call("POST", "/api/v2.1/copy-move-task/", data=task)
    assert (await client.get("dir/", p="/d", library=library)).json[0]["id"] == secret["id"]


async def test_in_v21_a_password_is_set_in_its_own_place(seafile, client):
    library = seafile.add_library("secret", password="sesame")
    url = client.repo("set-password/", library=library, api="api/v2.1")
    assert (await client.call("POST", url, data={"password": "x"})).refusal == (400, "Wrong password")
    assert (await client.call("POST", url, json={"password": "sesame"})).json == {"success": True}


async def test_every_write_makes_a_commit_and_reading_none(seafile, client, clock):
    heads = [(await client.get("")).json["head_commit_id"]]
    await client.upload("a.txt", b"a")
    heads.append((await client.get("")).json["head_commit_id"])
    await client.change("dir/", "/b", operation="mkdir")
    heads.append((await client.get("")).json["head_commit_id"])
    await client.get("dir/", recursive=1)
    history = (await client.get("history/", per_page=2)).json
    assert [each["id"] for each in history["commits"]] == [heads[2], heads[1]]
    assert [each["desc"] for each in history["commits"]] == ['Added directory "b"', 'Added "a.txt"']
    assert history["page_next"]
    assert not (await client.get("history/", per_page=2, page=2)).json["page_next"]
    assert len({each for each in heads if len(each) == 40}) == 3


async def test_groups_have_libraries(seafile, client, ada):
    group = seafile.add_group("team", [seafile.account], owner=ada)
    seafile.share(seafile.add_library("notes", ada), group, "rw")
    (found,) = (await client.call("GET", "/api2/groups/?with_msg=false")).json["groups"]
    assert (found["id"], found["name"]) == (group.id, "team")
    (library,) = (await client.call("GET", f"/api2/groups/{group.id}/repos/")).json
    assert (library["name"], library["permission"]) == ("notes", "rw")
    assert (await client.call("GET", "/api2/groups/99/repos/")).status == 404
