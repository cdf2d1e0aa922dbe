"""Volumes: what a provider keeps folders in, such as collections or libraries. An ability, as those in `abilities`."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from hubdrives.model import Location


@dataclass(frozen=True, slots=True, kw_only=True)
class Volume:
    """What a provider keeps folders in, with an owner of its own; nothing but the account is above it."""

    address: str
    """What a person pastes for it."""
    name: str
    """As people know it; need not be unique."""
    owner: str = ""
    description: str = ""
    facts: tuple[tuple[str, str], ...] = ()
    """What else people want to know, in words: names, which differ, and values."""


@runtime_checkable
class HasVolumes(Protocol):
    """A provider whose folders are in volumes, which can be found."""

    async def volumes(self, text: str = "", *, own: bool = False, limit: int = 100) -> Sequence[Volume]:
        """Volumes, the best first.

        Args:
            text: words of names, descriptions and owners; "" is all of the account's.
            own: only the account's: what it used last, what is its own, and what others shared with it. Who may read
                `Location(provider=name)`, which is above all, may know of these.
            limit: how many at most.
        """
        ...

    async def volume(self, location: Location) -> Volume:
        """The volume that a location is in. Raises NotFound, Forbidden as `stat`; Forbidden, too, above them all."""
        ...
