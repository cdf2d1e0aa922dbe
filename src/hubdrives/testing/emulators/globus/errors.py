"""The errors of Globus Auth, of Transfer, and of the HTTPS servers of collections.

https://docs.globus.org/api/auth/reference/, https://docs.globus.org/api/transfer/overview/#errors
"""

import abc
import secrets
import string
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from hubdrives.testing.emulators.problem import ProblemError
from hubdrives.testing.emulators.server import Answer

# OAuth's own, of the token endpoint: status, description.
OAUTH_REASONS: Mapping[str, tuple[int, str | None]] = {
    "invalid_grant": (401, None),
    "invalid_client": (401, None),
    "invalid_request": (400, "A required parameter is missing or malformed"),
    "invalid_scope": (400, "The scope parameter is missing or malformed"),
    "unauthorized_client": (400, "This client may not use this grant type"),
    "unsupported_grant_type": (400, None),
}

# Of Globus Auth's API: status, title, detail.
AUTH_REASONS: Mapping[str, tuple[int, str, str]] = {
    "UNAUTHORIZED": (401, "Unauthorized", "Call must be authenticated"),
    "FORBIDDEN": (403, "Unauthorized", "The token is not good for this"),
    "NOT_FOUND": (404, "Not Found", "There is no such resource"),
    "UNKNOWN_SCOPE_ERROR": (400, "Unknown scope(s)", "Unknown scopes were requested"),
    "INVALID_QUERY_PARAMETER": (400, "Invalid query parameter", "A query parameter is missing or malformed"),
    "INTERNAL_ERROR": (500, "Internal Server Error", "Something went wrong"),
    "SERVICE_UNAVAILABLE": (503, "Service Unavailable", "The service is down for maintenance"),
    "TOO_MANY_REQUESTS": (429, "Too Many Requests", "Too many requests"),
}

# Of Transfer, by code: status, message.
TRANSFER_REASONS: Mapping[str, tuple[int, str]] = {
    "AuthenticationFailed": (401, "Token is not active"),
    "ClientError.AuthenticationFailed": (401, "Credentials are required to access this resource"),
    "BadRequest": (400, "Bad request"),
    "ClientError.BadRequest": (400, "Bad request"),
    "ClientError.BadRequest.NoTransferItems": (400, "A transfer requires at least one item"),
    "ConsentRequired": (403, "Missing required data_access consent"),
    "EndpointPermissionDenied": (403, "Denied by endpoint"),
    "PermissionDenied": (403, "You do not have the privileges to do this"),
    "ClientError.NotFound": (404, "No such object or resource"),
    "NotFound": (404, "Path not found"),
    "EndpointNotFound": (404, "No such endpoint"),
    "TaskNotFound": (404, "No such task"),
    "Conflict": (409, "The request conflicts with the state of the resource"),
    "OperationPaused": (409, "An administrator has paused this operation on the collection"),
    "TooManyRequests": (429, "Too many requests"),
    "InternalError": (500, "Internal error"),
    "EndpointError": (502, "The endpoint failed"),
    "ExternalError.DirListingFailed": (502, "Directory listing failed"),
    "ExternalError.DirListingFailed.NotDirectory": (502, "Path is not a directory"),
    "ExternalError.DirListingFailed.SizeLimit": (502, "The directory has too many entries"),
    "ExternalError.DirListingFailed.PermissionDenied": (502, "Permission denied on the file system"),
    "ExternalError.DirListingFailed.GCDisconnected": (502, "The Globus Connect Personal endpoint is not connected"),
    "ExternalError.DirListingFailed.GCPaused": (502, "The Globus Connect Personal endpoint is paused"),
    "ExternalError.DirListingFailed.ConnectFailed": (502, "Could not connect to the server"),
    "ExternalError.DirListingFailed.LoginFailed": (502, "Login failed"),
    "ExternalError.MkdirFailed": (502, "Making the directory failed"),
    "ExternalError.MkdirFailed.Exists": (502, "Path already exists"),
    "ExternalError.MkdirFailed.PermissionDenied": (502, "Permission denied on the file system"),
    "ExternalError.MkdirFailed.GCDisconnected": (502, "The Globus Connect Personal endpoint is not connected"),
    "ExternalError.MkdirFailed.GCPaused": (502, "The Globus Connect Personal endpoint is paused"),
    "ExternalError.MkdirFailed.ConnectFailed": (502, "Could not connect to the server"),
    "ExternalError.MkdirFailed.LoginFailed": (502, "Login failed"),
    "ExternalError.RenameFailed": (502, "Renaming failed"),
    "ServiceUnavailable": (503, "The service is down for maintenance"),
}

# Of the HTTPS servers of collections, in plain text; an outage looks like a file that is not there.
DATA_REASONS: Mapping[str, tuple[int, str]] = {
    "login_required": (401, "Authorization required"),
    "consent_required": (403, "v=1 c=CONSENT_REQUIRED"),
    "session_required": (403, "v=1 c=LOGIN_DENIED"),
    "path_not_allowed": (403, "v=1 c=PERMISSION_DENIED"),
    "path_not_found": (404, "v=1 c=PATH_NOT_FOUND"),
    "not_a_file": (404, "v=1 c=NOT_A_FILE"),
    "endpoint_error": (404, "v=1 c=ENDPOINT_ERROR"),
    "internal_error": (404, "v=1 c=INTERNAL_ERROR"),
    "method_not_allowed": (405, "Method not allowed"),
}
_DETAILS: Mapping[str, str] = {
    "path_not_found": (
        "550-GridFTP-Errno: 2\r\n550-GridFTP-Reason: System error in stat\r\n"
        "550-GridFTP-Error-String: No such file or directory\r\n"
    ),
    "endpoint_error": "550-GridFTP-Error-String: GCS Manager Internal Error\r\n",
    "internal_error": "550-GridFTP-Error-String: GCS Manager Internal Error\r\n",
}

REASONS = frozenset({*OAUTH_REASONS, *AUTH_REASONS, *TRANSFER_REASONS, *DATA_REASONS})
_LETTERS = string.ascii_letters + string.digits


class GlobusError(ProblemError, abc.ABC):
    """An error answer; `reason` is one of REASONS.

    Args:
        reason: which.
        message: in place of the usual one.
        status: in place of the usual one.
        extra: further members of the document, such as `required_scopes`.
    """

    @abc.abstractmethod
    def answer(self, resource: str) -> Answer:
        """The answer to a request for that path, which Transfer repeats."""


class OAuthError(GlobusError):
    """What the token endpoint says."""

    def answer(self, resource: str) -> Answer:  # noqa: ARG002 - Transfer's alone
        status, description = OAUTH_REASONS[self.reason]
        body: dict[str, Any] = {"error": self.reason}
        if text := self.message or description:
            body["error_description"] = text
        return Answer.json({**body, **self.extra}, status=self.status or status)


class AuthError(GlobusError):
    """What the rest of Globus Auth says."""

    def answer(self, resource: str) -> Answer:  # noqa: ARG002 - Transfer's alone
        status, title, detail = AUTH_REASONS[self.reason]
        status = self.status or status
        error = {
            "status": str(status),
            "id": str(uuid4()),
            "code": self.reason,
            "detail": self.message or detail,
            "title": title,
        }
        named = title.lower().replace(" ", "_")
        body = {"errors": [error], "error": named, "error_description": title, **self.extra}
        return Answer.json(body, status=status)


class TransferError(GlobusError):
    """What Transfer says."""

    def answer(self, resource: str) -> Answer:
        status, message = TRANSFER_REASONS[self.reason]
        body = {
            "code": self.reason,
            "message": self.message or message,
            "request_id": request_id(),
            "resource": resource,
            **self.extra,
        }
        return Answer.json(body, status=self.status or status)


class DataError(GlobusError):
    """What the HTTPS server of a collection says."""

    def answer(self, resource: str) -> Answer:  # noqa: ARG002 - Transfer's alone
        status, text = DATA_REASONS[self.reason]
        if text.startswith("v="):
            text = f"550-GlobusError: {text}\r\n{_DETAILS.get(self.reason, '')}550 End."
        body = f"{self.message or text}\r\n".encode()
        return Answer(self.status or status, body, {"Content-Type": "text/plain; charset=utf-8"})


def error_of(reason: str, message: str | None = None, *, status: int | None = None) -> GlobusError:
    """The error of a reason, of whichever service has it."""
    if reason in OAUTH_REASONS:
        return OAuthError(reason, message, status=status)
    if reason in AUTH_REASONS:
        return AuthError(reason, message, status=status)
    kind = DataError if reason in DATA_REASONS else TransferError
    return kind(reason, message, status=status)


def request_id() -> str:
    """Nine characters, as Transfer makes them up."""
    return "".join(secrets.choice(_LETTERS) for _ in range(9))
