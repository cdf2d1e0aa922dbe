"""The table: what becomes of one path, by what it was, what is here, and what is there.

    was     what the pull before left:  ABSENT, FILE, FOLDER (one that a pull made)
    here    what stands there locally:  ABSENT, SAME (the bytes as pulled), EQUAL (upstream's bytes now),
                                        CHANGED (others), FOLDER, OTHER (a symlink, a device)
    there   what upstream has:          ABSENT, SAME (the bytes as pulled), CHANGED, FOLDER

The rule behind it: names are upstream's, bytes are the user's. A pulled file that the user changed stays under its
name; anything else of the user's that stands where upstream's thing belongs is renamed aside. A pulled file that the
user deleted comes back: this is how one starts it over.

Removals are always applied, even when a snapshot lost everything: only what is byte for byte upstream's own is removed,
so a listing that was wrong costs nothing but another pull.
"""

from enum import Enum, auto


class Was(Enum):
    ABSENT = auto()
    FILE = auto()
    FOLDER = auto()


class Here(Enum):
    ABSENT = auto()
    SAME = auto()
    EQUAL = auto()
    CHANGED = auto()
    FOLDER = auto()
    OTHER = auto()


class There(Enum):
    ABSENT = auto()
    SAME = auto()
    CHANGED = auto()
    FOLDER = auto()


class Verb(Enum):
    LEAVE = auto()
    """Nothing to do, nothing to say."""
    MATCH = auto()
    """A file that is as upstream has it."""
    KEEP = auto()
    """The user changed it, upstream did not."""
    RELEASE = auto()
    """Upstream has it no more, but the user made something of it: from now on it is the user's alone."""
    FORGET = auto()
    """Nothing there any more that a pull brought."""
    FETCH = auto()
    FETCH_ASIDE = auto()
    """Fetch, and rename what stands there, unless its bytes turn out to be the same."""
    CONFLICT = auto()
    """Both changed it: merge."""
    REMOVE = auto()
    REMOVE_FOLDER = auto()
    """If nothing of the user's is in it."""
    MAKE_FOLDER = auto()
    REPLACE_BY_FOLDER = auto()
    """An untouched file makes room for a folder."""
    MOVE_AND_MAKE_FOLDER = auto()
    """The user's file or symlink is renamed, then the folder is made."""
    HOLD = auto()
    """Nothing now, for the file is open in an editor. No combination says so; the plan does."""


def decide(was: Was, here: Here, there: There) -> Verb:  # noqa: PLR0911, PLR0912, C901 - one row of the table each
    """What becomes of a path. Total: every combination has an answer, even those that can't be."""
    match was, here, there:
        case Was.ABSENT, _, There.ABSENT:
            return Verb.LEAVE
        case Was.FILE, Here.SAME, There.ABSENT:
            return Verb.REMOVE
        case Was.FILE, Here.ABSENT, There.ABSENT:
            return Verb.FORGET
        case Was.FILE, _, There.ABSENT:
            return Verb.RELEASE
        case Was.FOLDER, Here.FOLDER, There.ABSENT:
            return Verb.REMOVE_FOLDER
        case Was.FOLDER, _, There.ABSENT:
            return Verb.FORGET

        case _, Here.FOLDER, There.FOLDER:
            return Verb.LEAVE
        case _, Here.ABSENT, There.FOLDER:
            return Verb.MAKE_FOLDER
        case _, Here.SAME, There.FOLDER:
            return Verb.REPLACE_BY_FOLDER
        case _, _, There.FOLDER:
            return Verb.MOVE_AND_MAKE_FOLDER

        case _, Here.ABSENT, _:
            return Verb.FETCH
        case _, Here.EQUAL, _:
            return Verb.MATCH
        case _, Here.SAME, There.SAME:
            return Verb.MATCH
        case _, Here.SAME, _:
            return Verb.FETCH
        case Was.FILE, Here.CHANGED, There.SAME:
            return Verb.KEEP
        case Was.FILE, Here.CHANGED, There.CHANGED:
            return Verb.CONFLICT
        case _:
            return Verb.FETCH_ASIDE
