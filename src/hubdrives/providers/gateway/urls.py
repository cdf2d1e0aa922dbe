"""What people write that the gateway may understand.

Web addresses; `connection:/path` there, and `space:/path`, which is one's own folder in a space; `space@user:/path`,
that of another user, whose name is all between the first "@" and the first ":/"; and signed links.
"""

import hashlib
import re

from yarl import URL

from hubdrives.model import Location
from hubdrives.redaction import redact
from hubdrives.wire import LINK_PREFIX

NAME = "gateway"
SOURCE = "source"
"""The name under which locations and entries carry what to ask the gateway for."""

_CONNECTION = re.compile(r"[A-Za-z0-9][\w.-]*(?:@[^/]+)?:/(?!/).*")
_ADDRESS = re.compile(r"(?i:https?)://[^\s/]+\S*")
_ADDRESS_WITHOUT_SCHEME = re.compile(r"(?:[a-z0-9-]+\.)+[a-z]{2,}/\S+")


def parse(text: str, *, base_url: str | None = None) -> Location | None:
    """The location of a source that the gateway may know, None if it can't be one.

    Which provider it is of, and whether this user may read there, only the gateway can tell.

    Args:
        text: a pasted address, `connection:/path`, `space@user:/path`, or `link:` and a token.
        base_url: the gateway's address; without one, nothing is understood.
    """
    if base_url is None:
        return None
    text = text.strip()
    host = _host(base_url)
    if text.startswith(LINK_PREFIX):
        token = text.removeprefix(LINK_PREFIX)
        # The token opens the link; its mark only tells one link from another.
        mark = hashlib.sha256(token.encode()).hexdigest()[:16]
        return (
            Location(provider=NAME, host=host, id=f"{LINK_PREFIX}{mark}", params=((SOURCE, text),)) if token else None
        )
    if _ADDRESS_WITHOUT_SCHEME.fullmatch(text):
        text = f"https://{text}"
    if _ADDRESS.fullmatch(text):
        shown = redact(text)
        return Location(provider=NAME, host=host, id=shown, url=shown, params=((SOURCE, text),))
    if _CONNECTION.fullmatch(text):
        name, _, path = text.partition(":/")
        root = f"{name}:/"
        return Location(provider=NAME, host=host, id=root, path=path.strip("/"), params=((SOURCE, root),))
    return None


def source_of(params: tuple[tuple[str, str], ...], otherwise: str = "") -> str:
    """What to ask the gateway for."""
    return dict(params).get(SOURCE, otherwise)


def _host(base_url: str) -> str:
    try:
        return URL(base_url).authority
    except ValueError:
        return ""
