"""What people paste for something in Canvas: addresses of its pages, of its API, and of single files.

A location's `id` is what the API calls the thing: "courses/101", "groups/7", "users/self", "folders/300", "files/5001",
"courses/101/modules/items/700", and "courses/101/files/5001/A/x.pdf" for an address that names a file twice.

https://canvas.instructure.com/doc/api/files.html, https://canvas.instructure.com/doc/api/file.object_ids.html
"""

import re
from collections.abc import Mapping, Sequence
from urllib.parse import SplitResult, parse_qsl, quote, unquote, urlsplit

from hubdrives.errors import UnsupportedLink
from hubdrives.model import Location

NAME = "canvas"
CONTEXT = "context"
"""The name under which a location carries the course, group or user in which its folder or file was pasted."""
MINE = "users/self"

_CONTEXTS = frozenset({"courses", "groups", "users"})
_ID = re.compile(r"(?:([0-9]{1,10})~)?([0-9]{1,20})")
# sis_course_id:…, sis_login_id:…, lti_context_id:…, hex:sis_group_id:…
_NAMED_ID = re.compile(r"(?:hex:)?(?:sis|lti)_[a-z_]+:[^/]+")
_SHARD = 10**13
# Behind a file's id these say what the browser does with it; anything else is a path.
_ACTIONS = frozenset({"download", "preview", "inline", "inline_view", "file_preview", "contents", "public_url"})
_OPEN_FILES = "Open the course's Files page, or a folder in it, and paste that address."
_HOSTED = (".instructure.com",)
# Where Canvas keeps the bytes. Addresses there are signed for some minutes and don't say what they are of.
_STORES = re.compile(r"(?:.*\.)?(?:inst-fs-[a-z0-9-]+\.inscloudgate\.net|cluster[0-9]*\.canvas-user-content\.com)")


def parse(text: str, *, base_url: str | None = None) -> Location | None:
    """The location of a pasted address, None if it is not of this Canvas.

    Args:
        text: as pasted; the scheme may be missing.
        base_url: the connection's Canvas. Without one, only addresses at Instructure's own domain are understood: no
            other host tells by its name that it is a Canvas.

    Raises:
        UnsupportedLink: it is Canvas', but no course, group, folder or file.
    """
    url = _split(text.strip())
    if url is None:
        return None
    if _STORES.fullmatch(url.hostname or ""):
        raise UnsupportedLink(
            "This address of a Canvas file is valid for some minutes only and does not say which file it is.",
            hint="Open the file's or folder's page in Canvas and paste the address of that page.",
        )
    host = origin(base_url) if base_url is not None else None
    if host is None:
        if base_url is not None or not (url.hostname or "").endswith(_HOSTED):
            return None
        host = f"https://{_netloc(url)}"
    elif _netloc(url) != host.partition("://")[2]:
        return None
    return _Reader(host).read(url)


def origin(base_url: str) -> str | None:
    """`base_url` as scheme and host (and port, if it is not the usual one); None if it is no web address of a host."""
    url = _split(base_url.strip())
    if url is None or "://" not in base_url or url.path not in {"", "/"} or url.query or url.fragment or url.username:
        return None
    return f"{url.scheme}://{_netloc(url)}"


def context_of(location: Location) -> str | None:
    """The course, group or user that a location names or was pasted in, None if it does not tell."""
    if is_context(location.id):
        return location.id
    if location.id.startswith(tuple(f"{kind}/" for kind in _CONTEXTS)):
        return "/".join(location.id.split("/")[:2])
    return dict(location.params).get(CONTEXT)


def is_context(item: str) -> bool:
    """Whether an id is that of a course, group or user."""
    kind, _, rest = item.partition("/")
    return kind in _CONTEXTS and "/" not in rest


def _split(text: str) -> SplitResult | None:
    try:
        url = urlsplit(text if "://" in text else f"https://{text}")
        valid = url.scheme in {"http", "https"} and url.hostname and (url.port is None or url.port)
    except ValueError:
        return None
    return url if valid else None


def _netloc(url: SplitResult) -> str:
    usual = {"http": 80, "https": 443}[url.scheme]
    host = f"[{url.hostname}]" if ":" in (url.hostname or "") else url.hostname
    return f"{host}" if url.port in {None, usual} else f"{host}:{url.port}"


class _Reader:
    """Reads the addresses of one Canvas."""

    def __init__(self, host: str) -> None:
        self._origin = host

    def read(self, url: SplitResult) -> Location:
        query = dict(parse_qsl(url.query))
        parts = [_name(part) for part in url.path.split("/") if part]
        if parts[:2] == ["api", "v1"]:
            parts = parts[2:]
        match parts:
            case [kind, number, *rest] if kind in _CONTEXTS and (item := _context_id(kind, number)):
                found = self._in_context(f"{kind}/{item}", rest, query)
            case ["files", *rest]:
                found = self._in_browser(rest, query)
            case ["folders", number, *_]:
                found = self._folder(number, None)
            case _:
                found = None
        if found is None:
            raise UnsupportedLink("This page of Canvas is no folder and no file.", hint=_OPEN_FILES)
        return found

    def _in_context(self, context: str, rest: Sequence[str], query: Mapping[str, str]) -> Location | None:
        found: Location | None = None
        match rest:
            case [] | ["files"] | ["files", "folder", *_]:
                found = self._previewed(context, query) or self._path(context, rest[2:])
            case ["folders"] | ["folders", "root"]:
                found = self._path(context, ())
            case ["folders", "by_path", *names] | ["file_contents", _, *names]:
                found = self._path(context, names)
            case ["folders", number, *_]:
                found = self._folder(number, context)
            case ["files", number, *tail]:
                found = self._file(number, tail, context)
            case ["modules", "items", number] | ["modules", _, "items", number] | ["module_item_redirect", number]:
                found = self._module_item(context, number)
        return found

    def _in_browser(self, rest: Sequence[str], query: Mapping[str, str]) -> Location | None:
        """The files of all courses on one page, and addresses of files that don't say whose they are."""
        match rest:
            case [] | ["folder"]:
                return self._previewed(None, query) or self._path(MINE, ())
            case ["folder", first, *names]:
                kind, _, number = first.partition("_")
                item = _context_id(kind, number)
                context = f"{kind}/{item}" if kind in _CONTEXTS and item else None
                return self._previewed(context, query) or (self._path(context, names) if context else None)
            case [number, *tail]:
                return self._file(number, tail, None)
        return None

    def _previewed(self, context: str | None, query: Mapping[str, str]) -> Location | None:
        if "preview" in query:
            return self._file(query["preview"], (), context)
        return self._folder(query["folder_id"], context) if "folder_id" in query else None

    def _path(self, context: str, names: Sequence[str]) -> Location:
        return Location(
            provider=NAME, host=self._host, id=context, path="/".join(names), url=self._url(context, "files")
        )

    def _folder(self, number: str, context: str | None) -> Location | None:
        item = _id(number)
        return self._location(f"folders/{item}", context) if item else None

    def _file(self, number: str, tail: Sequence[str], context: str | None) -> Location | None:
        item = _id(number)
        if item is None:
            return None
        is_action = len(tail) == 1 and (tail[0] in _ACTIONS or tail[0].startswith("download."))
        if not tail or is_action:
            return self._location(f"files/{item}", context)
        if context is None:
            return None
        named = "/".join((context, "files", item, *tail))
        return Location(provider=NAME, host=self._host, id=named, url=self._url(named))

    def _module_item(self, context: str, number: str) -> Location | None:
        item = _id(number)
        if item is None or not context.startswith("courses/"):
            return None
        named = f"{context}/modules/items/{item}"
        return Location(provider=NAME, host=self._host, id=named, url=self._url(named))

    def _location(self, item: str, context: str | None) -> Location:
        params = ((CONTEXT, context),) if context else ()
        url = self._url(context, item) if context else self._url(item)
        return Location(provider=NAME, host=self._host, id=item, url=url, params=params)

    @property
    def _host(self) -> str:
        return self._origin.partition("://")[2]

    def _url(self, *parts: str) -> str:
        return f"{self._origin}/{'/'.join(quote(part, safe='/:~') for part in parts)}"


def _id(text: str) -> str | None:
    """A decimal id; "SHARD~LOCAL" is the short form of SHARD * 10^13 + LOCAL."""
    found = _ID.fullmatch(text)
    if found is None:
        return None
    shard, local = int(found[1] or 0), int(found[2])
    return str(shard * _SHARD + local)


def _context_id(kind: str, text: str) -> str | None:
    if kind == "users" and text == "self":
        return text
    return text if _NAMED_ID.fullmatch(text) else _id(text)


def _name(part: str) -> str:
    """A part of a path as a name; a "/" in it would be two names here, and local names have "_" there as well."""
    return unquote(part).replace("/", "_")
