"""Uploads in one request, and the question beforehand whether one would be taken.

https://developer.box.com/guides/uploads/direct/
"""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
from aiohttp import BodyPartReader

from hubdrives.testing.emulators.box.asking import asked_fields, check_etag, check_free, read_json, text
from hubdrives.testing.emulators.box.blobs import Blob
from hubdrives.testing.emulators.box.errors import BoxError
from hubdrives.testing.emulators.box.files import check_open
from hubdrives.testing.emulators.box.resources import View, parse_time
from hubdrives.testing.emulators.content import CHUNK
from hubdrives.testing.emulators.server import Answer, Call
from hubdrives.testing.emulators.tree import FILE, Node


@dataclass(frozen=True, slots=True)
class Upload:
    """What came: the attributes, and the bytes."""

    attributes: Mapping[str, Any]
    blob: Blob


async def upload_file(view: View, call: Call, _args: Mapping[str, str]) -> Answer:
    upload = await _receive(view, call)
    name, parent = text(upload.attributes, "name"), text(upload.attributes, "parent", "id")
    async with view.box.writing(view.user):
        return create(view, call, parent, name, upload)


async def upload_version(view: View, call: Call, args: Mapping[str, str]) -> Answer:
    upload = await _receive(view, call)
    async with view.box.writing(view.user):
        return update(view, call, args["id"], upload.attributes.get("name"), upload)


def create(view: View, call: Call, parent_id: str, name: str, upload: Upload) -> Answer:
    """Make a file of what came.

    Raises:
        BoxError: 403, 404 or 409.
    """
    parent = view.access.item("folder", parent_id)
    view.access.need(parent, "upload")
    check_free(view, parent, name, for_kind=FILE)
    node = view.box.tree.add(name, parent=parent.id, kind=FILE, content=upload.blob, modified=_modified(upload))
    return _uploaded(view, call, node, 201)


def update(view: View, call: Call, file_id: str, name: str | None, upload: Upload) -> Answer:
    """Make a new version of what came.

    Raises:
        BoxError: 403, 404, 409 or 412.
    """
    node = view.access.item("file", file_id)
    view.access.need(node, "upload")
    check_etag(view, call, node)
    check_open(view, node, to_read=False)
    if name is not None and name != node.name:
        check_free(view, view.box.tree[node.parents[0]], name, for_kind=FILE, but=node.id)
        view.box.tree.rename(node.id, name)
    return _uploaded(view, call, view.box.tree.replace(node.id, upload.blob, modified=_modified(upload)), 200)


async def preflight(view: View, call: Call, args: Mapping[str, str]) -> Answer:
    """Whether an upload would be taken."""
    body = await read_json(call)
    if "id" in args:
        node = view.access.item("file", args["id"])
        view.access.need(node, "upload")
        check_open(view, node, to_read=False)
        if body.get("name"):
            check_free(view, view.box.tree[node.parents[0]], text(body, "name"), for_kind=FILE, but=node.id)
        path = f"files/{node.id}/content"
    else:
        parent = view.access.item("folder", text(body, "parent", "id"))
        view.access.need(parent, "upload")
        check_free(view, parent, text(body, "name"), for_kind=FILE)
        path = "files/content"
    return Answer.json({"upload_url": f"{view.url}/api/2.0/{path}", "upload_token": None})


def _uploaded(view: View, call: Call, node: Node, status: int) -> Answer:
    return Answer.json({"total_count": 1, "entries": [view.item(node, asked_fields(call))]}, status=status)


def _modified(upload: Upload) -> float | None:
    found = upload.attributes.get("content_modified_at")
    try:
        return None if found is None else parse_time(found)
    except (ValueError, TypeError):
        raise BoxError("bad_request", "Invalid value for 'content_modified_at'") from None


async def _receive(view: View, call: Call) -> Upload:
    """The two parts of the form, of which the attributes come first.

    Raises:
        BoxError: 400.
    """
    attributes: Mapping[str, Any] | None = None
    blob: Blob | None = None
    late = False
    if not call.request.content_type.startswith("multipart/"):
        raise BoxError("bad_request")
    try:
        async for part in await call.request.multipart():
            if not isinstance(part, BodyPartReader):
                raise BoxError("bad_request")
            if part.name == "attributes":
                attributes, late = _attributes(await part.read()), blob is not None
            else:  # whatever its name: rclone calls it `contents`
                blob = await view.box.blobs.receive(_chunks(part))
    except ValueError:
        raise BoxError("bad_request") from None
    if late:
        raise BoxError("metadata_after_file_contents")
    if attributes is None or blob is None:
        raise BoxError("bad_request")
    if (wanted := call.request.headers.get("Content-MD5")) and wanted.lower() != blob.sha1:
        raise BoxError("bad_digest")
    return Upload(attributes, blob)


def _attributes(data: bytes) -> Mapping[str, Any]:
    try:
        found = msgspec.json.decode(data)
    except msgspec.DecodeError:
        raise BoxError("bad_request", "The attributes are no JSON") from None
    if not isinstance(found, dict):
        raise BoxError("bad_request", "The attributes are no JSON")
    return found


async def _chunks(part: BodyPartReader) -> AsyncIterator[bytes]:
    while chunk := await part.read_chunk(CHUNK):
        yield bytes(chunk)
