"""What files were before, and how they become that again.

https://download.seafile.com/published/web-api/v2.1/file.md
"""

from collections.abc import Mapping
from typing import Any

from hubdrives.testing.emulators.seafile import shapes
from hubdrives.testing.emulators.seafile.asking import Data, number, read_data, split
from hubdrives.testing.emulators.seafile.errors import SeafileError
from hubdrives.testing.emulators.seafile.files import link_to
from hubdrives.testing.emulators.seafile.libraries import Library, Revision
from hubdrives.testing.emulators.seafile.objects import Dirent
from hubdrives.testing.emulators.seafile.vault import FILE
from hubdrives.testing.emulators.seafile.view import View
from hubdrives.testing.emulators.server import Answer, Call


async def file_history(view: View, call: Call, args: Mapping[str, str]) -> Answer:
    """The revisions of a file, the newest first, which is the file as it is."""
    library = view.library(args, "Library not found.")
    path = call.params.get("p", "")
    if not path:
        raise SeafileError("bad_request", "Path is missing.")
    view.file(library, path)
    view.need_sight(library, path)
    return Answer.json({"commits": [_commit(each, library) for each in view.site.libraries.revisions(library, path)]})


def _commit(revision: Revision, library: Library) -> dict[str, Any]:
    commit = revision.commit
    return {
        "id": commit.id,
        "parent_id": commit.parent,
        "root_id": commit.root,
        "repo_id": library.id,
        "creator_name": commit.creator,
        "ctime": commit.ctime,
        "desc": commit.desc,
        "rev_file_id": revision.dirent.id,
        "rev_file_size": revision.dirent.size,
        "rev_renamed_old_path": revision.former.removeprefix("/") or None,
    }


async def file_history21(view: View, call: Call, args: Mapping[str, str]) -> Answer:
    """The same, page by page: `next_start_commit` is the `commit_id` of the next request, or false."""
    library = view.library(args)
    path = call.params.get("path", "")
    if not path:
        raise SeafileError("bad_request", "path invalid.")
    start = call.params.get("commit_id", "")
    if not start:
        view.file(library, path, f"File {path} not found.")
    elif _was(view, library, path, start) is None:
        raise SeafileError("not_found", f"File {path} not found.")
    revisions = view.site.libraries.revisions(library, path, start=start)
    view.need_sight(library, path)
    limit = number(call, "limit", 50)
    if len(revisions) > limit:
        following: str | bool = revisions[limit].commit.id
    else:
        # Before that commit the file had another name: whoever asks goes on with that one.
        following = bool(revisions) and bool(revisions[-1].former) and (revisions[-1].commit.parent or False)
    found = [
        {
            "commit_id": each.commit.id,
            "rev_file_id": each.dirent.id,
            "size": each.dirent.size,
            "ctime": shapes.iso(each.commit.ctime),
            **shapes.modifier(view.site, each.commit.creator, "creator"),
            "description": each.commit.desc,
            "path": path,
            "rev_renamed_old_path": each.former.removeprefix("/") or None,
        }
        for each in revisions[:limit]
    ]
    return Answer.json({"data": found, "next_start_commit": following})


async def file_revision(view: View, call: Call, args: Mapping[str, str]) -> Answer:
    """The address of the bytes of a file as a commit has it."""
    library = view.library(args, "Library not found.")
    path = call.params.get("p", "")
    if not path:
        raise SeafileError("bad_request", "Path is missing.")
    view.need_bytes(library, path, "file_denied")
    dirent = _was(view, library, path, call.params.get("commit_id", ""))
    if dirent is None or dirent.folder:
        raise SeafileError("file_not_found")
    return link_to(view, library, dirent.name, dirent.id, once=True)


async def revert_file(view: View, call: Call, args: Mapping[str, str]) -> Answer:
    data = await read_data(call)
    await restore_file(view, view.library(args), _wanted(data), data.text("commit_id"))
    return Answer.json({"success": True})


async def revert_folder(view: View, call: Call, args: Mapping[str, str]) -> Answer:
    data = await read_data(call)
    await restore_folder(view, view.library(args), _wanted(data), data.text("commit_id"))
    return Answer.json({"success": True})


def _wanted(data: Data) -> str:
    if not data.text("p"):
        raise SeafileError("bad_request", "path invalid.")
    return data.text("p")


async def restore_file(view: View, library: Library, path: str, commit: str) -> None:
    """Let a file be again as a commit has it; one that is gone comes back.

    Raises:
        SeafileError: 400, 403 or 404.
    """
    if not commit:
        raise SeafileError("bad_request", "commit_id invalid.")
    parent_path, name = split(path)
    async with view.writing(f'Reverted file "{name}"'):
        view.need_write(library, path)
        dirent = _was(view, library, path, commit)
        if dirent is None or dirent.folder:
            raise SeafileError("file_not_found", f"file {path} not found.")
        content = view.site.vault.objects.files[dirent.id]
        node = view.find_file(library, path)
        if node is None:
            parent = view.site.add_folder(parent_path, library=library)
            view.site.vault.add(
                view.site.vault.free_name(parent.id, name), parent=parent.id, kind=FILE, content=content
            )
        elif view.site.vault.id(node) != dirent.id:
            view.site.vault.replace(node.id, content)


async def restore_folder(view: View, library: Library, path: str, commit: str) -> None:
    """Let a folder be again as a commit has it.

    Raises:
        SeafileError: 400, 403 or 404.
    """
    if not commit:
        raise SeafileError("bad_request", "commit_id invalid.")
    async with view.writing(f'Recovered deleted directory "{split(path)[1]}"'):
        view.need_write(library, path)
        dirent = _was(view, library, path, commit)
        if dirent is None or not dirent.folder:
            raise SeafileError("not_found", f"Folder {path} not found.")
        there = view.at(library, path)
        if there is not None:
            view.site.vault.delete(there.id)
        _plant(view, library, path, dirent)


def _plant(view: View, library: Library, path: str, dirent: Dirent) -> None:
    folder = view.site.add_folder(path, library=library)
    objects = view.site.vault.objects
    for each in objects.folder(dirent.id).dirents:
        if each.folder:
            _plant(view, library, f"{path.rstrip('/')}/{each.name}", each)
        else:
            view.site.vault.add(
                each.name, parent=folder.id, kind=FILE, content=objects.files[each.id], modified=each.mtime
            )


def _was(view: View, library: Library, path: str, commit: str) -> Dirent | None:
    found = library.commit(commit)
    if found is None:
        raise SeafileError("not_found", "Commit not found.")
    return view.site.libraries.dirent(path, found)
