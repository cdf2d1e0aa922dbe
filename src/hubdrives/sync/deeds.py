"""What is done to a working folder, in a form that can be written down, believed after a crash, and taken back."""

from datetime import datetime
from enum import StrEnum
from typing import Final

import msgspec

from hubdrives.model import Report
from hubdrives.sync.values import Record


class Placed(msgspec.Struct, frozen=True, omit_defaults=True, tag="placed"):
    """Bytes took `path`."""

    path: str
    size: int
    digest: str
    """"sha256:…" of them."""
    inode: int = 0
    """Of the file that has them: by it one is known again into which the user has written since."""
    record: Record | None = None
    """What is known of upstream's file at `path` from now on; None if upstream has none."""
    replaced: bool = False
    """Whether a file stood there."""
    kept: str = ""
    """Where that file is now, relative to the working folder; "" if it was not kept."""
    was_user_s: bool = False
    """Whether that file had bytes of the user's."""


class Removed(msgspec.Struct, frozen=True, omit_defaults=True, tag="removed"):
    """The file at `path` was taken away."""

    path: str
    kept: str = ""
    was_user_s: bool = False


class Moved(msgspec.Struct, frozen=True, omit_defaults=True, tag="moved"):
    """Whatever stood at `old` is at `new` now."""

    old: str
    new: str
    is_upstream_s: bool = False
    """Upstream renamed it: what is known of it goes along. Else it made room, and is the user's alone."""


class Made(msgspec.Struct, frozen=True, tag="made"):
    """A folder was made."""

    path: str


class Unmade(msgspec.Struct, frozen=True, tag="unmade"):
    """An empty folder was removed."""

    path: str


Act = Placed | Removed | Moved | Made | Unmade


class What(StrEnum):
    """What changed a working folder."""

    PULL = "pull"
    UNDO = "undo"
    RESET = "reset"


class Begun(msgspec.Struct, frozen=True, tag="begun"):
    """The acts that follow in the journal are of this deed."""

    id: str
    what: What


LINE: Final = msgspec.json.Decoder(Act | Begun)
"""Of the journal."""


class Deed(msgspec.Struct, frozen=True, omit_defaults=True):
    """One pull, undo or reset that changed something."""

    id: str
    what: What
    when: datetime
    report: Report
    acts: tuple[Act, ...] = ()
    """In the order in which they were done."""
    records: dict[str, Record | None] = {}
    """What was known before of each path whose record changed; None where nothing was."""
    folders: tuple[str, ...] = ()
    """The folders that pulls had made, before."""
    upstream: dict[str, str] = {}
    """By path: where upstream's version is kept that did not take its place."""


def user_s_bytes(deed: Deed) -> frozenset[str]:
    """Where bytes of the user's are that this deed took out of their place."""
    return frozenset(act.kept for act in deed.acts if isinstance(act, Placed | Removed) and act.was_user_s and act.kept)
