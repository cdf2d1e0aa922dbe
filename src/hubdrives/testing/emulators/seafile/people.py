"""Who there is: users, their groups, and the tokens that stand for them."""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field

UNLIMITED = -2


@dataclass(slots=True)
class User:
    """An account.

    Attributes:
        email: its name, in the form of an address; since version 11, servers make up those of new accounts
            ("…@auth.local").
        name: as people see it.
        password: what it logs in with.
        quota: bytes of what it owns; UNLIMITED is none.
        active: an administrator has not switched it off.
        default_library: the id of its "My Library"; None until there is one.
        address: by which people know it, where the name is made up.
    """

    email: str
    name: str
    password: str = field(repr=False)
    quota: int = UNLIMITED
    active: bool = True
    default_library: str | None = None
    address: str = ""

    @property
    def contact_email(self) -> str:
        return self.address or self.email


@dataclass(slots=True)
class Group:
    """Some users, by e-mail address."""

    id: int
    name: str
    owner: str
    members: set[str]


@dataclass(frozen=True, slots=True)
class LibraryToken:
    """A token for one library, which its owner made for a program.

    Attributes:
        token: 40 hexadecimal digits.
        library: the id.
        permission: `r` or `rw`.
        app: the program's name.
    """

    token: str = field(repr=False)
    library: str
    permission: str
    app: str


class People:
    """The users and groups of a server."""

    def __init__(self) -> None:
        self.users: dict[str, User] = {}
        self.groups: dict[int, Group] = {}
        self._tokens: dict[str, str] = {}
        self._library_tokens: dict[str, LibraryToken] = {}

    def add_user(self, email: str, name: str = "", *, password: str | None = None) -> User:
        """The user of that address, a new one when there is none."""
        if email not in self.users:
            chosen = secrets.token_hex(12) if password is None else password
            self.users[email] = User(email, name or email.partition("@")[0], chosen)
        return self.users[email]

    def user(self, who: User | str) -> User:
        """A user by address.

        Raises:
            LookupError: there is none.
        """
        return who if isinstance(who, User) else self.users[who]

    def name(self, email: str) -> str:
        """How people see a user, who may be gone."""
        return self.users[email].name if email in self.users else email.partition("@")[0]

    def add_group(self, name: str, members: Iterable[User | str] = (), *, owner: User | str) -> Group:
        emails = {self.user(each).email for each in (owner, *members)}
        group = Group(len(self.groups) + 1, name, self.user(owner).email, emails)
        self.groups[group.id] = group
        return group

    def contact_email(self, email: str) -> str:
        """By which address people know a user, who may be gone."""
        return self.users[email].contact_email if email in self.users else email

    def search(self, text: str) -> list[User]:
        """The active users with `text` in one of their names or addresses."""
        wanted = text.casefold()
        return [
            each
            for each in self.users.values()
            if each.active and any(wanted in told.casefold() for told in (each.email, each.name, each.contact_email))
        ]

    def groups_of(self, user: User) -> list[Group]:
        return [each for each in self.groups.values() if user.email in each.members]

    def token(self, user: User) -> str:
        """The token of an account, the same until it ends."""
        known = next((token for token, email in self._tokens.items() if email == user.email), None)
        if known is None:
            known = secrets.token_hex(20)
            self._tokens[known] = user.email
        return known

    def of_token(self, token: str) -> User | None:
        """Whom a token stands for."""
        return self.users.get(self._tokens.get(token, ""))

    def end_tokens(self) -> None:
        """End the tokens of all accounts."""
        self._tokens.clear()

    def add_library_token(self, library: str, permission: str, app: str) -> LibraryToken:
        made = LibraryToken(secrets.token_hex(20), library, permission, app)
        self._library_tokens[made.token] = made
        return made

    def library_token(self, token: str) -> LibraryToken | None:
        return self._library_tokens.get(token)
