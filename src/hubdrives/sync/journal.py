"""What a pull is about to do, written down before it does it; so one that is killed can be continued.

An intent is believed only if the file that is there really has those bytes. So the order in which a crash lets things
reach the disk never matters, and a damaged line costs no more than looking at that file anew.
"""

import os
import threading
from dataclasses import dataclass, field

import msgspec

from hubdrives.sync.disk import Disk
from hubdrives.sync.layout import JOURNAL
from hubdrives.sync.scan import read_digests
from hubdrives.sync.values import Base, Record, Shape

_SYNC_EVERY = 64
_SYNC_SIZE = 1 << 20


class Placed(msgspec.Struct, frozen=True, tag="placed"):
    """Upstream's bytes take `path`."""

    path: str
    record: Record


class Made(msgspec.Struct, frozen=True, tag="made"):
    """A folder is made."""

    path: str


class Moved(msgspec.Struct, frozen=True, tag="moved"):
    """The user's thing is renamed."""

    old: str
    new: str


Intent = Placed | Made | Moved
_DECODER = msgspec.json.Decoder(Intent)


class Journal:
    """The journal of one pull. Threads may use it at the same time."""

    def __init__(self, disk: Disk) -> None:
        self._disk = disk
        self._fd: int | None = None
        self._unsynced = 0
        self._lock = threading.Lock()

    def intend(self, intent: Intent) -> None:
        """Write `intent` down.

        After the process is killed it is there in any case. Against a power cut, a large file's intent is made durable
        at once and small ones' every now and then: what may be lost is told by equal bytes at the next pull instead.
        """
        size = intent.record.size if isinstance(intent, Placed) else 0
        # The empty line before it sets it apart from one that a full disk cut short.
        line = b"\n" + msgspec.json.encode(intent) + b"\n"
        with self._lock:
            if self._fd is None:
                self._fd = self._disk.open_to_append(JOURNAL)
            self._disk.write(self._fd, line)
            self._unsynced += 1
            if size >= _SYNC_SIZE or self._unsynced >= _SYNC_EVERY:
                self._disk.calls.fsync(self._fd)
                self._unsynced = 0

    def close(self) -> None:
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None

    def remove(self) -> None:
        """Forget it all: the state knows it now."""
        self.close()
        self._disk.remove_if_there(JOURNAL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovered:
    """What a pull that was killed had done."""

    base: Base
    digests: dict[str, frozenset[str]] = field(default_factory=dict)
    """Of the files that were read to make sure."""
    renamed: tuple[tuple[str, str], ...] = ()
    found: bool = False
    """Whether there was a journal at all."""


def recover(disk: Disk, base: Base) -> Recovered:
    """`base`, and what the journal says and the disk confirms. Reads the files in question. Blocks."""
    content = disk.read(JOURNAL)
    if content is None:
        return Recovered(base=base)
    files, folders = dict(base.files), set(base.folders)
    read: dict[str, frozenset[str]] = {}
    renamed: list[tuple[str, str]] = []
    for intent in _intents(content):
        thing = disk.look(intent.new if isinstance(intent, Moved) else intent.path)
        match intent:
            case Placed(path=path, record=record) if thing and thing.shape is Shape.FILE and thing.size == record.size:
                if path not in read:
                    read[path] = read_digests(disk, path, frozenset({"sha256"}), expected=thing)
                if record.digest in read[path]:
                    files[path] = msgspec.structs.replace(record, mtime_ns=thing.mtime_ns, inode=thing.inode)
                    folders.discard(path)
            case Made(path=path) if thing and thing.shape is Shape.FOLDER:
                folders.add(path)
                files.pop(path, None)
            case Moved(old=old, new=new) if thing:
                renamed.append((old, new))
    return Recovered(
        base=Base(files=files, folders=frozenset(folders), trusted_before_ns=base.trusted_before_ns),
        digests=read,
        renamed=tuple(renamed),
        found=True,
    )


def _intents(content: bytes) -> list[Intent]:
    intents: list[Intent] = []
    for line in content.splitlines():
        try:
            intents.append(_DECODER.decode(line))
        except msgspec.MsgspecError:
            continue
    return intents
