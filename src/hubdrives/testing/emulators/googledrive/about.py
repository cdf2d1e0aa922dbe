"""The about and drives resources."""

from typing import Any

from hubdrives.testing.emulators.googledrive.accounts import SCOPE
from hubdrives.testing.emulators.googledrive.errors import DriveError
from hubdrives.testing.emulators.googledrive.exports import EXPORTS
from hubdrives.testing.emulators.googledrive.fields import Schema, parse_mask, pick
from hubdrives.testing.emulators.googledrive.paging import page_size
from hubdrives.testing.emulators.googledrive.resources import APPS, View, person, rfc3339
from hubdrives.testing.emulators.server import Answer, Call

ABOUT_SCHEMA: Schema = dict.fromkeys(
    ("kind", "user", "exportFormats", "importFormats", "storageQuota", "maxUploadSize")
)
DRIVE_SCHEMA: Schema = dict.fromkeys(
    ("kind", "id", "name", "createdTime", "hidden", "capabilities", "restrictions", "colorRgb", "themeId", "orgUnitId")
)
DRIVES_SCHEMA: Schema = {"kind": None, "nextPageToken": None, "drives": DRIVE_SCHEMA}


async def about(view: View, call: Call) -> Answer:
    """https://developers.google.com/workspace/drive/api/reference/rest/v3/about/get"""
    if "fields" not in call.params:
        raise DriveError("required", "The 'fields' parameter is required for this method.", location="fields")
    found = {
        "kind": "drive#about",
        "user": person(view.email, me=view.email),
        "exportFormats": {APPS + kind: list(types) for kind, types in EXPORTS.items()},
        "importFormats": {},
        "storageQuota": {"limit": "0", "usage": "0", "usageInDrive": "0", "usageInDriveTrash": "0"},
        "maxUploadSize": str(5120 * 2**30),
    }
    return Answer.json(pick(found, parse_mask(call.params["fields"], ABOUT_SCHEMA)))


async def list_drives(view: View, call: Call) -> Answer:
    """https://developers.google.com/workspace/drive/api/reference/rest/v3/drives/list"""
    _need_scope(view)
    size = page_size(call.params, call.faults, most=100, default=10)
    request = (view.email, "drives")
    token = call.params.get("pageToken")
    page = view.pages.page(sorted(view.drives) if token is None else view.pages.rest(token, request), size, request)
    found: dict[str, Any] = {"kind": "drive#driveList", "drives": [_drive(view, each) for each in page.ids]}
    if page.next_token is not None:
        found["nextPageToken"] = page.next_token
    text = call.params.get("fields", "kind,nextPageToken,drives(kind,id,name)")
    return Answer.json(pick(found, parse_mask(text, DRIVES_SCHEMA)))


async def get_drive(view: View, call: Call) -> Answer:
    """https://developers.google.com/workspace/drive/api/reference/rest/v3/drives/get"""
    _need_scope(view)
    drive = call.segments[-1]
    if drive not in view.drives:
        raise DriveError("notFound", f"Shared drive not found: {drive}", location="driveId")
    return Answer.json(pick(_drive(view, drive), parse_mask(call.params.get("fields", "kind,id,name"), DRIVE_SCHEMA)))


def _drive(view: View, drive: str) -> dict[str, Any]:
    node = view.tree[drive]
    return {
        "kind": "drive#drive",
        "id": drive,
        "name": node.name,
        "createdTime": rfc3339(node.created),
        "hidden": False,
        "capabilities": {"canListChildren": True, "canDownload": True, "canEdit": False},
    }


def _need_scope(view: View) -> None:
    if view.scopes.isdisjoint({SCOPE + "drive", SCOPE + "drive.readonly"}):
        raise DriveError("insufficientPermissions")
