"""What a pull link asks for, parsed and checked; that the folder lies in the home is checked where it is used."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import quote, unquote, urlsplit

from hubdrives import paths
from hubdrives.errors import BadInput, BadPath, BadTarget
from hubdrives.links import PullRequest
from hubdrives.model import Description, Kind
from hubdrives.redaction import redact

_SECRETS_IN_URLS = re.compile(r"(?i)((?:link|resourcekey)(?:=|:|%(?:25)*3[AD]))[^&\s\"'<>]+")


def checked(query: Mapping[str, str]) -> PullRequest:
    """What a pull link's `query` asks for, with a target and a urlpath that lead nowhere else.

    Raises:
        BadLink: it names nothing to pull.
        BadTarget: `targetpath` can't be a folder in the home.
        BadInput: `urlpath` leads off this server.
    """
    request = PullRequest.from_query(query)
    target = query.get("targetpath")
    return replace(
        request,
        target=None if target is None else checked_target(target),
        urlpath=_checked_urlpath(request.urlpath) if request.urlpath else None,
    )


def without_secrets(text: str) -> str:
    """`text` (a source, a URL, a log line) without link tokens and resource keys, percent-encoded ones too."""
    return redact(_SECRETS_IN_URLS.sub(r"\1[hidden]", text))


def urlpath_of(description: Description, target: str, subfolder: str = "") -> str:
    """What is opened when the link does not say: what its author chose, else the file or folder that was pulled.

    Args:
        description: of the source.
        target: the working folder, relative to the home.
        subfolder: the one that is pulled, relative to the source; it comes to the top of the working folder.
    """
    inside = description.open_path or (description.name if description.kind is Kind.FILE else "")
    inside = inside.removeprefix(f"{subfolder}/") if subfolder else inside
    return quote("/".join(part for part in ("lab/tree", target, inside) if part))


def checked_target(text: str) -> str:
    """The working folder that `text` names, relative to the home, in plain form.

    Raises:
        BadTarget: it can't be a folder in the home.
    """
    try:
        target = paths.relative(text.strip())
    except BadPath as error:
        raise BadTarget(f"The target folder can't be used: {error}") from None
    if not target:
        raise BadTarget("The target folder must be a folder in your home, not the home itself.")
    if target.startswith("~"):
        # A person means a home by it, the file system a folder called "~".
        raise BadTarget("The target folder is relative to your home; it can't begin with '~'.")
    if any(unicodedata.category(char) in {"Cc", "Cs"} for char in target):
        raise BadTarget("The target folder's name contains a character that can't be shown.")
    return target


def _checked_urlpath(text: str) -> str:
    refusal = BadInput(
        "What this link wants to open at the end is not on this server.",
        hint="Ask whoever gave you the link for a new one; urlpath must be like 'lab/tree/folder/file.ipynb'.",
    )
    if any(unicodedata.category(char) in {"Cc", "Cs"} for char in text):
        raise refusal
    try:
        parts = urlsplit(text)
    except ValueError:
        raise refusal from None
    # Browsers resolve "%2e%2e" like "..", so the path is judged as they see it.
    path = unquote(parts.path)
    if (
        parts.scheme
        or parts.netloc
        or path.startswith("/")
        or "//" in path
        or "\\" in unquote(text)
        or ".." in path.split("/")
        or any(unicodedata.category(char) == "Cc" for char in path)
    ):
        raise refusal
    return text
