"""Seafile's errors: JSON of seahub in two forms, and what the fileserver calls JSON.

Statuses from 440 to 447 mean one thing from seahub and another from the fileserver.
https://download.seafile.com/published/web-api/home.md
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from hubdrives.testing.emulators.server import Answer

PLAIN = {"Content-Type": "text/plain; charset=utf-8"}
HTML = {"Content-Type": "text/html; charset=utf-8"}


@dataclass(frozen=True, slots=True)
class Reason:
    """How an error looks.

    Attributes:
        status: of HTTP.
        text: what it says.
        key: of the JSON that says it; "" is plain text.
        headers: further ones.
    """

    status: int
    text: str
    key: str = "error_msg"
    headers: Mapping[str, str] = field(default_factory=dict)


REASONS: Mapping[str, Reason] = {
    # Of who asks; `detail` is the REST framework's word.
    "not_authenticated": Reason(403, "Authentication credentials were not provided.", "detail"),
    "invalid_token": Reason(401, "Invalid token", "detail"),
    "no_credentials": Reason(401, "Invalid token header. No credentials provided.", "detail"),
    "token_with_spaces": Reason(401, "Invalid token header. Token string should not contain spaces.", "detail"),
    "inactive": Reason(401, "User inactive or deleted", "detail"),
    "wiped": Reason(401, "Invalid token", "detail", {"X-Seafile-Wiped": "true"}),
    "library_token": Reason(401, "Token inactive or deleted", "detail"),
    "throttled": Reason(429, "Request was throttled.", "detail"),
    "method_not_allowed": Reason(405, "Method not allowed.", "detail"),
    "unsupported_media_type": Reason(415, "Unsupported media type in request.", "detail"),
    "malformed": Reason(400, "JSON parse error", "detail"),
    # Of seahub.
    "bad_request": Reason(400, "Bad request."),
    "permission_denied": Reason(403, "Permission denied."),
    "library_denied": Reason(403, "You do not have permission to access this library."),
    "folder_denied": Reason(403, "You do not have permission to access this folder."),
    "file_denied": Reason(403, "You do not have permission to access this file."),
    "library_not_found": Reason(404, "Library not found."),
    "not_found": Reason(404, "Not found."),
    "rename_denied": Reason(403, "You do not have permission to rename file."),
    "move_denied": Reason(403, "You do not have permission to move file."),
    "copy_denied": Reason(403, "You do not have permission to copy file."),
    "create_denied": Reason(403, "You do not have permission to create file."),
    "file_not_found": Reason(404, "File not found"),
    "conflict": Reason(409, "Conflict."),
    "password_needed": Reason(440, "Library password is needed."),
    "client_decrypts": Reason(441, "Library must be decrypted by the client."),
    "out_of_quota": Reason(443, "Out of quota."),
    "too_many_files": Reason(447, "The number of files in library exceeds the limit"),
    "internal": Reason(500, "Internal Server Error"),
    "operation_failed": Reason(520, "Failed to operate."),
    # Of the fileserver, about links and bytes that go out: plain text.
    "no_link": Reason(403, "Access token not found", ""),
    "bad_link": Reason(400, "Bad access token", ""),
    "library_locked": Reason(400, "Repo is encrypted. Please provide password to view it.", ""),
    "zip_not_ready": Reason(500, "Zip file is not ready.", ""),
    # Of the fileserver, about bytes that come in.
    "no_upload_link": Reason(403, "Access token not found", "error"),
    "no_file": Reason(400, "No file in multipart form.", "error"),
    "no_parent_dir": Reason(400, "No parent_dir given.", "error"),
    "invalid_parent_dir": Reason(400, "Invalid parent dir.", "error"),
    "invalid_relative_path": Reason(400, "Invalid relative path", "error"),
    "invalid_target": Reason(400, "Invalid target_file.", "error"),
    "not_writable": Reason(400, "Repo status not writable.", "error"),
    "upload_denied": Reason(403, "Permission denied.", "error"),
    "gc_conflict": Reason(409, "GC Conflict.", "error"),
    "upload_name": Reason(440, "Invalid filename.", "error"),
    "upload_exists": Reason(441, "File already exists.", "error"),
    "upload_missing": Reason(441, "File does not exist.", "error"),
    "upload_too_large": Reason(442, "File size is too large.", "error"),
    "upload_quota": Reason(443, "Out of quota.", "error"),
    "upload_no_library": Reason(444, "Repo is deleted.", "error"),
    "upload_damaged": Reason(445, "Repo is damaged.", "error"),
    "upload_no_block": Reason(446, "Block is missing.", "error"),
    "upload_failed": Reason(500, "Internal error.", "error"),
}


class SeafileError(Exception):
    """An error answer; `reason` is one of REASONS, the rest stands in for what is known of it.

    Args:
        reason: which.
        text: in place of the usual one.
        status: in place of the usual one.
        wait: seconds until it is worth another try, of `throttled`.
    """

    def __init__(
        self, reason: str, text: str | None = None, *, status: int | None = None, wait: int | None = None
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.text = text
        self.status = status
        self.wait = wait

    def answer(self) -> Answer:
        known = REASONS[self.reason]
        text, headers = self.text or known.text, dict(known.headers)
        if self.wait is not None:
            text = f"{text} Expected available in {self.wait} seconds."
            headers["Retry-After"] = str(self.wait)
        status = self.status or known.status
        if not known.key:
            return Answer(status, f"{text}\n".encode(), {**PLAIN, **headers})
        if known.key == "error":
            # The fileserver pastes its message, which ends in a newline, between quotes: no JSON by the letter.
            return Answer(status, f'{{"error": "{text}\n"}}'.encode(), {**PLAIN, **headers})
        return Answer.json({known.key: text}, status=status, headers=headers)


def html_page(status: int, title: str) -> Answer:
    """What Django itself says, without any API."""
    return Answer(status, f"<!DOCTYPE html>\n<html><head><title>{title}</title></head></html>\n".encode(), HTML)
