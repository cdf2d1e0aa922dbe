"""The five scenarios: who changes what, and in which editor. Everything comes from a seed."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from scenarios.notebooks import CLASSIC, CODE, COLAB, LAB, MARKDOWN, Cell, Editor, Notebook

CELLS = 10
RUNS = 0.9
"""How many of the students run their notebook."""
COMMON_LINES = ("", "import numpy as np", "plt.show()", "# YOUR CODE HERE")
TEXT = "axis beam cloud curve error flow frame graph heat index kernel mass matrix mesh phase plane river scale slope"
WORDS = TEXT.split()


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """Lines `start` to `stop` of a cell of the base were replaced by `lines`, which stand nowhere else."""

    start: int
    stop: int
    lines: tuple[str, ...]

    def touches(self, other: "Edit") -> bool:
        """Whether no line stands between the two, so that line merges see one place."""
        return self.start <= other.stop and other.start <= self.stop


class Deed(StrEnum):
    """The one thing that the teacher does."""

    EDIT = "edit"
    INSERT = "insert"
    DELETE = "delete"
    APPEND = "append"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One student's notebook: what both had, what each made of it, and which changes those are."""

    base: Notebook
    mine: Notebook
    """The student's."""
    theirs: Notebook
    """The teacher's."""
    edits: dict[str, Edit]
    """The student's, by the cell's key."""
    deed: Deed
    key: str
    """The cell that the teacher edited, added or deleted."""
    edit: Edit | None = None
    """The teacher's, if that was the deed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """What is the same in all trials of one row of the table."""

    name: str
    title: str
    deeds: Sequence[Deed] = (Deed.EDIT, Deed.INSERT, Deed.DELETE, Deed.APPEND)
    adds: Callable[[random.Random], bool] = field(default=lambda rng: rng.random() < 1 / 2)
    """Whether the student adds a cell."""
    adds_at_end: bool = False
    editors: Callable[[random.Random], tuple[Editor, Editor, Editor]] = field(
        default=lambda rng: (rng.choice((LAB, CLASSIC)),) * 3
    )
    """Of the base, the student and the teacher."""


def _indented(rng: random.Random) -> tuple[Editor, Editor, Editor]:
    editor = rng.choice((LAB, CLASSIC))
    return editor, editor, replace(editor, indent=2)


def _colab(rng: random.Random) -> tuple[Editor, Editor, Editor]:
    # JupyterLab gives every cell an id; the classic notebook stays at the minor version that it found.
    return COLAB, rng.choice((LAB, replace(CLASSIC, minor=COLAB.minor))), COLAB


SCENARIOS = (
    Scenario(name="same-editor", title="Same editor on both sides"),
    Scenario(
        name="only-insert",
        title="The teacher adds one cell, the student none",
        deeds=(Deed.INSERT,),
        adds=lambda _: False,
    ),
    Scenario(
        name="both-append",
        title="Both add a cell at the end",
        deeds=(Deed.APPEND,),
        adds=lambda _: True,
        adds_at_end=True,
    ),
    Scenario(name="re-indent", title="The teacher's editor indents by two, the base had one", editors=_indented),
    Scenario(name="colab", title="Written in Colab, the student saves in Jupyter", editors=_colab),
)


def trial(scenario: Scenario, *, seed: int, number: int) -> Trial:
    """The trial of that number; always the same one for the same arguments."""
    return _Author(scenario, random.Random(f"{scenario.name} {seed} {number}")).write()


class _Author:
    def __init__(self, scenario: Scenario, rng: random.Random) -> None:
        self._scenario = scenario
        self._rng = rng
        self._lines = 0

    def write(self) -> Trial:
        rng = self._rng
        at_base, at_mine, at_theirs = self._scenario.editors(rng)
        kinds = [MARKDOWN, CODE, CODE, *rng.choices((MARKDOWN, CODE), weights=(2, 3), k=CELLS - 3)]
        base = Notebook(
            cells=tuple(self._cell(f"base-{place}", kind, at_base) for place, kind in enumerate(kinds)),
            editor=at_base,
            python="3.11.2",
            has_colab_metadata=at_base.is_colab,
        )
        mine, edits = self._student(base, at_mine)
        theirs, deed, key, edit = self._teacher(base, at_theirs)
        return Trial(base=base, mine=mine, theirs=theirs, edits=edits, deed=deed, key=key, edit=edit)

    def _student(self, base: Notebook, editor: Editor) -> tuple[Notebook, dict[str, Edit]]:
        rng = self._rng
        cells = list(base.cells)
        code = [cell.key for cell in cells if cell.kind == CODE]
        edits: dict[str, Edit] = {}
        for key in rng.sample(code, rng.choice((1, 2))):
            place = next(place for place, cell in enumerate(cells) if cell.key == key)
            edits[key] = self._edit(cells[place], "mine")
            cells[place] = edited(cells[place], edits[key])
        if self._scenario.adds(rng):
            place = len(cells) if self._scenario.adds_at_end else rng.randint(0, len(cells))
            cells.insert(place, self._cell("student", rng.choice((CODE, MARKDOWN)), editor))
        if editor.has_ids and not base.editor.has_ids:
            cells = [replace(cell, id=self._id()) for cell in cells]
        python = base.python
        if rng.random() < RUNS:
            cells, python = _run(cells), "3.12.4"
        made = replace(base, cells=tuple(cells), editor=editor, python=python)
        return made, edits

    def _teacher(self, base: Notebook, editor: Editor) -> tuple[Notebook, Deed, str, Edit | None]:
        rng = self._rng
        cells = list(base.cells)
        deed = rng.choice(self._scenario.deeds)
        place = len(cells) if deed is Deed.APPEND else rng.randrange(len(cells))
        edit = None
        if deed is Deed.EDIT:
            edit = self._edit(cells[place], "theirs")
            cells[place] = edited(cells[place], edit)
            key = cells[place].key
        elif deed is Deed.DELETE:
            key = cells.pop(place).key
        else:
            key = "teacher"
            cells.insert(place, self._cell(key, rng.choice((CODE, MARKDOWN)), editor))
        return replace(base, cells=tuple(cells), editor=editor), deed, key, edit

    def _cell(self, key: str, kind: str, editor: Editor) -> Cell:
        rng = self._rng
        lines = [self._line(kind, "base") for _ in range(rng.randint(2, 6))]
        for common in rng.sample(COMMON_LINES, rng.randint(0, 2)):
            # Not at the ends: Jupyter's editors strip nothing, but an empty last line is no line to JSON.
            lines.insert(rng.randint(1, len(lines) - 1), common)
        return Cell(
            key=key,
            kind=kind,
            lines=tuple(lines),
            id=self._id() if editor.has_ids else "",
            metadata={"id": self._id()} if editor.is_colab else {},
        )

    def _edit(self, cell: Cell, who: str) -> Edit:
        rng = self._rng
        length = len(cell.lines)
        start = rng.randint(0, length)
        stop = min(length, start + rng.choice((0, 1, 1, 2)))
        lines = tuple(self._line(cell.kind, who) for _ in range(rng.choice((1, 1, 2))))
        return Edit(start=start, stop=stop, lines=lines)

    def _line(self, kind: str, who: str) -> str:
        """A line that stands nowhere else in the trial."""
        self._lines += 1
        words = self._rng.choices(WORDS, k=5)
        if kind == MARKDOWN:
            return f"The {' '.join(words)}, as {who} line {self._lines} says."
        return f"{words[0]}_{words[1]} = {words[2]}({words[3]}, {words[4]}={self._lines})  # {who}"

    def _id(self) -> str:
        return f"{self._rng.getrandbits(32):08x}"


def edited(cell: Cell, *edits: Edit) -> Cell:
    """The cell with edits of its base's lines, which don't overlap, in it."""
    lines = list(cell.lines)
    # From the last to the first, so that line numbers stay true; of two at one place the last given comes first.
    for edit in sorted(edits, key=lambda edit: (edit.start, edit.stop), reverse=True):
        lines[edit.start : edit.stop] = edit.lines
    return replace(cell, lines=tuple(lines))


def _run(cells: Sequence[Cell]) -> list[Cell]:
    ran: list[Cell] = []
    for cell in cells:
        if cell.kind == CODE:
            count = 1 + sum(1 for before in ran if before.count)
            ran.append(replace(cell, count=count, output=f"what {cell.key} printed"))
        else:
            ran.append(cell)
    return ran
