"""Upstream's version of a cell as a cell of its own, labelled, beside or in place of the user's."""

from typing import Any, Final

from hubdrives.sync.merge.notebook.document import Cell, Notebook, make_cell
from hubdrives.sync.merge.notebook.layout import Layout
from hubdrives.sync.merge.notebook.metadata import OF_CELLS

OF_THE_CELL_ABOVE: Final = "Upstream's version of the cell above"
OF_A_DELETED_CELL: Final = "Upstream's version of a cell that you deleted"

_IDENTITY: Final = OF_CELLS | {"nbgrader", "otter", "okpy", "deletable", "editable", "name"}
"""What makes a cell the one that is graded, protected or called by its name; there must be no second."""

_COMMENTS: Final = {
    "//": "c c++ cpp java javascript js typescript ts scala kotlin groovy go rust swift c# csharp f# fsharp php dart",
    "--": "sql haskell lua ada",
    "%": "matlab prolog erlang latex",
    ";": "clojure scheme lisp common-lisp racket",
}
_COMMENT: Final = {language: sign for sign, languages in _COMMENTS.items() for language in languages.split()}
"""How a comment begins, by language; "#" in all others."""


def language_of(notebook: Notebook) -> str:
    """The language of a notebook's code, in lower case; "" if it does not say."""
    for key, name in (("language_info", "name"), ("kernelspec", "language")):
        found = notebook.metadata.get(key)
        if isinstance(found, dict) and isinstance(found.get(name), str):
            return str(found[name]).lower()
    return ""


def labelled(theirs: Cell, label: str, *, language: str, layout: Layout) -> Cell:
    """The cell with a label, without id, outputs, and what makes it the one that is graded."""
    metadata = {key: value for key, value in theirs.metadata.items() if key not in _IDENTITY}
    data: dict[str, Any] = {"cell_type": theirs.kind, "metadata": metadata, "source": theirs.text}
    if theirs.attachments:
        data["attachments"] = layout.attachments(theirs.attachments)
    if theirs.kind == "markdown":
        data["source"] = f"> *{label}:*\n\n{theirs.text}"
    elif theirs.kind == "raw":
        # All of a raw cell is content.
        metadata["hubdrives"] = {"label": label}
    else:
        data["source"] = _commented(theirs.text, f"{_COMMENT.get(language, '#')} {label}")
        data |= {"execution_count": None, "outputs": []}
    data["source"] = layout.source(data["source"])
    return make_cell(data)


def _commented(text: str, comment: str) -> str:
    if text.startswith("%%"):
        # A cell magic has to be the first line.
        magic, _, rest = text.partition("\n")
        return f"{magic}\n{comment}\n{rest}"
    return f"{comment}\n{text}"
