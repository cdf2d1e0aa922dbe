"""Shared links: making them, and coming in by one.

https://developer.box.com/reference/get-shared-items/
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs

from hubdrives.testing.emulators.box.errors import BoxError
from hubdrives.testing.emulators.box.resources import View
from hubdrives.testing.emulators.box.sharing import SharedLink, Sharing
from hubdrives.testing.emulators.server import Answer, Call
from hubdrives.testing.emulators.tree import Node

_ACCESS = ("open", "company", "collaborators")


def link_of(call: Call, sharing: Sharing) -> SharedLink | None:
    """The shared link that a request comes with, in its BoxApi header.

    Raises:
        BoxError: there is no such link (404), or the password is wrong (403).
    """
    header = parse_qs(call.request.headers.get("BoxApi", ""))
    if "shared_link" not in header:
        return None
    link = sharing.by_url(header["shared_link"][0])
    if link is None:
        raise BoxError("not_found")
    if link.password is not None and header.get("shared_link_password", [""])[0] != link.password:
        raise BoxError("incorrect_shared_item_password")
    return link


async def get_shared_item(view: View, call: Call, _args: Mapping[str, str]) -> Answer:
    """The item that a link is of."""
    link = view.access.link
    if link is None:
        raise BoxError("bad_request", "The BoxApi header is missing")
    node = view.box.tree.nodes.get(link.item)
    if node is None or view.box.tree.in_trash(node.id) or not view.access.sees(node):
        raise BoxError("not_found")
    fields = call.params.get("fields")
    found = view.item(node, fields.split(",") if fields else None)
    found.pop("item_collection", None)
    return Answer.json(found)


def change_link(view: View, node: Node, wanted: Any) -> None:
    """Give an item a link, change the one that it has, or take it away.

    Args:
        view: of whoever asks.
        node: the item.
        wanted: the JSON; null takes the link away.

    Raises:
        BoxError: 400 or 403.
    """
    view.access.need(node, "share")
    sharing = view.box.sharing
    if wanted is None:
        sharing.remove_link(node.id)
    else:
        known = sharing.link(node.id)
        access = wanted.get("access") or (known.access if known else "open")
        if access not in _ACCESS:
            raise BoxError("bad_request", "Invalid value for 'access'")
        password = wanted.get("password", known.password if known else None)
        download = wanted.get("permissions", {}).get("can_download", known.download if known else True)
        sharing.set_link(node.id, access=access, password=password, download=bool(download))
    view.box.tree.touch(node.id)
    view.box.tree.note("ITEM_SHARED_UNSHARE" if wanted is None else "ITEM_SHARED_UPDATE", node.id)
