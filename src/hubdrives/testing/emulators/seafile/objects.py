"""What Seafile stores: files and folders by the digest of what they are.

A file's id covers the ids of its blocks; a folder's covers names, times and ids of what is in it, so it changes when
anything below changes. https://manual.seafile.com/develop/data_model/
"""

import hashlib
import json
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from operator import attrgetter

from hubdrives.testing.emulators.content import Content

EMPTY = "0" * 40
"""The id of an empty file and of an empty folder."""
_FILE_MODE = 0o100644
_FOLDER_MODE = 0o40000
_BY_NAME = attrgetter("name")


@dataclass(frozen=True)
class Dirent:
    """One line of a folder.

    Attributes:
        name: in it.
        id: of the file or folder.
        folder: it is one.
        mtime: seconds since 1970, whole.
        size: of a file, bytes.
        modifier: who changed a file last, by e-mail address; "" for a folder.
    """

    name: str
    id: str
    folder: bool
    mtime: int
    size: int = 0
    modifier: str = ""

    @cached_property
    def line(self) -> str:
        """As it is stored."""
        told: dict[str, str | int] = {"id": self.id, "mtime": self.mtime, "name": self.name}
        if self.folder:
            told |= {"mode": _FOLDER_MODE}
        else:
            told |= {"mode": _FILE_MODE, "modifier": self.modifier, "size": self.size}
        return json.dumps(told, sort_keys=True, ensure_ascii=False)


@dataclass(frozen=True, slots=True)
class Total:
    """All files below a folder: how many bytes, and how many files."""

    size: int
    files: int


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder as it was at a moment.

    Attributes:
        dirents: its lines, by name.
    """

    dirents: tuple[Dirent, ...]

    def get(self, name: str) -> Dirent | None:
        """The line of that name."""
        place = bisect_left(self.dirents, name, key=_BY_NAME)
        found = self.dirents[place : place + 1]
        return found[0] if found and found[0].name == name else None


def file_id(blocks: Sequence[str], size: int) -> str:
    """The id of a file by the SHA-1 of its blocks and its size in bytes."""
    if not size:
        return EMPTY
    return sha1(json.dumps({"block_ids": list(blocks), "size": size, "type": 1, "version": 1}, sort_keys=True))


def folder_id(dirents: Sequence[Dirent]) -> str:
    """The id of a folder by its lines, which are in the order of their names."""
    lines = [each.line for each in reversed(dirents)]
    return sha1(f'{{"dirents": [{", ".join(lines)}], "type": 3, "version": 1}}') if lines else EMPTY


def sha1(text: str) -> str:
    """The SHA-1 of a text."""
    return hashlib.sha1(text.encode(errors="surrogatepass"), usedforsecurity=False).hexdigest()


class Objects:
    """Everything that ever was in a library, by id."""

    def __init__(self) -> None:
        self.files: dict[str, Content] = {}
        self._folders: dict[str, Folder] = {EMPTY: Folder(())}
        self._totals: dict[str, Total] = {}

    def folder(self, folder: str) -> Folder:
        return self._folders[folder]

    def total(self, folder: str) -> Total:
        """What is below a folder; few ask, so it is not worked out before."""
        known = self._totals.get(folder)
        if known is None:
            dirents = self._folders[folder].dirents
            below = [self.total(each.id) if each.folder else Total(each.size, 1) for each in dirents]
            known = Total(sum(each.size for each in below), sum(each.files for each in below))
            self._totals[folder] = known
        return known

    def keep(self, dirents: Iterable[Dirent]) -> str:
        """Store a folder, gives its id."""
        ordered = tuple(sorted(dirents, key=_BY_NAME))
        folder = folder_id(ordered)
        if folder not in self._folders:
            self._folders[folder] = Folder(ordered)
        return folder

    def find(self, root: str, names: Sequence[str]) -> Dirent | None:
        """What was at a path below a folder that is not empty."""
        folder, found = self._folders[root], None
        for position, name in enumerate(names, 1):
            found = folder.get(name)
            if found is None or (not found.folder and position < len(names)):
                return None
            if found.folder:
                folder = self._folders[found.id]
        return found
