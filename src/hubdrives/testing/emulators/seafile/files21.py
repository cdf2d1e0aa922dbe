"""Files in v2.1, which is also how library tokens have them: always 200, and the answer says what became of the file.

https://download.seafile.com/published/web-api/v2.1/file.md
"""

from collections.abc import Mapping

from hubdrives.testing.emulators.seafile import shapes
from hubdrives.testing.emulators.seafile.asking import Data, is_name, read_data, split
from hubdrives.testing.emulators.seafile.errors import SeafileError
from hubdrives.testing.emulators.seafile.files import create_file, link_to, relocate, remove_file, rename_file
from hubdrives.testing.emulators.seafile.history import restore_file
from hubdrives.testing.emulators.seafile.libraries import Library
from hubdrives.testing.emulators.seafile.vault import Node
from hubdrives.testing.emulators.seafile.view import View
from hubdrives.testing.emulators.server import Answer, Call

_DENIED = "permission_denied"


async def get_file(view: View, call: Call, args: Mapping[str, str]) -> Answer:
    path = _path(view, call)
    library = view.library(args)
    node = view.file(library, path, f"File {path} not found.")
    view.need_sight(library, path)
    return Answer.json({**shapes.item(view.site, library, node), "can_preview": True, "can_edit": True})


async def change_file(view: View, call: Call, args: Mapping[str, str]) -> Answer:
    """Make, rename, move, copy or restore a file."""
    data = await read_data(call)
    path = _path(view, call)
    operation = data.text("operation").lower()
    if not operation:
        raise SeafileError("bad_request", "operation invalid.")
    library = view.library(args)
    match operation:
        case "create":
            if not is_name(split(path)[1]):
                raise SeafileError("bad_request", "name invalid.")
            done, where = await create_file(view, call, library, path, _DENIED), library
        case "rename":
            done, where = await _rename(view, call, library, path, data.text("newname")), library
        case "move" | "copy":
            done, where = await _relocate(view, call, library, path, data)
        case "revert":
            await restore_file(view, library, path, data.text("commit_id"))
            return Answer.json({"success": True})
        case _:
            raise SeafileError("bad_request", "operation can only be 'create', 'rename', 'move', 'copy' or 'revert'.")
    return Answer.json(shapes.item(view.site, where, done))


async def _rename(view: View, call: Call, library: Library, path: str, name: str) -> Node:
    if not is_name(name):
        raise SeafileError("bad_request", "name invalid." if name else "newname invalid.")
    if name == split(path)[1]:
        raise SeafileError("bad_request", "The new name is the same to the old")
    view.file(library, path, f"File {path} not found.")
    view.need_write(library, path)
    return await rename_file(view, call, library, path, name)


async def _relocate(view: View, call: Call, library: Library, path: str, data: Data) -> tuple[Node, Library]:
    """A library token opens one library only, so it need not be named."""
    target = data.text("dst_repo") if view.token is None else library.id
    folder = data.text("dst_dir")
    if not target:
        raise SeafileError("bad_request", "dst_repo invalid.")
    if not folder:
        raise SeafileError("bad_request", "dst_dir invalid.")
    node = view.file(library, path, f"File {path} not found.")
    into = view.library_of(target)
    if node.parents == (view.folder(into, folder).id,):
        return node, into
    copy = data.text("operation").lower() == "copy"
    return await relocate(view, call, library, path, into, folder, _DENIED, copy=copy), into


async def delete_file(view: View, call: Call, args: Mapping[str, str]) -> Answer:
    path = _path(view, call)
    library = view.library(args)
    before = library.head.id
    await remove_file(view, library, path)
    return Answer.json({"success": True, "commit_id": before})


async def download_link(view: View, call: Call, args: Mapping[str, str]) -> Answer:
    """The address of the bytes, for a library token: it serves once."""
    path = _path(view, call)
    library = view.library(args)
    node = view.file(library, path)
    return link_to(view, library, node.name, view.site.vault.id(node), once=True)


async def library_info(view: View, _call: Call, args: Mapping[str, str]) -> Answer:
    """What a library token opens."""
    library = view.library(args)
    return Answer.json(
        {
            "repo_id": library.id,
            "repo_name": view.site.libraries.name(library),
            "size": view.site.libraries.size(library),
            "file_count": view.site.libraries.file_count(library),
            "last_modified": shapes.iso(library.head.ctime),
        }
    )


def _path(view: View, call: Call) -> str:
    path = view.path(call)
    if not path.startswith("/"):
        raise SeafileError("bad_request", "p invalid." if view.token is None else "path invalid.")
    return path
