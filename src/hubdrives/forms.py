"""Forms with a file in them that is never in memory: its bytes are read while they are sent."""

from collections.abc import Mapping
from typing import Any

from aiohttp import MultipartWriter, payload

from hubdrives.content import Content

_PACKET = 64 << 10
"""Bytes."""


def with_file(
    values: Mapping[str, str], content: Content, *, filename: str, kind: str = "text/plain; charset=utf-8"
) -> MultipartWriter:
    """A form whose last field is a file, called "file" (RFC 7578). Its length is known.

    Args:
        values: the fields, in this order.
        content: of the file.
        filename: as it is told.
        kind: media type of the fields.
    """
    form = _Form("form-data")
    for name, value in values.items():
        field = form.append(value, {"Content-Type": kind})
        field.set_content_disposition("form-data", name=name)
    body = form.append_payload(Body(content))
    # Not encoded: Seafile, for one, takes the name as it stands there.
    body.set_content_disposition("form-data", quote_fields=False, name="file", filename=filename)
    return form


class Body(payload.Payload):
    """The body of a request, or of a part of a form: content of known length that is sent in pieces."""

    _value: Content

    def __init__(self, content: Content) -> None:
        super().__init__(content, content_type="application/octet-stream")
        self._size = content.size

    def decode(self, encoding: str = "utf-8", errors: str = "strict") -> str:  # noqa: ARG002 - as the base has it
        raise TypeError("a file is not text")

    async def write(self, writer: Any) -> None:
        async for piece in self._value.read():
            await writer.write(piece)


class _Form(MultipartWriter):
    """A form whose small pieces go out together: each by itself would be a packet."""

    async def write(self, writer: Any, close_boundary: bool = True) -> None:  # noqa: FBT001, FBT002 - as the base has it
        gathering = _Gathering(writer)
        await super().write(gathering, close_boundary)  # type: ignore[arg-type]
        await gathering.flush()


class _Gathering:
    """What a form is written to."""

    def __init__(self, writer: Any) -> None:
        self._writer = writer
        self._held = bytearray()

    async def write(self, piece: bytes) -> None:
        if len(self._held) + len(piece) <= _PACKET:
            self._held += piece
        else:
            await self.flush()
            await self._writer.write(piece)

    async def flush(self) -> None:
        if self._held:
            await self._writer.write(bytes(self._held))
            self._held.clear()
