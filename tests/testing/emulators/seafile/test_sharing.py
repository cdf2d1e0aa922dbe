"""Sharing with users and groups: what is answered, and what they then have."""

import pytest
from ebrains_drive import DriveApiClient

ADA, BOB = "ada@example.org", "bob@example.org"
ITEMS = "dir/shared_items/"


@pytest.fixture(autouse=True)
def _people(seafile):
    seafile.add_user(ADA, "Ada")
    seafile.add_user(BOB, "Bob")
    seafile.add_file("users/42/data/a.txt", "hello")


async def share(client, path="/users/42/data", who=ADA, permission="r", library=None):
    form = {"share_type": "user", "permission": permission, "username": who}
    return await client.call("PUT", client.repo(ITEMS, library=library), params={"p": path}, data=form)


async def listed(client, path="/users/42/data"):
    return (await client.get(ITEMS, p=path)).json


async def with_me(client, who=ADA):
    return (await client.as_(who).call("GET", "/api2/beshared-repos/")).json


async def test_ebrains_own_client_shares_a_folder(seafile, in_thread, client):
    ebrains = DriveApiClient(token="an OIDC token")
    ebrains.server = ebrains.drive_url = seafile.url
    ebrains._seafile_token = seafile.token()

    def use():
        folder = ebrains.repos.get_default_repo().get_dir("/users/42/data")
        return folder.share_to_user(ADA, "rw"), folder.share_to_user("nobody@example.org", "r")

    assert await in_thread(use) == (True, True)
    ebrains.session.close()
    assert [(each["user_info"]["name"], each["permission"]) for each in await listed(client)] == [(ADA, "rw")]
    (repo,) = await with_me(client)
    assert (repo["repo_name"], repo["origin_path"], repo["permission"]) == ("data", "/users/42/data", "rw")


async def test_what_is_shared_is_in_the_answer_and_what_is_not_as_well(client):
    done = await share(client)
    assert done.status == 200
    assert done.json["failed"] == []
    (item,) = done.json["success"]
    assert (item["share_type"], item["permission"], item["is_admin"]) == ("user", "r", False)
    assert item["user_info"] == {
        "name": ADA,
        "nickname": "Ada",
        "contact_email": ADA,
        "avatar_url": f"{client.seafile.url}/media/avatars/default.png",
    }
    for who, said in (
        (ADA, f"This item has been shared to {ADA}."),
        ("nobody@example.org", "User nobody@example.org not found."),
        ("nobody", "username invalid."),
    ):
        refused = await share(client, who=who, permission="rw")
        assert (refused.status, refused.json) == (200, {"success": [], "failed": [{"email": who, "error_msg": said}]})
    assert [each["permission"] for each in await listed(client)] == ["r"]


async def test_several_users_at_once(client):
    form = [("share_type", "user"), ("permission", "r"), ("username", ADA), ("username", BOB), ("username", "x@y.org")]
    done = await client.call("PUT", client.repo(ITEMS), params={"p": "/users/42/data"}, data=form)
    assert ([each["user_info"]["name"] for each in done.json["success"]], len(done.json["failed"])) == ([ADA, BOB], 1)


async def test_without_a_path_in_the_query_the_whole_library_is_shared(seafile, client):
    form = {"share_type": "user", "permission": "r", "username": ADA, "p": "/users/42/data"}
    assert (await client.call("PUT", client.repo(ITEMS), data=form)).status == 200
    assert seafile.library.shares == {ADA: "r"}


@pytest.mark.parametrize(
    ("options", "refusal"),
    [
        ({"path": "/none"}, (404, "Folder /none not found.")),
        ({"path": "/users/42/data/a.txt"}, (404, "Folder /users/42/data/a.txt not found.")),
        ({"permission": "x"}, (400, "permission invalid.")),
    ],
)
async def test_errors_of_the_request_are_errors(client, options, refusal):
    assert (await share(client, **options)).refusal == refusal


async def test_json_is_not_understood(client):
    body = {"share_type": "user", "permission": "r", "username": ADA}
    refused = await client.call("PUT", client.repo(ITEMS), params={"p": "/users/42/data"}, json=body)
    assert refused.status == 500
    assert await listed(client) == []


async def test_a_kind_that_is_none_is_refused(client):
    refused = await client.call("PUT", client.repo(ITEMS), params={"p": "/"}, data={"share_type": "x"})
    assert refused.refusal == (400, "share_type invalid.")


async def test_only_the_owner_shares(client):
    await share(client, permission="rw")
    assert (await share(client.as_(ADA), who=BOB)).refusal == (403, "Permission denied.")
    (repo,) = await with_me(client)
    form = {"share_type": "user", "permission": "r", "username": BOB}
    answer = await client.as_(ADA).call("PUT", f"/api2/repos/{repo['repo_id']}/{ITEMS}", params={"p": "/"}, data=form)
    assert answer.status == 403


async def test_a_folder_of_an_encrypted_library_is_not_shared(seafile, client):
    secret = seafile.add_library("Secret", password="a password")
    seafile.add_folder("data", library=secret)
    assert (await share(client, path="/data", library=secret)).refusal == (400, "Folder invalid.")


async def test_a_shared_folder_is_one_library_for_all(seafile, client):
    await share(client)
    await share(client, who=BOB)
    (first,), (second,) = await with_me(client), await with_me(client, BOB)
    assert first["repo_id"] == second["repo_id"] != seafile.library.id
    assert (first["is_virtual"], first["origin_repo_id"], first["user"]) == (
        True,
        seafile.library.id,
        seafile.account.email,
    )
    # Its owner has the folder itself, and does not see it twice.
    mine = (await client.call("GET", "/api2/repos/")).json
    assert [each["id"] for each in mine] == [seafile.library.id]
    repos = (await client.as_(ADA).call("GET", "/api2/repos/")).json
    assert [(each["type"], each["name"], each["permission"], each["virtual"]) for each in repos] == [
        ("srepo", "data", "r", True)
    ]


async def test_whom_it_is_shared_with_reads_it_and_writes_only_if_allowed(seafile, client):
    await share(client)
    ada = client.as_(ADA)
    library = seafile.libraries.get((await with_me(client))[0]["repo_id"])
    assert (await ada.read("/a.txt", library=library)).body == b"hello"
    assert (await ada.get("upload-link/", library=library, p="/")).status == 403
    changed = await client.call(
        "POST",
        client.repo(ITEMS),
        params={"p": "/users/42/data", "share_type": "user", "username": ADA},
        data={"permission": "rw"},
    )
    assert changed.json == {"success": True}
    assert (await ada.upload("b.txt", b"hers", library=library)).status == 200
    assert (await client.read("/users/42/data/b.txt")).body == b"hers"
    assert (await ada.get("dir/")).status == 403


async def test_it_is_called_and_goes_as_its_folder(seafile, client):
    await share(client)
    await client.change("dir/", "/users/42/data", operation="rename", newname="results")
    assert [each["repo_name"] for each in await with_me(client)] == ["results"]
    assert [each["origin_path"] for each in await with_me(client)] == ["/users/42/results"]
    library = (await with_me(client))[0]["repo_id"]
    await client.call("DELETE", client.repo("dir/"), params={"p": "/users/42/results"})
    assert await with_me(client) == []
    assert (await client.as_(ADA).call("GET", f"/api2/repos/{library}/")).status == 404


@pytest.mark.parametrize("writes", ["owner", "recipient"])
async def test_who_has_it_sees_by_the_list_of_libraries_that_something_is_new(seafile, client, writes):
    await share(client, permission="rw")
    ada = client.as_(ADA)

    async def seen():
        (library,) = (await ada.call("GET", "/api2/repos/")).json
        return library

    before = await seen()
    # Elsewhere in the library is not in the folder.
    await client.upload("users/elsewhere.txt", b"1")
    assert await seen() == before
    if writes == "owner":
        await client.upload("users/42/data/b.txt", b"new")
    else:
        await ada.upload("b.txt", b"new", library=seafile.libraries.get(before["id"]))
    after = await seen()
    assert after["head_commit_id"] != before["head_commit_id"]
    history = await ada.call("GET", f"/api/v2.1/repos/{before['id']}/file/history/", params={"path": "/b.txt"})
    assert len(history.json["data"]) == 1


async def test_what_is_taken_away_is_gone_and_taking_away_nothing_is_fine(client):
    await share(client)
    params = {"p": "/users/42/data", "share_type": "user", "username": ADA}
    for _ in range(2):
        ended = await client.call("DELETE", client.repo(ITEMS), params=params)
        assert (ended.status, ended.json) == (200, {"success": True})
    assert (await with_me(client), await listed(client)) == ([], [])


async def test_who_has_it_may_leave_it(seafile, client):
    await share(client)
    (repo,) = await with_me(client)
    params = {"share_type": "personal", "from": seafile.account.email}
    left = await client.as_(ADA).call("DELETE", f"/api2/beshared-repos/{repo['repo_id']}/", params=params)
    assert left.json == {"success": True}
    assert await listed(client) == []


async def test_groups_have_it_too(seafile, client):
    group = seafile.add_group("Team", [ADA])
    form = {"share_type": "group", "permission": "rw", "group_id": str(group.id)}
    done = await client.call("PUT", client.repo(ITEMS), params={"p": "/users/42/data"}, data=form)
    assert done.json["success"][0]["group_info"] == {"id": group.id, "name": "Team"}
    again = await client.call("PUT", client.repo(ITEMS), params={"p": "/users/42/data"}, data=form)
    assert again.json["failed"] == [{"group_name": "Team", "error_msg": "This item has been shared to Team."}]
    repos = (await client.as_(ADA).call("GET", "/api2/repos/")).json
    assert [(each["type"], each["name"], each["owner"]) for each in repos] == [("grepo", "data", "Team")]
    only_users = await client.get(ITEMS, p="/users/42/data", share_type="user")
    assert only_users.json == []
    form["group_id"] = "99"
    unknown = await client.call("PUT", client.repo(ITEMS), params={"p": "/users/42/data"}, data=form)
    assert unknown.refusal == (404, "Group 99 not found")


async def test_the_owner_sees_all_that_is_shared(seafile, client):
    await share(client)
    await share(client, path="/", who=BOB, permission="rw")
    seafile.people.users[ADA].address = "ada@example.edu"
    (folder,) = (await client.call("GET", "/api/v2.1/shared-folders/")).json
    assert (folder["repo_id"], folder["path"], folder["folder_name"]) == (seafile.library.id, "/users/42/data", "data")
    assert (folder["user_email"], folder["contact_email"]) == (ADA, "ada@example.edu")
    (library,) = (await client.call("GET", "/api2/shared-repos/")).json
    assert (library["repo_id"], library["user"], library["permission"]) == (seafile.library.id, BOB, "rw")


async def test_what_is_shared_of_a_folder_ends_with_it(seafile, client):
    await share(client)
    await share(client, path="/users", who=BOB)
    await client.call("DELETE", client.repo("dir/"), params={"p": "/users/42"})
    (left,) = (await client.call("GET", "/api/v2.1/shared-folders/")).json
    assert (left["path"], left["user_email"]) == ("/users", BOB)
    seafile.add_folder("users/42/data")
    assert await listed(client) == []
    await share(client, who=BOB)
    assert [each["user_info"]["name"] for each in await listed(client)] == [BOB]


async def test_what_goes_to_another_library_is_shared_no_more_and_what_is_moved_within_one_is(seafile, client):
    await share(client)
    seafile.add_folder("elsewhere")
    task = {"src_repo_id": seafile.library.id, "dirent_type": "dir", "operation": "move", "src_dirent_name": "42"}
    within = task | {"src_parent_dir": "/users", "dst_repo_id": seafile.library.id, "dst_parent_dir": "/elsewhere"}
    await client.call("POST", "/api/v2.1/copy-move-task/", data=within)
    (folder,) = (await client.call("GET", "/api/v2.1/shared-folders/")).json
    assert folder["path"] == "/elsewhere/42/data"
    other = seafile.add_library("other")
    away = task | {"src_parent_dir": "/elsewhere", "dst_repo_id": other.id, "dst_parent_dir": "/"}
    await client.call("POST", "/api/v2.1/copy-move-task/", data=away)
    assert (await client.call("GET", "/api/v2.1/shared-folders/")).json == await with_me(client) == []
    assert seafile.vault.at(other.root, "/42/data/a.txt") is not None


async def test_a_share_takes_its_time_if_it_is_told_to(seafile, client, clock):
    seafile.settings.share_lag = 30
    await share(client)
    assert len(await listed(client)) == 1
    assert (await with_me(client), (await client.as_(ADA).call("GET", "/api2/repos/")).json) == ([], [])
    clock.now += 31
    assert len(await with_me(client)) == 1


async def test_a_failure_may_be_called_a_success(client, strike):
    strike("share_failed", "shares.create")
    answer = await share(client)
    assert (answer.status, answer.json["failed"]) == (200, [{"email": ADA, "error_msg": "Internal Server Error"}])
    assert await with_me(client) == []


async def test_who_has_a_made_up_name_is_searched_and_shown_by_their_address(seafile, client):
    dan = seafile.add_user(f"{'d' * 32}@auth.local", "Dan")
    dan.address = "dan@example.org"
    found = (await client.call("GET", "/api2/search-user/", params={"q": "DAN@"})).json["users"]
    assert [(each["email"], each["contact_email"], each["name"]) for each in found] == [
        (dan.email, "dan@example.org", "Dan")
    ]
    refused = await client.call("GET", "/api2/search-user/")
    assert refused.refusal == (400, "q invalid.")
    seafile.add_folder("a")
    url = f"/api2/repos/{seafile.library.id}/dir/shared_items/"
    for name, known in ((dan.address, False), (dan.email, True)):
        form = {"share_type": "user", "username": name}
        answer = (await client.call("PUT", url, params={"p": "/a"}, data=form)).json
        assert bool(answer["success"]) == known
    (shown,) = (await client.call("GET", url, params={"p": "/a"})).json
    assert (shown["user_info"]["name"], shown["user_info"]["contact_email"]) == (dan.email, dan.address)
    library = seafile.add_library("Dan's", dan)
    (own,) = (await client.as_(dan.email).call("GET", "/api2/repos/", params={"nameContains": "Dan"})).json
    assert (own["id"], own["owner"]) == (library.id, dan.email)
    assert own["owner_contact_email"] == own["modifier_contact_email"] == dan.address
