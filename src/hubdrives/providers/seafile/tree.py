"""How what Seafile lists is laid out as entries with safe names, and what is left out. No I/O."""

import unicodedata
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from hubdrives.model import RENAMED, Entry, Kind, Skipped
from hubdrives.paths import MAX_PATH_BYTES, safe_name
from hubdrives.providers.seafile.item import Dirent
from hubdrives.providers.seafile.resolve import Place, names_of

_SEPARATOR: Final = ":"


def entry_of(library: str, path: str, dirent: Dirent, *, place: str) -> Entry:
    """A file or folder as an entry.

    Args:
        library: it is in.
        path: of it there.
        dirent: what is told of it.
        place: its path here.
    """
    if dirent.is_folder:
        return Entry(path=place, kind=Kind.FOLDER, id=key(library, path), modified=dirent.modified)
    size = dirent.size if dirent.size is not None and dirent.size >= 0 else None
    return Entry(
        path=place,
        kind=Kind.FILE,
        id=key(library, path),
        size=size,
        version=dirent.id,
        modified=dirent.modified,
    )


def entry_at(place: Place) -> Entry:
    """What is at a place, by itself."""
    dirent = place.dirent or Dirent(type="dir", name=place.name)
    return entry_of(place.library, place.path, dirent, place=place.name)


def key(library: str, path: str) -> str:
    """What an entry is called: its library and the path in it. Seafile has no ids that outlive a rename."""
    return f"{library}{_SEPARATOR}{path}"


def split(item: str) -> tuple[str, str]:
    """The library and the path that an entry's id names."""
    library, _, path = item.partition(_SEPARATOR)
    return library, path


Folders = Mapping[str, Sequence[Dirent]]
"""What is directly in each folder of a library, by the folder's path there."""


def by_folder(dirents: Iterable[Dirent], top: str) -> dict[str, list[Dirent]]:
    """What one answer tells of the folder `top` and of all below it, by folder."""
    found: dict[str, list[Dirent]] = {top: []}
    for dirent in dirents:
        found.setdefault(f"/{(dirent.parent_dir or '').strip('/')}", []).append(dirent)
    return found


def lay_out(library: str, top: str, folders: Folders, *, under: str = "") -> tuple[list[Entry], list[Skipped]]:
    """The entries below a folder, and what is left out or under another name.

    Args:
        library: it is in.
        top: the folder's path there.
        folders: what is in it and, where they are told, in the folders below.
        under: the folder's path here.
    """
    entries: list[Entry] = []
    skipped: list[Skipped] = []
    waiting = deque([(top, under)])
    while waiting:
        folder, path = waiting.popleft()
        # No two have one name, whatever is told.
        dirents = list({each.name: each for each in folders.get(folder, ()) if each.is_file or each.is_folder}.values())
        names = names_of(dirents)
        for dirent in dirents:
            name = names[dirent.name]
            place = f"{path}/{name}" if path else name
            refused = _left_out(dirent, place)
            if refused is not None:
                skipped.append(refused)
                continue
            if name != unicodedata.normalize("NFC", dirent.name):
                skipped.append(_renamed(dirent.name, name, place))
            real = f"{folder.rstrip('/')}/{dirent.name}"
            entries.append(entry_of(library, real, dirent, place=place))
            if dirent.is_folder:
                waiting.append((real, place))
    return entries, skipped


def _left_out(dirent: Dirent, place: str) -> Skipped | None:
    if not dirent.is_readable:
        reason = "Its owner lets this account look at it in the browser, but not download it."
        return Skipped(path=place, code="unreadable", reason=reason)
    if len(place.encode()) > MAX_PATH_BYTES:
        short = place[: MAX_PATH_BYTES // 4]
        return Skipped(path=short, code="bad-path", reason="Its path is longer than file systems take.")
    return None


def _renamed(own: str, name: str, place: str) -> Skipped:
    why = "is taken" if name != safe_name(own) else "does not suit every file system"
    return Skipped(path=place, code=RENAMED, reason=f"Its name in Seafile, '{own[:200]}', {why}.")
