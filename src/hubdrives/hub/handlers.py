"""Four endpoints below the hub's API, for services and servers (their tokens at the hub; a browser's cookie is none).

    GET /hub/api/hubdrives/users/NAME/token?resource_server=…&path=["a","b"]&refused=SHA256
        {"token": "…", "ends_at": 1790000000.0 or null}
        A live access token of NAME's login: the one that `resource_server` or `path` (JSON) mean, as in
        `hubdrives.credentials.auth_state.HubLoginSettings`. `refused` is the SHA-256 of a token that did not work, in
        hexadecimal: it is renewed unless that has happened already. Needs the scope `custom:hubdrives:tokens` for NAME.
    GET /hub/api/hubdrives/users/NAME/login?resource_server=…&path=…
        {"stored": bool, "readable": bool, "found": bool, "renewable": bool, "ends_at": … or null, "login_url": "/…"}
        What there is: something in `auth_state`, which the hub can decrypt, with that token in it, which can be
        renewed. For whoever may have the token, and for NAME. Renews nothing.
    GET /hub/api/hubdrives/users/NAME/identity
        {"name": "…", "sub": "…", "email": "…"}
        Who NAME is, as the last login told; what it did not tell is "". Needs the scope `custom:hubdrives:identities`
        for NAME.
    GET /hub/api/hubdrives/check
        What the hub is configured to, and whose tokens the asker may have (`_Check`). For whoever the hub knows.

Failures are `HubdrivesError.to_wire()`, so always with a `code`, which a hub without these endpoints never sends:

    400 bad-input       the query makes no sense
    400 bad-config      it means no access token; or `auth_state` is off; or the issuer refuses the hub itself
    403 bad-credential  the hub does not know who asks
    403 not-granted     the scope is missing, or is not for NAME (who may not exist)
    403 login-needed    NAME must log in again, at `login_url`; or for the first time, so that it is known who they are
    404 not-found       there is no NAME
    503 unavailable     the issuer does not answer; ask again

https://jupyterhub.readthedocs.io/en/stable/reference/rest.html
"""

import abc
import re
from typing import Any

import jupyterhub
import msgspec
from jupyterhub import scopes
from jupyterhub.apihandlers.base import APIHandler
from jupyterhub.crypto import CryptKeeper

from hubdrives import __version__
from hubdrives.credentials.auth_state import HubLoginSettings, grant, login
from hubdrives.credentials.people import Person
from hubdrives.errors import (
    BadConfig,
    BadCredential,
    BadInput,
    Forbidden,
    HubdrivesError,
    LoginNeeded,
    NotFound,
    NotGranted,
    Unavailable,
)
from hubdrives.hub.scopes import IDENTITIES, TOKENS

_SHA256 = re.compile(r"[0-9a-f]{64}")

# The first that fits.
_STATUS: tuple[tuple[type[HubdrivesError], int], ...] = (
    (NotFound, 404),
    (Forbidden, 403),
    (Unavailable, 503),
    (BadInput, 400),
    (HubdrivesError, 500),
)


def routes() -> list[tuple[str, type]]:
    """For an Authenticator's `get_handlers`."""
    return [
        (r"/api/hubdrives/users/([^/]+)/token", TokenHandler),
        (r"/api/hubdrives/users/([^/]+)/login", LoginHandler),
        (r"/api/hubdrives/users/([^/]+)/identity", IdentityHandler),
        (r"/api/hubdrives/check", CheckHandler),
    ]


class _Handler(APIHandler, abc.ABC):  # type: ignore[misc]  # JupyterHub's classes are untyped here
    """Answers in JSON, failures too."""

    # Nothing in a browser needs these.
    _accept_cookie_auth = False

    async def get(self, name: str = "") -> None:
        try:
            if self.current_user is None:
                if self.get_token() is not None:
                    # Before JupyterHub 6.1, and with `auth_refresh_strict`: it takes the user's tokens for nobody's.
                    raise LoginNeeded("Your login to the hub has ended.")
                raise BadCredential("The hub does not know this token.", hint="Send a token of the hub that is live.")
            answer = await self.answer(name)
        except HubdrivesError as error:
            if isinstance(error, LoginNeeded):
                error.login_url = self.login_url
            self.set_status(next(status for kind, status in _STATUS if isinstance(error, kind)))
            answer = error.to_wire()
        self.set_header("Content-Type", "application/json")
        self.set_header("Cache-Control", "no-store")
        self.finish(msgspec.json.encode(answer))

    @abc.abstractmethod
    async def answer(self, name: str) -> Any:
        """What the endpoint answers, of the user called `name`. Raises HubdrivesError."""

    @property
    def login_url(self) -> str:
        """The path at which a login begins."""
        return str(self.authenticator.login_url(self.hub.base_url))

    @property
    def meant(self) -> HubLoginSettings:
        """The token that the query means."""
        asked: dict[str, Any] = {"kind": "hub_login"}
        if server := self.get_query_argument("resource_server", None):
            asked["resource_server"] = server
        if path := self.get_query_argument("path", None):
            try:
                asked["path"] = msgspec.json.decode(path)
            except msgspec.DecodeError:
                raise BadInput("`path` is no JSON.") from None
        return HubLoginSettings.of(asked)

    def user(self, name: str, scope: str = TOKENS, *, themselves: bool = False) -> Any:
        """The user called `name`, of whom the asker may know by `scope`. Raises NotGranted, NotFound."""
        own = themselves and self.current_user.kind == "user" and self.current_user.name == name
        if not own and not scopes.has_scope(f"{scope}!user={name}", self.parsed_scopes, db=self.db):
            raise NotGranted(
                f"This token of the hub does not have the scope {scope} for this user.",
                hint="Tell your hub's administrators: hubdrives.hub.configure sets the roles that are needed.",
            )
        user = self.find_user(name)
        if user is None:
            raise NotFound("The hub has no such user.")
        return user


class TokenHandler(_Handler):
    async def answer(self, name: str) -> Any:
        user, meant = self.user(name), self.meant
        refused = self.get_query_argument("refused", None)
        if refused is not None and not _SHA256.fullmatch(refused):
            raise BadInput("`refused` is no SHA-256 in hexadecimal.")
        found = await self.authenticator.live_login(user, meant, refused=refused, handler=self)
        return {"token": found.token, "ends_at": found.ends_at}


class LoginHandler(_Handler):
    async def answer(self, name: str) -> Any:
        user, meant = self.user(name, themselves=True), self.meant
        auth_state = await user.get_auth_state() or {}
        found = login(auth_state, meant)
        return {
            "stored": user.encrypted_auth_state is not None,
            "readable": bool(auth_state),
            "found": found is not None,
            "renewable": bool(found and self.authenticator.renews and grant(auth_state, found.token)),
            "ends_at": found.ends_at if found else None,
            "login_url": self.login_url,
        }


class IdentityHandler(_Handler):
    async def answer(self, name: str) -> Any:
        user = self.user(name, IDENTITIES)
        if not self.authenticator.enable_auth_state:
            raise BadConfig(
                "The hub does not keep what its users' logins tell of them.",
                hint="Tell your hub's administrators: set Authenticator.enable_auth_state, and JUPYTERHUB_CRYPT_KEY.",
            )
        auth_state = await user.get_auth_state()
        if not auth_state:
            raise LoginNeeded("Nothing is kept of this user's login.")
        return Person.of_login(user.name, auth_state)


class _Check(msgspec.Struct, frozen=True):
    """What the hub is configured to."""

    version: str
    """hubdrives'."""
    jupyterhub: str
    authenticator: str
    """The class, as the administrator named it."""
    renews: bool
    """Whether its tokens can be renewed."""
    auth_state: bool
    crypt_keys: int
    refresh_age: int
    """Seconds; 0 is never."""
    refresh_pre_spawn: bool
    token_leeway: float
    """Seconds before its end at which a token is renewed."""
    login_url: str
    tokens_of: list[str]
    """Whose tokens the asker may have: "everyone", "user=NAME", "group=NAME"."""


class CheckHandler(_Handler):
    async def answer(self, name: str) -> Any:  # noqa: ARG002 - it is about nobody
        authenticator = self.authenticator
        held = (scope.partition("!") for scope in self.expanded_scopes)
        return _Check(
            version=__version__,
            jupyterhub=jupyterhub.__version__,
            authenticator=authenticator.made_of,
            renews=authenticator.renews,
            auth_state=authenticator.enable_auth_state,
            crypt_keys=len(CryptKeeper.instance().keys),
            refresh_age=authenticator.auth_refresh_age,
            refresh_pre_spawn=authenticator.refresh_pre_spawn,
            token_leeway=authenticator.token_leeway,
            login_url=self.login_url,
            tokens_of=sorted(whose or "everyone" for name, _, whose in held if name == TOKENS),
        )
