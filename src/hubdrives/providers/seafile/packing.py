"""Which files travel together as which zips. No I/O.

The server packs files and folders of one folder into a zip. Of folders that are wanted as a whole, or nearly, the name
is enough; of others, each file is named.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from hubdrives.model import Entry
from hubdrives.providers.seafile.item import Dirent
from hubdrives.providers.seafile.tree import Folders

LARGEST: Final = 32 << 20
"""Bytes that one zip is to hold: well below the 100 MB that servers pack unless they are told otherwise."""

_NAMES = 500
"""Django reads forms of up to 1000 fields."""

_FEWEST = 3
"""Files, from which on a zip is worth its requests: to order it, to look how far it is, and to fetch it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """What one zip is to hold."""

    library: str
    parent: str
    """The folder that `names` are in."""
    names: tuple[str, ...]
    entries: Mapping[str, Entry]
    """The files that are wanted of it, by their path below `parent`, as it stands in the zip."""
    size: int
    """Bytes, of all that it will hold."""

    @property
    def is_worth_it(self) -> bool:
        """Whether it takes fewer requests than its files by themselves, and can be had: a file alone is not packed."""
        return len(self.entries) >= _FEWEST and (len(self.names) > 1 or self.names[0] not in self.entries)

    def halves(self) -> tuple["Batch", ...]:
        """The same as two batches; none if there is but one name."""
        middle = len(self.names) // 2
        return tuple(self._of(names) for names in (self.names[:middle], self.names[middle:])) if middle else ()

    def _of(self, names: tuple[str, ...]) -> "Batch":
        wanted = set(names)
        entries = {path: entry for path, entry in self.entries.items() if path.partition("/")[0] in wanted}
        size = sum(entry.size or 0 for entry in entries.values())
        return Batch(library=self.library, parent=self.parent, names=names, entries=entries, size=size)


@dataclass(slots=True, kw_only=True)
class _Sum:
    """What is below a folder."""

    size: int = 0
    unwanted: int = 0
    """Bytes."""
    whole: bool = True
    """All of it may be read."""
    entries: dict[str, Entry] = field(default_factory=dict)


def top_of(paths: Iterable[str]) -> str:
    """The lowest folder that all of these files are below."""
    folders = [path.split("/")[:-1] for path in paths]
    first, last = min(folders), max(folders)
    common = 0
    while common < min(len(first), len(last)) and first[common] == last[common]:
        common += 1
    return "/".join(first[:common]) or "/"


def by_names(library: str, wanted: Mapping[str, Entry]) -> Iterator[Batch]:
    """Batches in which each file is named, folder by folder.

    Args:
        library: the files are in.
        wanted: the files by their path there.
    """
    folders: dict[str, list[tuple[str, int, dict[str, Entry]]]] = {}
    for path, entry in wanted.items():
        folder, _, name = path.rpartition("/")
        folders.setdefault(folder or "/", []).append((name, entry.size or 0, {name: entry}))
    for folder, items in folders.items():
        yield from _packed(library, folder, items)


def by_folders(library: str, top: str, folders: Folders, wanted: Mapping[str, Entry]) -> Iterator[Batch]:
    """Batches in which folders are named where most of what they hold is wanted.

    Args:
        library: the files are in.
        top: a folder that they all are below.
        folders: all that is below it.
        wanted: the files by their path in the library.
    """
    sums = _sums(top, folders, wanted)
    waiting = [top]
    while waiting:
        folder = waiting.pop()
        items: list[tuple[str, int, dict[str, Entry]]] = []
        for dirent in folders.get(folder, ()):
            path = f"{folder.rstrip('/')}/{dirent.name}"
            if dirent.is_folder and path in sums:
                below = sums[path]
                if not below.entries:
                    continue
                if dirent.is_readable and below.whole and below.size <= LARGEST and below.unwanted <= below.size // 4:
                    inner = {f"{dirent.name}{place[len(path) :]}": entry for place, entry in below.entries.items()}
                    items.append((dirent.name, below.size, inner))
                else:
                    waiting.append(path)
            elif path in wanted:
                items.append((dirent.name, dirent.size or 0, {dirent.name: wanted[path]}))
        yield from _packed(library, folder, items)


def _sums(top: str, folders: Folders, wanted: Mapping[str, Entry]) -> dict[str, _Sum]:
    """What is below each folder, `top` itself aside."""
    sums: dict[str, _Sum] = {}
    for folder, dirents in folders.items():
        above = list(_up(folder, top))
        for each in above:
            sums.setdefault(each, _Sum())
        for dirent in dirents:
            _count(dirent, f"{folder.rstrip('/')}/{dirent.name}", [sums[each] for each in above], wanted)
    return sums


def _count(dirent: Dirent, path: str, above: Sequence[_Sum], wanted: Mapping[str, Entry]) -> None:
    size = 0 if dirent.is_folder else dirent.size or 0
    entry = wanted.get(path)
    for each in above:
        each.size += size
        each.whole &= dirent.is_readable
        if entry is not None:
            each.entries[path] = entry
        else:
            each.unwanted += size


def _up(folder: str, top: str) -> Iterator[str]:
    """A folder and those above it, up to just below `top`."""
    while folder not in {top, "", "/"}:
        yield folder
        folder = folder.rpartition("/")[0]


def _packed(library: str, parent: str, items: Iterable[tuple[str, int, dict[str, Entry]]]) -> Iterator[Batch]:
    """Name, size and files of what is in a folder, as batches that are neither too large nor too long."""
    names: list[str] = []
    entries: dict[str, Entry] = {}
    size = 0
    for name, more, inner in items:
        if names and (size + more > LARGEST or len(names) >= _NAMES):
            yield Batch(library=library, parent=parent, names=tuple(names), entries=entries, size=size)
            names, entries, size = [], {}, 0
        names.append(name)
        entries |= inner
        size += more
    if names:
        yield Batch(library=library, parent=parent, names=tuple(names), entries=entries, size=size)
