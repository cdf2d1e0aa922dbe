"""Canvas's errors, which come in several shapes: JSON of the API, plain text of the throttle, XML of the storage.

https://canvas.instructure.com/doc/api/file.throttling.html
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from hubdrives.testing.emulators.problem import ProblemError
from hubdrives.testing.emulators.server import Answer

CHALLENGE = {"WWW-Authenticate": 'Bearer realm="canvas-lms"'}
NO_USER_AGENT = "Access to this API requires a valid user agent."
TEXT = {"Content-Type": "text/plain; charset=utf-8"}
XML = {"Content-Type": "application/xml"}


@dataclass(frozen=True, slots=True)
class Known:
    """What goes with one reason."""

    status: int
    message: str
    extra: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)


REASONS: Mapping[str, Known] = {
    "bad_request": Known(400, "Bad request."),
    "invalid_token": Known(401, "Invalid access token.", headers=CHALLENGE),
    "expired_token": Known(401, "Expired access token.", headers=CHALLENGE),
    "revoked_token": Known(401, "Revoked access token.", headers=CHALLENGE),
    "unauthenticated": Known(401, "user authorization required", {"status": "unauthenticated"}, CHALLENGE),
    "insufficient_scopes": Known(401, "Insufficient scopes on access token."),
    "unauthorized": Known(403, "user not authorized to perform that action", {"status": "unauthorized"}),
    "not_found": Known(404, "The specified resource does not exist."),
    "tab_disabled": Known(404, "That page has been disabled for this course"),
    "conflict": Known(409, "Conflict."),
    "unprocessable": Known(422, "Unprocessable."),
    "internal_server_error": Known(500, "An error occurred.", {"error_report_id": 4711}),
    "bad_gateway": Known(502, "Bad gateway."),
    "unavailable": Known(503, "Service unavailable."),
    "gateway_timeout": Known(504, "Gateway timeout."),
}

# The throttle says the same with either status, in plain text and without a word on when to come again.
THROTTLED = {403: "403 Forbidden (Rate Limit Exceeded)\n", 429: "429 Too Many Requests (Rate Limit Exceeded)\n"}

# The token endpoint has its own, flatter errors: HTTP status, error, description.
TOKEN_ERRORS: Mapping[str, tuple[int, str, str]] = {
    "unknown_client": (401, "invalid_client", "unknown client"),
    "invalid_client": (401, "invalid_client", "invalid client"),
    "redirect_mismatch": (400, "invalid_request", "redirect_uri does not match client settings"),
    "no_refresh_token": (400, "invalid_request", "refresh_token not found"),
    "no_code": (400, "invalid_grant", "authorization_code not found"),
    "incorrect_client": (400, "invalid_grant", "incorrect client"),
    "unsupported_grant_type": (
        400,
        "unsupported_grant_type",
        "The grant_type you requested is not currently supported",
    ),
}

# The storage's, as S3 words them: HTTP status, message.
STORAGE_ERRORS: Mapping[str, tuple[int, str]] = {
    "InvalidArgument": (400, "Only one auth mechanism allowed"),
    "AccessDenied": (403, "Request has expired"),
    "SignatureDoesNotMatch": (403, "The request signature we calculated does not match the signature you provided."),
    "NoSuchKey": (404, "The specified key does not exist."),
    "InvalidRange": (416, "The requested range is not satisfiable"),
    "SlowDown": (503, "Please reduce your request rate."),
}

ALL_REASONS = frozenset({"throttled", "no_user_agent", *REASONS, *TOKEN_ERRORS, *STORAGE_ERRORS})


class CanvasError(ProblemError):
    """An error answer; `reason` is one of ALL_REASONS, the rest stands in for what is known of it.

    Args:
        reason: which.
        message: in place of the usual one, where the shape has room for it.
        status: in place of the usual one.
        extra: further members of the JSON error.
    """

    def answer(self) -> Answer:
        if self.reason == "throttled":
            status = self.status or 403
            text = THROTTLED.get(status, THROTTLED[403])
            return Answer(status, text.encode(), {**TEXT, "X-Rate-Limit-Remaining": "0.0"})
        if self.reason == "no_user_agent":
            return Answer.json({"error": "Forbidden", "message": NO_USER_AGENT}, status=self.status or 403)
        if self.reason in TOKEN_ERRORS:
            return self._of_the_token_endpoint()
        if self.reason in STORAGE_ERRORS:
            return self._of_the_storage()
        known = REASONS[self.reason]
        status = self.status or known.status
        error: dict[str, Any] = {"message": self.message or known.message, **self.extra}
        body: dict[str, Any] = {**known.extra, "errors": [error]}
        if status >= 500:  # noqa: PLR2004 - a server's error
            error["error_code"] = self.reason
        return Answer.json(body, status=status, headers=known.headers)

    def _of_the_token_endpoint(self) -> Answer:
        status, error, description = TOKEN_ERRORS[self.reason]
        headers = {"WWW-Authenticate": "Canvas OAuth 2.0"} if error == "invalid_client" else {}
        body = {"error": error, "error_description": self.message or description}
        return Answer.json(body, status=self.status or status, headers=headers)

    def _of_the_storage(self) -> Answer:
        status, message = STORAGE_ERRORS[self.reason]
        body = f"""<?xml version="1.0" encoding="UTF-8"?>
<Error><Code>{self.reason}</Code><Message>{self.message or message}</Message></Error>"""
        return Answer(self.status or status, body.encode(), XML)


def page(title: str, text: str, *, status: int = 200) -> Answer:
    """A page for people; neither argument comes from outside."""
    body = f"<!DOCTYPE html><html><head><title>{title}</title></head><body>{text}</body></html>"
    return Answer(status, body.encode(), {"Content-Type": "text/html; charset=utf-8"})
