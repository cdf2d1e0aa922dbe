"""The Box Content API 2.0: one method for each endpoint that is used, but for uploads, which are in `uploads`.

Each takes the shared link that an item was reached by: Box wants to see it with every request then.

https://developer.box.com/reference/
https://developer.box.com/guides/api-calls/permissions-and-errors/
"""

from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import msgspec
from yarl import URL

from hubdrives.errors import BadConfig, NotFound, Unavailable, UnexpectedAnswer
from hubdrives.http import Client
from hubdrives.model import Kind
from hubdrives.providers.box.failures import CONTENT
from hubdrives.providers.box.item import FIELDS, WITH_PATH, FileVersion, Item, Moment, User
from hubdrives.providers.box.tries import Tries

TITLE = "Box"
PAGE = 1000
"""Items on a page: the most that Box gives."""
SEARCH_PAGE = 200
_EVENTS = 500

_T = TypeVar("_T")


class Event(msgspec.Struct, frozen=True):
    """One line of the event stream. `source` is the item as it is when the stream is read."""

    event_id: str = ""
    event_type: str = ""
    source: dict[str, Any] | None = None


class OldVersion(FileVersion, frozen=True, kw_only=True):
    """A version of a file that is not the current one."""

    size: float | None = None
    created_at: Moment | None = None
    modified_at: Moment | None = None
    modified_by: User | None = None
    trashed_at: Moment | None = None


class Collaboration(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody's or some group's access to an item."""

    id: str
    role: str = ""
    status: str = "accepted"
    accessible_by: dict[str, Any] | None = None
    invite_email: str | None = None
    expires_at: Moment | None = None
    item: dict[str, Any] | None = None


class Group(msgspec.Struct, frozen=True):
    """People of an enterprise."""

    id: str
    name: str = ""


class _User(msgspec.Struct):
    login: str


class _Page(msgspec.Struct):
    entries: tuple[Any, ...] = ()
    next_marker: str | None = None


class _Stream(msgspec.Struct):
    next_stream_position: int | str
    chunk_size: int = 0
    entries: tuple[Event, ...] = ()


@dataclass(frozen=True, slots=True)
class Hosts:
    """Where the API is and where uploads go."""

    api: str = "https://api.box.com/2.0"
    upload: str = "https://upload.box.com/api/2.0"

    @classmethod
    def of(cls, base_url: str | None) -> "Hosts":
        """Box's own, or both at `base_url`.

        Raises:
            BadConfig: that is no address of a server.
        """
        if base_url is None:
            return cls()
        if not base_url.startswith(("https://", "http://")):
            raise BadConfig("The base_url of a Box connection is no web address.")
        base = base_url.rstrip("/")
        return cls(api=f"{base}/2.0", upload=f"{base}/api/2.0")


class Api:
    """The endpoints, asked through `client`.

    Args:
        client: carries the token and the patience.
        hosts: where they are.
        passwords: those of shared links, by link.
    """

    def __init__(self, client: Client, *, hosts: Hosts, passwords: Mapping[str, str]) -> None:
        self.client = client
        self.hosts = hosts
        self._passwords = passwords

    async def item(self, key: str, *, link: str = "") -> Item:
        """A file or folder, and what it lies in: https://developer.box.com/reference/get-folders-id/ and the like."""
        kind = key.partition("/")[0]
        return await self._get(Item, key, f"{kind}.get", link=link, fields=WITH_PATH)

    async def login(self) -> str:
        """The account's own login, an e-mail address: https://developer.box.com/reference/get-users-me/"""
        return (await self._get(_User, "users/me", "users.me", fields="login")).login

    async def shared_item(self, link: str) -> Item:
        """What a shared link leads to: https://developer.box.com/reference/get-shared-items/"""
        return await self._get(Item, "shared_items", "shared_items", link=link, fields=WITH_PATH)

    async def children(self, folder: str, *, link: str = "") -> list[Item]:
        """All items directly in a folder: https://developer.box.com/reference/get-folders-id-items/"""
        found: dict[str, Item] = {}
        path, params = f"folders/{folder}/items", {"usemarker": "true", "limit": str(PAGE)}
        async for page in self._pages(Item, path, "folders.items", params, link=link):
            found.update((item.key, item) for item in page)
        return list(found.values())

    async def position(self) -> str:
        """Where the event stream is now: https://developer.box.com/reference/get-events/"""
        return (await self._events("now"))[1]

    async def events(self, position: str) -> tuple[list[Event], str]:
        """What happened since a position, and the position for the next time; each event may come more than once.

        Raises:
            PositionRefused: Box does not accept the position.
        """
        found: dict[str, Event] = {}
        while True:
            # A short page is not the last one; an empty one is.
            entries, following = await self._events(position)
            found.update((event.event_id, event) for event in entries)
            if not entries or following == position:
                return list(found.values()), following
            position = following

    async def _events(self, position: str) -> tuple[tuple[Event, ...], str]:
        params = {"stream_type": "changes", "stream_position": position, "limit": str(_EVENTS)}
        answer = await self._get(_Stream, "events", "events", **params)
        return answer.entries, str(answer.next_stream_position)

    def content(
        self,
        file: str,
        *,
        link: str,
        version: str | None,
        start: int,
        stop: int | None,
        size: int | None,
        sha1: str | None,
    ) -> AsyncGenerator[bytes, None]:
        """The bytes of a file or of one of its versions: https://developer.box.com/reference/get-files-id-content/

        Box answers with an address elsewhere, which is signed for some minutes and never gets the token; each time that
        reading is taken up again, it signs a new one.
        """
        return self.client.stream(
            f"{self.hosts.api}/files/{file}/content",
            operation=CONTENT,
            params={"version": version} if version else None,
            headers=self.headers(link),
            start=start,
            stop=stop,
            size=size,
            digest=f"sha1:{sha1}" if sha1 else None,
            check=_check_ready,
        )

    async def create_folder(self, parent: str, name: str, *, link: str = "") -> Item:
        """https://developer.box.com/reference/post-folders/ . Raises NameInUse."""
        body = {"name": name, "parent": {"id": parent}}
        return await self._send(Item, "POST", "folders", "folders.create", link=link, body=body)

    async def update(self, key: str, change: Mapping[str, Any], *, link: str = "") -> Item:
        """Rename or move: https://developer.box.com/reference/put-files-id/, …/put-folders-id/ . Raises NameInUse."""
        operation = f"{key.partition('/')[0]}.update"
        return await self._send(Item, "PUT", key, operation, link=link, body=dict(change))

    async def delete(self, key: str, *, etag: str | None = None, link: str = "") -> None:
        """Into the trash: https://developer.box.com/reference/delete-files-id/, …/delete-folders-id/

        Raises:
            Changed: its etag is not `etag` any more.
            NotFound: it is not there.
        """
        kind = key.partition("/")[0]
        params = {"recursive": "true"} if kind == "folders" else {}
        await self.ask_once("DELETE", key, f"{kind}.delete", params=params, link=link, etag=etag)

    async def past_versions(self, file: str, *, link: str = "") -> list[OldVersion]:
        """Those before the current one: https://developer.box.com/reference/get-files-id-versions/"""
        fields = "id,sha1,size,created_at,modified_at,modified_by,trashed_at"
        found: dict[str, OldVersion] = {}
        offset = 0
        while True:
            params = {"limit": str(PAGE), "offset": str(offset), "fields": fields}
            page = await self._get(_Page, f"files/{file}/versions", "versions.list", link=link, **params)
            found.update((each.id, each) for each in converted(page.entries, list[OldVersion], "versions.list"))
            offset += PAGE
            if len(page.entries) < PAGE:
                return list(found.values())

    async def promote(self, file: str, version: str, *, link: str = "") -> None:
        """A copy of a version becomes current: https://developer.box.com/reference/post-files-id-versions-current/

        Raises:
            Again: there was trouble, and it may have been done.
        """
        body = msgspec.json.encode({"type": "file_version", "id": version})
        url = f"{self.hosts.api}/files/{file}/versions/current"
        headers = {**self.headers(link), "Content-Type": "application/json"}
        once = Tries().of(lambda: body, once=True)
        await self.client.send("POST", url, operation="versions.promote", headers=headers, payload=once)

    async def search(
        self, text: str, *, folder: str, kind: Kind | None, extensions: tuple[str, ...], offset: int
    ) -> list[Item]:
        """A page of what is found below a folder: https://developer.box.com/reference/get-search/"""
        params = {
            "query": text,
            "ancestor_folder_ids": folder,
            "limit": str(SEARCH_PAGE),
            "offset": str(offset),
            "fields": WITH_PATH,
        }
        if kind is not None:
            params["type"] = kind.value
        if extensions:
            params["file_extensions"] = ",".join(extensions)
        page = await self._get(_Page, "search", "search", **params)
        return converted(page.entries, list[Item], "search")

    async def collaborations(self, key: str, *, link: str = "") -> list[Collaboration]:
        """https://developer.box.com/reference/get-folders-id-collaborations/, …/get-files-id-collaborations/"""
        path, operation = f"{key}/collaborations", f"{key.partition('/')[0]}.collaborations"
        found: dict[str, Collaboration] = {}
        async for page in self._pages(Collaboration, path, operation, {"limit": str(PAGE)}, link=link, fields=None):
            found.update((each.id, each) for each in page)
        return list(found.values())

    async def collaborate(self, key: str, who: Mapping[str, str], role: str) -> Collaboration:
        """https://developer.box.com/reference/post-collaborations/ . Raises AlreadyShared."""
        kind, _, number = key.partition("s/")
        body = {"item": {"type": kind, "id": number}, "accessible_by": dict(who), "role": role}
        return await self._send(
            Collaboration, "POST", "collaborations", "collaborations.create", body=body, fields=None
        )

    async def change_collaboration(self, collaboration: str, role: str) -> Collaboration:
        """https://developer.box.com/reference/put-collaborations-id/"""
        path = f"collaborations/{collaboration}"
        return await self._send(Collaboration, "PUT", path, "collaborations.update", body={"role": role}, fields=None)

    async def end_collaboration(self, collaboration: str) -> None:
        """https://developer.box.com/reference/delete-collaborations-id/"""
        await self.ask_once("DELETE", f"collaborations/{collaboration}", "collaborations.delete")

    async def groups(self, beginning: str) -> list[Group]:
        """Those whose names begin so; none as well where this account may not know of them.

        https://developer.box.com/reference/get-groups/

        Raises:
            MissingScope, Forbidden: this account may not look groups up.
        """
        page = await self._get(_Page, "groups", "groups.list", filter_term=beginning, limit=str(PAGE), fields="name")
        return converted(page.entries, list[Group], "groups.list")

    async def ask_once(
        self,
        method: str,
        path: str,
        operation: str,
        *,
        params: Mapping[str, str] | None = None,
        link: str = "",
        etag: str | None = None,
    ) -> None:
        """Ask for a removal; that it is not there is no error if an earlier try may have removed it."""
        tries = Tries()
        headers = {**self.headers(link), **({"If-Match": etag} if etag is not None else {})}
        url = f"{self.hosts.api}/{path}"
        try:
            await self.client.send(
                method, url, operation=operation, params=params, headers=headers, payload=tries.of(lambda: None)
            )
        except NotFound:
            if not tries.repeated:
                raise

    def headers(self, link: str) -> dict[str, str]:
        """What tells Box by which shared link something was reached: https://developer.box.com/guides/shared-links/"""
        if not link:
            return {}
        password = self._passwords.get(link)
        told = f"shared_link={link}"
        return {"BoxApi": told if password is None else f"{told}&shared_link_password={password}"}

    async def _pages(
        self,
        kind: type[_T],
        path: str,
        operation: str,
        params: Mapping[str, str],
        *,
        link: str = "",
        fields: str | None = FIELDS,
    ) -> AsyncGenerator[list[_T], None]:
        marker, seen = "", set[str]()
        while True:
            query = {**params, **({"marker": marker} if marker else {}), **({"fields": fields} if fields else {})}
            page = await self._get(_Page, path, operation, link=link, **query)
            yield [converted(each, kind, operation) for each in page.entries]
            marker = page.next_marker or ""
            if not marker:
                return
            if marker in seen:
                raise UnexpectedAnswer(f"The pages of a list in Box go in circles ({operation}).")
            seen.add(marker)

    async def _get(self, kind: type[_T], path: str, operation: str, *, link: str = "", **params: str) -> _T:
        url = f"{self.hosts.api}/{path}"
        answer = await self.client.json("GET", url, operation=operation, params=params, headers=self.headers(link))
        return converted(answer, kind, operation)

    async def _send(
        self,
        kind: type[_T],
        method: str,
        path: str,
        operation: str,
        *,
        body: Any,
        link: str = "",
        fields: str | None = FIELDS,
    ) -> _T:
        url = f"{self.hosts.api}/{path}"
        params = {"fields": fields} if fields else None
        _status, answer, _headers = await self.client.send(
            method, url, operation=operation, params=params, headers=self.headers(link), body=body
        )
        return converted(answer, kind, operation)


def converted(answer: Any, kind: type[_T], operation: str) -> _T:
    """A decoded answer as one of the above.

    Raises:
        UnexpectedAnswer: it is something else.
    """
    try:
        return msgspec.convert(answer, kind)
    except msgspec.ValidationError:
        raise UnexpectedAnswer(f"Box sent something else than it documents ({operation}).") from None


def _check_ready(_url: URL, headers: Mapping[str, str]) -> None:
    """Box answers 202 without the content while it is still putting an upload away."""
    after = headers.get("Retry-After", "")
    if after.isdecimal():
        raise Unavailable("Box is still putting this file away.", retry_after=float(after))
