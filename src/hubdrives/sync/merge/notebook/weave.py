"""In which order the cells of three versions stand in one. Cells are numbers here, a cell the same in each version."""

from collections.abc import Collection, Sequence

from hubdrives.sync.merge.notebook.match import common_order


def weave(base: Sequence[int], mine: Sequence[int], theirs: Sequence[int]) -> list[int]:
    """The cells of `mine` and those of `theirs`, each once.

    Cells that both have stand as upstream has them, save those that the user moved. The user's own stand behind the one
    that they follow in `mine`: notes stay with what they are about. Upstream's own come last, behind the one that they
    follow in `theirs` and the user's own there: what both append ends as the user's, then upstream's.
    """
    old, own, new = set(base), set(mine), set(theirs)
    shared = old & own & new
    order = _shared_order(
        [cell for cell in base if cell in shared],
        [cell for cell in mine if cell in shared],
        [cell for cell in theirs if cell in shared],
    )
    _insert(order, [cell for cell in mine if cell not in shared], mine)
    _insert(order, [cell for cell in theirs if cell not in own], theirs, behind=own - new)
    return order


def _shared_order(base: list[int], mine: list[int], theirs: list[int]) -> list[int]:
    """The order of cells that all three have."""
    stay, stay_upstream = set(common_order(base, mine)), set(common_order(base, theirs))
    moved = {cell for cell in theirs if cell in stay and cell not in stay_upstream}
    order = [cell for cell in mine if cell not in moved]
    _insert(order, moved, theirs)
    return order


def _insert(
    order: list[int], cells: Collection[int], version: Sequence[int], *, behind: Collection[int] = frozenset()
) -> None:
    """Puts `cells` into `order`, each behind the one that it follows in `version`, and behind any of `behind` there."""
    coming, placed = set(cells), set(order)
    before: int | None = None
    for cell in version:
        if cell in coming:
            at = 0 if before is None else order.index(before) + 1
            while at < len(order) and order[at] in behind:
                at += 1
            order.insert(at, cell)
            before = cell
        elif cell in placed:
            before = cell
