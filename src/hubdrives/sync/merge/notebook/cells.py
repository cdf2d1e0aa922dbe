"""One cell of three versions becomes one."""

from dataclasses import dataclass
from typing import Any

from hubdrives.model import Policy
from hubdrives.sync.merge.notebook.document import Cell, make_cell
from hubdrives.sync.merge.notebook.layout import Layout
from hubdrives.sync.merge.notebook.metadata import OF_CELLS, Difference, lasting, merge_metadata, same
from hubdrives.sync.merge.notebook.multiline import joined, same_outputs
from hubdrives.sync.merge.notebook.similar import ALIKE, Alikeness, share_line
from hubdrives.sync.merge.text import merge_lines


@dataclass(frozen=True, slots=True, kw_only=True)
class CellMerged:
    """Both sides' changes in one cell."""

    cell: Cell
    """The user's very object if nothing came."""
    is_clash: bool = False
    """Both changed its type or the same lines, so that one side's source is not all there."""
    clashes: tuple[Difference, ...] = ()
    """Where the policy had to decide."""


def merge_cell(base: Cell | None, mine: Cell, theirs: Cell, *, policy: Policy, layout: Layout) -> CellMerged:
    """The user's cell with upstream's changes; `base` is None if both made the same cell anew."""
    if base is None:
        base = make_cell({"cell_type": mine.kind, "metadata": {}, "source": ""})
    if theirs.data == base.data and same(theirs.metadata, base.metadata):
        return CellMerged(cell=mine)
    kind, text, is_clash = _source(base, mine, theirs, policy)
    settings = merge_metadata(
        base.metadata, mine.metadata, theirs.metadata, what="metadata", volatile=OF_CELLS, policy=policy
    )
    own_files = mine.attachments
    files = merge_metadata(base.attachments, own_files, theirs.attachments, what="attachment", policy=policy)
    data = dict(mine.data)
    data["cell_type"], data["metadata"] = kind, settings.value
    if text != mine.text:
        crlf = "\r\n" in joined(mine.data["source"])
        data["source"] = layout.source(text.replace("\n", "\r\n") if crlf else text)
    if files.value is not own_files:
        data["attachments"] = layout.attachments(files.value)
    # What is left of another type goes when the cell is made.
    if kind == "code":
        data |= _run(base, mine, theirs, layout)
    if "id" in theirs.data and data.get("id") == base.data.get("id"):
        data["id"] = theirs.data["id"]
    clashes = [Difference(mine=mine.text, theirs=theirs.text)] if is_clash else []
    is_same = data == mine.data and same(data["metadata"], mine.metadata)
    return CellMerged(
        cell=mine if is_same else make_cell(data),
        is_clash=is_clash,
        clashes=(*clashes, *settings.clashes, *files.clashes),
    )


def is_edited(base: Cell, cell: Cell) -> bool:
    """Whether a person changed the cell; running it, or another editor's habits, are no change."""
    return not (
        base.kind == cell.kind
        and base.text == cell.text
        and same(lasting(base.metadata, OF_CELLS), lasting(cell.metadata, OF_CELLS))
        and same(base.attachments, cell.attachments)
    )


def _source(base: Cell, mine: Cell, theirs: Cell, policy: Policy) -> tuple[str, str, bool]:
    """Type and text, and whether one side's are not all there."""
    is_changed = (theirs.kind, theirs.text) not in {(base.kind, base.text), (mine.kind, mine.text)}
    if is_changed and _is_anew(base, mine):
        # Upstream's new line or type is meant for the old text.
        winner = theirs if policy is Policy.THEIRS else mine
        return winner.kind, winner.text, True
    kind, is_kind_clash = _kind(base, mine, theirs, policy)
    text, is_text_clash = _text(base, mine, theirs, policy)
    return kind, text, is_kind_clash or is_text_clash


def _is_anew(base: Cell, cell: Cell) -> bool:
    """Whether nothing of the old text is left."""
    return Alikeness().of(base.text, cell.text) < ALIKE and not share_line(base.text, cell.text)


def _kind(base: Cell, mine: Cell, theirs: Cell, policy: Policy) -> tuple[str, bool]:
    if mine.kind == base.kind:
        return theirs.kind, False
    if theirs.kind in {base.kind, mine.kind}:
        return mine.kind, False
    return (theirs if policy is Policy.THEIRS else mine).kind, True


def _text(base: Cell, mine: Cell, theirs: Cell, policy: Policy) -> tuple[str, bool]:
    if mine.text == base.text:
        return theirs.text, False
    if theirs.text in {base.text, mine.text}:
        return mine.text, False
    # A last line without line end must not count as another line than one with it.
    versions = [cell.text.split("\n") if cell.text else [] for cell in (base, mine, theirs)]
    merged = merge_lines(*versions, policy=policy)
    return "\n".join(merged.lines), bool(merged.clashes)


def _run(base: Cell, mine: Cell, theirs: Cell, layout: Layout) -> dict[str, Any]:
    """Outputs and count, which belong together: the user's, if theirs are not the ones that they got."""
    if mine.kind == "code":
        (old, old_count), (own, count), (new, new_count) = base.ran, mine.ran, theirs.ran
        is_run = count != old_count or not same_outputs(own, old)
        if is_run or theirs.kind != "code" or (new_count == count and same_outputs(new, own)):
            return {}
    return {"outputs": layout.outputs(theirs.ran[0]), "execution_count": theirs.ran[1]}
