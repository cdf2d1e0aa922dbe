"""The endpoints for uploads: an address from one server, then the bytes to the other, in one request or in parts.

https://seafile-api.readme.io/reference/upload-file, https://github.com/haiwen/seafile-server (fileserver/fileop.go)
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import msgspec

from hubdrives import forms
from hubdrives.content import Content, Slice
from hubdrives.errors import NotFound, UnexpectedAnswer
from hubdrives.providers.seafile.api import Api, converted
from hubdrives.providers.seafile.changes import Tries, joined
from hubdrives.providers.seafile.failures import UPLOAD, LinkDead, NotKnownHere

_FRESH = 900.0
"""Seconds for which an address is used; the server takes it for an hour."""
_MOST = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """What is to be written."""

    library: str
    folder: str
    """Its path there."""
    name: str
    content: Content
    if_version: str | None = None
    modified: datetime | None = None

    @property
    def path(self) -> str:
        return joined(self.folder, self.name)


class Stored(msgspec.Struct, frozen=True, kw_only=True):
    """What the server says it has stored."""

    name: str
    id: str
    size: int


class _Uploaded(msgspec.Struct):
    uploadedBytes: int = 0  # noqa: N815 - Seafile's own


class Uploads:
    """The endpoints, asked through what `api` asks through.

    Args:
        api: who is asked.
        clock: seconds.
    """

    def __init__(self, api: Api, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._api = api
        self._clock = clock
        self._addresses: dict[tuple[str, str], tuple[float, str]] = {}

    async def arrived(self, upload: Upload) -> int:
        """How many bytes of an upload in parts are there already, 0 where the server does not tell."""
        if self._api.library_token:
            return 0
        url = self._api.of(upload.library, "file-uploaded-bytes", v21=True)
        params = {"parent_dir": upload.folder, "file_name": upload.name}
        try:
            answer, _headers = await self._api.get(url, "files.arrived", params)
        except (NotKnownHere, NotFound):
            return 0
        return converted(answer, _Uploaded, "files.arrived").uploadedBytes

    async def whole(self, upload: Upload, *, replace: bool) -> Stored:
        """All bytes in one request.

        Args:
            upload: what.
            replace: a file of this name; else the new one gets another name if there is one.

        Raises:
            Again: it may have been done.
            NotFound: there is no such folder.
            BadInput: the server takes no such name, or no file of this size.
            QuotaExceeded, Forbidden: nothing more may be put there.
        """
        answer = await self._post(upload, upload.content, replace=replace, headers={}, once=True)
        return _stored(answer)

    async def part(self, upload: Upload, start: int, end: int, *, replace: bool) -> Stored | None:
        """The bytes from `start` up to `end`; None until the last part. Raises as `whole`; Again: only for the last."""
        size = upload.content.size
        headers = {
            "Content-Range": f"bytes {start}-{end - 1}/{size}",
            "Content-Disposition": f'attachment; filename="{quote(upload.name, safe="")}"',
        }
        part = Slice(upload.content, start, end)
        answer = await self._post(upload, part, replace=replace, headers=headers, once=end == size)
        return _stored(answer) if end == size else None

    async def _post(
        self, upload: Upload, content: Content, *, replace: bool, headers: dict[str, str], once: bool
    ) -> Any:
        where = (upload.library, upload.folder)
        known = self._addresses.get(where)
        if known is not None and known[0] > self._clock():
            try:
                return await self._send(known[1], upload, content, replace=replace, headers=headers, once=once)
            except (LinkDead, NotFound):
                # It is not good any more, or the folder is gone: whoever makes a new one says which.
                del self._addresses[where]
        address = await self._address(*where)
        if len(self._addresses) >= _MOST:
            self._addresses.clear()
        self._addresses[where] = (self._clock() + _FRESH, address)
        return await self._send(address, upload, content, replace=replace, headers=headers, once=once)

    async def _address(self, library: str, folder: str) -> str:
        url = self._api.of(library, "upload-link")
        answer, _headers = await self._api.get(url, "files.upload-link", self._api.at(folder))
        return self._api.address(answer, "files.upload-link")

    async def _send(
        self, address: str, upload: Upload, content: Content, *, replace: bool, headers: dict[str, str], once: bool
    ) -> Any:
        fields = {"parent_dir": upload.folder, "replace": "1" if replace else "0"}
        if upload.modified is not None:
            fields["last_modify"] = upload.modified.astimezone(UTC).isoformat(timespec="seconds")

        def form() -> Any:
            return forms.with_file(fields, content, filename=upload.name)

        # The address alone opens the way; the token is for the other server only.
        _status, answer, _headers = await self._api.client.send(
            "POST",
            address,
            operation=UPLOAD,
            params={"ret-json": "1"},
            headers=headers,
            payload=Tries().once(form) if once else form,
            anonymous=True,
        )
        return answer


def _stored(answer: Any) -> Stored:
    found = converted(answer, list[Stored], UPLOAD)
    if not found:
        raise UnexpectedAnswer("Seafile did not say what became of an upload.")
    return found[0]
