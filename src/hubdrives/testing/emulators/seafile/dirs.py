"""Folders in api2: lists, new ones, other names, removal. Paths come in the query only, operations in a form only.

https://download.seafile.com/published/web-api/v2.1/directories.md
"""

import unicodedata
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

from hubdrives.testing.emulators.seafile import shapes
from hubdrives.testing.emulators.seafile.asking import folder_path, is_name, read_form, split
from hubdrives.testing.emulators.seafile.errors import SeafileError
from hubdrives.testing.emulators.seafile.libraries import Library
from hubdrives.testing.emulators.seafile.vault import Node
from hubdrives.testing.emulators.seafile.view import View
from hubdrives.testing.emulators.server import Answer, Call

_KINDS = {"": ("dir", "file"), "d": ("dir",), "f": ("file",)}


async def list_folder(view: View, call: Call, args: Mapping[str, str]) -> Answer:
    """What is in a folder; "uptodate" for who knows its id already."""
    recursive, kinds = asked_list(view, call)
    library = view.library(args)
    path = call.params.get("p", "/")
    folder = view.folder(library, path)
    view.need_bytes(library, path)
    permission = view.need_sight(library, path)
    if view.site.settings.listing_needs_password and library.encrypted and view.user.email not in library.unlocked:
        raise SeafileError("password_needed")
    oid = view.site.vault.folder_id(folder.id)
    if call.params.get("oid") == oid:
        return Answer.json("uptodate", headers={"oid": oid})
    headers = {"oid": oid, "dir_perm": permission}
    if recursive:
        return Answer.json(below(view, call, folder, path, permission, kinds), headers=headers)
    return Answer.json(entries(view, call, folder, permission, kinds), headers=headers)


def asked_list(view: View, call: Call) -> tuple[bool, tuple[str, ...]]:
    """Whether a list shall go all the way down, and the sorts of entries in it, which library tokens name otherwise.

    Raises:
        SeafileError: 400.
    """
    if call.params.get("recursive", "0") not in {"0", "1"}:
        text = "If you want to get recursive dir entries, you should set 'recursive' argument as '1'."
        raise SeafileError("bad_request", text)
    kinds = _KINDS.get(call.params.get("t" if view.token is None else "type", ""))
    if kinds is None:
        raise SeafileError("bad_request", "'t'(type) should be 'f' or 'd'.")
    return call.params.get("recursive") == "1", kinds


def entries(
    view: View, call: Call, folder: Node, permission: str, kinds: tuple[str, ...] = ("dir", "file")
) -> list[dict[str, Any]]:
    """What is in a folder: folders first, each sort by name."""
    found = [_entry(view, call, each, permission) for each in view.site.vault.entries(folder.id)]
    chosen = [each for each in found if each["type"] in kinds]
    return sorted(chosen, key=lambda each: (each["type"], each["name"].lower()))


def below(
    view: View, call: Call, folder: Node, path: str, permission: str, kinds: tuple[str, ...]
) -> list[dict[str, Any]]:
    """All that is below a folder, each with the folder it is in; in the order of storage, which is no order."""
    return [each for each in _walk(view, call, folder, folder_path(path), permission) if each["type"] in kinds]


def _walk(view: View, call: Call, folder: Node, path: str, permission: str) -> Iterator[dict[str, Any]]:
    """Only the folder that was asked for has a slash at its end, which is what seahub gives it."""
    found = view.site.vault.entries(folder.id)
    for each in sorted(found, key=lambda each: each.name.encode(), reverse=True):
        yield {**_entry(view, call, each, permission), "parent_dir": path}
        if each.content is None:
            yield from _walk(view, call, each, f"{path.rstrip('/')}/{each.name}", permission)


def _entry(view: View, call: Call, node: Node, permission: str) -> dict[str, Any]:
    found = shapes.entry(view.site, view.site.vault.dirent(node), permission)
    if "nfd_names" in call.faults:
        found["name"] = unicodedata.normalize("NFD", found["name"])
    return found


def reloaded(view: View, call: Call, library: Library, path: str) -> Answer:
    """The list of a folder, as `reloaddir` asks for it in place of the usual answer."""
    folder = view.folder(library, path)
    headers = {"oid": view.site.vault.folder_id(folder.id), "dir_perm": view.need_sight(library, path)}
    return Answer.json(entries(view, call, folder, headers["dir_perm"]), headers=headers)


def wants_reload(call: Call) -> bool:
    return call.params.get("reloaddir", "").lower() == "true"


async def change_folder(view: View, call: Call, args: Mapping[str, str]) -> Answer:
    """Make or rename a folder."""
    form = await read_form(call)
    library = view.library(args, "Library not found.")
    path = call.params.get("p", "")
    if not path.startswith("/"):
        raise SeafileError("bad_request", "Path is missing.")
    if not path.strip("/"):
        raise SeafileError("bad_request", "Path is invalid.")
    match form.get("operation", "").lower():
        case "mkdir":
            parents = form.get("create_parents", "").lower() in {"true", "1"} and view.site.settings.modern
            return await _make(view, call, library, path, parents=parents)
        case "rename":
            name = form.get("newname", "")
            await rename(view, library, path, name)
            return Answer.json("success")
    raise SeafileError("bad_request", "Operation not supported.")


async def _make(view: View, call: Call, library: Library, path: str, *, parents: bool) -> Answer:
    parent, name = split(path)
    if not is_name(name):
        raise SeafileError("bad_request", "Folder name invalid.")
    if parents:
        async with view.writing(f'Added directory "{name}"'):
            view.need_write(library)
            made = view.site.add_folder(path, library=library)
    else:
        made = await make_folder(view, call, library, path)
    if wants_reload(call):
        return reloaded(view, call, library, parent)
    where = view.site.vault.path(made.id, under=library.root)
    location = f"{view.url}/api2/repos/{library.id}/dir/?p={quote(where)}"
    return Answer.json("success", status=201, headers={"Location": location})


async def make_folder(view: View, call: Call, library: Library, path: str) -> Node:
    """Make a folder, under another name if something has this one.

    Raises:
        SeafileError: 403, or 404 of the folder that it belongs in.
    """
    parent_path, name = split(path)
    async with view.writing(f'Added directory "{name}"'):
        parent = view.folder(library, parent_path)
        view.need_write(library, parent_path)
        if "rival" in call.faults:
            view.site.vault.add(view.site.vault.free_name(parent.id, name), parent=parent.id)
        return view.site.vault.add(view.site.vault.free_name(parent.id, name), parent=parent.id)


async def rename(view: View, library: Library, path: str, name: str) -> Node:
    """Give a folder another name, or one like it if something has that.

    Raises:
        SeafileError: 400, 403, 404, or 520 for what is no name.
    """
    async with view.writing(f'Renamed directory "{split(path)[1]}"'):
        folder = view.folder(library, path)
        view.need_write(library, path)
        if not name:
            raise SeafileError("bad_request", "New name is mandatory.")
        if name == folder.name:
            return folder
        if not is_name(name):
            raise SeafileError("operation_failed", "Failed to rename folder.")
        return view.site.vault.rename(folder.id, view.site.vault.free_name(folder.parents[0], name))


async def delete_folder(view: View, call: Call, args: Mapping[str, str]) -> Answer:
    library = view.library(args, "Library not found.")
    path = call.params.get("p", "")
    if not path:
        raise SeafileError("bad_request", "p invalid.")
    if not path.strip("/"):
        raise SeafileError("bad_request", "Path is invalid.")
    await remove_folder(view, library, path)
    return reloaded(view, call, library, split(path)[0]) if wants_reload(call) else Answer.json("success")


async def remove_folder(view: View, library: Library, path: str) -> None:
    """Raises SeafileError: 403 or 404."""
    async with view.writing(f'Deleted directory "{split(path)[1]}"'):
        folder = view.folder(library, path)
        view.need_write(library, path)
        view.site.vault.delete(folder.id)
