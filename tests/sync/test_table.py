"""The table of docs/what-a-pull-does.md is the specification: it is read from there."""

from itertools import product
from pathlib import Path

import pytest

from hubdrives.sync.table import Here, There, Verb, Was, decide

PAGE = Path(__file__).parents[2] / "docs/what-a-pull-does.md"
WAS = {"nothing": Was.ABSENT, "a file": Was.FILE, "a folder": Was.FOLDER}
THERE = {
    "nothing": There.ABSENT,
    "the same file": There.SAME,
    "another file": There.CHANGED,
    "a folder": There.FOLDER,
}
HERE = {
    "here: nothing": Here.ABSENT,
    "as pulled": Here.SAME,
    "the source's bytes": Here.EQUAL,
    "your own version": Here.CHANGED,
    "a folder": Here.FOLDER,
    "a symlink or a device": Here.OTHER,
}


def rows(heading: str) -> list[list[str]]:
    """The cells of the first table on the page whose heading row begins with `heading`; the heading first."""
    lines = PAGE.read_text().splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith(f"| {heading} |"))
    table = []
    for line in lines[start:]:
        if not line.startswith("|"):
            break
        table.append([cell.strip() for cell in line.strip("|").split("|")])
    return [table[0], *table[2:]]


def specified() -> list[tuple[Was, Here, There, Verb]]:
    (_, _, *columns), *body = rows("the last pull left")
    return [
        (WAS[was], HERE[column], THERE[there], Verb[verb.replace(" ", "_").upper()])
        for was, there, *verbs in body
        for column, verb in zip(columns, verbs, strict=True)
    ]


@pytest.mark.parametrize(("was", "here", "there", "verb"), specified())
def test_every_combination_becomes_what_the_page_says(was: Was, here: Here, there: There, verb: Verb):
    assert decide(was, here, there) is verb


def test_the_page_has_every_combination_once():
    found = [(was, here, there) for was, here, there, _ in specified()]
    assert sorted(map(str, found)) == sorted(map(str, product(Was, Here, There)))


def test_the_page_explains_every_outcome():
    explained = {Verb[name.replace(" ", "_").upper()] for name, _ in rows("outcome")[1:]}
    # What is open in an editor is a matter of the plan, not of the three states.
    assert explained == set(Verb) - {Verb.HOLD}


@pytest.mark.parametrize(("was", "here", "there"), list(product(Was, Here, There)))
def test_only_what_is_as_pulled_is_ever_removed_or_replaced(was: Was, here: Here, there: There):
    if decide(was, here, there) in {Verb.REMOVE, Verb.REPLACE_BY_FOLDER}:
        assert here is Here.SAME
    if decide(was, here, there) is Verb.FETCH:
        assert here in {Here.ABSENT, Here.SAME}
