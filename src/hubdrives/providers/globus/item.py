"""What Globus tells of collections and of what is on them, the part of it that is used here, in its own words.

https://docs.globus.org/api/transfer/endpoint/, https://docs.globus.org/api/transfer/file_operations/
"""

from datetime import UTC, datetime
from typing import Final

import msgspec

MAPPED: Final = "GCSv5_mapped_collection"
_NO_DATA = "GCSv5_endpoint"
_NEVER = datetime.fromtimestamp(0, UTC)


class Collection(msgspec.Struct, frozen=True, kw_only=True):
    """A collection, which the API calls an endpoint."""

    id: str
    display_name: str | None = None
    entity_type: str = ""
    https_server: str | None = None
    """The address of the server for its bytes; None where there is none, as on personal computers."""
    high_assurance: bool | None = False
    owner_string: str | None = None
    description: str | None = None
    organization: str | None = None
    default_directory: str | None = None
    """Where the file manager opens it."""
    subscription_id: str | None = None
    public: bool | None = None
    """Whether everybody finds it."""
    contact_email: str | None = None
    info_link: str | None = None
    user_message: str | None = None
    """What its administrators tell everybody who uses it."""
    gcp_connected: bool | None = None
    gcp_paused: bool | None = None

    @property
    def name(self) -> str:
        """What people call it; need not be unique."""
        return self.display_name or self.id

    @property
    def has_files(self) -> bool:
        """Whether there is anything to see: of a server itself there is nothing, only of its collections."""
        return self.entity_type != _NO_DATA

    @property
    def wants_data_access(self) -> bool:
        """Whether a person must agree that this very collection is used; elsewhere, to ask for that is an error."""
        return self.entity_type == MAPPED and not self.high_assurance

    @property
    def https_scope(self) -> str:
        """The scope of tokens for its https server."""
        scope = https(self.id)
        return f"{scope}[*{data_access(self.id)}]" if self.wants_data_access else scope


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """A file or folder; a link is shown as what it leads to, with its target."""

    name: str = ""
    type: str
    """"file", "dir", "invalid_symlink", "chr", "blk", "pipe" or "other"."""
    size: int | None = None
    """In bytes; of folders without meaning."""
    last_modified: str | None = None
    """With a blank in it, to the second."""
    link_target: str | None = None

    @property
    def is_folder(self) -> bool:
        return self.type == "dir"

    @property
    def is_file(self) -> bool:
        return self.type == "file"

    @property
    def is_link(self) -> bool:
        return self.link_target is not None

    @property
    def modified(self) -> datetime | None:
        """When it was last changed; None if that is not told."""
        try:
            found = datetime.fromisoformat(self.last_modified or "")
        except ValueError:
            return None
        return found if found.tzinfo else found.replace(tzinfo=UTC)

    @property
    def mark(self) -> str:
        """Its size and when it was changed: all that Globus tells of its bytes. "" for what is no file."""
        return f"{self.size}@{(self.modified or _NEVER).timestamp():.0f}" if self.is_file else ""


def https(collection: str) -> str:
    """The scope of tokens for the https server of a collection that wants no data_access."""
    return f"https://auth.globus.org/scopes/{collection}/https"


def data_access(collection: str) -> str:
    """The scope that a person agrees to when a mapped collection is used."""
    return f"https://auth.globus.org/scopes/{collection}/data_access"
