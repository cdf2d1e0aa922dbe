"""The ids that Seafile gives to contents, so that bytes can be compared with what was listed.

A file's id is the SHA-1 of a note of the SHA-1s of its blocks. Uploads through the web API are cut into blocks of
8 MiB; desktop clients cut elsewhere, and encrypted libraries hash what they store. So equal ids mean equal bytes, but
another id means nothing.

https://manual.seafile.com/latest/develop/data_model/
"""

import hashlib
import json

from hubdrives.providers.seafile.item import EMPTY

BLOCK = 8 << 20
"""Bytes: into which pieces the server cuts what is uploaded through its web API."""


class FileId:
    """Computes a file's id while its bytes pass."""

    def __init__(self) -> None:
        self._blocks: list[str] = []
        self._block = hashlib.sha1(usedforsecurity=False)
        self._in_block = 0
        self._size = 0

    def update(self, data: bytes) -> None:
        """The next bytes."""
        view = memoryview(data)
        while view:
            piece = view[: BLOCK - self._in_block]
            self._block.update(piece)
            self._in_block += len(piece)
            self._size += len(piece)
            view = view[len(piece) :]
            if self._in_block == BLOCK:
                self._end_block()

    def hexdigest(self) -> str:
        """The id of all that has passed; nothing may follow."""
        if self._in_block:
            self._end_block()
        if not self._size:
            return EMPTY
        note = {"block_ids": self._blocks, "size": self._size, "type": 1, "version": 1}
        return hashlib.sha1(json.dumps(note).encode(), usedforsecurity=False).hexdigest()

    def _end_block(self) -> None:
        self._blocks.append(self._block.hexdigest())
        self._block = hashlib.sha1(usedforsecurity=False)
        self._in_block = 0


def file_id(data: bytes) -> str:
    """The id of a file with these bytes."""
    found = FileId()
    found.update(data)
    return found.hexdigest()
