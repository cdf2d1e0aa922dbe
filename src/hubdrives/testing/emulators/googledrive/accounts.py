"""Google accounts: service accounts with real keys, and the access tokens that they get for a signed assertion.

https://developers.google.com/identity/protocols/oauth2/service-account
"""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from hubdrives.testing.emulators.googledrive.errors import SKEWED, TokenError

SCOPE = "https://www.googleapis.com/auth/"
SCOPES = frozenset(
    SCOPE + name
    for name in ("drive", "drive.readonly", "drive.metadata.readonly", "drive.metadata", "drive.file", "drive.appdata")
)
GOOGLE_AUDIENCE = "https://oauth2.googleapis.com/token"
GRANT_TYPE = "urn:ietf:params:oauth:grant-type:jwt-bearer"
LONGEST = 3600  # seconds an assertion may be valid


@dataclass(slots=True)
class ServiceAccount:
    """One service account.

    Attributes:
        email, client_id, key_id: as they stand in its key file.
        state: `active`, or `disabled` or `deleted`, when it gets no tokens.
        may_impersonate: e-mail addresses of people for whom it has domain-wide delegation.
    """

    email: str
    client_id: str
    key_id: str = field(default_factory=lambda: secrets.token_hex(20))
    key: rsa.RSAPrivateKey = field(default_factory=lambda: rsa.generate_private_key(65537, 2048), repr=False)
    state: str = "active"
    may_impersonate: frozenset[str] = frozenset()

    def key_file(self, token_uri: str) -> dict[str, str]:
        """What its JSON key file holds."""
        pem = self.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        return {
            "type": "service_account",
            "project_id": "emulated-project",
            "private_key_id": self.key_id,
            "private_key": pem.decode(),
            "client_email": self.email,
            "client_id": self.client_id,
            "auth_uri": "https://accounts.google.com/o/oauth2/auth",
            "token_uri": token_uri,
            "universe_domain": "googleapis.com",
        }


@dataclass(frozen=True, slots=True)
class Session:
    """Whom an access token stands for, what it may do, and when it ends (seconds since 1970)."""

    email: str
    scopes: frozenset[str]
    ends: float


class Accounts:
    """The service accounts and their tokens.

    Attributes:
        token_lifetime: seconds.
    """

    def __init__(self, *, clock: Callable[[], float], token_lifetime: float = 3599) -> None:
        self.token_lifetime = token_lifetime
        self._clock = clock
        self._by_email: dict[str, ServiceAccount] = {}
        self._sessions: dict[str, Session] = {}

    def register(self, account: ServiceAccount) -> ServiceAccount:
        self._by_email[account.email] = account
        return account

    @property
    def tokens(self) -> tuple[str, ...]:
        """The access tokens that are good or were, since they last were all expired: what must be found nowhere."""
        return tuple(self._sessions)

    def expire_tokens(self) -> None:
        """From now on no access token that was given out is accepted."""
        self._sessions.clear()

    def session(self, token: str) -> Session | None:
        """What an access token stands for, while it is good."""
        found = self._sessions.get(token)
        return found if found is not None and found.ends > self._clock() else None

    def token(self, form: Mapping[str, str], *, own_uri: str) -> dict[str, str | int]:
        """The answer of the token endpoint.

        Args:
            form: of the request.
            own_uri: where this token endpoint is, accepted as the audience like Google's own.

        Raises:
            TokenError: as Google words it.
        """
        if form.get("grant_type") != GRANT_TYPE:
            raise TokenError("unsupported_grant_type")
        if "assertion" not in form:
            raise TokenError("invalid_request")
        account, claims = self._check(form["assertion"], own_uri)
        scopes = frozenset(str(claims.get("scope", "")).split())
        if not scopes or not scopes <= SCOPES:
            raise TokenError("invalid_scope")
        email = str(claims.get("sub", account.email))
        if email not in {account.email, *account.may_impersonate}:
            raise TokenError("unauthorized_client")
        token = "ya29." + secrets.token_urlsafe(48)
        self._sessions[token] = Session(email, scopes, self._clock() + self.token_lifetime)
        return {"access_token": token, "expires_in": int(self.token_lifetime), "token_type": "Bearer"}

    def _check(self, assertion: str, own_uri: str) -> tuple[ServiceAccount, dict[str, object]]:
        try:
            issuer = jwt.decode(assertion, options={"verify_signature": False}).get("iss")
            key_id = jwt.get_unverified_header(assertion).get("kid")
        except jwt.InvalidTokenError as error:
            raise TokenError("invalid_grant", "Invalid JWT.") from error
        account = self._by_email.get(str(issuer))
        if account is None or account.state == "deleted":
            raise TokenError("invalid_grant", "Invalid grant: account not found")
        if account.state == "disabled":
            raise TokenError("disabled_client")
        if key_id != account.key_id:
            raise TokenError("invalid_grant")
        try:
            claims: dict[str, object] = jwt.decode(
                assertion,
                account.key.public_key(),
                algorithms=["RS256"],
                audience=[GOOGLE_AUDIENCE, own_uri],
                options={"require": ["iss", "aud", "iat", "exp"], "verify_sub": False},
            )
        except jwt.InvalidAudienceError as error:
            raise TokenError("invalid_grant", "Invalid JWT: Failed audience check.") from error
        except (jwt.ExpiredSignatureError, jwt.ImmatureSignatureError, jwt.MissingRequiredClaimError) as error:
            raise TokenError("invalid_grant", SKEWED) from error
        except jwt.InvalidTokenError as error:
            raise TokenError("invalid_grant") from error
        if int(str(claims["exp"])) - int(str(claims["iat"])) > LONGEST:
            raise TokenError("invalid_grant", SKEWED)
        return account, claims
