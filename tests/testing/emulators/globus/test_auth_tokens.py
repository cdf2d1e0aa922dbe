"""The token endpoint: what comes for what is shown, in globus-sdk's eyes and in its examples'."""

import time

import globus_sdk
import pytest
from globus_sdk.scopes import AuthScopes, GroupsScopes, Scope, TransferScopes
from tests.testing.emulators.globus.conftest import NOON, in_thread
from tests.testing.emulators.globus.likeness import assert_like, shipped
from yarl import URL

from hubdrives.testing.emulators.globus.named import AUTH, GROUPS, TRANSFER, TRANSFER_ALL, scope_of
from hubdrives.testing.emulators.globus.tokens import InvalidTokenError

BACK = "http://127.0.0.1/hub/oauth_callback"
OWNER = "researcher@example.edu"
THREE = ["openid", "profile", TRANSFER_ALL, str(GroupsScopes.view_my_groups_and_memberships)]


@pytest.fixture
def log_in(browser, app):
    """The tokens of somebody's login to the confidential client, as globus-sdk has them."""

    async def logged_in(*scopes: str, refresh: bool = True, identity: str = OWNER):
        app.oauth2_start_flow(BACK, requested_scopes=list(scopes), refresh_tokens=refresh)
        back = await browser.go(app.oauth2_get_authorize_url(), identity=identity)
        return await in_thread(lambda: app.oauth2_exchange_code_for_tokens(back.query["code"]))

    return logged_in


class TestWithACode:
    async def test_there_is_one_token_for_each_resource_server(self, globus, log_in):
        found = (await log_in(*THREE)).by_resource_server
        assert {server: each["scope"] for server, each in found.items()} == {
            AUTH: "openid profile",
            TRANSFER: TRANSFER_ALL,
            GROUPS: THREE[3],
        }
        assert {each["token_type"] for each in found.values()} == {"Bearer"}
        values = [each[kind] for each in found.values() for kind in ("access_token", "refresh_token")]
        assert len(set(values)) == 6
        for server, each in found.items():
            grant = globus.tokens.check(each["access_token"], server)
            assert (grant.identity, grant.client) == (globus.owner, globus.client)
            with pytest.raises(InvalidTokenError):
                globus.tokens.check(each["refresh_token"], server)

    async def test_the_answer_is_like_the_examples(self, log_in):
        answer = (await log_in(TRANSFER_ALL, refresh=False)).data
        assert_like(shipped("auth", "oauth2_exchange_code_for_tokens"), answer)
        answer = (await log_in("openid", refresh=False)).data
        assert_like(shipped("auth", "oauth2_exchange_code_for_tokens", "openid"), answer, more={"state"})

    @pytest.mark.parametrize("order", [(), (TRANSFER,), (GROUPS, TRANSFER), (TRANSFER, GROUPS, AUTH)])
    async def test_which_token_is_on_top_can_be_set(self, globus, log_in, order):
        globus.settings.token_order = order
        answer = (await log_in(*THREE)).data
        servers = [answer["resource_server"], *(each["resource_server"] for each in answer["other_tokens"])]
        assert servers == [*order, *(each for each in (AUTH, TRANSFER, GROUPS) if each not in order)]
        assert "id_token" in answer

    async def test_each_lives_for_two_days(self, globus, clock, log_in):
        token = (await log_in(TRANSFER_ALL)).by_resource_server[TRANSFER]
        assert token["expires_at_seconds"] == pytest.approx(time.time() + 48 * 3600, abs=60)
        clock.now += 48 * 3600 - 1
        globus.tokens.check(token["access_token"], TRANSFER)
        clock.now += 1
        with pytest.raises(InvalidTokenError):
            globus.tokens.check(token["access_token"], TRANSFER)

    async def test_a_token_of_one_resource_server_opens_no_other(self, globus, client, log_in):
        found = (await log_in(*THREE)).by_resource_server
        assert (await client.with_(found[AUTH]["access_token"]).get("/v2/oauth2/userinfo")).status == 200
        wrong = await client.with_(found[TRANSFER]["access_token"]).get("/v2/oauth2/userinfo")
        assert wrong.refusal == (401, "UNAUTHORIZED")


class TestWithARefreshToken:
    async def test_it_gets_a_token_for_its_resource_server_alone(self, globus, app, clock, log_in):
        found = (await log_in(*THREE)).by_resource_server
        clock.now += 3 * 24 * 3600
        answer = await in_thread(lambda: app.oauth2_refresh_token(found[TRANSFER]["refresh_token"]))
        assert list(answer.by_resource_server) == [TRANSFER]
        assert answer["expires_in"] == 48 * 3600
        assert globus.tokens.check(answer["access_token"], TRANSFER).identity == globus.owner
        # globus-sdk's own stores of tokens refuse an answer without one.
        assert answer["refresh_token"] == found[TRANSFER]["refresh_token"]

    async def test_it_may_be_made_to_serve_once(self, globus, app, log_in):
        globus.settings.rotate_refresh_tokens = True
        first = (await log_in(TRANSFER_ALL)).by_resource_server[TRANSFER]["refresh_token"]
        second = (await in_thread(lambda: app.oauth2_refresh_token(first)))["refresh_token"]
        assert second != first
        with pytest.raises(globus_sdk.AuthAPIError) as caught:
            await in_thread(lambda: app.oauth2_refresh_token(first))
        assert (caught.value.http_status, caught.value.raw_json) == (401, {"error": "invalid_grant"})
        assert (await in_thread(lambda: app.oauth2_refresh_token(second)))["access_token"]

    async def test_a_bad_one_is_401_as_in_the_example(self, client):
        answer = await client.token_for(grant_type="refresh_token", refresh_token="guess")
        assert answer.status == 401
        assert_like(shipped("auth", "oauth2_exchange_code_for_tokens", "invalid_grant"), answer.json)

    async def test_it_ends_half_a_year_after_it_was_used_last(self, app, clock, log_in):
        token = (await log_in(TRANSFER_ALL)).by_resource_server[TRANSFER]["refresh_token"]
        for _ in range(2):
            clock.now += 179 * 24 * 3600
            await in_thread(lambda: app.oauth2_refresh_token(token))
        clock.now += 180 * 24 * 3600
        with pytest.raises(globus_sdk.AuthAPIError):
            await in_thread(lambda: app.oauth2_refresh_token(token))

    async def test_it_is_of_no_use_to_another_client(self, globus, client, log_in):
        token = (await log_in(TRANSFER_ALL)).by_resource_server[TRANSFER]["refresh_token"]
        other = globus.add_client("other")
        form = {"client_id": other.id, "client_secret": other.secret}
        answer = await client.token_for(grant_type="refresh_token", refresh_token=token, **form)
        assert answer.refusal == (401, "invalid_grant")

    async def test_the_authorizer_of_the_sdk_renews_by_itself(self, globus, app, client, log_in):
        found = (await log_in(AuthScopes.openid)).by_resource_server[AUTH]
        authorizer = globus_sdk.RefreshTokenAuthorizer(
            found["refresh_token"], app, access_token=found["access_token"], expires_at=found["expires_at_seconds"]
        )
        service = globus_sdk.AuthClient(base_url=f"{globus.url}/", authorizer=authorizer)
        globus.faults.set([{"operation": "auth.userinfo", "effect": "expire_tokens"}])
        try:
            assert (await in_thread(service.userinfo))["sub"] == globus.owner.id
        finally:
            service.close()
        assert globus.requests.by_operation["auth.userinfo"] == 2


class TestWithASecret:
    async def test_a_client_is_an_identity_too(self, globus, app):
        scope = f"{TRANSFER_ALL}[*{scope_of(globus.collection.id, 'data_access')}]"
        answer = await in_thread(lambda: app.oauth2_client_credentials_tokens(requested_scopes=scope))
        assert_like(shipped("auth", "oauth2_client_credentials_tokens"), answer.data)
        grant = globus.tokens.check(answer["access_token"], TRANSFER)
        assert grant.identity.username == f"{globus.client.id}@clients.auth.globus.org"
        assert grant.allows(TRANSFER_ALL, scope_of(globus.collection.id, "data_access"))

    async def test_openid_brings_an_id_token_here_too(self, app):
        answer = await in_thread(lambda: app.oauth2_client_credentials_tokens(requested_scopes=AuthScopes.openid))
        assert_like(shipped("auth", "oauth2_client_credentials_tokens", "openid"), answer.data)

    async def test_each_collection_is_a_resource_server(self, globus, app):
        other = globus.add_collection("other")
        scopes = [scope_of(each.id, "https") for each in (globus.collection, other)]
        answer = await in_thread(lambda: app.oauth2_client_credentials_tokens(requested_scopes=scopes))
        found = answer.by_resource_server
        assert set(found) == {globus.collection.id, other.id}
        with pytest.raises(InvalidTokenError):
            globus.tokens.check(found[other.id]["access_token"], globus.collection.id)

    async def test_unknown_scopes_are_told_by_name(self, app):
        with pytest.raises(globus_sdk.AuthAPIError) as caught:
            await in_thread(lambda: app.oauth2_client_credentials_tokens(requested_scopes=["openid", "nonsense"]))
        assert (caught.value.http_status, caught.value.code) == (400, "UNKNOWN_SCOPE_ERROR")
        assert "['nonsense']" in caught.value.message

    @pytest.mark.parametrize(
        ("form", "refusal"),
        [
            ({"client_secret": "wrong"}, (401, "invalid_client")),
            ({"client_id": "nobody"}, (401, "invalid_client")),
            ({"scope": "a["}, (400, "invalid_scope")),
            ({"grant_type": "password"}, (400, "unsupported_grant_type")),
        ],
    )
    async def test_what_is_wrong_is_refused(self, client, form, refusal):
        answer = await client.token_for(**{"grant_type": "client_credentials", "scope": "openid", **form})
        assert answer.refusal == refusal

    async def test_a_client_without_a_secret_is_nobody(self, globus, client):
        native = globus.add_client("command line", native=True)
        for grant in ("client_credentials", "urn:globus:auth:grant_type:dependent_token"):
            answer = await client.token_for(grant_type=grant, client_id=native.id, client_secret="", scope="openid")
            assert answer.refusal == (400, "unauthorized_client")

    async def test_a_broken_header_is_no_client(self, client):
        form = {"grant_type": "client_credentials", "scope": "openid"}
        answer = await client.send("POST", "/v2/oauth2/token", data=form, headers={"Authorization": "Basic %"})
        assert answer.refusal == (401, "invalid_client")


class TestWithAnotherServicesToken:
    @pytest.fixture
    def service(self, globus, sdk):
        """A gateway that needs Transfer for what it does."""
        made = globus.add_client("gateway", scopes={"use": f"{TRANSFER_ALL} email"})
        client = globus_sdk.ConfidentialAppAuthClient(made.id, made.secret, base_url=f"{globus.url}/")
        return sdk(client)

    async def test_a_service_goes_on_for_the_person(self, globus, service, log_in):
        scope = scope_of(service.client_id, "use")
        token = (await log_in(scope)).by_resource_server[service.client_id]["access_token"]
        answer = await in_thread(lambda: service.oauth2_get_dependent_tokens(token))
        found = answer.by_resource_server
        assert set(found) == {TRANSFER, AUTH}
        grant = globus.tokens.check(found[TRANSFER]["access_token"], TRANSFER)
        assert (grant.identity, grant.client.id, grant.scopes) == (globus.owner, service.client_id, {TRANSFER_ALL})
        assert_like(shipped("auth", "oauth2_get_dependent_tokens", "groups"), answer.data)

    async def test_refresh_tokens_come_when_they_are_wanted(self, service, log_in):
        token = (await log_in(scope_of(service.client_id, "use"))).by_resource_server[service.client_id]["access_token"]
        answer = await in_thread(lambda: service.oauth2_get_dependent_tokens(token, refresh_tokens=True))
        assert_like(shipped("auth", "oauth2_get_dependent_tokens", "groups_with_refresh_token"), answer.data)
        renewed = await in_thread(
            lambda: service.oauth2_refresh_token(answer.by_resource_server[TRANSFER]["refresh_token"])
        )
        assert renewed["scope"] == TRANSFER_ALL

    async def test_consent_reaches_as_far_down_as_it_was_given(self, globus, service, log_in):
        data = scope_of(globus.collection.id, "data_access")
        scope = Scope(scope_of(service.client_id, "use")).with_dependency(
            TransferScopes.all.with_dependency(Scope(data, optional=True))
        )
        token = (await log_in(str(scope))).by_resource_server[service.client_id]["access_token"]
        answer = await in_thread(lambda: service.oauth2_get_dependent_tokens(token))
        bearer = answer.by_resource_server[TRANSFER]["access_token"]
        assert globus.tokens.check(bearer, TRANSFER).allows(TRANSFER_ALL, data)
        globus.consents.withdraw(scope=data)
        assert not globus.tokens.check(bearer, TRANSFER).allows(TRANSFER_ALL, data)
        globus.consents.withdraw(client=globus.client.id)
        with pytest.raises(InvalidTokenError):
            globus.tokens.check(bearer, TRANSFER)

    async def test_only_the_service_itself_can(self, globus, app, log_in):
        token = (await log_in(TRANSFER_ALL)).by_resource_server[TRANSFER]["access_token"]
        with pytest.raises(globus_sdk.AuthAPIError) as caught:
            await in_thread(lambda: app.oauth2_get_dependent_tokens(token))
        assert caught.value.raw_json == {"error": "invalid_grant"}


class TestFaults:
    async def test_refresh_tokens_can_be_forgotten(self, app, strike, log_in):
        token = (await log_in(TRANSFER_ALL)).by_resource_server[TRANSFER]["refresh_token"]
        strike("forget_refresh_tokens", "auth.token")
        with pytest.raises(globus_sdk.AuthAPIError) as caught:
            await in_thread(lambda: app.oauth2_refresh_token(token))
        assert caught.value.http_status == 401

    async def test_consents_can_be_taken_back(self, globus, client, strike, log_in):
        found = (await log_in("openid", TRANSFER_ALL)).by_resource_server
        auth = client.with_(found[AUTH]["access_token"])
        strike("withdraw_consents", "auth.userinfo", after=1)
        assert (await auth.get("/v2/oauth2/userinfo")).status == 200
        assert (await auth.get("/v2/oauth2/userinfo")).refusal == (401, "UNAUTHORIZED")
        answer = await client.token_for(grant_type="refresh_token", refresh_token=found[TRANSFER]["refresh_token"])
        assert answer.refusal == (401, "invalid_grant")

    async def test_the_consent_for_data_can_be_taken_back_alone(self, globus, client, strike):
        token, data = globus.transfer_token(), scope_of(globus.collection.id, "data_access")
        assert globus.tokens.check(token, TRANSFER).allows(TRANSFER_ALL, data)
        strike("withdraw_data_access")
        await client.get("/jwk.json")
        grant = globus.tokens.check(token, TRANSFER)
        assert (grant.allows(TRANSFER_ALL), grant.allows(TRANSFER_ALL, data)) == (True, False)

    async def test_logins_can_be_forgotten(self, globus, client, strike):
        session = globus.tokens.check(globus.token(), TRANSFER).session
        assert session.since(globus.owner.id) == NOON
        strike("expire_sessions")
        await client.get("/jwk.json")
        assert session.since(globus.owner.id) is None

    @pytest.mark.parametrize("reason", ["invalid_grant", "SERVICE_UNAVAILABLE", "TOO_MANY_REQUESTS"])
    async def test_any_error_can_be_wanted(self, client, strike, reason):
        strike("error", "auth.token", reason=reason, retry_after=3)
        answer = await client.token_for(grant_type="client_credentials", scope="openid")
        assert answer.refusal[1] == reason
        assert answer.headers["Retry-After"] == "3"
        assert (await client.token_for(grant_type="client_credentials", scope="openid")).status == 200

    async def test_the_clock_can_be_moved(self, globus, client):
        token = globus.token()
        assert (await client.send("POST", "/_emulator/clock", json={"advance": 48 * 3600})).status == 204
        assert globus.clock() == NOON + 48 * 3600
        with pytest.raises(InvalidTokenError):
            globus.tokens.check(token, TRANSFER)


async def test_the_address_of_the_authorization_page_is_the_real_one(app):
    app.oauth2_start_flow(BACK, requested_scopes="openid")
    assert URL(app.oauth2_get_authorize_url()).path == "/v2/oauth2/authorize"
