"""Nodes of the tree as Drive's file resources.

https://developers.google.com/workspace/drive/api/reference/rest/v3/files
"""

import mimetypes
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import Any

from hubdrives.testing.emulators.content import Content
from hubdrives.testing.emulators.faults import Faults
from hubdrives.testing.emulators.googledrive.access import Access
from hubdrives.testing.emulators.googledrive.accounts import SCOPE
from hubdrives.testing.emulators.googledrive.errors import DriveError
from hubdrives.testing.emulators.googledrive.exports import EXPORTS
from hubdrives.testing.emulators.googledrive.fields import Mask, pick
from hubdrives.testing.emulators.googledrive.paging import Pages
from hubdrives.testing.emulators.tree import FILE, FOLDER, SHORTCUT, Node, Tree

APPS = "application/vnd.google-apps."
FOLDER_TYPE = APPS + "folder"
DRIVE_FILE = SCOPE + "drive.file"
CONTENT_SCOPES = frozenset({SCOPE + "drive", SCOPE + "drive.readonly", DRIVE_FILE})
NATIVE_SIZE = 1024  # bytes that Drive counts for a document, whatever its exports weigh

# The types of the system the emulator happens to run on must not show.
_TYPES = mimetypes.MimeTypes(filenames=())
_TYPES.add_type("application/x-ipynb+json", ".ipynb")
_TYPES.add_type("text/markdown", ".md")

FILE_NAMES = [
    "appProperties",
    "capabilities",
    "contentHints",
    "contentRestrictions",
    "copyRequiresWriterPermission",
    "createdTime",
    "description",
    "downloadRestrictions",
    "driveId",
    "explicitlyTrashed",
    "exportLinks",
    "fileExtension",
    "folderColorRgb",
    "fullFileExtension",
    "hasAugmentedPermissions",
    "hasThumbnail",
    "headRevisionId",
    "iconLink",
    "id",
    "imageMediaMetadata",
    "inheritedPermissionsDisabled",
    "isAppAuthorized",
    "kind",
    "labelInfo",
    "lastModifyingUser",
    "linkShareMetadata",
    "md5Checksum",
    "mimeType",
    "modifiedByMe",
    "modifiedByMeTime",
    "modifiedTime",
    "name",
    "originalFilename",
    "ownedByMe",
    "owners",
    "parents",
    "permissionIds",
    "permissions",
    "properties",
    "quotaBytesUsed",
    "resourceKey",
    "sha1Checksum",
    "sha256Checksum",
    "shared",
    "sharedWithMeTime",
    "sharingUser",
    "shortcutDetails",
    "size",
    "spaces",
    "starred",
    "teamDriveId",
    "thumbnailLink",
    "thumbnailVersion",
    "trashed",
    "trashedTime",
    "trashingUser",
    "version",
    "videoMediaMetadata",
    "viewedByMe",
    "viewedByMeTime",
    "viewersCanCopyContent",
    "webContentLink",
    "webViewLink",
    "writersCanShare",
]
FILE_SCHEMA = dict.fromkeys(FILE_NAMES) | {
    "shortcutDetails": dict.fromkeys(("targetId", "targetMimeType", "targetResourceKey")),
    "owners": dict.fromkeys(("kind", "displayName", "emailAddress", "me", "permissionId", "photoLink")),
}


WHOLE_FILE: Mask = {name: {} for name in FILE_SCHEMA}
DEFAULT_FILE: Mask = {name: {} for name in ("kind", "id", "name", "mimeType", "resourceKey")}
CHECKSUMS = frozenset({"md5Checksum", "sha1Checksum", "sha256Checksum"})


def mime_type(node: Node) -> str:
    if node.kind == FILE:
        return _TYPES.guess_type(PurePosixPath(node.name).name)[0] or "application/octet-stream"
    return APPS + node.kind


def rfc3339(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@dataclass(frozen=True, slots=True)
class View:
    """The tree as one account sees it.

    Attributes:
        email: the account's.
        scopes: of its access token.
        keys: the resource keys that it shows, by item.
        url: where the emulator is, for links.
    """

    tree: Tree
    access: Access
    faults: Faults
    pages: Pages
    email: str
    scopes: frozenset[str]
    keys: Mapping[str, str]
    url: str

    @property
    def home(self) -> str:
        """The id of the account's own My Drive."""
        return self.access.homes.get(self.email, "")

    @property
    def drives(self) -> frozenset[str]:
        """The shared drives that it is a member of."""
        return self.access.shared_with(self.email) & self.access.drives

    @property
    def sees_nothing(self) -> bool:
        """The drive.file scope reaches only files that the app made, and an app that can't write makes none."""
        return self.scopes == {DRIVE_FILE}

    def can_read(self, node: Node) -> bool:
        return not self.sees_nothing and self.access.can_read(self.email, node, self.keys)

    def listed(self) -> list[Node]:
        """All that the account sees without naming a folder."""
        return [] if self.sees_nothing else list(self.access.listed(self.email))

    def need_content_scope(self) -> None:
        """Refuse what a token for metadata only may not do.

        Raises:
            DriveError: 403.
        """
        if self.scopes.isdisjoint(CONTENT_SCOPES):
            raise DriveError("insufficientPermissions")

    def shared_with_me(self, node: Node) -> bool:
        return node.id in self.access.shared_with(self.email) - self.access.drives

    def can_download(self, node: Node) -> bool:
        return not self.lasts("no_download", node)

    def lasts(self, effect: str, node: Node) -> bool:
        return self.faults.lasts(effect, node_id=node.id, name=node.name)

    def has_bytes(self, node: Node) -> bool:
        """Whether the bytes of a file are there: a served folder doesn't keep those of what is in the trash."""
        on_disk = None if node.content is None else node.content.path
        return on_disk is None or not self.tree.in_trash(node.id) or on_disk.exists()

    def file(self, node: Node, mask: Mask) -> dict[str, Any]:
        """The parts of a file resource that a mask names; those that the item doesn't have are left out."""
        found = {}
        for name, below in mask.items():
            make = PARTS.get(name)
            value = None if make is None else make(self, node)
            if value is not None:
                found[name] = pick(value, below)
        return found

    def fact(self, node: Node) -> Callable[[str], Any]:
        """What the conditions of a query are held against."""
        facts: dict[str, Callable[[], Any]] = {
            "parents": lambda: (*node.parents, "root") if self.home in node.parents else node.parents,
            "name": lambda: node.name,
            "mimeType": lambda: mime_type(node),
            "trashed": lambda: self.tree.in_trash(node.id),
            "starred": lambda: False,
            "sharedWithMe": lambda: self.shared_with_me(node),
            "modifiedTime": lambda: datetime.fromtimestamp(node.modified, UTC),
            "createdTime": lambda: datetime.fromtimestamp(node.created, UTC),
            "owners": lambda: (self.access.owner(node.id),),
            "writers": lambda: (self.access.owner(node.id),),
            "readers": lambda: (self.access.owner(node.id), self.email),
        }
        return lambda field: facts[field]()


def person(email: str, *, me: str) -> dict[str, Any]:
    """A user resource."""
    return {
        "kind": "drive#user",
        "displayName": email.partition("@")[0],
        "me": email == me,
        "permissionId": f"{sum(email.encode()):020}",
        "emailAddress": email,
    }


def _checksum(algorithm: Callable[[Content], str]) -> Callable[[View, Node], str | None]:
    def make(view: View, node: Node) -> str | None:
        return algorithm(node.content) if node.kind == FILE and node.content and view.has_bytes(node) else None

    return make


_plain_sha256 = _checksum(lambda content: content.sha256)


def _sha256(view: View, node: Node) -> str | None:
    return None if view.lasts("no_sha256", node) else _plain_sha256(view, node)


def _size(_view: View, node: Node) -> str | None:
    if node.content is None:
        return None
    return str(node.content.size if node.kind == FILE else NATIVE_SIZE)


def _parents(view: View, node: Node) -> list[str] | None:
    return [each for each in node.parents if each in view.tree and view.can_read(view.tree[each])] or None


def _shortcut(view: View, node: Node) -> dict[str, Any] | None:
    if node.target is None:
        return None
    target = view.tree.nodes.get(node.target)
    key = view.access.links.get(node.target)
    return {
        "targetId": node.target,
        "targetMimeType": "application/octet-stream" if target is None else mime_type(target),
        **({} if key is None else {"targetResourceKey": key}),
    }


def _export_links(view: View, node: Node) -> dict[str, str] | None:
    types = EXPORTS.get(node.kind, {})
    return {
        each: f"{view.url}/feeds/download?id={node.id}&mimeType={each.replace('+', '%2B')}" for each in types
    } or None


def _owners(view: View, node: Node) -> list[dict[str, Any]] | None:
    owner = view.access.owner(node.id)
    return None if owner is None else [person(owner, me=view.email)]


def _capabilities(view: View, node: Node) -> dict[str, bool]:
    return {
        "canCopy": False,
        "canDownload": node.kind not in {FOLDER, SHORTCUT} and view.can_download(node),
        "canEdit": False,
        "canListChildren": node.kind == FOLDER,
        "canAddChildren": False,
        "canDelete": False,
        "canRename": False,
        "canShare": False,
        "canTrash": False,
    }


def _web_link(_view: View, node: Node) -> str:
    if node.kind == FOLDER:
        return f"https://drive.google.com/drive/folders/{node.id}"
    if node.kind in EXPORTS:
        word = "spreadsheets" if node.kind == "spreadsheet" else node.kind
        return f"https://docs.google.com/{word}/d/{node.id}/edit?usp=drivesdk"
    return f"https://drive.google.com/file/d/{node.id}/view?usp=drivesdk"


def _blob(make: Callable[[Node], Any]) -> Callable[[View, Node], Any]:
    return lambda _view, node: make(node) if node.kind == FILE else None


PARTS: dict[str, Callable[[View, Node], Any]] = {
    "kind": lambda _view, _node: "drive#file",
    "id": lambda _view, node: node.id,
    "name": lambda _view, node: node.name,
    "mimeType": lambda _view, node: mime_type(node),
    "size": _size,
    "quotaBytesUsed": lambda view, node: _size(view, node) or "0",
    "md5Checksum": _checksum(lambda content: content.md5),
    "sha1Checksum": _checksum(lambda content: content.sha1),
    "sha256Checksum": _sha256,
    "headRevisionId": _blob(lambda node: node.revision),
    "originalFilename": _blob(lambda node: node.name),
    "fileExtension": _blob(lambda node: PurePosixPath(node.name).suffix[1:]),
    "fullFileExtension": _blob(lambda node: "".join(PurePosixPath(node.name).suffixes)[1:]),
    "version": lambda _view, node: str(node.version),
    "createdTime": lambda _view, node: rfc3339(node.created),
    "modifiedTime": lambda _view, node: rfc3339(node.modified),
    "parents": _parents,
    "trashed": lambda view, node: view.tree.in_trash(node.id),
    "explicitlyTrashed": lambda _view, node: node.trashed,
    "starred": lambda _view, _node: False,
    "spaces": lambda _view, _node: ["drive"],
    "driveId": lambda view, node: view.access.drive_of(node.id),
    "teamDriveId": lambda view, node: view.access.drive_of(node.id),
    "resourceKey": lambda view, node: view.access.links.get(node.id),
    "shortcutDetails": _shortcut,
    "exportLinks": _export_links,
    "owners": _owners,
    "lastModifyingUser": lambda view, node: next(iter(_owners(view, node) or ()), None),
    "ownedByMe": lambda view, node: view.access.owner(node.id) == view.email,
    "sharedWithMeTime": lambda view, node: rfc3339(node.created) if view.shared_with_me(node) else None,
    "shared": lambda view, node: view.access.owner(node.id) != view.email,
    "capabilities": _capabilities,
    "copyRequiresWriterPermission": lambda view, node: not view.can_download(node),
    "viewersCanCopyContent": lambda view, node: view.can_download(node),
    "webViewLink": _web_link,
    "webContentLink": _blob(lambda node: f"https://drive.google.com/uc?id={node.id}&export=download"),
}
