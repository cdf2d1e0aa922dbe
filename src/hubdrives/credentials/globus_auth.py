"""What the hub asks Globus Auth and what that answers, through Globus' official SDK. It blocks.

https://docs.globus.org/api/auth/reference/, https://globus-sdk-python.readthedocs.io/en/stable/services/auth.html
"""

from collections.abc import Callable, Mapping
from http import HTTPStatus
from importlib.util import find_spec
from typing import Any, TypeAlias

import msgspec

from hubdrives.errors import (
    BadConfig,
    HubdrivesError,
    LoginNeeded,
    RateLimited,
    Unavailable,
    UnexpectedAnswer,
)
from hubdrives.exchange import Failure

API = "https://auth.globus.org"
"""Where Globus Auth is: the same for everybody."""

ENDPOINT = "/v2/oauth2/token"
"""The path at which it gives tokens."""

_TIMEOUT = 20.0
"""Seconds."""

_PASSING = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY})

_ADMIN = "Tell your hub's administrators: "

_Refusals: TypeAlias = Mapping[str, tuple[type[HubdrivesError], str, str | None]]
"""What Globus says -> our error, what happened, what to do next (None: the error's own advice). "" is anything else."""

_HUB = (
    BadConfig,
    "Globus refuses the hub's own application, so that no login can be renewed.",
    f"{_ADMIN}compare the authenticator's client id and secret with app.globus.org/settings/developers.",
)
_REFUSALS: _Refusals = {
    **dict.fromkeys(
        ("invalid_client", "unauthorized_client", "unsupported_grant_type", "invalid_request", "unknown_scope"), _HUB
    ),
    "": (LoginNeeded, "Your login to the hub has ended.", None),
}

_SAME = {"invalid_scope": "unknown_scope", "unknown_scope_error": "unknown_scope", "unauthorized": "invalid_client"}


class Token(msgspec.Struct):
    """A token for one of Globus' servers."""

    access_token: str
    expires_in: float
    """Seconds."""
    resource_server: str


class Answer(Token):
    """What Globus Auth answers who asks for tokens."""

    other_tokens: list[Token] = []


def converted(told: Any) -> Answer:
    """The same with its fields checked. Raises UnexpectedAnswer: these are no tokens."""
    try:
        return msgspec.convert(told, Answer)
    # Its message might hold a part of a token.
    except msgspec.ValidationError:
        raise _no_token() from None


def is_installed() -> bool:
    """Whether Globus' SDK is here; what asks below needs it."""
    return find_spec("globus_sdk") is not None


def by_refresh_token(url: str, *, client_id: str, client_secret: str, refresh_token: str) -> dict[str, Any]:
    """Globus' answer to the refresh token of a user's login: as it came, but certainly with a token in it.

    Args:
        url: where Globus Auth is.
        client_id: of the application that the user has logged in to.
        client_secret: its secret.
        refresh_token: of one of the tokens that the login brought.

    Raises:
        LoginNeeded: it renews nothing any more.
        BadConfig: Globus refuses the application; or its SDK is not installed here.
        Unavailable: Globus Auth does not answer.
        UnexpectedAnswer: it does, but with something else.
    """

    def ask(how: Mapping[str, Any]) -> Any:
        from globus_sdk import ConfidentialAppAuthClient  # noqa: PLC0415

        return ConfidentialAppAuthClient(client_id, client_secret, **how).oauth2_refresh_token(refresh_token).data

    told: dict[str, Any] = _asked(url, ask)
    converted(told)
    return told


def _asked(url: str, ask: Callable[[Mapping[str, Any]], Any]) -> Any:
    """What `ask` is answered, which is given how its client is to be made."""
    # Costs a tenth of a second, in processes that may never need it.
    try:
        from globus_sdk import exc  # noqa: PLC0415
        from globus_sdk.transport import RequestsTransport, RetryConfig  # noqa: PLC0415
    except ModuleNotFoundError:
        raise BadConfig("Globus' SDK is not installed here.", hint="Install hubdrives[globus].") from None
    transport = RequestsTransport(http_timeout=_TIMEOUT)
    # A redirect would take the secret along.
    transport.session.max_redirects = 0
    how = {
        # Said in full, so that no variable sends the secret elsewhere.
        "base_url": f"{url}/",
        "transport": transport,
        # Whoever wants a token comes again.
        "retry_config": RetryConfig(max_retries=0),
    }
    try:
        return ask(how)
    # Their messages hold what was sent, or what was answered.
    except exc.GlobusAPIError as error:
        raise _refusal(error) from None
    except exc.NetworkError as error:
        raise _unreachable(error.underlying_exception) from None
    # The SDK takes whatever comes for tokens.
    except (exc.GlobusError, KeyError, TypeError, ValueError, AttributeError):
        raise _no_token() from None
    finally:
        transport.close()


def _no_token() -> UnexpectedAnswer:
    return UnexpectedAnswer("Globus answered something that is no token.")


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
    if failure.status >= HTTPStatus.INTERNAL_SERVER_ERROR or failure.status in _PASSING:
        return Unavailable("Globus' login has trouble at the moment.", retry_after=failure.retry_after)
    told = failure.json()
    if not isinstance(told, dict):
        return UnexpectedAnswer(f"Globus' login answered {failure.status}, and not as Globus' does.")
    # OAuth's word, and those of Globus' own.
    reasons = (str(error.code).lower(), str(told.get("error")).lower(), "")
    kind, message, hint = next(_REFUSALS[found] for one in reasons if (found := _SAME.get(one, one)) in _REFUSALS)
    return kind(message, hint=hint)
