"""What people paste for something in Globus: pages of the web app, addresses of collections' own https servers.

A location's `id` is a collection's UUID, or the address of its https server, which only Globus can tell the collection
of; "" is all that the account knows. Its `path` is below the collection's top, or, behind "~", below the home there.

https://docs.globus.org/guides/recipes/web-app-urls/
"""

import re
from collections.abc import Mapping, Sequence
from typing import Final
from urllib.parse import SplitResult, parse_qs, quote, unquote, urlsplit

from hubdrives.errors import UnsupportedLink
from hubdrives.model import Location
from hubdrives.paths import relative

NAME: Final = "globus"
APP: Final = "https://app.globus.org"
HOME: Final = "~"
"""The first part of a path below the home of whoever looks."""

_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_APP_HOSTS = frozenset({"app.globus.org", "www.globus.org", "globus.org"})
_DATA_HOST = re.compile(r"(?:[a-z0-9-]+\.)+data\.globus\.org")
_USUAL_PORTS: Mapping[str, int] = {"http": 80, "https": 443}
_HINT = "Open the folder in the Globus file manager and paste the address that the browser shows then."


def parse(text: str, *, base_url: str | None = None) -> Location | None:
    """The location of a pasted address, None if it is not of Globus.

    Args:
        text: as pasted; the scheme may be missing.
        base_url: a server beside Globus' own whose pages count too.

    Raises:
        UnsupportedLink: it is of Globus, but no collection, file or folder: a task, a group, another page.
        BadPath: its path leads out of the collection.
    """
    url = _split(text.strip())
    if url is None:
        return None
    host = (url.hostname or "").lower()
    own = _split(base_url) if base_url else None
    if is_data_host(host):
        # The query can only ask for the file to be downloaded.
        server = f"https://{_netloc(url)}"
        return Location(provider=NAME, id=server, path=_path(url.path), url=f"{server}/")
    if own is not None and _netloc(own) == _netloc(url):
        page = f"{own.scheme}://{_netloc(own)}"
    elif host in _APP_HOSTS:
        page = APP
    else:
        return None
    found = _in_app(page, [unquote(part) for part in url.path.split("/") if part], parse_qs(url.query))
    if found is None:
        raise UnsupportedLink("This page of Globus is no collection, file or folder.", hint=_HINT)
    return found


def page_of(collection: str, path: str = "/", *, app: str = APP) -> str:
    """The address that opens a collection in the file manager, at a path from its top."""
    return f"{app}/file-manager?origin_id={collection}&origin_path={quote(path, safe='')}"


def is_collection(text: str) -> bool:
    """Whether this is what collections are identified by."""
    return _UUID.fullmatch(text) is not None


def is_data_host(host: str) -> bool:
    """Whether collections' https servers have names like this."""
    return _DATA_HOST.fullmatch(host.lower()) is not None


def _in_app(app: str, parts: Sequence[str], query: Mapping[str, Sequence[str]]) -> Location | None:
    match parts:
        case [] | ["file-manager" | "collections"]:
            # The other pane, when only that one is used.
            for pane in ("origin", "destination"):
                if item := _first(query, f"{pane}_id"):
                    return _location(app, item, _path(_first(query, f"{pane}_path"), encoded=False))
            return Location(provider=NAME, url=f"{app}/collections")
        case ["file-manager", "collections", item, *_] | ["collections" | "endpoints", item, *_]:
            return _location(app, item, "")
    return None


def _location(app: str, item: str, path: str) -> Location | None:
    if not is_collection(item):
        return None
    collection = item.lower()
    return Location(provider=NAME, id=collection, path=path, url=page_of(collection, app=app))


def _path(text: str, *, encoded: bool = True) -> str:
    """A path there as one below the top; "/~/" at its beginning stays as "~"."""
    return relative((unquote(text) if encoded else text).lstrip("/"))


def _first(query: Mapping[str, Sequence[str]], name: str) -> str:
    return next(iter(query.get(name, ())), "")


def _split(text: str) -> SplitResult | None:
    try:
        url = urlsplit(text if "://" in text else f"https://{text}")
        return url if url.scheme in _USUAL_PORTS and url.hostname and url.port != 0 else None
    except ValueError:
        return None


def _netloc(url: SplitResult) -> str:
    """Host and port, without the port that is usual."""
    host = (url.hostname or "").lower()
    host = f"[{host}]" if ":" in host else host
    return host if url.port in {None, _USUAL_PORTS[url.scheme]} else f"{host}:{url.port}"
