"""Box's errors: JSON of the API, an empty 401, the flatter JSON of the token endpoint, plain text of the CDN.

https://developer.box.com/guides/api-calls/permissions-and-errors/common-errors/
"""

import secrets
from collections.abc import Mapping
from typing import Any

from hubdrives.testing.emulators.server import Answer

CHALLENGE = 'Bearer realm="Service", error="invalid_token", error_description="The access token provided is invalid."'

# Code of the API: HTTP status, message.
REASONS: Mapping[str, tuple[int, str]] = {
    "bad_request": (400, "Bad Request"),
    "item_name_invalid": (400, "Item name invalid"),
    "item_name_too_long": (400, "Item name too long"),
    "invalid_limit": (400, "Limit is not a valid number"),
    "invalid_offset": (400, "Offset is not a valid number"),
    "bad_digest": (400, "The specified content-md5 did not match what we received"),
    "parts_mismatch": (400, "The parts do not match the uploaded parts"),
    "metadata_after_file_contents": (400, "The attributes must come before the file contents"),
    "user_already_collaborator": (400, "User is already a collaborator"),
    "cyclical_folder_structure": (400, "A folder can't be moved into itself"),
    "access_denied_insufficient_permissions": (403, "Access denied - insufficient permission"),
    "access_denied_item_locked": (403, "Access denied - item locked"),
    "access_from_location_blocked": (403, "You're attempting to log in from an untrusted location"),
    "file_size_limit_exceeded": (403, "File size exceeds the folder owner's file size limit"),
    "forbidden": (403, "Forbidden"),
    "forbidden_by_policy": (403, "Access denied by policy"),
    "incorrect_shared_item_password": (403, "The correct password is needed for this item"),
    "insufficient_scope": (403, "The request requires higher privileges than provided by the access token."),
    "storage_limit_exceeded": (403, "Account storage limit reached"),
    "not_found": (404, "Not Found"),
    "trashed": (404, "Item is trashed"),
    "method_not_allowed": (405, "Method Not Allowed"),
    "item_name_in_use": (409, "Item with the same name already exists"),
    "name_temporarily_reserved": (409, "The item name is reserved by another process"),
    "operation_blocked_temporary": (409, "The operation is blocked by another ongoing operation"),
    "range_overlaps_existing_part": (409, "The part overlaps another one"),
    "folder_not_empty": (400, "Cannot delete - folder not empty"),
    "session_expired": (410, "The upload session has expired"),
    "upload_failed": (410, "The upload has failed"),
    "precondition_failed": (412, "The resource has been modified. Please retrieve the resource again and retry"),
    "sync_item_precondition_failed": (412, "The resource has been modified"),
    "range_not_satisfiable": (416, "The requested range is not satisfiable"),
    "rate_limit_exceeded": (429, "Request rate limit exceeded, please try again later"),
    "internal_server_error": (500, "Internal Server Error"),
    "bad_gateway": (502, "Bad Gateway"),
    "unavailable": (503, "Unavailable"),
    "gateway_timeout": (504, "Gateway Timeout"),
}

# Of the token endpoint: error, description; the status is always 400.
TOKEN_REASONS: Mapping[str, tuple[str, str]] = {
    "invalid_client": ("invalid_client", "The client credentials are invalid"),
    "invalid_grant": ("invalid_grant", "Grant credentials are invalid"),
    "expired_grant": ("invalid_grant", "Refresh token has expired"),
    "invalid_refresh_token": ("invalid_grant", "Invalid refresh token"),
    "expired_assertion": (
        "invalid_grant",
        "Current date time must be before the expiration date time listed in the 'exp' claim.",
    ),
    "unauthorized_client": ("unauthorized_client", "This app is not authorized by the enterprise admin"),
    "unsupported_grant_type": ("unsupported_grant_type", "The grant_type is unsupported"),
    "invalid_request": ("invalid_request", "The request is missing a required parameter"),
    "invalid_resource": ("invalid_resource", "The target resource is invalid."),
    "invalid_scope": ("invalid_scope", "The requested scope is invalid"),
    "redirect_uri_mismatch": ("redirect_uri_mismatch", "The redirect_uri doesn't match the application's"),
}

# Of the host of the bytes, in plain text.
CDN_REASONS: Mapping[str, tuple[int, str]] = {
    "cdn_authorization": (400, "Only one way to be let in is allowed\n"),
    "cdn_expired": (403, "The address has expired\n"),
    "cdn_gone": (404, "Not found\n"),
}

ALL_REASONS = frozenset({"unauthorized", *REASONS, *TOKEN_REASONS, *CDN_REASONS})


class BoxError(Exception):
    """An error answer; `reason` is one of ALL_REASONS, the rest stands in for what is known of it.

    Args:
        reason: which.
        message: in place of the usual one.
        status: in place of the usual one.
        context: `context_info`.
    """

    def __init__(
        self,
        reason: str,
        message: str | None = None,
        *,
        status: int | None = None,
        context: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.message = message
        self.status = status
        self.context = context

    def answer(self) -> Answer:
        if self.reason == "unauthorized":
            return Answer(self.status or 401, headers={"WWW-Authenticate": CHALLENGE})
        if self.reason in TOKEN_REASONS:
            error, description = TOKEN_REASONS[self.reason]
            body = {"error": error, "error_description": self.message or description}
            return Answer.json(body, status=self.status or 400)
        if self.reason in CDN_REASONS:
            status, text = CDN_REASONS[self.reason]
            return Answer(self.status or status, text.encode(), {"Content-Type": "text/plain"})
        status, message = REASONS[self.reason]
        status = self.status or status
        error_body: dict[str, Any] = {
            "type": "error",
            "status": status,
            "code": self.reason,
            "context_info": self.context,
            "help_url": "http://developers.box.com/docs/#errors",
            "message": self.message or message,
            "request_id": secrets.token_hex(8),
        }
        return Answer.json(error_body, status=status)


def no_item(kind: str, item: str) -> BoxError:
    """404 for what is not there, or not for those who ask."""
    named = f"{'d' if kind == 'folder' else 'f'}_{item}"
    reason = {
        "reason": "invalid_parameter",
        "name": "item",
        "message": f"Invalid value '{named}'. 'item' with value '{named}' not found",
    }
    return BoxError("not_found", context={"errors": [reason]})
