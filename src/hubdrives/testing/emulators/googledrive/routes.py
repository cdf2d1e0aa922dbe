"""Which request is which operation, and what answers it."""

from collections.abc import Awaitable, Callable, Mapping

from hubdrives.testing.emulators.googledrive.about import about, get_drive, list_drives
from hubdrives.testing.emulators.googledrive.accounts import SCOPE
from hubdrives.testing.emulators.googledrive.changes import list_changes, start_page_token
from hubdrives.testing.emulators.googledrive.errors import DriveError
from hubdrives.testing.emulators.googledrive.files import download, export, export_link, get_file, list_files
from hubdrives.testing.emulators.googledrive.resources import View
from hubdrives.testing.emulators.server import Answer, Call

_PATHS = {
    "token": "token",
    "drive/v3/about": "about.get",
    "drive/v3/changes": "changes.list",
    "drive/v3/changes/startPageToken": "changes.startPageToken",
    "drive/v3/drives": "drives.list",
    "drive/v3/drives/*": "drives.get",
    "drive/v3/files": "files.list",
    "drive/v3/files/*": "files.get",
    "drive/v3/files/*/export": "files.export",
    "feeds/download": "files.exportLink",
}


def operation(method: str, segments: tuple[str, ...], params: Mapping[str, str]) -> str:
    """The name of what a request asks for; `write` for all that would change something, else `unknown`."""
    fits = (name for path, name in _PATHS.items() if _fits(path.split("/"), segments))
    found = next(fits, "unknown")
    if method == ("POST" if found == "token" else "GET"):
        return "files.media" if found == "files.get" and params.get("alt") == "media" else found
    in_api = segments[:2] == ("drive", "v3") or segments[:3] == ("upload", "drive", "v3")
    return "write" if in_api and method in {"POST", "PUT", "PATCH", "DELETE"} else "unknown"


def _fits(pattern: list[str], segments: tuple[str, ...]) -> bool:
    return len(pattern) == len(segments) and all(
        each in {"*", part} for each, part in zip(pattern, segments, strict=True)
    )


async def refuse_write(view: View, _call: Call) -> Answer:
    may_write = SCOPE + "drive" in view.scopes
    raise DriveError("insufficientFilePermissions" if may_write else "insufficientPermissions")


async def unknown(_view: View, _call: Call) -> Answer:
    raise DriveError("notFound", "Not Found")


HANDLERS: Mapping[str, Callable[[View, Call], Awaitable[Answer]]] = {
    "about.get": about,
    "changes.list": list_changes,
    "changes.startPageToken": start_page_token,
    "drives.list": list_drives,
    "drives.get": get_drive,
    "files.list": list_files,
    "files.get": get_file,
    "files.media": download,
    "files.export": export,
    "files.exportLink": export_link,
    "write": refuse_write,
    "unknown": unknown,
}
