"""Upstream's bytes as last pulled, of those files that can be merged: the ancestor of the next merge.

Not the local file itself, for editors write into that in place. A blob is believed only if its bytes have the digest
that it is named by, so none needs to be flushed to disk: one that a power cut damaged is none.
"""

import contextlib
import errno
import hashlib
import zlib
from collections.abc import Collection
from typing import Final

from hubdrives.sync.disk import Disk
from hubdrives.sync.layout import BASES, TMP

_LEVEL: Final = 1
"""Notebooks shrink to a fifth at once; more effort gains little."""


class Bases:
    """The bases of one working folder. Threads may use it at the same time."""

    def __init__(self, disk: Disk) -> None:
        self._disk = disk

    def keep(self, digest: str, content: bytes, *, through: str) -> None:
        """Keep `content`, which has `digest` ("sha256:…"); `through` is a file name that nobody else uses now."""
        if self.get(digest) is not None:
            return
        draft = f"{TMP}/{through}"
        self._disk.remove_if_there(draft)
        with self._disk.writing(draft, mode=0o600) as fd:
            self._disk.write(fd, zlib.compress(content, _LEVEL))
        self._disk.make_folder_if_missing(BASES)
        self._disk.move(draft, _path(digest))

    def has(self, digest: str) -> bool:
        return self._disk.look(_path(digest)) is not None

    def get(self, digest: str) -> bytes | None:
        """The bytes that have `digest`, None if they are not here."""
        try:
            content = zlib.decompress(self._disk.read(_path(digest)) or b"")
        except (zlib.error, OSError):
            return None
        return content if digest == f"sha256:{hashlib.sha256(content).hexdigest()}" else None

    def prune(self, needed: Collection[str]) -> None:
        """Remove all but those with one of the digests `needed`."""
        names = {_path(digest) for digest in needed}
        try:
            entries = self._disk.entries(BASES)
        except OSError as error:
            if error.errno == errno.ENOENT:
                return
            raise
        for name, _ in entries:
            if (path := f"{BASES}/{name}") not in names:
                # A folder that a person put there, or a file that is open elsewhere (on NFS), stops no pull.
                with contextlib.suppress(OSError):
                    self._disk.remove(path)


def _path(digest: str) -> str:
    return f"{BASES}/{digest.partition(':')[2]}"
