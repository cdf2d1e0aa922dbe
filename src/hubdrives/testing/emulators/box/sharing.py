"""Who may do what with which item: collaborations and shared links.

https://support.box.com/hc/en-us/articles/360044196413-Understanding-Collaborator-Permission-Levels
"""

import secrets
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from hubdrives.testing.emulators.box.people import Group, People, User

# What one may do: see that it is there, look at it in a browser, ...
VERBS = frozenset({"see", "preview", "download", "upload", "rename", "delete", "share", "invite"})

ROLES: Mapping[str, frozenset[str]] = {
    "owner": VERBS,
    "co-owner": VERBS,
    "editor": VERBS,
    "viewer uploader": frozenset({"see", "preview", "download", "upload", "share"}),
    "previewer uploader": frozenset({"see", "preview", "upload"}),
    "uploader": frozenset({"see", "upload"}),
    "viewer": frozenset({"see", "preview", "download", "share"}),
    "previewer": frozenset({"see", "preview"}),
}

LinkAccess = Literal["open", "company", "collaborators"]
HOST = "https://app.box.com"


@dataclass(frozen=True, slots=True)
class Collaboration:
    """An invitation of somebody to an item.

    Attributes:
        id: a decimal number.
        item: the id of the item.
        who: the user or group; None for an address that no user has.
        invited: the address that was invited.
        role: one of ROLES.
        status: `accepted`, `pending` or `rejected`.
        by: the id of the user who invited.
        created, modified: seconds since 1970.
        expires: when it ends, the same.
        can_view_path: who is invited sees the names of the folders above.
    """

    id: str
    item: str
    who: User | Group | None
    invited: str
    role: str
    status: Literal["accepted", "pending", "rejected"]
    by: str
    created: float
    modified: float
    expires: float | None = None
    can_view_path: bool = False


@dataclass(frozen=True, slots=True)
class SharedLink:
    """The link of an item; whoever has it may see the item, and all that is in it.

    Attributes:
        item: the id of the item.
        url: what people hand around.
        access: whom it lets in; `collaborators` nobody who was not in before.
        password: what it asks for.
        download: whether it gives the bytes, too.
    """

    item: str
    url: str
    access: LinkAccess = "open"
    password: str | None = field(default=None, repr=False)
    download: bool = True


class Sharing:
    """All collaborations and shared links."""

    def __init__(self, people: People, *, fresh_id: Callable[[], str], clock: Callable[[], float]) -> None:
        self.collaborations: dict[str, Collaboration] = {}
        self._links: dict[str, SharedLink] = {}
        self._people = people
        self._fresh_id = fresh_id
        self._clock = clock

    def invite(
        self,
        item: str,
        who: User | Group | str,
        role: str,
        *,
        by: str,
        expires: float | None = None,
        can_view_path: bool = False,
    ) -> Collaboration:
        """Invite somebody; an address that no user has stays an open invitation."""
        now = self._clock()
        known = (self._people.by_login(who) or None) if isinstance(who, str) else who
        invited = who if isinstance(who, str) else who.name if isinstance(who, Group) else who.login
        collaboration = Collaboration(
            id=self._fresh_id(),
            item=item,
            who=known,
            invited=invited,
            role=role,
            status="pending" if known is None else "accepted",
            by=by,
            created=now,
            modified=now,
            expires=expires,
            can_view_path=can_view_path,
        )
        self.collaborations[collaboration.id] = collaboration
        return collaboration

    def of(self, item: str) -> list[Collaboration]:
        """What was made for this very item, and has not ended."""
        now = self._clock()
        return [
            each
            for each in self.collaborations.values()
            if each.item == item and (each.expires is None or each.expires > now)
        ]

    def of_user(self, user: User) -> Iterator[Collaboration]:
        """What lets a user in, as a person or as a member of a group."""
        now, groups = self._clock(), self._people.groups_of(user)
        for each in self.collaborations.values():
            invited = each.who is not None and (each.who.id == user.id or each.who.id in groups)
            if invited and each.status == "accepted" and (each.expires is None or each.expires > now):
                yield each

    def link(self, item: str) -> SharedLink | None:
        return self._links.get(item)

    def set_link(
        self, item: str, *, access: LinkAccess = "open", password: str | None = None, download: bool = True
    ) -> SharedLink:
        """Give an item a link; one that it has already stays at its address."""
        known = self._links.get(item)
        url = f"{HOST}/s/{secrets.token_hex(16)}" if known is None else known.url
        link = self._links[item] = SharedLink(item, url, access, password, download)
        return link

    def remove_link(self, item: str) -> None:
        self._links.pop(item, None)

    def by_url(self, url: str) -> SharedLink | None:
        """The link that somebody pasted, whatever the subdomain."""
        wanted = url.split("?", maxsplit=1)[0].rstrip("/").rpartition("/")[2]
        return next((each for each in self._links.values() if each.url.rpartition("/")[2] == wanted), None)
