"""The cursor of a snapshot: where Drive's change logs stood before the listing, and the raw tree to apply changes to.

https://developers.google.com/workspace/drive/api/guides/manage-changes

A log tells of every item that is shared with the account (or in the shared drive), each once, as it is now; folders
that are moved or removed are told without what is in them. Of what only a link opens it tells nothing.
"""

from collections.abc import Iterable, Mapping
from enum import Enum

import msgspec

from hubdrives.errors import Forbidden, NotFound
from hubdrives.model import Location
from hubdrives.providers.googledrive.api import Api, Change, PageTokenRejected
from hubdrives.providers.googledrive.exports import Options
from hubdrives.providers.googledrive.item import Item
from hubdrives.providers.googledrive.listing import with_key
from hubdrives.providers.googledrive.together import together
from hubdrives.providers.googledrive.tree import Tree


class Effect(Enum):
    """What a change means for a tree."""

    NONE = "none"
    APPLIED = "applied"
    ASK_ROOT = "ask-root"
    """It may concern a folder above the root, of which nothing is known: ask whether the root is still there."""
    STALE = "stale"
    """The tree can't be updated: resolve the location and list it anew."""


class Cursor(msgspec.Struct):
    """What a snapshot's `cursor` holds. The tree is read only when something changed."""

    asked: str
    """What the snapshot was asked with; another question needs another cursor."""
    logs: dict[str, str]
    """Shared drive ("" for the account's own log) -> the page token to go on from."""
    tree: msgspec.Raw

    def __repr__(self) -> str:
        return "Cursor()"


def question(location: Location, boundary: Location | None, options: Options) -> str:
    """What a snapshot is asked with, as text that is equal for equal questions."""
    places = [(place.id, place.path) for place in (location, boundary) if place is not None]
    return msgspec.json.encode((1, places, options)).decode()


def encode(asked: str, logs: Mapping[str, str | None], tree: Tree | msgspec.Raw) -> bytes | None:
    """A cursor; None if a log can't be read, so that nothing would tell of changes."""
    tokens = {drive: token for drive, token in logs.items() if token is not None}
    if len(tokens) < len(logs):
        return None
    raw = tree if isinstance(tree, msgspec.Raw) else msgspec.Raw(msgspec.json.encode(tree))
    return msgspec.json.encode(Cursor(asked=asked, logs=tokens, tree=raw))


def decode(cursor: bytes | None, asked: str) -> Cursor | None:
    """The cursor, None if there is none for this question."""
    if cursor is None:
        return None
    try:
        found = msgspec.json.decode(cursor, type=Cursor)
    except msgspec.DecodeError:
        return None
    return found if found.asked == asked else None


def tree_of(cursor: Cursor) -> Tree | None:
    """The tree of a cursor, None if it is damaged."""
    try:
        return msgspec.json.decode(cursor.tree, type=Tree)
    except msgspec.DecodeError:
        return None


async def since(api: Api, logs: Mapping[str, str]) -> tuple[list[Change], dict[str, str]] | None:
    """All changes since the tokens, and the tokens for the next time; None if a log can't be read on from there."""
    try:
        answers = await together(*(api.changes(drive, token) for drive, token in logs.items()))
    except (PageTokenRejected, NotFound, Forbidden):
        return None
    changes = [change for found, _token in answers for change in found]
    return changes, {drive: token for drive, (_found, token) in zip(logs, answers, strict=True)}


def apply_all(tree: Tree, changes: Iterable[Change]) -> set[Effect]:
    """Put changes into the tree, as far as they concern it. Pure: what is then missing must be listed."""
    return {apply(tree, change) for change in changes}


def apply(tree: Tree, change: Change) -> Effect:
    """Put one change into the tree, if it concerns it."""
    item, new = change.file_id, change.file
    if not item:
        # A change of a shared drive itself, such as its name.
        return Effect.ASK_ROOT if tree.items[tree.root].drive_id == tree.root else Effect.NONE
    above = () if new is None else new.parents
    if item in tree.way or not set(tree.way).isdisjoint(above) or (item == tree.root and _has_left(change, tree)):
        return Effect.STALE
    return _removed(tree, item) if change.removed or new is None else _changed(tree, new)


def _has_left(change: Change, tree: Tree) -> bool:
    """Whether the root is gone, or lies elsewhere now: perhaps out of the boundary that it was in."""
    new = change.file
    return change.removed or new is None or new.trashed or new.parents != tree.items[tree.root].parents


def _removed(tree: Tree, item: str) -> Effect:
    if tree.items.pop(item, None) is None:
        return Effect.NONE if item in tree.absent else Effect.ASK_ROOT
    tree.absent.add(item)
    return Effect.APPLIED


def _changed(tree: Tree, new: Item) -> Effect:
    known = tree.items.get(new.id)
    if known is None and tree.listed.isdisjoint(new.parents) and new.id not in tree.absent:
        return Effect.ASK_ROOT if new.is_folder and new.trashed else Effect.NONE
    tree.absent.discard(new.id)
    tree.items[new.id] = new if known is None else with_key(new, known.resource_key)
    return Effect.NONE if tree.items[new.id] == known else Effect.APPLIED
