"""What users send, kept in private temporary files until the provider has it: so that it can be read again."""

import asyncio
import base64
import binascii
import os
import re
from collections.abc import AsyncIterator

import aiohttp
from aiohttp import web

from hubdrives.errors import BadInput, Corrupt, LocalFailure, Unavailable
from hubdrives.gateway.disk import Disk, Growing, disk_errors
from hubdrives.http import CHUNK
from hubdrives.wire import CONTENT_DIGEST

_AT_ONCE = 4
"""Files of the largest size for which there is room at the same time."""

_SILENCE = 60.0
"""Seconds after which whoever sends nothing is not waited for any more."""

_SHA256 = re.compile(r"(?:^|,)\s*sha-256=:([A-Za-z0-9+/=]+):")


class Upload:
    """One file on its way. A `content.Content`; it is gone from disk when it is closed, or this process ends."""

    def __init__(self, uploads: "Uploads", file: Growing) -> None:
        self._uploads = uploads
        self._file = file
        self._held = 1
        self.reserved = 0

    @property
    def size(self) -> int:
        return self._file.size

    @property
    def sha256(self) -> str:
        """In hexadecimal."""
        return self._file.blob.sha256

    def hold(self) -> "Upload":
        """Keep it until one more `close`."""
        self._held += 1
        return self

    def close(self) -> None:
        self._held -= 1
        if not self._held:
            os.close(self._file.fd)
            self._uploads.used -= self.reserved

    async def append(self, data: bytes) -> None:
        """Raises BadInput, Unavailable: there is no room for so much; DiskFull, LocalFailure."""
        self._uploads.reserve(self, self.size + len(data))
        await asyncio.to_thread(self._file.append, data)

    async def read(self, start: int = 0, stop: int | None = None) -> AsyncIterator[bytes]:
        position, end = start, self.size if stop is None else min(stop, self.size)
        while position < end:
            if not self._held:
                raise LocalFailure("The upload is over.")
            with disk_errors():
                piece = await asyncio.to_thread(os.pread, self._file.fd, min(CHUNK, end - position), position)
            position += len(piece)
            yield piece


class Uploads:
    """Room for what comes in.

    Args:
        disk: where.
        limit: bytes of one file; a few of that size at once is all there is room for.
    """

    def __init__(self, disk: Disk, *, limit: int) -> None:
        self._disk = disk
        self._limit = limit
        self.used = 0
        """Bytes that are taken, or promised."""

    async def receive(self, request: web.Request) -> Upload:
        """The body of `request`, to be closed by the caller.

        Raises:
            BadInput: it is too large, or its digest is none.
            Unavailable: too many are sending at the moment.
            Corrupt: it is not what its Content-Digest says.
            ConnectionResetError: whoever sent it went away.
        """
        file = await asyncio.to_thread(self._disk.create)
        # Without a name nobody finds it, and nobody has to clean up.
        self._disk.discard(file)
        upload = Upload(self, file)
        try:
            self.reserve(upload, request.content_length or 0)
            await self._fill(upload, request)
        except BaseException:
            upload.close()
            raise
        return upload

    def reserve(self, upload: Upload, size: int) -> None:
        """Have room for `size` bytes of `upload`."""
        if size > self._limit:
            raise BadInput(
                f"The file is larger than the {self._limit} bytes that the hub's gateway takes.",
                hint="Put it there in the browser, or ask your hub's administrators to raise upload_bytes.",
            )
        more = max(0, size - upload.reserved)
        if self.used + more > self._limit * _AT_ONCE:
            raise Unavailable("Too much is being sent to the hub's gateway at the moment.", retry_after=5)
        self.used += more
        upload.reserved += more

    @staticmethod
    async def _fill(upload: Upload, request: web.Request) -> None:
        expected = _expected(request)
        try:
            while True:
                async with asyncio.timeout(_SILENCE):
                    piece = await request.content.read(CHUNK)
                if not piece:
                    break
                await upload.append(piece)
        except TimeoutError:
            raise Unavailable("The file stopped coming in.") from None
        except (web.RequestPayloadError, aiohttp.ClientError):
            raise ConnectionResetError from None
        if expected is not None and expected != upload.sha256:
            raise Corrupt("The file did not arrive as it was sent; nothing was written.")


async def drop(request: web.Request) -> None:
    """Read the body and keep nothing of it: it was sent before."""
    while await request.content.read(CHUNK):
        pass


def _expected(request: web.Request) -> str | None:
    told = request.headers.get(CONTENT_DIGEST)
    if told is None or not (match := _SHA256.search(told)):
        return None
    try:
        return base64.b64decode(match[1], validate=True).hex()
    except binascii.Error:
        raise BadInput(f"The header {CONTENT_DIGEST} is damaged.") from None
