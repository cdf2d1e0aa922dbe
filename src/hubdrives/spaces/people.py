"""Who the users of a hub are elsewhere: what names their folder, and at which address a provider knows them."""

import hashlib
import re
from typing import Final, Protocol
from urllib.parse import unquote

from hubdrives.config import SpaceSettings
from hubdrives.errors import BadInput
from hubdrives.paths import MAX_NAME_BYTES

_PLAIN: Final = frozenset(b"abcdefghijklmnopqrstuvwxyz0123456789._@-")

_LONG: Final = "%sha256-"
"""What stands before the digest of a long key; nothing is percent-encoded so."""


class Person(Protocol):
    """A user of the hub, as their login told who they are."""

    @property
    def name(self) -> str:
        """In the hub."""
        ...

    @property
    def sub(self) -> str:
        """The subject of their login, which never changes; "" if it was not told."""
        ...

    @property
    def email(self) -> str:
        """Empty if it was not told."""
        ...


class People(Protocol):
    """Knows the users of a hub."""

    async def person(self, name: str) -> Person:
        """The user of that name.

        Raises:
            NotFound: there is none.
            LoginNeeded: nothing is known of their login: they must log in first.
        """
        ...


def asks_people(settings: SpaceSettings) -> bool:
    """Whether a user's name alone does not say which folder is theirs, or who they are at the provider."""
    return settings.key != "name" or "{sub" in settings.address or "{email" in settings.address


def address_of(person: Person, settings: SpaceSettings) -> str:
    """Who `person` is at the provider.

    Raises:
        BadInput: their login did not tell what that needs.
    """
    for word, value in (("name", person.name), ("sub", person.sub), ("email", person.email)):
        if f"{{{word}" in settings.address and not value:
            raise BadInput(
                f"The login of '{person.name}' did not tell their {word}, by which the provider knows people.",
                hint="Ask your hub's administrators: it is what `address` of the space needs.",
            )
    return settings.address.format(name=person.name, sub=person.sub, email=person.email)


def key_of(person: Person, settings: SpaceSettings) -> str:
    """The name of the folder that has `person`'s in it. Raises BadInput: their login did not tell what that needs."""
    value = person.name if settings.key == "name" else person.sub
    if not value:
        raise BadInput(
            f"The login of '{person.name}' did not tell their {settings.key}, which names their folder.",
            hint='Ask your hub\'s administrators; where names never change, `key = "name"` does without it.',
        )
    return folder_name(value)


def folder_name(key: str) -> str:
    """`key` as the name of a folder anywhere: another one for each other key, and none that leads elsewhere.

    What is no small ASCII letter, digit or one of "._@-" is percent-encoded: capital letters as well, for some
    providers take no notice of them; and so are dots at either end, for such names are hidden, or cut, or lead up.
    Names that are too long for a file system end in a digest.
    """
    name = "".join(chr(byte) if byte in _PLAIN else f"%{byte:02x}" for byte in key.encode("utf-8", "surrogatepass"))
    name = re.sub(r"^\.+|\.+$", lambda dots: "%2e" * len(dots[0]), name)
    if len(name) <= MAX_NAME_BYTES:
        return name
    mark = f"{_LONG}{hashlib.sha256(key.encode('utf-8', 'surrogatepass')).hexdigest()}"
    return f"{name[: MAX_NAME_BYTES - len(mark)]}{mark}"


def key_in(folder: str) -> str:
    """The key that a folder is named for, as far as its name still tells it."""
    try:
        return folder if _LONG in folder else unquote(folder, errors="surrogatepass")
    except UnicodeDecodeError:
        # Nobody's: something else is in the root.
        return folder
