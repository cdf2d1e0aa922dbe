"""Who works here: a file with its owner and a heartbeat. Homes are often on NFS, so no flock."""

import os
import secrets
import socket
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Self

import msgspec

from hubdrives.errors import Busy
from hubdrives.paths import STATE_FOLDER
from hubdrives.sync.disk import Disk, telling
from hubdrives.sync.layout import LOCK, TMP

BEAT_EVERY: Final = 10.0
"""Seconds between heartbeats."""

DEAD_AFTER: Final = 60.0
"""Seconds without a heartbeat after which an owner counts as dead."""


class Owner(msgspec.Struct, frozen=True):
    """The process that holds a lock."""

    id: str
    host: str
    """The name and the boot of the machine."""
    pid: int
    process: str
    """When that process began, as the kernel counts: a later one may get the same number."""
    since: datetime

    @classmethod
    def me(cls) -> Self:
        return cls(secrets.token_hex(8), _host(), os.getpid(), _process(os.getpid()) or "", datetime.now(tz=UTC))

    @property
    def is_gone(self) -> bool:
        """Whether it ran on this machine and runs no more."""
        return self.host == _host() and _process(self.pid) != self.process


@dataclass(frozen=True, slots=True)
class Lock:
    """A held lock. `beat` every BEAT_EVERY seconds, `release` at the end."""

    disk: Disk
    owner: Owner
    path: str = LOCK

    @classmethod
    def acquire(cls, disk: Disk, *, path: str = LOCK, drafts: str = f"{TMP}/lock") -> Self:
        """Take the lock; one whose owner is dead is taken over.

        Args:
            disk: the folder that it is in.
            path: where the lock is.
            drafts: what the names of files begin with that are there for a moment.

        Raises:
            Busy: its owner lives.
        """
        me = Owner.me()
        draft = f"{drafts}.{me.id}"
        with disk.writing(draft, mode=0o600) as fd:
            disk.write(fd, msgspec.json.encode(me))
            disk.calls.fsync(fd)
        try:
            for _ in range(3):
                try:
                    disk.link(draft, path, or_copy=True)
                except FileExistsError:
                    _clear(disk, path, draft)
                else:
                    return cls(disk, me, path)
        except FileNotFoundError:
            # Who just took the lock tidied up, our draft too.
            pass
        finally:
            disk.remove_if_there(draft)
        raise Busy("Another pull works in this folder.")

    def beat(self) -> None:
        """Show that the owner lives.

        Raises:
            Busy: the lock was taken over, because no heartbeat was seen for too long.
            LocalFailure: the disk does not let it.
        """
        with telling(STATE_FOLDER):
            self.verify()
            self.disk.touch(self.path)

    def verify(self) -> None:
        """Make sure that the lock is still held. Raises Busy."""
        owner = _owner(self.disk, self.path)
        if owner is None or owner.id != self.owner.id:
            raise Busy("Another pull took over in this folder, because this one was held up for too long.")

    def release(self) -> None:
        owner = _owner(self.disk, self.path)
        if owner is not None and owner.id == self.owner.id:
            self.disk.remove(self.path)


def _clear(disk: Disk, path: str, draft: str) -> None:
    """Remove the lock of a dead owner. Raises Busy if it lives."""
    taking = f"{path}.taking"
    thing, owner = disk.look(path), _owner(disk, path)
    if thing is None:
        return
    if not _is_dead(disk, path, draft):
        since = f" since {owner.since:%H:%M} UTC" if owner else ""
        raise Busy(f"Another pull works in this folder{since}.")
    # Of several that find it dead at the same moment one may remove it: who waited could remove the next one's.
    try:
        disk.link(draft, taking, or_copy=True)
    except FileExistsError:
        if _is_dead(disk, taking, draft):
            disk.remove_if_there(taking)
        return
    try:
        if disk.look(path) == thing:
            disk.remove(path)
    finally:
        disk.remove(taking)


def _is_dead(disk: Disk, path: str, draft: str) -> bool:
    # The draft was written this moment, so it tells the file system's own time; on NFS that is the server's.
    thing, owner, now = disk.look(path), _owner(disk, path), disk.look(draft)
    if thing is None or now is None:
        return False
    return (owner is not None and owner.is_gone) or now.mtime_ns - thing.mtime_ns >= DEAD_AFTER * 1e9


def _owner(disk: Disk, path: str) -> Owner | None:
    try:
        return msgspec.json.decode(disk.read(path) or b"", type=Owner)
    except msgspec.MsgspecError:
        return None


def _host() -> str:
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        boot = ""
    return f"{socket.gethostname()} {boot}".strip()


def _process(pid: int) -> str | None:
    """When process `pid` began, None if there is none; "" where that can't be told."""
    try:
        # The second field is the program's name in parentheses and may hold blanks.
        state, *fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return None if state in "ZX" else fields[18]
    except FileNotFoundError:
        if Path("/proc/self/stat").exists():
            return None
    except OSError:
        return ""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return None
    except OSError:
        return ""
    return ""
