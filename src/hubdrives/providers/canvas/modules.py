"""The files that the modules of a course lead to: what is left of a course whose Files page is closed to students.

https://canvas.instructure.com/doc/api/modules.html
"""

import msgspec

from hubdrives.errors import BadCredential, Forbidden, NotFound
from hubdrives.model import Skipped
from hubdrives.paths import safe_name
from hubdrives.providers.canvas.api import Api
from hubdrives.providers.canvas.item import File, Folder, Id, Module, ModuleItem
from hubdrives.providers.canvas.locks import LOCKED
from hubdrives.providers.canvas.tree import Tree
from hubdrives.sync.tasks import group

ONLY_MODULES = "modules-only"
_TOP = Id("modules")
_NOTE = Skipped(
    path="course files",
    code=ONLY_MODULES,
    reason="The Files page of this course is not open to you; these are the files that its modules lead to.",
)


async def fetch(api: Api, course: str) -> Tree:
    """A tree with a folder for each module, in which are the files that its items lead to.

    It costs one request for 100 modules, one for each module that comes without its items, and one for each file,
    because only that tells whether the file has changed.

    Raises:
        Forbidden: the modules are closed, too; or they lead to no file, so that there is nothing to go by.
    """
    modules = await api.modules(course)
    async with group() as tasks:
        lists = [tasks.create_task(_items(api, course, module)) for module in modules]
    inside = {module.id: one.result() for module, one in zip(modules, lists, strict=True)}
    wanted = {item.content_id for items in inside.values() for item in items if item.content_id}
    async with group() as tasks:
        asked = {file: tasks.create_task(_file(api, course, file)) for file in wanted}
    found = {file: task.result() for file, task in asked.items()}
    if not any(found.values()):
        raise Forbidden("The modules of this course lead to no file that this account may see.")
    notes = [_NOTE]
    files: list[File] = []
    for module in modules:
        placed: set[Id] = set()
        for item in inside[module.id]:
            file = found.get(item.content_id) if item.content_id else None
            if file is None:
                path = f"{safe_name(module.name)}/{safe_name(item.title)}"
                notes.append(Skipped(path=path, code=LOCKED, reason="It is locked for you in Canvas."))
            elif file.id not in placed:
                placed.add(file.id)
                files.append(_put_in(file, item, module))
    return Tree([Folder(id=_TOP), *map(_folder, modules)], files, notes=notes)


async def _items(api: Api, course: str, module: Module) -> list[ModuleItem]:
    """The items that are files."""
    items = module.items
    if items is None or (module.items_count is not None and len(items) < module.items_count):
        items = tuple(await api.module_items(course, module.id))
    return [item for item in items if item.type == "File"]


async def _file(api: Api, course: str, file: Id) -> File | None:
    try:
        return await api.file(file, context=course)
    except BadCredential:
        raise
    except (NotFound, Forbidden):
        return None


def _folder(module: Module) -> Folder:
    """A module as a folder that is closed as the module is."""
    return Folder(
        id=Id(f"module {module.id}"),
        name=module.name,
        parent_folder_id=_TOP,
        locked=module.published is False,
        unlock_at=module.unlock_at,
        locked_for_user=module.state == "locked",
    )


def _put_in(file: File, item: ModuleItem, module: Module) -> File:
    """The file as it is in a module. Who sees a module has the link, so "hidden" holds for a teacher's token only."""
    return msgspec.structs.replace(
        file,
        folder_id=Id(f"module {module.id}"),
        locked=file.locked or item.published is False,
        hidden=file.hidden and not file.hidden_for_user,
    )
