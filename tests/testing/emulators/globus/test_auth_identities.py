"""Looking up identities, providers and consents, in globus-sdk's eyes and in its examples'."""

import globus_sdk
import pytest
from globus_sdk.scopes import AuthScopes
from tests.testing.emulators.globus.conftest import in_thread
from tests.testing.emulators.globus.likeness import assert_like, shipped

from hubdrives.testing.emulators.globus.named import TRANSFER_ALL, scope_of

OWNER = "researcher@example.edu"


@pytest.fixture
def auth_of(globus, sdk):
    """globus-sdk's client with a token of somebody's."""

    def made(scope: object, who=None) -> globus_sdk.AuthClient:
        authorizer = globus_sdk.AccessTokenAuthorizer(globus.token(str(scope), who))
        return sdk(globus_sdk.AuthClient(base_url=f"{globus.url}/", authorizer=authorizer))

    return made


@pytest.fixture(params=["token", "secret"])
def auth(request, globus, auth_of, sdk):
    """globus-sdk's client of somebody who may look people up: with a token, or as a client with its secret."""
    if request.param == "token":
        return auth_of(AuthScopes.view_identities)
    authorizer = globus_sdk.BasicAuthorizer(globus.client.id, globus.client.secret)
    return sdk(globus_sdk.AuthClient(base_url=f"{globus.url}/", authorizer=authorizer))


class TestIdentities:
    async def test_one_is_like_the_example(self, globus, auth):
        answer = await in_thread(lambda: auth.get_identities(usernames=OWNER))
        assert_like(shipped("auth", "get_identities", "globusid"), answer.data)
        assert [(each["id"], each["name"]) for each in answer] == [(globus.owner.id, "A. Researcher")]

    @pytest.mark.parametrize("by", ["ids", "usernames"])
    async def test_several_are_asked_for_at_once_and_strangers_left_out(self, globus, auth, by):
        other = globus.add_identity("other@example.edu")
        asked = {
            "ids": [globus.owner.id, other.id, "8ca28797-3541-4a5d-a264-05b00f91e608"],
            "usernames": [OWNER.upper(), other.username, "stranger@example.edu"],
        }
        answer = await in_thread(lambda: auth.get_identities(**{by: asked[by]}))
        assert [each["id"] for each in answer] == [globus.owner.id, other.id]

    async def test_a_stranger_may_be_made_known(self, globus, auth):
        answer = await in_thread(lambda: auth.get_identities(usernames="new@example.edu", provision=True))
        assert [each["status"] for each in answer] == ["unused"]
        assert globus.people.identity("new@example.edu").id == answer["identities"][0]["id"]

    async def test_providers_come_along_when_they_are_wanted(self, globus, auth):
        answer = await in_thread(
            lambda: auth.get_identities(ids=globus.owner.id, query_params={"include": "identity_provider"})
        )
        (provider,) = answer["included"]["identity_providers"]
        assert (provider["id"], provider["domains"]) == (globus.owner.provider, ["example.edu"])

    async def test_the_map_of_the_sdk_works(self, globus, auth):
        names = globus_sdk.IdentityMap(auth, [globus.owner.id, OWNER])
        assert (await in_thread(lambda: names[globus.owner.id]))["username"] == OWNER

    async def test_one_is_found_by_its_address(self, globus, auth):
        answer = await in_thread(lambda: auth.get(f"/v2/api/identities/{globus.owner.id}"))
        assert answer["identity"]["username"] == OWNER
        with pytest.raises(globus_sdk.AuthAPIError) as caught:
            await in_thread(lambda: auth.get("/v2/api/identities/nobody"))
        assert (caught.value.http_status, caught.value.code) == (404, "NOT_FOUND")

    async def test_the_refusal_is_like_the_example(self, client):
        answer = await client.get("/v2/api/identities", ids="x")
        assert answer.refusal == (401, "UNAUTHORIZED")
        assert_like(shipped("auth", "get_identities", "unauthorized"), answer.json)

    async def test_a_token_wants_the_scope_for_it(self, auth_of):
        with pytest.raises(globus_sdk.AuthAPIError) as caught:
            await in_thread(lambda: auth_of("openid").get_identities(usernames=OWNER))
        assert (caught.value.http_status, caught.value.code) == (403, "FORBIDDEN")

    @pytest.mark.parametrize("params", [{}, {"ids": "a", "usernames": "b"}])
    async def test_either_ids_or_usernames_are_asked_for(self, globus, client, params):
        answer = await client.with_(globus.token(str(AuthScopes.view_identities))).get("/v2/api/identities", **params)
        assert answer.refusal == (400, "INVALID_QUERY_PARAMETER")


async def test_identity_providers_are_like_the_example(globus, auth):
    answer = await in_thread(lambda: auth.get_identity_providers(domains="example.edu"))
    assert_like(shipped("auth", "get_identity_providers"), answer.data)
    assert [each["id"] for each in answer] == [globus.owner.provider]
    assert [each["id"] for each in await in_thread(lambda: auth.get_identity_providers(ids=globus.owner.provider))] == [
        globus.owner.provider
    ]


class TestConsents:
    async def test_the_list_is_like_the_example(self, globus, auth_of):
        globus.transfer_token()
        service = auth_of(AuthScopes.view_consents)
        answer = await in_thread(lambda: service.get_consents(globus.owner.id))
        assert_like(shipped("auth", "get_consents"), answer.data)
        forest = answer.to_forest()
        assert forest.meets_scope_requirements(f"{TRANSFER_ALL}[*{scope_of(globus.collection.id, 'data_access')}]")
        assert not forest.meets_scope_requirements(scope_of(globus.collection.id, "https"))
        below = next(each for each in answer["consents"] if each["scope_name"].endswith("data_access"))
        assert (below["atomically_revocable"], len(below["dependency_path"])) == (True, 2)

    async def test_those_of_other_clients_are_told_when_all_are_wanted(self, globus, auth_of):
        globus.token("email", client=globus.add_client("other"))
        service = auth_of(AuthScopes.view_consents)
        few = await in_thread(lambda: service.get_consents(globus.owner.id))
        everything = await in_thread(lambda: service.get_consents(globus.owner.id, all=True))
        assert {each["scope_name"] for each in few["consents"]} == {str(AuthScopes.view_consents)}
        assert {each["scope_name"] for each in everything["consents"]} == {str(AuthScopes.view_consents), "email"}

    @pytest.mark.parametrize("why", ["scope", "person"])
    async def test_they_are_nobody_elses_business(self, globus, auth_of, why):
        other = globus.add_identity("other@example.edu")
        service = auth_of("openid" if why == "scope" else AuthScopes.view_consents, other)
        asked = other if why == "scope" else globus.owner
        with pytest.raises(globus_sdk.AuthAPIError) as caught:
            await in_thread(lambda: service.get_consents(asked.id))
        assert caught.value.http_status == 403
