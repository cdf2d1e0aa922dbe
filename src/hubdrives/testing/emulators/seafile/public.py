"""The links of a server that open something: public ones, and internal ones."""

from dataclasses import dataclass, field
from uuid import uuid4


@dataclass(slots=True)
class ShareLink:
    """A public link.

    Attributes:
        token: the last part of its address.
        library, path: what it opens; the path of a folder ends in a slash.
        owner: who made it, by e-mail address.
        password: None needs none.
        made, ends: seconds since 1970; `ends` of None is never.
        views: how often it was opened.
    """

    token: str
    library: str
    path: str
    owner: str
    password: str | None = field(repr=False)
    made: float
    ends: float | None
    views: int = 0

    @property
    def is_dir(self) -> bool:
        return self.path.endswith("/")


@dataclass(frozen=True, slots=True)
class SmartLink:
    """An internal link: it opens something for those only who may see it anyway."""

    token: str
    library: str
    path: str
    is_dir: bool


class Links:
    """All links of a server."""

    def __init__(self) -> None:
        self.public: dict[str, ShareLink] = {}
        self.internal: dict[str, SmartLink] = {}

    def add(self, link: ShareLink) -> ShareLink:
        self.public[link.token] = link
        return link

    def internal_to(self, library: str, path: str, *, is_dir: bool) -> SmartLink:
        """The internal link to something, the same each time."""
        for each in self.internal.values():
            if (each.library, each.path, each.is_dir) == (library, path, is_dir):
                return each
        made = SmartLink(str(uuid4()), library, path, is_dir)
        self.internal[made.token] = made
        return made
