"""A part of a file on its way here: which bytes are still to come, and whether those that came are the right ones."""

import asyncio
import re
from collections.abc import Iterable, Mapping
from http import HTTPStatus

from hubdrives import digests
from hubdrives.errors import Corrupt, VersionGone

_MUCH = 1 << 20
"""Bytes whose checksum takes longer than a thread takes to begin with it."""

_LARGE = 256 << 20
"""Bytes: of a file from here on, four times as many. Smaller ones come many at once, which would be much memory."""

_CONTENT_RANGE = re.compile(r"bytes (\d+)-\d+/(\d+|\*)")


class Part:
    """The bytes from `start` up to `stop` (or the end) of a file, as they arrive.

    Args:
        title: who sends them, as a person calls it.
        start: first byte.
        stop: one past the last byte; None is the end.
        size: the whole file's size in bytes, if known.
        digest: the whole file's digest (`algorithm:hex`), checked when the whole file is read.
    """

    def __init__(
        self, *, title: str, start: int = 0, stop: int | None = None, size: int | None = None, digest: str | None = None
    ) -> None:
        self.position = start
        """The next byte that is needed."""
        self.end = size if stop is None else stop if size is None else min(stop, size)
        """One past the last byte that will come; None while nobody can tell."""
        self._title = title
        self._stop = stop
        self._size = size
        self._etag: str | None = None
        self._range_ignored = False
        whole = start == 0 and (stop is None or (size is not None and stop >= size))
        self._digest = digest if whole else None
        self._hasher = digests.hasher(digests.algorithm_of(digest)) if digest and whole else None
        self._much = 4 * _MUCH if (size or 0) >= _LARGE else _MUCH
        self._unhashed: list[bytes] = []
        self._unhashed_size = 0
        self._hashing: asyncio.Future[None] | None = None

    @property
    def complete(self) -> bool:
        """Whether all bytes are known to be here."""
        return self.end is not None and self.position >= self.end

    @property
    def range_header(self) -> str | None:
        """The Range header that asks for what is missing; None when that is the whole file."""
        if self.position == 0 and self._stop is None:
            return None
        return f"bytes={self.position}-{'' if self._stop is None else self._stop - 1}"

    def begin(self, status: int, headers: Mapping[str, str]) -> int:
        """Look at a successful answer; how many bytes of its body come before those that are needed.

        Raises:
            Corrupt: it is another part than was asked for.
            VersionGone: it is of another version of the file than the bytes before.
        """
        etag = headers.get("ETag", self._etag)
        if self._etag is not None and etag != self._etag:
            raise self._changed()
        self._etag = etag
        self._range_ignored = status != HTTPStatus.PARTIAL_CONTENT and self.range_header is not None
        if status != HTTPStatus.PARTIAL_CONTENT:
            return self.position
        told = _CONTENT_RANGE.fullmatch(headers.get("Content-Range", ""))
        if told is None or int(told[1]) != self.position:
            raise Corrupt(f"{self._title} sent another part of the file than was asked for.")
        if self._size is not None and told[2] not in {"*", str(self._size)}:
            raise self._changed()
        return 0

    def take(self, piece: bytes) -> bytes:
        """Those bytes of `piece`, the next that arrived, that belong to the part.

        Raises:
            Corrupt: there are more than were promised.
        """
        room = len(piece) if self.end is None else self.end - self.position
        if len(piece) > room:
            if self._stop is None or not self._range_ignored:
                raise Corrupt(f"{self._title} sent more bytes than it had promised.")
            piece = piece[:room]
        self.position += len(piece)
        if self._hasher is not None:
            self._unhashed.append(piece)
            self._unhashed_size += len(piece)
        return piece

    async def hash(self) -> None:
        """Have a thread bring the checksum up to here while more arrives, if there is enough for one to do."""
        if self._hasher is not None and self._unhashed_size >= self._much:
            pieces, self._unhashed, self._unhashed_size = self._unhashed, [], 0
            await self._hashed()
            self._hashing = asyncio.ensure_future(asyncio.to_thread(_hash, self._hasher, pieces))

    async def finish(self) -> None:
        """Compare the checksum, if the whole file was read and its digest is known; raises Corrupt."""
        if self._hasher is not None and self._digest is not None:
            await self._hashed()
            _hash(self._hasher, self._unhashed)
            algorithm = digests.algorithm_of(self._digest)
            if self._digest != f"{algorithm}:{self._hasher.hexdigest()}":
                raise Corrupt(f"What {self._title} sent does not match its own checksum.")

    async def _hashed(self) -> None:
        if self._hashing is not None:
            await self._hashing

    def _changed(self) -> VersionGone:
        return VersionGone(f"The file changed at {self._title} while it was read.")


def _hash(hasher: digests.Hasher, pieces: Iterable[bytes]) -> None:
    for piece in pieces:
        hasher.update(piece)
