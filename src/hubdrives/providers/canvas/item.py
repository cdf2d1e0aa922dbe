"""What Canvas tells of files, folders and modules, the part of it that is used here, in its own words.

https://canvas.instructure.com/doc/api/files.html, https://canvas.instructure.com/doc/api/modules.html
"""

from datetime import datetime
from typing import Annotated, Any, TypeAlias, TypeVar

import msgspec

Moment: TypeAlias = Annotated[datetime, msgspec.Meta(tz=True)]
_T = TypeVar("_T")


class LockInfo(msgspec.Struct, frozen=True):
    """Why something is locked for this account."""

    unlock_at: Moment | None = None
    lock_at: Moment | None = None


class Id(str):
    """An identifier. It is text here, also where a Canvas sends a number; it may be larger than 2^53."""

    __slots__ = ()


class Identified(msgspec.Struct, frozen=True, kw_only=True):
    """What has an id."""

    id: Id


class _Lockable(Identified, frozen=True, kw_only=True):
    """What files and folders have in common: who may see them, and when."""

    locked: bool | None = False
    """Unpublished."""
    hidden: bool | None = False
    """Only for those who have the link."""
    unlock_at: Moment | None = None
    lock_at: Moment | None = None
    locked_for_user: bool | None = False
    hidden_for_user: bool | None = False
    lock_info: LockInfo | None = None


class File(_Lockable, frozen=True, kw_only=True):
    """A file. Replacing it makes another one, with another id."""

    folder_id: Id | None = None
    display_name: str = ""
    upload_status: str | None = "success"
    content_type: str | None = msgspec.field(default=None, name="content-type")
    url: str | None = None
    """Where its bytes are; "" if this account may not have them now. It may hold a `verifier`: never kept."""
    size: int | None = None
    created_at: Moment | None = None
    updated_at: Moment | None = None
    modified_at: Moment | None = None

    def __repr__(self) -> str:
        return f"File({self.id!r}, {self.display_name!r})"

    @property
    def label(self) -> str:
        return self.display_name

    @property
    def changed(self) -> datetime | None:
        """When its content changed; `updated_at` also moves when it is renamed or locked."""
        return self.modified_at or self.updated_at

    @property
    def version(self) -> str:
        changed = self.changed
        return f"{self.id} {changed.isoformat() if changed else ''} {self.size}"


class Folder(_Lockable, frozen=True, kw_only=True):
    """A folder; that of a whole course, group or user has no parent."""

    name: str = ""
    full_name: str = ""
    parent_folder_id: Id | None = None
    context_type: str = ""
    context_id: Id = Id()
    created_at: Moment | None = None

    @property
    def label(self) -> str:
        return self.name

    @property
    def context(self) -> str:
        """Whose it is, for example "courses/101"."""
        return f"{self.context_type.lower()}s/{self.context_id}"


class ModuleItem(Identified, frozen=True, kw_only=True):
    """A line of a module. Of those that are files, `content_id` is the file's id."""

    title: str = ""
    type: str = ""
    content_id: Id | None = None
    published: bool | None = None


class Module(Identified, frozen=True, kw_only=True):
    """A module of a course. `state` is told to students only, `published` to teachers only."""

    name: str = ""
    state: str | None = None
    published: bool | None = None
    unlock_at: Moment | None = None
    items_count: int | None = None
    items: tuple[ModuleItem, ...] | None = None


class Context(Identified, frozen=True, kw_only=True):
    """A course, group or user. A course that is over may be shown without its name."""

    name: str | None = None


def convert(value: Any, kind: type[_T]) -> _T:
    """A decoded answer as one of the above; raises msgspec.ValidationError."""
    return msgspec.convert(value, kind, dec_hook=_id)


def _id(kind: type, value: Any) -> Any:
    """As msgspec wants it: what this does not decode, it says so of in this way."""
    if kind is Id and isinstance(value, str | int):
        return Id(value)
    raise NotImplementedError
