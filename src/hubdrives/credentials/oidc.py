"""Access tokens for a client of an OpenID Connect issuer, in its own name ("client credentials", a service account).

Where the issuer is asked stands in its discovery document, so only the issuer itself is configured. A token is never
refreshed: another one is asked for.

https://openid.net/specs/openid-connect-discovery-1_0.html, https://www.rfc-editor.org/rfc/rfc6749#section-4.4,
https://www.keycloak.org/docs/latest/server_admin/#_service_accounts
"""

import base64
import math
import time
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any, Self
from urllib.parse import quote_plus, urlsplit

import msgspec

from hubdrives import config
from hubdrives.credentials.minting import Minted, Minting, may_have_secrets
from hubdrives.credentials.token_endpoint import Refusals, TokenEndpoint
from hubdrives.errors import BadConfig, BadCredential, HubdrivesError, Unavailable, UnexpectedAnswer
from hubdrives.exchange import Failure
from hubdrives.http import Client
from hubdrives.retry import ONCE

_DISCOVERY = "/.well-known/openid-configuration"
_POST, _BASIC = "client_secret_post", "client_secret_basic"

_ADMIN = "Tell your hub's administrators: "
_RIGHT_ISSUER = (
    f"{_ADMIN}`issuer` of the credential is the address before {_DISCOVERY}; that of older Keycloaks has /auth before "
    "/realms."
)
_NO_SERVICE_ACCOUNT = "{title} gives no tokens to this client in its own name."
_LET_IT = (
    f"{_ADMIN}switch on the service account of the client at its issuer (`serviceAccountsEnabled`, the grant type "
    "client_credentials)."
)
_UNKNOWN = "{title} does not know this client, or its secret is another one."
_COMPARE = f"{_ADMIN}compare `client_id` and the secret of the credential with those at the issuer."
_SCOPE = "{title} does not let this client ask for the scopes of its credential."
_FEWER = f"{_ADMIN}correct `scope` of the credential, or add the scopes to the client at its issuer."

_REFUSALS: Refusals = (
    ("unauthorized_client", "service account", BadCredential, _NO_SERVICE_ACCOUNT, _LET_IT),
    ("unauthorized_client", "grant type", BadCredential, _NO_SERVICE_ACCOUNT, _LET_IT),
    ("invalid_request", "grant type", BadCredential, _NO_SERVICE_ACCOUNT, _LET_IT),
    ("unauthorized_client", "", BadCredential, _UNKNOWN, _COMPARE),
    ("invalid_client", "", BadCredential, _UNKNOWN, _COMPARE),
    ("unsupported_grant_type", "", BadCredential, _NO_SERVICE_ACCOUNT, _LET_IT),
    (
        "invalid_request",
        "disabled",
        BadCredential,
        "The service account of this client is disabled at {title}.",
        f"{_ADMIN}enable it there.",
    ),
    ("invalid_scope", "", BadConfig, _SCOPE, _FEWER),
    (
        "invalid_target",
        "",
        BadConfig,
        "{title} does not know for whom the credential wants its token to be.",
        f"{_ADMIN}correct `audience` or `resource` of the credential.",
    ),
    ("temporarily_unavailable", "", Unavailable, "{title} has trouble at the moment.", None),
    ("server_error", "", Unavailable, "{title} has trouble at the moment.", None),
)


class OidcClientSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The fields of a credential that is a client of an OpenID Connect issuer."""

    kind: str
    issuer: str
    """Its identifier, to the letter: an address, "https://iam.ebrains.eu/auth/realms/hbp"."""
    client_id: str
    client_secret_file: str | None = None
    """Where the client secret is; it is read for each token, so a new one needs no restart."""
    client_secret_env: str | None = None
    """The variable that holds it."""
    scope: str = "openid email collab.drive"
    """Parted by blanks."""
    audience: str | None = None
    """For whom the token is, where the issuer wants to be told so."""
    resource: str | None = None
    """The same, for issuers that know https://www.rfc-editor.org/rfc/rfc8707."""

    @classmethod
    def of(cls, credential: Mapping[str, Any]) -> Self:
        """Raises BadConfig: unknown or missing fields, no secret, or one that would be sent without https."""
        try:
            settings = msgspec.convert(dict(credential), cls)
        except msgspec.ValidationError as error:
            raise BadConfig(f"A credential of kind '{credential.get('kind', '')}' can't be used: {error}.") from None
        if not may_have_secrets(settings.issuer):
            raise BadConfig("The secret of a credential would be sent to an issuer without https.")
        settings.secret()
        return settings

    def secret(self) -> str:
        """The client secret. Raises BadConfig: it is not there."""
        fields = {"client_secret_file": self.client_secret_file, "client_secret_env": self.client_secret_env}
        return config.secret(fields, "client_secret")


class _Discovered(msgspec.Struct, frozen=True):
    """What is used of a discovery document."""

    issuer: str
    token_endpoint: str
    token_endpoint_auth_methods_supported: tuple[str, ...] = (_BASIC,)


class OidcClientTokens:
    """Asks for tokens; however many wait for one, it is asked for once, five minutes before the old one ends.

    Only how long a token lives is believed, not the time at which it says that it ends: clocks may differ.

    Args:
        settings: which client it is, and whose.
        clock: seconds, for the age of tokens.
    """

    scheme = "Bearer"

    def __init__(self, settings: OidcClientSettings, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._settings = settings
        self._issuer = urlsplit(settings.issuer).netloc.rpartition("@")[2]
        self._endpoint = TokenEndpoint(title=self._issuer, refusals=_REFUSALS, extra="oidc")
        self._discovered: _Discovered | None = None
        self._minting = Minting(self._mint, clock=clock)

    def __repr__(self) -> str:
        return f"OidcClientTokens({self._settings.client_id!r})"

    async def token(self, *, stale: str | None = None) -> str:
        """A live access token.

        Args:
            stale: one that was refused; another is asked for unless that has happened already.

        Raises:
            BadCredential: the issuer refuses the client.
            BadConfig: it is no such issuer, or it does not know the scope; or the secret can't be read any more, or
                oauthlib is not installed.
            Unavailable: the issuer does not answer.
            UnexpectedAnswer: it answers something that is no token.
        """
        return await self._minting.token(stale=stale)

    async def _mint(self, _old: str | None) -> Minted:
        # Whoever wants a token is in the midst of a request that is tried again as a whole.
        async with Client(title=self._issuer, errors=self._refusal, policy=ONCE) as client:
            try:
                self._discovered = self._discovered or await self._discover(client)
                return await self._request(client, self._discovered)
            except HubdrivesError:
                # What fails may have moved.
                self._discovered = None
                raise

    async def _discover(self, client: Client) -> _Discovered:
        url = f"{self._settings.issuer.rstrip('/')}{_DISCOVERY}"
        async with client.answer("GET", url, operation="discovery") as answer:
            body = await answer.read()
        try:
            found = msgspec.json.decode(body, type=_Discovered)
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise self._no_issuer() from None
        if found.issuer != self._settings.issuer:
            raise BadConfig(
                f"What answers at {self._issuer} is another issuer than the one that is configured.",
                hint=f"{_ADMIN}if you trust it, set `issuer` of the credential to what it calls itself: "
                f"{found.issuer[:200]!r}",
            )
        if not may_have_secrets(found.token_endpoint):
            raise BadConfig(f"{self._issuer} wants the secrets of its clients sent to an address without https.")
        return found

    async def _request(self, client: Client, discovered: _Discovered) -> Minted:
        """A token. https://www.rfc-editor.org/rfc/rfc6749#section-2.3.1 has both ways to show the secret."""
        settings, methods = self._settings, discovered.token_endpoint_auth_methods_supported
        named = {"scope": settings.scope, "audience": settings.audience, "resource": settings.resource}
        fields = {name: value for name, value in named.items() if value is not None}
        headers = {}
        secret = settings.secret()
        if _POST in methods:
            fields |= {"client_id": settings.client_id, "client_secret": secret}
        elif _BASIC in methods:
            pair = f"{quote_plus(settings.client_id)}:{quote_plus(secret)}"
            headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
        else:
            raise BadConfig(
                f"{self._issuer} takes no client secrets.", hint=f"{_ADMIN}its clients must log in in another way."
            )
        told = await self._endpoint.ask(
            client, discovered.token_endpoint, grant="client_credentials", fields=fields, headers=headers
        )
        return self._minted(told)

    def _minted(self, told: Mapping[str, Any]) -> Minted:
        lifetime, scopes = told.get("expires_in"), told.get("scope")
        if str(told.get("token_type", "")).lower() != "bearer":
            raise UnexpectedAnswer(f"{self._issuer} gave a token of a type that is not known here.")
        # Where nobody logs in, some issuers leave out "openid".
        if scopes is not None and not set(self._settings.scope.split()) - {"openid"} <= set(scopes):
            raise BadConfig(_SCOPE.format(title=self._issuer), hint=_FEWER)
        # One that does not say how long it lives is good until it is refused.
        return Minted(token=told["access_token"], lifetime=math.inf if lifetime is None else float(lifetime))

    def _refusal(self, failure: Failure) -> HubdrivesError:
        """Our error for an answer that is no success."""
        passing = failure.status == HTTPStatus.TOO_MANY_REQUESTS or failure.status >= HTTPStatus.INTERNAL_SERVER_ERROR
        if failure.operation == "discovery" and not passing:
            return self._no_issuer()
        return self._endpoint.refusal(failure)

    def _no_issuer(self) -> BadConfig:
        return BadConfig(f"There is no such OpenID Connect issuer at {self._issuer}.", hint=_RIGHT_ISSUER)
