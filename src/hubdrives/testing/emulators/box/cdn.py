"""Where the bytes are: another host, with addresses that are signed and end soon.

Such an address is all that one needs; whoever shows an access token as well is refused (see `Site.refuse_leaks`).
"""

import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import quote

from hubdrives.testing.emulators.box.errors import BoxError
from hubdrives.testing.emulators.box.site import Site
from hubdrives.testing.emulators.content import Content
from hubdrives.testing.emulators.server import Answer, Call, Slice

_RANGE = re.compile(r"bytes=(\d*)-(\d*)")


@dataclass(frozen=True, slots=True)
class Address:
    """What one address is of, and until when (seconds since 1970)."""

    file: str
    name: str
    content: Content
    ends: float


class Cdn:
    """The contents by signed address.

    Attributes:
        url: of its server, without a slash at the end; empty before it runs.
    """

    def __init__(self, site: Site, *, clock: Callable[[], float]) -> None:
        self.url = ""
        self._site = site
        self._clock = clock
        self._addresses: dict[str, Address] = {}

    def sign(self, file: str, name: str, content: Content) -> str:
        """An address of some bytes of a file (its id and name)."""
        key = secrets.token_urlsafe(48)
        self._addresses[key] = Address(file, name, content, self._clock() + self._site.address_lifetime)
        return f"{self.url}/d/1/{key}/download"

    def address(self, call: Call) -> Address | None:
        """What a request is for, whether it is in time or not."""
        *_, key, _download = ("", "", *call.segments)
        return self._addresses.get(key)

    def get(self, call: Call) -> Answer:
        """The bytes that an address leads to.

        Raises:
            BoxError: in plain text; 416 is none.
        """
        found = self.address(call)
        if self._site.refuse_leaks and "Authorization" in call.request.headers:
            raise BoxError("cdn_authorization")
        if found is None:
            raise BoxError("cdn_gone")
        if found.ends <= self._clock() or "expired_address" in call.faults:
            raise BoxError("cdn_expired")
        size = found.content.size
        headers = {
            "Content-Type": "application/octet-stream",
            "Content-Disposition": f"attachment;filename*=UTF-8''{quote(found.name, safe='')}",
            "Accept-Ranges": "bytes",
        }
        span = _RANGE.fullmatch(call.request.headers.get("Range", ""))
        if span is None or span.groups() == ("", "") or "ignore_range" in call.faults:
            return Answer(200, Slice(found.content, 0, size), headers)
        first, last = span.groups()
        start = int(first) if first else max(0, size - int(last))
        stop = min(size, int(last) + 1) if first and last else size
        if start >= stop:
            return Answer(416, headers={"Content-Range": f"bytes */{size}"})
        return Answer(
            206, Slice(found.content, start, stop), {**headers, "Content-Range": f"bytes {start}-{stop - 1}/{size}"}
        )
