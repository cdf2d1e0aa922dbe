"""One file, open for reading. It is read in blocks, and stays at the version it had when it was opened."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import IO, TYPE_CHECKING, Any

from fsspec.asyn import sync
from fsspec.spec import AbstractBufferedFile

from hubdrives.model import Entry

if TYPE_CHECKING:
    from hubdrives.fs.filesystem import HubdrivesFileSystem


class HubdrivesFile(AbstractBufferedFile):  # type: ignore[misc]
    """What `HubdrivesFileSystem.open` returns: seekable, binary; pickled, it is opened anew at the same version.

    Args:
        fs: the file system that opened it.
        path: the file's path there.
        entry: the file, at the version that is read.
        block_size: how many bytes are read ahead.
        cache_type: one of fsspec's caches, for example "readahead", "blockcache", "all".
        cache_options: options of that cache.

    Raises:
        OSError: its size is only known after reading, and it can't be read.
    """

    def __init__(
        self,
        fs: "HubdrivesFileSystem",
        path: str,
        *,
        entry: Entry,
        block_size: int,
        cache_type: str,
        cache_options: dict[str, Any] | None,
    ) -> None:
        self._entry = entry
        self._copy: SpooledTemporaryFile[bytes] | None = None
        size = entry.size
        if size is None:
            # An export: each range would be a whole one anew, and two of them need not be alike.
            self._copy = sync(fs.loop, fs.fetch_copy, entry, path)
            size = self._copy.seek(0, 2)
        super().__init__(
            fs,
            path,
            mode="rb",
            block_size=block_size,
            cache_type=cache_type,
            cache_options=cache_options,
            size=size,
            # Kept by fsspec for opening it again elsewhere.
            version=entry.version,
        )
        self._details = {**fs.info_of(path, entry), "size": size}

    def close(self) -> None:
        super().close()
        if self._copy is not None:
            self._copy.close()

    def _fetch_range(self, start: int, end: int) -> bytes:
        if self._copy is not None:
            self._copy.seek(start)
            return self._copy.read(end - start)
        return bytes(sync(self.fs.loop, self.fs.fetch, self._entry, self.path, start, end))


@contextmanager
def arriving(target: Path) -> Iterator[IO[bytes]]:
    """A file to write to, which is called `target` once all is written; on failure nothing is left of it."""
    part = target.with_name(f".{secrets.token_hex(8)}.part")
    try:
        with part.open("xb") as file:
            yield file
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)
