import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
from tests.providers.clock import Clock
from tests.providers.googledrive.course import Course

from hubdrives.credentials.google import GoogleServiceAccount
from hubdrives.http import Client
from hubdrives.limits import AdaptiveLimit
from hubdrives.providers.googledrive import GoogleDrive
from hubdrives.retry import RetryPolicy
from hubdrives.testing.emulators.content import Content
from hubdrives.testing.emulators.googledrive import GoogleDrive as Emulator
from hubdrives.testing.emulators.server import serving


class Bench:
    """An emulated Drive, this provider connected to it, and short ways to plant things."""

    def __init__(self, drive: Emulator, scratch: Path, stack: AsyncExitStack) -> None:
        self.drive, self.scratch, self._stack = drive, scratch, stack
        self.key = drive.key_file()
        self.clock = Clock()
        self._methods: set[str] = set()

    async def connect(self, **options: Any) -> GoogleDrive:
        file = self.scratch / "key.json"
        file.write_text(json.dumps(self.key))
        tokens = GoogleServiceAccount({"kind": "google_service_account", "key_file": str(file)})
        policy = RetryPolicy(attempts=4, first=0.001, longest=0.002, patience=5)
        limit = AdaptiveLimit(clock=self.clock, sleep=self.clock.sleep)
        client = Client(title=GoogleDrive.title, errors=GoogleDrive.errors, tokens=tokens, limit=limit, policy=policy)
        return await self._stack.enter_async_context(GoogleDrive.open(client, base_url=self.drive.url, options=options))

    def folder(self, name: str, parent: str | None = None) -> str:
        return self.drive.tree.add(name, parent=parent or self.drive.root).id

    def file(self, name: str, data: bytes | str = "text", parent: str | None = None) -> str:
        return self.drive.tree.add_file(name, data, parent=parent or self.drive.root).id

    def doc(self, name: str, kind: str = "document", text: str = "text", parent: str | None = None) -> str:
        return self.drive.tree.add(name, parent=parent or self.drive.root, kind=kind, content=Content.of(text)).id

    def shortcut(self, name: str, target: str, parent: str | None = None) -> str:
        return self.drive.tree.add(name, parent=parent or self.drive.root, kind="shortcut", target=target).id

    def methods(self) -> set[str]:
        """The methods of all requests so far, but for the login's."""
        seen = {entry["method"] for entry in self.drive.requests.log if entry["operation"] != "token"}
        return self._methods | {str(method) for method in seen}

    def asked(self) -> dict[str, int]:
        """What was asked since the last call, without tokens."""
        self._methods |= self.methods()
        counted = {name: number for name, number in self.drive.requests.by_operation.items() if name != "token"}
        self.drive.requests.reset()
        return counted


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    async with AsyncExitStack() as stack:
        drive = await stack.enter_async_context(serving(Emulator()))
        made = Bench(drive, tmp_path, stack)
        yield made
        # Read-only is a promise: nothing but GET ever leaves, apart from the login.
        assert made.methods() <= {"GET"}


@pytest.fixture
async def course(bench: Bench) -> Course:
    made = Course(bench, await bench.connect())
    made.known = await made.drive.snapshot(made.location)
    return made
