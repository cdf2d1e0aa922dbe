"""Upstream's side of conflicts, kept out of sight: content by its digest, and an index that a person can read.

It is bounded in bytes and age; the oldest go first, but never what this pull's report speaks of.
"""

import os
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Final

import msgspec

from hubdrives.sync.disk import Disk
from hubdrives.sync.layout import STORE, STORE_INDEX, TMP
from hubdrives.sync.parts import Part

MAX_BYTES: Final = 1 << 30
"""How much is kept, in bytes."""

MAX_AGE: Final = timedelta(days=90)


class Stored(msgspec.Struct, frozen=True):
    """One version in the store."""

    path: str
    """Where it would stand."""
    when: datetime
    why: str
    size: int
    digest: str
    """"sha256:…"; the part after the colon is the file's name."""

    @property
    def file(self) -> str:
        """Where it is, relative to the working folder."""
        return f"{STORE}/{self.digest.partition(':')[2]}"


class Store:
    """The store of one working folder. Not for several threads at once."""

    def __init__(self, disk: Disk) -> None:
        self._disk = disk

    def add(self, part: Part, *, when: datetime, why: str) -> Stored:
        """Take the bytes of `part` in, under its entry's path."""
        stored = Stored(path=part.entry.path, when=when, why=why, size=part.size, digest=part.digest)
        if self._disk.look(STORE) is None:
            self._disk.make_folder(STORE, mode=0o700)
        self._disk.move(part.path, stored.file)
        fd = self._disk.open_to_append(STORE_INDEX)
        try:
            self._disk.write(fd, b"\n" + msgspec.json.encode(stored) + b"\n")
            self._disk.calls.fsync(fd)
        finally:
            os.close(fd)
        return stored

    def contents(self) -> list[Stored]:
        """What is in it, the oldest first."""
        found = []
        for line in (self._disk.read(STORE_INDEX) or b"").splitlines():
            try:
                found.append(msgspec.json.decode(line, type=Stored))
            except msgspec.MsgspecError:
                continue
        return found

    def prune(self, *, now: datetime, keep: Collection[str], max_bytes: int = MAX_BYTES) -> None:
        """Remove what is too old or too much, and files that no index line speaks of.

        Args:
            now: with time zone.
            keep: paths of which the newest version stays in any case.
            max_bytes: how much may remain, counted from the newest.
        """
        if self._disk.look(STORE) is None:
            return
        known = self.contents()
        kept: dict[str, list[Stored]] = {}
        promised = set(keep)
        total = 0
        for stored in reversed(known):
            if stored.digest not in kept:
                fits = total + stored.size <= max_bytes and now - stored.when <= MAX_AGE
                if not fits and stored.path not in promised:
                    continue
                total += stored.size
            promised.discard(stored.path)
            kept.setdefault(stored.digest, []).append(stored)
        if sum(map(len, kept.values())) < len(known):
            remaining = [stored for stored in known if stored.digest in kept]
            lines = b"".join(msgspec.json.encode(stored) + b"\n" for stored in remaining)
            self._disk.write_whole(STORE_INDEX, lines, through=f"{TMP}/index")
        files = {STORE_INDEX, *(versions[0].file for versions in kept.values())}
        for name, _ in self._disk.entries(STORE):
            if f"{STORE}/{name}" not in files:
                self._disk.remove(f"{STORE}/{name}")
