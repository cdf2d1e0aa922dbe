"""What one token may do, with which items.

https://developer.box.com/guides/api-calls/permissions-and-errors/scopes/
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from hubdrives.testing.emulators.box.drive import WEB_LINK, Drive
from hubdrives.testing.emulators.box.errors import BoxError, no_item
from hubdrives.testing.emulators.box.people import User
from hubdrives.testing.emulators.box.sharing import ROLES, VERBS, SharedLink, Sharing
from hubdrives.testing.emulators.tree import FILE, FOLDER, Node

# What a scope lets a token do, as far as the user may.
SCOPES: Mapping[str, frozenset[str]] = {
    "root_readwrite": VERBS,
    "root_readonly": frozenset({"see", "preview", "download"}),
    "base_explorer": frozenset({"see"}),
    "base_picker": frozenset({"see"}),
    "base_preview": frozenset({"see", "preview"}),
    "base_sidebar": frozenset({"see"}),
    "base_upload": frozenset({"see", "upload"}),
    "item_read": frozenset({"see"}),
    "item_preview": frozenset({"see", "preview"}),
    "item_download": frozenset({"see", "download"}),
    "item_upload": frozenset({"see", "upload"}),
    "item_rename": frozenset({"see", "rename"}),
    "item_delete": frozenset({"see", "delete"}),
    "item_share": frozenset({"see", "share", "invite"}),
}

KINDS = {FOLDER: "folder", FILE: "file", WEB_LINK: "web_link"}


@dataclass(frozen=True, slots=True)
class Access:
    """What one request may do.

    Attributes:
        tree, sharing: what there is.
        user: for whom it asks.
        scopes: of its token.
        resource: the id of the item that the token is for, with all that is in it; None is no such limit.
        link: a shared link that came along.
    """

    tree: Drive
    sharing: Sharing
    user: User
    scopes: frozenset[str]
    resource: str | None = None
    link: SharedLink | None = None
    _given: dict[str, frozenset[str]] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        self._given[self.user.root] = VERBS
        for each in self.sharing.of_user(self.user):
            self._given[each.item] = self._given.get(each.item, frozenset()) | ROLES[each.role]
        if self.link is not None and self.link.access != "collaborators":
            verbs = {"see", "preview", *(["download"] if self.link.download else [])}
            self._given[self.link.item] = self._given.get(self.link.item, frozenset()) | verbs

    def verbs(self, node: Node) -> frozenset[str]:
        """What may be done with an item."""
        lineage = self.tree.lineage(node.id)
        if self.resource is not None and self.resource not in lineage:
            return frozenset()
        return self._users_verbs(lineage) & self._scoped()

    def sees(self, node: Node) -> bool:
        return "see" in self.verbs(node)

    def item(self, kind: str, item: str) -> Node:
        """A `file` or `folder` by the id that the API knows it by.

        Raises:
            BoxError: 404 for what is not there or not for this token, 405 for what is no id.
        """
        if not item.isdecimal():
            raise BoxError("method_not_allowed")
        node = self.tree.nodes.get(self.user.root if item == "0" and kind == "folder" else item)
        if node is None or KINDS.get(node.kind) != kind or not self.sees(node):
            raise no_item(kind, item)
        if self.tree.in_trash(node.id):
            raise BoxError("trashed")
        return node

    def trashed(self, kind: str, item: str) -> Node:
        """The same of what is in the trash itself."""
        node = self.tree.nodes.get(item)
        if node is None or KINDS.get(node.kind) != kind or not node.trashed or not self.sees(node):
            raise no_item(kind, item)
        return node

    def need(self, node: Node, verb: str) -> None:
        """Refuse what may not be done with an item that one sees.

        Raises:
            BoxError: 403, which says whether it is the user or the token who may not.
        """
        if verb not in self._scoped():
            raise BoxError("insufficient_scope")
        if verb not in self._users_verbs(self.tree.lineage(node.id)):
            raise BoxError("access_denied_insufficient_permissions")

    def need_scope(self, *any_of: str) -> None:
        """Raise BoxError (403) for a token that has none of these scopes."""
        if not self.scopes & set(any_of):
            raise BoxError("insufficient_scope")

    def children(self, folder: Node) -> list[Node]:
        """What a list of a folder shows; the top folder also what others share with the user."""
        found = [each for each in self.tree.children(folder.id) if not each.trashed]
        if folder.id != self.user.root:
            return found
        shared = {each.item for each in self.sharing.of_user(self.user)} & self.tree.nodes.keys()
        return found + [
            node
            for node in map(self.tree.__getitem__, sorted(shared))
            if not self.tree.in_trash(node.id) and self.parent(node) is None
        ]

    def parent(self, node: Node) -> Node | None:
        """The folder that an item is in, when one sees that; None is the top folder of whoever looks."""
        if not node.parents or node.parents[0] == self.user.root:
            return None
        parent = self.tree[node.parents[0]]
        return parent if "see" in self._users_verbs(self.tree.lineage(parent.id)) else None

    def path(self, node: Node) -> list[Node]:
        """The folders above an item that one sees, the top one of whoever looks left out."""
        found: list[Node] = []
        above = self.parent(node)
        while above is not None:
            found.insert(0, above)
            above = self.parent(above)
        return found

    def concerns(self, lineage: frozenset[str]) -> bool:
        """Whether something that happened to such an item is this user's business."""
        return any("see" in self._given.get(each, ()) for each in lineage)

    def _scoped(self) -> frozenset[str]:
        return frozenset().union(*(SCOPES.get(each, frozenset()) for each in self.scopes))

    def _users_verbs(self, lineage: frozenset[str]) -> frozenset[str]:
        return frozenset().union(*(self._given.get(each, frozenset()) for each in lineage))
