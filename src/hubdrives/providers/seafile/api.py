"""Seafile's web API, as far as reading needs it: one method for each endpoint.

A library is named by its id; "d/TOKEN" and "f/TOKEN" stand for what a public share link opens, and are read like one.
Paths are Seafile's own: from the top of the library, with a "/" before.

https://seafile-api.readme.io/, https://manual.seafile.com/latest/develop/web_api_v2.1/
"""

import re
from collections.abc import AsyncGenerator, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar
from urllib.parse import quote

import aiohttp
import msgspec
from yarl import URL

from hubdrives.errors import NotFound, UnexpectedAnswer, Unreadable, VersionGone
from hubdrives.http import Check, Client
from hubdrives.providers.seafile.failures import CONTENT, SHARED_CONTENT, ZIP_PROGRESS, ZIP_TASK, ZIPPED
from hubdrives.providers.seafile.item import Dirent, Library

TITLE: Final = "Seafile"
ENGLISH: Final = {"Accept-Language": "en"}
"""What the server says is told apart by its words, which it would translate otherwise."""
_ID = re.compile(r"[0-9a-f]{40}")

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """What is in a folder."""

    dirents: tuple[Dirent, ...]
    oid: str
    """The folder's id, another one after each change in it or below it; "" if the server does not tell."""
    deep: bool = False
    """The folders below are in it too, each dirent with its `parent_dir`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """Where the bytes of a file are for some time, for whoever knows the address."""

    url: str = field(repr=False)
    oid: str = ""
    """The file's id, "" if the server does not tell."""
    shared: bool = False
    """It is the page of a public share link, which leads on to the bytes."""


class Progress(msgspec.Struct, frozen=True):
    """How far a zip is."""

    zipped: int = 0
    total: int = 0
    failed: int = 0
    canceled: int = 0


class _Account(msgspec.Struct):
    email: str


class _Default(msgspec.Struct):
    exists: bool = False
    repo_id: str = ""


class _Dirents(msgspec.Struct):
    dirent_list: tuple[Dirent, ...]
    dir_id: str = ""


class _Info(msgspec.Struct):
    repo_id: str
    repo_name: str = ""


class _Smart(msgspec.Struct):
    repo_id: str
    path: str = "/"


class _Shared(msgspec.Struct):
    name: str = ""
    repo_id: str = ""
    id: str = ""
    size: int | None = None
    mtime: int | str | None = None


class _ZipTask(msgspec.Struct):
    zip_token: str


class Api:
    """The endpoints, asked through `client`.

    Args:
        client: carries the token and the patience.
        base: the server's address, without a slash at its end.
        library_token: the token opens one library only, through addresses of its own.
        passwords: those of share links, by the link's token.
    """

    def __init__(
        self, client: Client, *, base: str, library_token: bool = False, passwords: Mapping[str, str] | None = None
    ) -> None:
        self.client = client
        self.base = base
        self.library_token = library_token
        self._passwords = passwords or {}
        self._files_at = f"{base}/seafhttp"

    # How things are asked

    def of(self, library: str, what: str, *, v21: bool = False) -> str:
        """The address of an endpoint of a library, for example `of(library, "dir")`; always with its last slash.

        Args:
            library: its id.
            what: the words behind it.
            v21: of the newer API.
        """
        if self.library_token:
            return f"{self.base}/api/v2.1/via-repo-token/{what}/"
        return f"{self.base}/{'api/v2.1' if v21 else 'api2'}/repos/{library}/{what}/"

    def at(self, path: str) -> dict[str, str]:
        """The parameter that names a path. It is only ever read from the query; without it, Seafile takes the top."""
        return {"path" if self.library_token else "p": path}

    async def get(
        self, url: str, operation: str, params: Mapping[str, str] | None = None
    ) -> tuple[Any, Mapping[str, str]]:
        """The JSON of an answer, and its headers. Raises what `failures.errors` makes of a failed one."""
        return await self.client.page("GET", url, operation=operation, params=params, headers=ENGLISH)

    async def change(
        self,
        method: str,
        url: str,
        operation: str,
        *,
        params: Mapping[str, str] | None = None,
        form: Iterable[tuple[str, str]] | None = None,
        body: Any = None,
    ) -> tuple[int, Any, Mapping[str, str]]:
        """Ask for a change: status, JSON (None if empty) and headers of the answer. Sent again after passing trouble.

        Args:
            method: of the request.
            url: where to.
            operation: its name, for errors.
            params: the query.
            form: fields, any of them several times; most endpoints read nothing else.
            body: sent as JSON instead.
        """
        fields = None if form is None else list(form)
        return await self.client.send(
            method,
            url,
            operation=operation,
            params=params,
            headers=ENGLISH,
            body=body,
            payload=None if fields is None else lambda: aiohttp.FormData(fields),
        )

    # Libraries

    async def libraries(self) -> list[Library]:
        """All that reach this account, some of them several times: https://seafile-api.readme.io/reference/get_api2-repos

        With a library's own token: that one.
        """
        if self.library_token:
            return [await self.library("")]
        answer, _headers = await self.get(f"{self.base}/api2/repos/", "libraries.list")
        return converted(answer, list[Library], "libraries.list")

    async def library(self, library: str) -> Library:
        """One library: https://seafile-api.readme.io/reference/get_api2-repos-repo-id"""
        if self.library_token:
            answer, _headers = await self.get(self.of("", "repo-info"), "libraries.get")
            info = converted(answer, _Info, "libraries.get")
            return Library(id=info.repo_id, name=info.repo_name)
        answer, _headers = await self.get(f"{self.base}/api2/repos/{library}/", "libraries.get")
        return converted(answer, Library, "libraries.get")

    async def default_library(self, *, create: bool) -> str | None:
        """The id of the account's default library, None if it has none; `create` makes it then.

        https://seafile-api.readme.io/reference/get_api2-default-repo
        """
        url, operation = f"{self.base}/api2/default-repo/", "default-repo"
        answer = (await self.change("POST", url, operation))[1] if create else (await self.get(url, operation))[0]
        found = converted(answer, _Default, operation)
        return found.repo_id if found.exists and found.repo_id else None

    async def smart_link(self, link: str) -> tuple[str, str]:
        """The library and path that an internal link leads to."""
        answer, _headers = await self.get(f"{self.base}/api/v2.1/smart-links/{link}/", "smart-links.get")
        found = converted(answer, _Smart, "smart-links.get")
        return found.repo_id, f"/{found.path.strip('/')}"

    async def account(self) -> str:
        """The address of the account: https://seafile-api.readme.io/reference/get_api2-account-info"""
        answer, _headers = await self.get(f"{self.base}/api2/account/info/", "account.info")
        return converted(answer, _Account, "account.info").email

    # What is in them

    async def listing(self, library: str, path: str, *, deep: bool = False, known: str = "") -> Listing | None:
        """What is in a folder: https://seafile-api.readme.io/reference/get_api2-repos-repo-id-dir

        Args:
            library: its id, or a share link's.
            path: of the folder.
            deep: with all folders below, if the server can do that; look at the answer's own `deep`.
            known: a folder's id as it was told before.

        Returns:
            None if the folder still has the id `known`.

        Raises:
            NotFound: there is no such folder; NotShared, Encrypted: or not for this account.
        """
        if is_link(library):
            return await self._shared_folder(library, path, known=known)
        params = {**self.at(path), **({"recursive": "1"} if deep else {}), **({"oid": known} if known else {})}
        answer, headers = await self.get(self.of(library, "dir"), "dir.list", params)
        if self.library_token:
            found = converted(answer, _Dirents, "dir.list")
            return None if known and found.dir_id == known else _listing(found.dirent_list, found.dir_id, asked=deep)
        if answer == "uptodate":
            return None
        dirents = converted(answer, tuple[Dirent, ...], "dir.list")
        return _listing(dirents, headers.get("oid", ""), asked=deep)

    async def _shared_folder(self, link: str, path: str, *, known: str) -> Listing | None:
        token = link.removeprefix("d/")
        params = {"p": path, **self._password(token)}
        answer, headers = await self.get(f"{self.base}/api2/d/{token}/dir/", "share-links.dir", params)
        oid = headers.get("oid", "")
        if known and oid == known:
            return None
        return Listing(dirents=converted(answer, tuple[Dirent, ...], "share-links.dir"), oid=oid)

    async def shared_file(self, link: str) -> Dirent:
        """The file that a public share link opens."""
        token = link.removeprefix("f/")
        params = self._password(token)
        answer, _headers = await self.get(f"{self.base}/api2/f/{token}/detail/", "share-links.file", params)
        found = converted(answer, _Shared, "share-links.file")
        if not found.name:
            raise NotFound("There is no file any more at this share link of Seafile's.")
        return Dirent(type="file", name=found.name, id=found.id, size=found.size, mtime=found.mtime)

    # Bytes

    async def link(self, library: str, path: str) -> Link:
        """Where the bytes of a file are: https://seafile-api.readme.io/reference/get_api2-repos-repo-id-file

        The address may be used again and again for about an hour; it always gives the version that it was made for.

        Raises:
            NotFound: there is no such file; Encrypted, Unreadable: it can't be downloaded.
        """
        if is_link(library):
            return self._shared_link(library, path)
        what = "download-link" if self.library_token else "file"
        params = {**self.at(path), "reuse": "1"}
        answer, headers = await self.get(self.of(library, what), "files.link", params)
        url = self.address(answer, "files.link")
        if "/files/" in url:
            self._files_at = url.partition("/files/")[0]
        return Link(url=url, oid=headers.get("oid", ""))

    def _shared_link(self, link: str, path: str) -> Link:
        kind, _, token = link.partition("/")
        where = f"{self.base}/{kind}/{token}/{'files/' if kind == 'd' else ''}"
        query = {**({"p": path} if kind == "d" else {}), "dl": "1", **self._password(token)}
        return Link(url=str(URL(where).with_query(query)), shared=True)

    def address(self, answer: Any, operation: str) -> str:
        """A link of the file server's, as it may be used.

        Raises:
            UnexpectedAnswer: it is none, or bytes would go unencrypted though the server itself is reached by https.
        """
        try:
            url = URL(answer)
        except (TypeError, ValueError):
            url = URL()
        own = URL(self.base)
        if url.scheme == "http" and own.scheme == "https" and url.host == own.host:
            # Behind a proxy, many servers don't know that they are reached by https.
            url = url.with_scheme("https").with_port(own.port)
        if url.scheme not in {own.scheme, "https"} or not url.host:
            raise UnexpectedAnswer(
                f"Seafile named no safe address for a file's content ({operation}).",
                hint="Tell the administrators of the Seafile server: its FILE_SERVER_ROOT is wrong.",
            )
        return str(url)

    def content(
        self, link: Link, *, start: int, stop: int | None, size: int | None, version: str
    ) -> AsyncGenerator[bytes, None]:
        """The bytes at a link. The token never goes there: the address alone opens it.

        Raises:
            LinkDead: a new link is needed.
            VersionGone: it leads to another version than `version`.
            NotFound: the file of a share link is gone; Unreadable: the server shows a page in its place.
        """
        return self.client.stream(
            link.url,
            operation=SHARED_CONTENT if link.shared else CONTENT,
            start=start,
            stop=stop,
            size=size,
            anonymous=True,
            check=_expect(link, version),
        )

    # Zips

    async def zip_task(self, library: str, parent: str, names: Iterable[str]) -> str:
        """Have files and folders of one folder packed; the token of the zip. One name alone must be a folder's."""
        form = [("parent_dir", parent), *(("dirents", name) for name in names)]
        _status, answer, _headers = await self.change(
            "POST", self.of(library, "zip-task", v21=True), ZIP_TASK, form=form
        )
        return converted(answer, _ZipTask, ZIP_TASK).zip_token

    async def zip_progress(self, token: str) -> Progress:
        """How far it is. Where the newer file server is used, it is never told to have got anywhere."""
        answer, _headers = await self.get(f"{self.base}/api/v2.1/query-zip-progress/", ZIP_PROGRESS, {"token": token})
        return converted(answer, Progress, ZIP_PROGRESS)

    def zipped(self, token: str) -> AsyncGenerator[bytes, None]:
        """The zip itself, where the file server was last seen."""
        return self.client.stream(f"{self._files_at}/zip/{quote(token, safe='')}", operation=ZIPPED, anonymous=True)

    def _password(self, token: str) -> dict[str, str]:
        password = self._passwords.get(token)
        return {} if password is None else {"password": password}


def is_link(library: str) -> bool:
    """Whether this is a public share link, not a library."""
    return library.startswith(("d/", "f/"))


def converted(answer: Any, kind: type[_T], operation: str) -> _T:
    """A decoded answer as one of the above.

    Raises:
        UnexpectedAnswer: it is something else.
    """
    try:
        return msgspec.convert(answer, kind)
    except msgspec.ValidationError:
        raise UnexpectedAnswer(f"Seafile sent something else than it documents ({operation}).") from None


def _listing(dirents: tuple[Dirent, ...], oid: str, *, asked: bool) -> Listing:
    # An old server takes no notice of the wish, and then tells no folders above either.
    deep = asked and all(each.parent_dir is not None for each in dirents)
    return Listing(dirents=dirents, oid=oid, deep=deep)


def _expect(link: Link, version: str) -> Check:
    page = URL(link.url).path if link.shared else None

    def check(url: URL, headers: Mapping[str, str]) -> None:
        if url.path == page:
            raise Unreadable(
                "Seafile shows a page in place of this shared file.",
                hint="Its link may want a password in the browser; have the folder shared with this account instead.",
            )
        # The file server tells the id without the quotes that belong around it; what a proxy tells is no id.
        told = headers.get("ETag", "").strip('"')
        if version and _ID.fullmatch(told) and told != version:
            raise VersionGone("The file changed in Seafile since it was listed.")

    return check
