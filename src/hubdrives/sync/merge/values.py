"""What a merge is asked for, and what it answers."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Clash:
    """One place that both changed, where only one of the two could stay."""

    where: str
    """For a person: "cell 5", "lines 10-12"."""
    mine: str
    """What the user has there; "" if they deleted it."""
    theirs: str
    """What upstream has there; "" if it deleted it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Merged:
    """Both sides' changes in one file."""

    data: bytes
    clashes: tuple[Clash, ...] = ()
    """Where the policy had to decide."""
