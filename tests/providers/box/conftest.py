from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

import pytest
from tests.providers.asking import Asked, content_of
from tests.providers.clock import Clock

from hubdrives.http import Client
from hubdrives.limits import AdaptiveLimit
from hubdrives.model import Location
from hubdrives.providers.box import Box
from hubdrives.providers.box.api import Hosts
from hubdrives.providers.box.options import Options
from hubdrives.retry import RetryPolicy
from hubdrives.testing.emulators.box import Box as Emulator
from hubdrives.testing.emulators.content import Content
from hubdrives.testing.emulators.server import serving

CHUNKED_FROM = 3 << 20
PART = 5 << 18


class Token:
    """Somebody's token; it can be renewed."""

    scheme = "Bearer"

    def __init__(self, emulator: Emulator, who: Any) -> None:
        self._emulator, self._who = emulator, who
        self.account = who.login
        self.shown = emulator.token(who)
        self.renewals = 0

    async def token(self, *, stale: str | None = None) -> str:
        if stale == self.shown:
            self.renewals += 1
            self.shown = self._emulator.token(self._who)
        return self.shown


class Bench(Asked):
    """An emulated Box, this provider connected to it, and short ways to plant and to ask things."""

    def __init__(self, emulator: Emulator, clock: Clock, stack: AsyncExitStack) -> None:
        super().__init__(emulator)
        self.box, self.clock, self._stack = emulator, clock, stack
        self.tokens: list[Token] = []

    async def connect(self, who: Any = None, *, concurrency: int = Box.concurrency, **options: Any) -> Box:
        token = Token(self.box, who or self.box.service_account)
        self.tokens.append(token)
        client = Client(
            title=Box.title,
            errors=Box.errors,
            tokens=token,
            limit=AdaptiveLimit(concurrency=concurrency, clock=self.clock, sleep=self.clock.sleep),
            policy=RetryPolicy(attempts=4, first=0.001, longest=0.002, patience=5),
        )
        provider = Box(
            client,
            hosts=Hosts.of(self.box.url),
            options=Options.of(options),
            chunked_from=CHUNKED_FROM,
            clock=self.clock,
            sleep=self.clock.sleep,
        )
        return await self._stack.enter_async_context(provider)

    @property
    def root(self) -> Location:
        return self.at(self.box.root)

    def at(self, node: str) -> Location:
        """The location of an item by its id."""
        kind = "file" if self.box.tree[node].kind == "file" else "folder"
        return self.location(f"https://app.box.com/{kind}/{node}")

    def location(self, text: str) -> Location:
        found = Box.parse(text)
        assert found is not None
        return found

    def folder(self, name: str, parent: str | None = None) -> str:
        return self.box.tree.add(name, parent=parent or self.box.root).id

    def file(self, name: str, data: bytes | str = "text", parent: str | None = None) -> str:
        return self.box.tree.add_file(name, data, parent=parent or self.box.root).id

    def replace(self, node: str, data: bytes | str) -> None:
        self.box.tree.replace(node, Content.of(data))

    def history(self, node: str) -> list[bytes]:
        """The contents of a file, the current one first."""
        return [content_of(version.content) for version in reversed(self.box.tree.versions(node))]


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    async with AsyncExitStack() as stack:
        clock = Clock()
        emulator = Emulator(clock=clock, part_size=PART, chunked_minimum=CHUNKED_FROM)
        yield Bench(await stack.enter_async_context(serving(emulator)), clock, stack)


@pytest.fixture
async def box(bench: Bench) -> Box:
    return await bench.connect()
