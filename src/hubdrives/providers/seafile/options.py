"""The options of a Seafile connection."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

import msgspec

from hubdrives.errors import BadConfig, HubdrivesError
from hubdrives.providers.seafile import urls


class Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The `options` of a Seafile connection."""

    library_token: bool = False
    """Whether the credential is a library's own API token, which opens that library only."""
    zip: bool = True
    """Whether many small files may be fetched packed into zips, which the server makes for it."""
    link_passwords_file: str | None = None
    """A file with the passwords of share links: on each line a link, a blank, its password."""

    @classmethod
    def of(cls, given: Mapping[str, Any] | None) -> Self:
        """The options from a configuration.

        Raises:
            BadConfig: an unknown option, or a value that it can't have.
        """
        try:
            return msgspec.convert(dict(given or {}), cls)
        except msgspec.ValidationError as error:
            raise BadConfig(f"The options of a Seafile connection can't be used: {error}.") from None

    def passwords(self, base_url: str) -> dict[str, str]:
        """The passwords by the token of the link.

        Raises:
            BadConfig: the file can't be read, or a line in it is no link of this server with a password.
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
            token = _token(address, base_url)
            if not token or not password.strip():
                raise BadConfig(
                    f"Line {number} of '{self.link_passwords_file}' is no share link of this server with its password."
                )
            found[token] = password.strip()
        return found


def server(base_url: str | None) -> str:
    """The address of a connection's server, without a slash at its end.

    Raises:
        BadConfig: it is missing, or no web address.
    """
    if not base_url or not base_url.startswith(("https://", "http://")):
        raise BadConfig(
            "A Seafile connection needs `base_url`, the address of its server.",
            hint='For example base_url = "https://drive.ebrains.eu".',
        )
    return base_url.rstrip("/")


def _token(address: str, base_url: str) -> str:
    try:
        location = urls.parse(address, base_url=base_url)
    except HubdrivesError:
        return ""
    kind, _, token = location.id.partition("/") if location is not None else ("", "", "")
    return token if kind in {"d", "f"} else ""
