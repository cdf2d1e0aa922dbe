"""New directories, and new names.

https://docs.globus.org/api/transfer/file_operations/#make_directory
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from hubdrives.testing.emulators.globus.errors import TransferError, request_id
from hubdrives.testing.emulators.globus.paths import Path
from hubdrives.testing.emulators.globus.places import lookup
from hubdrives.testing.emulators.globus.reach import MKDIR, Reach, reach
from hubdrives.testing.emulators.globus.view import View
from hubdrives.testing.emulators.server import Answer, Call
from hubdrives.testing.emulators.tree import FOLDER, Node


async def make_directory(view: View, call: Call, args: Mapping[str, str]) -> Answer:
    """Make one directory in one that is there."""
    found = reach(view, args, family=MKDIR)
    asked = await read_document(call, "mkdir")
    path = found.path(text(asked, "path"))
    found.need(path, write=True)
    async with view.site.writing():
        if lookup(view.site.tree, found.collection.root, path.absolute) is not None:
            message = found.failed("Path already exists", f"MKD {path.shown}", "Path already exists")
            raise TransferError(f"{MKDIR}.Exists", message)
        view.site.tree.add(path.name, parent=_parent(found, path).id)
    return result(call, "mkdir_result", "DirectoryCreated", "The directory was created successfully", status=202)


async def rename(view: View, call: Call, args: Mapping[str, str]) -> Answer:
    """Give something another name, perhaps in another directory. What is there keeps its name."""
    found = reach(view, args)
    asked = await read_document(call, "rename")
    old, new = found.path(text(asked, "old_path")), found.path(text(asked, "new_path"))
    for each in (old, new):
        found.need(each, write=True)
    async with view.site.writing():
        tree, root = view.site.tree, found.collection.root
        node = lookup(tree, root, old.absolute)
        if node is None or not old.names:
            raise found.missing(old.shown, "ClientError.NotFound")
        parent = _parent(found, new)
        if lookup(tree, root, new.absolute) is not None or node.id in tree.lineage(parent.id):
            raise TransferError("ExternalError.RenameFailed", f"Can not rename '{old.shown}' to '{new.shown}'")
        tree.move(node.id, parent.id, name=new.name)
    return result(call, "result", "FileRenamed", "File or directory renamed successfully")


def _parent(found: Reach, path: Path) -> Node:
    """The directory that a path is in. Raises TransferError (404)."""
    parent = lookup(found.view.site.tree, found.collection.root, path.parent)
    if parent is None or parent.kind != FOLDER:
        raise found.missing(path.shown, "ClientError.NotFound")
    return parent


async def read_document(call: Call, kind: str) -> dict[str, Any]:
    """The body. Raises TransferError (400) unless it is a document of that type."""
    found = await read_json(call)
    if found.get("DATA_TYPE") != kind:
        raise TransferError("BadRequest", f"Invalid value for 'DATA_TYPE', expected '{kind}'")
    return found


async def read_json(call: Call) -> dict[str, Any]:
    """The body. Raises TransferError (400) when it is no JSON object."""
    try:
        found = msgspec.json.decode(await call.request.content.read())
    except msgspec.DecodeError:
        found = None
    if not isinstance(found, dict):
        raise TransferError("BadRequest", "Request body is not a JSON object")
    return found


def text(found: Mapping[str, Any], name: str) -> str:
    """A member that has to be there. Raises TransferError (400)."""
    value = found.get(name)
    if not isinstance(value, str) or not value:
        raise TransferError("BadRequest", f"Missing or invalid value for '{name}'")
    return value


def result(
    call: Call, kind: str, code: str, message: str, *, status: int = 200, extra: Mapping[str, Any] | None = None
) -> Answer:
    """What Transfer says of something that was done."""
    document = {
        "DATA_TYPE": kind,
        "code": code,
        "message": message,
        "request_id": request_id(),
        "resource": call.request.path,
    }
    return Answer.json({**document, **(extra or {})}, status=status)
