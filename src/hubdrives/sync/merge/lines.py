"""Three versions of a sequence of lines become one: the three-way merge of diff3.

Khanna, Kunal, Pierce: A Formal Investigation of Diff3 (https://www.cis.upenn.edu/~bcpierce/papers/diff3-short.pdf).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from rapidfuzz.distance import LCSseq

from hubdrives.model import Policy

Lines = tuple[str, ...]
_Gap = tuple[int, int, int, int]
"""Of the base from and to, of the side from and to."""

_MAX_PAIRS: Final = 400_000_000
"""Lines of one side times lines of the other that are compared: one bit of memory each, so 50 MB."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LineClash:
    """A place where both sides changed the same lines, so that only one of the two could stay."""

    start: int
    """Where the side that stayed begins, as a 0-based line of the result."""
    mine: Lines
    theirs: Lines


@dataclass(frozen=True, slots=True, kw_only=True)
class LinesMerged:
    """Both sides' changes in one sequence."""

    lines: Lines
    clashes: tuple[LineClash, ...] = ()


def merge_lines(
    base: Sequence[str], mine: Sequence[str], theirs: Sequence[str], *, policy: Policy = Policy.MINE
) -> LinesMerged:
    """`base` with the changes that lead to `mine` and those that lead to `theirs`. Never fails.

    Where both changed the same lines, `policy` decides (BOTH counts as MINE); lines with which both versions of such a
    place begin or end are no part of the clash. Changes of neighbouring lines both come, where `git merge-file` has a
    conflict and drops one of them; unless they have a line in common, for then they are likely one change made twice.

    Lines are compared exactly. Memory is bounded: where the product of both sides' differing lines is above 400
    million, all from the first to the last difference counts as one change.
    """
    base, mine, theirs = tuple(base), tuple(mine), tuple(theirs)
    if theirs in (mine, base):
        return LinesMerged(lines=mine)
    if mine == base:
        return LinesMerged(lines=theirs)
    result: list[str] = []
    clashes: list[LineClash] = []
    done = 0
    for place in _places(_changes(base, mine), _changes(base, theirs)):
        result += base[done : place.start]
        done = place.end
        own, new = place.side(place.mine, base), place.side(place.theirs, base)
        if not (place.mine and place.theirs):
            result += own if place.mine else new
            continue
        head, tail = _shared_ends(own, new)
        result += own[:head]
        stop = len(own) - tail
        own, new, after = own[head:stop], new[head : len(new) - tail], own[stop:]
        old = base[place.start : place.end]
        is_clash = own != new and old not in (own, new)
        if is_clash:
            clashes.append(LineClash(start=len(result), mine=own, theirs=new))
        result += new if own == old or (is_clash and policy is Policy.THEIRS) else own
        result += after
    result += base[done:]
    return LinesMerged(lines=tuple(result), clashes=tuple(clashes))


@dataclass(frozen=True, slots=True)
class _Change:
    """`base[start:end]` became `lines`."""

    start: int
    end: int
    lines: Lines


@dataclass(slots=True)
class _Place:
    """A part of the base in which changes of one side, or of both, overlap."""

    start: int
    end: int
    mine: list[_Change] = field(default_factory=list)
    theirs: list[_Change] = field(default_factory=list)

    def side(self, changes: Sequence[_Change], base: Lines) -> Lines:
        """This part with `changes`."""
        lines: list[str] = []
        done = self.start
        for change in changes:
            lines += base[done : change.start]
            lines += change.lines
            done = change.end
        lines += base[done : self.end]
        return tuple(lines)

    def takes(self, change: _Change, others: Sequence[_Change]) -> bool:
        """Whether `change`, which begins no earlier than this, can't be made apart from this place's `others`."""
        if change.start != self.end:
            return change.start < self.end
        # Two insertions at one point have no order of their own.
        if self.start == change.end:
            return True
        telling = {line for other in others for line in other.lines if any(map(str.isalnum, line))}
        return not telling.isdisjoint(change.lines)


def _places(mine: list[_Change], theirs: list[_Change]) -> Iterator[_Place]:
    """The changes of both sides, in order, those together that touch the same lines."""
    place: _Place | None = None
    both = [(change, True) for change in mine] + [(change, False) for change in theirs]
    for change, is_mine in sorted(both, key=lambda item: (item[0].start, item[0].end)):
        if place is None or not place.takes(change, place.theirs if is_mine else place.mine):
            if place is not None:
                yield place
            place = _Place(change.start, change.end)
        (place.mine if is_mine else place.theirs).append(change)
        place.end = max(place.end, change.end)
    if place is not None:
        yield place


def _changes(base: Lines, side: Lines) -> list[_Change]:
    """What led from `base` to `side`, in order."""
    head, tail = _shared_ends(base, side)
    numbers: dict[str, int] = {}
    # RapidFuzz compares what is no number by its hash; numbers are exact.
    old = [numbers.setdefault(line, len(numbers)) for line in base[head : len(base) - tail]]
    new = [numbers.setdefault(line, len(numbers)) for line in side[head : len(side) - tail]]
    gaps: list[_Gap] = []
    if len(old) * len(new) > _MAX_PAIRS:
        gaps.append((0, len(old), 0, len(new)))
    else:
        blocks = LCSseq.editops(old, new).as_matching_blocks()
        done, new_done = 0, 0
        for block in blocks:
            if (done, new_done) != (block.a, block.b):
                gaps.append((done, block.a, new_done, block.b))
            done, new_done = block.a + block.size, block.b + block.size
    return [
        _Change(start + head, end + head, side[new_start + head : new_end + head])
        for start, end, new_start, new_end in _slid(gaps, base[head:], side[head:])
    ]


def _slid(gaps: list[_Gap], base: Lines, side: Lines) -> list[_Gap]:
    """The same changes, each as late as it can be, so that one that both sides made is at one place in both.

    "a, b, a" after "a, b" is an insertion of "b, a" or of "a, b"; which of them a comparison finds is chance.
    """
    slid: list[_Gap] = []
    limit = len(base)
    for start, end, new_start, new_end in reversed(gaps):
        shift = 0
        if start == end:
            while end + shift < limit and side[new_start + shift] == side[new_end + shift]:
                shift += 1
        elif new_start == new_end:
            while end + shift < limit and base[start + shift] == base[end + shift]:
                shift += 1
        slid.append((start + shift, end + shift, new_start + shift, new_end + shift))
        limit = start + shift
    return slid[::-1]


def _shared_ends(one: Lines, other: Lines) -> tuple[int, int]:
    """How many lines both begin and, of the rest, end with."""
    shorter = min(len(one), len(other))
    head = 0
    while head < shorter and one[head] == other[head]:
        head += 1
    tail = 0
    while tail < shorter - head and one[-1 - tail] == other[-1 - tail]:
        tail += 1
    return head, tail
