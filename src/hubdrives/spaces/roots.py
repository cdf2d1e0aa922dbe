"""Where the folders of spaces are, as far as it is told without asking: no two may come to lie in each other."""

import unicodedata
from collections.abc import Mapping
from itertools import permutations

from hubdrives.config import SpaceSettings
from hubdrives.errors import BadConfig
from hubdrives.model import Location


def refuse_overlaps(spaces: Mapping[str, SpaceSettings], roots: Mapping[str, Location]) -> None:
    """See that no folder of one space could be taken for a user's of another one.

    Of each connection for itself: "the default library" and such are each account's own.

    Args:
        spaces: their settings, by name.
        roots: the folder that has everybody's in it, of those that are looked at.

    Raises:
        BadConfig: two are the same folders, or the root of one lies in that of the other.
    """
    for one, other in permutations(roots, 2):
        if spaces[one].connection != spaces[other].connection:
            continue
        outer, inner = _placed(roots[one]), _placed(roots[other])
        if outer == inner and _folded(spaces[one].folder) == _folded(spaces[other].folder):
            raise BadConfig(
                f"The spaces '{one}' and '{other}' are the same folders.", hint="Give one another `folder` or `root`."
            )
        if outer != inner and outer[:-1] == inner[:-1] and _is_below(inner[-1], outer[-1]):
            raise BadConfig(
                f"The root of space '{other}' lies in the root of space '{one}', among the folders of its users.",
                hint="Give them roots beside each other; or the same one, and each a `folder` of its own.",
            )


def _placed(root: Location) -> tuple[str, str, str, str]:
    return root.provider, root.host, root.id, _folded(root.path)


def _folded(names: str) -> str:
    """Some providers take names for equal that differ in case, or in how their letters are composed."""
    return unicodedata.normalize("NFC", names.casefold())


def _is_below(path: str, folder: str) -> bool:
    return not folder or path.startswith(f"{folder}/")
