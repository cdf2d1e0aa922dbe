"""What the doctor says: one finding for each thing that was looked at, with a code that stays what it is."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, Self, TypeAlias

from hubdrives.errors import HubdrivesError
from hubdrives.redaction import redact
from hubdrives.wire import FindingDocument

Level: TypeAlias = Literal["ok", "warning", "wrong"]


class Code(StrEnum):
    """What can be found. A connection's own failures have the codes of `hubdrives.errors` instead."""

    OK = "ok"
    NOT_CONFIGURED = "not-configured"

    ADDRESS_UNUSABLE = "address-unusable"
    HOST_UNKNOWN = "host-unknown"
    PORT_CLOSED = "port-closed"
    PORT_BLOCKED = "port-blocked"
    NO_ANSWER = "no-answer"
    NO_WAY = "no-way"
    TLS_UNTRUSTED = "tls-untrusted"
    TLS_FAILED = "tls-failed"
    NOT_HTTP = "not-http"

    GATEWAY_ELSEWHERE = "gateway-elsewhere"
    GATEWAY_PREFIX = "gateway-prefix"
    GATEWAY_DOWN = "gateway-down"
    GATEWAY_WITHOUT_HUB = "gateway-without-hub"
    GATEWAY_OLD = "gateway-old"
    ACCESS_MISSING = "access-missing"

    HUB_ENVIRONMENT = "hub-environment"
    HUB_ELSEWHERE = "hub-elsewhere"
    HUB_DOWN = "hub-down"
    TOKEN_REFUSED = "token-refused"  # noqa: S105 - a word for people
    SCOPE_MISSING = "scope-missing"
    SCOPE_TOO_MUCH = "scope-too-much"
    HUB_PLAIN = "hub-plain"
    AUTH_STATE_OFF = "auth-state-off"
    CRYPT_KEY_MISSING = "crypt-key-missing"
    REFRESH_OFF = "refresh-off"
    RENEWS_NOT = "renews-not"
    LOGIN_NONE = "login-none"
    LOGIN_UNREADABLE = "login-unreadable"
    LOGIN_WITHOUT_TOKEN = "login-without-token"  # noqa: S105 - the same
    LOGIN_ENDED = "login-ended"
    LOGIN_NOT_RENEWABLE = "login-not-renewable"

    NO_GRANTS = "no-grants"
    GRANT_UNUSABLE = "grant-unusable"
    SECRET_OPEN = "secret-open"  # noqa: S105 - the same
    FOLDER_UNUSABLE = "folder-unusable"
    LINK_KEY_MISSING = "link-key-missing"
    LINK_KEY_UNUSABLE = "link-key-unusable"

    SLOW = "slow"
    SOURCE_NOT_GRANTED = "source-not-granted"
    CHECK_FAILED = "check-failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that was looked at."""

    check: str
    """What was looked at, in a word or two: "hub", "connection course"."""
    level: Level
    """"wrong" is broken; a "warning" works, but deserves a look."""
    sentence: str
    advice: str = ""
    """How to mend it; "" where nothing is to mend."""
    code: str = Code.OK
    """A `Code`, or an error's of `hubdrives.errors`."""

    @classmethod
    def ok(cls, check: str, sentence: str) -> Self:
        return cls(check=check, level="ok", sentence=_said(sentence))

    @classmethod
    def warning(cls, check: str, code: str, sentence: str, advice: str) -> Self:
        return cls(check=check, level="warning", sentence=_said(sentence), advice=_said(advice), code=code)

    @classmethod
    def wrong(cls, check: str, code: str, sentence: str, advice: str) -> Self:
        return cls(check=check, level="wrong", sentence=_said(sentence), advice=_said(advice), code=code)

    @classmethod
    def of_error(cls, check: str, error: HubdrivesError) -> Self:
        """The finding that `error` is: its own sentence, hint and code."""
        return cls.wrong(check, error.code, str(error), error.hint)

    @classmethod
    def of_document(cls, document: FindingDocument, *, teller: str) -> Self:
        """What `teller` has found."""
        return cls(
            check=_said(f"{document.check} (by {teller})"),
            level=document.level,
            sentence=_said(document.sentence),
            advice=_said(document.advice),
            code=_said(document.code),
        )

    def document(self) -> FindingDocument:
        """The finding as it travels."""
        return FindingDocument(self.check, self.level, self.sentence, self.advice, str(self.code))


def _said(text: str) -> str:
    """`text` without secrets, and without what would move a terminal's cursor: others have written parts of it."""
    return "".join(letter if letter.isprintable() else " " for letter in redact(text))
