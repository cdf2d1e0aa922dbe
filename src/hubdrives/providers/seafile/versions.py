"""The versions of a file: https://help.seafile.com/security_and_privacy/history_and_versions/

A version's id is the commit in which the content was put there.
"""

from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing

from hubdrives.errors import BadInput, Forbidden, NotFound
from hubdrives.providers.abilities import Version
from hubdrives.providers.seafile.api import Api, is_link
from hubdrives.providers.seafile.failures import LinkDead
from hubdrives.providers.seafile.history import History, Revision
from hubdrives.providers.seafile.item import Dirent
from hubdrives.providers.seafile.resolve import Place
from hubdrives.providers.seafile.uploading import Writer
from hubdrives.providers.seafile.uploads import Upload


async def versions(api: Api, place: Place) -> Sequence[Version]:
    """All versions of a file, the newest first. Raises BadInput: it is a folder."""
    return [_version(each, current=number == 0) for number, each in enumerate(await _contents(api, place))]


async def read_version(
    api: Api, place: Place, version: str, *, start: int = 0, stop: int | None = None
) -> AsyncGenerator[bytes, None]:
    """See `Versioned.read_version`."""
    async with aclosing(_read(api, place, await _chosen(api, place, version), start, stop)) as pieces:
        async for piece in pieces:
            yield piece


async def restore(api: Api, writer: Writer, place: Place, version: str) -> Dirent:
    """The file, with that version's content as the current one; nothing is done if it is current already."""
    wanted = await _chosen(api, place, version)
    now = place.dirent
    if now is None or wanted.file == now.id:
        return now or Dirent(type="file", name=place.name)
    if wanted.path == place.path:
        await History(api).revert(place.library, place.path, wanted.commit)
    else:
        # Seafile would bring it back under the name that it had then.
        folder, _, name = place.path.rpartition("/")
        content = _Old(api, place, wanted)
        upload = Upload(library=place.library, folder=folder or "/", name=name, content=content, if_version=now.id)
        return await writer.write(upload)
    return Dirent(type="file", name=now.name, id=wanted.file, size=wanted.size)


async def _chosen(api: Api, place: Place, version: str) -> Revision:
    for each in await _contents(api, place):
        if each.commit == version:
            return each
    raise NotFound("Seafile keeps no such version of this file.")


async def _contents(api: Api, place: Place) -> list[Revision]:
    """What was put there, the newest first: to be called otherwise, or to lie elsewhere, is no other content."""
    if place.dirent is None or not place.dirent.is_file:
        raise BadInput(f"'{place.name}' in Seafile is a folder; only files have versions.")
    if is_link(place.library) or api.library_token:
        raise Forbidden(
            "Seafile shows what a file was before to those only who reach it by an account.",
            hint="It takes a connection with the token of an account with which the library is shared.",
        )
    found = await History(api).all(place.library, place.path)
    return [
        each for each, before in zip(found, [*found[1:], None], strict=True) if not before or before.file != each.file
    ]


async def _read(
    api: Api, place: Place, revision: Revision, start: int, stop: int | None
) -> AsyncGenerator[bytes, None]:
    history, position = History(api), start
    for is_last in (False, True):
        link = await history.link(place.library, revision)
        source = api.content(link, start=position, stop=stop, size=revision.size, version=revision.file)
        try:
            async with aclosing(source) as pieces:
                async for piece in pieces:
                    position += len(piece)
                    yield piece
        except LinkDead:
            if is_last:
                raise
        else:
            return


class _Old:
    """An earlier version as a content."""

    def __init__(self, api: Api, place: Place, revision: Revision) -> None:
        self._api, self._place, self._revision = api, place, revision
        self.size = revision.size or 0

    def read(self, start: int = 0, stop: int | None = None) -> AsyncIterator[bytes]:
        return _read(self._api, self._place, self._revision, start, stop)


def _version(each: Revision, *, current: bool) -> Version:
    return Version(id=each.commit, size=each.size, modified=each.modified, author=each.author, current=current)
