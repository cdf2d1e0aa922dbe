"""JupyterHub's own authenticator for Globus logs somebody in here."""

import base64
import json
import pickle
from types import SimpleNamespace
from typing import Any

import pytest
from jupyterhub import orm
from jupyterhub.crypto import CryptKeeper
from jupyterhub.user import User
from oauthenticator.globus import GlobusOAuthenticator
from oauthenticator.oauth2 import OAuthenticator
from tornado.httpclient import HTTPClientError
from tornado.web import HTTPError
from traitlets.config import Config
from yarl import URL

from hubdrives.testing.emulators.globus.named import AUTH, TRANSFER, TRANSFER_ALL, scope_of
from hubdrives.testing.emulators.globus.tokens import InvalidTokenError

BACK = "http://127.0.0.1/hub/oauth_callback"
OWNER = "researcher@example.edu"


@pytest.fixture
def user():
    CryptKeeper.instance().keys = [b"k" * 32]
    db = orm.new_session_factory("sqlite:///:memory:")()
    row = orm.User(name="researcher")
    db.add(row)
    db.commit()
    yield User(row, {})
    db.close()
    db.bind.dispose()
    CryptKeeper.clear_instance()


@pytest.fixture
def make(globus, monkeypatch):
    """An authenticator that is set up for the emulator."""

    def made(**traits: Any) -> GlobusOAuthenticator:
        values = {
            "client_id": globus.client.id,
            "client_secret": globus.client.secret,
            "oauth_callback_url": BACK,
            "authorize_url": f"{globus.url}/v2/oauth2/authorize",
            "token_url": f"{globus.url}/v2/oauth2/token",
            "userdata_url": f"{globus.url}/v2/oauth2/userinfo",
            "revocation_url": f"{globus.url}/v2/oauth2/token/revoke",
            "extra_authorize_params": {"access_type": "offline"},
            "allow_all": True,
            "enable_auth_state": True,
            **traits,
        }
        return GlobusOAuthenticator(config=Config({"GlobusOAuthenticator": values}))

    return made


@pytest.fixture
def log_in(browser, monkeypatch):
    """The model that a login ends in; what the authenticator reads off the browser's request it is given."""

    async def logged_in(authenticator: GlobusOAuthenticator) -> Any:
        query = {
            "response_type": "code",
            "client_id": authenticator.client_id,
            "redirect_uri": BACK,
            "scope": " ".join(authenticator.scope),
            "state": "s",
            **authenticator.extra_authorize_params,
        }
        back = await browser.go(str(URL(authenticator.authorize_url).with_query(query)), identity=OWNER)
        form = {
            "grant_type": "authorization_code",
            "code": back.query["code"],
            "redirect_uri": BACK,
            "client_id": authenticator.client_id,
            "client_secret": authenticator.client_secret,
        }
        monkeypatch.setattr(OAuthenticator, "build_access_tokens_request_params", lambda *_args: form)
        return await authenticator.get_authenticated_user(SimpleNamespace(), None)

    return logged_in


async def test_a_login_brings_the_tokens_by_resource_server(globus, make, log_in):
    data = scope_of(globus.collection.id, "data_access")
    https = scope_of(globus.collection.id, "https")
    model = await log_in(make(scope=["openid", "profile", f"{TRANSFER_ALL}[*{data}]", f"{https}[*{data}]"]))
    assert model["name"] == "researcher"
    state = model["auth_state"]
    assert set(state["tokens"]) == {TRANSFER, globus.collection.id}
    assert state["globus_user"]["preferred_username"] == OWNER
    grant = globus.tokens.check(state["tokens"][TRANSFER]["access_token"], TRANSFER)
    assert (grant.identity, grant.allows(TRANSFER_ALL, data)) == (globus.owner, True)
    grant = globus.tokens.check(state["tokens"][globus.collection.id]["access_token"], globus.collection.id)
    assert grant.allows(https, data)
    assert state["token_response"]["resource_server"] == AUTH


@pytest.mark.parametrize("order", [(TRANSFER,), (AUTH,)])
async def test_what_is_on_top_is_what_userinfo_is_asked_with(globus, make, log_in, order):
    globus.settings.token_order = order
    if order == (AUTH,):
        assert (await log_in(make()))["name"] == "researcher"
    else:
        with pytest.raises(HTTPClientError, match="401"):
            await log_in(make())


async def test_another_identity_provider_is_refused(make, log_in):
    assert (await log_in(make(identity_provider="example.edu")))["name"] == "researcher"
    with pytest.raises(HTTPError) as caught:
        await log_in(make(identity_provider="elsewhere.edu"))
    assert caught.value.status_code == 403


async def test_the_notebook_gets_tokens_that_work(globus, make, log_in, user, client):
    authenticator = make()
    model = await log_in(authenticator)
    await user.save_auth_state(model["auth_state"])
    spawner = SimpleNamespace(environment={})
    await authenticator.pre_spawn_start(user, spawner)
    data = pickle.loads(base64.b64decode(spawner.environment["GLOBUS_DATA"]))
    token = data["tokens"][TRANSFER]
    assert globus.tokens.check(token["access_token"], TRANSFER).identity == globus.owner
    answer = await client.token_for(grant_type="refresh_token", refresh_token=token["refresh_token"])
    assert answer.json["resource_server"] == TRANSFER
    assert json.dumps(data["token_response"])


async def test_logout_revokes_what_the_notebook_had(globus, make, log_in, user):
    authenticator = make(revoke_tokens_on_logout=True)
    model = await log_in(authenticator)
    tokens = model["auth_state"]["tokens"]
    await authenticator.revoke_service_tokens(tokens)
    for server, each in tokens.items():
        with pytest.raises(InvalidTokenError):
            globus.tokens.check(each["access_token"], server)


async def test_a_login_is_not_renewed_once_its_token_has_ended(make, log_in, user, strike):
    authenticator = make()
    model = await log_in(authenticator)
    await user.save_auth_state(model["auth_state"])
    assert await authenticator.refresh_user(user)
    strike("expire_tokens", "auth.userinfo")
    assert await authenticator.refresh_user(user) is False
