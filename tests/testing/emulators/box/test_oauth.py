"""Where tokens come from, how long they last, and what they may be narrowed to."""

import secrets
import time

import jwt
import pytest
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from yarl import URL

CODE = "authorization_code"
GRANT = "urn:ietf:params:oauth:grant-type:"
AUDIENCE = "https://api.box.com/oauth2/token"


def error(answer) -> tuple[int, str]:
    return answer.status, answer.json["error"]


async def narrowed(client, **form):
    kind = "urn:ietf:params:oauth:token-type:access_token"
    return await client.token_of(
        grant_type=GRANT + "token-exchange", subject_token=client.token, subject_token_type=kind, **form
    )


async def test_a_secret_gives_a_token_of_the_service_account_for_an_hour(box, client, clock):
    answer = await client.token_of(
        grant_type="client_credentials", box_subject_type="enterprise", box_subject_id=box.app.enterprise_id
    )
    assert answer.headers["Cache-Control"] == "no-store"
    token = answer.json.pop("access_token")
    assert answer.json == {"expires_in": 3600, "restricted_to": [], "token_type": "bearer"}
    fresh = client.with_(token)
    assert (await fresh.get("users/me")).json["id"] == box.service_account.id
    clock.now += 3600
    late = await fresh.get("users/me")
    assert (late.status, late.body) == (401, b"")
    assert 'error="invalid_token"' in late.headers["WWW-Authenticate"]


@pytest.mark.parametrize(
    ("form", "refusal"),
    [
        ({"client_secret": "wrong"}, (400, "invalid_client")),
        ({"box_subject_id": "77"}, (400, "invalid_grant")),
        ({"box_subject_type": "user"}, (400, "invalid_grant")),
        ({"grant_type": "password"}, (400, "unsupported_grant_type")),
    ],
)
async def test_wrong_credentials_are_refused(box, client, form, refusal):
    good = {"grant_type": "client_credentials", "box_subject_type": "enterprise"}
    answer = await client.token_of(**{**good, "box_subject_id": box.app.enterprise_id, **form})
    assert error(answer) == refusal


async def test_an_application_that_no_admin_authorized_gets_nothing(box, client):
    box.app.authorized = False
    answer = await client.token_of(
        grant_type="client_credentials", box_subject_type="enterprise", box_subject_id=box.app.enterprise_id
    )
    assert error(answer) == (400, "unauthorized_client")


async def test_a_token_for_a_user_needs_the_right_to_ask_for_it(box, client):
    form = {"grant_type": "client_credentials", "box_subject_type": "user", "box_subject_id": box.owner.id}
    token = (await client.token_of(**form)).json["access_token"]
    assert (await client.with_(token).get("users/me")).json["login"] == box.owner.login
    box.app.user_access = False
    assert error(await client.token_of(**form)) == (400, "invalid_grant")


async def assertion(box, clock, **claims):
    settings = box.jwt_config()
    auth = settings["boxAppSettings"]["appAuth"]
    key = load_pem_private_key(auth["privateKey"].encode(), auth["passphrase"].encode())
    good = {
        "iss": box.app.client_id,
        "sub": box.app.enterprise_id,
        "box_sub_type": "enterprise",
        "aud": AUDIENCE,
        "jti": secrets.token_hex(16),
        "exp": int(clock.now) + 45,
    }
    return jwt.encode({**good, **claims}, key, "RS256", headers={"kid": auth["publicKeyID"]})


async def test_an_assertion_serves_once(box, client, clock):
    form = {"grant_type": GRANT + "jwt-bearer", "assertion": await assertion(box, clock)}
    assert (await client.token_of(**form)).status == 200
    assert error(await client.token_of(**form)) == (400, "invalid_grant")


@pytest.mark.parametrize(
    "claims",
    [{"exp": 1}, {"exp": 1_900_000_600}, {"aud": "https://example.org"}, {"iss": "x"}, {"jti": "short"}, {"sub": "1"}],
    ids=lambda claims: next(iter(claims)),
)
async def test_a_wrong_assertion_is_refused(box, client, clock, claims):
    form = {"grant_type": GRANT + "jwt-bearer", "assertion": await assertion(box, clock, **claims)}
    assert error(await client.token_of(**form)) == (400, "invalid_grant")


async def test_an_assertion_of_another_key_is_refused(box, client, clock):
    box.jwt_config()
    forged = jwt.encode({"sub": "x", "exp": int(time.time())}, "secret" * 8, "HS256", headers={"kid": "1"})
    assert error(await client.token_of(grant_type=GRANT + "jwt-bearer", assertion=forged)) == (400, "invalid_grant")


async def test_a_person_comes_back_with_a_code(box, client):
    params = {
        "response_type": "code",
        "client_id": box.app.client_id,
        "redirect_uri": box.app.redirect_uri,
        "state": "s",
        "login": box.owner.login,
    }
    answer = await client.send("GET", "/api/oauth2/authorize", params=params, allow_redirects=False)
    back = URL(answer.headers["Location"])
    assert (str(back.with_query(None)), back.query["state"]) == (box.app.redirect_uri, "s")
    got = (await client.token_of(grant_type=CODE, code=back.query["code"])).json
    assert (await client.with_(got["access_token"]).get("users/me")).json["id"] == box.owner.id
    assert error(await client.token_of(grant_type=CODE, code=back.query["code"])) == (400, "invalid_grant")


async def test_a_code_ends_after_half_a_minute(box, client, clock):
    code = box.code(box.owner)
    clock.now += 30
    assert error(await client.token_of(grant_type=CODE, code=code)) == (400, "invalid_grant")


async def test_a_refresh_token_serves_once_and_a_second_use_ends_the_login(box, client):
    first = box.refresh_token(box.owner)
    second = (await client.token_of(grant_type="refresh_token", refresh_token=first)).json
    assert (await client.with_(second["access_token"]).get("users/me")).status == 200
    again = await client.token_of(grant_type="refresh_token", refresh_token=first)
    assert (error(again), again.json["error_description"]) == ((400, "invalid_grant"), "Invalid refresh token")
    assert (await client.with_(second["access_token"]).get("users/me")).status == 401
    lost = await client.token_of(grant_type="refresh_token", refresh_token=second["refresh_token"])
    assert error(lost) == (400, "invalid_grant")


async def test_a_refresh_token_lasts_sixty_days(box, client, clock):
    token = box.refresh_token(box.owner)
    clock.now += 60 * 24 * 3600
    answer = await client.token_of(grant_type="refresh_token", refresh_token=token)
    assert answer.json["error_description"] == "Refresh token has expired"


async def test_a_revoked_token_opens_nothing(box, client):
    app = box.app
    form = {"client_id": app.client_id, "client_secret": app.client_secret, "token": client.token}
    assert (await client.send("POST", "/oauth2/revoke", data=form)).status == 200
    assert (await client.get("users/me")).status == 401


async def test_a_narrowed_token_ends_with_its_parent(box, client, clock, plant):
    file = plant("data/a.txt")
    clock.now += 3000
    link = box.shared_link(file.parents[0])
    answer = await narrowed(client, scope="base_explorer item_download", box_shared_link=link)
    assert answer.json["expires_in"] == 600
    assert [each["scope"] for each in answer.json["restricted_to"]] == ["base_explorer", "item_download"]
    narrow = client.with_(answer.json["access_token"])
    assert (await narrow.get(f"folders/{file.parents[0]}/items")).names == ["a.txt"]
    assert (await narrow.get(f"folders/{box.root}")).refusal == (404, "not_found")
    assert (await narrow.get("events")).refusal == (403, "insufficient_scope")


async def test_what_stands_in_the_query_does_not_narrow(box, client, plant):
    folder = plant("data/a.txt").parents[0]
    form = {
        "grant_type": GRANT + "token-exchange",
        "subject_token": client.token,
        "subject_token_type": "urn:ietf:params:oauth:token-type:access_token",
        "scope": "base_explorer",
    }
    resource = f"https://api.box.com/2.0/folders/{folder}"
    answer = await client.send("POST", "/oauth2/token", data=form, params={"resource": resource})
    narrow = client.with_(answer.json["access_token"])
    assert (await narrow.get(f"folders/{box.root}")).status == 200


@pytest.mark.parametrize(
    ("form", "refusal"),
    [
        ({"scope": "base_explorer", "resource": "https://api.box.com/2.0/folders/1"}, "invalid_resource"),
        ({"scope": "item_upload"}, "invalid_scope"),
        ({"scope": ""}, "invalid_scope"),
    ],
)
async def test_a_token_is_not_widened(box, client, form, refusal):
    box.app.scopes = frozenset({"root_readonly"})
    assert error(await narrowed(client, **form)) == (400, refusal)


async def test_a_narrow_token_is_not_widened_to_another_folder(box, client, plant):
    one, two = plant("one/a.txt").parents[0], plant("two/b.txt").parents[0]
    resource = "https://api.box.com/2.0/folders/"
    first = await narrowed(client, scope="base_explorer", resource=resource + one)
    second = await narrowed(client.with_(first.json["access_token"]), scope="base_explorer", resource=resource + two)
    assert error(second) == (400, "invalid_resource")
