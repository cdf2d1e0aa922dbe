"""Canvas's files and folders: a tree in which new content is a new file, and with locks on what is in it."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from hubdrives.testing.emulators.content import Content
from hubdrives.testing.emulators.tree import FOLDER, Node, Tree

# Ids of one shard among many, as a hosted Canvas gives them out: above 2**53, where floating point loses digits.
SHARD = 1032
_SHARD_SIZE = 10**13
_ID = re.compile(r"(?:(\d{1,7})~)?(\d{1,19})")


def new_id(number: int) -> str:
    return str(SHARD * _SHARD_SIZE + number)


def parse_id(text: str) -> str:
    """An id from an address, which may be written as SHARD~LOCAL; "" for what is none."""
    found = _ID.fullmatch(text)
    if found is None:
        return ""
    shard, local = found.groups()
    return str(int(shard or 0) * _SHARD_SIZE + int(local))


@dataclass(frozen=True, slots=True)
class Lock:
    """What keeps students from a file or folder.

    Attributes:
        locked: unpublished.
        hidden: only who has its address may see it.
        unlock_at, lock_at: when it opens and closes, seconds since 1970.
    """

    locked: bool = False
    hidden: bool = False
    unlock_at: float | None = None
    lock_at: float | None = None

    def closed(self, now: float) -> bool:
        """Whether the lock, whatever it is, keeps students out at that time; hiding is no lock."""
        return (
            self.locked
            or (self.unlock_at is not None and now < self.unlock_at)
            or (self.lock_at is not None and now > self.lock_at)
        )


OPEN = Lock()


class Attachments(Tree):
    """The files and folders of all contexts.

    Attributes:
        replaced: id of a file over whose name another was uploaded, to the id of that one.
    """

    def __init__(self, *, clock: Callable[[], float]) -> None:
        super().__init__(new_id=new_id, clock=clock)
        self.replaced: dict[str, str] = {}
        self._locks: dict[str, Lock] = {}

    def replace(self, node: str, content: Content, *, modified: float | None = None) -> Node:
        """Upload over the name of a file: another file, with the locks of the former, which is deleted."""
        old = self.nodes[node]
        new = self.add(old.name, parent=old.parents[0], kind=old.kind, content=content, modified=modified)
        self.replaced[node] = new.id
        if node in self._locks:
            self._locks[new.id] = self._locks.pop(node)
        self.delete(node)
        return new

    def current(self, node: str) -> str:
        """The id of the file that is now where this one was."""
        while node in self.replaced:
            node = self.replaced[node]
        return node

    def lock(self, node: str) -> Lock:
        return self._locks.get(node, OPEN)

    def set_lock(self, node: str, change: Callable[[Lock], Lock]) -> None:
        """Change what keeps students from a file or folder, which counts as a change of it."""
        self._locks[node] = change(self.lock(node))
        self.touch(node)

    def path(self, node: str) -> list[Node]:
        """The folders from the root to the node, and the node itself."""
        found = [self.nodes[node]]
        while found[-1].parents:
            found.append(self.nodes[found[-1].parents[0]])
        return found[::-1]

    def exists(self, node: str) -> bool:
        """Whether there is such a file or folder, not deleted."""
        return node in self.nodes and not self.in_trash(node) and is_shown(self.nodes[node])

    def living(self, root: str) -> Iterator[Node]:
        """A folder and all below it that is not deleted, parents first."""
        waiting = [root]
        while waiting:
            node = self.nodes[waiting.pop()]
            if is_shown(node):
                yield node
                waiting += [child.id for child in self.children(node.id)]


def is_folder(node: Node) -> bool:
    return node.kind == FOLDER


def is_shown(node: Node) -> bool:
    """Canvas has no links, and what is deleted is gone."""
    return not node.trashed and (node.kind == FOLDER or node.content is not None)
