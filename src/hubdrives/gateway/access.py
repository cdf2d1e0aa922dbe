"""What a source means for a caller: the connection, the place, and how far they may go from it. Or the refusal."""

from dataclasses import dataclass, replace

from hubdrives import paths
from hubdrives.config import Settings
from hubdrives.connections import Connections
from hubdrives.errors import (
    BadCredential,
    BadInput,
    BadLink,
    Forbidden,
    HubdrivesError,
    NoConnection,
    NotALocation,
    NotFound,
    UnsupportedLink,
)
from hubdrives.gateway import grants, signing
from hubdrives.gateway.grants import LINK, MANAGE, READ, Rule
from hubdrives.gateway.identity import Caller, Identity
from hubdrives.gateway.shared import Shared
from hubdrives.gateway.signing import Link, Signer
from hubdrives.gateway.spaces import Home, Named, UsersSpaces
from hubdrives.model import Location
from hubdrives.providers import provider_class
from hubdrives.wire import LINK_PREFIX


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a caller may read."""

    connection: str
    location: Location
    boundary: Location | None
    """The root of the grant: links that lead out of it are not followed. None: whatever the user's token opens."""
    user: str = ""
    """Whose token opens it, where each user has their own: nobody else may see what it shows."""
    link: Link | None = None
    """The signed link that grants it."""
    home: Home | None = None
    """The user's folder that it lies in, if that is in a space."""

    @property
    def shown(self) -> Location:
        """`location` as the caller may know it: of a folder in a space, not where its service keeps it."""
        if self.home is None:
            return self.location
        inner = self.location.path.removeprefix(self.home.location.path).lstrip("/")
        source = self.home.source
        return Location(provider=self.location.provider, id=source, path=inner, url=source)


class Access:
    """Decides on every request. Keeps the provider's answers to "does this lie in that?" for `fresh` seconds.

    Whatever is decided here raises NotYet when the provider takes longer than `patience` seconds to tell, unless said
    otherwise.
    """

    def __init__(
        self,
        settings: Settings,
        connections: Connections,
        identity: Identity,
        signer: Signer | None,
        spaces: UsersSpaces,
        *,
        fresh: float,
        patience: float,
    ) -> None:
        """Raises BadConfig: a grant's root can't be understood, or lets everyone into a space."""
        self._patience = patience
        self._connections = connections
        self._identity = identity
        self._signer = signer
        self._spaces = spaces
        self._rules = grants.rules(settings, connections)
        spaces.refuse_open_to_all(self._rules)
        self._contained: Shared[tuple[str, str, Location, Location, object], bool] = Shared(fresh=fresh)

    async def close(self) -> None:
        await self._contained.close()

    def held(self, caller: Caller) -> list[Rule]:
        """All rules for connections that are for `caller`."""
        return grants.held(self._rules, caller)

    def is_known(self, caller: Caller) -> bool:
        """Whether any grant is for `caller`."""
        return bool(self.held(caller) or self._spaces.names(caller))

    async def managed(self, caller: Caller, space: str, user: str) -> Place:
        """The folder of `user` in `space`, if `caller` manages that space. Raises as `UsersSpaces.home`."""
        named = self._spaces.named(f"{space}@{user}:/")
        if named is None or (named.space, named.user) != (space, user) or not user:
            raise grants.refusal()
        home = await self._spaces.home(caller, named, MANAGE)
        return Place(connection=home.connection, location=home.location, boundary=home.location, home=home)

    def link(self, source: str) -> Link | None:
        """The signed link that `source` is, None if it is none. Who may use it, `place` decides.

        Raises:
            BadLink: it is damaged or has expired.
        """
        if not source.startswith(LINK_PREFIX):
            return None
        if self._signer is None:
            raise BadLink("This gateway knows no signed links.")
        return self._signer.read(source.removeprefix(LINK_PREFIX))

    async def place(self, caller: Caller, source: str, *, link: Link | None = None, under: str = "") -> Place:
        """Where `source` leads, and `under` below it, if `caller` may read there.

        Args:
            caller: who asks.
            source: as a person writes it.
            link: what `source` is, if it is a signed link.
            under: a path below the source.

        Raises:
            NotGranted: they may not, whether or not there is anything.
            BadLink: the link is for others, or its author lost the right.
            BadInput: the source can't be understood.
            BadPath: `under` leads out.
        """
        return await self._below(
            await (
                self._by_link(caller, link) if link else self._granted(caller, source, READ, patience=self._patience)
            ),
            under,
        )

    async def place_for(
        self,
        verb: str,
        caller: Caller,
        source: str,
        *,
        under: str = "",
        inside: bool = False,
        at_length: bool = False,
    ) -> Place:
        """Where `source` leads, and `under` below it, if `caller` may do there what `verb` says.

        Args:
            verb: not "read": what a signed link gives is never enough.
            caller: who asks.
            source: as a person writes it.
            under: a path below the source.
            inside: it must lie below the root of the grant; the root itself is not the caller's to change.
            at_length: wait for as long as it takes.

        Raises:
            NotGranted, BadInput, BadPath: as `place`.
        """
        if source.startswith(LINK_PREFIX):
            raise grants.refusal()
        patience = None if at_length else self._patience
        return await self._granted(caller, source, verb, under=paths.relative(under), inside=inside, patience=patience)

    async def at(self, caller: Caller, connection: str, location: Location) -> Place | None:
        """A location of a connection, if a grant lets `caller` read there."""
        rule = await self._covering(caller, connection, location, READ, patience=self._patience)
        if rule is None:
            return None
        return Place(connection=connection, location=location, boundary=rule.root, user=self.owner(caller, connection))

    def forget(self, connection: str, *, moved: bool) -> None:
        """Something was changed there: what was missing may be there now, and what was `moved` lies elsewhere."""
        self._contained.forget(lambda key, lies: key[0] == connection and (moved or not lies))

    async def sign(
        self,
        caller: Caller,
        source: str,
        *,
        under: str = "",
        group: str | None = None,
        until: str | None = None,
        open_path: str | None = None,
        target: str | None = None,
    ) -> tuple[Link, str, Place]:
        """A new link to `source`, its token, and where it leads for `caller`.

        Raises:
            NotGranted: `caller` may not make links for it; a link never lets its holder make others.
            BadInput: as `place`; a bad date or name; or this gateway signs no links.
        """
        if self._signer is None:
            raise BadInput(
                "This gateway signs no links.", hint="Tell your hub's administrators: link_key_file is not set."
            )
        if source.startswith(LINK_PREFIX):
            raise grants.refusal()
        place = await self._below(await self._granted(caller, source, LINK, patience=self._patience), under)
        link = Link(
            id=signing.new_id(),
            author=caller.id,
            connection=place.connection,
            location=place.location,
            group=group or None,
            until=self._signer.until(until),
            open=signing.checked_open(open_path),
            target=signing.checked_target(target),
        )
        # As the link's readers will have it, not as its author does.
        boundary = place.boundary if place.user else link.location
        return link, self._signer.sign(link), replace(place, boundary=boundary)

    async def contains(self, root: Place, place: Place) -> bool:
        """Whether `place` is `root` or lies below it."""
        return root.connection == place.connection and await self._contains(
            root.connection, root.user, root.location, place.location, patience=self._patience
        )

    async def _below(self, place: Place, under: str) -> Place:
        below = paths.relative(under)
        if not below:
            return place
        inner = replace(place, location=place.location.below(below))
        if place.boundary is not None and not await self._contains(
            place.connection, place.user, place.boundary, inner.location, patience=self._patience
        ):
            raise grants.refusal()
        return inner

    async def _granted(
        self,
        caller: Caller,
        source: str,
        verb: str,
        *,
        patience: float | None,
        under: str = "",
        inside: bool = False,
    ) -> Place:
        if (named := self._spaces.named(source)) is not None:
            return await self._in_space(caller, named, verb, patience=patience, under=under, inside=inside)
        missing: NotFound | None = None
        for name, outer in self._candidates(source):
            location = outer.below(under)
            try:
                rule = await self._covering(caller, name, location, verb, patience=patience, inside=inside)
            except NotFound as error:
                missing = error
                continue
            if rule is not None:
                bare = rule.root if location == rule.root and not location.params else None
                return Place(
                    connection=name, location=bare or location, boundary=rule.root, user=self.owner(caller, name)
                )
        raise missing or grants.refusal()

    async def _in_space(
        self, caller: Caller, named: Named, verb: str, *, patience: float | None, under: str, inside: bool
    ) -> Place:
        home = await self._spaces.home(caller, named, verb)
        location = home.location.below(paths.relative(named.path)).below(under)

        async def contains(root: Location, inner: Location) -> bool:
            return await self._contains(home.connection, "", root, inner, patience=patience)

        if not await grants.within(home.location, location, contains, below=inside):
            raise grants.refusal()
        return Place(connection=home.connection, location=location, boundary=home.location, home=home)

    async def _covering(
        self,
        caller: Caller,
        connection: str,
        location: Location,
        verb: str,
        *,
        patience: float | None,
        inside: bool = False,
    ) -> Rule | None:
        user = self.owner(caller, connection)

        async def contains(root: Location, inner: Location) -> bool:
            return await self._contains(connection, user, root, inner, patience=patience)

        rules = grants.held(self._rules, caller, connection=connection, verb=verb)
        return await grants.covering(rules, location, contains, below=inside)

    def owner(self, caller: Caller, connection: str) -> str:
        """Whose token opens the connection for `caller`: their own, or "" for the service account's.

        Raises NotGranted: `caller` is a service of the hub, and has no login.
        """
        if not self._connections.is_personal(connection):
            return ""
        if caller.service:
            raise grants.refusal()
        return caller.name

    async def _contains(
        self, connection: str, user: str, root: Location, location: Location, *, patience: float | None
    ) -> bool:
        async def ask(_known: bool | None) -> bool:  # noqa: FBT001 - the earlier answer, not an option
            provider = await self._connections.provider(connection, user=user)
            try:
                return await provider.contains(root, location)
            except BadCredential:
                raise
            except (BadInput, Forbidden):
                return False
            except NotFound:
                # Told only to those who can see the folder in which it is missing.
                above = _above(location)
                if above is None or not await self._contains(connection, user, root, above, patience=None):
                    return False
                raise

        if root == location:
            return True
        return await self._contained.get((connection, user, root, location, location.params), ask, patience=patience)

    def _candidates(self, source: str) -> list[tuple[str, Location]]:
        """What the source may mean: each connection that understands it, and where it leads there."""
        text = source.strip()
        name, colon, path = text.partition(":")
        if colon and path.startswith("/") and not path.startswith("//"):
            try:
                return [(name, self._connections.root(name).below(paths.relative(path.lstrip("/"))))]
            except NoConnection:
                # As if it were there and not granted: names of connections are nobody's business.
                return []
        found: list[tuple[str, Location]] = []
        refusal: HubdrivesError | None = None
        for known, settings in self._connections.settings.items():
            try:
                location = provider_class(settings.provider).parse(text, base_url=settings.base_url)
            except UnsupportedLink as error:
                refusal = refusal or error
                continue
            if location is not None:
                found.append((known, location))
        if not found:
            raise refusal or _unknown(text)
        return found

    async def _by_link(self, caller: Caller, link: Link) -> Place:
        if caller.service:
            # A link is for users.
            raise grants.refusal()
        if link.group is not None and link.group not in caller.groups:
            raise BadLink(
                f"This link is for the group '{link.group}', and you are not in it.",
                hint="Ask whoever gave you the link to have you added to the group, then log in to the hub again.",
            )
        user = self.owner(caller, link.connection)
        if user:
            # Who reads with a token of their own is given nothing by an author, and needs nothing of theirs.
            rule = await self._covering(caller, link.connection, link.location, READ, patience=self._patience)
            if rule is None:
                raise grants.refusal()
            return Place(connection=link.connection, location=link.location, boundary=rule.root, user=user, link=link)
        if not await self._author_may(link):
            raise BadLink("This link is no longer valid: its author may not give access to this content any more.")
        return Place(connection=link.connection, location=link.location, boundary=link.location, link=link)

    async def _author_may(self, link: Link) -> bool:
        """Whether the author could sign this link now. The hub is asked for the author's groups only if they matter."""
        if link.connection not in self._connections.settings:
            return False
        author = Caller.of_id(link.author)
        if await self._covering(author, link.connection, link.location, LINK, patience=self._patience):
            return True
        if not any(rule.groups and rule.connection == link.connection and LINK in rule.can for rule in self._rules):
            return False
        known = await self._identity.user(link.author)
        if known is None:
            return False
        return await self._covering(known, link.connection, link.location, LINK, patience=self._patience) is not None


def _above(location: Location) -> Location | None:
    """The folder that holds `location`, None unless the location says so itself."""
    if not location.path:
        return None
    return replace(location, path=location.path.rpartition("/")[0])


def _unknown(text: str) -> HubdrivesError:
    if text.startswith(("http://", "https://")):
        return NoConnection("The hub's gateway has no connection that knows this address.")
    return NotALocation("This is neither a web address nor connection:/path.")
