"""The endpoints for what a file was before.

https://seafile-api.readme.io/reference/get_api2-repos-repo-id-file-history
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from hubdrives.errors import UnexpectedAnswer
from hubdrives.providers.seafile.api import Api, Link, converted
from hubdrives.providers.seafile.failures import NotKnownHere
from hubdrives.providers.seafile.item import moment

_PAGE = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """One content of a file."""

    commit: str
    """In which it was put there."""
    file: str
    """The content's id."""
    path: str
    """What the file was called then."""
    size: int | None
    modified: datetime | None
    author: str


class _Commit(msgspec.Struct, kw_only=True):
    commit_id: str = ""
    id: str = ""
    rev_file_id: str = ""
    size: int | None = None
    rev_file_size: int | None = None
    ctime: int | str | None = None
    creator_contact_email: str | None = None
    creator_email: str | None = None
    creator_name: str | None = None
    rev_renamed_old_path: str | None = None


class _Page(msgspec.Struct):
    data: tuple[_Commit, ...] = ()
    next_start_commit: str | bool | None = None


class _Commits(msgspec.Struct):
    commits: tuple[_Commit, ...] = ()


class History:
    """The endpoints, asked through what `api` asks through."""

    def __init__(self, api: Api) -> None:
        self._api = api

    async def latest(self, library: str, path: str) -> list[Revision]:
        """The newest contents of a file under its present name, the current one first. Raises NotFound."""
        return (await self._page(library, path, {}))[0]

    async def all(self, library: str, path: str) -> list[Revision]:
        """All contents of a file that are kept, also from under its former names, the current one first."""
        found: list[Revision] = []
        seen = set[str]()
        start: dict[str, str] = {}
        while True:
            page, former, following = await self._page(library, path, start)
            found += page
            if not following:
                return found
            if following in seen:
                raise UnexpectedAnswer("The history of a file in Seafile goes in circles.")
            seen.add(following)
            path, start = former or path, {"commit_id": following}

    async def link(self, library: str, revision: Revision) -> Link:
        """Where the bytes of a content are."""
        params = {"p": revision.path, "commit_id": revision.commit}
        answer, _headers = await self._api.get(self._api.of(library, "file/revision"), "history.link", params)
        return Link(url=self._api.address(answer, "history.link"), oid=revision.file)

    async def revert(self, library: str, path: str, commit: str) -> None:
        """Give a file the content again that it had under this name in a commit."""
        form = [("p", path), ("commit_id", commit)]
        await self._api.change("PUT", self._api.of(library, "file/revert"), "history.revert", form=form)

    async def _page(
        self, library: str, path: str, start: Mapping[str, str]
    ) -> tuple[list[Revision], str | None, str | None]:
        """Some contents, what the file was called before them, and the commit behind which there are more."""
        params = {"path": path, "limit": str(_PAGE), **start}
        try:
            answer, _headers = await self._api.get(
                self._api.of(library, "file/history", v21=True), "history.list", params
            )
        except NotKnownHere:
            return await self._commits(library, path), None, None
        page = converted(answer, _Page, "history.list")
        former = page.data[-1].rev_renamed_old_path if page.data else None
        following = page.next_start_commit if isinstance(page.next_start_commit, str) else None
        former = None if not former else f"/{former.lstrip('/')}"
        return [_revision(each, path) for each in page.data], former, following

    async def _commits(self, library: str, path: str) -> list[Revision]:
        """As older servers tell it, all at once."""
        answer: Any
        answer, _headers = await self._api.get(self._api.of(library, "file/history"), "history.list", {"p": path})
        return [_revision(each, path) for each in converted(answer, _Commits, "history.list").commits]


def _revision(each: _Commit, path: str) -> Revision:
    return Revision(
        commit=each.commit_id or each.id,
        file=each.rev_file_id,
        path=path,
        size=each.size if each.size is not None else each.rev_file_size,
        modified=moment(each.ctime),
        author=each.creator_contact_email or each.creator_email or each.creator_name or "",
    )
