"""Folders as zip files: a task, how far it is, and the file.

The fileserver in C makes the file before it hands it out; the one in Go makes it on the way.
https://download.seafile.com/published/web-api/v2.1/file.md
"""

import asyncio
import shutil
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from urllib.parse import quote

from hubdrives.testing.emulators.content import CHUNK, Content
from hubdrives.testing.emulators.seafile.asking import read_data
from hubdrives.testing.emulators.seafile.errors import SeafileError
from hubdrives.testing.emulators.seafile.fileserver import take
from hubdrives.testing.emulators.seafile.libraries import Library
from hubdrives.testing.emulators.seafile.tickets import Packed, Ticket
from hubdrives.testing.emulators.seafile.vault import Node
from hubdrives.testing.emulators.seafile.view import View
from hubdrives.testing.emulators.server import Answer, Call, Slice


async def start(view: View, call: Call, args: Mapping[str, str]) -> Answer:
    """Have one folder packed, or several things, of which those that are not there are left out."""
    data = await read_data(call)
    parent, names = data.text("parent_dir"), [each.strip("/") for each in data.several("dirents")]
    if not parent or not names:
        raise SeafileError("bad_request", "dirents invalid." if parent else "parent_dir invalid.")
    library = view.library(args)
    view.folder(library, parent)
    view.need_bytes(library, parent)
    packed = tuple(_one(view, library, parent, names[0]) if len(names) == 1 else _several(view, library, parent, names))
    name = f"{names[0] if len(names) == 1 else 'documents-export'}.zip"
    token = view.site.tickets.add(
        lambda ends: Ticket("zip", library.id, view.user.email, name=name, packed=packed, once=True, ends=ends)
    )
    if view.site.settings.fileserver == "c":
        view.site.tickets.waiting[token] = view.site.settings.zip_polls
    return Answer.json({"zip_token": token})


def _one(view: View, library: Library, parent: str, name: str) -> Iterator[Packed]:
    path = f"{parent.rstrip('/')}/{name}"
    found = view.at(library, path)
    if found is None or found.content is not None:
        raise SeafileError("not_found", f"Folder {path} not found.")
    if view.site.vault.objects.total(view.site.vault.folder_id(found.id)).size > view.site.settings.zip_limit:
        raise SeafileError("bad_request", f'Unable to download directory "{name}": size is too large.')
    return _lines(view, found, found.name)


def _several(view: View, library: Library, parent: str, names: list[str]) -> Iterator[Packed]:
    found = [node for each in names if (node := view.at(library, f"{parent.rstrip('/')}/{each}")) is not None]
    lines = [line for each in found for line in _lines(view, each, each.name)]
    if sum(each.content.size for each in lines if each.content) > view.site.settings.zip_limit:
        raise SeafileError("bad_request", "Total size exceeds limit.")
    return iter(lines)


def _lines(view: View, node: Node, name: str) -> Iterator[Packed]:
    yield Packed(name, node.content)
    for each in view.site.vault.entries(node.id):
        yield from _lines(view, each, f"{name}/{each.name}")


async def progress(view: View, call: Call, _args: Mapping[str, str]) -> Answer:
    """How far a zip file is; of one that failed only once."""
    token = call.params.get("token", "")
    ticket = view.site.tickets.peek(token)
    if ticket is None or ticket.what != "zip":
        raise SeafileError("internal" if token else "bad_request")
    total = sum(each.content is not None for each in ticket.packed) if token in view.site.tickets.waiting else 0
    zipped, failed = total, 0
    if "zip_failed" in call.faults:
        view.site.tickets.drop(token)
        zipped, failed = 0, 1
    elif "zip_stuck" in call.faults or view.site.tickets.waiting.get(token, 0):
        zipped, total = 0, max(1, total)
        view.site.tickets.waiting[token] = max(0, view.site.tickets.waiting.get(token, 0) - 1)
    reason = "internal error" if failed else ""
    return Answer.json({"zipped": zipped, "total": total, "failed": failed, "failed_reason": reason, "canceled": 0})


async def cancel(view: View, call: Call, _args: Mapping[str, str]) -> Answer:
    data = await read_data(call)
    view.site.tickets.drop(call.params.get("token", data.text("token")))
    return Answer.json({"success": True})


async def get_zip(view: View, call: Call, args: Mapping[str, str]) -> Answer:
    if view.site.tickets.waiting.get(args["token"], 0):
        raise SeafileError("zip_not_ready")
    ticket = take(view, call, args, "zip", refusal="no_link")
    if "If-Modified-Since" in call.request.headers:
        return Answer(304)
    draft = await asyncio.to_thread(view.site.store.new_draft)
    size = await asyncio.to_thread(_pack, draft, ticket.packed)
    headers = {
        "Content-Type": "application/zip",
        "Content-Disposition": f"attachment;filename*=utf-8''{quote(ticket.name, safe='')}",
        "Cache-Control": "max-age=3600",
    }
    ready = view.site.settings.fileserver == "c"
    return Answer(200, Slice(Content(size=size, path=draft), 0, size), headers, promise_length=ready)


def _pack(draft: Path, lines: Iterable[Packed]) -> int:
    """Write a zip file, gives its size in bytes."""
    with zipfile.ZipFile(draft, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as packed:
        for each in lines:
            if each.content is None:
                packed.mkdir(each.name)
            else:
                with packed.open(each.name, "w", force_zip64=True) as file:
                    if each.content.data is not None:
                        file.write(each.content.data)
                    else:
                        with each.content.on_disk.open("rb") as source:
                            shutil.copyfileobj(source, file, CHUNK)
    return draft.stat().st_size
