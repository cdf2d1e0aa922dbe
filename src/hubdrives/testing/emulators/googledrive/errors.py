"""Google Drive's errors, in its own envelope.

https://developers.google.com/workspace/drive/api/guides/handle-errors
"""

from dataclasses import dataclass
from typing import Any

from hubdrives.testing.emulators.server import Answer

BAD_CREDENTIALS = (
    "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid "
    "authentication credential. See https://developers.google.com/identity/sign-in/web/devconsole-project."
)
UNREGISTERED = (
    "Method doesn't allow unregistered callers (callers without established identity). Please use API Key or other "
    "form of API consumer identity to call this API."
)
ABUSIVE = "This file has been identified as malware or spam and cannot be downloaded."
UNAUTHORIZED = (
    "Client is unauthorized to retrieve access tokens using this method, or client not authorized for any of the "
    "scopes requested."
)
SKEWED = (
    "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. Check your iat and exp "
    "values in the JWT claim."
)


@dataclass(frozen=True, slots=True)
class Known:
    """What goes with one `reason`."""

    status: int
    message: str
    domain: str = "global"
    location: str | None = None
    location_type: str = "parameter"
    name: str | None = None


REASONS = {
    "invalid": Known(400, "Invalid Value", location="q"),
    "invalidParameter": Known(400, "Invalid field selection", location="fields"),
    "required": Known(400, "Required parameter"),
    "badRequest": Known(400, "Bad Request"),
    "authError": Known(401, "Invalid Credentials", "global", "Authorization", "header", "UNAUTHENTICATED"),
    "forbidden": Known(403, UNREGISTERED, name="PERMISSION_DENIED"),
    "insufficientPermissions": Known(403, "Request had insufficient authentication scopes.", name="PERMISSION_DENIED"),
    "insufficientFilePermissions": Known(403, "The user does not have sufficient permissions for this file."),
    "userRateLimitExceeded": Known(403, "User Rate Limit Exceeded", "usageLimits"),
    "rateLimitExceeded": Known(429, "Rate Limit Exceeded", "usageLimits"),
    "sharingRateLimitExceeded": Known(403, "Rate limit exceeded for sharing", "usageLimits"),
    "dailyLimitExceeded": Known(403, "Daily Limit Exceeded", "usageLimits"),
    "downloadQuotaExceeded": Known(403, "The download quota for this file has been exceeded.", "usageLimits"),
    "accessNotConfigured": Known(
        403, "Google Drive API has not been used in project before or it is disabled.", "usageLimits"
    ),
    "domainPolicy": Known(403, "The domain administrators have disabled Drive apps."),
    "appNotAuthorizedToFile": Known(403, "The user has not granted the app access to the file."),
    "teamDriveMembershipRequired": Known(403, "The attempted action requires shared drive membership."),
    "cannotDownloadFile": Known(403, "This file cannot be downloaded by the user."),
    "cannotDownloadAbusiveFile": Known(403, ABUSIVE),
    "invalidAbuseAcknowledgment": Known(403, "Only the owner or an organizer may acknowledge the risk."),
    "fileNotDownloadable": Known(
        403, "Only files with binary content can be downloaded. Use Export with Docs Editors files.", location="alt"
    ),
    "fileNotExportable": Known(403, "Export only supports Docs Editors files."),
    "exportSizeLimitExceeded": Known(403, "This file is too large to be exported."),
    "storageQuotaExceeded": Known(403, "The user's Drive storage quota has been exceeded."),
    "notFound": Known(404, "File not found: .", location="fileId"),
    "requestedRangeNotSatisfiable": Known(
        416, "Request range not satisfiable", location="Range", location_type="header"
    ),
    "backendError": Known(503, "Backend Error"),
    "internalError": Known(500, "Internal Error"),
    "transientError": Known(503, "Transient failure", name="UNAVAILABLE"),
}

# The token endpoint has its own, flatter errors: error, HTTP status, description.
TOKEN_ERRORS = {
    "invalid_grant": (400, "Invalid JWT Signature."),
    "invalid_scope": (400, "Invalid OAuth scope or ID token audience provided."),
    "invalid_request": (400, "Missing required parameter: assertion"),
    "unsupported_grant_type": (400, "Invalid grant_type"),
    "unauthorized_client": (401, UNAUTHORIZED),
    "invalid_client": (401, "The OAuth client was not found."),
    "disabled_client": (401, "The OAuth client was disabled."),
    "deleted_client": (401, "The OAuth client was deleted."),
    "access_denied": (403, "Access denied."),
    "admin_policy_enforced": (400, "Access to your account data is restricted by policies within your organization."),
    "internal_failure": (500, "Backend Error"),
    "server_error": (500, "Backend Error"),
    "temporarily_unavailable": (503, "Backend Error"),
}


class DriveError(Exception):
    """An error answer of the API; `reason` is a key of REASONS, the rest stands in for what is said there."""

    def __init__(
        self, reason: str, message: str | None = None, *, location: str | None = None, status: int | None = None
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.message = message
        self.location = location
        self.status = status

    def answer(self) -> Answer:
        known = REASONS[self.reason]
        status = self.status or known.status
        message = self.message or known.message
        detail: dict[str, Any] = {"message": message, "domain": known.domain, "reason": self.reason}
        location = self.location or known.location
        if location is not None:
            detail |= {"location": location, "locationType": known.location_type}
        error: dict[str, Any] = {"code": status, "message": message, "errors": [detail]}
        if self.reason == "authError":
            error["message"] = BAD_CREDENTIALS
        if known.name is not None:
            error["status"] = known.name
        if self.reason == "insufficientPermissions":
            error["details"] = [
                {
                    "@type": "type.googleapis.com/google.rpc.ErrorInfo",
                    "reason": "ACCESS_TOKEN_SCOPE_INSUFFICIENT",
                    "domain": "googleapis.com",
                    "metadata": {"service": "drive.googleapis.com"},
                }
            ]
        return Answer.json({"error": error}, status=status)


class TokenError(Exception):
    """An error answer of the token endpoint; `error` is a key of TOKEN_ERRORS."""

    def __init__(self, error: str, description: str | None = None) -> None:
        super().__init__(error)
        self.error = error
        self.description = description

    def answer(self) -> Answer:
        status, description = TOKEN_ERRORS[self.error]
        body = {"error": self.error, "error_description": self.description or description}
        return Answer.json(body, status=status)


def not_found(file_id: str) -> DriveError:
    return DriveError("notFound", f"File not found: {file_id}.")
