"""Links that open something: public ones, with or without a password, and internal ones, which stay good over moves.

https://download.seafile.com/published/web-api/v2.1/share-links.md
"""

import secrets
from collections.abc import Mapping
from typing import Any

from hubdrives.testing.emulators.seafile import shapes
from hubdrives.testing.emulators.seafile.asking import read_data
from hubdrives.testing.emulators.seafile.errors import HTML, SeafileError, html_page
from hubdrives.testing.emulators.seafile.files import address_of
from hubdrives.testing.emulators.seafile.libraries import Library
from hubdrives.testing.emulators.seafile.public import ShareLink
from hubdrives.testing.emulators.seafile.vault import Node
from hubdrives.testing.emulators.seafile.view import View
from hubdrives.testing.emulators.server import Answer, Call

_SHORTEST_PASSWORD = 8
_DAY = 86400.0


async def make_link(view: View, call: Call, _args: Mapping[str, str]) -> Answer:
    """A new public link; a second one to the same thing is refused."""
    data = await read_data(call)
    for each in ("repo_id", "path"):
        if not data.text(each):
            raise SeafileError("bad_request", f"{each} invalid.")
    password = data.text("password") or None
    if password is not None and len(password) < _SHORTEST_PASSWORD:
        raise SeafileError("bad_request", "Password is too short.")
    library = view.library_of(data.text("repo_id"))
    path, _node = _known(view, library, data.text("path"))
    if view.need_sight(library, path) not in {"r", "rw"} or library.encrypted:
        raise SeafileError("permission_denied")
    for other in _mine(view, library, path):
        raise SeafileError("bad_request", f"Share link {other.token} already exists.")
    days = str(data.values.get("expire_days") or "0")
    now = view.site.clock()
    link = view.site.links.add(
        ShareLink(
            secrets.token_hex(10),
            library.id,
            path,
            view.user.email,
            password,
            now,
            now + int(days) * _DAY if days.isdecimal() and int(days) else None,
        )
    )
    return Answer.json(_shown(view, link))


async def list_links(view: View, call: Call, _args: Mapping[str, str]) -> Answer:
    """The public links of this user, of one library or to one thing if that is asked."""
    library = view.library_of(call.params["repo_id"]) if call.params.get("repo_id") else None
    path = call.params.get("path", "")
    if library is not None and path:
        path, _node = _known(view, library, path)
    return Answer.json([_shown(view, each) for each in _mine(view, library, path)])


async def end_link(view: View, _call: Call, args: Mapping[str, str]) -> Answer:
    """End a public link; that there is none is fine."""
    found = view.site.links.public.get(args["token"])
    if found is not None and found.owner != view.user.email:
        raise SeafileError("permission_denied")
    view.site.links.public.pop(args["token"], None)
    return Answer.json({"success": True})


async def make_smart_link(view: View, call: Call, _args: Mapping[str, str]) -> Answer:
    """The internal link to something."""
    is_dir = call.params.get("is_dir", "").lower()
    if is_dir not in {"true", "false"}:
        raise SeafileError("bad_request", "is_dir invalid.")
    library = view.library_of(call.params.get("repo_id", ""))
    path = f"/{call.params.get('path', '').strip('/')}"
    found = view.folder(library, path) if is_dir == "true" else view.file(library, path, f"File {path} not found.")
    view.need_sight(library, path)
    if library.origin is not None:
        path, library = view.site.origin_path(library, path), view.library_of(library.origin)
    link = view.site.links.internal_to(library.id, path, is_dir=is_dir == "true")
    return Answer.json(
        {"smart_link": f"{view.url}/smart-link/{link.token}/", "smart_link_token": link.token, "name": found.name}
    )


async def get_smart_link(view: View, _call: Call, args: Mapping[str, str]) -> Answer:
    """What an internal link leads to."""
    link = view.site.links.internal.get(args["token"])
    if link is None:
        raise SeafileError("bad_request", "token invalid.")
    view.need_sight(view.library_of(link.library), link.path)
    return Answer.json({"repo_id": link.library, "path": link.path, "is_dir": link.is_dir})


async def shared_folder(view: View, call: Call, args: Mapping[str, str]) -> Answer:
    """What is in a folder of a public link, for anybody."""
    link, library = _opened(view, call, args, is_dir=True)
    folder = view.at(library, f"{link.path}{call.params.get('p', '/')}")
    if folder is None or folder.content is not None:
        raise SeafileError("not_found", "Folder not found.")
    link.views += 1
    vault = view.site.vault
    found = [shapes.entry(view.site, vault.dirent(each), "r") for each in vault.entries(folder.id)]
    found.sort(key=lambda each: (each["type"], each["name"].lower()))
    return Answer.json(found, headers={"oid": vault.folder_id(folder.id), "dir_perm": "r"})


async def shared_file(view: View, call: Call, args: Mapping[str, str]) -> Answer:
    """The file of a public link, for anybody."""
    link, library = _opened(view, call, args, is_dir=False)
    node = view.file(library, link.path, "File not found")
    dirent = view.site.vault.dirent(node)
    about = {"repo_id": library.id, "path": link.path}
    return Answer.json({**shapes.entry(view.site, dirent, "r"), **about})


async def get_shared_file(view: View, call: Call, args: Mapping[str, str]) -> Answer:
    """The page of a public link to a file; with `dl=1` it leads to the bytes."""
    return _page(view, call, args, is_dir=False)


async def get_file_of_shared_folder(view: View, call: Call, args: Mapping[str, str]) -> Answer:
    """The page of a file in a folder of a public link; with `dl=1` it leads to the bytes."""
    return _page(view, call, args, is_dir=True)


def _page(view: View, call: Call, args: Mapping[str, str], *, is_dir: bool) -> Answer:
    try:
        link, library = _opened(view, call, args, is_dir=is_dir)
    except SeafileError as error:
        if error.reason == "permission_denied":
            # People get a form that asks for the password.
            return Answer(200, b"<!DOCTYPE html>\n<html><form><input type=password></form></html>\n", HTML)
        return html_page(404, "Link does not exist")
    path = f"{link.path}{call.params.get('p', '')}" if is_dir else link.path
    node = view.find_file(library, path)
    if node is None:
        return html_page(404, "File does not exist")
    link.views += 1
    if call.params.get("dl") != "1":
        return html_page(200, node.name)
    target = address_of(view, library, node.name, view.site.vault.id(node), once=True)
    return Answer(302, headers={"Location": target})


def _opened(view: View, call: Call, args: Mapping[str, str], *, is_dir: bool) -> tuple[ShareLink, Library]:
    """A public link and its library.

    Raises:
        SeafileError: 400 for one that is none or has ended, 403 for want of its password, 404.
    """
    link = view.site.links.public.get(args["token"])
    over = link is not None and link.ends is not None and link.ends <= view.site.clock()
    if link is None or over or link.is_dir is not is_dir:
        raise SeafileError("bad_request", "Invalid token")
    if link.password is not None:
        given = call.params.get("password", "")
        if given != link.password:
            raise SeafileError("permission_denied", "Invalid Password" if given else "Password is required.")
    return link, view.library_of(link.library, "Library not found")


def _known(view: View, library: Library, path: str) -> tuple[str, Node]:
    """A path as links have it, and what is there."""
    node = view.at(library, path)
    if node is None:
        raise SeafileError("not_found", f"path {path} not found.")
    inner = path.strip("/")
    if node.content is not None:
        return f"/{inner}", node
    return f"/{inner}/" if inner else "/", node


def _mine(view: View, library: Library | None, path: str) -> list[ShareLink]:
    return [
        each
        for each in view.site.links.public.values()
        if each.owner == view.user.email
        and (library is None or each.library == library.id)
        and (not path or each.path == path)
    ]


def _shown(view: View, link: ShareLink) -> dict[str, Any]:
    library = view.library_of(link.library)
    over = link.ends is not None and link.ends <= view.site.clock()
    return {
        "username": link.owner,
        "repo_id": library.id,
        "repo_name": view.site.libraries.name(library),
        "path": link.path,
        "obj_name": link.path.rstrip("/").rpartition("/")[2] or "/",
        "is_dir": link.is_dir,
        "token": link.token,
        "link": f"{view.url}/{'d' if link.is_dir else 'f'}/{link.token}/",
        "view_cnt": link.views,
        "ctime": shapes.iso(link.made),
        "expire_date": shapes.iso(link.ends) if link.ends is not None else "",
        "is_expired": over,
        "permissions": {"can_edit": False, "can_download": True, "can_upload": False},
        "password": link.password,
    }
