"""What Seafile tells of libraries and of what is in them, the part of it that is used here, in its own words.

https://seafile-api.readme.io/reference/get_api2-repos, https://seafile-api.readme.io/reference/get_api2-repos-repo-id-dir
"""

from datetime import UTC, datetime
from typing import Any

import msgspec

EMPTY = "0" * 40
"""The id of every empty file and of every empty folder."""

_READABLE = ("", "r", "rw", "admin")
"""From the least to the most. What is called otherwise ("preview", "custom-7", any other) is no leave to download."""


class Library(msgspec.Struct, frozen=True, kw_only=True):
    """A library ("repo"). One that reaches this account in several ways is told several times."""

    id: str
    name: str = ""
    type: str = "repo"
    """"repo": the account's own; "srepo": shared by a person; "grepo": with a group or, by "Organization", all."""
    owner: str | None = None
    permission: str | None = "rw"
    encrypted: bool | int | str | None = None
    size: int | None = None
    mtime: int | None = None
    root: str | None = None
    """The id of its top folder, where it is told."""
    head_commit_id: str | None = None
    """Another one after each change anywhere in the library."""
    virtual: bool | int | None = None
    """A folder of another library that was shared by itself."""
    group_name: str | None = None

    @property
    def is_encrypted(self) -> bool:
        return bool(self.encrypted)

    @property
    def is_readable(self) -> bool:
        return may_read(self.permission)


class Dirent(msgspec.Struct, frozen=True, kw_only=True):
    """A file or folder in a library."""

    type: str
    name: str
    id: str = ""
    """Follows from the content: the file's bytes, or everything below a folder."""
    size: int | None = None
    """In bytes; of files only."""
    mtime: int | str | None = None
    permission: str | None = None
    parent_dir: str | None = None
    """Only in answers that go down into folders."""

    @property
    def is_folder(self) -> bool:
        return self.type in {"dir", "drepo"}

    @property
    def is_file(self) -> bool:
        return self.type == "file"

    @property
    def is_readable(self) -> bool:
        return may_read(self.permission)

    @property
    def modified(self) -> datetime | None:
        return moment(self.mtime)


def may_read(permission: str | None) -> bool:
    """Whether a permission lets one download."""
    return (permission or "") in _READABLE


def may_write(permission: str | None) -> bool:
    """Whether a permission lets one change things; not told is taken for yes, the server has the last word."""
    return (permission or "rw") in {"rw", "admin"}


def rank(permission: str | None) -> int:
    """How much a permission allows, to compare two."""
    return _READABLE.index(permission or "") if may_read(permission) else -1


def moment(told: Any) -> datetime | None:
    """A time as Seafile tells it: seconds since 1970, or ISO 8601; None if it is neither."""
    try:
        if isinstance(told, str):
            found = datetime.fromisoformat(told)
            return found if found.tzinfo else found.replace(tzinfo=UTC)
        return datetime.fromtimestamp(told, UTC) if told else None
    except (ValueError, TypeError, OverflowError, OSError):
        return None
