"""The files of all collections: a tree in which names are unique, and which is walked by path."""

from collections.abc import Callable
from dataclasses import replace

from hubdrives.testing.emulators.tree import Node, Tree


class Shelf(Tree):
    """All files and folders. There is no trash: what is removed is gone.

    Args:
        clock: seconds since 1970.
    """

    def __init__(self, *, clock: Callable[[], float]) -> None:
        super().__init__(clock=clock)
        self._now = clock
        self._named: dict[tuple[str, str], str] = {}

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

    def trash(self, node: str) -> Node:
        gone = self.nodes[node]
        self.delete(node)
        return gone

    def _put(self, node: Node, *, before: frozenset[str]) -> Node:
        for parent in node.parents:
            self._named[parent, node.name] = node.id
            self._stamp(parent)
        return super()._put(node, before=before)

    def _unlink(self, node: Node) -> None:
        super()._unlink(node)
        for parent in node.parents:
            if self._named.get((parent, node.name)) == node.id:
                del self._named[parent, node.name]
            if parent in self.nodes:
                self._stamp(parent)

    def _stamp(self, folder: str) -> None:
        """A folder's time is when something was put into it or taken away."""
        self.nodes[folder] = replace(self.nodes[folder], modified=self._now())


def names_of(path: str) -> list[str]:
    """The parts of a path."""
    return [each for each in path.split("/") if each]
