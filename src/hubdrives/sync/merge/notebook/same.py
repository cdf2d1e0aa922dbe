"""Whether two notebooks say the same."""

from hubdrives.sync.merge.notebook.cells import is_edited
from hubdrives.sync.merge.notebook.document import Cell, Notebook
from hubdrives.sync.merge.notebook.metadata import OF_NOTEBOOKS, lasting, same
from hubdrives.sync.merge.notebook.multiline import same_outputs


def is_same(one: Notebook, other: Notebook) -> bool:
    """Whether they differ in nothing but how their files are written."""
    return (
        one.minor == other.minor
        and same(one.metadata, other.metadata)
        and len(one.cells) == len(other.cells)
        and all(map(_is_same_cell, one.cells, other.cells))
    )


def is_only_run(base: Notebook, mine: Notebook) -> bool:
    """Whether `mine` is `base` but for what running it, or saving it with another editor, leaves."""
    return (
        len(base.cells) == len(mine.cells)
        and same(lasting(base.metadata, OF_NOTEBOOKS), lasting(mine.metadata, OF_NOTEBOOKS))
        and not any(map(is_edited, base.cells, mine.cells))
    )


def _is_same_cell(one: Cell, other: Cell) -> bool:
    (outputs, count), (other_outputs, other_count) = one.ran, other.ran
    return (
        one.kind == other.kind
        and one.text == other.text
        and one.data.get("id") == other.data.get("id")
        and count == other_count
        and same(one.metadata, other.metadata)
        and same(one.attachments, other.attachments)
        and same_outputs(outputs, other_outputs)
    )
