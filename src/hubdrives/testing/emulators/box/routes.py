"""Which request is which operation, and what answers it.

https://developer.box.com/reference/
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias
from urllib.parse import unquote

from hubdrives.testing.emulators.box import (
    chunks,
    collaborations,
    events,
    files,
    folders,
    links,
    search,
    uploads,
    users,
    versions,
)
from hubdrives.testing.emulators.box.resources import View
from hubdrives.testing.emulators.server import Answer, Call

Handler: TypeAlias = Callable[[View, Call, Mapping[str, str]], Awaitable[Answer]]
_API = "/2.0/"
_UPLOAD = "/api/2.0/"


@dataclass(frozen=True, slots=True)
class Match:
    """What a request asks for.

    Attributes:
        operation: as it is counted.
        handler: what answers it; None for what is not of the API.
        args: the parts of its path that have names in the template.
    """

    operation: str
    handler: Handler | None = None
    args: Mapping[str, str] = field(default_factory=dict)


# Words stand before ids where both would fit.
_ROUTES: tuple[tuple[str, str, str, Handler], ...] = (
    ("GET", _API + "users/me", "users.me", users.get_me),
    ("GET", _API + "users", "users.list", users.list_users),
    ("GET", _API + "groups", "groups.list", users.list_groups),
    ("GET", _API + "folders/trash/items", "trash.items", folders.list_trash),
    ("POST", _API + "folders", "folders.create", folders.create_folder),
    ("GET", _API + "folders/:id", "folders.get", folders.get_folder),
    ("PUT", _API + "folders/:id", "folders.update", folders.update_folder),
    ("POST", _API + "folders/:id", "folders.restore", folders.restore_folder),
    ("DELETE", _API + "folders/:id", "folders.delete", folders.delete_folder),
    ("GET", _API + "folders/:id/items", "folders.items", folders.list_items),
    ("GET", _API + "folders/:id/trash", "folders.trash", folders.get_trashed_folder),
    ("DELETE", _API + "folders/:id/trash", "folders.purge", folders.purge_folder),
    ("GET", _API + "folders/:id/collaborations", "folders.collaborations", collaborations.list_of_folder),
    ("OPTIONS", _API + "files/content", "files.preflight", uploads.preflight),
    ("OPTIONS", _API + "files/:id/content", "files.preflight", uploads.preflight),
    ("GET", _API + "files/:id", "files.get", files.get_file),
    ("PUT", _API + "files/:id", "files.update", files.update_file),
    ("POST", _API + "files/:id", "files.restore", files.restore_file),
    ("DELETE", _API + "files/:id", "files.delete", files.delete_file),
    ("GET", _API + "files/:id/content", "files.content", files.download),
    ("POST", _API + "files/:id/copy", "files.copy", files.copy_file),
    ("GET", _API + "files/:id/trash", "files.trash", files.get_trashed_file),
    ("DELETE", _API + "files/:id/trash", "files.purge", files.purge_file),
    ("GET", _API + "files/:id/collaborations", "files.collaborations", collaborations.list_of_file),
    ("GET", _API + "files/:id/versions", "versions.list", versions.list_versions),
    ("POST", _API + "files/:id/versions/current", "versions.promote", versions.promote_version),
    ("GET", _API + "files/:id/versions/:version", "versions.get", versions.get_version),
    ("DELETE", _API + "files/:id/versions/:version", "versions.delete", versions.delete_version),
    ("GET", _API + "search", "search", search.search),
    ("GET", _API + "shared_items", "shared_items", links.get_shared_item),
    ("GET", _API + "collaborations", "collaborations.list", collaborations.list_pending),
    ("POST", _API + "collaborations", "collaborations.create", collaborations.create),
    ("GET", _API + "collaborations/:id", "collaborations.get", collaborations.get),
    ("PUT", _API + "collaborations/:id", "collaborations.update", collaborations.update),
    ("DELETE", _API + "collaborations/:id", "collaborations.delete", collaborations.delete),
    ("GET", _API + "events", "events", events.list_events),
    ("POST", _UPLOAD + "files/content", "files.upload", uploads.upload_file),
    ("POST", _UPLOAD + "files/upload_sessions", "uploads.create", chunks.open_session),
    ("GET", _UPLOAD + "files/upload_sessions/:id", "uploads.status", chunks.get_session),
    ("PUT", _UPLOAD + "files/upload_sessions/:id", "uploads.part", chunks.put_part),
    ("DELETE", _UPLOAD + "files/upload_sessions/:id", "uploads.abort", chunks.abort),
    ("GET", _UPLOAD + "files/upload_sessions/:id/parts", "uploads.parts", chunks.list_parts),
    ("POST", _UPLOAD + "files/upload_sessions/:id/plan", "uploads.plan", chunks.plan),
    ("POST", _UPLOAD + "files/upload_sessions/:id/commit", "uploads.commit", chunks.commit),
    ("POST", _UPLOAD + "files/:id/content", "files.upload_version", uploads.upload_version),
    ("POST", _UPLOAD + "files/:id/upload_sessions", "uploads.create_version", chunks.open_session),
)
_OAUTH: Mapping[tuple[str, str], str] = {
    ("GET", "/api/oauth2/authorize"): "oauth.authorize",
    ("GET", "/oauth2/authorize"): "oauth.authorize",
    ("POST", "/oauth2/token"): "oauth.token",
    ("POST", "/oauth2/revoke"): "oauth.revoke",
}
# Asked for nothing but to know.
HARMLESS = frozenset({"GET", "OPTIONS"})


def match(method: str, raw_path: str) -> Match:
    """What a request asks for."""
    if found := _OAUTH.get((method, raw_path)):
        return Match(found)
    segments = raw_path.removesuffix("/").split("/")  # Box takes either, and rclone sends one
    for verb, template, operation, handler in _ROUTES:
        args = _fit(template.split("/"), segments) if verb == method else None
        if args is not None:
            return Match(operation, handler, args)
    return Match("unknown")


def _fit(template: list[str], segments: list[str]) -> dict[str, str] | None:
    """The named parts of a path, if it is of this template."""
    if len(segments) != len(template):
        return None
    args: dict[str, str] = {}
    for part, segment in zip(template, segments, strict=True):
        if part.startswith(":"):
            args[part[1:]] = unquote(segment)
        elif part != segment:
            return None
    return args
