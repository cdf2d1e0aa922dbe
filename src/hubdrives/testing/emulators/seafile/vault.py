"""The libraries' files and folders: a tree in which names are unique, folders have ids, and time goes upwards."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

from hubdrives.testing.emulators.content import Content
from hubdrives.testing.emulators.seafile.objects import EMPTY, Dirent, Objects, sha1
from hubdrives.testing.emulators.seafile.store import id_of
from hubdrives.testing.emulators.tree import FILE, FOLDER, Node, Tree


class Vault(Tree):
    """All files and folders of all libraries. What is removed is gone here; the libraries' commits remember it.

    Args:
        clock: seconds since 1970.

    Attributes:
        objects: what the ids stand for.
        owners: e-mail addresses of the owners of libraries, by the id of the library's root node.
        keys: of encrypted libraries, the same way: what is stored there is not the bytes, so its ids are others.
    """

    def __init__(self, *, clock: Callable[[], float]) -> None:
        super().__init__(clock=clock)
        self.objects = Objects()
        self.owners: dict[str, str] = {}
        self.keys: dict[str, str] = {}
        self._now = clock
        self._by: str | None = None
        self._modifiers: dict[str, str] = {}
        self._named: dict[tuple[str, str], str] = {}
        self._file_ids: dict[str, tuple[Content, str]] = {}
        self._dirents: dict[str, Dirent] = {}
        self._folder_ids: dict[str, str] = {}
        self._unsettled: dict[str, None] = {}

    @contextmanager
    def acting(self, email: str) -> Iterator[None]:
        """What is done inside, is done by this user. Nothing may be awaited inside."""
        self._by = email
        try:
            yield
        finally:
            self._by = None

    def child(self, folder: str, name: str) -> Node | None:
        found = self._named.get((folder, name))
        return None if found is None else self.nodes[found]

    def at(self, root: str, path: str) -> Node | None:
        """What is at a path below a folder; the folder itself for `/`."""
        node: Node | None = self.nodes[root]
        for name in names_of(path):
            node = None if node is None else self.child(node.id, name)
        return node

    def path(self, node: str, *, under: str) -> str:
        """The path of a node below a folder, with `/` in front."""
        names: list[str] = []
        while node != under:
            names.insert(0, self.nodes[node].name)
            (node,) = self.nodes[node].parents
        return "/" + "/".join(names)

    def entries(self, folder: str) -> list[Node]:
        """The files and folders in a folder, in no order."""
        return [each for each in self.children(folder) if each.kind == FOLDER or each.content is not None]

    def id(self, node: Node) -> str:
        """The file id or folder id, as Seafile has it."""
        if node.content is None:
            return self.folder_id(node.id)
        known = self._file_ids.get(node.id)
        if known is None or known[0] is not node.content:
            known = self._file_ids[node.id] = (node.content, self.file_id(node.content, self._top(node.id)))
            self.objects.files[known[1]] = node.content
        return known[1]

    def file_id(self, content: Content, root: str) -> str:
        """The id that a file with these bytes has in the library with this root."""
        plain, key = id_of(content), self.keys.get(root)
        return plain if key is None or plain == EMPTY else sha1(key + plain)

    def folder_id(self, folder: str) -> str:
        known = self._folder_ids.get(folder)
        if known is None:
            dirents = [self.dirent(each) for each in self.entries(folder)]
            known = self._folder_ids[folder] = self.objects.keep(dirents)
        return known

    def unsettled(self) -> list[str]:
        """The folders in or below which something has happened since this was last asked."""
        found = list(self._unsettled)
        self._unsettled.clear()
        return found

    def dirent(self, node: Node) -> Dirent:
        """The line that its folder has of a node."""
        known = self._dirents.get(node.id)
        if known is None:
            known = self._dirents[node.id] = self._dirent(node)
        return known

    def _dirent(self, node: Node) -> Dirent:
        mtime = int(node.modified)
        if node.content is None:
            return Dirent(node.name, self.id(node), folder=True, mtime=mtime)
        modifier = self._modifiers[node.id]
        return Dirent(node.name, self.id(node), folder=False, mtime=mtime, size=node.content.size, modifier=modifier)

    def copy(self, node: Node, parent: str, name: str) -> Node:
        """Make the same file, or folder with all in it, under another one."""
        made = self.add(name, parent=parent, kind=node.kind, content=node.content, modified=node.modified)
        for each in self.entries(node.id):
            self.copy(each, made.id, each.name)
        return made

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
        node = super().add(
            name, parent=parent, kind=kind, content=content, modified=modified, target=target, node_id=node_id
        )
        self._modifiers[node.id] = self._author(node.id)
        return node

    def move(self, node: str, *parents: str, name: str | None = None) -> Node:
        moved = super().move(node, *parents, name=name)
        for each in self.below(node):
            # In another library it may be encrypted otherwise.
            for known in (self._file_ids, self._dirents, self._folder_ids):
                known.pop(each.id, None)
        return moved

    def replace(self, node: str, content: Content, *, modified: float | None = None) -> Node:
        self._modifiers[node] = self._author(node)
        return super().replace(node, content, modified=modified)

    def trash(self, node: str) -> Node:
        """Remove a node: what Seafile calls its trash is the history."""
        gone = self.nodes[node]
        self.delete(node)
        return gone

    def free_name(self, folder: str, name: str) -> str:
        """The name, or what Seafile makes of one that is taken: `a (1).txt`."""
        stem, dot, extension = name.rpartition(".")
        if not stem:
            stem, dot, extension = name, "", ""
        free, number = name, 0
        while self.child(folder, free) is not None:
            number += 1
            free = f"{stem} ({number}){dot}{extension}"
        return free

    def _top(self, node: str) -> str:
        while self.nodes[node].parents:
            (node,) = self.nodes[node].parents
        return node

    def _author(self, node: str) -> str:
        if self._by is not None:
            return self._by
        return next((self.owners[each] for each in self.lineage(node) if each in self.owners), "")

    def _put(self, node: Node, *, before: frozenset[str]) -> Node:
        for parent in node.parents:
            self._named[parent, node.name] = node.id
        return super()._put(node, before=before)

    def _unlink(self, node: Node) -> None:
        super()._unlink(node)
        for parent in node.parents:
            if self._named.get((parent, node.name)) == node.id:
                del self._named[parent, node.name]

    def _write(self, node: str, lineage: frozenset[str], *, removed: bool) -> None:
        super()._write(node, lineage, removed=removed)
        now = self._now()
        for each in lineage:
            self._folder_ids.pop(each, None)
            self._dirents.pop(each, None)
            above = self.nodes.get(each)
            if above is None:
                self._unsettled.pop(each, None)
                continue
            if above.content is None:
                self._unsettled[each] = None
            if each != node:
                self.nodes[each] = replace(above, modified=now)


def names_of(path: str) -> list[str]:
    """The parts of a path."""
    return [each for each in path.split("/") if each]


__all__ = ["FILE", "FOLDER", "Node", "Vault", "names_of"]
