"""How alike two sources are: by their words, because any two texts of a language share most of their letters."""

import re
import sys
from itertools import islice
from typing import Final

from rapidfuzz.distance import Indel, LCSseq

ALIKE: Final = 0.5
"""From here on, two sources are taken for versions of one cell."""

_WORD: Final = re.compile(r"\w+")
_FEW: Final = 4
"""Below so many words, letters have to tell."""
_MANY: Final = 400
"""Words, or letters, of a cell that are compared; more would tell no better."""
_HELD: Final = 0.8
"""The part of the shorter source's words that must be in the longer for it to be a part of it."""
_ALIKE_LETTERS: Final = 0.6
_NOT_EQUAL: Final = 0.99


class Alikeness:
    """Compares sources; splits each into words but once."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._words: dict[str, str] = {}

    def of(self, one: str, other: str) -> float:
        """From 0 (nothing in common) to 1 (equal). A source that most of the other is a part of is alike too."""
        if one == other:
            return 1.0
        few, many = sorted((self._split(one), self._split(other)), key=len)
        if len(few) < _FEW:
            letters = Indel.normalized_similarity(one[:_MANY], other[:_MANY], score_cutoff=_ALIKE_LETTERS)
            return min(letters, _NOT_EQUAL) or (ALIKE if share_line(one, other) else 0.0)
        common = LCSseq.similarity(few, many)
        # A stub that was filled in, or a half of a cell that was split.
        held = ALIKE + 0.25 * common / len(few) if common >= _HELD * len(few) else 0.0
        return min(max(2 * common / (len(few) + len(many)), held), _NOT_EQUAL)

    def is_telling(self, text: str) -> bool:
        """Whether a source is long enough that two equal ones are hardly equal by chance."""
        return len(self._split(text)) >= _FEW

    def _split(self, text: str) -> str:
        """A source's first words, each as one letter: what RapidFuzz compares fastest."""
        words = self._words.get(text)
        if words is None:
            numbers = self._numbers
            found = (numbers.setdefault(word[0], len(numbers)) for word in islice(_WORD.finditer(text), _MANY))
            words = self._words[text] = "".join(chr(number % sys.maxunicode) for number in found)
        return words


def share_line(one: str, other: str) -> bool:
    """Whether there is a line in both that says something."""
    return not {line for line in one.splitlines() if _WORD.search(line)}.isdisjoint(other.splitlines())
