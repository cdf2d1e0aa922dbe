"""The cells of three versions, put together: what each cell was, what it is for the user, what it is upstream."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

from hubdrives.sync.merge.notebook.document import Cell
from hubdrives.sync.merge.notebook.match import Pairs, match
from hubdrives.sync.merge.notebook.names import cell_id, grade, single_pairs
from hubdrives.sync.merge.notebook.similar import ALIKE, Alikeness


@dataclass(frozen=True, slots=True, kw_only=True)
class Trio:
    """One cell: its places in the three versions, None where it is not."""

    base: int | None = None
    mine: int | None = None
    theirs: int | None = None


def trios(base: Sequence[Cell], mine: Sequence[Cell], theirs: Sequence[Cell]) -> list[Trio]:
    """Every cell that the user or upstream has, each in one trio."""
    to_mine, to_theirs = match(base, mine, by_place=True), match(base, theirs, by_place=False)
    shared = {to_mine[old]: to_theirs[old] for old in to_mine.keys() & to_theirs.keys()}
    shared |= _twins(mine, theirs, shared)
    from_mine = {new: old for old, new in to_mine.items()}
    from_theirs = {new: old for old, new in to_theirs.items()}
    result: list[Trio] = []
    for place in range(len(mine)):
        there = shared.get(place)
        old = from_mine.get(place, None if there is None else from_theirs.get(there))
        result.append(Trio(base=old, mine=place, theirs=there))
    taken = set(shared.values())
    result += [Trio(base=from_theirs.get(place), theirs=place) for place in range(len(theirs)) if place not in taken]
    return result


def _twins(mine: Sequence[Cell], theirs: Sequence[Cell], shared: Pairs) -> Pairs:
    """The cells that both sides made alike, each on its own: of one name, or equal and at one place."""
    taken = set(shared.values())
    own = [place for place in range(len(mine)) if place not in shared]
    new = [place for place in range(len(theirs)) if place not in taken]
    if not own or not new:
        return {}
    twins = dict(
        single_pairs([(one, grade(mine[one])) for one in own], [(other, grade(theirs[other])) for other in new])
    )
    alikeness = Alikeness()
    for one, other in single_pairs(
        [(one, cell_id(mine[one])) for one in own], [(other, cell_id(theirs[other])) for other in new]
    ):
        # Two tools that number the cells give one number to two cells.
        is_free = one not in twins and other not in twins.values()
        if is_free and alikeness.of(mine[one].text, theirs[other].text) >= ALIKE:
            twins[one] = other
    known, known_new = sorted(shared), sorted(taken)
    places: dict[tuple[int | None, str, str], list[int]] = {}
    for other in sorted(set(new) - set(twins.values()), reverse=True):
        places.setdefault((_before(known_new, other), theirs[other].kind, theirs[other].text), []).append(other)
    for one in own:
        anchor = _before(known, one)
        equal = places.get((None if anchor is None else shared[anchor], mine[one].kind, mine[one].text))
        if one not in twins and equal:
            twins[one] = equal.pop()
    return twins


def _before(known: Sequence[int], place: int) -> int | None:
    """The known cell that a place is behind; None at the beginning."""
    at = bisect_left(known, place)
    return known[at - 1] if at else None
