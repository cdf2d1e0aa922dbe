"""Short cells without ids of which one side left but a line: known again by that line, if no other can be meant."""

import json

from hubdrives.sync.merge.notebook import merge_notebooks

BEFORE, AFTER = ("markdown", "# What is said before it"), ("markdown", "And what is said after it, at some length")


def notebook(*cells: tuple[str, str]) -> bytes:
    outputs = {"outputs": [], "execution_count": None}
    written = [
        {"cell_type": kind, "metadata": {}, "source": source} | (outputs if kind == "code" else {})
        for kind, source in cells
    ]
    return json.dumps({"cells": written, "metadata": {}, "nbformat": 4, "nbformat_minor": 4}).encode()


def merged(base: bytes, mine: bytes, theirs: bytes) -> tuple[list[str], int]:
    """The sources of the cells, and how many clashes there are."""
    result = merge_notebooks(base, mine, theirs)
    assert result is not None
    return [cell["source"] for cell in json.loads(result.data)["cells"]], len(result.clashes)


def between(source: str) -> bytes:
    return notebook(BEFORE, ("code", source), AFTER)


def test_what_the_author_rewrote_and_the_user_added_to_is_one_cell():
    sources, clashes = merged(
        between("a=f(1)\nb=g(2)\nc=h(3)"), between("a=f(1)\nb=g(2)\nc=h(3)\nd=k(4)"), between("x=q(9)\nc=h(3)")
    )
    assert (sources[1:-1], clashes) == (["x=q(9)\nc=h(3)\nd=k(4)"], 0)


def test_what_both_rewrote_is_one_cell_and_a_clash():
    sources, clashes = merged(between("a=f(1)\nb=g(2)"), between("m=1\nb=g(2)"), between("t=9\nu=8\nb=g(2)"))
    assert (sources[1:-1], clashes) == (["m=1\nb=g(2)"], 1)


def test_a_note_that_the_user_put_before_it_does_not_hide_the_cell():
    lines = ["a=f(1)", "b=g(2)", "c=h(3)"]
    sources, clashes = merged(
        notebook(BEFORE, ("code", "\n".join([*lines, "d=k(4)"]))),
        notebook(BEFORE, ("markdown", "mine"), ("code", "x=1\ny=2\nc=h(3)\nd=k(4)")),
        notebook(BEFORE, ("code", "\n".join([*lines, "e=m(5)", "n=o(6)"]))),
    )
    assert (sources[1:], clashes) == (["mine", "x=1\ny=2\nc=h(3)\ne=m(5)\nn=o(6)"], 0)


def test_an_author_s_new_section_in_an_old_one_s_place_is_another_cell():
    sources, _ = merged(between("a=f(1)\nb=g(2)"), between("a=f(1)\nb=g(2)\nmine=3"), between("quite another matter"))
    assert sources[1:-1] in (
        ["a=f(1)\nb=g(2)\nmine=3", "quite another matter"],
        ["quite another matter", "a=f(1)\nb=g(2)\nmine=3"],
    )
