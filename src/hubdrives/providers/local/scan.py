"""Looks at a folder of this machine. Blocking: run it in a thread."""

import os
import stat
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from hubdrives.errors import LocalFailure, NotFound, Unreadable
from hubdrives.model import RENAMED, Entry, Kind, Skipped, Snapshot
from hubdrives.paths import MAX_PATH_BYTES, Sibling, local_names, reserved, safe_name


@dataclass(slots=True)
class Found:
    """What a scan brought to light."""

    entries: list[Entry] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)

    def skip(self, path: str, code: str, reason: str) -> None:
        self.skipped.append(Skipped(path=path, reason=reason, code=code))


def real_path(path: Path) -> Path:
    """`path` with all links resolved.

    Raises:
        NotFound: nothing there.
        LocalFailure: it can't be reached.
    """
    try:
        return path.resolve(strict=True)
    except (FileNotFoundError, NotADirectoryError):
        raise NotFound(f"There is no '{path}' on this machine.") from None
    except (OSError, RuntimeError) as error:
        raise LocalFailure(f"'{path}' can't be reached: {_why(error)}.") from None


def entry_at(real: Path, name: str) -> Entry:
    """The file or folder at a real path, as an entry called `name`.

    Raises:
        Unreadable: it is neither, or may not be read.
        NotFound: it went away meanwhile.
    """
    try:
        status = real.stat()
    except FileNotFoundError:
        raise NotFound(f"There is no '{real}' on this machine any more.") from None
    reason = _refusal(real, status)
    if reason is not None:
        raise Unreadable(f"'{name}' can't be read. {reason}")
    return _entry(real, name, status)


def scan(folder: Path, *, within: Path, deep: bool = True) -> Found:
    """The entries in a folder; `deep` goes into its folders.

    Links to files are entries like the file itself, as long as that lies `within`; links to folders are left out, for
    what is in them is where it is.

    Args:
        folder: a real path.
        within: a real path that no link leads out of.
        deep: whether to go into folders.

    Raises:
        LocalFailure: the folder itself can't be listed.
    """
    found = Found()
    waiting = [(folder, "")]
    while waiting:
        real, path = waiting.pop()
        try:
            with os.scandir(real) as listed:
                children = sorted(listed, key=lambda child: child.name)
        except OSError as error:
            if not path:
                raise LocalFailure(f"'{folder}' can't be listed: {_why(error)}.") from None
            found.skip(path, "unreadable", "It may not be read.")
            found.entries = [entry for entry in found.entries if entry.path != path]
            continue
        for entry in _placed(children, path, within, found):
            found.entries.append(entry)
            if deep and entry.kind is Kind.FOLDER:
                waiting.append((Path(entry.id), entry.path))
    return found


def is_still(folder: Path, known: Snapshot) -> bool:
    """Whether a deep scan of `folder`, a real path, would find what `known` has. Cheaper than that scan.

    Says no where it would have to look closer: at links, and at what could not be listed.
    """
    versions = {entry.id: entry.version for entry in known.entries}
    left, left_out = len(versions), len(known.skipped)
    waiting = [str(folder)]
    try:
        while waiting:
            with os.scandir(waiting.pop()) as children:
                for child in children:
                    if child.is_symlink():
                        return False
                    if reserved(child.name):
                        left_out -= 1
                        continue
                    version = versions.get(child.path)
                    if child.is_dir(follow_symlinks=False):
                        waiting.append(child.path)
                        is_same = version == ""
                    else:
                        is_same = version == version_of(child.stat(follow_symlinks=False))
                    if not is_same:
                        return False
                    left -= 1
    except OSError:
        return False
    return left == left_out == 0


def version_of(status: os.stat_result) -> str:
    """The version of a file: its size, the time of its last change and its inode.

    Equal versions mean equal bytes unless somebody rewrote the file in place and set its old time again.
    """
    return f"{status.st_size}:{status.st_mtime_ns}:{status.st_ino}"


def _placed(children: list[os.DirEntry[str]], folder: str, within: Path, found: Found) -> Iterator[Entry]:
    """The entries for what is in one folder."""
    reals: dict[str, tuple[Path, os.stat_result]] = {}
    for child in children:
        shown = f"{folder}/{safe_name(child.name)}" if folder else safe_name(child.name)
        try:
            real, status = Path(child.path), child.stat(follow_symlinks=False)
            if child.is_symlink():
                real = Path(child.path).resolve(strict=True)
                status = real.stat()
        except (OSError, RuntimeError) as error:
            found.skip(shown, "unreadable", f"It can't be read: {_why(error)}.")
            continue
        code, reason = _left_out(child, real, status, within)
        if reason is not None:
            found.skip(shown, code, reason)
        else:
            reals[child.name] = (real, status)
    names = local_names(Sibling(id=name, name=name) for name in reals)
    for name, (real, status) in reals.items():
        path = f"{folder}/{names[name]}" if folder else names[name]
        if len(path.encode()) > MAX_PATH_BYTES:
            found.skip(path, "bad-path", "Its path is longer than file systems take.")
            continue
        if names[name] != unicodedata.normalize("NFC", name):
            found.skip(path, RENAMED, f"Its name, '{name}', does not suit every file system.")
        yield _entry(real, path, status)


def _left_out(child: os.DirEntry[str], real: Path, status: os.stat_result, within: Path) -> tuple[str, str | None]:
    """Why a child gets no entry, with a code; None if it gets one."""
    if reserved(child.name):
        return "skipped", "It is the private folder of a program."
    if any(unicodedata.category(char) == "Cs" for char in child.name):
        return "bad-path", "Its name is not valid UTF-8."
    if child.is_symlink() and not real.is_relative_to(within):
        return "not-granted", "It is a link that leads out of the folder."
    if child.is_symlink() and stat.S_ISDIR(status.st_mode):
        return "skipped", "It is a link to a folder."
    return "unreadable", _refusal(real, status)


def _refusal(real: Path, status: os.stat_result) -> str | None:
    if not (stat.S_ISREG(status.st_mode) or stat.S_ISDIR(status.st_mode)):
        return "It is neither a file nor a folder."
    return None if os.access(real, os.R_OK) else "It may not be read."


def _entry(real: Path, path: str, status: os.stat_result) -> Entry:
    folder = stat.S_ISDIR(status.st_mode)
    return Entry(
        path=path,
        kind=Kind.FOLDER if folder else Kind.FILE,
        id=str(real),
        size=None if folder else status.st_size,
        version="" if folder else version_of(status),
        modified=datetime.fromtimestamp(status.st_mtime, UTC),
    )


def _why(error: BaseException) -> str:
    return (getattr(error, "strerror", None) or "it leads in circles").lower()
