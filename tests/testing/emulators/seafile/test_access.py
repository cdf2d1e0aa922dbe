"""Who is let in, and what they see."""

import pytest

from hubdrives.testing.emulators.seafile.people import UNLIMITED

INVALID = "Invalid token header."


@pytest.mark.parametrize(
    ("header", "refusal"),
    [
        (None, (403, "Authentication credentials were not provided.")),
        ("Basic abc", (403, "Authentication credentials were not provided.")),
        ("Token", (401, f"{INVALID} No credentials provided.")),
        ("Token a b", (401, f"{INVALID} Token string should not contain spaces.")),
        ("Token " + "0" * 40, (401, "Invalid token")),
    ],
)
async def test_it_says_what_is_wrong_with_a_token(client, header, refusal):
    headers = {} if header is None else {"Authorization": header}
    answer = await client.send("GET", "/api2/repos/", headers=headers)
    assert answer.refusal == refusal
    assert list(answer.json) == ["detail"]


@pytest.mark.parametrize(("version", "status"), [("10.0.1", 403), ("11.0.0", 200)])
async def test_bearer_is_understood_since_11(seafile, client, version, status):
    seafile.settings.version = version
    answer = await client.send("GET", "/api2/auth/ping/", headers={"Authorization": f"Bearer {client.token}"})
    assert answer.status == status


async def test_a_user_who_was_switched_off_is_not_let_in(seafile, client):
    seafile.account.active = False
    assert (await client.call("GET", "/api2/auth/ping/")).refusal == (401, "User inactive or deleted")


@pytest.mark.parametrize("kind", ["data", "json"])
async def test_a_password_gives_the_same_token_each_time(seafile, client, kind):
    body = {kind: {"username": seafile.account.email, "password": seafile.account.password}}
    answer = await client.send("POST", "/api2/auth-token/", **body)
    assert answer.json == {"token": client.token}
    assert len(client.token) == 40


async def test_a_wrong_password_is_a_bad_request(seafile, client):
    body = {"username": seafile.account.email, "password": "wrong"}
    answer = await client.send("POST", "/api2/auth-token/", data=body)
    assert answer.status == 400
    assert answer.json == {"non_field_errors": ["Unable to login with provided credentials."]}


async def test_it_tells_of_itself_and_of_the_account(seafile, client):
    assert (await client.send("GET", "/api2/ping/")).json == "pong"
    assert (await client.call("GET", "/api2/auth/ping/")).json == "pong"
    info = (await client.send("GET", "/api2/server-info/")).json
    assert info == {
        "version": "9.0.16",
        "encrypted_library_version": 2,
        "features": ["seafile-basic", "seafile-pro"],
    }
    seafile.add_file("a.txt", "12345")
    account = (await client.call("GET", "/api2/account/info/")).json
    assert (account["email"], account["usage"], account["total"]) == (seafile.account.email, 5, UNLIMITED)


@pytest.mark.parametrize("path", ["/api2/repos?type=mine", "/api2/server-info"])
async def test_a_missing_slash_is_a_redirection(client, path):
    answer = await client.call("GET", path)
    assert answer.status == 301
    assert answer.headers["Location"] == path.replace("repos", "repos/").replace("info", "info/")


async def test_what_is_not_there_is_a_page(seafile, client):
    for path in ("/api2/nothing/", "/api2/repos/no-id/", f"/api2/repos/{seafile.library.id.upper()}/"):
        answer = await client.call("GET", path)
        assert (answer.status, answer.headers["Content-Type"]) == (404, "text/html; charset=utf-8")
    assert (await client.call("PATCH", "/api2/repos/")).refusal == (405, 'Method "PATCH" not allowed.')


async def test_who_asks_too_often_waits(seafile, client, clock):
    seafile.settings.user_rate = 2
    assert [(await client.call("GET", "/api2/auth/ping/")).status for _ in range(2)] == [200, 200]
    clock.now += 53
    answer = await client.call("GET", "/api2/auth/ping/")
    assert answer.refusal == (429, "Request was throttled. Expected available in 7 seconds.")
    assert answer.headers["Retry-After"] == "7"
    clock.now += 7
    assert (await client.call("GET", "/api2/auth/ping/")).status == 200


@pytest.mark.parametrize(
    ("permission", "statuses"),
    [
        (None, {"list": 403, "link": 403, "upload": 403}),
        ("preview", {"list": 403, "link": 403, "upload": 403}),
        ("r", {"list": 200, "link": 200, "upload": 403}),
        ("rw", {"list": 200, "link": 200, "upload": 200}),
        ("admin", {"list": 200, "link": 200, "upload": 200}),
    ],
)
async def test_a_permission_allows_what_it_says(seafile, client, permission, statuses):
    seafile.add_file("a.txt")
    ada = seafile.add_user("ada@example.org")
    if permission is not None:
        seafile.share(seafile.library, ada, permission)
    theirs = client.as_(ada)
    assert {
        "list": (await theirs.get("dir/")).status,
        "link": (await theirs.get("file/", p="/a.txt")).status,
        "upload": (await theirs.get("upload-link/")).status,
    } == statuses


async def test_the_best_of_several_permissions_counts(seafile, client):
    ada = seafile.add_user("ada@example.org")
    seafile.share(seafile.library, None, "r")
    seafile.share(seafile.library, ada, "preview")
    assert (await client.as_(ada).get("dir/")).headers["dir_perm"] == "r"
    seafile.share(seafile.library, seafile.add_group("team", [ada]), "rw")
    assert (await client.as_(ada).get("dir/")).headers["dir_perm"] == "rw"
    seafile.library.status = "read-only"
    assert (await client.as_(ada).get("dir/")).headers["dir_perm"] == "r"
