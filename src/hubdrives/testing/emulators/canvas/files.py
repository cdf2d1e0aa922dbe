"""Files and folders: the flat lists, the lists of a folder, single ones, and the way to the bytes.

https://canvas.instructure.com/doc/api/files.html
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from hubdrives.testing.emulators.canvas.attachments import parse_id
from hubdrives.testing.emulators.canvas.errors import CanvasError, page
from hubdrives.testing.emulators.canvas.paging import paginate
from hubdrives.testing.emulators.canvas.people import Context, Kind, People
from hubdrives.testing.emulators.canvas.resources import View, content_type, uuid
from hubdrives.testing.emulators.server import Answer, Call
from hubdrives.testing.emulators.tree import Node

_KINDS: Mapping[str, Kind] = {"course_id": "courses", "group_id": "groups", "user_id": "users"}
_SHORTEST_SEARCH = 2  # characters

_FILTERS = frozenset({"search_term", "content_types[]", "exclude_content_types[]"})

_KEYS: Mapping[str, Callable[[Node], Any]] = {
    "name": lambda node: node.name.casefold(),
    "size": lambda node: node.content.size if node.content else 0,
    "created_at": lambda node: node.created,
    "updated_at": lambda node: node.updated,
    "content_type": content_type,
}


def named_context(people: People, args: Mapping[str, str]) -> Context | None:
    """The course, group or person that an address names."""
    name = next((name for name in args if name in _KINDS), None)
    return None if name is None else people.find(_KINDS[name], args[name])


def find_context(view: View, args: Mapping[str, str]) -> Context | None:
    """The same, where `self` is the person who asks."""
    return named_context(
        view.access.people, {name: view.person.id if text == "self" else text for name, text in args.items()}
    )


async def list_files(view: View, call: Call, args: Mapping[str, str]) -> Answer:
    """All files of a context, or those of one folder."""
    if "id" in args:
        files = view.access.children(view.access.folder(parse_id(args["id"])), folders=False)
    else:
        files = view.access.listed(view.access.browse(find_context(view, args)), folders=False)
    found = [each for each in files if _wanted(each, call)] if _FILTERS & call.params.keys() else files
    key = _KEYS.get(call.params.get("sort", ""), _KEYS["name"])
    descending = call.params.get("order") == "desc"
    shown, headers = paginate(view, call, found, lambda each: (key(each), int(each.id)), descending=descending)
    show = view.names if "names" in _all(call, "only[]") else view.file
    return Answer.json([show(each) for each in shown], headers=headers)


async def list_folders(view: View, call: Call, args: Mapping[str, str]) -> Answer:
    """All folders of a context, or those in one folder."""
    if "id" in args:
        found = view.access.children(view.access.folder(parse_id(args["id"])), folders=True)
    else:
        found = view.access.listed(view.access.browse(find_context(view, args)), folders=True)
    shown, headers = paginate(view, call, found, lambda each: (each.name.casefold(), int(each.id)))
    return Answer.json([view.folder(each) for each in shown], headers=headers)


async def get_folder(view: View, _call: Call, args: Mapping[str, str]) -> Answer:
    if "id" in args and len(args) == 1:
        return Answer.json(view.folder(view.access.folder(parse_id(args["id"]))))
    context = view.access.browse(find_context(view, args))
    node = view.access.folder(context.root if args["id"] == "root" else parse_id(args["id"]))
    if view.access.context(node) is not context:
        raise CanvasError("not_found")
    return Answer.json(view.folder(node))


async def resolve_path(view: View, _call: Call, args: Mapping[str, str]) -> Answer:
    """The folders on a path of names, which doesn't begin with the top folder's."""
    context = view.access.browse(find_context(view, args))
    found = view.access.at_path(context, [each for each in args.get("full_path", "").split("/") if each])
    if found is None:
        raise CanvasError("not_found")
    return Answer.json([view.folder(each) for each in found])


async def get_file(view: View, _call: Call, args: Mapping[str, str]) -> Answer:
    return Answer.json(view.file(_find(view, args)))


async def public_url(view: View, _call: Call, args: Mapping[str, str]) -> Answer:
    """An address of the bytes that needs no token."""
    node = _find(view, args)
    if view.access.lock_info(node) is not None:
        raise CanvasError("unauthorized")
    if view.lasts("pending", node):
        raise CanvasError("not_found")
    if view.lasts("no_public_url", node):
        return Answer.json({"public_url": None})
    return Answer.json({"public_url": view.storage.sign(node, uuid(node), content_type(node))})


async def download(view: View, _call: Call, args: Mapping[str, str]) -> Answer:
    """The page that a file's `url` is of: for browsers, so its refusals are pages too."""
    try:
        node = _find(view, args)
    except CanvasError as error:
        status = 404 if error.reason == "not_found" else view.site.forbidden
        return page("Canvas", "This file can't be shown.", status=status)
    if view.access.lock_info(node) is not None:
        return page("Canvas", "This file is currently locked.", status=403)
    return redirect_to_bytes(view, node)


def redirect_to_bytes(view: View, node: Node) -> Answer:
    if view.lasts("pending", node):
        return page("Canvas", "This file can't be found.", status=404)
    return Answer(302, headers={"Location": view.storage.sign(node, uuid(node), content_type(node))})


def _find(view: View, args: Mapping[str, str]) -> Node:
    node = view.access.file(parse_id(args["id"]))
    if len(args) > 1 and view.access.context(node) is not view.access.enter(find_context(view, args)):
        raise CanvasError("not_found")
    return node


def _wanted(node: Node, call: Call) -> bool:
    search = call.params.get("search_term", "")
    if search and len(search) < _SHORTEST_SEARCH:
        raise CanvasError("bad_request", f"search_term must be at least {_SHORTEST_SEARCH} characters")
    types, not_types = _all(call, "content_types[]"), _all(call, "exclude_content_types[]")
    return (
        search.casefold() in node.name.casefold()
        and (not types or _is_any(content_type(node), types))
        and not (not_types and _is_any(content_type(node), not_types))
    )


def _is_any(kind: str, types: Sequence[str]) -> bool:
    """Whether a type is one of these, which may be such as `image`."""
    return any(kind == each or ("/" not in each and kind.startswith(f"{each}/")) for each in types)


def _all(call: Call, name: str) -> Sequence[str]:
    return call.request.query.getall(name, [])
