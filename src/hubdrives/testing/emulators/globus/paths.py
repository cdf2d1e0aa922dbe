"""Paths on collections: from the top, from home (`/~/`), or neither, which means home.

https://docs.globus.org/api/transfer/file_operations/#path_encoding
"""

from dataclasses import dataclass

from hubdrives.testing.emulators.globus.collections import Collection
from hubdrives.testing.emulators.globus.shelf import names_of

HOME = "~"
_GUESTS = frozenset({"GCSv5_guest_collection", "GCP_guest_collection"})


class PathNotAllowedError(ValueError):
    """A path leaves the collection, or begins at a home that there is none of."""


@dataclass(frozen=True, slots=True)
class Path:
    """Where something is.

    Attributes:
        shown: as the answers repeat it, without a slash at the end unless it is the top or home.
        absolute: from the top of the collection, the same.
        slash: it came with a slash at the end.
    """

    shown: str
    absolute: str
    slash: bool = False

    @property
    def names(self) -> list[str]:
        return names_of(self.absolute)

    @property
    def name(self) -> str:
        return self.absolute.rpartition("/")[2]

    @property
    def folder(self) -> str:
        """The path as a listing shows it, with a slash at the end."""
        return self.shown if self.shown.endswith("/") else f"{self.shown}/"

    @property
    def parent(self) -> str:
        return self.absolute.rpartition("/")[0] or "/"

    def __truediv__(self, name: str) -> "Path":
        return Path(f"{self.folder}{name}", f"{self.absolute.rstrip('/')}/{name}")


def resolve(collection: Collection, path: str, user: str) -> Path:
    """What a path means.

    Args:
        collection: where it is.
        path: as somebody wrote it; "" is home.
        user: the name of the local account, which is part of where home is.

    Raises:
        PathNotAllowedError: it means nothing there.
    """
    found = [each for each in path.split("/") if each not in {"", "."}]
    slash = path.endswith("/")
    at_home = not path.startswith("/") or found[:1] == [HOME]
    if found[:1] == [HOME]:
        del found[0]
    if at_home and collection.entity_type in _GUESTS:
        if HOME in path.split("/")[:2]:
            raise PathNotAllowedError(path)
        at_home = False
    names = names_of(collection.home.format(user=user)) if at_home else []
    for each in found:
        if each != "..":
            names.append(each)
        elif names:
            names.pop()
        else:
            raise PathNotAllowedError(path)
    absolute = "/" + "/".join(names)
    if at_home and ".." not in found:
        return Path("/" + "/".join((HOME, *found)) + ("" if found else "/"), absolute, slash)
    return Path(absolute, absolute, slash)
