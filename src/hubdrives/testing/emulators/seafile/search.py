"""Search: by an index, which the Professional Edition has, and by names in one library, which younger servers have.

https://download.seafile.com/published/web-api/v2.1/search.md
"""

from collections.abc import Iterator, Mapping
from typing import Any

from hubdrives.testing.emulators.seafile import shapes
from hubdrives.testing.emulators.seafile.asking import number
from hubdrives.testing.emulators.seafile.errors import SeafileError, html_page
from hubdrives.testing.emulators.seafile.libraries import Library
from hubdrives.testing.emulators.seafile.repos import seen
from hubdrives.testing.emulators.seafile.vault import Node
from hubdrives.testing.emulators.seafile.view import View
from hubdrives.testing.emulators.server import Answer, Call

_SCOPES: Mapping[str, frozenset[str]] = {
    "all": frozenset({"mine", "shared", "group", "public"}),
    "mine": frozenset({"mine"}),
    "shared": frozenset({"shared"}),
    "group": frozenset({"group"}),
    "public": frozenset({"public"}),
}


async def search(view: View, call: Call, _args: Mapping[str, str]) -> Answer:
    """What has all the words in its name, as the index knows it, which is behind by some time."""
    if "file-search" not in view.site.settings.features:
        raise SeafileError("not_found", "Search not supported.")
    words = call.params.get("q", "").casefold().split()
    if not words:
        raise SeafileError("bad_request", "Missing argument.")
    known_until = view.site.clock() - view.site.settings.search_lag
    found = [
        _hit(view, library, node)
        for library in _searched(view, call.params.get("search_repo", "all"))
        for node in _below(view, library.root)
        if all(word in node.name.casefold() for word in words) and node.modified <= known_until
    ]
    page, size = number(call, "page", 1), number(call, "per_page", 10)
    shown = found[(page - 1) * size : page * size]
    return Answer.json({"total": len(found), "results": shown, "has_more": page * size < len(found)})


async def search_names(view: View, call: Call, _args: Mapping[str, str]) -> Answer:
    """What has some text in its name, in one library."""
    if not view.site.settings.modern:
        return html_page(404, "Page not found")
    for each in ("repo_id", "file_name"):
        if not call.params.get(each):
            raise SeafileError("bad_request", f"{each} invalid.")
    library = view.library_of(call.params["repo_id"])
    view.need_sight(library)
    text = call.params["file_name"].casefold()
    found = [
        {
            "path": view.site.vault.path(node.id, under=library.root),
            "size": 0 if node.content is None else node.content.size,
            "mtime": shapes.iso(node.modified),
            "type": "folder" if node.content is None else "file",
        }
        for node in _below(view, library.root)
        if text in node.name.casefold()
    ]
    return Answer.json({"data": found})


def _searched(view: View, scope: str) -> list[Library]:
    if scope in _SCOPES:
        return list({each.id: each for _kind, each, _permission, _group in seen(view, _SCOPES[scope])}.values())
    library = view.library_of(scope)
    view.need_sight(library)
    return [library]


def _below(view: View, folder: str) -> Iterator[Node]:
    for node in sorted(view.site.vault.entries(folder), key=lambda each: each.name):
        yield node
        yield from _below(view, node.id) if node.content is None else ()


def _hit(view: View, library: Library, node: Node) -> dict[str, Any]:
    path = view.site.vault.path(node.id, under=library.root)
    is_dir = node.content is None
    return {
        "repo_id": library.id,
        "repo_name": view.site.libraries.name(library),
        "repo_owner_email": library.owner,
        "name": node.name,
        "oid": view.site.vault.id(node),
        "fullpath": f"{path}/" if is_dir else path,
        "size": 0 if node.content is None else node.content.size,
        "last_modified": int(node.modified),
        "is_dir": is_dir,
        "content_highlight": "",
    }
