"""Fills the gaps of a tree in the fewest requests: children of many folders at once, or a whole shared drive.

Drive can't list recursively, so a tree is listed level by level. Up to 50 folders are asked for together, and that is
a known weakness of the server: such an answer may lack children without saying so
(https://issuetracker.google.com/issues/149522397). So a folder that comes out empty, or without a child that it had
before, is asked for alone before it is believed.
"""

from collections.abc import Mapping, Sequence

import msgspec

from hubdrives.errors import BadCredential, Forbidden, NotFound, Unavailable
from hubdrives.providers.googledrive.api import Api
from hubdrives.providers.googledrive.exports import Options
from hubdrives.providers.googledrive.item import Item
from hubdrives.providers.googledrive.lineage import Lineage
from hubdrives.providers.googledrive.together import together
from hubdrives.providers.googledrive.tree import Tree, gaps, prune


class Listing:
    """A tree that is being filled, and the change logs that will tell what happens to it from now on.

    Args:
        tree: has its root already.
        logs: those of an earlier listing.
        before: folder -> children that it had in an earlier listing.
        lineage: what is known of the folders above already.

    Attributes:
        logs: shared drive ("" for the account's own log) -> page token; None where no log tells this account.
    """

    def __init__(
        self,
        api: Api,
        tree: Tree,
        options: Options,
        *,
        logs: dict[str, str | None] | None = None,
        before: Mapping[str, set[str]] | None = None,
        lineage: Lineage | None = None,
    ) -> None:
        self.tree = tree
        self.logs = dict(logs or {})
        self._api = api
        self._options = options
        self._before = before or {}
        self._lineage = lineage or Lineage(api)

    async def fill(self) -> None:
        """List and fetch until nothing is missing; then forget what is of no use.

        Raises:
            Unavailable: Drive could not search everything.
            HubdrivesError: as any request.
        """
        root = self.tree.items[self.tree.root]
        # A token taken after the listing would miss what changed meanwhile.
        await self._watch({root.drive_id})
        if root.id == root.drive_id and root.id not in self.tree.listed:
            await self._list_drive(root.id)
        while found := gaps(self.tree, follow=self._options.follow_shortcuts):
            size = self._options.group_size
            groups = [found.unlisted[start : start + size] for start in range(0, len(found.unlisted), size)]
            if groups:
                await together(*(self._list(group) for group in groups))
            else:
                # Last, because most targets turn up in the tree by then.
                await self._fetch(found.unknown)
        prune(self.tree, found.used)
        await self._doubt_log()

    async def fetch_targets(self) -> None:
        """Fetch what the shortcuts of the listed folders lead to, without listing it."""
        shortcuts = {item.target for item in self.tree.items.values() if item.target}
        await self._fetch(sorted(shortcuts - self.tree.items.keys()), watch=False)

    async def list_root(self) -> None:
        """List the root alone, without what is below its folders."""
        await self._list([self.tree.root])

    async def _list_drive(self, drive: str) -> None:
        items, complete = await self._api.whole_drive(drive)
        if complete:
            self.tree.items.update((item.id, item) for item in items if item.id != drive)
            self.tree.listed |= {drive, *(item.id for item in items if item.is_folder)}

    async def _list(self, folders: Sequence[str]) -> None:
        items, complete = await self._api.children(folders, keys=self.tree.keys())
        alone = len(folders) == 1
        if alone and not complete:
            raise Unavailable("Google Drive could not search everything.")
        found: dict[str, list[Item]] = {folder: [] for folder in folders}
        stray = False
        for item in items:
            parents = list(folders) if alone else [parent for parent in item.parents if parent in found]
            stray = stray or not parents
            for parent in parents:
                found[parent].append(item if parent in item.parents else _put_in(item, parent))
        doubtful = [
            folder
            for folder in folders
            if not alone and (stray or not complete or self._doubtful(folder, found[folder]))
        ]
        for folder in set(folders).difference(doubtful):
            self.tree.items.update((item.id, item) for item in found[folder])
            self.tree.listed.add(folder)
        await together(*(self._list([folder]) for folder in doubtful))

    def _doubtful(self, folder: str, children: Sequence[Item]) -> bool:
        return not children or not self._before.get(folder, set()) <= {item.id for item in children}

    async def _fetch(self, wanted: Sequence[str], *, watch: bool = True) -> None:
        keys = self.tree.keys()
        items = await together(*(self._item(each, keys.get(each, "")) for each in wanted))
        unwatched = [item for item in items if item is not None and item.drive_id not in self.logs] if watch else []
        if unwatched:
            await self._watch({item.drive_id for item in unwatched})
            # What changed between the first look and the token would never be told.
            items += await together(*(self._item(item.id, keys.get(item.id, "")) for item in unwatched))
        self.tree.items.update((item.id, item) for item in items if item is not None)

    async def _item(self, item: str, key: str) -> Item | None:
        try:
            return with_key(await self._api.file(item, key=key), key)
        except BadCredential:
            raise
        except (NotFound, Forbidden):
            self.tree.absent.add(item)
            return None

    async def _doubt_log(self) -> None:
        """Don't go by the account's own log if there is something here of which it does not tell."""
        shortcuts = {item.target for item in self.tree.items.values() if item.target}
        for each in (self.tree.root, *sorted(shortcuts & self.tree.items.keys())):
            if self.logs.get("") is None:
                return
            item = self.tree.items[each]
            if not item.drive_id and not await self._lineage.logged(item, self.tree.items):
                self.logs[""] = None

    async def _watch(self, drives: set[str]) -> None:
        async def watch(drive: str) -> None:
            try:
                self.logs[drive] = await self._api.start_token(drive)
            except BadCredential:
                raise
            except (NotFound, Forbidden):
                # Something inside a shared drive can be shared with an account that is no member of the drive.
                self.logs[drive] = None

        await together(*(watch(drive) for drive in sorted(drives - self.logs.keys())))


def with_key(item: Item, key: str) -> Item:
    """The item with the resource key by which it was reached."""
    return msgspec.structs.replace(item, resource_key=key) if key and not item.resource_key else item


def _put_in(item: Item, parent: str) -> Item:
    return msgspec.structs.replace(item, parents=(*item.parents, parent))
