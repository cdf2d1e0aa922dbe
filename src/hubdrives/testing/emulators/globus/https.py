"""A collection's HTTPS server: the bytes of files, one file a request.

https://docs.globus.org/globus-connect-server/v5/https-access-collections/
"""

import asyncio
import mimetypes
from collections.abc import AsyncIterator
from dataclasses import replace
from urllib.parse import quote, urlencode
from weakref import WeakSet

from aiohttp import web

from hubdrives.testing.emulators.content import CHUNK, Content
from hubdrives.testing.emulators.globus.collections import Collection
from hubdrives.testing.emulators.globus.errors import DataError
from hubdrives.testing.emulators.globus.named import scope_of
from hubdrives.testing.emulators.globus.places import follow, lookup
from hubdrives.testing.emulators.globus.ranges import part
from hubdrives.testing.emulators.globus.reach import session_wanted
from hubdrives.testing.emulators.globus.tokens import Grant, InvalidTokenError
from hubdrives.testing.emulators.globus.view import View
from hubdrives.testing.emulators.server import Answer, Call, Slice
from hubdrives.testing.emulators.tree import FILE, FOLDER, Node

# Connections that an outage sticks to. They are gone from here when they are closed.
_SICK: WeakSet[asyncio.BaseTransport] = WeakSet()
_WRITES = frozenset({"PUT", "DELETE"})


async def answer(view: View, collection: Collection, call: Call) -> Answer:
    """Answer a request to the server of a collection."""
    try:
        return await _answer(view, collection, call)
    except DataError as error:
        found = error.answer(call.request.path)
        return _bare(found, promise=False) if call.request.method == "HEAD" else found


async def _answer(view: View, collection: Collection, call: Call) -> Answer:
    transport = call.request.transport
    if transport is not None and "sick_connection" in call.faults:
        _SICK.add(transport)
    name = collection.display_name or ""
    if transport in _SICK or view.faults.lasts("unreachable", node_id=collection.id, name=name):
        raise DataError("internal_error")
    path, grant = call.request.path, _grant(view, collection, call)
    login = _login(view, collection, call, grant)
    if login is not None:
        return login
    if ".." in path.split("/") or view.faults.lasts("no_access", node_id=collection.id, name=name):
        raise DataError("path_not_allowed")
    if rule := call.faults.get("replace_content"):
        await _replace(view, _file(view, collection, path), Content.of(rule.text))
    match call.request.method:
        case "GET":
            return await _get(call, _file(view, collection, path))
        case "HEAD":
            return _bare(_whole(call, _file(view, collection, path)))
        case "PUT":
            return await _put(view, collection, call)
        case "DELETE":
            return await _delete(view, collection, path)
    raise DataError("method_not_allowed")


def _grant(view: View, collection: Collection, call: Call) -> Grant | None:
    """What the token of a request is good for here; None without one."""
    scheme, _, bearer = call.request.headers.get("Authorization", "").partition(" ")
    try:
        found = view.site.tokens.check(bearer if scheme.lower() == "bearer" else "", collection.id)
    except InvalidTokenError:
        return None
    return found if scope_of(collection.id, "https") in found.scopes else None


def _login(view: View, collection: Collection, call: Call, grant: Grant | None) -> Answer | None:
    """Where to send somebody who is not known and has to be.

    Raises:
        DataError: 401 for a script in a browser, 403 for who is known and may not.
    """
    who = frozenset[str]() if grant is None else grant.identities
    permissions = collection.permissions(who, call.request.path)
    may = permissions == "rw" if call.request.method in _WRITES else permissions is not None
    if "login_page" in call.faults:
        return _login_page(view, collection, call)
    if grant is None and not may:
        if call.request.headers.get("X-Requested-With") == "XMLHttpRequest":
            raise DataError("login_required")
        return _login_page(view, collection, call)
    if grant is not None and collection.has_data_access and not _has_consent(collection, grant):
        raise DataError("consent_required")
    if grant is not None and session_wanted(view, collection, grant.session, grant.identities) is not None:
        raise DataError("session_required")
    if not may:
        raise DataError("path_not_allowed")
    return None


def _has_consent(collection: Collection, grant: Grant) -> bool:
    """Whether data_access depends on the token's https scope, or stands beside it, as globus-sdk's downloader asks."""
    data_access = scope_of(collection.id, "data_access")
    return grant.allows(data_access) or grant.allows(scope_of(collection.id, "https"), data_access)


def _login_page(view: View, collection: Collection, call: Call) -> Answer:
    query = {
        "client_id": collection.id,
        "redirect_uri": f"{collection.https_server}/oauth_callback",
        "response_type": "code",
        "scope": scope_of(collection.id, "https"),
        "state": call.request.path,
    }
    return Answer(302, headers={"Location": f"{view.url}/v2/oauth2/authorize?{urlencode(query)}"})


def _file(view: View, collection: Collection, path: str) -> Node:
    """The file at a path. Raises DataError (404)."""
    found = lookup(view.site.tree, collection.root, path)
    if found is None:
        raise DataError("path_not_found")
    if found.content is None:
        raise DataError("not_a_file")
    return found


async def _get(call: Call, node: Node) -> Answer:
    whole, content = _whole(call, node), node.content
    wanted = call.request.headers.get("Range")
    if wanted is None or content is None or "ignore_range" in call.faults:
        return whole
    return await part(content, wanted, whole.headers, total=str(content.size) if "total" in call.faults else "*")


def _whole(call: Call, node: Node) -> Answer:
    content = node.content or Content.of(b"")
    headers = {
        "Content-Type": mimetypes.guess_type(node.name)[0] or "application/octet-stream",
        "Accept-Ranges": "bytes",
        "Access-Control-Allow-Origin": "*",
    }
    if "download" in call.params:
        headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(node.name, safe='')}"
    return Answer(200, Slice(content, 0, content.size), headers)


def _bare(found: Answer, *, promise: bool = True) -> Answer:
    """The same without its body, which it tells the length of if it promises one."""
    length = 0 if isinstance(found.body, bytes) else found.body.stop - found.body.start
    about = {"Content-Length": str(length)} if promise else {}
    return replace(found, body=b"", headers={**found.headers, **about})


async def _put(view: View, collection: Collection, call: Call) -> Answer:
    """Make a file, or give one other bytes: it is empty first, and keeps what has come when no more does."""
    tree, path = view.site.tree, call.request.path
    above, _, name = path.rpartition("/")
    parent = lookup(tree, collection.root, above)
    if parent is None or parent.kind != FOLDER:
        raise DataError("path_not_found")
    there = lookup(tree, collection.root, path)
    if not name or (there is not None and there.content is None):
        raise DataError("not_a_file")
    async with view.site.writing():
        child = tree.child(parent.id, name)
        node = None if child is None else follow(tree, child)
        if node is None:
            node = tree.add(name, parent=parent.id, kind=FILE, content=Content.of(b""))
        else:
            node = tree.replace(node.id, Content.of(b""))
    rule = call.faults.get("half_written")
    content = await view.site.store.receive(_chunks(call, None if rule is None else rule.bytes))
    await _replace(view, node, content, modified=view.site.clock())
    if rule is not None:
        return DataError("internal_error", status=rule.status or 500).answer(path)
    return Answer(200)


async def _chunks(call: Call, most: int | None) -> AsyncIterator[bytes]:
    """The bytes of a request, as far as they come, or a number of them."""
    left = most
    try:
        async for chunk in call.request.content.iter_chunked(CHUNK):
            yield chunk if left is None else chunk[:left]
            left = None if left is None else max(0, left - len(chunk))
    except (ConnectionError, web.RequestPayloadError):
        # Whoever sent it has gone: the file stays as it is.
        return


async def _replace(view: View, node: Node, content: Content, *, modified: float | None = None) -> None:
    async with view.site.writing():
        if node.id in view.site.tree:
            view.site.tree.replace(node.id, content, modified=node.modified if modified is None else modified)


async def _delete(view: View, collection: Collection, path: str) -> Answer:
    async with view.site.writing():
        view.site.tree.delete(_file(view, collection, path).id)
    return Answer(200)
