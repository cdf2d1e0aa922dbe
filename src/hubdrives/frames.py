"""Many files in one stream, from the gateway to its client.

The stream is a row of frames. A frame is one line of JSON and, if that line says so, as many bytes as it says:

    {"file":0,"size":5,"end":"sha256:…"}   the bytes of the request's file 0, complete with these
    {"file":1,"size":262144}               some bytes of file 1; more follow
    {"file":2,"error":{"code":…}}           file 2 can't be had
    {"waiting":{"on":…,"seconds":…}}        nothing at the moment; the connection lives
    {"error":{"code":…}}                    nothing more can be had
    {"done":true}                           all was said; a stream without this was cut

The frames of one file follow each other; only "waiting" comes between them.
"""

from collections.abc import Iterator
from typing import Any

import msgspec

from hubdrives.errors import UnexpectedAnswer
from hubdrives.wire import WaitingDocument

_MAX_LINE = 64 << 10


class Frame(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """One line of the stream."""

    file: int | None = None
    size: int = 0
    """How many bytes follow the line."""
    end: str | None = None
    """The file is complete: the digest of all of it, "" where the gateway has not seen all of it."""
    error: dict[str, Any] | None = None
    waiting: WaitingDocument | None = None
    done: bool = False

    def line(self) -> bytes:
        """The frame's line, newline included; its bytes follow."""
        return msgspec.json.encode(self) + b"\n"


class Reader:
    """Makes frames of the bytes of a stream, however they are cut. Knows no network."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._decode = msgspec.json.Decoder(Frame).decode
        self._frame: Frame | None = None
        self._left = 0

    def feed(self, data: bytes) -> Iterator[tuple[Frame, bytes]]:
        """The frames that are there now, each with bytes of its own.

        A frame whose bytes come in parts comes several times; `end` is told with the last part only.

        Raises:
            UnexpectedAnswer: this is no such stream.
        """
        self._buffer += data
        position = 0
        try:
            while True:
                if self._frame is None:
                    newline = self._buffer.find(b"\n", position)
                    if newline < 0:
                        break
                    self._frame = self._parse(bytes(self._buffer[position:newline]))
                    self._left = self._frame.size
                    position = newline + 1
                part = bytes(self._buffer[position : position + self._left])
                if self._left and not part:
                    break
                position += len(part)
                self._left -= len(part)
                frame, self._frame = self._frame, None if not self._left else self._frame
                yield (frame if not self._left else Frame(file=frame.file, size=len(part))), part
        finally:
            del self._buffer[:position]
        if self._frame is None and len(self._buffer) > _MAX_LINE:
            raise UnexpectedAnswer("The gateway sent something that is no stream of files.")

    def _parse(self, line: bytes) -> Frame:
        try:
            frame = self._decode(line)
        except msgspec.DecodeError:
            raise UnexpectedAnswer("The gateway sent something that is no stream of files.") from None
        if frame.size < 0 or (frame.size and frame.file is None):
            raise UnexpectedAnswer("The gateway sent something that is no stream of files.")
        return frame
