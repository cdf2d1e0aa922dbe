"""Search below a folder, in whichever of three ways the server has.

The Professional Edition has an index of names and contents, which is some minutes behind. Newer servers of the
Community Edition search the names in a library. Of older ones, all below the folder is listed, and searched here.

https://help.seafile.com/searching/, https://github.com/haiwen/seahub (seahub/api2/endpoints/search_file.py)
"""

from collections.abc import AsyncGenerator, Iterable
from contextlib import aclosing

import msgspec

from hubdrives.errors import BadInput
from hubdrives.model import Entry, Kind
from hubdrives.paths import safe_name
from hubdrives.providers.abilities import Query
from hubdrives.providers.seafile import listing
from hubdrives.providers.seafile.api import Api, converted, is_link
from hubdrives.providers.seafile.changes import Changes
from hubdrives.providers.seafile.failures import NotKnownHere
from hubdrives.providers.seafile.item import Dirent
from hubdrives.providers.seafile.resolve import SHELF, Place
from hubdrives.providers.seafile.tree import entry_of, lay_out
from hubdrives.sync.tasks import group

_PAGE = 100
_INDEXED = "file-search"


class _Server(msgspec.Struct):
    features: tuple[str, ...] = ()


class _Found(msgspec.Struct):
    fullpath: str
    is_dir: bool = False
    oid: str = ""
    size: int | None = None
    last_modified: int | None = None
    repo_id: str = ""


class _Page(msgspec.Struct):
    results: tuple[_Found, ...] = ()
    has_more: bool = False


class _Named(msgspec.Struct):
    path: str
    type: str
    size: int | None = None
    mtime: str | None = None


class _Names(msgspec.Struct):
    data: tuple[_Named, ...] = ()


class Searcher:
    """Searches, and remembers which way the server has."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._changes = Changes(api)
        self._indexed: bool | None = None
        self._by_name = True

    async def search(self, place: Place, query: Query, *, limit: int) -> AsyncGenerator[Entry, None]:
        """See `Searchable.search`.

        Raises:
            BadInput: the query is empty, or it is no folder of a library.
        """
        if query.empty:
            raise BadInput("There is nothing to search for: say words, a kind or an extension.")
        if not place.is_folder or place.library == SHELF or is_link(place.library):
            raise BadInput("In Seafile, only below a folder of a library can be searched.")
        wanted = _Wanted(place, query)
        source = self._ways(wanted)
        count = 0
        async with aclosing(source) as entries:
            async for entry in entries:
                yield entry
                count += 1
                if count >= limit:
                    return

    async def _ways(self, wanted: "_Wanted") -> AsyncGenerator[Entry, None]:
        pages: AsyncGenerator[list[_Found], None] | None = None
        if wanted.query.text and not self._api.library_token:
            if self._indexed is None:
                self._indexed = await self._has_index()
            pages = self._index(wanted) if self._indexed else self._names(wanted)
        try:
            if pages is not None and (self._indexed or self._by_name):
                async with aclosing(pages) as source:
                    async for page in source:
                        for entry in await self._entries(wanted, page):
                            yield entry
                return
        except NotKnownHere:
            self._by_name = False
        for entry in await self._listed(wanted):
            yield entry

    async def _has_index(self) -> bool:
        answer, _headers = await self._api.get(f"{self._api.base}/api2/server-info/", "server-info")
        return _INDEXED in converted(answer, _Server, "server-info").features

    async def _index(self, wanted: "_Wanted") -> AsyncGenerator[list[_Found], None]:
        """https://seafile-api.readme.io/reference/get_api2-search"""
        number = 1
        while True:
            params = {
                "q": wanted.query.text,
                "search_repo": wanted.place.library,
                "page": str(number),
                "per_page": str(_PAGE),
            }
            answer, _headers = await self._api.get(f"{self._api.base}/api2/search/", "search", params)
            page = converted(answer, _Page, "search")
            yield [each for each in page.results if wanted.fits(each.fullpath, is_dir=each.is_dir)]
            if not page.has_more or not page.results:
                return
            number += 1

    async def _names(self, wanted: "_Wanted") -> AsyncGenerator[list[_Found], None]:
        """All names in the library with a word in them."""
        params = {"repo_id": wanted.place.library, "file_name": max(wanted.words, key=len)}
        answer, _headers = await self._api.get(f"{self._api.base}/api/v2.1/search-file/", "search-file", params)
        named = converted(answer, _Names, "search-file").data
        found = [_Found(fullpath=each.path, is_dir=each.type != "file") for each in named]
        found = [
            each for each in found if wanted.fits(each.fullpath, is_dir=each.is_dir) and wanted.named(each.fullpath)
        ]
        for start in range(0, len(found), _PAGE):
            yield found[start : start + _PAGE]

    async def _entries(self, wanted: "_Wanted", page: Iterable[_Found]) -> list[Entry]:
        """What was found, with the ids that this search does not tell."""
        entries: dict[str, Entry] = {}

        async def look(found: _Found) -> None:
            dirent: Dirent | None = Dirent(
                type="dir" if found.is_dir else "file",
                name=found.fullpath.rpartition("/")[2],
                id=found.oid,
                size=found.size,
                mtime=found.last_modified,
            )
            if not found.is_dir and not found.oid:
                dirent = await self._changes.file(wanted.place.library, found.fullpath)
            if dirent is not None and dirent.is_readable:
                path = f"/{found.fullpath.strip('/')}"
                entries[path] = entry_of(wanted.place.library, path, dirent, place=wanted.local(path))

        page = list(page)
        async with group() as tasks:
            for each in page:
                tasks.create_task(look(each))
        order = [f"/{each.fullpath.strip('/')}" for each in page]
        return [entries[path] for path in dict.fromkeys(order) if path in entries]

    async def _listed(self, wanted: "_Wanted") -> list[Entry]:
        below = await listing.below(self._api, wanted.place.library, wanted.place.path)
        entries, _skipped = lay_out(wanted.place.library, wanted.place.path, below.folders if below else {})
        return [each for each in entries if wanted.matches(each)]


class _Wanted:
    """What is looked for, and where."""

    def __init__(self, place: Place, query: Query) -> None:
        self.place = place
        self.query = query
        self.words = query.text.casefold().split()
        self._under = f"{place.path.rstrip('/')}/"
        self._extensions = {each.lower().lstrip(".") for each in query.extensions}

    def fits(self, path: str, *, is_dir: bool) -> bool:
        """Whether something is below the folder, and of the kind and extension."""
        if not f"/{path.strip('/')}".startswith(self._under):
            return False
        kind = Kind.FOLDER if is_dir else Kind.FILE
        if self.query.kind not in {None, kind} or (self._extensions and is_dir):
            return False
        return not self._extensions or path.rpartition(".")[2].lower() in self._extensions

    def named(self, path: str) -> bool:
        """Whether all words are in a name."""
        name = path.rstrip("/").rpartition("/")[2].casefold()
        return all(word in name for word in self.words)

    def matches(self, entry: Entry) -> bool:
        return self.fits(f"{self._under}{entry.path}", is_dir=entry.kind is Kind.FOLDER) and self.named(entry.path)

    def local(self, path: str) -> str:
        """The path here, below the folder, of something whose path in the library is told."""
        return "/".join(safe_name(each) for each in path.removeprefix(self._under).split("/"))
