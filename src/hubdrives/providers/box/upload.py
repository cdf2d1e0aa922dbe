"""What is to be written, and what has been sent of it."""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from hubdrives.content import Content
from hubdrives.errors import BadInput
from hubdrives.providers.box.item import Item
from hubdrives.providers.box.tries import Tries

CHUNKED_FROM = 20_000_000
"""Bytes: smaller files go up in one request; Box takes none of them in parts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """What is to be written."""

    folder: str
    """Its id."""
    name: str
    content: Content
    if_version: str | None = None
    modified: datetime | None = None
    link: str = field(default="", repr=False)
    """The shared link that the folder was reached by."""

    @property
    def attributes(self) -> Mapping[str, Any]:
        """What Box is told besides the name. It knows whole seconds."""
        if self.modified is None:
            return {}
        return {"content_modified_at": self.modified.astimezone(UTC).isoformat(timespec="seconds")}


@dataclass(slots=True)
class Sent:
    """What has been sent."""

    tries: Tries = field(default_factory=Tries)
    """Of the requests that make the file."""
    sha1: str = ""
    """Of the whole content, in hexadecimal, once it was read."""


def if_match(target: Item) -> dict[str, str]:
    """The header that lets a change through only if nobody made another one before."""
    return {"If-Match": target.etag} if target.etag is not None else {}


def same_name(one: str, other: str) -> bool:
    """Whether two names are one to people; Box also takes names for one that differ in capital letters."""
    return unicodedata.normalize("NFC", one) == unicodedata.normalize("NFC", other)


def check_name(name: str) -> None:
    """Raise BadInput for names that Box takes for nothing: https://developer.box.com/reference/post-files-content/"""
    if (
        not name.strip()
        or name in {".", ".."}
        or name.endswith(" ")
        or any(each in "/\\" or each < " " for each in name)
    ):
        raise BadInput(
            f"'{name[:200]}' is no name that Box takes.",
            hint="Names there have no / or \\ in them, no blank at their end, and are not '.' or '..'.",
        )


async def whole(content: Content) -> bytes:
    """All of a content, in memory."""
    return b"".join([piece async for piece in content.read()])
