"""One in-memory tree of files and folders, which every emulator shows in its provider's words.

A node is a value; an operation puts a new value in its place and writes a line into the log. Nothing here knows who may
see what: that is the provider's business.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from hubdrives.testing.emulators.content import Content

FOLDER = "folder"
FILE = "file"
SHORTCUT = "shortcut"


@dataclass(frozen=True, slots=True)
class Node:
    """One file, folder, shortcut or document.

    Attributes:
        id: stays the same for life.
        name: any text; need not be unique in its folder.
        kind: `folder`, `file`, `shortcut`, or a provider's own, such as `document`.
        parents: ids; empty for a root, several only for legacy items.
        content: None for a folder and a shortcut.
        created, modified: seconds since 1970, UTC.
        updated: when anything of it last changed, the same.
        version: grows by one with every change of any sort.
        revision: names the content; another with every replacement. None where there is no content.
        trashed: is itself in the trash (an ancestor may be as well: see `Tree.in_trash`).
        target: the id that a shortcut points to.
    """

    id: str
    name: str
    kind: str
    parents: tuple[str, ...]
    content: Content | None
    created: float
    modified: float
    updated: float
    version: int = 1
    revision: str | None = None
    trashed: bool = False
    target: str | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """One line of the log.

    Attributes:
        sequence: 1 for the first line, and so on.
        node: the id of what changed.
        removed: it is gone for good.
        time: seconds since 1970, UTC.
        lineage: ids of the node and of all that it was or is under, before and after the change.
    """

    sequence: int
    node: str
    removed: bool
    time: float
    lineage: frozenset[str]


class Tree:
    """The nodes by id, and the log of what happened to them.

    Args:
        new_id: makes an id out of a running number.
        clock: seconds since 1970.
    """

    def __init__(self, *, new_id: Callable[[int], str] = str, clock: Callable[[], float] = time.time) -> None:
        self.nodes: dict[str, Node] = {}
        self.log: list[Change] = []
        self._new_id = new_id
        self._clock = clock
        self._ids = 0
        self._children: dict[str, dict[str, None]] = {}

    def __getitem__(self, node: str) -> Node:
        return self.nodes[node]

    def __contains__(self, node: str) -> bool:
        return node in self.nodes

    def fresh_id(self) -> str:
        """An id that no node has or will have."""
        self._ids += 1
        return self._new_id(self._ids)

    def children(self, folder: str) -> list[Node]:
        return [self.nodes[each] for each in self._children.get(folder, ())]

    def below(self, node: str) -> Iterator[Node]:
        """The node and everything under it, parents before children."""
        yield self.nodes[node]
        for child in self.children(node):
            yield from self.below(child.id)

    def lineage(self, node: str) -> frozenset[str]:
        """The id and the ids of everything above it."""
        found = {node}
        waiting = [node]
        while waiting:
            known = self.nodes.get(waiting.pop())
            above = set(known.parents if known else ()) - found
            found |= above
            waiting += above
        return frozenset(found)

    def in_trash(self, node: str) -> bool:
        """Whether the node or anything above it is in the trash."""
        return any(each in self.nodes and self.nodes[each].trashed for each in self.lineage(node))

    def find(self, *names: str, under: str) -> Node:
        """The first node of that path of names under a folder.

        Raises:
            LookupError: there is none.
        """
        node = self.nodes[under]
        for name in names:
            for child in self.children(node.id):
                if child.name == name:
                    node = child
                    break
            else:
                raise LookupError(f"no {name!r} in {node.name!r}")
        return node

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
        """Plant a node; a root when it has no parent."""
        now = self._clock() if modified is None else modified
        node = Node(
            id=node_id or self.fresh_id(),
            name=name,
            kind=kind,
            parents=() if parent is None else (parent,),
            content=content,
            created=now,
            modified=now,
            updated=now,
            revision=None if content is None else self._revision(),
            target=target,
        )
        return self._put(node, before=frozenset())

    def add_file(self, name: str, data: bytes | str, *, parent: str, modified: float | None = None) -> Node:
        """Plant a file that is held in memory."""
        return self.add(name, parent=parent, kind=FILE, content=Content.of(data), modified=modified)

    def replace(self, node: str, content: Content, *, modified: float | None = None) -> Node:
        """Give a file another content; where a provider gives it another id, too, the node that is returned has it."""
        when = self._clock() if modified is None else modified
        return self._change(node, lambda old: replace(old, content=content, modified=when, revision=self._revision()))

    def relocate(self, node: str, content: Content) -> None:
        """Note that the same bytes are now at another place on disk: nothing that a client could see."""
        self.nodes[node] = replace(self.nodes[node], content=content)

    def rename(self, node: str, name: str) -> Node:
        return self._change(node, lambda old: replace(old, name=name))

    def move(self, node: str, *parents: str, name: str | None = None) -> Node:
        """Put a node under another folder, and perhaps under another name."""
        return self._change(node, lambda old: replace(old, parents=parents, name=old.name if name is None else name))

    def retarget(self, node: str, target: str) -> Node:
        """Let a shortcut point to another id."""
        return self._change(node, lambda old: replace(old, target=target))

    def trash(self, node: str) -> Node:
        return self._change(node, lambda old: replace(old, trashed=True))

    def restore(self, node: str) -> Node:
        """Take a node out of the trash."""
        return self._change(node, lambda old: replace(old, trashed=False))

    def touch(self, node: str) -> Node:
        """Log a change of something that the tree doesn't hold, such as sharing."""
        return self._change(node, lambda old: old)

    def delete(self, node: str) -> None:
        """Remove a node, and all below it, for good."""
        for each in reversed(list(self.below(node))):
            if each.id in self.nodes:
                lineage = self.lineage(each.id)
                self._unlink(self.nodes.pop(each.id))
                self._write(each.id, lineage, removed=True)

    def _revision(self) -> str:
        return "r" + self.fresh_id()

    def _change(self, node: str, edit: Callable[[Node], Node]) -> Node:
        before = self.lineage(node)
        old = self.nodes[node]
        self._unlink(old)
        return self._put(replace(edit(old), version=old.version + 1, updated=self._clock()), before=before)

    def _put(self, node: Node, *, before: frozenset[str]) -> Node:
        self.nodes[node.id] = node
        for parent in node.parents:
            self._children.setdefault(parent, {})[node.id] = None
        self._write(node.id, before | self.lineage(node.id), removed=False)
        return node

    def _unlink(self, node: Node) -> None:
        for parent in node.parents:
            self._children[parent].pop(node.id, None)

    def _write(self, node: str, lineage: frozenset[str], *, removed: bool) -> None:
        self.log.append(Change(len(self.log) + 1, node, removed, self._clock(), lineage))
