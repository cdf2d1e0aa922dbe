"""One user of JupyterHub's own, one issuer on loopback, and authenticators for both, without a hub around them."""

from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest
from jupyterhub import orm
from jupyterhub.crypto import CryptKeeper
from jupyterhub.user import User
from oauthenticator.generic import GenericOAuthenticator
from oauthenticator.oauth2 import OAuthenticator
from tests.hub.issuing import Clock, Make, SmallIssuer
from traitlets.config import Config

from hubdrives.hub.logins import fresh


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def issuer(clock: Clock) -> SmallIssuer:
    return SmallIssuer(clock)


@pytest.fixture
def keys() -> list[bytes]:
    return [b"k" * 32]


@pytest.fixture
def user(keys: list[bytes]) -> Iterator[User]:
    CryptKeeper.instance().keys = keys
    db = orm.new_session_factory("sqlite:///:memory:")()
    row = orm.User(name="alice")
    db.add(row)
    db.commit()
    yield User(row, {})
    db.close()
    db.bind.dispose()
    CryptKeeper.clear_instance()


@pytest.fixture
async def make(
    issuer: SmallIssuer, clock: Clock, serve: Callable[..., Awaitable[str]], monkeypatch: pytest.MonkeyPatch
) -> Make:
    """An authenticator of the class, with the mixin or (`plain`) without."""
    # What OAuthenticator sends at a login it reads off the browser's request, which there is none of here.
    form = {"grant_type": "authorization_code"}
    monkeypatch.setattr(OAuthenticator, "build_access_tokens_request_params", lambda *_args: form)
    url = await serve(issuer.answer)

    def made(kind: Any = GenericOAuthenticator, *, plain: bool = False, **traits: Any) -> Any:
        values = {
            "client_id": "hub",
            "client_secret": "hub-secret",
            "token_url": f"{url}/token",
            "userdata_url": f"{url}/userinfo",
            "username_claim": "preferred_username",
            "enable_auth_state": True,
            **traits,
        }
        config = Config({"OAuthenticator": values})
        return kind(config=config) if plain else fresh(kind)(config=config, clock=clock)

    return made
