"""The files resource: list, get, download, export."""

import asyncio
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from hubdrives.testing.emulators.content import Content
from hubdrives.testing.emulators.googledrive.errors import DriveError, not_found
from hubdrives.testing.emulators.googledrive.exports import EXPORTS, LIMIT
from hubdrives.testing.emulators.googledrive.fields import Mask, parse_mask
from hubdrives.testing.emulators.googledrive.paging import page_size
from hubdrives.testing.emulators.googledrive.query import Query, confined_to, matches, parents_in, parse_query
from hubdrives.testing.emulators.googledrive.resources import (
    CHECKSUMS,
    DEFAULT_FILE,
    FILE_SCHEMA,
    WHOLE_FILE,
    View,
    mime_type,
)
from hubdrives.testing.emulators.server import Answer, Call, Slice
from hubdrives.testing.emulators.tree import FILE, FOLDER, Node

LIST_SCHEMA = {"kind": None, "nextPageToken": None, "incompleteSearch": None, "files": FILE_SCHEMA}
DEFAULT_LIST: Mask = {"kind": {}, "nextPageToken": {}, "incompleteSearch": {}, "files": DEFAULT_FILE}
MOST = 1000  # items on a page
_RANGE = re.compile(r"bytes=(\d*)-(\d*)")


def flag(params: Mapping[str, str], name: str) -> bool:
    """A parameter that is true or false, false when it is not there."""
    return params.get(name, "false").lower() == "true"


def find(view: View, file_id: str, params: Mapping[str, str], *, drives: bool | None = None) -> Node:
    """The item of that id.

    Args:
        view: whose eyes to look with.
        file_id: `root` is the caller's own My Drive.
        params: of the request.
        drives: whether items of shared drives count; by default as the request's supportsAllDrives says.

    Raises:
        DriveError: 404, also for what the caller may not see.
    """
    node = view.tree.nodes.get(view.home if file_id == "root" else file_id)
    drives = flag(params, "supportsAllDrives") if drives is None else drives
    if node is None or not view.can_read(node) or (view.access.drive_of(node.id) is not None and not drives):
        raise not_found(file_id)
    return node


async def list_files(view: View, call: Call) -> Answer:
    params, faults = call.params, call.faults
    mask = parse_mask(params["fields"], LIST_SCHEMA) if "fields" in params else DEFAULT_LIST
    size = page_size(params, faults, most=MOST, default=100)
    query = parse_query(params.get("q", ""))
    bound = ("q", "orderBy", "corpora", "driveId", "spaces", "includeItemsFromAllDrives", "supportsAllDrives")
    request = (view.email, *(params.get(name) for name in bound))
    if "expire_page_token" in faults:
        raise DriveError("invalid", location="pageToken")
    if "pageToken" in params:
        ids = view.pages.rest(params["pageToken"], request)
    else:
        found = _search(view, query, params)
        if "lose_group" in faults:
            found = []
        elif "lose_part" in faults:
            lost = faults["lose_part"].id or parents_in(query)[-1]
            found = [node for node in found if lost not in node.parents]
        ids = [node.id for node in found]
    page = view.pages.page(ids, size, request)
    answer: dict[str, Any] = {"kind": "drive#fileList", "incompleteSearch": False}
    if page.next_token is not None:
        answer["nextPageToken"] = page.next_token
    if "files" in mask:
        wanted = mask["files"] or WHOLE_FILE
        nodes = [view.tree[each] for each in page.ids if each in view.tree]
        answer["files"] = await describe(view, nodes, wanted)
    return Answer.json({name: value for name, value in answer.items() if name in mask})


async def get_file(view: View, call: Call) -> Answer:
    text = call.params.get("fields")
    mask = DEFAULT_FILE if text is None else parse_mask(text, FILE_SCHEMA)
    node = find(view, call.segments[-1], call.params)
    return Answer.json((await describe(view, [node], mask))[0])


async def download(view: View, call: Call) -> Answer:
    node = find(view, call.segments[-1], call.params)
    view.need_content_scope()
    if node.kind != FILE or node.content is None:
        raise DriveError("fileNotDownloadable")
    if not view.has_bytes(node):
        raise not_found(node.id)
    if view.lasts("abusive", node):
        owner = flag(call.params, "acknowledgeAbuse")
        raise DriveError("invalidAbuseAcknowledgment" if owner else "cannotDownloadAbusiveFile")
    _check_download(view, node)
    size = node.content.size
    headers = {"Content-Type": mime_type(node), "Content-Disposition": "attachment", "Accept-Ranges": "bytes"}
    span = _RANGE.fullmatch(call.request.headers.get("Range", ""))
    if span is None or span.groups() == ("", ""):
        return Answer(200, Slice(node.content, 0, size), headers)
    first, last = span.groups()
    start = int(first) if first else max(0, size - int(last))
    stop = min(size, int(last) + 1) if first and last else size
    if start >= stop:
        refused = DriveError("requestedRangeNotSatisfiable").answer()
        return Answer(416, refused.body, {**refused.headers, "Content-Range": f"bytes */{size}"})
    headers["Content-Range"] = f"bytes {start}-{stop - 1}/{size}"
    return Answer(206, Slice(node.content, start, stop), headers)


async def export(view: View, call: Call) -> Answer:
    """files.export."""
    body, mime = await _render(view, call, call.segments[-2])
    if len(body) > LIMIT:
        raise DriveError("exportSizeLimitExceeded")
    return Answer(200, body, {"Content-Type": mime}, promise_length=False)


async def export_link(view: View, call: Call) -> Answer:
    """What the addresses in exportLinks lead to, without a limit of size."""
    body, mime = await _render(view, call, call.params.get("id", ""))
    return Answer(200, body, {"Content-Type": mime}, promise_length=False)


async def describe(view: View, nodes: Iterable[Node], mask: Mask) -> list[dict[str, Any]]:
    """The parts of these files that a mask names."""
    nodes = list(nodes)
    if CHECKSUMS & mask.keys():
        # Reads every file that was not read before: not in the loop.
        await asyncio.to_thread(
            _hash, [each.content for each in nodes if each.kind == FILE and each.content and view.has_bytes(each)]
        )
    return [view.file(node, mask) for node in nodes]


def _hash(contents: list[Content]) -> None:
    for content in contents:
        content.hash()


def _check_download(view: View, node: Node) -> None:
    if not view.can_download(node):
        raise DriveError("cannotDownloadFile")
    if view.lasts("quota_exceeded", node):
        raise DriveError("downloadQuotaExceeded")


async def _render(view: View, call: Call, file_id: str) -> tuple[bytes, str]:
    node = find(view, file_id, call.params, drives=True)
    view.need_content_scope()
    if "mimeType" not in call.params:
        raise DriveError("required", "Required parameter: mimeType", location="mimeType")
    mime = call.params["mimeType"]
    if node.kind not in EXPORTS or node.content is None:
        raise DriveError("fileNotExportable")
    if mime not in EXPORTS[node.kind]:
        raise DriveError("badRequest", "The requested conversion is not supported.", location="convertTo")
    _check_download(view, node)
    text = await asyncio.to_thread(node.content.read)
    return await asyncio.to_thread(EXPORTS[node.kind][mime], text.decode(errors="replace")), mime


def _search(view: View, query: Query | None, params: Mapping[str, str]) -> list[Node]:
    if params.get("spaces", "drive") != "drive":
        raise DriveError("invalid", location="spaces")
    both = flag(params, "supportsAllDrives") and flag(params, "includeItemsFromAllDrives")
    drive = _corpus(view, params, both=both)
    for parent in parents_in(query):
        try:
            find(view, parent, params)
        except DriveError as error:
            raise not_found("") from error
    folders = confined_to(query)
    if folders is None:
        candidates = view.listed()
    else:
        inside = (view.tree.children(view.home if each == "root" else each) for each in sorted(folders))
        candidates = list({node.id: node for nodes in inside for node in nodes}.values())
    tops = {view.home, *view.access.drives}
    found = []
    for node in candidates:
        its_drive = view.access.drive_of(node.id)
        if node.id in tops or (its_drive is not None and not both) or (drive is not None and its_drive != drive):
            continue
        if matches(query, view.fact(node)):
            found.append(node)
    return _ordered(found, params.get("orderBy", ""))


def _corpus(view: View, params: Mapping[str, str], *, both: bool) -> str | None:
    """The shared drive that a search is confined to."""
    corpora, drive = params.get("corpora", "user"), params.get("driveId")
    if corpora not in {"user", "drive", "allDrives"}:
        raise DriveError("invalid", location="corpora")
    if (corpora == "drive") != (drive is not None) or (corpora != "user" and not both):
        raise DriveError(
            "invalid", "The specified corpora, driveId and supportsAllDrives don't fit.", location="corpora"
        )
    if drive is not None and drive not in view.drives:
        raise DriveError("notFound", f"Shared drive not found: {drive}", location="driveId")
    return drive


def _natural(name: str) -> list[tuple[int, str]]:
    return [(int(part) if part.isdecimal() else 0, part) for part in re.split(r"(\d+)", name.casefold())]


_KEYS: dict[str, Callable[[Node], Any]] = {
    "createdTime": lambda node: node.created,
    "folder": lambda node: node.kind != FOLDER,
    "modifiedByMeTime": lambda _node: 0,
    "modifiedTime": lambda node: node.modified,
    "name": lambda node: node.name.casefold(),
    "name_natural": lambda node: _natural(node.name),
    "quotaBytesUsed": lambda node: node.content.size if node.content else 0,
    "recency": lambda node: node.modified,
    "sharedWithMeTime": lambda node: node.created,
    "starred": lambda _node: 0,
    "viewedByMeTime": lambda _node: 0,
}


def _ordered(nodes: list[Node], order: str) -> list[Node]:
    for part in reversed([each.strip() for each in order.split(",") if each.strip()]):
        key, _, direction = part.partition(" ")
        if key not in _KEYS or direction not in {"", "desc"}:
            raise DriveError("invalid", location="orderBy")
        nodes = sorted(nodes, key=_KEYS[key], reverse=direction == "desc")
    return nodes
