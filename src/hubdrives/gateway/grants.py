"""Who may do what, where: decided from the configured rules alone. Asks nobody but the provider where things lie."""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass

from hubdrives.config import Grant, Settings
from hubdrives.connections import Connections
from hubdrives.errors import BadConfig, HubdrivesError, NotFound, NotGranted
from hubdrives.gateway.identity import Caller
from hubdrives.model import Location
from hubdrives.providers import provider_class

READ = "read"
LINK = "link"
WRITE = "write"
SHARE = "share"
TOKEN = "token"  # noqa: S105 - a verb
TRANSFER = "transfer"
MANAGE = "manage"

Contains = Callable[[Location, Location], Awaitable[bool]]
"""Whether the second location is the first, or lies below it as the provider stores it.

Raises NotFound if nothing is there and the first one's readers may know that.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A grant whose root was understood."""

    connection: str
    root: Location | None
    """None is whatever the user's own token opens."""
    users: frozenset[str]
    groups: frozenset[str]
    everyone: bool
    services: frozenset[str]
    can: frozenset[str]

    @classmethod
    def of(cls, grant: Grant, root: Location | None) -> "Rule":
        return cls(
            connection=grant.connection,
            root=root,
            users=frozenset(grant.users),
            groups=frozenset(grant.groups),
            everyone=grant.everyone,
            services=frozenset(grant.services),
            can=frozenset(grant.can),
        )

    def is_for(self, caller: Caller) -> bool:
        if caller.service:
            return caller.name in self.services
        return self.everyone or caller.name in self.users or not self.groups.isdisjoint(caller.groups)


def rules(settings: Settings, connections: Connections) -> tuple[Rule, ...]:
    """The rules of the configuration for its connections; those for spaces `hubdrives.gateway.spaces` knows.

    Raises:
        BadConfig: a root that its connection's provider does not understand, or none where there must be one; or a
            grant that lets a service use what opens with a user's login.
    """
    found = []
    for grant in settings.grants:
        if grant.connection in settings.spaces:
            continue
        if grant.services and connections.is_personal(grant.connection):
            raise BadConfig(
                f"A grant on '{grant.connection}' names services, but it opens with users' own logins alone.",
                hint="Remove `services`, or grant them a connection with an account of its own.",
            )
        try:
            root = _root(settings, connections, grant)
        except HubdrivesError as error:
            raise BadConfig(f"A grant on '{grant.connection}' can't be used: {error}", hint=error.hint) from None
        found.append(Rule.of(grant, root))
    return tuple(found)


def _root(settings: Settings, connections: Connections, grant: Grant) -> Location | None:
    configured = settings.connections[grant.connection]
    if grant.root is None:
        if configured.root is None and connections.is_personal(grant.connection):
            return None
        return connections.root(grant.connection)
    location = provider_class(configured.provider).parse(grant.root, base_url=configured.base_url)
    if location is None:
        raise BadConfig(f"'{grant.root}' is no address of its provider.")
    return location


def held(
    rules: Iterable[Rule], caller: Caller, *, connection: str | None = None, verb: str | None = None
) -> list[Rule]:
    """The rules that are for `caller`, on `connection` only and with `verb` only, if given."""
    return [
        rule
        for rule in rules
        if rule.is_for(caller)
        and (connection is None or rule.connection == connection)
        and (verb is None or verb in rule.can)
    ]


async def covering(
    rules: Iterable[Rule], location: Location, contains: Contains, *, below: bool = False
) -> Rule | None:
    """The first of `rules` whose root is `location` or has it below; those that need no question come first.

    Args:
        rules: those that are for whoever asks.
        location: a place.
        contains: what the provider says.
        below: the root itself does not count: who may write into a folder may not move the folder.

    Raises:
        NotFound: none has, and one of them would if it were there.
    """
    among = list(rules)
    for rule in among:
        if rule.root is None or (rule.root == location and not below):
            return rule
    missing: NotFound | None = None
    for rule in among:
        try:
            if rule.root is not None and await within(rule.root, location, contains, below=below):
                return rule
        except NotFound as error:
            missing = error
    if missing is not None:
        raise missing
    return None


async def within(root: Location, location: Location, contains: Contains, *, below: bool) -> bool:
    """Whether `location` lies below `root`, or is that and this counts, too (not `below`). Raises NotFound."""
    if not await contains(root, location):
        return False
    # However it is written, what has the root in it is the root.
    return not (below and await contains(location, root))


def refusal() -> NotGranted:
    """The one answer for all that is not granted, whether it exists or not."""
    return NotGranted("You have no access to this through the hub's gateway.")
