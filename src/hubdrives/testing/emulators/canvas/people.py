"""People, and the courses and groups that they are in; each of these, and each person, has files."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal, TypeAlias, TypedDict, TypeVar

from hubdrives.testing.emulators.canvas.attachments import Attachments, parse_id

Role: TypeAlias = Literal["student", "teacher"]
Kind: TypeAlias = Literal["courses", "groups", "users"]
ROOT_NAMES: dict[Kind, str] = {"courses": "course files", "groups": "files", "users": "my files"}
TYPES: dict[Kind, str] = {"courses": "Course", "groups": "Group", "users": "User"}


@dataclass(frozen=True, slots=True)
class Person:
    """Someone with an account.

    Attributes:
        id: Canvas's number.
        login: what they log in as.
    """

    id: str
    login: str


@dataclass(slots=True, kw_only=True, eq=False)
class Context:
    """Something that has files.

    Attributes:
        kind: what it is, as its address says it.
        id: Canvas's number.
        name: what people call it.
        root: the id of the top folder of its files.
        created: seconds since 1970.
    """

    kind: Kind
    id: str
    name: str
    root: str
    created: float
    host: Callable[[], str] = field(repr=False)

    @property
    def url(self) -> str:
        """What one pastes for its files."""
        return f"{self.host()}/{self.kind}/{self.id}/files"


@dataclass(slots=True, kw_only=True, eq=False)
class Course(Context):
    """A course.

    Attributes:
        published: students may see it.
        files_tab: they may list its files.
        sis_id: its id at the student information system.
    """

    published: bool = True
    files_tab: bool = True
    sis_id: str | None = None


@dataclass(slots=True, kw_only=True, eq=False)
class Group(Context):
    """A group; of a course, whose teachers see it too, or of nothing."""

    course: Course | None = None


_C = TypeVar("_C", bound=Context)


class _Made(TypedDict):
    kind: Kind
    id: str
    name: str
    root: str
    created: float
    host: Callable[[], str]


class People:
    """Who there is, and in what.

    Attributes:
        by_login: the people.
        contexts: courses, groups and people's own files, by kind and id.
    """

    def __init__(self, tree: Attachments, *, clock: Callable[[], float], host: Callable[[], str]) -> None:
        self.by_login: dict[str, Person] = {}
        self.contexts: dict[tuple[Kind, str], Context] = {}
        self._by_root: dict[str, Context] = {}
        self._roles: dict[tuple[str, str], Role] = {}
        self._members: set[tuple[str, str]] = set()
        self._tree = tree
        self._clock = clock
        self._host = host

    def person(self, login: str) -> Person:
        """The person of that login, who gets an account when there is none."""
        if login not in self.by_login:
            person = self.by_login[login] = Person(self._tree.fresh_id(), login)
            self._add(Context(**self._made("users", login, person.id)))
        return self.by_login[login]

    def personal_files(self, login: str) -> Context:
        return self.contexts["users", self.person(login).id]

    def add_course(self, name: str, *, published: bool, files_tab: bool, sis_id: str | None) -> Course:
        made = self._made("courses", name, self._tree.fresh_id())
        return self._add(Course(**made, published=published, files_tab=files_tab, sis_id=sis_id))

    def add_group(self, name: str, course: Course | None) -> Group:
        return self._add(Group(**self._made("groups", name, self._tree.fresh_id()), course=course))

    def enrol(self, login: str, course: Course, role: Role) -> None:
        self._roles[self.person(login).login, course.id] = role

    def unenrol(self, login: str, course: Course) -> None:
        self._roles.pop((login, course.id), None)

    def join(self, login: str, group: Group) -> None:
        self._members.add((self.person(login).login, group.id))

    def role(self, person: Person, course: Course) -> Role | None:
        return self._roles.get((person.login, course.id))

    def owner(self, root: str) -> Context:
        """Whose files are below this top folder."""
        return self._by_root[root]

    def find(self, kind: Kind, text: str) -> Context | None:
        """What a part of an address means: an id, or for a course `sis_course_id:` and the other one."""
        if kind == "courses" and text.startswith("sis_course_id:"):
            wanted = text.removeprefix("sis_course_id:")
            return next((each for each in self.courses() if each.sis_id == wanted), None)
        return self.contexts.get((kind, parse_id(text)))

    def courses(self) -> list[Course]:
        return [each for each in self.contexts.values() if isinstance(each, Course)]

    def groups(self) -> list[Group]:
        return [each for each in self.contexts.values() if isinstance(each, Group)]

    def may_enter(self, person: Person, context: Context) -> bool:
        """Whether someone may see that a course, group or person is there, and single files of it."""
        if isinstance(context, Course):
            role = self.role(person, context)
            return role == "teacher" or (role == "student" and context.published)
        if isinstance(context, Group) and (person.login, context.id) in self._members:
            return True
        return self.manages(person, context)

    def manages(self, person: Person, context: Context) -> bool:
        """Whether someone sees what is locked and hidden as well."""
        if isinstance(context, Course):
            return self.role(person, context) == "teacher"
        if isinstance(context, Group):
            teaches = context.course is not None and self.role(person, context.course) == "teacher"
            return teaches or (person.login, context.id) in self._members
        return context.id == person.id

    def _made(self, kind: Kind, name: str, context_id: str) -> _Made:
        root = self._tree.add(ROOT_NAMES[kind]).id
        return {
            "kind": kind,
            "id": context_id,
            "name": name,
            "root": root,
            "created": self._clock(),
            "host": self._host,
        }

    def _add(self, context: _C) -> _C:
        self.contexts[context.kind, context.id] = self._by_root[context.root] = context
        return context
