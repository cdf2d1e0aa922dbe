"""Lists folders, many at the same time: Box has no list of all that is below one, so each folder costs a request."""

from collections.abc import Iterable

from hubdrives.errors import NotFound
from hubdrives.providers.box.api import Api
from hubdrives.providers.box.item import Item
from hubdrives.providers.box.tree import Tree
from hubdrives.sync.tasks import group


async def below(api: Api, folder: str, *, link: str) -> dict[str, list[Item]]:
    """What is in a folder and in all folders below it, by folder; one request for each folder and 1000 items."""
    found, _missing = await _walk(api, [folder], set(), link)
    return found


async def relist(api: Api, tree: Tree, folders: Iterable[str]) -> None:
    """List these folders of a tree again, and what turns up in them.

    Raises:
        NotFound: a folder that should be there is not; the tree is of no use then.
    """
    unknown = set(folders)
    while unknown:
        found, missing = await _walk(api, sorted(unknown), tree.listed - unknown, "")
        for folder, items in found.items():
            tree.put(folder, items)
        tree.listed -= missing
        unknown = tree.prune()
        if unknown & missing:
            raise NotFound("A folder in Box went away while it was listed.")


async def _walk(api: Api, folders: Iterable[str], known: set[str], link: str) -> tuple[dict[str, list[Item]], set[str]]:
    """The children of folders, and of those among them that are not `known`; and which folders are not there."""
    found: dict[str, list[Item]] = {}
    missing: set[str] = set()
    begun = {*folders}

    async def walk(folder: str) -> None:
        try:
            found[folder] = await api.children(folder, link=link)
        except NotFound:
            missing.add(folder)
            return
        for item in found[folder]:
            if item.is_folder and item.id not in begun and item.id not in known:
                begun.add(item.id)
                tasks.create_task(walk(item.id))

    async with group() as tasks:
        for folder in sorted(begun):
            tasks.create_task(walk(folder))
    return found, missing
