from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack
from types import MappingProxyType
from typing import Any

import pytest
from tests.providers.asking import Asked
from tests.providers.clock import Clock

from hubdrives.http import Client
from hubdrives.limits import AdaptiveLimit
from hubdrives.model import Location
from hubdrives.providers.globus import Globus
from hubdrives.providers.globus.options import Options
from hubdrives.retry import RetryPolicy
from hubdrives.testing.emulators.globus import Collection
from hubdrives.testing.emulators.globus import Globus as Emulator
from hubdrives.testing.emulators.server import serving
from hubdrives.testing.emulators.tree import SHORTCUT

SETTLED = 5.0
"""Seconds after which nobody doubts when a file was changed."""


class Token:
    """Tokens of one server, for exactly the scopes that were asked for."""

    scheme = "Bearer"

    def __init__(self, emulator: Emulator, who: Any, scopes: Sequence[str], *, renewable: bool) -> None:
        self._emulator, self._who, self._scopes, self._renewable = emulator, who, " ".join(scopes), renewable
        self.shown = ""
        """The last one, once somebody wanted one."""
        self.renewals = 0

    async def token(self, *, stale: str | None = None) -> str:
        if not self.shown:
            self.shown = self._emulator.token(self._scopes, self._who)
        elif stale == self.shown and self._renewable:
            self.renewals += 1
            self.shown = self._emulator.token(self._scopes, self._who)
        return self.shown


class Login:
    """Somebody's login to the hub, with the tokens that it brings by server."""

    scheme = "Bearer"

    def __init__(self, emulator: Emulator, who: Any = None, *, renewable: bool = True) -> None:
        self._emulator, self._who, self._renewable = emulator, who, renewable
        self.account = emulator.people.identity(who or emulator.owner).username
        self.asked: list[tuple[str, tuple[str, ...]]] = []
        self.tokens: dict[tuple[str, tuple[str, ...]], Token] = {}

    async def token(self, *, stale: str | None = None) -> str:
        raise AssertionError("each of Globus' servers has tokens of its own")

    def for_audience(self, audience: str, *, scopes: Sequence[str] = ()) -> Any:
        key = (audience, tuple(scopes))
        self.asked.append(key)
        if key not in self.tokens and not scopes:
            # Nobody may show a token to a server that says itself whose it is.
            return self
        if key not in self.tokens:
            self.tokens[key] = Token(self._emulator, self._who, scopes, renewable=self._renewable)
        return self.tokens[key]

    def login_url(self, *, scopes: Sequence[str] = (), session: Mapping[str, str] = MappingProxyType({})) -> str:
        wanted = "&".join([*(f"scope={each}" for each in scopes), *(f"{k}={v}" for k, v in sorted(session.items()))])
        return f"/hub/consent?{wanted}".replace(" ", "%20")


class Bench(Asked):
    """An emulated Globus, this provider connected to it, and short ways to plant and to ask things."""

    def __init__(self, emulator: Emulator, clock: Clock, stack: AsyncExitStack) -> None:
        super().__init__(emulator)
        self.globus, self.clock, self._stack = emulator, clock, stack
        self.logins: list[Login] = []

    async def connect(
        self, who: Any = None, *, concurrency: int = Globus.concurrency, renewable: bool = True, **options: Any
    ) -> Globus:
        login = Login(self.globus, who, renewable=renewable)
        self.logins.append(login)
        client = Client(
            title=Globus.title,
            errors=Globus.errors,
            tokens=login,
            limit=AdaptiveLimit(concurrency=concurrency, clock=self.clock, sleep=self.clock.sleep),
            policy=RetryPolicy(attempts=4, first=0.001, longest=0.002, patience=5),
        )
        provider = Globus(
            client, base_url=self.globus.url, options=Options.of(options), clock=self.clock, sleep=self.clock.sleep
        )
        return await self._stack.enter_async_context(provider)

    def at(self, path: str = "", *, collection: Collection | None = None) -> Location:
        """The location of a path by the address that the browser shows for it."""
        found = Globus.parse(self.globus.web_address(collection, f"/{path}"), base_url=self.globus.url)
        assert found is not None
        return found

    def file(self, path: str, data: bytes | str = "text", *, collection: Collection | None = None) -> str:
        """Plant a file, in a second of its own and some time ago."""
        self.clock.now += 1.0
        made = self.globus.add_file(path, data, collection=collection, modified=self.clock.now)
        self.clock.now += SETTLED
        return made.id

    def link(self, path: str, target: str, *, collection: Collection | None = None) -> None:
        """Make a link at a path to another one of the collection."""
        above, _, name = path.rpartition("/")
        tree, where = self.globus.tree, collection or self.globus.collection
        parent = self.globus.add_folder(above, collection=where)
        found = tree.at(where.root, target)
        tree.add(name, parent=parent.id, kind=SHORTCUT, target=found.id if found else "none")


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    async with AsyncExitStack() as stack:
        clock = Clock()
        emulator = Emulator(clock=clock)
        yield Bench(await stack.enter_async_context(serving(emulator)), clock, stack)


@pytest.fixture
async def provider(bench: Bench) -> Globus:
    return await bench.connect()
