"""Metadata, key by key: what a person set, and what an editor keeps there for itself."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final

from hubdrives.model import Policy

_EDITORS: Final = frozenset({"colab", "vscode", "pycharm", "datalore", "deepnote", "nteract", "jupyter", "papermill"})

OF_CELLS: Final = _EDITORS | {
    "collapsed", "scrolled", "autoscroll", "hidden", "heading_collapsed", "trusted", "execution", "ExecuteTime",
    "run_control", "jp-MarkdownHeadingCollapsed", "toc-hr-collapsed", "code_folding", "inputHidden", "outputHidden",
    "id", "outputId", "executionInfo", "colab_type", "cellView", "_uuid", "_cell_guid", "gather", "cell_id",
    "execution_start", "execution_millis", "execution_context_id", "execution_event_id", "source_hash",
    "output_cleared", "deepnote_cell_type", "deepnote_cell_height", "deepnote_output_heights",
    "deepnote_to_be_reexecuted",
}  # fmt: skip
"""Keys of a cell's metadata that editors set by themselves: how it ran, how it looks, what they call it."""

OF_NOTEBOOKS: Final = _EDITORS | {
    "kernelspec", "language_info", "widgets", "orig_nbformat", "orig_nbformat_minor", "signature", "accelerator",
    "gpuClass", "kernel_info", "interpreter", "toc", "toc-autonumbering", "toc-showcode", "toc-showmarkdowntxt",
    "toc-showtags", "varInspector", "latex_envs", "hide_input", "notify_time", "nbTranslate", "hide_code",
    "deepnote_notebook_id", "deepnote_execution_queue", "deepnote_persisted_session", "kaggle", "execution",
}  # fmt: skip
"""The same of a notebook's metadata."""

_ABSENT: Final = object()


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Something of which only one side's could stay."""

    what: str = ""
    """A part of the cell, or of the notebook; "" for a source."""
    mine: str = ""
    theirs: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MetadataMerged:
    """Both sides' settings."""

    value: dict[str, Any]
    """The user's very object if nothing came."""
    clashes: tuple[Difference, ...] = ()
    """What both set, differently."""


def merge_metadata(
    base: Mapping[str, Any],
    mine: dict[str, Any],
    theirs: Mapping[str, Any],
    *,
    what: str,
    volatile: Collection[str] = (),
    policy: Policy,
) -> MetadataMerged:
    """Three-way, key by key, dictionaries within too.

    Args:
        base: the version that both come from.
        mine: the user's.
        theirs: upstream's.
        what: these are, for a person.
        volatile: keys that never clash and are taken as one, whatever is within: the user's if the user's changed.
        policy: whose value stays where both changed one; BOTH counts as MINE.
    """
    value: dict[str, Any] = {}
    clashes: list[Difference] = []
    for key in [*mine, *(key for key in theirs if key not in mine)]:
        old, own, new = base.get(key, _ABSENT), mine.get(key, _ABSENT), theirs.get(key, _ABSENT)
        chosen = own
        if same(own, old):
            chosen = new
        elif not same(new, old) and not same(new, own) and key not in volatile:
            if isinstance(own, dict) and isinstance(new, dict):
                within = old if isinstance(old, dict) else {}
                inner = merge_metadata(within, own, new, what=f"{what} {key}", policy=policy)
                clashes += inner.clashes
                chosen = inner.value
            else:
                clashes.append(Difference(what=f"{what} {key}", mine=_shown(own), theirs=_shown(new)))
                chosen = new if policy is Policy.THEIRS else own
        if chosen is not _ABSENT:
            value[key] = chosen
    return MetadataMerged(value=mine if same(value, mine) else value, clashes=tuple(clashes))


def lasting(metadata: Mapping[str, Any], volatile: Collection[str]) -> dict[str, Any]:
    """Without what editors set by themselves."""
    return {key: value for key, value in metadata.items() if key not in volatile}


def same(one: Any, other: Any) -> bool:
    """Whether two JSON values are the same; 1, 1.0 and true, which are equal in Python, are not."""
    if one is other:
        return True
    if type(one) is not type(other) or one != other:
        return False
    if isinstance(one, dict):
        return all(same(value, other[key]) for key, value in one.items())
    if isinstance(one, list):
        return all(map(same, one, other))
    return True


def _shown(value: Any) -> str:
    """For a person; "" for what is not there."""
    return "" if value is _ABSENT else json.dumps(value, ensure_ascii=False)
