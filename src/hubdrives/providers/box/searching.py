"""Search below a folder. Box's index follows changes by ten minutes and more: https://developer.box.com/guides/search/"""

from collections.abc import AsyncGenerator

from hubdrives.errors import BadInput
from hubdrives.model import Entry, Kind
from hubdrives.paths import safe_name
from hubdrives.providers.abilities import Query
from hubdrives.providers.box.api import SEARCH_PAGE, Api
from hubdrives.providers.box.item import Item
from hubdrives.providers.box.resolve import Place
from hubdrives.providers.box.tree import entry_of, unreadable

_LAST_OFFSET = 10_000


async def search(api: Api, place: Place, query: Query, *, limit: int) -> AsyncGenerator[Entry, None]:
    """See `Searchable.search`.

    Raises:
        BadInput: Box wants words or extensions, and a folder that is shared with the account.
    """
    if not place.item.is_folder:
        raise BadInput(f"'{place.item.name}' in Box is a file; only below a folder can be searched.")
    if place.link:
        raise BadInput("Box does not search what is reached by a shared link only.", hint="Ask to be invited to it.")
    extensions = tuple(each.lower().lstrip(".") for each in query.extensions)
    if not (query.text or extensions):
        raise BadInput("Box searches for words or extensions; say at least one of them.")
    if extensions and query.kind is Kind.FOLDER:
        return
    kind = Kind.FILE if extensions else query.kind
    # Box wants words; the name of a file holds its extension, and one of several words is enough.
    text = query.text or " ".join(extensions)
    found = set[str]()
    for offset in range(0, _LAST_OFFSET, SEARCH_PAGE):
        page = await api.search(text, folder=place.item.id, kind=kind, extensions=extensions, offset=offset)
        for item in page:
            path = _below(item, place.item.id)
            if item.key in found or path is None or not _fits(item, kind, extensions):
                continue
            found.add(item.key)
            yield entry_of(item, path)
            if len(found) >= limit:
                return
        if len(page) < SEARCH_PAGE:
            return


def _fits(item: Item, kind: Kind | None, extensions: tuple[str, ...]) -> bool:
    if unreadable(item) is not None or item.item_status != "active" or kind not in {None, item.type}:
        return False
    return not extensions or item.name.rpartition(".")[2].lower() in extensions


def _below(item: Item, folder: str) -> str | None:
    """The path of an item below a folder, None if it is not below it."""
    if folder not in item.above or item.path_collection is None:
        return None
    above = item.path_collection.entries[item.above.index(folder) + 1 :]
    return "/".join(safe_name(each) for each in (*(parent.name for parent in above), item.name))
