"""Takes secrets out of text before a person or a log sees it: bearer tokens, keys, signed URLs."""

import logging
import re

_HIDDEN = "[hidden]"

# Query parameters that let whoever holds the URL in, at any of the providers (signatures, tokens, resource keys).
_PARAMETERS = (
    "access_token|auth_token|token|refresh_token|id_token|assertion|client_secret|secret|password|passwd|"
    "resourcekey|resource_key|key|api_key|sig|signature|x-goog-signature|x-amz-signature|x-amz-security-token|"
    "x-amz-credential|verifier|link|code|state"
)
_PATTERNS = (
    # Words of a sentence ("token expired") are no tokens: those have digits or are long.
    re.compile(r"(?i)\b(bearer|token|basic)\s+(?:(?=[a-z._~+/=-]*\d)[a-z0-9._~+/=-]{8,}|[a-z0-9._~+/=-]{24,})"),
    re.compile(rf"(?i)([?&#;](?:{_PARAMETERS})=)[^&#\s\"'<>]+"),
    # JSON, and JSON within JSON; a quoted quote does not end the value.
    re.compile(
        rf"(?i)((?:\\?[\"'])(?:{_PARAMETERS})\\?[\"']\s*:\s*(?P<quote>\\?[\"']))(?:(?!(?P=quote))(?:\\.|[^\\]))+"
    ),
    re.compile(r"\b(ya29\.)[\w.-]+"),
    re.compile(r"\b(eyJ)[\w-]+\.[\w-]+\.?[\w-]*"),
    re.compile(r"(-----BEGIN [A-Z ]*PRIVATE KEY-----)(?!\[hidden\])[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)"),
    re.compile(r"\b(link:)[\w.~+/=-]{16,}"),
    re.compile(r"(://)[^/\s@?#]+(?=@)"),
)


def redact(text: str) -> str:
    """`text` without tokens, private keys, passwords in URLs and the signatures of signed URLs."""
    for pattern in _PATTERNS:
        text = pattern.sub(_hide, text)
    return text


def _hide(match: re.Match[str]) -> str:
    kept = match[1]
    return f"{kept} {_HIDDEN}" if kept.isalpha() else f"{kept}{_HIDDEN}"


class RedactingFilter(logging.Filter):
    """A filter for log handlers: what is written has passed `redact`, tracebacks included."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg = redact(record.getMessage())
        record.args = None
        if record.exc_info:
            record.exc_text = redact(logging.Formatter().formatException(record.exc_info))
            record.exc_info = None
        if record.stack_info:
            record.stack_info = redact(record.stack_info)
        return True
