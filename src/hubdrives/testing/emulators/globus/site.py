"""What there is in an emulated Globus, and the side door by which tests plant and change it."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from urllib.parse import quote
from uuid import NAMESPACE_URL, uuid4, uuid5

from hubdrives.testing.emulators.content import Content
from hubdrives.testing.emulators.faults import Faults
from hubdrives.testing.emulators.folder import Folder
from hubdrives.testing.emulators.globus.collections import GUEST, MAPPED, AccessRule, Collection, EntityType
from hubdrives.testing.emulators.globus.consents import Consents
from hubdrives.testing.emulators.globus.copying import Worker
from hubdrives.testing.emulators.globus.keys import Keys
from hubdrives.testing.emulators.globus.known import known_server, with_dependencies
from hubdrives.testing.emulators.globus.named import TRANSFER_ALL, WEB_APP, scope_of
from hubdrives.testing.emulators.globus.people import Client, Identity, IdentityProvider, People
from hubdrives.testing.emulators.globus.queue import Queue
from hubdrives.testing.emulators.globus.scopes import parse_scopes
from hubdrives.testing.emulators.globus.sessions import Session, Sessions
from hubdrives.testing.emulators.globus.settings import Settings
from hubdrives.testing.emulators.globus.shelf import Shelf, names_of
from hubdrives.testing.emulators.globus.store import Store
from hubdrives.testing.emulators.globus.tokens import Tokens
from hubdrives.testing.emulators.tree import FILE, Node

OWNER = "researcher@example.edu"


class Site:
    """A Globus with a person, a confidential client, and a mapped collection of the person's.

    Args:
        directory: served live as that collection; None leaves it empty.
        clock: seconds since 1970.
        faults: that stop tasks.

    Attributes:
        settings, tree, store, people, collections, consents, sessions, tokens, tasks: what there is; collections by id.
        owner: the person.
        client: the confidential client, whose own identity may read and write in the collection, too.
        collection: the collection.
    """

    def __init__(self, directory: Path | None, *, clock: Callable[[], float], faults: Faults) -> None:
        self._base_clock = clock
        self._ahead = 0.0
        self.settings = Settings()
        self.store = Store()
        self.tree = Shelf(clock=self.clock)
        self.people = People()
        self.keys = Keys()
        self.collections: dict[str, Collection] = {}
        self.consents = Consents(clock=self.clock)
        self.sessions = Sessions()
        self.tokens = Tokens(self.people, self.consents, self.resource_server_of, self.settings, clock=self.clock)
        self.tasks = Queue(Worker(self.tree, self.writing, faults, self.settings), self.settings, clock=self.clock)
        self._folders: list[Folder] = []
        self.owner = self.add_identity(OWNER, "A. Researcher", organization="Example University")
        self.client = self.people.add_client("hubdrives", redirect_uris=["http://127.0.0.1/hub/oauth_callback"])
        name = "Lab data" if directory is None else directory.resolve().name
        self.collection = self.add_collection(name, directory=directory)
        self.share(self.collection, self.client, "rw")

    def clock(self) -> float:
        """Seconds since 1970, with all that was added."""
        return self._base_clock() + self._ahead

    def advance(self, seconds: float) -> None:
        """Let time pass: tokens grow older, tasks go on."""
        self._ahead += seconds

    def add_identity(
        self,
        username: str,
        name: str | None = None,
        *,
        email: str | None = None,
        organization: str | None = None,
        linked_to: Identity | None = None,
    ) -> Identity:
        """The identity of that username, a new one when there is none."""
        return self.people.add_identity(username, name, email=email, organization=organization, linked_to=linked_to)

    def add_collection(
        self,
        display_name: str | None,
        *,
        entity_type: EntityType = MAPPED,
        owner: Identity | Client | str | None = None,
        directory: Path | None = None,
        https: bool | None = None,
    ) -> Collection:
        """A collection with nothing in it, or with a directory that is served live as its `/`.

        Args:
            display_name: as people see it.
            entity_type: of what sort.
            owner: by default the person.
            directory: what clients do is done there, too; served again, it has the same id.
            https: it has a server for its bytes; by default those of Globus Connect Server have.
        """
        root = self.tree.add(display_name or "", parent=None)
        personal = entity_type.startswith("GCP_")
        known_as = uuid4() if directory is None else uuid5(NAMESPACE_URL, directory.resolve().as_uri())
        made = Collection(
            id=str(known_as),
            display_name=display_name,
            entity_type=entity_type,
            owner=self.people.identity(self.owner if owner is None else owner).id,
            root=root.id,
            https=not personal if https is None else https,
            gcp_connected=True if personal else None,
            gcp_paused=False if personal else None,
        )
        self.collections[made.id] = made
        if directory is not None:
            self._folders.append(Folder(self.tree, root.id, directory, keep=self.store.keep))
        return made

    def add_guest_collection(
        self, display_name: str | None, path: str, *, of: Collection | None = None, owner: Identity | str | None = None
    ) -> Collection:
        """A guest collection whose `/` is a folder of a mapped one; the folder is made when it is not there."""
        host = of or self.collection
        made = Collection(
            id=str(uuid4()),
            display_name=display_name,
            entity_type=GUEST if host.entity_type == MAPPED else "GCP_guest_collection",
            owner=host.owner if owner is None else self.people.identity(owner).id,
            root=self.add_folder(path, collection=host).id,
            https=host.https,
            host=host.id,
        )
        self.collections[made.id] = made
        return made

    def share(
        self, collection: Collection, who: Identity | Client | str, permissions: str = "r", *, path: str = "/"
    ) -> AccessRule:
        """Let somebody in: an identity, or EVERYBODY or ALL_USERS of `collections`."""
        name = who if isinstance(who, str) and "@" not in who else self.people.identity(who).id
        folder = "/" + "".join(f"{each}/" for each in names_of(path))
        rule = AccessRule(folder, name, permissions, str(uuid4()))
        collection.acl.append(rule)
        return rule

    def add_file(
        self,
        path: str,
        data: bytes | str = "",
        *,
        collection: Collection | None = None,
        modified: float | None = None,
    ) -> Node:
        """Plant a file by its path, with the folders on it, or another content of one that is there."""
        *folders, name = names_of(path)
        parent = self.add_folder("/".join(folders), collection=collection)
        known = self.tree.child(parent.id, name)
        if known is not None:
            return self.tree.replace(known.id, Content.of(data), modified=modified)
        return self.tree.add(name, parent=parent.id, kind=FILE, content=Content.of(data), modified=modified)

    def add_folder(self, path: str, *, collection: Collection | None = None) -> Node:
        """Plant a folder by its path, with those above it, as far as they are not there.

        Raises:
            NotADirectoryError: a file is in the way; nothing was made then.
        """
        node = self.tree[(collection or self.collection).root]
        for name in names_of(path):
            node = self.tree.child(node.id, name) or self.tree.add(name, parent=node.id)
            if node.content is not None:
                raise NotADirectoryError(path)
        return node

    def resource_server_of(self, scope: str) -> str | None:
        """Which resource server a scope is of; None when there is no such scope."""
        return known_server(scope, self.collections, self.people.clients)

    def token(
        self,
        scope: str = TRANSFER_ALL,
        who: Identity | Client | str | None = None,
        *,
        client: Client | None = None,
        session: Session | None = None,
    ) -> str:
        """An access token for a scope string of one resource server, with the consents that it names.

        Args:
            scope: such as `named.TRANSFER_ALL`, or with brackets.
            who: for whom it stands; by default the person.
            client: who has it; by default the confidential one.
            session: the logins that it came from; by default one just now.

        Raises:
            LookupError: there is no such scope.
        """
        identity, client = self.people.identity(who or self.owner), client or self.client
        if session is None:
            session = self.sessions.begin()
            session.log_in(identity.id, now=self.clock())
        scopes = with_dependencies(parse_scopes(scope), self.people.clients)
        self.consents.allow(identity.id, client.id, scopes)
        made = self.tokens.issue(client, identity, [each.name for each in scopes], session=session)
        if not made:
            raise LookupError(scope)
        return made[0].value

    def transfer_token(self, who: Identity | Client | str | None = None) -> str:
        """One for the Transfer service, with the consent for the data of all collections that want one."""
        wanted = [f"*{scope_of(each.id, 'data_access')}" for each in self.collections.values() if each.has_data_access]
        return self.token(f"{TRANSFER_ALL}[{' '.join(wanted)}]" if wanted else TRANSFER_ALL, who)

    def https_token(self, collection: Collection | None = None, who: Identity | Client | str | None = None) -> str:
        """One for the HTTPS server of a collection, the same."""
        where = collection or self.collection
        below = f"[*{scope_of(where.id, 'data_access')}]" if where.has_data_access else ""
        return self.token(scope_of(where.id, "https") + below, who)

    def web_address(self, collection: Collection | None = None, path: str = "/") -> str:
        """What a person would paste for a folder."""
        where = (collection or self.collection).id
        return f"{WEB_APP}/file-manager?origin_id={where}&origin_path={quote(path, safe='')}"

    async def find(self, path: str, *, collection: Collection | None = None) -> Node:
        """What is at a path of a collection; served directories are looked at first.

        Raises:
            LookupError: nothing is there.
        """
        await self.refresh()
        found = self.tree.at((collection or self.collection).root, path)
        if found is None:
            raise LookupError(f"nothing at {path}")
        return found

    async def refresh(self) -> None:
        """Look at the served directories."""
        for each in self._folders:
            await each.refresh()

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[None]:
        """Change the tree; the directories follow. Nothing may be awaited inside."""
        async with AsyncExitStack() as stack:
            for each in self._folders:
                await stack.enter_async_context(each.writing())
            yield

    def add_client(
        self,
        name: str,
        *,
        native: bool = False,
        redirect_uris: Sequence[str] = (),
        scopes: Mapping[str, str] | None = None,
        required_provider: IdentityProvider | None = None,
    ) -> Client:
        """An application, or a service with scopes of its own; see `Client`."""
        return self.people.add_client(
            name, native=native, redirect_uris=redirect_uris, scopes=scopes, required_provider=required_provider
        )
