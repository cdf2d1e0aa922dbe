"""The tables from failed answers of Globus to our errors: one for the Transfer API, one for collections' https servers.

The API's numbers say little: most of what answers 502 will never work, and an https server calls its own troubles 404.
So the `code` of an answer decides, or the code in the text of an https server; never its message.

https://docs.globus.org/api/transfer/overview/#errors, https://docs.globus.org/globus-connect-server/v5/https-access-collections/
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final, Protocol, TypeAlias
from urllib.parse import parse_qs, urlsplit

from hubdrives.errors import (
    BadCredential,
    BadInput,
    Conflict,
    Forbidden,
    HubdrivesError,
    LoginNeeded,
    NameTaken,
    NotFound,
    QuotaExceeded,
    RateLimited,
    Unavailable,
    UnexpectedAnswer,
    Unreadable,
)
from hubdrives.exchange import Failure


class LoginUrl(Protocol):
    """Where somebody agrees to scopes, or logs in as parameters ask for: a path at the hub, None if there is none."""

    def __call__(self, *, scopes: Sequence[str] = ..., session: Mapping[str, str] = ...) -> str | None: ...


Access: TypeAlias = Callable[[], str | None]
"""One sentence on how to give the account access, None if nobody knows whose it is."""

_ACCESS = "Ask whoever runs the collection to give your Globus identity a permission there."
_PAUSED = "Whoever runs the collection has paused it."
# Words of an https server's answer: trouble of its own, and a file that is not there.
_TROUBLES: Final = (b"ENDPOINT_ERROR", b"INTERNAL_ERROR", b"GCS Manager Internal Error")
_MISSES: Final = (b"PATH_NOT_FOUND", b"GridFTP-Errno: 2")
_NO_CONSENT: Final = b"CONSENT_REQUIRED"
_OLD_LOGIN: Final = b"LOGIN_DENIED"


class ConsentNeeded(LoginNeeded):
    """Globus wants the person to agree to something, or to log in in another way. A fresh token does not help.

    Attributes:
        scopes: what must be agreed to, to the letter as Globus says it.
        parameters: what the login must be begun with, by name.
    """

    renewable = False
    default_hint = "Log in to Globus again through the hub, and agree to what it asks for."

    def __init__(
        self,
        message: str,
        *,
        hint: str | None = None,
        login_url: str | None = None,
        agree_at: str | None = None,
        scopes: Sequence[str] = (),
        parameters: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message, hint=hint, login_url=login_url, agree_at=agree_at)
        self.scopes = tuple(scopes)
        self.parameters = dict(parameters or {})


class LoginPage(UnexpectedAnswer):
    """An https server sends whoever has no token to a login.

    Attributes:
        collection: whose server it is, as the address of the login tells it.
    """

    def __init__(self, message: str, *, collection: str = "") -> None:
        super().__init__(message)
        self.collection = collection


class NotAFolder(BadInput):
    """A file was to be listed."""

    default_hint = "Use the folder that it is in."


class Exists(NameTaken):
    """Something has this name already."""


class Asleep(Unavailable):
    """The computer that holds a collection is not there; that may last for days."""

    transient = False
    default_hint = "Start Globus Connect Personal on that computer, or wait until it is back."


class Paused(Unavailable):
    """An administrator has stopped what was asked for, for a while."""

    transient = False
    default_hint = "Try again later, or ask them how long it will be."


@dataclass(frozen=True, slots=True)
class _Row:
    """What an answer means: which error, what happened, what to do next (None: the error's own advice)."""

    kind: type[HubdrivesError]
    message: str
    hint: str | None = None


_TOKEN = _Row(BadCredential, "Globus refused the token of this connection.")
_DENIED = _Row(Forbidden, "This account may not do that on this Globus collection.", _ACCESS)
_NOTHING = _Row(NotFound, "There is nothing on the Globus collection at this path.")
_REFUSED = _Row(BadInput, "Globus does not accept this request.")
_TROUBLE = _Row(Unavailable, "Globus has trouble at the moment.")
_BUSY = _Row(RateLimited, "Globus was asked too often.")
_COLLECTION_TROUBLE = _Row(Unavailable, "The server of this Globus collection has trouble at the moment.")
_AGREE = "Globus wants you to agree that this collection is used from here."
_SESSION = "Globus wants you to log in again for this collection"

_BY_CODE: Mapping[str, _Row] = {
    "AuthenticationFailed": _TOKEN,
    "ClientError.AuthenticationFailed": _TOKEN,
    "EndpointPermissionDenied": _DENIED,
    "PermissionDenied": _DENIED,
    "ClientError.PermissionDenied": _DENIED,
    "NotFound": _NOTHING,
    "ClientError.NotFound": _NOTHING,
    "EndpointNotFound": _Row(NotFound, "There is no such Globus collection, or this account may not see it."),
    "TaskNotFound": _Row(NotFound, "There is no such Globus task, or it is somebody else's."),
    "BadRequest": _REFUSED,
    "ClientError.BadRequest": _REFUSED,
    "Conflict": _Row(Conflict, "This does not go together with what Globus is doing there already."),
    "ClientError.Conflict": _Row(Conflict, "This does not go together with what Globus is doing there already."),
    "OperationPaused": _Row(Paused, _PAUSED),
    "EndpointError": _COLLECTION_TROUBLE,
    "ExternalError": _COLLECTION_TROUBLE,
    "ServiceUnavailable": _Row(Unavailable, "Globus is being maintained at the moment."),
}
"""By the code, or by as many of its first words as are here."""

_BY_LAST_WORD: Mapping[str, _Row] = {
    "Exists": _Row(Exists, "Something on the Globus collection has this name already."),
    "NotDirectory": _Row(NotAFolder, "This is a file on the Globus collection, not a folder."),
    "NotFound": _NOTHING,
    "PermissionDenied": _DENIED,
    "SizeLimit": _Row(
        Unreadable,
        "This folder has more entries than Globus lists.",
        "Use a folder below it, or copy it as a whole with `hubdrives transfer`.",
    ),
    "GCDisconnected": _Row(Asleep, "The computer with this Globus collection is asleep or offline."),
    "GCPaused": _Row(Asleep, "Globus is paused on the computer with this collection.", "Ask whose it is to go on."),
    "ConnectFailed": _COLLECTION_TROUBLE,
    "LoginFailed": _Row(LoginNeeded, f"{_SESSION}."),
}
"""By the last word of what failed on the way to a collection ("ExternalError.DirListingFailed.NotDirectory")."""

_BY_STATUS: Mapping[int, _Row] = {
    400: _REFUSED,
    401: _TOKEN,
    403: _DENIED,
    404: _NOTHING,
    409: _BY_CODE["Conflict"],
    429: _BUSY,
    503: _BY_CODE["ServiceUnavailable"],
}

_HTTPS: Mapping[int, _Row] = {
    401: _Row(
        BadCredential,
        "The server of this Globus collection refused the token for it.",
        "Log out of the hub, log in with Globus again and repeat.",
    ),
    403: _Row(Forbidden, "This account may not read or change this on the Globus collection.", _ACCESS),
    404: _NOTHING,
    405: _Row(Forbidden, "The server of this Globus collection does not let files be changed.", _ACCESS),
    413: _Row(BadInput, "The server of this Globus collection takes no file of this size."),
    429: _BUSY,
    503: _Row(Unavailable, "The server of this Globus collection is being maintained at the moment."),
    507: _Row(
        QuotaExceeded,
        "There is no space left on this Globus collection.",
        "Delete what is not needed there any more, or ask whoever runs it for more space.",
    ),
}


def errors(
    failure: Failure,
    *,
    login_url: LoginUrl | None = None,
    access: Access | None = None,
    also: Sequence[str] = (),
) -> HubdrivesError:
    """Our error for a failed answer of the Transfer API.

    Args:
        failure: the answer.
        login_url: where a person gives a consent that is missing.
        access: how to give the account access.
        also: scopes that will be needed next, so that nobody is asked twice.
    """
    answer = failure.json()
    told: Mapping[str, Any] = answer if isinstance(answer, dict) else {}
    return _asked_of_person(told, login_url, also) or _error(_row(failure.status, told), failure, access)


def https_errors(
    failure: Failure,
    *,
    scopes: Sequence[str] = (),
    login_url: LoginUrl | None = None,
    access: Access | None = None,
) -> HubdrivesError:
    """Our error for a failed answer of a collection's https server.

    Args:
        failure: the answer.
        scopes: what a token for this server allows.
        login_url: as for `errors`.
        access: the same.
    """
    if HTTPStatus.MULTIPLE_CHOICES <= failure.status < HTTPStatus.BAD_REQUEST:
        return _sent_to_login(failure, scopes, login_url)
    answer = failure.json()
    told: Mapping[str, Any] = answer if isinstance(answer, dict) else {}
    asked = _asked_of_person(told, login_url)
    if asked is not None:
        return asked
    if failure.status == HTTPStatus.FORBIDDEN and _NO_CONSENT in failure.body:
        return _consent(_AGREE, login_url, scopes, {})
    if failure.status == HTTPStatus.FORBIDDEN and _OLD_LOGIN in failure.body:
        return _consent(f"{_SESSION}.", login_url, scopes, {"prompt": "login"})
    troubled = any(word in failure.body for word in _TROUBLES) and not any(word in failure.body for word in _MISSES)
    if troubled and failure.status in {HTTPStatus.NOT_FOUND, HTTPStatus.BAD_REQUEST}:
        return _error(_COLLECTION_TROUBLE, failure)
    other = _COLLECTION_TROUBLE if failure.status >= HTTPStatus.INTERNAL_SERVER_ERROR else _REFUSED
    return _error(_HTTPS.get(failure.status, other), failure, access)


def _error(row: _Row, failure: Failure, access: Access | None = None) -> HubdrivesError:
    hint = (access() if access is not None and row.hint == _ACCESS else None) or row.hint
    return row.kind(row.message, hint=hint, retry_after=failure.retry_after)


def _row(status: int, told: Mapping[str, Any]) -> _Row:
    code = told.get("code")
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return _BUSY
    if isinstance(code, str):
        words = code.split(".")
        if words[0] == "ExternalError" and words[-1] in _BY_LAST_WORD:
            return _BY_LAST_WORD[words[-1]]
        for count in range(len(words), 0, -1):
            if (row := _BY_CODE.get(".".join(words[:count]))) is not None:
                return row
    return _BY_STATUS.get(status, _TROUBLE if status >= HTTPStatus.INTERNAL_SERVER_ERROR else _REFUSED)


def _asked_of_person(
    told: Mapping[str, Any], login_url: LoginUrl | None, also: Sequence[str] = ()
) -> ConsentNeeded | None:
    """The error for answers that only the person can do something about; None for others."""
    wanted = told.get("authorization_parameters")
    wanted = wanted if isinstance(wanted, dict) else {}
    scopes = _texts(told.get("required_scopes")) or _texts(wanted.get("required_scopes"))
    parameters = _parameters(wanted)
    if told.get("code") == "ConsentRequired" or scopes:
        message = _AGREE
        scopes = (*scopes, *also)
    elif parameters:
        message = f"{_SESSION}{_said(parameters)}."
    else:
        return None
    return _consent(message, login_url, scopes, parameters)


def _consent(
    message: str, login_url: LoginUrl | None, scopes: Sequence[str], parameters: Mapping[str, str]
) -> ConsentNeeded:
    url = login_url(scopes=scopes, session=parameters) if login_url is not None else None
    asked = message == _AGREE
    # Without a page that asks for more, each login asks for the same.
    hint = f"Tell your hub's administrators: logins must ask for {' '.join(scopes)}." if asked and scopes else None
    return ConsentNeeded(
        message,
        hint=None if url else hint,
        login_url=url,
        agree_at="Globus" if asked else None,
        scopes=scopes,
        parameters=parameters,
    )


def _sent_to_login(failure: Failure, scopes: Sequence[str], login_url: LoginUrl | None) -> HubdrivesError:
    """A login page in place of a file. Who showed a token must log in again; who showed none learns the collection."""
    if scopes:
        return _consent("The server of this Globus collection wants a login.", login_url, scopes, {})
    query = parse_qs(urlsplit(failure.headers.get("Location", "")).query)
    return LoginPage(
        "The server of this Globus collection wants a login.", collection=next(iter(query.get("client_id", ())), "")
    )


def _said(parameters: Mapping[str, str]) -> str:
    """What a login must be, for a person."""
    if domains := parameters.get("session_required_single_domain"):
        return f", with an identity of {domains.replace(',', ' or ')}"
    if parameters.get("session_required_mfa") in {"true", "True", "1"}:
        return ", with a second factor"
    return ""


def _parameters(wanted: Mapping[str, Any]) -> dict[str, str]:
    """The parameters of a login, each as one string: lists are joined by commas, as Globus Auth wants them."""
    kept = {name: value for name, value in wanted.items() if name != "required_scopes" and value not in (None, "", [])}
    return {str(name): _joined(value) for name, value in kept.items()}


def _joined(value: Any) -> str:
    if isinstance(value, list):
        return ",".join(map(str, value))
    return str(value).lower() if isinstance(value, bool) else str(value)


def _texts(found: Any) -> tuple[str, ...]:
    return tuple(each for each in found if isinstance(each, str)) if isinstance(found, list) else ()
