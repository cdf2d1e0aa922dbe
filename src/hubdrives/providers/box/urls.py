"""What people paste for something in Box: addresses from the browser, shared links, addresses of the API.

A location's `id` is "folders/160001", "files/1400000001", or, where only Box can tell what a shared link leads to,
"s/HASH" or "team.app.box.com/v/NAME".

https://developer.box.com/guides/shared-links/
"""

import re
from collections.abc import Mapping, Sequence
from urllib.parse import SplitResult, parse_qsl, quote, unquote, urlsplit

from hubdrives.errors import UnsupportedLink
from hubdrives.model import Location

NAME = "box"
LINK = "link"
"""The name under which locations and entries carry the shared link that they were reached by."""

_ID = re.compile(r"[0-9]{1,20}")
_HASH = re.compile(r"[A-Za-z0-9]{8,64}")
_KINDS: Mapping[str, str] = {
    "file": "files",
    "files": "files",
    "notes": "files",
    "folder": "folders",
    "folders": "folders",
}
_API_HOSTS = frozenset({"api.box.com", "upload.box.com"})
_HINT = "Open the folder or file itself in Box and paste its address, or a shared link to it."


def parse(text: str, *, base_url: str | None = None) -> Location | None:
    """The location of a pasted address, None if it is not Box's.

    Args:
        text: as pasted; the scheme may be missing.
        base_url: an API server beside Box's own whose addresses count too.

    Raises:
        UnsupportedLink: it is Box's, but no folder or file: "All Files", a file request, a page of another sort.
    """
    url = _split(text.strip())
    if url is None:
        return None
    host = (url.hostname or "").lower()
    parts = [unquote(part) for part in url.path.split("/") if part]
    own = urlsplit(base_url).netloc if base_url else None
    if host in _API_HOSTS or (own and url.netloc == own):
        found = _at_api(parts)
    elif host == "box.com" or host.endswith(".box.com"):
        found = _in_browser(host, parts, dict(parse_qsl(url.query)))
    else:
        return None
    if found is None:
        raise UnsupportedLink("This address of Box's leads to no folder and no file.", hint=_HINT)
    return found


def link_of(location: Location) -> str:
    """The shared link that a location was pasted with, "" if there was none."""
    return dict(location.params).get(LINK, "")


def is_link(location: Location) -> bool:
    """Whether only Box can tell what the location leads to."""
    return not location.id.startswith(("files/", "folders/"))


def _split(text: str) -> SplitResult | None:
    try:
        url = urlsplit(text if "://" in text else f"https://{text}")
        return url if url.scheme in {"http", "https"} and url.hostname else None
    except ValueError:
        return None


def _at_api(parts: Sequence[str]) -> Location | None:
    match parts:
        case ["2.0", ("files" | "folders") as kind, number, *_]:
            return _item(kind, number)
    return None


def _in_browser(host: str, parts: Sequence[str], query: Mapping[str, str]) -> Location | None:
    found: Location | None = None
    match parts:
        case ["files", "0", "f", number, *_]:
            found = _item("folders", number)
        case [kind, number, *_] if kind in _KINDS:
            mark = query.get("s", "")
            found = _item(_KINDS[kind], number, link=f"https://{host}/s/{mark}" if _HASH.fullmatch(mark) else "")
        case ["embed" | "embed_widget", "s" | "v" as kind, name, *_]:
            found = _link(_browser_host(host), kind, name, ())
        case ["shared", "static", name]:
            found = _link(_browser_host(host), "s", name.partition(".")[0], ())
        case ["s" | "v" as kind, name, *rest]:
            found = _link(_browser_host(host), kind, name, rest)
    return found


def _browser_host(host: str) -> str:
    return "app.box.com" if host in {"box.com", "www.box.com"} else host


def _item(kind: str, number: str, *, link: str = "", url: str = "") -> Location | None:
    if not _ID.fullmatch(number):
        return None
    if kind == "folders" and not number.strip("0"):
        raise UnsupportedLink(
            "This is the top of somebody's own Box, and another one for each account that looks.",
            hint="Open a folder in it, and paste the address of that folder.",
        )
    page = url or f"https://app.box.com/{kind[:-1]}/{number}" + (f"?s={link.rpartition('/')[2]}" if link else "")
    return Location(provider=NAME, id=f"{kind}/{number}", url=page, params=((LINK, link),) if link else ())


def _link(host: str, kind: str, name: str, rest: Sequence[str]) -> Location | None:
    if kind == "s" and not _HASH.fullmatch(name):
        return None
    link = f"https://{host}/{kind}/{quote(name, safe='')}"
    match rest:
        case []:
            # A name of a team's own choice is one only at that team's address.
            named = f"s/{name}" if kind == "s" else f"{host}/v/{name}"
            return Location(provider=NAME, id=named, url=link, params=((LINK, link),))
        case ["file" | "folder" as inner, number, *_]:
            return _item(_KINDS[inner], number, link=link, url=f"{link}/{inner}/{number}")
    return None
