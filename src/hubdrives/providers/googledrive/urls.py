"""What people paste for a Google Drive item: addresses from the browser, from Colab, from the API, and bare ids.

Google documents none of these forms together; https://developers.google.com/workspace/drive/api/guides/resource-keys
and https://developers.google.com/workspace/drive/api/guides/folder show some.
"""

import re
from collections.abc import Mapping
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from hubdrives.errors import UnsupportedLink
from hubdrives.model import Location

NAME = "googledrive"
RESOURCE_KEY = "resource_key"
"""The name under which locations and entries carry an item's resource key."""

_ID = re.compile(r"[A-Za-z0-9_-]+")
# Words joined by hyphens are no id: each real one has a digit and a capital.
_BARE_ID = re.compile(r"(?=.*[0-9])(?=.*[A-Z])[A-Za-z0-9_-]{19,}")
_API_FILE = re.compile(r"/drive/v[23]/files/([A-Za-z0-9_-]+)/?")
_IMAGE_HOST = re.compile(r"lh[0-9]\.googleusercontent\.com")
_EDITORS = frozenset({"document", "spreadsheets", "presentation", "drawings", "forms"})
_BY_QUERY = frozenset({"open", "uc", "thumbnail", "download", "folderview", "embeddedfolderview"})
_FOLDER = "https://drive.google.com/drive/folders/{}"
_ANY = "https://drive.google.com/open?id={}"
_HINT_FOLDER = "Open the folder itself in Google Drive and paste its address."


def parse(text: str, *, base_url: str | None = None) -> Location | None:
    """The location of a pasted address or id, None if it is not Google's.

    Args:
        text: as pasted; the scheme may be missing.
        base_url: an API server beside Google's own whose file addresses count too.

    Raises:
        UnsupportedLink: it is Google's, but no item of Drive: a page without an item, a published copy.
    """
    text = text.strip()
    if _BARE_ID.fullmatch(text):
        return _location(text, _ANY)
    url = _split(text)
    if url is None:
        return None
    query = {name.lower(): value for name, value in parse_qsl(url.query)}
    found: Location | None = None
    match url.hostname:
        case "drive.google.com" | "docs.google.com" | "drive.usercontent.google.com":
            found = _at_drive(_segments(url.path), query, url.fragment)
        case "colab.research.google.com":
            found = _at_colab(_segments(url.path), url.fragment)
        case "script.google.com":
            found = _after(_segments(url.path), ("d", "projects"))
        case "forms.gle":
            raise _published()
        case host if host and _IMAGE_HOST.fullmatch(host):
            found = _after(_segments(url.path), ("d",))
        case _:
            # Other paths of the API's host are other services.
            return _at_api(url, query, base_url)
    if found is None:
        raise UnsupportedLink("This address of Google's does not lead to an item in Google Drive.", hint=_HINT_FOLDER)
    return _with_key(found, query)


def _split(text: str) -> SplitResult | None:
    try:
        url = urlsplit(text if "://" in text else f"https://{text}")
        return url if url.scheme in {"http", "https"} and url.hostname else None
    except ValueError:
        return None


def _segments(path: str) -> list[str]:
    """The parts of a path without what only says who looks: `a/DOMAIN` (a Workspace), `u/N` (an account)."""
    parts = [unquote(part) for part in path.split("/") if part]
    if parts[:1] == ["a"]:
        parts = parts[2:]
    for position, part in enumerate(parts[:-1]):
        if part == "u" and parts[position + 1].isdecimal():
            return parts[:position] + parts[position + 2 :]
    return parts


def _at_drive(parts: list[str], query: Mapping[str, str], fragment: str) -> Location | None:
    if "e" in parts and parts[parts.index("e") - 1] == "d":
        raise _published()
    if parts[:1] and parts[0] in _EDITORS:
        return _after(parts, ("d",), "https://docs.google.com/" + parts[0] + "/d/{}/edit")
    if parts[:1] == ["file"]:
        return _after(parts, ("d",), "https://drive.google.com/file/d/{}/view")
    if parts[:1] and parts[0] in _BY_QUERY:
        return _location(query.get("id", ""), _FOLDER if "folder" in parts[0] else _ANY)
    if parts[:1] == ["drive"]:
        # Old addresses have the folder behind the "#".
        found = _after([*parts, *fragment.partition("?")[0].split("/")], ("folders",), _FOLDER)
        if found is None:
            raise UnsupportedLink("This is a page of Google Drive, but not the page of one folder.", hint=_HINT_FOLDER)
        return found
    return None


def _at_colab(parts: list[str], fragment: str) -> Location | None:
    if parts[:1] and parts[0] in {"github", "gist"}:
        raise UnsupportedLink(
            "This notebook is on GitHub, not in Google Drive; Colab only shows it.",
            hint="Save a copy of it in Google Drive and paste the address of its folder.",
        )
    values = dict(parse_qsl(fragment))
    return _after(parts, ("drive",)) or _location(values.get("fileId", ""), _ANY)


def _at_api(url: SplitResult, query: Mapping[str, str], base_url: str | None) -> Location | None:
    ours = urlsplit(base_url or "")
    found = _API_FILE.fullmatch(url.path)
    if found is None or (url.hostname != "www.googleapis.com" and url.netloc != ours.netloc):
        return None
    location = _location(found[1], _ANY)
    return None if location is None else _with_key(location, query)


def _after(parts: list[str], markers: tuple[str, ...], shown: str = _ANY) -> Location | None:
    for position, part in enumerate(parts[:-1]):
        if part in markers:
            return _location(parts[position + 1], shown)
    return None


def _location(item: str, shown: str) -> Location | None:
    # "root" is the account's own My Drive, where nobody puts anything for others.
    if not _ID.fullmatch(item) or item == "root":
        return None
    return Location(provider=NAME, id=item, url=shown.format(item))


def _with_key(location: Location, query: Mapping[str, str]) -> Location:
    key = query.get("resourcekey", "")
    if not _ID.fullmatch(key):
        return location
    return Location(provider=NAME, id=location.id, url=location.url, params=((RESOURCE_KEY, key),))


def _published() -> UnsupportedLink:
    return UnsupportedLink(
        "This is a published copy or a form to fill in; such addresses don't name an item in Google Drive.",
        hint="Open the document or folder itself in Google Drive and paste that address.",
    )
