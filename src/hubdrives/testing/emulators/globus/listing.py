"""Lists of directories, and looks at one file or directory.

https://docs.globus.org/api/transfer/file_operations/#list_directory_contents
"""

from collections.abc import Mapping
from typing import Any

from hubdrives.testing.emulators.globus.errors import TransferError
from hubdrives.testing.emulators.globus.filters import chosen, ordered
from hubdrives.testing.emulators.globus.paths import Path
from hubdrives.testing.emulators.globus.places import follow, local_name, lookup
from hubdrives.testing.emulators.globus.reach import LISTING, Reach, reach
from hubdrives.testing.emulators.globus.tasks import spaced
from hubdrives.testing.emulators.globus.view import View
from hubdrives.testing.emulators.server import Answer, Call
from hubdrives.testing.emulators.tree import FILE, FOLDER, SHORTCUT, Node

_DIRECTORY_SIZE = 4096  # bytes, which means nothing
_SPECIAL_KINDS = frozenset({"chr", "blk", "pipe", "other"})
_FILTERABLE = frozenset({"name", "type", "size", "last_modified"})
_SORTABLE = _FILTERABLE | {"permissions", "user", "group"}
_LINK = ("link_target", "link_size", "link_user", "link_group", "link_last_modified")


async def list_directory(view: View, call: Call, args: Mapping[str, str]) -> Answer:
    """What is in a directory, but not what is in the directories in it."""
    found = reach(view, args)
    path = found.path(call.params.get("path") or found.collection.default_directory or "")
    node = found.find(path)
    if node is None:
        raise found.missing(path.shown, "ClientError.NotFound")
    if node.kind != FOLDER:
        text = found.failed("Directory Listing Failed", f"MLSC {path.shown}", "Path is not a directory")
        raise TransferError(f"{LISTING}.NotDirectory", text)
    most = view.site.settings.list_limit
    entries = view.site.tree.children(node.id)
    if len(entries) > most or "size_limit" in call.faults:
        raise TransferError(f"{LISTING}.SizeLimit", f"Directory has more than {most} entries, which is the limit")
    limit, offset = number(call, "limit", most, most), number(call, "offset", 0)
    documents = _wanted(call, [document(found, each, path / each.name) for each in entries])
    page = documents[offset : offset + limit]
    return Answer.json(
        {
            "DATA_TYPE": "file_list",
            "endpoint": found.collection.id,
            "path": path.folder,
            "absolute_path": None if found.collection.host else (path / "").absolute,
            "rename_supported": True,
            "symlink_supported": False,
            "length": len(page),
            "total": len(documents),
            "DATA": page,
        }
    )


async def stat(view: View, call: Call, args: Mapping[str, str]) -> Answer:
    """One file or directory."""
    found = reach(view, args)
    path = found.path(call.params.get("path") or found.collection.default_directory or "")
    found.need(path)
    # A rule of the list is about the path itself, so nobody needs leave for the directory that it is in.
    tree, root = view.site.tree, found.collection.root
    parent = lookup(tree, root, path.parent)
    node = None if parent is None else tree.child(parent.id, path.name) if path.names else parent
    if node is None:
        raise found.missing(path.shown, "NotFound")
    return Answer.json(document(found, node, path))


def document(found: Reach, node: Node, path: Path) -> dict[str, Any]:
    """A file or directory as the API shows it; a symbolic link as what it leads to."""
    tree, people = found.view.site.tree, found.view.site.people
    user = local_name(people.identities[found.collection.owner])
    target = follow(tree, node)
    shown = target or node
    link: dict[str, Any] = dict.fromkeys(_LINK)
    if node.kind == SHORTCUT:
        where = "/nowhere" if target is None else tree.path(target.id, under=found.collection.root)
        link = {
            "link_target": where,
            "link_size": len(where.encode()),
            "link_user": user,
            "link_group": user,
            "link_last_modified": spaced(node.modified),
        }
    return {
        "DATA_TYPE": "file",
        "name": path.name or "/",
        "type": _kind(target),
        "size": _DIRECTORY_SIZE if shown.content is None else shown.content.size,
        "last_modified": spaced(shown.modified),
        "permissions": "0755" if shown.kind == FOLDER else "0644",
        "user": user,
        "group": user,
        **link,
    }


def _kind(node: Node | None) -> str:
    if node is None:
        return "invalid_symlink"
    return {FOLDER: "dir", FILE: "file"}.get(node.kind, node.kind if node.kind in _SPECIAL_KINDS else "file")


def _wanted(call: Call, documents: list[dict[str, Any]]) -> list[Mapping[str, Any]]:
    if call.params.get("show_hidden", "1") not in {"0", "1"}:
        raise TransferError("ClientError.BadRequest", "Invalid value for 'show_hidden'")
    if call.params.get("show_hidden") == "0":
        documents = [each for each in documents if not each["name"].startswith(".")]
    try:
        kept = chosen(documents, call.request.query.getall("filter", []), _FILTERABLE)
        return ordered(kept, call.params.get("orderby") or "name", _SORTABLE)
    except ValueError as error:
        raise TransferError("ClientError.BadRequest", str(error)) from None


def number(call: Call, name: str, usual: int, most: int | None = None) -> int:
    """A number of the query. Raises TransferError (400) for one that is none, or too large."""
    text = call.params.get(name, "")
    if not text:
        return usual
    if not text.isdecimal() or (most is not None and not 0 < int(text) <= most):
        raise TransferError("ClientError.BadRequest", f"Invalid value for '{name}'")
    return int(text)
