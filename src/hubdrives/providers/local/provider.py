"""This machine's own folders as a provider. It reads; it never writes."""

import asyncio
import os
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO, Self

from hubdrives.errors import (
    BadConfig,
    BadInput,
    HubdrivesError,
    LocalFailure,
    NotGranted,
    UnexpectedAnswer,
    VersionGone,
)
from hubdrives.exchange import Failure
from hubdrives.http import CHUNK, Client
from hubdrives.model import Entry, Kind, Location, Snapshot, Waiting
from hubdrives.paths import relative, safe_name
from hubdrives.providers.base import Provider
from hubdrives.providers.local import urls
from hubdrives.providers.local.scan import Found, entry_at, is_still, real_path, scan, version_of


class Local(Provider):
    """Folders of this machine. See `Provider` for what its methods promise.

    Links are not followed out of the location, `.git` and our own state folder are left out, and so are files that may
    not be read.
    """

    name = urls.NAME
    title = "This machine"

    def __init__(self, client: Client) -> None:
        self._client = client

    @staticmethod
    def errors(failure: Failure) -> HubdrivesError:
        """As `Provider.errors`; there is no server that could answer."""
        return UnexpectedAnswer(f"This machine answered {failure.status}.")

    @classmethod
    def parse(cls, text: str, *, base_url: str | None = None) -> Location | None:  # noqa: ARG003 - the contract's
        """As `Provider.parse`; `base_url` means nothing here."""
        return urls.parse(text)

    @classmethod
    def open(
        cls,
        client: Client,
        *,
        base_url: str | None = None,  # noqa: ARG003 - the contract's
        options: Mapping[str, Any] | None = None,
    ) -> Self:
        """As `Provider.open`; there are no options."""
        if options:
            raise BadConfig(f"A local connection has no option '{min(options)}'.")
        return cls(client)

    async def close(self) -> None:
        await self._client.close()

    @property
    def waiting(self) -> Waiting | None:
        return None

    def explain_access(self) -> str | None:
        return None

    async def stat(self, location: Location) -> Entry:
        return await asyncio.to_thread(_stat, _path(location))

    async def list(self, folder: Location) -> AsyncIterator[Entry]:
        def look() -> Found:
            real = real_path(_path(folder))
            if not real.is_dir():
                raise BadInput(f"'{_path(folder)}' is a file, not a folder.")
            return scan(real, within=real, deep=False)

        for entry in (await asyncio.to_thread(look)).entries:
            yield entry

    async def snapshot(
        self,
        location: Location,
        *,
        known: Snapshot | None = None,
        boundary: Location | None = None,
    ) -> Snapshot:
        """As `Provider.snapshot`; the folder is looked at as a whole each time."""
        return await asyncio.to_thread(_snapshot, location, known, boundary)

    async def read(self, entry: Entry, *, start: int = 0, stop: int | None = None) -> AsyncGenerator[bytes, None]:
        file = await asyncio.to_thread(_open, entry)
        try:
            position = start
            end = entry.size if stop is None or entry.size is None else min(stop, entry.size)
            await asyncio.to_thread(file.seek, start)
            while end is None or position < end:
                piece = await asyncio.to_thread(file.read, CHUNK if end is None else min(CHUNK, end - position))
                if not piece:
                    break
                position += len(piece)
                yield piece
            await asyncio.to_thread(_check, file, entry)
        except HubdrivesError:
            # Some of ours are OSErrors too.
            raise
        except OSError as error:
            raise LocalFailure(f"'{entry.name}' can't be read: {(error.strerror or 'unknown').lower()}.") from None
        finally:
            file.close()

    async def contains(self, root: Location, location: Location) -> bool:
        def look() -> bool:
            return real_path(_path(location)).is_relative_to(real_path(_path(root)))

        return await asyncio.to_thread(look)


def _path(location: Location) -> Path:
    return Path("/", relative(location.path))


def _stat(path: Path) -> Entry:
    return entry_at(real_path(path), safe_name(path.name or "root"))


def _snapshot(location: Location, known: Snapshot | None, boundary: Location | None) -> Snapshot:
    path = _path(location)
    real = real_path(path)
    within = real if boundary is None else real_path(_path(boundary))
    if not real.is_relative_to(within):
        raise NotGranted(f"'{path}' leads out of the folder that may be read.")
    entry = entry_at(real, safe_name(path.name or "root"))
    if entry.kind is Kind.FILE:
        return Snapshot.of(location, path.name, [entry], kind=Kind.FILE)
    if known is not None and known.location == location and is_still(real, known):
        return replace(known, location=location)
    found = scan(real, within=within)
    return Snapshot.of(location, path.name or "/", found.entries, skipped=found.skipped)


def _open(entry: Entry) -> BinaryIO:
    """The file that `entry` is of; what stands in its place now, a link too, is another one."""
    try:
        file = open(os.open(entry.id, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC), "rb")  # noqa: PTH123, SIM115 - by descriptor, and the caller closes it
    except OSError:
        raise _gone(entry) from None
    try:
        _check(file, entry)
    except VersionGone:
        file.close()
        raise
    return file


def _check(file: BinaryIO, entry: Entry) -> None:
    if version_of(os.fstat(file.fileno())) != entry.version:
        raise _gone(entry)


def _gone(entry: Entry) -> VersionGone:
    return VersionGone(f"'{entry.name}' was changed, moved or removed since it was listed.")
