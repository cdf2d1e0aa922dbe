"""Which request is which operation, and what answers it.

The templates are those of Canvas's own routes, because scopes of tokens are made of them.
https://canvas.instructure.com/doc/api/file.api_token_scopes.html
"""

from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias
from urllib.parse import unquote

from hubdrives.testing.emulators.canvas import courses, files
from hubdrives.testing.emulators.canvas.errors import CanvasError
from hubdrives.testing.emulators.canvas.resources import View
from hubdrives.testing.emulators.server import Answer, Call

Handler: TypeAlias = Callable[[View, Call, Mapping[str, str]], Awaitable[Answer]]
_API = "/api/v1/"


@dataclass(frozen=True, slots=True)
class Match:
    """What a request asks for.

    Attributes:
        operation: as it is counted.
        handler: what answers it; None for what is not of the API.
        args: the parts of its path that have names in the template.
        scope: what a token must be for, where scopes are enforced.
    """

    operation: str
    handler: Handler | None = None
    args: Mapping[str, str] = field(default_factory=dict)
    scope: str = ""


async def _unknown(_view: View, _call: Call, _args: Mapping[str, str]) -> Answer:
    raise CanvasError("not_found")


async def _refuse_write(_view: View, _call: Call, _args: Mapping[str, str]) -> Answer:
    raise CanvasError("unauthorized")


def _in_contexts(rest: str, operation: str, handler: Handler) -> Iterator[tuple[str, str, Handler]]:
    for kind in ("course", "group", "user"):
        yield f"{_API}{kind}s/:{kind}_id/{rest}", operation, handler


_ROUTES: tuple[tuple[str, str, Handler], ...] = (
    (_API + "courses", "courses.list", courses.list_courses),
    (_API + "courses/:id", "courses.get", courses.get_course),
    (_API + "courses/:course_id/groups", "groups.list", courses.list_groups),
    (_API + "users/self/groups", "groups.list", courses.list_groups),
    (_API + "groups/:id", "groups.get", courses.get_group),
    (_API + "users/:id", "users.get", courses.get_user),
    (_API + "users/:user_id/profile", "users.profile", courses.get_profile),
    *_in_contexts("files", "files.list", files.list_files),
    *_in_contexts("folders", "folders.list", files.list_folders),
    *_in_contexts("folders/by_path", "folders.by_path", files.resolve_path),
    *_in_contexts("folders/by_path/*full_path", "folders.by_path", files.resolve_path),
    *_in_contexts("folders/:id", "folders.get", files.get_folder),
    *_in_contexts("files/:id", "files.get", files.get_file),
    (_API + "folders/:id", "folders.get", files.get_folder),
    (_API + "folders/:id/files", "folders.files", files.list_files),
    (_API + "folders/:id/folders", "folders.folders", files.list_folders),
    (_API + "files/:id", "files.get", files.get_file),
    (_API + "files/:id/public_url", "files.public_url", files.public_url),
    (_API + "courses/:course_id/modules", "modules.list", courses.list_modules),
    (_API + "courses/:course_id/modules/:id", "modules.get", courses.get_module),
    (_API + "courses/:course_id/modules/:module_id/items", "modules.items", courses.list_items),
    (_API + "courses/:course_id/modules/:module_id/items/:id", "modules.item", courses.get_item),
    (_API + "courses/:course_id/module_item_sequence", "modules.sequence", courses.item_sequence),
)

# For browsers. What else there is below /login has no view of anybody's.
_PAGES: tuple[tuple[str, str], ...] = (
    ("/files/:id/download", "files.download"),
    ("/courses/:course_id/files/:id/download", "files.download"),
    ("/groups/:group_id/files/:id/download", "files.download"),
    ("/users/:user_id/files/:id/download", "files.download"),
)
_LOGIN: Mapping[tuple[str, str], str] = {
    ("GET", "/login"): "login",
    ("POST", "/login"): "login",
    ("GET", "/login/oauth2/auth"): "oauth.auth",
    ("POST", "/login/oauth2/token"): "oauth.token",
    ("DELETE", "/login/oauth2/token"): "oauth.revoke",
}


def match(method: str, raw_path: str) -> Match:
    """What a request asks for; `write` for all that would change something, else `unknown`."""
    if found := _LOGIN.get((method, raw_path)):
        return Match(found)
    if method != "GET":
        return Match("write" if raw_path.startswith(_API) else "unknown", _refuse_write)
    segments = raw_path.split("/")
    for template, operation, handler in _ROUTES:
        args = _fit(template.split("/"), segments)
        if args is not None:
            return Match(operation, handler, args, f"url:GET|{template}")
    for template, operation in _PAGES:
        args = _fit(template.split("/"), segments)
        if args is not None:
            return Match(operation, args=args)
    return Match("unknown", _unknown)


def _fit(template: list[str], segments: list[str]) -> dict[str, str] | None:
    """The named parts of a path, if it is of this template."""
    whole = template[-1].startswith("*")
    if len(segments) < len(template) or (not whole and len(segments) > len(template)):
        return None
    args: dict[str, str] = {}
    for position, (part, segment) in enumerate(zip(template, segments, strict=False)):
        if part.startswith("*"):
            args[part[1:]] = "/".join(unquote(each) for each in segments[position:])
        elif part.startswith(":"):
            args[part[1:]] = unquote(segment)
        elif part != segment:
            return None
    return args
