"""The cursor of a snapshot: where Box' event stream stood before the listing, and the tree that was listed.

https://developer.box.com/guides/events/user-events/for-user/

One stream tells of all that the account sees. Its events come late, twice and in any order, and show an item as it is
now, not as it was then. So they are only taken as hints on which folders are to be listed again.
"""

from collections.abc import Iterable
from enum import Enum

import msgspec

from hubdrives.model import Location
from hubdrives.providers.box.api import Event
from hubdrives.providers.box.tree import Tree

LONGEST = 7 * 86_400.0
"""Seconds after which a position is not believed any more: Box keeps events for two weeks or more."""


class Effect(Enum):
    """What events mean for a tree."""

    NONE = "none"
    RELIST = "relist"
    """Some folders must be listed again."""
    STALE = "stale"
    """The root itself, or something above it, is not what it was."""


class Cursor(msgspec.Struct):
    """What a snapshot's `cursor` holds. The tree is read only when something happened."""

    asked: str
    """What the snapshot was asked with; another question needs another cursor."""
    position: str
    noted: float
    """Seconds since 1970: when `position` was read."""
    tree: msgspec.Raw

    def __repr__(self) -> str:
        return "Cursor()"


def question(location: Location) -> str:
    """What a snapshot is asked with, as text that is equal for equal questions."""
    return msgspec.json.encode((1, location.id, location.path)).decode()


def encode(asked: str, position: str, noted: float, tree: Tree | msgspec.Raw) -> bytes:
    raw = tree if isinstance(tree, msgspec.Raw) else msgspec.Raw(msgspec.json.encode(tree))
    return msgspec.json.encode(Cursor(asked=asked, position=position, noted=noted, tree=raw))


def decode(cursor: bytes | None, asked: str, *, now: float) -> Cursor | None:
    """The cursor, None if there is none for this question, or it is too old."""
    if cursor is None:
        return None
    try:
        found = msgspec.json.decode(cursor, type=Cursor)
    except msgspec.DecodeError:
        return None
    return found if found.asked == asked and 0 <= now - found.noted <= LONGEST else None


def tree_of(cursor: Cursor) -> Tree | None:
    """The tree of a cursor, None if it is damaged."""
    try:
        return msgspec.json.decode(cursor.tree, type=Tree)
    except msgspec.DecodeError:
        return None


def concerned(tree: Tree, events: Iterable[Event]) -> tuple[Effect, set[str]]:
    """What events mean for a tree, and the ids of the folders that are to be listed again."""
    folders: set[str] = set()
    own = {f"folders/{each}" for each in (tree.root.id, *tree.root.above)}
    for event in events:
        key, parent = _named(event)
        if not key or key in own:
            return Effect.STALE, set()
        known = tree.items.get(key)
        before = known.parent.id if known is not None and known.parent is not None else None
        folders |= {each for each in (parent, before) if each is not None and each in tree.listed}
    return (Effect.RELIST if folders else Effect.NONE), folders


def _named(event: Event) -> tuple[str, str | None]:
    """The key of what an event is of, "" if it does not say; and the id of the folder that this is in now."""
    match event.source:
        case {"type": str(kind), "id": str(number), "parent": {"id": str(parent)}}:
            return f"{kind}s/{number}", parent
        case {"type": str(kind), "id": str(number)}:
            return f"{kind}s/{number}", None
        # Of collaborations, the stream tells the item by other names.
        case {"item_type": str(kind), "item_id": str(number)}:
            return f"{kind}s/{number}", None
    return "", None
