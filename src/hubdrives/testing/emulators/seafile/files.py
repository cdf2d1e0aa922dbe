"""Files in api2: details, links to their bytes, other names and places. Operations come in a form, and answer oddly.

https://download.seafile.com/published/web-api/v2.1/file.md
"""

from collections.abc import Mapping
from urllib.parse import quote

from hubdrives.testing.emulators.content import Content
from hubdrives.testing.emulators.seafile import shapes
from hubdrives.testing.emulators.seafile.asking import LONGEST_NAME, folder_path, is_name, read_form, split
from hubdrives.testing.emulators.seafile.dirs import reloaded, wants_reload
from hubdrives.testing.emulators.seafile.errors import SeafileError
from hubdrives.testing.emulators.seafile.libraries import Library
from hubdrives.testing.emulators.seafile.tickets import Ticket
from hubdrives.testing.emulators.seafile.vault import FILE, Node
from hubdrives.testing.emulators.seafile.view import View
from hubdrives.testing.emulators.server import Answer, Call

_NOT_FOUND = "Library not found."


async def file_detail(view: View, call: Call, args: Mapping[str, str]) -> Answer:
    path = call.params.get("p", "")
    if not path:
        raise SeafileError("bad_request", "p invalid.")
    library = view.library(args)
    node = view.file(library, path, f"File {path} not found.")
    permission = view.need_sight(library, path)
    found = view.site.vault.dirent(node)
    return Answer.json(
        {
            "type": "file",
            "id": found.id,
            "name": found.name,
            "permission": permission,
            "mtime": found.mtime,
            "last_modified": shapes.iso(found.mtime),
            **shapes.modifier(view.site, found.modifier, "last_modifier"),
            "size": found.size,
            "starred": False,
            "comment_total": 0,
            "can_edit": permission == "rw",
        }
    )


async def download_link(view: View, call: Call, args: Mapping[str, str]) -> Answer:
    """An address of the bytes, which serves once unless `reuse` asks for more."""
    library = view.library(args, _NOT_FOUND)
    path = _path(call)
    reuse = call.params.get("reuse", "0")
    if reuse not in {"0", "1"}:
        raise SeafileError(
            "bad_request", "If you want to reuse file server access token, you should set 'reuse' argument as '1'."
        )
    node = view.file(library, path)
    view.need_bytes(library, path, "file_denied")
    once = reuse == "0" or "link_once" in call.faults
    return link_to(view, library, node.name, view.site.vault.id(node), once=once)


def link_to(view: View, library: Library, name: str, file: str, *, once: bool) -> Answer:
    """The address of a file by its id, as a JSON string."""
    return Answer.json(address_of(view, library, name, file, once=once), headers={"oid": file})


def address_of(view: View, library: Library, name: str, file: str, *, once: bool) -> str:
    """An address at the fileserver of the bytes of a file, by its id."""
    content = view.site.vault.objects.files[file]
    token = view.site.tickets.add(
        lambda ends: Ticket(
            "download", library.id, view.user.email, name=name, file=file, content=content, once=once, ends=ends
        )
    )
    return f"{view.url}/seafhttp/files/{token}/{quote(name, safe='')}"


async def delete_file(view: View, call: Call, args: Mapping[str, str]) -> Answer:
    """Remove a file; that there is none is fine, too."""
    library = view.library(args, _NOT_FOUND)
    path = _path(call)
    await remove_file(view, library, path)
    return reloaded(view, call, library, split(path)[0]) if wants_reload(call) else Answer.json("success")


async def remove_file(view: View, library: Library, path: str) -> None:
    """Remove what is there, which may be a folder as well. Raises SeafileError (403)."""
    async with view.writing(f'Deleted "{split(path)[1]}"'):
        view.need_write(library, path)
        node = view.at(library, path)
        if node is not None and node.id != library.root:
            view.site.vault.delete(node.id)


async def change_file(view: View, call: Call, args: Mapping[str, str]) -> Answer:
    """Rename, move, copy or make a file."""
    form = await read_form(call)
    library = view.library(args, _NOT_FOUND)
    path = _path(call)
    match form.get("operation", "").lower():
        case "rename":
            return await _rename(view, call, library, path, form.get("newname", ""))
        case "move" | "copy" as operation:
            target, folder = form.get("dst_repo", ""), form.get("dst_dir", "")
            if not target or not folder:
                raise SeafileError("bad_request", "Missing arguments.")
            into, copy = view.library_of(target, _NOT_FOUND), operation == "copy"
            if not copy and into is library and view.folder(library, folder) == view.at(library, split(path)[0]):
                return Answer.json("success")
            denial = f"{operation}_denied"
            done = await relocate(view, call, library, path, into, folder, denial, copy=copy)
            return _relocated(view, call, into, folder, done, moved=not copy)
        case "create":
            return await _create(view, call, library, path)
    raise SeafileError("bad_request", "Operation can only be rename, create or move.")


async def _rename(view: View, call: Call, library: Library, path: str, name: str) -> Answer:
    view.need_write(library, path, "rename_denied")
    if not name:
        raise SeafileError("bad_request", "New name is missing")
    if len(name.encode(errors="surrogatepass")) > LONGEST_NAME:
        raise SeafileError("bad_request", "New name is too long")
    if not is_name(name):
        raise SeafileError("bad_request", "File name invalid.")
    if split(path)[1] == name:
        raise SeafileError("conflict", "The new name is the same to the old")
    renamed = await rename_file(view, call, library, path, name)
    if wants_reload(call):
        return reloaded(view, call, library, split(path)[0])
    return Answer.json("success", status=301, headers=_where(view, library, renamed))


async def rename_file(view: View, call: Call, library: Library, path: str, name: str) -> Node:
    """Give a file another name, or one like it if something has that. Raises SeafileError (404)."""
    async with view.writing(f'Renamed "{split(path)[1]}"'):
        node = view.file(library, path)
        if "rival" in call.faults:
            view.site.vault.add(view.site.vault.free_name(node.parents[0], name), parent=node.parents[0])
        return view.site.vault.rename(node.id, view.site.vault.free_name(node.parents[0], name))


async def relocate(
    view: View,
    call: Call,
    library: Library,
    path: str,
    into: Library,
    folder: str,
    denial: str,
    *,
    copy: bool,
) -> Node:
    """Move or copy a file or folder into another folder, under another name if something has its own there.

    Raises:
        SeafileError: 403, 404, or 443 for who has no room.
    """
    async with view.writing(f'{"Copied" if copy else "Moved"} "{split(path)[1]}"'):
        node = view.at(library, path)
        if node is None:
            raise SeafileError("file_not_found")
        parent = view.folder(into, folder)
        if copy:
            view.need_bytes(library, path, denial)
        else:
            view.need_write(library, path, denial)
        view.need_write(into, folder, denial)
        size = node.content.size if node.content else view.site.vault.objects.total(view.site.vault.id(node)).size
        if copy and not view.site.libraries.has_room(into, size):
            raise SeafileError("out_of_quota")
        if not copy and node.parents == (parent.id,):
            return node
        if "rival" in call.faults:
            view.site.vault.add(view.site.vault.free_name(parent.id, node.name), parent=parent.id)
        name = view.site.vault.free_name(parent.id, node.name)
        if copy:
            return view.site.vault.copy(node, parent.id, name)
        view.site.libraries.leave(node, library, into)
        return view.site.vault.move(node.id, parent.id, name=name)


def _relocated(view: View, call: Call, into: Library, folder: str, node: Node, *, moved: bool) -> Answer:
    if wants_reload(call):
        return reloaded(view, call, into, folder)
    about = {"repo_id": into.id, "parent_dir": folder_path(folder), "obj_name": node.name}
    return Answer.json(about, status=301 if moved else 200, headers=_where(view, into, node))


async def _create(view: View, call: Call, library: Library, path: str) -> Answer:
    parent, name = split(path)
    if not is_name(name):
        raise SeafileError("bad_request", "File name invalid.")
    made = await create_file(view, call, library, path, "create_denied")
    if wants_reload(call):
        return reloaded(view, call, library, parent)
    return Answer.json("success", status=201, headers=_where(view, library, made))


async def create_file(view: View, call: Call, library: Library, path: str, denial: str) -> Node:
    """Make an empty file, under another name if something has this one. Raises SeafileError: 403, 404 or 447."""
    parent_path, name = split(path)
    async with view.writing(f'Added "{name}"'):
        parent = view.folder(library, parent_path)
        view.need_write(library, parent_path, denial)
        check_count(view, library)
        if "rival" in call.faults:
            view.site.vault.add(view.site.vault.free_name(parent.id, name), parent=parent.id)
        free = view.site.vault.free_name(parent.id, name)
        return view.site.vault.add(free, parent=parent.id, kind=FILE, content=Content.of(b""))


def check_count(view: View, library: Library) -> None:
    """Raise SeafileError (447) for a library that is full of files."""
    most = view.site.settings.max_files
    if most is not None and view.site.libraries.file_count(library) >= most:
        raise SeafileError("too_many_files")


def _where(view: View, library: Library, node: Node) -> dict[str, str]:
    path = view.site.vault.path(node.id, under=library.root)
    return {"Location": f"{view.url}/api2/repos/{library.id}/file/?p={quote(path)}"}


def _path(call: Call) -> str:
    path = call.params.get("p", "")
    if not path:
        raise SeafileError("bad_request", "Path is missing.")
    return path
