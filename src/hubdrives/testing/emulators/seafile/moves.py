"""Copies and moves, also from one library to another.

https://download.seafile.com/published/web-api/v2.1/files-directories-batch-op.md
"""

from collections.abc import Mapping
from uuid import uuid4

from hubdrives.testing.emulators.seafile.asking import LONGEST_PATH, Data, read_data
from hubdrives.testing.emulators.seafile.errors import SeafileError
from hubdrives.testing.emulators.seafile.files import relocate
from hubdrives.testing.emulators.seafile.vault import names_of
from hubdrives.testing.emulators.seafile.view import View
from hubdrives.testing.emulators.server import Answer, Call

_NEEDED = (
    "src_repo_id",
    "src_parent_dir",
    "src_dirent_name",
    "dst_repo_id",
    "dst_parent_dir",
    "operation",
    "dirent_type",
)


async def start(view: View, call: Call, _args: Mapping[str, str]) -> Answer:
    """Copy or move one file or folder; from one library to another it is a task that can be asked about."""
    data = await read_data(call)
    _check(data, _NEEDED)
    operation, kind = data.text("operation").lower(), data.text("dirent_type").lower()
    if operation not in {"move", "copy"}:
        raise SeafileError("bad_request", "operation can only be 'move' or 'copy'.")
    if kind not in {"file", "dir"}:
        raise SeafileError("bad_request", "operation can only be 'file' or 'dir'.")
    source, target = data.text("src_repo_id"), data.text("dst_repo_id")
    folder, into = data.text("src_parent_dir"), data.text("dst_parent_dir")
    if len(f"{into}{data.text('src_dirent_name')}".encode(errors="surrogatepass")) > LONGEST_PATH:
        raise SeafileError("bad_request", "Destination path is too long.")
    library = view.library_of(source)
    path = f"{folder.rstrip('/')}/{data.text('src_dirent_name')}"
    same = source == target
    if operation == "move" and same and names_of(folder) == names_of(into):
        raise SeafileError("bad_request", "Invalid destination path")
    if kind == "file":
        view.file(library, path, f"File {path} not found.")
    else:
        view.folder(library, path)
    if operation == "move" and kind == "dir" and same and f"{into}/".startswith(f"{path}/"):
        raise SeafileError("bad_request", f"Can not move directory {path} to its subdirectory {into}")
    into_library, task, fails = view.library_of(target), str(uuid4()), "move_failed" in call.faults and not same
    if not fails:
        await relocate(view, call, library, path, into_library, into, "permission_denied", copy=operation == "copy")
    if same:
        return Answer.json({})
    view.site.tasks[task] = not fails
    return Answer.json({"task_id": task})


async def progress(view: View, call: Call, _args: Mapping[str, str]) -> Answer:
    good = view.site.tasks.get(call.params.get("task_id", ""))
    if good is None:
        raise SeafileError("bad_request", "task_id invalid.")
    return Answer.json({"done": int(good), "total": 1, "canceled": False, "failed": not good, "successful": good})


async def move_several(view: View, call: Call, _args: Mapping[str, str]) -> Answer:
    return await _several(view, call, copy=False)


async def copy_several(view: View, call: Call, _args: Mapping[str, str]) -> Answer:
    return await _several(view, call, copy=True)


async def _several(view: View, call: Call, *, copy: bool) -> Answer:
    """A library token opens one library only, so it is not named."""
    data = await read_data(call)
    libraries = ("src_repo_id", "dst_repo_id") if view.token is None else ()
    _check(data, (*libraries, "src_parent_dir", "dst_parent_dir"))
    names = data.values.get("src_dirents")
    if not isinstance(names, list) or not names:
        raise SeafileError("bad_request", "src_dirents invalid.")
    library, into = (view.library({"repo": data.text(each)}) for each in ("src_repo_id", "dst_repo_id"))
    folder = data.text("src_parent_dir").rstrip("/")
    for each in names:
        target = data.text("dst_parent_dir")
        await relocate(view, call, library, f"{folder}/{each}", into, target, "permission_denied", copy=copy)
    return Answer.json({"success": True})


def _check(data: Data, needed: tuple[str, ...]) -> None:
    for each in needed:
        if not data.text(each):
            raise SeafileError("bad_request", f"{each} invalid.")
