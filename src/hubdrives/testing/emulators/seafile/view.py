"""What one request sees of the server, and may do there."""

from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass

from hubdrives.testing.emulators.faults import Faults
from hubdrives.testing.emulators.seafile.asking import folder_path
from hubdrives.testing.emulators.seafile.errors import SeafileError
from hubdrives.testing.emulators.seafile.libraries import DOWNLOADABLE, Library
from hubdrives.testing.emulators.seafile.people import LibraryToken, User
from hubdrives.testing.emulators.seafile.site import Site
from hubdrives.testing.emulators.seafile.vault import Node
from hubdrives.testing.emulators.server import Call

ANONYMOUS = User("", "", "")


@dataclass(frozen=True, slots=True)
class View:
    """One request's.

    Attributes:
        site: what there is.
        user: for whom it asks; ANONYMOUS where nobody need be known.
        url: of the server.
        faults: that are set.
        token: the library token that it came with; None when it came with an account's.
    """

    site: Site
    user: User
    url: str
    faults: Faults
    token: LibraryToken | None = None

    def library(self, args: Mapping[str, str], text: str = "") -> Library:
        """The library that a request is about.

        Raises:
            SeafileError: 404, with another text if one is given.
        """
        return self.library_of(args["repo"] if self.token is None else self.token.library, text)

    def library_of(self, library: str, text: str = "") -> Library:
        """A library by id, the same way."""
        found = self.site.libraries.get(library)
        if found is None:
            raise SeafileError("library_not_found", text or f"Library {library} not found.")
        return found

    def path(self, call: Call, usual: str = "") -> str:
        """The path in the query, which has another name for library tokens."""
        return call.params.get("p" if self.token is None else "path", usual)

    def permission(self, library: Library, path: str = "/") -> str | None:
        """What may be done there; None is nothing at all."""
        if self.token is not None:
            found: str | None = self.token.permission if library.status == "normal" else "r"
        else:
            found = self.site.libraries.permission(self.user, library, path)
        name = self.site.libraries.name(library)
        if found == "rw" and self.faults.lasts("read_only", node_id=library.id, name=name):
            return "r"
        return found

    def need_sight(self, library: Library, path: str = "/", reason: str = "permission_denied") -> str:
        """The permission there. Raises SeafileError (403) when there is none."""
        found = self.permission(library, path)
        if found is None:
            raise SeafileError(reason)
        return found

    def need_bytes(self, library: Library, path: str = "/", reason: str = "permission_denied") -> None:
        """Raise SeafileError (403) for who may not take files away."""
        if self.need_sight(library, path, reason) not in DOWNLOADABLE:
            raise SeafileError(reason)

    def need_write(self, library: Library, path: str = "/", reason: str = "permission_denied") -> None:
        """Raise SeafileError (403) for who may not write there."""
        if self.permission(library, path) != "rw":
            raise SeafileError(reason)

    def need_owner(self, library: Library, text: str) -> None:
        """Raise SeafileError (403) for anybody but the owner."""
        if library.owner != self.user.email:
            raise SeafileError("permission_denied", text)

    def at(self, library: Library, path: str) -> Node | None:
        return self.site.vault.at(library.root, path)

    def folder(self, library: Library, path: str) -> Node:
        """The folder at a path.

        Raises:
            SeafileError: 404 when there is none, or a file.
        """
        found = self.at(library, path)
        if found is None or found.content is not None:
            raise SeafileError("not_found", f"Folder {folder_path(path)} not found.")
        return found

    def find_file(self, library: Library, path: str) -> Node | None:
        """The file at a path."""
        found = self.at(library, path)
        return found if found is not None and found.content is not None else None

    def file(self, library: Library, path: str, text: str = "") -> Node:
        """The same. Raises SeafileError (404) when there is none, or a folder."""
        found = self.find_file(library, path)
        if found is None:
            raise SeafileError("file_not_found", text or None)
        return found

    def writing(self, desc: str) -> AbstractAsyncContextManager[None]:
        """Change the vault inside, in the name of the user; `desc` is of the commit. Nothing may be awaited inside."""
        return self.site.writing(self.user.email, desc)
