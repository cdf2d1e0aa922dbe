"""Uploads in chunks: what has come so far.

https://developer.box.com/guides/uploads/chunked/
"""

import asyncio
import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from hubdrives.testing.emulators.box.blobs import Blob, Blobs
from hubdrives.testing.emulators.box.errors import BoxError
from hubdrives.testing.emulators.box.site import Site


@dataclass(frozen=True, slots=True)
class Part:
    """A chunk that has come: offset and size in bytes, digest in hex."""

    id: str
    offset: int
    size: int
    sha1: str


@dataclass(slots=True)
class Session:
    """One upload.

    Attributes:
        id: a name that can't be guessed.
        user: the id of whose it is.
        folder: where the new file will be; None for a new version.
        file: the file that gets a new version; None for a new one.
        name: of the file; None leaves it as it is.
        size: of the whole, bytes.
        part_size: of all parts but the last, bytes.
        ends: seconds since 1970.
        draft: the bytes so far, each at its place.
        parts: by offset.
        blob: the whole, once it was put together.
    """

    id: str
    user: str
    folder: str | None
    file: str | None
    name: str | None
    size: int
    part_size: int
    ends: float
    draft: Path
    parts: dict[int, Part] = field(default_factory=dict)
    blob: Blob | None = None

    @property
    def total_parts(self) -> int:
        return -(-self.size // self.part_size)

    @property
    def complete(self) -> bool:
        return sum(each.size for each in self.parts.values()) == self.size

    def check_span(self, start: int, stop: int) -> None:
        """Raise BoxError for bytes that are no part of this upload."""
        if start % self.part_size or stop != min(start + self.part_size, self.size) or start >= stop:
            raise BoxError("range_not_satisfiable")
        if start in self.parts:
            raise BoxError("range_overlaps_existing_part")


class Sessions:
    """The uploads that have not ended."""

    def __init__(self, blobs: Blobs, site: Site, *, clock: Callable[[], float]) -> None:
        self._blobs = blobs
        self._site = site
        self._clock = clock
        self._sessions: dict[str, Session] = {}

    async def open(self, *, user: str, folder: str | None, file: str | None, name: str | None, size: int) -> Session:
        """Begin an upload; the arguments are those of a Session."""
        with await asyncio.to_thread(self._blobs.draft) as draft:
            session = Session(
                id=secrets.token_hex(16).upper(),
                user=user,
                folder=folder,
                file=file,
                name=name,
                size=size,
                part_size=self._site.part_size,
                ends=self._clock() + self._site.session_lifetime,
                draft=Path(draft.name),
            )
        self._sessions[session.id] = session
        return session

    def get(self, session_id: str, user: str) -> Session:
        """Raises:
        BoxError: 404, or 410 when it has ended.
        """
        found = self._sessions.get(session_id)
        if found is None or found.user != user:
            raise BoxError("not_found")
        if found.ends <= self._clock():
            raise BoxError("session_expired")
        return found

    def close(self, session: Session) -> None:
        self._sessions.pop(session.id, None)
        session.draft.unlink(missing_ok=True)

    async def put(self, session: Session, start: int, data: bytes, *, sha1: str | None = None) -> Part:
        """Take a part.

        Args:
            session: of which upload.
            start: offset, bytes.
            data: its bytes.
            sha1: what they must have, in hex.

        Raises:
            BoxError: it is none of the parts, or came before, or has another digest.
        """
        session.check_span(start, start + len(data))
        part = await asyncio.to_thread(_write, session.draft, start, data)
        if sha1 is not None and sha1 != part.sha1:
            raise BoxError("bad_digest")
        session.check_span(start, start + len(data))  # it may have come twice at once
        session.parts[start] = part
        return part

    async def assemble(self, session: Session) -> Blob:
        """All the parts as one."""
        if session.blob is None:
            session.blob = await asyncio.to_thread(self._blobs.adopt, session.draft)
        return session.blob


def _write(draft: Path, start: int, data: bytes) -> Part:
    with draft.open("r+b") as file:
        file.seek(start)
        file.write(data)
    return Part(
        id=secrets.token_hex(4).upper(),
        offset=start,
        size=len(data),
        sha1=hashlib.sha1(data, usedforsecurity=False).hexdigest(),
    )
