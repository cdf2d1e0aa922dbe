"""Who may see what: sharing, shared drives, and links that need a resource key.

https://developers.google.com/workspace/drive/api/guides/manage-sharing
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from hubdrives.testing.emulators.tree import Change, Node, Tree


@dataclass(frozen=True, slots=True)
class Share:
    """An item and all below it, readable by one account from one line of the log to another."""

    node: str
    email: str
    since: int
    until: int | None = None


class Access:
    """The grants on a tree.

    Attributes:
        drives: ids of shared drives (which are the ids of their top folders too).
        homes: e-mail address to the id of that account's own My Drive.
        links: item readable by anyone who has the link to its resource key; None where no key is needed.
    """

    def __init__(self, tree: Tree) -> None:
        self.drives: set[str] = set()
        self.homes: dict[str, str] = {}
        self.links: dict[str, str | None] = {}
        self._tree = tree
        self._shares: list[Share] = []

    def share(self, node: str, email: str) -> None:
        """Let an account read an item, and all below it."""
        self._shares.append(Share(node, email, since=len(self._tree.log) + 1))
        self._tree.touch(node)

    def unshare(self, node: str, email: str | None = None) -> None:
        """Take that back, from one account or from all."""
        if node in self._tree:
            self._tree.touch(node)
        now = len(self._tree.log)
        self._shares = [
            replace(each, until=now)
            if each.node == node and each.until is None and email in {None, each.email}
            else each
            for each in self._shares
        ]

    def shared_with(self, email: str) -> frozenset[str]:
        """The items on which the account itself was given access."""
        return frozenset(each.node for each in self._shares if each.email == email and each.until is None)

    def owner(self, node: str) -> str | None:
        """Whose My Drive an item is in; None in a shared drive."""
        above = self._tree.lineage(node)
        return next((email for email, home in self.homes.items() if home in above), None)

    def drive_of(self, node: str) -> str | None:
        """The shared drive that an item is in."""
        return next(iter(self.drives & self._tree.lineage(node)), None)

    def can_read(self, email: str, node: Node, keys: Mapping[str, str]) -> bool:
        """Whether an account that shows these resource keys can see an item.

        What is below a linked item is open by the same link, and needs a key only where it has one of its own:
        https://developers.google.com/workspace/drive/api/guides/resource-keys
        """
        above = self._tree.lineage(node.id)
        if self.homes.get(email) in above or not above.isdisjoint(self.shared_with(email)):
            return True
        return not above.isdisjoint(self.links) and self.links.get(node.id) in {None, keys.get(node.id)}

    def listed(self, email: str) -> Iterable[Node]:
        """All that an account sees without naming a folder: its own, and what is shared with it."""
        found: dict[str, Node] = {}
        for top in (self.homes.get(email), *sorted(self.shared_with(email))):
            if top is not None and top in self._tree:
                found |= {node.id: node for node in self._tree.below(top)}
        return found.values()

    def concerns(self, email: str, change: Change) -> bool:
        """Whether the account could see the item when it changed."""
        if self.homes.get(email) in change.lineage:
            return True
        return any(
            each.email == email
            and each.node in change.lineage
            and each.since <= change.sequence
            and (each.until is None or change.sequence <= each.until)
            for each in self._shares
        )
