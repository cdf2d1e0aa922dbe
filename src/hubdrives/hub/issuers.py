"""What it means when an issuer, which people log in at, gives no token.

https://www.rfc-editor.org/rfc/rfc6749#section-5.2
"""

from http import HTTPStatus
from json import JSONDecodeError

import msgspec
from tornado.httpclient import HTTPClientError
from tornado.web import HTTPError

from hubdrives.errors import BadConfig, HubdrivesError, LoginNeeded, Unavailable

PASSING = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS})
"""Answers that another try may change, as those from 500 up."""

# What only an administrator can mend.
_OF_THE_HUB = frozenset({"invalid_client", "unauthorized_client", "unsupported_grant_type", "invalid_scope"})


class _Answer(msgspec.Struct):
    error: str
    error_description: str = ""


def why(error: Exception) -> HubdrivesError | None:
    """The error to tell for what asking raised; None if that was not the issuer's doing.

    LoginNeeded if the login is over, BadConfig if the issuer refuses the hub itself, else Unavailable. Any of ours is
    told already.
    """
    if isinstance(error, HubdrivesError):
        return error
    if isinstance(error, HTTPClientError) and _is_refusal(error.code):
        return _refusal(error)
    if isinstance(error, HTTPError) and error.status_code == HTTPStatus.FORBIDDEN:
        # How OAuthenticator tells an error that came as a success, which GitHub sends.
        return LoginNeeded("Your login to the hub has ended.")
    return unavailable(error) if isinstance(error, HTTPError | HTTPClientError | OSError | JSONDecodeError) else None


def unavailable(error: Exception) -> Unavailable:
    return Unavailable(f"The service where people log in to the hub does not answer ({type(error).__name__}).")


def _is_refusal(status: int) -> bool:
    return HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR and status not in PASSING


def _refusal(error: HTTPClientError) -> HubdrivesError:
    try:
        answer = msgspec.json.decode(error.response.body if error.response else b"", type=_Answer)
    except (msgspec.DecodeError, UnicodeDecodeError):
        # Whatever said that, it was no token endpoint.
        return unavailable(error)
    # Canvas says "invalid_request" of a refresh token that it does not know.
    ended = answer.error == "invalid_request" and "refresh" in answer.error_description
    if answer.error in _OF_THE_HUB or (answer.error == "invalid_request" and not ended):
        return BadConfig(
            f"The service where users log in refuses the hub itself ({answer.error}).",
            hint="Tell your hub's administrators: correct the authenticator's client id, secret and scopes.",
        )
    return LoginNeeded("Your login to the hub has ended.")
