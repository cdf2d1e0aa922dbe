"""Folders in v2.1, which is also how library tokens have them.

https://download.seafile.com/published/web-api/v2.1/directories.md
"""

from collections.abc import Mapping
from typing import Any

from hubdrives.testing.emulators.seafile import shapes
from hubdrives.testing.emulators.seafile.asking import folder_path, is_name, read_data, split
from hubdrives.testing.emulators.seafile.dirs import asked_list, below, entries, make_folder, remove_folder, rename
from hubdrives.testing.emulators.seafile.errors import SeafileError, html_page
from hubdrives.testing.emulators.seafile.history import restore_folder
from hubdrives.testing.emulators.seafile.libraries import Library
from hubdrives.testing.emulators.seafile.vault import names_of
from hubdrives.testing.emulators.seafile.view import View
from hubdrives.testing.emulators.server import Answer, Call


async def list_folder(view: View, call: Call, args: Mapping[str, str]) -> Answer:
    """What is in a folder; with `with_parents` also what is in those above it."""
    recursive, kinds = asked_list(view, call)
    library = view.library(args)
    path = folder_path(view.path(call, "/"))
    folder = view.folder(library, path)
    permission = view.need_sight(library, path)
    if recursive:
        return Answer.json({"dirent_list": _timed(view, below(view, call, folder, path, permission, kinds))})
    parents = ["/"]
    for each in names_of(path):
        parents.append(f"{parents[-1]}{each}/")
    shown = parents if call.params.get("with_parents") == "true" else [path]
    found = [
        {**each, "parent_dir": parent}
        for parent in shown
        for each in entries(view, call, view.folder(library, parent), permission, kinds)
    ]
    about = {"user_perm": permission, "dir_id": view.site.vault.folder_id(folder.id)}
    if view.token is not None:
        about["repo_name"] = view.site.libraries.name(library)
    found.sort(key=lambda each: each["type"])
    return Answer.json({**about, "dirent_list": _timed(view, found)})


def _timed(view: View, found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """To library tokens times are told in another form than to accounts."""
    if view.token is None:
        return found
    return [{**each, "mtime": shapes.iso(each["mtime"])} for each in found]


async def folder_detail(view: View, call: Call, args: Mapping[str, str]) -> Answer:
    path = call.params.get("path", "")
    if not path.strip("/"):
        raise SeafileError("bad_request", "path invalid.")
    library = view.library(args)
    folder = view.folder(library, path)
    permission = view.need_sight(library, path)
    where = view.site.vault.path(folder.id, under=library.root)
    return Answer.json(
        {
            "repo_id": library.id,
            "path": f"{where}/",
            "name": folder.name,
            "mtime": shapes.iso(folder.modified),
            "permission": permission,
        }
    )


async def change_folder(view: View, call: Call, args: Mapping[str, str]) -> Answer:
    """Make, rename or restore a folder; says what became of it."""
    data = await read_data(call)
    path = _path(view, call)
    operation = data.text("operation").lower()
    if not operation:
        raise SeafileError("bad_request", "operation invalid.")
    library = view.library(args)
    match operation:
        case "mkdir":
            view.folder(library, split(path)[0])
            if not is_name(split(path)[1]):
                raise SeafileError("bad_request", "name invalid.")
            made = await make_folder(view, call, library, path)
            return Answer.json(shapes.item(view.site, library, made))
        case "rename":
            view.folder(library, path)
            name = data.text("newname")
            if not is_name(name):
                raise SeafileError("bad_request", "name invalid." if name else "newname invalid.")
            renamed = await rename(view, library, path, name)
            return Answer.json(shapes.item(view.site, library, renamed))
        case "revert":
            await restore_folder(view, library, path, data.text("commit_id"))
            return Answer.json({"success": True})
    raise SeafileError("bad_request", "operation can only be 'mkdir', 'rename' or 'revert'.")


async def delete_folder(view: View, call: Call, args: Mapping[str, str]) -> Answer:
    path = _path(view, call)
    library = view.library(args)
    before = library.head.id
    await remove_folder(view, library, path)
    return Answer.json({"success": True, "commit_id": before})


def _path(view: View, call: Call) -> str:
    path = view.path(call)
    if not path.startswith("/"):
        raise SeafileError("bad_request", "p invalid." if view.token is None else "path invalid.")
    if not path.strip("/"):
        raise SeafileError("bad_request", "Can not operate root dir.")
    return path


async def create_folders(view: View, call: Call, _args: Mapping[str, str]) -> Answer:
    """Make several folders with those above them; one that is there is a failure in the answer."""
    if not view.site.settings.modern:
        return html_page(404, "Page not found")
    data = await read_data(call)
    paths = data.values.get("paths")
    if not isinstance(paths, list) or not paths:
        raise SeafileError("bad_request", "paths invalid.")
    library = view.library_of(data.text("repo_id"))
    view.need_write(library)
    found: dict[str, list[dict[str, str]]] = {"success": [], "failed": []}
    async with view.writing("Added directories"):
        for path in map(str, paths):
            told = {"repo_id": library.id, "path": path}
            refusal = _create_one(view, library, path)
            if refusal:
                found["failed"].append({**told, "error_msg": refusal})
            else:
                found["success"].append(told)
    return Answer.json(found)


def _create_one(view: View, library: Library, path: str) -> str:
    """Make a folder with those above it; says why not."""
    there = view.at(library, path)
    if not all(is_name(each) for each in names_of(path)):
        return "path invalid."
    if there is not None and there.content is None:
        return "Folder already exists."
    try:
        view.site.add_folder(path, library=library)
    except NotADirectoryError:
        return "Internal Server Error"
    return ""
