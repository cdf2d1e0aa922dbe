"""How failures are told: to the page in one sentence, to the log without secrets."""

import logging
import re
import secrets
import traceback

from tornado.web import HTTPError

from hubdrives import errors
from hubdrives.errors import HubdrivesError
from hubdrives.lab.request import without_secrets

_ABOUT_US = re.compile(r"(?i)hubdrives")

# The nearest class of an error decides; the root of the tree comes last.
_STATUS: dict[type[HubdrivesError], int] = {
    errors.BadInput: 400,
    errors.NotFound: 404,
    errors.Forbidden: 403,
    errors.RateLimited: 503,
    errors.Unavailable: 503,
    errors.Conflict: 409,
    errors.QuotaExceeded: 503,
    errors.UnexpectedAnswer: 502,
    errors.Busy: 409,
    errors.DiskFull: 507,
    errors.HubdrivesError: 500,
}


def tell(error: BaseException, log: logging.Logger) -> HubdrivesError:
    """`error` as a person may see it. What is not ours is logged with an id that the person can tell support."""
    if isinstance(error, HubdrivesError):
        log.warning("A pull failed: %s (%s)", without_secrets(str(error)), error.code)
        return error
    incident = secrets.token_hex(4)
    log.error("Unexpected failure, id %s\n%s", incident, without_secrets("".join(traceback.format_exception(error))))
    return HubdrivesError(
        f"Something unexpected happened (id {incident}).",
        hint="Try again; if it happens again, send this message to your hub's administrators.",
    )


def status_of(error: HubdrivesError) -> int:
    """The HTTP status that `error` is answered with."""
    return next(_STATUS[kind] for kind in type(error).__mro__ if kind in _STATUS)


def from_http(error: HTTPError) -> HubdrivesError:
    """What Jupyter Server itself refuses (no login, no XSRF token), told as ours are."""
    if error.status_code == 403:  # noqa: PLR2004
        return errors.Forbidden(
            "Your server refused this request.", hint="Load the page again, and log in if asked to."
        )
    if error.status_code < 500:  # noqa: PLR2004
        return errors.BadInput("Your server does not understand this request.", hint="Load the page again.")
    return HubdrivesError("Your server could not answer.")


class LinkFilter(logging.Filter):
    """For the server's loggers: a line about the pull page is written without link tokens and resource keys.

    Lines about anything else, the server's own start message with its token above all, stay as they are.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        text = record.getMessage()
        if _ABOUT_US.search(text):
            record.msg, record.args = without_secrets(text), None
        return True
