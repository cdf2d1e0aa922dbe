"""Libraries, who may do what in them, and their history."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal
from uuid import uuid4

from hubdrives.testing.emulators.seafile.objects import EMPTY, Dirent
from hubdrives.testing.emulators.seafile.people import People, User
from hubdrives.testing.emulators.seafile.vault import Node, Vault, names_of

# The better the later; `preview` and `cloud-edit` are for the browser only.
_RANKS: Mapping[str, int] = {"preview": 1, "cloud-edit": 2, "r": 3, "rw": 4, "admin": 5}
DOWNLOADABLE = frozenset({"r", "rw"})
NO_COMMIT = "0" * 40


@dataclass(frozen=True, slots=True)
class Commit:
    """A library as it was.

    Attributes:
        id: 40 hexadecimal digits.
        root: the id of its top folder.
        parent: the id of the commit before; None for the first.
        creator: an e-mail address.
        ctime: seconds since 1970, whole.
        desc: what was done.
    """

    id: str
    root: str
    parent: str | None
    creator: str
    ctime: int
    desc: str


@dataclass(slots=True)
class Library:
    """A library, or a folder of one that was shared: a library of its own to those who it was shared with.

    Attributes:
        id: a UUID.
        root: the node of the tree that is its top folder; what that is called, the library is.
        owner: an e-mail address.
        origin: of a virtual library the id of the one that its folder is in; None for a real one.
        shares: permissions by e-mail address.
        group_shares: permissions by the id of the group.
        seen_from: from when on somebody has it, by e-mail address or id of the group; seconds since 1970.
        public: the permission of everybody who has an account; None is none.
        password: of an encrypted library.
        unlocked: the e-mail addresses of those who gave the password.
        status: `read-only` lets nobody write.
        commits: all, the oldest first.
    """

    id: str
    root: str
    owner: str
    origin: str | None = None
    shares: dict[str, str] = field(default_factory=dict)
    group_shares: dict[int, str] = field(default_factory=dict)
    seen_from: dict[str | int, float] = field(default_factory=dict)
    public: str | None = None
    password: str | None = field(default=None, repr=False)
    unlocked: set[str] = field(default_factory=set)
    status: Literal["normal", "read-only"] = "normal"
    commits: list[Commit] = field(default_factory=list)

    @property
    def head(self) -> Commit:
        return self.commits[-1]

    @property
    def virtual(self) -> bool:
        return self.origin is not None

    @property
    def encrypted(self) -> bool:
        return self.password is not None

    def given(self, who: str | int, now: float) -> str | None:
        """What was shared with a user, by e-mail address, or a group, by id, once they have it; None is nothing."""
        if self.seen_from.get(who, 0.0) > now:
            return None
        return self.shares.get(who) if isinstance(who, str) else self.group_shares.get(who)

    def commit(self, commit: str) -> Commit | None:
        return next((each for each in self.commits if each.id == commit), None)


@dataclass(frozen=True, slots=True)
class Revision:
    """A file as one commit left it.

    Attributes:
        commit: that one.
        dirent: the file.
        former: the path that it had until then; "" if it was not moved or renamed.
    """

    commit: Commit
    dirent: Dirent
    former: str = ""


class Libraries:
    """The libraries of a server.

    Args:
        vault: holds what is in them.
        people: who may have them.
        clock: seconds since 1970.
    """

    def __init__(self, vault: Vault, people: People, *, clock: Callable[[], float]) -> None:
        self._vault = vault
        self._people = people
        self._clock = clock
        self._all: dict[str, Library] = {}
        self._tops: dict[str, Library] = {}

    def add(self, name: str, owner: User, *, password: str | None = None, library: str | None = None) -> Library:
        """Make an empty library."""
        root = self._vault.add(name).id
        self._vault.owners[root] = owner.email
        made = Library(library or str(uuid4()), root, owner.email, password=password)
        if password is not None:
            made.unlocked.add(owner.email)
            self._vault.keys[root] = f"{made.id}{password}"
        self._add(made)
        self._record(made, owner.email, "Created library")
        return made

    def add_virtual(self, origin: Library, folder: Node) -> Library:
        """The virtual library of a folder: made once for all whom it is shared with."""
        origin = origin if origin.origin is None else self._all[origin.origin]
        known = self.of(folder)
        if known is not None:
            return known
        made = Library(str(uuid4()), folder.id, origin.owner, origin=origin.id)
        self._add(made)
        self._record(made, origin.owner, "Created library")
        return made

    def remove(self, library: Library) -> None:
        """Remove a library; a real one goes with all that is in it and with its virtual ones."""
        del self._all[library.id], self._tops[library.root]
        if not library.virtual:
            self._vault.delete(library.root)

    def leave(self, node: Node, library: Library, into: Library) -> None:
        """End what folders are shared by that go to another library: there they are other ones."""
        if (library.origin or library.id) != (into.origin or into.id):
            for each in self._vault.below(node.id):
                shared = self.of(each)
                if shared is not None:
                    self.remove(shared)

    def get(self, library: str) -> Library | None:
        """A library by id; a virtual one whose folder is gone is gone as well."""
        found = self._all.get(library)
        return found if found is not None and found.root in self._vault else None

    def of(self, folder: Node) -> Library | None:
        """What a folder is shared by: the library whose top it is, for one that is in a library the virtual one."""
        return self._tops.get(folder.id)

    def all(self) -> list[Library]:
        return [each for each in self._all.values() if each.root in self._vault]

    def name(self, library: Library) -> str:
        return self._vault[library.root].name

    def permission(self, user: User, library: Library, path: str = "/") -> str | None:
        """`r`, `rw`, or what else somebody may do at a path of a library; None is nothing at all."""
        del path  # folders of their own permission exist in the Professional Edition only
        if library.owner == user.email:
            best: str | None = "rw"
        else:
            now = self._clock()
            given = [library.given(user.email, now), library.public]
            given += [library.given(each.id, now) for each in self._people.groups_of(user)]
            best = max((each for each in given if each), key=lambda each: _RANKS.get(each, 0), default=None)
        best = "rw" if best == "admin" else best
        return "r" if best == "rw" and library.status == "read-only" else best

    def size(self, library: Library) -> int:
        """Bytes of all files in it."""
        return self._vault.objects.total(self._vault.folder_id(library.root)).size

    def file_count(self, library: Library) -> int:
        return self._vault.objects.total(self._vault.folder_id(library.root)).files

    def usage(self, user: User) -> int:
        """Bytes of all that somebody owns."""
        return sum(self.size(each) for each in self.all() if each.owner == user.email and not each.virtual)

    def has_room(self, library: Library, size: int = 0) -> bool:
        """Whether the quota of its owner allows so many bytes more."""
        owner = self._people.users[library.owner]
        return owner.quota < 0 or self.usage(owner) + size < owner.quota + (size > 0)

    def record(self, email: str | None = None, desc: str = "") -> None:
        """Commit what was done since the last time.

        Args:
            email: who did it; None is the owner of each library.
            desc: what was done.
        """
        for folder in self._vault.unsettled():
            library = self._tops.get(folder)
            if library is not None:
                self._record(library, email or library.owner, desc or "Modified files")

    def revisions(self, library: Library, path: str, *, start: str = "") -> list[Revision]:
        """The commits that made or changed the file at a path, the newest first, up to when it got its name.

        Args:
            library: it is in.
            path: of the file.
            start: the id of the commit from which on to look back; "" is the latest one.
        """
        found: list[Revision] = []
        before = [commit.id for commit in library.commits].index(start) + 1 if start else len(library.commits)
        for number in range(before - 1, -1, -1):
            commit, earlier = library.commits[number], library.commits[number - 1] if number else None
            now, then = self._file(path, commit), self._file(path, earlier)
            if now is None or (then is not None and then.id == now.id):
                continue
            former = "" if then is not None or earlier is None else self._former(now.id, earlier.root, commit.root)
            found.append(Revision(commit, now, former))
            if former:
                break
        return found

    def dirent(self, path: str, commit: Commit) -> Dirent | None:
        """What a commit had at a path; None also for the top folder."""
        return self._vault.objects.find(commit.root, names_of(path))

    def _add(self, library: Library) -> None:
        self._all[library.id] = self._tops[library.root] = library

    def _file(self, path: str, commit: Commit | None) -> Dirent | None:
        found = None if commit is None else self.dirent(path, commit)
        return None if found is None or found.folder else found

    def _former(self, file: str, before: str, after: str, under: str = "") -> str:
        """The path of a file, by its id, that a folder has lost: it has another name or place now."""
        if file == EMPTY or before == after:
            return ""
        left = self._vault.objects.folder(after)
        for each in self._vault.objects.folder(before).dirents:
            path, now = f"{under}/{each.name}", left.get(each.name)
            if each.folder:
                below = now.id if now is not None and now.folder else EMPTY
                if found := self._former(file, each.id, below, path):
                    return found
            elif each.id == file and (now is None or now.id != file):
                return path
        return ""

    def _record(self, library: Library, email: str, desc: str) -> None:
        root = self._vault.folder_id(library.root)
        if library.commits and library.head.root == root:
            return
        parent = library.head.id if library.commits else None
        ctime = int(self._clock())
        text = "\n".join((library.id, str(len(library.commits)), parent or NO_COMMIT, root, email, desc, str(ctime)))
        commit = hashlib.sha1(text.encode(errors="surrogatepass"), usedforsecurity=False).hexdigest()
        library.commits.append(Commit(commit, root, parent, email, ctime, desc))
