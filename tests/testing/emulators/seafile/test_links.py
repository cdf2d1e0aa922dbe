"""Links that open something for everybody, or for those who may see it anyway; and search."""

import pytest

_PAGE = "/api/v2.1/share-links/"


@pytest.fixture(autouse=True)
def _planted(seafile):
    seafile.add_file("data/a.txt", "hello")
    seafile.add_file("data/deep/b.txt", "deep")


async def make(client, path, **options):
    body = {"repo_id": client.seafile.library.id, "path": path, **options}
    return await client.call("POST", _PAGE, json=body)


async def test_a_link_to_a_folder_opens_it_for_anybody(seafile, client):
    made = (await make(client, "/data/")).json
    assert (made["is_dir"], made["obj_name"], made["link"]) == (True, "data", f"{seafile.url}/d/{made['token']}/")
    top = await client.send("GET", f"/api2/d/{made['token']}/dir/")
    assert [(each["type"], each["name"]) for each in top.json] == [("dir", "deep"), ("file", "a.txt")]
    deep = await client.send("GET", f"/api2/d/{made['token']}/dir/", params={"p": "/deep"})
    assert deep.names == ["b.txt"]
    assert deep.headers["oid"] == seafile.vault.folder_id((await seafile.find("data/deep")).id)
    raw = await client.send("GET", f"/d/{made['token']}/files/", params={"p": "/deep/b.txt", "dl": "1"})
    assert (raw.status, (await client.send("GET", raw.headers["Location"])).body) == (302, b"deep")
    assert (await client.send("GET", f"/api2/d/{made['token']}/dir/", params={"p": "/none"})).status == 404


async def test_a_link_to_a_file_opens_that(seafile, client):
    made = (await make(client, "/data/a.txt")).json
    told = (await client.send("GET", f"/api2/f/{made['token']}/detail/")).json
    assert (told["name"], told["size"], told["id"]) == (
        "a.txt",
        5,
        seafile.vault.id(await seafile.find("data/a.txt")),
    )
    raw = await client.send("GET", f"/f/{made['token']}/?dl=1")
    assert (await client.send("GET", raw.headers["Location"])).body == b"hello"
    page = await client.send("GET", f"/f/{made['token']}/")
    assert (page.status, b"hello" in page.body) == (200, False)
    assert (await client.call("GET", _PAGE)).json[0]["view_cnt"] == 2


async def test_a_password_is_asked_for(client):
    made = (await make(client, "/data", password="long enough")).json
    url = f"/api2/d/{made['token']}/dir/"
    assert (await client.send("GET", url)).refusal == (403, "Password is required.")
    assert (await client.send("GET", url, params={"password": "x"})).refusal == (403, "Invalid Password")
    assert (await client.send("GET", url, params={"password": "long enough"})).names == ["deep", "a.txt"]
    # A browser is shown a form, which is no error.
    page = await client.send("GET", f"/d/{made['token']}/files/", params={"p": "/a.txt", "dl": "1"})
    assert (page.status, b"password" in page.body) == (200, True)


async def test_a_link_ends(client, clock):
    made = (await make(client, "/data/a.txt", expire_days=2)).json
    assert (made["is_expired"], bool(made["expire_date"])) == (False, True)
    clock.now += 3 * 86400
    assert (await client.send("GET", f"/api2/f/{made['token']}/detail/")).refusal == (400, "Invalid token")
    assert (await client.send("GET", f"/f/{made['token']}/?dl=1")).status == 404
    assert (await client.call("GET", _PAGE)).json[0]["is_expired"]


async def test_links_are_listed_refused_twice_and_ended_by_their_owner(seafile, client):
    made = (await make(client, "/data")).json
    assert (await make(client, "/data/")).refusal == (400, f"Share link {made['token']} already exists.")
    for path, count in (("/data", 1), ("/data/a.txt", 0)):
        found = await client.call("GET", _PAGE, params={"repo_id": seafile.library.id, "path": path})
        assert len(found.json) == count
    other = client.as_(seafile.add_user("ada@example.org"))
    assert (await other.call("DELETE", f"{_PAGE}{made['token']}/")).status == 403
    for _ in range(2):
        assert (await client.call("DELETE", f"{_PAGE}{made['token']}/")).json == {"success": True}
    assert (await client.send("GET", f"/api2/d/{made['token']}/dir/")).refusal == (400, "Invalid token")


@pytest.mark.parametrize(
    ("path", "options", "refusal"),
    [
        ("/none", {}, (404, "path /none not found.")),
        ("/data", {"password": "short"}, (400, "Password is too short.")),
        ("", {}, (400, "path invalid.")),
    ],
)
async def test_what_can_not_be_linked_is_refused(client, path, options, refusal):
    assert (await make(client, path, **options)).refusal == refusal


async def test_an_internal_link_is_for_those_who_may_see_it(seafile, client):
    params = {"repo_id": seafile.library.id, "path": "/data/a.txt", "is_dir": "false"}
    made = (await client.call("GET", "/api/v2.1/smart-link/", params=params)).json
    assert made["smart_link"] == f"{seafile.url}/smart-link/{made['smart_link_token']}/"
    assert (await client.call("GET", "/api/v2.1/smart-link/", params=params)).json == made
    url = f"/api/v2.1/smart-links/{made['smart_link_token']}/"
    assert (await client.call("GET", url)).json == {
        "repo_id": seafile.library.id,
        "path": "/data/a.txt",
        "is_dir": False,
    }
    stranger = client.as_(seafile.add_user("ada@example.org"))
    assert (await stranger.call("GET", url)).status == 403
    assert (await client.call("GET", "/api/v2.1/smart-links/none/")).refusal == (400, "token invalid.")


async def test_search_is_what_some_servers_have(seafile, client):
    params = {"q": "txt", "search_repo": seafile.library.id, "per_page": "1"}
    assert (await client.call("GET", "/api2/search/", params=params)).refusal == (404, "Search not supported.")
    seafile.settings.features = ("seafile-basic", "seafile-pro", "file-search")
    found = (await client.call("GET", "/api2/search/", params=params)).json
    assert (found["total"], found["has_more"], found["results"][0]["fullpath"]) == (2, True, "/data/a.txt")
    found = (await client.call("GET", "/api2/search/", params={"q": "deep", "search_repo": "mine"})).json
    assert [(each["fullpath"], each["is_dir"]) for each in found["results"]] == [("/data/deep/", True)]
    assert (await client.call("GET", "/api2/search/", params={"q": " "})).status == 400


async def test_names_are_searched_by_younger_servers(seafile, client):
    params = {"repo_id": seafile.library.id, "file_name": "B.T"}
    found = (await client.call("GET", "/api/v2.1/search-file/", params=params)).json["data"]
    assert [(each["path"], each["size"], each["type"]) for each in found] == [("/data/deep/b.txt", 4, "file")]
    seafile.settings.modern = False
    assert (await client.call("GET", "/api/v2.1/search-file/", params=params)).status == 404
