"""What there is in an emulated Canvas, and the side door by which tests plant and change it."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from hubdrives.testing.emulators.canvas.attachments import Attachments, Lock
from hubdrives.testing.emulators.canvas.modules import Item, ItemType, Module, Modules
from hubdrives.testing.emulators.canvas.people import Context, Course, Group, People, Person, Role
from hubdrives.testing.emulators.canvas.tokens import DeveloperKey, Tokens
from hubdrives.testing.emulators.folder import Folder
from hubdrives.testing.emulators.tree import Node

TEACHER = "teacher"
STUDENT = "student"


class School:
    """People, courses, groups and their files; one course serves a directory, and has a teacher and a student.

    Args:
        directory: served live as the files of that course; None leaves it empty.
        token_lifetime: see `Tokens`.
        clock: seconds since 1970.
        host: where the emulator runs.

    Attributes:
        tree, people, modules, tokens: what there is.
        course: the one that serves the directory.
    """

    def __init__(
        self,
        directory: Path | None,
        *,
        token_lifetime: float | None,
        clock: Callable[[], float],
        host: Callable[[], str],
    ) -> None:
        self.tree = Attachments(clock=clock)
        self.people = People(self.tree, clock=clock, host=host)
        self.modules = Modules(self.tree)
        self.tokens = Tokens(clock=clock, lifetime=token_lifetime)
        self._folders: dict[str, Folder] = {}
        name = "Course" if directory is None else directory.resolve().name
        self.course = self.add_course(name, directory=directory)
        self.enrol(TEACHER, self.course, role="teacher")
        self.enrol(STUDENT, self.course)

    @property
    def root(self) -> str:
        """The id of the top folder of the course."""
        return self.course.root

    @property
    def location(self) -> str:
        """What a person would paste for the files of the course."""
        return self.course.url

    def add_person(self, login: str) -> Person:
        """The person of that login, who gets an account when there is none."""
        return self.people.person(login)

    def token(self, login: str) -> str:
        """An access token that a person made for themselves; another one each time."""
        return self.tokens.issue(self.people.person(login).login)

    def add_developer_key(self, redirect_uri: str, *, scopes: frozenset[str] | None = None) -> DeveloperKey:
        """An application that may ask people for access; None doesn't enforce scopes."""
        key_id = self.tree.fresh_id()
        return self.tokens.register(DeveloperKey(key_id, f"secret-of-{key_id}", redirect_uri, scopes))

    def add_course(
        self,
        name: str,
        *,
        directory: Path | None = None,
        published: bool = True,
        files_tab: bool = True,
        sis_id: str | None = None,
    ) -> Course:
        """Another course; with a directory, that is served live as its files."""
        course = self.people.add_course(name, published=published, files_tab=files_tab, sis_id=sis_id)
        if directory is not None:
            self._folders[course.id] = Folder(self.tree, course.root, directory)
        return course

    def add_group(self, name: str, *, course: Course | None = None) -> Group:
        return self.people.add_group(name, course)

    def personal_files(self, login: str) -> Context:
        """A person's own files, which no one else sees."""
        return self.people.personal_files(login)

    def enrol(self, login: str, course: Course, role: Role = "student") -> None:
        self.people.enrol(login, course, role)

    def unenrol(self, login: str, course: Course) -> None:
        self.people.unenrol(login, course)

    def join(self, login: str, group: Group) -> None:
        self.people.join(login, group)

    def lock(self, node: Node | str) -> None:
        """Take a file or folder back from students: unpublish it."""
        self._change_lock(node, lambda lock: replace(lock, locked=True))

    def hide(self, node: Node | str) -> None:
        """Leave it only to those who have its address."""
        self._change_lock(node, lambda lock: replace(lock, hidden=True))

    def publish(self, node: Node | str) -> None:
        """Take away all that keeps students from it."""
        self._change_lock(node, lambda _lock: Lock())

    def unlock_at(self, node: Node | str, when: float | None) -> None:
        """Keep students from it until then, seconds since 1970."""
        self._change_lock(node, lambda lock: replace(lock, unlock_at=when))

    def lock_at(self, node: Node | str, when: float | None) -> None:
        """Keep students from it after then, seconds since 1970."""
        self._change_lock(node, lambda lock: replace(lock, lock_at=when))

    def add_module(
        self, course: Course, name: str, *, published: bool = True, unlock_at: float | None = None
    ) -> Module:
        return self.modules.add(course, name, published=published, unlock_at=unlock_at)

    def add_module_item(
        self,
        module: Module,
        file: Node | str | None = None,
        *,
        type: ItemType = "File",  # noqa: A002 - Canvas's word
        title: str | None = None,
        published: bool = True,
    ) -> Item:
        """A line of a module: a file, or without one something else."""
        return self.modules.add_item(
            module, None if file is None else _id(file), kind=type, title=title, published=published
        )

    async def find(self, path: str) -> Node:
        """The node that a path of the served directory as it is now, or of names in the course, is served as.

        Raises:
            LookupError: there is none.
        """
        folder = self._folders.get(self.course.id)
        if folder is not None:
            await self.refresh()
            return self.tree[folder.id_of(path)]
        return self.tree.find(*path.split("/"), under=self.root)

    async def refresh(self) -> None:
        """Look at the served directories."""
        for folder in self._folders.values():
            await folder.refresh()

    def _change_lock(self, node: Node | str, change: Callable[[Lock], Lock]) -> None:
        self.tree.set_lock(_id(node), change)


def _id(node: Node | str) -> str:
    return node.id if isinstance(node, Node) else node
