"""From a location to what it means."""

from dataclasses import dataclass

from hubdrives.errors import BadCredential, Forbidden, NotFound, Unreadable, UnsupportedLink
from hubdrives.model import Location
from hubdrives.providers.canvas import listing, tree, urls
from hubdrives.providers.canvas.api import Api
from hubdrives.providers.canvas.item import File, Folder, Id
from hubdrives.providers.canvas.lineage import Lineage
from hubdrives.providers.canvas.tree import Tree


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """What a location means."""

    context: str
    """The course, group or user that it is in; "" if only a file's own address is known."""
    item: File | Folder | None = None
    """None is all that is in `context`."""
    above: tuple[Folder, ...] = ()
    """The folders that it is in, the nearest first, as far as this account may see them."""
    tree: Tree | None = None
    """Everything in `context`, if that was listed."""
    name: str = ""
    """The local name, if it was named by a path."""

    @property
    def key(self) -> str:
        """What the API calls it, for example "files/5001"."""
        return self.context if self.item is None else tree.key(self.item)

    @property
    def lineage(self) -> frozenset[str]:
        """The keys of it and of all that it lies in."""
        return frozenset({self.key, self.context, *(tree.key(folder) for folder in self.above)})


class Resolver:
    """Finds what locations mean.

    Args:
        api: who is asked.
        lineage: what lies in what.
    """

    def __init__(self, api: Api, lineage: Lineage) -> None:
        self._api = api
        self._lineage = lineage

    async def find(self, location: Location, *, listed: bool) -> Place:
        """What is at `location`.

        Args:
            location: as parsed, or below such a one.
            listed: a course, group, user or folder comes with its tree. Otherwise it does only where a path below an
                id has to be looked up.

        Raises:
            NotFound: nothing there for this account.
            Forbidden: the account may not see it.
            UnsupportedLink: an item of a module that is no file.
        """
        if urls.is_context(location.id):
            if listed or location.path:
                found = await listing.fetch(self._api, location.id)
                return self._below(Place(context=location.id, tree=found), location.path)
            await self._lineage.ask(location.id)
            return Place(context=location.id)
        kind, _, number = location.id.partition("/")
        if kind == "folders":
            place = await self._folder(Id(number), location, listed=listed or bool(location.path))
        elif kind == "files":
            place = await self._file(await self._api.file(number))
        else:
            place = await self._named(location.id)
        return self._below(place, location.path)

    async def _folder(self, folder: Id, location: Location, *, listed: bool) -> Place:
        context = urls.context_of(location) or self._lineage.context_of(folder)
        if listed and context is not None:
            found = await listing.fetch(self._api, context)
            if folder in found.folders:
                return self._in_tree(context, found, folder)
        # It tells what is wrong, or whose it is.
        item = await self._api.folder(folder)
        self._lineage.note(item)
        if not listed:
            above = await self._lineage.above(item.parent_folder_id)
            return Place(context=item.context, item=item, above=above)
        found = await listing.fetch(self._api, item.context)
        if folder not in found.folders:
            raise NotFound(f"The folder '{item.name}' is not among those that Canvas shows this account.")
        return self._in_tree(item.context, found, folder)

    def _in_tree(self, context: str, found: Tree, folder: Id) -> Place:
        item = found.folders[folder]
        self._lineage.note(item)
        return Place(context=context, item=item, above=found.above(item), tree=found)

    async def _file(self, file: File, context: str = "") -> Place:
        """A file, in `context` if that is known; its folders tell it as well, if this account sees them."""
        above = await self._lineage.above(file.folder_id)
        return Place(context=above[-1].context if above else context, item=file, above=above)

    async def _named(self, item: str) -> Place:
        """What is meant by "courses/101/modules/items/700", and by "courses/101/files/5001/A/x.pdf"."""
        kind, number, rest, second, *names = item.split("/")
        context = f"{kind}/{number}"
        if rest == "modules":
            return await self._file(await self._module_item(context, names[0]), context)
        return await self._named_twice(context, second, names)

    async def _module_item(self, course: str, number: str) -> File:
        item = await self._api.module_item(course, number)
        if item.type != "File":
            raise UnsupportedLink(f"'{item.title}' in the course's modules is no file.")
        if item.content_id is None:
            raise Unreadable(f"'{item.title}' in the course's modules is locked for you in Canvas.")
        return await self._api.file(item.content_id, context=course)

    async def _named_twice(self, context: str, number: str, names: list[str]) -> Place:
        """A file by its id if that has this path, else by its path: so does Canvas, for the id may be an old one."""
        try:
            place = await self._file(await self._api.file(number, context=context), context)
        except BadCredential:
            raise
        except (NotFound, Forbidden):
            place = Place(context=context)
        if isinstance(place.item, File) and place.item.display_name == names[-1]:
            folders = [folder.name for folder in reversed(place.above)]
            if not folders or names[:-1] in (folders, folders[1:]):
                return place
        found = await listing.fetch(self._api, context)
        if found.root is not None and names[0] == found.root.name:
            names = names[1:]
        return self._below(Place(context=context, tree=found), "/".join(names))

    def _below(self, place: Place, path: str) -> Place:
        """What is at a path below a place."""
        if not path:
            return place
        found = None
        if place.tree is not None:
            found = place.tree.find(path, place.item if isinstance(place.item, Folder) else place.tree.root)
        if place.tree is None or found is None:
            raise NotFound(f"There is no '{path}' there in Canvas, or it is not shown to this account.")
        above = place.tree.above(found)
        return Place(
            context=place.context,
            item=found,
            above=above,
            tree=place.tree,
            name=place.tree.names(above[0])[tree.key(found)],
        )
