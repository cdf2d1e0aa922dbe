"""The files and folders of a course, group or user, and how they are laid out as entries. Pure: no I/O."""

import unicodedata
from collections import defaultdict, deque
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from hubdrives.model import RENAMED, Entry, Kind, Skipped
from hubdrives.paths import MAX_PATH_BYTES, Sibling, local_names, safe_name
from hubdrives.providers.canvas.item import File, Folder, Id
from hubdrives.providers.canvas.locks import HIDDEN, refusal

CONTENT_TYPE = "content-type"
"""The name under which the entry of a web page carries its type: any other file that arrives as one is none."""

_ROOTS = {"Course": "course files", "Group": "files", "User": "my files"}


class Tree:
    """What two flat lists say together. The name of the top folder ("course files") is no part of any path.

    Args:
        folders: of the course, group or user, in any order.
        files: the same.
        notes: what else was left out.
    """

    def __init__(self, folders: Iterable[Folder], files: Iterable[File], *, notes: Sequence[Skipped] = ()) -> None:
        self.folders: Mapping[str, Folder] = {folder.id: folder for folder in folders}
        self.notes = tuple(notes)
        self.root = _root(self.folders.values())
        self._inside: defaultdict[str, list[File | Folder]] = defaultdict(list)
        items: list[File | Folder] = [*self.folders.values(), *files]
        for item in items:
            if item is not self.root:
                self._inside[_parent(item) or ""].append(item)
        self._names: dict[str, Mapping[str, str]] = {}

    @property
    def keys(self) -> frozenset[str]:
        """What is in the lists, as the API calls it."""
        return frozenset(key(item) for items in self._inside.values() for item in items)

    @property
    def strays(self) -> list[File | Folder]:
        """What is in folders that are not in the list."""
        return [item for folder in self._inside if folder not in self.folders for item in self._inside[folder]]

    def inside(self, folder: Folder | None) -> Sequence[File | Folder]:
        """What is directly in a folder."""
        return self._inside.get(folder.id, ()) if folder else ()

    def above(self, item: File | Folder) -> tuple[Folder, ...]:
        """The folders that it is in, the nearest first, up to the top or to the last one that is in the list."""
        found: list[Folder] = []
        folder = self.folders.get(_parent(item) or "")
        while folder is not None and folder not in found:
            found.append(folder)
            folder = self.folders.get(_parent(folder) or "")
        return tuple(found)

    def names(self, folder: Folder) -> Mapping[str, str]:
        """The local names of what is in a folder, by `key`. What is left out keeps its name all the same."""
        if folder.id not in self._names:
            self._names[folder.id] = local_names(
                Sibling(id=key(item), name=item.label, created=_age(item)) for item in self.inside(folder)
            )
        return self._names[folder.id]

    def find(self, path: str, top: Folder | None) -> File | Folder | None:
        """What is at a path below a folder, by its own name before its local one; the oldest of several."""
        found: File | Folder | None = top
        for part in path.split("/"):
            if not isinstance(found, Folder):
                return None
            found = self._child(found, part)
        return found

    def _child(self, folder: Folder, name: str) -> File | Folder | None:
        own = [item for item in self.inside(folder) if item.label == name]
        local = [item for item in self.inside(folder) if self.names(folder)[key(item)] == name]
        return min(own or local, key=_age, default=None)


def key(item: File | Folder) -> str:
    """What the API calls it, for example "files/5001"; files and folders may have the same number."""
    return f"{'files' if isinstance(item, File) else 'folders'}/{item.id}"


def lay_out(tree: Tree, top: Folder | None, *, now: datetime, deep: bool = True) -> tuple[list[Entry], list[Skipped]]:
    """The entries below a folder, and what is left out or under another name; `deep` goes into folders.

    What may not be shown `now` is left out, with a folder all that is in it.
    """
    entries: list[Entry] = []
    skipped: list[Skipped] = list(tree.notes) if top is tree.root else []
    if top is tree.root:
        reason = "The folder that it is in is not shown to this account in Canvas."
        skipped += [Skipped(path=safe_name(item.label), code=HIDDEN, reason=reason) for item in tree.strays]
    waiting = deque([(top, "")] if top else [])
    while waiting:
        folder, path = waiting.popleft()
        names = tree.names(folder)
        for item in tree.inside(folder):
            name = names[key(item)]
            place = f"{path}/{name}" if path else name
            told = _left_out(item, place, now)
            if told is not None:
                skipped.append(told)
                continue
            if name != unicodedata.normalize("NFC", item.label):
                skipped.append(_renamed(item, name, place))
            entries.append(entry_of(item, place))
            if isinstance(item, Folder) and deep:
                waiting.append((item, place))
    return entries, skipped


def entry_of(item: File | Folder, path: str) -> Entry:
    """A file or folder as an entry. A file's version is its id, which a replacement changes, with its time and size."""
    if isinstance(item, Folder):
        return Entry(path=path, kind=Kind.FOLDER, id=key(item))
    kind = (item.content_type or "").lower()
    return Entry(
        path=path,
        kind=Kind.FILE,
        id=key(item),
        size=item.size,
        version=item.version,
        modified=item.changed,
        params=((CONTENT_TYPE, kind),) if "html" in kind else (),
    )


def _left_out(item: File | Folder, place: str, now: datetime) -> Skipped | None:
    why = refusal(item, now=now)
    if why is not None:
        return Skipped(path=place, code=why.code, reason=why.reason)
    if len(place.encode()) > MAX_PATH_BYTES:
        return Skipped(
            path=place[: MAX_PATH_BYTES // 4], code="bad-path", reason="Its path is longer than file systems take."
        )
    return None


def _renamed(item: File | Folder, name: str, place: str) -> Skipped:
    why = "is taken" if name != safe_name(item.label) else "does not suit every file system"
    return Skipped(path=place, code=RENAMED, reason=f"Its name in Canvas, '{item.label[:200]}', {why}.")


def _root(folders: Iterable[Folder]) -> Folder | None:
    """The top folder. Old courses have further folders without a parent, which Canvas' own pages don't show."""
    tops = [folder for folder in folders if folder.parent_folder_id is None]
    return min(tops, key=lambda folder: (folder.name != _ROOTS.get(folder.context_type), _age(folder)), default=None)


def _parent(item: File | Folder) -> Id | None:
    return item.folder_id if isinstance(item, File) else item.parent_folder_id


def _age(item: File | Folder) -> str:
    """Sorts older items before newer ones; Canvas tells whole seconds, and counts its ids up."""
    return f"{item.created_at.isoformat() if item.created_at else ''} {item.id:0>20}"
