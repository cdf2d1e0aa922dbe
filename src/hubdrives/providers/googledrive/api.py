"""The Drive API v3: one method for each endpoint that is used, and the table from its errors to ours. Only GETs.

https://developers.google.com/workspace/drive/api/reference/rest/v3
https://developers.google.com/workspace/drive/api/guides/handle-errors
"""

from collections.abc import AsyncGenerator, Iterable, Mapping
from typing import Any, TypeVar
from urllib.parse import quote, urlsplit

import msgspec

from hubdrives.errors import (
    BadCredential,
    Forbidden,
    HubdrivesError,
    NotShared,
    QuotaExceeded,
    RateLimited,
    Unavailable,
    UnexpectedAnswer,
    Unreadable,
    VersionGone,
)
from hubdrives.exchange import Failure
from hubdrives.http import Client
from hubdrives.providers.googledrive.item import FIELDS, Item

TITLE = "Google Drive"
BASE_URL = "https://www.googleapis.com"
PAGE = 1000
"""Items on a page: the most that Drive gives."""

_ALL_DRIVES = {"supportsAllDrives": "true", "includeItemsFromAllDrives": "true"}
_TRUSTED_HOSTS = (".google.com", ".googleusercontent.com", ".googleapis.com")
_ADMIN = "Tell your hub's administrators: "
_T = TypeVar("_T")


class PageTokenRejected(UnexpectedAnswer):
    """A page token that Drive gave out is refused: what it led through must be begun again."""


class Change(msgspec.Struct, frozen=True, rename="camel"):
    """One line of a change log. `file` is missing when the item is gone or may not be seen any more."""

    file_id: str = ""
    removed: bool = False
    file: Item | None = None


class _FileList(msgspec.Struct, rename="camel"):
    files: tuple[Item, ...] = ()
    next_page_token: str | None = None
    incomplete_search: bool = False


class _ChangeList(msgspec.Struct, rename="camel"):
    changes: tuple[Change, ...] = ()
    next_page_token: str | None = None
    new_start_page_token: str | None = None


class _StartToken(msgspec.Struct, rename="camel"):
    start_page_token: str


class _ExportLinks(msgspec.Struct, rename="camel"):
    export_links: dict[str, str] = {}


# reason -> error, what happened, what to do next (None: the error's own advice).
_REASONS: Mapping[str, tuple[type[HubdrivesError], str, str | None]] = {
    "badRequest": (UnexpectedAnswer, "Google Drive did not accept a request.", None),
    "invalid": (UnexpectedAnswer, "Google Drive did not accept a request.", None),
    "invalidParameter": (UnexpectedAnswer, "Google Drive did not accept a request.", None),
    "required": (UnexpectedAnswer, "Google Drive did not accept a request.", None),
    "authError": (BadCredential, "Google refused the token of this connection.", None),
    "forbidden": (BadCredential, "Google Drive wants to know who asks, and this connection has no credential.", None),
    "insufficientPermissions": (
        BadCredential,
        "The token of this connection was not given the right to read Google Drive.",
        f"{_ADMIN}the credential's scopes must include drive.readonly.",
    ),
    "accessNotConfigured": (
        BadCredential,
        "The Google Drive API is not enabled in the Google Cloud project of this connection's account.",
        f"{_ADMIN}enable the Google Drive API in the account's Google Cloud project.",
    ),
    "insufficientFilePermissions": (Forbidden, "This account may not do that with the item in Google Drive.", None),
    "domainPolicy": (
        Forbidden,
        "The rules of the owner's organisation keep this account out of the item in Google Drive.",
        "Ask the administrators of the owner's Google Workspace to allow sharing with this account.",
    ),
    "appNotAuthorizedToFile": (Forbidden, "This account may not open the item in Google Drive.", None),
    "teamDriveMembershipRequired": (
        Forbidden,
        "Only members of the shared drive may do that.",
        "Ask a manager of the shared drive to add this account as a viewer.",
    ),
    "cannotDownloadFile": (Unreadable, "The owner does not allow this file in Google Drive to be downloaded.", None),
    "cannotDownloadAbusiveFile": (
        Unreadable,
        "Google holds this file for malware or spam and does not give it out.",
        "Ask its owner to open the file in Google Drive and look at the warning there.",
    ),
    "invalidAbuseAcknowledgment": (
        Unreadable,
        "Google holds this file for malware or spam and does not give it out.",
        "Ask its owner to open the file in Google Drive and look at the warning there.",
    ),
    "fileNotDownloadable": (Unreadable, "This item in Google Drive has no content that can be downloaded.", None),
    "fileNotExportable": (Unreadable, "Google Drive can't turn this document into a file.", None),
    "exportSizeLimitExceeded": (
        Unreadable,
        "This Google document is larger than the 10 MB that Google Drive turns into a file.",
        "Ask its owner to split the document, or to put an exported copy into the folder.",
    ),
    "downloadQuotaExceeded": (
        QuotaExceeded,
        "This file was downloaded so often that Google Drive gives it out no more for about a day.",
        None,
    ),
    "dailyLimitExceeded": (QuotaExceeded, "This connection has used up its share of Google Drive for today.", None),
    "sharingRateLimitExceeded": (QuotaExceeded, "Google Drive allows no more sharing for today.", None),
    "storageQuotaExceeded": (QuotaExceeded, "The account's storage in Google Drive is full.", None),
    "userRateLimitExceeded": (RateLimited, "Google Drive was asked too often.", None),
    "rateLimitExceeded": (RateLimited, "Google Drive was asked too often.", None),
    "notFound": (NotShared, "Google Drive shows this account no such item: it is not there, or not shared.", None),
    "requestedRangeNotSatisfiable": (VersionGone, "The file in Google Drive is shorter than it was.", None),
    "backendError": (Unavailable, "Google Drive has trouble at the moment.", None),
    "internalError": (Unavailable, "Google Drive has trouble at the moment.", None),
    "transientError": (Unavailable, "Google Drive has trouble at the moment.", None),
}

# For answers whose reason is new, or that don't come from the API itself (HTML pages of Google's front ends).
_BY_STATUS = {
    401: "authError",
    403: "insufficientFilePermissions",
    404: "notFound",
    408: "transientError",
    416: "requestedRangeNotSatisfiable",
    429: "rateLimitExceeded",
}
_SERVER_ERROR = 500


def errors(failure: Failure) -> HubdrivesError:
    """Our error for a failed answer, by its reason: most 403s are for good, some only mean "slower"."""
    reason, location = _reason(failure.json())
    if (reason, location) == ("invalid", "pageToken"):
        return PageTokenRejected("Google Drive does not accept its own page token any more.")
    known = _REASONS.get(reason)
    if known is None or failure.status >= _SERVER_ERROR:
        fallback = "transientError" if failure.status >= _SERVER_ERROR else _BY_STATUS.get(failure.status, "badRequest")
        known = _REASONS[fallback]
    kind, message, hint = known
    return kind(message, hint=hint, retry_after=failure.retry_after)


def _reason(body: Any) -> tuple[str, str]:
    """The first `reason` and its `location`, "" where there is none; the body may be anything."""
    match body:
        case {"error": {"errors": [{"reason": str(reason), "location": str(location)}, *_]}}:
            return reason, location
        case {"error": {"errors": [{"reason": str(reason)}, *_]}}:
            return reason, ""
    return "", ""


class Api:
    """The endpoints, asked through `client`.

    Args:
        client: carries the token and the patience.
        base_url: the server, without `/drive/v3`.
    """

    def __init__(self, client: Client, *, base_url: str | None = None) -> None:
        self._client = client
        self._base = (base_url or BASE_URL).rstrip("/")

    async def file(self, item: str, *, key: str = "") -> Item:
        """files.get: https://developers.google.com/workspace/drive/api/reference/rest/v3/files/get

        Raises:
            NotShared: nothing there for this account.
        """
        params = {"fields": FIELDS, "supportsAllDrives": "true"}
        return await self._get(Item, self._path(item), operation="files.get", params=params, keys={item: key})

    async def children(self, folders: Iterable[str], *, keys: Mapping[str, str]) -> tuple[list[Item], bool]:
        """files.list of what is in these folders and not in the bin, and whether Drive says that this is all.

        https://developers.google.com/workspace/drive/api/guides/search-files
        """
        folders = list(folders)
        parents = " or ".join(f"'{_escaped(folder)}' in parents" for folder in folders)
        shown = {folder: keys[folder] for folder in folders if folder in keys}
        return await self._list({"q": f"({parents}) and trashed=false"}, keys=shown)

    async def whole_drive(self, drive: str) -> tuple[list[Item], bool]:
        """files.list of all that a shared drive holds, and whether Drive says that this is all.

        https://developers.google.com/workspace/drive/api/guides/search-shareddrives
        """
        return await self._list({"q": "trashed=false", "corpora": "drive", "driveId": drive}, keys={})

    async def start_token(self, drive: str) -> str:
        """changes.getStartPageToken of the account's log, or of a shared drive's if `drive` is not "".

        https://developers.google.com/workspace/drive/api/reference/rest/v3/changes/getStartPageToken
        """
        params = {"supportsAllDrives": "true", **({"driveId": drive} if drive else {})}
        url = f"{self._base}/drive/v3/changes/startPageToken"
        found = await self._get(_StartToken, url, operation="changes.getStartPageToken", params=params)
        return found.start_page_token

    async def changes(self, drive: str, token: str) -> tuple[list[Change], str]:
        """changes.list since `token`, and the token for the next time.

        https://developers.google.com/workspace/drive/api/guides/manage-changes

        Raises:
            PageTokenRejected: the token is of no use any more.
        """
        params = {
            **_ALL_DRIVES,
            "includeRemoved": "true",
            "pageSize": str(PAGE),
            "fields": f"nextPageToken,newStartPageToken,changes(fileId,removed,file({FIELDS}))",
            **({"driveId": drive} if drive else {}),
        }
        found: list[Change] = []
        while True:
            page = await self._get(
                _ChangeList,
                f"{self._base}/drive/v3/changes",
                operation="changes.list",
                params={**params, "pageToken": token},
            )
            found += page.changes
            if page.next_page_token is None:
                return found, page.new_start_page_token or token
            token = page.next_page_token

    def media(
        self, item: str, *, key: str, start: int, stop: int | None, size: int | None, digest: str | None
    ) -> AsyncGenerator[bytes, None]:
        """files.get with alt=media: https://developers.google.com/workspace/drive/api/guides/manage-downloads"""
        return self._client.stream(
            self._path(item),
            operation="files.download",
            params={"alt": "media", "supportsAllDrives": "true"},
            headers=_key_header({item: key}),
            start=start,
            stop=stop,
            size=size,
            digest=digest,
        )

    def export(self, item: str, mime_type: str, *, key: str) -> AsyncGenerator[bytes, None]:
        """files.export: https://developers.google.com/workspace/drive/api/reference/rest/v3/files/export

        Raises:
            Unreadable: the export would be larger than 10 MB, or there is no such export.
        """
        return self._client.stream(
            f"{self._path(item)}/export",
            operation="files.export",
            params={"mimeType": mime_type},
            headers=_key_header({item: key}),
        )

    async def export_link(self, item: str, mime_type: str, *, key: str) -> str | None:
        """The address for an export of any size, None if there is none that may be shown our token."""
        found = await self._get(
            _ExportLinks,
            self._path(item),
            operation="files.get",
            params={"fields": "exportLinks", "supportsAllDrives": "true"},
            keys={item: key},
        )
        link = found.export_links.get(mime_type)
        return link if link is not None and self._trusted(link) else None

    def linked(self, link: str) -> AsyncGenerator[bytes, None]:
        """What `export_link` leads to."""
        return self._client.stream(link, operation="files.exportLink")

    async def _list(self, params: Mapping[str, str], *, keys: Mapping[str, str]) -> tuple[list[Item], bool]:
        try:
            return await self._pages(params, keys=keys)
        except PageTokenRejected:
            # Tokens of listings live for hours only; a listing is begun again once.
            return await self._pages(params, keys=keys)

    async def _pages(self, params: Mapping[str, str], *, keys: Mapping[str, str]) -> tuple[list[Item], bool]:
        found: dict[str, Item] = {}
        complete, token = True, None
        while True:
            page = await self._get(
                _FileList,
                f"{self._base}/drive/v3/files",
                operation="files.list",
                params={
                    **_ALL_DRIVES,
                    "spaces": "drive",
                    "pageSize": str(PAGE),
                    "fields": f"nextPageToken,incompleteSearch,files({FIELDS})",
                    **params,
                    **({"pageToken": token} if token else {}),
                },
                keys=keys,
            )
            found.update((item.id, item) for item in page.files)
            complete = complete and not page.incomplete_search
            token = page.next_page_token
            if not token:
                return list(found.values()), complete

    async def _get(
        self,
        kind: type[_T],
        url: str,
        *,
        operation: str,
        params: Mapping[str, str],
        keys: Mapping[str, str] | None = None,
    ) -> _T:
        answer = await self._client.json(
            "GET", url, operation=operation, params=params, headers=_key_header(keys or {})
        )
        try:
            # Not strict: Drive writes whole numbers as strings.
            return msgspec.convert(answer, kind, strict=False)
        except msgspec.ValidationError:
            raise UnexpectedAnswer(f"Google Drive sent something else than it documents ({operation}).") from None

    def _path(self, item: str) -> str:
        return f"{self._base}/drive/v3/files/{quote(item, safe='')}"

    def _trusted(self, link: str) -> bool:
        url, ours = urlsplit(link), urlsplit(self._base)
        if (url.scheme, url.netloc) == (ours.scheme, ours.netloc):
            return True
        return url.scheme == "https" and (url.hostname or "").endswith(_TRUSTED_HOSTS)


def _escaped(text: str) -> str:
    """`text` for a literal of the query language."""
    return text.replace("\\", "\\\\").replace("'", "\\'")


def _key_header(keys: Mapping[str, str]) -> dict[str, str]:
    """https://developers.google.com/workspace/drive/api/guides/resource-keys"""
    pairs = ",".join(f"{item}/{key}" for item, key in keys.items() if key)
    return {"X-Goog-Drive-Resource-Keys": pairs} if pairs else {}
