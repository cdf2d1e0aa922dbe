"""From a location to the item that it means: shortcuts are followed, names below an id are looked up."""

from dataclasses import dataclass, replace

from hubdrives.errors import NotFound, NotShared, Trashed, Unreadable
from hubdrives.model import Location
from hubdrives.paths import safe_name
from hubdrives.providers.googledrive.api import Api
from hubdrives.providers.googledrive.exports import Options
from hubdrives.providers.googledrive.item import Item
from hubdrives.providers.googledrive.listing import Listing, with_key
from hubdrives.providers.googledrive.tree import Tree, lay_out, shown_name
from hubdrives.providers.googledrive.urls import RESOURCE_KEY


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolved:
    """What a location means."""

    item: Item
    """Never a shortcut."""
    name: str
    """The local name."""
    alias: str = ""
    """The name of the shortcut that led to `item`."""
    way: tuple[str, ...] = ()
    """Ids of the shortcuts and folders that it was reached by."""
    linked: bool = False
    """A shortcut was followed, so that it may be anywhere."""


async def resolve(api: Api, location: Location, options: Options) -> Resolved:
    """The item at `location`.

    Raises:
        NotShared: nothing there for this account.
        Trashed: it is in the bin.
        NotFound: a name on the path is not there.
        Unreadable: it is a shortcut, and these are not to be followed.
    """
    key = dict(location.params).get(RESOURCE_KEY, "")
    first = with_key(await api.file(location.id, key=key), key)
    found = await _follow(api, Resolved(item=first, name=""), options)
    for part in location.path.split("/") if location.path else ():
        found = await _below(api, found, part, options)
    return found


async def list_children(api: Api, folder: Item, options: Options) -> Tree:
    """The folder's children, and what shortcuts among them lead to."""
    listing = Listing(api, Tree(root=folder.id, items={folder.id: folder}), options)
    await listing.list_root()
    if options.follow_shortcuts:
        await listing.fetch_targets()
    return listing.tree


async def _below(api: Api, folder: Resolved, part: str, options: Options) -> Resolved:
    """The child called `part`, by its own name before its local one; the oldest of several."""
    if not folder.item.is_folder:
        raise NotFound(f"'{folder.name}' in Google Drive is a file, so there is no '{part}' in it.")
    tree = await list_children(api, folder.item, options)
    children = [item for item in tree.children()[folder.item.id] if item.name == part]
    if children:
        child, name = min(children, key=lambda item: (item.created_time, item.id)), ""
    else:
        entries, _skipped = lay_out(tree, options, deep=False)
        wanted = next((entry.id for entry in entries if entry.path == part), None)
        if wanted is None:
            raise NotFound(f"There is no '{part}' in the folder '{folder.name}' in Google Drive.")
        child, name = tree.items[wanted], part
    way = (*folder.way, folder.item.id)
    return await _follow(api, Resolved(item=child, name=name, way=way, linked=folder.linked), options)


async def _follow(api: Api, found: Resolved, options: Options) -> Resolved:
    """What a shortcut leads to; anything else is itself."""
    item, seen = found.item, list(found.way)
    while item.target is not None:
        _check_bin(item)
        if not options.follow_shortcuts or item.id in seen:
            raise Unreadable(f"'{item.name}' in Google Drive is a shortcut that is not to be followed.")
        seen.append(item.id)
        details = item.shortcut_details
        key = details.target_resource_key if details else ""
        try:
            item = with_key(await api.file(item.target, key=key), key)
        except NotShared:
            raise NotShared(f"What the shortcut '{item.name}' leads to is not shared with this account.") from None
    _check_bin(item)
    shortcut = found.item.target is not None
    return replace(
        found,
        item=item,
        name=found.name or safe_name(shown_name(found.item, item, options.exports)),
        alias=found.item.name if shortcut else "",
        way=tuple(seen),
        linked=found.linked or shortcut,
    )


def _check_bin(item: Item) -> None:
    if item.trashed:
        raise Trashed(f"'{item.name}' is in Google Drive's bin.")
