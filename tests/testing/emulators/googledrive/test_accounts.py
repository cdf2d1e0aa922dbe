import time

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from hubdrives.testing.emulators.googledrive import OWNER
from hubdrives.testing.emulators.googledrive.accounts import GOOGLE_AUDIENCE, GRANT_TYPE, SCOPE
from hubdrives.testing.emulators.googledrive.errors import SKEWED


@pytest.mark.parametrize("audience", [GOOGLE_AUDIENCE, None])
async def test_an_assertion_for_google_or_for_this_server_gets_a_token(drive, client, audience):
    answer = await client.log_in(aud=audience or drive.token_uri)
    assert answer.status == 200
    assert answer.json["token_type"] == "Bearer"
    assert answer.json["expires_in"] == 3599
    assert (await client.get("files")).status == 200


NOW = time.time


@pytest.mark.parametrize(
    ("claims", "description"),
    [
        ({"iat": int(NOW()) - 7200, "exp": int(NOW()) - 3600}, SKEWED),
        ({"iat": int(NOW()) + 7200, "exp": int(NOW()) + 9000}, SKEWED),
        ({"exp": int(NOW()) + 7200}, SKEWED),
        ({"aud": "https://example.org/token"}, "Invalid JWT: Failed audience check."),
        ({"iss": "nobody@example.org"}, "Invalid grant: account not found"),
    ],
)
async def test_an_assertion_that_does_not_hold_is_refused(client, claims, description):
    answer = await client.log_in(**claims)
    assert (answer.status, answer.json) == (400, {"error": "invalid_grant", "error_description": description})


async def test_the_signature_is_checked(drive, client):
    drive.robot.key, real = rsa.generate_private_key(65537, 2048), drive.robot.key
    now = int(time.time())
    claims = {"iss": drive.robot.email, "aud": GOOGLE_AUDIENCE, "iat": now, "exp": now + 60, "scope": SCOPE + "drive"}
    forged = jwt.encode(claims, real, "RS256", headers={"kid": drive.robot.key_id})
    answer = await client.send("POST", "/token", data={"grant_type": GRANT_TYPE, "assertion": forged})
    assert answer.json == {"error": "invalid_grant", "error_description": "Invalid JWT Signature."}


async def test_a_deleted_key_is_refused(drive, client):
    now = int(time.time())
    claims = {"iss": drive.robot.email, "aud": GOOGLE_AUDIENCE, "iat": now, "exp": now + 60, "scope": SCOPE + "drive"}
    other = jwt.encode(claims, drive.robot.key, "RS256", headers={"kid": "deleted"})
    answer = await client.send("POST", "/token", data={"grant_type": GRANT_TYPE, "assertion": other})
    assert answer.json["error_description"] == "Invalid JWT Signature."


@pytest.mark.parametrize("scope", ["", SCOPE + "drve", "drive.readonly"])
async def test_an_unknown_scope_is_refused(client, scope):
    answer = await client.log_in(scope=scope)
    assert (answer.status, answer.json["error"]) == (400, "invalid_scope")


@pytest.mark.parametrize(
    ("state", "status", "error"), [("disabled", 401, "disabled_client"), ("deleted", 400, "invalid_grant")]
)
async def test_an_account_that_is_gone_gets_no_token(drive, client, state, status, error):
    drive.robot.state = state
    answer = await client.log_in()
    assert (answer.status, answer.json["error"]) == (status, error)


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({"grant_type": "client_credentials"}, "unsupported_grant_type"),
        ({"grant_type": GRANT_TYPE}, "invalid_request"),
        ({"grant_type": GRANT_TYPE, "assertion": "no.jwt.here"}, "invalid_grant"),
    ],
)
async def test_other_forms_are_refused(client, form, error):
    answer = await client.send("POST", "/token", data=form)
    assert (answer.status, answer.json["error"]) == (400, error)


async def test_standing_in_for_a_person_needs_delegation(drive, client):
    refused = await client.log_in(sub=OWNER)
    assert (refused.status, refused.json["error"]) == (401, "unauthorized_client")
    drive.robot.may_impersonate = frozenset({OWNER})
    await client.log_in(sub=OWNER)
    assert await client.names("'root' in parents") == ["Shared folder"]


async def test_tokens_end(client, drive):
    drive.accounts.token_lifetime = 0
    await client.log_in()
    answer = await client.get("files")
    assert answer.status == 401
    assert answer.json["error"]["status"] == "UNAUTHENTICATED"
    assert answer.json["error"]["errors"][0] == {
        "message": "Invalid Credentials",
        "domain": "global",
        "reason": "authError",
        "location": "Authorization",
        "locationType": "header",
    }


async def test_nobody_is_forbidden(client):
    answer = await client.send("GET", "/drive/v3/files")
    assert (answer.status, answer.reason) == (403, "forbidden")


async def test_a_token_for_metadata_reads_no_content(drive, client):
    file = drive.tree.add_file("a", "x", parent=drive.root)
    await client.log_in(scope=SCOPE + "drive.metadata.readonly")
    assert (await client.get(f"files/{file.id}")).status == 200
    refused = await client.get(f"files/{file.id}", alt="media")
    assert (refused.status, refused.reason) == (403, "insufficientPermissions")
    assert refused.json["error"]["details"][0]["reason"] == "ACCESS_TOKEN_SCOPE_INSUFFICIENT"
    assert (await client.get("drives")).reason == "insufficientPermissions"


async def test_a_token_for_the_apps_own_files_sees_none(drive, client):
    await client.log_in(scope=SCOPE + "drive.file")
    assert (await client.get(f"files/{drive.root}")).status == 404
    assert await client.names("") == []
