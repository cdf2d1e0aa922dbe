"""Putting a file into a folder: a new one, or a new version of the one that is there, whoever else writes.

Nothing is ever written over what was not looked at: a version goes up with the etag of the one before (If-Match), and
for a new file Box itself refuses a name that is taken. Who is refused looks again, and goes on from what is there then.
"""

from collections.abc import Awaitable, Callable
from dataclasses import replace

from hubdrives import digests
from hubdrives.content import Bytes, Content
from hubdrives.errors import Changed, Corrupt, NameTaken, NotFound
from hubdrives.providers.abilities import NEW
from hubdrives.providers.box.api import Api
from hubdrives.providers.box.chunked import Chunked
from hubdrives.providers.box.failures import NameInUse
from hubdrives.providers.box.item import Item
from hubdrives.providers.box.resolve import Resolver
from hubdrives.providers.box.upload import Sent, Upload, check_name, if_match, same_name, whole
from hubdrives.providers.box.uploads import Uploads
from hubdrives.providers.sessions import Remembered, Sessions

_HELD = 1 << 20
"""Bytes: what is not larger is read once, and sent though it may be refused: asking first would take as long."""
# As often as others may be faster, one after the other.
_RACES = 10


class Writer:
    """Writes files.

    Args:
        api: who is asked.
        resolver: finds files whose names in Box are not their local ones.
        chunked_from: bytes from which on a file goes up in parts.
        sleep: how to wait for Box to put the parts together.
    """

    def __init__(
        self, api: Api, resolver: Resolver, *, chunked_from: int, sleep: Callable[[float], Awaitable[None]]
    ) -> None:
        self._api = api
        self._resolver = resolver
        self._uploads = Uploads(api)
        self._chunked = Chunked(self._uploads, sessions=Remembered(), sleep=sleep)
        self._chunked_from = chunked_from

    def remember(self, sessions: Sessions) -> None:
        """As `Resumes.remember`."""
        self._chunked.sessions = sessions

    async def write(self, upload: Upload) -> Item:
        """The file as it is then. Raises what `Writable.write` raises."""
        check_name(upload.name)
        if upload.content.size <= _HELD:
            upload = replace(upload, content=Bytes(await whole(upload.content)))
        there = await self._looked_up(upload)
        if there is not None and upload.if_version:
            upload = replace(upload, name=there.name)
        for _ in range(_RACES):
            target, sent = _target(upload, there), Sent()
            try:
                return await self._send(upload, target, sent)
            except NameInUse as error:
                there = error.item
            except Changed:
                there = await self._now(upload, target)
            except NotFound:
                if target is None:
                    raise
                there = None
            if sent.tries.repeated and there is not None and there.sha1 == sent.sha1:
                # An earlier try got through; only its answer did not.
                return await self._api.item(there.key, link=upload.link)
        raise Changed(f"Others keep changing '{upload.name}' in Box.", hint="Try again when they are done.")

    async def _looked_up(self, upload: Upload) -> Item | None:
        """What has the name, where asking that first saves bytes or is needed; None as well if nothing was asked."""
        in_one = upload.content.size < self._chunked_from
        if not upload.if_version and not (in_one and upload.content.size > _HELD):
            return None
        there = await self._uploads.taken(upload.folder, upload.name, upload.content.size, link=upload.link)
        if upload.if_version and (there is None or not same_name(there.name, upload.name)):
            there = await self._resolver.child(upload.folder, upload.name, link=upload.link)
            if there is None:
                raise _changed(upload)
        return there

    async def _send(self, upload: Upload, target: Item | None, sent: Sent) -> Item:
        if upload.content.size >= self._chunked_from:
            item = await self._chunked.send(upload, target, sent)
        else:
            item = await self._direct(upload, target, sent)
        if item.sha1 is not None and item.sha1 != sent.sha1:
            raise Corrupt(f"What Box keeps of '{upload.name}' is not what was sent.")
        return item

    async def _direct(self, upload: Upload, target: Item | None, sent: Sent) -> Item:
        sent.sha1 = await _sha1(upload.content)
        attributes, headers = dict(upload.attributes), self._api.headers(upload.link)
        if target is None:
            path, operation = "files/content", "files.upload"
            attributes |= {"name": upload.name, "parent": {"id": upload.folder}}
        else:
            path, operation = f"files/{target.id}/content", "files.upload_version"
            attributes |= {"name": target.name}
            headers |= if_match(target)
        return await self._uploads.direct(
            path, operation, attributes, upload.content, sent.sha1, headers=headers, tries=sent.tries
        )

    async def _now(self, upload: Upload, target: Item | None) -> Item | None:
        """A file that was changed, as it is now; None if it has left the folder, or its name."""
        if target is None:
            return None
        item = await self._api.item(target.key, link=upload.link)
        stays = item.parent is None or item.parent.id == upload.folder
        return item if stays and same_name(item.name, upload.name) else None


def _target(upload: Upload, there: Item | None) -> Item | None:
    """The file that gets a new version, None if a new file is to be made.

    Raises:
        Changed: `if_version` says otherwise.
        NameTaken: it is no file, or one whose name only looks the same to Box, which ignores case.
    """
    if there is None:
        if upload.if_version:
            raise _changed(upload)
        return None
    if not there.is_file:
        raise NameTaken(f"'{there.name}' in Box is no file.")
    if not same_name(there.name, upload.name):
        raise NameTaken(
            f"'{upload.name}' can't stand beside '{there.name}' in Box, which takes no notice of capital letters."
        )
    if upload.if_version == NEW or (upload.if_version is not None and upload.if_version != there.version):
        raise _changed(upload)
    return there


def _changed(upload: Upload) -> Changed:
    if upload.if_version == NEW:
        return Changed(f"There is a '{upload.name}' in Box already.")
    return Changed(f"'{upload.name}' in Box is not in the version any more that this is meant to follow.")


async def _sha1(content: Content) -> str:
    hasher = digests.hasher("sha1")
    async for piece in content.read():
        hasher.update(piece)
    return hasher.hexdigest()
