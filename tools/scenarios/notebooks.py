"""Notebooks as values, and how editors write them into files."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

CODE, MARKDOWN = "code", "markdown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One cell."""

    key: str
    """Which cell it is, whatever becomes of its text. No file holds it."""
    kind: str
    lines: tuple[str, ...]
    output: str = ""
    """What it printed when it was run last; "" if it was not."""
    count: int | None = None
    id: str = ""
    metadata: dict[str, Any] = field(default_factory=dict)

    @property
    def text(self) -> str:
        return "\n".join(self.lines)


@dataclass(frozen=True, slots=True, kw_only=True)
class Editor:
    """A program's way to write a notebook."""

    minor: int
    """It writes nbformat 4 and this."""
    indent: int = 1
    is_colab: bool = False

    @property
    def has_ids(self) -> bool:
        return self.minor >= 5  # noqa: PLR2004 - nbformat 4.5 brought them


LAB = Editor(minor=5)
CLASSIC = Editor(minor=4)
COLAB = Editor(minor=0, indent=2, is_colab=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Notebook:
    """What somebody saved."""

    cells: tuple[Cell, ...]
    editor: Editor
    python: str
    """The version of the kernel that ran it."""
    has_colab_metadata: bool = False

    @property
    def data(self) -> bytes:
        """The file's bytes."""
        editor = self.editor
        cells = [_colab_cell(cell) if editor.is_colab else _jupyter_cell(cell, editor) for cell in self.cells]
        metadata = _metadata(self)
        if editor.is_colab:
            made = {"nbformat": 4, "nbformat_minor": editor.minor, "metadata": metadata, "cells": cells}
        else:
            made = {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": editor.minor}
        text = json.dumps(made, indent=editor.indent, sort_keys=not editor.is_colab, ensure_ascii=False)
        return (text if editor.is_colab else f"{text}\n").encode()

    def by_key(self) -> dict[str, Cell]:
        return {cell.key: cell for cell in self.cells}


def _metadata(notebook: Notebook) -> dict[str, Any]:
    kernel = {"name": "python3", "display_name": "Python 3"}
    if notebook.editor.is_colab:
        return {"colab": {"provenance": []}, "kernelspec": kernel, "language_info": {"name": "python"}}
    language = {"name": "python", "version": notebook.python, "file_extension": ".py", "mimetype": "text/x-python"}
    colab = {"colab": {"provenance": []}} if notebook.has_colab_metadata else {}
    return {**colab, "kernelspec": {**kernel, "language": "python"}, "language_info": language}


def _jupyter_cell(cell: Cell, editor: Editor) -> dict[str, Any]:
    made: dict[str, Any] = {"cell_type": cell.kind, "metadata": cell.metadata, "source": _source(cell.lines)}
    if editor.has_ids:
        made["id"] = cell.id
    if cell.kind == CODE:
        made |= {"execution_count": cell.count, "outputs": _outputs(cell)}
    return made


def _colab_cell(cell: Cell) -> dict[str, Any]:
    made: dict[str, Any] = {"cell_type": cell.kind, "source": _source(cell.lines), "metadata": cell.metadata}
    if cell.kind == CODE:
        made |= {"execution_count": cell.count, "outputs": _outputs(cell)}
    return made


def _source(lines: Sequence[str]) -> list[str]:
    return "\n".join(lines).splitlines(keepends=True)


def _outputs(cell: Cell) -> list[dict[str, Any]]:
    if not cell.output:
        return []
    return [{"name": "stdout", "output_type": "stream", "text": [f"{cell.output}\n"]}]
