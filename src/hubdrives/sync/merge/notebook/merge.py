"""Three versions of a notebook become one."""

from collections.abc import Iterator, Sequence
from typing import Any

from hubdrives.model import Policy
from hubdrives.sync.merge.notebook.beside import language_of
from hubdrives.sync.merge.notebook.document import Cell, Notebook
from hubdrives.sync.merge.notebook.ids import with_ids
from hubdrives.sync.merge.notebook.layout import Layout
from hubdrives.sync.merge.notebook.metadata import OF_NOTEBOOKS, Difference, merge_metadata
from hubdrives.sync.merge.notebook.outcomes import Court, Outcome
from hubdrives.sync.merge.notebook.same import is_same
from hubdrives.sync.merge.notebook.scan import Scanned
from hubdrives.sync.merge.notebook.trios import Trio, trios
from hubdrives.sync.merge.notebook.valid import is_valid
from hubdrives.sync.merge.notebook.weave import weave
from hubdrives.sync.merge.values import Clash, Merged


def merge(base: Notebook, mine: Notebook, theirs: Notebook, *, policy: Policy) -> Merged | None:
    """The user's notebook with upstream's changes, in the user's layout; None if that would be no sound notebook.

    Raises:
        ValueError: a number is beyond what JSON can write.
    """
    if mine.scanned is None:
        return None
    layout = Layout.of(mine.scanned, mine.cells)
    found = trios(base.cells, mine.cells, theirs.cells)
    court = Court(policy=policy, language=language_of(mine), layout=layout)
    outcomes = [court.outcome(_at(base, trio.base), _at(mine, trio.mine), _at(theirs, trio.theirs)) for trio in found]
    kept = [number for number, outcome in enumerate(outcomes) if outcome.cells]
    order = weave(
        _places({number: found[number].base for number in kept}),
        _places({number: found[number].mine for number in kept}),
        _places({number: found[number].theirs for number in kept}),
    )
    cells = [cell for number in order for cell in outcomes[number].cells]
    settings = merge_metadata(
        base.metadata, mine.metadata, theirs.metadata, what="metadata", volatile=OF_NOTEBOOKS, policy=policy
    )
    clashes = [*(_clash("notebook", one) for one in settings.clashes), *_clashes(found, outcomes, order)]
    # As if the user had never saved it: the format's version too is then upstream's.
    minor = max(mine.minor, theirs.minor) if is_same(base, mine) else mine.minor
    if minor == mine.minor and settings.value is mine.metadata and _are(cells, mine.cells):
        return Merged(data=mine.data, clashes=tuple(clashes))
    own = {outcomes[number].cells[0] for number in kept if found[number].mine is not None}
    data = _written(mine.scanned, layout, cells, own, metadata=settings.value, minor=minor)
    return None if data is None else Merged(data=data, clashes=tuple(clashes))


def _at(notebook: Notebook, place: int | None) -> Cell | None:
    return None if place is None else notebook.cells[place]


def _places(places: dict[int, int | None]) -> list[int]:
    """The numbers of the trios that a version has, in its order."""
    return [number for _, number in sorted((place, number) for number, place in places.items() if place is not None)]


def _clashes(found: Sequence[Trio], outcomes: Sequence[Outcome], order: Sequence[int]) -> Iterator[Clash]:
    at, places = 1, dict[int, int]()
    for number in order:
        places[number] = at
        at += len(outcomes[number].cells)
    for number in sorted(range(len(found)), key=lambda number: places.get(number, at)):
        trio = found[number]
        if number in places:
            where = f"cell {places[number]}"
        elif trio.mine is not None:
            where = f"your cell {trio.mine + 1}"
        else:
            where = f"upstream's cell {(trio.theirs or 0) + 1}"
        yield from (_clash(where, difference) for difference in outcomes[number].clashes)


def _clash(where: str, difference: Difference) -> Clash:
    return Clash(
        where=f"{where}, {difference.what}" if difference.what else where,
        mine=_printable(difference.mine),
        theirs=_printable(difference.theirs),
    )


def _printable(text: str) -> str:
    """Without halves of letters, which JSON can hold and nothing else can."""
    return text.encode(errors="replace").decode()


def _are(cells: Sequence[Cell], others: Sequence[Cell]) -> bool:
    return len(cells) == len(others) and all(one is other for one, other in zip(cells, others, strict=True))


def _written(
    scanned: Scanned, layout: Layout, cells: Sequence[Cell], own: set[Cell], *, metadata: dict[str, Any], minor: int
) -> bytes | None:
    """The user's file with these cells; all that is not new is written as it was."""
    named = with_ids([cell.data for cell in cells], minor, first=[cell in own for cell in cells])
    new: dict[str, Any] = {"metadata": metadata, "nbformat_minor": minor, "cells": named}
    if not is_valid({key: part.value for key, part in scanned.members.items()} | new):
        return None
    texts = [
        cell.raw if cell.raw is not None and data is cell.data else layout.write(layout.ordered(data), depth=2)
        for cell, data in zip(cells, named, strict=True)
    ]
    written = {"cells": layout.write_list(texts, depth=1)}
    if metadata is not scanned.members["metadata"].value:
        written["metadata"] = layout.write(metadata, depth=1)
    if minor != scanned.members["nbformat_minor"].value:
        written["nbformat_minor"] = str(minor)
    pieces: list[str] = []
    done = 0
    for key, part in scanned.members.items():
        if key in written:
            pieces += (scanned.text[done : part.start], written[key])
            done = part.end
    pieces.append(scanned.text[done:])
    # A half of a letter, which UTF-8 has no bytes for, gets back the escape that JSON has.
    return "".join(pieces).encode(errors="backslashreplace")
