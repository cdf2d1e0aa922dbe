"""What is at a path of a collection's tree, and how servers say that nothing is."""

from hubdrives.testing.emulators.globus.people import Identity
from hubdrives.testing.emulators.globus.shelf import Shelf, names_of
from hubdrives.testing.emulators.tree import SHORTCUT, Node

_HOPS = 40  # symbolic links on the way to something


def lookup(tree: Shelf, root: str, path: str) -> Node | None:
    """What is at a path below a folder, symbolic links followed; None where they lead nowhere."""
    node: Node | None = tree[root]
    for name in names_of(path):
        node = None if node is None else tree.child(node.id, name)
        node = None if node is None else follow(tree, node)
    return node


def follow(tree: Shelf, node: Node) -> Node | None:
    """What a symbolic link leads to, or the node itself when it is none."""
    found: Node | None = node
    for _ in range(_HOPS):
        if found is None or found.kind != SHORTCUT:
            return found
        found = tree.nodes.get(found.target or "")
    return None


def no_such_file() -> str:
    """What a GridFTP server says of a path that leads nowhere."""
    lines = (
        "550-GlobusError: v=1 c=PATH_NOT_FOUND",
        "550-GridFTP-Errno: 2",
        "550-GridFTP-Reason: System error in stat",
        "550-GridFTP-Error-String: No such file or directory",
        "550 End.",
    )
    return "\\r\\n".join(lines)


def local_name(identity: Identity) -> str:
    """The account that an identity is mapped to."""
    return identity.username.partition("@")[0]
