"""What providers make of the `options` of a connection."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from hubdrives.errors import BadConfig

T = TypeVar("T", bound=msgspec.Struct)


def options_of(kind: type[T], given: Mapping[str, Any] | None, *, title: str) -> T:
    """The options from a configuration.

    Args:
        kind: what they may be.
        given: as they stand there.
        title: of the provider, as a person calls it.

    Raises:
        BadConfig: an unknown option, or a value that it can't have.
    """
    try:
        return msgspec.convert(dict(given or {}), kind)
    except msgspec.ValidationError as error:
        raise BadConfig(f"The options of a {title} connection can't be used: {error}.") from None


def link_passwords(file: str | None, link_of: Callable[[str], str], *, called: str) -> dict[str, str]:
    """The passwords of links, from a file with a link, a blank and its password on each line.

    Args:
        file: its path; None is none.
        link_of: what an address is known by, "" if it is no such link.
        called: what such a link is, for people: "shared link".

    Raises:
        BadConfig: the file can't be read, or a line in it is no link with a password.
    """
    if file is None:
        return {}
    try:
        lines = Path(file).expanduser().read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        raise BadConfig(f"The file '{file}' with passwords of links can't be read.") from None
    found: dict[str, str] = {}
    for number, line in enumerate(lines, start=1):
        address, _, password = line.strip().partition(" ")
        if not address or address.startswith("#"):
            continue
        link = link_of(address)
        if not link or not password.strip():
            raise BadConfig(f"Line {number} of '{file}' is no {called} with its password.")
        found[link] = password.strip()
    return found
