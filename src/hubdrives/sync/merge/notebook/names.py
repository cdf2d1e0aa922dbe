"""What cells are called: by nbgrader, by Colab, by nbformat."""

from collections import Counter
from collections.abc import Hashable, Iterable

from hubdrives.sync.merge.notebook.document import Cell


def grade(cell: Cell) -> str | None:
    """The name that nbgrader gave a cell, https://nbgrader.readthedocs.io/en/stable/contributor_guide/metadata.html."""
    grading = cell.metadata.get("nbgrader")
    return _text(grading.get("grade_id")) if isinstance(grading, dict) else None


def colab_id(cell: Cell) -> str | None:
    return _text(cell.metadata.get("id"))


def cell_id(cell: Cell) -> str | None:
    return _text(cell.data.get("id"))


def single_pairs(
    old: Iterable[tuple[int, Hashable | None]], new: Iterable[tuple[int, Hashable | None]]
) -> list[tuple[int, int]]:
    """The places of the keys that are once, and no more, on either side."""
    places, new_places = _single(old), _single(new)
    return [(place, new_places[key]) for key, place in places.items() if key in new_places]


def _single(keyed: Iterable[tuple[int, Hashable | None]]) -> dict[Hashable, int]:
    pairs = [(key, place) for place, key in keyed if key is not None]
    counts = Counter(key for key, _ in pairs)
    return {key: place for key, place in pairs if counts[key] == 1}


def _text(name: object) -> str | None:
    return name if isinstance(name, str) and name else None
