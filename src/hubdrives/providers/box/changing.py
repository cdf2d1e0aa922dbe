"""Changes of folders and files that are there: made, renamed, moved, removed. Each may be asked for twice."""

from hubdrives.errors import Changed, NameTaken
from hubdrives.model import Location
from hubdrives.providers.box.api import Api
from hubdrives.providers.box.failures import NameInUse
from hubdrives.providers.box.item import Item
from hubdrives.providers.box.resolve import Place, Resolver
from hubdrives.providers.box.upload import check_name, same_name
from hubdrives.providers.box.urls import link_of

_RACES = 10


async def make_folder(api: Api, parent: str, name: str, *, link: str) -> Item:
    """The folder of that name, new or not. Raises what `Writable.make_folder` raises."""
    check_name(name)
    try:
        return await api.create_folder(parent, name, link=link)
    except NameInUse as error:
        there = error.item
    if not there.is_folder:
        raise NameTaken(f"'{there.name}' in Box is no folder.")
    if not same_name(there.name, name):
        raise NameTaken(f"'{name}' can't stand beside '{there.name}' in Box, which takes no notice of capital letters.")
    return there


async def remove(api: Api, resolver: Resolver, location: Location, *, if_version: str | None) -> None:
    """Put it into Box' trash. Raises what `Writable.remove` raises."""
    if if_version is None and not location.path and not link_of(location):
        await api.delete(location.id)
        return
    place = await resolver.find(location)
    item = place.item
    for _ in range(_RACES):
        if if_version is not None and item.version != if_version:
            break
        try:
            await api.delete(item.key, etag=item.etag if if_version is not None else None, link=place.link)
            return
        except Changed:
            # It may only have been renamed.
            item = await api.item(item.key, link=place.link)
    raise Changed(f"'{item.name}' in Box is not in the version any more that was to be removed.")


async def move(api: Api, place: Place, *, parent: str | None, name: str | None) -> Item:
    """Give it another folder, name, or both. Raises what `Writable.move` raises."""
    item = place.item
    change: dict[str, object] = {}
    if name is not None:
        check_name(name)
        change["name"] = name
    if parent is not None:
        change["parent"] = {"id": parent}
    return await api.update(item.key, change, link=place.link)
