"""Folders: what is in them, new ones, changes of them, and their way into the trash and back.

https://developer.box.com/reference/resources/folder/
"""

from collections.abc import Mapping
from typing import Any

from hubdrives.testing.emulators.box.asking import (
    asked_fields,
    check_etag,
    check_free,
    items_page,
    not_modified,
    read_json,
    text,
)
from hubdrives.testing.emulators.box.errors import BoxError
from hubdrives.testing.emulators.box.links import change_link
from hubdrives.testing.emulators.box.resources import View
from hubdrives.testing.emulators.server import Answer, Call
from hubdrives.testing.emulators.tree import FILE, FOLDER, Node


async def get_folder(view: View, call: Call, args: Mapping[str, str]) -> Answer:
    node = view.access.item("folder", args["id"])
    if not_modified(view, call, node):
        return Answer(304)
    return Answer.json(view.item(node, asked_fields(call)))


async def list_items(view: View, call: Call, args: Mapping[str, str]) -> Answer:
    node = view.access.item("folder", args["id"])
    return items_page(view, call, view.access.children(node))


async def create_folder(view: View, call: Call, _args: Mapping[str, str]) -> Answer:
    body = await read_json(call)
    name, parent_id = text(body, "name"), text(body, "parent", "id")
    async with view.box.writing(view.user):
        parent = view.access.item("folder", parent_id)
        view.access.need(parent, "upload")
        check_free(view, parent, name, for_kind=FOLDER)
        node = view.box.tree.add(name, parent=parent.id)
        return Answer.json(view.item(node, asked_fields(call)), status=201)


async def update_item(view: View, call: Call, args: Mapping[str, str], kind: str) -> Answer:
    """Rename, move, describe or share a file or folder."""
    body = await read_json(call)
    async with view.box.writing(view.user):
        node = view.access.item(kind, args["id"])
        if not node.parents:
            raise BoxError("access_denied_insufficient_permissions")
        check_etag(view, call, node)
        _relocate(view, node, body)
        if "description" in body:
            view.access.need(node, "rename")
            view.box.tree.descriptions[node.id] = str(body["description"])
            view.box.tree.touch(node.id)
        if "shared_link" in body:
            change_link(view, node, body["shared_link"])
        return Answer.json(view.item(view.box.tree[node.id], asked_fields(call)))


def _relocate(view: View, node: Node, body: Mapping[str, Any]) -> None:
    """Give an item the name and the folder that the body says, if any."""
    name = text(body, "name") if "name" in body else node.name
    parent = view.box.tree[node.parents[0]]
    target = view.access.item("folder", text(body, "parent", "id")) if body.get("parent") else parent
    if (name, target.id) == (node.name, parent.id):
        return
    view.access.need(node, "rename")
    if target.id != parent.id:
        view.access.need(node, "delete")
        view.access.need(target, "upload")
        if node.id in view.box.tree.lineage(target.id):
            raise BoxError("cyclical_folder_structure")
    check_free(view, target, name, for_kind=node.kind, but=node.id)
    view.box.tree.move(node.id, target.id, name=name)


async def update_folder(view: View, call: Call, args: Mapping[str, str]) -> Answer:
    return await update_item(view, call, args, "folder")


async def delete_folder(view: View, call: Call, args: Mapping[str, str]) -> Answer:
    async with view.box.writing(view.user):
        node = view.access.item("folder", args["id"])
        view.access.need(node, "delete")
        check_etag(view, call, node)
        if not node.parents:
            raise BoxError("access_denied_insufficient_permissions")
        if view.access.children(node) and call.params.get("recursive", "").lower() != "true":
            raise BoxError("folder_not_empty")
        view.box.tree.trash(node.id)
        return Answer(204)


async def get_trashed_folder(view: View, call: Call, args: Mapping[str, str]) -> Answer:
    return Answer.json(view.item(view.access.trashed("folder", args["id"]), asked_fields(call)))


async def restore_folder(view: View, call: Call, args: Mapping[str, str]) -> Answer:
    return await restore_item(view, call, args, "folder")


async def purge_folder(view: View, _call: Call, args: Mapping[str, str]) -> Answer:
    return await purge_item(view, args, "folder")


async def restore_item(view: View, call: Call, args: Mapping[str, str], kind: str) -> Answer:
    """Take a file or folder out of the trash, under another name or into another folder if the body says so."""
    body = await read_json(call)
    async with view.box.writing(view.user):
        node = view.access.trashed(kind, args["id"])
        view.access.need(node, "delete")
        parent = view.box.tree[node.parents[0]]
        if body.get("parent"):
            parent = view.access.item("folder", text(body, "parent", "id"))
        elif view.box.tree.in_trash(parent.id):
            raise BoxError("trashed", status=403)
        name = text(body, "name") if "name" in body else node.name
        check_free(view, parent, name, for_kind=node.kind, but=node.id)
        if (name, parent.id) != (node.name, node.parents[0]):
            view.box.tree.move(node.id, parent.id, name=name)
        restored = view.box.tree.restore(node.id)
        return Answer.json(view.item(restored, asked_fields(call)), status=201)


async def purge_item(view: View, args: Mapping[str, str], kind: str) -> Answer:
    """Remove what is in the trash for good."""
    async with view.box.writing(view.user):
        node = view.access.trashed(kind, args["id"])
        view.access.need(node, "delete")
        view.box.tree.delete(node.id)
        return Answer(204)


async def list_trash(view: View, call: Call, _args: Mapping[str, str]) -> Answer:
    tree = view.box.tree
    found = [
        each
        for each in tree.nodes.values()
        if each.trashed and each.kind in {FILE, FOLDER} and "delete" in view.access.verbs(each)
    ]
    return items_page(view, call, found)
