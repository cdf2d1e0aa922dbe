"""The file system itself. Its methods are fsspec's, and so are their arguments.

https://filesystem-spec.readthedocs.io/en/latest/api.html
"""

import asyncio
import io
import os
import weakref
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import IO, Any, Final

from fsspec.asyn import AsyncFileSystem, sync
from fsspec.callbacks import DEFAULT_CALLBACK, Callback
from fsspec.dircache import DirCache

from hubdrives.connections import Connections
from hubdrives.errors import BadInput, NotFound, VersionGone
from hubdrives.fs import roots
from hubdrives.fs.closing import close, streamed
from hubdrives.fs.file import HubdrivesFile, arriving
from hubdrives.fs.telling import Changed, telling
from hubdrives.model import Entry, Kind, Location
from hubdrives.providers.base import Provider
from hubdrives.redaction import redact

_BLOCK: Final = 8 << 20
_FRESH: Final = 60.0
"""Seconds."""
_IN_MEMORY: Final = 8 << 20
"""Bytes of a copy; what is larger goes to a temporary file."""
_READ_ONLY: Final = "hubdrives only reads: nothing can be written, moved or removed through it."
_FOLDER: Final = Entry(path="", kind=Kind.FOLDER)


class HubdrivesFileSystem(AsyncFileSystem):  # type: ignore[misc]
    """What a source holds, or what all connections reach; read-only. Failures are OSErrors, with ours as the cause.

    Paths are taken literally: "#", "?", "%" and blanks stand for themselves.

    Args:
        source: a Drive address, `connection:/path`, a pull link of the hub, or the whole path of a folder of this
            machine; paths are relative to it. Without one, the first part of each path is the name of a connection.
        block_size: how many bytes an open file reads ahead.
        use_listings_cache: whether listings are remembered.
        listings_expiry_time: for how many seconds; None is for ever.
        max_paths: how many listings at most; None is all.
        asynchronous: whether it is used from coroutines of the caller's own loop, who then awaits `aclose` at the end.
        loop: the loop to work in, if not fsspec's own.
        batch_size: how many files are worked on at the same time.

    Raises:
        BadInput: `source` can't be meant.
    """

    protocol = "hubdrives"

    def __init__(
        self,
        source: str = "",
        *,
        block_size: int = _BLOCK,
        use_listings_cache: bool = True,
        listings_expiry_time: float | None = _FRESH,
        max_paths: int | None = None,
        asynchronous: bool = False,
        loop: asyncio.AbstractEventLoop | None = None,
        batch_size: int | None = None,
    ) -> None:
        remembering = {
            "use_listings_cache": use_listings_cache,
            "listings_expiry_time": listings_expiry_time,
            "max_paths": max_paths,
        }
        super().__init__(asynchronous=asynchronous, loop=loop, batch_size=batch_size, **remembering)
        self.block_size = block_size
        self._root = roots.meant(source)
        # `dircache` has the entries of folders by name; this has those that were asked for one by one.
        self._single = DirCache(**remembering)
        self._connections: Connections | None = None

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {redact(self._root.source)!r}>"

    async def aclose(self) -> None:
        """Close what was opened; needed only if `asynchronous`."""
        if self._connections is not None:
            connections, self._connections = self._connections, None
            await connections.__aexit__(None, None, None)

    @classmethod
    def _strip_protocol(cls, path: Any) -> Any:
        stripped = super()._strip_protocol(path)
        return stripped.lstrip("/") if isinstance(stripped, str) else stripped

    def invalidate_cache(self, path: str | None = None) -> None:
        """Forget what was listed: all of it, or `path`, what is below it and the folder that it is in."""
        super().invalidate_cache(path)
        inner = self._strip_protocol(path or "")
        self.dircache.pop(self._parent(inner), None)
        for cache in (self.dircache, self._single):
            for known in list(cache):
                if not inner or known == inner or known.startswith(f"{inner}/"):
                    cache.pop(known, None)

    def modified(self, path: str) -> datetime | None:
        """When its content last changed, with time zone; None where the provider does not tell."""
        modified: datetime | None = self.info(path)["modified"]
        return modified

    def info_of(self, path: str, entry: Entry) -> dict[str, Any]:
        """What `info` tells. It holds nothing secret."""
        return {
            "name": path,
            "type": "directory" if entry.kind is Kind.FOLDER else "file",
            "size": entry.size,
            "version": entry.version,
            "digest": entry.digest,
            "modified": entry.modified,
        }

    async def _info(self, path: str, *, refresh: bool = False, **_others: object) -> dict[str, Any]:
        path = self._strip_protocol(path)
        with telling():
            return self.info_of(path, await self._entry(path, refresh=refresh))

    async def _ls(self, path: str, detail: bool = True, *, refresh: bool = False, **_others: object) -> list[Any]:  # noqa: FBT001, FBT002 - fsspec's
        path = self._strip_protocol(path)
        with telling():
            try:
                entries = await self._listing(path, refresh=refresh)
            except BadInput:
                # Where a folder was asked for, a file stands.
                entry = await self._entry(path, refresh=refresh)
                if entry.kind is Kind.FOLDER:
                    raise
                infos = [self.info_of(path or entry.path, entry)]
            else:
                infos = [self.info_of(_joined(path, name), entries[name]) for name in sorted(entries)]
        return infos if detail else [info["name"] for info in infos]

    async def _walk(self, path: str, maxdepth: int | None = None, **options: Any) -> AsyncIterator[Any]:
        """As fsspec's, but a folder that can't be listed at all is an error, and all below it is asked for at once."""
        path = self._strip_protocol(path)
        deep = maxdepth != 1 and bool(path or self._root)
        if self.dircache.use_listings_cache and not self._is_listed(path, deep=deep):
            with telling(), suppress(NotFound, BadInput):
                await (self._list_all(path) if deep else self._listing(path))
        async for found in super()._walk(path, maxdepth=maxdepth, **options):
            yield found

    async def _du(
        self,
        path: str,
        total: bool = True,  # noqa: FBT001, FBT002 - fsspec's
        maxdepth: int | None = None,
        **options: Any,
    ) -> int | dict[str, int]:
        """As fsspec's; files whose size nobody knows count nothing."""
        found = await self._find(path, maxdepth=maxdepth, detail=True, **options)
        sizes = {name: info["size"] or 0 for name, info in found.items()}
        return sum(sizes.values()) if total else sizes

    async def _cat_file(self, path: str, start: int | None = None, end: int | None = None, **_others: object) -> bytes:
        path = self._strip_protocol(path)
        with telling():
            entry = _readable(path, await self._entry(path))
        if entry.size is not None:
            first, last, _ = slice(start, end).indices(entry.size)
            return await self.fetch(entry, path, first, last)
        with await self.fetch_copy(entry, path) as copy:
            first, last, _ = slice(start, end).indices(copy.seek(0, 2))
            copy.seek(first)
            return await asyncio.to_thread(copy.read, max(0, last - first))

    async def _get_file(
        self, rpath: str, lpath: str, *, callback: Callback = DEFAULT_CALLBACK, **_others: object
    ) -> None:
        """Half a file never stands under the name `lpath`."""
        path = self._strip_protocol(rpath)
        with telling():
            entry = await self._entry(path)
        if entry.kind is Kind.FOLDER:
            await asyncio.to_thread(os.makedirs, lpath, exist_ok=True)
            return
        callback.set_size(entry.size)
        with arriving(Path(lpath)) as file:
            await self._copy(entry, path, file, callback)

    async def _refuse(self, *_arguments: object, **_options: object) -> None:
        raise io.UnsupportedOperation(_READ_ONLY)

    _cp_file = _makedirs = _mkdir = _pipe_file = _put_file = _rm_file = _refuse

    def _open(
        self,
        path: str,
        mode: str = "rb",
        block_size: int | None = None,
        autocommit: bool = True,  # noqa: FBT001, FBT002, ARG002 - fsspec's
        cache_options: dict[str, Any] | None = None,
        *,
        cache_type: str = "readahead",
        version: str | None = None,
        size: int | None = None,  # noqa: ARG002 - fsspec's
    ) -> HubdrivesFile:
        """As fsspec's; with `version`, another one is refused."""
        if mode != "rb":
            raise io.UnsupportedOperation(_READ_ONLY)
        with telling():
            entry = _readable(path, sync(self.loop, self._entry, path))
        if version is not None and entry.version != version:
            raise Changed(f"'{path}' is not the version any more that was opened first.")
        return HubdrivesFile(
            self,
            path,
            entry=entry,
            block_size=block_size or self.block_size,
            cache_type=cache_type,
            cache_options=cache_options,
        )

    async def fetch(self, entry: Entry, path: str, start: int, stop: int) -> bytes:
        """The bytes of `entry` from `start` up to `stop`; raises Changed if `path` has another version now."""
        if start >= stop:
            return b""
        # Only the whole has a checksum.
        end = None if stop == entry.size else stop
        with self._told(path):
            provider, _ = await self._place(path)
            async with streamed(provider.read(entry, start=start, stop=end)) as pieces:
                return b"".join([piece async for piece in pieces])

    async def fetch_copy(self, entry: Entry, path: str) -> "SpooledTemporaryFile[bytes]":
        """All bytes of `entry`, in memory or on disk; whoever asks closes it."""
        copy: SpooledTemporaryFile[bytes] = SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115 - the caller's
        try:
            await self._copy(entry, path, copy, DEFAULT_CALLBACK)
        except BaseException:
            copy.close()
            raise
        return copy

    async def _copy(self, entry: Entry, path: str, file: IO[bytes], callback: Callback) -> None:
        with self._told(path):
            provider, _ = await self._place(path)
            async with streamed(provider.read(entry)) as pieces:
                async for piece in pieces:
                    await asyncio.to_thread(file.write, piece)
                    callback.relative_update(len(piece))

    @contextmanager
    def _told(self, path: str) -> Iterator[None]:
        with telling():
            try:
                yield
            except VersionGone:
                # What is remembered is of no use: whoever tries again gets what is there now.
                self.invalidate_cache(path)
                raise

    async def _entry(self, path: str, *, refresh: bool = False) -> Entry:
        """What is at `path`, as remembered or as the provider tells; raises our own errors."""
        if not (path or self._root):
            return _FOLDER
        if not refresh:
            folder, _, name = path.rpartition("/")
            known: Entry | None = self.dircache.get(folder, {}).get(name) or self._single.get(path)
            if known is not None:
                return known
        provider, location = await self._place(path)
        try:
            entry = await provider.stat(location)
        except NotFound:
            # A source that is one file is like a folder with that file, as it is when it is pulled.
            if not (self._root and path and "/" not in path):
                raise
            _, root = await self._place("")
            entry = await provider.stat(root)
            if (entry.kind, entry.path) != (Kind.FILE, path):
                raise
        self._single[path] = entry
        return entry

    async def _listing(self, path: str, *, refresh: bool = False) -> Mapping[str, Entry]:
        """The entries directly in `path` by name, as remembered or as the provider tells; raises our own errors."""
        if not refresh:
            known: Mapping[str, Entry] | None = self.dircache.get(path)
            if known is not None:
                return known
        if path or self._root:
            provider, location = await self._place(path)
            found = {entry.path: entry async for entry in provider.list(location)}
        else:
            found = {name: _FOLDER async for name in roots.names(self._connected())}
        self.dircache[path] = found
        return found

    async def _list_all(self, path: str) -> None:
        """Remember all folders at and below `path`, which costs the provider less than one after the other."""
        if (await self._entry(path)).kind is Kind.FILE:
            return
        provider, location = await self._place(path)
        folders: dict[str, dict[str, Entry]] = {"": {}}
        for entry in (await provider.snapshot(location)).entries:
            folder, _, name = entry.path.rpartition("/")
            folders.setdefault(folder, {})[name] = entry
            if entry.kind is Kind.FOLDER:
                folders.setdefault(entry.path, {})
        for folder, entries in folders.items():
            self.dircache[_joined(path, folder)] = entries

    def _is_listed(self, path: str, *, deep: bool) -> bool:
        entries = self.dircache.get(path)
        if entries is None or not deep:
            return entries is not None
        folders = (name for name in entries if entries[name].kind is Kind.FOLDER)
        return all(self._is_listed(_joined(path, name), deep=True) for name in folders)

    async def _place(self, path: str) -> tuple[Provider, Location]:
        connections = self._connected()
        found = roots.find(connections, self._root, path)
        return await connections.provider(found.connection), found.location

    def _connected(self) -> Connections:
        if self._connections is None:
            self._connections = Connections()
            if not self.asynchronous:
                weakref.finalize(self, close, self._connections, self.loop, os.getpid())
        return self._connections


def _joined(folder: str, name: str) -> str:
    return "/".join(part for part in (folder, name) if part)


def _readable(path: str, entry: Entry) -> Entry:
    if entry.kind is Kind.FOLDER:
        raise IsADirectoryError(f"'{path}' is a folder; only a file can be read.")
    return entry
