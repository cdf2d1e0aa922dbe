"""The table from Box's failed answers to our errors.

https://developer.box.com/guides/api-calls/permissions-and-errors/common-errors/
"""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import msgspec

from hubdrives.errors import (
    BadCredential,
    BadInput,
    Changed,
    Corrupt,
    Forbidden,
    HubdrivesError,
    NameTaken,
    NotFound,
    NotShared,
    QuotaExceeded,
    RateLimited,
    Trashed,
    Unavailable,
    UnexpectedAnswer,
    Unreadable,
)
from hubdrives.exchange import Failure
from hubdrives.providers.box.item import Item

CONTENT = "files.content"
"""The operation that fetches bytes, from an address that Box signs for some minutes."""

_OF_SESSIONS = frozenset({"uploads.status", "uploads.part", "uploads.parts", "uploads.commit", "uploads.abort"})
_ADMIN = "Tell your hub's administrators: "


class NameInUse(NameTaken):
    """Something has the name already; Box tells what."""

    def __init__(self, message: str, *, item: Item, hint: str | None = None, retry_after: float | None = None) -> None:
        super().__init__(message, hint=hint, retry_after=retry_after)
        self.item = item


class MissingScope(BadCredential):
    """The app's scopes don't include an endpoint; another token would not either."""

    renewable = False


class SessionGone(UnexpectedAnswer):
    """What was sent of an upload is not kept any more: it must be begun again."""


class PartThere(UnexpectedAnswer):
    """This part of an upload has arrived before."""


class PartsMissing(UnexpectedAnswer):
    """Box does not have all parts of an upload, or does not yet know that it has."""


class Again(UnexpectedAnswer):
    """Whether a change was made must be looked up before it is asked for again."""


class AlreadyShared(BadInput):
    """This person or group has access to it by an invitation before."""


class PositionRefused(UnexpectedAnswer):
    """The note of where the event stream was read to is of no use any more."""


_REFUSED = (UnexpectedAnswer, "Box did not accept a request.", None)

# code -> error, what happened, what to do next (None: the error's own advice).
_BY_CODE: Mapping[str, tuple[type[HubdrivesError], str, str | None]] = {
    "bad_request": _REFUSED,
    "invalid_limit": _REFUSED,
    "invalid_offset": _REFUSED,
    "invalid_parameter": _REFUSED,
    "metadata_after_file_contents": _REFUSED,
    "method_not_allowed": (NotFound, "Box knows no item of this number.", None),
    "item_name_invalid": (
        BadInput,
        "Box takes no such name.",
        "A name there must not contain / or \\, end with a blank, or be '.' or '..'.",
    ),
    "item_name_too_long": (BadInput, "Box takes no names of more than 255 characters.", None),
    "cyclical_folder_structure": (BadInput, "A folder can't be moved into itself.", None),
    "folder_not_empty": (BadInput, "There is still something in this folder in Box.", None),
    "bad_digest": (Corrupt, "What arrived at Box was not what was sent; nothing was written.", None),
    "parts_mismatch": (PartsMissing, "Box does not have all parts of the upload.", None),
    "range_overlaps_existing_part": (PartThere, "Box has this part of the upload already.", None),
    "user_already_collaborator": (AlreadyShared, "It is shared with them already.", None),
    "unauthorized": (BadCredential, "Box refused the token of this connection.", None),
    "insufficient_scope": (
        MissingScope,
        "The token of this connection was not given the right to do that in Box.",
        f"{_ADMIN}the app needs the scope for it, and to be authorised again in Box' admin console after a change.",
    ),
    "access_denied_insufficient_permissions": (Forbidden, "This account may not do that with the item in Box.", None),
    "access_from_location_blocked": (
        Forbidden,
        "The rules of the owner's organisation keep requests from this place out of Box.",
        "Ask the administrators of the owner's Box to allow the hub's network.",
    ),
    "forbidden": (Forbidden, "This account may not do that in Box.", None),
    "forbidden_by_policy": (
        Unreadable,
        "A rule of the owner's organisation, for malware or confidential content, holds this item in Box back.",
        "Ask its owner to open it in Box and look at the notice there.",
    ),
    "incorrect_shared_item_password": (
        Forbidden,
        "This shared link of Box' wants a password, and it is not known here, or not right.",
        f"{_ADMIN}the password belongs into the file that the connection's option link_passwords_file names.",
    ),
    "storage_limit_exceeded": (
        QuotaExceeded,
        "There is no space left in this Box.",
        "Delete what is not needed there any more, or ask for more space.",
    ),
    "file_size_limit_exceeded": (BadInput, "Box takes no file of this size from this account.", None),
    "access_denied_item_locked": (
        Forbidden,
        "Somebody locked this file in Box.",
        "Ask who locked it to unlock it, then try again.",
    ),
    "not_found": (NotShared, "There is nothing in Box at this address, or it is not shared with this account.", None),
    "trashed": (Trashed, "This is in Box's trash.", None),
    "item_name_in_use": (NameTaken, "Something in Box has this name already.", None),
    "name_temporarily_reserved": (Unavailable, "Somebody is uploading a file of this name to Box right now.", None),
    "operation_blocked_temporary": (Unavailable, "Box is still busy with an earlier change of this item.", None),
    "conflict": (Unavailable, "Box is still busy with an earlier change of this item.", None),
    "session_expired": (SessionGone, "The upload took too long; Box has forgotten its beginning.", None),
    "upload_failed": (SessionGone, "Box gave this upload up.", None),
    "precondition_failed": (Changed, "Somebody else changed it in Box meanwhile.", None),
    "sync_item_precondition_failed": (Changed, "Somebody else changed it in Box meanwhile.", None),
    "rate_limit_exceeded": (RateLimited, "Box was asked too often.", None),
    "internal_server_error": (Unavailable, "Box has trouble at the moment.", None),
    "unavailable": (Unavailable, "Box has trouble at the moment.", None),
}
_BY_STATUS: Mapping[int, str] = {
    400: "bad_request",
    401: "unauthorized",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    408: "unavailable",
    409: "conflict",
    410: "session_expired",
    412: "precondition_failed",
    429: "rate_limit_exceeded",
}


def errors(failure: Failure) -> HubdrivesError:
    """Our error for a failed answer; 401s and many others have no body."""
    status, told = failure.status, _told(failure)
    code: str | None = told.get("code")
    if status == HTTPStatus.TOO_MANY_REQUESTS or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        code = "rate_limit_exceeded" if status == HTTPStatus.TOO_MANY_REQUESTS else "unavailable"
    elif code is None and failure.operation == CONTENT and status != HTTPStatus.UNAUTHORIZED:
        # Not Box itself, but where its signed address leads: asked again, Box signs a new one.
        return Unavailable("The address of a file's content, which Box had signed, was refused.")
    if code is None or code not in _BY_CODE:
        code = _BY_STATUS.get(status, "bad_request")
    if code == "not_found" and failure.operation in _OF_SESSIONS:
        code = "session_expired"
    if code == "bad_request" and failure.operation == "events":
        return PositionRefused("Box does not tell what changed since then.")
    if code == "item_name_in_use" and (item := _conflict(told)) is not None:
        return NameInUse(f"Something in Box has the name '{item.name[:200]}' already.", item=item)
    kind, message, hint = _BY_CODE[code]
    return kind(message, hint=hint, retry_after=failure.retry_after)


def _told(failure: Failure) -> dict[str, Any]:
    told = failure.json()
    return told if isinstance(told, dict) and isinstance(told.get("code"), str) else {}


def _conflict(told: Mapping[str, Any]) -> Item | None:
    """What has the name: an object for files, a list of one for folders."""
    match told.get("context_info"):
        case {"conflicts": [found, *_]} | {"conflicts": {} as found}:
            try:
                return msgspec.convert(found, Item)
            except msgspec.ValidationError:
                return None
    return None
