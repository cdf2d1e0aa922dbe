"""The local tree as values, as far as upstream's tree or an earlier pull reaches into it."""

import os
from collections.abc import Container

from hubdrives import digests
from hubdrives.paths import STATE_FOLDER
from hubdrives.sync.disk import Disk
from hubdrives.sync.values import Shape, Thing


def scan(disk: Disk, *, into: Container[str]) -> dict[str, Thing]:
    """What stands in the working folder and in those folders below it that are in `into`, by path.

    Other folders are told, but not entered: a user's own large tree costs nothing. Symlinks are never followed. A
    folder that can't be read looks empty; what is tried in it later tells its own failure.

    Raises:
        OSError: the working folder itself can't be read.
    """
    found: dict[str, Thing] = {}
    ahead = [""]
    while ahead:
        folder = ahead.pop()
        try:
            entries = disk.entries(folder)
        except OSError:
            if not folder:
                raise
            continue
        for name, thing in entries:
            if not folder and name == STATE_FOLDER:
                continue
            path = f"{folder}/{name}" if folder else name
            found[path] = thing
            if thing.shape is Shape.FOLDER and path in into:
                ahead.append(path)
    return found


def read_digests(disk: Disk, path: str, algorithms: frozenset[str], *, expected: Thing) -> frozenset[str]:
    """The digests of the local file at `path`; none if it can't be read or is not `expected` before and after."""
    try:
        if disk.look(path) != expected:
            return frozenset()
        fd = disk.open_to_read(path)
        try:
            found = digests.of_file(fd, *sorted(algorithms))
        finally:
            os.close(fd)
        if disk.look(path) != expected:
            return frozenset()
    except OSError:
        return frozenset()
    return frozenset(found.values())
