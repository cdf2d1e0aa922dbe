"""The only parser of paths: what comes from outside becomes a safe relative path here, or is refused."""

import hashlib
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from hubdrives.errors import BadPath

STATE_FOLDER = ".hubdrives"
"""Where a working folder keeps its state; upstream can never write into it."""

MAX_NAME_BYTES = 255
"""What Linux and most other file systems take for one name."""

MAX_PATH_BYTES = 3800
"""Below PATH_MAX (4096), with room for the home's own path."""

_FORBIDDEN_NAMES = frozenset({"", ".", "..", STATE_FOLDER, ".git"})
_MAX_EXTENSION = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Sibling:
    """One of the items of a folder at a provider, before it has a local name."""

    id: str
    name: str
    created: str = ""
    """Sorts older items before newer ones, so that a newcomer never takes an older item's name."""


def relative(text: str) -> str:
    """`text` as a relative path without "." parts and doubled or trailing slashes; "" is the folder itself.

    Raises:
        BadPath: it is absolute, contains "..", a NUL, or a part longer than file systems take.
    """
    if "\0" in text:
        raise BadPath("A path can't contain a NUL character.")
    if text.startswith("/"):
        raise BadPath(f"'{text}' is an absolute path; a path relative to the folder is needed.")
    parts = [part for part in text.split("/") if part not in {"", "."}]
    if ".." in parts:
        raise BadPath(f"'{text}' leads out of the folder.")
    for part in parts:
        if len(part.encode("utf-8", "surrogatepass")) > MAX_NAME_BYTES:
            raise BadPath(f"'{part[:40]}…' is longer than the {MAX_NAME_BYTES} bytes that file systems take.")
    return "/".join(parts)


def reserved(path: str) -> bool:
    """Whether upstream must never write there: our own state, and git's."""
    return any(part.casefold() in {STATE_FOLDER, ".git"} for part in path.split("/"))


def safe_name(name: str) -> str:
    r"""`name` as one that every common Unix file system takes; the same name always gives the same answer.

    Unicode is composed (NFC), "/", "\\" and control characters become "_", trailing blanks and dots go, names with a
    meaning of their own ("..", ".git", our state folder) get a "_", and what is too long is cut and marked with a hash.
    """
    composed = unicodedata.normalize("NFC", name)
    cleaned = "".join("_" if char in "/\\" or unicodedata.category(char) in {"Cc", "Cs"} else char for char in composed)
    cleaned = cleaned.rstrip(" .") or "_" * max(1, min(len(cleaned), 2))
    if cleaned.casefold() in _FORBIDDEN_NAMES:
        cleaned = f"_{cleaned}"
    if len(cleaned.encode()) > MAX_NAME_BYTES:
        cleaned = _marked(cleaned, hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:8])
    return cleaned


def working_folder_name(name: str) -> str:
    """What the working folder for a source called `name` is called: a safe name that is never hidden."""
    return safe_name(name).lstrip(".~ ") or "files"


def local_names(siblings: Iterable[Sibling]) -> dict[str, str]:
    """A safe and unique local name for each item of one folder, by id.

    Items whose names are equal, or differ only in case or Unicode form, can't share a folder everywhere: the oldest
    keeps the name, each other one gets a short mark made from its id, so that names are stable over pulls.
    """
    names: dict[str, str] = {}
    taken: set[str] = set()
    for sibling in sorted(siblings, key=lambda item: (item.created, item.id)):
        candidate = name = safe_name(sibling.name)
        mark = hashlib.sha256(sibling.id.encode("utf-8", "surrogatepass")).hexdigest()[:6]
        number = 1
        while _caseless(candidate) in taken:
            candidate = _marked(name, mark if number == 1 else f"{mark}_{number}")
            number += 1
        taken.add(_caseless(candidate))
        names[sibling.id] = candidate
    return names


def _caseless(name: str) -> str:
    """Equal for names that a file system which ignores case and Unicode form takes for one (Unicode 3.13, D145)."""
    return unicodedata.normalize("NFD", unicodedata.normalize("NFD", name).casefold())


def _marked(name: str, mark: str) -> str:
    """`name` with `mark` before its extension, short enough for a file system."""
    stem, dot, extension = name.rpartition(".")
    if not dot or not stem or len(extension) > _MAX_EXTENSION:
        stem, extension = name, ""
    tail = f"__{mark}{'.' + extension if extension else ''}"
    while len((stem + tail).encode("utf-8", "surrogatepass")) > MAX_NAME_BYTES:
        stem = stem[:-1]
    return stem + tail


def renamed_aside(path: str, stamp: str, taken: Iterable[str] = ()) -> str:
    """The name under which the user's file moves out of upstream's way: `a/x.py` becomes `a/x__STAMP.py`.

    Args:
        path: relative path of the user's file.
        stamp: YYYYMMDDHHMMSS.
        taken: paths that exist already; the answer is none of them.
    """
    folder, _, name = path.rpartition("/")
    occupied = set(taken)
    number = 1
    while True:
        new = _marked(name, stamp if number == 1 else f"{stamp}_{number}")
        joined = f"{folder}/{new}" if folder else new
        if joined not in occupied:
            return joined
        number += 1
