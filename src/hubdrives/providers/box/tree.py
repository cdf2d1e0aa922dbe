"""What is known of a folder in Box and all below it, and how that is laid out as entries with safe names. No I/O."""

import unicodedata
from collections import deque
from collections.abc import Iterable

import msgspec

from hubdrives.errors import Unreadable
from hubdrives.model import RENAMED, Entry, Kind, Skipped
from hubdrives.paths import MAX_PATH_BYTES, Sibling, local_names, safe_name
from hubdrives.providers.box.item import Item, Parent
from hubdrives.providers.box.urls import LINK


class Tree(msgspec.Struct, omit_defaults=True):
    """The items of a part of Box. It travels in a snapshot's cursor."""

    root: Item
    """A folder."""
    items: dict[str, Item] = {}
    """All below it, by key, each with its parent."""
    listed: set[str] = set()
    """Ids of the folders whose children are all in `items`."""

    def __repr__(self) -> str:
        return f"Tree({self.root!r}, {len(self.items)} items)"

    def put(self, folder: str, children: Iterable[Item]) -> None:
        """Note what is directly in a folder; what was there before and is not now is forgotten."""
        found = {item.key: item for item in children}
        if folder in self.listed:
            for key in [key for key, item in self.items.items() if _in(item, folder) and key not in found]:
                del self.items[key]
        for key, item in found.items():
            self.items[key] = msgspec.structs.replace(item, parent=Parent(id=folder), path_collection=None)
        self.listed.add(folder)

    def children(self) -> dict[str, list[Item]]:
        """The items in each folder, by the folder's id."""
        found: dict[str, list[Item]] = {}
        for item in self.items.values():
            if item.parent is not None:
                found.setdefault(item.parent.id, []).append(item)
        return found

    def prune(self) -> set[str]:
        """Forget what the root leads to no more; the ids of folders that it does lead to and that are not listed."""
        children = self.children()
        kept: dict[str, Item] = {}
        folders, waiting = set[str](), deque([self.root.id])
        while waiting:
            folder = waiting.popleft()
            folders.add(folder)
            for item in children.get(folder, ()):
                kept[item.key] = item
                if item.is_folder and item.id not in folders:
                    waiting.append(item.id)
        self.items = kept
        self.listed &= folders
        return folders - self.listed


def lay_out(tree: Tree, *, link: str = "", deep: bool = True) -> tuple[list[Entry], list[Skipped]]:
    """The entries below the root, and what is left out or under another name; `deep` goes into folders."""
    entries: list[Entry] = []
    skipped: list[Skipped] = []
    children = tree.children()
    waiting = deque([(tree.root.id, "")])
    while waiting:
        folder, path = waiting.popleft()
        items = [item for item in children.get(folder, ()) if item.item_status == "active"]
        names = names_of(item for item in items if item.is_file or item.is_folder)
        for item in items:
            name = names.get(item.key) or safe_name(item.name)
            place = f"{path}/{name}" if path else name
            refused = _left_out(item, place)
            if refused is not None:
                skipped.append(refused)
                continue
            if name != unicodedata.normalize("NFC", item.name):
                skipped.append(_renamed(item, name, place))
            entries.append(entry_of(item, place, link=link))
            if item.is_folder and deep:
                waiting.append((item.id, place))
    return entries, skipped


def names_of(items: Iterable[Item]) -> dict[str, str]:
    """The local names of the items of one folder, by key. Box counts its ids up, so the oldest keeps its name."""
    return local_names(Sibling(id=item.key, name=item.name, created=f"{item.id:0>20}") for item in items)


def entry_of(item: Item, path: str, *, link: str = "") -> Entry:
    """A file or folder as an entry; it carries the shared link that is needed to read it."""
    params = ((LINK, link),) if link else ()
    if item.is_folder:
        return Entry(path=path, kind=Kind.FOLDER, id=item.key, modified=item.content_modified_at, params=params)
    return Entry(
        path=path,
        kind=Kind.FILE,
        id=item.key,
        size=None if item.size is None else int(item.size),
        version=item.version,
        digest=f"sha1:{item.sha1}" if item.sha1 else None,
        modified=item.content_modified_at or item.modified_at,
        params=params,
    )


def readable(item: Item) -> Item:
    """The item itself.

    Raises:
        Unreadable: no entry can be made of it.
    """
    reason = unreadable(item)
    if reason is not None:
        raise Unreadable(f"'{item.name}' can't be read. {reason}")
    return item


def unreadable(item: Item) -> str | None:
    """Why no entry can be made of an item, as a sentence; None if one can."""
    if item.type == "web_link":
        return "It is a bookmark in Box, and has no content."
    if not (item.is_file or item.is_folder):
        return "Box has no content of it."
    if item.is_file and not item.may_be_read:
        return "Its owner lets this account look at it, but not download it."
    return None


def _left_out(item: Item, place: str) -> Skipped | None:
    reason = unreadable(item)
    if reason is not None:
        return Skipped(path=place, code="unreadable" if item.is_file else "skipped", reason=reason)
    if len(place.encode()) > MAX_PATH_BYTES:
        short = place[: MAX_PATH_BYTES // 4]
        return Skipped(path=short, code="bad-path", reason="Its path is longer than file systems take.")
    return None


def _renamed(item: Item, name: str, place: str) -> Skipped:
    why = "is taken" if name != safe_name(item.name) else "does not suit every file system"
    return Skipped(path=place, code=RENAMED, reason=f"Its name in Box, '{item.name[:200]}', {why}.")


def _in(item: Item, folder: str) -> bool:
    return item.parent is not None and item.parent.id == folder
