"""What there is in an emulated Box, and the side door by which tests plant and change it."""

from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from hubdrives.testing.emulators.box.blobs import Blobs
from hubdrives.testing.emulators.box.drive import Drive
from hubdrives.testing.emulators.box.oauth import OAuth
from hubdrives.testing.emulators.box.people import App, Group, People, User
from hubdrives.testing.emulators.box.sharing import HOST, Collaboration, LinkAccess, Sharing
from hubdrives.testing.emulators.box.tokens import Tokens
from hubdrives.testing.emulators.folder import Folder
from hubdrives.testing.emulators.tree import Node

OWNER = "owner@example.edu"


class Enterprise:
    """An enterprise with an application in it, a person, and a folder of that person.

    Args:
        directory: served live as that folder; None leaves it empty.
        token_lifetime: of access tokens, seconds.
        clock: seconds since 1970.

    Attributes:
        tree, people, sharing, tokens, blobs: what there is.
        owner: the person.
        service_account: the application's own account, which edits the folder.
        root: the id of the folder.
    """

    def __init__(self, directory: Path | None, *, token_lifetime: float, clock: Callable[[], float]) -> None:
        self.tree = Drive(clock=clock)
        self.people = People(fresh_id=self.tree.fresh_id, add_root=self._add_root)
        self.sharing = Sharing(self.people, fresh_id=self.tree.fresh_id, clock=clock)
        self.tokens = Tokens(self.people.app, clock=clock, lifetime=token_lifetime)
        self.blobs = Blobs()
        self.owner = self.add_user(OWNER, "Folder Owner")
        login = f"AutomationUser_{self.tree.fresh_id()}_{self.people.app.client_id[:8]}@boxdevedition.com"
        self.service_account = self.add_user(login, "Automation User")
        self.oauth = OAuth(self.people, self.tokens, self.tree, self.sharing, self.service_account, clock=clock)
        name = "Team folder" if directory is None else directory.resolve().name
        self.root = self.tree.add(name, parent=self.owner.root).id
        self.collaborate(self.root, self.service_account, "editor")
        self._folder = None if directory is None else Folder(self.tree, self.root, directory, keep=self.blobs.keep)

    @property
    def app(self) -> App:
        return self.people.app

    @property
    def location(self) -> str:
        """What a person would paste for the folder."""
        return f"{HOST}/folder/{self.root}"

    def add_user(self, login: str, name: str = "") -> User:
        """The user of that login, who gets an account when there is none."""
        return self.people.add_user(login, name)

    def add_group(self, name: str, members: Iterable[User | str] = ()) -> Group:
        return self.people.add_group(name, members)

    def token(self, who: User | str | None = None) -> str:
        """An access token of a user, by default of the service account; another one each time."""
        return self.tokens.issue((self.service_account if who is None else self.people.user(who)).id)

    def code(self, login: User | str) -> str:
        """An authorization code, as if that person had agreed."""
        return self.tokens.code(self.people.user(login).id)

    def refresh_token(self, login: User | str) -> str:
        return self.tokens.refresh_token(self.people.user(login).id)

    def jwt_config(self) -> dict[str, Any]:
        """The settings of the application as the developer console gives them for a new key pair."""
        return self.oauth.settings()

    def collaborate(self, item: Node | str, who: User | Group | str, role: str = "viewer") -> Collaboration:
        """Invite somebody to an item, as its owner does."""
        node = self.tree[_id(item)]
        collaboration = self.sharing.invite(node.id, who, role, by=self.owner_of(node).id)
        self.tree.note("COLLAB_ADD_COLLABORATOR", node.id)
        return collaboration

    def uncollaborate(self, collaboration: Collaboration | str) -> None:
        """Take an invitation back."""
        key = collaboration.id if isinstance(collaboration, Collaboration) else collaboration
        self.tree.note("COLLAB_REMOVE_COLLABORATOR", self.sharing.collaborations[key].item)
        del self.sharing.collaborations[key]

    def collaborations(self, item: Node | str) -> list[Collaboration]:
        return self.sharing.of(_id(item))

    def shared_link(
        self, item: Node | str, password: str | None = None, access: LinkAccess = "open", *, download: bool = True
    ) -> str:
        """The address of a link to an item."""
        node = self.tree.touch(_id(item))
        return self.sharing.set_link(node.id, access=access, password=password, download=download).url

    def owner_of(self, node: Node) -> User:
        """The user in whose tree an item is."""
        top = self.tree.path(node.id)[0].id
        return next(each for each in self.people.users.values() if each.root == top)

    async def find(self, path: str) -> Node:
        """The item of a path in the folder; a served directory is looked at first.

        Raises:
            LookupError: there is none.
        """
        await self.refresh()
        return self.tree.find(*path.split("/"), under=self.root)

    async def refresh(self) -> None:
        """Look at the served directory, if there is one."""
        if self._folder is not None:
            await self._folder.refresh()

    @asynccontextmanager
    async def writing(self, user: User) -> AsyncIterator[None]:
        """Change the tree in the name of a user; the directory follows. Nothing may be awaited inside."""
        if self._folder is None:
            with self.tree.acting(user.id):
                yield
        else:
            async with self._folder.writing():
                with self.tree.acting(user.id):
                    yield

    def _add_root(self, user: str) -> str:
        # Not a number, so nobody can ask for another one's.
        return self.tree.add("All Files", node_id=f"0:{user}").id


def _id(item: Node | str) -> str:
    return item.id if isinstance(item, Node) else item
