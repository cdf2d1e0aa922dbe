"""The spaces of the hub's users: how a source names one, whose folder it is, and who may do what there."""

from dataclasses import dataclass

from hubdrives.config import Settings, SpaceSettings
from hubdrives.connections import Connections
from hubdrives.errors import BadConfig, BadInput, HubdrivesError, NotGranted
from hubdrives.gateway import grants
from hubdrives.gateway.grants import MANAGE, READ, WRITE, Rule
from hubdrives.gateway.identity import Caller
from hubdrives.model import Location
from hubdrives.spaces.people import People, asks_people, folder_name, key_of
from hubdrives.spaces.roots import refuse_overlaps
from hubdrives.spaces.stored import StoredSpaces, root_of, stored

_VERBS = frozenset({READ, WRITE, MANAGE})
"""What can be done in a space: nothing in it can be linked to, shared or opened with a token by whoever may use it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """What a source says of a space."""

    space: str
    user: str
    """Whose folder; "" is that of whoever asks."""
    path: str
    """Below the folder."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """Somebody's folder."""

    connection: str
    location: Location
    source: str
    """What whoever asked writes for it."""


class UsersSpaces:
    """All spaces of the configuration.

    Args:
        settings: connections, spaces and grants.
        connections: where the service accounts are.
        people: who the users are; None where their names say all.

    Raises:
        BadConfig: a space's root can't be understood, or its folders would be open to others.
    """

    def __init__(self, settings: Settings, connections: Connections, people: People | None) -> None:
        self._settings = settings.spaces
        self._connections = connections
        self._people = people
        self._rules = tuple(Rule.of(grant, None) for grant in settings.grants if grant.connection in settings.spaces)
        self._roots = {name: _root(name, space, connections) for name, space in settings.spaces.items()}
        refuse_overlaps(settings.spaces, self._roots)

    def named(self, source: str) -> Named | None:
        """What `source` says, None if it names no space.

        SPACE:/PATH is the caller's own, SPACE@USER:/PATH that of USER: all between the first "@" and the first ":/". No
        user's name has a "/", and no space's an "@".
        """
        head, colon, path = source.strip().partition(":/")
        space, at, user = head.partition("@")
        if not colon or space not in self._settings or path.startswith("/") or (at and not user):
            return None
        return Named(space=space, user=user, path=path)

    def names(self, caller: Caller) -> dict[str, frozenset[str]]:
        """The spaces in which `caller` may do something, and what: "read", "write" in their own, "manage"."""
        found: dict[str, frozenset[str]] = {}
        for rule in grants.held(self._rules, caller):
            found[rule.connection] = found.get(rule.connection, frozenset()) | rule.can
        return found

    def settings(self, space: str) -> SpaceSettings:
        return self._settings[space]

    def refuse_open_to_all(self, rules: tuple[Rule, ...]) -> None:
        """Raises BadConfig: one of these `rules`, which are for connections, lets everyone into all folders of one."""
        for rule in rules:
            for name, root in self._roots.items():
                if rule.everyone and rule.connection == self._settings[name].connection and _holds(rule.root, root):
                    raise BadConfig(
                        f"A grant on '{rule.connection}' gives everyone what is in the folders of space '{name}'.",
                        hint="Give the grant another root, or the space another `root` or connection.",
                    )

    async def home(self, caller: Caller, named: Named, verb: str) -> Home:
        """The folder that `named` means, if `caller` may do in it what `verb` says. The others are told nothing.

        Raises:
            NotGranted: they may not.
            BadInput: a service asks for a folder of its own; or the login did not tell what names it.
            NotFound, LoginNeeded: who the user is can't be told, as `People.person`.
        """
        can = self.names(caller).get(named.space, frozenset())
        own = not caller.service and named.user in {"", caller.name}
        if not (MANAGE in can or (own and can)):
            raise grants.refusal()
        if verb not in _VERBS:
            raise NotGranted(
                "What is in a space can't be linked to, shared or opened with a token.",
                hint="Those who manage the space share a whole folder with its user: `hubdrives space share`.",
            )
        if MANAGE not in can and verb not in can:
            raise grants.refusal()
        if not own and not named.user:
            raise BadInput(
                "A service has no folder of its own in a space.", hint=f"Write {named.space}@USER:/ for that of a user."
            )
        settings, user = self._settings[named.space], caller.name if own else named.user
        return Home(
            connection=settings.connection,
            location=self._roots[named.space].below(f"{await self._key(settings, user)}/{settings.folder}"),
            source=f"{named.space}:/" if own else f"{named.space}@{user}:/",
        )

    async def own(self, caller: Caller, space: str) -> Home:
        """The caller's own folder, whatever they may do there. Raises as `home`."""
        verb = WRITE if WRITE in self.names(caller).get(space, frozenset()) else READ
        return await self.home(caller, Named(space=space, user="", path=""), verb)

    async def stored(self, space: str) -> StoredSpaces:
        """All folders of `space`, whoever may use them. Raises BadInput, BadConfig: its provider can't keep them."""
        return await stored(self._connections, space, self._settings[space], people=self._people)

    async def _key(self, settings: SpaceSettings, user: str) -> str:
        if settings.key == "name":
            return folder_name(user)
        if self._people is None:
            raise AssertionError("unreachable: where logins name folders, somebody is asked for them")
        return key_of(await self._people.person(user), settings)


def asks_hub(settings: Settings) -> bool:
    """Whether the hub must be asked who its users are."""
    return any(asks_people(space) for space in settings.spaces.values())


def _root(name: str, space: SpaceSettings, connections: Connections) -> Location:
    if connections.is_personal(space.connection):
        raise BadConfig(
            f"Space '{name}' needs an account of its own, but '{space.connection}' opens with users' own logins."
        )
    try:
        return root_of(connections, name, space)[0]
    except HubdrivesError as error:
        raise BadConfig(f"Space '{name}' can't be used: {error}", hint=error.hint) from None


def _holds(outer: Location | None, inner: Location) -> bool:
    """Whether `inner` is at or below `outer`, by their paths alone."""
    if outer is None:
        return False
    below = f"{inner.path}/".startswith(f"{outer.path}/") if outer.path else True
    return below and (outer.provider, outer.host, outer.id) == (inner.provider, inner.host, inner.id)
