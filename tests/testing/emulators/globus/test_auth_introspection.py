"""Tokens that are shown to Globus Auth itself: introspection, revocation, userinfo, ID tokens."""

import globus_sdk
import pytest
from globus_sdk.scopes import AuthScopes
from tests.testing.emulators.globus.conftest import NOON, Browser, in_thread
from tests.testing.emulators.globus.likeness import assert_like, shipped

from hubdrives.testing.emulators.globus.named import AUTH, ISSUER, TRANSFER, TRANSFER_ALL, VIEW_IDENTITY_SET, scope_of
from hubdrives.testing.emulators.globus.tokens import InvalidTokenError

BACK = "http://127.0.0.1/hub/oauth_callback"
OWNER = "researcher@example.edu"
INACTIVE = {"active": False}


class TestIntrospection:
    async def test_the_document_is_like_the_example(self, globus, app):
        token = globus.token("openid email profile")
        answer = await in_thread(lambda: app.oauth2_token_introspect(token))
        assert_like(shipped("auth", "oauth2_token_introspect"), answer.data)
        assert (answer["sub"], answer["username"]) == (globus.owner.id, OWNER)
        assert (answer["iat"], answer["exp"]) == (NOON, NOON + 48 * 3600)
        assert answer["aud"] == [AUTH, globus.client.id]
        assert answer["scope"] == "openid email profile"

    async def test_more_is_told_when_it_is_asked_for(self, globus, app):
        linked = globus.add_identity("me@lab.example.org", linked_to=globus.owner)
        token = globus.token(TRANSFER_ALL)
        include = "session_info,identity_set,identity_set_detail"
        answer = await in_thread(lambda: app.oauth2_token_introspect(token, include=include))
        assert set(answer["identity_set"]) == {globus.owner.id, linked.id}
        assert {each["username"] for each in answer["identity_set_detail"]} == {OWNER, linked.username}
        logins = answer["session_info"]["authentications"]
        assert logins == {globus.owner.id: {"idp": globus.owner.provider, "auth_time": NOON, "mfa": False}}

    async def test_what_was_taken_back_is_no_scope_any_more(self, globus, app):
        token = globus.token("openid email")
        globus.consents.withdraw(scope="email")
        assert (await in_thread(lambda: app.oauth2_token_introspect(token)))["scope"] == "openid"

    @pytest.mark.parametrize("why", ["unknown", "expired", "consent", "somebody else's"])
    async def test_a_token_that_is_no_good_is_inactive(self, globus, app, clock, why):
        other = globus.add_client("other")
        token = globus.token(TRANSFER_ALL, client=other if why == "somebody else's" else None)
        if why == "expired":
            clock.now += 48 * 3600
        if why == "consent":
            globus.consents.withdraw(identity=globus.owner.id)
        shown = "guess" if why == "unknown" else token
        assert (await in_thread(lambda: app.oauth2_token_introspect(shown))).data == INACTIVE

    async def test_a_service_may_look_at_what_it_is_shown(self, globus, sdk):
        made = globus.add_client("gateway", scopes={"use": ""})
        service = sdk(globus_sdk.ConfidentialAppAuthClient(made.id, made.secret, base_url=f"{globus.url}/"))
        token = globus.token(scope_of(made.id, "use"))
        answer = await in_thread(lambda: service.oauth2_token_introspect(token))
        assert (answer["active"], answer["aud"]) == (True, [made.id, globus.client.id])

    async def test_nobody_else_may_ask(self, globus, client):
        form = {"token": globus.token(), "client_id": globus.client.id, "client_secret": "wrong"}
        answer = await client.send("POST", "/v2/oauth2/token/introspect", data=form)
        assert answer.refusal == (401, "UNAUTHORIZED")


class TestRevocation:
    async def test_a_revoked_token_opens_nothing(self, globus, app):
        token = globus.token(TRANSFER_ALL)
        answer = await in_thread(lambda: app.oauth2_revoke_token(token))
        assert_like(shipped("auth", "oauth2_revoke_token"), answer.data)
        with pytest.raises(InvalidTokenError):
            globus.tokens.check(token, TRANSFER)

    async def test_an_unknown_token_is_as_good_as_revoked(self, app):
        assert (await in_thread(lambda: app.oauth2_revoke_token("guess"))).data == INACTIVE

    async def test_a_refresh_token_takes_its_access_tokens_along(self, globus, app):
        scopes, session = ["openid", TRANSFER_ALL], globus.sessions.begin()
        globus.token(f"openid {TRANSFER_ALL}")
        made = globus.tokens.issue(globus.client, globus.owner, scopes, session=session, refresh=True)
        values = {(each.resource_server, each.refresh): each.value for each in made}
        await in_thread(lambda: app.oauth2_revoke_token(values[TRANSFER, True]))
        with pytest.raises(InvalidTokenError):
            globus.tokens.check(values[TRANSFER, False], TRANSFER)
        globus.tokens.check(values[AUTH, False], AUTH)

    async def test_a_client_can_not_revoke_what_is_not_its_own(self, globus, app):
        token = globus.token(TRANSFER_ALL, client=globus.add_client("other"))
        assert (await in_thread(lambda: app.oauth2_revoke_token(token))).data == INACTIVE
        globus.tokens.check(token, TRANSFER)


class TestUserinfo:
    @pytest.mark.parametrize(
        ("scope", "members"),
        [
            ("openid", {"sub"}),
            ("openid email", {"sub", "email"}),
            (
                "openid profile",
                {
                    "sub",
                    "name",
                    "preferred_username",
                    "organization",
                    "identity_provider",
                    "identity_provider_display_name",
                    "last_authentication",
                },
            ),
            (f"openid {VIEW_IDENTITY_SET}", {"sub", "identity_set"}),
        ],
    )
    async def test_scopes_say_how_much_is_told(self, globus, client, scope, members):
        answer = await client.with_(globus.token(scope)).get("/v2/oauth2/userinfo")
        assert set(answer.json) == members
        assert answer.json["sub"] == globus.owner.id

    async def test_the_refusals_are_like_the_examples(self, globus, client):
        nobody = await client.get("/v2/oauth2/userinfo")
        assert nobody.status == 401
        assert_like(shipped("auth", "userinfo", "unauthorized"), nobody.json)
        assert nobody.json["errors"][0]["detail"] == "Call must be authenticated"
        narrow = await client.with_(globus.token("email")).get("/v2/oauth2/userinfo")
        assert narrow.refusal == (403, "FORBIDDEN")
        assert_like(shipped("auth", "userinfo", "forbidden"), narrow.json)

    async def test_the_sdk_sees_the_code_of_the_error(self, globus, sdk):
        authorizer = globus_sdk.AccessTokenAuthorizer("guess")
        service = sdk(globus_sdk.AuthClient(base_url=f"{globus.url}/", authorizer=authorizer))
        with pytest.raises(globus_sdk.AuthAPIError) as caught:
            await in_thread(service.userinfo)
        assert (caught.value.code, caught.value.message) == ("UNAUTHORIZED", "Call must be authenticated")


class TestIdToken:
    @pytest.fixture
    async def answer(self, live, sdk):
        """A login of a person, with the email address."""
        app = sdk(globus_sdk.ConfidentialAppAuthClient(live.client.id, live.client.secret, base_url=f"{live.url}/"))
        app.oauth2_start_flow(BACK, requested_scopes=[AuthScopes.openid, AuthScopes.email])
        browser = Browser(live)
        try:
            url = app.oauth2_get_authorize_url(query_params={"nonce": "n-1"})
            back = await browser.go(url, identity=OWNER)
        finally:
            await browser.session.close()
        return await in_thread(lambda: app.oauth2_exchange_code_for_tokens(back.query["code"]))

    async def test_the_sdk_finds_the_key_and_reads_it(self, live, answer):
        claims = await in_thread(answer.decode_id_token)
        assert (claims["sub"], claims["email"]) == (live.owner.id, OWNER)
        assert (claims["iss"], claims["aud"], claims["nonce"]) == (ISSUER, live.client.id, "n-1")
        assert "preferred_username" not in claims
        assert live.requests.by_operation["auth.configuration"] == live.requests.by_operation["auth.keys"] == 1

    async def test_another_key_does_not_fit(self, answer, live):
        live.keys = type(live.keys)()
        with pytest.raises(Exception, match="Signature verification failed"):
            await in_thread(answer.decode_id_token)
