"""Uploads in chunks, which may come in any order and several at a time.

https://developer.box.com/guides/uploads/chunked/
"""

import asyncio
import base64
import binascii
import hashlib
import re
from collections.abc import Mapping
from typing import Any

from hubdrives.testing.emulators.box.asking import check_free, limit, offset, read_json, text
from hubdrives.testing.emulators.box.errors import BoxError
from hubdrives.testing.emulators.box.files import check_open
from hubdrives.testing.emulators.box.resources import View, rfc3339
from hubdrives.testing.emulators.box.sessions import Part, Session
from hubdrives.testing.emulators.box.uploads import Upload, create, update
from hubdrives.testing.emulators.content import Content
from hubdrives.testing.emulators.server import Answer, Call
from hubdrives.testing.emulators.tree import FILE, Node

_SPAN = re.compile(r"bytes (\d+)-(\d+)/(\d+)")


async def open_session(view: View, call: Call, args: Mapping[str, str]) -> Answer:
    """Begin an upload of a new file, or of a new version."""
    body = await read_json(call)
    size, name = body.get("file_size"), body.get("file_name")
    if not isinstance(size, int):
        raise BoxError("bad_request", "Missing or invalid parameter 'file_size'")
    if size < view.site.chunked_minimum:
        raise BoxError("bad_request", f"The file is smaller than {view.site.chunked_minimum} bytes")
    folder: Node | None = None
    file: Node | None = None
    if "id" in args:
        file = view.access.item("file", args["id"])
        view.access.need(file, "upload")
        check_open(view, file, to_read=False)
        if name is not None:
            check_free(view, view.box.tree[file.parents[0]], text(body, "file_name"), for_kind=FILE, but=file.id)
    else:
        folder = view.access.item("folder", text(body, "folder_id"))
        view.access.need(folder, "upload")
        check_free(view, folder, text(body, "file_name"), for_kind=FILE)
    session = await view.sessions.open(
        user=view.user.id,
        folder=folder.id if folder else None,
        file=file.id if file else None,
        name=name,
        size=size,
    )
    return Answer.json(_show(view, session), status=201)


async def get_session(view: View, call: Call, args: Mapping[str, str]) -> Answer:
    return Answer.json(_show(view, _session(view, call, args)))


async def put_part(view: View, call: Call, args: Mapping[str, str]) -> Answer:
    session = _session(view, call, args)
    data = await call.request.content.read()
    span = _SPAN.fullmatch(call.request.headers.get("Content-Range", ""))
    if span is None:
        raise BoxError("bad_request", "Missing or invalid header 'Content-Range'")
    start, last, total = map(int, span.groups())
    if total != session.size or last + 1 - start != len(data):
        raise BoxError("range_not_satisfiable")
    part = await view.sessions.put(session, start, data, sha1=_digest(call))
    return Answer.json({"part": _part(part)})


async def list_parts(view: View, call: Call, args: Mapping[str, str]) -> Answer:
    session = _session(view, call, args)
    found = sorted(session.parts.values(), key=lambda part: part.offset)
    start, size = offset(call), limit(call)
    return Answer.json(
        {
            "total_count": len(found),
            "entries": [_part(each) for each in found[start : start + size]],
            "offset": start,
            "limit": size,
            "order": [{"by": "offset", "direction": "ASC"}],
        }
    )


async def plan(view: View, call: Call, args: Mapping[str, str]) -> Answer:
    """Which parts need not be sent, because the file has them already."""
    session = _session(view, call, args)
    hits, misses = [], []
    for wanted in (await read_json(call)).get("parts", []):
        part = await _known(view, session, wanted)
        if part is None:
            misses.append(wanted)
        else:
            hits.append({**wanted, "part_id": part.id})
    return Answer.json({"upload_session_id": session.id, "hits": hits, "misses": misses})


async def commit(view: View, call: Call, args: Mapping[str, str]) -> Answer:
    """Make a file, or a new version, of the parts."""
    session = _session(view, call, args)
    body = await read_json(call)
    digest = _digest(call)
    if digest is None:
        raise BoxError("bad_request", "Missing header 'Digest'")
    if rule := call.faults.get("commit_later"):
        return Answer(202, headers={"Retry-After": str(rule.retry_after or 0)})
    _check_parts(session, body.get("parts", []))
    blob = await view.sessions.assemble(session)
    if blob.sha1 != digest:
        raise BoxError("bad_digest")
    upload = Upload(body.get("attributes") or {}, blob)
    async with view.box.writing(view.user):
        if session.file is not None:
            answer = update(view, call, session.file, session.name, upload)
        else:
            answer = create(view, call, str(session.folder), str(session.name), upload)
    view.sessions.close(session)
    return Answer(201, answer.body, answer.headers)


async def abort(view: View, call: Call, args: Mapping[str, str]) -> Answer:
    view.sessions.close(_session(view, call, args))
    return Answer(204)


def _session(view: View, call: Call, args: Mapping[str, str]) -> Session:
    if "session_expired" in call.faults:
        raise BoxError("session_expired")
    return view.sessions.get(args["id"], view.user.id)


async def _known(view: View, session: Session, wanted: Mapping[str, Any]) -> Part | None:
    """A part with these bytes, if it came already or the file has it in the same place."""
    start, size = wanted["offset"], wanted["size"]
    part = session.parts.get(start)
    if part is not None:
        source: Content | None = Content(size=session.size, path=session.draft)
    else:
        source = view.box.tree[session.file].content if session.file in view.box.tree.nodes else None
    if source is None:
        return None
    data = b"".join([chunk async for chunk in source.stream(start, min(start + size, source.size))])
    if (await asyncio.to_thread(hashlib.sha512, data)).hexdigest() != wanted["sha512"]:
        return None
    return part or await view.sessions.put(session, start, data)


def _check_parts(session: Session, listed: list[Mapping[str, Any]]) -> None:
    """Raise BoxError (400) unless these are all the parts, and make a whole."""
    known = {(part.id, part.offset, part.size) for part in session.parts.values()}
    shown = {(each.get("part_id"), each.get("offset"), each.get("size")) for each in listed}
    if known != shown or not session.complete:
        raise BoxError("parts_mismatch")
    hits = sum(not ({"sha1", "sha512"} & {name for name, value in each.items() if value}) for each in listed)
    if sum(bool(each.get("sha512")) for each in listed) not in {0, len(listed) - hits, len(listed)}:
        raise BoxError("bad_request", "'sha512' must be given for all parts or for none")


def _digest(call: Call) -> str | None:
    """The SHA-1 of the Digest header, in hex.

    Raises:
        BoxError: it has none.
    """
    header = call.request.headers.get("Digest")
    if header is None:
        return None
    name, _, value = header.partition("=")
    try:
        raw = base64.b64decode(value, validate=True)
    except binascii.Error:
        raw = b""
    if name.lower() != "sha" or len(raw) != hashlib.sha1(usedforsecurity=False).digest_size:
        raise BoxError("bad_digest", "The Digest header must be sha=BASE64")
    return raw.hex()


def _part(part: Part) -> dict[str, Any]:
    return {"part_id": part.id, "offset": part.offset, "size": part.size, "sha1": part.sha1}


def _show(view: View, session: Session) -> dict[str, Any]:
    here = f"{view.url}/api/2.0/files/upload_sessions/{session.id}"
    return {
        "type": "upload_session",
        "id": session.id,
        "session_expires_at": rfc3339(session.ends),
        "part_size": session.part_size,
        "total_parts": session.total_parts,
        "num_parts_processed": len(session.parts),
        "session_endpoints": {
            "upload_part": here,
            "commit": f"{here}/commit",
            "abort": here,
            "list_parts": f"{here}/parts",
            "status": here,
            "plan": f"{here}/plan",
            "log_event": f"{here}/log",
        },
    }
