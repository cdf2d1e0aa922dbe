"""Notebooks merge as notebooks: cell by cell, in the user's own layout.

1. Each version is read into cells (`document`). How its file is written (indent, key order, text as a string or as
   lines) is no part of them, so it can't count as a change. What is older than nbformat 4, Jupyter's own code brings
   up.
2. Which cell of the base became which of the user's, and of upstream's (`match`): by names that fit their contents,
   by equal content, then, between cells that are known, by the alignment of the most alike sources, and last by
   likeness wherever it stands. So ids that an editor dropped, made anew, copied or counted do no harm. The result
   (`trios`) is every cell once, with its place in up to three versions.
3. What becomes of each (`outcomes`, `cells`): what only one side changed is taken; sources that both changed merge by
   lines; outputs are the user's where the user ran the cell. A cell that one side deleted goes if the other left it
   alone, and running is no edit. Metadata merge key by key (`metadata`); what editors keep there for themselves never
   conflicts. Where only one side's can stay, the policy decides and a clash says so; with `both`, upstream's cell
   comes too, labelled (`beside`).
4. In which order they stand (`weave`): as upstream has them, save those that the user moved; the user's own cells
   behind the cell that they follow; upstream's new ones behind the one that they follow, and behind the user's own
   there. What both appended ends as the user's cells, right below what they were working on, then upstream's.
5. The file is the user's, with new pieces set in (`merge`, `layout`): what the merge leaves alone stays to the byte.
   Ids are there if the format's version wants them, and unique (`ids`). What nbformat would refuse (`valid`) never
   leaves.

A merge depends on nothing but its arguments: the same three versions always give the same bytes.
"""

from hubdrives.model import Policy
from hubdrives.sync.merge.notebook.document import read
from hubdrives.sync.merge.notebook.merge import merge
from hubdrives.sync.merge.notebook.readable import lines_of
from hubdrives.sync.merge.notebook.same import is_only_run, is_same
from hubdrives.sync.merge.values import Merged

__all__ = ["merge_notebooks", "only_outputs_changed", "readable", "same_content"]


def merge_notebooks(base: bytes, mine: bytes, theirs: bytes, *, policy: Policy = Policy.MINE) -> Merged | None:
    """The user's notebook with upstream's changes. Never fails, whatever the bytes.

    Args:
        base: upstream's file as it was last brought.
        mine: the user's file as it is.
        theirs: upstream's file as it is now.
        policy: whose lines stay where both changed the same ones; with `both`, the user's do, and upstream's version of
            the cell stands below as a labelled cell without id, outputs and grading metadata.

    Returns:
        The notebook, valid in the user's nbformat version or a newer one; exactly `mine` if nothing new came. None if
        they can't be merged safely: one is no notebook, is broken, or is too old for what is installed.
    """
    if theirs in (base, mine):
        return Merged(data=mine)
    versions = [read(data) for data in (base, mine, theirs)]
    old, own, new = versions
    if old is None or own is None or new is None:
        return None
    try:
        if is_same(own, new):
            return Merged(data=mine)
        return merge(old, own, new, policy=policy)
    except (ValueError, RecursionError):
        # A number that Python can't hold, or lists in lists without end: no editor writes that.
        return None


def only_outputs_changed(base: bytes, mine: bytes) -> bool:
    """Whether `mine` is `base` but for what running a notebook, or saving it with another editor, leaves.

    That is layout, outputs, execution counts, ids, and metadata that editors set by themselves. False if one of them is
    no notebook and they differ.
    """
    if base == mine:
        return True
    old, own = read(base), read(mine)
    try:
        return old is not None and own is not None and is_only_run(old, own)
    except RecursionError:
        return False


def same_content(a: bytes, b: bytes) -> bool:
    """Whether two notebooks differ in nothing but how their files are written. False if one is none and they differ."""
    if a == b:
        return True
    one, other = read(a), read(b)
    try:
        return one is not None and other is not None and is_same(one, other)
    except RecursionError:
        return False


def readable(data: bytes) -> list[str] | None:
    """A notebook as lines for a person's diff: cells' types and sources, like a percent script; None if it is none."""
    notebook = read(data)
    return None if notebook is None else lines_of(notebook)
