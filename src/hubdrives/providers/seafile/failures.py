"""The table from Seafile's failed answers to our errors.

Two servers answer behind one address: seahub, which knows accounts, and the file server, which moves bytes. They mean
different things by the same numbers, so the operation decides which table counts.

https://manual.seafile.com/latest/develop/web_api_v2.1/, https://github.com/haiwen/seahub (seahub/api2/views.py),
https://github.com/haiwen/seafile-server (fileserver/)
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

from hubdrives.errors import (
    BadCredential,
    BadInput,
    Forbidden,
    HubdrivesError,
    NameTaken,
    NotFound,
    NotShared,
    QuotaExceeded,
    RateLimited,
    Unavailable,
    UnexpectedAnswer,
    Unreadable,
)
from hubdrives.exchange import Failure

CONTENT: Final = "files.content"
UPLOAD: Final = "files.upload"
UPDATE: Final = "files.update"
ZIPPED: Final = "zip.content"
"""The operations that the file server answers."""

SHARED_CONTENT: Final = "share-links.content"
"""The operation that begins at seahub, with the page of a public link, and is led on to the file server."""
ZIP_TASK: Final = "zip.task"
ZIP_PROGRESS: Final = "zip.progress"

_BYTES = frozenset({CONTENT, UPLOAD, UPDATE, ZIPPED})
_ZIPS = frozenset({ZIP_TASK, ZIP_PROGRESS, ZIPPED})

_ADMIN = "Tell your hub's administrators: "
_ENCRYPTED_HINT = "Put what is needed here into a library without a password, and use that one."
_EXPECTED = re.compile(r"available in (\d+) second")


class LinkDead(UnexpectedAnswer):
    """The address of a file's bytes is used up or too old; a new one can be asked for."""


class Encrypted(Unreadable):
    """The library is encrypted."""

    default_hint = _ENCRYPTED_HINT


class LinkThere(BadInput):
    """A public link to the same thing is there already."""

    default_hint = "Use that one, or end it first."


class NotKnownHere(UnexpectedAnswer):
    """The server has no such function: it is older or smaller than others."""


class ZipRefused(UnexpectedAnswer):
    """There will be no zip; the files can be had one by one."""


class ZipTooLarge(ZipRefused):
    """As long as more is asked for than the server packs into one."""


@dataclass(frozen=True, slots=True)
class _Row:
    """What an answer means: which error, what happened, what to do next (None: the error's own advice)."""

    kind: type[HubdrivesError]
    message: str
    hint: str | None = None


_DEAD = _Row(LinkDead, "The address of a file's content, which Seafile had made, is not good any more.")
_GONE = _Row(NotFound, "This library of Seafile's was deleted.")
_ENCRYPTED = _Row(Encrypted, "This library in Seafile is encrypted, and its password is not known here.")
_NO_TOKEN = _Row(
    BadCredential,
    "No token was shown to Seafile.",
    f"{_ADMIN}the connection needs a credential.",
)
_LINK_PASSWORD = _Row(
    Forbidden,
    "This share link of Seafile's wants a password, and it is not known here, or not right.",
    f"{_ADMIN}the password belongs into the file that the connection's option link_passwords_file names.",
)
_NO_NAME = _Row(
    BadInput,
    "Seafile takes no such name.",
    "A name there must not contain /, be '.' or '..', or be longer than 255 bytes; some servers take no emoji.",
)

# Words of the answer, in lower case -> what they mean. The first that are found count.
_BY_WORDS: tuple[tuple[str, _Row], ...] = (
    ("access token not found", _DEAD),
    ("bad access token", _DEAD),
    ("bad repo id", _GONE),
    ("repo is encrypted", _ENCRYPTED),
    ("credentials were not provided", _NO_TOKEN),
    ("parent dir", _Row(NotFound, "The folder is not there in Seafile any more.")),
    ("share link", _Row(LinkThere, "There is a public link to this in Seafile already.")),
    ("password is too short", _Row(BadInput, "This password is too short for the Seafile server.")),
    ("password is required", _LINK_PASSWORD),
    ("invalid password", _LINK_PASSWORD),
    ("size is too large", _Row(ZipTooLarge, "Seafile packs less into one zip.")),
    ("total size exceeds limit", _Row(ZipTooLarge, "Seafile packs less into one zip.")),
    ("name invalid", _NO_NAME),
    ("name is too long", _NO_NAME),
    ("invalid filename", _NO_NAME),
    ("name is the same", _Row(BadInput, "It has this name already in Seafile.")),
    ("shared to owner", _Row(BadInput, "In Seafile, a folder can't be shared with the account whose it is.")),
    (
        "not writable",
        _Row(
            Forbidden,
            "This library in Seafile can only be read.",
            "Ask its owner to take it out of the read-only state.",
        ),
    ),
    ("invalid token", _Row(NotFound, "There is no such share link in Seafile, or it has expired.")),
    ("token invalid", _Row(NotFound, "There is no such link in Seafile, or what it led to is gone.")),
)
_WORDS_OF = frozenset({HTTPStatus.BAD_REQUEST, HTTPStatus.FORBIDDEN, HTTPStatus.CONFLICT})

_OF_SEAHUB: Mapping[int, _Row] = {
    400: _Row(UnexpectedAnswer, "Seafile did not accept a request."),
    401: _Row(BadCredential, "Seafile refused the token of this connection."),
    403: _Row(Forbidden, "This account may not do that in Seafile."),
    404: _Row(NotFound, "There is nothing in Seafile at this address."),
    405: _Row(NotKnownHere, "This Seafile server does not know how to do that."),
    408: _Row(Unavailable, "Seafile did not answer in time."),
    409: _Row(NameTaken, "Something in Seafile has this name already."),
    413: _Row(BadInput, "This server takes no file of this size.", "Ask its administrators for a higher limit."),
    440: _ENCRYPTED,
    441: _Row(Encrypted, "This library in Seafile is encrypted, and only Seafile's own programs can open it."),
    442: _Row(BadInput, "This server takes no file of this size."),
    443: _Row(
        QuotaExceeded,
        "There is no space left in this Seafile account.",
        "Delete what is not needed there any more, or ask for more space.",
    ),
    447: _Row(
        QuotaExceeded,
        "There are as many files in this library of Seafile's as there may be.",
        "Delete what is not needed there any more, or use another library.",
    ),
    520: _Row(Unavailable, "Seafile could not do it, for a reason inside the server."),
}
_OF_FILE_SERVER: Mapping[int, _Row] = {
    **_OF_SEAHUB,
    401: _DEAD,
    404: _DEAD,
    409: _Row(Unavailable, "Seafile is cleaning up its storage at the moment."),
    440: _NO_NAME,
    441: _Row(NotFound, "The file that was to be replaced is not there in Seafile any more."),
    444: _GONE,
    445: _Row(Unreadable, "This library of Seafile's is damaged.", "Tell the administrators of the Seafile server."),
    446: _Row(
        Unreadable, "A part of this file is missing in Seafile's storage.", "Tell the administrators of the server."
    ),
}
_EXISTS_OR_NOT = 441
_TAKEN = _Row(NameTaken, "Something in Seafile has this name already.")
_BUSY = _Row(RateLimited, "Seafile was asked too often.")
_NO_ZIP = _Row(ZipRefused, "Seafile did not make a zip.")
_NO_ZIPS = _Row(NotKnownHere, "This Seafile server makes no zips.")
_NOT_KNOWN = _Row(NotKnownHere, "This Seafile server does not know such an address.")
_NOT_SHARED = _Row(NotShared, "This is not shared with this account in Seafile.")
_REFUSED: Mapping[str, _Row] = {
    "libraries.get": _NOT_SHARED,
    "dir.list": _NOT_SHARED,
    "smart-links.get": _NOT_SHARED,
    "files.link": _Row(Unreadable, "Its owner lets this account look at this file in Seafile, but not download it."),
}
_TROUBLE = _Row(Unavailable, "Seafile has trouble at the moment.")


def errors(failure: Failure) -> HubdrivesError:
    """Our error for a failed answer."""
    said = told(failure)
    row = _row(failure, said.lower())
    return row.kind(row.message, hint=row.hint, retry_after=_retry_after(failure, said))


def told(failure: Failure) -> str:
    """What the server said, "" if that was no sentence but a page.

    The file server writes a raw line break into its JSON strings, and may call them plain text.
    """
    try:
        answer: Any = json.loads(failure.body, strict=False)
    except (ValueError, RecursionError):
        text = failure.body.decode("utf-8", "replace").strip()
        return "" if text.startswith("<") else text
    if isinstance(answer, dict):
        answer = next((answer[key] for key in ("error_msg", "detail", "error") if key in answer), "")
    return answer.strip() if isinstance(answer, str) else ""


def _row(failure: Failure, said: str) -> _Row:
    status, operation = failure.status, failure.operation
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return _BUSY
    if status in _WORDS_OF and (meant := next((row for words, row in _BY_WORDS if words in said), None)) is not None:
        return meant
    if operation in _ZIPS and status != HTTPStatus.UNAUTHORIZED:
        old = operation == ZIP_TASK and status == HTTPStatus.NOT_FOUND and not said
        return _NO_ZIPS if old else _NO_ZIP
    return _of_file_server(status, said) if operation in _BYTES else _of_seahub(status, said, operation)


def _of_file_server(status: int, said: str) -> _Row:
    if status == _EXISTS_OR_NOT and "exists" in said:
        return _TAKEN
    return _listed(_OF_FILE_SERVER, status)


def _of_seahub(status: int, said: str, operation: str) -> _Row:
    if status == HTTPStatus.NOT_FOUND and not said and operation != SHARED_CONTENT:
        return _NOT_KNOWN
    if status == HTTPStatus.FORBIDDEN and operation in _REFUSED:
        return _REFUSED[operation]
    return _listed(_OF_SEAHUB, status)


def _listed(table: Mapping[int, _Row], status: int) -> _Row:
    return table.get(status, _TROUBLE if status >= HTTPStatus.INTERNAL_SERVER_ERROR else table[400])


def _retry_after(failure: Failure, said: str) -> float | None:
    """Seconds from the header, or from the sentence of a server that sends none."""
    if failure.retry_after is not None or failure.status != HTTPStatus.TOO_MANY_REQUESTS:
        return failure.retry_after
    expected = _EXPECTED.search(said)
    return float(expected[1]) if expected else None
