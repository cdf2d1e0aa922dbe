"""The changes resource: what happened since a token.

https://developers.google.com/workspace/drive/api/guides/manage-changes
"""

from typing import Any

from hubdrives.testing.emulators.googledrive.errors import DriveError
from hubdrives.testing.emulators.googledrive.fields import Mask, parse_mask, pick
from hubdrives.testing.emulators.googledrive.files import describe, flag
from hubdrives.testing.emulators.googledrive.paging import page_size
from hubdrives.testing.emulators.googledrive.resources import DEFAULT_FILE, FILE_SCHEMA, WHOLE_FILE, View, rfc3339
from hubdrives.testing.emulators.server import Answer, Call
from hubdrives.testing.emulators.tree import Change

CHANGE_SCHEMA = dict.fromkeys(("kind", "changeType", "type", "time", "removed", "fileId", "driveId", "drive")) | {
    "file": FILE_SCHEMA
}
LIST_SCHEMA = {"kind": None, "nextPageToken": None, "newStartPageToken": None, "changes": CHANGE_SCHEMA}
DEFAULT_CHANGE: Mask = {name: {} for name in CHANGE_SCHEMA} | {"file": DEFAULT_FILE}
DEFAULT_LIST: Mask = {"kind": {}, "nextPageToken": {}, "newStartPageToken": {}, "changes": DEFAULT_CHANGE}

# Each shared drive has a log of its own; a token of one log is no token of another.
USER_LOG = 8_000
DRIVE_LOG = 1_000_000


async def start_page_token(view: View, call: Call) -> Answer:
    base = _base(view, call)
    text = call.params.get("fields")
    mask = {} if text is None else parse_mask(text, {"kind": None, "startPageToken": None})
    token = str(base + len(view.tree.log) + 1)
    return Answer.json(pick({"kind": "drive#startPageToken", "startPageToken": token}, mask))


async def list_changes(view: View, call: Call) -> Answer:
    params = call.params
    mask = parse_mask(params["fields"], LIST_SCHEMA) if "fields" in params else DEFAULT_LIST
    base = _base(view, call)
    size = page_size(params, call.faults, most=1000, default=100)
    start = _sequence(view, call, base)
    removals = params.get("includeRemoved", "true") == "true"
    found = [each for each in _since(view, call, start) if removals or _shown(view, each)]
    answer: dict[str, Any] = {"kind": "drive#changeList"}
    page = found[:size]
    if len(page) < len(found) or size == 0:
        answer["nextPageToken"] = str(base + (page[-1].sequence + 1 if page else start))
    else:
        answer["newStartPageToken"] = str(base + len(view.tree.log) + 1)
    if "changes" in mask:
        wanted = mask["changes"] or {name: {} for name in CHANGE_SCHEMA}
        answer["changes"] = [pick(await _entry(view, each, wanted), wanted) for each in page]
    return Answer.json({name: value for name, value in answer.items() if name in mask})


def _base(view: View, call: Call) -> int:
    drive = call.params.get("driveId")
    if drive is None:
        return USER_LOG
    if drive not in view.drives or not flag(call.params, "supportsAllDrives"):
        raise DriveError("notFound", f"Shared drive not found: {drive}", location="driveId")
    return DRIVE_LOG


def _sequence(view: View, call: Call, base: int) -> int:
    if "pageToken" not in call.params:
        raise DriveError("required", "Required parameter: pageToken", location="pageToken")
    token = call.params["pageToken"]
    sequence = int(token) - base if token.isdecimal() else 0
    if not 1 <= sequence <= len(view.tree.log) + 1 or "expire_page_token" in call.faults:
        raise DriveError("invalid", location="pageToken")
    return sequence


def _since(view: View, call: Call, start: int) -> list[Change]:
    """The last change of each item that the caller could see then."""
    drive = call.params.get("driveId")
    drives = flag(call.params, "supportsAllDrives") and flag(call.params, "includeItemsFromAllDrives")
    latest: dict[str, Change] = {}
    for change in view.tree.log[start - 1 :]:
        in_drive = not view.access.drives.isdisjoint(change.lineage)
        seen = drive in change.lineage if drive is not None else view.access.concerns(view.email, change)
        if seen and (drives or not in_drive):
            latest.pop(change.node, None)
            latest[change.node] = change
    return list(latest.values())


def _shown(view: View, change: Change) -> bool:
    node = view.tree.nodes.get(change.node)
    return node is not None and view.can_read(node)


async def _entry(view: View, change: Change, mask: Mask) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "kind": "drive#change",
        "time": rfc3339(change.time),
        "removed": not _shown(view, change),
    }
    if change.node in view.access.drives:
        return {**entry, "changeType": "drive", "type": "drive", "driveId": change.node}
    entry |= {"changeType": "file", "type": "file", "fileId": change.node}
    if "file" in mask and not entry["removed"]:
        wanted = mask["file"] or WHOLE_FILE
        entry["file"] = (await describe(view, [view.tree[change.node]], wanted))[0]
    return entry
