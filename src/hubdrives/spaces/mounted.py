"""Folders of a mounted drive, found under whichever spelling the drive gives them."""

from pathlib import Path


def find_folder(top: Path, path: str) -> Path | None:
    """The folder `path` below `top`; where nothing has such a name, one that differs only in the case of its letters.

    A drive's own folders are called "Shared with me" in one place and "shared with me" in another. Blocks.
    """
    here = top
    for name in filter(None, path.split("/")):
        exact = here / name
        try:
            here = exact if exact.is_dir() else next(one for one in sorted(here.iterdir()) if _is(one, name))
        except (StopIteration, OSError):
            return None
    return here


def _is(one: Path, name: str) -> bool:
    return one.name.casefold() == name.casefold() and one.is_dir()
