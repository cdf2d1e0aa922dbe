"""Access tokens: a person's own, an application's, and those of another authority."""

import base64

import pytest
from yarl import URL

from hubdrives.testing.emulators.canvas import STUDENT, Canvas
from hubdrives.testing.emulators.server import serving

BACK = "http://127.0.0.1:9/callback"
ME = "/api/v1/users/self"


@pytest.fixture
def key(canvas):
    return canvas.add_developer_key(BACK)


@pytest.fixture
def authorize(client, key):
    async def ask(**params):
        asked = {"client_id": key.id, "response_type": "code", "redirect_uri": BACK, "state": "s", "login": STUDENT}
        asked = {name: value for name, value in {**asked, **params}.items() if value is not None}
        answer = await client.send("GET", "/login/oauth2/auth", params=asked, allow_redirects=False)
        return answer if answer.status != 302 else URL(answer.headers["Location"])

    return ask


@pytest.fixture
def trade(client, key):
    async def ask(**form):
        asked = {"client_id": key.id, "client_secret": key.secret, **form}
        return await client.send("POST", "/login/oauth2/token", data=asked)

    return ask


@pytest.fixture
def log_in(authorize, trade):
    async def ask(**form):
        code = (await authorize()).query["code"]
        return await trade(grant_type="authorization_code", code=code, redirect_uri=BACK, **form)

    return ask


def bearer(token):
    return {"Authorization": f"Bearer {token}"}


def basic(name, secret):
    return "Basic " + base64.b64encode(f"{name}:{secret}".encode()).decode()


async def test_a_person_agrees_at_once_and_the_application_gets_tokens(canvas, client, authorize, trade):
    back = await authorize()
    assert (str(back.with_query(None)), back.query["state"]) == (BACK, "s")
    answer = await trade(grant_type="authorization_code", code=back.query["code"], redirect_uri=BACK)
    assert answer.status == 200
    assert answer.json.keys() == {"access_token", "token_type", "user", "refresh_token", "expires_in"}
    person = canvas.add_person(STUDENT)
    assert answer.json["user"] == {
        "id": int(person.id),
        "name": STUDENT,
        "global_id": person.id,
        "effective_locale": "en",
    }
    assert (answer.json["token_type"], answer.json["expires_in"]) == ("Bearer", 3600)
    me = await client.send("GET", ME, headers=bearer(answer.json["access_token"]))
    assert me.json["login_id"] == STUDENT


async def test_without_a_login_there_is_the_page_for_it_which_comes_back(client, authorize, key):
    page = await authorize(login=None)
    assert page.path == "/login"
    answer = await client.send("POST", str(page), data={"login": "ada"}, allow_redirects=False)
    answer = await client.send("GET", answer.headers["Location"], allow_redirects=False)
    assert "code" in URL(answer.headers["Location"]).query


async def test_the_application_hears_what_is_wrong(canvas, authorize, strike):
    assert (await authorize(response_type="token")).query["error"] == "unsupported_response_type"
    assert (await authorize(login=None, prompt="none")).query["error"] == "login_required"
    strike("deny", "oauth.auth")
    assert dict((await authorize()).query) == {"error": "access_denied", "state": "s"}


async def test_who_the_application_is_must_be_known(authorize):
    answer = await authorize(client_id="7")
    assert (answer.status, answer.json["error"]) == (401, "invalid_client")
    answer = await authorize(redirect_uri="http://127.0.0.1:9/other")
    assert (answer.status, answer.json["error_description"]) == (400, "redirect_uri does not match client settings")


async def test_a_refresh_token_stays_the_same_and_good_and_former_tokens_too(client, log_in, trade, clock):
    first = (await log_in()).json
    seen = {first["access_token"]}
    for _ in range(3):
        answer = await trade(grant_type="refresh_token", refresh_token=first["refresh_token"])
        assert (answer.status, "refresh_token" in answer.json) == (200, False)
        seen.add(answer.json["access_token"])
    assert len(seen) == 4
    assert {(await client.send("GET", ME, headers=bearer(each))).status for each in seen} == {200}
    clock.now += 3601
    answers = [await client.send("GET", ME, headers=bearer(each)) for each in seen]
    assert {(each.status, each.message) for each in answers} == {(401, "Invalid access token.")}
    assert {each.headers["WWW-Authenticate"] for each in answers} == {'Bearer realm="canvas-lms"'}
    assert (await trade(grant_type="refresh_token", refresh_token=first["refresh_token"])).status == 200


async def test_a_code_is_good_once_and_for_ten_minutes(authorize, trade, clock):
    code = (await authorize()).query["code"]
    assert (await trade(code=code)).status == 200
    again = await trade(code=code)
    assert (again.status, again.json) == (
        400,
        {"error": "invalid_grant", "error_description": "authorization_code not found"},
    )
    late = (await authorize()).query["code"]
    clock.now += 601
    assert (await trade(code=late)).status == 400


@pytest.mark.parametrize(
    ("form", "status", "error"),
    [
        ({"client_id": "7"}, 401, "invalid_client"),
        ({"client_secret": "wrong"}, 401, "invalid_client"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"grant_type": "refresh_token", "refresh_token": "wrong"}, 400, "invalid_request"),
        ({"grant_type": "authorization_code", "code": "wrong"}, 400, "invalid_grant"),
        ({"redirect_uri": "http://127.0.0.1:9/other"}, 400, "invalid_request"),
    ],
)
async def test_the_token_endpoint_says_what_is_wrong(trade, form, status, error):
    answer = await trade(**form)
    assert (answer.status, answer.json["error"]) == (status, error)
    assert answer.json["error_description"]
    assert answer.headers.get("WWW-Authenticate") == ("Canvas OAuth 2.0" if status == 401 else None)


async def test_a_code_or_refresh_token_is_for_one_application(canvas, client, authorize, log_in):
    other = canvas.add_developer_key(BACK)
    asked = {"client_id": other.id, "client_secret": other.secret}
    grants = ({"code": (await authorize()).query["code"]}, {"refresh_token": (await log_in()).json["refresh_token"]})
    for grant, kind in zip(grants, ("authorization_code", "refresh_token"), strict=True):
        answer = await client.send("POST", "/login/oauth2/token", data={**asked, **grant, "grant_type": kind})
        assert (answer.status, answer.json["error_description"]) == (400, "incorrect client")


async def test_an_application_may_show_its_secret_by_basic_authentication(client, authorize, key):
    code = (await authorize()).query["code"]
    header = {"Authorization": basic(key.id, key.secret)}
    assert (await client.send("POST", "/login/oauth2/token", data={"code": code}, headers=header)).status == 200
    for wrong in (basic(key.id, "wrong"), "Basic nonsense"):
        answer = await client.send("POST", "/login/oauth2/token", data={}, headers={"Authorization": wrong})
        assert answer.status == 401


async def test_a_token_can_be_taken_back_and_with_it_what_renews_it(client, log_in, trade):
    tokens = (await log_in()).json
    header = bearer(tokens["access_token"])
    assert (await client.send("DELETE", "/login/oauth2/token", headers=header)).status == 200
    assert (await client.send("GET", ME, headers=header)).status == 401
    answer = await trade(grant_type="refresh_token", refresh_token=tokens["refresh_token"])
    assert (answer.status, answer.json["error_description"]) == (400, "refresh_token not found")
    assert (await client.send("DELETE", "/login/oauth2/token")).status == 401


async def test_new_tokens_may_take_the_place_of_the_former(client, log_in):
    first = (await log_in()).json
    second = (await log_in(replace_tokens="1")).json
    assert (await client.send("GET", ME, headers=bearer(first["access_token"]))).status == 401
    assert (await client.send("GET", ME, headers=bearer(second["access_token"]))).status == 200


async def test_scopes_are_enforced_where_the_application_has_some(canvas, client, plant):
    plant("a.txt")
    course = f"/api/v1/courses/{canvas.course.id}"
    scopes = {"url:GET|/api/v1/courses/:course_id/files", "url:GET|/api/v1/courses/:id"}
    key = canvas.add_developer_key(BACK, scopes=frozenset(scopes))
    asked = {"client_id": key.id, "response_type": "code", "redirect_uri": BACK, "login": STUDENT}
    for scope, expected in (("url:GET|/api/v1/users/:id", "error"), ("", "error"), (" ".join(scopes), "code")):
        answer = await client.send("GET", "/login/oauth2/auth", params={**asked, "scope": scope}, allow_redirects=False)
        assert expected in URL(answer.headers["Location"]).query
    code = URL(answer.headers["Location"]).query["code"]
    form = {"client_id": key.id, "client_secret": key.secret, "code": code}
    header = bearer((await client.send("POST", "/login/oauth2/token", data=form)).json["access_token"])
    assert (await client.send("GET", f"{course}/files", headers=header)).names == ["a.txt"]
    refused = await client.send("GET", f"{course}/folders", headers=header)
    assert (refused.status, refused.message) == (401, "Insufficient scopes on access token.")
    assert "WWW-Authenticate" not in refused.headers


async def test_a_persons_own_token_ends_too_and_says_when(canvas, client, clock):
    clock.now += 120 * 24 * 3600 - 1
    assert (await client.get("users/self")).status == 200
    clock.now += 1
    answer = await client.get("users/self")
    assert (answer.status, answer.message) == (401, "Expired access token.")
    assert answer.json["errors"][0]["expired_at"] == "2030-07-15T17:46:40Z"
    revoked = client.as_(STUDENT)
    canvas.tokens.revoke(revoked.token)
    assert (await revoked.get("users/self")).message == "Revoked access token."


async def test_no_token_and_a_wrong_one_are_told_apart(client):
    for headers, message in ({}, "user authorization required"), (bearer("nonsense"), "Invalid access token."):
        answer = await client.send("GET", ME, headers=headers)
        assert (answer.status, answer.message) == (401, message)
        assert answer.headers["WWW-Authenticate"] == 'Bearer realm="canvas-lms"'


async def test_the_lifetime_of_all_tokens_can_be_set(session, clock):
    async with serving(Canvas(token_lifetime=5, clock=clock)) as canvas:
        header = bearer(canvas.token(STUDENT))
        statuses = []
        for _ in range(2):
            async with session.get(canvas.url + ME, headers=header) as response:
                statuses.append(response.status)
            clock.now += 5
        assert statuses == [200, 401]


async def test_another_authority_knows_its_own_tokens(session):
    asked = []

    async def authority(token):
        asked.append(token)
        return {"good": STUDENT, "new": "ada"}.get(token)

    async with serving(Canvas(authority=authority)) as canvas:

        async def get(path, token):
            async with session.get(canvas.url + "/api/v1" + path, headers=bearer(token)) as response:
                return response.status, await response.json()

        course = f"/courses/{canvas.course.id}/files"
        assert await get(course, "good") == (200, [])
        assert (await get("/users/self", "new"))[1]["login_id"] == "ada"
        assert (await get(course, "new"))[0] == 403
        assert await get(course, "bad") == (401, {"errors": [{"message": "Invalid access token."}]})
        own = canvas.token(STUDENT)
        assert (await get(course, own))[0] == 200
        assert own not in asked
        assert asked == ["good", "new", "new", "bad"]
