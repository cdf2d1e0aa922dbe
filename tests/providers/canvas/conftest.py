from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest
from tests.providers.asking import Asked
from tests.providers.clock import Clock

from hubdrives.http import Client
from hubdrives.limits import AdaptiveLimit
from hubdrives.model import Location
from hubdrives.providers.canvas import Canvas
from hubdrives.retry import RetryPolicy
from hubdrives.testing.emulators.canvas import STUDENT, TEACHER
from hubdrives.testing.emulators.canvas import Canvas as Emulator
from hubdrives.testing.emulators.server import serving

DAY = 86_400.0


class Token:
    """Somebody's token; it can be renewed as often as `renewals` says."""

    scheme = "Bearer"

    def __init__(self, school: Emulator, login: str) -> None:
        self._school, self._login = school, login
        self.shown = school.token(login)
        self.renewals = 0

    async def token(self, *, stale: str | None = None) -> str:
        if stale == self.shown:
            self.renewals += 1
            self.shown = self._school.token(self._login)
        return self.shown


class Bench(Asked):
    """An emulated Canvas, this provider connected to it, and short ways to plant and to ask things."""

    def __init__(self, school: Emulator, clock: Clock, stack: AsyncExitStack) -> None:
        super().__init__(school)
        self.school, self.clock, self._stack = school, clock, stack
        self.tokens: dict[str, Token] = {}
        self._methods: set[str] = set()

    async def connect(self, login: str = STUDENT, *, concurrency: int = Canvas.concurrency) -> Canvas:
        self.tokens[login] = Token(self.school, login)
        client = Client(
            title=Canvas.title,
            errors=Canvas.errors,
            tokens=self.tokens[login],
            limit=AdaptiveLimit(concurrency=concurrency, clock=self.clock, sleep=self.clock.sleep),
            policy=RetryPolicy(attempts=4, first=0.001, longest=0.002, patience=5),
            headroom=Canvas.headroom,
        )
        canvas = Canvas(client, origin=self.school.url, clock=self.clock)
        return await self._stack.enter_async_context(canvas)

    async def teacher(self) -> Canvas:
        return await self.connect(TEACHER)

    def at(self, path: str) -> Location:
        """What is at a path of this Canvas, "{course}" being the course."""
        text = self.school.url + path.format(course=f"/courses/{self.school.course.id}")
        location = Canvas.parse(text, base_url=self.school.url)
        assert location is not None
        return location

    @property
    def course(self) -> Location:
        return self.at("{course}")

    def folder(self, name: str, parent: str | None = None) -> str:
        return self.school.tree.add(name, parent=parent or self.school.root).id

    def file(self, name: str, data: bytes | str = "text", parent: str | None = None) -> str:
        return self.school.tree.add_file(name, data, parent=parent or self.school.root).id

    def asked(self) -> dict[str, int]:
        self._methods |= self.school.requests.by_method.keys()
        return super().asked()

    def methods(self) -> set[str]:
        """The methods of all requests so far."""
        return self._methods | self.school.requests.by_method.keys()


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    async with AsyncExitStack() as stack:
        clock = Clock()
        school = await stack.enter_async_context(serving(Emulator(clock=clock)))
        made = Bench(school, clock, stack)
        yield made
        # Read-only is a promise: nothing but GET ever leaves.
        assert made.methods() <= {"GET"}
