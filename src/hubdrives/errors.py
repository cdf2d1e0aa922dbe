"""Every failure that a person may see, as one tree.

    HubdrivesError
    ├── BadInput (ValueError)          what was asked cannot be meant
    │   ├── NotALocation                   not a URL, path or connection
    │   ├── UnsupportedLink                a link of a known site that leads to no item
    │   ├── NoConnection                   nobody configured this provider, host or name
    │   ├── BadConfig                      the configuration file is wrong
    │   ├── BadPath                        a path that leads out of where it belongs
    │   ├── BadTarget                      the place to pull into can't be used
    │   └── BadLink                        a signed link that is damaged, expired or not for this person
    ├── NotFound (FileNotFoundError)   nothing there, or not for this account
    │   ├── NotShared                      the account was not given access
    │   ├── Trashed                        in the provider's bin
    │   ├── VersionGone                    the file changed since it was listed
    │   └── NotKept                        an earlier version that is not here any more
    ├── Forbidden (PermissionError)    the provider says no
    │   ├── NotGranted                     the gateway's grants say no
    │   ├── Unreadable                     listed, but its content may not or can't be downloaded
    │   └── BadCredential                  the account's key or token is refused
    │       ├── ClockSkew                      this machine's clock is off
    │       └── LoginNeeded                    only the user can renew it
    ├── Unavailable (ConnectionError)  try again later; done by itself while patience lasts
    │   ├── RateLimited                    asked too often
    │   ├── GatewayUnavailable             the hub's gateway does not answer
    │   └── Corrupt                        bytes that arrived are not the bytes that were promised
    ├── Conflict                       what is there is not what it was taken to be; nothing was changed
    │   ├── Changed                        another version is there
    │   └── NameTaken                      something else has this name
    ├── QuotaExceeded                  a limit that waiting minutes does not lift
    ├── UnexpectedAnswer               the other side answered what its documentation does not say
    └── LocalFailure (OSError)         this machine's file system
        ├── DiskFull
        └── Busy                           another pull works in the same folder

`code` is stable: scripts, pages and the gateway's API rely on it. `str(error)` is one sentence for a person; `hint`
is one more that says what to do next. Neither ever holds a token or a signed URL.
"""

import re
from typing import Any, ClassVar

from hubdrives.redaction import redact

_LONGEST_TITLE = 40
"""Characters."""


class HubdrivesError(Exception):
    """A failure told in one sentence, with what to do next.

    Attributes:
        code: stable identifier, lower-case words joined by "-".
        hint: one sentence: what the reader can do next.
        retry_after: seconds after which the other side wants to be asked again, if it said so.
        transient: whether trying again by itself makes sense.
    """

    code: ClassVar[str] = "failed"
    transient: ClassVar[bool] = False
    default_hint: ClassVar[str] = "Try again; if it fails again, send this message to your hub's administrators."

    def __init__(self, message: str, *, hint: str | None = None, retry_after: float | None = None) -> None:
        super().__init__(redact(message))
        self.hint = redact(hint or self.default_hint)
        self.retry_after = retry_after

    def __str__(self) -> str:
        # OSError subclasses would print errno tuples.
        return str(self.args[0])

    def to_wire(self) -> dict[str, Any]:
        """As JSON values: `code`, `message`, `hint` and, if set, `retry_after` (seconds)."""
        wire: dict[str, Any] = {"code": self.code, "message": str(self), "hint": self.hint}
        if self.retry_after is not None:
            wire["retry_after"] = self.retry_after
        return wire

    @classmethod
    def from_wire(cls, wire: dict[str, Any]) -> "HubdrivesError":
        """The error that `to_wire` described; an unknown code becomes a plain HubdrivesError."""
        kind = next((known for known in _tree(HubdrivesError) if known.code == wire.get("code")), HubdrivesError)
        message = str(wire.get("message") or "It failed for a reason that was not told.")
        hint, after = wire.get("hint"), wire.get("retry_after")
        error = kind(
            message,
            hint=str(hint) if hint else None,
            retry_after=float(after) if isinstance(after, int | float) else None,
        )
        if isinstance(error, LoginNeeded):
            error.login_url = _path(wire.get("login_url"))
            error.agree_at = _title(wire.get("agree_at"))
        return error

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (str(self),), vars(self)


def _path(url: Any) -> str | None:
    """`url` if it is a path, so that no answer can send a browser to another host."""
    return url if isinstance(url, str) and re.fullmatch(r"/(?![/\\])[!-~]*", url) else None


def _title(name: Any) -> str | None:
    """`name` if it can stand on a button."""
    return name if isinstance(name, str) and 0 < len(name) <= _LONGEST_TITLE and name.isprintable() else None


def _tree(root: type[HubdrivesError]) -> list[type[HubdrivesError]]:
    # A subclass without a code of its own is some module's private matter.
    children = (child for child in root.__subclasses__() if "code" in vars(child))
    return [root, *(leaf for child in children for leaf in _tree(child))]


class BadInput(HubdrivesError, ValueError):
    code = "bad-input"
    default_hint = "Correct it and try again."


class NotALocation(BadInput):
    code = "not-a-location"
    default_hint = "Paste the address of a folder from your browser, or write connection:/path."


class UnsupportedLink(BadInput):
    code = "unsupported-link"
    default_hint = "Open the folder itself in the browser and paste its address."


class NoConnection(BadInput):
    code = "no-connection"
    default_hint = "`hubdrives connections` lists what can be reached from here; your hub's administrators add more."


class BadConfig(BadInput):
    code = "bad-config"
    default_hint = "Correct the configuration file and start again."


class BadPath(BadInput):
    code = "bad-path"
    default_hint = "Use a path below the folder, without '..'."


class BadTarget(BadInput):
    code = "bad-target"
    default_hint = "Choose another folder in your home."


class BadLink(BadInput):
    code = "bad-link"
    default_hint = "Ask whoever gave you the link for a new one."


class NotFound(HubdrivesError, FileNotFoundError):
    code = "not-found"
    default_hint = "Check the address; the item may have been moved or deleted."


class NotShared(NotFound):
    code = "not-shared"


class Trashed(NotFound):
    code = "trashed"
    default_hint = "Ask its owner to restore it from the bin, or use another link."


class VersionGone(NotFound):
    code = "version-gone"
    default_hint = "Pull again: the file was changed meanwhile."


class NotKept(NotFound):
    code = "not-kept"
    default_hint = "Pull again: a file that you delete first comes back as the source has it."


class Forbidden(HubdrivesError, PermissionError):
    code = "forbidden"
    default_hint = "Ask the owner of the content for access."


class NotGranted(Forbidden):
    code = "not-granted"
    default_hint = "Ask your instructor or your hub's administrators to grant you access."


class Unreadable(Forbidden):
    code = "unreadable"
    default_hint = "Ask its owner to allow downloading, or to share it in another form."


class BadCredential(Forbidden):
    """The account's key or token is refused.

    Attributes:
        renewable: whether a fresh token of the same account may be let in.
    """

    code = "bad-credential"
    renewable: ClassVar[bool] = True
    default_hint = "Tell your hub's administrators: the key or token of this connection must be renewed."


class ClockSkew(BadCredential):
    code = "clock-skew"
    default_hint = "Tell your hub's administrators: set the clock of the machine that runs the gateway (NTP)."


class LoginNeeded(BadCredential):
    """Only the user can renew it.

    Attributes:
        login_url: the path at the hub where a new login begins, if it is known; `?next=PATH` comes back from it.
        agree_at: who wants the user to agree to something there, as a person calls them; None where a login is all.
    """

    code = "login-needed"
    default_hint = "Log out of the hub, log in again and repeat."

    def __init__(
        self,
        message: str,
        *,
        hint: str | None = None,
        retry_after: float | None = None,
        login_url: str | None = None,
        agree_at: str | None = None,
    ) -> None:
        super().__init__(message, hint=hint, retry_after=retry_after)
        self.login_url = _path(login_url)
        self.agree_at = _title(agree_at)

    def to_wire(self) -> dict[str, Any]:
        told = {"login_url": self.login_url, "agree_at": self.agree_at}
        return super().to_wire() | {name: value for name, value in told.items() if value}


class Unavailable(HubdrivesError, ConnectionError):
    code = "unavailable"
    transient = True
    default_hint = "Try again in a few minutes."


class RateLimited(Unavailable):
    code = "rate-limited"


class GatewayUnavailable(Unavailable):
    code = "gateway-unavailable"
    default_hint = "Try again in a minute; if it stays so, tell your hub's administrators."


class Corrupt(Unavailable):
    code = "corrupt"
    default_hint = "Try again; nothing was changed by the damaged download."


class Conflict(HubdrivesError):
    code = "conflict"
    default_hint = "Look at what is there now, then try again."


class Changed(Conflict):
    code = "changed"
    default_hint = "Pull first, so that you have what is there now; then try again."


class NameTaken(Conflict):
    code = "name-taken"
    default_hint = "Choose another name, or move what has it."


class QuotaExceeded(HubdrivesError):
    code = "quota-exceeded"
    default_hint = "Try again tomorrow, or ask the owner for a copy."


class UnexpectedAnswer(HubdrivesError):
    code = "unexpected-answer"


class LocalFailure(HubdrivesError, OSError):
    code = "local-failure"
    default_hint = "Check the folder and its permissions, then try again."


class DiskFull(LocalFailure):
    code = "disk-full"
    default_hint = "Delete files that you no longer need (and empty the trash), then try again."


class Busy(LocalFailure):
    code = "busy"
    default_hint = "Wait until the other pull has ended, then try again."


def all_errors() -> list[type[HubdrivesError]]:
    """Every class of the tree, the root first."""
    return _tree(HubdrivesError)


def is_of_one_file(error: HubdrivesError) -> bool:
    """Whether other files may still be copied, though one failed with `error`."""
    if isinstance(error, DiskFull | Busy):
        return False
    of_one = Conflict | NotFound | Unreadable | Corrupt | QuotaExceeded | UnexpectedAnswer | LocalFailure | BadInput
    return isinstance(error, of_one) or type(error) is Forbidden
