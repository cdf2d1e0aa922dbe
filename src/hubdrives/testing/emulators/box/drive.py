"""The items: a tree in which files keep their versions, and everything that happens becomes an event."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from hubdrives.testing.emulators.content import Content
from hubdrives.testing.emulators.tree import FILE, FOLDER, Node, Tree

WEB_LINK = "web_link"
_FIRST_ID = 160_000_000_000


@dataclass(frozen=True, slots=True)
class FileVersion:
    """One version of a file.

    Attributes:
        id: a decimal number.
        content: its bytes.
        name: the file's when it was made.
        created: when it was made, seconds since 1970.
        modified: when its content last changed, as whoever made it says, the same.
        by: the id of the user who made it; None is the owner of the folder.
        trashed: when it was removed, the same; None while it stands.
    """

    id: str
    content: Content
    name: str
    created: float
    modified: float
    by: str | None
    trashed: float | None = None

    @property
    def sha1(self) -> str:
        return self.content.sha1


@dataclass(frozen=True, slots=True)
class Happening:
    """One event.

    Attributes:
        position: 1 for the first, and so on.
        kind: Box's word, such as ITEM_UPLOAD.
        node: the id of the item.
        by: the id of the user who did it; None is the owner of the folder.
        time: seconds since 1970.
        lineage: ids of the item and of all that it was or is under.
    """

    position: int
    kind: str
    node: str
    by: str | None
    time: float
    lineage: frozenset[str]


class Drive(Tree):
    """All items of all users.

    Args:
        clock: seconds since 1970.

    Attributes:
        happenings: what happened, in order.
        authors: ids of the users who made an item, and who changed it last; None is the owner of the folder.
        descriptions: of items, where there are any.
    """

    def __init__(self, *, clock: Callable[[], float]) -> None:
        super().__init__(new_id=lambda number: str(_FIRST_ID + number), clock=clock)
        self.happenings: list[Happening] = []
        self.authors: dict[str, tuple[str | None, str | None]] = {}
        self.descriptions: dict[str, str] = {}
        self._now = clock
        self._histories: dict[str, list[FileVersion]] = {}
        self._by: str | None = None

    @contextmanager
    def acting(self, user: str) -> Iterator[None]:
        """What is done inside, is done by this user. Nothing may be awaited inside."""
        self._by = user
        try:
            yield
        finally:
            self._by = None

    def versions(self, file: str) -> list[FileVersion]:
        """All versions of a file that stand, the oldest first; the last is the current one."""
        return [each for each in self._histories[file] if each.trashed is None]

    def version(self, file: str, version: str) -> FileVersion | None:
        return next((each for each in self.versions(file) if each.id == version), None)

    def drop_version(self, file: str, version: str) -> None:
        """Remove a version that is not the current one."""
        history = self._histories[file]
        place = next(place for place, each in enumerate(history) if each.id == version)
        history[place] = replace(history[place], trashed=self._now())

    def child(self, folder: str, name: str) -> Node | None:
        """What has this name in a folder, in whatever case."""
        folded = name.casefold()
        return next(
            (each for each in self.children(folder) if not each.trashed and each.name.casefold() == folded), None
        )

    def path(self, node: str) -> list[Node]:
        """The item and all above it, the top folder first."""
        found = [self.nodes[node]]
        while found[0].parents:
            found.insert(0, self.nodes[found[0].parents[0]])
        return found

    def add(
        self,
        name: str,
        *,
        parent: str | None = None,
        kind: str = FOLDER,
        content: Content | None = None,
        modified: float | None = None,
        target: str | None = None,
        node_id: str | None = None,
    ) -> Node:
        now = self._now()
        node = super().add(
            name, parent=parent, kind=kind, content=content, modified=modified, target=target, node_id=node_id
        )
        # Box notes when something came to be there, whatever is said of its content.
        node = self.nodes[node.id] = replace(node, created=now, updated=now)
        self.authors[node.id] = (self._by, self._by)
        if content is not None:
            self._histories[node.id] = [self._version(node, content)]
        if parent is not None:
            self.note("ITEM_UPLOAD" if kind == FILE else "ITEM_CREATE", node.id)
        return node

    def replace(self, node: str, content: Content, *, modified: float | None = None) -> Node:
        changed = self._changed(super().replace(node, content, modified=modified), "ITEM_UPLOAD")
        self._histories[node].append(self._version(changed, content))
        return changed

    def promote(self, node: str, version: FileVersion) -> Node:
        """Make an earlier version the current one, which is a new version of the same bytes."""
        changed = self._changed(
            super().replace(node, version.content, modified=version.modified), "ITEM_MAKE_CURRENT_VERSION"
        )
        self._histories[node].append(self._version(changed, version.content))
        return changed

    def rename(self, node: str, name: str) -> Node:
        return self._changed(super().rename(node, name), "ITEM_RENAME")

    def move(self, node: str, *parents: str, name: str | None = None) -> Node:
        moves, before = self.nodes[node].parents != parents, self.lineage(node)
        changed = super().move(node, *parents, name=name)
        return self._changed(changed, "ITEM_MOVE" if moves else "ITEM_RENAME", before=before)

    def trash(self, node: str) -> Node:
        return self._changed(super().trash(node), "ITEM_TRASH")

    def restore(self, node: str) -> Node:
        return self._changed(super().restore(node), "ITEM_UNDELETE_VIA_TRASH")

    def note(self, kind: str, node: str, *, before: frozenset[str] = frozenset()) -> None:
        """Let an event be known."""
        lineage = before | self.lineage(node)
        self.happenings.append(Happening(len(self.happenings) + 1, kind, node, self._by, self._now(), lineage))

    def _changed(self, node: Node, kind: str, *, before: frozenset[str] = frozenset()) -> Node:
        self.authors[node.id] = (self.authors[node.id][0], self._by)
        self.note(kind, node.id, before=before)
        return node

    def _version(self, node: Node, content: Content) -> FileVersion:
        return FileVersion(self.fresh_id(), content, node.name, self._now(), node.modified, self._by)
