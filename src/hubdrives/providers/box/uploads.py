"""The endpoints for uploads: in one request, or in parts.

https://developer.box.com/guides/uploads/
"""

import base64
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import msgspec
from aiohttp import MultipartWriter, payload

from hubdrives import forms
from hubdrives.content import Content, Slice
from hubdrives.errors import UnexpectedAnswer
from hubdrives.http import Client
from hubdrives.providers.box.api import Api, converted
from hubdrives.providers.box.failures import NameInUse
from hubdrives.providers.box.item import FIELDS, Item, Moment
from hubdrives.providers.box.tries import Tries


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """A part of an upload that has arrived. It goes back to Box as it came."""

    part_id: str
    offset: int
    size: int
    sha1: str | None = None


class Endpoints(msgspec.Struct, frozen=True):
    """Where an upload in parts goes. They are signed for nobody else, and never shown."""

    upload_part: str
    commit: str
    abort: str
    list_parts: str

    def __repr__(self) -> str:
        return "Endpoints()"


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """An upload in parts that is under way."""

    id: str
    part_size: int
    session_endpoints: Endpoints
    session_expires_at: Moment | None = None


class _PartAnswer(msgspec.Struct):
    part: Part


class _PartList(msgspec.Struct):
    entries: tuple[Part, ...] = ()
    total_count: int | None = None


class _Uploaded(msgspec.Struct):
    entries: tuple[Item, ...] = ()


class Uploads:
    """The endpoints for uploads, asked through what `api` asks through."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._client: Client = api.client
        self._root = api.hosts.upload

    def headers(self, link: str) -> dict[str, str]:
        """As `Api.headers`."""
        return self._api.headers(link)

    async def taken(self, folder: str, name: str, size: int, *, link: str = "") -> Item | None:
        """What has a name in a folder, None if nothing: https://developer.box.com/reference/options-files-content/

        Raises:
            QuotaExceeded, BadInput, Forbidden: such a file could not be put there.
        """
        body = {"name": name, "size": size, "parent": {"id": folder}}
        url, headers = f"{self._api.hosts.api}/files/content", self._api.headers(link)
        try:
            await self._client.send("OPTIONS", url, operation="files.preflight", headers=headers, body=body)
        except NameInUse as error:
            return error.item
        return None

    async def file(self, file: str, *, link: str = "") -> Item:
        """A file as it is now. Raises what `Api.item` raises."""
        return await self._api.item(f"files/{file}", link=link)

    async def direct(
        self,
        path: str,
        operation: str,
        attributes: Mapping[str, Any],
        content: Content,
        digest: str,
        *,
        headers: Mapping[str, str],
        tries: Tries,
    ) -> Item:
        """A whole file in one request: https://developer.box.com/reference/post-files-content/

        Args:
            path: "files/content", or "files/ID/content" for a new version.
            operation: its name, for errors.
            attributes: what Box is told about it.
            content: the bytes.
            digest: their SHA-1 in hexadecimal; Box refuses others.
            headers: what else goes with it.
            tries: counts.

        Raises:
            NameInUse, Changed: somebody was faster.
            Corrupt: other bytes arrived; nothing was written.
        """
        _status, answer, _headers = await self._client.send(
            "POST",
            f"{self._root}/{path}",
            operation=operation,
            params={"fields": FIELDS},
            # Despite the name, it is of the SHA-1: https://developer.box.com/guides/uploads/check/
            headers={**headers, "Content-MD5": digest},
            payload=tries.of(lambda: _form(attributes, content)),
        )
        return _uploaded(answer, operation)

    async def begin(self, folder: str, name: str, size: int, *, link: str = "") -> Session:
        """For a new file: https://developer.box.com/reference/post-files-upload-sessions/ . Raises NameInUse."""
        body = {"folder_id": folder, "file_name": name, "file_size": size}
        return await self._begin("files/upload_sessions", "uploads.create", body, link)

    async def begin_version(self, file: str, size: int, *, link: str = "") -> Session:
        """For a new version: https://developer.box.com/reference/post-files-id-upload-sessions/"""
        return await self._begin(f"files/{file}/upload_sessions", "uploads.create_version", {"file_size": size}, link)

    async def _begin(self, path: str, operation: str, body: Mapping[str, Any], link: str) -> Session:
        url, headers = f"{self._root}/{path}", self._api.headers(link)
        _status, answer, _headers = await self._client.send(
            "POST", url, operation=operation, headers=headers, body=dict(body)
        )
        return converted(answer, Session, operation)

    async def session(self, session: str, *, link: str = "") -> Session:
        """One that was begun before: https://developer.box.com/reference/get-files-upload-sessions-id/

        Raises:
            SessionGone: Box does not know it any more.
        """
        url = f"{self._root}/files/upload_sessions/{quote(session, safe='')}"
        answer = await self._client.json("GET", url, operation="uploads.status", headers=self._api.headers(link))
        return converted(answer, Session, "uploads.status")

    async def send_part(self, session: Session, part: Slice, sha1: str, *, total: int, link: str = "") -> Part:
        """https://developer.box.com/reference/put-files-upload-sessions-id/

        Args:
            session: what it is of.
            part: its bytes.
            sha1: of them, in hexadecimal.
            total: size of the file in bytes.
            link: by which the folder was reached.

        Raises:
            PartThere: it arrived before.
            SessionGone: the upload must be begun again.
        """
        headers = {
            **self._api.headers(link),
            "Digest": f"sha={_base64(bytes.fromhex(sha1))}",
            "Content-Range": f"bytes {part.start}-{part.end - 1}/{total}",
        }
        url = session.session_endpoints.upload_part
        _status, answer, _headers = await self._client.send(
            "PUT", url, operation="uploads.part", headers=headers, payload=lambda: forms.Body(part)
        )
        return converted(answer, _PartAnswer, "uploads.part").part

    async def parts(self, session: Session, *, link: str = "") -> list[Part]:
        """Those that have arrived: https://developer.box.com/reference/get-files-upload-sessions-id-parts/"""
        found: dict[int, Part] = {}
        while True:
            params = {"limit": "1000", "offset": str(len(found))}
            url, headers = session.session_endpoints.list_parts, self._api.headers(link)
            answer = await self._client.json("GET", url, operation="uploads.parts", params=params, headers=headers)
            page = converted(answer, _PartList, "uploads.parts")
            before = len(found)
            found.update((part.offset, part) for part in page.entries)
            if len(found) == before or page.total_count is None or len(found) >= page.total_count:
                return list(found.values())

    async def commit(
        self,
        session: Session,
        parts: Sequence[Part],
        attributes: Mapping[str, Any],
        digest: str,
        *,
        headers: Mapping[str, str],
        tries: Tries,
    ) -> Item | float | None:
        """https://developer.box.com/reference/post-files-upload-sessions-id-commit/

        Returns:
            The file; or the seconds after which Box wants to be asked again; or None if it will say no more.
        """
        body = {"parts": [msgspec.to_builtins(part) for part in parts], "attributes": dict(attributes)}
        status, answer, told = await self._client.send(
            "POST",
            session.session_endpoints.commit,
            operation="uploads.commit",
            params={"fields": FIELDS},
            headers={**headers, "Digest": f"sha={_base64(bytes.fromhex(digest))}"},
            payload=tries.of(lambda: payload.JsonPayload(body)),
        )
        if status == HTTPStatus.ACCEPTED:
            after = told.get("Retry-After", "")
            return float(after) if after.isdecimal() else None
        return _uploaded(answer, "uploads.commit")

    async def abort(self, session: Session, *, link: str = "") -> None:
        """https://developer.box.com/reference/delete-files-upload-sessions-id/"""
        url, headers = session.session_endpoints.abort, self._api.headers(link)
        await self._client.send("DELETE", url, operation="uploads.abort", headers=headers)


def _uploaded(answer: Any, operation: str) -> Item:
    """The file that an upload made."""
    entries = converted(answer, _Uploaded, operation).entries
    if not entries:
        raise UnexpectedAnswer(f"Box did not say what became of an upload ({operation}).")
    return entries[0]


def _form(attributes: Mapping[str, Any], content: Content) -> MultipartWriter:
    told = {"attributes": msgspec.json.encode(dict(attributes)).decode()}
    return forms.with_file(told, content, filename="file", kind="application/json")


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()
