"""Which request is which operation, what answers it, and whom it must come from.

https://download.seafile.com/published/web-api/home.md
"""

import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal, TypeAlias
from urllib.parse import unquote

from hubdrives.testing.emulators.seafile import (
    accounts,
    dirs,
    dirs21,
    exchange,
    files,
    files21,
    fileserver,
    history,
    links,
    moves,
    repos,
    repos21,
    search,
    shares,
    uploads,
    zips,
)
from hubdrives.testing.emulators.seafile.view import View
from hubdrives.testing.emulators.server import Answer, Call

Handler: TypeAlias = Callable[[View, Call, Mapping[str, str]], Awaitable[Answer]]
Who: TypeAlias = Literal["anybody", "user", "library"]
"""Nobody in particular, an account's token, or a library's."""
Line: TypeAlias = tuple[str, str, str, Handler]
"""Method, path with named parts (`:repo` is a library's id), operation as it is counted, handler."""

_API = "/api2/"
_API21 = "/api/v2.1/"
_BYTES = "/seafhttp/"
_LIBRARY_ID = re.compile(r"[-0-9a-f]{36}")

_OPEN: tuple[Line, ...] = (
    ("POST", _API + "auth-token/", "auth.token", accounts.log_in),
    ("GET", _API + "account/token/", "account.token", exchange.exchange),
    ("GET", _API + "ping/", "ping", accounts.ping),
    ("GET", _API + "server-info/", "server.info", accounts.server_info),
)
_ACCOUNT: tuple[Line, ...] = (
    ("GET", _API + "auth/ping/", "auth.ping", accounts.ping),
    ("GET", _API + "account/info/", "account.info", accounts.account_info),
    ("GET", _API + "search-user/", "users.search", accounts.search_users),
)
# Words stand before ids where both would fit.
_LIBRARIES: tuple[Line, ...] = (
    ("GET", _API + "default-repo/", "repos.default", repos.default_library),
    ("POST", _API + "default-repo/", "repos.make_default", repos.make_default_library),
    ("GET", _API + "repos/", "repos.list", repos.list_libraries),
    ("POST", _API + "repos/", "repos.create", repos.create_library),
    ("GET", _API + "repos/:repo/", "repos.get", repos.get_library),
    ("POST", _API + "repos/:repo/", "repos.change", repos.change_library),
    ("DELETE", _API + "repos/:repo/", "repos.delete", repos.delete_library),
    ("GET", _API + "repos/:repo/history/", "repos.history", repos.library_history),
    ("GET", _API21 + "repos/", "repos.list", repos21.list_libraries),
    ("GET", _API21 + "repos/:repo/", "repos.get", repos21.get_library),
    ("DELETE", _API21 + "repos/:repo/", "repos.delete", repos.delete_library21),
    ("POST", _API21 + "repos/:repo/set-password/", "repos.password", repos.set_password),
    ("GET", _API + "groups/", "groups.list", repos21.list_groups),
    ("GET", _API + "groups/:group/repos/", "groups.repos", repos21.list_libraries_of_group),
)
_FOLDERS: tuple[Line, ...] = (
    ("GET", _API + "repos/:repo/dir/", "dir.list", dirs.list_folder),
    ("POST", _API + "repos/:repo/dir/", "dir.change", dirs.change_folder),
    ("DELETE", _API + "repos/:repo/dir/", "dir.delete", dirs.delete_folder),
    ("POST", _API21 + "repos/batch-create-dir/", "dir.create_all", dirs21.create_folders),
    ("GET", _API21 + "repos/:repo/dir/", "dir.list", dirs21.list_folder),
    ("POST", _API21 + "repos/:repo/dir/", "dir.change", dirs21.change_folder),
    ("DELETE", _API21 + "repos/:repo/dir/", "dir.delete", dirs21.delete_folder),
    ("GET", _API21 + "repos/:repo/dir/detail/", "dir.detail", dirs21.folder_detail),
)
_FILES: tuple[Line, ...] = (
    ("GET", _API + "repos/:repo/file/", "file.link", files.download_link),
    ("POST", _API + "repos/:repo/file/", "file.change", files.change_file),
    ("DELETE", _API + "repos/:repo/file/", "file.delete", files.delete_file),
    ("GET", _API + "repos/:repo/file/detail/", "file.detail", files.file_detail),
    ("GET", _API21 + "repos/:repo/file/", "file.detail", files21.get_file),
    ("POST", _API21 + "repos/:repo/file/", "file.change", files21.change_file),
    ("DELETE", _API21 + "repos/:repo/file/", "file.delete", files21.delete_file),
    ("GET", _API + "repos/:repo/upload-link/", "upload.link", uploads.upload_link),
    ("GET", _API + "repos/:repo/update-link/", "update.link", uploads.update_link),
    ("GET", _API21 + "repos/:repo/file-uploaded-bytes/", "upload.bytes", uploads.uploaded_bytes),
)
_HISTORY: tuple[Line, ...] = (
    ("GET", _API + "repos/:repo/file/history/", "file.history", history.file_history),
    ("GET", _API + "repos/:repo/file/revision/", "file.revision", history.file_revision),
    ("PUT", _API + "repos/:repo/file/revert/", "file.revert", history.revert_file),
    ("PUT", _API + "repos/:repo/dir/revert/", "dir.revert", history.revert_folder),
    ("GET", _API21 + "repos/:repo/file/history/", "file.history", history.file_history21),
)
_TASKS: tuple[Line, ...] = (
    ("POST", _API21 + "repos/:repo/zip-task/", "zip.task", zips.start),
    ("GET", _API21 + "query-zip-progress/", "zip.progress", zips.progress),
    ("DELETE", _API21 + "cancel-zip-task/", "zip.cancel", zips.cancel),
    ("POST", _API21 + "cancel-zip-task/", "zip.cancel", zips.cancel),
    ("POST", _API21 + "copy-move-task/", "move.task", moves.start),
    ("GET", _API21 + "query-copy-move-progress/", "move.progress", moves.progress),
    ("POST", _API21 + "repos/sync-batch-move-item/", "move.several", moves.move_several),
    ("POST", _API21 + "repos/sync-batch-copy-item/", "copy.several", moves.copy_several),
)
_SHARES: tuple[Line, ...] = (
    ("GET", _API + "repos/:repo/dir/shared_items/", "shares.list", shares.list_shares),
    ("PUT", _API + "repos/:repo/dir/shared_items/", "shares.create", shares.share),
    ("POST", _API + "repos/:repo/dir/shared_items/", "shares.change", shares.change_share),
    ("DELETE", _API + "repos/:repo/dir/shared_items/", "shares.delete", shares.end_share),
    ("GET", _API + "beshared-repos/", "shares.with_me", shares.shared_with_me),
    ("DELETE", _API + "beshared-repos/:repo/", "shares.leave", shares.leave),
    ("GET", _API + "shared-repos/", "shares.by_me", shares.shared_by_me),
    ("GET", _API21 + "shared-folders/", "shares.folders", shares.shared_folders),
)
_LINKS: tuple[Line, ...] = (
    ("GET", _API21 + "share-links/", "links.list", links.list_links),
    ("POST", _API21 + "share-links/", "links.create", links.make_link),
    ("DELETE", _API21 + "share-links/:token/", "links.delete", links.end_link),
    ("GET", _API21 + "smart-link/", "links.smart", links.make_smart_link),
    ("GET", _API21 + "smart-links/:token/", "links.follow", links.get_smart_link),
)
_PUBLIC: tuple[Line, ...] = (
    ("GET", _API + "d/:token/dir/", "public.list", links.shared_folder),
    ("GET", _API + "f/:token/detail/", "public.file", links.shared_file),
    ("GET", "/f/:token/", "public.get", links.get_shared_file),
    ("GET", "/d/:token/files/", "public.get", links.get_file_of_shared_folder),
)
_SEARCH: tuple[Line, ...] = (
    ("GET", _API + "search/", "search", search.search),
    ("GET", _API21 + "search-file/", "search.names", search.search_names),
)
_BY_LIBRARY_TOKEN: tuple[Line, ...] = (
    ("GET", _API21 + "via-repo-token/repo-info/", "library.info", files21.library_info),
    ("GET", _API21 + "via-repo-token/dir/", "dir.list", dirs21.list_folder),
    ("POST", _API21 + "via-repo-token/dir/", "dir.change", dirs21.change_folder),
    ("DELETE", _API21 + "via-repo-token/dir/", "dir.delete", dirs21.delete_folder),
    ("GET", _API21 + "via-repo-token/file/", "file.detail", files21.get_file),
    ("POST", _API21 + "via-repo-token/file/", "file.change", files21.change_file),
    ("DELETE", _API21 + "via-repo-token/file/", "file.delete", files21.delete_file),
    ("POST", _API21 + "via-repo-token/sync-batch-move-item/", "move.several", moves.move_several),
    ("POST", _API21 + "via-repo-token/sync-batch-copy-item/", "copy.several", moves.copy_several),
    ("GET", _API21 + "via-repo-token/upload-link/", "upload.link", uploads.upload_link),
    ("GET", _API21 + "via-repo-token/download-link/", "file.link", files21.download_link),
)
_FILESERVER: tuple[Line, ...] = (
    ("GET", _BYTES + "files/:token/:name", "files.get", fileserver.get_file),
    ("HEAD", _BYTES + "files/:token/:name", "files.head", fileserver.get_file),
    ("POST", _BYTES + "upload-api/:token", "upload", uploads.upload),
    ("POST", _BYTES + "update-api/:token", "update", uploads.update),
    ("GET", _BYTES + "zip/:token", "zip.get", zips.get_zip),
)


@dataclass(frozen=True, slots=True)
class Match:
    """What a request asks for.

    Attributes:
        operation: as it is counted.
        handler: what answers it; None for what is not there.
        args: the parts of its path that have names in the template.
        who: whom it must come from.
        status: why there is no handler: 301, 404 or 405.
    """

    operation: str
    handler: Handler | None = None
    args: Mapping[str, str] = field(default_factory=dict)
    who: Who = "anybody"
    status: int = 404


@dataclass(frozen=True, slots=True)
class _Route:
    method: str
    parts: tuple[str, ...]
    operation: str
    handler: Handler
    who: Who


def _routes(who: Who, *rooms: Iterable[Line]) -> list[_Route]:
    return [
        _Route(method, tuple(template.split("/")), operation, handler, who)
        for room in rooms
        for method, template, operation, handler in room
    ]


_ROUTES = (
    *_routes("anybody", _OPEN, _FILESERVER, _PUBLIC),
    *_routes("user", _ACCOUNT, _LIBRARIES, _FOLDERS, _FILES, _HISTORY, _TASKS, _SHARES, _LINKS, _SEARCH),
    *_routes("library", _BY_LIBRARY_TOKEN),
)


@lru_cache(maxsize=1000)
def match(method: str, raw_path: str) -> Match:
    """What a request asks for."""
    segments = raw_path.split("/")
    others = False
    for route in _ROUTES:
        args = _fit(route.parts, segments)
        if args is not None and route.method == method:
            return Match(route.operation, route.handler, args, route.who)
        others = others or args is not None
    if others:
        return Match("unknown", status=405)
    if not raw_path.startswith(_BYTES) and any(_fit(each.parts, [*segments, ""]) is not None for each in _ROUTES):
        return Match("redirect", status=301)
    return Match("unknown")


def _fit(parts: tuple[str, ...], segments: list[str]) -> dict[str, str] | None:
    """The named parts of a path, if it is of this template."""
    if len(segments) != len(parts):
        return None
    args: dict[str, str] = {}
    for part, segment in zip(parts, segments, strict=True):
        if part.startswith(":"):
            args[part[1:]] = unquote(segment)
        elif part != segment:
            return None
    return None if "repo" in args and not _LIBRARY_ID.fullmatch(args["repo"]) else args
