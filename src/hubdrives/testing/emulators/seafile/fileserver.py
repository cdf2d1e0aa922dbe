"""Bytes on their way out: `/seafhttp/files/TOKEN/NAME`, which needs no other leave than the token in it."""

import re
from collections.abc import Mapping
from dataclasses import replace
from email.utils import formatdate

from hubdrives.testing.emulators.content import Content
from hubdrives.testing.emulators.seafile.errors import SeafileError
from hubdrives.testing.emulators.seafile.tickets import Ticket, What
from hubdrives.testing.emulators.seafile.view import View
from hubdrives.testing.emulators.server import Answer, Call, Slice

_RANGE = re.compile(r"bytes=(\d*)-(\d*)")
_TYPES: Mapping[str, str] = {
    "txt": "text/plain; charset=gbk",
    "pdf": "application/pdf",
    "zip": "application/zip",
    "png": "image/png",
    "jpg": "image/jpeg",
    "svg": "image/svg+xml",
}


async def get_file(view: View, call: Call, args: Mapping[str, str]) -> Answer:
    """The bytes of a file, or a part of them. Any request uses up a link that serves once, HEAD as well."""
    ticket = take(view, call, args, "download", refusal="no_link")
    if "If-Modified-Since" in call.request.headers:
        # Whatever the date is: the file of an id never changes.
        return Answer(304)
    library = view.site.libraries.get(ticket.library)
    if library is None:
        raise SeafileError("bad_link", "Bad repo id")
    if library.encrypted and ticket.user not in library.unlocked:
        raise SeafileError("library_locked")
    content = ticket.content or Content.of(b"")
    headers = {
        "Content-Type": _TYPES.get(ticket.name.rpartition(".")[2].lower(), "application/octet-stream"),
        "Content-Disposition": f"attachment;filename*=\"utf-8' '{ticket.name}\"".encode().decode("latin-1"),
        "ETag": ticket.file,
        "Last-Modified": formatdate(view.site.clock(), usegmt=True),
        "Cache-Control": "max-age=3600",
        "Access-Control-Allow-Origin": "*",
        "X-Content-Type-Options": "nosniff",
    }
    wanted = call.request.headers.get("Range")
    if wanted is None or library.encrypted or not content.size or "ignore_range" in call.faults:
        answer = Answer(200, Slice(content, 0, content.size), headers)
    else:
        answer = _part(call, content, wanted, headers)
    return _bare(answer) if call.request.method == "HEAD" else answer


def _bare(answer: Answer) -> Answer:
    """The same without its body, which it tells the length of."""
    if isinstance(answer.body, bytes):
        return answer
    length = str(answer.body.stop - answer.body.start)
    return replace(answer, body=b"", headers={**answer.headers, "Content-Length": length})


def _part(call: Call, content: Content, wanted: str, headers: Mapping[str, str]) -> Answer:
    size = content.size
    span = _RANGE.fullmatch(wanted)
    first, last = ("", "") if span is None else span.groups()
    start = int(first) if first else size - int(last or 0)
    stop = min(size, int(last) + 1) if first and last else size
    if not 0 <= start < stop:
        # Several ranges at once, nonsense, and a tail longer than the file are no better than one behind the end.
        return Answer(416, headers={"Content-Range": f"bytes */{size}"})
    about = {**headers, "Accept-Ranges": "bytes", "Content-Range": f"bytes {start}-{stop - 1}/{size}"}
    if rule := call.faults.get("short_range"):
        stop = max(start, stop - rule.size)
    return Answer(206, Slice(content, start, stop), about)


def take(view: View, call: Call, args: Mapping[str, str], *what: What, refusal: str) -> Ticket:
    """What a link is for.

    Raises:
        SeafileError: 403 for one that never was, was used up, or is too old.
    """
    if "expired_link" in call.faults:
        view.site.tickets.drop(args["token"])
    found = view.site.tickets.use(args["token"], *what)
    if found is None:
        raise SeafileError(refusal)
    return found
