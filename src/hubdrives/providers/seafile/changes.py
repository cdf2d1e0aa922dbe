"""The endpoints by which single files and folders are looked at, made, renamed, moved and removed.

The token of a library has the same at addresses of its own, but for a few: https://seafile-api.readme.io/reference/

Where Seafile finds a name taken, it takes "name (1)" instead and calls that a success: so each says what came out.

https://seafile-api.readme.io/, https://github.com/haiwen/seahub (seahub/api2/endpoints/)
"""

import unicodedata
from collections.abc import Callable
from typing import Any

import msgspec

from hubdrives.errors import BadInput, HubdrivesError, NotFound
from hubdrives.providers.seafile.api import Api, converted
from hubdrives.providers.seafile.item import Dirent

_LONGEST = 255
"""Bytes of a name."""


class Again(HubdrivesError):
    """A change was asked for, and it was not told whether it was made. Never leaves the provider."""


class Tries:
    """Counts how often the body of a request is made: after the second time, the first may have had its effect."""

    def __init__(self) -> None:
        self.count = 0

    def once(self, make: Callable[[], Any]) -> Callable[[], Any]:
        """`make`, but Again is raised instead of a second try."""

        def counted() -> Any:
            if self.count:
                raise Again("Seafile did not say whether a change was made.")
            self.count += 1
            return make()

        return counted


class _Made(msgspec.Struct):
    obj_name: str


class _File(msgspec.Struct):
    """A file, as it is told to library tokens."""

    obj_name: str
    obj_id: str
    size: int | None = None
    mtime: int | str | None = None


class _Batch(msgspec.Struct):
    success: tuple[Any, ...] = ()


class _Task(msgspec.Struct):
    task_id: str | None = None


class Progress(msgspec.Struct, frozen=True):
    """How far a move between libraries is."""

    successful: bool = False
    failed: bool = False
    canceled: bool = False


class Changes:
    """The endpoints, asked through what `api` asks through."""

    def __init__(self, api: Api) -> None:
        self._api = api

    async def file(self, library: str, path: str) -> Dirent | None:
        """A file as it is now: https://seafile-api.readme.io/reference/get_api2-repos-repo-id-file-detail

        Returns:
            None if there is none; something else may have its name.
        """
        what = "file" if self._api.library_token else "file/detail"
        try:
            answer, _headers = await self._api.get(self._api.of(library, what), "files.get", self._api.at(path))
        except NotFound:
            return None
        if self._api.library_token:
            found = converted(answer, _File, "files.get")
            return Dirent(type="file", name=found.obj_name, id=found.obj_id, size=found.size, mtime=found.mtime)
        return converted(answer, Dirent, "files.get")

    async def is_folder(self, library: str, path: str) -> bool:
        """Whether there is a folder: https://seafile-api.readme.io/reference/get_api-v2-1-repos-repo-id-dir-detail"""
        if path == "/":
            return True
        # Only accounts are told of a folder without what is in it.
        what, kinds = ("dir", {"type": "d"}) if self._api.library_token else ("dir/detail", {})
        try:
            await self._api.get(self._api.of(library, what, v21=True), "dir.get", {"path": path, **kinds})
        except NotFound:
            return False
        return True

    async def make_folder(self, library: str, path: str) -> str:
        """Make a folder; its name. Raises NotFound: there is none that it could be made in."""
        url, params, form = self._api.of(library, "dir", v21=True), self._api.at(path), [("operation", "mkdir")]
        _status, answer, _headers = await self._api.change("POST", url, "dir.make", params=params, form=form)
        return converted(answer, _Made, "dir.make").obj_name

    async def make_folder_at_once(self, library: str, path: str) -> bool:
        """Make a folder, and those above it: https://seafile-api.readme.io/reference/post_api-v2-1-repos-batch-create-dir

        Returns:
            False if it was not made, for one is there, or for another reason.

        Raises:
            NotKnownHere: the server is older.
        """
        url = f"{self._api.base}/api/v2.1/repos/batch-create-dir/"
        body = {"repo_id": library, "paths": [path]}
        _status, answer, _headers = await self._api.change("POST", url, "dir.make", body=body)
        return bool(converted(answer, _Batch, "dir.make").success)

    async def rename(self, library: str, path: str, name: str, *, folder: bool) -> str:
        """Give something another name in its folder; the name that it got. Raises NotFound, Forbidden."""
        what = "dir" if folder else "file"
        form = [("operation", "rename"), ("newname", name)]
        url, operation = self._api.of(library, what, v21=True), f"{'dir' if folder else 'files'}.rename"
        _status, answer, _headers = await self._api.change("POST", url, operation, params=self._api.at(path), form=form)
        return converted(answer, _Made, operation).obj_name

    async def move(self, library: str, path: str, *, to: str, folder: str, is_folder: bool) -> str | None:
        """Have something moved into another folder; the task that does it, None if it is done.

        Args:
            library: where it is.
            path: of it.
            to: the other folder's library.
            folder: that folder's path.
            is_folder: it is one, too.
        """
        parent, _, name = path.rpartition("/")
        if self._api.library_token:
            body = {"src_parent_dir": parent or "/", "src_dirents": [name], "dst_parent_dir": folder}
            await self._api.change("POST", self._api.of(library, "sync-batch-move-item"), "move-task", body=body)
            return None
        form = [
            ("src_repo_id", library),
            ("src_parent_dir", parent or "/"),
            ("src_dirent_name", name),
            ("dst_repo_id", to),
            ("dst_parent_dir", folder),
            ("operation", "move"),
            ("dirent_type", "dir" if is_folder else "file"),
        ]
        url = f"{self._api.base}/api/v2.1/copy-move-task/"
        _status, answer, _headers = await self._api.change("POST", url, "move-task", form=form)
        return converted(answer or {}, _Task, "move-task").task_id

    async def moved(self, task: str) -> Progress:
        """How far a move is."""
        url = f"{self._api.base}/api/v2.1/query-copy-move-progress/"
        answer, _headers = await self._api.get(url, "move-task.progress", {"task_id": task})
        return converted(answer, Progress, "move-task.progress")

    async def remove(self, library: str, path: str, *, folder: bool) -> None:
        """Into the library's bin. A file that is not there is no error; a folder is: NotFound."""
        what, operation = ("dir", "dir.remove") if folder else ("file", "files.remove")
        await self._api.change("DELETE", self._api.of(library, what), operation, params=self._api.at(path))


def joined(folder: str, name: str) -> str:
    """The path of what is called `name` in `folder`."""
    return f"{folder.rstrip('/')}/{name}"


def same_name(one: str, other: str) -> bool:
    """Whether two names are one: newer servers compose what they are given."""
    return unicodedata.normalize("NFC", one) == unicodedata.normalize("NFC", other)


def check_name(name: str) -> None:
    """Raise BadInput for names that Seafile takes for nothing."""
    try:
        size = len(name.encode())
    except UnicodeEncodeError:
        size = 0
    if not 0 < size <= _LONGEST or name in {".", ".."} or any(each == "/" or each < " " for each in name):
        raise BadInput(
            f"{name[:200]!a} is no name that Seafile takes.",
            hint="Names there have no / in them, at most 255 bytes, and are not '.' or '..'.",
        )
