"""Public share links: https://help.seafile.com/sharing_collaboration/share_links/

Whoever has the link reads what it leads to, without an account. Reading through them is `api`'s.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import msgspec
from aiohttp.payload import JsonPayload

from hubdrives.errors import BadInput, Forbidden, NotFound, Unavailable
from hubdrives.providers.seafile.api import ENGLISH, Api, converted, is_link
from hubdrives.providers.seafile.changes import Again, Tries
from hubdrives.providers.seafile.item import moment
from hubdrives.providers.seafile.resolve import SHELF, Place

_TRIES = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class ShareLink:
    """A public link to a file or folder."""

    id: str = field(repr=False)
    """Its token: what `remove_link` takes. Secret, like `url`."""
    url: str = field(repr=False)
    password: bool
    """It wants one."""
    until: datetime | None
    """With time zone; None is for ever."""
    views: int


class _Link(msgspec.Struct):
    token: str
    link: str
    path: str = ""
    view_cnt: int = 0
    ctime: int | str | None = None
    expire_date: str | None = None
    password: str | None = None


async def make(api: Api, place: Place, *, password: str | None, days: int | None) -> ShareLink:
    """A new link that lets whoever has it read a file or folder.

    Args:
        api: who is asked.
        place: what it leads to.
        password: what it wants; None is nothing.
        days: after which it ends; None is never.

    Raises:
        BadInput: a link for this is there already (some servers allow one only), or the password or the number of days
            does not suit the server.
        Forbidden: this account may make no links.
    """
    _check(place)
    if days is not None and days < 1:
        raise BadInput("A link lasts a day at least.")
    body: dict[str, Any] = {"repo_id": place.library, "path": _path(place)}
    if password is not None:
        body["password"] = password
    if days is not None:
        body["expire_days"] = days
    for _ in range(_TRIES):
        try:
            once = Tries().once(lambda: JsonPayload(body))
            _status, answer, _headers = await api.client.send(
                "POST", _url(api), operation="share-links.create", headers=ENGLISH, payload=once
            )
        except Again:
            # A second request would be told that there is a link already: ours, or one that opens more than was meant.
            for each in await _made(api, place):
                if (each.password or None, _days(each)) == (password or None, days):
                    return _shown(each, password=bool(password))
        else:
            return _shown(converted(answer, _Link, "share-links.create"), password=password is not None)
    raise Unavailable("Seafile does not say whether a public link was made.")


async def made(api: Api, place: Place) -> Sequence[ShareLink]:
    """The links that this account made to a file or folder."""
    return [_shown(each, password=bool(each.password)) for each in await _made(api, place)]


async def _made(api: Api, place: Place) -> tuple[_Link, ...]:
    _check(place)
    params = {"repo_id": place.library, "path": _path(place)}
    answer, _headers = await api.get(_url(api), "share-links.list", params)
    # Some servers show a single one without a list around it.
    return converted([answer] if isinstance(answer, dict) else answer, tuple[_Link, ...], "share-links.list")


async def remove(api: Api, place: Place, link: str) -> None:
    """End a link. Raises NotFound: it is none to this file or folder."""
    if link not in {each.id for each in await made(api, place)}:
        raise NotFound(f"There is no such link to '{place.name}' in Seafile.")
    await api.change("DELETE", f"{_url(api)}{link}/", "share-links.delete")


def _url(api: Api) -> str:
    return f"{api.base}/api/v2.1/share-links/"


def _check(place: Place) -> None:
    if place.library == SHELF or is_link(place.library):
        raise Forbidden("Only what is in a library can have a public link in Seafile.", hint="Open the library first.")


def _path(place: Place) -> str:
    return f"{place.path.rstrip('/')}/" if place.is_folder else place.path


def _days(link: _Link) -> int | None:
    """For how many days it was made; None is for ever."""
    until, since = moment(link.expire_date or None), moment(link.ctime)
    return round((until - since) / timedelta(days=1)) if until is not None and since is not None else None


def _shown(link: _Link, *, password: bool) -> ShareLink:
    return ShareLink(
        id=link.token, url=link.link, password=password, until=moment(link.expire_date or None), views=link.view_cnt
    )
