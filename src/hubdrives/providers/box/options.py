"""The options of a Box connection."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

import msgspec

from hubdrives.errors import BadConfig, HubdrivesError
from hubdrives.providers.box import urls


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
        try:
            return msgspec.convert(dict(given or {}), cls)
        except msgspec.ValidationError as error:
            raise BadConfig(f"The options of a Box connection can't be used: {error}.") from None

    def passwords(self) -> dict[str, str]:
        """The passwords by link.

        Raises:
            BadConfig: the file can't be read, or a line in it is no link with a password.
        """
        if self.link_passwords_file is None:
            return {}
        try:
            lines = Path(self.link_passwords_file).expanduser().read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError):
            raise BadConfig(f"The file '{self.link_passwords_file}' with passwords of links can't be read.") from None
        found: dict[str, str] = {}
        for number, line in enumerate(lines, start=1):
            address, _, password = line.strip().partition(" ")
            if not address or address.startswith("#"):
                continue
            link = _link(address)
            if not link or not password.strip():
                raise BadConfig(f"Line {number} of '{self.link_passwords_file}' is no shared link with its password.")
            found[link] = password.strip()
        return found


def _link(address: str) -> str:
    try:
        location = urls.parse(address)
    except HubdrivesError:
        return ""
    return urls.link_of(location) if location is not None else ""
