"""A file resource of Drive, the part of it that is used here.

https://developers.google.com/workspace/drive/api/reference/rest/v3/files
"""

import msgspec

_APPS = "application/vnd.google-apps."
FOLDER = _APPS + "folder"
SHORTCUT = _APPS + "shortcut"

FIELDS = (
    "id,name,mimeType,size,md5Checksum,sha256Checksum,headRevisionId,modifiedTime,createdTime,parents,trashed,driveId,"
    "resourceKey,shortcutDetails(targetId,targetResourceKey),capabilities(canDownload),ownedByMe,sharedWithMeTime"
)
"""What to ask for: the value of `fields` for one file."""


class ShortcutDetails(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """What a shortcut points to."""

    target_id: str = ""
    target_resource_key: str = msgspec.field(default="")


class Capabilities(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """What this account may do with it."""

    can_download: bool = True


class Item(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """One file, folder, shortcut or document, in Drive's own words."""

    id: str
    name: str = ""
    mime_type: str = ""
    size: int | None = None
    """Of Google's own documents it is not the size of an export."""
    md5_checksum: str = msgspec.field(default="", name="md5Checksum")
    sha256_checksum: str = msgspec.field(default="", name="sha256Checksum")
    head_revision_id: str = ""
    modified_time: str = ""
    created_time: str = ""
    parents: tuple[str, ...] = ()
    """Those that this account sees; what is merely shared with it has none."""
    trashed: bool = False
    drive_id: str = ""
    resource_key: str = ""
    shortcut_details: ShortcutDetails | None = None
    capabilities: Capabilities = Capabilities()
    owned_by_me: bool = False
    shared_with_me_time: str = ""
    """When it was shared with this account itself; what is in a shared folder has none."""

    def __repr__(self) -> str:
        # Resource keys are secret.
        return f"Item({self.id!r}, {self.name!r})"

    @property
    def is_folder(self) -> bool:
        return self.mime_type == FOLDER

    @property
    def target(self) -> str | None:
        """The id that a shortcut points to, None for everything else."""
        if self.mime_type != SHORTCUT:
            return None
        return self.shortcut_details.target_id if self.shortcut_details else ""

    @property
    def native(self) -> str | None:
        """The kind of a Google document ("document", "form"), None for folders, shortcuts and files with bytes."""
        if self.is_folder or self.mime_type == SHORTCUT or not self.mime_type.startswith(_APPS):
            return None
        return self.mime_type.removeprefix(_APPS)

    @property
    def digest(self) -> str | None:
        # MD5 first: SHA-256 appears on old files later, and a version must not change when the bytes don't.
        if self.md5_checksum:
            return f"md5:{self.md5_checksum}"
        return f"sha256:{self.sha256_checksum}" if self.sha256_checksum else None
