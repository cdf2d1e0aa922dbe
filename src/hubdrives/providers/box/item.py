"""What Box tells of items, the part of it that is used here, in its own words.

https://developer.box.com/reference/resources/file/, https://developer.box.com/reference/resources/folder/
"""

from datetime import datetime
from typing import Annotated, TypeAlias

import msgspec

FIELDS = "type,id,name,size,sha1,etag,file_version,content_modified_at,modified_at,item_status,permissions,parent"
"""What is asked for; Box tells only what is."""
WITH_PATH = f"{FIELDS},path_collection,modified_by"

ROOT = "0"
"""The folder that is the top of each account's own Box."""

Moment: TypeAlias = Annotated[datetime, msgspec.Meta(tz=True)]


class FileVersion(msgspec.Struct, frozen=True, omit_defaults=True):
    """The content that a file has now."""

    id: str
    sha1: str | None = None


class Permissions(msgspec.Struct, frozen=True, omit_defaults=True):
    """What this account may do."""

    can_download: bool = True


class Parent(msgspec.Struct, frozen=True, omit_defaults=True):
    """A folder above."""

    id: str
    name: str = ""


class Above(msgspec.Struct, frozen=True):
    """The folders above, the uppermost that this account sees first."""

    entries: tuple[Parent, ...] = ()


class User(msgspec.Struct, frozen=True, omit_defaults=True):
    """Somebody with an account at Box."""

    login: str = ""
    name: str = ""


class Item(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A file, a folder, or something else that lies in folders, such as a bookmark ("web_link")."""

    type: str
    id: str
    name: str = ""
    size: float | None = None
    """In bytes. Very large numbers come with an exponent."""
    sha1: str | None = None
    etag: str | None = None
    """Another one after each change, also of the name; for If-Match."""
    file_version: FileVersion | None = None
    content_modified_at: Moment | None = None
    modified_at: Moment | None = None
    item_status: str = "active"
    permissions: Permissions | None = None
    parent: Parent | None = None
    path_collection: Above | None = None
    modified_by: User | None = None

    def __repr__(self) -> str:
        return f"Item({self.key!r}, {self.name!r})"

    @property
    def key(self) -> str:
        """As the API calls it: "files/1400000001"."""
        return f"{self.type}s/{self.id}"

    @property
    def is_file(self) -> bool:
        return self.type == "file"

    @property
    def is_folder(self) -> bool:
        return self.type == "folder"

    @property
    def version(self) -> str:
        """Of a file: its content's checksum and number. Equal content that is uploaded again has another number."""
        if not self.is_file:
            return ""
        return f"{self.sha1 or ''} {self.file_version.id if self.file_version else ''}".strip()

    @property
    def may_be_read(self) -> bool:
        return self.permissions is None or self.permissions.can_download

    @property
    def above(self) -> tuple[str, ...]:
        """Ids of the folders above as far as this account sees them; only if the item was asked for with its path."""
        return tuple(each.id for each in self.path_collection.entries) if self.path_collection else ()
