"""Modules of a course, and what stands in them: files and other things.

https://canvas.instructure.com/doc/api/modules.html
"""

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from hubdrives.testing.emulators.canvas.attachments import Attachments
from hubdrives.testing.emulators.canvas.people import Course

ItemType: TypeAlias = Literal[
    "File", "Page", "Discussion", "Assignment", "Quiz", "SubHeader", "ExternalUrl", "ExternalTool"
]


@dataclass(slots=True, kw_only=True, eq=False)
class Item:
    """One line of a module.

    Attributes:
        id: Canvas's number.
        content: the id of what it leads to; of a file, the one that it was made with.
        published: students may see it.
    """

    id: str
    module: "Module" = field(repr=False)
    title: str
    type: ItemType
    content: str
    published: bool = True


@dataclass(slots=True, kw_only=True, eq=False)
class Module:
    """A module; before `unlock_at` (seconds since 1970) students see its titles only."""

    id: str
    course: Course
    name: str
    published: bool = True
    unlock_at: float | None = None
    items: list[Item] = field(default_factory=list)

    def locked(self, now: float) -> bool:
        return self.unlock_at is not None and now < self.unlock_at


class Modules:
    """All modules of all courses."""

    def __init__(self, tree: Attachments) -> None:
        self._tree = tree
        self._by_course: dict[str, list[Module]] = {}

    def add(self, course: Course, name: str, *, published: bool, unlock_at: float | None) -> Module:
        module = Module(id=self._tree.fresh_id(), course=course, name=name, published=published, unlock_at=unlock_at)
        self._by_course.setdefault(course.id, []).append(module)
        return module

    def add_item(self, module: Module, file: str | None, *, kind: ItemType, title: str | None, published: bool) -> Item:
        name = kind if file is None else self._tree[file].name
        item = Item(
            id=self._tree.fresh_id(),
            module=module,
            title=title or name,
            type=kind,
            content=file or self._tree.fresh_id(),
            published=published,
        )
        module.items.append(item)
        return item

    def of(self, course: str, *, drafts: bool) -> list[Module]:
        """The modules of a course, with those that are not published or without."""
        return [each for each in self._by_course.get(course, ()) if drafts or each.published]

    def items(self, module: Module, *, drafts: bool) -> list[Item]:
        """What stands in a module; files that are deleted do no more."""
        return [
            each
            for each in module.items
            if (drafts or each.published) and (each.type != "File" or self._tree.exists(self.content(each)))
        ]

    def content(self, item: Item) -> str:
        """The id of what an item leads to now: it follows a file over which another was uploaded."""
        return self._tree.current(item.content)

    def locking(self, course: str, file: str, now: float) -> Module | None:
        """The locked module that keeps students from a file; being in one that is open sets it free."""
        holding = [
            module
            for module in self.of(course, drafts=False)
            if any(self.content(each) == file for each in module.items)
        ]
        return holding[0] if holding and all(each.locked(now) for each in holding) else None
