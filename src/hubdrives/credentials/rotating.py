"""A grant whose refresh token may be used once: kept in a file, and renewed by one process at a time.

What the provider answers is on the disk before anybody uses it. A process that is killed in the midst leaves either the
old grant or the new one, and its lock goes to the next one that wants it. Volumes are often on NFS, so nothing needs
flock.

https://www.rfc-editor.org/rfc/rfc6749#section-6
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from hubdrives.credentials.auth_state import digest
from hubdrives.errors import BadConfig, Busy, HubdrivesError, Unavailable
from hubdrives.sync.disk import CALLS, Calls, Disk, telling
from hubdrives.sync.lock import Lock

_ROOM = 8192
"""Bytes that a grant takes at most, so that a disk on which there is less is found out in time."""


class Grant(msgspec.Struct, frozen=True, omit_defaults=True):
    """What such a file holds; what else stands there, as in an issuer's whole answer, is ignored."""

    refresh_token: str
    access_token: str = ""
    ends_at: float = 0.0
    """When the access token ends, in seconds of `time.time`."""
    replaces: str = ""
    """The digest of the refresh token before this one."""

    def __repr__(self) -> str:
        return "Grant()"


class BeingRenewed(Unavailable):
    """Another process is at it; its outcome will be in the file."""


class GrantFile:
    """The file at `path`. The folder must take new files: a grant takes its place by rename.

    Args:
        path: of the file; it may be a symbolic link.
        calls: the operating system.
    """

    def __init__(self, path: str, *, calls: Calls = CALLS) -> None:
        self._path = Path(path).expanduser().resolve()
        self._calls = calls

    def read(self) -> Grant:
        """What stands there. Raises BadConfig if it is no grant."""
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=Grant)
        except OSError as error:
            raise BadConfig(f"{self._path} can't be read: {error.strerror}.") from None
        # Its message may hold a part of a token.
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise BadConfig(
                f"{self._path} holds no refresh token.",
                hint="Put the answer there that the login gave: JSON with `refresh_token`.",
            ) from None

    def renew(self, old: str | None, use: Callable[[str], Grant], *, now: float) -> Grant:
        """A grant with another access token than `old`; blocks.

        Args:
            old: the access token that is to be replaced, None if none is known.
            use: has the provider exchange a refresh token. Not called if another process has renewed already.
            now: seconds of `time.time`.

        Raises:
            BeingRenewed: another process renews it at this moment.
            BadConfig: the file holds no grant.
            LocalFailure: the file can't be replaced; nothing was exchanged.
            HubdrivesError: what `use` raises.
        """
        with self._locked() as (disk, lock):
            kept = self._kept(disk)
            if kept.access_token not in {"", old} and kept.ends_at > now:
                return kept
            return self._replaced(disk, lock, kept, use)

    @contextmanager
    def _locked(self) -> Iterator[tuple[Disk, Lock]]:
        path = f"{self._path.name}.lock"
        try:
            with telling(str(self._path)), Disk(self._path.parent, calls=self._calls) as disk:
                lock = Lock.acquire(disk, path=path, drafts=path)
                try:
                    yield disk, lock
                finally:
                    lock.release()
        except Busy:
            raise BeingRenewed("Another process renews this login at the moment.") from None

    def _kept(self, disk: Disk) -> Grant:
        """What is valid, which may be what a process that was killed had no time to put into its place."""
        kept = self.read()
        try:
            newer = msgspec.json.decode(disk.read(self._draft) or b"", type=Grant)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return kept
        if newer.replaces != digest(kept.refresh_token):
            return kept
        disk.move(self._draft, self._path.name)
        disk.sync_folder("")
        return newer

    def _replaced(self, disk: Disk, lock: Lock, kept: Grant, use: Callable[[str], Grant]) -> Grant:
        disk.remove_if_there(self._draft)
        with disk.writing(self._draft, mode=0o600) as fd:
            # A full disk must show before the token is spent. JSON may end in blanks.
            disk.write(fd, b" " * _ROOM)
            disk.calls.fsync(fd)
            try:
                used = use(kept.refresh_token)
            except HubdrivesError:
                disk.remove(self._draft)
                raise
            new = msgspec.structs.replace(used, replaces=digest(kept.refresh_token))
            os.lseek(fd, 0, os.SEEK_SET)
            disk.write(fd, msgspec.json.encode(new))
            disk.calls.fsync(fd)
        lock.verify()
        disk.move(self._draft, self._path.name)
        disk.sync_folder("")
        return new

    @property
    def _draft(self) -> str:
        return f"{self._path.name}.new"
