"""Who there is: the application, its service account, the people and groups of the enterprise."""

import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

ALL_SCOPES = frozenset(
    {
        "root_readonly",
        "root_readwrite",
        "manage_managed_users",
        "manage_app_users",
        "manage_groups",
        "manage_webhook",
    }
)


@dataclass(slots=True)
class App:
    """An application of the enterprise, as the developer console and the admin console set it up.

    Attributes:
        client_id, client_secret: what it logs in with.
        enterprise_id: whose it is.
        redirect_uri: where people come back to it.
        scopes: what the admin authorised it for.
        authorized: the admin did.
        user_access: it may get tokens that stand for users ("generate user access tokens").
    """

    client_id: str
    client_secret: str = field(repr=False)
    enterprise_id: str
    redirect_uri: str = "http://127.0.0.1/callback"
    scopes: frozenset[str] = ALL_SCOPES
    authorized: bool = True
    user_access: bool = True


@dataclass(frozen=True, slots=True)
class User:
    """A person, or the application's own account.

    Attributes:
        id: a decimal number.
        login: an e-mail address.
        name: as people see it.
        root: the id of the user's top folder, which the API calls 0.
    """

    id: str
    login: str
    name: str
    root: str


@dataclass(frozen=True, slots=True)
class Group:
    """Some people; `members` are their ids."""

    id: str
    name: str
    members: frozenset[str] = frozenset()


class People:
    """The users and groups of the enterprise.

    Args:
        fresh_id: a new id each time.
        add_root: makes the top folder of a user with this id, gives its id.
    """

    def __init__(self, *, fresh_id: Callable[[], str], add_root: Callable[[str], str]) -> None:
        self.app = App(
            client_id=secrets.token_hex(16), client_secret=secrets.token_urlsafe(24), enterprise_id=fresh_id()
        )
        self._fresh_id = fresh_id
        self._add_root = add_root
        self.users: dict[str, User] = {}
        self.groups: dict[str, Group] = {}

    def add_user(self, login: str, name: str = "") -> User:
        """The user of that login, a new one when there is none."""
        known = self.by_login(login)
        if known is not None:
            return known
        user_id = self._fresh_id()
        user = User(user_id, login, name or login.partition("@")[0], self._add_root(user_id))
        self.users[user_id] = user
        return user

    def by_login(self, login: str) -> User | None:
        return next((each for each in self.users.values() if each.login.casefold() == login.casefold()), None)

    def user(self, who: "User | str") -> User:
        """A user by login.

        Raises:
            LookupError: there is none.
        """
        if isinstance(who, User):
            return who
        found = self.by_login(who)
        if found is None:
            raise LookupError(f"no user {who!r}")
        return found

    def add_group(self, name: str, members: Iterable[User | str] = ()) -> Group:
        group = Group(self._fresh_id(), name, frozenset(self.user(each).id for each in members))
        self.groups[group.id] = group
        return group

    def groups_of(self, user: User) -> frozenset[str]:
        return frozenset(each.id for each in self.groups.values() if user.id in each.members)
