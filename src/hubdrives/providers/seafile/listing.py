"""Lists all that is below a folder: in one request where the server can do that, else folder by folder."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from hubdrives.errors import NotFound, UnexpectedAnswer
from hubdrives.providers.seafile.api import Api, Listing, is_link
from hubdrives.providers.seafile.item import Dirent
from hubdrives.providers.seafile.tree import Folders, by_folder
from hubdrives.sync.tasks import group


@dataclass(frozen=True, slots=True, kw_only=True)
class Below:
    """All that is below a folder."""

    oid: str
    """The folder's id when the listing began, "" if the server does not tell."""
    folders: Folders = field(default_factory=dict)
    unchanged: bool = False
    """Its id is the one that was known; it was not listed."""


async def below(api: Api, library: str, top: str, *, known: str = "") -> Below:
    """What is in a folder and in all folders below it, unless its id still is `known`.

    That costs one request. It costs one for each folder below where the server is old, or a public link is read; and
    two with a library's own token, as the id is told only with a folder by itself.

    Raises:
        NotFound: there is no such folder; NotShared, Encrypted: or not for this account.
    """
    alone = api.library_token or is_link(library)
    first = await _listing(api, library, top, deep=not alone, known=known)
    if first is None:
        return Below(oid=known, unchanged=True)
    oid = first.oid
    if api.library_token and any(each.is_folder for each in first.dirents):
        first = await _listing(api, library, top, deep=True, known="") or first
    folders = by_folder(first.dirents, top) if first.deep else await _walk(api, library, top, first.dirents)
    return Below(oid=oid, folders=folders)


async def _listing(api: Api, library: str, path: str, *, deep: bool, known: str) -> Listing | None:
    if deep:
        try:
            return await api.listing(library, path, deep=True, known=known)
        except UnexpectedAnswer:
            # A server that knows the word but not the wish; one that knows neither takes no notice.
            pass
    return await api.listing(library, path, known=known)


async def _walk(api: Api, library: str, top: str, dirents: Iterable[Dirent]) -> Folders:
    """Folder by folder, many at the same time."""
    found: dict[str, list[Dirent]] = {}

    async def walk(path: str) -> None:
        try:
            listing = await api.listing(library, path)
        except NotFound:
            # It went away meanwhile: the folder above will have another id the next time.
            return
        enter(path, listing.dirents if listing is not None else ())

    def enter(path: str, children: Iterable[Dirent]) -> None:
        found[path] = list(children)
        for child in found[path]:
            if child.is_folder and child.is_readable:
                tasks.create_task(walk(f"{path.rstrip('/')}/{child.name}"))

    async with group() as tasks:
        enter(top, dirents)
    return found
