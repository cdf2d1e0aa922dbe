"""What a zip of the server's holds, file by file, as far as the bytes prove to be those that were listed."""

import tempfile
import zipfile
import zlib
from collections.abc import Mapping
from typing import IO, Final

from hubdrives.model import Entry
from hubdrives.providers.base import Piece
from hubdrives.providers.seafile.identity import file_id

_AT_ONCE: Final = 1 << 20
"""Bytes after which what was unpacked is handed on."""
_UTF8 = 0x800
_MEMORY = 1 << 20

DAMAGED: Final = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError)
"""What the standard library raises for zips that can't be used."""


class Unpacker:
    """Takes the wanted files out of a zip. Its methods take a while: call them in a thread.

    Args:
        wanted: by their path in the zip.
    """

    def __init__(self, wanted: Mapping[str, Entry]) -> None:
        self._wanted = dict(wanted)
        self._file: IO[bytes] = tempfile.SpooledTemporaryFile(max_size=_MEMORY)  # noqa: SIM115 - closed by `close`
        self._members: list[zipfile.ZipInfo] | None = None
        self._zip: zipfile.ZipFile | None = None

    def write(self, data: bytes) -> None:
        """The next bytes of the zip. Raises OSError: there is no space for it."""
        self._file.write(data)

    def some(self) -> list[Piece]:
        """The next files, each whole; none at the end. Raises one of DAMAGED: it is no zip at all."""
        if self._zip is None:
            self._zip = zipfile.ZipFile(self._file)
            self._members = self._zip.infolist()[::-1]
        found: list[Piece] = []
        size = 0
        while self._members and size < _AT_ONCE:
            member = self._members.pop()
            entry = self._wanted.get(_name(member))
            if entry is None or member.file_size != entry.size:
                continue
            try:
                data = self._zip.read(member)
            except DAMAGED:
                continue
            if file_id(data) == entry.version:
                del self._wanted[_name(member)]
                found.append(Piece(entry=entry, data=data, last=True))
                size += len(data)
        return found

    @property
    def missing(self) -> list[Entry]:
        """What did not come, or not as it was listed."""
        return list(self._wanted.values())

    def close(self) -> None:
        self._file.close()


def _name(member: zipfile.ZipInfo) -> str:
    """The path of a file in the zip. Servers write UTF-8, and some of them don't say so."""
    if member.flag_bits & _UTF8:
        return member.filename
    try:
        return member.filename.encode("cp437").decode()
    except UnicodeError:
        return member.filename
