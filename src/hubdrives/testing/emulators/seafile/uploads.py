"""Bytes on their way in: links for them, forms in one request or in pieces, and new contents of known files.

https://download.seafile.com/published/web-api/v2.1/file-upload.md
"""

import asyncio
import re
import unicodedata
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from urllib.parse import unquote

from aiohttp import BodyPartReader

from hubdrives.testing.emulators.content import CHUNK, Content
from hubdrives.testing.emulators.seafile.asking import is_name, split
from hubdrives.testing.emulators.seafile.errors import PLAIN, SeafileError
from hubdrives.testing.emulators.seafile.files import check_count
from hubdrives.testing.emulators.seafile.fileserver import take
from hubdrives.testing.emulators.seafile.libraries import Library
from hubdrives.testing.emulators.seafile.store import Stored
from hubdrives.testing.emulators.seafile.tickets import Ticket, What
from hubdrives.testing.emulators.seafile.vault import FILE, Node, names_of
from hubdrives.testing.emulators.seafile.view import View
from hubdrives.testing.emulators.server import Answer, Call

_SPAN = re.compile(r"bytes (\d+)-(\d+)/(\d+)")
_NAMED = re.compile(r'filename="([^"]*)"')


@dataclass(slots=True)
class Form:
    """What came: the fields, and the files by the names that they came with."""

    fields: dict[str, str] = field(default_factory=dict)
    files: list[tuple[str, Stored]] = field(default_factory=list)

    @property
    def size(self) -> int:
        return sum(each.size for _, each in self.files)

    @property
    def modified(self) -> float | None:
        """When the file last changed, as whoever sends it says."""
        with suppress(KeyError, ValueError):
            return datetime.fromisoformat(self.fields["last_modify"]).timestamp()
        return None


async def upload_link(view: View, call: Call, args: Mapping[str, str]) -> Answer:
    return _link(view, call, args, "upload")


async def update_link(view: View, call: Call, args: Mapping[str, str]) -> Answer:
    return _link(view, call, args, "update")


def _link(view: View, call: Call, args: Mapping[str, str], what: What) -> Answer:
    library = view.library(args, "Library not found.")
    path = view.path(call, "/")
    view.folder(library, path)
    view.need_write(library, path, "folder_denied")
    if not view.site.libraries.has_room(library):
        raise SeafileError("out_of_quota")
    check_count(view, library)
    token = view.site.tickets.add(lambda ends: Ticket(what, library.id, view.user.email, parent_dir=path, ends=ends))
    replaces = "?replace=1" if call.params.get("replace") in {"1", "true"} else ""
    return Answer.json(f"{view.url}/seafhttp/{what}-api/{token}{replaces}")


async def uploaded_bytes(view: View, call: Call, args: Mapping[str, str]) -> Answer:
    """How much of a file has come in pieces so far."""
    library = view.library(args)
    parent, name = call.params.get("parent_dir", ""), call.params.get("file_name", "")
    if not parent or not name:
        raise SeafileError("bad_request", "parent_dir invalid." if name else "file_name invalid.")
    view.folder(library, parent)
    view.need_write(library, parent)
    draft = view.site.drafts.get((library.id, "/".join(names_of(parent)), name))
    return Answer.json({"uploadedBytes": 0 if draft is None else draft.stat().st_size})


async def upload(view: View, call: Call, args: Mapping[str, str]) -> Answer:
    """Put files into a folder; `replace` says whether over those of their name or beside them."""
    ticket = take(view, call, args, "upload", refusal="no_upload_link")
    form = await _receive(view, call)
    if not form.files:
        raise SeafileError("no_file")
    if "damaged" in call.faults:
        name, file = form.files[0]
        form.files[0] = name, await view.site.store.receive(_damaged(file))
    parent_dir, below = form.fields.get("parent_dir"), form.fields.get("relative_path", "")
    if parent_dir is None:
        raise SeafileError("no_parent_dir")
    if names_of(parent_dir) != names_of(ticket.parent_dir):
        raise SeafileError("upload_denied")
    if below.startswith(("/", "\\")) or {".", ".."} & set(below.split("/")):
        raise SeafileError("invalid_relative_path")
    path = "/".join((*names_of(parent_dir), *names_of(below)))
    if span := _SPAN.fullmatch(call.request.headers.get("Content-Range", "")):
        whole = await _piece(view, call, ticket, path, form, span)
        if whole is None:
            return Answer.json({"success": True})
        form = whole
    replaces = form.fields.get("replace", call.params.get("replace", "0")) in {"1", "true"}
    async with view.site.writing(ticket.user, f'Added "{form.files[0][0]}"'):
        library = _writable(view, ticket, form.size)
        if view.at(library, parent_dir) is None:
            raise SeafileError("invalid_parent_dir")
        made = [_put(view, call, library, path, name, file, form, replaces=replaces) for name, file in form.files]
    if call.params.get("ret-json"):
        found = [
            {"name": each.name, "id": view.site.vault.id(each), "size": each.content.size}
            for each in made
            if each.content
        ]
        return Answer.json(found)
    return Answer(200, "\t".join(map(view.site.vault.id, made)).encode(), PLAIN)


def _put(
    view: View,
    call: Call,
    library: Library,
    path: str,
    name: str,
    file: Stored,
    form: Form,
    *,
    replaces: bool,
) -> Node:
    vault, settings = view.site.vault, view.site.settings
    name = unicodedata.normalize("NFC", name) if settings.fileserver == "go" else name
    if not is_name(name):
        raise SeafileError("upload_name")
    if settings.max_upload is not None and file.size > settings.max_upload:
        raise SeafileError("upload_too_large")
    try:
        parent = view.site.add_folder(path, library=library)
    except NotADirectoryError:
        raise SeafileError("upload_failed") from None
    name = call.faults["mangled"].text if "mangled" in call.faults else name
    there = vault.child(parent.id, name)
    if rule := call.faults.get("rival"):
        theirs = Content.of(rule.text)
        if there is None:
            there = vault.add(name, parent=parent.id, kind=FILE, content=theirs)
        elif there.content is not None:
            there = vault.replace(there.id, theirs)
        # It is another's, and a commit of its own.
        view.site.libraries.record()
    if replaces and there is not None and there.content is not None:
        return vault.replace(there.id, file, modified=form.modified)
    return vault.add(
        vault.free_name(parent.id, name), parent=parent.id, kind=FILE, content=file, modified=form.modified
    )


async def update(view: View, call: Call, args: Mapping[str, str]) -> Answer:
    """Give a file another content; the same one changes nothing."""
    ticket = take(view, call, args, "update", refusal="no_upload_link")
    form = await _receive(view, call)
    if not form.files:
        raise SeafileError("no_file")
    path, (_, file) = form.fields.get("target_file", ""), form.files[0]
    if not path.startswith("/"):
        raise SeafileError("invalid_target")
    async with view.site.writing(ticket.user, f'Modified "{split(path)[1]}"'):
        library = _writable(view, ticket, file.size)
        node = view.find_file(library, path)
        if node is None:
            raise SeafileError("upload_missing")
        known_as = view.site.vault.file_id(file, library.root)
        if view.site.vault.id(node) != known_as:
            view.site.vault.replace(node.id, file, modified=form.modified)
    if call.params.get("ret-json"):
        return Answer.json([{"name": node.name, "id": known_as, "size": file.size}])
    return Answer(200, known_as.encode(), PLAIN)


def _writable(view: View, ticket: Ticket, size: int) -> Library:
    """The library of a link, as long as so many bytes more may be written there.

    Raises:
        SeafileError: 400, 403, 443 or 444.
    """
    library = view.site.libraries.get(ticket.library)
    if library is None:
        raise SeafileError("upload_no_library")
    if library.status != "normal":
        raise SeafileError("not_writable")
    user = view.site.people.users.get(ticket.user)
    # A library token's link is in the name of a program that is no user.
    if user is not None and replace(view, user=user).permission(library) != "rw":
        raise SeafileError("upload_denied")
    if not view.site.libraries.has_room(library, size):
        raise SeafileError("upload_quota")
    return library


async def _piece(view: View, call: Call, ticket: Ticket, path: str, form: Form, span: re.Match[str]) -> Form | None:
    """Keep a piece of a file; gives the whole when it was the last one."""
    named = _NAMED.search(call.request.headers.get("Content-Disposition", ""))
    if named is None or len(form.files) != 1:
        raise SeafileError("no_file")
    start, last, total = map(int, span.groups())
    name, key = unquote(named[1]), (ticket.library, path, unquote(named[1]))
    draft = view.site.drafts.get(key)
    if draft is None:
        draft = view.site.drafts[key] = await asyncio.to_thread(view.site.store.new_draft)
    await asyncio.to_thread(_write_at, draft, start, form.files[0][1].on_disk)
    if last + 1 < total:
        return None
    del view.site.drafts[key]
    return replace(form, files=[(name, await asyncio.to_thread(view.site.store.adopt, draft))])


def _write_at(draft: Path, start: int, piece: Path) -> None:
    with draft.open("r+b") as file, piece.open("rb") as source:
        file.seek(start)
        while chunk := source.read(CHUNK):
            file.write(chunk)


async def _receive(view: View, call: Call) -> Form:
    """The parts of the form.

    Raises:
        SeafileError: 400.
    """
    form = Form()
    if not call.request.content_type.startswith("multipart/"):
        raise SeafileError("no_file")
    try:
        async for part in await call.request.multipart():
            if not isinstance(part, BodyPartReader):
                raise SeafileError("no_file")
            if part.name == "file" and part.filename is not None:
                form.files.append((part.filename, await view.site.store.receive(_chunks(part))))
            elif part.filename is None or view.site.settings.fileserver == "c":
                form.fields[part.name or ""] = (await part.read()).decode(errors="replace")
    except ValueError:
        raise SeafileError("no_file") from None
    return form


async def _damaged(file: Stored) -> AsyncIterator[bytes]:
    data = await asyncio.to_thread(file.read)
    yield bytes([data[0] ^ 0xFF]) + data[1:]


async def _chunks(part: BodyPartReader) -> AsyncIterator[bytes]:
    while chunk := await part.read_chunk(CHUNK):
        yield bytes(chunk)
