"""Who sees which files and folders: the rules of Canvas's own code, with their gaps.

Lists leave out what is locked or hidden itself, or lies directly in such a folder. What lies deeper in a locked folder
is listed, and locked; what lies deeper in a hidden one is listed and open, with parents that are not in the list. And a
folder that only waits for its `unlock_at` is listed, too.

https://github.com/instructure/canvas-lms/blob/master/app/models/folder.rb
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from hubdrives.testing.emulators.canvas.attachments import Attachments, is_folder, is_shown
from hubdrives.testing.emulators.canvas.errors import CanvasError
from hubdrives.testing.emulators.canvas.modules import Modules
from hubdrives.testing.emulators.canvas.people import Context, Course, People, Person
from hubdrives.testing.emulators.tree import Node


@dataclass(frozen=True, slots=True)
class Access:
    """What one person may see at one moment (`now`, seconds since 1970)."""

    tree: Attachments
    people: People
    modules: Modules
    person: Person
    now: float

    def context(self, node: Node) -> Context:
        """Whose file or folder it is."""
        return self.people.owner(self.tree.path(node.id)[0].id)

    def manages(self, context: Context) -> bool:
        return self.people.manages(self.person, context)

    def enter(self, context: Context | None) -> Context:
        """A course, group or person that one may see.

        Raises:
            CanvasError: 404, or 403 for what is there and closed.
        """
        if context is None:
            raise CanvasError("not_found")
        if not self.people.may_enter(self.person, context):
            raise CanvasError("unauthorized")
        return context

    def browse(self, context: Context | None) -> Context:
        """The same, where files may be listed.

        Raises:
            CanvasError: as `enter`, and 403 for a course without a tab for files.
        """
        context = self.enter(context)
        if isinstance(context, Course) and not context.files_tab and not self.manages(context):
            raise CanvasError("unauthorized")
        return context

    def folder(self, node_id: str) -> Node:
        """A folder of which one may see the contents.

        Raises:
            CanvasError: 404, or 403.
        """
        if not self.tree.exists(node_id) or not is_folder(self.tree[node_id]):
            raise CanvasError("not_found")
        node = self.tree[node_id]
        context = self.browse(self.context(node))
        if not self.manages(context) and (self.hidden(node) or self.folder_locked(node)):
            raise CanvasError("unauthorized")
        return node

    def file(self, node_id: str) -> Node:
        """A file that one may see, if only that it is locked; whoever has the address of a hidden one may.

        Raises:
            CanvasError: 404, or 403.
        """
        if not self.tree.exists(node_id) or is_folder(self.tree[node_id]):
            raise CanvasError("not_found")
        self.enter(self.context(self.tree[node_id]))
        return self.tree[node_id]

    def hidden(self, node: Node) -> bool:
        """Whether a file or folder, or a folder above it, is hidden."""
        return any(self.tree.lock(each.id).hidden for each in self.tree.path(node.id))

    def folder_locked(self, node: Node) -> bool:
        """Whether a folder or one above it is closed."""
        return any(self.tree.lock(each.id).closed(self.now) for each in self.tree.path(node.id))

    def lock_info(self, node: Node) -> dict[str, Any] | None:
        """Why one may not read a file that one may see; None when one may. Times are in seconds since 1970."""
        context = self.context(node)
        if self.manages(context):
            return None
        lock = self.tree.lock(node.id)
        found: dict[str, Any] = {"asset_string": f"attachment_{node.id}"}
        if lock.locked or self.folder_locked(self.tree[node.parents[0]]):
            return found | {"manually_locked": True}
        if lock.unlock_at is not None and self.now < lock.unlock_at:
            return found | {"unlock_at": lock.unlock_at}
        if lock.lock_at is not None and self.now > lock.lock_at:
            return found | {"lock_at": lock.lock_at}
        if module := self.modules.locking(context.id, node.id, self.now):
            about = {"id": int(module.id), "context_id": int(context.id), "context_type": "Course", "name": module.name}
            return found | {"context_module": about, "unlock_at": module.unlock_at}
        return None

    def listed(self, context: Context, *, folders: bool) -> list[Node]:
        """All folders, or all files, of a context that a list has."""
        return self._listed(context, self.tree.living(context.root), folders=folders)

    def children(self, folder: Node, *, folders: bool) -> list[Node]:
        """The same of what is directly in one folder."""
        inside = (each for each in self.tree.children(folder.id) if is_shown(each))
        return self._listed(self.context(folder), inside, folders=folders)

    def _listed(self, context: Context, nodes: Iterable[Node], *, folders: bool) -> list[Node]:
        found = [each for each in nodes if is_folder(each) == folders]
        if self.manages(context):
            return found
        return [each for each in found if (self._lists_folder(each) if folders else self._lists_file(each))]

    def at_path(self, context: Context, names: list[str]) -> list[Node] | None:
        """The folders from the root to the one of that path; of folders with equal names, the first that leads on."""
        return self._down(context, [self.tree[context.root]], names)

    def _down(self, context: Context, found: list[Node], names: list[str]) -> list[Node] | None:
        if not names:
            return found
        for child in self.children(found[-1], folders=True):
            if child.name == names[0] and (deeper := self._down(context, [*found, child], names[1:])):
                return deeper
        return None

    def _lists_folder(self, node: Node) -> bool:
        """Whether a list that a student gets has a folder."""
        lock = self.tree.lock(node.id)
        timely = (
            lock.lock_at is None
            or self.now < lock.lock_at
            or (lock.unlock_at is not None and lock.unlock_at < self.now)
        )
        return not lock.locked and not lock.hidden and timely

    def _lists_file(self, node: Node) -> bool:
        """The same of a file."""
        lock = self.tree.lock(node.id)
        return not lock.hidden and not lock.closed(self.now) and self._lists_folder(self.tree[node.parents[0]])
