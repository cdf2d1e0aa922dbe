"""The options of a Box connection."""

from collections.abc import Mapping
from typing import Any, Self

import msgspec

from hubdrives.errors import HubdrivesError
from hubdrives.providers.box import urls
from hubdrives.providers.options import link_passwords, options_of


class Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The `options` of a Box connection."""

    events: bool = True
    """Whether Box' event stream tells of all that the token reaches. Not so for tokens cut down to a folder."""
    link_passwords_file: str | None = None
    """A file with the passwords of shared links: on each line a link, a blank, its password."""

    @classmethod
    def of(cls, given: Mapping[str, Any] | None) -> Self:
        """The options from a configuration.

        Raises:
            BadConfig: an unknown option, or a value that it can't have.
        """
        return options_of(cls, given, title="Box")

    def passwords(self) -> dict[str, str]:
        """The passwords by link.

        Raises:
            BadConfig: the file can't be read, or a line in it is no link with a password.
        """
        return link_passwords(self.link_passwords_file, _link, called="shared link")


def _link(address: str) -> str:
    try:
        location = urls.parse(address)
    except HubdrivesError:
        return ""
    return urls.link_of(location) if location is not None else ""
