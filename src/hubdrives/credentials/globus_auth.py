"""What Globus Auth is asked and what it answers, through Globus' official SDK; the one place that knows it. It blocks.

https://docs.globus.org/api/auth/reference/
"""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

import msgspec

from hubdrives.credentials.minting import Minted
from hubdrives.errors import (
    BadConfig,
    BadCredential,
    HubdrivesError,
    RateLimited,
    Unavailable,
    UnexpectedAnswer,
)
from hubdrives.exchange import Failure

API = "https://auth.globus.org"
"""Where Globus Auth is: the same for everybody."""

_TIMEOUT = 20.0
"""Seconds."""

_ADMIN = "Tell your hub's administrators: "

# What Globus says -> our error, what happened, what to do next.
_REFUSALS: Mapping[str, tuple[type[HubdrivesError], str, str]] = {
    "invalid_client": (
        BadCredential,
        "Globus does not know this client, or its secret is another one by now.",
        f"{_ADMIN}compare `client_id` and the secret of the credential with app.globus.org/settings/developers.",
    ),
    "unauthorized_client": (
        BadCredential,
        "Globus gives no tokens to this client in its own name.",
        f"{_ADMIN}it must be registered as a service account or as a confidential client.",
    ),
    "unknown_scope": (
        BadConfig,
        "Globus does not know a scope that this needs: the collection is gone, or does not serve its files that way.",
        "Look at the collection in app.globus.org: its id, and whether HTTPS is on.",
    ),
}
_SAME = {"invalid_scope": "unknown_scope", "unknown_scope_error": "unknown_scope", "unauthorized": "invalid_client"}


class _Token(msgspec.Struct):
    access_token: str
    expires_in: float
    resource_server: str


class _Answer(_Token):
    other_tokens: list[_Token] = []


def by_client_credentials(
    url: str, *, client_id: str, client_secret: str, server: str, scopes: Sequence[str]
) -> Minted:
    """A token of a client in its own name, for `server`.

    Raises:
        BadCredential: Globus refuses the client.
        BadConfig: Globus does not know the scopes; or its SDK is not installed here.
        Unavailable: Globus Auth does not answer.
        UnexpectedAnswer: it does, but with something else.
    """
    told = _asked(url, client_id, client_secret, scopes)
    try:
        answer = msgspec.convert(told, _Answer)
    # Its message might hold a part of a token.
    except msgspec.ValidationError:
        raise UnexpectedAnswer("Globus answered something that is no token.") from None
    # Which of several comes first is Globus' choice.
    for one in (answer, *answer.other_tokens):
        if one.resource_server == server and one.access_token and one.expires_in > 0:
            return Minted(token=one.access_token, lifetime=one.expires_in)
    raise UnexpectedAnswer("Globus answered with tokens for others than the server that was meant.")


def _asked(url: str, client_id: str, client_secret: str, scopes: Sequence[str]) -> Any:
    # Costs a third of a second, in processes that may never need it.
    try:
        import globus_sdk  # noqa: PLC0415
        from globus_sdk.transport import RequestsTransport, RetryConfig  # noqa: PLC0415
    except ModuleNotFoundError:
        raise BadConfig("Globus' SDK is not installed here.", hint="Install hubdrives[globus].") from None
    transport = RequestsTransport(http_timeout=_TIMEOUT)
    # A redirect would take the secret along.
    transport.session.max_redirects = 0
    try:
        client = globus_sdk.ConfidentialAppAuthClient(
            client_id,
            client_secret,
            # Said in full, so that no variable sends the secret elsewhere.
            base_url=f"{url}/",
            transport=transport,
            # Whoever wants a token is in the midst of a request that is tried again as a whole.
            retry_config=RetryConfig(max_retries=0),
        )
        return client.oauth2_client_credentials_tokens(list(scopes)).data
    # Their messages hold what was sent, or what was answered.
    except globus_sdk.GlobusAPIError as error:
        raise _refusal(error) from None
    except globus_sdk.NetworkError as error:
        raise _unreachable(error.underlying_exception) from None
    # The SDK takes whatever comes for tokens.
    except (globus_sdk.GlobusError, KeyError, TypeError, ValueError, AttributeError):
        raise UnexpectedAnswer("Globus answered something that is no token.") from None
    finally:
        transport.close()


def _unreachable(error: Exception) -> HubdrivesError:
    import requests  # noqa: PLC0415

    if isinstance(error, requests.exceptions.SSLError):
        return UnexpectedAnswer(
            "The certificate of Globus' login is not trusted by this machine.",
            hint="Tell your hub's administrators: a root certificate is missing, or a proxy is in the way.",
        )
    return Unavailable(f"Globus' login does not answer ({type(error).__name__}).")


def _refusal(error: Any) -> HubdrivesError:
    failure = Failure(status=error.http_status, headers=error.headers, body=error.binary_content, operation="token")
    if failure.status == HTTPStatus.TOO_MANY_REQUESTS:
        return RateLimited("Globus' login is asked too often.", retry_after=failure.retry_after)
    if failure.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return Unavailable("Globus' login has trouble at the moment.", retry_after=failure.retry_after)
    told = failure.json()
    if not isinstance(told, dict):
        return UnexpectedAnswer(f"Globus' login answered {failure.status}, and not as Globus' does.")
    # OAuth's word, and those of Globus' own.
    for reason in (str(error.code).lower(), str(told.get("error")).lower()):
        if found := _REFUSALS.get(_SAME.get(reason, reason)):
            kind, message, hint = found
            return kind(message, hint=hint)
    return BadCredential("Globus refuses this client, and does not say why in words known here.")
