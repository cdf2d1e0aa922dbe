"""Files: what is known of them, the way to their bytes, changes, copies, and the trash.

https://developer.box.com/reference/resources/file/
"""

from collections.abc import Mapping

from hubdrives.testing.emulators.box.asking import (
    asked_fields,
    check_etag,
    check_free,
    not_modified,
    read_json,
    text,
)
from hubdrives.testing.emulators.box.errors import BoxError
from hubdrives.testing.emulators.box.folders import purge_item, restore_item, update_item
from hubdrives.testing.emulators.box.resources import View
from hubdrives.testing.emulators.server import Answer, Call
from hubdrives.testing.emulators.tree import FILE, Node


async def get_file(view: View, call: Call, args: Mapping[str, str]) -> Answer:
    node = view.access.item("file", args["id"])
    if not_modified(view, call, node):
        return Answer(304)
    return Answer.json(view.item(node, asked_fields(call)))


async def download(view: View, call: Call, args: Mapping[str, str]) -> Answer:
    """Send a client to where the bytes are."""
    node = view.access.item("file", args["id"])
    view.access.need(node, "download")
    check_open(view, node)
    wanted = call.params.get("version")
    version = view.box.tree.version(node.id, wanted) if wanted else view.box.tree.versions(node.id)[-1]
    if version is None:
        raise BoxError("not_found")
    if rule := call.faults.get("not_ready"):
        return Answer(202, headers={"Retry-After": str(rule.retry_after or 0)})
    return Answer(302, headers={"Location": view.cdn.sign(node.id, node.name, version.content)})


def check_open(view: View, node: Node, *, to_read: bool = True) -> None:
    """Raise BoxError (403) for a file that somebody locked, or a policy keeps."""
    if view.lasts("locked", node):
        raise BoxError("access_denied_item_locked")
    if to_read and view.lasts("malware", node):
        raise BoxError("forbidden_by_policy")


async def update_file(view: View, call: Call, args: Mapping[str, str]) -> Answer:
    check_open(view, view.access.item("file", args["id"]), to_read=False)
    return await update_item(view, call, args, "file")


async def copy_file(view: View, call: Call, args: Mapping[str, str]) -> Answer:
    body = await read_json(call)
    async with view.box.writing(view.user):
        node = view.access.item("file", args["id"])
        view.access.need(node, "download")
        parent = view.access.item("folder", text(body, "parent", "id"))
        view.access.need(parent, "upload")
        name = text(body, "name") if body.get("name") else node.name
        check_free(view, parent, name, for_kind=FILE)
        made = view.box.tree.add(name, parent=parent.id, kind=FILE, content=node.content, modified=node.modified)
        return Answer.json(view.item(made, asked_fields(call)), status=201)


async def delete_file(view: View, call: Call, args: Mapping[str, str]) -> Answer:
    async with view.box.writing(view.user):
        node = view.access.item("file", args["id"])
        view.access.need(node, "delete")
        check_etag(view, call, node)
        check_open(view, node, to_read=False)
        view.box.tree.trash(node.id)
        return Answer(204)


async def get_trashed_file(view: View, call: Call, args: Mapping[str, str]) -> Answer:
    return Answer.json(view.item(view.access.trashed("file", args["id"]), asked_fields(call)))


async def restore_file(view: View, call: Call, args: Mapping[str, str]) -> Answer:
    return await restore_item(view, call, args, "file")


async def purge_file(view: View, _call: Call, args: Mapping[str, str]) -> Answer:
    return await purge_item(view, args, "file")
