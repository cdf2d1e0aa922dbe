"""The Canvas REST API: one method for each endpoint that is used, and the table from its errors to ours. Only GETs.

https://canvas.instructure.com/doc/api/
https://canvas.instructure.com/doc/api/file.throttling.html
https://canvas.instructure.com/doc/api/file.pagination.html
"""

import re
from collections.abc import AsyncGenerator, Mapping
from http import HTTPStatus
from typing import Any, TypeVar
from urllib.parse import quote

import msgspec
from yarl import URL

from hubdrives.errors import (
    BadCredential,
    Forbidden,
    HubdrivesError,
    NotFound,
    RateLimited,
    Unavailable,
    UnexpectedAnswer,
)
from hubdrives.exchange import Failure
from hubdrives.http import Check, Client
from hubdrives.providers.canvas.item import Context, File, Folder, Identified, Module, ModuleItem, convert

TITLE = "Canvas"
PAGE = 100
"""Items on a page: the most that Canvas gives; a Canvas of a school's own may give fewer."""

CONTENT = "files.content"
"""The operation that fetches bytes, mostly not from Canvas itself but from where it keeps them."""

# Ids beyond 2^53 come as text then: https://canvas.instructure.com/doc/api/file.object_ids.html
_HEADERS = {"Accept": "application/json+canvas-string-ids"}
_ADMIN = "Tell your hub's administrators: "
_LINK = re.compile(r'<([^>]*)>((?:\s*;\s*[\w-]+\s*=\s*(?:"[^"]*"|[^\s;,]+))*)')
_NEXT = re.compile(r';\s*rel\s*=\s*(?:"(?:[^"]*\s)?next(?:\s[^"]*)?"|next(?=\s|;|$))', re.IGNORECASE)
# Of the 600 units that Canvas gives: below the first a client slows down, at the second it asks one thing at a time.
# With these, what up to eight requests at once hold back never exceeds what is left.
_AMPLE, _LEAST = 500.0, 100.0
_T = TypeVar("_T")
_I = TypeVar("_I", bound=Identified)


class MissingScope(BadCredential):
    """The developer key's scopes don't include an endpoint; another token would not either."""

    renewable = False


class AddressRefused(UnexpectedAnswer):
    """Where Canvas keeps the bytes, a signed address is not or no longer accepted."""


class _Address(msgspec.Struct):
    public_url: str | None = None


class _Step(msgspec.Struct):
    current: ModuleItem | None = None


class _Sequence(msgspec.Struct):
    items: tuple[_Step, ...] = ()


# A part of what Canvas says, lower case -> our error, what happened, what to do next (None: the error's own advice).
_BY_WORDS: tuple[tuple[str, type[HubdrivesError], str, str | None], ...] = (
    (
        "insufficient scopes",
        MissingScope,
        "The token of this connection may not use a part of Canvas' API that is needed.",
        f"{_ADMIN}the scopes of Canvas' developer key must include those for courses, files, folders and modules.",
    ),
    (
        "user agent",
        UnexpectedAnswer,
        "Canvas refuses requests that don't say who sends them.",
        f"{_ADMIN}something between here and Canvas takes the User-Agent header away.",
    ),
    ("expired access token", BadCredential, "The Canvas token of this connection has expired.", None),
    ("revoked access token", BadCredential, "The Canvas token of this connection was revoked.", None),
    (
        "user authorization required",
        BadCredential,
        "Canvas wants to know who asks, and this connection has no token.",
        None,
    ),
    (
        "page has been disabled",
        Forbidden,
        "That page of Canvas is switched off.",
        "Ask the course's teacher to switch it on.",
    ),
)
_BY_STATUS: Mapping[int, tuple[type[HubdrivesError], str]] = {
    401: (Forbidden, "This account may not see that in Canvas."),
    403: (Forbidden, "This account may not see that in Canvas."),
    404: (NotFound, "Canvas shows this account no such item."),
}


def errors(failure: Failure) -> HubdrivesError:
    """Our error for a failed answer. Canvas says 403 for "too fast", too, and old ones say 401 for "you may not"."""
    status, told = failure.status, _told(failure)
    if status == HTTPStatus.TOO_MANY_REQUESTS or b"Rate Limit Exceeded" in failure.body:
        return RateLimited("Canvas was asked too often.", retry_after=failure.retry_after)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.REQUEST_TIMEOUT:
        return Unavailable("Canvas has trouble at the moment.", retry_after=failure.retry_after)
    if failure.operation == CONTENT:
        return AddressRefused("Canvas did not give out the content of a file.")
    for words, kind, message, hint in _BY_WORDS:
        if words in told:
            return kind(message, hint=hint)
    if status == HTTPStatus.UNAUTHORIZED and "WWW-Authenticate" in failure.headers:
        return BadCredential("Canvas refused the token of this connection.")
    known = _BY_STATUS.get(status, (UnexpectedAnswer, "Canvas did not accept a request."))
    return known[0](known[1])


def headroom(headers: Mapping[str, str]) -> float | None:
    """How much of the concurrency to use, by what is left of the rate allowance.

    Each request takes 50 units for as long as it lasts, so what is left falls with what is asked at the same time.
    """
    try:
        left = float(headers["X-Rate-Limit-Remaining"])
    except (KeyError, ValueError):
        return None
    return max(0.0, min(1.0, (left - _LEAST) / (_AMPLE - _LEAST)))


def _told(failure: Failure) -> str:
    """What the body says in words, lower case: `errors` may be a list, an object or a text, or not be there."""
    match failure.json():
        case {"errors": [{"message": str(message)}, *_]} | {"errors": {"message": str(message)}}:
            return message.lower()
        case {"errors": str(message)} | {"message": str(message)}:
            return message.lower()
    return ""


class Api:
    """The endpoints, asked through `client`.

    Args:
        client: carries the token and the patience.
        origin: scheme and host of the Canvas.
    """

    def __init__(self, client: Client, *, origin: str) -> None:
        self._client = client
        self._origin = URL(origin)
        self._root = f"{origin}/api/v1"

    async def context(self, item: str) -> Context:
        """A course, group or user: GET /api/v1/courses/:id and the like.

        Raises:
            NotFound, Forbidden: nothing there for this account.
        """
        return await self._get(Context, item, operation=f"{item.partition('/')[0]}.get")

    async def folders(self, context: str) -> list[Folder]:
        """All folders, at any depth: https://canvas.instructure.com/doc/api/files.html#method.folders.list_all_folders"""
        return await self._pages(Folder, f"{context}/folders", operation="folders.list")

    async def files(self, context: str) -> list[File]:
        """All files, at any depth: https://canvas.instructure.com/doc/api/files.html#method.files.api_index"""
        return await self._pages(File, f"{context}/files", operation="files.list", params={"sort": "created_at"})

    async def folder(self, folder: str) -> Folder:
        """https://canvas.instructure.com/doc/api/files.html#method.folders.show"""
        return await self._get(Folder, f"folders/{folder}", operation="folders.get")

    async def file(self, file: str, *, context: str | None = None) -> File:
        """https://canvas.instructure.com/doc/api/files.html#method.files.api_show

        Args:
            file: its id.
            context: a course, group or user that it must be in.

        Raises:
            NotFound: it is not there, or was replaced by another.
        """
        return await self._get(File, f"{context}/files/{file}" if context else f"files/{file}", operation="files.get")

    async def public_url(self, file: str) -> str | None:
        """An address of its bytes, signed for minutes to an hour; None if Canvas tells none.

        https://canvas.instructure.com/doc/api/files.html#method.files.public_url
        """
        return (await self._get(_Address, f"files/{file}/public_url", operation="files.public_url")).public_url

    async def modules(self, course: str) -> list[Module]:
        """https://canvas.instructure.com/doc/api/modules.html#method.context_modules_api.index

        Modules with many items, and all if the developer key's scopes are enforced, come without their items.
        """
        return await self._pages(Module, f"{course}/modules", operation="modules.list", params={"include[]": "items"})

    async def module_items(self, course: str, module: str) -> list[ModuleItem]:
        """https://canvas.instructure.com/doc/api/modules.html#method.context_module_items_api.index"""
        return await self._pages(ModuleItem, f"{course}/modules/{module}/items", operation="module_items.list")

    async def module_item(self, course: str, item: str) -> ModuleItem:
        """An item whose module is not known.

        https://canvas.instructure.com/doc/api/modules.html#method.context_module_items_api.item_sequence

        Raises:
            NotFound: there is none, or not for this account.
        """
        params = {"asset_type": "ModuleItem", "asset_id": item}
        url = f"{course}/module_item_sequence"
        found = await self._get(_Sequence, url, operation="module_item_sequence", params=params)
        for step in found.items:
            if step.current is not None and step.current.id == item:
                return step.current
        raise NotFound("Canvas shows this account no such item of a module.")

    def content(
        self, url: str, *, start: int, stop: int | None, size: int | None, check: Check
    ) -> AsyncGenerator[bytes, None]:
        """The bytes at an address that `public_url` or a file's `url` told; the token goes to Canvas itself only.

        Raises:
            AddressRefused: the address is not valid, or not any more.
        """
        return self._client.stream(
            url,
            operation=CONTENT,
            start=start,
            stop=stop,
            size=size,
            anonymous=not self.is_own(URL(url)),
            check=check,
        )

    def is_own(self, url: URL) -> bool:
        """Whether an address is one of this Canvas."""
        return url.is_absolute() and url.origin() == self._origin

    async def _pages(
        self, kind: type[_I], path: str, *, operation: str, params: Mapping[str, str] | None = None
    ) -> list[_I]:
        """All pages of a list. Where the next one is, only the Link header tells; pages may be short, or shift."""
        found: dict[str, _I] = {}
        url: str | None = self._url(path)
        query: Mapping[str, str] = {"per_page": str(PAGE), **(params or {})}
        seen: set[str] = set()
        while url is not None:
            seen.add(url)
            page, headers = await self._client.page("GET", url, operation=operation, params=query, headers=_HEADERS)
            items = [_converted(each, kind, operation) for each in _converted(page, list[Any], operation)]
            found.update((item.id, item) for item in items)
            url, query = self._next(headers, full=len(items) >= PAGE), {}
            if url in seen:
                raise UnexpectedAnswer(f"The pages of a list in Canvas go in circles ({operation}).")
        return list(found.values())

    def _next(self, headers: Mapping[str, str], *, full: bool) -> str | None:
        told = headers.get("Link")
        if told is None and full:
            raise UnexpectedAnswer(
                "Canvas did not say whether a list goes on.",
                hint=f"{_ADMIN}something between here and Canvas takes the Link header away.",
            )
        for link in _LINK.finditer(told or ""):
            if _NEXT.search(link[2]):
                try:
                    following = self._origin.join(URL(link[1]))
                except ValueError:
                    following = URL()
                if not self.is_own(following):
                    raise UnexpectedAnswer(
                        "A list in Canvas goes on at an address that is not this Canvas', so it was not followed.",
                        hint=f"{_ADMIN}Canvas does not know its own public address, or the connection's is wrong.",
                    )
                return str(following)
        return None

    async def _get(self, kind: type[_T], path: str, *, operation: str, params: Mapping[str, str] | None = None) -> _T:
        url = self._url(path)
        return _converted(
            await self._client.json("GET", url, operation=operation, params=params, headers=_HEADERS), kind, operation
        )

    def _url(self, path: str) -> str:
        return f"{self._root}/{quote(path, safe='/:~')}"


def _converted(answer: Any, kind: type[_T], operation: str) -> _T:
    try:
        return convert(answer, kind)
    except msgspec.ValidationError:
        raise UnexpectedAnswer(f"Canvas sent something else than it documents ({operation}).") from None
