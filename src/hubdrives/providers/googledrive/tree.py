"""What is known of a part of Drive, and how it is laid out as entries with safe names. Pure: no I/O.

Drive has no paths: items have ids, names that need not be unique, and parents; shortcuts lead anywhere.
https://developers.google.com/workspace/drive/api/guides/about-files
https://developers.google.com/workspace/drive/api/guides/shortcuts
"""

import unicodedata
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

import msgspec

from hubdrives.model import RENAMED, Entry, Kind, Skipped
from hubdrives.paths import MAX_PATH_BYTES, Sibling, local_names, safe_name
from hubdrives.providers.googledrive.exports import Exports, Options
from hubdrives.providers.googledrive.item import Item
from hubdrives.providers.googledrive.urls import RESOURCE_KEY

EXPORT = "export"
"""The name under which an entry carries the type that its document is exported as."""

MAX_DEPTH = 128
"""Folders in folders: more than Drive itself allows; only shortcuts make so many."""
MAX_REPEATED = 50_000
"""Entries that may come from folders which were laid out before: shortcuts can multiply without end."""


class Tree(msgspec.Struct, omit_defaults=True):
    """The raw items of a part of Drive. It travels in a snapshot's cursor."""

    root: str
    items: dict[str, Item]
    """All that is of use by id: the tree, targets of shortcuts, and folders above those."""
    listed: set[str] = set()
    """Folders whose children are all in `items`."""
    absent: set[str] = set()
    """Ids that were asked for and are not there for this account."""
    way: tuple[str, ...] = ()
    """Shortcuts and folders by which the location leads to the root."""
    boundary: str | None = None
    """The folder that shortcuts must not lead out of."""
    alias: str = ""
    """The name of the shortcut that the location ends in, if it does."""

    def __repr__(self) -> str:
        return f"Tree({self.root!r}, {len(self.items)} items)"

    def children(self) -> dict[str, list[Item]]:
        """The items in each listed folder, without those in the bin."""
        found: dict[str, list[Item]] = {folder: [] for folder in self.listed}
        for item in self.items.values():
            if not item.trashed:
                for parent in item.parents:
                    if parent in found:
                        found[parent].append(item)
        return found

    def keys(self) -> dict[str, str]:
        """The resource keys of the items that need one, by id."""
        found = {item.id: item.resource_key for item in self.items.values() if item.resource_key}
        for item in self.items.values():
            if item.shortcut_details and item.shortcut_details.target_resource_key:
                found.setdefault(item.shortcut_details.target_id, item.shortcut_details.target_resource_key)
        return found

    def inside(self, item: str) -> bool | frozenset[str]:
        """Whether an item lies in the boundary by its real parents; or the ids of parents that must be known first."""
        if self.boundary is None:
            return True
        seen: set[str] = set()
        unknown: set[str] = set()
        waiting = [item]
        while waiting:
            each = waiting.pop()
            if each in {self.boundary, self.root}:
                return True
            if each in seen or each in self.absent:
                continue
            seen.add(each)
            if each in self.items:
                waiting += self.items[each].parents
            else:
                unknown.add(each)
        return frozenset(unknown) or False


@dataclass(frozen=True, slots=True)
class Gaps:
    """What must be asked for before a tree can be laid out, in a stable order; and the ids that it is made of."""

    unlisted: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    used: set[str] = field(default_factory=set)

    def __bool__(self) -> bool:
        return bool(self.unlisted or self.unknown)


def gaps(tree: Tree, *, follow: bool) -> Gaps:
    """What is missing in `tree`; `follow` says whether shortcuts count."""
    found = Gaps()
    unknown: dict[str, None] = {}
    children = tree.children()
    waiting = deque([(tree.root, 0)])
    while waiting:
        each, depth = waiting.popleft()
        if each in found.used:
            continue
        found.used.add(each)
        item = tree.items[each]
        if item.is_folder and each not in tree.listed and not item.trashed:
            if depth < MAX_DEPTH:
                found.unlisted.append(each)
        elif item.is_folder:
            waiting.extend((child.id, depth + 1) for child in children.get(each, ()))
        elif follow and item.target:
            missing = _missing(tree, item.target)
            unknown.update(dict.fromkeys(sorted(missing)))
            if not missing and item.target in tree.items and tree.inside(item.target) is True:
                waiting.append((item.target, depth))
    found.unknown.extend(unknown)
    return found


def _missing(tree: Tree, target: str) -> frozenset[str]:
    if target in tree.absent:
        return frozenset()
    if target not in tree.items:
        return frozenset({target})
    inside = tree.inside(target)
    return inside if isinstance(inside, frozenset) else frozenset()


def prune(tree: Tree, used: set[str]) -> None:
    """Forget what nothing in the tree leads to any more."""
    kept = set(used)
    for each in used:
        item = tree.items.get(each)
        if item is not None and item.target:
            kept |= _lineage(tree, item.target) if tree.boundary is not None else {item.target}
    tree.items = {each: item for each, item in tree.items.items() if each in kept}
    tree.listed &= kept
    tree.absent &= kept


def _lineage(tree: Tree, item: str) -> set[str]:
    found: set[str] = set()
    waiting = [item]
    while waiting:
        each = waiting.pop()
        if each not in found:
            found.add(each)
            waiting += tree.items[each].parents if each in tree.items else ()
    return found


@dataclass(frozen=True, slots=True)
class _Place:
    """A folder that is to be laid out: its own id, its path, and the ids of the folders above it on that path."""

    folder: str
    path: str = ""
    above: tuple[str, ...] = ()
    repeated: bool = False


@dataclass(slots=True)
class _Layout:
    entries: list[Entry] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)

    def skip(self, path: str, code: str, reason: str) -> None:
        self.skipped.append(Skipped(path=path, reason=reason, code=code))


def lay_out(tree: Tree, options: Options, *, deep: bool = True) -> tuple[list[Entry], list[Skipped]]:
    """The entries below the root, and what is left out or under another name; `deep` goes into folders.

    A shortcut stands for what it leads to, under its own name. One that leads to a folder which it is itself in is
    left out, as is all that this account may not download or that no file can be made of.
    """
    layout = _Layout()
    children = tree.children()
    expanded: set[str] = set()
    repeated = 0
    waiting = deque([_Place(tree.root)])
    while waiting:
        place = waiting.popleft()
        again = place.repeated or place.folder in expanded
        expanded.add(place.folder)
        if again and repeated > MAX_REPEATED:
            layout.skip(place.path, "skipped", "Shortcuts lead to this folder from too many places.")
            continue
        before = len(layout.entries)
        for real, path in _placed(tree, options, place, children.get(place.folder, []), layout):
            layout.entries.append(entry_of(real, path, options.exports))
            if real.is_folder and deep:
                above = (*place.above, place.folder)
                waiting.append(_Place(real.id, path, above, again))
        repeated += len(layout.entries) - before if again else 0
    return layout.entries, layout.skipped


def _placed(
    tree: Tree, options: Options, place: _Place, children: list[Item], layout: _Layout
) -> Iterator[tuple[Item, str]]:
    """What each child of a folder that gets an entry is or leads to, and the path of the entry."""
    reals: dict[str, Item] = {}
    wanted: dict[str, str] = {}
    for item in children:
        real = _real(tree, item, options)
        refusal = real if isinstance(real, Skipped) else _refusal(real, options.exports, place)
        if refusal is not None:
            layout.skip(_join(place.path, safe_name(item.name)), refusal.code, refusal.reason)
        elif isinstance(real, Item):
            reals[item.id] = real
            wanted[item.id] = shown_name(item, real, options.exports)
    names = local_names(
        Sibling(id=item.id, name=wanted[item.id], created=item.created_time) for item in children if item.id in reals
    )
    for item in children:
        if item.id not in reals:
            continue
        path = _join(place.path, names[item.id])
        if len(path.encode()) > MAX_PATH_BYTES:
            shown = _join(place.path, names[item.id][:40])
            layout.skip(shown, "bad-path", "Its path is longer than file systems take.")
            continue
        if names[item.id] != unicodedata.normalize("NFC", wanted[item.id]):
            why = "is taken" if names[item.id] != safe_name(wanted[item.id]) else "does not suit every file system"
            layout.skip(path, RENAMED, f"Its name in Google Drive, '{wanted[item.id][:200]}', {why}.")
        yield reals[item.id], path


def _real(tree: Tree, item: Item, options: Options) -> Item | Skipped:
    """The item itself; for a shortcut what it leads to, or why it can't be followed."""
    if item.target is None:
        return item
    target = tree.items.get(item.target)
    if not options.follow_shortcuts:
        code, reason = "skipped", "It is a shortcut, and this connection does not follow them."
    elif target is None:
        code, reason = "not-shared", "What this shortcut leads to is not shared with this account."
    elif tree.inside(item.target) is not True:
        code, reason = "not-granted", "This shortcut leads out of the folder that may be read."
    elif target.trashed:
        code, reason = "trashed", "What this shortcut leads to is in Google Drive's bin."
    elif target.target is not None:
        code, reason = "skipped", "This shortcut leads to another shortcut."
    else:
        return target
    return Skipped(path="", code=code, reason=reason)


def _refusal(real: Item, exports: Exports, place: _Place) -> Skipped | None:
    """Why an item gets no entry, None if it gets one."""
    if real.is_folder:
        if real.id in {place.folder, *place.above}:
            return Skipped(path="", reason="This shortcut leads back to a folder that it is in.")
        if len(place.above) + 1 >= MAX_DEPTH:
            return Skipped(path="", code="bad-path", reason="It is in too many folders within folders.")
        return None
    reason = unreadable(real, exports)
    return None if reason is None else Skipped(path="", code="unreadable", reason=reason)


def unreadable(item: Item, exports: Exports) -> str | None:
    """Why no file can be made of an item that is no folder, as a sentence; None if one can."""
    if item.native is not None and exports.extension(item.native) is None:
        kind = item.native.partition(".")[0].replace("drive-sdk", "third-party item")
        return f"Google Drive can't turn a {kind} into a file."
    if not item.capabilities.can_download:
        return "Its owner does not allow it to be downloaded."
    return None


def shown_name(item: Item, real: Item, exports: Exports) -> str:
    """The name that `item` should get locally: its own, and the extension of the export if it leads to a document."""
    extension = exports.extension(real.native) if real.native else None
    if extension is None or item.name.lower().endswith(f".{extension}"):
        return item.name
    return f"{item.name}.{extension}"


def entry_of(item: Item, path: str, exports: Exports) -> Entry:
    """An item that is no shortcut as an entry.

    The version of a file is its checksum, else its revision; of a Google document, which has neither, the time of its
    last change and the type that it is exported as.
    """
    if item.is_folder:
        return Entry(path=path, kind=Kind.FOLDER, id=item.id, modified=_time(item.modified_time), params=_params(item))
    if item.native is None:
        version = item.digest or item.head_revision_id or item.modified_time
        size, digest, export = item.size, item.digest, None
    else:
        version = f"{item.modified_time} {exports.extension(item.native)}"
        size, digest, export = None, None, exports.mime_type(item.native)
    return Entry(
        path=path,
        kind=Kind.FILE,
        id=item.id,
        size=size,
        version=version,
        digest=digest,
        modified=_time(item.modified_time),
        params=_params(item, export),
    )


def _params(item: Item, export: str | None = None) -> tuple[tuple[str, str], ...]:
    pairs: Mapping[str, str | None] = {EXPORT: export, RESOURCE_KEY: item.resource_key}
    return tuple((name, value) for name, value in pairs.items() if value)


def _time(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else None


def _join(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder else name
