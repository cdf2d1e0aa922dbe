"""What a merged file is worth. Knows what both sides did, and nothing of how anybody merges."""

import json
import warnings
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import permutations
from typing import Any

import nbformat
from nbformat.warnings import DuplicateCellId, MissingIDFieldWarning

from scenarios.notebooks import Cell
from scenarios.stories import Deed, Edit, Trial, edited


class Fault(StrEnum):
    """What can be wrong with a result. A result without any is clean."""

    TEACHER_GONE = "teacher's edit gone, the student left that cell alone"
    OTHER_LINES = "teacher's edit gone, the student edited other lines of that cell"
    SAME_LINES = "teacher's edit gone, the student edited the same lines"
    STUDENT_GONE = "student's edit gone"
    OUTPUT_GONE = "a student's output gone, or below another cell"
    DOUBLED = "cells doubled"
    NEITHER = "cells, or an order, that neither wrote"
    DOES_NOT_OPEN = "does not open"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Form:
    """A text that a cell may have in the end, and whose edits are in it."""

    key: str
    has_mine: bool
    has_theirs: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seen:
    """One cell of the result. Its form is None if nobody can have meant its text."""

    form: _Form | None
    raw: dict[str, Any]
    lines: frozenset[str]


def judge(trial: Trial, data: bytes) -> frozenset[Fault]:
    """The faults of `data`, a merge of the three notebooks of `trial`.

    Lines that touch count as the same lines: no merge by lines can tell them apart. A cell that the teacher deleted
    and the student edited must stay; then the teacher's edit is gone for the same lines.
    """
    notebook = _opened(data)
    if notebook is None:
        return frozenset({Fault.DOES_NOT_OPEN})
    forms = _forms(trial)
    seen = [_seen(raw, forms) for raw in notebook["cells"]]
    return frozenset(
        (
            *_teachers(trial, seen),
            *_students(trial, seen),
            *_outputs(trial, seen),
            *_doubles(seen),
            *_strangers(trial, seen),
        )
    )


def _opened(data: bytes) -> dict[str, Any] | None:
    """The notebook, None if nbformat finds a fault in it; two cells with one id, or one without, are such."""
    try:
        with warnings.catch_warnings():
            # What nbformat mends itself, it warns of.
            warnings.simplefilter("error")
            nbformat.validate(json.loads(data))
            nbformat.reads(data.decode(), as_version=4)
    except (ValueError, nbformat.ValidationError, DuplicateCellId, MissingIDFieldWarning):
        return None
    except (AttributeError, KeyError, TypeError):
        # nbformat expects some parts before it looks whether they are there.
        return None
    notebook: dict[str, Any] = json.loads(data)
    return notebook


def _forms(trial: Trial) -> dict[str, _Form]:
    """Every text that a cell may have, by text: no two cells of a trial share one."""
    base, mine, theirs = trial.base.by_key(), trial.mine.by_key(), trial.theirs.by_key()
    forms: dict[str, _Form] = {}
    for key in {**base, **mine, **theirs}:
        mine_edit, theirs_edit = trial.edits.get(key), trial.edit if key == trial.key else None
        for cell in (one[key] for one in (base, mine, theirs) if key in one):
            forms[cell.text] = _Form(
                key=key,
                has_mine=mine_edit is None or cell is mine.get(key),
                has_theirs=theirs_edit is None or cell is theirs.get(key),
            )
        for cell in _both(base.get(key), mine_edit, theirs_edit):
            forms[cell.text] = _Form(key=key, has_mine=True, has_theirs=True)
    return forms


def _both(cell: Cell | None, mine: Edit | None, theirs: Edit | None) -> Iterator[Cell]:
    """The cell with both edits, in either order where both are at one place; nothing if one cuts into the other."""
    if cell and mine and theirs and (mine.stop <= theirs.start or theirs.stop <= mine.start):
        for order in permutations((mine, theirs)):
            yield edited(cell, *order)


def _seen(raw: dict[str, Any], forms: dict[str, _Form]) -> _Seen:
    text = "".join(raw["source"])
    return _Seen(form=forms.get(text), raw=raw, lines=frozenset(text.split("\n")))


def _teachers(trial: Trial, seen: Sequence[_Seen]) -> Iterator[Fault]:
    """Whether what the teacher did has arrived."""
    found = _found(seen)[trial.key]
    mine = trial.edits.get(trial.key)
    if trial.deed is Deed.DELETE:
        if found:
            yield Fault.SAME_LINES if mine else Fault.TEACHER_GONE
        return
    lines = trial.edit.lines if trial.edit else trial.theirs.by_key()[trial.key].lines
    if any(one.form and one.form.has_theirs for one in found) or _stray(lines, seen):
        return
    if mine is None or trial.edit is None:
        yield Fault.TEACHER_GONE
    else:
        yield Fault.SAME_LINES if mine.touches(trial.edit) else Fault.OTHER_LINES


def _students(trial: Trial, seen: Sequence[_Seen]) -> Iterator[Fault]:
    """Whether all that the student had is there: edits, new cells, the cells between."""
    found = _found(seen)
    for key, cell in trial.mine.by_key().items():
        edit = trial.edits.get(key)
        if trial.deed is Deed.DELETE and key == trial.key and edit is None:
            continue
        is_there = any(one.form and one.form.has_mine for one in found[key])
        if not is_there and not _stray(edit.lines if edit else cell.lines, seen):
            yield Fault.STUDENT_GONE


def _outputs(trial: Trial, seen: Sequence[_Seen]) -> Iterator[Fault]:
    """Whether each cell has what it printed for the student, and nothing that another one did."""
    mine = trial.mine.by_key()
    for key, cells in _found(seen).items():
        output = mine[key].output if key in mine else ""
        # What a cell printed that the teacher edited is of an older text: it may go.
        allowed = {output, ""} if key == trial.key else {output}
        if any(_printed(one.raw) not in allowed for one in cells):
            yield Fault.OUTPUT_GONE


def _doubles(seen: Sequence[_Seen]) -> Iterator[Fault]:
    if any(len(cells) > 1 for cells in _found(seen).values()):
        yield Fault.DOUBLED


def _strangers(trial: Trial, seen: Sequence[_Seen]) -> Iterator[Fault]:
    """Whether each cell, and the order of the cells, are somebody's."""
    mine, theirs = trial.mine.by_key(), trial.theirs.by_key()
    for one in seen:
        key = one.form.key if one.form else ""
        cell = mine.get(key) or theirs.get(key)
        if cell is None or one.raw["cell_type"] != cell.kind:
            yield Fault.NEITHER
    # A doubled cell is a fault of its own; here its first place counts.
    order = list(dict.fromkeys(one.form.key for one in seen if one.form))
    for cells in (mine, theirs):
        there = [key for key in order if key in cells]
        if there != [key for key in cells if key in there]:
            yield Fault.NEITHER


def _found(seen: Sequence[_Seen]) -> defaultdict[str, list[_Seen]]:
    found: defaultdict[str, list[_Seen]] = defaultdict(list)
    for one in seen:
        if one.form:
            found[one.form.key].append(one)
    return found


def _stray(lines: Sequence[str], seen: Sequence[_Seen]) -> bool:
    """Whether a cell that nobody wrote has all these lines: then they are spoilt, but not gone."""
    return any(one.form is None and one.lines.issuperset(lines) for one in seen)


def _printed(raw: dict[str, Any]) -> str:
    return "".join("".join(output.get("text", "")) for output in raw.get("outputs", [])).rstrip("\n")
