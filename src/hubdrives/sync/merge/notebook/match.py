"""Which cell of one version is which of another.

A cell's names (nbgrader's, Colab's, nbformat's id) tell, but not alone: editors drop them, make new ones, copy them,
and some tools just number the cells. Its content tells too, and its place among cells that are known already.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final

from rapidfuzz.distance import LCSseq

from hubdrives.sync.merge.notebook.document import Cell
from hubdrives.sync.merge.notebook.names import cell_id, colab_id, grade, single_pairs
from hubdrives.sync.merge.notebook.similar import ALIKE, Alikeness, share_line

Pairs = dict[int, int]
"""The place of a cell in the one version, by its place in the other."""

_MAX_COMPARED: Final = 40_000
"""Pairs of sources compared at one place: 200 cells in a row that became 200 others."""
_RETYPED: Final = 0.9
"""The weight of text in a cell of another type."""
_SAME_PLACE: Final = 0.001
"""The weight of nothing but the place: it decides between equal cells, and is no match of its own."""
_MOVED: Final = 0.7
"""How much alike two cells have to be that have not even the place in common."""


def match(base: Sequence[Cell], other: Sequence[Cell], *, by_place: bool) -> Pairs:
    """Which cell of `other` each cell of `base` became; those that are gone are left out.

    Args:
        base: the older version's cells.
        other: the newer version's.
        by_place: take a cell that stands alone between the same two cells for the same one, however it reads. Right for
            an answer that replaced "your code here"; wrong for an author's new section in an old one's place, so
            there at least a line must have stayed.
    """
    found = _Found(base, other)
    found.add(found.named(grade))
    named = [*found.named(colab_id), *found.named(cell_id)]
    found.add(pair for pair in named if found.is_equal(*pair))
    named = [pair for pair in named if found.is_free(*pair)]
    if not found.is_elsewhere(named):
        found.add(named)
    found.add(found.with_unique_content())
    found.add(pair for pair in named if found.is_free(*pair) and found.score(*pair) >= ALIKE)
    for old, new in found.gaps():
        found.add(found.aligned(old, new))
        found.add(pair for pair in found.alone(old, new) if by_place or found.shares_line(*pair))
    found.add(found.in_order(*found.all_free()))
    found.add(found.moved())
    return found.pairs


def common_order(one: Sequence[int], other: Sequence[int]) -> list[int]:
    """The longest row of numbers that stand in this order in both."""
    matching = LCSseq.editops(one, other).as_matching_blocks()
    return [number for block in matching for number in one[block.a : block.a + block.size]]


class _Found:
    """What is known so far of the cells of two versions; numbers are their places."""

    def __init__(self, base: Sequence[Cell], other: Sequence[Cell]) -> None:
        self._base, self._other = base, other
        self._contents = [(cell.kind, cell.text) for cell in base]
        self._new_contents = [(cell.kind, cell.text) for cell in other]
        self._alikeness = Alikeness()
        self._scores: dict[tuple[int, int], float] = {}
        self._taken: set[int] = set()
        self.pairs: Pairs = {}

    def add(self, pairs: Iterable[tuple[int, int]]) -> None:
        """Those of the pairs of which neither cell has a partner."""
        for old, new in pairs:
            if self.is_free(old, new):
                self.pairs[old] = new
                self._taken.add(new)

    def is_free(self, old: int, new: int) -> bool:
        return old not in self.pairs and new not in self._taken

    def free(self, old: Iterable[int], new: Iterable[int]) -> tuple[list[int], list[int]]:
        return [one for one in old if one not in self.pairs], [one for one in new if one not in self._taken]

    def all_free(self) -> tuple[list[int], list[int]]:
        return self.free(range(len(self._base)), range(len(self._other)))

    def is_equal(self, old: int, new: int) -> bool:
        return self._contents[old] == self._new_contents[new]

    def score(self, old: int, new: int) -> float:
        """How much two cells look like one: 1 if they are equal, 0 if nothing speaks for it."""
        score = self._scores.get((old, new))
        if score is None:
            one, other = self._base[old], self._other[new]
            weight = 1.0 if one.kind == other.kind else _RETYPED
            score = self._scores[old, new] = weight * self._alikeness.of(one.text, other.text)
        return score

    def named(self, name: Callable[[Cell], str | None]) -> list[tuple[int, int]]:
        """The cells of one name, as far as no other cell of their version has it."""
        return single_pairs(
            [(place, name(cell)) for place, cell in enumerate(self._base)],
            [(place, name(cell)) for place, cell in enumerate(self._other)],
        )

    def with_unique_content(self) -> list[tuple[int, int]]:
        """The cells that are left, by their content, as far as no other that is left has it."""
        old, new = self.all_free()
        return single_pairs(
            [(place, self._contents[place]) for place in old], [(place, self._new_contents[place]) for place in new]
        )

    def is_elsewhere(self, named: Sequence[tuple[int, int]]) -> bool:
        """Whether the content of one of these cells is now under another name: then names may be mere numbers."""
        contents = {self._new_contents[new] for new in self.all_free()[1]} if named else set()
        return any(
            self._contents[old] in contents and self._alikeness.is_telling(self._base[old].text) for old, _ in named
        )

    def gaps(self) -> Iterator[tuple[list[int], list[int]]]:
        """The cells without a partner that stand between the same known ones, in both versions."""
        olds = sorted(self.pairs)
        news = [self.pairs[old] for old in olds]
        kept = set(common_order(news, sorted(news)))
        known = [(old, new) for old, new in zip(olds, news, strict=True) if new in kept]
        start, new_start = 0, 0
        for end, new_end in [*known, (len(self._base), len(self._other))]:
            old, new = self.free(range(start, end), range(new_start, new_end))
            if old and new:
                yield old, new
            start, new_start = end + 1, new_end + 1

    def alone(self, old: Sequence[int], new: Sequence[int]) -> list[tuple[int, int]]:
        """The cells of a gap that are the only ones of their kind left there, in both versions."""
        left_old, left_new = self.free(old, new)
        return single_pairs(
            [(place, self._base[place].kind) for place in left_old],
            [(place, self._other[place].kind) for place in left_new],
        )

    def shares_line(self, old: int, new: int) -> bool:
        return share_line(self._base[old].text, self._other[new].text)

    def aligned(self, old: Sequence[int], new: Sequence[int]) -> list[tuple[int, int]]:
        """The pairs, in order, that are most alike in all (Needleman and Wunsch's alignment)."""
        if len(old) * len(new) > _MAX_COMPARED:
            return self.in_order(old, new)
        scores = [[self.score(one, other) for other in new] for one in old]
        # best[i][j]: the most that the cells from i on and those from j on can have.
        best = [[0.0] * (len(new) + 1) for _ in range(len(old) + 1)]
        for i in reversed(range(len(old))):
            row, below = best[i], best[i + 1]
            for j in reversed(range(len(new))):
                weight = scores[i][j] if scores[i][j] >= ALIKE else _SAME_PLACE
                row[j] = max(below[j], row[j + 1], weight + below[j + 1])
        pairs: list[tuple[int, int]] = []
        i = j = 0
        while i < len(old) and j < len(new):
            if best[i][j] == best[i + 1][j]:
                i += 1
            elif best[i][j] == best[i][j + 1]:
                j += 1
            else:
                if scores[i][j] >= ALIKE:
                    pairs.append((old[i], new[j]))
                i, j = i + 1, j + 1
        return pairs

    def in_order(self, old: Sequence[int], new: Sequence[int]) -> list[tuple[int, int]]:
        """As many pairs of equal cells, in order, as there are."""
        numbers: dict[tuple[str, str], int] = {}
        # RapidFuzz compares what is no number by its hash; numbers are exact.
        one = [numbers.setdefault(self._contents[place], len(numbers)) for place in old]
        other = [numbers.setdefault(self._new_contents[place], len(numbers)) for place in new]
        matching = LCSseq.editops(one, other).as_matching_blocks()
        return [(old[block.a + k], new[block.b + k]) for block in matching for k in range(block.size)]

    def moved(self) -> list[tuple[int, int]]:
        """The pairs among the cells that are left, wherever they stand: the most alike first."""
        all_old, all_new = self.all_free()
        old = [one for one in all_old if self._alikeness.is_telling(self._base[one].text)]
        new = [one for one in all_new if self._alikeness.is_telling(self._other[one].text)]
        if len(old) * len(new) > _MAX_COMPARED:
            return []
        scored = [(self.score(one, other), one, other) for one in old for other in new]
        alike = sorted((item for item in scored if item[0] >= _MOVED), key=lambda item: (-item[0], *item[1:]))
        return [(one, other) for _, one, other in alike]
