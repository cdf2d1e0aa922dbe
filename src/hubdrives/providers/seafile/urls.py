"""What people paste for something in Seafile: addresses from the browser, internal and public links, of its API.

A location's `host` is the server, with the path below which it is served if there is one. Its `id` is a library's, or
"" for the account's root, "default" for the account's default library, "smart-link/UUID" for an internal link that only
the server can follow, "d/TOKEN" and "f/TOKEN" for what a public share link opens.

https://help.seafile.com/sharing_collaboration/share_links/
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import SplitResult, parse_qsl, quote, unquote, urlsplit

from hubdrives.errors import UnsupportedLink
from hubdrives.model import Location
from hubdrives.paths import relative
from hubdrives.providers.seafile.shelf import SECTIONS, WITH_GROUPS

NAME: Final = "seafile"
DEFAULT: Final = "default"
"""Instead of a library's id: the account's default library. Only hubdrives writes it so, with the path right behind."""
SMART: Final = "smart-link/"
"""Before the id of an internal link."""

_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_TOKEN = re.compile(r"[0-9a-f]{8,64}")
# Other servers don't tell by their names what they are.
_KNOWN = re.compile(r"drive(?:-dev|-int)?\.ebrains\.eu")
_LAB = re.compile(r"lab(?:[.-][a-z0-9-]+)*\.ebrains\.eu")
_ROOTS = frozenset({"my-libs", "shared-libs", "libraries", "home"})
_USUAL_PORTS: Mapping[str, int] = {"http": 80, "https": 443}
_HINT = "Open the folder or file itself in Seafile and paste its address, or a share link to it."


def parse(text: str, *, base_url: str | None = None) -> Location | None:
    """The location of a pasted address, None if it is not of this Seafile.

    Args:
        text: as pasted; the scheme may be missing.
        base_url: the connection's server. Without one, only EBRAINS Drive and addresses that can't be of anything else
            are understood.

    Raises:
        UnsupportedLink: it is Seafile's, but no library, folder or file.
        BadPath: its path leads out of the library.
    """
    url = _split(text.strip())
    if url is None:
        return None
    parts = [unquote(part) for part in url.path.split("/") if part]
    own = _split(base_url) if base_url is not None else None
    if _LAB.fullmatch(url.hostname or "") and (base_url is None or (own and _KNOWN.fullmatch(own.hostname or ""))):
        _refuse_lab(parts)
    if base_url is not None:
        if own is None or _netloc(own) != _netloc(url):
            return None
        prefix = [part for part in own.path.split("/") if part]
        if parts[: len(prefix)] != prefix:
            return None
    elif _KNOWN.fullmatch(url.hostname or ""):
        prefix = []
    else:
        # Who pastes it may have no connection yet, and is told so.
        start = _of_library(parts)
        if start is None:
            return None
        prefix = parts[:start]
    at = _Server(url.scheme, "/".join([_netloc(url), *prefix]))
    found = _read(at, parts[len(prefix) :], url)
    if found is None:
        raise UnsupportedLink("This address of Seafile's leads to no library, folder or file.", hint=_HINT)
    return found


@dataclass(frozen=True, slots=True)
class _Server:
    scheme: str
    host: str

    def location(self, item: str, page: str, path: Sequence[str] = ()) -> Location:
        # Composed, as names here are; what a server has in another form is found by looking.
        below = unicodedata.normalize("NFC", "/".join(path))
        url = f"{self.scheme}://{self.host}/{page}"
        return Location(provider=NAME, host=self.host, id=item, path=relative(below), url=url)


def _refuse_lab(parts: Sequence[str]) -> None:
    """Raise UnsupportedLink for what lies in the drive that EBRAINS' labs mount: each user's own, whoever opens it."""
    match parts[parts.index("tree") + 1 :] if "tree" in parts else ():
        case ["drive", *names]:
            sections = {section.casefold(): section for section in SECTIONS}
            path = [sections.get(name.casefold(), name) for name in names[:1]] + names[1:]
        case ["shared", *names]:
            path = [WITH_GROUPS, *names]
        case _:
            return
    where = "/".join(path)[:500]
    raise UnsupportedLink(
        "This address in a lab leads each user into their own drive.",
        hint=f"Write CONNECTION:/{where} with the connection to that drive, or paste the drive's own address.",
    )


def _read(at: _Server, parts: Sequence[str], url: SplitResult) -> Location | None:
    query = dict(parse_qsl(url.query))
    match parts:
        case []:
            return _in_fragment(at, url.fragment) if url.fragment else at.location("", "")
        case [page] if page in _ROOTS:
            return at.location("", "")
        case ["library", "default", *path]:
            return at.location(DEFAULT, f"library/{DEFAULT}/", path)
        case ["library" | "lib" | "repo" | "api2" | "api", *_]:
            return _in_library(at, parts, query)
    return _behind_link(at, parts, query)


def _in_library(at: _Server, parts: Sequence[str], query: Mapping[str, str]) -> Location | None:
    """Addresses of the browser and of the API that name a library."""
    match parts:
        case ["library", item, name, *path]:
            return _library(at, item, path, name=name)
        case ["library" | "repo", item]:
            return _library(at, item, ())
        case ["lib", item, "file", *path] if path:
            return _library(at, item, path)
        case ["api2", "repos", item, *_] | ["api", "v2.1", "repos", item, *_]:
            return _library(at, item, _split_path(query.get("p", query.get("path", ""))))
    return None


def _behind_link(at: _Server, parts: Sequence[str], query: Mapping[str, str]) -> Location | None:
    """Links: internal ones, public ones, and such as lead to nothing that can be read."""
    match parts:
        case ["smart-link", link, *_] if _UUID.fullmatch(link.lower()):
            return at.location(f"{SMART}{link.lower()}", f"smart-link/{link.lower()}/")
        case ["d", token, *rest] if _TOKEN.fullmatch(token) and rest in ([], ["files"]):
            return at.location(f"d/{token}", f"d/{token}/", _split_path(query.get("p", "")))
        case ["f", token, *_] if _TOKEN.fullmatch(token):
            return at.location(f"f/{token}", f"f/{token}/")
        case ["u", "d", *_]:
            raise UnsupportedLink(
                "This is a link for uploading to Seafile; nothing can be seen through it.",
                hint="Ask for a share link, or to have the folder shared with this account.",
            )
        case ["seafhttp", *_]:
            raise UnsupportedLink(
                "This address of a file in Seafile is good for an hour only, and does not say which file it is.",
                hint=_HINT,
            )
    return None


def _in_fragment(at: _Server, fragment: str) -> Location | None:
    """Old servers have their pages behind a "#": "#common/lib/ID/a/folder", "#group/7/lib/ID"."""
    parts = _split_path(unquote(fragment))
    if parts and parts[0] in _ROOTS and len(parts) == 1:
        return at.location("", "")
    for index, part in enumerate(parts[:-1]):
        if part == "lib":
            return _library(at, parts[index + 1], parts[index + 2 :])
    return None


def _library(at: _Server, item: str, path: Sequence[str], *, name: str = "-") -> Location | None:
    # The name is for people only: the server goes by the id.
    item = item.lower()
    if not _UUID.fullmatch(item):
        return None
    return at.location(item, f"library/{item}/{quote(name, safe='')}/", path)


def _of_library(parts: Sequence[str]) -> int | None:
    """Where the part of an address begins that only a library's has; None if it has none."""
    for index in range(len(parts) - 1):
        known = parts[index] == "library" or (parts[index] == "lib" and parts[index + 2 : index + 3] == ["file"])
        if known and _UUID.fullmatch(parts[index + 1].lower()):
            return index
    return None


def _split_path(path: str) -> list[str]:
    return [part for part in path.split("/") if part]


def _split(text: str) -> SplitResult | None:
    try:
        url = urlsplit(text if "://" in text else f"https://{text}")
        return url if url.scheme in _USUAL_PORTS and url.hostname and url.port != 0 else None
    except ValueError:
        return None


def _netloc(url: SplitResult) -> str:
    host = (url.hostname or "").lower()
    shown = f"[{host}]" if ":" in host else host
    return shown if url.port in {None, _USUAL_PORTS[url.scheme]} else f"{shown}:{url.port}"
