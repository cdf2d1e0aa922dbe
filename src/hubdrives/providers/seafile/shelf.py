"""How the libraries of an account lie in its root: as in the drive that EBRAINS mounts into its labs.

"My Libraries/NAME", "Shared with me/NAME", "Shared with groups/NAME", "Shared with all/NAME". No I/O.

https://help.seafile.com/drive_client/using_drive_client/
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

import msgspec

from hubdrives.paths import Sibling, local_names
from hubdrives.providers.seafile.item import Library, rank

MINE: Final = "My Libraries"
WITH_ME: Final = "Shared with me"
WITH_GROUPS: Final = "Shared with groups"
WITH_ALL: Final = "Shared with all"
SECTIONS: Final = (MINE, WITH_ME, WITH_GROUPS, WITH_ALL)

_OF_TYPE: Mapping[str, str] = {"repo": MINE, "srepo": WITH_ME, "grepo": WITH_GROUPS}
_EVERYBODY = "Organization"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """The libraries by section and local name."""

    sections: Mapping[str, Mapping[str, Library]] = field(default_factory=dict)

    def get(self, section: str, name: str) -> Library | None:
        """What has a name in a section, by its own name before its local one; None if nothing."""
        libraries = self.sections.get(section, {})
        named = [library for library in libraries.values() if library.name == name]
        return libraries.get(name) or (named[0] if named else None)

    def by_id(self, library: str) -> Library | None:
        """A library by its id, None if it does not reach this account."""
        every = (each for libraries in self.sections.values() for each in libraries.values())
        return next((each for each in every if each.id == library), None)


def shelve(libraries: Iterable[Library]) -> Shelf:
    """The libraries, each at one place only: where it is most the account's own, with the most that it may do there.

    Of two that have the same name in a section, the one with the smaller id keeps it, so that names stay as they are.
    """
    found: dict[str, tuple[str, Library]] = {}
    for library in libraries:
        section = WITH_ALL if library.owner == _EVERYBODY else _OF_TYPE.get(library.type, WITH_ME)
        if library.id in found:
            other, seen = found[library.id]
            section = min(section, other, key=SECTIONS.index)
            best = max(library.permission, seen.permission, key=rank)
            library = msgspec.structs.replace(seen, permission=best)  # noqa: PLW2901 - the same one, told again
        found[library.id] = (section, library)
    sections: dict[str, dict[str, Library]] = {}
    for section in SECTIONS:
        those = [library for at, library in found.values() if at == section]
        names = local_names(Sibling(id=library.id, name=library.name) for library in those)
        sections[section] = {names[library.id]: library for library in those}
    return Shelf(sections=sections)
