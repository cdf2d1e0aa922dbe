"""The options of a Globus connection."""

from collections.abc import Mapping
from typing import Any, Final, Self

import msgspec

from hubdrives.errors import BadConfig
from hubdrives.providers.options import options_of

LIMIT: Final = 100_000
"""Entries of one folder: more Globus does not list."""


class Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The `options` of a Globus connection."""

    show_hidden: bool = True
    """Whether what has a "." before its name is listed."""
    filters: tuple[str, ...] = ()
    """Which files are listed, in Globus' own words ("name:~*.nc,~*.csv", "size:>1000"); all of them must hold."""
    limit: int = LIMIT
    """Entries of one folder, at most: a larger one is not listed."""
    local_collection: str | None = None
    """The collection that this machine's files are on."""
    local_path: str | None = None
    """A folder of this machine that is on that collection."""
    local_collection_path: str | None = None
    """Where that folder is there."""

    @classmethod
    def of(cls, given: Mapping[str, Any] | None) -> Self:
        """The options from a configuration.

        Raises:
            BadConfig: an unknown option, or a value that it can't have.
        """
        found = options_of(cls, given, title="Globus")
        if not 0 < found.limit <= LIMIT:
            raise BadConfig(f"The option 'limit' of a Globus connection is a number from 1 to {LIMIT}.")
        return found
