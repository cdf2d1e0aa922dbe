"""Merging: three versions of a file's bytes become one. Pure; knows no disk and no network."""

from hubdrives.model import Policy
from hubdrives.sync.merge.kinds import MergeKind, kind_of, mergeable
from hubdrives.sync.merge.values import Clash, Merged

__all__ = ["Clash", "MergeKind", "Merged", "kind_of", "merge", "mergeable"]


def merge(path: str, *, base: bytes, mine: bytes, theirs: bytes, policy: Policy) -> Merged | None:
    """Both sides' changes of the file at `path`, or None if it can't be merged: then one version is taken whole.

    Args:
        path: tells how it is merged.
        base: as the last pull left it.
        mine: as the user has it.
        theirs: as upstream has it now.
        policy: whose side is taken where both changed the same place.
    """
    match kind_of(path):
        case MergeKind.NOTEBOOK:
            # Most pulls merge nothing, and need not wait for these to be imported.
            from hubdrives.sync.merge.notebook import merge_notebooks  # noqa: PLC0415

            return merge_notebooks(base, mine, theirs, policy=policy)
        case MergeKind.TEXT:
            from hubdrives.sync.merge.text import merge_text  # noqa: PLC0415

            return merge_text(base, mine, theirs, policy=policy)
        case MergeKind.WHOLE:
            return None
