"""How what Globus lists is laid out as entries with safe names, and what is left out. No I/O."""

import unicodedata
from typing import Final

from hubdrives.model import RENAMED, Entry, Kind, Skipped
from hubdrives.paths import MAX_PATH_BYTES, safe_name
from hubdrives.providers.globus.item import Item
from hubdrives.providers.globus.marks import Marks
from hubdrives.providers.globus.resolve import Place, kind_of

_SEPARATOR: Final = ":"


def entry_of(collection: str, path: str, item: Item, marks: Marks, *, place: str) -> Entry:
    """A file or folder as an entry.

    Args:
        collection: it is on.
        path: of it there.
        item: what is told of it.
        marks: makes versions.
        place: its path here.
    """
    if item.is_folder:
        return Entry(path=place, kind=Kind.FOLDER, id=key(collection, path), modified=item.modified)
    return Entry(
        path=place,
        kind=Kind.FILE,
        id=key(collection, path),
        size=item.size,
        version=marks.version(collection, path, item),
        modified=item.modified,
    )


def entry_at(place: Place, marks: Marks) -> Entry:
    """What is at a place, by itself."""
    item = place.item or Item(type="dir")
    return entry_of(place.collection.id, place.path, item, marks, place=place.name)


def key(collection: str, path: str) -> str:
    """What an entry is called: its collection and the path there. Globus has no ids that outlive a rename."""
    return f"{collection}{_SEPARATOR}{path}"


def split(item: str) -> tuple[str, str]:
    """The collection and the path that an entry's id names."""
    collection, _, path = item.partition(_SEPARATOR)
    return collection, path


def left_out(item: Item, place: str) -> Skipped | None:
    """Why something gets no entry, whatever it may lead to; None if it may get one."""
    if not (item.is_file or item.is_folder):
        return Skipped(path=place, code="unreadable", reason=f"It is {kind_of(item)} on the Globus collection.")
    if len(place.encode()) > MAX_PATH_BYTES:
        short = place.encode()[: MAX_PATH_BYTES // 4].decode("utf-8", "ignore")
        return Skipped(path=short, code="bad-path", reason="Its path is longer than file systems take.")
    return None


def renamed(own: str, name: str, place: str) -> Skipped | None:
    """That something has another name here, and why; None if it has its own."""
    if name == unicodedata.normalize("NFC", own):
        return None
    why = "is taken" if name != safe_name(own) else "does not suit every file system"
    return Skipped(path=place, code=RENAMED, reason=f"Its name on the Globus collection, '{own[:200]}', {why}.")
