"""The options of a Seafile connection."""

from collections.abc import Mapping
from functools import partial
from typing import Any, Self

import msgspec

from hubdrives.errors import BadConfig, HubdrivesError
from hubdrives.providers.options import link_passwords, options_of
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
        return options_of(cls, given, title="Seafile")

    def passwords(self, base_url: str) -> dict[str, str]:
        """The passwords by the token of the link.

        Raises:
            BadConfig: the file can't be read, or a line in it is no link of this server with a password.
        """
        token = partial(_token, base_url=base_url)
        return link_passwords(self.link_passwords_file, token, called="share link of this server")


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


def _token(address: str, *, base_url: str) -> str:
    try:
        location = urls.parse(address, base_url=base_url)
    except HubdrivesError:
        return ""
    kind, _, token = location.id.partition("/") if location is not None else ("", "", "")
    return token if kind in {"d", "f"} else ""
