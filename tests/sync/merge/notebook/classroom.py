"""An author and a student who change one notebook, and what each did to which cell."""

import copy
from collections.abc import Sequence
from dataclasses import dataclass, field

from hypothesis import strategies as st
from tests.sync.merge.notebook.books import book, code, printed, prose

FILLERS = ("plt.show()", "", "# YOUR CODE HERE\nraise NotImplementedError()")
"""Texts that are in a notebook more than once."""
WORDS = ("mean", "sum", "table", "speed", "plot", "fit", "clean", "rows", "model", "error", "slope", "offset", "sample")

OPS = ("append", "replace", "prepend", "insert", "delete", "move", "run", "split", "retype")
Op = tuple[str, int, int]

ops = st.lists(st.tuples(st.sampled_from(OPS), st.integers(0, 30), st.integers(0, 30)), max_size=7)
bases = st.lists(st.one_of(st.integers(1, 5), st.sampled_from(FILLERS)), min_size=1, max_size=10)
"""A course's cells: a number of lines, or a filler."""


@dataclass(slots=True)
class Cell:
    key: str
    lines: list[str]
    kind: str = "code"
    output: str = ""

    @property
    def text(self):
        return "\n".join(self.lines)


@dataclass(slots=True)
class Version:
    """One person's cells, and what was done to each since the base; running and moving are noted apart."""

    who: str
    cells: list[Cell]
    done: dict[str, set[str]] = field(default_factory=dict)
    writes: int = 0
    parts: dict[str, str] = field(default_factory=dict)
    """The cell that a part was split from."""

    def root(self, key):
        """The cell that it was part of in the beginning."""
        while key in self.parts:
            key = self.parts[key]
        return key

    def line(self):
        """A line that nobody else writes."""
        self.writes += 1
        at = self.writes * 7 + sum(map(ord, self.who))
        first, second, third = (WORDS[(at * factor + factor) % len(WORDS)] for factor in (1, 3, 5))
        return f"{first}_{self.who}{self.writes} = {second}({third}_{self.who}{self.writes}, {at})"

    def keys(self, op):
        return {key for key, seen in self.done.items() if op in seen}

    def edited(self):
        return {self.root(key) for key, seen in self.done.items() if seen - {"run", "move"}}

    def by_key(self):
        return {cell.key: cell for cell in self.cells}

    def do(self, op: Op):
        name, one, other = op
        if name == "insert":
            text = [self.line() for _ in range(other % 3 + 1)]
            cell = Cell(f"{self.who}{self.writes}", text, "code" if other % 2 else "markdown")
            self.cells.insert(one % (len(self.cells) + 1), cell)
            self._note(cell, "insert")
            return
        # Fillers are only run: nobody could say afterwards which of them was which.
        open_ = [cell for cell in self.cells if cell.text not in FILLERS or name == "run"]
        if not open_:
            return
        cell = open_[one % len(open_)]
        if name == "split" and (len(cell.lines) == 1 or cell.kind != "code"):
            return
        self._note(cell, name)
        match name:
            case "append":
                cell.lines.append(self.line())
            case "prepend":
                cell.lines.insert(0, self.line())
            case "replace":
                cell.lines[other % len(cell.lines)] = self.line()
            case "delete":
                self.cells.remove(cell)
            case "move":
                self.cells.remove(cell)
                self.cells.insert(other % (len(self.cells) + 1), cell)
            case "run" if cell.kind == "code":
                cell.output = f"output of {self.who} {self.writes} {cell.key}"
            case "retype":
                cell.kind, cell.output = ("markdown" if cell.kind == "code" else "code"), ""
            case "split":
                self.writes += 1
                at = other % (len(cell.lines) - 1) + 1
                second = Cell(f"{self.who}{self.writes}", cell.lines[at:])
                cell.lines = cell.lines[:at]
                self.cells.insert(self.cells.index(cell) + 1, second)
                self._note(second, "insert")
                self.parts[second.key] = cell.key

    def _note(self, cell, name):
        self.done.setdefault(cell.key, set()).add(name)

    def book(self, *, minor):
        return book(*(_saved(cell, minor) for cell in self.cells), minor=minor)


def start(shape: Sequence[int | str]):
    """The base: a person's version to which nothing was done."""
    version = Version("base", [])
    for place, cell in enumerate(shape):
        text = cell.split("\n") if isinstance(cell, str) else [version.line() for _ in range(cell)]
        version.cells.append(Cell(f"b{place}", text, "markdown" if cell == 2 else "code"))
    return version


def taught(version: Version, who: str, doings: Sequence[Op]):
    """The version after what someone did."""
    made = Version(who, copy.deepcopy(version.cells), parts=dict(version.parts))
    for op in doings:
        made.do(op)
    return made


def _saved(cell, minor):
    name = cell.key if minor >= 5 else None
    if cell.kind == "markdown":
        return prose(cell.text, name=name)
    return code(
        cell.text, name=name, outputs=[printed(cell.output)] if cell.output else [], count=len(cell.output) or None
    )
