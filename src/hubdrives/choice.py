"""What of a source a pull brings, and whose side it takes: chosen by a link, the command line or Python."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Final, Self

from hubdrives import paths
from hubdrives.errors import BadInput
from hubdrives.model import Policy

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

Query = Mapping[str, str] | Mapping[str, Sequence[str]] | Iterable[tuple[str, str]]
"""The query of an address: a mapping (a multi-mapping such as yarl's, too), or its pairs."""

_UNITS: Final = {"TB": 10**12, "GB": 10**9, "MB": 10**6, "kB": 10**3}
_SIZE: Final = re.compile(r"(\d{1,15}(?:\.\d{1,9})?)\s*([kmgt]?)b?", re.IGNORECASE | re.ASCII)

_MAX_STARS: Final = 4
"""A regular expression with more takes minutes for a long name, and anybody can make a link."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """The default is everything, and the user's side.

    Raises:
        BadPath: `subfolder` is not below the source.
        BadInput: a pattern can't be used, or a size is negative.
    """

    subfolder: str = ""
    """A folder inside the source: only what is in it comes, and it comes to the top of the working folder."""
    include: tuple[str, ...] = ()
    """Patterns as in .gitignore, relative to what is pulled; if there are any, only what matches one comes."""
    exclude: tuple[str, ...] = ()
    """The same; what matches one does not come. Wins over `include`."""
    max_file: int | None = None
    """Bytes; larger files stay remote."""
    max_total: int | None = None
    """Bytes of all files together; when they are more, the largest stay remote."""
    policy: Policy = Policy.MINE

    def __post_init__(self) -> None:
        object.__setattr__(self, "subfolder", paths.relative(self.subfolder))
        for patterns in (self.include, self.exclude):
            if patterns:
                pattern_spec(patterns)
        for size in (self.max_file, self.max_total):
            if size is not None and size < 0:
                raise BadInput(f"{size} bytes is no limit for the size of files.")

    @classmethod
    def from_query(cls, query: Query) -> Self:
        """What the query of a link chooses; what else is in it counts for nothing, as do empty values.

        Raises:
            BadInput: it can't be meant. BadPath, for the subfolder, is one.
        """
        told: dict[str, list[str]] = {}
        for name, value in pairs(query):
            if value.strip():
                told.setdefault(name, []).append(value.strip())
        first = {name: values[0] for name, values in told.items()}
        return cls(
            subfolder=first.get("subfolder", ""),
            include=tuple(told.get("include", ())),
            exclude=tuple(told.get("exclude", ())),
            max_file=parse_size(first["maxfile"]) if "maxfile" in first else None,
            max_total=parse_size(first["maxtotal"]) if "maxtotal" in first else None,
            policy=_policy(first.get("conflicts", Policy.MINE)),
        )

    def to_query(self) -> list[tuple[str, str]]:
        """The same for a link: nothing for the default."""
        return [
            *([("subfolder", self.subfolder)] if self.subfolder else []),
            *(("include", pattern) for pattern in self.include),
            *(("exclude", pattern) for pattern in self.exclude),
            *([("maxfile", _exactly(self.max_file))] if self.max_file is not None else []),
            *([("maxtotal", _exactly(self.max_total))] if self.max_total is not None else []),
            *([("conflicts", self.policy.value)] if self.policy is not Policy.MINE else []),
        ]


def pattern_spec(patterns: Sequence[str]) -> "GitIgnoreSpec":
    """What tells which paths match; folders are asked for with a "/" at the end.

    Args:
        patterns: as in .gitignore (https://git-scm.com/docs/gitignore#_pattern_format): the last one that matches
            decides, and "!" before it makes it an exception.

    Raises:
        BadInput: one of them is no pattern.
    """
    # Takes as long to import as all the rest of the command line.
    from pathspec import GitIgnoreSpec  # noqa: PLC0415

    for pattern in patterns:
        if len(re.findall(r"\*+", pattern)) > _MAX_STARS:
            raise BadInput(f"The pattern '{pattern[:80]}' has more than {_MAX_STARS} '*'.")
        try:
            is_one = any(part.include is not None for part in GitIgnoreSpec.from_lines([pattern]).patterns)
        except ValueError:
            is_one = False
        if not is_one:
            raise BadInput(
                f"'{pattern[:80]}' is no pattern for the names of files.",
                hint="Write it as in .gitignore: '*.csv', 'data/', '/week1/*.ipynb'.",
            )
    return GitIgnoreSpec.from_lines(patterns)


def pairs(query: Query) -> Iterator[tuple[str, str]]:
    """The names and values of `query`, each name as often as it has values."""
    for name, value in query.items() if isinstance(query, Mapping) else query:
        if isinstance(value, str):
            yield name, value
        else:
            yield from ((name, one) for one in value)


def parse_size(text: str) -> int:
    """`text` in bytes: "100MB", "1.5 GB" or "500000"; units are decimal.

    Raises:
        BadInput: it is no size.
    """
    found = _SIZE.fullmatch(text.strip())
    if found is None:
        raise BadInput(f"'{text[:40]}' is no size.", hint="Write it as 500kB, 100MB or 1.5GB.")
    number, unit = found.groups()
    return int(Decimal(number) * {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "t": 10**12}[unit.lower()])


def readable_size(size: int) -> str:
    """`size`, in bytes, for a person: "123.4 MB"."""
    unit, factor = next(((unit, factor) for unit, factor in _UNITS.items() if size >= factor), ("bytes", 1))
    return f"{size / factor:.4g} {unit}"


def _exactly(size: int) -> str:
    unit, factor = next(((unit, factor) for unit, factor in _UNITS.items() if size and size % factor == 0), ("", 1))
    return f"{size // factor}{unit}"


def _policy(text: str) -> Policy:
    try:
        return Policy(text.lower())
    except ValueError:
        known = ", ".join(Policy)
        raise BadInput(f"'{text[:40]}' does not say whose side to take.", hint=f"Choose one of: {known}.") from None


EVERYTHING = Choice()
