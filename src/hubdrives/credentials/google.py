"""Tokens for a Google service account, minted by google-auth from its key file.

https://developers.google.com/identity/protocols/oauth2/service-account
"""

import asyncio
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Literal

import msgspec

from hubdrives import config
from hubdrives.credentials.minting import Minted, Minting, may_have_secrets
from hubdrives.errors import BadConfig, BadCredential, ClockSkew, HubdrivesError, Unavailable

READ_ONLY = "https://www.googleapis.com/auth/drive.readonly"

_ADMIN = "Tell your hub's administrators: "
_NEW_KEY = f"{_ADMIN}the service account needs a new key."

# error, a part of its description ("" is any) -> our error, what happened, what to do next (None: its own advice).
_REFUSALS: tuple[tuple[str, str, type[HubdrivesError], str, str | None], ...] = (
    ("invalid_grant", "signature", BadCredential, "Google does not know the key of this service account.", _NEW_KEY),
    ("invalid_grant", "iat and exp", ClockSkew, "Google finds this machine's clock wrong.", None),
    ("invalid_grant", "short-lived", ClockSkew, "Google finds this machine's clock wrong.", None),
    (
        "invalid_grant",
        "not found",
        BadCredential,
        "Google does not know this service account; it was deleted.",
        f"{_ADMIN}the service account must be restored, or another one configured.",
    ),
    (
        "invalid_grant",
        "email",
        BadCredential,
        "Google does not know the user whom the service account stands in for.",
        f"{_ADMIN}correct `subject` of the credential.",
    ),
    ("invalid_grant", "", BadCredential, "Google accepts the key of this service account no more.", _NEW_KEY),
    (
        "invalid_scope",
        "",
        BadCredential,
        "Google does not know the scopes that this credential asks for.",
        f"{_ADMIN}correct `scopes` of the credential.",
    ),
    (
        "unauthorized_client",
        "",
        BadCredential,
        "The service account may not stand in for that user with these scopes.",
        f"{_ADMIN}a Google Workspace administrator must allow domain-wide delegation for its client id and scopes.",
    ),
    ("invalid_client", "", BadCredential, "Google does not know this service account's client.", _NEW_KEY),
    (
        "deleted_client",
        "",
        BadCredential,
        "This service account was deleted.",
        f"{_ADMIN}the service account must be restored, or another one configured.",
    ),
    (
        "disabled_client",
        "",
        BadCredential,
        "This service account is disabled.",
        f"{_ADMIN}enable the service account in its Google Cloud project.",
    ),
    ("access_denied", "", BadCredential, "The rules of an organisation refuse this service account.", None),
    ("admin_policy_enforced", "", BadCredential, "The rules of an organisation refuse this service account.", None),
    ("org_internal", "", BadCredential, "The rules of an organisation refuse this service account.", None),
    ("internal_failure", "", Unavailable, "Google's login has trouble at the moment.", None),
    ("server_error", "", Unavailable, "Google's login has trouble at the moment.", None),
    ("temporarily_unavailable", "", Unavailable, "Google's login has trouble at the moment.", None),
)


class ServiceAccountSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The fields of a credential of kind "google_service_account"."""

    kind: str
    key_file: str | None = None
    """Where the JSON key file is."""
    key_env: str | None = None
    """The variable that holds the same JSON."""
    subject: str | None = None
    """The e-mail address of a user to stand in for (domain-wide delegation)."""
    scopes: tuple[str, ...] = (READ_ONLY,)


class _KeyFile(msgspec.Struct):
    """What a key file must hold; google-auth takes some of it for granted."""

    type: Literal["service_account"]
    client_email: str
    private_key: str
    token_uri: str


class GoogleServiceAccount:
    """Mints tokens; a renewal happens once however many wait for it, five minutes before the old one ends.

    Args:
        credential: the fields of `ServiceAccountSettings`.
        clock: seconds, for the age of tokens.

    Attributes:
        account: its e-mail address, which content is shared with.

    Raises:
        BadConfig: unknown fields, or the key can't be read or is none.
    """

    scheme = "Bearer"

    def __init__(self, credential: Mapping[str, Any], *, clock: Callable[[], float] = time.monotonic) -> None:
        try:
            self._settings = msgspec.convert(dict(credential), ServiceAccountSettings)
        except msgspec.ValidationError as error:
            raise BadConfig(f"The credential of a Google service account can't be used: {error}.") from None
        self._google = _credentials(self._settings)
        self._minting = Minting(self._mint, clock=clock)
        self.account: str = self._settings.subject or self._google.service_account_email

    def __repr__(self) -> str:
        return f"GoogleServiceAccount({self.account!r})"

    async def token(self, *, stale: str | None = None) -> str:
        """A live access token.

        Args:
            stale: one that was refused; another is minted unless that has happened already.

        Raises:
            BadCredential: Google refuses the account or its key; ClockSkew where the clock is the cause.
            Unavailable: Google's login does not answer.
        """
        return await self._minting.token(stale=stale)

    async def _mint(self, _old: str | None) -> Minted:
        return await asyncio.to_thread(_mint, self._google)


def token_source(credential: Mapping[str, Any]) -> GoogleServiceAccount:
    """See `hubdrives.credentials.token_source`."""
    return GoogleServiceAccount(credential)


def _credentials(settings: ServiceAccountSettings) -> Any:
    """google-auth's credentials for the key."""
    # Costs a tenth of a second, in processes that may never need it.
    from google.oauth2 import service_account  # noqa: PLC0415

    text = config.secret({"key_file": settings.key_file, "key_env": settings.key_env}, "key")
    named = settings.key_file or settings.key_env
    try:
        key = msgspec.json.decode(text, type=_KeyFile)
        credentials = service_account.Credentials.from_service_account_info(
            msgspec.json.decode(text), scopes=list(settings.scopes), subject=settings.subject
        )
    # Its message may hold a part of the key.
    except (ValueError, msgspec.DecodeError):
        raise BadConfig(
            f"{named} is no key of a Google service account.",
            hint="Put the JSON file there that Google Cloud gave for the service account's key.",
        ) from None
    if not may_have_secrets(key.token_uri):
        raise BadConfig(f"{named} sends its signature to an address without https.")
    return credentials


def _mint(credentials: Any) -> Minted:
    """A new access token; blocks."""
    import google.auth.exceptions  # noqa: PLC0415
    from google.auth.transport.requests import Request  # noqa: PLC0415

    request = Request()
    try:
        credentials.refresh(request)
    except google.auth.exceptions.RefreshError as error:
        raise _refusal(error) from None
    except google.auth.exceptions.TransportError as error:
        raise Unavailable(f"Google's login does not answer ({type(error).__name__}).") from None
    finally:
        request.session.close()
    # google-auth's times are UTC and don't say so.
    ends = credentials.expiry.replace(tzinfo=UTC)
    return Minted(token=credentials.token, lifetime=(ends - datetime.now(UTC)).total_seconds())


def _refusal(error: Any) -> HubdrivesError:
    """Our error for google-auth's RefreshError, whose second argument is what the token endpoint answered."""
    answer = error.args[1] if len(error.args) > 1 and isinstance(error.args[1], dict) else {}
    reason, description = str(answer.get("error", "")), str(answer.get("error_description", "")).lower()
    for known, part, kind, message, hint in _REFUSALS:
        if reason == known and part in description:
            return kind(message, hint=hint)
    if error.retryable:
        return Unavailable("Google's login has trouble at the moment.")
    return BadCredential("Google refuses this service account, and does not say why in words known here.")
