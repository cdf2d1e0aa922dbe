"""Uploads in parts, several at the same time; one that was cut is taken up again where it stopped.

https://developer.box.com/guides/uploads/chunked/
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from hubdrives import digests
from hubdrives.content import Slice
from hubdrives.errors import Changed, HubdrivesError, Unavailable
from hubdrives.providers.box.failures import NameInUse, PartsMissing, PartThere, SessionGone
from hubdrives.providers.box.item import Item
from hubdrives.providers.box.upload import Sent, Upload, if_match
from hubdrives.providers.box.uploads import Part, Session, Uploads
from hubdrives.providers.sessions import Sessions
from hubdrives.sync.tasks import group

_PARALLEL = 4
_PATIENCE = 600.0
"""Seconds that Box may take to put the parts together."""
_BEGINNINGS = 3
_LIFETIME: Final = timedelta(days=7)
"""Of what has arrived, where Box does not tell: https://developer.box.com/guides/uploads/chunked/"""


@dataclass(slots=True)
class _Course:
    """An upload that is under way."""

    session: Session
    target: Item | None
    arrived: dict[int, Part] = field(default_factory=dict)
    """By offset."""


class Chunked:
    """Sends files in parts.

    Args:
        uploads: who is asked.
        sessions: where it is noted what was cut.
        sleep: how to wait for Box to put the parts together.
    """

    def __init__(self, uploads: Uploads, *, sessions: Sessions, sleep: Callable[[float], Awaitable[None]]) -> None:
        self.sessions = sessions
        self._uploads = uploads
        self._sleep = sleep

    async def send(self, upload: Upload, target: Item | None, sent: Sent) -> Item:
        """The file as it is then.

        Raises:
            NameInUse, Changed: somebody was faster.
            NotFound: the folder or file is not there.
        """
        for beginning in range(_BEGINNINGS):
            course = await self._begun(upload, target)
            try:
                return await self._sent(upload, course, sent)
            except SessionGone:
                # Too old; or an earlier try to end it got through, and only its answer did not.
                there = await self._uploads.taken(upload.folder, upload.name, upload.content.size, link=upload.link)
                if sent.tries.repeated and there is not None and there.sha1 == sent.sha1:
                    raise NameInUse(f"'{upload.name}' is in Box already.", item=there) from None
                if beginning == _BEGINNINGS - 1:
                    raise
        raise AssertionError("unreachable: the last beginning returns or raises")

    async def _begun(self, upload: Upload, target: Item | None) -> _Course:
        key, size, link = _key(upload, target), upload.content.size, upload.link
        while (known := self.sessions.take(key)) is not None:
            try:
                course = _Course(await self._uploads.session(known, link=link), target)
                await self._look_up(course, upload)
            except SessionGone:
                self.sessions.end(known)
            except BaseException:
                self.sessions.cut(known)
                raise
            else:
                return course
        if target is None:
            session = await self._uploads.begin(upload.folder, upload.name, size, link=link)
        else:
            session = await self._uploads.begin_version(target.id, size, link=link)
        self.sessions.begin(key, session.id, ends=session.session_expires_at or datetime.now(UTC) + _LIFETIME)
        return _Course(session, target)

    async def _sent(self, upload: Upload, course: _Course, sent: Sent) -> Item:
        session = course.session.id
        try:
            item = await self._arrived(upload, course, sent)
        except (Unavailable, Changed, asyncio.CancelledError):
            self.sessions.cut(session)
            raise
        except SessionGone:
            self.sessions.end(session)
            raise
        except HubdrivesError:
            self.sessions.end(session)
            with suppress(HubdrivesError):
                await self._uploads.abort(course.session, link=upload.link)
            raise
        self.sessions.end(session)
        return item

    async def _arrived(self, upload: Upload, course: _Course, sent: Sent) -> Item:
        await self._send_parts(upload, course, sent)
        try:
            return await self._end(upload, course, sent)
        except PartsMissing:
            await self._look_up(course, upload)
            await self._send_parts(upload, course, sent)
            return await self._end(upload, course, sent)

    async def _look_up(self, course: _Course, upload: Upload) -> None:
        course.arrived = {part.offset: part for part in await self._uploads.parts(course.session, link=upload.link)}

    async def _send_parts(self, upload: Upload, course: _Course, sent: Sent) -> None:
        """Send the parts that have not arrived. Each is read twice, for its digest and to be sent, and never held."""
        size, step = upload.content.size, course.session.part_size
        file = digests.hasher("sha1")
        places = asyncio.Semaphore(_PARALLEL)

        async def send(part: Slice, sha1: str) -> None:
            try:
                course.arrived[part.start] = await self._send_part(upload, course, part, sha1)
                self.sessions.go_on(course.session.id)
            finally:
                places.release()

        async with group() as tasks:
            for start in range(0, size, step):
                await places.acquire()
                part = Slice(upload.content, start, min(start + step, size))
                sha1 = await _hashed(part, file)
                there = course.arrived.get(start)
                if there is not None and (there.size, there.sha1) == (part.size, sha1):
                    places.release()
                else:
                    tasks.create_task(send(part, sha1))
        sent.sha1 = file.hexdigest()

    async def _send_part(self, upload: Upload, course: _Course, part: Slice, sha1: str) -> Part:
        session, link = course.session, upload.link
        try:
            return await self._uploads.send_part(session, part, sha1, total=upload.content.size, link=link)
        except PartThere:
            # An earlier try got through; or it is of something else that was to have the same name.
            for there in await self._uploads.parts(session, link=link):
                if (there.offset, there.size, there.sha1) == (part.start, part.size, sha1):
                    return there
            raise SessionGone("What Box has of this upload is something else.") from None

    async def _end(self, upload: Upload, course: _Course, sent: Sent) -> Item:
        parts = [course.arrived[offset] for offset in sorted(course.arrived)]
        headers = self._uploads.headers(upload.link) | (if_match(course.target) if course.target else {})
        waited = 0.0
        while True:
            ended = await self._uploads.commit(
                course.session, parts, upload.attributes, sent.sha1, headers=headers, tries=sent.tries
            )
            if isinstance(ended, Item):
                return ended
            if ended is None and course.target is not None:
                # For bytes that are there already, Box makes no version.
                now = await self._uploads.file(course.target.id, link=upload.link)
                if now.sha1 == sent.sha1:
                    return now
            if ended is None or waited + ended > _PATIENCE:
                raise Unavailable("Box did not put the parts of an upload together.")
            waited += ended
            await self._sleep(ended)


async def _hashed(part: Slice, file: digests.Hasher) -> str:
    """The SHA-1 of a part; that of the whole file goes on with it."""
    hasher = digests.hasher("sha1")
    async for piece in part.read():
        await asyncio.to_thread(_update, (hasher, file), piece)
    return hasher.hexdigest()


def _update(hashers: Iterable[digests.Hasher], piece: bytes) -> None:
    for hasher in hashers:
        hasher.update(piece)


def _key(upload: Upload, target: Item | None) -> str:
    return "/".join((upload.folder, target.id if target else "", str(upload.content.size), upload.name))
