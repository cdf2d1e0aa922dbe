"""Parts of files, as collections hand them out: no total, no tails.

`Content-Range` ends in `*`, and a range that counts from the end, `bytes=-500`, is refused.
"""

import asyncio
import re
import secrets
from collections.abc import Mapping

from hubdrives.testing.emulators.content import Content
from hubdrives.testing.emulators.server import Answer, Slice

_SPAN = re.compile(r"(\d+)-(\d*)")


async def part(content: Content, wanted: str, headers: Mapping[str, str], *, total: str = "*") -> Answer:
    """Some of the bytes of a file.

    Args:
        content: all of them.
        wanted: the header `Range`.
        headers: of the answer that would have all of them.
        total: what stands for the size of the file.
    """
    unit, _, spans = wanted.partition("=")
    if unit.strip() != "bytes":
        return Answer(200, Slice(content, 0, content.size), headers)
    found = [_span(each.strip(), content.size) for each in spans.split(",")]
    sound = [each for each in found if each is not None]
    if len(sound) < len(found):
        return Answer(416, headers={"Content-Range": "bytes */*"})
    if len(sound) == 1:
        ((start, stop),) = sound
        about = {**headers, "Content-Range": f"bytes {start}-{stop - 1}/{total}"}
        return Answer(206, Slice(content, start, stop), about)
    boundary = secrets.token_hex(16)
    kind = headers.get("Content-Type", "application/octet-stream")
    body = bytearray()
    for start, stop in sound:
        body += f"\r\n--{boundary}\r\nContent-Type: {kind}\r\n".encode()
        body += f"Content-Range: bytes {start}-{stop - 1}/{total}\r\n\r\n".encode()
        async for chunk in content.stream(start, stop):
            body += chunk
        await asyncio.sleep(0)
    body += f"\r\n--{boundary}--\r\n".encode()
    return Answer(206, bytes(body), {**headers, "Content-Type": f"multipart/byteranges; boundary={boundary}"})


def _span(text: str, size: int) -> tuple[int, int] | None:
    """Start and stop in bytes; None for what can't be had."""
    found = _SPAN.fullmatch(text)
    if found is None:
        return None
    start = int(found[1])
    stop = min(size, int(found[2]) + 1) if found[2] else size
    return (start, stop) if start < stop else None
