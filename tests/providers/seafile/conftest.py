from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any
from urllib.parse import quote

import pytest
from tests.providers.asking import Asked, content_of
from tests.providers.clock import Clock

from hubdrives.http import Client
from hubdrives.limits import AdaptiveLimit
from hubdrives.model import Entry, Location
from hubdrives.providers.base import Piece
from hubdrives.providers.seafile import Seafile
from hubdrives.providers.seafile.options import Options
from hubdrives.retry import RetryPolicy
from hubdrives.testing.emulators.content import Content
from hubdrives.testing.emulators.seafile import Library
from hubdrives.testing.emulators.seafile import Seafile as Emulator
from hubdrives.testing.emulators.server import serving

PART = 1 << 20


class Token:
    """Somebody's token, or a library's; an account's can be renewed."""

    scheme = "Token"

    def __init__(self, emulator: Emulator, who: Any = None, *, shown: str = "") -> None:
        self._emulator, self._who = emulator, who
        self.account = (who or emulator.account).email
        self.shown = shown or emulator.token(who)
        self.renewals = 0

    async def token(self, *, stale: str | None = None) -> str:
        if stale == self.shown:
            self.renewals += 1
            self.shown = self._emulator.token(self._who)
        return self.shown


class Bench(Asked):
    """An emulated Seafile, this provider connected to it, and short ways to plant and to ask things."""

    def __init__(self, emulator: Emulator, clock: Clock, stack: AsyncExitStack) -> None:
        super().__init__(emulator)
        self.seafile, self.clock, self._stack = emulator, clock, stack
        self.tokens: list[Token] = []

    async def connect(
        self,
        who: Any = None,
        *,
        token: str = "",
        concurrency: int = Seafile.concurrency,
        base: str = "",
        **options: Any,
    ) -> Seafile:
        shown = Token(self.seafile, who, shown=token)
        self.tokens.append(shown)
        client = Client(
            title=Seafile.title,
            errors=Seafile.errors,
            tokens=shown,
            limit=AdaptiveLimit(concurrency=concurrency, clock=self.clock, sleep=self.clock.sleep),
            policy=RetryPolicy(attempts=4, first=0.001, longest=0.002, patience=5),
        )
        provider = Seafile(
            client,
            base=base or self.seafile.url,
            options=Options.of(options),
            part=PART,
            clock=self.clock,
            sleep=self.clock.sleep,
        )
        return await self._stack.enter_async_context(provider)

    @property
    def root(self) -> Location:
        return self.location(self.seafile.location)

    @property
    def account(self) -> Location:
        """All that the account has."""
        return self.location(self.seafile.url)

    def at(self, path: str, *, library: Library | None = None) -> Location:
        """The location of an item by the address that the browser shows for it."""
        library = library or self.seafile.library
        node = self.seafile.vault.at(library.root, path)
        assert node is not None
        if node.content is None:
            return self.location(self.seafile.url + self.seafile.web_address(library, path))
        return self.location(f"{self.seafile.url}/lib/{library.id}/file/{quote(path.strip('/'))}")

    def location(self, text: str) -> Location:
        found = Seafile.parse(text, base_url=self.seafile.url)
        assert found is not None
        return found

    def file(self, path: str, data: bytes | str = "text", *, library: Library | None = None) -> str:
        return self.seafile.add_file(path, data, library=library).id

    def folder(self, path: str, *, library: Library | None = None) -> str:
        return self.seafile.add_folder(path, library=library).id

    def remove(self, path: str, *, library: Library | None = None) -> None:
        node = self.seafile.vault.at((library or self.seafile.library).root, path)
        assert node is not None
        self.seafile.vault.trash(node.id)

    def replace(self, node: str, data: bytes | str) -> None:
        self.seafile.vault.replace(node, Content.of(data))

    def history(self, path: str) -> list[bytes]:
        """The contents of a file, the current one first, also from under its former names."""
        site, library, found = self.seafile, self.seafile.library, []
        site.libraries.record()
        node = site.vault.at(library.root, path)
        start = ""
        while node is not None and node.content is not None:
            revisions = site.libraries.revisions(library, path, start=start)
            found += [content_of(site.vault.objects.files[each.dirent.id]) for each in revisions]
            if not revisions or not revisions[-1].former:
                break
            # To be called otherwise is no other content.
            found.pop()
            path, start = revisions[-1].former, revisions[-1].commit.parent or ""
        return found


async def read_many(seafile: Seafile, entries: list[Entry]) -> tuple[dict[str, bytes], dict[str, Exception]]:
    """What came of each file, and what went wrong with it; the pieces of files don't mix, each ends once."""
    found: dict[str, bytes] = {}
    wrong: dict[str, Exception] = {}
    coming: Piece | None = None
    async for piece in seafile.read_many(entries):
        path = piece.entry.path
        assert coming is None or coming.entry.path == path
        assert (path in found) == (coming is not None)
        found[path] = found.get(path, b"") + piece.data
        if piece.error is not None:
            wrong[path] = piece.error
        coming = None if piece.last else piece
    assert coming is None
    assert found.keys() == {entry.path for entry in entries}
    return {path: data for path, data in found.items() if path not in wrong}, wrong


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    async with AsyncExitStack() as stack:
        clock = Clock()
        emulator = Emulator(clock=clock)
        yield Bench(await stack.enter_async_context(serving(emulator)), clock, stack)


@pytest.fixture
async def seafile(bench: Bench) -> Seafile:
    return await bench.connect()
