"""What there is on an emulated Seafile server, and the side door by which tests plant and change it."""

from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import quote
from uuid import NAMESPACE_URL, uuid5

from hubdrives.testing.emulators.content import Content
from hubdrives.testing.emulators.folder import Folder
from hubdrives.testing.emulators.seafile.libraries import Libraries, Library
from hubdrives.testing.emulators.seafile.people import Group, LibraryToken, People, User
from hubdrives.testing.emulators.seafile.public import Links
from hubdrives.testing.emulators.seafile.settings import Settings
from hubdrives.testing.emulators.seafile.store import Store
from hubdrives.testing.emulators.seafile.tickets import Tickets
from hubdrives.testing.emulators.seafile.vault import FILE, Node, Vault, names_of

ACCOUNT = "service@example.org"
DEFAULT_NAME = "My Library"


class Site:
    """A server with an account on it, and a library of that account.

    Args:
        directory: served live as that library; None leaves it empty.
        clock: seconds since 1970.

    Attributes:
        vault, libraries, people, tickets, links, store, settings: what there is.
        drafts: files that come in pieces, by library, path of the folder without slashes around it, and name.
        tasks: copies and moves that a client may ask about, by id: whether they succeeded.
        account: the user whom the emulator is started for.
        library: the account's default library.
    """

    def __init__(self, directory: Path | None, *, clock: Callable[[], float]) -> None:
        self.settings = Settings()
        self.store = Store()
        self.vault = Vault(clock=clock)
        self.people = People()
        self.libraries = Libraries(self.vault, self.people, clock=clock)
        self.links = Links()
        self.tickets = Tickets(self.settings, clock=clock)
        self.drafts: dict[tuple[str, str, str], Path] = {}
        self.tasks: dict[str, bool] = {}
        self.clock = clock
        self.account = self.add_user(ACCOUNT, "Service Account")
        name = DEFAULT_NAME if directory is None else directory.resolve().name
        # Served again, a directory is the same library.
        known_as = None if directory is None else str(uuid5(NAMESPACE_URL, directory.resolve().as_uri()))
        self.library = self.libraries.add(name, self.account, library=known_as)
        self.account.default_library = self.library.id
        keep = self.store.keep
        self._folder = None if directory is None else Folder(self.vault, self.library.root, directory, keep=keep)

    def add_user(self, email: str, name: str = "", *, password: str | None = None) -> User:
        """The user of that address, who gets an account when there is none."""
        return self.people.add_user(email, name, password=password)

    def add_group(self, name: str, members: Iterable[User | str] = (), *, owner: User | str | None = None) -> Group:
        return self.people.add_group(name, members, owner=self.account if owner is None else owner)

    def add_library(self, name: str, owner: User | str | None = None, *, password: str | None = None) -> Library:
        """An empty library, encrypted if it has a password; without an owner the account's."""
        return self.libraries.add(name, self._user(owner), password=password)

    def add_file(self, path: str, data: bytes | str = "", *, library: Library | None = None) -> Node:
        """Plant a file by its path, with the folders on it, or another content of one that is there."""
        *folders, name = names_of(path)
        parent = self.add_folder("/".join(folders), library=library)
        known = self.vault.child(parent.id, name)
        if known is not None:
            return self.vault.replace(known.id, Content.of(data))
        return self.vault.add(name, parent=parent.id, kind=FILE, content=Content.of(data))

    def add_folder(self, path: str, *, library: Library | None = None) -> Node:
        """Plant a folder by its path, with those above it, as far as they are not there.

        Raises:
            NotADirectoryError: a file is in the way; nothing was made then.
        """
        node = self.vault[(library or self.library).root]
        for name in names_of(path):
            node = self.vault.child(node.id, name) or self.vault.add(name, parent=node.id)
            if node.content is not None:
                raise NotADirectoryError(path)
        return node

    def token(self, who: User | str | None = None) -> str:
        """The token of a user, by default of the account; the same until it ends."""
        return self.people.token(self._user(who))

    def library_token(
        self, library: Library | None = None, permission: str = "rw", *, app: str = "hubdrives"
    ) -> LibraryToken:
        """A new token for one library."""
        return self.people.add_library_token((library or self.library).id, permission, app)

    def share(self, library: Library, who: User | Group | str | None, permission: str = "r") -> None:
        """Share a library with a user, a group, or (None) everybody."""
        if isinstance(who, Group):
            self.give(library, who.id, permission)
        elif who is None:
            library.public = permission
        else:
            self.give(library, self.people.user(who).email, permission)

    def give(self, library: Library, who: str | int, permission: str) -> None:
        """Share a library with a user, by e-mail address, or a group, by id; they have it after the share's lag."""
        library.seen_from[who] = self.clock() + self.settings.share_lag
        if isinstance(who, str):
            library.shares[who] = permission
        else:
            library.group_shares[who] = permission

    def origin_path(self, library: Library, path: str) -> str:
        """The path, in the library that a virtual one comes from, of something in it.

        Raises:
            LookupError: it is no virtual one.
        """
        origin = self.libraries.get(library.origin or "")
        if origin is None:
            raise LookupError(library.id)
        return f"{self.vault.path(library.root, under=origin.root)}{path}".rstrip("/")

    def web_address(self, library: Library, path: str = "/") -> str:
        """What a person would paste for a folder, without the host."""
        name = quote(self.libraries.name(library), safe="")
        return f"/library/{library.id}/{name}/{quote('/'.join(names_of(path)))}"

    async def find(self, path: str, *, library: Library | None = None) -> Node:
        """What is at a path of a library; a served directory is looked at first.

        Raises:
            LookupError: nothing is there.
        """
        await self.refresh()
        found = self.vault.at((library or self.library).root, path)
        if found is None:
            raise LookupError(f"nothing at {path}")
        return found

    async def refresh(self) -> None:
        """Look at the served directory, if there is one, and commit what was done."""
        if self._folder is not None:
            await self._folder.refresh()
        self.libraries.record()

    @asynccontextmanager
    async def writing(self, email: str, desc: str = "") -> AsyncIterator[None]:
        """Change the vault in the name of a user; the directory follows. Nothing may be awaited inside."""
        if self._folder is None:
            with self.vault.acting(email):
                yield
        else:
            async with self._folder.writing():
                self.libraries.record()
                with self.vault.acting(email):
                    yield
        self.libraries.record(email, desc)

    def _user(self, who: User | str | None) -> User:
        return self.account if who is None else self.people.user(who)
