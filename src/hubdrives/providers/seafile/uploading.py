"""Putting a file into a folder: a new one, or a new version of the one that is there, whoever else writes.

Seafile has no "only if": it writes over whatever is there, or takes another name. So what is there is looked at
directly before, the name that came out after, and where a version was meant, the history then tells who was first. Who
writes in the moment between loses nothing: the history has both, and the one who came second takes itself back.
"""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, replace
from weakref import WeakValueDictionary

from hubdrives.content import Content
from hubdrives.errors import BadInput, Changed, Corrupt, HubdrivesError, NameTaken, Unavailable
from hubdrives.providers.abilities import NEW
from hubdrives.providers.seafile.api import Api
from hubdrives.providers.seafile.changes import Again, Changes, check_name, same_name
from hubdrives.providers.seafile.history import History
from hubdrives.providers.seafile.identity import BLOCK, FileId
from hubdrives.providers.seafile.item import Dirent
from hubdrives.providers.seafile.uploads import Stored, Upload, Uploads

PART = 4 * BLOCK
"""Bytes: in parts of this size files of three or more of them go up, so that what arrived need not be sent again."""
_FEW = 3
# As often as others may be faster, one after the other; and as often as it is asked what became of a request.
_RACES = 10
_TRIES = 4
_SURE = 1 << 20
"""Bytes: what is smaller is one block on every server, so its id is certain."""


class Writer:
    """Writes files.

    Args:
        api: who is asked.
        part: bytes in each part of a large file.
    """

    def __init__(self, api: Api, *, part: int = PART) -> None:
        self._api = api
        self._changes = Changes(api)
        self._history = History(api)
        self._uploads = Uploads(api)
        self._part = part
        self._busy = WeakValueDictionary[tuple[str, str], asyncio.Lock]()

    async def write(self, upload: Upload) -> Dirent:
        """The file as it is then. Raises what `Writable.write` raises."""
        check_name(upload.name)
        # Who writes the same file from here waits: the server would not keep them apart.
        lock = self._busy.setdefault((upload.library, upload.path), asyncio.Lock())
        async with lock:
            for _ in range(_RACES):
                there = await self._changes.file(upload.library, upload.path)
                _check(upload, there)
                try:
                    return await self._over(upload, there) if there is not None else await self._new(upload)
                except _AgainFromTheStartError:
                    continue
        raise Changed(f"Others keep changing '{upload.name}' in Seafile.", hint="Try again when they are done.")

    async def _new(self, upload: Upload) -> Dirent:
        sent = await self._sent(upload, over=False)
        stored = sent.stored
        if not same_name(stored.name, upload.name):
            await self._take_back(upload, stored)
            if await self._changes.is_folder(upload.library, upload.path):
                raise NameTaken(f"'{upload.name}' in Seafile is a folder.")
            if await self._changes.file(upload.library, upload.path) is None and not _is_numbered(stored.name, upload):
                raise BadInput(f"Seafile makes '{stored.name}' of the name '{upload.name}'.")
            raise _AgainFromTheStartError
        if not sent.right:
            await self._take_back(upload, stored)
            raise sent.wrong(upload)
        return await self._now(upload, stored)

    async def _over(self, upload: Upload, there: Dirent) -> Dirent:
        sent = await self._sent(upload, over=True)
        if not sent.right:
            await self._put_back(upload, sent.stored.id, there.id)
            raise sent.wrong(upload)
        if upload.if_version and sent.stored.id != there.id:
            await self._check_first(upload, sent.stored)
        return await self._now(upload, sent.stored)

    async def _sent(self, upload: Upload, *, over: bool) -> "_Sent":
        if upload.content.size >= _FEW * self._part:
            arrived = await self._uploads.arrived(upload)
            return await self._in_parts(upload, min(arrived, upload.content.size - 1), over=over)
        hashed = _Hashed(upload.content)
        sending = replace(upload, content=hashed)
        stored = await self._asked(upload, lambda: self._uploads.whole(sending, replace=over), lambda: hashed.id)
        return _Sent(stored=stored, right=await self._is(upload, stored, hashed.id))

    async def _in_parts(self, upload: Upload, arrived: int, *, over: bool) -> "_Sent":
        """All parts behind what has arrived, one after the other."""
        size, passed = upload.content.size, FileId()
        position = 0
        while True:
            end = min(position + self._part, size)
            async for piece in upload.content.read(position, end):
                passed.update(piece)
            if end == size:
                break
            if end > arrived:
                await self._uploads.part(upload, position, end, replace=over)
            position = end
        known = passed.hexdigest()
        start = position
        stored = await self._asked(upload, lambda: self._uploads.part(upload, start, size, replace=over), lambda: known)
        return _Sent(stored=stored, right=await self._is(upload, stored, known), resumed=arrived >= self._part)

    async def _asked(
        self, upload: Upload, send: Callable[[], Awaitable[Stored | None]], known: Callable[[], str]
    ) -> Stored:
        """What became of a request that makes the file. If that is not told, it is looked at, and then repeated."""
        for _ in range(_TRIES):
            try:
                stored = await send()
            except Again:
                there = await self._changes.file(upload.library, upload.path)
                if there is not None and known() and there.id == known():
                    return Stored(name=upload.name, id=there.id, size=upload.content.size)
            else:
                if stored is not None:
                    return stored
        raise Unavailable(f"The connection to Seafile breaks while '{upload.name}' is sent, again and again.")

    async def _is(self, upload: Upload, stored: Stored, known: str) -> bool:
        """Whether the bytes that arrived are those that were sent."""
        if stored.id == known:
            return True
        if stored.size != upload.content.size or stored.size <= _SURE:
            return False
        # This server cuts files into other blocks, so that their ids are others: the bytes themselves must tell.
        path = f"{upload.path.rpartition('/')[0]}/{stored.name}"
        link = await self._api.link(upload.library, path)
        if link.oid not in {"", stored.id}:
            return True
        there = self._api.content(link, start=0, stop=None, size=stored.size, version=stored.id)
        return await _digest(there) == await _digest(upload.content.read())

    async def _check_first(self, upload: Upload, stored: Stored) -> None:
        """Raise Changed if somebody else wrote between the version that was meant and this one; theirs is current then.

        Whoever came first after that version stays; all others, wherever they run, come to the same answer. To the
        token of a library, Seafile tells no history.
        """
        if self._api.library_token:
            return
        try:
            latest = await self._history.latest(upload.library, upload.path)
        except HubdrivesError:
            # It is written; that nobody can tell what was before is no reason to call it a failure.
            return
        since = []
        for each in latest:
            if each.file == upload.if_version:
                break
            since.append(each)
        else:
            # The history does not go back that far.
            return
        if since and since[-1].file != stored.id:
            if since[0].file == stored.id:
                await self._history.revert(upload.library, upload.path, since[-1].commit)
            raise _changed(upload)

    async def _now(self, upload: Upload, stored: Stored) -> Dirent:
        """The file as an entry of its folder; when it was changed is asked only if that was told to the server."""
        if upload.modified is not None:
            there = await self._changes.file(upload.library, upload.path)
            if there is not None and there.id == stored.id:
                return there
        return Dirent(type="file", name=stored.name, id=stored.id, size=stored.size)

    async def _take_back(self, upload: Upload, stored: Stored) -> None:
        """Remove what was just made under a name that nobody asked for, unless somebody has changed it since."""
        path = f"{upload.folder.rstrip('/')}/{stored.name}"
        there = await self._changes.file(upload.library, path)
        if there is not None and there.id == stored.id:
            await self._changes.remove(upload.library, path, folder=False)

    async def _put_back(self, upload: Upload, wrong: str, before: str) -> None:
        """Make the version current again that was there before a damaged one, which the history has.

        To the token of a library, Seafile tells none.
        """
        if self._api.library_token:
            return
        found = await self._history.latest(upload.library, upload.path)
        good = next((each for each in found if each.file == before), None)
        if found and found[0].file == wrong and good is not None:
            await self._history.revert(upload.library, upload.path, good.commit)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sent:
    """What became of an upload."""

    stored: Stored
    right: bool
    """Those are the bytes."""
    resumed: bool = False
    """Some of them had arrived before."""

    def wrong(self, upload: Upload) -> Exception:
        """What is to be said of bytes that are not those that were sent."""
        if self.resumed:
            return _AgainFromTheStartError()
        return Corrupt(f"What Seafile kept of '{upload.name}' was not what was sent.")


class _Hashed:
    """A content whose id in Seafile is known once it was read to its end."""

    def __init__(self, content: Content) -> None:
        self._content = content
        self.size = content.size
        self.id = ""

    async def read(self, start: int = 0, stop: int | None = None) -> AsyncIterator[bytes]:
        """As `Content.read`; only the whole is ever asked for."""
        passed = FileId()
        async for piece in self._content.read(start, stop):
            passed.update(piece)
            yield piece
        self.id = passed.hexdigest()


class _AgainFromTheStartError(Exception):
    """Somebody was faster, or what had arrived before was of another content. Never leaves this module."""


def _check(upload: Upload, there: Dirent | None) -> None:
    """Raise Changed if `if_version` says something else than what is there."""
    wanted = upload.if_version
    if wanted is None:
        return
    if (there is not None) if wanted == NEW else (there is None or there.id != wanted):
        raise _changed(upload)


def _changed(upload: Upload) -> Changed:
    if upload.if_version == NEW:
        return Changed(f"There is a '{upload.name}' in Seafile already.")
    return Changed(f"'{upload.name}' in Seafile is not in the version any more that this is meant to follow.")


def _is_numbered(name: str, upload: Upload) -> bool:
    """Whether this is what Seafile calls a second file of a name: "x (1).txt"."""
    stem = upload.name.rpartition(".")[0] or upload.name
    return name.startswith((f"{stem} (", f"{upload.name} ("))


async def _digest(pieces: AsyncIterator[bytes]) -> str:
    hasher = hashlib.sha256()
    async for piece in pieces:
        hasher.update(piece)
    return hasher.hexdigest()
