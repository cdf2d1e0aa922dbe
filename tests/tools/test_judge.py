"""The judge of the scenarios finds what wrong merges do wrong, and nothing in right ones."""

import json
from dataclasses import replace

import pytest

from scenarios.judge import Fault, judge
from scenarios.notebooks import CLASSIC, CODE, LAB, MARKDOWN, Cell, Notebook
from scenarios.stories import SCENARIOS, Deed, Edit, Trial, edited, trial

BASE = Notebook(
    cells=(
        Cell(key="title", kind=MARKDOWN, lines=("# Rivers", "about rivers"), id="aa"),
        Cell(key="load", kind=CODE, lines=("import rivers", "", "data = rivers.load()", "data.head()"), id="bb"),
        Cell(key="plot", kind=CODE, lines=("fig = data.plot()", "fig.show()"), id="cc"),
    ),
    editor=LAB,
    python="3.11",
)
NEW = Cell(key="teacher", kind=MARKDOWN, lines=("Now try it.", "Really."), id="dd")


def cells_with(key, *edits):
    return tuple(edited(cell, *edits) if cell.key == key else cell for cell in BASE.cells)


def ran(cells):
    return tuple(replace(cell, output=f"{cell.key} printed", count=1) if cell.kind == CODE else cell for cell in cells)


def saved(*cells, editor=LAB):
    return replace(BASE, cells=cells, editor=editor).data


MY_EDIT = Edit(start=0, stop=1, lines=("import my_rivers",))
EDITED, RAN = cells_with("load", MY_EDIT), ran(cells_with("load", MY_EDIT))


def taught(*cells, deed, key, edit=None):
    """The student edited the first line of "load" and ran all; the teacher made of the base what is given."""
    mine, theirs = replace(BASE, cells=RAN), replace(BASE, cells=cells)
    return Trial(base=BASE, mine=mine, theirs=theirs, edits={"load": MY_EDIT}, deed=deed, key=key, edit=edit)


INSERTED = taught(*BASE.cells[:2], NEW, BASE.cells[2], deed=Deed.INSERT, key="teacher")
DELETED = taught(*BASE.cells[:2], deed=Deed.DELETE, key="plot")
DELETED_MINE = taught(BASE.cells[0], BASE.cells[2], deed=Deed.DELETE, key="load")
EDITED_ALONE = taught(
    *cells_with("plot", edit := Edit(start=2, stop=2, lines=("fig.save()",))), deed=Deed.EDIT, key="plot", edit=edit
)
OTHER_LINES = taught(
    *cells_with("load", edit := Edit(start=3, stop=4, lines=("data.tail()",))), deed=Deed.EDIT, key="load", edit=edit
)
SAME_LINES = taught(
    *cells_with("load", edit := Edit(start=0, stop=1, lines=("import lakes",))), deed=Deed.EDIT, key="load", edit=edit
)
TITLE, LOAD, PLOT = RAN
PLOT_BOTH = replace(PLOT, lines=EDITED_ALONE.theirs.cells[2].lines)
LOAD_BOTH = replace(LOAD, lines=("import my_rivers", "", "data = rivers.load()", "data.tail()"))


@pytest.mark.parametrize(
    ("story", "cells"),
    [
        (INSERTED, (TITLE, LOAD, NEW, PLOT)),
        (DELETED, (TITLE, LOAD)),
        (EDITED_ALONE, (TITLE, LOAD, PLOT_BOTH)),
        (EDITED_ALONE, (TITLE, LOAD, replace(PLOT_BOTH, output=""))),
        (OTHER_LINES, (TITLE, LOAD_BOTH, PLOT)),
    ],
)
def test_a_right_merge_is_clean(story, cells):
    assert judge(story, saved(*cells)) == frozenset()


def test_layout_and_ids_are_no_fault():
    assert judge(INSERTED, saved(TITLE, LOAD, NEW, PLOT, editor=replace(CLASSIC, indent=4))) == frozenset()


@pytest.mark.parametrize(
    ("story", "cells", "faults"),
    [
        (INSERTED, RAN, {Fault.TEACHER_GONE}),
        (DELETED, RAN, {Fault.TEACHER_GONE}),
        (EDITED_ALONE, RAN, {Fault.TEACHER_GONE}),
        (OTHER_LINES, RAN, {Fault.OTHER_LINES}),
        (SAME_LINES, RAN, {Fault.SAME_LINES}),
        (DELETED_MINE, RAN, {Fault.SAME_LINES}),
        (DELETED_MINE, (TITLE, PLOT), {Fault.STUDENT_GONE}),
        (SAME_LINES, ran(SAME_LINES.theirs.cells), {Fault.STUDENT_GONE}),
        (OTHER_LINES, ran(OTHER_LINES.theirs.cells), {Fault.STUDENT_GONE}),
        (INSERTED, (TITLE, LOAD, NEW), {Fault.STUDENT_GONE}),
        (INSERTED, (EDITED[0], LOAD, NEW, EDITED[2]), {Fault.OUTPUT_GONE}),
        (INSERTED, (TITLE, LOAD, NEW, replace(PLOT, output=LOAD.output)), {Fault.OUTPUT_GONE}),
        (INSERTED, (TITLE, LOAD, NEW, replace(NEW, id="ee"), PLOT), {Fault.DOUBLED}),
        (INSERTED, (TITLE, LOAD, replace(BASE.cells[1], id="ee"), NEW, PLOT), {Fault.DOUBLED, Fault.OUTPUT_GONE}),
        (INSERTED, (TITLE, LOAD, NEW, replace(PLOT, lines=(*PLOT.lines, *LOAD.lines))), {Fault.NEITHER}),
        (INSERTED, (TITLE, LOAD, NEW, replace(PLOT, kind=MARKDOWN, output="")), {Fault.NEITHER, Fault.OUTPUT_GONE}),
        (INSERTED, (LOAD, TITLE, NEW, PLOT), {Fault.NEITHER}),
        (INSERTED, (NEW, TITLE, LOAD, PLOT), {Fault.NEITHER}),
        (INSERTED, (TITLE, LOAD, replace(NEW, id=LOAD.id), PLOT), {Fault.DOES_NOT_OPEN}),
        (INSERTED, BASE.cells, {Fault.TEACHER_GONE, Fault.STUDENT_GONE, Fault.OUTPUT_GONE}),
    ],
)
def test_a_wrong_merge_has_its_faults(story, cells, faults):
    assert judge(story, saved(*cells)) == faults


def test_a_file_that_is_no_notebook_does_not_open():
    data = saved(TITLE, LOAD, NEW, PLOT)
    without_cells = json.dumps({**json.loads(data), "cells": None}).encode()
    for broken in (b"", b"\xff", data[:-4], data.replace(b'"source"', b'"sauce"', 1), without_cells):
        assert judge(INSERTED, broken) == {Fault.DOES_NOT_OPEN}


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_one_side_taken_whole_loses_the_other_in_every_trial(scenario):
    for number in range(50):
        story = trial(scenario, seed=1, number=number)
        gone = {Fault.TEACHER_GONE, Fault.OTHER_LINES, Fault.SAME_LINES}
        assert judge(story, story.mine.data) & gone
        assert Fault.STUDENT_GONE in judge(story, story.theirs.data)
        assert Fault.STUDENT_GONE in judge(story, story.base.data)
