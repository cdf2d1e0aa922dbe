"""Uploads in parts that are under way: noted, so that one which is cut is gone on with, by another process too.

A note names the session at the provider, and nothing else: no address, no token, no name of a file. Whether what has
arrived there is what is sent now, the provider's digests tell, not the note. So whatever goes wrong with notes costs
time, and never a byte.
"""

import logging
import os
import secrets
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Final, Protocol, runtime_checkable

import msgspec

from hubdrives import digests
from hubdrives.sync.lock import Owner

_log = logging.getLogger(__name__)

_MOST_KEPT: Final = 100
_SILENT: Final = 600.0
"""Seconds without a sign of life after which a process of another machine counts as dead."""


class Sessions(Protocol):
    """Notes of uploads in parts. `key` says what is uploaded to where."""

    def take(self, key: str) -> str | None:
        """A session that was cut, from now on this process's own; None if there is none."""
        ...

    def begin(self, key: str, session: str, *, ends: datetime) -> None:
        """Note a new one, which the provider forgets at `ends` (with time zone)."""
        ...

    def go_on(self, session: str) -> None:
        """It is alive: nobody else is to take it."""
        ...

    def cut(self, session: str) -> None:
        """It was cut: whoever comes next may take it."""
        ...

    def end(self, session: str) -> None:
        """It is over, or is of no use any more."""
        ...


@runtime_checkable
class Resumes(Protocol):
    """A provider whose uploads may be gone on with by another process."""

    def remember(self, sessions: Sessions) -> None:
        """Note uploads there, and not only for as long as this provider is open."""
        ...


class Remembered:
    """Notes that end with this process."""

    def __init__(self) -> None:
        self._busy: dict[str, str] = {}
        self._cut: dict[str, str] = {}

    def take(self, key: str) -> str | None:
        session = next((each for each, of in self._cut.items() if of == key), None)
        if session is not None:
            self._busy[session] = self._cut.pop(session)
        return session

    def begin(self, key: str, session: str, *, ends: datetime) -> None:  # noqa: ARG002 - the provider will say so, too
        self._busy[session] = key

    def go_on(self, session: str) -> None:
        """Nobody else could take it."""

    def cut(self, session: str) -> None:
        key = self._busy.pop(session)
        if len(self._cut) < _MOST_KEPT:
            self._cut[session] = key

    def end(self, session: str) -> None:
        self._busy.pop(session, None)


class _Note(msgspec.Struct, frozen=True, kw_only=True):
    session: str
    ends: datetime
    owner: Owner | None
    """Whose upload it is at the moment, None if it was cut."""

    def __repr__(self) -> str:
        return "_Note()"


class Noted:
    """Notes in a folder that only this user can read, a file for each session: whoever removes the file has it.

    Homes are often on NFS, so no flock.

    Args:
        folder: made when there is something to note.
        of: what sessions are known to one another by: the connection, and whose it is.
        clock: seconds since 1970.
    """

    def __init__(self, folder: Path, *, of: str = "", clock: Callable[[], float] = time.time) -> None:
        self._folder = folder
        self._of = of
        self._clock = clock
        self._mine: dict[str, tuple[Path, _Note]] = {}

    def take(self, key: str) -> str | None:
        for path in self._paths(f"{self._digest(key)}.*"):
            note = _read(path)
            if note is None or self._has_ended(note) or not self._is_free(path, note):
                continue
            try:
                path.unlink()
            except OSError:
                # Another process was faster; or it can't be had.
                continue
            self.begin(key, note.session, ends=note.ends)
            return note.session
        return None

    def begin(self, key: str, session: str, *, ends: datetime) -> None:
        note = _Note(session=session, ends=ends, owner=Owner.me())
        path = self._folder / f"{self._digest(key)}.{secrets.token_hex(8)}"
        self._mine[session] = (path, note)
        self._write(path, note)
        self._clear()

    def go_on(self, session: str) -> None:
        path, _note = self._mine[session]
        # It may not have been writable, or be another's by now: both cost time only, here and below.
        with suppress(OSError):
            os.utime(path)

    def cut(self, session: str) -> None:
        path, note = self._mine.pop(session)
        self._write(path, msgspec.structs.replace(note, owner=None))

    def end(self, session: str) -> None:
        path, _note = self._mine.pop(session)
        with suppress(OSError):
            path.unlink()

    def _digest(self, key: str) -> str:
        hasher = digests.hasher("sha256")
        hasher.update(f"{self._of}\0{key}".encode())
        return hasher.hexdigest()

    def _has_ended(self, note: _Note) -> bool:
        return note.ends.timestamp() <= self._clock()

    def _is_free(self, path: Path, note: _Note) -> bool:
        """Whether nobody works at it."""
        if note.owner is None or note.owner.is_gone:
            return True
        try:
            return self._clock() - path.stat().st_mtime > _SILENT
        except OSError:
            return False

    def _write(self, path: Path, note: _Note) -> None:
        draft = path.with_name(f".{path.name}")
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW
            with os.fdopen(os.open(draft, flags, 0o600), "wb") as file:
                file.write(msgspec.json.encode(note))
            draft.replace(path)
        except OSError as error:
            _log.warning("What is cut can't be gone on with by another process: %s: %s", self._folder, error.strerror)

    def _clear(self) -> None:
        """Remove the notes of what the provider has forgotten."""
        for path in self._paths("*"):
            note = _read(path)
            if note is not None and self._has_ended(note):
                with suppress(OSError):
                    path.unlink()

    def _paths(self, pattern: str) -> list[Path]:
        try:
            return sorted(self._folder.glob(pattern))
        except OSError:
            return []


def _read(path: Path) -> _Note | None:
    try:
        return msgspec.json.decode(path.read_bytes(), type=_Note)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        return None
