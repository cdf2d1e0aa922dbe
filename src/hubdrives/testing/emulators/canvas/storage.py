"""Where the bytes are: another host, with addresses that are signed and end soon.

Such an address is all that one needs; whoever shows an access token as well is refused, as S3 does.
"""

import re
import secrets
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import jwt

from hubdrives.testing.emulators.canvas.attachments import Attachments
from hubdrives.testing.emulators.canvas.errors import CanvasError
from hubdrives.testing.emulators.canvas.site import Site
from hubdrives.testing.emulators.content import Content
from hubdrives.testing.emulators.server import Answer, Call, Slice
from hubdrives.testing.emulators.tree import Node

_RANGE = re.compile(r"bytes=(\d*)-(\d*)")


class Storage:
    """The contents of all files, by signed address.

    Attributes:
        url: of its server, without a slash at the end; empty before it runs.
    """

    def __init__(self, tree: Attachments, site: Site, *, clock: Callable[[], float]) -> None:
        self.url = ""
        self._tree = tree
        self._site = site
        self._clock = clock
        self._key = secrets.token_bytes(32)
        self._contents: dict[str, Content] = {}

    def sign(self, node: Node, uuid: str, kind: str) -> str:
        """An address of the bytes of a file.

        Args:
            node: the file.
            uuid: its name at the storage.
            kind: its content type.
        """
        if node.content is not None:
            self._contents[node.id] = node.content
        ends = self._clock() + self._site.address_lifetime
        token = jwt.encode({"id": node.id, "type": kind, "exp": ends}, self._key, algorithm="HS256")
        return f"{self.url}/files/{uuid}/{quote(node.name, safe='')}?token={token}"

    def file_of(self, call: Call) -> str:
        """The id of the file that an address is of, whether it is good or not."""
        try:
            return str(self._claims(call)["id"])
        except CanvasError:
            return ""

    def get(self, call: Call) -> Answer:
        """The bytes that an address leads to.

        Raises:
            CanvasError: 400, 403, 404 or 416, in XML.
        """
        if call.request.method != "GET":
            raise CanvasError("SignatureDoesNotMatch")  # which is for one method
        if "Authorization" in call.request.headers:
            raise CanvasError("InvalidArgument")
        claims = self._claims(call)
        if claims["exp"] <= self._clock() or "expired_address" in call.faults:
            raise CanvasError("AccessDenied")
        content = self._content(claims["id"])
        size = content.size
        headers = {
            "Content-Type": claims["type"],
            "Content-Disposition": "attachment",
            "Accept-Ranges": "bytes",
            "ETag": f'"{claims["id"]}-1"',
        }
        span = _RANGE.fullmatch(call.request.headers.get("Range", ""))
        if span is None or span.groups() == ("", ""):
            return Answer(200, Slice(content, 0, size), headers)
        first, last = span.groups()
        start = int(first) if first else max(0, size - int(last))
        stop = min(size, int(last) + 1) if first and last else size
        if start >= stop:
            refused = CanvasError("InvalidRange").answer()
            return Answer(416, refused.body, {**refused.headers, "Content-Range": f"bytes */{size}"})
        return Answer(
            206, Slice(content, start, stop), {**headers, "Content-Range": f"bytes {start}-{stop - 1}/{size}"}
        )

    def _claims(self, call: Call) -> dict[str, Any]:
        try:
            found: dict[str, Any] = jwt.decode(
                call.params.get("token", ""),
                self._key,
                algorithms=["HS256"],
                options={"verify_exp": False},  # the time is our own clock's business
            )
        except jwt.InvalidTokenError:
            raise CanvasError("SignatureDoesNotMatch") from None
        return found

    def _content(self, file: str) -> Content:
        """The bytes of a file; those of one that was replaced stay for whoever has an address, but not on disk."""
        now = self._tree[file].content if file in self._tree else self._contents.get(file)
        if now is None or (now.path is not None and not self._tree.exists(file)):
            raise CanvasError("NoSuchKey")
        return now
